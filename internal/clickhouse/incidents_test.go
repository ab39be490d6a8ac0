package clickhouse_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/clickhouse/clickhousetest"
	"steward/internal/telemetry"
)

func incidentEvent(incident string, n uint32, received telemetry.Millis) clickhouse.IncidentEvent {
	return clickhouse.IncidentEvent{
		Seq: int64(received-day)/1000 + int64(n), Incident: incident, N: n, Kind: "opened", At: received.Time().Add(-time.Second), Received: received.Time(),
		Place: authz.Place{Region: "north", Project: "harbour"}, Building: "b1", Class: "elevator", Device: "e1",
		Rule: "entrapment", IncidentKind: "entrapment", Severity: telemetry.LifeSafety, State: "firing",
		ActorKind: "device", ActorID: "e1", Note: "困人", Data: `{"a":"\\'"}`, Hash: fmt.Sprintf("hash-%s-%d", incident, n),
	}
}

func TestIncidentEvents(t *testing.T) {
	db := clickhousetest.Start(t)
	if err := db.PutIncidentEvents(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	list := []clickhouse.IncidentEvent{
		incidentEvent("b", 1, day), incidentEvent("a", 2, day+second), incidentEvent("a", 1, day), incidentEvent("a", 3, day+40*24*hour),
	}
	list[3].Shadow = true
	for range 2 { // the answer to the first was lost
		if err := db.PutIncidentEvents(t.Context(), list); err != nil {
			t.Fatal(err)
		}
	}
	query(t, db, "4", "SELECT count() FROM incident_events FINAL")
	query(t, db, `1	b	1	opened	2026-05-31 23:59:59.000	2026-06-01 00:00:00.000	north	harbour	b1	elevator	e1	entrapment	entrapment	life_safety	firing	device	e1	困人	{"a":"\\'"}	hash-b-1	false`,
		"SELECT * FROM incident_events FINAL WHERE incident = 'b'")

	changed := list[2]
	changed.Hash = "forged"
	if err := db.PutIncidentEvents(t.Context(), []clickhouse.IncidentEvent{changed}); err != nil {
		t.Fatal(err)
	}
	var got []string
	add := func(a clickhouse.IncidentAnchor) error {
		got = append(got, fmt.Sprint(a.Seq, " ", a.Incident, " ", a.N, " ", a.Hash))
		return nil
	}
	if err := db.IncidentAnchors(t.Context(), add); err != nil {
		t.Fatal(err)
	}
	want := []string{"1 a 1 forged", "1 a 1 hash-a-1", "3 a 2 hash-a-2", "1 b 1 hash-b-1", "3456003 a 3 hash-a-3"}
	if !slices.Equal(got, want) {
		t.Errorf("anchors %q, want %q", got, want)
	}
	enough := errors.New("enough")
	if err := db.IncidentAnchors(t.Context(), func(clickhouse.IncidentAnchor) error { return enough }); !errors.Is(err, enough) {
		t.Errorf("a listener that had enough got %v", err)
	}
}

func TestNoIncidents(t *testing.T) {
	db := clickhousetest.Start(t)
	err := db.IncidentAnchors(t.Context(), func(clickhouse.IncidentAnchor) error { return errors.New("one") })
	if err != nil {
		t.Error(err)
	}
}
