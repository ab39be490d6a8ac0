package recurrence

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// Units that enter late: at an age s at which observation began, and not when they were
// new. Given how many events a unit had up to its last age T, their ages are a sample
// with the distribution
//
//	u = (t^beta - s^beta) / (T^beta - s^beta),
//
// for the ages of a Poisson process, given their number, are distributed as its
// cumulative rate over what it gains in the window (Cox and Lewis, The Statistical
// Analysis of Series of Events, 1966, chapter 2; Rigdon and Basu, Statistical Methods
// for the Reliability of Repairable Systems, 2000, chapter 4). With s = 0 this is
// Crow's (t/T)^beta.
//
// It is easier to handle backwards and by logarithms: y = ln(T/t) is exponential with
// the rate beta, cut off at r = ln(T/s), and 1-u = (1-exp(-beta y))/(1-exp(-beta r)). The
// statistic is the same for u and 1-u. Beta may be negative where no unit was watched
// from 0: the rate t^(beta-1) then is as good a rate as any.

// latecomer is an event in this form; limit is +Inf of a unit watched from age 0.
type latecomer struct{ y, limit, count float64 }

// The critical value of a statistic that is of an estimated beta depends on the windows,
// so that no table has it: it comes from samples drawn from the fitted law, of which each
// has its beta estimated anew (a parametric bootstrap: Stute, González Manteiga and
// Presedo Quindimil, Bootstrap based goodness-of-fit tests, Metrika 40, 1993).
const (
	// resamples are such that the limit is one of them, and a true law is refused by just
	// goodnessLevel: the 450th of 499.
	resamples = 499
	// mostResampled bounds the events of a sample. Of more, evenly chosen ones stand for
	// all: the critical value hardly changes with their number beyond 30 (Crow's table).
	mostResampled = 500
	// resampleSeed is fixed: the same data have the same answer.
	resampleSeed = 0x57ea4d
)

// lateGoodness is the test of units of which some were not watched from age 0. As
// Crow's, it is given the number of events of each unit, and beta is estimated from
// that alone.
func (s *study) lateGoodness(g *Goodness) {
	if s.tested < leastEvents {
		g.Why = "insufficient data: too few events"
		return
	}
	events := make([]latecomer, len(s.ages))
	for i, a := range s.ages {
		events[i] = latecomer{math.Log(a.to / a.at), math.Log(a.to / a.from), a.count}
	}
	slices.SortStableFunc(events, func(a, b latecomer) int { return cmp.Compare(a.limit, b.limit) })
	beta, ok := lateBeta(events, 1)
	if !ok {
		g.Why = "no test: the events crowd at one end of the ages watched"
		return
	}
	places := make([]aged, len(events))
	limit, ok := lateCritical(evenly(events, s.tested), beta, places)
	if !ok {
		g.Why = "no test: too many samples of the fitted law have no exponent"
		return
	}
	g.judge(distance(lateUniform(events, beta, places), s.tested), limit, fmt.Sprintf("parametric bootstrap of %d samples, units enter late", resamples))
}

// evenly is events one by one, mostResampled at most, chosen evenly of those in order of
// their windows, so that each window is there as often as in all.
func evenly(events []latecomer, n float64) []latecomer {
	size := min(n, mostResampled)
	out := make([]latecomer, 0, int(size))
	before := 0.0
	for _, e := range events {
		before += e.count
		for len(out) < int(size) && (float64(len(out))+0.5)*n/size <= before {
			out = append(out, latecomer{limit: e.limit, count: 1})
		}
	}
	return out
}

// lateCritical is the statistic beyond which are as few of the samples as goodnessLevel
// says; ok is false when too many samples have no beta.
func lateCritical(sample []latecomer, beta float64, places []aged) (limit float64, ok bool) {
	if len(places) < len(sample) {
		places = make([]aged, len(sample))
	}
	places = places[:len(sample)]
	random := rand.New(rand.NewPCG(resampleSeed, uint64(len(sample))))
	statistics := make([]float64, 0, resamples)
	for try := 0; len(statistics) < resamples; try++ {
		if try == 2*resamples {
			return 0, false
		}
		for i := range sample {
			sample[i].y = lateDraw(random.Float64(), sample[i].limit, beta)
		}
		if again, ok := lateBeta(sample, beta); ok {
			statistics = append(statistics, distance(lateUniform(sample, again, places), float64(len(sample))))
		}
	}
	slices.Sort(statistics)
	return statistics[int(math.Ceil((resamples+1)*(1-goodnessLevel)))-1], true
}

// flat is below which beta times r is taken for 0 by a series: the plain formulas lose
// their digits there.
const flat = 1e-3

// lateDraw is y at which 1-u is v.
func lateDraw(v, limit, beta float64) float64 {
	if math.Abs(beta*limit) < 1e-9 {
		return v * limit
	}
	return min(limit, -math.Log1p(v*math.Expm1(-beta*limit))/beta)
}

// lateUniform is where events are between 0 and 1.
func lateUniform(events []latecomer, beta float64, places []aged) []aged {
	for i, e := range events {
		v := e.y / e.limit
		if !(math.Abs(beta*e.limit) < 1e-9) {
			v = math.Expm1(-beta*e.y) / math.Expm1(-beta*e.limit)
		}
		if beta < 0 && math.IsNaN(v) { // both are infinite
			v = math.Exp(-beta * (e.y - e.limit))
		}
		places[i] = aged{at: v, count: e.count}
	}
	return places
}

// lateBeta is the likeliest beta given the number of events of each unit: at which the
// sum of y is what is expected of it, which falls as beta rises. The search begins at a
// beta that is near.
func lateBeta(events []latecomer, near float64) (beta float64, ok bool) {
	low, high := math.Inf(-1), math.Inf(1)
	y, width := 0.0, math.Inf(1)
	for _, e := range events {
		y += e.count * e.y
		width = min(width, e.limit)
		if math.IsInf(e.limit, 1) {
			low = 0
		}
	}
	if !(near > low) {
		near = 1
	}
	beta = near
	for range 200 {
		excess, slope := -y, 0.0
		var mean, variance, of float64
		for _, e := range events {
			if e.limit != of { // those of one window are mostly side by side
				mean, variance = lateMoments(beta, e.limit)
				of = e.limit
			}
			excess += e.count * mean
			slope += e.count * variance
		}
		switch {
		case excess > 0:
			low = beta
		case excess < 0:
			high = beta
		default:
			return beta, true
		}
		next := beta + excess/slope
		if !(next > low && next < high) { // also NaN
			switch {
			case !math.IsInf(low, 0) && !math.IsInf(high, 0):
				next = (low + high) / 2
			case math.IsInf(high, 0):
				next = 2*math.Abs(beta) + 1
			default:
				next = -2*math.Abs(beta) - 1
			}
		}
		if math.Abs(next-beta) <= 1e-8*max(1, math.Abs(next)) {
			return next, true
		}
		// A beta at which all events are at one end of their window is none.
		if math.Abs(next)*width > 1e6 && !math.IsInf(width, 1) || math.Abs(next) > 1e9 {
			return 0, false
		}
		beta = next
	}
	return beta, true
}

// lateMoments are the mean and the variance of y.
func lateMoments(beta, limit float64) (mean, variance float64) {
	x := beta * limit
	switch {
	case math.Abs(x) < flat:
		return limit/2 - x*limit/12, limit * limit / 12 * (1 - x*x/20)
	case x > 300: // the window no longer matters
		return 1 / beta, 1 / (beta * beta)
	case x < -300:
		return limit + 1/beta, 1 / (beta * beta)
	}
	e := math.Expm1(x)
	return 1/beta - limit/e, 1/(beta*beta) - limit*limit*(e+1)/(e*e)
}
