package recurrence

import "math"

// root is where a function changes its sign between two points at which it has
// different signs: false position with the Illinois modification, which never leaves
// the bracket, and bisection where that is slow.
func root(f func(float64) float64, low, high float64) float64 {
	atLow, atHigh := f(low), f(high)
	if atLow == 0 {
		return low
	}
	if atHigh == 0 {
		return high
	}
	side := 0
	for i := range 200 {
		middle := (low*atHigh - high*atLow) / (atHigh - atLow)
		if i%4 == 3 || !(middle > min(low, high) && middle < max(low, high)) {
			middle = (low + high) / 2
		}
		at := f(middle)
		if at == 0 || math.Abs(high-low) <= 1e-12*max(1, math.Abs(middle)) {
			return middle
		}
		if math.Signbit(at) == math.Signbit(atLow) {
			low, atLow = middle, at
			if side == -1 {
				atHigh /= 2
			}
			side = -1
		} else {
			high, atHigh = middle, at
			if side == 1 {
				atLow /= 2
			}
			side = 1
		}
	}
	return (low + high) / 2
}

// rootFrom is where a function changes its sign on the way from a point, the first
// step given and each twice the one before, until limit; ok is false when it does not.
func rootFrom(f func(float64) float64, from, step, limit float64) (at float64, ok bool) {
	sign := math.Signbit(f(from))
	for here := from; here != limit; {
		next := here + step
		if step > 0 {
			next = min(next, limit)
		} else {
			next = max(next, limit)
		}
		if math.Signbit(f(next)) != sign {
			return root(f, here, next), true
		}
		here, step = next, 2*step
	}
	return 0, false
}
