package rate

import (
	"math"

	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat/distuv"
)

// Available is the share of time in which something worked (inherent or operational
// availability, as the times are counted: IEC 60050-192).
type Available struct {
	Up     float64  `json:"up"`
	Down   float64  `json:"down"`
	N      int      `json:"n"` // restorations, or units
	Value  *float64 `json:"availability"`
	Low    *float64 `json:"availability_low"`
	High   *float64 `json:"availability_high"`
	Level  float64  `json:"level"`
	Method string   `json:"method,omitempty"`
	Why    string   `json:"why,omitempty"`
}

// Availability is of one unit, or of units that are alike, with so many restorations.
//
// Its interval takes up and down times for exponential. Twice a sum of n such times
// over their mean is chi-square with 2n degrees of freedom, so that the ratio of the
// observed to the true ratio of mean down to mean up time has an F distribution with
// 2n and 2n, and availability falls with that ratio. Down times that vary more than
// exponential ones make it too narrow: with ten units or more use
// [AvailabilityByUnit], which assumes nothing of them.
func Availability(up, down float64, restorations int, level float64) Available {
	a := Available{Up: up, Down: down, N: restorations, Level: level}
	if !a.valued() {
		return a
	}
	if restorations <= 0 || !isLevel(level) {
		a.Why = "no interval: nothing was restored in this time"
		return a
	}
	if down == 0 || up == 0 {
		a.Why = "no interval: all times are up, or all are down"
		return a
	}
	// By the beta distribution, which F is in another coordinate: of the ratio's
	// F quantile q the availability is up/(up + down q).
	half := float64(restorations)
	x := mathext.InvRegIncBeta(half, half, (1-level)/2) // F = x/(1-x), as both have the same degrees
	a.Low, a.High = finite(up/(up+down*(1-x)/x)), finite(up/(up+down*x/(1-x)))
	a.Method = "F interval of the ratio of mean down to mean up time, exponential times"
	return a
}

// Unfailed is the availability of what was up all the time, whose own times give no
// interval. It is bounded by what is known of both: failures of the Poisson process, of
// which none was seen in the time, are no more frequent than [Poisson] allows of no event
// (3.689 over the time at 0.95); and a restoration takes restoration on average, which is
// that of others like it and is taken for known. Availability is up to
//
//	1 / (1 + most failures per time × restoration)
//
// at the least, and 1 at the most. Without a known restoration there is no interval.
func Unfailed(up, restoration, level float64) Available {
	a := Available{Up: up, Level: level}
	if !a.valued() {
		return a
	}
	if !(restoration > 0) || math.IsInf(restoration, 0) || !isLevel(level) || !(up > 0) {
		a.Why = "no interval: all times are up, and nothing like it was restored"
		return a
	}
	_, most := Poisson(0, up, level)
	a.Low, a.High = finite(1/(1+most*restoration)), finite(1)
	a.Method = "Poisson limit of no failure, mean restoration of others"
	return a
}

// Spell is the up and down time of one unit.
type Spell struct{ Up, Down float64 }

// AvailabilityByUnit is that of a fleet, its interval from how the units differ: the
// ratio estimator's linearised variance, on the logit scale, with the t distribution
// of one degree of freedom less than units (Cochran, Sampling Techniques, 1977,
// chapter 6). It assumes that units are independent and nothing of the distribution
// of times. It is approximate, and needs two units; below ten it is rough, and says so.
func AvailabilityByUnit(units []Spell, level float64) Available {
	a := Available{N: len(units), Level: level}
	for _, u := range units {
		if !(u.Up >= 0) || !(u.Down >= 0) {
			a.Why = "insufficient data: a unit has a negative time"
			return a
		}
		a.Up += u.Up
		a.Down += u.Down
	}
	if !a.valued() {
		return a
	}
	n := float64(len(units))
	switch {
	case len(units) < 2 || !isLevel(level):
		a.Why = "no interval: one unit does not tell how units differ"
		return a
	case a.Down == 0 || a.Up == 0:
		a.Why = "no interval: all times are up, or all are down"
		return a
	}
	// As shares of the whole, so that no square is too large or too small.
	whole := a.Up + a.Down
	p, sum := *a.Value, 0.0
	for _, u := range units {
		up, down := u.Up/whole, u.Down/whole
		residual := up - p*(up+down)
		sum += residual * residual
	}
	se := math.Sqrt(n / (n - 1) * sum)
	t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: n - 1}.Quantile(1 - (1-level)/2)
	// The logit's derivative is 1/(p(1-p)).
	odds, reach := a.Up/a.Down, math.Exp(t*se/(p*(a.Down/whole)))
	a.Low, a.High = finite(1/(1+reach/odds)), finite(1/(1+1/(reach*odds)))
	a.Method = "ratio estimator over units, logit scale"
	if len(units) < 10 {
		a.Why = "fewer than 10 units: the interval is rough"
	}
	return a
}

// valued sets the value where there is one.
func (a *Available) valued() bool {
	whole := a.Up + a.Down
	if !(a.Up >= 0) || !(a.Down >= 0) || !(whole > 0) || math.IsInf(whole, 0) {
		a.Up, a.Down = 0, 0
		a.Why = "insufficient data: no time was watched"
		return false
	}
	a.Value = finite(a.Up / whole)
	return true
}
