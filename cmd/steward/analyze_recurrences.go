package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"steward/analytics/recurrence"
	"steward/analytics/table"
)

// The columns of a file of recurrences.
const (
	recurrenceUnit = iota
	recurrenceTime
	recurrenceEvent
	recurrenceEntry
	recurrenceCount
	recurrenceCost
)

// recurrenceSteps is how many steps of a mean cumulative function are given: as many
// as a chart has pixels.
const recurrenceSteps = 1000

func newAnalyzeRecurrences() *cobra.Command {
	o := recurrence.Options{}
	var allSteps bool
	return newAnalysis(analysis{
		use:   "recurrences FILE",
		short: "Whether units that are repaired fail more often as they age",
		long: `Studies units that fail, are repaired and fail again. A row is a failure of a unit,
or the end of its observation:

  unit   which one; all rows are of one unit when the file has none
  time   its age then, in any unit
  event  1 when it failed, 0 when its observation ended
  entry  its age when watching began, if it was not new, in one of its rows
  count  how many failures at once; 1 when left out
  cost   of each failure

The mean cumulative function is how often a unit has failed by an age on average
(Nelson); its intervals come from how the units differ. Crow-AMSAA is a power law
of the rate of failures: beta below 1 when they become rarer with age, above 1 when
more frequent, and the mean time between failures of a unit at the longest age
watched. Two tests ask for a trend. --repeat-within TIME counts the failures after
which the same unit failed again within the time.

Each unit should have a row with event 0: without one it is taken to be watched
until its last failure, which makes failures look more frequent than they are.`,
		example: `  steward analyze recurrences lifts.csv --map unit=lift,time=days --repeat-within 30
  steward analyze recurrences engines.csv --json`,
		columns: []table.Column{
			recurrenceUnit:  {Name: "unit", Aliases: []string{"id", "device", "system"}, Kind: table.Text, Optional: true},
			recurrenceTime:  {Name: "time", Aliases: []string{"age", "hours", "days", "cycles"}, Kind: table.Number},
			recurrenceEvent: {Name: "event", Aliases: []string{"failed", "failure", "status"}, Kind: table.Flag},
			recurrenceEntry: {Name: "entry", Aliases: []string{"entry_age"}, Kind: table.Number, Optional: true},
			recurrenceCount: {Name: "count", Aliases: []string{"n", "failures"}, Kind: table.Number, Optional: true},
			recurrenceCost:  {Name: "cost", Kind: table.Number, Optional: true},
		},
		flags: func(flags *pflag.FlagSet) {
			flags.Float64Var(&o.Level, "level", 0.95, "`LEVEL` of the intervals")
			flags.Float64Var(&o.Window, "repeat-within", 0, "count failures that come back within a `TIME`")
			flags.BoolVar(&allSteps, "all-steps", false, fmt.Sprintf("give all steps of the mean cumulative function, and not at most %d", recurrenceSteps))
		},
		run: func(_ context.Context, in *analysisInput) (any, error) {
			if !(o.Level > 0 && o.Level < 1) {
				return nil, usageError{fmt.Errorf("--level %v is not between 0 and 1", o.Level)}
			}
			if !(o.Window >= 0) || math.IsInf(o.Window, 0) {
				return nil, usageError{fmt.Errorf("--repeat-within %v: give a time, in the unit of the ages", o.Window)}
			}
			if o.Steps = recurrenceSteps; allSteps {
				o.Steps = 0
			}
			return analyzeRecurrences(in, o)
		},
		text: func(w io.Writer, result any) error { return printRecurrences(w, result.(*recurrence.Result)) },
	})
}

func analyzeRecurrences(in *analysisInput, o recurrence.Options) (*recurrence.Result, error) {
	rows := recurrenceRows{units: map[string]int{}}
	if err := in.read(rows.add); err != nil {
		return nil, err
	}
	data, err := rows.data()
	if err != nil {
		return nil, err
	}
	o.Cost = rows.cost
	r, err := recurrence.Analyze(data, o)
	return &r, err
}

// recurrenceRows gathers the rows of a file, in any order.
type recurrenceRows struct {
	places  rowPlaces
	units   map[string]int
	each    []recurrenceUnitRows
	events  []recurrence.Event
	cost    bool // any row has one
	unnamed bool // rows name no unit
}

// recurrenceUnitRows is what rows say of one unit, with the lines that said so; 0 is
// of none.
type recurrenceUnitRows struct {
	name                                     string
	first, last, end, entry                  float64
	firstLine, lastLine, endLine, entersLine int
}

func (rows *recurrenceRows) add(r *table.Row) error {
	rows.places.see(r)
	at := r.Number(recurrenceTime)
	if at < 0 {
		return r.Errorf(recurrenceTime, "age %v is negative: an age counts from when the unit was new", at)
	}
	name := r.Text(recurrenceUnit)
	if len(rows.each) > 0 && (name == "") != rows.unnamed {
		return r.Errorf(recurrenceUnit, "other rows name their unit and this one does not, or the other way round: name it in all of them")
	}
	rows.unnamed = name == ""
	i, known := rows.units[name]
	if !known {
		i = len(rows.each)
		rows.units[name] = i
		rows.each = append(rows.each, recurrenceUnitRows{name: name})
	}
	u := &rows.each[i]
	if r.Has(recurrenceEntry) {
		entry := r.Number(recurrenceEntry)
		switch {
		case entry < 0:
			return r.Errorf(recurrenceEntry, "age %v is negative", entry)
		case u.entersLine != 0 && u.entry != entry:
			return r.Errorf(recurrenceEntry, "%v, and %s has %v for the same unit: a unit begins to be watched once", entry, rows.places.name(u.entersLine), u.entry)
		}
		u.entry, u.entersLine = entry, r.Line()
	}
	if !r.Flag(recurrenceEvent) {
		if u.endLine != 0 && u.end != at {
			return r.Errorf(recurrenceTime, "the unit's observation ends at %v, and %s ends it at %v: give it one row with event 0", at, rows.places.name(u.endLine), u.end)
		}
		u.end, u.endLine = at, r.Line()
		return nil
	}
	e := recurrence.Event{Unit: i, Time: at, Count: 1, Cost: r.Number(recurrenceCost)}
	if r.Has(recurrenceCount) {
		e.Count = r.Number(recurrenceCount)
	}
	switch {
	case e.Count < 0 || e.Count > 1e12 || e.Count != math.Trunc(e.Count):
		return r.Errorf(recurrenceCount, "%v is not a number of failures: give a whole number", e.Count)
	case e.Cost < 0:
		return r.Errorf(recurrenceCost, "%v is negative: a cost is what a failure costs", e.Cost)
	}
	rows.cost = rows.cost || r.Has(recurrenceCost)
	if u.lastLine == 0 || at > u.last {
		u.last, u.lastLine = at, r.Line()
	}
	if u.firstLine == 0 || at < u.first {
		u.first, u.firstLine = at, r.Line()
	}
	if e.Count > 0 {
		rows.events = append(rows.events, e)
	}
	return nil
}

// data puts the units together, once all rows are known.
func (rows *recurrenceRows) data() (*recurrence.Data, error) {
	d := &recurrence.Data{Units: make([]recurrence.Unit, len(rows.each)), Events: rows.events}
	for i, u := range rows.each {
		unit := recurrence.Unit{Entry: u.entry, End: u.end, Open: u.endLine == 0}
		if unit.Open {
			unit.End = u.last
		}
		wrong := func(line int, format string, args ...any) error {
			return rows.places.errorf(line, "%s", u.called()+fmt.Sprintf(format, args...))
		}
		switch {
		case u.lastLine != 0 && u.last > unit.End:
			return nil, wrong(u.lastLine, " fails at %v, and its observation ends at %v in %s: correct one of them", u.last, u.end, rows.places.name(u.endLine))
		case u.firstLine != 0 && u.first < u.entry:
			return nil, wrong(u.firstLine, " fails at %v, before it was watched from %v on (%s): leave out what was not seen", u.first, u.entry, rows.places.name(u.entersLine))
		case unit.End < unit.Entry:
			return nil, wrong(u.endLine, " ends at %v, before it was watched from %v on (%s)", unit.End, u.entry, rows.places.name(u.entersLine))
		}
		d.Units[i] = unit
	}
	return d, nil
}

func (u *recurrenceUnitRows) called() string {
	if u.name == "" {
		return "the unit"
	}
	return "unit " + u.name
}

func printRecurrences(w io.Writer, r *recurrence.Result) error {
	if _, err := fmt.Fprintf(w, "%d units, %.0f failures. Intervals of %g %%.\n", r.Units, r.Events, 100*r.Level); err != nil {
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	line := func(name, format string, args ...any) {
		_, _ = fmt.Fprintf(t, "%s\t%s\n", name, fmt.Sprintf(format, args...)) // an error stays until Flush
	}
	p := &r.PowerLaw
	if p.Beta == nil {
		line("Crow-AMSAA", "%s", p.Why)
	} else {
		line("Crow-AMSAA", "beta %s, without bias %s, lambda %s", recurrenceSpread(p.Beta, p.Intervals.Beta.Low, p.Intervals.Beta.High), recurrenceNumber(p.BetaUnbiased), recurrenceNumber(p.Lambda))
		line("MTBF", "%s of a unit at %s", recurrenceSpread(p.MTBF, p.Intervals.MTBF.Low, p.Intervals.MTBF.High), recurrenceNumber(p.At))
		if g := p.Goodness; g.Fits == nil {
			line("Fit", "%s", g.Why)
		} else {
			word := map[bool]string{true: "fits", false: "does not fit"}[*g.Fits]
			line("Fit", "Cramér-von Mises %.3f, critical %.3f at %g: %s", *g.Statistic, *g.Critical, g.Level, word)
		}
	}
	if h := r.Trend.Handbook; h == nil {
		line("Trend", "%s", r.Trend.Why)
	} else {
		line("Trend", "%s: MIL-HDBK-189 chi-square %.4g of %.0f, p %.3g; Laplace z %.2f, p %.3g", r.Trend.Direction, h.ChiSquare, h.DF, h.P, r.Trend.Laplace.Z, r.Trend.Laplace.P)
	}
	if f := r.Repeat; f != nil && f.Share == nil {
		line("Repeats", "%s", f.Why)
	} else if f != nil {
		line("Repeats", "%d of %d came back within %v: %.1f %% (%.1f to %.1f)", f.Repeats, f.Followed, f.Window, 100**f.Share, 100**f.Low, 100**f.High)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if err := printMCF(w, r); err != nil {
		return err
	}
	for _, a := range r.Advice {
		if _, err := fmt.Fprintln(w, a.Code+": "+a.Text); err != nil {
			return err
		}
	}
	return nil
}

// printMCF prints a dozen steps, for a chart takes JSON.
func printMCF(w io.Writer, r *recurrence.Result) error {
	if len(r.MCF) == 0 {
		return nil
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	head := "\nAGE\tWATCHED\tFAILURES A UNIT"
	if r.Cost != nil {
		head += "\tCOST A UNIT"
	}
	_, _ = fmt.Fprintln(t, head) // an error stays until Flush
	const most = 12
	shown := min(most, len(r.MCF))
	for i := range shown {
		at := len(r.MCF) - 1
		if shown > 1 {
			at = i * (len(r.MCF) - 1) / (shown - 1)
		}
		s := &r.MCF[at]
		_, _ = fmt.Fprintf(t, "%s\t%d\t%s", recurrenceNumber(&s.Time), s.AtRisk, recurrenceSpread(&s.MCF, s.Low, s.High))
		if r.Cost != nil {
			c := &r.Cost[at]
			_, _ = fmt.Fprintf(t, "\t%s", recurrenceSpread(&c.MCF, c.Low, c.High))
		}
		_, _ = fmt.Fprintln(t)
	}
	_, _ = fmt.Fprintln(t)
	return t.Flush()
}

func recurrenceNumber(x *float64) string {
	if x == nil {
		return "-"
	}
	return fmt.Sprintf("%.4g", *x)
}

// recurrenceSpread is an estimate with its limits.
func recurrenceSpread(x, low, high *float64) string {
	if low == nil && high == nil {
		return recurrenceNumber(x)
	}
	return fmt.Sprintf("%s (%s to %s)", recurrenceNumber(x), recurrenceNumber(low), recurrenceNumber(high))
}
