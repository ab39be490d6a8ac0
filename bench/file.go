package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"
)

// fileRun is a file that the command line reads and analyses, and what to cut its lines
// into fields takes.
type fileRun struct {
	What    string  `json:"what"`
	Rows    int     `json:"rows"`
	Bytes   int64   `json:"bytes"`
	Seconds float64 `json:"seconds"`
	Peak    uint64  `json:"peak_bytes"`
	To      string  `json:"compared_to"`
	Least   float64 `json:"compared_seconds"`
}

func (f *fileRun) ratio() float64 { return f.Seconds / f.Least }

const (
	fileRows   = 10_000_000
	fileGroups = 100
	// filePeak is what reading may take whatever the length of the file: the command
	// keeps different ages, of which these rows have 24,000 in each group, and no rows.
	filePeak = 1 << 30
)

// file measures the command line on ten million rows: as many as a company of 100,000
// devices has lives of parts in its history.
func (b *bench) file(ctx context.Context) error { return b.readLives(ctx, fileRows) }

func (b *bench) readLives(ctx context.Context, rows int) error {
	path := filepath.Join(b.dir, "ten-million.csv")
	if err := writeLives(path, rows); err != nil {
		return err
	}
	defer func() { _ = os.Remove(path) }()
	about, err := os.Stat(path)
	if err != nil {
		return err
	}
	run := fileRun{What: "analyze lifetimes", Rows: rows, Bytes: about.Size(), To: "cutting it into fields (encoding/csv)"}
	began := time.Now()
	if err := cutFields(path); err != nil {
		return err
	}
	run.Least = time.Since(began).Seconds()
	cmd := exec.CommandContext(ctx, b.settings.steward, "analyze", "lifetimes", path, "--json")
	tie(cmd)
	began = time.Now()
	out, err := cmd.Output()
	run.Seconds = time.Since(began).Seconds()
	if err != nil {
		var failed *exec.ExitError
		if errors.As(err, &failed) {
			return fmt.Errorf("analyze %s: %w: %s", path, err, failed.Stderr)
		}
		return err
	}
	if run.Peak, err = peakOf(cmd.ProcessState); err != nil {
		return err
	}
	var found struct {
		Groups []struct {
			N float64 `json:"n"`
		} `json:"groups"`
	}
	if err := json.Unmarshal(out, &found); err != nil {
		return fmt.Errorf("what analyze lifetimes said: %w", err)
	}
	n := 0.0
	for _, g := range found.Groups {
		n += g.N
	}
	if n != float64(rows) || len(found.Groups) != fileGroups {
		return fmt.Errorf("%.0f lives in %d groups were read of %d in %d", n, len(found.Groups), rows, fileGroups)
	}
	b.report.Files = append(b.report.Files, run)
	b.say("  %s: %d rows, %d MiB in %.1f s with %d MiB at most, %.1f times %s", run.What, run.Rows, run.Bytes>>20, run.Seconds, run.Peak>>20, run.ratio(), run.To)
	if run.Peak > filePeak {
		return fmt.Errorf("analyze lifetimes held %d MiB for %d rows: it is to keep ages, not rows", run.Peak>>20, rows)
	}
	return nil
}

// writeLives is a file of ages in hours of a year and more, ends and models, a line at
// a time.
func writeLives(path string, rows int) (err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	text := bufio.NewWriterSize(f, 1<<20)
	r := rand.New(rand.NewPCG(5, 6))
	if _, err := text.WriteString("time,event,group\n"); err != nil {
		return err
	}
	var line []byte
	for i := range rows {
		line = strconv.AppendInt(line[:0], 1+r.Int64N(24_000), 10)
		line = append(line, ',', '0'+byte(i/fileGroups%2), ',', 'm')
		line = strconv.AppendInt(line, int64(i%fileGroups), 10)
		if _, err := text.Write(append(line, '\n')); err != nil {
			return err
		}
	}
	return text.Flush()
}
