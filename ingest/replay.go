package ingest

import (
	"context"
	"errors"
	"fmt"

	"github.com/cespare/xxhash/v2"

	"steward/ingest/pseudonym"
	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/operations"
	"steward/internal/telemetry"
)

// Quarantine is where dead letters lie: ClickHouse, or what a test puts in its
// place. It shows only letters of the scope; one whose topic has no place is in
// the scope of everything alone.
type Quarantine interface {
	appender
	// LettersToReplay lists letters that were not replayed yet, oldest first.
	LettersToReplay(ctx context.Context, scope authz.Scope, q clickhouse.ReplayQuery) ([]telemetry.DeadLetter, error)
	MarkReplayed(ctx context.Context, ids []string) error
}

// ReplayOptions say how quarantined messages are looked at again: as the door
// and the decoder would today. Only Clock is required.
type ReplayOptions struct {
	Clock   telemetry.ClockPolicy
	Privacy *pseudonym.Pseudonymizer // nil: what access gates sent is kept as it is
	Devices *Directory               // nil: every device is known

	IDs      []string           // only these letters, clickhouse.MaxIDs at most; nil for any
	Reason   telemetry.Reason   // only letters quarantined for it; "" for any
	Progress func(ReplayResult) // told after each page; may be nil
}

// ReplayResult counts what became of the quarantined messages.
type ReplayResult struct {
	Replayed int `json:"replayed"` // now in the store
	Refused  int `json:"refused"`  // still wrong, still quarantined
}

// replayPage is how many letters are taken at a time.
const replayPage = 1000

// Replay decodes quarantined messages of a scope again, after a codec, the clock
// policy or the standing of a device was changed, and stores those that pass,
// under the time at which they were received. A message is marked before it is
// stored, so that each is replayed at most once, whatever happens in between;
// its letter stays.
func Replay(ctx context.Context, q Quarantine, scope authz.Scope, o ReplayOptions) (ReplayResult, error) {
	var total ReplayResult
	if scope.Empty() {
		return total, nil
	}
	var after *telemetry.DeadLetter
	for {
		page, err := q.LettersToReplay(ctx, scope, clickhouse.ReplayQuery{IDs: o.IDs, Reason: o.Reason, After: after, Limit: replayPage})
		if err != nil {
			return total, fmt.Errorf("list the dead letters: %w", err)
		}
		if len(page) == 0 {
			return total, nil
		}
		after = &page[len(page)-1]
		batch, ids, refused := o.decodeAgain(page, scope)
		total.Refused += refused
		if len(ids) > 0 {
			if err := storeReplayed(ctx, q, batch, ids); err != nil {
				return total, err
			}
			total.Replayed += len(ids)
		}
		if o.Progress != nil {
			o.Progress(total)
		}
	}
}

// storeReplayed marks letters and stores what they became.
func storeReplayed(ctx context.Context, q Quarantine, batch *clickhouse.Batch, ids []string) error {
	if err := q.MarkReplayed(ctx, ids); err != nil {
		return fmt.Errorf("mark the replayed messages: %w", err)
	}
	if err := q.Append(ctx, batch, replayToken(ids)); err != nil {
		return errors.Join(fmt.Errorf("store %d replayed messages: %w", len(ids), err),
			fmt.Errorf("they are marked as replayed and still in dead_letters; to try them again, delete their marks from dead_letter_replays"))
	}
	return nil
}

// decodeAgain takes from a page what decodes without fault.
func (o *ReplayOptions) decodeAgain(page []telemetry.DeadLetter, scope authz.Scope) (*clickhouse.Batch, []string, int) {
	batch := new(clickhouse.Batch)
	p := newProcessor(o.Clock, 1)
	var ids []string
	refused := 0
	for i, l := range page {
		if o.check(l.Topic, scope) != nil || o.decode(p, i, l) != stored {
			refused++
			continue
		}
		ids = append(ids, l.ID)
		p.addTo(batch)
	}
	return batch, ids, refused
}

// decode takes one letter through the processor, whose output it leaves there.
func (o *ReplayOptions) decode(p *processor, i int, l telemetry.DeadLetter) outcome {
	payload := o.scrubbed(l.Topic, l.Payload)
	// Equal messages in quarantine are equal publishes: only their own marks
	// decide what was replayed, so that the window is as small as can be and
	// fresh for each letter.
	p.values = newWindow(len(payload)/4 + 1) // no value takes less than "a":1
	return p.process(uint64(i), record{
		topic: []byte(l.Topic), payload: payload, size: uint32(len(payload)), received: l.Received, packetID: uint16(i),
	})
}

// Errors of a replay that the caller can do something about.
var (
	ErrOutOfScope  = errors.New("the topic is of a place that is not yours")
	ErrNotAdmitted = errors.New("the device is not approved in the registry: approve it there first")
)

// check reports why messages on a topic may not be stored: it is of another
// scope, or of a device that is not admitted. A malformed topic is left to the
// processor.
func (o *ReplayOptions) check(topic string, scope authz.Scope) error {
	if at, _, err := operations.ParseTopic(topic); err == nil {
		if !scope.Covers(at) {
			return ErrOutOfScope
		}
		return nil
	}
	device, stream, err := telemetry.ParseTopic(topic)
	if err != nil {
		return nil
	}
	if !scope.Covers(authz.Place{Region: device.Region, Project: device.Project}) {
		return ErrOutOfScope
	}
	if o.Devices != nil && !o.Devices.Admits(o.Devices.Status(device), stream) {
		return ErrNotAdmitted
	}
	return nil
}

func replayToken(ids []string) string {
	var h xxhash.Digest
	h.Reset()
	for _, id := range ids {
		_, _ = h.WriteString(id) // a hash does not fail
		_, _ = h.Write([]byte{0})
	}
	return fmt.Sprintf("replay-%016x-%d", h.Sum64(), len(ids))
}
