// Package baseline says what a building or a meter would have used: a model of use
// from time and outdoor temperature, fitted over a baseline period, predicts the use
// of a later period, and what was used less than that is avoided, what was used more
// is excess.
//
// [Fit] fits one of two models: [Hourly], the time-of-week-and-temperature model, or
// [Daily], a change-point model of heating and cooling degree days. Both follow
// CalTRACK 2.0 (docs.caltrack.org), whose sections the comments name. The [Model] is
// a plain struct: stored as JSON and read again it predicts the same.
//
// Promises: every number has its interval, its sample size and its coverage; data
// that fail CalTRACK's sufficiency rules give "insufficient data: …" instead of
// savings; an hour or day that was not measured is in neither sum, so that missing
// data are never savings; nothing is NaN or infinite in JSON. The order of the points
// does not matter. Temperatures are in °C, values in any unit.
package baseline

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// Kind is which model.
type Kind string

// The models.
const (
	Hourly Kind = "hourly" // time of week and temperature
	Daily  Kind = "daily"  // change points of daily temperature
)

// Point is what was used in an interval that begins at a time.
type Point struct {
	At      time.Time
	Value   float64 // energy, volume: what adds up over time; NaN when it is missing
	Temp    float64 // outdoors, °C
	HasTemp bool
}

// Options are what a fit may be told; the zero value is CalTRACK's usual.
type Options struct {
	Zone  *time.Location // of local days and hours; UTC when nil
	Level float64        // of the intervals; 0.95 when 0
	From  time.Time      // begin of the baseline period; of the data when zero
	To    time.Time      // its end, not included; of the data when zero

	// Days is how much of the baseline period before To is used, 365 when 0: more than
	// a year of history brings changes that have nothing to do with the measure
	// (CalTRACK 3.1.3 and its appendix).
	Days int

	ZeroIsMissing bool // zeros are outages, as CalTRACK 2.2.1.4 has it for electricity
	AllowNegative bool // the meter is known to run backwards, as with solar panels
	HeatingOnly   bool // no cooling, as CalTRACK 3.2.1.1 has it for gas

	// TimeOnly says that nobody knows the outdoor temperature: that of the points is the
	// same at all times, and stands for none. The model is then one of time alone, which
	// takes a cold month for more use, and the checks of temperatures are recorded as not
	// met; they do not forbid a result.
	TimeOnly bool
}

// DefaultLevel is the level of intervals that nobody chose.
const DefaultLevel = 0.95

const (
	// caltrackDays is the length of a baseline (CalTRACK 2.2.1.1).
	caltrackDays = 365
	// MaxDays bounds what [Options] may ask for: ten years.
	MaxDays = 3653
)

// Model is a fitted baseline.
type Model struct {
	Kind  Kind      `json:"model"`
	Zone  string    `json:"zone"`
	Level float64   `json:"level"`
	From  time.Time `json:"from,omitzero"` // of the baseline period
	To    time.Time `json:"to,omitzero"`
	Step  float64   `json:"step_seconds"` // between the points it was fitted to

	// One of these is set, and none when there were too few data: Why says so then.
	Hourly *TimeOfWeek  `json:"hourly,omitempty"`
	Daily  *ChangePoint `json:"daily,omitempty"`

	Stats       Stats       `json:"stats"`
	Noise       Noise       `json:"noise"`
	TempMin     float64     `json:"temp_min"` // °C of the baseline
	TempMax     float64     `json:"temp_max"`
	Sufficiency Sufficiency `json:"sufficiency"`
	Advice      []Check     `json:"advice"` // by which it may be judged; none forbids a result
	Warnings    []string    `json:"warnings"`
	Why         string      `json:"why,omitempty"`

	ZeroIsMissing bool `json:"zero_is_missing,omitempty"`
	TimeOnly      bool `json:"time_only,omitempty"` // without temperature

	zone *time.Location // what Zone names
}

// Estimate is a parameter with its interval of the model's level, which is nil where
// the data do not give one.
type Estimate struct {
	Value float64  `json:"value"`
	Low   *float64 `json:"low"`
	High  *float64 `json:"high"`
}

// shape is what the two models have in common.
type shape interface {
	// at predicts one hour or day; leverage is x'(X'X)⁻¹x, what the uncertainty of the
	// parameters adds to the variance of a prediction, in units of the noise's.
	at(u *unit) (predicted, leverage float64, ok bool)
	// sum prepares the same for a sum of predictions.
	sum() sum
}

// sum adds up predictions, each with a weight.
type sum interface {
	add(u *unit, weight float64)
	leverage() float64
}

// shape is the fitted model, nil when there is none. A model that was stored and comes
// back damaged is an error, not a panic.
func (m *Model) shape() (shape, error) {
	switch {
	case m.Kind == Hourly && m.Hourly != nil:
		return m.Hourly, m.Hourly.check()
	case m.Kind == Daily && m.Daily != nil:
		return m.Daily, m.Daily.check()
	}
	return nil, nil
}

var errDamaged = errors.New("the stored model is damaged: fit it again")

// Fit fits a model to the points of a baseline period. An error is a mistake in the
// call or two values for one time, of which [Contradiction] tells the places; too few
// data are no error but a model with Why and without parameters.
func Fit(kind Kind, points []Point, o Options) (*Model, error) {
	if kind != Hourly && kind != Daily {
		return nil, fmt.Errorf("model %q is neither hourly nor daily", kind)
	}
	if err := o.complete(); err != nil {
		return nil, err
	}
	points, err := Deduplicate(points)
	if err != nil {
		return nil, err
	}
	m := &Model{
		Kind: kind, Zone: o.Zone.String(), Level: o.Level, zone: o.Zone, ZeroIsMissing: o.ZeroIsMissing, TimeOnly: o.TimeOnly,
		Advice: []Check{}, Warnings: []string{},
	}
	points = within(points, o.From, o.To)
	if len(points) == 0 {
		m.insufficient("there are no values in the baseline period")
		return m, nil
	}
	m.Step = step(points, kind)
	if kind == Hourly && m.Step > 1.5*hourSeconds {
		return nil, fmt.Errorf("values come every %s: the hourly model needs one an hour or more; use the daily model",
			time.Duration(m.Step)*time.Second)
	}
	from, to, trimmed := baselinePeriod(kind, points, m.Step, o)
	s, err := gather(within(points, from, to), grid{kind: kind, zone: o.Zone, from: from, to: to, step: m.Step, zeroIsMissing: o.ZeroIsMissing})
	if err != nil {
		return nil, err
	}
	m.From, m.To = from, to
	m.Warnings = append(m.Warnings, s.warnings...)
	if trimmed {
		m.warn("what was measured before %s was not used: a baseline is %d days", from.In(o.Zone).Format(time.DateOnly), o.Days)
	}
	if o.TimeOnly {
		m.warn("no outdoor temperature is known: the model goes by time alone")
	}
	m.Sufficiency = sufficiency(s, o)
	var residuals []float64
	if kind == Hourly {
		residuals, err = m.fitHourly(s)
	} else {
		residuals, err = m.fitDaily(s, o)
	}
	if err != nil {
		m.insufficient(err.Error())
		return m, nil
	}
	m.advise(s, residuals)
	return m, nil
}

// complete fills in what the options leave out, and checks the rest.
func (o *Options) complete() error {
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	if _, err := time.LoadLocation(o.Zone.String()); err != nil {
		return fmt.Errorf("zone %q is not in the time zone database, by whose names models are stored: use one such as Asia/Shanghai", o.Zone)
	}
	if o.Level == 0 {
		o.Level = DefaultLevel
	}
	if !(o.Level >= 0.5 && o.Level < 1) {
		return fmt.Errorf("level %v is not between 0.5 and 1, such as 0.9 or 0.95", o.Level)
	}
	if o.Days == 0 {
		o.Days = caltrackDays
	}
	if o.Days < caltrackDays || o.Days > MaxDays {
		return fmt.Errorf("a baseline of %d days is not between %d and %d days", o.Days, caltrackDays, MaxDays)
	}
	if !o.From.IsZero() && !o.To.IsZero() && !o.From.Before(o.To) {
		return errors.New("the baseline period ends before it begins")
	}
	return nil
}

// baselinePeriod is the hours or the local days from the first to the last value, or as
// the options have it, and at most the last so many days of them.
func baselinePeriod(kind Kind, points []Point, step float64, o Options) (from, to time.Time, trimmed bool) {
	first, last := points[0].At, points[len(points)-1].At
	if kind == Daily {
		begin, end := civil(first, o.Zone), civil(last, o.Zone)+1
		if !o.From.IsZero() {
			begin = civil(o.From, o.Zone)
		}
		if !o.To.IsZero() {
			end = civil(o.To.Add(-time.Nanosecond), o.Zone) + 1
		}
		from, to = midnight(max(begin, end-o.Days), o.Zone), midnight(end, o.Zone)
		return from, to, first.Before(from)
	}
	from, to = o.From, o.To
	if from.IsZero() {
		from = first
	}
	if to.IsZero() {
		to = last.Add(time.Duration(step * float64(time.Second)))
	}
	if earliest := to.In(o.Zone).AddDate(0, 0, -o.Days); from.Before(earliest) {
		from = earliest
	}
	return from, to, first.Before(from)
}

func (m *Model) insufficient(why string) {
	m.Why = "insufficient data: " + why
	m.Sufficiency.OK, m.Sufficiency.Why = false, m.Why
	if m.Sufficiency.Checks == nil {
		m.Sufficiency.Checks = []Check{}
	}
}

func (m *Model) warn(format string, args ...any) {
	m.Warnings = append(m.Warnings, fmt.Sprintf(format, args...))
}

// location is the zone of a model that may come from JSON.
func (m *Model) location() (*time.Location, error) {
	if m.zone != nil {
		return m.zone, nil
	}
	zone, err := time.LoadLocation(m.Zone)
	if err != nil {
		return nil, fmt.Errorf("zone of the model: %w", err)
	}
	m.zone = zone
	return zone, nil
}

// known is nil for a number that JSON cannot hold.
func known(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}
