package schedule

import (
	"cmp"
	"errors"
	"fmt"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"time"

	"steward/analytics/report/compose"
	"steward/analytics/report/render"
	"steward/internal/authz"
	"steward/internal/yamlfile"
)

// Config are the schedules of a file: configs/reports.yaml.
type Config struct {
	Schedules []Schedule
}

// Schedule is a report that is sent each month.
type Schedule struct {
	Name    string
	Report  string
	Place   authz.Place
	Day     int           // of the month
	At      time.Duration // after midnight of the company
	Lang    string
	Formats []string
	Channel string   // of mail, through which it goes
	To      []string // addresses, and contact:NAME; those of the channel when empty
}

type scheduleText struct {
	Line    int      `yaml:"-"`
	Name    string   `yaml:"name"`
	Report  string   `yaml:"report"`
	Scope   string   `yaml:"scope"`
	Day     *int     `yaml:"day"`
	At      string   `yaml:"at"`
	Lang    string   `yaml:"lang"`
	Formats []string `yaml:"formats"`
	Channel string   `yaml:"channel"`
	To      []string `yaml:"to"`
}

// The most of a file and of a schedule. A message has at most 20 addresses.
const (
	maxSchedules = 50
	maxTo        = 20
)

var nameOf = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,63}$`)

// contact is before the name of a contact among the addresses.
const contact = "contact:"

// Parse reads schedules. The error joins everything that is wrong.
func Parse(path string, text []byte) (*Config, error) {
	var f struct {
		Schedules []scheduleText `yaml:"schedules"`
	}
	if err := yamlfile.Decode(path, text, &f); err != nil {
		return nil, err
	}
	var errs []error
	if len(f.Schedules) > maxSchedules {
		errs = append(errs, yamlfile.Errorf(path, 0, "schedules: there are %d; %d are the most", len(f.Schedules), maxSchedules))
		f.Schedules = nil
	}
	cfg := &Config{}
	names := map[string]bool{}
	for i := range f.Schedules {
		t := &f.Schedules[i]
		s, problems := t.schedule()
		if names[t.Name] {
			problems = append(problems, fmt.Sprintf("name: %q stands twice", t.Name))
		}
		names[t.Name] = true
		for _, p := range problems {
			errs = append(errs, yamlfile.Errorf(path, t.Line, "%s", p))
		}
		cfg.Schedules = append(cfg.Schedules, s)
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return cfg, nil
}

func (t *scheduleText) schedule() (s Schedule, problems []string) {
	fail := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	s = Schedule{Name: t.Name, Report: t.Report, Day: 2, At: 8 * time.Hour, Lang: "zh", Formats: []string{render.HTML, render.XLSX}, Channel: t.Channel, To: t.To}
	if !nameOf.MatchString(t.Name) {
		fail("name: %q: give lower case letters, digits, - and _, such as hq-monthly", t.Name)
	}
	if _, known := compose.KindOf(t.Report); !known {
		fail("report: %q is not one of monthly, replacement, energy, response", t.Report)
	}
	var err error
	if s.Place, err = authz.ParsePlace(cmp.Or(t.Scope, "hq")); err != nil {
		fail("scope: %v", err)
	}
	if t.Day != nil {
		// There is a 28th in each month.
		if s.Day = *t.Day; s.Day < 1 || s.Day > 28 {
			fail("day: %d is not between 1 and 28", s.Day)
		}
	}
	if t.At != "" {
		at, err := time.Parse("15:04", t.At)
		if err != nil {
			fail("at: %q is not a time of day such as 08:00", t.At)
		}
		s.At = time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute
	}
	if t.Lang != "" {
		if s.Lang = t.Lang; s.Lang != "zh" && s.Lang != "en" {
			fail("lang: %q is neither zh nor en", t.Lang)
		}
	}
	if len(t.Formats) > 0 {
		s.Formats = t.Formats
	}
	for i, format := range s.Formats {
		if !slices.Contains(render.Formats, format) || slices.Contains(s.Formats[:i], format) {
			fail("formats: %q is not one of %s, each once", format, strings.Join(render.Formats, ", "))
		}
	}
	if t.Channel == "" {
		fail("channel: name the channel of mail through which it goes")
	}
	if len(t.To) > maxTo {
		fail("to: there are %d; %d are the most", len(t.To), maxTo)
	}
	for _, to := range t.To {
		if strings.HasPrefix(to, contact) && len(to) > len(contact) {
			continue
		}
		if _, err := mail.ParseAddress(to); err != nil {
			fail("to: %q is neither an address nor contact:NAME", to)
		}
	}
	return s, problems
}
