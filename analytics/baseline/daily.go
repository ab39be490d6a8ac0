package baseline

import (
	"errors"
	"fmt"
	"math"
)

// Forms of the daily model (CalTRACK 3.4.3.1).
const (
	InterceptOnly = "intercept_only"
	HDDOnly       = "hdd"
	CDDOnly       = "cdd"
	HDDAndCDD     = "hdd_cdd"
)

const (
	// minDegreeDayDays and minDegreeDays are what a balance point must have, lest a few
	// odd days make it (CalTRACK 3.2.2.2: 10 days, and 20 degree days of Fahrenheit).
	minDegreeDayDays = 10
	minDegreeDays    = 20 / 1.8
)

// The range of balance points, °C (CalTRACK 3.2.1: 30 to 90 °F).
var lowestBalance, highestBalance = celsius(30), celsius(90)

// balanceSteps are the steps of the search, °C. CalTRACK 3.2.3 wants 3 °F at most; the
// finer ones look around what the coarser found.
var balanceSteps = []float64{1, 0.1, 0.01}

// ChangePoint is the daily model: a base load, and lines that rise below the heating
// and above the cooling balance point with the day's mean temperature (CalTRACK 3.1 to
// 3.4). Of all combinations of balance points with slopes and base load not negative,
// the one with the largest adjusted R² is chosen (3.4.3).
type ChangePoint struct {
	Form      string   `json:"form"`
	Base      Estimate `json:"base"` // use a day
	Heating   *Branch  `json:"heating,omitempty"`
	Cooling   *Branch  `json:"cooling,omitempty"`
	Tried     int      `json:"candidates"`
	Qualified int      `json:"qualified"`

	// Covariance is (J'J)⁻¹ for base load, heating slope and balance point, cooling
	// slope and balance point, with J the derivatives of the prediction: so that the
	// intervals hold the uncertainty of the balance points as well. Those of balance
	// points are per use, not per °C: divided by the slope, so that the unit of the
	// values does not matter.
	Covariance [][]float64 `json:"covariance"`
}

// Branch is the line of heating or of cooling.
type Branch struct {
	Balance Estimate `json:"balance_point"` // °C
	Slope   Estimate `json:"slope"`         // use a degree day
	Days    int      `json:"days"`          // of the baseline that have degree days
}

// candidate is a model of the search, which knows its balance points only.
type candidate struct {
	form       string
	heat, cool float64
	adjusted   float64
}

// fitDaily fits the model and returns the residuals of the series' units, NaN where
// there is none.
func (m *Model) fitDaily(s *series, o Options) ([]float64, error) {
	c := s.sample()
	if len(c.at) < 2 {
		return nil, fmt.Errorf("%d days have both a value and a temperature", len(c.at))
	}
	p := &ChangePoint{}
	best, err := p.search(c, o)
	if err != nil {
		return nil, err
	}
	p.Form = best.form

	columns := [][]float64{make([]float64, len(c.y))}
	for i := range c.y {
		columns[0][i] = 1
	}
	add := func(balance, sign float64) *Branch {
		column, days := degreeDays(c.temps, balance, sign)
		columns = append(columns, column)
		return &Branch{Balance: Estimate{Value: balance}, Days: days}
	}
	if best.form == HDDOnly || best.form == HDDAndCDD {
		p.Heating = add(best.heat, -1)
	}
	if best.form == CDDOnly || best.form == HDDAndCDD {
		p.Cooling = add(best.cool, 1)
	}
	fit, err := leastSquares(columns, c.y, nil)
	if err != nil {
		return nil, err
	}
	if len(c.at) <= fit.rank {
		return nil, fmt.Errorf("%d days are too few for %d parameters", len(c.at), fit.rank)
	}
	p.Base.Value = fit.beta[0]
	for _, b := range []*Branch{p.Heating, p.Cooling} {
		if b != nil {
			b.Slope.Value = fit.beta[1]
			if b == p.Cooling {
				b.Slope.Value = fit.beta[len(fit.beta)-1]
			}
		}
	}
	residuals := nothing(len(s.units))
	for i, at := range c.at {
		residuals[at] = fit.residuals[i]
	}
	m.TempMin, m.TempMax = c.temperatures()
	m.Stats = statistics(c.y, fit.sse, fit.rank, residuals)

	rank, err := p.derive(c)
	if err != nil {
		return nil, err
	}
	m.Noise = dailyNoise(residuals, m.Stats, rank)
	m.estimate(&p.Base, p.Covariance[0][0])
	for i, b := range []*Branch{p.Heating, p.Cooling} {
		if b == nil {
			continue
		}
		m.estimate(&b.Slope, p.Covariance[1+2*i][1+2*i])
		m.estimate(&b.Balance, p.Covariance[2+2*i][2+2*i]/b.Slope.Value/b.Slope.Value)
		if v := b.Balance.Value; v < lowestBalance+balanceSteps[0] || v > highestBalance-balanceSteps[0] {
			m.warn("a balance point of %.1f °C is at the edge of the search: the change point may lie outside the temperatures of the baseline", v)
		}
	}
	m.Daily = p
	return residuals, nil
}

// degreeDays are the degrees of each day above (sign 1) or below (sign -1) a balance
// point, and how many days have any.
func degreeDays(temps []float64, balance, sign float64) (degrees []float64, days int) {
	degrees = make([]float64, len(temps))
	for i, t := range temps {
		if d := sign * (t - balance); d > 0 {
			degrees[i] = d
			days++
		}
	}
	return degrees, days
}

// maxMoves bounds how often one step of the search looks around a better place.
const maxMoves = 50

// search finds the best candidate: of each form the best over a grid of balance points,
// then around it in finer steps until nothing there is better, and of these the best.
func (p *ChangePoint) search(c *sample, o Options) (best candidate, err error) {
	var grid []float64
	for b := math.Ceil(lowestBalance); b <= highestBalance; b += balanceSteps[0] {
		grid = append(grid, b)
	}
	found := false
	for _, form := range []string{InterceptOnly, HDDOnly, CDDOnly, HDDAndCDD} {
		k, ok := p.best(c, grid, grid, form, o)
		if !ok {
			continue
		}
		for i := 1; i < len(balanceSteps) && form != InterceptOnly; i++ {
			width, step := balanceSteps[i-1], balanceSteps[i]
			for range maxMoves {
				finer, ok := p.best(c, around(k.heat, width, step), around(k.cool, width, step), form, o)
				if !ok || finer.adjusted <= k.adjusted {
					break
				}
				k = finer
			}
		}
		// Of equals the simpler wins.
		if !found || k.adjusted > best.adjusted+1e-12 {
			best, found = k, true
		}
	}
	if !found {
		return best, errors.New("no model qualifies: the use is negative")
	}
	return best, nil
}

// around is balance points on both sides of one, of decimals so that 18.3 is 18.3.
func around(balance, width, step float64) (list []float64) {
	n := int(math.Round(width / step))
	for k := -n; k <= n; k++ {
		if v := math.Round((balance+float64(k)*step)*100) / 100; v >= lowestBalance && v <= highestBalance {
			list = append(list, v)
		}
	}
	return list
}

// line is a column of degree days without its mean, and its products.
type line struct {
	balance    float64
	mean       float64
	column     []float64
	self, with float64 // with itself, with the values
}

func lines(c *sample, y, balances []float64, sign float64) []line {
	var list []line
	for _, b := range balances {
		column, days := degreeDays(c.temps, b, sign)
		l := line{balance: b, mean: mean(column)}
		if days < minDegreeDayDays || l.mean*float64(len(column)) < minDegreeDays {
			continue
		}
		for i := range column {
			column[i] -= l.mean
		}
		l.column, l.self, l.with = column, dot(column, column), dot(column, y)
		list = append(list, l)
	}
	return list
}

// best fits all candidates of balance points by their normal equations, which without
// means are of one or two unknowns, and returns the one of a form with the largest
// adjusted R².
func (p *ChangePoint) best(c *sample, heats, cools []float64, form string, o Options) (candidate, bool) {
	n := float64(len(c.y))
	level := mean(c.y)
	y := make([]float64, len(c.y))
	for i, v := range c.y {
		y[i] = v - level
	}
	total := dot(y, y)
	best, found := candidate{adjusted: math.Inf(-1)}, false
	// offer holds a candidate against CalTRACK 3.4.3.2 (slopes above zero, base load not
	// below) and 3.4.3.3.
	offer := func(k candidate, base, slopes, explained, parameters float64) {
		p.Tried++
		if !(slopes > 0) || base < -1e-9*math.Abs(level) && !o.AllowNegative {
			return
		}
		p.Qualified++
		if parameters > 0 {
			if n-parameters-1 < 1 || total <= 0 {
				return
			}
			k.adjusted = 1 - max(total-explained, 0)/(n-parameters-1)/(total/(n-1))
		}
		if !found || k.adjusted > best.adjusted {
			best, found = k, true
		}
	}
	if form == InterceptOnly {
		offer(candidate{form: InterceptOnly}, level, 1, 0, 0)
		return best, found
	}
	var heating, cooling []line
	if form != CDDOnly {
		heating = lines(c, y, heats, -1)
	}
	if form != HDDOnly && !o.HeatingOnly {
		cooling = lines(c, y, cools, 1)
	}
	switch form {
	case HDDOnly:
		for i := range heating {
			l := &heating[i]
			b := l.with / l.self
			offer(candidate{form: HDDOnly, heat: l.balance}, level-b*l.mean, b, b*l.with, 1)
		}
	case CDDOnly:
		for i := range cooling {
			l := &cooling[i]
			b := l.with / l.self
			offer(candidate{form: CDDOnly, cool: l.balance}, level-b*l.mean, b, b*l.with, 1)
		}
	case HDDAndCDD:
		for i := range heating {
			h := &heating[i]
			for j := range cooling {
				l := &cooling[j]
				if l.balance < h.balance { // CalTRACK 3.2.2.1
					continue
				}
				both := dot(h.column, l.column)
				det := h.self*l.self - both*both
				if det <= 1e-10*h.self*l.self {
					continue
				}
				bh, bc := (l.self*h.with-both*l.with)/det, (h.self*l.with-both*h.with)/det
				offer(candidate{form: HDDAndCDD, heat: h.balance, cool: l.balance},
					level-bh*h.mean-bc*l.mean, min(bh, bc), bh*h.with+bc*l.with, 2)
			}
		}
	}
	return best, found
}

// derive computes the covariance and the number of parameters that it is of.
func (p *ChangePoint) derive(c *sample) (rank int, err error) {
	columns := make([][]float64, 5)
	for j := range columns {
		columns[j] = make([]float64, len(c.temps))
	}
	var x [5]float64
	for i, t := range c.temps {
		p.gradient(t, &x)
		for j, v := range x {
			columns[j][i] = v
		}
	}
	fit, err := leastSquares(columns, make([]float64, len(c.temps)), nil)
	if err != nil {
		return 0, err
	}
	p.Covariance = fit.cov
	return fit.rank, nil
}

// check reports a model that cannot have come from a fit.
func (p *ChangePoint) check() error {
	if !isSquare(p.Covariance, 5) {
		return errDamaged
	}
	return nil
}

// predict is the use of a day by its temperature.
func (p *ChangePoint) predict(t float64) float64 {
	y := p.Base.Value
	if h := p.Heating; h != nil {
		y += h.Slope.Value * max(h.Balance.Value-t, 0)
	}
	if l := p.Cooling; l != nil {
		y += l.Slope.Value * max(t-l.Balance.Value, 0)
	}
	return y
}

// gradient is the derivative of the prediction by base load, heating slope and balance
// point, cooling slope and balance point, the latter divided by the slopes.
func (p *ChangePoint) gradient(t float64, x *[5]float64) {
	*x = [5]float64{1}
	if h := p.Heating; h != nil && t < h.Balance.Value {
		x[1], x[2] = h.Balance.Value-t, 1
	}
	if l := p.Cooling; l != nil && t > l.Balance.Value {
		x[3], x[4] = t-l.Balance.Value, -1
	}
}

// at predicts a day.
func (p *ChangePoint) at(u *unit) (predicted, leverage float64, ok bool) {
	if !u.hasTemp {
		return 0, 0, false
	}
	var x [5]float64
	p.gradient(u.temp, &x)
	return p.predict(u.temp), quadratic(p.Covariance, x[:]), true
}

// daySum adds up days.
type daySum struct {
	p *ChangePoint
	x [5]float64
}

func (p *ChangePoint) sum() sum { return &daySum{p: p} }

func (s *daySum) add(u *unit, weight float64) {
	var x [5]float64
	s.p.gradient(u.temp, &x)
	for j, v := range x {
		s.x[j] += weight * v
	}
}

func (s *daySum) leverage() float64 { return quadratic(s.p.Covariance, s.x[:]) }
