package anomaly

import (
	"math"
	"math/rand/v2"
	"time"
	_ "time/tzdata"
)

var (
	monday   = time.Date(2025, 1, 6, 0, 0, 0, 0, shanghai)
	shanghai = must("Asia/Shanghai")
	berlin   = must("Europe/Berlin")
)

func must(zone string) *time.Location {
	loc, err := time.LoadLocation(zone)
	if err != nil {
		panic(err) // tzdata is linked in
	}
	return loc
}

// clean is an office building without any fault: the week, the seasons, weather, and
// noise in proportion to what is used.
type clean struct {
	weeks int
	rho   float64                      // correlation of the noise from hour to hour
	noise func(rng *rand.Rand) float64 // standard deviation 1; normal when nil
	temp  bool                         // its use follows the temperature
}

func (c clean) points(seed uint64) []Point {
	rng := rand.New(rand.NewPCG(seed, 9))
	if c.noise == nil {
		c.noise = (*rand.Rand).NormFloat64
	}
	points := make([]Point, c.weeks*slots)
	ar, weather := 0.0, 0.0
	for i := range points {
		at := monday.Add(time.Duration(i) * time.Hour)
		year := 2 * math.Pi * float64(i) / hoursPerYear
		busy := 0.0
		if h := at.Hour(); at.Weekday() != time.Saturday && at.Weekday() != time.Sunday && h >= 8 && h < 19 {
			busy = math.Sin(math.Pi * (float64(h) - 7) / 12)
		}
		use := 20 + 60*busy*(1+0.2*math.Sin(year)) + 5*math.Cos(year)
		weather = 0.98*weather + 0.6*rng.NormFloat64()
		temp := 15 - 12*math.Cos(year) + 4*math.Sin(2*math.Pi*float64(at.Hour()-9)/24) + weather
		if c.temp {
			use += max(temp-20, 0)*(1+2*busy) + max(12-temp, 0)
		}
		ar = c.rho*ar + math.Sqrt(1-c.rho*c.rho)*c.noise(rng)
		points[i] = Point{Time: at, Value: use + 0.05*use*ar, Temp: math.NaN()}
		if c.temp {
			points[i].Temp = temp
		}
	}
	return points
}

// Shapes of noise with standard deviation 1.
func laplace(rng *rand.Rand) float64 {
	return math.Copysign(rng.ExpFloat64(), rng.Float64()-0.5) / math.Sqrt2
}

func student5(rng *rand.Rand) float64 {
	chi := 0.0
	for range 5 {
		z := rng.NormFloat64()
		chi += z * z
	}
	return rng.NormFloat64() / math.Sqrt(chi/5) / math.Sqrt(5.0/3)
}

func skewed(rng *rand.Rand) float64 { // lognormal
	const s = 0.4
	return (math.Exp(s*rng.NormFloat64()) - math.Exp(s*s/2)) / math.Sqrt((math.Exp(s*s)-1)*math.Exp(s*s))
}

func uniform(rng *rand.Rand) float64 { return (rng.Float64() - 0.5) * math.Sqrt(12) }
