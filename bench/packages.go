package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// measuredPackages are those that every message passes.
var measuredPackages = []string{"./ingest/codec", "./ingest/spool", "./ingest", "./internal/clickhouse", "./internal/live"}

// packages runs the benchmarks that stand beside the code.
func (b *bench) packages(ctx context.Context) error {
	for _, pkg := range measuredPackages {
		cmd := exec.CommandContext(ctx, "go", "test", "-run", "^$", "-bench", ".", "-benchmem", "-benchtime", "200ms", "-timeout", "3m", pkg)
		// A test binary that is asked nicely stops what it has started.
		cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil {
			return fmt.Errorf("benchmarks of %s: %w\n%s%s", pkg, err, out, &stderr)
		}
		results := parseBenchmarks(pkg, string(out))
		b.report.Packages = append(b.report.Packages, results...)
		b.say("  %s: %d benchmarks", pkg, len(results))
	}
	return nil
}

// parseBenchmarks reads the lines of the form
//
//	BenchmarkName-2   1000   123 ns/op   45.6 MB/s   8 B/op   1 allocs/op
func parseBenchmarks(pkg, text string) []packageRun {
	var found []packageRun
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) < 4 || !strings.HasPrefix(fields[0], "Benchmark") {
			continue
		}
		r := packageRun{Package: strings.TrimPrefix(pkg, "./"), Name: strings.TrimPrefix(fields[0], "Benchmark"), Values: map[string]float64{}}
		if i := strings.LastIndexByte(r.Name, '-'); i > 0 {
			r.Name = r.Name[:i] // without the number of cores
		}
		for i := 2; i+1 < len(fields); i += 2 {
			if v, err := strconv.ParseFloat(fields[i], 64); err == nil {
				r.Values[fields[i+1]] = v
			}
		}
		if _, ok := r.Values["ns/op"]; ok {
			found = append(found, r)
		}
	}
	return found
}
