package baseline

import (
	"errors"
	"fmt"
	"math"
)

const (
	weekHours = 168
	// occupiedShare of an hour of the week's values above the first regression makes it
	// one of high load, "occupied" (CalTRACK 3.8.4).
	occupiedShare = 0.65
)

// The balance points of the first regression, °C (CalTRACK 3.8.3: 50 and 65 °F).
var firstHeating, firstCooling = celsius(50), celsius(65)

// TimeOfWeek is the time-of-week-and-temperature model: a level for each of the 168
// hours of the week and, apart for hours of high and of low load, a response to
// temperature that is linear in pieces. Mathieu, Price, Kiliccote and Piette,
// "Quantifying Changes in Building Electric Load, With Application to Demand
// Response", IEEE Transactions on Smart Grid 2 (2011) 507; CalTRACK 3.7 to 3.12. It is
// one model of the whole year, with equal weights (CalTRACK 3.7.5.1).
//
// The levels and the responses are fitted together; as every value belongs to one hour
// of the week, that is the same as fitting the responses to what is left when each
// hour of the week's mean is taken away from values and temperatures (Frisch, Waugh
// and Lovell), and a hundred times faster.
type TimeOfWeek struct {
	Hours  []WeekHour `json:"hours"`  // 168 from Monday midnight
	Loads  []Load     `json:"loads"`  // low, high; a week may lack one
	Rank   int        `json:"rank"`   // parameters that the data determine
	Filled int        `json:"filled"` // hours of the week that have data
}

// WeekHour is one hour of the week. Without data it predicts nothing.
type WeekHour struct {
	N        int       `json:"n"`
	Occupied bool      `json:"occupied"`
	Mean     float64   `json:"mean"`   // use
	Centre   []float64 `json:"centre"` // mean components of temperature
}

// Load is the response to temperature of the hours of high or low load.
type Load struct {
	Occupied   bool        `json:"occupied"`
	N          int         `json:"n"`
	Endpoints  []float64   `json:"endpoints"` // between the bins, °C
	Slopes     []Estimate  `json:"slopes"`    // use an hour and °C, in each bin
	Covariance [][]float64 `json:"covariance"`
}

// sample is the units of a series that have all that a fit needs.
type sample struct {
	at    []int // in the units
	y     []float64
	temps []float64
}

func (s *series) sample() *sample {
	c := &sample{}
	for i := range s.units {
		if u := &s.units[i]; u.hasValue && u.hasTemp {
			c.at, c.y, c.temps = append(c.at, i), append(c.y, u.value), append(c.temps, u.temp)
		}
	}
	return c
}

func (c *sample) temperatures() (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, t := range c.temps {
		low, high = min(low, t), max(high, t)
	}
	return low, high
}

// fitHourly fits the model and returns the residuals of the series' units, NaN where
// there is none.
func (m *Model) fitHourly(s *series) ([]float64, error) {
	c := s.sample()
	if len(c.at) == 0 {
		return nil, errors.New("no hour has both a value and a temperature")
	}
	if s.interpolated > 0 {
		m.warn("%d hours of temperature were interpolated over gaps of at most %d hours", s.interpolated, maxInterpolated)
	}
	occupied, err := occupancy(s, c)
	if err != nil {
		return nil, err
	}
	w := &TimeOfWeek{Hours: make([]WeekHour, weekHours)}
	for t := range w.Hours {
		w.Hours[t].Occupied, w.Hours[t].Centre = occupied[t], []float64{}
	}
	residuals := nothing(len(s.units))
	sse := 0.0
	var bases [][][]float64
	for _, high := range []bool{false, true} {
		load, cov, err := w.fitLoad(s, c, high, residuals)
		if err != nil {
			return nil, err
		}
		if load != nil {
			w.Loads, bases = append(w.Loads, *load), append(bases, cov)
		}
	}
	empty := 0
	for t := range w.Hours {
		if w.Hours[t].N == 0 {
			empty++
		}
	}
	w.Filled = weekHours - empty
	w.Rank += w.Filled
	for _, i := range c.at {
		sse += residuals[i] * residuals[i]
	}
	if len(c.at) <= w.Rank {
		return nil, fmt.Errorf("%d hours are too few for %d parameters", len(c.at), w.Rank)
	}
	if empty > 0 {
		m.warn("%d of the 168 hours of the week have no data: they are not predicted", empty)
	}
	m.TempMin, m.TempMax = c.temperatures()
	m.Stats = statistics(c.y, sse, w.Rank, residuals)
	// Only what moves slowly is confounded with slow noise: the responses to temperature
	// and the overall level.
	slow := 1
	for _, l := range w.Loads {
		slow = max(slow, 1+len(l.Slopes))
	}
	m.Noise = hourlyNoise(s, residuals, m.Stats, slow)
	for i := range w.Loads {
		for j := range w.Loads[i].Slopes {
			m.estimate(&w.Loads[i].Slopes[j], bases[i][j][j])
		}
	}
	m.Hourly = w
	return residuals, nil
}

// occupancy says which hours of the week are of high load: those whose values lie
// above a regression on degree hours more often than not (CalTRACK 3.8.3, 3.8.4).
func occupancy(s *series, c *sample) (occupied [weekHours]bool, err error) {
	one, heat, cool := make([]float64, len(c.y)), make([]float64, len(c.y)), make([]float64, len(c.y))
	largest := 0.0
	for i, t := range c.temps {
		one[i], heat[i], cool[i] = 1, max(firstHeating-t, 0), max(t-firstCooling, 0)
		largest = max(largest, math.Abs(c.y[i]))
	}
	first, err := leastSquares([][]float64{one, heat, cool}, c.y, nil)
	if err != nil {
		return occupied, err
	}
	var above, all [weekHours]float64
	for i, at := range c.at {
		t := s.units[at].tow
		all[t]++
		if first.residuals[i] > 1e-9*largest { // and not merely by rounding
			above[t]++
		}
	}
	for t := range occupied {
		occupied[t] = above[t] > occupiedShare*all[t]
	}
	return occupied, nil
}

// fitLoad fits the hours of high or low load, nil when there are none.
func (w *TimeOfWeek) fitLoad(s *series, c *sample, high bool, residuals []float64) (*Load, [][]float64, error) {
	var rows []int // of the sample
	var temps []float64
	for i, at := range c.at {
		if w.Hours[s.units[at].tow].Occupied == high {
			rows, temps = append(rows, i), append(temps, c.temps[i])
		}
	}
	if len(rows) == 0 {
		return nil, nil, nil
	}
	l := &Load{Occupied: high, N: len(rows), Endpoints: mergeBins(temps, binEndpoints)}
	k := len(l.Endpoints) + 1
	columns, y := make([][]float64, k), make([]float64, len(rows))
	lengths := make([]float64, k)
	for j := range columns {
		columns[j] = make([]float64, len(rows))
	}
	into := make([]float64, 0, k)
	for r, i := range rows {
		h := &w.Hours[s.units[c.at[i]].tow]
		if h.N == 0 {
			h.Centre = make([]float64, k)
		}
		h.N++
		h.Mean += c.y[i]
		into = components(temps[r], l.Endpoints, into)
		for j, v := range into {
			columns[j][r] = v
			h.Centre[j] += v
		}
	}
	for t := range w.Hours {
		if h := &w.Hours[t]; h.Occupied == high && h.N > 0 {
			h.Mean /= float64(h.N)
			for j := range h.Centre {
				h.Centre[j] /= float64(h.N)
			}
		}
	}
	for j := range columns {
		lengths[j] = norm(columns[j])
	}
	for r, i := range rows {
		h := &w.Hours[s.units[c.at[i]].tow]
		y[r] = c.y[i] - h.Mean
		for j := range columns {
			columns[j][r] -= h.Centre[j]
		}
	}
	fit, err := leastSquares(columns, y, lengths)
	if err != nil {
		return nil, nil, err
	}
	w.Rank += fit.rank
	l.Covariance = fit.cov
	for _, b := range fit.beta {
		l.Slopes = append(l.Slopes, Estimate{Value: b})
	}
	for r, i := range rows {
		residuals[c.at[i]] = fit.residuals[r]
	}
	return l, fit.cov, nil
}

// check reports a model that cannot have come from a fit.
func (w *TimeOfWeek) check() error {
	if len(w.Hours) != weekHours {
		return errDamaged
	}
	for i := range w.Loads {
		l := &w.Loads[i]
		if k := len(l.Slopes); k != len(l.Endpoints)+1 || k > len(binEndpoints)+1 || !isSquare(l.Covariance, k) {
			return errDamaged
		}
	}
	for t := range w.Hours {
		if h := &w.Hours[t]; h.N > 0 {
			if l := w.load(h); l == nil || len(h.Centre) != len(l.Slopes) {
				return errDamaged
			}
		}
	}
	return nil
}

// load is the response that holds at an hour of the week.
func (w *TimeOfWeek) load(h *WeekHour) *Load {
	for i := range w.Loads {
		if w.Loads[i].Occupied == h.Occupied {
			return &w.Loads[i]
		}
	}
	return nil
}

// at predicts an hour.
func (w *TimeOfWeek) at(u *unit) (predicted, leverage float64, ok bool) {
	if w.Hours[u.tow].N == 0 || !u.hasTemp {
		return 0, 0, false
	}
	h := &w.Hours[u.tow]
	l := w.load(h)
	var room [8]float64
	z := components(u.temp, l.Endpoints, room[:0])
	predicted = h.Mean
	for j := range z {
		z[j] -= h.Centre[j]
		predicted += z[j] * l.Slopes[j].Value
	}
	return predicted, 1/float64(h.N) + quadratic(l.Covariance, z), true
}

// weekSum adds up hours: the means of hours of the week are independent of each other
// and of the slopes, so that their variances add.
type weekSum struct {
	w       *TimeOfWeek
	weights [weekHours]float64
	away    map[bool][]float64 // from the centres, for low and high load
}

func (w *TimeOfWeek) sum() sum { return &weekSum{w: w, away: map[bool][]float64{}} }

func (s *weekSum) add(u *unit, weight float64) {
	h := &s.w.Hours[u.tow]
	l := s.w.load(h)
	s.weights[u.tow] += weight
	away := s.away[h.Occupied]
	if away == nil {
		away = make([]float64, len(l.Slopes))
		s.away[h.Occupied] = away
	}
	var room [8]float64
	for j, v := range components(u.temp, l.Endpoints, room[:0]) {
		away[j] += weight * (v - h.Centre[j])
	}
}

func (s *weekSum) leverage() float64 {
	total := 0.0
	for t, weight := range s.weights {
		if weight != 0 {
			total += weight * weight / float64(s.w.Hours[t].N)
		}
	}
	for i := range s.w.Loads {
		if away := s.away[s.w.Loads[i].Occupied]; away != nil {
			total += quadratic(s.w.Loads[i].Covariance, away)
		}
	}
	return total
}

// nothing is residuals of units that have none.
func nothing(n int) []float64 {
	r := make([]float64, n)
	for i := range r {
		r[i] = math.NaN()
	}
	return r
}
