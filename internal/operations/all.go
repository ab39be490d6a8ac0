package operations

import (
	"context"
	"time"

	"steward/internal/authz"
)

// Fault is what is wrong with one of many records.
type Fault struct {
	Index int // of the record
	Problem
}

// MaxFaults bounds what is told of many records: where all is wrong it is the same
// thing.
const MaxFaults = 10_000

// Teller is whoever tells of records, and what he may.
type Teller struct {
	// Project is the zone of a project of which he may tell; !ok when there is none, or
	// it is not his, which look the same.
	Project func(ctx context.Context, at authz.Place) (zone *time.Location, ok bool, err error)
	// Level reports whether he may tell of inspections of a project by its region or
	// headquarters.
	Level func(level string, at authz.Place) bool
	// Local: times without a zone are those of the project.
	Local bool
}

// ReadAll makes records of what somebody sent, and says everything that is wrong
// with them; the records are good when that is nothing. An error is one of Project.
func (k *Kind) ReadAll(ctx context.Context, given []Given, a Arrival, t Teller) (records []Record, faults []Fault, err error) {
	projects := &projectsOf{ctx: ctx, ask: t.Project, known: map[authz.Place]projectOf{}}
	if t.Local {
		a.Zone = projects.zone
	}
	seen := make(map[Key]bool, len(given))
	for i, g := range given {
		r, problems := k.Read(g, a)
		h := r.Of()
		if h.Region != "" && h.Project != "" && !projects.of(h.Place).ok {
			problems = []Problem{{"project", h.String(), "is no project of which you may tell: it must be in the registry, and yours to keep"}}
		} else if level := LevelOfID(h.ID); k == &inspections && level != LevelProject && len(problems) == 0 && !t.Level(level, h.Place) {
			problems = []Problem{{"level", level, "is for those who keep the whole " + map[string]string{LevelRegion: "region", LevelHQ: "company"}[level]}}
		}
		if seen[KeyOf(r)] && len(problems) == 0 {
			problems = []Problem{{"id", h.ID, "is that of an earlier one too: a record is told once"}}
		}
		seen[KeyOf(r)] = true
		for _, p := range problems {
			if len(faults) < MaxFaults {
				faults = append(faults, Fault{i, p})
			}
		}
		records = append(records, r)
	}
	return records, faults, projects.err
}

// projectsOf asks for each project once.
type projectsOf struct {
	ctx   context.Context
	ask   func(context.Context, authz.Place) (*time.Location, bool, error)
	known map[authz.Place]projectOf
	err   error // the first
}

type projectOf struct {
	zone *time.Location
	ok   bool
}

func (p *projectsOf) of(at authz.Place) projectOf {
	found, known := p.known[at]
	if known || p.err != nil {
		return found
	}
	if found.zone, found.ok, p.err = p.ask(p.ctx, at); found.zone == nil {
		found.zone = time.UTC
	}
	p.known[at] = found
	return found
}

// zone is UTC for what is no project: that is told besides.
func (p *projectsOf) zone(at authz.Place) *time.Location {
	if at.Region == "" || at.Project == "" {
		return time.UTC
	}
	if zone := p.of(at).zone; zone != nil {
		return zone
	}
	return time.UTC
}
