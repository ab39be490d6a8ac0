package incident

import (
	"fmt"
	"strings"
	"time"

	"steward/internal/controldb"
	"steward/internal/telemetry"
)

// maxSilence is how long a silence may last: one that is forgotten ends by itself.
const maxSilence = 366 * 24 * time.Hour

const maxReasonText = 500 // bytes of a reason

// Check says all that is wrong with a silence, as an *InvalidError.
func (s *Silence) Check() error {
	var bad controldb.InvalidError
	add := func(field, value, problem string, args ...any) {
		bad.Fields = append(bad.Fields, controldb.FieldError{Field: field, Value: value, Problem: fmt.Sprintf(problem, args...)})
	}
	s.checkWhat(add)
	s.checkWhen(add)
	switch {
	case strings.TrimSpace(s.Reason) == "":
		add("reason", s.Reason, "empty: say why nobody is to be told")
	case len(s.Reason) > maxReasonText:
		add("reason", s.Reason, "longer than %d bytes", maxReasonText)
	}
	if len(bad.Fields) > 0 {
		return &bad
	}
	return nil
}

func (s *Silence) checkWhat(add func(field, value, problem string, args ...any)) {
	if at := s.Place; at.Validate() != nil {
		add("project", at.String(), "%v", at.Validate())
	}
	if s.Project == "" && s.Building != "" {
		add("building", s.Building, "without its project: give region and project")
	}
	if s.Device != "" && (s.Project == "" || s.Class == "") {
		add("device", s.Device, "without its project and class: give region, project and class")
	}
	if s.Class != "" {
		if _, err := telemetry.ParseClass(string(s.Class)); err != nil {
			add("class", string(s.Class), "not one of meter, elevator, fire, access")
		}
	}
	for _, f := range []struct{ name, value string }{{"building", s.Building}, {"device", s.Device}, {"rule", s.Rule}} {
		if f.value == "" {
			continue
		}
		if err := telemetry.CheckSegment(f.value); err != nil {
			add(f.name, f.value, "%v", err)
		}
	}
}

func (s *Silence) checkWhen(add func(field, value, problem string, args ...any)) {
	switch {
	case s.From.IsZero():
		add("from", "", "missing: say when it begins")
	case s.Until.IsZero():
		add("until", "", "missing: say when it ends")
	case !s.Until.After(s.From):
		add("until", s.Until.Format(time.RFC3339), "not after from, %s", s.From.Format(time.RFC3339))
	case s.Until.Sub(s.From) > maxSilence:
		add("until", s.Until.Format(time.RFC3339), "more than a year after from: a silence that is forgotten must end by itself")
	}
	if s.Start == "" && s.End == "" && s.Zone == "" && len(s.Days) == 0 {
		return
	}
	seen := map[int]bool{}
	for _, d := range s.Days {
		switch {
		case d < 0 || d > 6:
			add("days", fmt.Sprint(d), "not a day: 0 is Sunday, 6 is Saturday")
		case seen[d]:
			add("days", fmt.Sprint(d), "twice")
		}
		seen[d] = true
	}
	if !clockTime(s.Start, "23:59") {
		add("start", s.Start, "not a time from 00:00 to 23:59; what is repeated on days has start and end, 00:00 and 24:00 for whole days")
	}
	if !clockTime(s.End, "24:00") {
		add("end", s.End, "not a time from 00:00 to 24:00; what is repeated on days has start and end, 00:00 and 24:00 for whole days")
	}
	if _, err := time.LoadLocation(s.Zone); err != nil || s.Zone == "" || s.Zone == "Local" {
		add("time_zone", s.Zone, "not a time zone: start and end are in one, such as Asia/Shanghai")
	}
}

// clockTime accepts HH:MM up to a last one.
func clockTime(s, last string) bool {
	if len(s) != 5 || s[2] != ':' || s > last || s[3] > '5' {
		return false
	}
	for _, i := range []int{0, 1, 3, 4} {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
