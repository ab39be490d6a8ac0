package simulate

import (
	"math"
	"math/rand/v2"
)

// mix is the finaliser of SplitMix64: every input bit reaches every output
// bit, so that neighbouring inputs give unrelated numbers.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// identity makes the number from which all randomness of one thing derives:
// the fleet's seed and the thing's name, by FNV-1a.
func identity(seed uint64, name string) uint64 {
	h := uint64(0xcbf29ce484222325)
	for i := range len(name) {
		h = (h ^ uint64(name[i])) * 0x100000001b3
	}
	return mix(h ^ mix(seed))
}

// stream is a random sequence of the thing's own.
func stream(id uint64) *rand.Rand { return rand.New(rand.NewPCG(id, mix(id))) }

// uniform is the n-th number of a thing in [0, 1), as a function without
// state: it can be asked for any n in any order.
func uniform(id, n uint64) float64 { return float64(mix(id^mix(n))>>11) / (1 << 53) }

// bell is like uniform, but about normal with mean 0 and deviation 1, within
// ±3.5: the sum of four uniform numbers.
func bell(id, n uint64) float64 {
	h := mix(id ^ mix(n))
	sum := h&0xffff + h>>16&0xffff + h>>32&0xffff + h>>48
	return (float64(sum)/0x10000 - 2) * 1.7320508075688772
}

// between draws from [low, high).
func between(r *rand.Rand, low, high float64) float64 { return low + (high-low)*r.Float64() }

// weibull draws a lifetime with the given shape, in the unit of scale.
func weibull(r *rand.Rand, shape, scale float64) float64 {
	return scale * math.Pow(r.ExpFloat64(), 1/shape)
}

// lognormal draws a duration with the given median; sigma is the deviation of
// its logarithm.
func lognormal(r *rand.Rand, median, sigma float64) float64 {
	return median * math.Exp(sigma*r.NormFloat64())
}

// poisson draws a count by multiplying uniform numbers, which is exact and
// quick for the few events that fall into a cell.
func poisson(r *rand.Rand, mean float64) int {
	limit := math.Exp(-min(mean, 50))
	n := 0
	for p := r.Float64(); p > limit; p *= r.Float64() {
		n++
	}
	return n
}

var powersOfTen = [...]float64{1, 10, 100, 1000, 10000}

// round and floor cut a value to what a display of so many decimals shows.
func round(v float64, decimals int) float64 {
	p := powersOfTen[decimals]
	return math.Round(v*p) / p
}

func floor(v float64, decimals int) float64 {
	p := powersOfTen[decimals]
	return math.Floor(v*p) / p
}
