package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"steward/analytics/report/compose"
	"steward/analytics/report/render"
	"steward/internal/app"
	"steward/internal/authz"
)

// reportOptions are which report is wanted, and how.
type reportOptions struct {
	month, from, to, scope, asOf string
	out, format, lang, table     string
	budget                       string
	difference                   bool
}

func newReport() *cobra.Command {
	var flags configFlags
	var o reportOptions
	cmd := &cobra.Command{
		Use:   "report NAME [--month 2026-10] [--scope REGION[/PROJECT]] [--out FILE]",
		Short: "Monthly, replacement, energy and response reports, as page, workbook or data",
		Long: `Writes a report from the results of analyses that are stored, and from nothing else.
It makes no difference whether steward serve runs. The reports (see steward report
list):

  monthly      scorecards, response, reliability, energy, replacement, rectification
  replacement  what to replace within the budget, with reasons and how good forecasts were
  energy       where energy and water are wasted, ranked in yuan, and what was saved
  response     how fast people came, breaches by hour, contractors and penalties

The format is that of the ending of --out: html (a page to print, with charts), pdf
(where Chromium is installed), xlsx, json, arrow, parquet or csv. The last three hold
the table that --table names, or are a zip file of all. Without --out, or with -, it
goes to standard output.

Each number comes with its interval and its sample size where it has them, and beside
that of the month before. A part that nobody has computed says so; where nothing is
computed the answer is the command that does. With --as-of the report is made from
the results that were there at that time, as often as it is asked for the same. With
--difference it is compared with the run before of the same month, and lists what
changed.`,
		Example: `  steward report monthly --month 2026-10 --out monthly.html
  steward report response --month 2026-10 --scope north/harbour --lang en --out response.xlsx
  steward report replacement --budget 2000000 --out plan.parquet --table replacement_plan
  steward report energy --month 2026-10 --as-of 2026-11-02 --format json | jq .sections`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			how, err := o.form()
			if err != nil {
				return usageError{err}
			}
			if _, known := compose.KindOf(args[0]); !known {
				return usageError{fmt.Errorf("report %q: there is none of this name; see steward report list", args[0])}
			}
			return withAnalytics(cmd, &flags, true, func(d *app.AnalyticsDoor, zone *time.Location) error {
				r, err := o.request(args[0], zone)
				if err != nil {
					return usageError{err}
				}
				made, err := d.Reports.Compose(cmd.Context(), authz.Everything(), r)
				if wrong := new(compose.RequestError); errors.As(err, &wrong) {
					return usageError{err}
				}
				if err != nil {
					return err
				}
				err = o.write(cmd, func(w io.Writer) error { return app.WriteReport(cmd.Context(), w, made, how) })
				if errors.Is(err, render.ErrTable) {
					return usageError{err}
				}
				return err
			})
		},
	}
	flags.add(cmd)
	f := cmd.Flags()
	f.StringVar(&o.month, "month", "", "the `MONTH`, such as 2026-10 (default: the last one that is over)")
	f.StringVar(&o.from, "from", "", "in place of a month: begin of the period, `TIME`")
	f.StringVar(&o.to, "to", "", "end of it, `TIME`, not included")
	f.StringVar(&o.scope, "scope", "hq", "of a place: `REGION` or REGION/PROJECT; hq for the company")
	f.StringVar(&o.out, "out", "-", "`FILE` to write; - for standard output")
	f.StringVar(&o.format, "format", "", strings.Join(render.Formats, ", ")+" (default: by the ending of --out, else json)")
	f.StringVar(&o.lang, "lang", "zh", "language: zh or en")
	f.StringVar(&o.asOf, "as-of", "", "from results that were there at a `TIME`")
	f.BoolVar(&o.difference, "difference", false, "compare with the run before of the same period, and list what changed")
	f.StringVar(&o.table, "table", "", "`NAME` of the one table that arrow, parquet or csv hold")
	f.StringVar(&o.budget, "budget", "", "of the plan: another budget, in `YUAN`; 0 for no limit")
	cmd.AddCommand(newReportList())
	return cmd
}

func newReportList() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "list", Short: "List the reports and the analyses that they are made from",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return printResult(cmd.OutOrStdout(), asJSON, compose.Kinds(), func(w io.Writer, _ any) error {
				t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
				_, _ = fmt.Fprintln(t, "REPORT\tTITLE\tABOUT\tFROM JOBS") // an error shows at Flush
				for _, k := range compose.Kinds() {
					_, _ = fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", k.Name, k.Title.ZH, k.About.EN, strings.Join(k.Jobs, ", "))
				}
				return t.Flush()
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print as JSON")
	return cmd
}

// form is how the report is written.
func (o *reportOptions) form() (app.ReportForm, error) {
	how := app.ReportForm{Format: o.format, Lang: o.lang, Table: o.table}
	if how.Format == "" {
		how.Format = strings.TrimPrefix(strings.ToLower(filepath.Ext(o.out)), ".")
		if o.out == "-" {
			how.Format = "json"
		}
	}
	if !slices.Contains(render.Formats, how.Format) {
		return how, fmt.Errorf("--format %q is not one of %s: give one, or an --out with such an ending", how.Format, strings.Join(render.Formats, ", "))
	}
	return how, render.Check(how.Format, how.Lang, how.Table)
}

// request is what the flags ask for.
func (o *reportOptions) request(name string, zone *time.Location) (r compose.Request, err error) {
	r = compose.Request{Name: name, Month: o.month, Difference: o.difference}
	if r.Place, err = authz.ParsePlace(o.scope); err != nil {
		return r, fmt.Errorf("--scope: %w", err)
	}
	if r.From, err = localTime("--from", o.from, zone); err != nil {
		return r, err
	}
	if r.To, err = localTime("--to", o.to, zone); err != nil {
		return r, err
	}
	if r.AsOf, err = localTime("--as-of", o.asOf, zone); err != nil {
		return r, err
	}
	if o.budget != "" {
		yuan, err := strconv.ParseFloat(o.budget, 64)
		if err != nil {
			return r, fmt.Errorf("--budget %q is not an amount in yuan", o.budget)
		}
		r.Budget = &yuan
		if name != compose.Replacement && name != compose.Monthly {
			return r, errors.New("--budget is of the reports replacement and monthly")
		}
	}
	if r.Month == "" && r.From.IsZero() && r.To.IsZero() {
		r.Month = compose.LastMonth(time.Now(), zone)
	}
	return r, nil
}

// write has a file written whole or not at all: what was there before stays until
// the new one is complete.
func (o *reportOptions) write(cmd *cobra.Command, do func(io.Writer) error) (err error) {
	if o.out == "-" {
		return do(cmd.OutOrStdout())
	}
	file, err := os.CreateTemp(filepath.Dir(o.out), "."+filepath.Base(o.out)+".*")
	if err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(file.Name()))
		}
	}()
	if err = errors.Join(do(file), file.Close()); err != nil {
		return err
	}
	if err = context.Cause(cmd.Context()); err != nil {
		return err
	}
	return os.Rename(file.Name(), o.out)
}
