package response

import (
	"errors"
	"fmt"
	"math"
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

// Of is what a call costs that is so many seconds over its limit, before the cap.
func (p *Penalty) Of(over float64) float64 {
	if !(over > 0) {
		return 0
	}
	yuan := p.PerBreach
	if p.Period > 0 {
		// A call that is over by exactly one period has begun one, and not two.
		yuan += p.PerPeriod * math.Ceil(over/p.Period.Std().Seconds())
	}
	return yuan
}

// MonthPenalty is what a contractor owes for the calls whose limit passed in a
// month, by the clocks that count.
type MonthPenalty struct {
	Month    string  `json:"month"` // 2026-10
	Breaches int     `json:"breaches"`
	Open     int     `json:"open"` // of these, whose penalty still grows
	Yuan     float64 `json:"yuan"`
	Uncapped float64 `json:"uncapped_yuan"`
}

// add counts a call that is over its limit.
func (m *MonthPenalty) add(p *Penalty, over float64, open bool) {
	m.Breaches++
	if open {
		m.Open++
	}
	m.Uncapped += p.Of(over)
	m.Yuan = m.Uncapped
	if p.CapPerMonth > 0 {
		m.Yuan = min(m.Yuan, p.CapPerMonth)
	}
}

// monthOf is the month of a time by the clocks of a zone.
func monthOf(nanos int64, zone *time.Location) string {
	return time.Unix(0, nanos).In(zone).Format("2006-01")
}
