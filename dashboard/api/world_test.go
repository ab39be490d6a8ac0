package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/prometheus/client_golang/prometheus"

	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/clickhouse/clickhousetest"
	"steward/internal/controldb"
	"steward/internal/controldb/controldbtest"
	"steward/internal/findings"
	"steward/internal/identity"
	"steward/internal/incident"
	"steward/internal/live"
	"steward/internal/notices"
	"steward/internal/registry"
	"steward/internal/runs"
	"steward/internal/telemetry"
)

// The estates of the tests. Their names occur nowhere else: an answer that holds
// the name of a project says something of that project.
var (
	harbour = authz.Place{Region: "zqnorth", Project: "zqharbour"}
	hill    = authz.Place{Region: "zqnorth", Project: "zqhill"}
	park    = authz.Place{Region: "zqeast", Project: "zqpark"}
	lake    = authz.Place{Region: "zqeast", Project: "zqlake"}
)

func estates() []authz.Place { return []authz.Place{harbour, hill, park, lake} }

// world is a whole API over real databases, with the same things in each estate.
type world struct {
	t        testing.TB
	api      *API
	db       *controldb.DB
	registry *registry.Store
	identity *identity.Service
	data     *clickhouse.Store
	board    *live.Board
	replays  *replays
	rules    *rulesStandIn
	planted  map[authz.Place]things
	now      time.Time

	incidents *incident.Store

	runs         *runs.Store
	run, against string // two of an analysis, the later one first
	forecasts    string // one that forecasts failures

	notices *notices.Store

	findings *findings.Store

	mu     sync.Mutex // guards serial
	serial int
}

func newWorld(t testing.TB) *world {
	t.Helper()
	return worldOn(t, controldbtest.SQLite(t), controldbtest.SQLiteIncidents(t))
}

func worldOn(t testing.TB, db, incidents *controldb.DB) *world {
	t.Helper()
	w := &world{t: t, db: db, now: time.Now().UTC().Truncate(time.Second), replays: &replays{}, planted: map[authz.Place]things{}}
	w.registry = registry.New(db, registry.Options{})
	now := func() time.Time { return w.now }
	w.incidents, w.rules = incident.NewStore(incidents, incident.Options{Now: now}), &rulesStandIn{registry: w.registry}
	service, err := identity.New(t.Context(), identity.Options{DB: db, Policy: identity.Policy{Hashing: identity.Hashing{MemoryKiB: 64, Passes: 1}}})
	if err != nil {
		t.Fatal(err)
	}
	w.identity = service
	w.openRuns()
	w.openNotices()
	w.openFindings()
	w.data = clickhousetest.Start(t)
	w.board, err = live.New(live.Options{})
	w.must(err)
	running, stop := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- w.board.Run(running) }()
	t.Cleanup(func() {
		stop()
		w.must(<-done)
	})
	w.api, err = build(Options{
		Registry: w.registry, Identity: w.identity, Data: w.data, Live: w.board, Replay: w.replays, Answers: registry.NewAnswers(db, nil),
		Incidents: w.incidents, Desk: deskStandIn{w.incidents, now}, Rules: w.rules, OnCall: onCallStandIn{}, Channels: channelsStandIn{}, Configured: configuredStandIn{},
		Analytics: analyticsStandIn{w.runs}, Runs: w.runs, Results: w.data, Reports: reportsStandIn{}, Operations: w.data, Pseudonym: func(name string) string { return "psn_of_" + name }, Notices: w.notices, Findings: w.findings, Corrections: w.data, Energy: w.data, Prices: pricesStandIn{},
		Ledger: func(context.Context) (Ledger, error) { return Ledger{Received: 3, Stored: 3}, nil },
		Health: func(context.Context) (Health, error) {
			return Health{Problems: []NotReady{}, Spool: HealthSpool{Readers: []SpoolReader{}}, Live: HealthLive{Dropped: map[string]uint64{}}}, nil
		},
		VerifyAudit: func(ctx context.Context) (AuditProof, error) {
			head, err := db.VerifyAudit(ctx)
			return AuditProof{Intact: err == nil, Seq: head.Seq, Hash: head.Hash}, nil
		},
		Audit: func(ctx context.Context, p authz.Principal, d Deed) error {
			return db.Write(ctx, func(tx *controldb.Tx) error {
				after, err := json.Marshal(d.After)
				if err != nil {
					return err
				}
				_, err = tx.Audit(controldb.Entry{Actor: controldb.ActorOf(p), Action: d.Action, Kind: d.Kind, Key: d.Key, Place: d.Place, After: after})
				return err
			})
		},
		Logger:     slog.New(slog.NewTextHandler(t.Output(), nil)),
		Registerer: prometheus.NewRegistry(), Version: "test", Now: now,
	})
	if err != nil {
		t.Fatal(err)
	}
	w.plant()
	return w
}

// replays is the ingest's replay, which notes what it was asked for.
type replays struct {
	scopes []authz.Scope
	topics []string
}

func (r *replays) Try(topic string, _ []byte) Trial {
	_, _, err := telemetry.ParseTopic(topic)
	return Trial{Accepted: err == nil}
}

func (r *replays) Replay(_ context.Context, scope authz.Scope, _ ReplayFilter) (ReplayResult, error) {
	r.scopes = append(r.scopes, scope)
	return ReplayResult{Replayed: 1}, nil
}

func (r *replays) ReplayOne(_ context.Context, scope authz.Scope, _ string, topic *string, _ []byte) (ReplayResult, error) {
	r.scopes = append(r.scopes, scope)
	if topic != nil {
		r.topics = append(r.topics, *topic)
	}
	return ReplayResult{Replayed: 1}, nil
}

// root is who planted the world.
var root = authz.SystemPrincipal("test")

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// plant puts the same things into each estate: a building, devices of each kind,
// one that waits, rules, measurements, events, letters.
func (w *world) plant() {
	w.t.Helper()
	ctx := w.t.Context()
	view := w.registry.As(root)
	for _, region := range []string{"zqnorth", "zqeast"} {
		_, err := view.CreateRegion(ctx, registry.Region{ID: region, Name: "region " + region})
		w.must(err)
	}
	for _, at := range estates() {
		_, err := view.CreateProject(ctx, registry.Project{Region: at.Region, ID: at.Project, Name: "estate " + at.Project})
		w.must(err)
		_, err = view.CreateBuilding(ctx, registry.Building{Region: at.Region, Project: at.Project, ID: "b-" + at.Project, Name: "building " + at.Project})
		w.must(err)
		_, err = view.CreateDevice(ctx, registry.Device{
			Region: at.Region, Project: at.Project, Class: telemetry.Meter, ID: "m-" + at.Project, Name: "meter " + at.Project, Building: "b-" + at.Project,
			Medium: "electricity", Model: "model-" + at.Project, Vendor: "vendor-" + at.Project, Serial: "serial-" + at.Project,
			Externals: map[string]string{"dl645": "ext-" + at.Project}, Note: "note " + at.Project,
		})
		w.must(err)
		_, err = w.registry.Register(ctx, []telemetry.Device{{Region: at.Region, Project: at.Project, Class: telemetry.Access, ID: "w-" + at.Project}})
		w.must(err)
		_, err = view.CreateApprovalRule(ctx, registry.ApprovalRule{Region: at.Region, Project: at.Project, Class: telemetry.Fire, Pattern: at.Project + "*", Note: "rule " + at.Project})
		w.must(err)
		w.planted[at] = w.plantThings(at)
		w.plantData(at)
		w.plantCorrection(at)
	}
	w.plantAnalytics()
	w.plantOperations()
}

// letterOfPlace is the id of the dead letter of an estate.
func letterOfPlace(at authz.Place) string { return "letter-" + at.Project }

// passer is the pseudonym of somebody who goes in and out of an estate.
func passer(at authz.Place) string {
	return fmt.Sprintf("psn_%032x", []byte(at.Project))[:36]
}

func (w *world) plantData(at authz.Place) {
	w.t.Helper()
	ms := telemetry.MillisOf(w.now.Add(-time.Hour))
	meter := &telemetry.Device{Region: at.Region, Project: at.Project, Class: telemetry.Meter, ID: "m-" + at.Project}
	gate := &telemetry.Device{Region: at.Region, Project: at.Project, Class: telemetry.Access, ID: "w-" + at.Project}
	batch := new(clickhouse.Batch)
	for i := range telemetry.Millis(20) {
		r := telemetry.Reading{Device: meter, Metric: "power_" + at.Project, TS: ms + i*60_000, Received: ms + i*60_000, Value: float64(i)}
		batch.AddReading(r)
		w.board.Reading(r)
		e := telemetry.Event{
			Device: gate, Kind: "granted", ID: fmt.Sprintf("%s-%d", at.Project, i), Severity: telemetry.Info, TS: r.TS, Received: r.TS,
			Attrs: `{"person":"` + passer(at) + `","gate":"gate ` + at.Project + `"}`,
		}
		batch.AddEvent(e)
	}
	batch.AddDeadLetter(telemetry.DeadLetter{
		ID: letterOfPlace(at), Received: ms, Topic: meter.Topic(telemetry.StreamTelemetry), Payload: []byte(`{"bad ` + at.Project + `"`),
		Codec: "json", Reason: telemetry.BadSyntax, Error: "broken " + at.Project,
	})
	w.must(w.data.Append(w.t.Context(), batch, "plant-"+at.Project))
}

// next is a number that was not used in this world.
func (w *world) next() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.serial++
	return w.serial
}

// call is a request to the API.
type call struct {
	method string
	path   string // below Prefix, with the query
	header http.Header
	body   any // made into JSON; a string or bytes as they are
}

func (c call) with(name, value string) call {
	header := c.header.Clone()
	if header == nil {
		header = http.Header{}
	}
	header.Set(name, value)
	c.header = header
	return c
}

func (c call) request(ctx context.Context, p authz.Principal) *http.Request {
	var body io.Reader
	kind := "application/json"
	switch b := c.body.(type) {
	case nil:
	case string:
		body = strings.NewReader(b)
	case []byte:
		body = bytes.NewReader(b)
	default:
		text, err := json.Marshal(b)
		if err != nil {
			panic(err)
		}
		body = bytes.NewReader(text)
	}
	if c.method == http.MethodPatch {
		kind = "application/merge-patch+json"
	}
	r := httptest.NewRequest(c.method, Prefix+c.path, body).WithContext(authz.WithPrincipal(ctx, p))
	if body != nil {
		r.Header.Set("Content-Type", kind)
	}
	for name, values := range c.header {
		r.Header[name] = values
	}
	return r
}

// do makes a call as somebody.
func (w *world) do(p authz.Principal, c call) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	w.api.ServeHTTP(rec, c.request(w.t.Context(), p))
	return rec
}

// problemIn reads an answer that must be a problem.
func problemIn(t testing.TB, rec *httptest.ResponseRecorder) Problem {
	t.Helper()
	var p Problem
	if got := rec.Header().Get("Content-Type"); got != "application/problem+json" {
		t.Fatalf("status %d with content type %q: %s", rec.Code, got, rec.Body)
	}
	if err := json.Unmarshal(rec.Body.Bytes(), &p); err != nil {
		t.Fatalf("%v: %s", err, rec.Body)
	}
	if p.Status != rec.Code || p.Code == "" || p.Detail == "" || p.RequestID == "" {
		t.Fatalf("status %d: incomplete problem %s", rec.Code, rec.Body)
	}
	return p
}

// answerIn reads an answer that must have a status.
func answerIn[T any](t testing.TB, rec *httptest.ResponseRecorder, status int) (v T) {
	t.Helper()
	if rec.Code != status {
		t.Fatalf("status %d, want %d: %s", rec.Code, status, rec.Body)
	}
	if err := json.Unmarshal(rec.Body.Bytes(), &v); err != nil {
		t.Fatalf("%v: %s", err, rec.Body)
	}
	return v
}

// somebody is a person with one role at one place.
func somebody(role authz.Role, at authz.Place) authz.Principal {
	return authz.Principal{
		Kind: authz.Person, ID: "p-" + string(role) + "-" + strings.ReplaceAll(at.String(), "/", "-"), Name: string(role),
		Grants: []authz.Grant{{Role: role, Place: at}}, Remote: "192.0.2.7",
	}
}

// dump is the text of a table of the control database.
func (w *world) dump(t *testing.T, table string) string {
	t.Helper()
	var text strings.Builder
	err := w.db.Read(t.Context(), func(tx *controldb.Tx) error {
		return tx.Each(func(rows *sqlx.Rows) error {
			cells, err := rows.SliceScan()
			fmt.Fprintln(&text, cells...)
			return err
		}, "SELECT * FROM "+table)
	})
	w.must(err)
	if text.Len() == 0 {
		t.Fatalf("the table %s is empty", table)
	}
	return text.String()
}
