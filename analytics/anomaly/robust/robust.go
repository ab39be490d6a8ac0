// Package robust estimates where numbers lie and how far they scatter when some of
// them are wrong: up to half of them may be anything. Constants that make a measure
// equal to the standard deviation of a normal distribution are those of P. J. Huber
// and E. M. Ronchetti, Robust Statistics, 2nd ed., Wiley 2009, chapters 5 and 6.
package robust

import (
	"math"
	"slices"
)

// normalMAD turns a median absolute deviation into a standard deviation: one over
// the third quartile of the standard normal distribution.
const normalMAD = 1.482602218505602

// Median is the median of numbers without NaN, which it puts in another order; NaN
// of none. Of an even number it is the middle between the two.
func Median(x []float64) float64 {
	n := len(x)
	if n == 0 {
		return math.NaN()
	}
	if n <= 16 {
		insertionSort(x)
		return between(x[(n-1)/2], x[n/2])
	}
	high := nth(x, n/2)
	if n%2 == 1 {
		return high
	}
	return between(slices.Max(x[:n/2]), high) // nth has put the smaller ones before it
}

// between avoids the overflow of a sum of two huge numbers.
func between(a, b float64) float64 { return a/2 + b/2 }

// Scale is the standard deviation that the median distance from zero stands for.
// It puts x, which must be without NaN, in another order and drops the signs.
func Scale(x []float64) float64 {
	for i := range x {
		x[i] = math.Abs(x[i])
	}
	return normalMAD * Median(x)
}

// Quantile is the p-quantile of sorted numbers, linear between them; NaN of none.
func Quantile(sorted []float64, p float64) float64 {
	if len(sorted) == 0 {
		return math.NaN()
	}
	at := p * float64(len(sorted)-1)
	i := int(at)
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	f := at - float64(i)
	return sorted[i]*(1-f) + sorted[i+1]*f
}

// Rolling is, for each place of x, the median of the numbers at most reach places
// away on either side. NaN are left out; where there is nothing else it is NaN.
func Rolling(x []float64, reach int) []float64 {
	out := make([]float64, len(x))
	window := make([]float64, 0, 2*reach+1) // sorted
	for i := 0; i < min(reach, len(x)); i++ {
		window = enter(window, x[i])
	}
	for i := range x {
		if i+reach < len(x) {
			window = enter(window, x[i+reach])
		}
		if i-reach-1 >= 0 {
			window = leave(window, x[i-reach-1])
		}
		out[i] = math.NaN()
		if n := len(window); n > 0 {
			out[i] = between(window[(n-1)/2], window[n/2])
		}
	}
	return out
}

func enter(sorted []float64, v float64) []float64 {
	if math.IsNaN(v) {
		return sorted
	}
	i, _ := slices.BinarySearch(sorted, v)
	return slices.Insert(sorted, i, v)
}

func leave(sorted []float64, v float64) []float64 {
	if math.IsNaN(v) {
		return sorted
	}
	i, _ := slices.BinarySearch(sorted, v)
	return slices.Delete(sorted, i, i+1)
}

func insertionSort(x []float64) {
	for i := 1; i < len(x); i++ {
		v, j := x[i], i
		for ; j > 0 && x[j-1] > v; j-- {
			x[j] = x[j-1]
		}
		x[j] = v
	}
}

// nth is Hoare's selection: the number that would stand at k if x were sorted. The
// pivot is the median of three; many equal numbers split evenly.
func nth(x []float64, k int) float64 {
	lo, hi := 0, len(x)-1
	for lo < hi {
		mid := lo + (hi-lo)/2
		if x[mid] < x[lo] {
			x[mid], x[lo] = x[lo], x[mid]
		}
		if x[hi] < x[lo] {
			x[hi], x[lo] = x[lo], x[hi]
		}
		if x[hi] < x[mid] {
			x[hi], x[mid] = x[mid], x[hi]
		}
		pivot, i, j := x[mid], lo, hi
		for i <= j {
			for x[i] < pivot {
				i++
			}
			for x[j] > pivot {
				j--
			}
			if i <= j {
				x[i], x[j] = x[j], x[i]
				i++
				j--
			}
		}
		switch {
		case k <= j:
			hi = j
		case k >= i:
			lo = i
		default:
			return x[k]
		}
	}
	return x[k]
}
