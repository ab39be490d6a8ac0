package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"steward/analytics/anomaly"
	"steward/analytics/table"
)

// The columns of a file of meters.
const (
	anomalyTime = iota
	anomalyValue
	anomalyTemp
	anomalyMeter
)

// maxMeters bounds what a file of meters makes of memory: an hourly year of each is
// 350 KB.
const maxMeters = 20_000

func newAnalyzeAnomalies() *cobra.Command {
	var o anomaly.Options
	return newAnalysis(analysis{
		use:   "anomalies FILE",
		short: "Hours in which a meter read what nobody would have expected",
		long: `Finds hours in which a meter read more or less than at the same hour of the week in
the weeks around, with slow changes of the level followed and the temperature taken
into account where the file has it:

  ts      when the time of the value begins
  value   energy, volume or mean power of that time; finer than an hour is averaged
  temp_c  outdoor temperature
  meter   which meter; each is looked at alone

Four weeks are needed at least. The score is the distance from what was expected in
robust standard deviations. The limits are set so that about --rate hours a year of a
meter without any fault lie beyond them; up to a third more where its noise has heavy
tails, and fewer else. Hours that belong together make an
episode; a level that jumps and stays is an episode of its own. Missing hours, zeros
of an outage and meters that hang are gaps, not anomalies. The hours of the week are
those of --zone.`,
		example: `  steward analyze anomalies meters.csv.gz --zone Asia/Shanghai
  steward analyze anomalies tower.csv --map value=energy_kwh --rate 12 --json`,
		columns: []table.Column{
			anomalyTime:  {Name: "ts", Aliases: []string{"time", "timestamp", "hour", "date"}, Kind: table.Time},
			anomalyValue: {Name: "value", Aliases: []string{"energy_kwh", "kwh", "power_kw", "volume_m3", "flow_m3h"}, Kind: table.Number, Gaps: true},
			anomalyTemp:  {Name: "temp_c", Aliases: []string{"temp", "temperature", "temperature_c"}, Kind: table.Number, Optional: true},
			anomalyMeter: {Name: "meter", Aliases: []string{"device", "group"}, Kind: table.Text, Optional: true, Series: true},
		},
		flags: func(flags *pflag.FlagSet) {
			flags.Float64Var(&o.Rate, "rate", anomaly.DefaultRate, "`HOURS` a year and meter that may be called anomalies though nothing is wrong")
		},
		run: func(_ context.Context, in *analysisInput) (any, error) {
			if !(o.Rate > 0 && o.Rate <= 1000) {
				return nil, usageError{fmt.Errorf("--rate %v is not above 0 and at most 1000", o.Rate)}
			}
			o.Zone = in.zone
			return analyzeAnomalies(in, o)
		},
		text: func(w io.Writer, result any) error {
			if g, ok := result.(*anomalyGroups); ok {
				return printAnomalyGroups(w, g)
			}
			return printAnomalies(w, result.(*anomaly.Result))
		},
	})
}

// anomalyGroups are the results of a file with a column of meters.
type anomalyGroups struct {
	Groups []anomalyGroup `json:"groups"`
}

type anomalyGroup struct {
	Group string `json:"group"`
	*anomaly.Result
}

// analyzeAnomalies gives *anomalyGroups if the file names meters, and otherwise an
// *anomaly.Result.
func analyzeAnomalies(in *analysisInput, o anomaly.Options) (any, error) {
	meters := map[string]*anomaly.Builder{}
	err := in.read(func(r *table.Row) error {
		if !r.Has(anomalyValue) {
			return nil // a missing hour
		}
		p := anomaly.Point{Time: r.Time(anomalyTime), Value: r.Number(anomalyValue), Temp: math.NaN()}
		if r.Has(anomalyTemp) {
			p.Temp = r.Number(anomalyTemp)
		}
		name := r.Text(anomalyMeter)
		b := meters[name]
		if b == nil {
			if len(meters) == maxMeters {
				return r.Errorf(anomalyMeter, "more than %d meters: give them in several files", maxMeters)
			}
			b = anomaly.NewBuilder(o)
			meters[name] = b
		}
		b.Add(p)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(meters) == 0 {
		return anomaly.Find(nil, o), nil
	}
	if b := meters[""]; b != nil && len(meters) == 1 {
		return b.Result(), nil
	}
	g := &anomalyGroups{Groups: []anomalyGroup{}}
	for name, b := range meters {
		g.Groups = append(g.Groups, anomalyGroup{name, b.Result()})
		*b = anomaly.Builder{} // its hours are not needed again
	}
	slices.SortFunc(g.Groups, func(a, b anomalyGroup) int { return strings.Compare(a.Group, b.Group) })
	return g, nil
}

func printAnomalyGroups(w io.Writer, g *anomalyGroups) error {
	for i, group := range g.Groups {
		if i > 0 {
			if _, err := fmt.Fprintln(w); err != nil {
				return err
			}
		}
		if _, err := fmt.Fprintf(w, "%s:\n", group.Group); err != nil {
			return err
		}
		if err := printAnomalies(w, group.Result); err != nil {
			return err
		}
	}
	return nil
}

// anomalyLines of episodes are shown to people, those with the highest peaks; --json
// gives all.
const anomalyLines = 20

const wasteTime = "2006-01-02 15:04"

func printAnomalies(w io.Writer, r *anomaly.Result) error {
	if r.Why != "" {
		_, err := fmt.Fprintf(w, "%s\n", r.Why)
		return err
	}
	if _, err := fmt.Fprintf(w, "%s from %s to %s; %s beyond %.1f and %.1f standard deviations, of which chance makes %.2g; %s.\n",
		plural(r.Hours, "hour"), r.From.Format(wasteTime), r.To.Format(wasteTime),
		plural(len(r.Anomalies), "anomalous hour"), r.LimitLow, r.LimitHigh, r.ExpectedFalse, plural(len(r.Gaps), "gap")); err != nil {
		return err
	}
	shown := slices.Clone(r.Episodes)
	if len(shown) > anomalyLines {
		slices.SortStableFunc(shown, func(a, b anomaly.Episode) int {
			return cmp.Compare(math.Abs(b.Peak), math.Abs(a.Peak))
		})
		shown = shown[:anomalyLines]
		slices.SortStableFunc(shown, func(a, b anomaly.Episode) int { return a.From.Compare(b.From) })
	}
	if len(shown) > 0 {
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		_, _ = fmt.Fprintln(t, "FROM\tTO\tHOURS\tWHAT\tEXCESS\tPEAK") // an error stays until Flush
		for _, e := range shown {
			to := e.To.Format(wasteTime)
			if e.Open {
				to = "goes on"
			}
			_, _ = fmt.Fprintf(t, "%s\t%s\t%d\t%s, %s\t%+.4g\t%+.1f\n", e.From.Format(wasteTime), to, e.Hours, e.Kind, e.Direction, e.Excess, e.Peak)
		}
		if err := t.Flush(); err != nil {
			return err
		}
	}
	if len(shown) < len(r.Episodes) {
		if _, err := fmt.Fprintf(w, "(%d of %d episodes; --json gives all)\n", len(shown), len(r.Episodes)); err != nil {
			return err
		}
	}
	return printAnomalyEnd(w, r)
}

// gapLines of gaps are shown to people, the longest.
const gapLines = 5

func printAnomalyEnd(w io.Writer, r *anomaly.Result) error {
	gaps := slices.Clone(r.Gaps)
	slices.SortStableFunc(gaps, func(a, b anomaly.Gap) int { return b.Hours - a.Hours })
	for _, gap := range gaps[:min(len(gaps), gapLines)] {
		if _, err := fmt.Fprintf(w, "gap: %s from %s, %s\n", plural(gap.Hours, "hour"), gap.From.Format(wasteTime), gap.Kind); err != nil {
			return err
		}
	}
	for _, a := range r.Advice {
		if _, err := fmt.Fprintf(w, "%s: %s.\n", a.Code, a.Text); err != nil {
			return err
		}
	}
	return nil
}
