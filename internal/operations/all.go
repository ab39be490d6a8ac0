package operations

import (
	"context"
	"fmt"
	"slices"
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
		fine := func(fields ...string) bool {
			return !slices.ContainsFunc(problems, func(p Problem) bool { return slices.Contains(fields, p.Field) })
		}
		named := fine("region", "project", "id")
		if h.Region != "" && h.Project != "" && fine("region", "project") && !projects.of(h.Place).ok {
			problems = append([]Problem{{"project", h.String(), "is no project of which you may tell: it must be in the registry, and yours to keep"}}, problems...)
		}
		if level := LevelOfID(h.ID); k == &inspections && level != LevelProject && fine("region", "project", "id", "level") && !t.Level(level, h.Place) {
			problems = append(problems, Problem{"level", level, fmt.Sprintf("is for those who keep the whole %s", map[string]string{LevelRegion: "region", LevelHQ: "company"}[level])})
		}
		if named {
			if seen[KeyOf(r)] {
				problems = append(problems, Problem{"id", h.ID, "is that of an earlier one too: a record is told once"})
			}
			seen[KeyOf(r)] = true
		}
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

// easternmost is where a day begins first. Of what is no project the zone is not known, and a
// time that may have been is not to be called one of the future: that it is no project
// is told besides.
var easternmost = time.FixedZone("", 14*60*60)

func (p *projectsOf) zone(at authz.Place) *time.Location {
	if at.Region == "" || at.Project == "" {
		return easternmost
	}
	if found := p.of(at); found.ok {
		return found.zone
	}
	return easternmost
}
