package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"steward/internal/clickhouse/embedded"
)

// enginePID finds the engine among the children of the process.
func (s *server) enginePID() (int, error) {
	parent := s.pid()
	dirs, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return 0, err
	}
	for _, dir := range dirs {
		pid, err := strconv.Atoi(filepath.Base(dir))
		if err != nil {
			continue
		}
		args, err := os.ReadFile(filepath.Join(dir, "cmdline"))
		if err != nil || !bytes.Contains(args, []byte("\x00"+embedded.ChildCommand+"\x00")) {
			continue
		}
		if stat := statFields(pid); len(stat) > 1 && stat[1] == strconv.Itoa(parent) {
			return pid, nil
		}
	}
	return 0, fmt.Errorf("no engine among the children of steward (pid %d)", parent)
}

// signalEngine sends a signal to the engine that runs now, waiting for one to
// be there.
func (s *server) signalEngine(sig syscall.Signal) (pid int) {
	s.t.Helper()
	until(s.t, startLimit, "an engine to signal", func() (err error) {
		if pid, err = s.enginePID(); err != nil {
			return err
		}
		return syscall.Kill(pid, sig)
	})
	return pid
}

func processState(pid int) (byte, error) {
	stat := statFields(pid)
	if len(stat) == 0 {
		return 0, os.ErrNotExist
	}
	return stat[0][0], nil
}

// statFields is /proc/pid/stat from the state on: the fields before it are the
// pid and a name that may contain anything.
func statFields(pid int) []string {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil
	}
	return strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
}
