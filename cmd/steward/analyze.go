package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"steward/analytics/table"
)

func newAnalyze() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "analyze",
		Short: "Lifetimes, failures, energy, leaks, response: of files and of what is stored",
		Long: `The same mathematics for any file as for what Steward has stored. Every number comes
with its sample size and its interval; where there is too little data the answer is
"insufficient data" and what is missing, never a guess.

Files are CSV with a line of names (comma, semicolon or tab; also .csv.gz) or
Parquet, of any length; - is standard input. Columns are found by their names,
whatever their case, spaces, underscores and hyphens; what goes by another name is
named with --map OURS=THEIRS. Lines that begin with # before the names are passed
over.

Times are RFC 3339, 2026-01-31 08:15[:00[.000]], 2026/01/31 08:15, 2026-01-31, or
Unix seconds or milliseconds. Those without a zone or offset are local in --zone,
UTC without it. When the clocks are set back, the hour that comes twice is told
apart by the order of the rows. Numbers have a decimal point and no thousands
separators; NA, NaN, null and nothing are absent.`,
		Example: `  steward analyze lifetimes pumps.csv --map time=hours,event=failed
  steward analyze nightflow harbour.csv.gz --zone Asia/Shanghai
  cat calls.csv.gz | steward analyze response - --json`,
		Args: unknownCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	addGroup(cmd, "files", "On files:",
		newAnalyzeLifetimes(), newAnalyzeRecurrences(), newAnalyzeReplacement(), newAnalyzeBaseline(),
		newAnalyzeAnomalies(), newAnalyzeNightflow(), newAnalyzeResponse())
	addGroup(cmd, "stored", "On what is stored:", newAnalyzeRun(), newAnalyzeRuns(), newAnalyzeJobs(), newAnalyzeFindings())
	return cmd
}

// addGroup adds commands that help shows together.
func addGroup(cmd *cobra.Command, id, title string, group ...*cobra.Command) {
	cmd.AddGroup(&cobra.Group{ID: id, Title: title})
	for _, c := range group {
		c.GroupID = id
	}
	cmd.AddCommand(group...)
}

// analysis is a subcommand of analyze over a file.
type analysis struct {
	use, short, long, example string // use: "lifetimes FILE"

	columns []table.Column
	flags   func(*pflag.FlagSet) // its own; may be nil
	run     func(ctx context.Context, in *analysisInput) (result any, err error)
	text    func(w io.Writer, result any) error // for people
}

// newAnalysis makes the command of an analysis, with --json, --map and --zone.
func newAnalysis(a analysis) *cobra.Command {
	var asJSON bool
	var names map[string]string
	var zone string
	cmd := &cobra.Command{
		Use: a.use, Short: a.short, Long: a.long, Example: a.example,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			in := &analysisInput{ctx: cmd.Context(), path: args[0], columns: a.columns, stdin: cmd.InOrStdin(), stderr: cmd.ErrOrStderr()}
			if err := table.CheckMap(a.columns, names); err != nil {
				return usageError{err}
			}
			var err error
			if in.zone, err = time.LoadLocation(zone); err != nil {
				return usageError{fmt.Errorf("--zone %q: no such time zone: name it such as Asia/Shanghai or Europe/Berlin", zone)}
			}
			in.names = names
			result, err := unlessStopped(cmd.Context(), func() (any, error) { return a.run(cmd.Context(), in) })
			if err != nil {
				return err
			}
			return printResult(cmd.OutOrStdout(), asJSON, result, a.text)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the result as JSON")
	cmd.Flags().StringToStringVar(&names, "map", nil, "`OURS=THEIRS,…`: what our columns are called in the file")
	cmd.Flags().StringVar(&zone, "zone", "UTC", "time `ZONE` of times without one, such as Asia/Shanghai")
	if a.flags != nil {
		a.flags(cmd.Flags())
	}
	return cmd
}

// unlessStopped is what run gives, or that ctx has ended: mathematics does not look
// whether anybody still waits for it, and ends with the process.
func unlessStopped(ctx context.Context, run func() (any, error)) (any, error) {
	type outcome struct {
		result any
		err    error
	}
	done := make(chan outcome, 1)
	go func() {
		result, err := run()
		done <- outcome{result, err}
	}()
	select {
	case o := <-done:
		return o.result, o.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// analysisInput is the file of an analysis, whatever its kind; the input of history.go is
// a file of readings or events on its way into the store.
type analysisInput struct {
	ctx     context.Context
	path    string
	columns []table.Column
	names   map[string]string // --map
	zone    *time.Location    // --zone
	stdin   io.Reader
	stderr  io.Writer
	rows    int64 // that were read, after read
}

// read calls row with each row of the file, and shows how far it is if that takes
// long and somebody may be looking.
func (in *analysisInput) read(row func(*table.Row) error) error {
	progress, done := readProgress(in.stderr)
	defer done()
	var err error
	in.rows, err = table.ReadFrom(in.ctx, in.path, in.stdin, in.columns, table.Options{Map: in.names, Zone: in.zone, Progress: progress}, row)
	return err
}

// readProgress writes how far it has come, at most once a second; done clears it.
func readProgress(w io.Writer) (progress func(rows int64, share float64), done func()) {
	if !isTerminal(w) {
		return nil, func() {}
	}
	last, shown := time.Now(), false
	progress = func(rows int64, share float64) {
		if time.Since(last) < time.Second {
			return
		}
		last, shown = time.Now(), true
		part := ""
		if share > 0 {
			part = fmt.Sprintf("%3.0f%%  ", 100*share)
		}
		_, _ = fmt.Fprintf(w, "\r%s%.1f million rows", part, float64(rows)/1e6) // only for the eye
	}
	return progress, func() {
		if shown {
			_, _ = fmt.Fprintf(w, "\r%40s\r", "") // only for the eye
		}
	}
}

// printResult writes the result of an analysis, as JSON or for people.
func printResult(w io.Writer, asJSON bool, result any, text func(io.Writer, any) error) error {
	if asJSON {
		return writeResult(w, result)
	}
	return text(w, result)
}

// writeResult writes a result as a line of JSON, all of it or nothing. What is not
// a finite number has no place in a result: it is null, with the reason beside it.
func writeResult(w io.Writer, result any) error {
	var line bytes.Buffer
	enc := json.NewEncoder(&line)
	enc.SetEscapeHTML(false)
	err := enc.Encode(result)
	if infinite := new(json.UnsupportedValueError); errors.As(err, &infinite) {
		return fmt.Errorf("the result holds a number that is not finite (%s): this is a mistake of steward's", infinite.Str)
	}
	if err != nil {
		return err
	}
	_, err = line.WriteTo(w)
	return err
}
