package route

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"steward/internal/authz"
	"steward/internal/calendar"
	"steward/internal/incident"
	"steward/internal/telemetry"
	"steward/internal/yamlfile"
)

// Bounds of a file: more is a mistake.
const (
	maxContacts  = 10_000
	maxSchedules = 1000
	maxPolicies  = 200
	maxLayers    = 10
	maxTurns     = 100 // contacts of a layer
	maxSteps     = 20
	maxAfter     = 30 * 24 * time.Hour
)

// defaultZone is that of a file that names none.
const defaultZone = "Asia/Shanghai"

// Parse reads the escalation; calendars are those that it may name. The error
// joins everything that is wrong.
func Parse(path string, text []byte, calendars *calendar.Set) (*Plan, error) {
	var f file
	if err := yamlfile.Decode(path, text, &f); err != nil {
		return nil, err
	}
	zone, err := time.LoadLocation(defaultZone)
	if err != nil {
		zone = time.FixedZone(defaultZone, 8*60*60) // a system without time zones
	}
	p := &parser{
		path: path, calendars: calendars, zone: f.Zone.or(zone),
		plan: &Plan{contacts: map[string]*Contact{}, schedules: map[string]*Schedule{}, at: map[authz.Place][]*Contact{}},
	}
	p.most(len(f.Contacts), maxContacts, "contacts")
	p.most(len(f.Schedules), maxSchedules, "schedules")
	p.most(len(f.Policies), maxPolicies, "policies")
	if len(p.errs) == 0 {
		// In this order: policies name schedules, and both name contacts.
		for i := range f.Contacts {
			p.contact(&f.Contacts[i])
		}
		for i := range f.Schedules {
			p.schedule(&f.Schedules[i])
		}
		for i := range f.Policies {
			p.policy(&f.Policies[i])
		}
		p.everybody()
	}
	if len(p.errs) > 0 {
		return nil, errors.Join(p.errs...)
	}
	return p.plan, nil
}

type parser struct {
	path      string
	calendars *calendar.Set
	zone      *time.Location
	plan      *Plan
	errs      []error
}

func (p *parser) fail(line int, format string, args ...any) {
	p.errs = append(p.errs, yamlfile.Errorf(p.path, line, format, args...))
}

func (p *parser) most(have, most int, key string) {
	if have > most {
		p.fail(0, "%s: %d are more than %d", key, have, most)
	}
}

// known finds a calendar that must exist.
func (p *parser) known(line int, key, name string) *calendar.Calendar {
	if !p.calendars.Has(name) {
		p.fail(line, "%s: calendar: there is no %q; have %s", key, name, strings.Join(p.calendars.Names(), ", "))
	}
	return p.calendars.Named(name)
}

func (p *parser) contact(t *contactText) {
	key := "contact " + t.Name
	c := &Contact{Name: t.Name, Lang: t.Lang, Channels: t.Channels, Line: t.Line}
	if err := telemetry.CheckSegment(t.Name); err != nil {
		p.fail(t.Line, "contact name: %v", err)
	}
	if p.plan.contacts[t.Name] != nil {
		p.fail(t.Line, "%s: name: stands twice", key)
	}
	if t.Place == nil {
		p.fail(t.Line, "%s: place: give hq, a region, or region/project", key)
	} else {
		c.Place = authz.Place(*t.Place)
	}
	switch t.Lang {
	case "zh", "en":
	case "":
		c.Lang = "zh"
	default:
		p.fail(t.Line, "%s: lang: %q is not zh or en", key, t.Lang)
	}
	if len(t.Channels) == 0 {
		p.fail(t.Line, "%s: channels: give at least one of channels.yaml", key)
	}
	for i, name := range t.Channels {
		if err := telemetry.CheckSegment(name); err != nil {
			p.fail(t.Line, "%s: channels: %v", key, err)
		}
		if slices.Contains(t.Channels[:i], name) {
			p.fail(t.Line, "%s: channels: %q stands twice", key, name)
		}
	}
	if t.Quiet != nil {
		c.Quiet = p.quiet(key+": quiet", t.Quiet)
	}
	p.plan.Contacts = append(p.plan.Contacts, c)
	p.plan.contacts[c.Name] = c
	p.plan.at[c.Place] = append(p.plan.at[c.Place], c)
}

func (p *parser) quiet(key string, t *quietText) *Quiet {
	q := &Quiet{Zone: t.Zone.or(p.zone)}
	switch {
	case (t.Start == nil) != (t.End == nil):
		p.fail(t.Line, "%s: give both start and end, or a calendar alone", key)
	case t.Start == nil && t.Calendar == "":
		p.fail(t.Line, "%s: give start and end, or a calendar, or both", key)
	case t.Start != nil && *t.Start%calendar.EndOfDay == *t.End%calendar.EndOfDay:
		p.fail(t.Line, "%s: from %s to %s is all day: nothing would ever be sent", key, t.Start, t.End)
	case t.Start != nil:
		q.Start, q.End = *t.Start, *t.End
	}
	if t.Calendar != "" {
		q.Calendar = p.known(t.Line, key, t.Calendar)
	}
	return q
}

func (p *parser) schedule(t *scheduleText) {
	key := "schedule " + t.Name
	s := &Schedule{Name: t.Name, Zone: t.Zone.or(p.zone), Line: t.Line}
	if err := telemetry.CheckSegment(t.Name); err != nil {
		p.fail(t.Line, "schedule name: %v", err)
	}
	if p.plan.schedules[t.Name] != nil {
		p.fail(t.Line, "%s: name: stands twice", key)
	}
	if t.Place == nil {
		p.fail(t.Line, "%s: place: give hq, a region, or region/project", key)
	} else {
		s.Place = authz.Place(*t.Place)
	}
	if len(t.Layers) == 0 {
		p.fail(t.Line, "%s: layers: give at least one", key)
	}
	p.most(len(t.Layers), maxLayers, key+": layers")
	for i := range t.Layers {
		s.Layers = append(s.Layers, p.layer(fmt.Sprintf("%s: layer %d", key, i+1), &t.Layers[i]))
	}
	p.plan.Schedules = append(p.plan.Schedules, s)
	p.plan.schedules[s.Name] = s
}

func (p *parser) layer(key string, t *layerText) Layer {
	l := Layer{Contacts: t.Contacts, Start: t.Start, Only: t.Only}
	if len(t.Contacts) == 0 {
		p.fail(t.Line, "%s: contacts: give those who take turns", key)
	}
	p.most(len(t.Contacts), maxTurns, key+": contacts")
	for _, name := range t.Contacts {
		if p.plan.contacts[name] == nil {
			p.fail(t.Line, "%s: contacts: there is no %q under contacts", key, name)
		}
	}
	switch t.Turn {
	case "day":
		l.Days = 1
	case "week":
		l.Days = 7
	default:
		p.fail(t.Line, "%s: turn: %q is not day or week", key, t.Turn)
	}
	switch {
	case t.Handover == nil:
		p.fail(t.Line, "%s: handover: give the time of day, such as \"09:00\"", key)
	case *t.Handover == calendar.EndOfDay:
		p.fail(t.Line, "%s: handover: 24:00 is \"00:00\" of the next day", key)
	default:
		l.Handover = *t.Handover
	}
	if t.Start.IsZero() {
		p.fail(t.Line, "%s: start: give the day of the first turn; a week's handovers are on its weekday", key)
	}
	switch t.Only {
	case AllTime:
		if t.Calendar != "" {
			p.fail(t.Line, "%s: calendar: say which part of it in only", key)
		}
	case WorkingHours, WorkingDays, DaysOff:
		l.Calendar = p.known(t.Line, key, t.Calendar)
	default:
		p.fail(t.Line, "%s: only: %q is not one of %s, %s, %s", key, t.Only, WorkingHours, WorkingDays, DaysOff)
	}
	return l
}

func (p *parser) policy(t *policyText) {
	key := "policy " + t.Name
	out := &Policy{Name: t.Name, Incidents: t.Incidents, TellResolved: t.TellResolved, Line: t.Line}
	if err := telemetry.CheckSegment(t.Name); err != nil {
		p.fail(t.Line, "policy name: %v", err)
	}
	if slices.ContainsFunc(p.plan.Policies, func(other *Policy) bool { return other.Name == t.Name }) {
		p.fail(t.Line, "%s: name: stands twice", key)
	}
	if i := slices.IndexFunc(p.plan.Policies, (*Policy).everything); i >= 0 {
		p.fail(t.Line, "%s: is never reached, since %s takes everything; put it before that", key, p.plan.Policies[i].Name)
	}
	for _, kind := range t.Incidents {
		if err := telemetry.CheckSegment(kind); err != nil {
			p.fail(t.Line, "%s: incidents: %v", key, err)
		}
	}
	for _, place := range t.Places {
		out.Places = append(out.Places, authz.Place(place))
	}
	p.most(len(t.Steps), maxSteps, key+": steps")
	for i := range t.Steps {
		step := p.step(fmt.Sprintf("%s: step %d", key, i+1), &t.Steps[i])
		if i > 0 && step.After < out.Steps[i-1].After {
			p.fail(t.Steps[i].Line, "%s: step %d: after: %s comes before the step above; put the steps in order of time", key, i+1, step.After)
		}
		out.Steps = append(out.Steps, step)
	}
	p.plan.Policies = append(p.plan.Policies, out)
}

func (p *parser) step(key string, t *stepText) Step {
	s := Step{After: t.After.Std(), Tell: t.Tell, Unless: incident.State(t.Unless)}
	if s.After > maxAfter {
		p.fail(t.Line, "%s: after: %s is more than 30d", key, s.After)
	}
	if len(t.Tell) == 0 {
		p.fail(t.Line, "%s: tell: say who, such as [project]", key)
	}
	for _, level := range t.Tell {
		if err := p.plan.CheckLevel(level); err != nil {
			p.fail(t.Line, "%s: tell: %v", key, err)
		}
	}
	switch s.Unless {
	case "", incident.Acknowledged, incident.Dispatched, incident.Arrived:
	default:
		p.fail(t.Line, "%s: unless: %q is not one of acknowledged, dispatched, arrived", key, t.Unless)
	}
	for _, name := range t.Severities {
		severity, err := telemetry.ParseSeverity(name)
		if err != nil {
			p.fail(t.Line, "%s: severities: %v", key, err)
		}
		s.Severities = append(s.Severities, severity)
	}
	return s
}

// everybody checks that no incident is without a policy, and that no policy that
// takes every kind of incident leaves danger to life for later.
func (p *parser) everybody() {
	if n := len(p.plan.Policies); n == 0 || !p.plan.Policies[n-1].everything() {
		p.fail(0, "policies: the last one must be for everything, without incidents and places, so that nothing is told to nobody")
	}
	for _, policy := range p.plan.Policies {
		atOnce := func(s Step) bool { return s.After == 0 && s.Unless == "" && s.For(telemetry.LifeSafety) }
		if len(policy.Incidents) == 0 && !slices.ContainsFunc(policy.Steps, atOnce) {
			p.fail(policy.Line, "policy %s: steps: nobody is told of life_safety at once; add a step with after: 0s", policy.Name)
		}
	}
}
