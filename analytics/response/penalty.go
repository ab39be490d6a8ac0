package response

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"steward/internal/yamlfile"
)

// Penalty is what a contract takes for calls that were not in time, in yuan.
type Penalty struct {
	Line       int    `yaml:"-"`
	Contractor string `yaml:"contractor"` // "default" for those that are not named

	PerBreach   float64           `yaml:"per_breach"`    // for each call past its limit
	PerPeriod   float64           `yaml:"per_period"`    // and for each period over it that has begun
	Period      yamlfile.Duration `yaml:"period"`        // of per_period
	CapPerMonth float64           `yaml:"cap_per_month"` // at most so much a month; 0 for no cap

	// The limits that the contract sets for a repair, for those who know how urgent a
	// call is; 0 for none.
	UrgentWithin yamlfile.Duration `yaml:"urgent_within"`
	NormalWithin yamlfile.Duration `yaml:"normal_within"`
}

// Penalties are what contracts take, by contractor.
type Penalties struct {
	byContractor map[string]*Penalty
}

// usual is the contractor whose penalty holds for those that are not named.
const usual = "default"

// ParseContracts reads a file of penalties for repair orders, whose limits the
// contracts set: one without any would be a penalty that nobody ever pays.
func ParseContracts(path string, text []byte) (*Penalties, error) {
	p, err := ParsePenalties(path, text)
	if err != nil {
		return nil, err
	}
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(p.byContractor)) {
		if one := p.byContractor[name]; one.UrgentWithin == 0 && one.NormalWithin == 0 {
			errs = append(errs, yamlfile.Errorf(path, one.Line, "penalty of %s: give urgent_within, normal_within or both: nothing is late without a limit", name))
		}
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return p, nil
}

// maxYuan bounds a penalty: more is a slip of the pen.
const maxYuan = 1e9

// ParsePenalties reads a file of penalties:
//
//	penalties:
//	  - contractor: 快修电梯
//	    per_breach: 200
//	    per_period: 100
//	    period: 30m
//	    cap_per_month: 5000
//
// The error joins everything that is wrong.
func ParsePenalties(path string, text []byte) (*Penalties, error) {
	var f struct {
		Penalties []Penalty `yaml:"penalties"`
	}
	if err := yamlfile.Decode(path, text, &f); err != nil {
		return nil, err
	}
	p := &Penalties{byContractor: map[string]*Penalty{}}
	var errs []error
	for i := range f.Penalties {
		one := &f.Penalties[i]
		if err := one.check(); err != nil {
			errs = append(errs, yamlfile.Errorf(path, one.Line, "penalty of %s: %s", one.Contractor, err))
		}
		if p.byContractor[one.Contractor] != nil {
			errs = append(errs, yamlfile.Errorf(path, one.Line, "penalty of %s: stands twice", one.Contractor))
		}
		p.byContractor[one.Contractor] = one
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return p, nil
}

func (p *Penalty) check() error {
	if p.Contractor == "" {
		return fmt.Errorf("contractor: give its name, or %s for all that are not named", usual)
	}
	for _, yuan := range []struct {
		key   string
		value float64
	}{{"per_breach", p.PerBreach}, {"per_period", p.PerPeriod}, {"cap_per_month", p.CapPerMonth}} {
		if !(yuan.value >= 0 && yuan.value <= maxYuan) { // NaN too
			return fmt.Errorf("%s: %v is not between 0 and %v yuan", yuan.key, yuan.value, float64(maxYuan))
		}
	}
	switch {
	case p.PerBreach == 0 && p.PerPeriod == 0:
		return errors.New("give per_breach, per_period or both")
	case (p.PerPeriod > 0) != (p.Period > 0):
		return errors.New("per_period and period: give both or none")
	}
	return nil
}

// For is the penalty of a contractor; nil when there is none.
func (p *Penalties) For(contractor string) *Penalty {
	if p == nil {
		return nil
	}
	if one := p.byContractor[contractor]; one != nil {
		return one
	}
	return p.byContractor[usual]
}

// MonthPenalty is what a contractor owes for a month, by the clocks that count. What is
// taken for a call belongs to the month in which its limit passed, and what is taken
// for each period over it to the month in which that began: so months add up, and one
// that is over does not change while a call stays open.
type MonthPenalty struct {
	Month    string  `json:"month"`             // 2026-10
	Breaches int     `json:"breaches"`          // calls whose limit passed in the month
	Earlier  int     `json:"earlier,omitempty"` // and those of before that went on to cost something
	Open     int     `json:"open"`              // of both, those that are not over
	Yuan     float64 `json:"yuan"`
	Uncapped float64 `json:"uncapped_yuan"`
}

// Add counts what a call costs in the month by a contract, whose cap holds for all that
// is added.
func (m *MonthPenalty) Add(p *Penalty, s Share, open bool) {
	if s.Passed {
		m.Breaches++
	} else {
		m.Earlier++
	}
	if open {
		m.Open++
	}
	m.Uncapped += s.Yuan
	m.Yuan = m.Uncapped
	if p.CapPerMonth > 0 {
		m.Yuan = min(m.Yuan, p.CapPerMonth)
	}
}

// Share is what one call costs in one month, before the cap.
type Share struct {
	Month  string // 2026-10
	Passed bool   // its limit passed in it
	Yuan   float64
}

// maxMonths bounds over how many months a call is spread: what is left after twenty
// years is of the last one.
const maxMonths = 240

// ByMonth is what a call costs in each month, in order, whose limit passed at due and
// that is so many seconds over it.
func (p *Penalty) ByMonth(due time.Time, over float64, zone *time.Location) []Share {
	if !(over > 0) {
		return nil
	}
	var all []Share
	begun := 0. // periods, before the month
	for month, n := due.In(zone), 0; ; n++ {
		y, m, _ := month.Date()
		next := time.Date(y, m+1, 1, 0, 0, 0, 0, zone)
		until := next.Sub(due).Seconds()
		last := p.Period == 0 || until >= over || n == maxMonths
		if last {
			until = over
		}
		s := Share{Month: month.Format("2006-01"), Passed: n == 0}
		if s.Passed {
			s.Yuan = p.PerBreach
		}
		if p.Period > 0 {
			periods := math.Ceil(until / p.Period.Std().Seconds())
			s.Yuan += p.PerPeriod * (periods - begun)
			begun = periods
		}
		if s.Passed || s.Yuan > 0 {
			all = append(all, s)
		}
		if last {
			return all
		}
		month = next
	}
}
