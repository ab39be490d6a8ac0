package standards

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"steward/internal/authz"
	"steward/internal/incident"
)

// ledger is the clocks of a run, ordered by place when all are there.
type ledger struct {
	clocks []clock
	voids  map[spot]int // by standard and site
	// unusable is how many clocks of the period have times that cannot be meant, by
	// standard and site.
	unusable map[spot]int

	rules     map[string]titled
	sites     map[authz.Place]*site
	standards map[string]*named
	texts     map[string]string
}

// titled is what a rule was called by the last incident that it raised.
type titled struct {
	at    time.Time
	title incident.Text
}

// maxClocks bounds what is judged at once: some 120 bytes each.
const maxClocks = 10_000_000

// gather reads the incidents. Those of the days before the period are read to see
// which repairs lasted.
func (r *runner) gather(ctx context.Context) error {
	r.log = ledger{voids: map[spot]int{}, unusable: map[spot]int{}, rules: map[string]titled{}, sites: map[authz.Place]*site{}, standards: map[string]*named{}, texts: map[string]string{}}
	known := r.From
	if r.Contractor != nil {
		known = known.AddDate(0, 0, -r.RepeatDays)
	}
	read := int64(0)
	err := r.Incidents.Each(ctx, known, r.To, func(i *incident.Incident) error {
		if read++; read%1000 == 0 {
			r.Progress(read, 0, "incidents")
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		if i.Shadow || !i.StartedAt.Before(r.To) {
			return nil
		}
		return r.take(i, known)
	})
	if err != nil {
		return fmt.Errorf("read incidents: %w", err)
	}
	slices.SortFunc(r.log.clocks, func(a, b clock) int {
		return cmp.Or(cmp.Compare(a.site.Region, b.site.Region), cmp.Compare(a.site.Project, b.site.Project),
			cmp.Compare(a.started, b.started), cmp.Compare(a.device, b.device), cmp.Compare(a.incident, b.incident))
	})
	return nil
}

// take adds the clocks of an incident.
func (r *runner) take(i *incident.Incident, known time.Time) error {
	counts := !i.StartedAt.Before(r.From)
	l := &r.log
	for n := range i.Clocks {
		m, standing := r.measure(i, &i.Clocks[n])
		switch {
		case standing == void && counts:
			l.voids[spot{l.standard(&i.Clocks[n]).name, r.site(i.Place).Place}]++
		case standing == unusable && counts:
			l.unusable[spot{l.standard(&i.Clocks[n]).name, r.site(i.Place).Place}]++
		}
		if standing != usable || !counts && !m.running && i.StartedAt.Before(known) {
			continue
		}
		if len(l.clocks) == maxClocks {
			return fmt.Errorf("more than %d clocks: give a shorter period", maxClocks)
		}
		m.site, m.standard = r.site(i.Place), l.standard(&i.Clocks[n])
		m.counts, m.follows = counts, !i.StartedAt.Before(known)
		m.hour = int8(m.created().In(m.site.zone).Hour()) // 0 to 23
		m.cause = l.text(cmp.Or(i.Rule, i.Kind))
		if last := l.rules[i.Rule]; i.Rule != "" && !i.StartedAt.Before(last.at) {
			l.rules[m.cause] = titled{i.StartedAt, i.Title}
		}
		if d, has := i.DeviceRef(); has {
			m.device = l.text(d.String())
			if r.Contractor != nil {
				m.by = l.text(r.Contractor(d))
			}
		}
		if m.over() > 0 {
			m.incident = i.ID
		}
		l.clocks = append(l.clocks, m)
	}
	return nil
}

func (r *runner) site(at authz.Place) *site {
	s := r.log.sites[at]
	if s == nil {
		s = &site{Place: authz.Place{Region: r.log.text(at.Region), Project: r.log.text(at.Project)}, zone: r.Zone(at)}
		if s.zone == nil {
			s.zone = time.UTC
		}
		r.log.sites[at] = s
	}
	return s
}

func (l *ledger) standard(c *incident.Clock) *named {
	s := l.standards[c.Standard]
	if s == nil {
		s = &named{name: c.Standard, title: c.Title}
		l.standards[c.Standard] = s
	}
	return s
}

// text is a text of which one copy is kept: each incident brings its own.
func (l *ledger) text(s string) string {
	if one, ok := l.texts[s]; ok {
		return one
	}
	l.texts[s] = s
	return s
}

// part is the clocks of a place and below.
type part struct {
	at     authz.Place
	clocks []clock
	voids  map[string]int // by standard

	unusable map[string]int // by standard
}

// parts are the company, its regions and its projects, in this order: what is found
// out of all is known when one of them is looked at.
func (l *ledger) parts() []*part {
	all := &part{clocks: l.clocks}
	at := map[authz.Place]*part{{}: all}
	// Clocks lie in order of places, so that those of each are side by side.
	for n := range l.clocks {
		for _, p := range above(l.clocks[n].site.Place)[1:] {
			if at[p] == nil {
				at[p] = &part{at: p, clocks: l.clocks[n:n]}
			}
			at[p].clocks = at[p].clocks[:len(at[p].clocks)+1]
		}
	}
	for v, n := range l.voids {
		for _, p := range above(v.Place) {
			if at[p] == nil {
				at[p] = &part{at: p}
			}
			if at[p].voids == nil {
				at[p].voids = map[string]int{}
			}
			at[p].voids[v.standard] += n
		}
	}
	for v, n := range l.unusable {
		for _, p := range above(v.Place) {
			if at[p] == nil {
				continue // nothing is said of a place of which nothing is usable
			}
			if at[p].unusable == nil {
				at[p].unusable = map[string]int{}
			}
			at[p].unusable[v.standard] += n
		}
	}
	var parts []*part
	for _, p := range at {
		parts = append(parts, p)
	}
	rank := func(p authz.Place) int {
		switch {
		case p.Region == "":
			return 0
		case p.Project == "":
			return 1
		}
		return 2
	}
	slices.SortFunc(parts, func(a, b *part) int {
		return cmp.Or(cmp.Compare(rank(a.at), rank(b.at)), cmp.Compare(a.at.Region, b.at.Region), cmp.Compare(a.at.Project, b.at.Project))
	})
	return parts
}

// above is a place and those that contain it.
func above(p authz.Place) []authz.Place {
	all := []authz.Place{{}}
	if p.Region != "" {
		all = append(all, authz.Place{Region: p.Region})
		if p.Project != "" {
			all = append(all, p)
		}
	}
	return all
}
