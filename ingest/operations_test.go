package ingest

import (
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/clickhouse/clickhousetest"
	"steward/internal/mqtttest"
	"steward/internal/telemetry"
)

// operationRecord is a message on a topic of operations as the spool has it.
func operationRecord(kind, payload string) record {
	return record{
		topic: []byte("property/north/harbour/operations/" + kind), payload: []byte(payload), size: uint32(len(payload)),
		received: telemetry.MillisOf(opsTime), packetID: 7, client: 1,
	}
}

var opsTime = telemetry.Millis(1_795_334_400_000).Time()

func TestProcessorTakesOperations(t *testing.T) {
	f := func(rec record, want outcome, records int, reasons string) *processor {
		t.Helper()
		p := newProcessor(telemetry.DefaultClockPolicy(), 100)
		got := p.process(1, rec)
		var found []string
		for _, l := range p.letters {
			found = append(found, string(l.Reason))
		}
		if got != want || len(p.out.Operations) != records || strings.Join(found, " ") != reasons {
			t.Errorf("%s: outcome %d with %d records and letters %q: %v", rec.payload, got, len(p.out.Operations), found, p.letters)
		}
		return p
	}
	const good = `{"id":"c1","type":"noise","created":"2026-11-01T00:00:00Z"}`
	p := f(operationRecord("complaint", good), stored, 1, "")
	if h := p.out.Operations[0].Of(); h.Place != (authz.Place{Region: "north", Project: "harbour"}) || h.Source != "mqtt" || !h.Updated.Equal(opsTime) {
		t.Errorf("head %+v", h)
	}
	var b clickhouse.Batch
	if p.addTo(&b); b.Rows() != 1 {
		t.Errorf("%d rows", b.Rows())
	}
	f(operationRecord("complaint", "["+good+`,{"id":"c2"},`+strings.Replace(good, "c1", "c3", 1)+"]"), rejected, 2, "bad_value")
	f(operationRecord("complaint", "["+strings.Repeat(`{"id":"c2"},`, 17)+good+"]"), rejected, 0, "bad_syntax")
	f(operationRecord("complaint", `{"id":"c2"}`), rejected, 0, "bad_value")
	f(operationRecord("complaint", `garbage`), rejected, 0, "bad_syntax")
	f(operationRecord("complaint", `[]`), rejected, 0, "empty")
	f(operationRecord("wage", good), rejected, 0, "bad_topic")
	f(operationRecord("complaint/x", good), rejected, 0, "bad_topic")

	// A project tells of its own inspections alone.
	f(operationRecord("inspection", `{"id":"i","level":"project","kind":"fire","planned":"2026-11-01T00:00:00Z"}`), stored, 1, "")
	f(operationRecord("inspection", `{"id":"i","level":"hq","kind":"fire","planned":"2026-11-01T00:00:00Z"}`), rejected, 0, "bad_value")
	f(operationRecord("inspection", `{"id":"hq-i","withdrawn":true}`), rejected, 0, "bad_value")

	// A name that got past the door ends here.
	p = f(operationRecord("inspection", `{"id":"i","level":"project","kind":"fire","planned":"2026-11-01T00:00:00Z","inspector":"王芳"}`), stored, 1, "")
	if key := p.out.Operations[0].Values()[5]; *key.(*string) != "" {
		t.Errorf("kept %q", *key.(*string))
	}

	// The broker's copy of an old record replaces nothing, unless it says when it was so.
	rec := operationRecord("complaint", good)
	rec.retained = true
	f(rec, duplicate, 0, "")
	rec = operationRecord("complaint", strings.Replace(good, "{", `{"updated":"2026-11-02T00:00:00Z",`, 1))
	rec.retained = true
	f(rec, stored, 1, "")

	// A delivery that is repeated is one.
	p = newProcessor(telemetry.DefaultClockPolicy(), 100)
	rec = operationRecord("complaint", good)
	p.process(1, rec)
	rec.dup = true
	if got := p.process(2, rec); got != duplicate {
		t.Errorf("repeated: outcome %d", got)
	}
}

func TestReplayOfOperationsStaysInScope(t *testing.T) {
	o := ReplayOptions{Clock: telemetry.DefaultClockPolicy()}
	viewer := func(at authz.Place) authz.Scope {
		return authz.Principal{Kind: authz.Person, ID: "x", Grants: []authz.Grant{{Role: authz.Engineer, Place: at}}}.Scope(authz.Configure)
	}
	const topic = "property/north/harbour/operations/fee"
	if err := o.check(topic, viewer(authz.Place{Region: "north", Project: "harbour"})); err != nil {
		t.Error(err)
	}
	if err := o.check(topic, viewer(authz.Place{Region: "north", Project: "hill"})); err == nil {
		t.Error("another project's record may be replayed")
	}
	trial := Try(topic, []byte(`{"id":"f","kind":"property","month":"2026-10","due":1}`), telemetry.MillisOf(opsTime), o)
	if !trial.Accepted() || trial.Operations != 1 {
		t.Errorf("trial %+v", trial)
	}
}

// From a publisher to the table: what is acknowledged is stored, newest first, what is
// wrong is quarantined, and every message is accounted for.
func TestOperationsByMQTT(t *testing.T) {
	db := clickhousetest.Start(t)
	sp := openTestSpool(t, t.TempDir())
	in := NewIntake(sp, IntakeOptions{MaxPayload: 1 << 20, Privacy: testPrivacy(t), Metrics: NewMetrics(prometheus.NewRegistry())})
	b := startTestBroker(t, BrokerOptions{Anonymous: true}, in)
	system := mustDial(t, b, "", mqtttest.RawOptions{})
	for _, m := range []struct{ kind, payload string }{
		{"inspection", `{"id":"i1","level":"project","kind":"fire","planned":"2026-11-01T00:00:00Z","inspector":"zhang san"}`},
		{"complaint", `[{"id":"c1","type":"noise","created":"2026-11-01T00:00:00Z","updated":"2026-11-02T00:00:00Z"},{"id":"c2"}]`},
		{"complaint", `{"id":"c1","type":"noise","created":"2026-11-01T00:00:00Z","closed":"2026-11-03T00:00:00Z","updated":"2026-11-03T00:00:00Z"}`},
		{"complaint", `{"id":"c1","type":"parking","created":"2026-11-01T00:00:00Z","updated":"2026-11-01T12:00:00Z"}`}, // late
		{"fee", `{"id":"f1","kind":"property","month":"2026-10","due":100,"paid":60}`},
		{"fee", `{"id":"f2","kind":"property","month":"2026-10","due":-1}`},
		{"repair", `{"id":"r1","type":"elevator","created":"2026-11-01T00:00:00Z"}`},
		{"repair", `{"id":"r1","withdrawn":true}`},
		{"wage", `{"id":"w1"}`},
	} {
		mustPublish(t, system, "property/north/harbour/operations/"+m.kind, m.payload, false)
	}
	l := runStore(t, sp, db, nil).Ledger()
	if l.Received != 9 || l.Stored != 6 || l.Rejected[telemetry.BadValue] != 2 || l.Rejected[telemetry.BadTopic] != 1 || l.InFlight != 0 || l.Operations != 7 || l.Letters != 3 {
		t.Errorf("ledger %+v", l)
	}
	f := func(want, sql string) {
		t.Helper()
		if got := clickhousetest.Query(t, db, sql); got != want {
			t.Errorf("%s: %q, want %q", sql, got, want)
		}
	}
	f("north\tharbour\ti1\tmqtt\t"+testPrivacy(t).Of("zhang san"), "SELECT region, project, id, source, inspector_key FROM inspections FINAL")
	f("c1\tnoise\t2026-11-03 00:00:00.000", "SELECT id, type, closed FROM complaints FINAL")
	f("100\t60", "SELECT due, paid FROM fees FINAL")
	f("0\t1", "SELECT countIf(NOT withdrawn), count() FROM repair_orders FINAL")
	f("2", "SELECT count() FROM dead_letters WHERE reason = 'bad_value'")

	// Put right, it goes in by replay.
	letters, err := db.LettersToReplay(t.Context(), authz.Everything(), clickhouse.ReplayQuery{Reason: telemetry.BadValue, Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	for _, letter := range letters {
		if !strings.HasSuffix(letter.Topic, "fee") {
			continue
		}
		trial, err := ReplayOne(t.Context(), db, authz.Everything(), Letter{DeadLetter: letter}, Edit{Payload: []byte(`{"id":"f2","kind":"property","month":"2026-10","due":1}`)}, ReplayOptions{Clock: telemetry.DefaultClockPolicy()})
		if err != nil || !trial.Accepted() {
			t.Errorf("%+v, %v", trial, err)
		}
	}
	f("101", "SELECT sum(due) FROM fees FINAL")
}
