package ingest

import (
	"context"
	"errors"
	"strings"
	"time"

	"steward/ingest/spool"
	"steward/internal/telemetry"
)

// Intake is the one door through which messages enter, from a broker of the
// house or from the embedded one: it puts them into the spool and says when
// they are on disk. It is safe for concurrent use.
type Intake struct {
	spool      *spool.Spool
	maxPayload int
	now        func() time.Time
}

// NewIntake makes the door to a spool. A payload over maxPayload bytes is cut
// to that size and quarantined later: its head tells what sent it, and nothing
// that a device sends may exhaust the memory of everybody.
func NewIntake(s *spool.Spool, maxPayload int) *Intake {
	return &Intake{spool: s, maxPayload: maxPayload, now: time.Now}
}

// accept appends a message to the spool and returns its sequence number. It is
// on disk when the spool's Durable has passed that number, and may be
// acknowledged then, never before.
//
// Events may use the spool's reserve: when it is nearly full, readings wait and
// an entrapment still gets in.
func (in *Intake) accept(m *Message) (seq uint64, err error) {
	m.Received = telemetry.MillisOf(in.now())
	var scratch [256]byte
	head := appendEnvelope(scratch[:0], m)
	return in.spool.Append(isEvent(m.Topic), head, m.Payload[:min(len(m.Payload), in.maxPayload)])
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

func (in *Intake) sizeOf(m *Message) int {
	return envelopeSize + len(m.Topic) + min(len(m.Payload), in.maxPayload)
}

func isEvent(topic string) bool {
	return strings.HasSuffix(topic, "/"+string(telemetry.StreamEvent))
}
