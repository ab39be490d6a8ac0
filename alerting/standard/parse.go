package standard

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"steward/alerting/route"
	"steward/internal/calendar"
	"steward/internal/incident"
	"steward/internal/telemetry"
	"steward/internal/yamlfile"
)

// lifeSafety are the kinds of incident in which a person may be in danger. Their
// clocks run day and night and never stand.
var lifeSafety = []string{"entrapment", "fire_alarm", "fire_alarm_unacknowledged", "gas_leak"}

// Bounds of a file: more is a mistake.
const (
	maxStandards = 500
	maxLimit     = 366 * 24 * time.Hour
)

// What a file consists of.
type (
	file struct {
		Standards []text `yaml:"standards"`
	}
	text struct {
		Line       int               `yaml:"-"`
		Name       string            `yaml:"name"`
		Title      incident.Text     `yaml:"title"`
		Incidents  []string          `yaml:"incidents"`
		Start      string            `yaml:"start"`
		Stop       []string          `yaml:"stop"`
		Limit      yamlfile.Duration `yaml:"limit"`
		WarnBefore yamlfile.Duration `yaml:"warn_before"`
		Calendar   string            `yaml:"calendar"`
		Pause      []string          `yaml:"pause"`
		Warn       []string          `yaml:"warn"`
		Breach     []string          `yaml:"breach"`
	}
)

// Parse reads standards; calendars are those that they may name. The error joins
// everything that is wrong.
func Parse(path string, yaml []byte, calendars *calendar.Set) (*Set, error) {
	var f file
	if err := yamlfile.Decode(path, yaml, &f); err != nil {
		return nil, err
	}
	if len(f.Standards) > maxStandards {
		return nil, yamlfile.Errorf(path, f.Standards[maxStandards].Line, "more than %d standards; merge those that differ in the kind of incident alone", maxStandards)
	}
	set := &Set{byName: map[string]*Standard{}, byKind: map[string][]*Standard{}}
	lines := strings.Split(string(yaml), "\n")
	var errs []error
	for i := range f.Standards {
		t := &f.Standards[i]
		fail := func(format string, args ...any) {
			errs = append(errs, yamlfile.Errorf(path, t.Line, "standard %s: %s", t.Name, fmt.Sprintf(format, args...)))
		}
		s := t.standard()
		s.check(calendars, fail)
		s.Remark = remark(lines, t.Line)
		if set.byName[s.Name] != nil {
			fail("name: stands twice")
		}
		set.add(s)
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return set, nil
}

// remark is what stands above a line of the file as a comment, as one text: where a
// standard comes from is written there.
func remark(lines []string, line int) string {
	if line < 1 || line > len(lines) {
		return "" // YAML knows line ends that these are not parted by
	}
	from := line - 1
	for from > 0 && strings.HasPrefix(strings.TrimSpace(lines[from-1]), "#") {
		from--
	}
	var words []string
	for _, l := range lines[from : line-1] {
		words = append(words, strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(l), "#")))
	}
	return strings.Join(words, " ")
}

func (t *text) standard() *Standard {
	s := &Standard{
		Name: t.Name, Title: t.Title, Incidents: t.Incidents, Start: t.Start, Stop: t.Stop,
		Limit: t.Limit.Std(), WarnBefore: t.WarnBefore.Std(), Calendar: t.Calendar,
		Pause: t.Pause, Warn: t.Warn, Breach: t.Breach, Line: t.Line,
	}
	if s.Start == "" {
		s.Start = "opened"
	}
	if s.Calendar == "" {
		s.Calendar = calendar.Always
	}
	return s
}

func (s *Set) add(one *Standard) {
	s.All = append(s.All, one)
	s.byName[one.Name] = one
	for _, kind := range one.Incidents {
		s.byKind[kind] = append(s.byKind[kind], one)
	}
}

// check calls fail for everything that is wrong with s.
func (s *Standard) check(calendars *calendar.Set, fail func(format string, args ...any)) {
	if err := telemetry.CheckSegment(s.Name); err != nil {
		fail("name: %v", err)
	}
	if s.Title.ZH == "" || s.Title.EN == "" {
		fail("title: give zh and en")
	}
	if len(s.Incidents) == 0 {
		fail("incidents: give the kinds of incident that it is for")
	}
	names(s.Incidents, "incidents", fail)
	names(s.Pause, "pause", fail)
	s.checkPoints(fail)
	switch {
	case s.Limit <= 0:
		fail("limit: give a time, such as 10m")
	case s.Limit > maxLimit:
		fail("limit: %s is more than 366d", s.Limit)
	case s.WarnBefore >= s.Limit:
		fail("warn_before: %s is not less than the limit of %s", s.WarnBefore, s.Limit)
	}
	if len(s.Warn) > 0 && s.WarnBefore == 0 {
		fail("warn: without warn_before there is no warning; give both or none")
	}
	for _, levels := range []struct {
		key    string
		levels []string
	}{{"warn", s.Warn}, {"breach", s.Breach}} {
		for _, level := range levels.levels {
			if err := route.CheckLevel(level); err != nil {
				fail("%s: %v", levels.key, err)
			}
		}
	}
	s.checkCalendar(calendars, fail)
	s.checkLifeSafety(fail)
}

// names checks that each of a list is a name, and stands once.
func names(list []string, key string, fail func(format string, args ...any)) {
	for i, name := range list {
		if err := telemetry.CheckSegment(name); err != nil {
			fail("%s: %v", key, err)
		}
		if slices.Contains(list[:i], name) {
			fail("%s: %q stands twice", key, name)
		}
	}
}

// What clocks may start and stop at, besides events.
var (
	starts = []string{"opened", "acknowledged", "dispatched", "arrived"}
	stops  = []string{"acknowledged", "dispatched", "arrived", "resolved", "cleared"}
)

func (s *Standard) checkPoints(fail func(format string, args ...any)) {
	point := func(p, key string, known []string) {
		if kind, ok := strings.CutPrefix(p, EventPoint); ok {
			if err := telemetry.CheckSegment(kind); err != nil {
				fail("%s: kind of event %v", key, err)
			}
		} else if !slices.Contains(known, p) {
			fail("%s: %q is not one of %s, or %sKIND", key, p, strings.Join(known, ", "), EventPoint)
		}
	}
	point(s.Start, "start", starts)
	if len(s.Stop) == 0 {
		fail("stop: give what stops the clock, such as arrived")
	}
	for i, p := range s.Stop {
		point(p, "stop", stops)
		if p == s.Start {
			fail("stop: %s starts the clock too", p)
		}
		if slices.Contains(s.Stop[:i], p) {
			fail("stop: %q stands twice", p)
		}
	}
}

// anyDay is the day from which limits are tried: how far ahead they reach differs
// by days.
var anyDay = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func (s *Standard) checkCalendar(calendars *calendar.Set, fail func(format string, args ...any)) {
	switch {
	case s.Calendar == ProjectCalendar:
	case !calendars.Has(s.Calendar):
		fail("calendar: there is no %q; use %s, or one of %s", s.Calendar, ProjectCalendar, strings.Join(calendars.Names(), ", "))
	case calendars.Named(s.Calendar).Add(anyDay, s.Limit, time.UTC).IsZero():
		fail("limit: %s of calendar %s do not pass in ten years", s.Limit, s.Calendar)
	}
}

func (s *Standard) checkLifeSafety(fail func(format string, args ...any)) {
	for _, kind := range s.Incidents {
		if !slices.Contains(lifeSafety, kind) {
			continue
		}
		if s.Calendar != calendar.Always {
			fail("calendar: %s is about life safety, whose clocks run always; leave calendar out", kind)
		}
		if len(s.Pause) > 0 {
			fail("pause: %s is about life safety, whose clocks never stand; leave pause out", kind)
		}
		if len(s.Breach) == 0 {
			fail("breach: %s is about life safety; say who is told", kind)
		}
	}
}
