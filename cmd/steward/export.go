package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"steward/internal/app"
	"steward/internal/authz"
	"steward/internal/registry"
)

// exportRequest is what to export.
type exportRequest struct {
	kind, format, place, class, device string
	metrics                            []string
	resolution                         string
	from, to                           string
	chinese                            bool
}

func newExport() *cobra.Command {
	var flags configFlags
	var r exportRequest
	var out string
	cmd := &cobra.Command{
		Use:   "export readings|events|devices|buildings|projects|regions",
		Short: "Write history, or the list of devices, as Arrow, Parquet, CSV or XLSX",
		Long: `Readings and events are written as a stream, however many there are: arrow (IPC
stream), parquet or csv. Devices, buildings, projects and regions as csv or xlsx,
in a form that steward import takes.`,
		Example: `  steward export readings --at north/harbour --from 2026-01-01 --to 2026-02-01 --format parquet --out jan.parquet
  steward export events --class elevator --from 2026-01-01 --format csv
  steward export devices --format xlsx --out devices.xlsx`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			r.kind = args[0]
			do := exportRegistry
			switch {
			case r.kind == "readings" || r.kind == "events":
				do = exportHistory
			case registryKinds[r.kind] == "":
				return usageError{fmt.Errorf("cannot export %q: want readings, events, devices, buildings, projects or regions", r.kind)}
			}
			if out == "" {
				return do(cmd, &flags, r, cmd.OutOrStdout())
			}
			file, err := os.OpenFile(out, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
			if err != nil {
				return err
			}
			return errors.Join(do(cmd, &flags, r, file), file.Close())
		},
	}
	flags.add(cmd)
	f := cmd.Flags()
	f.StringVar(&r.format, "format", "csv", "arrow, parquet, csv; of the registry csv or xlsx")
	f.StringVar(&out, "out", "", "`FILE` to write (default: standard output)")
	f.StringVar(&r.place, "at", "hq", "only of a place: `REGION` or REGION/PROJECT")
	f.StringVar(&r.class, "class", "", "only of a class: meter, elevator, fire, access")
	f.StringVar(&r.device, "device", "", "only of the device with this `ID`")
	f.StringSliceVar(&r.metrics, "metric", nil, "only these metrics of readings")
	f.StringVar(&r.resolution, "resolution", "raw", "of readings: raw, 5m, 1h or 1d")
	f.StringVar(&r.from, "from", "", "from this `TIME` on: 2006-01-02 (UTC) or RFC 3339")
	f.StringVar(&r.to, "to", "", "before this `TIME` (default: now)")
	f.BoolVar(&r.chinese, "zh", false, "headings of the registry in Chinese")
	return cmd
}

func (r exportRequest) where() (authz.Place, error) {
	place, err := authz.ParsePlace(r.place)
	if err != nil {
		return place, usageError{fmt.Errorf("--at: %w", err)}
	}
	return place, nil
}

// parseTime reads a day or a moment; the zero time for an empty text.
func parseTime(flag, s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, usageError{fmt.Errorf("%s %q is neither 2006-01-02 nor RFC 3339", flag, s)}
}

func exportRegistry(cmd *cobra.Command, flags *configFlags, r exportRequest, w io.Writer) error {
	place, err := r.where()
	if err != nil {
		return err
	}
	var rows registry.RowWriter
	switch r.format {
	case "csv":
		rows = registry.NewCSVWriter(w)
	case "xlsx":
		rows = registry.NewXLSXWriter(w)
	default:
		return usageError{fmt.Errorf("--format %q: %s are exported as csv or xlsx", r.format, r.kind)}
	}
	return withControl(cmd, flags, func(c *app.Control) error {
		o := registry.ExportOptions{Filter: registry.DeviceFilter{Region: place.Region, Project: place.Project}, Chinese: r.chinese}
		if err := c.Registry.As(operator).Export(cmd.Context(), registryKinds[r.kind], o, rows); err != nil {
			return err
		}
		return rows.Close()
	})
}
