package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"steward/analytics/baseline"
	"steward/analytics/table"
)

// The columns of a file of use.
const (
	baselineTS = iota
	baselineValue
	baselineTemp
	baselinePeriod
)

// baselineFlags are what the command line says of a baseline.
type baselineFlags struct {
	model, from, to string
	options         baseline.Options
}

// baselineResult is a fitted baseline and what was saved against it.
type baselineResult struct {
	Model       baseline.Kind        `json:"model"`
	Zone        string               `json:"zone"`
	From        time.Time            `json:"from,omitzero"` // of the baseline period
	To          time.Time            `json:"to,omitzero"`
	Level       float64              `json:"level"`
	N           int                  `json:"n"` // hours or days
	P           int                  `json:"p"`
	Mean        float64              `json:"mean"`
	R2          *float64             `json:"r2"`
	AdjR2       *float64             `json:"adj_r2"`
	CVRMSE      *float64             `json:"cvrmse"`
	NMBE        *float64             `json:"nmbe"`
	Rho         float64              `json:"autocorrelation"`
	Parameters  any                  `json:"parameters"` // null when there are too few data
	Noise       baseline.Noise       `json:"noise"`
	Savings     *baseline.Savings    `json:"savings"` // null without a reporting period
	Sufficiency baseline.Sufficiency `json:"sufficiency"`
	Advice      []baseline.Check     `json:"advice"`
	Warnings    []string             `json:"warnings"`
	Why         string               `json:"why,omitempty"`

	daily  *baseline.ChangePoint
	hourly *baseline.TimeOfWeek
}

func newAnalyzeBaseline() *cobra.Command {
	var f baselineFlags
	return newAnalysis(analysis{
		use:   "baseline FILE",
		short: "What would have been used: savings against time, week and weather",
		long: `Fits what a meter used, in a baseline period, to time and outdoor temperature, and
says what a later period used less, or more, than that. A row is an interval:

  ts      when it begins
  value   what was used in it: energy or volume, not power
  temp_c  outdoor temperature, °C; may be absent in some rows
  period  baseline, reporting, or intervention, which is in neither; or leave the
          column out and say --reporting-from

Models, both by CalTRACK 2.0: hourly is a level for each hour of the week and a
response to temperature that is linear in pieces; daily is a base load with heating
and cooling beyond balance points. Finer data are summed to hours or to local days.

The year before the reporting period is used. If more than a tenth of its days, or of
any month's hours, is missing, the answer is "insufficient data". Missing hours are
in neither sum, so that they are never savings.`,
		example: `  steward analyze baseline tower.csv --reporting-from 2026-03-01 --zone Asia/Shanghai
  steward analyze baseline gas.csv --model daily --heating-only --map value=m3,temp_c=outdoor --json`,
		columns: []table.Column{
			baselineTS:     {Name: "ts", Aliases: []string{"time", "timestamp", "date", "datetime"}, Kind: table.Time},
			baselineValue:  {Name: "value", Aliases: []string{"use", "usage", "energy", "consumption", "kwh", "energy_kwh", "volume_m3"}, Kind: table.Number, Gaps: true},
			baselineTemp:   {Name: "temp_c", Aliases: []string{"temp", "temperature", "temperature_c", "outdoor_temp_c"}, Kind: table.Number, Gaps: true},
			baselinePeriod: {Name: "period", Kind: table.Text, Optional: true},
		},
		flags: f.add,
		run:   func(_ context.Context, in *analysisInput) (any, error) { return f.run(in) },
		text:  func(w io.Writer, result any) error { return printBaseline(w, result.(*baselineResult)) },
	})
}

func (f *baselineFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.model, "model", string(baseline.Hourly), "`MODEL`: hourly or daily")
	flags.StringVar(&f.from, "reporting-from", "", "`TIME` or date at which the reporting period begins")
	flags.StringVar(&f.to, "baseline-to", "", "`TIME` or date at which the baseline period ends, when there is something between")
	flags.Float64Var(&f.options.Level, "level", baseline.DefaultLevel, "`LEVEL` of the intervals, such as 0.9")
	flags.IntVar(&f.options.Days, "baseline-days", 365, "use at most `DAYS` before the end of the baseline period")
	flags.BoolVar(&f.options.ZeroIsMissing, "zero-is-missing", false, "zeros are outages of the meter, as a building's electricity never is zero")
	flags.BoolVar(&f.options.AllowNegative, "allow-negative", false, "the meter runs backwards at times, as with solar panels")
	flags.BoolVar(&f.options.HeatingOnly, "heating-only", false, "the daily model has no cooling, as with gas")
}

func (f *baselineFlags) run(in *analysisInput) (*baselineResult, error) {
	kind := baseline.Kind(f.model)
	if kind != baseline.Hourly && kind != baseline.Daily {
		return nil, usageError{fmt.Errorf("--model %q is neither hourly nor daily", f.model)}
	}
	if !(f.options.Level >= 0.5 && f.options.Level < 1) {
		return nil, usageError{fmt.Errorf("--level %v is not between 0.5 and 1, such as 0.9 or 0.95", f.options.Level)}
	}
	if f.options.Days < 365 || f.options.Days > baseline.MaxDays {
		return nil, usageError{fmt.Errorf("--baseline-days %d is not between 365 and %d", f.options.Days, baseline.MaxDays)}
	}
	from, err := f.time("--reporting-from", f.from, in.zone)
	if err != nil {
		return nil, err
	}
	to, err := f.time("--baseline-to", f.to, in.zone)
	switch {
	case err != nil:
		return nil, err
	case to.IsZero():
		to = from
	case !from.IsZero() && from.Before(to):
		return nil, usageError{fmt.Errorf("--baseline-to %s is after --reporting-from %s", f.to, f.from)}
	}
	file := baselineFile{from: from, to: to}
	if err := in.read(file.row); err != nil {
		return nil, err
	}
	if file.periods && !to.IsZero() {
		return nil, usageError{errors.New("the file has a column period: leave --reporting-from and --baseline-to out")}
	}
	o := f.options
	o.Zone, o.To = in.zone, to
	m, err := baseline.Fit(kind, file.before.points, o)
	if err != nil {
		return nil, file.before.place(err, &file)
	}
	r := newBaselineResult(m)
	if file.periods || !from.IsZero() {
		if r.Savings, err = m.Savings(file.after.points, from, time.Time{}); err != nil {
			return nil, file.after.place(err, &file)
		}
	}
	return r, nil
}

func (f *baselineFlags) time(flag, text string, zone *time.Location) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		at, err = time.ParseInLocation(time.DateOnly, text, zone)
	}
	if err != nil {
		return at, usageError{fmt.Errorf("%s %q is not a time such as 2026-03-01 or 2026-03-01T00:00:00+08:00", flag, text)}
	}
	return at, nil
}

// baselineFile is the rows of a file by period.
type baselineFile struct {
	from, to      time.Time // reporting and end of baseline by the flags; zero without
	before, after baselinePoints
	periods       bool // the file says to which period rows belong
	places        rowPlaces
}

// baselinePoints are points, and in which lines they stood.
type baselinePoints struct {
	points []baseline.Point
	lines  []int32
}

// row takes a row of the file.
func (b *baselineFile) row(r *table.Row) error {
	b.places.see(r)
	p := baseline.Point{At: r.Time(baselineTS), Value: math.NaN(), Temp: r.Number(baselineTemp), HasTemp: r.Has(baselineTemp)}
	if r.Has(baselineValue) {
		p.Value = r.Number(baselineValue)
	}
	into := &b.before
	switch period := strings.ToLower(strings.TrimSpace(r.Text(baselinePeriod))); {
	case period == "reporting":
		into, b.periods = &b.after, true
	case period == "intervention":
		b.periods = true
		return nil
	case period == "baseline":
		b.periods = true
	case period != "":
		return r.Errorf(baselinePeriod, "period %q is none of baseline, reporting and intervention", period)
	case !b.from.IsZero() && !p.At.Before(b.from):
		into = &b.after
	case !b.to.IsZero() && !p.At.Before(b.to):
		return nil
	}
	into.points = append(into.points, p)
	into.lines = append(into.lines, int32(min(r.Line(), math.MaxInt32)))
	return nil
}

// place gives two points that contradict each other their lines.
func (b *baselinePoints) place(err error, f *baselineFile) error {
	c := new(baseline.Contradiction)
	if !errors.As(err, &c) {
		return err
	}
	return f.places.errorf(int(b.lines[c.Second]), "%s has another %s for %s: drop one, or give each meter a file of its own%s",
		f.places.name(int(b.lines[c.First])), c.What, c.At.Format(time.RFC3339), setForward(c.At))
}

// setForward is what else may be the matter with the first hour after the clocks were
// set forward: a file of standard time all year has the one before as well.
func setForward(at time.Time) string {
	change, _ := at.ZoneBounds()
	if change.IsZero() {
		return ""
	}
	_, before := change.Add(-1).Zone()
	_, after := at.Zone()
	if skipped := time.Duration(after-before) * time.Second; skipped <= 0 || at.Sub(change) >= skipped || before%3600 != 0 {
		return ""
	}
	return fmt.Sprintf("; or, as %s sets the clocks forward then: if the file has standard time all year, read it with --zone Etc/GMT%+d", at.Location(), -before/3600)
}

func newBaselineResult(m *baseline.Model) *baselineResult {
	r := &baselineResult{
		Model: m.Kind, Zone: m.Zone, From: m.From, To: m.To, Level: m.Level,
		N: m.Stats.N, P: m.Stats.P, Mean: m.Stats.Mean, R2: m.Stats.R2, AdjR2: m.Stats.AdjR2,
		CVRMSE: m.Stats.CVRMSE, NMBE: m.Stats.NMBE, Rho: m.Stats.Rho, Noise: m.Noise,
		Sufficiency: m.Sufficiency, Advice: m.Advice, Warnings: m.Warnings, Why: m.Why,
		daily: m.Daily, hourly: m.Hourly,
	}
	switch {
	case m.Daily != nil:
		r.Parameters = m.Daily
	case m.Hourly != nil:
		r.Parameters = m.Hourly
	}
	return r
}

// printBaseline writes a baseline for people.
func printBaseline(w io.Writer, r *baselineResult) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	line := func(name, format string, args ...any) { _, _ = fmt.Fprintf(t, name+"\t"+format+"\n", args...) } // an error stays until Flush
	if r.Parameters != nil {
		unit := "hour"
		if r.Model == baseline.Daily {
			unit = "day"
		}
		line("model", "%s, %s to %s (%s): %s, %s", r.Model, r.From.Format(time.DateOnly), r.To.Add(-time.Second).Format(time.DateOnly), r.Zone,
			plural(r.N, unit), plural(r.P, "parameter"))
		line("fit", "CVRMSE %s, NMBE %s, R² %s, autocorrelation %.2f", baselinePercent(r.CVRMSE), baselinePercent(r.NMBE), baselineShare(r.R2), r.Rho)
		if r.daily != nil {
			printChangePoint(line, r.daily)
		} else {
			printTimeOfWeek(line, r.hourly)
		}
	}
	switch {
	case r.Savings == nil && !r.Sufficiency.OK:
		line("data", "%s", r.Sufficiency.Why)
	case r.Savings != nil:
		printSavings(line, r.Savings)
	}
	for _, c := range r.Sufficiency.Checks {
		if !c.OK && !strings.HasSuffix(r.Sufficiency.Why, c.Detail) { // which is told already
			line("insufficient", "%s: %s", c.Name, c.Detail)
		}
	}
	for _, c := range r.Advice {
		if !c.OK {
			line("advice", "%s: %s", c.Name, c.Detail)
		}
	}
	for _, warning := range r.Warnings {
		line("warning", "%s", warning)
	}
	if r.Savings != nil {
		for _, warning := range r.Savings.Warnings {
			line("warning", "%s", warning)
		}
	}
	return t.Flush()
}

func printChangePoint(line func(name, format string, args ...any), p *baseline.ChangePoint) {
	line("base load", "%s a day", baselineSpread(p.Base))
	for _, b := range []struct {
		name, where string
		*baseline.Branch
	}{{"heating", "below", p.Heating}, {"cooling", "above", p.Cooling}} {
		if b.Branch != nil {
			line(b.name, "%s a degree day %s %s °C, on %d days", baselineSpread(b.Slope), b.where, baselineSpread(b.Balance), b.Days)
		}
	}
}

func printTimeOfWeek(line func(name, format string, args ...any), m *baseline.TimeOfWeek) {
	for _, l := range m.Loads {
		name := "low load"
		if l.Occupied {
			name = "high load"
		}
		week := 0
		for _, h := range m.Hours {
			if h.Occupied == l.Occupied && h.N > 0 {
				week++
			}
		}
		line(name, "%d hours of the week, %d temperature bins", week, len(l.Slopes))
	}
}

func printSavings(line func(name, format string, args ...any), s *baseline.Savings) {
	if s.Value == nil {
		line("savings", "%s", s.Why)
		return
	}
	verdict := map[string]string{baseline.Avoided: "avoided", baseline.Excess: "in excess", baseline.None: "no difference shown"}[s.Finding]
	bounds := "no interval"
	if s.Low != nil && s.High != nil {
		bounds = fmt.Sprintf("%s to %s at %g %%", baselineNumber(*s.Low), baselineNumber(*s.High), 100*s.Level)
	}
	line("savings", "%s (%s): %s", baselineNumber(*s.Value), bounds, verdict)
	line("predicted", "%s, observed %s", baselineNumber(*s.Predicted), baselineNumber(*s.Observed))
	line("coverage", "%.1f %% of the reporting period: %d of %d, %s to %s", 100*s.Coverage, s.N, s.Expected,
		s.From.Format(time.DateOnly), s.To.Add(-time.Second).Format(time.DateOnly))
	for _, c := range s.Advice {
		if !c.OK {
			line("advice", "%s: %s", c.Name, c.Detail)
		}
	}
}

func baselineSpread(e baseline.Estimate) string {
	text := baselineNumber(e.Value)
	if e.Low == nil || e.High == nil {
		return text
	}
	return fmt.Sprintf("%s (%s to %s)", text, baselineNumber(*e.Low), baselineNumber(*e.High))
}

// baselineNumber has four significant digits, and all digits before the point.
func baselineNumber(x float64) string {
	if math.Abs(x) >= 1000 && math.Abs(x) < 1e15 {
		return fmt.Sprintf("%.0f", x)
	}
	return fmt.Sprintf("%.4g", x)
}

func baselineShare(x *float64) string {
	if x == nil {
		return "unknown"
	}
	return fmt.Sprintf("%.3f", *x)
}

func baselinePercent(x *float64) string {
	if x == nil {
		return "unknown"
	}
	return fmt.Sprintf("%.1f %%", 100**x)
}
