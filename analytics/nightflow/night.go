package nightflow

import (
	"maps"
	"math"
	"slices"
	"time"
)

// nights is the series of minimum night flows.
type nights struct {
	zone  *time.Location
	first int       // number of the first day
	flow  []float64 // by day; NaN without a minimum
	zero  []bool    // by day: nothing flowed although some always does
}

const (
	slide   = 5 * time.Minute // by which the hour is moved to find the least
	covered = 0.75            // of the hour, and of the night, has to be known
	coarse  = 0.1             // of the night flow: a register that counts in larger steps

	// rounding is how far differences of a register are off, of its largest value:
	// they are no steps.
	rounding = 1e-14
)

// nights makes the series. Where the register of a meter counts in steps that are
// coarse for an hour, the mean of both hours stands for the minimum.
func (b *Builder) nights() nights {
	n := nights{zone: b.opts.Zone}
	if len(b.days) == 0 {
		return n
	}
	var last int
	n.first, last = b.span()
	n.flow, n.zero = make([]float64, last-n.first+1), make([]bool, last-n.first+1)
	pieces := b.pieces()
	window := time.Hour
	when := "between 2 and 4 o'clock of " + b.opts.Zone.String()
	b.method = "least mean of an hour " + when
	if b.opts.Cumulative && b.coarse(pieces) {
		window = (nightTo - nightFrom) * time.Hour
		b.method = "mean " + when + ", as the register counts in coarse steps"
	}
	for d := range n.flow {
		from, to := n.clock(d, nightFrom).UnixMilli(), n.clock(d, nightTo).UnixMilli()
		for len(pieces) > 0 && pieces[0].to <= from {
			pieces = pieces[1:]
		}
		end := 0
		for end < len(pieces) && pieces[end].from < to {
			end++
		}
		n.flow[d] = minimum(pieces[:end], from, to, min(window.Milliseconds(), to-from))
		if s := b.days[n.first+d]; s != nil {
			n.zero[d] = s.low == s.high && (b.opts.Cumulative || s.high == 0)
		}
	}
	n.silence()
	return n
}

// span is from the first to the last day. Of more than ten years it is the ten that
// have the most days, and of these the latest: days far off are of a clock that was
// set wrong.
func (b *Builder) span() (first, last int) {
	days := slices.Sorted(maps.Keys(b.days))
	most := 0
	for from, to := 0, 0; to < len(days); to++ {
		for days[to]-days[from] >= maxDays {
			from++
		}
		if n := to - from + 1; n >= most {
			most, first, last = n, days[from], days[to]
		}
	}
	return first, last
}

// coarse tells whether the step of the register is a good part of an hour's flow at
// night. What flowed between readings is so many steps, and the least by which two
// of these amounts differ is one.
func (b *Builder) coarse(pieces []piece) bool {
	amounts := make([]float64, 0, len(pieces)+1)
	amounts = append(amounts, 0)
	sum, hours := 0.0, 0.0
	for _, p := range pieces {
		length := float64(p.to-p.from) / float64(hour)
		amounts = append(amounts, p.flow*length)
		sum, hours = sum+p.flow*length, hours+length
	}
	largest := 0.0
	for _, s := range b.kept {
		largest = max(largest, math.Abs(s.value))
	}
	slices.Sort(amounts)
	step := math.Inf(1)
	for i := 1; i < len(amounts); i++ {
		if d := amounts[i] - amounts[i-1]; d > rounding*largest {
			step = min(step, d)
		}
	}
	return hours > 0 && step > coarse*sum/hours
}

// minimum is the least mean flow of a window between from and to; NaN when too
// little is known.
func minimum(pieces []piece, from, to, window int64) float64 {
	if _, known := mean(pieces, from, to); known < covered*float64(to-from) {
		return math.NaN()
	}
	least := math.NaN()
	for at := from; at+window <= to; at += slide.Milliseconds() {
		flow, known := mean(pieces, at, at+window)
		if known >= covered*float64(window) && !(flow >= least) {
			least = flow
		}
	}
	return least
}

// mean is the mean flow between two times, and of how much of it a flow is known.
func mean(pieces []piece, from, to int64) (flow, known float64) {
	for _, p := range pieces {
		if length := float64(min(p.to, to) - max(p.from, from)); length > 0 {
			flow, known = flow+p.flow*length, known+length
		}
	}
	return flow / known, known
}

// silence takes out the days without any flow, between and after nights that have
// some: then the water, or the meter, was off. A building in which nothing flows
// from the first day on has a base of zero.
func (n nights) silence() {
	flows := 0
	for d, flow := range n.flow {
		if flow > 0 && !n.zero[d] {
			flows++
		}
	}
	zeros := 0
	for d, flow := range n.flow {
		if flow == 0 && !n.zero[d] {
			zeros++ // on a day on which water flowed
		}
	}
	started := false
	for d, flow := range n.flow {
		if flow > 0 {
			started = true
		}
		if n.zero[d] = n.zero[d] && started && flow == 0 && zeros*10 < flows; n.zero[d] {
			n.flow[d] = math.NaN()
		}
	}
}

func (n nights) clock(d, hour int) time.Time {
	day := time.Unix(int64(n.first+d)*86400, 0).UTC()
	return time.Date(day.Year(), day.Month(), day.Day(), hour, 0, 0, 0, n.zone)
}

func (n nights) midnight(d int) time.Time { return n.clock(d, 0) }

func (n nights) date(d int) string { return n.midnight(d).Format(time.DateOnly) }

func (n nights) gaps() []Gap {
	gaps := []Gap{}
	for d := 0; d < len(n.flow); {
		at := d
		for d < len(n.flow) && math.IsNaN(n.flow[d]) && n.zero[d] == n.zero[at] {
			d++
		}
		if d == at {
			d++
			continue
		}
		kind := "missing"
		if n.zero[at] {
			kind = "zero"
		}
		gaps = append(gaps, Gap{From: n.date(at), To: n.date(d - 1), Nights: d - at, Kind: kind})
	}
	return slices.Clip(gaps)
}
