package ingest

import (
	"context"
	"errors"
	"fmt"

	"github.com/cespare/xxhash/v2"

	"steward/internal/clickhouse"
	"steward/internal/telemetry"
)

// quarantine is where dead letters lie: ClickHouse, or what a test puts in its
// place.
type quarantine interface {
	appender
	// DeadLettersToReplay lists letters that were not replayed yet, oldest
	// first, from behind the given one (nil: from the beginning).
	DeadLettersToReplay(ctx context.Context, after *telemetry.DeadLetter, limit int) ([]telemetry.DeadLetter, error)
	MarkReplayed(ctx context.Context, ids []string) error
}

// ReplayResult counts what became of the quarantined messages.
type ReplayResult struct {
	Replayed int `json:"replayed"` // now in the store
	Refused  int `json:"refused"`  // still wrong, still quarantined
}

// replayPage is how many letters are taken at a time.
const replayPage = 1000

// Replay decodes quarantined messages again, after a codec or the clock policy
// was changed, and stores those that pass, under the time at which they were
// received. A message is marked before it is stored, so that each is replayed
// at most once, whatever happens in between; its letter stays. If filter is not
// empty, only letters with that reason are tried.
func Replay(ctx context.Context, q quarantine, clock telemetry.ClockPolicy, filter telemetry.Reason, progress func(ReplayResult)) (ReplayResult, error) {
	var total ReplayResult
	var after *telemetry.DeadLetter
	for {
		page, err := q.DeadLettersToReplay(ctx, after, replayPage)
		if err != nil {
			return total, fmt.Errorf("list the dead letters: %w", err)
		}
		if len(page) == 0 {
			return total, nil
		}
		after = &page[len(page)-1]
		batch, ids, refused := decodeAgain(page, clock, filter)
		total.Refused += refused
		if len(ids) > 0 {
			if err := q.MarkReplayed(ctx, ids); err != nil {
				return total, fmt.Errorf("mark the replayed messages: %w", err)
			}
			if err := q.Append(ctx, batch, replayToken(ids)); err != nil {
				return total, errors.Join(fmt.Errorf("store %d replayed messages: %w", len(ids), err),
					fmt.Errorf("they are marked as replayed and still in dead_letters; to try them again, delete their marks from dead_letter_replays"))
			}
			total.Replayed += len(ids)
		}
		if progress != nil {
			progress(total)
		}
	}
}

// decodeAgain takes from a page what decodes without fault.
func decodeAgain(page []telemetry.DeadLetter, clock telemetry.ClockPolicy, filter telemetry.Reason) (*clickhouse.Batch, []string, int) {
	batch := new(clickhouse.Batch)
	// Equal messages in quarantine are equal publishes: only their own marks
	// decide what was replayed, so that the window is as small as can be and
	// fresh for each letter.
	p := newProcessor(clock, 1)
	var ids []string
	refused := 0
	for i, l := range page {
		if filter != "" && l.Reason != filter {
			continue
		}
		rec := record{topic: []byte(l.Topic), payload: l.Payload, size: uint32(len(l.Payload)), received: l.Received, packetID: uint16(i)}
		p.values = newWindow(len(l.Payload)/4 + 1) // no value takes less than "a":1
		if p.process(uint64(i), rec) != stored {
			refused++
			continue
		}
		ids = append(ids, l.ID)
		p.addTo(batch)
	}
	return batch, ids, refused
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
