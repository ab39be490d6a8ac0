package spool

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

func TestCursorSurvives(t *testing.T) {
	o := small(t.TempDir())
	s := mustOpen(t, o)
	fill(t, s, 10)
	c := mustCursor(t, s, "store")
	if st := c.Load(); st.Position != 0 || st.Keep != 0 || st.Data != nil {
		t.Errorf("a new cursor has %+v", st)
	}
	for i := range uint64(10) {
		want := State{Position: i + 1, Keep: i, Data: bytes.Repeat([]byte{byte(i)}, int(i)*MaxCursorData/9)}
		mustSave(t, c, want)
		if i%3 != 2 {
			continue
		}
		mustClose(t, s)
		s = mustOpen(t, o)
		c = mustCursor(t, s, "store")
		if got := c.Load(); !reflect.DeepEqual(got, want) {
			t.Fatalf("saved %d, %d and %d bytes; loaded %d, %d and %d bytes",
				want.Position, want.Keep, len(want.Data), got.Position, got.Keep, len(got.Data))
		}
	}
	for name, st := range map[string]State{
		"keep over position":    {Position: 4, Keep: 5},
		"position over durable": {Position: 11},
		"too much data":         {Data: make([]byte, MaxCursorData+1)},
	} {
		if err := c.Save(st); err == nil {
			t.Errorf("%s is saved", name)
		}
	}
	if st := c.Load(); st.Position != 10 {
		t.Errorf("a refused save changes the state to %+v", st)
	}
	for _, name := range []string{"", "../x", "A", "-a", "a.b"} {
		if _, err := s.Cursor(name); err == nil {
			t.Errorf("cursor name %q is accepted", name)
		}
	}
}

// TestTornSave stops the write of a slot at every byte, in both slots: the state
// is the old one or the new one.
func TestTornSave(t *testing.T) {
	o := small(t.TempDir())
	s := mustOpen(t, o)
	fill(t, s, 9)
	c := mustCursor(t, s, "store")
	read := func() []byte {
		b, err := os.ReadFile(c.path)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for i := range uint64(4) {
		before, old := read(), c.Load()
		mustSave(t, c, State{Position: 5 + i, Keep: i, Data: fmt.Appendf(nil, "state %d", i)})
		after, fresh := read(), c.Load()
		if len(before) != 2*slotSize || len(after) != 2*slotSize {
			t.Fatalf("the file has %d and %d bytes", len(before), len(after))
		}
		renewed := 0
		for k := range 2*slotSize + 1 {
			if k < len(after) && k > 0 && before[k-1] == after[k-1] {
				continue // the same file as for k-1
			}
			_, st, err := decodeCursor(append(bytes.Clone(after[:k]), before[k:]...))
			switch {
			case err != nil:
				t.Fatalf("save %d torn at %d: %v", i, k, err)
			case reflect.DeepEqual(st, fresh):
				renewed++
			case !reflect.DeepEqual(st, old):
				t.Fatalf("save %d torn at %d gives %+v, neither %+v nor %+v", i, k, st, old, fresh)
			}
		}
		if renewed == 0 {
			t.Errorf("save %d is not found in the whole file", i)
		}
	}
}

func TestDamagedCursorKeepsEverything(t *testing.T) {
	o := small(t.TempDir())
	s := mustOpen(t, o)
	fill(t, s, 60)
	mustCursor(t, s, "damaged")
	mustCursor(t, s, "other")
	mustClose(t, s)
	path := filepath.Join(o.Dir, "damaged"+cursorSuffix)
	if err := os.WriteFile(path, make([]byte, 2*slotSize), 0o600); err != nil {
		t.Fatal(err)
	}
	s = mustOpen(t, o)
	if _, err := s.Cursor("damaged"); !errors.Is(err, errSlots) {
		t.Errorf("a damaged cursor gives %v", err)
	}
	other := mustCursor(t, s, "other")
	mustSave(t, other, State{Position: 60, Keep: 60})
	wantAll(t, s, 60)
	if err := s.Forget("damaged"); err != nil {
		t.Fatal(err)
	}
	if first := s.Stats().First; first == 0 {
		t.Error("nothing is deleted after the damaged cursor is forgotten")
	}
}

func TestDeletion(t *testing.T) {
	o := small(t.TempDir())
	s := mustOpen(t, o)
	fill(t, s, 100)
	files := len(segmentFiles(t, o.Dir))
	// starts[i] is the first record of segment i.
	var starts []uint64
	for _, g := range s.segments {
		starts = append(starts, g.first)
	}
	remaining := func() int {
		n := len(segmentFiles(t, o.Dir))
		if st := s.Stats(); st.Segments != n || st.Bytes != segmentBytes(t, o.Dir) {
			t.Fatalf("there are %d files of %d bytes, stats say %+v", n, segmentBytes(t, o.Dir), st)
		}
		return n
	}
	a, b := mustCursor(t, s, "a"), mustCursor(t, s, "b")
	for _, tc := range []struct {
		name string
		c    *Cursor
		keep uint64
		want int // files left
	}{
		{"the other keeps all", a, 100, files},
		{"one short of the second segment", b, starts[1] - 1, files},
		{"exactly the second segment", b, starts[1], files - 1},
		{"within the fourth", b, starts[3] + 1, files - 3},
		{"everything but the head", b, 100, 1},
	} {
		mustSave(t, tc.c, State{Position: 100, Keep: tc.keep})
		if n := remaining(); n != tc.want {
			t.Fatalf("%s: %d files, want %d", tc.name, n, tc.want)
		}
	}

	// A reader that comes too late starts at the oldest record and says so.
	r := s.Reader(3)
	defer r.Close()
	_, _, _, err := r.TryNext()
	var trimmed *TrimmedError
	oldest := s.Stats().First
	if !errors.As(err, &trimmed) || trimmed.From != 3 || trimmed.To != oldest {
		t.Fatalf("a reader from a deleted record gets %v", err)
	}
	if seq, rec, _, err := r.TryNext(); seq != oldest || err != nil || !bytes.Equal(rec, content(seq)) {
		t.Fatalf("then it gets %d, %v", seq, err)
	}
	// So does a new cursor.
	if st := mustCursor(t, s, "c").Load(); st.Position != oldest {
		t.Errorf("a new cursor starts at %d, oldest is %d", st.Position, oldest)
	}
	// Numbers continue.
	mustClose(t, s)
	s = mustOpen(t, o)
	if seq := mustAppend(t, s, content(100)); seq != 100 {
		t.Errorf("after everything was deleted the next record is %d", seq)
	}
}

func TestForget(t *testing.T) {
	o := small(t.TempDir())
	s := mustOpen(t, o)
	fill(t, s, 60)
	mustCursor(t, s, "slow")
	fast := mustCursor(t, s, "fast")
	mustSave(t, fast, State{Position: 60, Keep: 60})
	mustClose(t, s)

	s = mustOpen(t, o) // nobody asks for slow here, and it counts
	fast = mustCursor(t, s, "fast")
	mustSave(t, fast, State{Position: 60, Keep: 60})
	wantAll(t, s, 60)
	slow := mustCursor(t, s, "slow")
	for range 2 { // the second time there is nothing to forget
		if err := s.Forget("slow"); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(segmentFiles(t, o.Dir)); n != 1 {
		t.Errorf("%d segments are left", n)
	}
	if err := slow.Save(State{}); !errors.Is(err, ErrForgotten) {
		t.Errorf("a forgotten cursor saves with %v", err)
	}
	// Without cursors nothing is deleted.
	if err := s.Forget("fast"); err != nil {
		t.Fatal(err)
	}
	fill(t, s, 60)
	if got, _ := drain(t, s, 60); len(got) != 60 {
		t.Errorf("without cursors %d records are left of 60", len(got))
	}
}

func TestLag(t *testing.T) {
	o := small(t.TempDir())
	s := mustOpen(t, o)
	c := mustCursor(t, s, "store")
	for range 100 {
		mustAppend(t, s, make([]byte, 84)) // frames of 100 bytes, 9 in a segment
	}
	if err := s.WaitDurable(waitContext(t), 99); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		position uint64
		records  uint64
		bytes    int64
	}{{0, 100, 100*100 + 12*32}, {50, 50, 5000 + 6*32}, {99, 1, 132}, {100, 0, 0}} {
		mustSave(t, c, State{Position: tc.position})
		got := s.Stats().Cursors[0]
		if got.LagRecords != tc.records || max(got.LagBytes-tc.bytes, tc.bytes-got.LagBytes) > 32 {
			t.Errorf("at %d the lag is %d records, %d bytes; want %d, %d", tc.position, got.LagRecords, got.LagBytes, tc.records, tc.bytes)
		}
	}
}

func FuzzDecodeCursor(f *testing.F) {
	whole := make([]byte, 2*slotSize)
	encodeSlot(whole[:0], 2, State{Position: 9, Keep: 4, Data: []byte("data")})
	encodeSlot(whole[slotSize:slotSize], 3, State{Position: 10, Keep: 10})
	f.Add(whole)
	f.Add(whole[:slotHeader])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, file []byte) {
		generation, st, err := decodeCursor(file)
		if err != nil {
			return
		}
		if generation == 0 || st.Keep > st.Position || len(st.Data) > MaxCursorData {
			t.Fatalf("generation %d of %d, %d, %d bytes", generation, st.Position, st.Keep, len(st.Data))
		}
		if slot := encodeSlot(nil, generation, st); !bytes.Contains(file, slot) {
			t.Fatalf("%+v is not what the file says", st)
		}
	})
}
