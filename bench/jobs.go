package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"syscall"
	"time"

	"steward/internal/clickhouse/embedded"
)

// jobRun is an analysis over a year of ten thousand devices, as somebody would run it
// beside a server that works.
type jobRun struct {
	Job       string  `json:"job"`
	Seconds   float64 `json:"seconds"`
	Rows      uint64  `json:"rows_read"` // by the engine
	Peak      uint64  `json:"peak_bytes"`
	CPU       float64 `json:"cpu_seconds"`
	EngineCPU float64 `json:"engine_cpu_seconds"`
	Numbers   int64   `json:"numbers"`
	Documents int64   `json:"documents"`
	Scan      float64 `json:"scan_seconds"` // adding the year's hourly rollup up once
}

// ratio is how many times as long as reading the year once it takes.
func (r *jobRun) ratio() float64 { return r.Seconds / r.Scan }

// analyses are in the order in which they need one another. Those of meters cover
// the year, and the others what they cover by themselves: a year, or its last month.
var analyses = []struct {
	name string
	year bool
}{
	{"consumption", true}, {"coverage", true}, {"reliability", false}, {"response", false},
	{"lifetimes", false}, {"replacement", false}, {"energy", false}, {"scorecard", false},
}

const (
	scanOfYear = "SELECT count() FROM (SELECT region, project, class, device, metric, sum(count) AS n, max(max) AS top FROM readings_1h GROUP BY ALL) WHERE n > 0"
	rowsRead   = "SELECT toUInt64(sum(value)) FROM system.events WHERE event = 'SelectedRows'"
)

// jobs measures each analysis.
func (b *bench) jobs(ctx context.Context) (err error) {
	_, s, stop, err := b.startSteward(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	db, err := s.store()
	if err != nil {
		return err
	}
	b.say("  writing a year of %d devices …", yearDevices)
	if err := writeYear(ctx, s, db); err != nil {
		return fmt.Errorf("write the year: %w", err)
	}
	scan, _, err := timed(func() error { _, err := db.number(ctx, scanOfYear); return err })
	if err != nil {
		return err
	}
	from, to := yearPeriod(time.Now())
	for _, a := range analyses {
		args := []string{"analyze", "run", a.name, "--json", "--data", s.dataDir()}
		if a.year {
			args = append(args, "--from", from.Format(time.RFC3339), "--to", to.Format(time.RFC3339))
		}
		r, err := job(ctx, s, db, args)
		if err != nil {
			return fmt.Errorf("%s: %w", a.name, err)
		}
		r.Job, r.Scan = a.name, scan
		b.report.Jobs = append(b.report.Jobs, r)
		b.say("  %s: %.1f s, %.1f times a scan, %d rows, %.0f MiB", r.Job, r.Seconds, r.ratio(), r.Rows, float64(r.Peak)/(1<<20))
	}
	return nil
}

// job runs one.
func job(ctx context.Context, s *steward, db *database, args []string) (r jobRun, err error) {
	engine, err := childOf(s.program.pid(), embedded.ChildCommand)
	if err != nil {
		return r, err
	}
	rows, err := db.number(ctx, rowsRead)
	if err != nil {
		return r, err
	}
	used, err := usageOf(engine)
	if err != nil {
		return r, err
	}
	cmd := exec.CommandContext(ctx, s.binary, args...)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	began := time.Now()
	if err := cmd.Run(); err != nil {
		return r, fmt.Errorf("%w:\n%s", err, said.Bytes()[max(0, said.Len()-4096):])
	}
	r.Seconds = time.Since(began).Seconds()
	after, err := usageOf(engine)
	if err != nil {
		return r, err
	}
	r.EngineCPU = (after.cpu - used.cpu).Seconds()
	now, err := db.number(ctx, rowsRead)
	if err != nil {
		return r, err
	}
	r.Rows = now - rows
	r.CPU = (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()
	if u, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		r.Peak = uint64(u.Maxrss) << 10
	}
	var result struct {
		Run struct {
			Numbers   int64 `json:"numbers"`
			Documents int64 `json:"documents"`
		} `json:"run"`
	}
	if err := json.Unmarshal(out.Bytes(), &result); err != nil {
		return r, fmt.Errorf("its result: %w", err)
	}
	r.Numbers, r.Documents = result.Run.Numbers, result.Run.Documents
	if r.Numbers == 0 {
		return r, errors.New("it found out nothing")
	}
	return r, nil
}
