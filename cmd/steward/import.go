package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"steward/internal/app"
	"steward/internal/operations"
	"steward/internal/registry"
)

// registryKinds are what can be imported into the registry and exported from
// it, by the names that people type.
var registryKinds = map[string]string{
	"regions": registry.KindRegion, "projects": registry.KindProject,
	"buildings": registry.KindBuilding, "devices": registry.KindDevice,
}

func newImport() *cobra.Command {
	var flags configFlags
	var dryRun, asJSON bool
	cmd := &cobra.Command{
		Use:   "import readings|events|devices|buildings|projects|regions|inspections|complaints|fees|repair-orders FILE…",
		Short: "Bring in history, or the list of devices",
		Long: `Readings and events come from Arrow (IPC stream or file), Parquet or CSV with the
columns that steward export writes, and may reach back any number of months. Each
row is checked; what cannot be kept goes to dead_letters with its row number. An
import that broke off is run again: nothing is stored twice. Readings older than
the retention of their class live on as hours and days; events that old are
refused.

Devices, buildings, projects and regions come from CSV or XLSX. Rows that exist
are updated, others are made; a file with any problem changes nothing, and every
problem is listed by row. Try it with --dry-run first.

Inspections, complaints, fees and repair orders come from CSV or XLSX too, with the
names of their fields or Chinese headings; times without a zone are those of the
project. A record that is told again is one, and the newest counts.`,
		Example: `  steward import devices harbour.xlsx --dry-run
  steward import readings 2023-*.parquet
  steward import repair-orders 工单.xlsx --dry-run
  steward export devices --format csv | steward import devices - --format csv --data /new`,
		Args: cobra.MinimumNArgs(2),
	}
	flags.add(cmd)
	format := cmd.Flags().String("format", "", "arrow, parquet, csv or xlsx (default: by the file's name)")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "only check")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the results as JSON, a line a file")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		kind, files := args[0], args[1:]
		do := importRegistry
		switch {
		case kind == "readings" || kind == "events":
			do = importHistory
		case operations.KindOf(kind) != nil:
			do = importOperations
		case registryKinds[kind] == "":
			return usageError{fmt.Errorf("cannot import %q: want readings, events, devices, buildings, projects, regions, inspections, complaints, fees or repair-orders", kind)}
		}
		for _, file := range files {
			if err := do(cmd, &flags, importRequest{kind, file, formatOf(file, *format), dryRun, asJSON}); err != nil {
				return fmt.Errorf("%s: %w", file, err)
			}
		}
		return nil
	}
	return cmd
}

// importRequest is the import of one file.
type importRequest struct {
	kind, file, format string
	dryRun, asJSON     bool
}

// formatOf is the format that was asked for, or that the name of a file tells.
func formatOf(file, asked string) string {
	if asked != "" {
		return asked
	}
	switch ext := strings.ToLower(strings.TrimPrefix(filepath.Ext(file), ".")); ext {
	case "arrows", "ipc", "feather":
		return "arrow"
	case "pq":
		return "parquet"
	default:
		return ext
	}
}

// openInput opens a file, or standard input for "-".
func openInput(cmd *cobra.Command, file string) (io.ReadCloser, error) {
	if file == "-" {
		return io.NopCloser(cmd.InOrStdin()), nil
	}
	return os.Open(file)
}

func importRegistry(cmd *cobra.Command, flags *configFlags, r importRequest) error {
	rows, err := readSheet(cmd, r)
	if err != nil {
		return err
	}
	return withControl(cmd, flags, func(c *app.Control) error {
		report, err := c.Registry.As(operator).Import(cmd.Context(), registryKinds[r.kind], rows, registry.ImportOptions{DryRun: r.dryRun})
		if err != nil {
			return err
		}
		return tellImport(cmd, r, report)
	})
}

// maxProblems is how many problems are printed for people; JSON has them all.
const maxProblems = 50

func tellImport(cmd *cobra.Command, r importRequest, report registry.ImportReport) error {
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
			_, _ = fmt.Fprintf(w, "row %d, %s %q: %s\n", p.Row, p.Field, p.Value, p.Problem) // nothing to do about a broken terminal
		}
		would := ""
		if r.dryRun {
			would = "would be "
		}
		_, _ = fmt.Fprintf(w, "%s: %d %screated, %d %supdated, %d unchanged.\n", plural(report.Rows, "row"), report.Created, would, report.Updated, would, report.Unchanged)
	}
	if n := len(report.Problems); n > 0 {
		return errors.New(plural(n, "problem") + ": nothing was changed")
	}
	return nil
}
