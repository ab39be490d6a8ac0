package ingest

import (
	"context"
	"errors"
	"strings"
	"time"

	"steward/ingest/pseudonym"
	"steward/ingest/spool"
	"steward/internal/telemetry"
)

// IntakeOptions say what may enter, and how. Only MaxPayload is required.
type IntakeOptions struct {
	// MaxPayload bounds a payload, in bytes. A larger one is cut to that size
	// and quarantined later: its head tells what sent it, and nothing that a
	// device sends may exhaust the memory of everybody. The spool must take
	// records of MaxPayload and MaxEnvelope.
	MaxPayload int

	Devices *Directory               // nil: every device is known
	Privacy *pseudonym.Pseudonymizer // nil: what access gates send is kept as it is
	Metrics *Metrics                 // required with Privacy
}

// Intake is the one door through which messages enter, from a broker of the
// house or from the embedded one: it takes the people out of them, puts them
// into the spool and says when they are on disk. It is safe for concurrent use.
type Intake struct {
	spool *spool.Spool
	opts  IntakeOptions
	gates *gates // nil when every device is known
	now   func() time.Time
}

// NewIntake makes the door to a spool.
func NewIntake(s *spool.Spool, opts IntakeOptions) *Intake {
	in := &Intake{spool: s, opts: opts, now: time.Now}
	if opts.Devices != nil {
		in.gates = newGates(opts.Devices)
	}
	return in
}

// admit makes a message ready for the spool: people are replaced by their
// pseudonyms, and whether its device's messages are taken is decided. Both must
// be in the record, so that what it becomes is a function of the record alone.
func (in *Intake) admit(m *Message) {
	if m.admitted {
		return
	}
	m.admitted, m.room = true, in.opts.MaxPayload
	if in.opts.Privacy != nil && pseudonym.Concerns(m.Topic) {
		scrubbed, n := in.opts.Privacy.Scrub(m.Payload)
		if n > 0 {
			in.opts.Metrics.pseudonymized.Add(float64(n))
		}
		// Pseudonyms are longer than most names. What was small enough before is
		// not too large for them: it may use what its topic leaves of its own
		// room.
		if len(m.Payload) <= in.opts.MaxPayload {
			m.room = max(m.room, in.opts.MaxPayload+maxTopic-len(m.Topic))
		}
		m.Payload = scrubbed
	}
	if in.gates != nil {
		m.refused = in.gates.refuses(m.Topic, in.now)
	}
}

// accept appends a message to the spool and returns its sequence number. It is
// on disk when the spool's Durable has passed that number, and may be
// acknowledged then, never before.
//
// Events may use the spool's reserve: when it is nearly full, readings wait and
// an entrapment still gets in.
func (in *Intake) accept(m *Message) (seq uint64, err error) {
	in.admit(m)
	m.Received = telemetry.MillisOf(in.now())
	var scratch [256]byte
	head := appendEnvelope(scratch[:0], m)
	return in.spool.Append(isEvent(m.Topic), head, m.Payload[:min(len(m.Payload), m.room)])
}

// acceptSoon is accept that waits out a disk that is only slow. ErrFull is left,
// which means that there is no room: somebody else has to make some.
func (in *Intake) acceptSoon(ctx context.Context, m *Message) (uint64, error) {
	for {
		seq, err := in.accept(m)
		if !errors.Is(err, spool.ErrBusy) {
			return seq, err
		}
		if err := in.spool.WaitDisk(ctx, in.sizeOf(m), isEvent(m.Topic)); err != nil {
			return 0, err
		}
	}
}

// waitRoom waits until m may fit: until ClickHouse has taken something.
func (in *Intake) waitRoom(ctx context.Context, m *Message) error {
	return in.spool.WaitRoom(ctx, in.sizeOf(m), isEvent(m.Topic))
}

// Accept takes a message from within the process and returns when it is on disk.
// It waits while the spool is full.
func (in *Intake) Accept(ctx context.Context, m Message) error {
	for {
		seq, err := in.acceptSoon(ctx, &m)
		if errors.Is(err, spool.ErrFull) {
			err = in.waitRoom(ctx, &m)
			if err == nil {
				continue
			}
		}
		if err != nil {
			return err
		}
		_, err = in.spool.AwaitDurable(ctx, seq)
		return err
	}
}

func (in *Intake) sizeOf(m *Message) int {
	in.admit(m)
	return envelopeSize + len(m.Topic) + min(len(m.Payload), m.room)
}

func isEvent(topic string) bool {
	return strings.HasSuffix(topic, "/"+string(telemetry.StreamEvent))
}
