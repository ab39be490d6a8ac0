package live

import "steward/internal/authz"

// maxTallies is how many places are counted singly: whoever may publish could
// otherwise fill the memory with names that he made up.
const maxTallies = 10_000

// tally counts what a place lost.
type tally struct {
	rejected uint64 // messages
	refused  uint64 // values of devices or metrics over the limits
}

func (t *tally) add(u tally) {
	t.rejected += u.rejected
	t.refused += u.refused
}

// tallies count what each place lost since the board was made, and all places
// together. What has no place, and what is of a place over the limit, is in the
// count of all alone.
type tallies struct {
	limit   int
	shown   map[authz.Place]tally // as of the last publication
	fresh   map[authz.Place]tally // since then
	all     tally
	shownIn tally // all, as of the last publication
}

func newTallies(limit int) tallies {
	return tallies{limit: limit, shown: map[authz.Place]tally{}, fresh: map[authz.Place]tally{}}
}

func (t *tallies) note(p authz.Place, lost tally) {
	if p == authz.HQ {
		return
	}
	one, known := t.fresh[p]
	if !known && len(t.shown)+len(t.fresh) >= t.limit {
		if _, known = t.shown[p]; !known {
			return
		}
	}
	one.add(lost)
	t.fresh[p] = one
}

// refuse counts a value that is over a limit.
func (t *tallies) refuse(p authz.Place) {
	t.all.refused++
	t.note(p, tally{refused: 1})
}

// reject counts the rejected messages of a batch.
func (t *tallies) reject(in *batch) {
	t.all.rejected += in.rejected
	for p, n := range in.rejectedAt {
		t.note(p, tally{rejected: n})
	}
}

// publish shows what is new to the audiences that may know.
func (t *tallies) publish(audiences map[authz.Scope]*audience) {
	t.shownIn = t.all
	for p, lost := range t.fresh {
		one := t.shown[p]
		one.add(lost)
		t.shown[p] = one
		for _, a := range audiences {
			if a.allowed.Covers(p) {
				a.lost.add(lost)
			}
		}
	}
	clear(t.fresh)
}

// within is what was published so far of the places of a scope.
func (t *tallies) within(s authz.Scope) (sum tally) {
	for p, one := range t.shown {
		if s.Covers(p) {
			sum.add(one)
		}
	}
	return sum
}
