package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"steward/analytics/nightflow"
	"steward/analytics/table"
)

// The columns of a file of water meters.
const (
	nightTime = iota
	nightFlow
	nightVolume
	nightMeter
)

func newAnalyzeNightflow() *cobra.Command {
	var o nightflow.Options
	return newAnalysis(analysis{
		use:   "nightflow FILE",
		short: "Leaks, by what a water meter reads when people sleep",
		long: `Takes the least flow of an hour between two and four o'clock of every night and finds
the night on which it rose for good: since when water leaks, how much, and what it
costs. Leaks that ended are found as well.

  ts         when it was read, or when the hour of the flow begins
  flow       in m3/h
  volume_m3  or instead of the flow: the register of the meter, which may start anew
  meter      which meter; each is looked at alone

Two weeks of nights are needed at least. Of a hundred sound meters at most three are
said to leak. The nights are those of --zone. With --households the base is compared
with what they use at night: by default 1.57 litres an hour each (6 % of people flush
10 litres, and 2.62 are a household). --price is by default that of Beijing's first
tier, sewage included.`,
		example: `  steward analyze nightflow harbour.csv --zone Asia/Shanghai --households 420
  steward analyze nightflow meters.csv.gz --map volume_m3=register --price 3.45 --json`,
		columns: []table.Column{
			nightTime:   {Name: "ts", Aliases: []string{"time", "timestamp", "date"}, Kind: table.Time},
			nightFlow:   {Name: "flow", Aliases: []string{"flow_m3h", "value"}, Kind: table.Number, Optional: true},
			nightVolume: {Name: "volume_m3", Aliases: []string{"volume"}, Kind: table.Number, Optional: true},
			nightMeter:  {Name: "meter", Aliases: []string{"device", "group"}, Kind: table.Text, Optional: true, Series: true},
		},
		flags: func(flags *pflag.FlagSet) {
			flags.BoolVar(&o.Cumulative, "cumulative", false, "the column flow holds the register of the meter in m3, and not a flow")
			flags.Float64Var(&o.Price, "price", nightflow.DefaultPrice, "`YUAN` per m3")
			flags.IntVar(&o.Households, "households", 0, "how many households are behind the meter")
			flags.Float64Var(&o.PerHousehold, "per-household", nightflow.DefaultPerHousehold, "`LITRES` an hour that a household uses at night")
			flags.Float64Var(&o.LeakHours, "leak-hours", 24, "`HOURS` a day that a leak runs as at night; less where pressure is lower by day")
		},
		run: func(_ context.Context, in *analysisInput) (any, error) {
			switch {
			case !(o.Price > 0 && o.Price <= 1e6):
				return nil, usageError{fmt.Errorf("--price %v is not a price in yuan per m3", o.Price)}
			case o.Households < 0:
				return nil, usageError{fmt.Errorf("--households %d is below 0", o.Households)}
			case !(o.PerHousehold > 0 && o.PerHousehold <= 1000):
				return nil, usageError{fmt.Errorf("--per-household %v is not above 0 and at most 1000 litres an hour", o.PerHousehold)}
			case !(o.LeakHours > 0 && o.LeakHours <= 48):
				return nil, usageError{fmt.Errorf("--leak-hours %v is not above 0 and at most 48", o.LeakHours)}
			}
			o.Zone = in.zone
			return analyzeNightflow(in, o)
		},
		text: func(w io.Writer, result any) error {
			if g, ok := result.(*nightflowGroups); ok {
				return printNightflowGroups(w, g)
			}
			return printNightflow(w, result.(*nightflow.Result))
		},
	})
}

// nightflowGroups are the results of a file with a column of meters.
type nightflowGroups struct {
	Groups []nightflowGroup `json:"groups"`
}

type nightflowGroup struct {
	Group string `json:"group"`
	*nightflow.Result
}

// analyzeNightflow gives *nightflowGroups if the file names meters, and otherwise a
// *nightflow.Result.
func analyzeNightflow(in *analysisInput, o nightflow.Options) (any, error) {
	meters := map[string]*nightflow.Builder{}
	volumes := 0 // whether the values so far are registers, 1, or flows, -1
	err := in.read(func(r *table.Row) error {
		column, kind := nightFlow, -1
		if r.Has(nightVolume) && !r.Has(nightFlow) {
			column, kind = nightVolume, 1
		}
		if !r.Has(column) {
			return nil // it was not read
		}
		if volumes == 0 {
			volumes = kind
			o.Cumulative = o.Cumulative || kind > 0
		}
		if kind != volumes {
			return r.Errorf(column, "some rows have a flow and others a volume: leave one column out")
		}
		name := r.Text(nightMeter)
		b := meters[name]
		if b == nil {
			if len(meters) == maxMeters {
				return r.Errorf(nightMeter, "more than %d meters: give them in several files", maxMeters)
			}
			b = nightflow.NewBuilder(o)
			meters[name] = b
		}
		b.Add(r.Time(nightTime), r.Number(column))
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(meters) == 0 {
		if in.rows > 0 {
			return nil, fmt.Errorf("%s: no row has a flow or a volume_m3: name their column with --map flow=NAME or --map volume_m3=NAME", in.path)
		}
		return nightflow.NewBuilder(o).Result(), nil
	}
	if b := meters[""]; b != nil && len(meters) == 1 {
		return b.Result(), nil
	}
	g := &nightflowGroups{Groups: []nightflowGroup{}}
	for name, b := range meters {
		g.Groups = append(g.Groups, nightflowGroup{name, b.Result()})
		*b = nightflow.Builder{} // its readings are not needed again
	}
	slices.SortFunc(g.Groups, func(a, b nightflowGroup) int { return strings.Compare(a.Group, b.Group) })
	return g, nil
}

func printNightflowGroups(w io.Writer, g *nightflowGroups) error {
	for i, group := range g.Groups {
		if i > 0 {
			if _, err := fmt.Fprintln(w); err != nil {
				return err
			}
		}
		if _, err := fmt.Fprintf(w, "%s:\n", group.Group); err != nil {
			return err
		}
		if err := printNightflow(w, group.Result); err != nil {
			return err
		}
	}
	return nil
}

func printNightflow(w io.Writer, r *nightflow.Result) error {
	if r.Why != "" {
		_, err := fmt.Fprintf(w, "%s\n", r.Why)
		return err
	}
	if _, err := fmt.Fprintf(w, "%s from %s to %s: %s. Intervals of 95 %%.\n",
		plural(r.Nights, "night"), r.From.Format(time.DateOnly), r.To.Format(time.DateOnly), r.Method); err != nil {
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	line := func(name, format string, args ...any) { // an error stays until Flush
		_, _ = fmt.Fprintf(t, "%s\t%s\n", name, fmt.Sprintf(format, args...))
	}
	line("Base", "%s m3/h", estimateText(*r.Base))
	if s := r.Standing; s != nil {
		line("Beyond households", "%s m3/h, %s yuan a year", estimateText(s.Rate), estimateText(s.YuanYear))
	}
	if l := r.Leak; l != nil {
		line("Leak since", "%s", sinceText(*l))
		line("", "%s m3/h", estimateText(l.Rate))
		line("So far", "%s m3, %s yuan", estimateText(l.M3), estimateText(l.Yuan))
		line("A year", "%s m3, %s yuan at %g yuan per m3", estimateText(l.M3Year), estimateText(l.YuanYear), r.Price)
	} else {
		line("Leak", "none")
	}
	for _, l := range r.History {
		line("Ended", "%s, since %s; %s m3/h, %s m3", l.Until.Format(time.DateOnly), sinceText(l), estimateText(l.Rate), estimateText(l.M3))
	}
	for _, gap := range r.Gaps {
		line("Gap", "%s to %s, %s, %s", gap.From, gap.To, plural(gap.Nights, "night"), gap.Kind)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, a := range r.Advice {
		if _, err := fmt.Fprintf(w, "%s: %s.\n", a.Code, a.Text); err != nil {
			return err
		}
	}
	return nil
}

func sinceText(l nightflow.Leak) string {
	if l.Since == nil {
		return "before the data begin"
	}
	return fmt.Sprintf("%s (%s to %s)", l.Since.Format(time.DateOnly), l.SinceLow.Format(time.DateOnly), l.SinceHigh.Format(time.DateOnly))
}

func estimateText(e nightflow.Estimate) string {
	return fmt.Sprintf("%s (%s to %s)", flowText(e.Value), flowText(e.Low), flowText(e.High))
}

// flowText has three significant digits, or all before the point.
func flowText(v float64) string {
	if v >= 1000 || v <= -1000 {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.3g", v)
}
