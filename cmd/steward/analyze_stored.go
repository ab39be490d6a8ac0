package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"steward/internal/app"
	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/runs"
)

// What the commands over what is stored share: run, runs and jobs.

// withAnalytics runs do on the analyses of the configured steward, and lets them go
// afterwards. What it is told of a run's course it says itself: the log is left to
// those who ask for debugging.
func withAnalytics(cmd *cobra.Command, flags *configFlags, results bool, do func(d *app.AnalyticsDoor, zone *time.Location) error) (err error) {
	cfg, err := flags.loadRunning()
	if err != nil {
		return err
	}
	logger, err := cfg.Logger(cmd.ErrOrStderr())
	if err != nil {
		return usageError{err}
	}
	if cfg.Log.Level != "debug" {
		logger = slog.New(slog.DiscardHandler)
	}
	zone, err := time.LoadLocation(cfg.Analytics.TimeZone)
	if err != nil {
		return fmt.Errorf("analytics.time_zone: %w", err)
	}
	door, release, err := app.OpenAnalytics(cmd.Context(), cfg, results, version, logger)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	return do(door, zone)
}

// localTime reads RFC 3339, or a date, which begins at midnight of the company.
func localTime(flag, s string, zone *time.Location) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t.UTC(), nil
	}
	t, err := time.ParseInLocation(time.DateOnly, s, zone)
	if err != nil {
		return t, usageError{fmt.Errorf("%s %q is not a time such as 2026-11-01 or 2026-11-01T08:00:00+08:00", flag, s)}
	}
	return t.UTC(), nil
}

// runResult is a run with what it found out.
type runResult struct {
	Run       runs.Run                       `json:"run"`
	Numbers   []clickhouse.AnalyticsNumber   `json:"numbers"`
	Documents []clickhouse.AnalyticsDocument `json:"documents"` // without their bodies
	More      bool                           `json:"more,omitempty"`
}

// maxNumbers bounds how many numbers one command prints; all are in the store.
const maxNumbers = 10 * clickhouse.MaxRows

func readResult(cmd *cobra.Command, db *clickhouse.Store, r runs.Run) (out runResult, err error) {
	out = runResult{Run: r, Numbers: []clickhouse.AnalyticsNumber{}, Documents: []clickhouse.AnalyticsDocument{}}
	for q := (clickhouse.ResultsQuery{Job: r.Job, Run: r.ID, Limit: clickhouse.MaxRows}); ; {
		page, err := db.AnalyticsNumbers(cmd.Context(), authz.Everything(), q)
		if err != nil {
			return out, err
		}
		out.Numbers = append(out.Numbers, page.Numbers...)
		if q.Cursor = page.Next; q.Cursor == "" {
			break
		}
		if len(out.Numbers) >= maxNumbers {
			out.More = true
			break
		}
	}
	list, err := db.AnalyticsDocuments(cmd.Context(), authz.Everything(), clickhouse.ResultsQuery{Job: r.Job, Run: r.ID, Limit: clickhouse.MaxRows})
	out.Documents = append(out.Documents, list.Documents...)
	return out, err
}

// shownNumbers is how many numbers people are shown.
const shownNumbers = 200

func printResultOfRun(w io.Writer, out runResult, zone *time.Location) error {
	if err := printRun(w, out.Run, zone); err != nil {
		return err
	}
	if len(out.Numbers) == 0 && len(out.Documents) == 0 {
		return nil
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(t, "\nKIND\tWHERE\tABOUT\tVALUE\tINTERVAL\tN\tCOVERAGE\tNOTE") // an error shows at Flush
	for i := range out.Numbers[:min(len(out.Numbers), shownNumbers)] {
		n := &out.Numbers[i]
		_, _ = fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", n.Kind, whereOf(n.Place, n.Building), dash(n.Subject),
			strings.TrimSpace(figure(n.Value)+" "+n.Unit), intervalOf(n), short(n.N), percent(n.Coverage), n.Why)
	}
	for i := range out.Documents[:min(len(out.Documents), shownNumbers)] {
		d := &out.Documents[i]
		_, _ = fmt.Fprintf(t, "%s\t%s\t%s\t%s\t-\t-\t-\t\n", d.Kind, whereOf(d.Place, ""), dash(d.Subject), fmt.Sprintf("document, %d bytes", d.Size))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if more := max(0, len(out.Numbers)-shownNumbers) + max(0, len(out.Documents)-shownNumbers); more > 0 || out.More {
		_, err := fmt.Fprintf(w, "… and %d more: see --json\n", more)
		return err
	}
	return nil
}

// printRun says what a run was and what became of it, in one line or two.
func printRun(w io.Writer, r runs.Run, zone *time.Location) error {
	line := fmt.Sprintf("%s %s, %s: %s", r.Job, r.ID, periodOfRun(r, zone), r.State)
	if r.State == runs.Done {
		line += fmt.Sprintf(", %s, %s", plural(int(r.Numbers), "number"), plural(int(r.Documents), "document"))
	}
	if r.Coverage != nil {
		line += ", coverage " + percent(r.Coverage)
	}
	if r.StartedAt != nil && r.FinishedAt != nil {
		line += fmt.Sprintf(", took %s", r.FinishedAt.Sub(*r.StartedAt).Round(100*time.Millisecond))
	}
	if r.Error != "" {
		line += "\n" + r.Error
	}
	_, err := fmt.Fprintln(w, line)
	return err
}

func periodOfRun(r runs.Run, zone *time.Location) string {
	const layout = "2006-01-02 15:04"
	return r.From.In(zone).Format(layout) + " to " + r.To.In(zone).Format(layout+" -07:00")
}

func progressOf(p runs.Progress) string {
	switch {
	case p.Total > 0:
		return strings.TrimSpace(fmt.Sprintf("%3.0f%%  %d of %d  %s", 100*float64(p.Done)/float64(p.Total), p.Done, p.Total, p.What))
	case p.Done > 0:
		return strings.TrimSpace(fmt.Sprintf("%d  %s", p.Done, p.What))
	}
	return p.What
}

func whereOf(at authz.Place, building string) string {
	if building == "" {
		return at.String()
	}
	return at.String() + "/" + building
}

func intervalOf(n *clickhouse.AnalyticsNumber) string {
	if n.Low == nil && n.High == nil {
		return "-"
	}
	text := figure(n.Low) + " to " + figure(n.High)
	if n.Level > 0 {
		text += fmt.Sprintf(" (%s%%)", short(100*n.Level))
	}
	return text
}

// figure is a value with as many digits as people read; - for none.
func figure(v *float64) string {
	if v == nil {
		return "-"
	}
	return short(*v)
}

func short(v float64) string { return strconv.FormatFloat(v, 'g', 6, 64) }

func percent(v *float64) string {
	if v == nil {
		return "-"
	}
	return fmt.Sprintf("%.1f%%", 100**v)
}

func dash(s string) string { return cmp.Or(s, "-") }
