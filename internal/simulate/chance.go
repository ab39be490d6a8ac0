package simulate

import "math/rand/v2"

// Draws are the random numbers of one thing beside the fleet: the same seed and name
// give the same ones, whatever else was drawn.
type Draws struct{ r *rand.Rand }

// Chance are the draws of a thing of this name.
func Chance(seed uint64, name string) Draws { return Draws{stream(identity(seed, "chance/"+name))} }

// Uniform draws from [0, 1).
func (d Draws) Uniform() float64 { return d.r.Float64() }

// Lognormal draws a duration with the given median; sigma is the deviation of its
// logarithm.
func (d Draws) Lognormal(median, sigma float64) float64 { return lognormal(d.r, median, sigma) }
