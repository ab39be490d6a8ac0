package spool

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"
	"time"
)

// childEnv names the directory in which this test binary works as the process
// to be killed, instead of running tests.
const childEnv = "SPOOL_TEST_CRASH_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childEnv); dir != "" {
		log.Fatal(crashChild(dir))
	}
	os.Exit(m.Run())
}

// crashOptions make the child roll and delete segments all the time.
func crashOptions(dir string) Options {
	return Options{Dir: dir, MaxBytes: 1 << 20, SegmentBytes: 16 << 10, PendingBytes: 64 << 10, SyncInterval: time.Millisecond}
}

// crashChild appends and consumes until it is killed, and says on stdout what it
// would have acknowledged ("durable N") and done ("cursor POSITION").
func crashChild(dir string) error {
	s, err := Open(crashOptions(dir))
	if err != nil {
		return err
	}
	failed := make(chan error)
	for _, run := range []func(*Spool) error{appendForEver, tellDurable, consumeForEver} {
		go func() { failed <- run(s) }()
	}
	return <-failed
}

func appendForEver(s *Spool) error {
	for next := s.Durable(); ; {
		rec := content(next)
		_, err := s.Append(false, rec)
		switch {
		case err == nil:
			next++
		case errors.Is(err, ErrFull):
			if err := s.WaitRoom(context.Background(), len(rec), false); err != nil {
				return err
			}
		default:
			return err
		}
	}
}

func tellDurable(s *Spool) error {
	for durable := uint64(0); ; {
		var err error
		if durable, err = s.AwaitDurable(context.Background(), durable); err != nil {
			return err
		}
		if _, err := fmt.Printf("durable %d\n", durable); err != nil {
			return err
		}
	}
}

func consumeForEver(s *Spool) error {
	c, err := s.Cursor("consumer")
	if err != nil {
		return err
	}
	r := s.Reader(c.Load().Position)
	for {
		seq, _, err := r.Next(context.Background())
		if err != nil {
			return err
		}
		if seq%97 != 0 {
			continue
		}
		st := State{Position: seq + 1, Keep: max(seq, 500) - 500}
		if err := c.Save(st); err != nil {
			return err
		}
		if _, err := fmt.Printf("cursor %d\n", st.Position); err != nil {
			return err
		}
	}
}

// TestKill kills a process that uses the spool, at random moments: all that it
// said was durable is there, and its cursor is where it said or further.
func TestKill(t *testing.T) {
	dir := t.TempDir()
	rounds := 10
	if testing.Short() {
		rounds = 3
	}
	var total uint64
	for round := range rounds {
		durable, position := killChild(t, dir, rand.N(80*time.Millisecond))
		s := mustOpen(t, crashOptions(dir))
		st := s.Stats()
		cursor := mustCursor(t, s, "consumer").Load()
		if cursor.Position < position {
			t.Fatalf("round %d: cursor at %d, it was saved at %d", round, cursor.Position, position)
		}
		if st.Durable < durable || st.First > cursor.Keep {
			t.Fatalf("round %d: records %d to %d are left, %d to %d were promised", round, st.First, st.Durable, cursor.Keep, durable)
		}
		if got, lost := drain(t, s, st.First); len(lost) != 0 || uint64(len(got)) != st.Durable-st.First {
			t.Fatalf("round %d: read %d records, lost %v", round, len(got), lost)
		}
		if st.Bytes != segmentBytes(t, dir) {
			t.Fatalf("round %d: files have %d bytes, stats say %d", round, segmentBytes(t, dir), st.Bytes)
		}
		total = st.Durable
		mustClose(t, s)
	}
	t.Logf("%d kills, %d records", rounds, total)
}

// killChild runs the child until some time after its first word and returns the
// last of each thing that it said.
func killChild(t *testing.T, dir string, life time.Duration) (durable, position uint64) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for spoken := false; lines.Scan(); spoken = true {
		if !spoken {
			timer := time.AfterFunc(life, func() { _ = cmd.Process.Kill() })
			defer timer.Stop()
		}
		if _, err := fmt.Sscanf(lines.Text(), "durable %d", &durable); err == nil {
			continue
		}
		if _, err := fmt.Sscanf(lines.Text(), "cursor %d", &position); err != nil {
			t.Fatalf("the child says %q", lines.Text())
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != -1 {
		t.Fatalf("the child ended by itself: %v", err)
	}
	if durable == 0 {
		t.Fatal("the child made nothing durable")
	}
	return durable, position
}
