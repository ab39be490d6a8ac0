package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"steward/internal/app"
	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/telemetry"
)

// importHistory brings a file of readings or events into the store.
func importHistory(cmd *cobra.Command, flags *configFlags, r importRequest) (err error) {
	if r.format != "arrow" && r.format != "parquet" && r.format != "csv" {
		return usageError{fmt.Errorf("format %q: %s come as arrow, parquet or csv; say which with --format", r.format, r.kind)}
	}
	file, err := seekable(cmd, r.file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.close()) }()
	cfg, err := flags.loadRunning()
	if err != nil {
		return err
	}
	redact, err := app.Redact(cfg)
	if err != nil {
		return err
	}
	last := time.Now()
	options := clickhouse.ImportOptions{DryRun: r.dryRun, Redact: redact, Keep: app.Keep(cfg), Progress: func(n clickhouse.ImportResult) {
		if !r.asJSON && time.Since(last) > time.Second {
			last = time.Now()
			_, _ = fmt.Fprintf(cmd.ErrOrStderr(), "%d rows …\n", n.Rows) // nothing to do about a broken terminal
		}
	}}
	return withStore(cmd, cfg, func(db *clickhouse.Store) error {
		if err := app.Migrate(cmd.Context(), cfg, db); err != nil {
			return err
		}
		source := clickhouse.ImportSource{Table: r.kind, Format: r.format, Name: r.file, Content: file}
		result, err := db.Import(cmd.Context(), source, options)
		if err != nil {
			return errors.Join(err, errors.New("run the same import again to go on: nothing is stored twice"))
		}
		return tellHistory(cmd, r, result)
	})
}

func tellHistory(cmd *cobra.Command, r importRequest, n clickhouse.ImportResult) error {
	if r.asJSON {
		return json.NewEncoder(cmd.OutOrStdout()).Encode(n)
	}
	w := cmd.ErrOrStderr()
	for i, p := range n.Problems {
		if i == maxProblems {
			break
		}
		_, _ = fmt.Fprintf(w, "row %d: %s\n", p.Row, p.Problem) // nothing to do about a broken terminal
	}
	stored, bad := "stored", "in dead_letters"
	if r.dryRun {
		stored, bad = "would be stored", "would go to dead_letters"
	}
	_, err := fmt.Fprintf(w, "%s: %d %s, %d there before, %d %s.\n", plural(int(n.Rows), "row"), n.Stored, stored, n.Before, n.Bad, bad)
	return err
}

// input is a file that can be read anywhere, as Parquet needs it.
type input struct {
	*os.File
	temporary bool
}

func (in input) close() error {
	err := in.Close()
	if in.temporary {
		err = errors.Join(err, os.Remove(in.Name()))
	}
	return err
}

// seekable opens a file, and puts standard input into one.
func seekable(cmd *cobra.Command, name string) (input, error) {
	if name != "-" {
		f, err := os.Open(name)
		return input{File: f}, err
	}
	f, err := os.CreateTemp("", "steward-import-*")
	if err != nil {
		return input{}, err
	}
	in := input{f, true}
	_, err = io.Copy(f, cmd.InOrStdin())
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		return input{}, errors.Join(err, in.close())
	}
	return in, nil
}

// exportHistory writes readings or events as a stream.
func exportHistory(cmd *cobra.Command, flags *configFlags, r exportRequest, w io.Writer) error {
	if r.format != "arrow" && r.format != "parquet" && r.format != "csv" {
		return usageError{fmt.Errorf("--format %q: %s are exported as arrow, parquet or csv", r.format, r.kind)}
	}
	place, err := r.where()
	if err != nil {
		return err
	}
	if r.class != "" {
		if _, err := telemetry.ParseClass(r.class); err != nil {
			return usageError{fmt.Errorf("--class: %w", err)}
		}
	}
	q := clickhouse.ExportQuery{
		Table: r.kind, Format: r.format,
		Filter:  clickhouse.Filter{Region: place.Region, Project: place.Project, Class: telemetry.Class(r.class), Device: r.device},
		Metrics: r.metrics, Resolution: clickhouse.Resolution(r.resolution),
	}
	if r.kind == "events" {
		q.Metrics, q.Resolution = nil, ""
	}
	if q.From, err = parseTime("--from", r.from); err != nil {
		return err
	}
	if q.To, err = parseTime("--to", r.to); err != nil {
		return err
	}
	cfg, err := flags.loadRunning()
	if err != nil {
		return err
	}
	return withStore(cmd, cfg, func(db *clickhouse.Store) error {
		return db.Export(cmd.Context(), authz.Everything(), w, q)
	})
}
