package live

import (
	"steward/internal/authz"
	"steward/internal/telemetry"
)

// audience is everybody who may see the same places. What it may see is asked
// once for each group and remembered, and its totals are summed once for all of
// its feeds, so that permissions cost a publication next to nothing.
type audience struct {
	allowed authz.Scope
	sees    []sight // by group.index
	lost    tally   // of single places, as of the last publication
	totals  Totals  // as of the last publication
	feeds   int
}

// sight says whether a group may be seen.
type sight uint8

const (
	unasked sight = iota
	seen
	unseen
)

// audience is that of the scope's feeds, or one of its own for a scope that
// nobody watches.
func (b *Board) audience(s authz.Scope) *audience {
	if a := b.feeds.audiences[s]; a != nil {
		return a
	}
	a := &audience{allowed: s, lost: b.tallies.within(s)}
	a.count(&b.groups, &b.tallies)
	return a
}

// may reports whether the audience sees the devices of g.
func (a *audience) may(g *group) bool {
	for len(a.sees) <= g.index {
		a.sees = append(a.sees, unasked)
	}
	if a.sees[g.index] == unasked {
		a.sees[g.index] = unseen
		if a.allowed.Covers(g.place) {
			a.sees[g.index] = seen
		}
	}
	return a.sees[g.index] == seen
}

// maySee is may for a device whose group is nil when none of it was admitted.
func (a *audience) maySee(d *telemetry.Device, g *group) bool {
	if g != nil {
		return a.may(g)
	}
	return a.allowed.Covers(placeOf(d))
}

// count sums what is published of the groups that the audience sees.
func (a *audience) count(g *groups, t *tallies) {
	lost := a.lost
	if a.allowed.All() {
		lost = t.shownIn
	}
	sum := Totals{Rejected: lost.rejected, Refused: lost.refused}
	for _, e := range g.order {
		if !a.may(e) {
			continue
		}
		sum.Devices += e.published.Devices
		sum.Online += e.published.Online
		sum.Offline += e.published.Offline
		sum.Rate += e.published.Rate
		sum.Lag = max(sum.Lag, e.lastLag)
	}
	a.totals = sum
}
