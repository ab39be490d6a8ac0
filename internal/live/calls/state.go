package calls

import (
	"cmp"
	"slices"

	"steward/internal/authz"
	"steward/internal/incident"
	"steward/internal/telemetry"
)

// state is what is known up to one entry.
type state struct {
	maxOpen, maxEntries int

	head    int64                // the newest entry that was taken
	tail    int64                // ring holds every entry after this one
	ring    []*line              // in order of seq
	calls   map[string]*call     // by incident
	open    int                  // of calls
	refused map[authz.Place]bool // where some were left out
	cut     bool                 // the store did not tell of all
}

// call is one incident: an open one, or one that the ring tells of.
type call struct {
	place   authz.Place
	class   telemetry.Class
	text    []byte // JSON of its newest state
	version int64
	open    bool
	lines   int // of the ring that are about it
}

// line is one entry of a timeline.
type line struct {
	seq      int64
	incident string
	call     *call
	text     []byte // JSON
}

func newState(o *Options) *state {
	return &state{maxOpen: o.MaxOpen, maxEntries: o.MaxEntries, calls: map[string]*call{}, refused: map[authz.Place]bool{}}
}

// put notes how an incident is now. One that there is no room for is left out,
// with everything that its timeline says.
func (s *state) put(p *picture) {
	c := s.calls[p.id]
	if c == nil {
		room := s.maxOpen
		if p.grave {
			room *= 2
		}
		if p.open && s.open >= room {
			s.refused[p.place] = true
			return
		}
		c = &call{place: p.place, class: p.class}
		s.calls[p.id] = c
	}
	if p.version < c.version {
		return
	}
	if c.open != p.open {
		c.open = p.open
		if p.open {
			s.open++
		} else {
			s.open--
		}
	}
	c.text, c.version = p.text, p.version
}

// take adds what follows head: incidents as they are now, and the lines of
// their timelines up to seq.
func (s *state) take(pictures []picture, lines []*line, seq int64) {
	for i := range pictures {
		s.put(&pictures[i])
	}
	for _, l := range lines {
		l.call = s.calls[l.incident]
		if l.call == nil {
			continue // of a rule on trial, or without room
		}
		l.call.lines++
		s.ring = append(s.ring, l)
	}
	for i := range pictures {
		s.forget(pictures[i].id)
	}
	if drop := len(s.ring) - s.maxEntries; drop > 0 {
		for _, l := range s.ring[:drop] {
			s.tail = l.seq
			l.call.lines--
			s.forget(l.incident)
		}
		s.ring = slices.Delete(s.ring, 0, drop)
	}
	s.head = seq
}

// forget lets go of an incident that is over and that nothing tells of.
func (s *state) forget(id string) {
	if c := s.calls[id]; c != nil && !c.open && c.lines == 0 {
		delete(s.calls, id)
	}
}

// roomAgain reports whether incidents that were refused could be taken now.
func (s *state) roomAgain() bool {
	return (len(s.refused) > 0 || s.cut) && s.open <= s.maxOpen*3/4
}

// since is the part of the ring after a sequence number.
func (s *state) since(seq int64) []*line {
	at, _ := slices.BinarySearchFunc(s.ring, seq+1, func(l *line, seq int64) int { return cmp.Compare(l.seq, seq) })
	return s.ring[at:]
}

// picture is an incident at one time, ready to be sent.
type picture struct {
	id      string
	place   authz.Place
	class   telemetry.Class
	version int64
	open    bool
	grave   bool // danger to life
	text    []byte
}

// pictures are incidents as clients see them; those of rules on trial are not
// shown.
func pictures(list []incident.Incident) []picture {
	out := make([]picture, 0, len(list))
	for i := range list {
		in := &list[i]
		if in.Shadow {
			continue
		}
		out = append(out, picture{
			id: in.ID, place: in.Place, class: in.Class, version: in.Version, open: in.Open(), grave: in.LifeSafety(), text: encodeIncident(in),
		})
	}
	return out
}

// linesOf are the entries of pictures as clients see them.
func linesOf(entries []incident.Entry) []*line {
	out := make([]*line, len(entries))
	for i := range entries {
		out[i] = &line{seq: entries[i].Seq, incident: entries[i].Incident, text: encodeEntry(&entries[i])}
	}
	return out
}
