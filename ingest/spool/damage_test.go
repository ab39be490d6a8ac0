package spool

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestDamage flips bytes anywhere in the segments: each costs at most the record
// that it hits, and every lost record is reported.
func TestDamage(t *testing.T) {
	const n = 60
	dir := written(t, n)
	s := mustOpen(t, small(dir))
	mustSave(t, mustCursor(t, s, "reader"), State{Position: n})
	mustClose(t, s)

	r := rand.New(rand.NewPCG(3, 4))
	damaged := small(filepath.Join(t.TempDir(), "damaged"))
	for round := range 300 {
		copyDir(t, damaged.Dir, dir)
		files := segmentFiles(t, damaged.Dir)
		flips := 1 + r.IntN(4)
		for range flips {
			flip(t, files[r.IntN(len(files))], r)
		}
		s := mustOpen(t, damaged)
		got, lost := drain(t, s, 0)
		missing := uint64(0)
		for _, gap := range lost {
			missing += gap.to - gap.from
		}
		if uint64(len(got))+missing != n || missing > uint64(flips) {
			t.Fatalf("round %d: %d bytes flipped, read %d records, lost %v of %d", round, flips, len(got), lost, n)
		}
		// What comes next has a number of its own and is not taken for done.
		fill(t, s, 2)
		if again, _ := drain(t, s, n); len(again) != 2 {
			t.Fatalf("round %d: new records are read as %v", round, again)
		}
		mustClose(t, s)
	}
}

func flip(t testing.TB, path string, r *rand.Rand) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b[r.IntN(len(b))] ^= byte(1 + r.IntN(255))
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestMissingSegment loses a whole file.
func TestMissingSegment(t *testing.T) {
	dir := written(t, 60)
	files := segmentFiles(t, dir)
	first, second := records(t, files[:1]), records(t, files[:2])
	if err := os.Remove(files[1]); err != nil {
		t.Fatal(err)
	}
	s := mustOpen(t, small(dir))
	got, lost := drain(t, s, 0)
	if want := []span{{first, second}}; !slices.Equal(lost, want) || uint64(len(got)) != 60-(second-first) {
		t.Errorf("read %d records, lost %v, want %v", len(got), lost, want)
	}
	// And now one that disappears while the spool is open.
	if err := os.Remove(files[2]); err != nil {
		t.Fatal(err)
	}
	third := records(t, files[3:4])
	if _, lost = drain(t, s, second); len(lost) != 1 || lost[0].from != second || third == 0 {
		t.Errorf("lost %v, want a gap from %d", lost, second)
	}
}

// TestDamageWhileOpen overwrites the end of the head behind the spool's back: a
// reader goes on with what is appended later.
func TestDamageWhileOpen(t *testing.T) {
	o := small(t.TempDir())
	o.SegmentBytes = 64 << 10
	s := mustOpen(t, o)
	fill(t, s, 20)
	head := segmentFiles(t, o.Dir)[0]
	b, err := os.ReadFile(head)
	if err != nil {
		t.Fatal(err)
	}
	ends := frameEnds(t, b)
	f, err := os.OpenFile(head, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteAt(bytes.Repeat([]byte{0xaa}, ends[19]-ends[14]), int64(ends[14])); err != nil {
		t.Fatal(err)
	}
	r := s.Reader(0)
	defer r.Close()
	var got []uint64
	var lost []span
	read := func() {
		for {
			seq, _, ok, err := r.TryNext()
			var corrupt *CorruptError
			switch {
			case errors.As(err, &corrupt):
				lost = append(lost, span{corrupt.From, corrupt.To})
			case err != nil:
				t.Fatal(err)
			case !ok:
				return
			default:
				got = append(got, seq)
			}
		}
	}
	read()
	fill(t, s, 20)
	read()
	if want := []span{{15, 20}}; !slices.Equal(lost, want) || len(got) != 35 || got[15] != 20 {
		t.Errorf("read %v, lost %v, want %v", got, lost, want)
	}
}

// TestTruncatedSegment loses the end of a file that is not the last.
func TestTruncatedSegment(t *testing.T) {
	dir := written(t, 60)
	files := segmentFiles(t, dir)
	n := records(t, files[:1])
	ends := frameEnds(t, segmentContent(t, dir))
	for _, size := range []int{ends[2], ends[2] + 5, ends[2] + frameHeader + 1, segmentHeader, 10, 0} {
		if err := os.Truncate(files[0], int64(size)); err != nil {
			t.Fatal(err)
		}
		s := mustOpen(t, small(dir))
		got, lost := drain(t, s, 0)
		kept := uint64(3)
		if size <= segmentHeader {
			kept = 0
		}
		if want := []span{{kept, n}}; !slices.Equal(lost, want) || uint64(len(got)) != 60-(n-kept) {
			t.Errorf("cut to %d: read %d records, lost %v, want %v", size, len(got), lost, want)
		}
		mustClose(t, s)
	}
}
