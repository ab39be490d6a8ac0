package main

import (
	"errors"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"steward/analytics/renewal"
)

// replacementResult is a plan with what it is made of.
type replacementResult struct {
	Distribution string   `json:"distribution"`
	Shape        *float64 `json:"shape,omitempty"`
	Scale        *float64 `json:"scale,omitempty"`
	Mu           *float64 `json:"mu,omitempty"`
	Sigma        *float64 `json:"sigma,omitempty"`
	CostPlanned  float64  `json:"cost_planned"`
	CostFailure  float64  `json:"cost_failure"`
	renewal.Plan
	// Interval is nil where it was not asked for; its ends are nil where nothing limits
	// the age, and both when running to failure is best throughout.
	Interval *[2]*float64 `json:"optimal_age_interval,omitempty"`
}

// replacementFlags are the flags of analyze replacement.
type replacementFlags struct {
	shape, scale     float64
	shapes           []float64
	lognormal        []float64
	planned, failure float64
	points           int
	asJSON           bool
}

func newAnalyzeReplacement() *cobra.Command {
	var f replacementFlags
	cmd := &cobra.Command{
		Use:   "replacement",
		Short: "At what age to replace a part before it fails, and what that saves",
		Long: `Finds the age at which replacing a part, if it has not failed before, costs least in
the long run, from its life and from what a planned replacement and a failure cost.
Costs are per unit of time, in the unit of the scale.

The life is Weibull (--shape and --scale) or lognormal (--lognormal MU,SIGMA, of the
natural logarithm), as analyze lifetimes estimates them. With --shape-interval the
optimal age gets the interval that the shape's leaves it; where the shape may be 1 or
less it has no upper end, because running to failure may be best.`,
		Example: `  steward analyze replacement --shape 2.5 --scale 1000 --cost-planned 1 --cost-failure 5
  steward analyze replacement --shape 2.5 --scale 1000 --shape-interval 1.9,3.3 --cost-planned 400 --cost-failure 6000 --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			r, err := f.run()
			if err != nil {
				return usageError{err}
			}
			return printResult(cmd.OutOrStdout(), f.asJSON, r, printReplacement)
		},
	}
	flags := cmd.Flags()
	flags.Float64Var(&f.shape, "shape", 0, "`SHAPE` of a Weibull life")
	flags.Float64Var(&f.scale, "scale", 0, "`SCALE` of a Weibull life: the age that 37 % reach")
	flags.Float64SliceVar(&f.shapes, "shape-interval", nil, "`LOW,HIGH` between which the shape lies")
	flags.Float64SliceVar(&f.lognormal, "lognormal", nil, "`MU,SIGMA` of a lognormal life, instead of a Weibull one")
	flags.Float64Var(&f.planned, "cost-planned", 0, "`COST` of a replacement at a chosen time")
	flags.Float64Var(&f.failure, "cost-failure", 0, "`COST` of a failure with the replacement that it takes")
	flags.IntVar(&f.points, "points", 100, "how many `POINTS` the cost curve has")
	flags.BoolVar(&f.asJSON, "json", false, "print the result as JSON")
	_ = cmd.MarkFlagRequired("cost-planned") // the flag is there
	_ = cmd.MarkFlagRequired("cost-failure")
	return cmd
}

func (f *replacementFlags) run() (*replacementResult, error) {
	if f.points < 0 || f.points > 100_000 {
		return nil, fmt.Errorf("--points %d is not between 0 and 100000", f.points)
	}
	r := &replacementResult{CostPlanned: f.planned, CostFailure: f.failure}
	costs := renewal.Costs{Planned: f.planned, Failure: f.failure}
	life, err := f.life(r)
	if err != nil {
		return nil, err
	}
	if r.Plan, err = renewal.Optimize(life, costs, f.points); err != nil {
		return nil, err
	}
	if f.shapes == nil {
		return r, nil
	}
	if len(f.shapes) != 2 || !(f.shapes[0] <= f.shape) || !(f.shape <= f.shapes[1]) {
		return nil, errors.New("--shape-interval: give two numbers, LOW,HIGH, with the shape between them")
	}
	lives, err := renewal.WeibullShapes(f.shapes[0], f.shapes[1], f.scale)
	if err != nil {
		return nil, err
	}
	between, err := renewal.Between(append(lives, life), costs)
	r.Interval = &[2]*float64{between.Low, between.High}
	return r, err
}

// life is what the flags say of it, which is noted in the result.
func (f *replacementFlags) life(r *replacementResult) (renewal.Life, error) {
	if f.lognormal == nil {
		if f.shape == 0 || f.scale == 0 {
			return nil, errors.New("give --shape and --scale of a Weibull life, or --lognormal MU,SIGMA")
		}
		r.Distribution, r.Shape, r.Scale = "weibull", &f.shape, &f.scale
		return renewal.Weibull(f.shape, f.scale)
	}
	switch {
	case len(f.lognormal) != 2:
		return nil, errors.New("--lognormal: give two numbers, MU,SIGMA")
	case f.shape != 0 || f.scale != 0 || f.shapes != nil:
		return nil, errors.New("--lognormal is a life of its own: leave out --shape, --scale and --shape-interval")
	}
	r.Distribution, r.Mu, r.Sigma = "lognormal", &f.lognormal[0], &f.lognormal[1]
	return renewal.Lognormal(f.lognormal[0], f.lognormal[1])
}

func printReplacement(w io.Writer, result any) error {
	r := result.(*replacementResult)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	line := func(name, format string, args ...any) {
		_, _ = fmt.Fprintf(t, "%s\t%s\n", name, fmt.Sprintf(format, args...)) // an error stays until Flush
	}
	if r.OptimalAge == nil {
		line("Replace", "never before it fails: %s", r.Reason)
	} else {
		line("Replace at", "%.5g, which %.1f %% reach", *r.OptimalAge, 100**r.Reliability)
	}
	if in := r.Interval; in != nil {
		switch low, high := in[0], in[1]; {
		case low == nil:
			line("Interval", "none: running to failure is best for every shape of the interval")
		case high == nil:
			line("Interval", "%.5g or later: for some shapes of the interval running to failure is best", *low)
		default:
			line("Interval", "%.5g to %.5g", *low, *high)
		}
	}
	line("Cost", "%.5g per unit of time", r.CostRate)
	line("Run to failure", "%.5g per unit of time, mean life %.5g", r.RunToFail, r.MeanLife)
	if r.OptimalAge != nil {
		line("Saves", "%.5g per unit of time, %.1f %%", r.Savings, 100*r.SavingsShare)
	}
	return t.Flush()
}
