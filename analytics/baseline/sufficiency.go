package baseline

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// Check is one rule held against the data, with its numbers.
type Check struct {
	Name   string   `json:"name"`
	OK     bool     `json:"ok"`
	Value  *float64 `json:"value"`
	Limit  float64  `json:"limit"`
	Detail string   `json:"detail"`
}

// Sufficiency says whether there are enough data for savings (CalTRACK 2.2).
type Sufficiency struct {
	OK     bool    `json:"ok"`
	Why    string  `json:"why,omitempty"` // "insufficient data: …"
	Checks []Check `json:"checks"`
}

// minCoverage of the baseline must be there: 37 days of 365 may be missing (CalTRACK
// 2.2.1.2), and one hour of ten in every month.
const minCoverage = 0.9

// extremeRanges is how many interquartile ranges above the median a value is an
// outlier (CalTRACK 2.3.6).
const extremeRanges = 3

// sufficiency holds a baseline against the rules.
func sufficiency(s *series, o Options) Sufficiency {
	var f Sufficiency
	name := "day"
	if s.kind == Hourly {
		name = "hour"
	}
	days := int(math.Round(s.to.Sub(s.from).Hours() / 24))
	f.add("baseline_days", days >= caltrackDays, float64(days), caltrackDays,
		fmt.Sprintf("%d days from first to last value, %d needed", days, caltrackDays))

	values, temps, both := 0, 0, 0
	for i := range s.units {
		u := &s.units[i]
		if u.hasValue {
			values++
		}
		if u.hasTemp {
			temps++
		}
		if u.hasValue && u.hasTemp {
			both++
		}
	}
	for _, c := range []struct {
		name, what string
		n          int
	}{{"meter", "a value", values}, {"temperature", "a temperature", temps}, {"meter_and_temperature", "both", both}} {
		if o.TimeOnly && c.name != "meter" {
			f.add(c.name+"_"+name+"s", false, 0, minCoverage, "no outdoor temperature is known: the model goes by time alone")
			continue
		}
		share := float64(c.n) / float64(len(s.units))
		f.add(c.name+"_"+name+"s", share >= minCoverage, share, minCoverage,
			fmt.Sprintf("%d of %d %ss have %s (%.1f %%), %.0f %% needed", c.n, len(s.units), name, c.what, 100*share, 100*minCoverage))
	}
	if s.kind == Hourly {
		f.months(s)
	}
	f.add("negative_values", s.negative == 0 || o.AllowNegative, float64(s.negative), 0, fmt.Sprintf("%d values are below zero: is there generation behind the meter?", s.negative))

	f.OK = true
	for _, c := range f.Checks {
		if !c.OK && (!o.TimeOnly || !strings.Contains(c.Name, "temperature")) {
			f.OK = false
			if f.Why == "" {
				f.Why = "insufficient data: " + c.Detail
			}
		}
	}
	return f
}

func (f *Sufficiency) add(name string, ok bool, value, limit float64, detail string) {
	f.Checks = append(f.Checks, Check{Name: name, OK: ok, Value: known(value), Limit: limit, Detail: detail})
}

// months checks that every calendar month of the year has its hours: the model of one
// year stands for the models of single months of CalTRACK 2.2.1.2, whose baselines
// taken together are the year.
func (f *Sufficiency) months(s *series) {
	var all, both [13]int
	for i := range s.units {
		u := &s.units[i]
		all[u.month]++
		if u.hasValue && u.hasTemp {
			both[u.month]++
		}
	}
	worst, share := time.January, 2.0
	for month := time.January; month <= time.December; month++ {
		part := 0.0
		if all[month] > 0 {
			part = float64(both[month]) / float64(all[month])
		}
		if part < share {
			worst, share = month, part
		}
	}
	f.add("hours_of_each_month", share >= minCoverage, share, minCoverage,
		fmt.Sprintf("%s has %d of %d hours (%.1f %%), %.0f %% needed in every month", worst, both[worst], all[worst], 100*share, 100*minCoverage))
}

// advise judges the fit by what guidelines recommend.
func (m *Model) advise(s *series, residuals []float64) {
	advice := func(name string, value *float64, limit float64, ok bool, detail string) {
		m.Advice = append(m.Advice, Check{Name: name, OK: ok && value != nil, Value: value, Limit: limit, Detail: detail})
	}
	// Hourly: ASHRAE Guideline 14-2014 for models calibrated to hours. It has no limit for
	// days; theirs is what programs of metered savings use for both.
	limit, source := 0.30, "ASHRAE Guideline 14 for hourly data"
	if m.Kind == Daily {
		limit, source = 0.25, "usual for metered savings (NMEC)"
	}
	advice("cvrmse", m.Stats.CVRMSE, limit, m.Stats.CVRMSE != nil && *m.Stats.CVRMSE <= limit, fmt.Sprintf("CVRMSE at most %.0f %%, %s", 100*limit, source))
	const bias = 0.005
	advice("nmbe", m.Stats.NMBE, bias, m.Stats.NMBE != nil && math.Abs(*m.Stats.NMBE) <= bias, "NMBE within 0.5 %, usual for metered savings (NMEC)")
	const fit = 0.75
	advice("r2", m.Stats.R2, fit, m.Stats.R2 != nil && *m.Stats.R2 >= fit, "R² at least 0.75, IPMVP; a load that neither weather nor time moves may be less and yet well predicted")
	m.adviseMonths(s, residuals)
	m.adviseValues(s)
}

// adviseMonths counts the months in which one model of the year is off: more than two
// by more than 1 % and CalTRACK 3.7.5.1 would rather have models of months.
func (m *Model) adviseMonths(s *series, residuals []float64) {
	const most, off = 2, 0.01
	var left, used [13]float64
	for i, r := range residuals {
		if !math.IsNaN(r) {
			left[s.units[i].month] += r
			used[s.units[i].month] += s.units[i].value
		}
	}
	n, worst := 0, 0.0
	for month := range used {
		if used[month] <= 0 || m.Stats.SSE == 0 {
			continue
		}
		b := left[month] / used[month]
		if math.Abs(b) > off {
			n++
		}
		if math.Abs(b) > math.Abs(worst) {
			worst = b
		}
	}
	count := float64(n)
	m.Advice = append(m.Advice, Check{Name: "months_off", OK: n <= most, Value: &count, Limit: most,
		Detail: fmt.Sprintf("%d months are off by more than 1 %% (at most %+.1f %%); above 2 a part of a year may be off by as much", n, 100*worst)})
}

// adviseValues tells of outliers, and of a meter that stands still.
func (m *Model) adviseValues(s *series) {
	var y []float64
	for i := range s.units {
		if s.units[i].hasValue {
			y = append(y, s.units[i].value)
		}
	}
	if len(y) < 4 {
		return
	}
	slices.Sort(y)
	at := func(q float64) float64 { return y[int(math.Round(q*float64(len(y)-1)))] }
	limit := at(0.5) + extremeRanges*(at(0.75)-at(0.25))
	n := len(y) - sortedAbove(y, limit)
	count := float64(n)
	m.Advice = append(m.Advice, Check{Name: "extreme_values", OK: n == 0, Value: &count, Limit: 0,
		Detail: fmt.Sprintf("%d values are more than %d interquartile ranges above the median (CalTRACK 2.3.6)", n, extremeRanges)})
	if y[0] == y[len(y)-1] {
		m.warn("all values are equal: does the meter stand still?")
	}
	if !s.zeroIsMissing && s.zeros > s.values/100 {
		m.warn("%d of %d values are zero: if they are outages, let them count as missing", s.zeros, s.values)
	}
}

// sortedAbove is where the values above a limit begin.
func sortedAbove(y []float64, limit float64) int {
	i, _ := slices.BinarySearchFunc(y, limit, func(v, limit float64) int {
		if v > limit {
			return 1
		}
		return -1
	})
	return i
}
