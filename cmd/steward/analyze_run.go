package main

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"steward/internal/app"
	"steward/internal/runs"
)

func newAnalyzeRun() *cobra.Command {
	var flags configFlags
	var from, to string
	var params map[string]string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "run JOB [--from TIME [--to TIME]] [--param NAME=VALUE …]",
		Short: "Run an analysis now, and show what it found out",
		Long: `Runs an analysis over what is stored, after those that it needs, and prints its
numbers. It makes no difference whether steward serve runs: when that has the same
in hand already, its run is waited for and is the answer. Interrupted, the run is
cancelled and leaves no results.

Without --from and --to it covers the job's own period, and is then its present
result. Times are RFC 3339 or a date, which begins at midnight of the company's
time zone (analytics.time_zone); without --to it is until now. Results of a run
with --param are never the present ones: read them by the run's id.`,
		Example: `  steward analyze run consumption
  steward analyze run coverage --from 2026-11-01 --to 2026-11-08 --json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withAnalytics(cmd, &flags, true, func(d *app.AnalyticsDoor, zone *time.Location) error {
				q := app.AnalyticsRequest{Job: args[0], Params: params}
				var err error
				if q.From, err = localTime("--from", from, zone); err != nil {
					return err
				}
				if q.To, err = localTime("--to", to, zone); err != nil {
					return err
				}
				watch := &runWatch{w: cmd.ErrOrStderr(), eye: isTerminal(cmd.ErrOrStderr()), zone: zone}
				r, err := d.Foreground(cmd.Context(), operator, q, watch.see)
				watch.done()
				if wrong := new(runs.InvalidError); errors.As(err, &wrong) {
					return usageError{err}
				}
				if err != nil {
					return err
				}
				if r.State != runs.Done {
					return notDone(r)
				}
				out, err := readResult(cmd, d.Store, r)
				if err != nil {
					return err
				}
				return printResult(cmd.OutOrStdout(), asJSON, out, func(w io.Writer, _ any) error { return printResultOfRun(w, out, zone) })
			})
		},
	}
	flags.add(cmd)
	cmd.Flags().StringVar(&from, "from", "", "begin of the period, `TIME`")
	cmd.Flags().StringVar(&to, "to", "", "end of it, `TIME`, not included; now when left out")
	cmd.Flags().StringToStringVar(&params, "param", nil, "`NAME=VALUE`: what the job may be told, see steward analyze jobs")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the run and its numbers as JSON")
	return cmd
}

// notDone says why a run has no results.
func notDone(r runs.Run) error {
	if r.Error == "" {
		return fmt.Errorf("run %s of %s was %s", r.ID, r.Job, r.State)
	}
	return fmt.Errorf("run %s of %s %s: %s", r.ID, r.Job, r.State, r.Error)
}

// runWatch says how far a run is: when a run begins or is waited for, and for the
// eye of somebody a few times a second.
type runWatch struct {
	w    io.Writer
	eye  bool
	zone *time.Location

	mu    sync.Mutex // guards what follows
	said  string     // run and state
	last  time.Time
	shown bool
}

const watchEvery = 250 * time.Millisecond

func (o *runWatch) see(r runs.Run) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if said := r.ID + string(r.State); said != o.said {
		o.said = said
		o.clear()
		_, _ = fmt.Fprintf(o.w, "%s %s, %s: %s …\n", r.Job, r.ID, periodOfRun(r, o.zone), r.State) // nothing to do about a broken terminal
	}
	if !o.eye || time.Since(o.last) < watchEvery {
		return
	}
	o.last = time.Now()
	o.clear()
	if line := progressOf(r.Progress); line != "" {
		o.shown = true
		_, _ = fmt.Fprint(o.w, line) // only for the eye
	}
}

func (o *runWatch) clear() {
	if o.shown {
		o.shown = false
		_, _ = fmt.Fprintf(o.w, "\r\x1b[K") // only for the eye
	}
}

func (o *runWatch) done() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.clear()
}
