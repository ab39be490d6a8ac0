package continuity

import (
	"cmp"
	"math"
	"slices"

	"steward/internal/telemetry"
)

// Consume divides over hours what a counter counted. The readings may be in any
// order and come twice; marks too. Neither list is changed or kept.
func Consume(readings []Reading, marks []Mark, o Options) Result {
	marks = slices.Clone(marks)
	slices.SortStableFunc(marks, func(a, b Mark) int { return cmp.Compare(a.At, b.At) })
	c := &counter{readings: usable(inService(readings, marks), marks), marks: make([]mark, 0, len(marks))}
	for _, m := range marks {
		if m.Kind != MarkIgnore {
			c.marks = append(c.marks, mark{Mark: m})
		}
	}
	if len(c.readings) == 0 {
		return Result{}
	}
	c.pace = paceOf(c.readings, c.marks, o)
	first, last := c.readings[0], c.readings[len(c.readings)-1]
	c.spread = newSpread(first.TS, last.TS, o.Multipliers)
	c.run()
	c.result.Start, c.result.Hours = c.spread.start, c.spread.hours()
	c.result.Breaks = append(c.result.Breaks, c.spread.changes(first.TS, last.TS)...)
	slices.SortStableFunc(c.result.Breaks, func(a, b Break) int { return cmp.Compare(a.TS, b.TS) })
	return c.result
}

// inService are the readings of the times in which the counter was at its place, with
// what people read off it when it came and went: what was used between the last
// reading and the exchange, and from then to the first, is in no other.
func inService(readings []Reading, marks []Mark) []Reading {
	var out []Mark // the times in between
	var shown []Reading
	gone, there := telemetry.Millis(0), false // before it is said that it came, it was elsewhere
	for _, m := range marks {
		value := m.New
		switch m.Kind {
		case MarkInstalled:
			if !there {
				out = append(out, Mark{Kind: MarkIgnore, At: gone, Until: m.At - 1})
			}
			there = true
		case MarkRemoved:
			value, gone, there = m.Old, m.At+1, false
		default:
			continue
		}
		if value != nil {
			shown = append(shown, Reading{TS: m.At, Value: *value})
		}
	}
	if !there && gone > 0 {
		out = append(out, Mark{Kind: MarkIgnore, At: gone, Until: latest})
	}
	if len(out)+len(shown) == 0 {
		return readings
	}
	list := make([]Reading, 0, len(readings)+len(shown))
	for _, r := range readings {
		if !ignored(out, r.TS) {
			list = append(list, r)
		}
	}
	return append(list, shown...)
}

// usable are the readings in order, each once, without those that a mark or their own
// value rules out. Of two values at one moment the lower comes first: whichever is
// right, the other is then a rise, or out of line.
func usable(readings []Reading, marks []Mark) []Reading {
	list := make([]Reading, 0, len(readings))
	for _, r := range readings {
		if r.TS < 0 || r.TS >= latest || math.IsNaN(r.Value) || math.IsInf(r.Value, 0) || ignored(marks, r.TS) {
			continue
		}
		list = append(list, r)
	}
	order := func(a, b Reading) int {
		return cmp.Or(cmp.Compare(a.TS, b.TS), cmp.Compare(a.Value, b.Value), cmp.Compare(a.Every, b.Every))
	}
	if !slices.IsSortedFunc(list, order) {
		slices.SortFunc(list, order)
	}
	return slices.CompactFunc(list, func(a, b Reading) bool { return a.TS == b.TS && a.Value == b.Value })
}

func ignored(marks []Mark, ts telemetry.Millis) bool {
	for _, m := range marks {
		if m.Kind == MarkIgnore && m.At <= ts && ts <= max(m.At, m.Until) {
			return true
		}
	}
	return false
}

// mark is a Mark that explains one break at most.
type mark struct {
	Mark
	used bool
}

// counter is one counter while it is gone through.
type counter struct {
	readings []Reading
	marks    []mark
	pace     pace
	spread   *spread
	segment  Segment
	highest  float64 // that the register showed, which tells its width
	result   Result
}

// step is what became of the counter from one reading to another.
type step struct {
	kind    BreakKind // "" when it went on
	amount  float64
	unknown bool // the amount is not known, and not counted
	suspect bool // some of what was used may be lacking
	skip    int  // of a Glitch: how many readings are out of line
}

func (c *counter) run() {
	c.begin(c.readings[0], 0)
	a := c.readings[0]
	for i := 1; i < len(c.readings); {
		b := c.readings[i]
		s := c.judge(a, i)
		if s.kind == Glitch {
			c.result.Breaks = append(c.result.Breaks, Break{TS: b.TS, Kind: Glitch, Before: a.Value, After: b.Value})
			i += s.skip
			continue
		}
		c.take(a, b, s)
		a = b
		i++
	}
	c.end(a)
}

// take counts a step.
func (c *counter) take(a, b Reading, s step) {
	if s.unknown {
		s.amount = 0
		c.spread.doubt(a.TS, b.TS)
	} else {
		c.spread.add(a, b, s.amount)
		if s.suspect {
			c.spread.doubt(a.TS, b.TS)
		}
	}
	if s.kind == "" {
		c.highest = max(c.highest, b.Value)
		return
	}
	c.result.Breaks = append(c.result.Breaks, Break{TS: b.TS, Kind: s.kind, Before: a.Value, After: b.Value, Counted: s.amount})
	c.end(a)
	highest := c.highest
	c.begin(b, s.amount)
	if s.kind == Reset || s.kind == Rollover {
		c.highest = max(c.highest, highest) // it is the same register
	}
}

func (c *counter) begin(r Reading, carried float64) {
	c.segment = Segment{From: r.TS, First: r.Value, Carried: carried}
	c.highest = r.Value
}

func (c *counter) end(r Reading) {
	c.segment.To, c.segment.Last = r.TS, r.Value
	c.result.Segments = append(c.result.Segments, c.segment)
}
