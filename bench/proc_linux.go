package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// tie makes the kernel end a program with the thread that starts it.
func tie(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}

// peakOf is the most memory that a program has held which has ended. Linux counts in
// KiB.
func peakOf(ended *os.ProcessState) (uint64, error) {
	usage, is := ended.SysUsage().(*syscall.Rusage)
	if !is || usage.Maxrss <= 0 {
		return 0, errors.New("the kernel does not tell how much memory a program held")
	}
	return uint64(usage.Maxrss) << 10, nil
}

// clockTick is the unit of the times in /proc/pid/stat, which Linux fixes at a
// hundredth of a second for programs whatever the kernel uses itself.
const clockTick = 10 * time.Millisecond

// Fields of /proc/pid/stat, counted from the state, which follows the name.
const (
	statParent = 1
	statUser   = 11
	statSystem = 12
)

func usageOf(pid int) (moment, error) {
	stat, err := statFields(pid)
	if err != nil {
		return moment{}, err
	}
	var m moment
	for _, field := range []int{statUser, statSystem} {
		ticks, err := strconv.ParseUint(stat[field], 10, 64)
		if err != nil {
			return moment{}, fmt.Errorf("/proc/%d/stat: %w", pid, err)
		}
		m.cpu += time.Duration(ticks) * clockTick
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return moment{}, err
	}
	for line := range strings.Lines(string(status)) {
		name, value, _ := strings.Cut(line, ":")
		into := map[string]*uint64{"VmHWM": &m.peak, "VmRSS": &m.resident}[name]
		if into == nil {
			continue
		}
		kib, err := strconv.ParseUint(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
		if err != nil {
			return moment{}, fmt.Errorf("/proc/%d/status: %s: %w", pid, name, err)
		}
		*into = kib << 10
	}
	return m, nil
}

// statFields is /proc/pid/stat from the state on: before it are the pid and a
// name that may contain anything.
func statFields(pid int) ([]string, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil, err
	}
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	if len(fields) <= statSystem {
		return nil, fmt.Errorf("/proc/%d/stat has %d fields after the name", pid, len(fields))
	}
	return fields, nil
}

// childOf finds the child of a process whose first argument is command.
func childOf(parent int, command string) (int, error) {
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
		if err != nil || !bytes.Contains(args, []byte("\x00"+command+"\x00")) {
			continue // gone meanwhile, or another
		}
		stat, err := statFields(pid)
		if err == nil && stat[statParent] == strconv.Itoa(parent) {
			return pid, nil
		}
	}
	return 0, errors.New("process " + strconv.Itoa(parent) + " has no child " + command)
}
