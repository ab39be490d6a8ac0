package spool

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// written makes a spool of n records of content and returns its directory.
func written(t testing.TB, n int) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "written")
	s := mustOpen(t, small(dir))
	fill(t, s, n)
	mustClose(t, s)
	return dir
}

// TestTornTail cuts the last segment at every byte: what remains is exactly the
// whole records before the cut, and the spool goes on behind them.
func TestTornTail(t *testing.T) {
	dir := written(t, 40)
	files := segmentFiles(t, dir)
	if len(files) < 3 {
		t.Fatalf("only %d segments", len(files))
	}
	last := filepath.Base(files[len(files)-1])
	whole, err := os.ReadFile(filepath.Join(dir, last))
	if err != nil {
		t.Fatal(err)
	}
	before := records(t, files[:len(files)-1])
	ends := frameEnds(t, whole)
	torn := filepath.Join(t.TempDir(), "torn")
	for size := range len(whole) + 1 {
		copyDir(t, torn, dir)
		if err := os.Truncate(filepath.Join(torn, last), int64(size)); err != nil {
			t.Fatal(err)
		}
		n := before
		end := 0 // of what is kept of the file
		if size >= segmentHeader {
			end = segmentHeader
		}
		for _, e := range ends {
			if e <= size {
				n, end = n+1, e
			}
		}
		s := mustOpen(t, small(torn))
		st := s.Stats()
		if st.Next != n || st.Durable != n || st.DroppedTailBytes != int64(size-end) {
			t.Fatalf("cut at %d: next %d, durable %d, dropped %d; want %d, %d, %d",
				size, st.Next, st.Durable, st.DroppedTailBytes, n, n, size-end)
		}
		fill(t, s, 3)
		wantAll(t, s, n+3)
		mustClose(t, s)
		s = mustOpen(t, small(torn))
		if st := s.Stats(); st.DroppedTailBytes != 0 || st.Bytes != segmentBytes(t, torn) {
			t.Fatalf("cut at %d, opened again: %+v", size, st)
		}
		wantAll(t, s, n+3)
		mustClose(t, s)
	}
}

// frameEnds returns where the frames of a sound segment end.
func frameEnds(t testing.TB, file []byte) (ends []int) {
	t.Helper()
	for at := segmentHeader; at < len(file); {
		at += frameHeader + int(frameLen(file[at:]))
		ends = append(ends, at)
	}
	return ends
}

// records counts the records of sound segments.
func records(t testing.TB, files []string) (n uint64) {
	t.Helper()
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		n += uint64(len(frameEnds(t, b)))
	}
	return n
}

// TestGarbageTail leaves behind the last record what a machine that lost power
// may leave.
func TestGarbageTail(t *testing.T) {
	dir := written(t, 30)
	r := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, 5000)
	for i := range noise {
		noise[i] = byte(r.Uint32())
	}
	for name, garbage := range map[string][]byte{
		"zeros":           make([]byte, 5000),
		"noise":           noise,
		"foreign frame":   appendFrame(nil, 1, 30, [][]byte{[]byte("x")}, 1),
		"huge length":     {1, 2, 3, 4, 0xff, 0xff, 0xff, 0xff, 30, 0, 0, 0, 0, 0, 0, 0},
		"its own segment": segmentContent(t, dir),
	} {
		t.Run(name, func(t *testing.T) {
			o := small(filepath.Join(t.TempDir(), "spool"))
			copyDir(t, o.Dir, dir)
			files := segmentFiles(t, o.Dir)
			appendToFile(t, files[len(files)-1], garbage)
			s := mustOpen(t, o)
			if n := s.Stats().DroppedTailBytes; n != int64(len(garbage)) {
				t.Errorf("dropped %d bytes, want %d", n, len(garbage))
			}
			fill(t, s, 30)
			wantAll(t, s, 60)
		})
	}
}

func segmentContent(t testing.TB, dir string) []byte {
	t.Helper()
	b, err := os.ReadFile(segmentFiles(t, dir)[0])
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func appendToFile(t testing.TB, path string, b []byte) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestIdentity(t *testing.T) {
	dir := written(t, 30)
	s := mustOpen(t, small(dir))
	id := s.ID()
	mustClose(t, s)
	path := filepath.Join(dir, identityFile)

	for name, spoil := range map[string]func() error{
		"kept":    func() error { return nil },
		"missing": func() error { return os.Remove(path) },
		"empty":   func() error { return os.Truncate(path, 0) },
		"damaged": func() error { return os.WriteFile(path, []byte("steward spool 0011223344556677 00000000\n"), 0o600) },
	} {
		if err := spoil(); err != nil {
			t.Fatal(err)
		}
		s := mustOpen(t, small(dir))
		if s.ID() != id {
			t.Errorf("%s: identity changes from %s to %s", name, id, s.ID())
		}
		wantAll(t, s, 30)
		mustClose(t, s)
	}
	if other := mustOpen(t, small(t.TempDir())); other.ID() == id {
		t.Errorf("two spools have the identity %s", id)
	}
}

// TestForeignSegments must refuse to open: what the spool did not write would
// look like damage and be cut off.
func TestForeignSegments(t *testing.T) {
	dir, other := written(t, 30), written(t, 60)
	edit := func(b []byte, f func([]byte)) []byte {
		f(b)
		copy(b[segmentHeader-8:], leChecksum(b[:segmentHeader-8]))
		return b
	}
	theirs := segmentFiles(t, other)
	foreign, err := os.ReadFile(theirs[len(theirs)-1])
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name, file string
		content    []byte
		want       string
	}{
		{"of another spool", filepath.Base(theirs[len(theirs)-1]), foreign, "belongs to spool"},
		{"of a later version", "00000000000000009999.seg", edit(segmentContent(t, dir), func(b []byte) { b[7] = 9 }), "version 9"},
		{"under another name", "00000000000000009999.seg", segmentContent(t, dir), "name"},
		{"no number", "backup.seg", nil, "not a spool segment"},
		{"short number", "17.seg", nil, "not a spool segment"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			o := small(filepath.Join(t.TempDir(), "spool"))
			copyDir(t, o.Dir, dir)
			path := filepath.Join(o.Dir, tc.file)
			if err := os.WriteFile(path, tc.content, 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := Open(o)
			if err == nil || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), tc.file) {
				t.Fatalf("Open gives %v, want %q and the file", err, tc.want)
			}
			if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, tc.content) {
				t.Errorf("the file was changed: %v", err)
			}
		})
	}
}

func leChecksum(b []byte) []byte {
	sum := checksum(0, b)
	return []byte{byte(sum), byte(sum >> 8), byte(sum >> 16), byte(sum >> 24)}
}

// TestSmallerConfiguration opens a spool whose files are larger than they may
// be now: it must not stay full when everything is consumed.
func TestSmallerConfiguration(t *testing.T) {
	o := Options{Dir: t.TempDir(), MaxBytes: 1 << 20, SegmentBytes: 256 << 10}
	s := mustOpen(t, o)
	fill(t, s, 2000)
	mustClose(t, s)

	s = mustOpen(t, Options{Dir: o.Dir, MaxBytes: 64 << 10})
	if _, err := s.Append(false, nil); !errors.Is(err, ErrFull) {
		t.Fatalf("a spool over its bound takes a record: %v", err)
	}
	wantAll(t, s, 2000)
	mustSave(t, mustCursor(t, s, "reader"), State{Position: 2000, Keep: 2000})
	fill(t, s, 10)
	if st := s.Stats(); st.First != 2000 || st.Next != 2010 || st.Bytes > 64<<10 {
		t.Errorf("stats say %+v", st)
	}
}

// TestInterruptedCreation finds what a crash left of files that were being made.
func TestInterruptedCreation(t *testing.T) {
	o := small(filepath.Join(t.TempDir(), "new", "spool"))
	mustClose(t, mustOpen(t, o))
	for _, name := range []string{identityFile, "store" + cursorSuffix} {
		if err := os.WriteFile(filepath.Join(o.Dir, name+temporarySuffix), []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := mustOpen(t, o)
	fill(t, s, 5)
	if st := mustCursor(t, s, "store").Load(); st.Position != 0 {
		t.Errorf("the cursor is at %d", st.Position)
	}
	left, err := filepath.Glob(filepath.Join(o.Dir, "*"+temporarySuffix))
	if err != nil || len(left) > 0 {
		t.Errorf("%v are left, %v", left, err)
	}
}
