package tariff

import (
	"fmt"
	"slices"

	"steward/internal/calendar"
	"steward/internal/incident"
)

// Shape is a tariff as people look at it: what stands in the file, in order, with
// what the file leaves out said. It is for showing; prices are reckoned with
// [Tariff].
type Shape struct {
	Name  string
	Title incident.Text
	Zone  string // empty for the project's own
	Media []MediumShape
}

// MediumShape is what one medium costs.
type MediumShape struct {
	Medium   string
	Source   string
	Versions []VersionShape // the oldest first
}

// VersionShape is the prices of a number of days.
type VersionShape struct {
	From, To  string // first and last day; To is empty when there is no end yet
	Seasons   []SeasonShape
	Surcharge float64 // yuan per unit
	Tiers     *TiersShape
	Basic     *BasicShape
	Area      *AreaShape
	// PowerFactor is the standard by which it is adjusted; 0 when it is not.
	PowerFactor float64
}

// SeasonShape is a day's prices, of some months or of single days.
type SeasonShape struct {
	Months []int // or Days
	Days   []string
	Hours  []HoursShape
}

// HoursShape is hours of one period.
type HoursShape struct {
	From, To string // 08:00, 24:00
	Period   Period
	Price    float64 // of the first tier, without the surcharge
}

// TiersShape is blocks of use.
type TiersShape struct {
	Per    string // month or year
	Begins int    // month, of a year
	Steps  []StepShape
}

// StepShape is one block.
type StepShape struct {
	UpTo *float64           // included; nil for the last
	Add  map[string]float64 // to the price of the first block, by period
}

// BasicShape is the charge for what is held ready.
type BasicShape struct {
	By        string // demand or capacity
	Price     float64
	HighUse   float64 // kWh per kVA, 0 when there is none
	HighShare float64
}

// AreaShape is the charge by floor area.
type AreaShape struct {
	Price    float64
	From, To string // 11-15
}

// Shapes are the tariffs by name.
func (s *Set) Shapes() []Shape {
	var out []Shape
	for _, name := range s.Names() {
		n := s.byName[name]
		one := Shape{Name: name, Title: n.title}
		for _, medium := range []string{Electricity, Water, Gas, Heat} {
			t := n.byMedium[medium]
			if t == nil {
				continue
			}
			if t.Zone != nil {
				one.Zone = t.Zone.String()
			}
			m := MediumShape{Medium: medium, Source: t.Source}
			for _, v := range t.versions {
				m.Versions = append(m.Versions, v.shape())
			}
			one.Media = append(one.Media, m)
		}
		out = append(out, one)
	}
	return out
}

func (v *version) shape() VersionShape {
	out := VersionShape{From: v.from.String(), Surcharge: v.surcharge, PowerFactor: v.standard, Seasons: v.seasonShapes()}
	if !v.to.IsZero() {
		out.To = v.to.String()
	}
	if v.tiers != nil {
		out.Tiers = v.tiers.shape(v.periods())
	}
	if b := v.basic; b != nil {
		out.Basic = &BasicShape{By: "capacity", Price: b.price, HighUse: b.highUse, HighShare: b.highShare}
		if b.byDemand {
			out.Basic.By = "demand"
		}
	}
	if a := v.area; a != nil {
		day := func(d monthDay) string { return fmt.Sprintf("%02d-%02d", d.month, d.day) }
		out.Area = &AreaShape{Price: a.price, From: day(a.from), To: day(a.to)}
	}
	return out
}

// seasonShapes are the seasons of months, by the first of them, and then those of
// single days.
func (v *version) seasonShapes() []SeasonShape {
	var out []SeasonShape
	at := map[*season]int{}
	add := func(s *season) *SeasonShape {
		if _, known := at[s]; !known {
			at[s] = len(out)
			out = append(out, SeasonShape{Hours: s.hours()})
		}
		return &out[at[s]]
	}
	for month := 1; month <= 12; month++ {
		one := add(v.byMonth[month])
		one.Months = append(one.Months, month)
	}
	days := make([]Date, 0, len(v.byDay))
	for day := range v.byDay {
		days = append(days, day)
	}
	slices.SortFunc(days, func(a, b calendar.Date) int { return a.Sub(b) })
	for _, day := range days {
		one := add(v.byDay[day])
		one.Days = append(one.Days, day.String())
	}
	return out
}

// hours are the day's, those of one period that follow one another together.
func (s *season) hours() []HoursShape {
	var out []HoursShape
	for slot := 0; slot < slotsPerDay; {
		end, period := slot+1, s.slots[slot]
		for end < slotsPerDay && s.slots[end] == period {
			end++
		}
		out = append(out, HoursShape{From: clock(slot), To: clock(end), Period: period, Price: s.price[period]})
		slot = end
	}
	return out
}

// periods are those that have hours in any season.
func (v *version) periods() []Period {
	var have [periods]bool
	note := func(s *season) {
		for _, p := range s.slots {
			have[p] = true
		}
	}
	for _, s := range v.byMonth[1:] {
		note(s)
	}
	for _, s := range v.byDay {
		note(s)
	}
	var out []Period
	for p, there := range have {
		if there {
			out = append(out, Period(p))
		}
	}
	return out
}

func (t *tiers) shape(of []Period) *TiersShape {
	out := &TiersShape{Per: "year", Begins: int(t.begins)}
	if t.monthly {
		out.Per, out.Begins = "month", 0
	}
	for i, s := range t.steps {
		one := StepShape{Add: map[string]float64{}}
		if i < len(t.steps)-1 {
			upTo := s.upTo
			one.UpTo = &upTo
		}
		for _, p := range of {
			one.Add[p.String()] = s.add[p]
		}
		out.Steps = append(out.Steps, one)
	}
	return out
}
