package calendar

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"steward/internal/incident"
	"steward/internal/telemetry"
	"steward/internal/yamlfile"
)

// Set is calendars by name. It must not be modified.
type Set struct {
	byName map[string]*Calendar
	usual  *Calendar
}

// The longest that a file may make a holiday, and the furthest from it that a day
// in its stead may be, in days: longer or further is a slip of the pen.
const (
	maxHoliday = 60
	maxMakeUp  = 60
)

// What a file consists of.
type (
	file struct {
		Default   string                  `yaml:"default"`
		Holidays  map[string]holidaysText `yaml:"holidays"`
		Calendars []calendarText          `yaml:"calendars"`
	}
	holidaysText struct {
		Line  int           `yaml:"-"`
		Years []int         `yaml:"years"`
		Days  []holidayText `yaml:"days"`
	}
	holidayText struct {
		Line int           `yaml:"-"`
		Name incident.Text `yaml:"name"`
		From Date          `yaml:"from"`
		To   Date          `yaml:"to"`
		Work []Date        `yaml:"work"`
	}
	calendarText struct {
		Line     int        `yaml:"-"`
		Name     string     `yaml:"name"`
		Week     []weekText `yaml:"week"`
		Holidays string     `yaml:"holidays"`
		MakeUpAs *Weekday   `yaml:"make_up_as"`
	}
	weekText struct {
		Line  int       `yaml:"-"`
		Days  []Weekday `yaml:"days"`
		Hours []span    `yaml:"hours"`
	}
)

// UnmarshalYAML reads 08:30-12:00.
func (s *span) UnmarshalYAML(n *yaml.Node) error {
	a, b, _ := strings.Cut(n.Value, "-")
	start, err := ParseTimeOfDay(a)
	if err != nil {
		return fmt.Errorf("%q are not hours, such as \"08:30-12:00\": %w", n.Value, err)
	}
	end, err := ParseTimeOfDay(b)
	switch {
	case err != nil:
		return fmt.Errorf("%q are not hours, such as \"08:30-12:00\": %w", n.Value, err)
	case end <= start:
		return fmt.Errorf("%q end before they begin; write a night as \"22:00-24:00\", and \"00:00-06:00\" of the next day", n.Value)
	}
	*s = span{start, end}
	return nil
}

// Parse reads calendars. The error joins everything that is wrong.
func Parse(path string, text []byte) (*Set, error) {
	var f file
	if err := yamlfile.Decode(path, text, &f); err != nil {
		return nil, err
	}
	p := parser{path: path}
	holidays := map[string]*Calendar{}
	for name, h := range f.Holidays {
		holidays[name] = p.holidays(name, &h)
	}
	always := &Calendar{Name: Always, always: true}
	set := &Set{byName: map[string]*Calendar{Always: always}, usual: always}
	for _, t := range f.Calendars {
		if c := p.calendar(&t, holidays); c != nil {
			if set.byName[c.Name] != nil {
				p.fail(t.Line, "calendar %s: name: stands twice, or is the built-in one", c.Name)
			}
			set.byName[c.Name] = c
		}
	}
	if f.Default != "" {
		if set.usual = set.byName[f.Default]; set.usual == nil && len(p.errs) == 0 {
			p.fail(0, "default: calendar %q is not among calendars; have %s", f.Default, strings.Join(set.Names(), ", "))
		}
	}
	if len(p.errs) > 0 {
		p.sort()
		return nil, errors.Join(p.errs...)
	}
	return set, nil
}

type parser struct {
	path string
	errs []error
}

func (p *parser) fail(line int, format string, args ...any) {
	p.errs = append(p.errs, yamlfile.Errorf(p.path, line, format, args...))
}

// sort brings the errors into the order of the file: mappings are walked in any.
func (p *parser) sort() {
	line := func(err error) int {
		var e *yamlfile.Error
		if errors.As(err, &e) {
			return e.Line
		}
		return 0
	}
	slices.SortStableFunc(p.errs, func(a, b error) int { return line(a) - line(b) })
}

// holidays makes the special days of a set of holidays.
func (p *parser) holidays(set string, t *holidaysText) *Calendar {
	out := &Calendar{days: map[Date]special{}, years: map[int]bool{}}
	for _, y := range t.Years {
		out.years[y] = true
	}
	put := func(line int, d Date, s special) {
		if old, twice := out.days[d]; twice {
			p.fail(line, "holidays %s: %s is in %s already", set, d, old.name.ZH)
		}
		out.days[d] = s
	}
	for i := range t.Days {
		h := &t.Days[i]
		last := h.To
		if last.IsZero() {
			last = h.From
		}
		switch {
		case h.Name.ZH == "" || h.Name.EN == "":
			p.fail(h.Line, "holidays %s: name: give zh and en", set)
			continue
		case h.From.IsZero():
			p.fail(h.Line, "holidays %s: %s: from: give the first day", set, h.Name.ZH)
			continue
		case !out.years[h.From.Year]:
			p.fail(h.Line, "holidays %s: %s: from: %d is not in years; add it when all holidays of that year are entered", set, h.Name.ZH, h.From.Year)
			continue
		case last.Sub(h.From) < 0, last.Sub(h.From) >= maxHoliday:
			p.fail(h.Line, "holidays %s: %s: to: %s is not within %d days from %s", set, h.Name.ZH, last, maxHoliday, h.From)
			continue
		}
		for d := h.From; d.Sub(last) <= 0; d = d.Add(1) {
			put(h.Line, d, special{name: h.Name})
		}
		for _, d := range h.Work {
			if h.From.Sub(d) > maxMakeUp || d.Sub(last) > maxMakeUp {
				p.fail(h.Line, "holidays %s: %s: work: %s is more than %d days from the holiday", set, h.Name.ZH, d, maxMakeUp)
				continue
			}
			put(h.Line, d, special{name: h.Name, work: true})
		}
	}
	return out
}

func (p *parser) calendar(t *calendarText, holidays map[string]*Calendar) *Calendar {
	if err := telemetry.CheckSegment(t.Name); err != nil {
		p.fail(t.Line, "calendar name: %v", err)
		return nil
	}
	c := &Calendar{Name: t.Name}
	for i := range t.Week {
		w := &t.Week[i]
		if len(w.Days) == 0 || len(w.Hours) == 0 {
			p.fail(w.Line, "calendar %s: week: give days and hours", t.Name)
		}
		hours := slices.Clone(w.Hours)
		slices.SortFunc(hours, func(a, b span) int { return int(a.start - b.start) })
		for i := range hours[:max(len(hours)-1, 0)] {
			if hours[i].end > hours[i+1].start {
				p.fail(w.Line, "calendar %s: week: hours from %s and from %s overlap", t.Name, hours[i].start, hours[i+1].start)
			}
		}
		for _, day := range w.Days {
			if c.week[day] != nil {
				p.fail(w.Line, "calendar %s: week: %s stands twice; give all its hours in one place", t.Name, day)
			}
			c.week[day] = hours
		}
	}
	if len(t.Week) == 0 {
		p.fail(t.Line, "calendar %s: week: nobody ever works; give days and hours, or use %s", t.Name, Always)
	}
	makeUp := Weekday(time.Monday)
	if t.MakeUpAs != nil {
		makeUp = *t.MakeUpAs
	}
	c.makeUp = c.week[makeUp]
	if t.Holidays == "" {
		if t.MakeUpAs != nil {
			p.fail(t.Line, "calendar %s: make_up_as: without holidays there are no such days", t.Name)
		}
		return c
	}
	kept := holidays[t.Holidays]
	if kept == nil {
		p.fail(t.Line, "calendar %s: holidays: %q is not among holidays", t.Name, t.Holidays)
		return c
	}
	c.days, c.years = kept.days, kept.years
	return c
}

// Named is the calendar of a name; the default one when there is none of that
// name, as when a project names none.
func (s *Set) Named(name string) *Calendar {
	if c := s.byName[name]; c != nil {
		return c
	}
	return s.usual
}

// Has reports whether there is a calendar of a name.
func (s *Set) Has(name string) bool { return s.byName[name] != nil }

// Names are the names, in order, with the built-in one.
func (s *Set) Names() []string {
	names := make([]string, 0, len(s.byName))
	for name := range s.byName {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Missing are the names of calendars that keep holidays but do not know those of
// a year.
func (s *Set) Missing(year int) []string {
	return slices.DeleteFunc(s.Names(), func(name string) bool { return s.byName[name].Covers(year) })
}
