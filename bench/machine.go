package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"
)

// machine is what a figure means nothing without.
type machine struct {
	CPU         string  `json:"cpu"`
	Cores       int     `json:"cores"`
	Memory      string  `json:"memory"`
	Kernel      string  `json:"kernel"`
	Go          string  `json:"go"`
	Mosquitto   string  `json:"mosquitto"`
	Steward     string  `json:"steward"`
	Load        string  `json:"load_average"` // before the start: a busy machine measures something else
	SyncSeconds float64 `json:"sync_seconds"` // median time to write 4 KiB to disk for good
}

func describeMachine(ctx context.Context, s settings, dir string) (machine, error) {
	sync, err := syncTime(dir)
	if err != nil {
		return machine{}, err
	}
	m := machine{
		CPU:         find("/proc/cpuinfo", `model name\s*:\s*(.+)`),
		Cores:       runtime.NumCPU(),
		Memory:      find("/proc/meminfo", `MemTotal:\s*(.+)`),
		Kernel:      find("/proc/sys/kernel/osrelease", `(.+)`),
		Go:          runtime.Version(),
		Load:        find("/proc/loadavg", `(\S+ \S+ \S+)`),
		SyncSeconds: sync.Seconds(),
	}
	// Mosquitto says its version on its help page, which it leaves with an error.
	help, err := exec.CommandContext(ctx, "/usr/sbin/mosquitto", "-h").CombinedOutput()
	if exit := new(exec.ExitError); err != nil && !errors.As(err, &exit) {
		return machine{}, fmt.Errorf("mosquitto: %w: run `apt-get install mosquitto`", err)
	}
	m.Mosquitto, _, _ = strings.Cut(string(help), "\n")
	if slices.Contains(s.only, "steward") || slices.Contains(s.only, "latency") {
		version, err := exec.CommandContext(ctx, s.steward, "version").Output()
		if err != nil {
			return machine{}, fmt.Errorf("steward: %w: run `make build`, or give -steward", err)
		}
		m.Steward, _, _ = strings.Cut(string(version), "\n")
	}
	return m, nil
}

// find is what the first group of a pattern matches in a file; a machine that
// does not say so is described without it.
func find(path, pattern string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	found := regexp.MustCompile(pattern).FindSubmatch(text)
	if found == nil {
		return ""
	}
	return strings.TrimSpace(string(found[1]))
}

// syncTime is the median of what a spool on this disk waits for.
func syncTime(dir string) (_ time.Duration, err error) {
	f, err := os.Create(filepath.Join(dir, "sync"))
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, f.Close(), os.Remove(f.Name())) }()
	page := make([]byte, 4096)
	took := make([]time.Duration, 41)
	for i := range took {
		start := time.Now()
		if _, err := f.Write(page); err != nil {
			return 0, err
		}
		if err := f.Sync(); err != nil {
			return 0, err
		}
		took[i] = time.Since(start)
	}
	slices.Sort(took)
	return took[len(took)/2], nil
}
