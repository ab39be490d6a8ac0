package reliability

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"steward/analytics/job"
	"steward/analytics/rate"
)

// durations are sums over episodes of the hours t that they lasted within a window
// and of whether they ended in it, which is all that a mean and its error need.
type durations struct {
	n, ended          int
	hours             float64
	square, endedHour float64 // sums of t² and of t over those that ended
}

// add takes what of an episode falls into a window: one that began before it enters
// with the window, and one that has not ended in it is censored.
func (d *durations) add(e episode, w span) {
	part := e.within(w)
	ended := !e.open && e.to >= w.from && e.to < w.to
	if part.to < part.from || part.to == part.from && !ended {
		return
	}
	t := part.hours()
	d.n++
	d.hours += t
	d.square += t * t
	if ended {
		d.ended++
		d.endedHour += t
	}
}

func (d *durations) join(o durations) {
	d.n, d.ended, d.hours = d.n+o.n, d.ended+o.ended, d.hours+o.hours
	d.square, d.endedHour = d.square+o.square, d.endedHour+o.endedHour
}

// unended warns of what is counted as going on.
func (d *durations) unended(n job.Number) job.Number {
	if open := d.n - d.ended; open > 0 {
		n.Why = because(n.Why, job.Counted(open, "%d has not ended: if its end was not reported, the mean is too long", "%d have not ended: if their end was not reported, the mean is too long"))
	}
	return n
}

// fewEnded is below which the spread of durations is not known from themselves.
const fewEnded = 10

// mean is the hours over the number of those that ended. It is the maximum
// likelihood of an exponential duration with censoring and late entry, and, whatever
// the distribution, right in the long run: as many are open on average as begin in the
// time of one (Little, A proof for the queuing formula L = λW, Operations Research 9,
// 1961).
//
// Of few its interval takes durations for exponential, and is exact then. Of more it
// is from how they differ: the ratio estimator's linearised variance (Cochran,
// Sampling Techniques, 1977, chapter 6) on the scale of the logarithm, with
// Student's t.
func (d *durations) mean(kind, what string) job.Number {
	n := job.Number{Kind: kind, Unit: "h", N: float64(d.ended), Exposure: d.hours}
	if d.ended == 0 {
		n.Why = fmt.Sprintf("insufficient data: no %s ended", what)
		return n
	}
	m := d.hours / float64(d.ended)
	n.Value = &m
	if !(m > 0) {
		n.Why = "no interval: all took no time"
		return n
	}
	if d.ended < fewEnded {
		r := rate.Of(d.ended, d.hours, level)
		n.Low, n.High, n.Level = r.BetweenLow, r.BetweenHigh, level
		n.Why = fmt.Sprintf("fewer than %d ended: the interval takes durations for exponential", fewEnded)
		return n
	}
	count := float64(d.n)
	squares := max(0, d.square-2*m*d.endedHour+m*m*float64(d.ended))
	se := math.Sqrt(count/(count-1)*squares) / float64(d.ended)
	t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: count - 1}.Quantile(1 - (1-level)/2)
	reach := math.Exp(t * se / m)
	low, high := m/reach, m*reach
	if low > 0 && !math.IsInf(high, 0) {
		n.Low, n.High, n.Level = &low, &high, level
	}
	return n
}
