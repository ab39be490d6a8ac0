package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"steward/internal/app"
	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/operations"
	"steward/internal/registry"
	"steward/internal/telemetry"
)

// importOperations brings in inspections, complaints, fees or repair orders.
func importOperations(cmd *cobra.Command, flags *configFlags, r importRequest) error {
	kind := operations.KindOf(r.kind)
	rows, err := readSheet(cmd, r)
	if err != nil {
		return err
	}
	cfg, err := flags.loadRunning()
	if err != nil {
		return err
	}
	pseudonym, err := app.Pseudonyms(cfg)
	if err != nil {
		return err
	}
	table := operations.Table{Header: rows.Header}
	for _, row := range rows.Rows {
		table.Rows = append(table.Rows, operations.Row{Number: row.Number, Cells: row.Cells})
	}
	var report operations.TableReport
	var records []operations.Record
	err = withControl(cmd, flags, func(c *app.Control) (err error) {
		view := c.Registry.As(operator)
		report, records, err = kind.ReadTable(table, func(given []operations.Given) ([]operations.Record, []operations.Fault, error) {
			arrival := operations.Arrival{Received: time.Now(), Source: operations.CSV, Ahead: cfg.ClockPolicy().MaxAhead, Pseudonym: pseudonym}
			return kind.ReadAll(cmd.Context(), given, arrival, operations.Teller{
				Local: true,
				Level: func(string, authz.Place) bool { return true }, // whoever has the files decides
				Project: func(ctx context.Context, at authz.Place) (*time.Location, bool, error) {
					if err := at.Validate(); err != nil || telemetry.CheckSegment(at.Project) != nil {
						return nil, false, nil
					}
					return view.ProjectZone(ctx, at.Region, at.Project)
				},
			})
		})
		return err
	})
	if err != nil {
		return err
	}
	if report.DryRun = r.dryRun; !r.dryRun && len(report.Problems) == 0 {
		err := withStore(cmd, cfg, func(db *clickhouse.Store) error {
			if err := app.Migrate(cmd.Context(), cfg, db); err != nil {
				return err
			}
			return db.PutOperations(cmd.Context(), records)
		})
		if err != nil {
			return errors.Join(err, errors.New("run the same import again: a record that is told twice is one"))
		}
		report.Stored = len(records)
	}
	return tellOperations(cmd, r, report)
}

// readSheet reads a table as CSV or as a workbook.
func readSheet(cmd *cobra.Command, r importRequest) (rows registry.Rows, err error) {
	in, err := openInput(cmd, r.file)
	if err != nil {
		return rows, err
	}
	defer in.Close()
	switch r.format {
	case "csv":
		return registry.ReadCSV(in)
	case "xlsx":
		return registry.ReadXLSX(in)
	}
	return rows, usageError{fmt.Errorf("format %q: %s come as csv or xlsx; say which with --format", r.format, r.kind)}
}

func tellOperations(cmd *cobra.Command, r importRequest, report operations.TableReport) error {
	if r.asJSON {
		if err := json.NewEncoder(cmd.OutOrStdout()).Encode(report); err != nil {
			return err
		}
	} else {
		w := cmd.ErrOrStderr()
		for i, p := range report.Problems {
			if i == maxProblems {
				_, _ = fmt.Fprintf(w, "… and %d more; --json lists them all\n", len(report.Problems)-i)
				break
			}
			_, _ = fmt.Fprintf(w, "row %d, %s\n", p.Row, p.Problem) // nothing to do about a broken terminal
		}
		if r.dryRun {
			_, _ = fmt.Fprintf(w, "%s: nothing was stored, it was only checked.\n", plural(report.Rows, "row"))
		} else {
			_, _ = fmt.Fprintf(w, "%s: %d stored.\n", plural(report.Rows, "row"), report.Stored)
		}
	}
	if n := len(report.Problems); n > 0 {
		return errors.New(plural(n, "problem") + ": nothing was changed")
	}
	return nil
}
