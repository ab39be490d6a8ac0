package energy

import (
	"context"
	"fmt"
	"slices"

	"steward/internal/findings"
)

// identity names a finding within its place.
func identity(s *findings.Seen) string { return s.Kind + " " + s.Subject }

// recall asks what became of all that was found at the project.
func (v *visit) recall(ctx context.Context) (err error) {
	if v.Sink == nil {
		return nil
	}
	if v.known, err = v.Sink.Known(ctx, v.at); err != nil {
		return fmt.Errorf("known findings: %w", err)
	}
	return nil
}

// settled are the identities of what is seen and is no waste: what somebody dismissed,
// and, in a run about today, what was mended and verified, which a trailing period goes
// on to show for a while.
func (v *visit) settled() map[string]bool {
	m := map[string]bool{}
	for i := range v.known {
		if f := &v.known[i]; f.State == findings.Dismissed || f.State == findings.Verified && v.isCurrent() {
			m[identity(&f.Seen)] = true
		}
	}
	return m
}

// split parts what is settled from what is not.
func split(seen []findings.Seen, settled map[string]bool) (open, closed []findings.Seen) {
	for _, s := range seen {
		if settled[identity(&s)] {
			closed = append(closed, s)
		} else {
			open = append(open, s)
		}
	}
	return open, closed
}

// standing are the findings that count as waste: not what is settled, nor what meters
// before that see of it, for which reason they were not told.
func standing(all, shown []findings.Seen, settled map[string]bool, e *estate) []findings.Seen {
	rest, _ := split(all, settled)
	if len(rest) == len(all) {
		return all
	}
	was := map[string]bool{}
	for i := range shown {
		was[identity(&shown[i])] = true
	}
	alone := map[string]bool{} // that would be told if what is settled were not there
	for _, s := range told(rest, e) {
		alone[identity(&s)] = true
	}
	return slices.DeleteFunc(rest, func(s findings.Seen) bool { return alone[identity(&s)] && !was[identity(&s)] })
}
