package spool

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// diskEnv tells this test binary that it is the child of TestDiskFull, and how
// its disk gets full.
const diskEnv = "SPOOL_TEST_DISK"

// disk is a disk that can be filled.
type disk struct {
	dir           string
	fill, release func(t *testing.T)
	// freedByDeletion: deleting segments makes room.
	freedByDeletion bool
}

// TestDiskFull runs in a child with a small file system of its own, which needs
// the right to mount. Where that is missing the largest size of a file stands in
// for the size of the disk.
func TestDiskFull(t *testing.T) {
	switch os.Getenv(diskEnv) {
	case "":
		runDiskChild(t)
	case "mount":
		diskFull(t, tinyFileSystem(t))
	case "limit":
		diskFull(t, limitedFiles(t))
	}
}

func runDiskChild(t *testing.T) {
	child := func(kind string, attr *syscall.SysProcAttr) ([]byte, error) {
		cmd := exec.Command(os.Args[0], "-test.run=^TestDiskFull$", "-test.v")
		cmd.Env = append(os.Environ(), diskEnv+"="+kind)
		cmd.SysProcAttr = attr
		return cmd.CombinedOutput()
	}
	attr := &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNS}
	if uid := os.Getuid(); uid != 0 {
		attr.Cloneflags |= unix.CLONE_NEWUSER
		attr.UidMappings = []syscall.SysProcIDMap{{HostID: uid, Size: 1}}
		attr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}
	}
	out, err := child("mount", attr)
	if err != nil && len(out) == 0 { // it was not even started
		t.Logf("no right to mount (%v): limiting the size of files instead", err)
		out, err = child("limit", nil)
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}

// tinyFileSystem is 256 KiB of memory, seen by this process alone.
func tinyFileSystem(t *testing.T) disk {
	dir := t.TempDir()
	if err := unix.Mount("", "/", "", unix.MS_PRIVATE|unix.MS_REC, ""); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=256k"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	ballast := filepath.Join(dir, "ballast")
	return disk{
		dir: filepath.Join(dir, "spool"),
		fill: func(t *testing.T) {
			var free unix.Statfs_t
			if err := unix.Statfs(dir, &free); err != nil {
				t.Fatal(err)
			}
			const left = 24 << 10 // more than a segment
			if err := os.WriteFile(ballast, make([]byte, int64(free.Bavail)*free.Bsize-left), 0o600); err != nil {
				t.Fatal(err)
			}
		},
		release: func(t *testing.T) {
			if err := os.Remove(ballast); err != nil {
				t.Fatal(err)
			}
		},
		freedByDeletion: true,
	}
}

// limitedFiles lets no file grow over 12 KiB.
func limitedFiles(t *testing.T) disk {
	var before unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &before); err != nil {
		t.Fatal(err)
	}
	set := func(size uint64) func(t *testing.T) {
		return func(t *testing.T) {
			if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: size, Max: before.Max}); err != nil {
				t.Fatal(err)
			}
		}
	}
	return disk{dir: t.TempDir(), fill: set(12 << 10), release: set(before.Cur)}
}

// diskFull fills the disk under a spool, twice: once it gets room again, once it
// is closed before.
func diskFull(t *testing.T, d disk) {
	o := Options{Dir: d.dir, MaxBytes: 1 << 20, SegmentBytes: 16 << 10, PendingBytes: 32 << 10}
	s := mustOpen(t, o)
	c := mustCursor(t, s, "reader")
	fill(t, s, 20)

	d.fill(t)
	n := appendUntilRefused(t, s)
	if !s.Full() || !s.Stats().Stalled {
		t.Error("a spool on a full disk does not say so")
	}
	if err := s.WaitDisk(waitContext(t), 100, true); !errors.Is(err, ErrFull) || errors.Is(err, ErrBusy) {
		t.Errorf("waiting for a full disk gives %v", err)
	}
	waited := make(chan error, 1)
	go func() { waited <- s.WaitDurable(waitContext(t), n-1) }()
	durable := s.Durable()
	if durable >= n {
		t.Fatalf("all of %d records are durable on a full disk", n)
	}
	wantAll(t, s, durable)
	mustSave(t, c, State{Position: durable}) // needs no room

	d.release(t)
	if err := <-waited; err != nil {
		t.Fatal(err)
	}
	wantAll(t, s, n)
	if err := s.WaitRoom(waitContext(t), 100, false); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a spool with room says so", func() bool { return !s.Full() })

	mustSave(t, c, State{Position: n, Keep: n})
	mustClose(t, s)
	s = mustOpen(t, o)
	first := s.Stats().First
	d.fill(t)
	n = appendUntilRefused(t, s)
	durable = s.Durable()
	if err := s.Close(); err == nil {
		t.Error("a spool that could not write all says nothing when closed")
	}

	// On the full disk it starts again, with exactly what was durable.
	s = mustOpen(t, o)
	if st := s.Stats(); st.Durable != durable || st.Next != durable || st.DroppedTailBytes != 0 {
		t.Fatalf("durable was %d of %d, after the start: %+v", durable, n, st)
	}
	if got, lost := drain(t, s, first); uint64(len(got)) != durable-first || len(lost) != 0 {
		t.Fatalf("read %d records of %d, lost %v", len(got), durable-first, lost)
	}
	c = mustCursor(t, s, "reader")
	if d.freedByDeletion {
		// The consumer itself makes the room, while the spool waits for it.
		n = appendUntilRefused(t, s)
		durable = s.Durable()
		mustSave(t, c, State{Position: durable, Keep: durable})
	} else {
		n = durable + 1
		mustAppend(t, s, content(durable))
		d.release(t)
	}
	if err := s.WaitDurable(waitContext(t), min(n-1, durable)); err != nil {
		t.Fatal(err)
	}
}

// appendUntilRefused appends until the disk and then the buffer are full, and
// returns the next sequence number.
func appendUntilRefused(t *testing.T, s *Spool) (next uint64) {
	t.Helper()
	for next = s.Stats().Next; ; {
		_, err := s.Append(false, content(next))
		switch {
		case err == nil:
			next++
		case errors.Is(err, ErrBusy): // the disk may take it yet
			if err := s.WaitDisk(waitContext(t), 200, false); err != nil && !errors.Is(err, ErrFull) {
				t.Fatal(err)
			}
		case errors.Is(err, ErrFull):
			return next
		default:
			t.Fatal(err)
		}
	}
}
