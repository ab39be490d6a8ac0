package nightflow

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"
)

// Builder takes readings in any order and keeps those of the nights. It is not safe
// for concurrent use.
type Builder struct {
	opts   Options
	n      int
	kept   []sample
	days   map[int]*span // by the local day, since 1970
	bad    string        // why no readings can be taken
	resets int
	method string
}

type sample struct {
	at    int64 // Unix milliseconds
	value float64
}

// span is the range of what was read on a day.
type span struct{ low, high float64 }

// The minimum hour lies between two and four. Readings of an hour before and after
// are kept, so that those of meters that speak once an hour reach over it.
const (
	nightFrom, nightTo = 2, 4 // o'clock
	keepFrom, keepTo   = 0, 6
	maxDays            = 3660 // ten years: more are mistaken times
	sane               = 1e300
)

// NewBuilder makes a Builder.
func NewBuilder(opts Options) *Builder {
	return &Builder{opts: opts.withDefaults(), days: map[int]*span{}}
}

// Add takes a reading: a flow that holds from its time on, or the register of a
// meter at that time. What is not a finite number is passed over.
func (b *Builder) Add(at time.Time, value float64) {
	if !(math.Abs(value) <= sane) || b.bad != "" {
		return
	}
	b.n++
	local := at.In(b.opts.Zone)
	day := dayOf(local)
	s := b.days[day]
	if s == nil {
		if len(b.days) == maxDays {
			b.bad = fmt.Sprintf("readings of more than %d days: give fewer", maxDays)
			return
		}
		s = &span{low: value, high: value}
		b.days[day] = s
	}
	s.low, s.high = min(s.low, value), max(s.high, value)
	if h := local.Hour(); h >= keepFrom && h < keepTo {
		b.kept = append(b.kept, sample{at.UnixMilli(), value})
	}
}

// dayOf is the number of a local day.
func dayOf(local time.Time) int {
	y, m, d := local.Date()
	return int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// piece is a time over which a flow is known.
type piece struct {
	from, to int64 // Unix milliseconds
	flow     float64
}

const (
	hour = int64(time.Hour / time.Millisecond)

	longestPiece = 2 * hour // a register that is read less often says nothing of an hour
)

// pieces turns readings into flows.
func (b *Builder) pieces() []piece {
	slices.SortFunc(b.kept, func(a, b sample) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.value, b.value))
	})
	pieces := make([]piece, 0, len(b.kept))
	b.resets = 0
	if b.opts.Cumulative {
		for i := 1; i < len(b.kept); i++ {
			a, c := b.kept[i-1], b.kept[i]
			if c.value < a.value {
				b.resets++ // the water between the two is unknown, and never negative
				continue
			}
			if length := c.at - a.at; length > 0 && length <= longestPiece {
				pieces = append(pieces, piece{a.at, c.at, (c.value - a.value) / float64(length) * float64(hour)})
			}
		}
		return pieces
	}
	// A flow holds until the next, but not much longer than usual.
	steps := make([]int64, 0, len(b.kept))
	for i := 1; i < len(b.kept); i++ {
		if d := b.kept[i].at - b.kept[i-1].at; d > 0 {
			steps = append(steps, d)
		}
	}
	if len(steps) == 0 {
		return nil
	}
	slices.Sort(steps)
	longest := min(steps[len(steps)/2]*3/2, longestPiece)
	for i, s := range b.kept {
		to := s.at + longest
		if i+1 < len(b.kept) {
			to = min(to, b.kept[i+1].at)
		} else {
			to = s.at + steps[len(steps)/2]
		}
		if to > s.at {
			pieces = append(pieces, piece{s.at, to, s.value})
		}
	}
	return pieces
}
