package ingest

import (
	"encoding/json"
	"fmt"
	"sync"

	"steward/internal/telemetry"
)

// tally counts what became of every message below a position of the spool. The
// counts start with the spool and are saved together with the position, so that
// they are exact across restarts and crashes: at any position
//
//	stored + duplicate + rejected = position
//
// and with what the spool holds beyond it, received = stored + duplicate +
// rejected + in flight.
type tally struct {
	Stored    uint64                      `json:"stored"`
	Duplicate uint64                      `json:"duplicate"`
	Rejected  map[telemetry.Reason]uint64 `json:"rejected"`

	// Rows, since one message may hold many.
	Readings uint64 `json:"readings"`
	States   uint64 `json:"states"`
	Events   uint64 `json:"events"`
	Letters  uint64 `json:"letters"`
	// Operations are records of inspections, complaints, fees and repair orders.
	Operations uint64 `json:"operations,omitempty"`
	Dropped    uint64 `json:"dropped"` // duplicate readings, states and events
	Late       uint64 `json:"late"`    // stored readings older than their device's newest
}

func (t *tally) count(o outcome, p *processor) {
	switch o {
	case stored:
		t.Stored++
	case duplicate:
		t.Duplicate++
	case rejected:
		t.reject(p.letters[0].Reason, 1)
	}
	t.Readings += uint64(len(p.out.Readings))
	t.States += uint64(len(p.out.States))
	t.Events += uint64(len(p.out.Events))
	t.Letters += uint64(len(p.letters))
	t.Operations += uint64(len(p.out.Operations))
	t.Dropped += uint64(p.dropped)
	t.Late += uint64(p.late)
}

func (t *tally) reject(r telemetry.Reason, n uint64) {
	if t.Rejected == nil {
		t.Rejected = make(map[telemetry.Reason]uint64)
	}
	t.Rejected[r] += n
}

func (t *tally) messages() uint64 {
	n := t.Stored + t.Duplicate
	for _, r := range t.Rejected {
		n += r
	}
	return n
}

func (t *tally) clone() tally {
	c := *t
	c.Rejected = make(map[telemetry.Reason]uint64, len(t.Rejected))
	for r, n := range t.Rejected {
		c.Rejected[r] = n
	}
	return c
}

// checkpoint is what the store saves beside its position in the spool.
type checkpoint struct {
	Tally tally `json:"tally"`
	// Through is the end of the batch that was being inserted when this was
	// saved; 0 when none was. After a crash exactly this batch is built and
	// sent again, under the same token, and whatever part of it had arrived is
	// not stored twice.
	Through uint64 `json:"through,omitempty"`
}

func (c *checkpoint) encode() ([]byte, error) { return json.Marshal(c) }

func decodeCheckpoint(b []byte) (checkpoint, error) {
	var c checkpoint
	if len(b) == 0 {
		return c, nil
	}
	if err := json.Unmarshal(b, &c); err != nil {
		return c, fmt.Errorf("store position: %w", err)
	}
	return c, nil
}

// Ledger is the account of every message, at one moment:
// received = stored + duplicate + rejected + in flight.
type Ledger struct {
	Received  uint64                      `json:"received"` // ever put into the spool
	Stored    uint64                      `json:"stored"`
	Duplicate uint64                      `json:"duplicate"`
	Rejected  map[telemetry.Reason]uint64 `json:"rejected"`  // in quarantine, by reason; never nil
	InFlight  uint64                      `json:"in_flight"` // in the spool, not yet in the store

	// Rows that ClickHouse has confirmed since the spool began: one message may
	// hold many.
	Readings uint64 `json:"readings"`
	States   uint64 `json:"states"`
	Events   uint64 `json:"events"`
	Letters  uint64 `json:"dead_letters"`

	Operations uint64 `json:"operations"` // records of inspections, complaints, fees and repair orders

	DuplicateValues uint64  `json:"duplicate_values"` // readings, states and events dropped
	LateReadings    uint64  `json:"late_readings"`    // stored, and older than the newest of their device
	LagSeconds      float64 `json:"lag_seconds"`      // age of the oldest message in flight; 0 when there is none
}

// books holds the tally of what is confirmed, for whoever asks.
type books struct {
	mu        sync.Mutex // guards the rest
	confirmed tally
	// When the oldest message of each batch on its way was received, 0 for none.
	building, inserting telemetry.Millis
}

func (b *books) set(t tally) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.confirmed = t
}

func (b *books) get() tally {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.confirmed.clone()
}

// oldest is when the oldest message on its way to the store was received, or 0.
func (b *books) oldest() telemetry.Millis {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.inserting != 0 {
		return b.inserting
	}
	return b.building
}

func (b *books) begin(first telemetry.Millis) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.building = first
}

func (b *books) handOver() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.inserting, b.building = b.building, 0
}

func (b *books) confirm(t tally) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.confirmed, b.inserting = t, 0
}
