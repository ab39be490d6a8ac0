package spool

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// small are options under which a few dozen records fill several segments.
func small(dir string) Options {
	return Options{Dir: dir, MaxBytes: 1 << 20, SegmentBytes: minSegmentBytes, PendingBytes: 64 << 10}
}

func mustOpen(t testing.TB, o Options) *Spool {
	t.Helper()
	s, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() }) // where the test has not closed it
	return s
}

func mustClose(t testing.TB, s *Spool) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func mustAppend(t testing.TB, s *Spool, rec []byte) uint64 {
	t.Helper()
	seq, err := s.Append(false, rec)
	if err != nil {
		t.Fatal(err)
	}
	return seq
}

func mustCursor(t testing.TB, s *Spool, name string) *Cursor {
	t.Helper()
	c, err := s.Cursor(name)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func mustSave(t testing.TB, c *Cursor, st State) {
	t.Helper()
	if err := c.Save(st); err != nil {
		t.Fatal(err)
	}
}

// content is the record that tests put under a sequence number: between 8 and
// 107 bytes that depend on it.
func content(seq uint64) []byte {
	r := rand.New(rand.NewPCG(seq, 7))
	b := binary.LittleEndian.AppendUint64(nil, seq)
	for range r.IntN(100) {
		b = append(b, byte(r.Uint32()))
	}
	return b
}

// fill appends n records of content and waits until they are durable.
func fill(t testing.TB, s *Spool, n int) {
	t.Helper()
	last := s.Stats().Next + uint64(n) - 1
	for range n {
		next := s.Stats().Next
		if seq := mustAppend(t, s, content(next)); seq != next {
			t.Fatalf("appended record %d as %d", next, seq)
		}
	}
	if err := s.WaitDurable(waitContext(t), last); err != nil {
		t.Fatal(err)
	}
}

// waitContext bounds a wait that ends at once unless something is broken.
func waitContext(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// span is a range of sequence numbers.
type span struct{ from, to uint64 }

// drain reads everything durable from a record on. It fails on a record that is
// not what fill wrote, or out of order.
func drain(t testing.TB, s *Spool, from uint64) (got []uint64, lost []span) {
	t.Helper()
	r := s.Reader(from)
	defer r.Close()
	next := from
	for {
		seq, rec, ok, err := r.TryNext()
		var corrupt *CorruptError
		switch {
		case errors.As(err, &corrupt):
			if corrupt.From != next || corrupt.To <= corrupt.From {
				t.Fatalf("gap %d..%d reported where %d comes next", corrupt.From, corrupt.To, next)
			}
			lost = append(lost, span{corrupt.From, corrupt.To})
			next = corrupt.To
		case err != nil:
			t.Fatal(err)
		case !ok:
			if next != max(s.Durable(), from) {
				t.Fatalf("reader stops at %d, durable is %d", next, s.Durable())
			}
			return got, lost
		case seq != next:
			t.Fatalf("record %d follows where %d should, with no gap reported", seq, next)
		case !bytes.Equal(rec, content(seq)):
			t.Fatalf("record %d is not what was appended", seq)
		default:
			got = append(got, seq)
			next++
		}
	}
}

// wantAll checks that all records below n are read, none lost.
func wantAll(t testing.TB, s *Spool, n uint64) {
	t.Helper()
	got, lost := drain(t, s, 0)
	if uint64(len(got)) != n || len(lost) != 0 {
		t.Fatalf("read %d records and lost %v, want all of %d", len(got), lost, n)
	}
}

// eventually polls until cond holds.
func eventually(t testing.TB, what string, cond func() bool) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for !cond() {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
		time.Sleep(time.Millisecond)
	}
}

// segmentFiles returns the segment files of a directory, oldest first.
func segmentFiles(t testing.TB, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"+segmentSuffix)) // sorted
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// segmentBytes is the size of all segment files.
func segmentBytes(t testing.TB, dir string) (total int64) {
	t.Helper()
	for _, f := range segmentFiles(t, dir) {
		info, err := os.Stat(f)
		if err != nil {
			t.Fatal(err)
		}
		total += info.Size()
	}
	return total
}

// copyDir makes dst a copy of a closed spool's directory.
func copyDir(t testing.TB, dst, src string) {
	t.Helper()
	if err := os.RemoveAll(dst); err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	if err := os.CopyFS(dst, os.DirFS(src)); err != nil {
		t.Fatal(err)
	}
}
