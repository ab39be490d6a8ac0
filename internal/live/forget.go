package live

import (
	"strings"

	"steward/internal/telemetry"
)

// erased is what stands where a person was.
const erased = "erased"

// Forget erases a person from the values, events, dangers and rejected messages
// that are kept, and lets every subscriber start again from a snapshot without
// him. person is a pseudonym of the form psn_ and 32 hexadecimal digits;
// anything else is nobody's. It returns how many records it changed.
func (b *Board) Forget(person string) int {
	if !isPseudonym(person) {
		return 0
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.flushLocked() // what waits in the inbox came before the wish to be forgotten
	n := b.forgetValues(person) + b.forgetEvents(person) + b.letters.forget(person)
	if n > 0 {
		for _, f := range b.feeds.byScope {
			f.restart() // their frames still say it
		}
	}
	return n
}

func (b *Board) forgetValues(person string) (n int) {
	for _, d := range b.devices {
		for i := range d.slots {
			if v := &d.slots[i]; v.IsText && strings.Contains(v.Text, person) {
				v.Text = strings.ReplaceAll(v.Text, person, erased)
				n++
			}
		}
	}
	return n
}

// forgetEvents replaces events by copies, since subscribers hold the old ones.
func (b *Board) forgetEvents(person string) (n int) {
	made := map[*telemetry.Event]*telemetry.Event{}
	without := func(e *telemetry.Event) *telemetry.Event {
		if !strings.Contains(e.Attrs, person) {
			return e
		}
		if made[e] == nil {
			c := *e
			c.Attrs = strings.ReplaceAll(e.Attrs, person, erased)
			made[e] = &c
		}
		return made[e]
	}
	for _, list := range b.events.lists {
		for i, e := range list {
			list[i] = without(e)
		}
	}
	for _, g := range b.dangers.byDevice {
		for i, e := range g.reports {
			g.reports[i] = without(e)
		}
	}
	return len(made)
}

func (l *letters) forget(person string) (n int) {
	for i, r := range l.list {
		// A preview may end in the middle of the name.
		preview := withoutEnd(strings.ReplaceAll(r.Preview, person, erased), person)
		if preview != r.Preview {
			c := *r
			c.Preview = preview
			l.list[i] = &c
			n++
		}
	}
	return n
}

// withoutEnd cuts the beginning of person off the end of s, when it is long
// enough to say who it is.
func withoutEnd(s, person string) string {
	for n := len(person) - 1; n > len(pseudonymPrefix)+3; n-- {
		if rest, ok := strings.CutSuffix(s, person[:n]); ok {
			return rest + erased
		}
	}
	return s
}

const (
	pseudonymPrefix = "psn_"
	pseudonymDigits = 32
)

func isPseudonym(s string) bool {
	digits, ok := strings.CutPrefix(s, pseudonymPrefix)
	return ok && len(digits) == pseudonymDigits && strings.Trim(digits, "0123456789abcdef") == ""
}
