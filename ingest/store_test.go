package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"steward/ingest/spool"
	"steward/internal/clickhouse"
	"steward/internal/telemetry"
)

// memoryStore keeps what ClickHouse promises to an Append: a token that was
// seen changes nothing. It also holds the caller to its own promise, that the
// same token means the same rows.
type memoryStore struct {
	t      *testing.T
	mu     sync.Mutex
	tokens map[string]int
	rows   int
	calls  int
	hook   func(call int) error // after the rows are in; an error means that the answer got lost
}

func (m *memoryStore) Append(_ context.Context, b *clickhouse.Batch, token string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if rows, seen := m.tokens[token]; !seen {
		m.tokens[token] = b.Rows()
		m.rows += b.Rows()
	} else if rows != b.Rows() {
		m.t.Errorf("token %s had %d rows and now has %d", token, rows, b.Rows())
	}
	m.calls++
	if m.hook != nil {
		return m.hook(m.calls)
	}
	return nil
}

func (m *memoryStore) count() (rows, calls int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.rows, m.calls
}

func openTestSpool(t *testing.T, dir string) *spool.Spool {
	t.Helper()
	sp, err := spool.Open(spool.Options{Dir: dir, SyncInterval: time.Microsecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sp.Close() })
	return sp
}

// runStore runs a store until it has confirmed everything, or until stop.
func runStore(t *testing.T, sp *spool.Spool, db appender, stop <-chan struct{}) *Store {
	t.Helper()
	reg := prometheus.NewRegistry()
	st, err := OpenStore(sp, db, StoreOptions{Clock: telemetry.DefaultClockPolicy(), FlushRows: 20, FlushInterval: 5 * time.Millisecond, DedupWindow: 1000},
		NewMetrics(reg), reg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- st.Run(ctx) }()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for st.Ledger().InFlight > 0 && ctx.Err() == nil {
		select {
		case <-tick.C:
		case <-stop:
			cancel()
		}
	}
	if !errors.Is(ctx.Err(), context.Canceled) && ctx.Err() != nil {
		t.Fatalf("not drained: %+v", st.Ledger())
	}
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	return st
}

// feed puts n messages through the intake: readings, repetitions, garbage.
func feed(t *testing.T, sp *spool.Spool, n int) (rows int) {
	t.Helper()
	in := NewIntake(sp, IntakeOptions{MaxPayload: 1 << 20})
	in.now = func() time.Time { return testNow.Time() }
	var last uint64
	for i := range n {
		m := Message{Client: "c", PacketID: uint16(i), Topic: fmt.Sprintf("property/r/p/meter/m%d/telemetry", i%5)}
		switch i % 10 {
		case 3:
			m.Payload = []byte("garbage")
			rows++
		case 7: // what message i-5 said, by the same device
			m.Payload = fmt.Appendf(nil, `{"ts":%d,"a":1,"b":2}`, testNow-telemetry.Millis(i-5))
		default:
			m.Payload = fmt.Appendf(nil, `{"ts":%d,"a":1,"b":2}`, testNow-telemetry.Millis(i))
			rows += 2
		}
		var err error
		if last, err = in.acceptSoon(t.Context(), &m); err != nil {
			t.Fatal(err)
		}
	}
	if err := sp.WaitDurable(t.Context(), last); err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestStoreDeliversExactlyOnceAndBalances(t *testing.T) {
	sp := openTestSpool(t, t.TempDir())
	db := &memoryStore{t: t, tokens: map[string]int{}}
	want := feed(t, sp, 500)
	l := runStore(t, sp, db, nil).Ledger()
	if rows, _ := db.count(); rows != want {
		t.Errorf("stored %d rows, want %d", rows, want)
	}
	if l.Received != 500 || l.Stored != 400 || l.Duplicate != 50 || l.Rejected[telemetry.BadSyntax] != 50 || l.InFlight != 0 {
		t.Errorf("ledger %+v", l)
	}
}

// A repeated insert after a lost answer has the same token and the same rows.
func TestStoreRetriesUntilConfirmed(t *testing.T) {
	sp := openTestSpool(t, t.TempDir())
	db := &memoryStore{t: t, tokens: map[string]int{}, hook: func(call int) error {
		if call <= 3 {
			return errors.New("connection reset")
		}
		return nil
	}}
	want := feed(t, sp, 60)
	runStore(t, sp, db, nil)
	if rows, calls := db.count(); rows != want || calls < 4 {
		t.Errorf("stored %d rows in %d calls, want %d rows", rows, calls, want)
	}
}

// The process dies while ClickHouse has the batch and nobody has saved that it
// does: the disk is copied at that very moment, and the copy goes on.
func TestStoreDiesBetweenInsertAndPosition(t *testing.T) {
	for die := 1; die <= 6; die++ {
		t.Run(fmt.Sprint(die), func(t *testing.T) {
			dir, after := t.TempDir(), t.TempDir()
			sp := openTestSpool(t, dir)
			db := &memoryStore{t: t, tokens: map[string]int{}}
			want := feed(t, sp, 300)
			died := make(chan struct{})
			db.hook = func(call int) error {
				if call < die {
					return nil
				}
				if call == die {
					if err := os.CopyFS(after+"/spool", os.DirFS(dir)); err != nil {
						t.Error(err)
					}
					close(died)
				}
				return errors.New("dead")
			}
			runStore(t, sp, db, died)

			db.mu.Lock()
			db.hook = nil
			db.mu.Unlock()
			sp2 := openTestSpool(t, after+"/spool")
			l := runStore(t, sp2, db, nil).Ledger()
			if rows, _ := db.count(); rows != want {
				t.Errorf("stored %d rows, want %d", rows, want)
			}
			if l.Received != 300 || l.Stored+l.Duplicate+l.Rejected[telemetry.BadSyntax] != 300 {
				t.Errorf("ledger %+v", l)
			}
		})
	}
}

// After a restart a repetition of what was stored before it is still known.
func TestDuplicatesAreKnownAfterRestart(t *testing.T) {
	dir := t.TempDir()
	db := &memoryStore{t: t, tokens: map[string]int{}}
	sp := openTestSpool(t, dir)
	want := feed(t, sp, 100)
	runStore(t, sp, db, nil)
	if err := sp.Close(); err != nil {
		t.Fatal(err)
	}
	sp = openTestSpool(t, dir)
	feed(t, sp, 100) // the same again; only the 10 garbage messages count anew
	l := runStore(t, sp, db, nil).Ledger()
	if rows, _ := db.count(); rows != want+10 {
		t.Errorf("stored %d rows, want %d", rows, want+10)
	}
	if l.Received != 200 || l.Stored != 80 || l.Duplicate != 100 || l.Rejected[telemetry.BadSyntax] != 20 {
		t.Errorf("ledger %+v", l)
	}
}

// recordingSink keeps what the screens would show.
type recordingSink struct {
	mu                         sync.Mutex
	readings, events, rejected int
}

func (s *recordingSink) add(n *int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	*n++
}
func (s *recordingSink) Reading(telemetry.Reading)     { s.add(&s.readings) }
func (s *recordingSink) State(telemetry.State)         {}
func (s *recordingSink) Event(telemetry.Event)         { s.add(&s.events) }
func (s *recordingSink) Status(telemetry.Status)       {}
func (s *recordingSink) Rejected(telemetry.DeadLetter) { s.add(&s.rejected) }

// ClickHouse is away for good; the screens show everything all the same.
func TestFollowerDoesNotWaitForTheStore(t *testing.T) {
	sp := openTestSpool(t, t.TempDir())
	reg := prometheus.NewRegistry()
	db := &memoryStore{t: t, tokens: map[string]int{}, hook: func(int) error { return errors.New("away") }}
	st, err := OpenStore(sp, db, StoreOptions{Clock: telemetry.DefaultClockPolicy(), FlushRows: 1}, NewMetrics(reg), reg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	sink := &recordingSink{}
	for _, run := range []func(context.Context) error{st.Run, NewFollower(st, sink).Run} {
		wg.Go(func() {
			if err := run(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	feed(t, sp, 100)
	deadline := time.After(30 * time.Second)
	for {
		sink.mu.Lock()
		readings, rejected := sink.readings, sink.rejected
		sink.mu.Unlock()
		if readings == 180 && rejected == 10 { // a repeated value is the same value: it is let through
			break
		}
		select {
		case <-deadline:
			t.Fatalf("the screens saw %d readings and %d rejections, want 180 and 10", readings, rejected)
		case <-time.After(time.Millisecond):
		}
	}
	cancel()
	wg.Wait()
}
