package recurrence

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/mathext"
)

// Goodness is how well a power law fits: the Cramér-von Mises distance between where
// events are and where the law expects them.
type Goodness struct {
	Statistic *float64 `json:"statistic"`
	Critical  *float64 `json:"critical"` // beyond which the law does not fit
	Level     float64  `json:"level"`    // the chance that a law that is true is refused
	Fits      *bool    `json:"fits"`
	N         float64  `json:"n"`                // events that the statistic is of
	Method    string   `json:"method,omitempty"` // whence the critical value
	Why       string   `json:"why,omitempty"`
}

// goodnessLevel is the significance at which IEC 61164 tests the fit.
const goodnessLevel = 0.10

// criticalValues are those of the statistic at a significance of 0.10 by the number
// of events (MIL-HDBK-189, table of critical values for the Cramér-von Mises
// statistic; IEC 61164, table 1, has the same).
var criticalValues = []struct{ n, value float64 }{
	{2, 0.162}, {3, 0.154}, {4, 0.155}, {5, 0.160}, {6, 0.162}, {7, 0.165}, {8, 0.165}, {9, 0.167}, {10, 0.167},
	{11, 0.169}, {15, 0.169}, {16, 0.171}, {19, 0.171}, {20, 0.172}, {30, 0.172}, {60, 0.173}, {100, 0.173},
}

// critical is interpolated between the table's numbers of events, and the last one's
// beyond.
func critical(n float64) float64 {
	for i := 1; i < len(criticalValues); i++ {
		if a, b := criticalValues[i-1], criticalValues[i]; n <= b.n {
			return a.value + (b.value-a.value)*(n-a.n)/(b.n-a.n)
		}
	}
	return criticalValues[len(criticalValues)-1].value
}

// goodness is Crow's test. Given how many events each unit had, their ages over the
// age at its end, to the power of beta, are uniform, for which beta is estimated
// without bias and unit by unit: so it does not ask whether units are alike. Units that
// were not watched from age 0 have a transformation and critical values of their own:
// see lateGoodness.
func (s *study) goodness() *Goodness {
	g := &Goodness{Level: goodnessLevel, N: s.tested}
	switch {
	case s.tested < 2 || !(s.spread > 0):
		g.Why = "insufficient data: too few events"
		return g
	case !s.fromNew:
		s.lateGoodness(g)
		return g
	}
	beta, n := (s.tested-1)/s.spread, s.tested
	at := make([]aged, len(s.ages))
	for i, a := range s.ages {
		at[i] = aged{at: math.Pow(a.at/a.to, beta), count: a.count}
	}
	g.judge(distance(at, n), critical(n), "MIL-HDBK-189")
	return g
}

func (g *Goodness) judge(statistic, limit float64, method string) {
	fits := statistic <= limit
	g.Statistic, g.Critical, g.Fits, g.Method = finite(statistic), &limit, &fits, method
}

// distance is the Cramér-von Mises statistic of n events at places that should be
// uniform from 0 to 1. It sorts them.
func distance(at []aged, n float64) float64 {
	slices.SortFunc(at, func(a, b aged) int { return cmp.Compare(a.at, b.at) })
	sum, before := 1/(12*n), 0.0
	for _, a := range at {
		// Of count events at one place: their squared distance from the middle of their
		// expected places, and those places' own spread.
		middle := (before + a.count/2) / n
		sum += a.count*(a.at-middle)*(a.at-middle) + a.count*(a.count*a.count-1)/(12*n*n)
		before += a.count
	}
	return sum
}

// Dispersion asks whether units' numbers of events differ by more than those of a
// Poisson process would.
type Dispersion struct {
	Statistic float64 `json:"statistic"` // Pearson's
	DF        float64 `json:"df"`
	P         float64 `json:"p"`
}

// dispersion compares each unit's events with what the law expects of it, where
// lambda is that of ages in units of the longest one. Pearson's statistic has the
// mean df, but of few events a unit another variance than chi-square: by matching both
// to a multiple of chi-square (Satterthwaite) its tail is right in either case.
func (s *study) dispersion(beta, lambda float64) *Dispersion {
	if s.units < 2 {
		return nil
	}
	sum, inverse := 0.0, 0.0
	for _, u := range s.each {
		if !(u.to > u.from) {
			continue
		}
		expected := lambda * (math.Pow(u.to, beta) - math.Pow(u.from, beta))
		if !(expected > 0) {
			return nil // the unit was watched at ages at which the law has no events
		}
		sum += (u.events - expected) * (u.events - expected) / expected
		inverse += 1 / expected
	}
	// The variance given the sum of all events, which then are multinomial (Haldane, The
	// exact value of the moments of the distribution of chi-square, used as a test of
	// goodness of fit, when expectations are small, Biometrika 29, 1937).
	k, df := float64(s.units), float64(s.units-1)
	variance := 2*df + inverse - (k*k+2*k-2)/s.events
	scale := max(variance, df/s.events) / (2 * df)
	p := mathext.GammaIncRegComp(df/scale/2, sum/scale/2)
	if math.IsNaN(p) || math.IsInf(sum, 0) {
		return nil
	}
	return &Dispersion{Statistic: sum, DF: df, P: p}
}
