package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"steward/analytics/lifetime"
	"steward/analytics/table"
)

// The columns of a file of lifetimes.
const (
	lifetimeTime = iota
	lifetimeEvent
	lifetimeEntry
	lifetimeCount
	lifetimeGroup
)

func newAnalyzeLifetimes() *cobra.Command {
	o := lifetime.Options{}
	var allSteps bool
	return newAnalysis(analysis{
		use:   "lifetimes FILE",
		short: "How long units live: Kaplan-Meier, Weibull, lognormal, B10",
		long: `Estimates lifetimes of units of which some have failed and others still run. A row is
a unit, or count units alike:

  time   its age when it failed or was last seen running, in any unit
  event  1 when it failed then, 0 when it was still running
  entry  its age when watching began, if it was not new (left truncation)
  count  how many such units; 1 when left out
  group  its kind, such as the model; kinds are then compared, and those of which few
         have failed are lent the shape of all, unless the shapes differ

Weibull and lognormal are fitted by maximum likelihood, with likelihood ratio
intervals. Two failures at different ages are needed for a shape; one gives a
constant rate, and none a bound. --at AGE --horizon TIME gives the probability that
a unit of that age fails within the time.`,
		example: `  steward analyze lifetimes pumps.csv --map time=hours,event=failed,group=model
  steward analyze lifetimes batteries.csv --at 3,4,5 --horizon 0.25 --json`,
		columns: []table.Column{
			lifetimeTime:  {Name: "time", Aliases: []string{"age", "lifetime", "hours", "days", "cycles"}, Kind: table.Number},
			lifetimeEvent: {Name: "event", Aliases: []string{"failed", "failure", "status"}, Kind: table.Flag},
			lifetimeEntry: {Name: "entry", Aliases: []string{"entry_age"}, Kind: table.Number, Optional: true},
			lifetimeCount: {Name: "count", Aliases: []string{"n", "units", "quantity"}, Kind: table.Number, Optional: true},
			lifetimeGroup: {Name: "group", Aliases: []string{"model"}, Kind: table.Text, Optional: true},
		},
		flags: func(flags *pflag.FlagSet) {
			flags.Float64Var(&o.Level, "level", 0.95, "`LEVEL` of the intervals")
			flags.Float64SliceVar(&o.At, "at", nil, "`AGE,…` of units of which the probability to fail is wanted")
			flags.Float64Var(&o.Horizon, "horizon", 0, "the `TIME` ahead in which they may fail")
			flags.BoolVar(&allSteps, "all-steps", false, fmt.Sprintf("give all steps of the Kaplan-Meier curve, and not at most %d", lifetime.DefaultSteps))
		},
		run: func(_ context.Context, in *analysisInput) (any, error) {
			if allSteps {
				o.MaxSteps = -1
			}
			if !(o.Level > 0 && o.Level < 1) {
				return nil, usageError{fmt.Errorf("--level %v is not between 0 and 1", o.Level)}
			}
			if len(o.At) > 0 && !(o.Horizon > 0) {
				return nil, usageError{fmt.Errorf("--at needs --horizon, the time ahead in which a unit may fail")}
			}
			return analyzeLifetimes(in, o)
		},
		text: func(w io.Writer, result any) error {
			if r, ok := result.(*lifetime.Grouped); ok {
				return printLifetimeGroups(w, r)
			}
			return printLifetimes(w, result.(*lifetime.Result))
		},
	})
}

// analyzeLifetimes gives a *lifetime.Grouped if the file has groups, and otherwise a
// *lifetime.Result.
func analyzeLifetimes(in *analysisInput, o lifetime.Options) (any, error) {
	builders := map[string]*lifetime.Builder{}
	grouped := false
	err := in.read(func(r *table.Row) error {
		u := lifetime.Unit{Time: r.Number(lifetimeTime), Failed: r.Flag(lifetimeEvent), Entry: r.Number(lifetimeEntry), Count: 1}
		if r.Has(lifetimeCount) {
			u.Count = r.Number(lifetimeCount)
		}
		name := r.Text(lifetimeGroup)
		grouped = grouped || name != ""
		b := builders[name]
		if b == nil {
			if len(builders) == lifetime.MaxGroups {
				return r.Errorf(lifetimeGroup, "more than %d groups: does it name units, and not kinds of unit?", lifetime.MaxGroups)
			}
			b = &lifetime.Builder{}
			builders[name] = b
		}
		if err := b.Add(u); err != nil {
			return r.Errorf(-1, "%s", err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if !grouped {
		b := builders[""]
		if b == nil {
			b = &lifetime.Builder{}
		}
		return lifetime.Analyze(b.Data(), o)
	}
	var groups []lifetime.Group
	for name, b := range builders {
		groups = append(groups, lifetime.Group{Name: name, Data: b.Data()})
	}
	slices.SortFunc(groups, func(a, b lifetime.Group) int { return strings.Compare(a.Name, b.Name) })
	return lifetime.AnalyzeGroups(groups, o)
}

func printLifetimeGroups(w io.Writer, r *lifetime.Grouped) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(t, "GROUP\tUNITS\tFAILED\tSHAPE\tSCALE\tB10\tBY") // an error stays until Flush
	for _, g := range r.Groups {
		shape, scale := "-", "-"
		switch {
		case g.Pooled != nil:
			shape, scale = lifetimeSpread(&g.Pooled.Shape, &g.Pooled.Intervals.Shape), lifetimeSpread(&g.Pooled.Scale, &g.Pooled.Intervals.Scale)
		case g.Weibull != nil:
			shape, scale = lifetimeSpread(&g.Weibull.Shape, &g.Weibull.Intervals.Shape), lifetimeSpread(&g.Weibull.Scale, &g.Weibull.Intervals.Scale)
		}
		by := string(g.B10Distribution)
		if by == "" {
			by = "-"
		}
		b10 := lifetimeSpread(g.B10, g.B10Interval)
		if n := len(g.Weibayes); g.B10 == nil && n > 0 {
			b10 = "at least " + lifetimeNumber(g.Weibayes[n-1].B10Low) // the last is by the shape of all, if there is one
		}
		_, _ = fmt.Fprintf(t, "%s\t%.0f\t%.0f\t%s\t%s\t%s\t%s\n", lifetimeName(g.Group), g.N, g.Failures, shape, scale, b10, by)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if p := r.EqualShape.PValue; p != nil {
		verdict := "may have one shape"
		if *p < 0.05 {
			verdict = "differ in shape"
		}
		if _, err := fmt.Fprintf(w, "The groups %s (likelihood ratio %.2f, %d degrees of freedom, p = %.3g).\n", verdict, r.EqualShape.Statistic, r.EqualShape.DF, *p); err != nil {
			return err
		}
	}
	for _, g := range r.Groups {
		for _, c := range g.Conditional {
			if _, err := fmt.Fprintf(w, "%s: %s\n", lifetimeName(g.Group), conditionalText(c)); err != nil {
				return err
			}
		}
	}
	if _, err := fmt.Fprintln(w, "\nAll groups as one:"); err != nil {
		return err
	}
	return printLifetimes(w, r.All)
}

func printLifetimes(w io.Writer, r *lifetime.Result) error {
	late := ""
	if r.Late > 0 {
		late = fmt.Sprintf(", %.0f of them not new when watching began", r.Late)
	}
	if _, err := fmt.Fprintf(w, "%.0f units%s; %.0f failed; %s under observation, the oldest %s. Intervals of %g %%.\n",
		r.N, late, r.Failures, lifetimeNumber(r.TotalTime), lifetimeNumber(r.Longest), 100*r.Level); err != nil {
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	line := func(name, value string) { _, _ = fmt.Fprintf(t, "%s\t%s\n", name, value) } // an error stays until Flush
	if f := r.Weibull; f != nil {
		line("Weibull", fmt.Sprintf("shape %s, scale %s", lifetimeSpread(&f.Shape, &f.Intervals.Shape), lifetimeSpread(&f.Scale, &f.Intervals.Scale)))
		line("", fitText(f.LogLikelihood, f.FitResult))
	}
	if f := r.Lognormal; f != nil {
		line("Lognormal", fmt.Sprintf("mu %s, sigma %s", lifetimeSpread(&f.Mu, &f.Intervals.Mu), lifetimeSpread(&f.Sigma, &f.Intervals.Sigma)))
		line("", fitText(f.LogLikelihood, f.FitResult))
	}
	if f := r.Exponential; f != nil {
		line("Constant rate", lifetimeSpread(&f.Rate, &f.RateInterval))
	}
	if r.B10 != nil {
		line("B10", lifetimeSpread(r.B10, r.B10Interval)+", "+string(r.B10Distribution))
	}
	if r.Weibull != nil {
		line("B50", lifetimeSpread(r.Weibull.B50, r.Weibull.B50Interval)+", weibull")
	}
	for _, b := range r.Weibayes {
		line("If the shape is "+lifetimeNumber(b.Shape), fmt.Sprintf("scale at least %s, B10 at least %s (%g %%, one-sided)", lifetimeNumber(b.ScaleLow), lifetimeNumber(b.B10Low), 100*b.Level))
	}
	if r.MedianInterval != nil {
		line("Kaplan-Meier median", lifetimeSpread(r.Median, r.MedianInterval))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, c := range r.Conditional {
		if _, err := fmt.Fprintln(w, conditionalText(c)); err != nil {
			return err
		}
	}
	if err := printSurvival(w, r); err != nil {
		return err
	}
	for _, a := range r.Advice {
		if _, err := fmt.Fprintf(w, "%s: %s.\n", a.Code, a.Text); err != nil {
			return err
		}
	}
	return nil
}

// survivalLines of the curve are shown to people.
const survivalLines = 12

func printSurvival(w io.Writer, r *lifetime.Result) error {
	steps := (&lifetime.Curve{Steps: r.KaplanMeier}).Thin(survivalLines)
	if len(steps) == 0 {
		return nil
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintln(t, "AGE\tAT RISK\tFAILED\tSURVIVE\tLOW\tHIGH\t") // an error stays until Flush
	for _, s := range steps {
		_, _ = fmt.Fprintf(t, "%s\t%.0f\t%.0f\t%.4f\t%.4f\t%.4f\t\n", lifetimeNumber(s.Time), s.AtRisk, s.Failures, s.Survival, s.Low, s.High)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if len(steps) < r.KaplanMeierSteps {
		_, err := fmt.Fprintf(w, "(%d of %d steps; --json gives up to %d, --all-steps all)\n", len(steps), r.KaplanMeierSteps, lifetime.DefaultSteps)
		return err
	}
	return nil
}

func fitText(logLikelihood float64, f lifetime.FitResult) string {
	text := fmt.Sprintf("log likelihood %.3f, AIC %.2f", logLikelihood, f.AIC)
	if g := f.Goodness; g.PValue != nil {
		text += fmt.Sprintf(", test of fit p = %.2g", *g.PValue)
	} else {
		text += ", too few failures to test the fit"
	}
	return text + fmt.Sprintf(", at most %.1f points from Kaplan-Meier", 100*f.Goodness.KMGap)
}

func conditionalText(c lifetime.Conditional) string {
	text := fmt.Sprintf("A unit of age %s fails within %s with probability ", lifetimeNumber(c.Age), lifetimeNumber(c.Horizon))
	switch {
	case c.Probability != nil:
		text += lifetimeSpread(c.Probability, c.Interval)
	case c.Interval != nil:
		text += "at most " + lifetimeNumber(c.Interval.High)
	default:
		return text + "unknown: insufficient data"
	}
	text += ", " + string(c.Distribution)
	if c.Extrapolated {
		text += ", extrapolated"
	}
	return text
}

// lifetimeSpread is a number with its interval.
func lifetimeSpread(value *float64, in *lifetime.Interval) string {
	text := "-"
	if value != nil {
		text = lifetimeNumber(*value)
	}
	if in == nil {
		return text
	}
	low, high := in.Bounds()
	end := func(x *float64) string {
		if x == nil {
			return "no bound"
		}
		return lifetimeNumber(*x)
	}
	return fmt.Sprintf("%s (%s to %s)", text, end(low), end(high))
}

// lifetimeNumber has four significant digits, which is more than lifetimes are known to.
func lifetimeNumber(x float64) string {
	if x >= 1000 && x < 1e9 {
		return strconv.FormatFloat(x, 'f', 0, 64)
	}
	return strconv.FormatFloat(x, 'g', 4, 64)
}

func lifetimeName(name string) string {
	if name == "" {
		return "-"
	}
	return name
}
