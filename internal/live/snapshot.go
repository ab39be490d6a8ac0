package live

import (
	"cmp"
	"slices"
	"time"

	"steward/internal/telemetry"
)

// Snapshot is the whole state of a scope. It is shared by all subscribers that
// start from it and must not be modified.
type Snapshot struct {
	Seq      uint64 // the first frame to apply on it is Seq+1
	At       telemetry.Millis
	Scope    Scope
	Devices  []DeviceState // in no order; empty when Omitted
	Omitted  bool          // the scope has more devices than are sent singly
	Dangers  []Danger      // oldest first
	Events   []*telemetry.Event
	Rejected []*Rejected // in order of arrival
	Groups   []Group     // in order of appearance
	Totals   Totals

	// How many events of each severity and how many rejected messages the board
	// keeps: who applies frames forgets the oldest beyond them.
	MaxEvents   int
	MaxRejected int

	shared shared
}

// Shared is Frame.Shared for a snapshot.
func (s *Snapshot) Shared(build func(*Snapshot) any) any {
	return s.shared.get(func() any { return build(s) })
}

// Snapshot returns the state of a scope as of the last publication.
func (b *Board) Snapshot(s Scope) *Snapshot {
	b.mu.Lock()
	defer b.mu.Unlock()
	if f := b.feeds.byScope[s]; f != nil {
		return b.snapshotOf(f)
	}
	who := b.audience(s.Allowed)
	return b.snapshot(s, who, b.tooWide(s.Detail, who))
}

// snapshotOf makes the snapshot on which the feed's next frame applies, or
// takes the one that was made since the last frame: many subscribers come at
// once when a network does. The caller holds b.mu.
func (b *Board) snapshotOf(f *feed) *Snapshot {
	if f.snap == nil {
		f.snap = b.snapshot(f.scope, f.who, f.wide)
		f.snap.Seq = f.head
	}
	return f.snap
}

func (b *Board) snapshot(scope Scope, who *audience, wide bool) *Snapshot {
	s := &Snapshot{
		At:          telemetry.MillisOf(time.Now()),
		Scope:       scope,
		Omitted:     wide,
		Totals:      who.totals,
		MaxEvents:   b.opts.MaxEvents,
		MaxRejected: b.opts.MaxRejected,
	}
	for _, g := range b.groups.order {
		if g.published.Devices > 0 && who.may(g) && scope.Overview.matchesGroup(&g.id) {
			s.Groups = append(s.Groups, g.published)
		}
	}
	if !wide {
		s.Devices = b.states(scope.Detail, who)
	}
	for d, g := range b.dangers.byDevice {
		if len(g.reports) > 0 && who.may(d.group) && scope.Overview.Matches(&d.id) {
			s.Dangers = append(s.Dangers, g.state())
		}
	}
	slices.SortFunc(s.Dangers, func(x, y Danger) int {
		return cmp.Or(cmp.Compare(x.First.TS, y.First.TS), cmp.Compare(x.First.Device.String(), y.First.Device.String()))
	})
	for _, list := range b.events.lists {
		for _, e := range list {
			if scope.Detail.Matches(e.Device) && who.maySee(e.Device, b.groups.find(e.Device)) {
				s.Events = append(s.Events, e)
			}
		}
	}
	slices.SortStableFunc(s.Events, func(x, y *telemetry.Event) int { return cmp.Compare(x.TS, y.TS) })
	for _, r := range b.letters.list {
		if sender := r.sender(); who.allowed.Covers(placeOfTopic(r.Topic)) && scope.Detail.Matches(&sender) {
			s.Rejected = append(s.Rejected, r)
		}
	}
	return s
}

// states copies the devices of filter that who may see.
func (b *Board) states(filter Filter, who *audience) []DeviceState {
	var selected []*device
	n := 0
	for _, g := range b.groups.order {
		if !filter.matchesGroup(&g.id) || !who.may(g) {
			continue
		}
		for _, d := range g.devices {
			if filter.Matches(&d.id) {
				selected = append(selected, d)
				n += len(d.slots)
			}
		}
	}
	return copied(selected, n, nil)
}
