package embedded

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// dirLock keeps a data directory to one engine. The child inherits the open
// file: the lock is free only when both the parent and the engine are gone, so
// that a successor never meets an engine that is still on its way out.
type dirLock struct{ file *os.File }

// dyingPatience is how long the engine of a killed parent may take to die.
const dyingPatience = 15 * time.Second

// lockDir takes the lock and writes this process's number into it.
func lockDir(ctx context.Context, path string) (*dirLock, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("embedded engine: lock its data directory: %w", err)
	}
	if err := acquire(ctx, file, path); err != nil {
		file.Close()
		return nil, err
	}
	if err := errors.Join(file.Truncate(0), writeAt(file, strconv.Itoa(os.Getpid()))); err != nil {
		file.Close()
		return nil, fmt.Errorf("embedded engine: lock its data directory: %w", err)
	}
	return &dirLock{file}, nil
}

// acquire takes the lock at once, or says who has it. When its holder is dead,
// only the engine that it left behind can still hold it, and not for long.
func acquire(ctx context.Context, file *os.File, path string) error {
	deadline := time.Now().Add(dyingPatience)
	for {
		err := tryLock(file)
		if err == nil {
			return nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return fmt.Errorf("embedded engine: lock %s: %w", path, err)
		}
		pid := holder(file)
		if alive(pid) || time.Now().After(deadline) {
			return fmt.Errorf("embedded engine: the data directory of %s is in use by process %s: stop that one, or choose another directory", path, pid)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("embedded engine: wait for the lock %s: %w", path, context.Cause(ctx))
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (l *dirLock) release() error {
	// The child may still have the file open, in the moment between its death
	// and its burial: unlock rather than only close.
	return errors.Join(syscall.Flock(int(l.file.Fd()), syscall.LOCK_UN), l.file.Close())
}

func tryLock(file *os.File) error {
	return syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
}

// isLocked reports whether anybody holds the lock at path.
func isLocked(path string) (bool, error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer file.Close()
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_SH|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return true, nil
	}
	return false, err
}

func writeAt(file *os.File, text string) error {
	_, err := file.WriteAt([]byte(text), 0)
	return err
}

// holder is the process number in the lock file, or what else stands there.
func holder(file *os.File) string {
	text, err := io.ReadAll(io.NewSectionReader(file, 0, 32))
	if err != nil || len(text) == 0 {
		return "(unknown)"
	}
	return strings.TrimSpace(string(text))
}

func alive(pid string) bool {
	n, err := strconv.Atoi(pid)
	if err != nil {
		return false // its number is about to be written, or somebody only looked: try again
	}
	err = syscall.Kill(n, 0)
	return err == nil || errors.Is(err, syscall.EPERM)
}
