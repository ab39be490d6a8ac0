package forecast

import (
	"math"

	"gonum.org/v1/gonum/floats"
)

// steps is into how many the age of a device is divided. An age that is wrong by half
// a step changes little: in the time of one step few parts fail.
const steps = 144

// residual is how long a part will run of which only the age of the device is known:
// it was new with the device, and made new by each repair (Cox, Renewal Theory, 1962,
// section 5.2). With S the survival and m the density of renewals, a part of a device
// of the age A runs for a further w with the probability
//
//	S(A+w) + integral from 0 to A of S(A+w-u) m(u) du,
//
// which for old devices is that of equilibrium, the integral of S from w over the mean
// life. So the parts that were there when watching began count for what they tell: a
// fit without them would have to wait for each to fail, and then to fail again.
type residual struct {
	step   float64   // years
	mass   []float64 // renewals in each step
	s      []float64 // survival at half steps
	even   []float64 // of these, every other from the first on
	odd    []float64 // and from the second on
	latest []float64 // mass, the last step first: sums are products of vectors
}

// newResidual is for devices up to an age; older ones are taken for that old. Renewals
// are by the midpoint method of Xie (On the solution of renewal-type integral
// equations, Communications in Statistics B 18, 1989).
func newResidual(l *law, oldest, longest float64) *residual {
	r := &residual{step: oldest / steps, mass: make([]float64, steps+1)}
	r.s = make([]float64, 2*steps+int(math.Ceil(2*longest/r.step))+3)
	for k := range r.s {
		r.s[k] = l.survival(float64(k) * r.step / 2)
	}
	for k := 0; k < len(r.s); k += 2 {
		r.even = append(r.even, r.s[k])
		if k+1 < len(r.s) {
			r.odd = append(r.odd, r.s[k+1])
		}
	}
	r.latest = make([]float64, steps+1) // mass[j] is at steps-j
	half := 1 - r.s[1]
	sum := 0.0
	for i := 1; i <= steps; i++ {
		// Of those renewed in step j, so many have not survived the i-j steps since.
		m := 1 - r.s[2*i] - half*sum + sum
		m -= floats.Dot(r.latest[steps+1-i:steps], r.odd[1:i])
		// A law by which nearly all fail within half a step is beyond the grid.
		m /= max(r.s[1], 1e-9)
		r.mass[i] = max(0, m-sum)
		r.latest[steps-i] = r.mass[i]
		sum += r.mass[i]
	}
	return r
}

// cell is the place of an age in the grid; an unknown age counts as old.
func (r *residual) cell(age float64) int {
	if math.IsNaN(age) {
		return steps
	}
	return min(steps, int(math.Round(age/r.step)))
}

// survive is the probability that a part of a device of that cell runs for so many
// half steps more.
func (r *residual) survive(cell, halves int) float64 {
	halves = min(halves, len(r.s)-1-2*cell)
	later, first := r.odd, halves/2
	if halves%2 != 0 {
		later, first = r.even, (halves+1)/2
	}
	return r.s[2*cell+halves] + floats.Dot(r.latest[steps-cell:steps], later[first:first+cell])
}

// after is the same for any time, between half steps by the logarithm.
func (r *residual) after(cell int, w float64) float64 {
	x := 2 * w / r.step
	k := math.Floor(x)
	p, q := r.survive(cell, int(k)), r.survive(cell, int(k)+1)
	if !(p > 0 && q > 0) {
		return p
	}
	return math.Exp(math.Log(p) + (x-k)*(math.Log(q)-math.Log(p)))
}
