package spool

import (
	"context"
	"errors"
	"os"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestPendingBound(t *testing.T) {
	o := small(t.TempDir())
	o.PendingBytes, o.MaxRecord = 1<<10, 100
	s := mustOpen(t, o)
	disk := make(chan struct{})
	s.sync = func(f *os.File) error { <-disk; return datasync(f) }
	n := uint64(0)
	var err error
	for err == nil {
		_, err = s.Append(true, content(n)[:8])
		if err == nil {
			n++
		}
	}
	if !errors.Is(err, ErrBusy) || !errors.Is(err, ErrFull) || s.Full() {
		t.Errorf("a slow disk gives %v, Full %v", err, s.Full())
	}
	if st := s.Stats(); st.PendingBytes > 2<<10 || st.Refused != 1 {
		t.Errorf("stats say %+v", st)
	}
	close(disk)
	if err := s.WaitDisk(waitContext(t), 8, false); err != nil {
		t.Fatal(err)
	}
	if err := s.WaitDurable(waitContext(t), n-1); err != nil {
		t.Fatal(err)
	}
}

// TestNothingIsDurableBeforeSync holds the disk back: no reader and no waiter
// may be ahead of it.
func TestNothingIsDurableBeforeSync(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := mustOpen(t, small(t.TempDir()))
		disk := make(chan struct{})
		s.sync = func(f *os.File) error { <-disk; return datasync(f) }
		var woken atomic.Int32
		for seq := range uint64(3) {
			mustAppend(t, s, content(seq))
			go func() {
				if err := s.WaitDurable(t.Context(), seq); err != nil {
					t.Error(err)
				}
				woken.Add(1)
			}()
			synctest.Wait() // the first is with the disk, the others gather
		}
		r := s.Reader(0)
		defer r.Close()
		if _, _, ok, err := r.TryNext(); ok || err != nil || s.Durable() != 0 || woken.Load() != 0 {
			t.Errorf("before the sync: read %v %v, durable %d, %d woken", ok, err, s.Durable(), woken.Load())
		}
		disk <- struct{}{}
		synctest.Wait()
		if s.Durable() != 1 || woken.Load() != 1 {
			t.Errorf("after the first sync: durable %d, %d woken", s.Durable(), woken.Load())
		}
		close(disk)
		if err := s.WaitDurable(t.Context(), 2); err != nil {
			t.Fatal(err)
		}
		wantAll(t, s, 3)
		mustClose(t, s)
	})
}

func TestGroupCommit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := small(t.TempDir())
		o.SyncInterval, o.SegmentBytes = time.Second, 100<<10
		s := mustOpen(t, o)
		time.Sleep(time.Minute) // the fake clock's

		// An idle spool commits at once.
		begin := time.Now()
		fill(t, s, 1)
		if took := time.Since(begin); took != 0 {
			t.Errorf("an idle spool commits after %s", took)
		}
		// Then it gathers for the interval.
		for i := range 3 {
			fill(t, s, 5)
			if took, want := time.Since(begin), time.Duration(i+1)*time.Second; took != want {
				t.Errorf("round %d is durable after %s, want %s", i, took, want)
			}
		}
		if n := s.Stats().Commits; n != 4 {
			t.Errorf("16 records took %d commits, want 4", n)
		}

		// Half a buffer does not wait.
		begin = time.Now()
		var last uint64
		for range o.PendingBytes/2/1000 + 1 {
			last = mustAppend(t, s, make([]byte, 1000-frameHeader))
		}
		if err := s.WaitDurable(t.Context(), last); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begin); took != 0 {
			t.Errorf("half a buffer is durable after %s", took)
		}
		mustClose(t, s)
	})
}

func TestAwaitDurable(t *testing.T) {
	s := mustOpen(t, small(t.TempDir()))
	fill(t, s, 10)
	if n, err := s.AwaitDurable(waitContext(t), 3); n != 10 || err != nil {
		t.Errorf("AwaitDurable of a durable record gives %d, %v", n, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if n, err := s.AwaitDurable(ctx, 10); n != 10 || !errors.Is(err, context.Canceled) {
		t.Errorf("AwaitDurable, cancelled, gives %d, %v", n, err)
	}
	if err := s.WaitDurable(ctx, 9); err != nil {
		t.Errorf("a durable record needs no wait: %v", err)
	}
}

func TestFailedSyncIsFinal(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, small(dir))
	fill(t, s, 5)
	c := mustCursor(t, s, "consumer")
	broken := errors.New("input/output error")
	s.sync = func(*os.File) error { return broken }

	r := s.Reader(5)
	defer r.Close()
	read := make(chan error)
	go func() { _, _, err := r.Next(waitContext(t)); read <- err }()
	seq := mustAppend(t, s, content(5))
	err := s.WaitDurable(waitContext(t), seq)
	_, errAppend := s.Append(true, nil)
	_, errCursor := s.Cursor("other")
	for name, err := range map[string]error{
		"WaitDurable": err, "Append": errAppend, "Err": s.Err(), "Next": <-read, "Cursor": errCursor,
		"Save": c.Save(State{}), "WaitRoom": s.WaitRoom(waitContext(t), 0, true), "Close": s.Close(),
	} {
		if !errors.Is(err, ErrFailed) || !errors.Is(err, broken) {
			t.Errorf("%s gives %v, want ErrFailed and its cause", name, err)
		}
	}
	if s.Durable() != 5 {
		t.Errorf("durable is %d, want 5", s.Durable())
	}
	wantAll(t, mustOpen(t, small(dir)), 6) // the sixth was written, and is synced now
}

// TestFailureWakesEverybody also wakes those whose record was not even with the
// disk yet, or had not come.
func TestFailureWakesEverybody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := mustOpen(t, small(t.TempDir()))
		disk := make(chan error)
		s.sync = func(*os.File) error { return <-disk }
		for seq := range uint64(2) {
			mustAppend(t, s, content(seq))
			synctest.Wait() // the first goes in flight before the second comes
		}
		var failed atomic.Int32
		for seq := range uint64(3) {
			go func() {
				if err := s.WaitDurable(t.Context(), seq); errors.Is(err, ErrFailed) {
					failed.Add(1)
				}
			}()
		}
		synctest.Wait()
		disk <- errors.New("input/output error")
		synctest.Wait()
		if n := failed.Load(); n != 3 {
			t.Errorf("%d of 3 waiters were told", n)
		}
	})
}

func TestCloseCommitsAndWakes(t *testing.T) {
	o := small(t.TempDir())
	o.SyncInterval = time.Hour
	s := mustOpen(t, o)
	fill(t, s, 1)
	r := s.Reader(7)
	defer r.Close()
	read := make(chan error)
	go func() { _, _, err := r.Next(context.Background()); read <- err }()
	waited := make(chan error)
	go func() { waited <- s.WaitDurable(context.Background(), 6) }()
	for seq := uint64(1); seq < 7; seq++ {
		mustAppend(t, s, content(seq))
	}
	c := mustCursor(t, s, "consumer")
	mustClose(t, s)
	mustClose(t, s) // again does no harm

	if err := <-waited; err != nil {
		t.Errorf("a record that Close has committed gives %v", err)
	}
	_, errAppend := s.Append(false, nil)
	_, errCursor := s.Cursor("consumer")
	_, _, _, errTry := s.Reader(0).TryNext()
	for name, err := range map[string]error{
		"Next": <-read, "Append": errAppend, "Cursor": errCursor, "TryNext": errTry, "Err": s.Err(),
		"Save": c.Save(State{}), "WaitDurable": s.WaitDurable(context.Background(), 7),
		"Forget": s.Forget("consumer"), "WaitRoom": s.WaitRoom(context.Background(), 0, true),
	} {
		if !errors.Is(err, ErrClosed) {
			t.Errorf("%s gives %v, want ErrClosed", name, err)
		}
	}
	wantAll(t, mustOpen(t, o), 7)
}
