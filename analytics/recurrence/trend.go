package recurrence

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// Direction is where failures go.
type Direction string

// The directions; none where there is too little data.
const (
	Improving     Direction = "improving"     // failures become rarer with age
	Steady        Direction = "steady"        // no trend is shown
	Deteriorating Direction = "deteriorating" // failures become more frequent
)

// Trend is two tests of whether the rate of failures is constant.
type Trend struct {
	Direction Direction `json:"direction,omitempty"`
	Laplace   *Laplace  `json:"laplace"`
	Handbook  *Handbook `json:"mil_hdbk_189"`
	N         float64   `json:"n"`     // events
	Level     float64   `json:"level"` // the confidence at which a trend is shown
	Why       string    `json:"why,omitempty"`
}

// Laplace is a test against a rate that grows exponentially with age.
type Laplace struct {
	Z float64 `json:"z"` // standard normal without a trend; above 0 when failures come late
	P float64 `json:"p"` // of both sides
}

// Handbook is a test against a rate that is a power of age.
type Handbook struct {
	ChiSquare float64 `json:"chi_square"` // small when failures come late
	DF        float64 `json:"df"`
	P         float64 `json:"p"` // of both sides
}

// Test asks whether failures come faster or slower with age, given how many each unit
// had, so that units need not be alike (Ascher and Feingold, Repairable Systems
// Reliability, 1984, chapter 5; MIL-HDBK-189, which pools units the same way). A failure
// that ended a unit's observation, and failures at the very start, are not counted.
//
// The direction is that of the handbook's test, which is exact. Laplace's is of
// another alternative: where the two disagree the trend is not a plain one.
func Test(d *Data, level float64) Trend { return newStudy(d).trend(level) }

func (s *study) trend(level float64) Trend {
	t := Trend{Level: level, N: s.tested}
	if s.tested < leastEvents {
		t.Why = "insufficient data: fewer than 3 events, without those that began or ended an observation"
		return t
	}
	var late, variance, spread float64
	for _, a := range s.ages {
		length := a.to - a.from
		late += a.count * ((a.at - a.from) - length/2)
		variance += a.count * length * length / 12
		spread += a.count * math.Log(length/(a.at-a.from))
	}
	z := late / math.Sqrt(variance)
	t.Laplace = &Laplace{Z: z, P: math.Erfc(math.Abs(z) / math.Sqrt2)}

	early, slow := mathext.GammaIncReg(s.tested, spread), mathext.GammaIncRegComp(s.tested, spread)
	t.Handbook = &Handbook{ChiSquare: 2 * spread, DF: 2 * s.tested, P: min(1, 2*min(early, slow))}
	switch {
	case t.Handbook.P >= 1-level:
		t.Direction = Steady
	case early < slow:
		t.Direction = Deteriorating
	default:
		t.Direction = Improving
	}
	return t
}
