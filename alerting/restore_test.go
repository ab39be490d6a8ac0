package alerting

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"steward/alerting/desk"
	"steward/alerting/engine"
	"steward/alerting/estate"
	"steward/alerting/route"
	"steward/alerting/rule"
	"steward/alerting/standard"
	"steward/configs"
	"steward/internal/calendar"
	"steward/internal/controldb/controldbtest"
	"steward/internal/incident"
	"steward/internal/telemetry"
)

// stream is a source in memory. Records that say nothing have no message.
type stream struct {
	messages []engine.Input
	end      uint64
	position uint64
}

func (s *stream) ID() string        { return "test" }
func (s *stream) Saved() uint64     { return 0 }
func (s *stream) Position() uint64  { return s.position }
func (s *stream) Full() bool        { return false }
func (s *stream) Done(uint64) error { return nil }
func (s *stream) Start(_ context.Context, p uint64) error {
	s.position = p
	return nil
}

func (s *stream) TryNext() (engine.Input, bool, error) {
	for i := range s.messages {
		if m := s.messages[i]; m.Seq >= s.position {
			s.position = m.Seq + 1
			return m, true, nil
		}
	}
	s.position = s.end
	return engine.Input{}, false, nil
}

func (s *stream) Next(ctx context.Context) (engine.Input, error) {
	if in, ok, err := s.TryNext(); ok || err != nil {
		return in, err
	}
	<-ctx.Done()
	return engine.Input{}, ctx.Err()
}

func stuck(seq uint64, id string, at telemetry.Millis) engine.Input {
	d := &telemetry.Device{Region: "north", Project: "harbour", Class: telemetry.Elevator, ID: id}
	return engine.Input{Seq: seq, Received: at, Topic: d.Topic(telemetry.StreamEvent), Events: []telemetry.Event{
		{Device: d, Kind: telemetry.Entrapment, ID: "a", Severity: telemetry.LifeSafety, TS: at, Received: at, Attrs: "{}"},
	}}
}

// files are the shipped ones.
type files struct{}

func (files) Revision(context.Context) (string, error) { return "1", nil }

func (files) Setup(context.Context) (*desk.Setup, error) {
	calendars, err1 := calendar.Parse("calendar.yaml", configs.Calendar())
	standards, err2 := standard.Parse("standards.yaml", configs.Standards(), calendars)
	plan, err3 := route.Parse("escalation.yaml", configs.Escalation(), calendars)
	return &desk.Setup{Calendars: calendars, Standards: standards, Plan: plan}, errors.Join(err1, err2, err3)
}

func (files) Rules(context.Context) (*rule.Set, error) {
	rules, err := rule.Load("configs/rules", configs.Rules())
	if err != nil {
		return nil, err
	}
	return rule.NewSet(rules)
}

func service(t *testing.T, src Source) (*Service, *incident.Store) {
	t.Helper()
	store := incident.NewStore(controldbtest.SQLiteIncidents(t), incident.Options{})
	s, err := New(t.Context(), Options{
		Store: store, Source: src, Estate: estate.New(), People: files{}, StateFile: filepath.Join(t.TempDir(), "state"), Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	return s, store
}

func openDevices(t *testing.T, store *incident.Store) string {
	t.Helper()
	open, _, err := store.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, inc := range open {
		ids = append(ids, inc.Device)
	}
	return strings.Join(ids, " ")
}

// What the stream brought about before the crash is not brought about again, and the
// first message after it is, also when records that say nothing lie between: they
// hide where one ends and the other begins.
func TestFirstMessageAfterACrash(t *testing.T) {
	now := telemetry.MillisOf(time.Now())
	for _, committed := range []uint64{11, 12, 13} {
		src := &stream{messages: []engine.Input{stuck(10, "e1", now-2000), stuck(13, "e2", now-1000)}, end: 14}
		s, store := service(t, src)
		// The run before had kept what message 10 brought about, and died.
		err := store.Update(t.Context(), func(tx *incident.Tx) error { return tx.SetPosition(s.spool, committed) })
		if err != nil {
			t.Fatal(err)
		}
		if err := s.restore(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := s.batch(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := openDevices(t, store); got != "e2" {
			t.Errorf("kept up to %d: open at %q, want the second lift alone", committed, got)
		}
	}
}

// One thing that cannot be kept holds up no other.
func TestSetAside(t *testing.T) {
	s, store := service(t, &stream{})
	never := errors.New("never")
	kept, err := s.keepOrSetAside(t.Context(), "stream", "one", func(*incident.Tx) error { return never })
	if kept || err != nil {
		t.Errorf("kept %v, %v; want it set aside", kept, err)
	}
	tries := 0
	kept, err = s.keepOrSetAside(t.Context(), "stream", "another", func(*incident.Tx) error {
		if tries++; tries < patience {
			return never
		}
		return nil
	})
	if !kept || err != nil {
		t.Errorf("kept %v, %v; it would have gone in the end", kept, err)
	}
	if got := openDevices(t, store); got != "" {
		t.Errorf("open at %q", got)
	}
	// While nothing works nothing is given up.
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	down, _ := service(t, &stream{})
	closed := controldbtest.SQLiteIncidents(t)
	down.opts.Store = incident.NewStore(closed, incident.Options{})
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	if kept, err := down.keepOrSetAside(ctx, "stream", "all", func(*incident.Tx) error { return nil }); kept || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("kept %v, %v; want it to wait for the store", kept, err)
	}
}
