package spool

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"testing"
)

// TestManyAppendersAndReaders runs everything at once through a spool that is
// too small for it: appenders are refused and wait, readers make room.
func TestManyAppendersAndReaders(t *testing.T) {
	const appenders, each, readers = 8, 1500, 3
	o := small(t.TempDir())
	o.MaxBytes, o.ReserveBytes, o.SegmentBytes, o.PendingBytes = 64<<10, 8<<10, 8<<10, 16<<10
	s := mustOpen(t, o)
	ctx := waitContext(t)
	var wg sync.WaitGroup

	cursors := make([]*Cursor, readers) // before the first record, so that none is missed
	for i := range cursors {
		cursors[i] = mustCursor(t, s, fmt.Sprintf("reader-%d", i))
	}
	for a := range appenders {
		wg.Go(func() {
			rec := make([]byte, 12+a*10)
			binary.LittleEndian.PutUint32(rec, uint32(a))
			for i := uint32(0); i < each; {
				binary.LittleEndian.PutUint32(rec[4:], i)
				seq, err := s.Append(a%2 == 0, rec)
				if errors.Is(err, ErrFull) {
					if err := s.WaitRoom(ctx, len(rec), a%2 == 0); err != nil {
						t.Error(err)
						return
					}
					continue
				}
				if err != nil {
					t.Error(err)
					return
				}
				if i%16 == 0 {
					if err := s.WaitDurable(ctx, seq); err != nil || s.Durable() <= seq {
						t.Errorf("record %d is waited for: %v, durable %d", seq, err, s.Durable())
						return
					}
				}
				i++
			}
		})
	}
	for _, c := range cursors {
		wg.Go(func() {
			r := s.Reader(0)
			defer r.Close()
			var next [appenders]uint32
			for want := range uint64(appenders * each) {
				seq, rec, err := r.Next(ctx)
				if err != nil || seq != want {
					t.Errorf("record %d is read as %d: %v", want, seq, err)
					return
				}
				a, i := binary.LittleEndian.Uint32(rec), binary.LittleEndian.Uint32(rec[4:])
				if next[a] != i {
					t.Errorf("appender %d: record %d where %d comes next", a, i, next[a])
					return
				}
				next[a]++
				if seq%20 == 19 {
					if err := c.Save(State{Position: seq + 1, Keep: seq + 1}); err != nil {
						t.Error(err)
						return
					}
				}
			}
		})
	}
	wg.Wait()
	if st := s.Stats(); st.Next != appenders*each || st.Durable != st.Next || st.Bytes > o.MaxBytes {
		t.Errorf("stats say %+v", st)
	}
	mustClose(t, s)
}

// TestManyWaiters lets each of many wait for its own record.
func TestManyWaiters(t *testing.T) {
	o := small(t.TempDir())
	o.MaxBytes, o.SegmentBytes = 4<<20, 64<<10
	s := mustOpen(t, o)
	ctx := waitContext(t)
	var wg sync.WaitGroup
	for range 500 {
		wg.Go(func() {
			for range 5 {
				seq, err := s.Append(false, []byte("record"))
				if err == nil {
					err = s.WaitDurable(ctx, seq)
				}
				if err != nil || s.Durable() <= seq {
					t.Errorf("record %d: %v, durable %d", seq, err, s.Durable())
				}
			}
		})
	}
	wg.Wait()
	if st := s.Stats(); st.Durable != 2500 || st.Commits >= 2500 {
		t.Errorf("stats say %+v", st)
	}
}
