package route

import (
	"fmt"
	"strings"
	"time"

	"steward/internal/authz"
	"steward/internal/telemetry"
)

// The levels of an escalation.
const (
	levelProject = "project"
	levelRegion  = "region"
	levelHQ      = "hq"
	levelOnCall  = "oncall"   // who is on call at the place; oncall:NAME for one schedule
	levelContact = "contact:" // and a name
)

// CheckLevel accepts what names a level: project, region, hq, oncall,
// oncall:NAME, contact:NAME. Whether the named one exists is [Plan.CheckLevel]'s
// to say.
func CheckLevel(level string) error {
	kind, name, named := strings.Cut(level, ":")
	switch {
	case !named && (kind == levelProject || kind == levelRegion || kind == levelHQ || kind == levelOnCall):
		return nil
	case named && (kind == levelOnCall || kind+":" == levelContact):
		return telemetry.CheckSegment(name)
	}
	return fmt.Errorf("level %.80q is not one of project, region, hq, oncall, oncall:NAME, contact:NAME", level)
}

// CheckLevel accepts a level whose schedule or contact exists.
func (p *Plan) CheckLevel(level string) error {
	if err := CheckLevel(level); err != nil {
		return err
	}
	kind, name, named := strings.Cut(level, ":")
	switch {
	case named && kind == levelOnCall && p.schedules[name] == nil:
		return fmt.Errorf("there is no on-call schedule %q; enter it under schedules", name)
	case named && kind != levelOnCall && p.contacts[name] == nil:
		return fmt.Errorf("there is no contact %q; enter it under contacts", name)
	}
	return nil
}

// told are the contacts of a level for an incident at a place.
func (p *Plan) told(level string, place authz.Place, at time.Time, overrides []Override) []*Contact {
	kind, name, named := strings.Cut(level, ":")
	switch {
	case !named && kind == levelRegion:
		place.Project = ""
	case !named && kind == levelHQ:
		place = authz.HQ
	case !named && kind == levelOnCall:
		return p.onCallAt(place, at, overrides)
	case named && kind == levelOnCall:
		s := p.schedules[name]
		if s == nil {
			break
		}
		if all := p.onCall(s, at, overrides); len(all) > 0 {
			return all
		}
		place = s.Place
	case named:
		if c := p.contacts[name]; c != nil {
			return []*Contact{c}
		}
	}
	return p.upward(place)
}

// upward are the contacts at the nearest place, going up, that has any.
func (p *Plan) upward(place authz.Place) []*Contact {
	for {
		if all := p.at[place]; len(all) > 0 || place == authz.HQ {
			return all
		}
		place = above(place)
	}
}

// above is the place that a place belongs to.
func above(place authz.Place) authz.Place {
	if place.Project == "" {
		return authz.HQ
	}
	return authz.Place{Region: place.Region}
}

// onCallAt are those on call at the nearest place, going up, that has somebody on
// call; without any, those whom the place would tell.
func (p *Plan) onCallAt(place authz.Place, at time.Time, overrides []Override) []*Contact {
	for near := place; ; near = above(near) {
		var all []*Contact
		for _, s := range p.Schedules {
			if s.Place == near {
				all = append(all, p.onCall(s, at, overrides)...)
			}
		}
		if len(all) > 0 {
			return all
		}
		if near == authz.HQ {
			return p.upward(place)
		}
	}
}
