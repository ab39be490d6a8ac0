package recurrence

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// The log-likelihood of n events at ages t of units watched from s to u is
//
//	n ln(lambda beta) + (beta-1) sum ln t - lambda sum(u^beta - s^beta),
//
// ages in units of the longest, so that no power is too large. With the best lambda
// for each beta, and with the best beta for each rate at the longest age, it has one
// summit: sum(u^beta - s^beta)/beta is the sum of integrals of t^(beta-1), of which
// both it and its logarithm are convex in beta.

// exposure is sum(u^beta - s^beta) over the units.
func (s *study) exposure(beta float64) float64 {
	a, _ := s.powers(beta)
	return a
}

// powers is the exposure and its derivative.
func (s *study) powers(beta float64) (sum, slope float64) {
	for i := range s.windows {
		w := &s.windows[i]
		if w.from == 0 {
			p := w.units * math.Exp(beta*w.logTo)
			sum += p
			slope += p * w.logTo
			continue
		}
		// Written so that neither powers of nearly the same number nor those that vanish
		// lose their digits.
		r := w.logTo - w.logFrom
		difference := w.units * math.Exp(beta*w.logTo) * -math.Expm1(-beta*r)
		sum += difference
		slope += difference*w.logTo + w.units*math.Exp(beta*w.logFrom)*r
	}
	return sum, slope
}

// beta is the likeliest exponent; ok is false when the likelihood rises to the end of
// the exponents.
func (s *study) beta() (beta float64, ok bool) {
	if s.fromNew && s.same {
		beta = s.events / -s.logs
		at := math.Log(beta)
		return beta, at > lowestLogBeta && at < highestLogBeta
	}
	slope := func(at float64) float64 {
		beta := math.Exp(at)
		sum, d := s.powers(beta)
		return s.events + beta*(s.logs-s.events*d/sum)
	}
	if !(slope(lowestLogBeta) > 0) || !(slope(highestLogBeta) < 0) {
		return 0, false
	}
	// Steps are those of the standard error, by which the estimate is about as far
	// from what it would be if all units were watched until the longest age.
	from := math.Log(s.events / -s.logs)
	from = min(max(from, lowestLogBeta), highestLogBeta)
	step, limit := 1/math.Sqrt(s.events), highestLogBeta
	if slope(from) < 0 {
		step, limit = -step, lowestLogBeta
	}
	at, ok := rootFrom(slope, from, step, limit)
	return math.Exp(at), ok
}

// profile is the log-likelihood of beta with the best lambda, without what does not
// depend on beta.
func (s *study) profile(beta float64) float64 {
	return s.events*(math.Log(beta)-math.Log(s.exposure(beta))) + (beta-1)*s.logs
}

// bestFor is the likeliest beta when the rate at the longest age is given, and the
// log-likelihood of both, without what depends on neither. The search begins at the
// logarithm of a beta that is near.
func (s *study) bestFor(rate, near float64) (logBeta, likelihood float64) {
	slope := func(at float64) float64 {
		beta := math.Exp(at)
		sum, d := s.powers(beta)
		return s.logs*beta - rate*(d-sum/beta)
	}
	step, limit := 1/math.Sqrt(s.events), highestLogBeta
	if slope(near) < 0 {
		step, limit = -step, lowestLogBeta
	}
	at, ok := rootFrom(slope, near, step, limit)
	if !ok {
		at = limit
	}
	beta := math.Exp(at)
	return at, s.events*math.Log(rate) + (beta-1)*s.logs - rate*s.exposure(beta)/beta
}

const byLikelihood = "likelihood ratio"

// intervals are those of the exponent and of the mean time between failures, the
// latter given to be scaled.
func (s *study) intervals(beta, mtbf, level float64) *Intervals {
	tail := (1 - level) / 2
	in := &Intervals{}
	alone := s.units == 1 && s.fromNew
	switch {
	case s.fromNew && s.same && s.truncated == 0:
		in.Beta = betaInterval(s.tested, s.spread, tail)
		in.MTBF = timeTruncated(s.events, mtbf, tail)
	case alone && s.truncated == 1:
		in.Beta = betaInterval(s.tested, s.spread, tail)
		in.MTBF = failureTruncated(s.events, mtbf, tail)
	default:
		in.Beta = s.betaByLikelihood(beta, level)
		in.MTBF = s.mtbfByLikelihood(beta, level)
	}
	in.BetaMethod, in.MTBFMethod = in.Beta.Method, in.MTBF.Method
	return in
}

// betaByLikelihood holds the exponents that are not significantly less likely than
// the likeliest.
func (s *study) betaByLikelihood(beta, level float64) Interval {
	summit, cut := s.profile(beta), cutoff(level)
	excess := func(at float64) float64 { return summit - s.profile(math.Exp(at)) - cut }
	step := math.Sqrt(2 * cut / s.events)
	in := Interval{Method: byLikelihood}
	if at, ok := rootFrom(excess, math.Log(beta), -step, lowestLogBeta); ok {
		in.Low = finite(math.Exp(at))
	}
	if at, ok := rootFrom(excess, math.Log(beta), step, highestLogBeta); ok {
		in.High = finite(math.Exp(at))
	}
	return in
}

// mtbfByLikelihood does the same for the rate at the longest age, of which the mean
// time between failures is the inverse.
func (s *study) mtbfByLikelihood(beta, level float64) Interval {
	rate, near := s.events*beta/s.exposure(beta), math.Log(beta)
	_, summit := s.bestFor(rate, near)
	cut := cutoff(level)
	excess := func(at float64) float64 {
		var likelihood float64
		near, likelihood = s.bestFor(math.Exp(at), near)
		return summit - likelihood - cut
	}
	// Beyond these the mean time is no number.
	const far = 600
	step := 2 * math.Sqrt(2*cut/s.events)
	in := Interval{Method: byLikelihood}
	if at, ok := rootFrom(excess, math.Log(rate), step, far); ok {
		in.Low = finite(s.longest * math.Exp(-at))
	}
	near = math.Log(beta)
	if at, ok := rootFrom(excess, math.Log(rate), -step, -far); ok {
		in.High = finite(s.longest * math.Exp(-at))
	}
	return in
}

// cutoff is by how much a log-likelihood may be below the summit: half of the
// chi-square quantile of one degree of freedom.
func cutoff(level float64) float64 {
	z := distuv.UnitNormal.Quantile(1 - (1-level)/2)
	return z * z / 2
}
