package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"steward/internal/app"
	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/runs"
)

func newAnalyzeRuns() *cobra.Command {
	var flags configFlags
	var o runsOptions
	cmd := &cobra.Command{
		Use:   "runs [RUN]",
		Short: "Runs of analyses: what runs, what became of it, and what it found out",
		Long: `Lists runs, those that were queued last first; or shows one of them with its
numbers, as they were when it ended. With --job and --as-of it is the run whose
results were the present ones then. --against compares its numbers with those of an
earlier run.`,
		Example: `  steward analyze runs --state running
  steward analyze runs 20261122-mfrggzdfmztwq2lk --json
  steward analyze runs --job consumption --as-of 2026-11-01
  steward analyze runs 20261122-mfrggzdfmztwq2lk --against 20261022-nbswy3dpeb3w64tm
  steward analyze runs --cancel 20261122-mfrggzdfmztwq2lk`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.check(args); err != nil {
				return usageError{err}
			}
			results := o.run != "" || o.asOf != ""
			return withAnalytics(cmd, &flags, results, func(d *app.AnalyticsDoor, zone *time.Location) error { return o.show(cmd, d, zone) })
		},
	}
	flags.add(cmd)
	cmd.Flags().StringVar(&o.job, "job", "", "only those of this `JOB`")
	cmd.Flags().StringSliceVar(&o.states, "state", nil, "only those that are queued, running, done, failed or cancelled")
	cmd.Flags().IntVar(&o.limit, "limit", 20, "at most so many")
	cmd.Flags().StringVar(&o.asOf, "as-of", "", "with --job: the results as they were known at a `TIME`")
	cmd.Flags().StringVar(&o.against, "against", "", "compare with this `RUN` of the same job")
	cmd.Flags().StringVar(&o.cancel, "cancel", "", "end this `RUN`")
	cmd.Flags().BoolVar(&o.asJSON, "json", false, "print as JSON")
	return cmd
}

// runsOptions are what analyze runs is asked for.
type runsOptions struct {
	run, job, asOf, against, cancel string
	states                          []string
	limit                           int
	asJSON                          bool
}

func (o *runsOptions) check(args []string) error {
	o.run = ""
	if len(args) > 0 {
		o.run = args[0]
	}
	for _, s := range o.states {
		if !slices.Contains([]runs.State{runs.Queued, runs.Running, runs.Done, runs.Failed, runs.Cancelled}, runs.State(s)) {
			return fmt.Errorf("--state %q is not one of queued, running, done, failed, cancelled", s)
		}
	}
	switch {
	case o.limit < 1 || o.limit > 1000:
		return fmt.Errorf("--limit %d is not from 1 to 1000", o.limit)
	case o.asOf != "" && (o.job == "" || o.run != ""):
		return errors.New("--as-of is of a --job, and not of a run")
	case o.against != "" && o.run == "" && o.asOf == "":
		return errors.New("--against: say which run is compared with it")
	case o.cancel != "" && (o.run != "" || o.asOf != ""):
		return errors.New("--cancel names the run itself")
	}
	return nil
}

func (o *runsOptions) show(cmd *cobra.Command, d *app.AnalyticsDoor, zone *time.Location) error {
	view := d.Runs.As(operator)
	switch {
	case o.cancel != "":
		r, err := view.Cancel(cmd.Context(), o.cancel)
		if err != nil {
			return fmt.Errorf("run %s: %w", o.cancel, err)
		}
		return printResult(cmd.OutOrStdout(), o.asJSON, r, func(w io.Writer, _ any) error { return printRun(w, r, zone) })
	case o.run == "" && o.asOf == "":
		return o.list(cmd, view, zone)
	}
	r, err := o.find(cmd, view, zone)
	if err != nil {
		return err
	}
	if o.against != "" {
		return o.compare(cmd, d, view, r, zone)
	}
	out := runResult{Run: r, Numbers: []clickhouse.AnalyticsNumber{}, Documents: []clickhouse.AnalyticsDocument{}}
	if r.State == runs.Done {
		if out, err = readResult(cmd, d.Store, r); err != nil {
			return err
		}
	}
	return printResult(cmd.OutOrStdout(), o.asJSON, out, func(w io.Writer, _ any) error { return printResultOfRun(w, out, zone) })
}

// find is the run that is asked for, by its id or by a time.
func (o *runsOptions) find(cmd *cobra.Command, view *runs.View, zone *time.Location) (runs.Run, error) {
	if o.run != "" {
		r, err := view.Get(cmd.Context(), o.run)
		if err != nil {
			err = fmt.Errorf("run %s: %w", o.run, err)
		}
		return r, err
	}
	at, err := localTime("--as-of", o.asOf, zone)
	if err != nil {
		return runs.Run{}, err
	}
	r, err := view.Latest(cmd.Context(), o.job, runs.Of{AsOf: at})
	if err != nil {
		err = fmt.Errorf("results of %s as of %s: %w", o.job, o.asOf, err)
	}
	return r, err
}

func (o *runsOptions) list(cmd *cobra.Command, view *runs.View, zone *time.Location) error {
	f := runs.Filter{Job: o.job}
	for _, s := range o.states {
		f.States = append(f.States, runs.State(s))
	}
	list, err := view.List(cmd.Context(), f, runs.Page{Limit: o.limit})
	if err != nil {
		return err
	}
	items := append([]runs.Run{}, list.Items...)
	return printResult(cmd.OutOrStdout(), o.asJSON, items, func(w io.Writer, _ any) error {
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		_, _ = fmt.Fprintln(t, "RUN\tJOB\tPERIOD\tSTATE\tQUEUED\tTOOK\tBY\tPROGRESS") // an error shows at Flush
		for _, r := range items {
			took := "-"
			if r.StartedAt != nil {
				end := time.Now()
				if r.FinishedAt != nil {
					end = *r.FinishedAt
				}
				took = end.Sub(*r.StartedAt).Round(time.Second).String()
			}
			what := progressOf(r.Progress)
			if r.Error != "" {
				what = r.Error
			}
			_, _ = fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%.80s\n", r.ID, r.Job, periodOfRun(r, zone), r.State,
				r.QueuedAt.In(zone).Format("2006-01-02 15:04:05"), took, r.By.Name, what)
		}
		return t.Flush()
	})
}

// comparison is what became of the numbers of one run in another.
type comparison struct {
	Run     runs.Run                  `json:"run"`
	Against runs.Run                  `json:"against"`
	Changes []clickhouse.NumberChange `json:"changes"`
	More    bool                      `json:"more,omitempty"`
}

func (o *runsOptions) compare(cmd *cobra.Command, d *app.AnalyticsDoor, view *runs.View, r runs.Run, zone *time.Location) error {
	against, err := view.Get(cmd.Context(), o.against)
	switch {
	case err != nil:
		return fmt.Errorf("run %s: %w", o.against, err)
	case r.Job != against.Job:
		return fmt.Errorf("run %s is of %s, and %s of %s: only runs of one job are compared", r.ID, r.Job, against.ID, against.Job)
	}
	for _, one := range []runs.Run{r, against} {
		if one.State != runs.Done {
			return notDone(one)
		}
	}
	page, err := d.Store.AnalyticsChanges(cmd.Context(), authz.Everything(), clickhouse.ResultsQuery{
		Job: r.Job, Run: r.ID, Against: against.ID, Changed: true, Limit: clickhouse.MaxRows,
	})
	if err != nil {
		return err
	}
	out := comparison{Run: r, Against: against, Changes: append([]clickhouse.NumberChange{}, page.Changes...), More: page.Next != ""}
	return printResult(cmd.OutOrStdout(), o.asJSON, out, func(w io.Writer, _ any) error { return printComparison(w, out, zone) })
}

func printComparison(w io.Writer, out comparison, zone *time.Location) error {
	if err := errors.Join(printRun(w, out.Against, zone), printRun(w, out.Run, zone)); err != nil {
		return err
	}
	if len(out.Changes) == 0 {
		_, err := fmt.Fprintln(w, "No number differs.")
		return err
	}
	then := func(n *clickhouse.NumberThen) string {
		if n == nil {
			return "none"
		}
		return figure(n.Value)
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(t, "\nKIND\tWHERE\tABOUT\tWAS\tIS\tUNIT") // an error shows at Flush
	for i := range out.Changes[:min(len(out.Changes), shownNumbers)] {
		c := &out.Changes[i]
		_, _ = fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", c.Kind, whereOf(c.Place, c.Building), dash(c.Subject), then(c.Was), then(c.Is), c.Unit)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if more := len(out.Changes) - shownNumbers; more > 0 || out.More {
		_, err := fmt.Fprintf(w, "… and more: see --json\n")
		return err
	}
	return nil
}
