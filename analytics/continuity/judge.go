package continuity

import (
	"math"

	"steward/internal/telemetry"
)

// judge says what became of the counter from a to reading i, the next one.
func (c *counter) judge(a Reading, i int) step {
	b := c.readings[i]
	length := b.TS - a.TS
	if length > MaxGap {
		return step{kind: Gap, unknown: true}
	}
	if c.elsewhere(a, b) {
		return step{kind: Replaced, unknown: true}
	}
	// Somebody who says that the counter was exchanged is believed before what its
	// values look like, as long as the values do not contradict.
	if s, ok := c.marked(a, b, 0); ok {
		return s
	}
	rise := b.Value - a.Value
	if !c.pace.known && rise > 0 && stray(c.readings, i) {
		return step{kind: Glitch, skip: 1}
	}
	if c.pace.allows(rise, length) {
		return step{amount: rise}
	}
	if n := c.outOfLine(a, i); n > 0 {
		return step{kind: Glitch, skip: n}
	}
	if s, ok := c.marked(a, b, markSlack); ok {
		return s
	}
	if rise >= 0 {
		return step{kind: Jump, unknown: true}
	}
	if used, ok := c.rolledOver(a, b); ok {
		return step{kind: Rollover, amount: used}
	}
	if c.fromZero(a, b) {
		return step{kind: Reset, amount: b.Value}
	}
	return step{kind: Drop, unknown: true}
}

// elsewhere reports whether the counter was taken away and came back between two
// readings: what it counted meanwhile was used at no place of its own.
func (c *counter) elsewhere(a, b Reading) bool {
	for k := range c.marks {
		m := &c.marks[k]
		if m.At > b.TS {
			break // they are in order
		}
		if m.Kind == MarkInstalled && m.At > a.TS {
			return true
		}
	}
	return false
}

// narrowest is the narrowest register: meters have four digits at least, and a
// smaller counter that falls has started again.
const narrowest = 1e4

// rolledOver tells what was used if the register passed its highest value.
// The width is the power of ten above all that the register showed.
func (c *counter) rolledOver(a, b Reading) (used float64, ok bool) {
	top := max(c.highest, a.Value)
	if top <= 0 || b.Value < 0 {
		return 0, false
	}
	width := max(narrowest, math.Pow(10, math.Floor(math.Log10(top))+1))
	used = width - a.Value + b.Value
	if math.IsInf(width, 0) || !c.pace.allows(used, b.TS-a.TS) {
		return 0, false
	}
	if !c.pace.known {
		return used, a.Value >= 0.9*width && b.Value <= 0.1*width
	}
	return used, a.Value >= 0.5*width
}

// outOfLine counts the readings from i on after which the counter goes on from a
// as if they had not been; 0 when it does not.
func (c *counter) outOfLine(a Reading, i int) int {
	const most = 256 // readings within the horizon that are looked at
	b := c.readings[i]
	lowest := b.Value
	for j := i + 1; j < len(c.readings) && j-i <= most; j++ {
		r := c.readings[j]
		if r.TS-b.TS > Horizon {
			return 0
		}
		rise := r.Value - a.Value
		if !c.pace.allows(rise, r.TS-a.TS) {
			lowest = min(lowest, r.Value)
			continue
		}
		if b.Value > a.Value {
			if r.Value >= b.Value {
				return 0 // it caught up: a step, not a stray reading
			}
			return j - i
		}
		// A counter that started again from a small value passes it again before
		// long, little by little; one that was misread is back at once.
		back := r.Value - c.readings[j-1].Value
		if back >= 0.8*(a.Value-lowest) || !c.fromZero(a, b) {
			return j - i
		}
		return 0
	}
	return 0
}

// fromZero reports whether the counter may have started again from zero between
// two readings. One that soon after has most of its value still did not; nor, with no
// past to go by, one that has a tenth.
func (c *counter) fromZero(a, b Reading) bool {
	length := b.TS - a.TS
	switch {
	case !c.pace.allows(b.Value, length):
		return false
	case !c.pace.known:
		return b.Value <= a.Value/10
	}
	return length > Horizon || b.Value <= a.Value/2
}

// marked is what a mark says that lies between a and b, or not farther from them than
// slack.
func (c *counter) marked(a, b Reading, slack telemetry.Millis) (step, bool) {
	for k := range c.marks {
		m := &c.marks[k]
		if m.At > b.TS+slack {
			break // they are in order
		}
		if m.used || m.At <= a.TS-slack {
			continue
		}
		if s, ok := c.explain(m, a, b); ok {
			m.used = true
			return s, true
		}
	}
	return step{}, false
}

// explain is what a mark makes of a step, unless the values contradict it.
func (c *counter) explain(m *mark, a, b Reading) (step, bool) {
	length := b.TS - a.TS
	rise := b.Value - a.Value
	switch m.Kind {
	case MarkAccept:
		return step{amount: rise}, rise >= 0
	case MarkRollover:
		if m.New == nil || !(*m.New > a.Value) || b.Value < 0 || rise >= 0 {
			return step{}, false
		}
		used := *m.New - a.Value + b.Value
		return step{kind: Rollover, amount: used}, finite(used)
	case MarkReplaced, MarkReset:
	default:
		return step{}, false
	}
	kind := Replaced
	if m.Kind == MarkReset {
		kind = Reset
	}
	// What the old counter still counted, and the new one since.
	old, oldOK := 0.0, false
	if m.Old != nil {
		old = *m.Old - a.Value
		oldOK = c.pace.allows(old, length)
	}
	from := 0.0
	if m.New != nil {
		from = *m.New
	}
	since := b.Value - from
	sinceOK := c.pace.allows(since, length)
	if m.New == nil && !c.pace.known {
		sinceOK = b.Value <= a.Value/10
	}
	plain := c.pace.allows(rise, length)
	switch {
	case plain && !c.pace.known && since > rise:
		return step{}, false // nothing but the mark speaks for a new counter
	case oldOK && sinceOK:
		return step{kind: kind, amount: old + since}, finite(old + since)
	case sinceOK && (!plain || m.New != nil):
		return step{kind: kind, amount: since}, true
	case plain:
		return step{}, false // it went on as before
	case oldOK:
		return step{kind: kind, amount: old, suspect: true}, true
	}
	// Another counter, of which is not known where it began.
	return step{kind: kind, unknown: true}, true
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
