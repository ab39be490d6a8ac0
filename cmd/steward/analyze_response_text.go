package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"steward/analytics/response"
)

// Of long lists people see the beginning; JSON has all.
const shownBreaches = 20

func printResponse(w io.Writer, r *responseResult) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	line := func(cells ...string) { _, _ = fmt.Fprintln(t, strings.Join(cells, "\t")) } // an error stays until Flush
	open := ""
	if r.Open > 0 {
		open = fmt.Sprintf(", %d of them open for up to %s", r.Open, secondsText(r.Running.Longest))
	}
	if _, err := fmt.Fprintf(w, "%s%s. Intervals of %g %%.\n", plural(r.N, "call"), open, 100*r.Level); err != nil {
		return err
	}
	quantiles := func(name string, s *response.Summary) {
		for _, q := range []struct {
			name string
			*response.Quantile
		}{{"median", &s.Median}, {"p90", &s.P90}, {"p95", &s.P95}} {
			line(name+q.name, quantileText(q.Quantile), q.Why)
		}
	}
	quantiles("", &r.Summary)
	if r.Within != nil {
		name := "in time"
		if r.Limit != nil {
			name = "within " + secondsText(r.Limit)
		}
		line(name, withinText(r.Within), r.Within.Why)
	}
	if r.Dispatch != nil {
		quantiles("dispatch ", r.Dispatch)
		quantiles("travel ", r.Travel)
	}
	printParts(line, "GROUP", r.Groups)
	printParts(line, "PROJECT", r.Projects)
	printParts(line, "CAUSE", r.Causes)
	if len(r.Scorecards) == 0 {
		printParts(line, "CONTRACTOR", r.Contractors)
	}
	printScorecards(line, r.Scorecards)
	if r.Within != nil && r.Within.Breached > 0 {
		line()
		line("HOUR", "CALLS", "MEDIAN", "IN TIME")
		for _, h := range r.Hours {
			if h.N > 0 {
				line(fmt.Sprintf("%02d", h.Hour), strconv.Itoa(h.N), secondsText(h.Median), withinText(h.Within))
			}
		}
	}
	printBreaches(line, r)
	if err := t.Flush(); err != nil {
		return err
	}
	for _, warning := range r.Warnings {
		if _, err := fmt.Fprintf(w, "Note: %s.\n", warning); err != nil {
			return err
		}
	}
	return nil
}

func printParts(line func(...string), title string, parts []response.Part) {
	if len(parts) == 0 {
		return
	}
	line()
	line(title, "CALLS", "MEDIAN", "P90", "IN TIME", "AGAINST OTHERS")
	for _, p := range parts {
		line(nameOrNone(p.Name), strconv.Itoa(p.N), quantileText(&p.Median), quantileText(&p.P90), withinText(p.Within), againstText(p.Against))
	}
}

func printScorecards(line func(...string), cards []response.Scorecard) {
	if len(cards) == 0 {
		return
	}
	line()
	line("CONTRACTOR", "CALLS", "MEDIAN", "P90", "IN TIME", "AGAINST OTHERS", "REPEATS", "PENALTY")
	for _, c := range cards {
		repeats, penalty := "-", "-"
		if c.Repeats.Share != nil {
			repeats = fmt.Sprintf("%d of %d", c.Repeats.Repeats, c.Repeats.N)
		}
		if c.Yuan != nil {
			penalty = fmt.Sprintf("%.2f yuan", *c.Yuan)
		}
		line(nameOrNone(c.Contractor), strconv.Itoa(c.N), quantileText(&c.Median), quantileText(&c.P90), withinText(c.Within), againstText(c.Against), repeats, penalty)
	}
}

func printBreaches(line func(...string), r *responseResult) {
	if len(r.Breaches) == 0 {
		return
	}
	line()
	line("BREACH", "TOOK", "OVER BY", "LINE")
	for i, b := range r.Breaches {
		if i == shownBreaches {
			line(fmt.Sprintf("and %d more", len(r.Breaches)-i+r.BreachesOmitted))
			return
		}
		took := secondsText(&b.Took)
		if b.Open {
			took += ", open"
		}
		line(b.Created.Format("2006-01-02 15:04:05"), took, secondsText(&b.Over), strconv.Itoa(b.Line))
	}
}

func againstText(c *response.Comparison) string {
	if c == nil {
		return "-"
	}
	return fmt.Sprintf("%s (p %.2g)", c.Verdict, c.Adjusted)
}

func nameOrNone(name string) string {
	if name == "" {
		return "(none)"
	}
	return name
}

func quantileText(q *response.Quantile) string {
	value := secondsText(q.Value)
	if q.Value == nil && q.AtLeast != nil {
		value = "at least " + secondsText(q.AtLeast)
	}
	if q.Low == nil && q.High == nil {
		return value
	}
	return fmt.Sprintf("%s [%s, %s]", value, secondsText(q.Low), secondsText(q.High))
}

func withinText(w *response.Within) string {
	if w == nil || w.Share == nil {
		return "-"
	}
	return fmt.Sprintf("%.1f %% [%.1f, %.1f] (%d of %d)", 100**w.Share, 100**w.Low, 100**w.High, w.Met, w.N)
}

// seconds is a duration for people, as 3m20s.
func secondsText(s *float64) string {
	switch {
	case s == nil:
		return "-"
	case *s >= 1e9: // 30 years, which a time.Duration could still hold
		return fmt.Sprintf("%.3g years", *s/(365.25*86400))
	case *s >= 10:
		text := time.Duration(*s * float64(time.Second)).Round(time.Second).String()
		if rest, ok := strings.CutSuffix(text, "m0s"); ok {
			text = rest + "m"
		}
		if rest, ok := strings.CutSuffix(text, "h0m"); ok {
			text = rest + "h"
		}
		return text
	}
	return fmt.Sprintf("%.3gs", *s)
}
