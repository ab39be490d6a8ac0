package app

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"steward/alerting"
	"steward/alerting/desk"
	"steward/alerting/engine"
	"steward/alerting/estate"
	"steward/alerting/notify"
	"steward/alerting/route"
	"steward/alerting/rule"
	"steward/alerting/standard"
	"steward/configs"
	"steward/ingest"
	"steward/ingest/spool"
	"steward/internal/authz"
	"steward/internal/calendar"
	"steward/internal/clickhouse"
	"steward/internal/controldb"
	"steward/internal/incident"
	"steward/internal/telemetry"
)

// world is Steward's alerting in a test: everything is real but the broker,
// ClickHouse, the registry and what is behind the channels. It lives in a bubble
// of testing/synctest, so that an hour takes as long as what happens in it.
type world struct {
	t      *testing.T
	people *scenarioPeople
	estate *estate.Estate

	mu      sync.Mutex // guards answers and down
	answers map[string][]engine.Row
	down    bool // the connection to the broker

	dir  string
	life *lifeOfWorld // nil while it is dead
}

// lifeOfWorld is one process of it.
type lifeOfWorld struct {
	door      *ingest.Intake
	tail      *ingest.Tail
	incidents *incident.Store
	desk      deskDoor
	stop      func()
}

// scenarioPeople is what people have configured, kept by the test.
type scenarioPeople struct {
	mu       sync.Mutex // guards what follows
	revision int
	setup    desk.Setup
	rules    *rule.Set
}

func (p *scenarioPeople) Revision(context.Context) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return time.Duration(p.revision).String(), nil
}

func (p *scenarioPeople) Setup(context.Context) (*desk.Setup, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	setup := p.setup
	return &setup, nil
}

func (p *scenarioPeople) Rules(context.Context) (*rule.Set, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.rules, nil
}

// change does what people do in the application.
func (p *scenarioPeople) change(do func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	do()
	p.revision++
}

// files gives the text of a file of a scenario; nil for the shipped one.
type files func(name string) []byte

func newPeople(t *testing.T, file files) *scenarioPeople {
	t.Helper()
	or := func(name string, shipped []byte) []byte {
		if text := file(name); text != nil {
			return text
		}
		return shipped
	}
	p := &scenarioPeople{}
	var err error
	if p.setup.Calendars, err = calendar.Parse("calendar.yaml", or("calendar.yaml", configs.Calendar())); err != nil {
		t.Fatal(err)
	}
	if p.setup.Standards, err = standard.Parse("standards.yaml", or("standards.yaml", configs.Standards()), p.setup.Calendars); err != nil {
		t.Fatal(err)
	}
	if p.setup.Plan, err = route.Parse("escalation.yaml", or("escalation.yaml", shippedEscalation(t)), p.setup.Calendars); err != nil {
		t.Fatal(err)
	}
	p.rules = scenarioRules(t, file("rules.yaml"))
	return p
}

// shippedEscalation is the shipped policy, with the contacts of the scenarios.
func shippedEscalation(t *testing.T) []byte {
	t.Helper()
	contacts, err := os.ReadFile("testdata/scenarios/contacts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	none := []byte("contacts: []\nschedules: []\n")
	if !bytes.Contains(configs.Escalation(), none) {
		t.Fatal("the shipped escalation has contacts of its own")
	}
	return bytes.Replace(configs.Escalation(), none, contacts, 1)
}

func scenarioRules(t *testing.T, text []byte) *rule.Set {
	t.Helper()
	var rules []*rule.Rule
	var err error
	if text == nil {
		rules, err = rule.Load("configs/rules", configs.Rules())
	} else {
		rules, err = rule.Parse("rules.yaml", text)
	}
	if err != nil {
		t.Fatal(err)
	}
	set, err := rule.NewSet(rules)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func newWorld(t *testing.T, dir string, people *scenarioPeople) *world {
	t.Helper()
	w := &world{t: t, people: people, estate: estate.New(), answers: map[string][]engine.Row{}, dir: dir}
	w.estate.PutProject(estate.Project{Place: authz.Place{Region: "north", Project: "harbour"}, Name: "Harbour", Zone: shanghai})
	return w
}

// begin starts a process on what is in the folder.
func (w *world) begin() {
	w.t.Helper()
	must := func(err error) {
		w.t.Helper()
		if err != nil {
			w.t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	log := slog.New(slog.NewTextHandler(testWriter{w.t}, &slog.HandlerOptions{Level: slog.LevelWarn}))
	reg := prometheus.NewRegistry()
	sp, err := spool.Open(spool.Options{
		Dir: filepath.Join(w.dir, "spool"), MaxBytes: 64 << 20, SegmentBytes: 1 << 20, PendingBytes: 256 << 10, MaxRecord: 96 << 10,
		SyncInterval: 1, // two messages of one moment must not be two milliseconds apart
	})
	must(err)
	clock := telemetry.DefaultClockPolicy()
	metrics := ingest.NewMetrics(reg)
	store, err := ingest.OpenStore(sp, nowhere{}, ingest.StoreOptions{Clock: clock, DedupWindow: 1000}, metrics, reg, log)
	must(err)
	tail, err := ingest.NewTail(store, alertingName, ingest.TailOptions{Clock: clock, Lost: func(from, to uint64, err error) {
		w.t.Errorf("records %d to %d are lost: %v", from, to, err)
	}})
	must(err)
	db, err := controldb.Open(ctx, controldb.Options{DSN: "sqlite:" + filepath.Join(w.dir, "incidents.db"), Set: controldb.Incidents, Logger: log})
	must(err)
	incidents := incident.NewStore(db, incident.Options{})
	service, err := alerting.New(ctx, alerting.Options{
		Store: incidents, Source: tailSource{tail}, Estate: w.estate, People: w.people, StateFile: filepath.Join(w.dir, "state"),
		Query: w.query, Receiving: w.receiving, Alone: true, Logger: log,
	})
	must(err)
	text, err := os.ReadFile("testdata/scenarios/channels.yaml")
	must(err)
	conf, err := notify.Parse("channels.yaml", text, nil)
	must(err)
	channels, err := notify.Open(conf, func(context.Context, string, []byte, bool) error { return nil })
	must(err)
	worker, err := notify.NewWorker(notify.Options{Channels: channels, Outbox: &calmOutbox{Store: incidents}, Changed: incidents.Changed, Estate: w.estate, Logger: log})
	must(err)
	var parts sync.WaitGroup
	parts.Go(func() {
		if err := service.Run(ctx); err != nil {
			w.t.Error(err)
		}
	})
	parts.Go(func() { worker.Run(ctx) })
	w.life = &lifeOfWorld{
		door: ingest.NewIntake(sp, ingest.IntakeOptions{MaxPayload: 16 << 10}), tail: tail, incidents: incidents,
		desk: deskDoor{&App{incidents: incidents, alerting: service}},
		stop: func() {
			cancel()
			parts.Wait()
			tail.Close()
			must(db.Close())
			must(sp.Close())
		},
	}
}

// end stops the process in good order.
func (w *world) end() {
	w.life.stop()
	w.life = nil
}

// crash ends the process without warning and begins another: what the disk holds
// at this moment is all that the new one is given. The old one goes on to its end
// on what is then nobody's.
func (w *world) crash() {
	w.t.Helper()
	image := w.t.TempDir()
	if err := os.CopyFS(image, os.DirFS(w.dir)); err != nil {
		w.t.Fatal(err)
	}
	before := time.Now()
	w.end()
	if took := time.Since(before); took > 0 {
		w.t.Errorf("the crash took %s", took)
	}
	w.dir = image
	w.begin()
}

func (w *world) query(_ context.Context, text string, _, _ time.Time) ([]engine.Row, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.answers[strings.TrimSpace(text)], nil
}

func (w *world) receiving() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return !w.down
}

// calmOutbox spares the database most of the looks of the worker, which come every
// second: it lets one through when something has changed, and each half minute.
type calmOutbox struct {
	*incident.Store
	changed <-chan struct{}
	last    time.Time
}

func (o *calmOutbox) Claim(ctx context.Context, now time.Time, limit int, lease time.Duration) ([]incident.Notice, error) {
	if o.changed != nil && now.Sub(o.last) < 30*time.Second {
		select {
		case <-o.changed:
		default:
			return nil, nil
		}
	}
	o.changed, o.last = o.Changed(), now
	return o.Store.Claim(ctx, now, limit, lease)
}

// nowhere is a ClickHouse that takes everything.
type nowhere struct{}

func (nowhere) Append(context.Context, *clickhouse.Batch, string) error { return nil }

// testWriter sends what is logged to the log of the test.
type testWriter struct{ t *testing.T }

func (w testWriter) Write(p []byte) (int, error) {
	w.t.Log(strings.TrimSpace(string(p)))
	return len(p), nil
}
