package findings

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"steward/internal/authz"
)

// The most that is kept, in bytes.
const (
	maxName     = 300 // of a kind, subject, building or medium
	maxText     = 2000
	maxNote     = 2000
	maxEvidence = 64 << 10
)

// shown is what was seen, as it is kept.
type shown struct {
	*Seen
	body, evidence string
}

// identity names a finding within its place, as in the looked of Sync.
func (s *Seen) identity() string { return s.Kind + " " + s.Subject }

// show checks what a job saw at a place, and brings it into the form that is kept.
func show(s Seen, at authz.Place) (*shown, error) {
	for _, f := range []struct {
		name, value string
		needed      bool
	}{{"kind", s.Kind, true}, {"subject", s.Subject, true}, {"medium", s.Medium, false}, {"building", s.Building, false}} {
		switch {
		case f.value == "" && f.needed:
			return nil, fmt.Errorf("%s is empty: name what was found", f.name)
		case f.value != clean(f.value, maxName):
			return nil, fmt.Errorf("%s %.80q is not a name of at most %d bytes in UTF-8", f.name, f.value, maxName)
		}
	}
	if s.Place != (authz.Place{}) && s.Place != at {
		return nil, errors.New("place is not the one that is synchronized")
	}
	for _, t := range []struct {
		name string
		at   time.Time
	}{{"since", s.Since}, {"until", s.Until}} {
		if t.at.Year() < 1970 || t.at.Year() >= 2200 {
			return nil, fmt.Errorf("%s %s is not between 1970 and 2200", t.name, t.at.Format(time.RFC3339))
		}
	}
	if s.Until.Before(s.Since) {
		return nil, fmt.Errorf("until %s is before since, %s", s.Until.Format(time.RFC3339), s.Since.Format(time.RFC3339))
	}
	if !(s.Score >= 0 && s.Score <= 1) {
		return nil, fmt.Errorf("confidence %v is not between 0 and 1", s.Score)
	}
	if !(s.N >= 0) || math.IsInf(s.N, 0) || !(s.Coverage >= 0 && s.Coverage <= 1) {
		return nil, fmt.Errorf("n %v or coverage %v is not a number that can be", s.N, s.Coverage)
	}
	for _, a := range []struct {
		name   string
		amount *Amount
	}{{"a_year", &s.Rate}, {"a_year_cny", &s.RateCNY}, {"so_far", &s.Sofar}, {"so_far_cny", &s.SofarCNY}} {
		if err := a.amount.check(); err != nil {
			return nil, fmt.Errorf("%s: %w", a.name, err)
		}
	}
	s.Title.ZH, s.Title.EN = clean(s.Title.ZH, maxText), clean(s.Title.EN, maxText)
	s.Advice.ZH, s.Advice.EN = clean(s.Advice.ZH, maxText), clean(s.Advice.EN, maxText)
	s.Since, s.Until = s.Since.UTC().Truncate(time.Millisecond), s.Until.UTC().Truncate(time.Millisecond)
	out := &shown{Seen: &s, evidence: string(s.Evidence)}
	switch {
	case len(s.Evidence) > maxEvidence:
		return nil, fmt.Errorf("evidence has %d bytes: %d are the most", len(s.Evidence), maxEvidence)
	case len(s.Evidence) > 0 && (!json.Valid(s.Evidence) || out.evidence != clean(out.evidence, maxEvidence)):
		return nil, errors.New("evidence is not JSON in UTF-8")
	}
	s.Evidence = nil
	body, err := json.Marshal(s)
	out.body = string(body)
	return out, err
}

// check refuses what is not a finite number, and bounds the texts.
func (a *Amount) check() error {
	for _, v := range []*float64{a.Value, a.Low, a.High} {
		if v != nil && (math.IsNaN(*v) || math.IsInf(*v, 0)) {
			return fmt.Errorf("%v is not finite: leave it out and say why", *v)
		}
	}
	a.Unit, a.Why = clean(a.Unit, maxName), clean(a.Why, maxText)
	return nil
}
