package live

import (
	"strings"
	"sync"

	"steward/internal/authz"
	"steward/internal/telemetry"
)

const (
	// maxPending is how many samples wait for a tick; when they are more, the
	// caller publishes them itself, which slows it down to what can be merged.
	maxPending = 1 << 16
	// maxPendingEvents is the same for events and statuses.
	maxPendingEvents = 1 << 12
)

// sample is a reading or a state on its way to the board.
type sample struct {
	dev      *telemetry.Device
	metric   string
	text     string // the value of a state
	number   float64
	ts       telemetry.Millis
	received telemetry.Millis
	isText   bool
}

// batch is what arrived between two ticks, in order of arrival.
type batch struct {
	samples  []sample
	events   []telemetry.Event
	statuses []telemetry.Status
	letters  []Rejected // the newest only
	rejected uint64     // all of them
	// How many of them each place sent; bounded as the board's tallies are.
	rejectedAt map[authz.Place]uint64
}

// inbox gathers what arrives. It holds two batches that change places, so that
// nothing is allocated once they have grown to the size of a tick.
type inbox struct {
	mu    sync.Mutex // guards both
	now   batch
	spare *batch
}

// take returns what arrived. The caller gives the batch back when it is done.
func (in *inbox) take() *batch {
	in.mu.Lock()
	defer in.mu.Unlock()
	out := in.spare
	if out == nil {
		out = new(batch)
	}
	in.spare = nil
	*out, in.now = in.now, *out
	return out
}

func (in *inbox) giveBack(out *batch) {
	// What was said must not live on in an idle buffer.
	clear(out.samples)
	clear(out.events)
	clear(out.statuses)
	clear(out.letters)
	clear(out.rejectedAt)
	*out = batch{
		samples:    out.samples[:0],
		events:     out.events[:0],
		statuses:   out.statuses[:0],
		letters:    out.letters[:0],
		rejectedAt: out.rejectedAt,
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	in.spare = out
}

// Reading notes a number that a device measured. The device behind the pointer
// must not change after the call.
func (b *Board) Reading(r telemetry.Reading) {
	b.in.mu.Lock()
	b.in.now.samples = append(b.in.now.samples, sample{
		dev: r.Device, metric: r.Metric, number: r.Value, ts: r.TS, received: r.Received,
	})
	full := len(b.in.now.samples) >= maxPending
	b.in.mu.Unlock()
	if full {
		b.flush()
	}
}

// State notes a text value that a device reported. Only its first 256 bytes
// are kept.
func (b *Board) State(s telemetry.State) {
	b.in.mu.Lock()
	b.in.now.samples = append(b.in.now.samples, sample{
		dev: s.Device, metric: s.Metric, text: s.Value, isText: true, ts: s.TS, received: s.Received,
	})
	full := len(b.in.now.samples) >= maxPending
	b.in.mu.Unlock()
	if full {
		b.flush()
	}
}

// Event notes something that happened at a device. What begins or ends a danger
// to life, and what is critical, is published at once.
func (b *Board) Event(e telemetry.Event) {
	e.Attrs = boundAttrs(e.Attrs)
	b.in.mu.Lock()
	b.in.now.events = append(b.in.now.events, e)
	full := len(b.in.now.events) >= maxPendingEvents
	b.in.mu.Unlock()
	switch {
	case full:
		b.flush()
	case e.Severity == telemetry.LifeSafety, e.Severity == telemetry.Critical, e.Opens(), e.Closes():
		select {
		case b.wake <- struct{}{}:
		default: // already asked
		}
	}
}

// Status notes that a device's connection came or went.
func (b *Board) Status(s telemetry.Status) {
	b.in.mu.Lock()
	b.in.now.statuses = append(b.in.now.statuses, s)
	full := len(b.in.now.statuses) >= maxPendingEvents
	b.in.mu.Unlock()
	if full {
		b.flush()
	}
}

// Rejected notes a message that could not be accepted. Only the beginning of
// its payload is copied; the caller keeps the rest.
func (b *Board) Rejected(l telemetry.DeadLetter) {
	b.in.mu.Lock()
	defer b.in.mu.Unlock()
	in := &b.in.now
	in.rejected++
	in.rejectAt(placeOfTopic(l.Topic))
	if len(in.letters) < b.opts.MaxRejected {
		in.letters = append(in.letters, rejectedOf(&l))
		return
	}
	// A flood: of what one tick brings, the newest MaxRejected are kept. The
	// place of the oldest follows from the count.
	in.letters[(in.rejected-1)%uint64(len(in.letters))] = rejectedOf(&l)
}

func (in *batch) rejectAt(p authz.Place) {
	if in.rejectedAt == nil {
		in.rejectedAt = map[authz.Place]uint64{}
	}
	if _, known := in.rejectedAt[p]; known || len(in.rejectedAt) < maxTallies {
		in.rejectedAt[p]++
	}
}

// bounded is the beginning of s, at most limit bytes, in memory of its own: a
// short text must not hold on to the megabyte that it was cut from.
func bounded(s string, limit int) string {
	if len(s) > limit {
		s = s[:limit]
	}
	return strings.Clone(s)
}
