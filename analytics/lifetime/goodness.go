package lifetime

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Goodness says whether a fit agrees with what happened.
type Goodness struct {
	// Statistic is chi squared with DF degrees of freedom if the fit is right, and
	// PValue the probability of one as great. DF is 0 if too few failed to tell.
	Statistic float64
	DF        int
	PValue    float64
	Cells     []Cell
	// Gap is the greatest distance to the Kaplan-Meier curve, at the age GapAt; a
	// difference of probabilities. Outside is the share of its steps at which the fit
	// is not within the curve's pointwise interval.
	Gap, GapAt, Outside float64
}

// Cell is a range of ages, with the failures that were seen and those expected of
// the units that were watched at these ages.
type Cell struct {
	To       float64 `json:"to"`
	Failures float64 `json:"failures"`
	Expected float64 `json:"expected"`
}

// A cell is to expect some failures, and more than a few cells only spread the power
// of the test.
const (
	perCell  = 4
	minCells = 3
	maxCells = 10
)

// Goodness compares failures with what the fitted hazard expects of the units at risk,
// over ages cut so that each range expects as many. It is the chi squared test of
// Hjort (Goodness of fit tests in models for life history data based on cumulative
// hazard rates, Annals of Statistics 18, 1990), which takes censoring and truncation
// as they are, and takes account of parameters that were estimated from the same
// failures: the differences have the covariance D - C I^-1 C', with D the expected
// failures, I the information and C the derivatives of the expected failures. One
// direction is left out, in which the maximum makes the differences vanish.
func (f *Fit) Goodness(curve *Curve) Goodness {
	g := Goodness{PValue: math.NaN()}
	g.compare(f, curve)
	cells := min(maxCells, int(f.Failures/perCell))
	if cells < minCells {
		return g
	}
	cs := f.cells(cells)
	k := len(cs)
	if k < minCells {
		return g
	}
	cov := mat.NewSymDense(k, nil)
	for i := range k {
		for j := i; j < k; j++ {
			x, y := cs[i], cs[j]
			v := -(x.da*(f.inverse[0]*y.da+f.inverse[1]*y.db) + x.db*(f.inverse[1]*y.da+f.inverse[2]*y.db))
			if i == j {
				v += x.Expected
			}
			cov.SetSym(i, j, v)
		}
		g.Cells = append(g.Cells, cs[i].Cell)
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(cov, true) {
		return g
	}
	var vectors mat.Dense
	eigen.VectorsTo(&vectors)
	values := eigen.Values(nil) // ascending
	for e := 1; e < k; e++ {
		if values[e] < 1e-3*values[k-1] {
			continue
		}
		var along float64
		for i, c := range cs {
			along += vectors.At(i, e) * (c.Failures - c.Expected)
		}
		g.Statistic += along * along / values[e]
		g.DF++
	}
	if g.DF > 0 {
		g.PValue = distuv.ChiSquared{K: float64(g.DF)}.Survival(g.Statistic)
	}
	return g
}

// compare holds the fit against the curve that assumes nothing. A curve that does
// not begin with new units is survival from where it begins, so that the fit is taken
// from there too.
func (g *Goodness) compare(f *Fit, curve *Curve) {
	begin, outside := curve.Begin, 0
	for i := range curve.Steps {
		s := &curve.Steps[i]
		if s.Time <= begin {
			continue
		}
		survival := 1 - f.point(begin, s.Time-begin)
		before := 1.0
		if i > 0 {
			before = curve.Steps[i-1].Survival
		}
		if math.IsNaN(survival) {
			continue // the fit leaves nobody to begin with
		}
		if gap := max(math.Abs(survival-s.Survival), math.Abs(survival-before)); gap > g.Gap {
			g.Gap, g.GapAt = gap, s.Time
		}
		if survival < s.Low || survival > s.High {
			outside++
		}
	}
	if len(curve.Steps) > 0 {
		g.Outside = float64(outside) / float64(len(curve.Steps))
	}
}

// point is the probability of Conditional without its interval.
func (f *Fit) point(age, within float64) float64 {
	from, to := math.Log(age)-f.sample.centre, math.Log(age+within)-f.sample.centre
	before, _, _ := f.sample.kernel.survival(f.b*from - f.a)
	after, _, _ := f.sample.kernel.survival(f.b*to - f.a)
	if age == 0 {
		before = 0
	}
	return -math.Expm1(after - before)
}

// cell is a Cell with the derivatives of what it expects, in a and b.
type cell struct {
	Cell
	da, db float64
}

// cells cuts the ages so that each range expects as many failures.
func (f *Fit) cells(n int) []cell {
	s := f.sample
	risk := 0.0
	for _, p := range s.exits {
		risk += p.failed + p.censored
	}
	for _, p := range s.entries {
		risk -= p.censored
	}
	each := f.Failures / float64(n)
	var out []cell
	var now cell
	var hazard, ha, hb, passed float64 // at the age before, and what all cells so far expect
	next := 0
	advance := func(y float64) {
		z := f.b*y - f.a
		l, d1, _ := s.kernel.survival(z)
		// Of the cumulative hazard -l, with z = b y - a.
		da, db := d1, -d1*y
		now.Expected += risk * (-l - hazard)
		now.da += risk * (da - ha)
		now.db += risk * (db - hb)
		hazard, ha, hb = -l, da, db
	}
	for i, p := range s.exits {
		for next < len(s.entries) && s.entries[next].y < p.y {
			advance(s.entries[next].y)
			risk += s.entries[next].censored
			next++
		}
		advance(p.y)
		now.Failures += p.failed
		now.To = math.Exp(p.y + s.centre)
		risk -= p.failed + p.censored
		if last := i == len(s.exits)-1; last || passed+now.Expected >= each*float64(len(out)+1) && len(out) < n-1 {
			passed += now.Expected
			out = append(out, now)
			now = cell{}
		}
	}
	// A last range that hardly expects anything belongs to the one before.
	if k := len(out); k > 1 && out[k-1].Expected < each/2 {
		last, l := out[k-1], &out[k-2]
		l.To, l.Failures, l.Expected = last.To, l.Failures+last.Failures, l.Expected+last.Expected
		l.da, l.db = l.da+last.da, l.db+last.db
		out = out[:k-1]
	}
	return out
}

func (g Goodness) String() string {
	if g.DF == 0 {
		return "too few failures for a test"
	}
	return fmt.Sprintf("chi squared %.2f with %d degrees of freedom, p = %.3f", g.Statistic, g.DF, g.PValue)
}
