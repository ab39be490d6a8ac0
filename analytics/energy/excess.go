package energy

import (
	"fmt"
	"time"

	"steward/analytics/baseline"
	"steward/analytics/tariff"
	"steward/internal/incident"
)

// leastExcess is the part of what was predicted below which more use than that is
// nobody's finding: of intervals of 95 % one in forty is above zero by chance, and of
// ten thousand meters those are too many to look after.
const leastExcess = 0.05

// withoutWeather is what an excess over a baseline of time alone is worth: the weather
// may have been the cause.
const withoutWeather = 0.5

// fit is the baseline of the year before a time.
func (e *exam) fit(to int) (*baseline.Model, error) {
	o := baseline.Options{Zone: e.zone, To: e.at0(to), HeatingOnly: e.heats(), TimeOnly: e.weather.blind()}
	return baseline.Fit(e.ground.model, e.hours.points(to-yearHours, to, e.weather), o)
}

// heats reports whether a medium is used for heating above all: without the temperature
// nobody can say how much of it should have been used.
func (e *exam) heats() bool { return e.medium == tariff.Gas || e.medium == tariff.Heat }

func (e *exam) at0(i int) time.Time { return e.hours.at(i) }

// excess compares the reporting period with the year before it.
func (e *exam) excess() {
	from, to := e.index(e.from), e.index(e.to)
	m, s, why := e.baseline(from, to)
	number := func(kind string, v estimate, n, coverage float64) {
		w := why
		if v.ok() {
			w = e.weather.why
		}
		e.putEstimate(kind, e.unit, v, n, coverage, w)
	}
	if s == nil || s.Value == nil {
		for _, kind := range []string{"baseline_use", "avoided_use", "excess"} {
			number(kind, unknown, 0, e.share)
		}
		return
	}
	e.model, e.savings, e.blind = m, s, e.weather.blind()
	over := fromSavings(s)
	n := float64(s.N)
	predicted := unknown
	if s.Predicted != nil && s.Observed != nil {
		predicted = estimate{*s.Predicted, *s.Observed - over.high, *s.Observed - over.low}
	}
	number("baseline_use", predicted, n, s.Coverage)
	number("avoided_use", over.times(-1), n, s.Coverage)
	number("excess", over, n, s.Coverage)
	e.quality(m)
	e.look("excess")
	if s.Fraction == nil || !(-*s.Fraction >= leastExcess) || !(predicted.value > 0) {
		return
	}
	// What a month used more than predicted is taken for the year as a share of the
	// year's use: a month of summer is no twelfth of what is cooled.
	yearly := over.times(e.yearUse / *s.Observed)
	if !(*s.Observed > 0) {
		return
	}
	days := e.to.Sub(e.from).Hours() / 24
	pattern, doubt := 1., incident.Text{}
	if e.blind {
		pattern = withoutWeather
		doubt = incident.Text{
			ZH: "没有室外温度，基准只按时间：比基准年更冷或更热的天气也会算作超出。",
			EN: " No outdoor temperature is known and the baseline goes by time alone: weather that is colder or hotter than that of its year counts as excess, too.",
		}
	}
	e.see(claim{
		kind: "excess", since: e.from, atLeast: true, rate: yearly, sofar: over, unit: e.unit, price: e.priceOr(), why: e.money().why,
		n: days, coverage: s.Coverage, pattern: pattern, chart: e.courseChart(60), projected: days,
		title: incident.Text{
			ZH: fmt.Sprintf("%s 用量比基准高 %.0f%%", e.label, -100**s.Fraction),
			EN: fmt.Sprintf("%s used %.0f%% more than its baseline", e.label, -100**s.Fraction),
		},
		how: incident.Text{
			ZH: "查明该时段内增加了什么：新增设备、运行时间延长、设定温度改变或入住率上升。若属正常变化，请驳回本条。" + doubt.ZH,
			EN: "Find out what was added in that time: plant, longer hours, another set point, more tenants. Dismiss it if the change is wanted." + doubt.EN,
		},
	})
}

// priceOr is the mean price, NaN without one.
func (e *exam) priceOr() float64 {
	if e.priced {
		return e.price
	}
	return unknown.value
}

// baseline fits and compares; why says what is missing without savings.
func (e *exam) baseline(from, to int) (*baseline.Model, *baseline.Savings, string) {
	if e.heats() && e.weather.blind() {
		return nil, nil, "insufficient data: no outdoor temperature, by which heating goes: send outdoor_temperature_c or give a weather file"
	}
	if c := e.hours.coverage(from-yearHours, from); c < enough {
		return nil, nil, fmt.Sprintf("insufficient data: %.0f %% of the baseline year's hours were measured, %.0f %% are needed", 100*c, 100*enough)
	}
	m, err := e.fit(from)
	if err != nil {
		return nil, nil, "insufficient data: " + err.Error()
	}
	if m.Why != "" {
		return m, nil, m.Why
	}
	s, err := m.Savings(e.hours.points(from, to, e.weather), e.at0(from), e.at0(to))
	switch {
	case err != nil:
		return m, nil, "insufficient data: " + err.Error()
	case s.Value == nil:
		return m, s, s.Why
	}
	return m, s, ""
}

// quality reports how well the model fits its year.
func (e *exam) quality(m *baseline.Model) {
	for kind, v := range map[string]*float64{"cvrmse": m.Stats.CVRMSE, "nmbe": m.Stats.NMBE} {
		value := unknown.value
		why := "insufficient data: the mean use is not above zero"
		if v != nil {
			value, why = *v, e.weather.why
		}
		n := estimated(numberOf(kind, float64(m.Stats.N), e.share, why), estimate{value, value, value})
		n.Low, n.High, n.Level = nil, nil, 0
		e.put(n)
	}
}

// Day is a day of a course: what was used and what the baseline says, with the interval
// in which a single day lies.
type Day struct {
	Date     string   `json:"date"`
	Actual   *float64 `json:"actual"`
	Baseline *float64 `json:"baseline"`
	Low      *float64 `json:"low"`
	High     *float64 `json:"high"`
}

// Course is the document "baseline".
type Course struct {
	Unit   string   `json:"unit"`
	Model  string   `json:"model,omitempty"`
	CVRMSE *float64 `json:"cvrmse"`
	NMBE   *float64 `json:"nmbe"`
	Why    string   `json:"why,omitempty"`
	Days   []Day    `json:"days"`
}

const courseDays = 60

// course writes the last days against the baseline.
func (e *exam) course() {
	c := Course{Unit: e.unit, Days: e.days(courseDays), Why: e.weather.why}
	if e.model != nil {
		c.Model, c.CVRMSE, c.NMBE = string(e.model.Kind), e.model.Stats.CVRMSE, e.model.Stats.NMBE
	} else {
		c.Why = "insufficient data: there is no baseline"
	}
	e.notes = append(e.notes, note{"baseline", e.name, c})
}

// days are the last whole days.
func (e *exam) days(most int) []Day {
	list := []Day{}
	y, m, d := e.end.In(e.zone).Date()
	for k := -most; k < 0; k++ {
		begin := time.Date(y, m, d+k, 0, 0, 0, 0, e.zone)
		from, to := e.index(begin.UTC()), e.index(time.Date(y, m, d+k+1, 0, 0, 0, 0, e.zone).UTC())
		if begin.Before(e.begin) || to > e.hours.hours() {
			continue
		}
		day := Day{Date: begin.Format(time.DateOnly)}
		if sum, known, _ := e.hours.total(from, to); known == to-from {
			day.Actual = short(sum)
		}
		if e.model != nil {
			s, err := e.model.Savings(e.hours.points(from, to, e.weather), e.at0(from), e.at0(to))
			if err == nil && s.Value != nil && s.Observed != nil {
				over := fromSavings(s)
				day.Actual, day.Baseline = short(*s.Observed), short(*s.Predicted)
				if over.ok() {
					day.Low, day.High = short(*s.Observed-over.high), short(*s.Observed-over.low)
				}
			}
		}
		list = append(list, day)
	}
	return list
}

func (e *exam) courseChart(most int) *chart {
	c := &chart{Unit: e.unit, Step: "day"}
	for _, d := range e.days(most) {
		c.At, c.Value, c.Expected = append(c.At, d.Date), append(c.Value, d.Actual), append(c.Expected, d.Baseline)
	}
	return c
}
