package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"steward/internal/app"
	"steward/internal/authz"
	"steward/internal/findings"
)

func newAnalyzeFindings() *cobra.Command {
	var flags configFlags
	var o findingsOptions
	cmd := &cobra.Command{
		Use:   "findings [FINDING]",
		Short: "Findings of waste: where, since when, how much, and what became of them",
		Long: `Lists what analyses found wasted, those that cost most a year first; without those
that were dismissed, verified or cleared unless --state names them. Or shows one of
them, with what to do, its history, and with --json its evidence.`,
		Example: `  steward analyze findings --scope north/harbour --kind water_leak
  steward analyze findings --state verified --json
  steward analyze findings 20261122-mfrggzdfmztwq2lk`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.check(args); err != nil {
				return usageError{err}
			}
			return withAnalytics(cmd, &flags, false, func(d *app.AnalyticsDoor, zone *time.Location) error { return o.show(cmd, d, zone) })
		},
	}
	flags.add(cmd)
	cmd.Flags().StringVar(&o.scope, "scope", "hq", "only those of this `PLACE` and below: hq, REGION or REGION/PROJECT")
	cmd.Flags().StringSliceVar(&o.states, "state", nil, "only those that are open, confirmed, dismissed, fixed, verified or cleared")
	cmd.Flags().StringSliceVar(&o.kinds, "kind", nil, "only those of this `KIND`, such as water_leak")
	cmd.Flags().StringVar(&o.medium, "medium", "", "only those of this `MEDIUM`, such as water")
	cmd.Flags().StringVar(&o.building, "building", "", "only those of this `BUILDING`")
	cmd.Flags().Float64Var(&o.least, "min-yuan", 0, "only those that cost at least so much a year")
	cmd.Flags().StringVar(&o.sort, "sort", "-cny", "-cny, since or -since")
	cmd.Flags().IntVar(&o.limit, "limit", 50, "at most so many")
	cmd.Flags().BoolVar(&o.asJSON, "json", false, "print as JSON")
	return cmd
}

// findingsOptions are what analyze findings is asked for.
type findingsOptions struct {
	finding, scope, medium, building, sort string
	states, kinds                          []string
	least                                  float64
	limit                                  int
	asJSON                                 bool

	filter findings.Filter
}

func (o *findingsOptions) check(args []string) error {
	o.finding = ""
	if len(args) > 0 {
		o.finding = args[0]
	}
	at, err := authz.ParsePlace(o.scope)
	if err != nil {
		return fmt.Errorf("--scope: %w", err)
	}
	o.filter = findings.Filter{Region: at.Region, Project: at.Project, Building: o.building, Medium: o.medium, Kinds: o.kinds, MinCNY: o.least}
	for _, s := range o.states {
		if !slices.Contains(findings.States(), findings.State(s)) {
			return fmt.Errorf("--state %q is not one of open, confirmed, dismissed, fixed, verified, cleared", s)
		}
		o.filter.States = append(o.filter.States, findings.State(s))
	}
	if len(o.states) == 0 {
		o.filter.States = []findings.State{findings.Open, findings.Confirmed, findings.Fixed}
	}
	if o.limit < 1 || o.limit > 1000 {
		return fmt.Errorf("--limit %d is not from 1 to 1000", o.limit)
	}
	return nil
}

func (o *findingsOptions) show(cmd *cobra.Command, d *app.AnalyticsDoor, zone *time.Location) error {
	view := d.Findings.As(operator)
	if o.finding != "" {
		f, err := view.Get(cmd.Context(), o.finding)
		if err != nil {
			return fmt.Errorf("finding %s: %w", o.finding, err)
		}
		return printResult(cmd.OutOrStdout(), o.asJSON, f, func(w io.Writer, _ any) error { return printFinding(w, &f, zone) })
	}
	list, err := view.List(cmd.Context(), o.filter, findings.Page{Limit: o.limit, Sort: o.sort})
	var wrong *findings.InvalidError
	if errors.As(err, &wrong) {
		return usageError{err}
	}
	if err != nil {
		return err
	}
	items := append([]findings.Finding{}, list.Items...)
	return printResult(cmd.OutOrStdout(), o.asJSON, items, func(w io.Writer, _ any) error {
		return printWaste(w, items, list.Next != "", zone)
	})
}

func printWaste(w io.Writer, items []findings.Finding, more bool, zone *time.Location) error {
	if len(items) == 0 {
		_, err := fmt.Fprintln(w, "Nothing of the kind was found.")
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(t, "FINDING\tSTATE\tKIND\tWHERE\tABOUT\tSINCE\tYUAN A YEAR\tA YEAR\tSURE\tWHAT") // an error shows at Flush
	for i := range items {
		f := &items[i]
		_, _ = fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%.0f%%\t%s\n", f.ID, f.State, f.Kind, whereOf(f.Place, f.Building), f.Subject,
			sinceOf(f, zone, time.DateOnly), figure(f.RateCNY.Value), amountOf(f.Rate), 100*f.Score, f.Title.In("en"))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if more {
		_, err := fmt.Fprintln(w, "… and more: raise --limit, or narrow the list")
		return err
	}
	return nil
}

// sinceOf is when a finding began, or before which day.
func sinceOf(f *findings.Finding, zone *time.Location, layout string) string {
	since := f.Since.In(zone).Format(layout)
	if f.AtLeast {
		since += " or before"
	}
	return since
}

// amountOf is an amount with its interval.
func amountOf(a findings.Amount) string {
	if a.Value == nil {
		return dash(a.Why)
	}
	text := strings.TrimSpace(figure(a.Value) + " " + a.Unit)
	if a.Low != nil && a.High != nil {
		text += fmt.Sprintf(" (%s to %s)", figure(a.Low), figure(a.High))
	}
	return text
}

func printFinding(w io.Writer, f *findings.Finding, zone *time.Location) error {
	const layout = "2006-01-02 15:04"
	lines := []string{
		fmt.Sprintf("%s: %s of %s at %s, %s", f.ID, f.Kind, f.Subject, whereOf(f.Place, f.Building), f.State),
		f.Title.In("zh"), f.Title.In("en"),
		fmt.Sprintf("since %s, known to %s", sinceOf(f, zone, layout), f.Until.In(zone).Format(layout)),
		fmt.Sprintf("a year   %s, %s", amountOf(f.RateCNY), amountOf(f.Rate)),
		fmt.Sprintf("so far   %s, %s", amountOf(f.SofarCNY), amountOf(f.Sofar)),
		fmt.Sprintf("sure     %.0f%%, of %s values, coverage %.1f%%", 100*f.Score, short(f.N), 100*f.Coverage),
		f.Advice.In("zh"), f.Advice.In("en"),
	}
	if v := f.Checked; v != nil {
		lines = append(lines, fmt.Sprintf("after the fix: %s, by %s days; saved a year %s, %s %s", v.Verdict, short(v.Days), amountOf(v.SavedCNY), amountOf(v.Saved), v.Why))
	}
	for _, s := range f.History {
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s  %s by %s  %s", s.At.In(zone).Format(layout), s.State, s.Actor, s.Note)))
	}
	// Of a text in one language the other is the same.
	lines = slices.Compact(slices.DeleteFunc(lines, func(s string) bool { return s == "" }))
	_, err := fmt.Fprintln(w, strings.Join(lines, "\n"))
	return err
}
