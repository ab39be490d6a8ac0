package tariff

import (
	"fmt"
	"slices"
	"strings"
)

// unset marks a slot to which no period has been given.
const unset = Period(periods)

// seasons reads seasons and checks that every half hour of the year is in one
// period of one of them.
func (p *parser) seasons(v *version, t *versionText) {
	for i := range t.Seasons {
		s, text := p.season(&t.Seasons[i]), &t.Seasons[i]
		if (len(text.Months) == 0) == (len(text.Days) == 0) {
			p.fail(text.Line, "seasons: give either months, or the single days on which these prices hold instead")
		}
		for _, month := range text.Months {
			switch {
			case month < 1 || month > 12:
				p.fail(text.Line, "seasons: months: %d is not from 1 to 12", month)
			case v.byMonth[month] != nil:
				p.fail(text.Line, "seasons: month %d is in the season of line %d too", month, v.byMonth[month].line)
			default:
				v.byMonth[month] = s
			}
		}
		for _, day := range text.Days {
			switch {
			case v.byDay[day] != nil:
				p.fail(text.Line, "seasons: days: %s is in the season of line %d too", day, v.byDay[day].line)
			case day.Before(v.from) || !v.to.IsZero() && v.to.Before(day):
				p.fail(text.Line, "seasons: days: %s is not among the days of these prices", day)
			default:
				v.byDay[day] = s
			}
		}
	}
	var missing []int
	for month := 1; month <= 12; month++ {
		if v.byMonth[month] == nil {
			missing = append(missing, month)
		}
	}
	if len(missing) > 0 {
		p.fail(t.Line, "seasons: %s no prices in any hour; add %s to a season", months(missing, "has", "have"), them(missing))
	}
}

// season reads one and gives each half hour its period.
func (p *parser) season(t *seasonText) *season {
	s := &season{line: t.Line}
	for slot := range s.slots {
		s.slots[slot] = unset
	}
	names := make([]string, 0, len(t.Periods))
	for name := range t.Periods {
		names = append(names, name)
	}
	slices.Sort(names) // errors are the same each time
	twice := map[string][]int{}
	for _, name := range names {
		period, ok := p.period(t.Line, "periods", name)
		if !ok {
			continue
		}
		price, priced := t.Prices[name]
		if !priced {
			p.fail(t.Line, "seasons: prices: %s has hours and no price", name)
		} else {
			s.price[period] = p.price(t.Line, "seasons: prices: "+name, &price)
		}
		for _, hours := range t.Periods[name] {
			for slot := hours.from; slot < hours.end; slot++ {
				if other := s.slots[slot]; other != unset {
					key := fmt.Sprintf("%s and %s", other, period)
					twice[key] = append(twice[key], slot)
					continue
				}
				s.slots[slot] = period
			}
		}
	}
	for name := range t.Prices {
		if _, ok := p.period(t.Line, "prices", name); ok && t.Periods[name] == nil {
			p.fail(t.Line, "seasons: prices: %s has a price and no hours", name)
		}
	}
	p.coverage(t, s, twice)
	return s
}

func (p *parser) period(line int, key, name string) (Period, bool) {
	var period Period
	if err := period.UnmarshalText([]byte(name)); err != nil || period == AllDay {
		p.fail(line, "seasons: %s: %q is no period; have %s", key, name, strings.Join(periodNames[AllDay+1:], ", "))
		return 0, false
	}
	return period, true
}

// coverage says which hours have no period, or more than one.
func (p *parser) coverage(t *seasonText, s *season, twice map[string][]int) {
	of := "the days"
	if len(t.Months) > 0 {
		of = months(t.Months, "", "")
	}
	var missing []int
	for slot, period := range s.slots {
		if period == unset {
			missing = append(missing, slot)
			s.slots[slot] = AllDay // nobody will see it: there is an error
		}
	}
	if len(missing) > 0 {
		p.fail(t.Line, "seasons: %s: no period has %s; give it to one", of, ranges(missing))
	}
	for both, slots := range twice {
		slices.Sort(slots)
		p.fail(t.Line, "seasons: %s: %s is in %s; take it from one", of, ranges(slices.Compact(slots)), both)
	}
}

// ranges writes slots in order as hours of the clock.
func ranges(slots []int) string {
	var parts []string
	for i := 0; i < len(slots); {
		j := i
		for j+1 < len(slots) && slots[j+1] == slots[j]+1 {
			j++
		}
		parts = append(parts, clock(slots[i])+"-"+clock(slots[j]+1))
		i = j + 1
	}
	return strings.Join(parts, ", ")
}

// months names months with a verb in the number that fits.
func months(all []int, one, several string) string {
	text, verb := "month ", one
	if len(all) > 1 {
		text, verb = "months ", several
	}
	for i, m := range all {
		if i > 0 {
			text += ", "
		}
		text += fmt.Sprint(m)
	}
	return strings.TrimSpace(text + " " + verb)
}

func them(all []int) string {
	if len(all) == 1 {
		return "it"
	}
	return "them"
}
