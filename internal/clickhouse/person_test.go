package clickhouse_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/clickhouse/clickhousetest"
	"steward/internal/operations"
	"steward/internal/telemetry"
)

const (
	ann = "psn_0123456789abcdef0123456789abcdef"
	bob = "psn_0123456789abcdef0123456789abcde0"
)

// plantPeople puts two people into two projects: each passes three times at
// each, stands in one state and in one letter, and inspected once; ann also in a letter of no place.
func plantPeople(t testing.TB, db *clickhouse.Store) {
	b := new(clickhouse.Batch)
	for _, project := range []string{"harbour", "hill"} {
		gate := &telemetry.Device{Region: "north", Project: project, Class: telemetry.Access, ID: "g-1"}
		for i, person := range []string{ann, bob} {
			for k := range 3 {
				ts := day + telemetry.Millis(k)*40*24*hour // of several months
				b.AddEvent(telemetry.Event{
					Device: gate, Kind: "granted", ID: fmt.Sprint(i, k), Severity: telemetry.Info, TS: ts, Received: ts,
					Attrs: `{"card":"` + person + `","by":["` + person + `","` + person + `"],"note":"x` + person + `0 \n"}`,
				})
			}
			b.AddState(telemetry.State{Device: gate, Metric: "last_card", TS: day, Received: day, Value: person})
			b.AddOperation(&operations.Inspection{
				Head:  operations.Head{Place: authz.Place{Region: "north", Project: project}, ID: fmt.Sprint("i", i), Updated: day.Time(), Received: day.Time(), Source: operations.API},
				Level: operations.LevelProject, Sort: "fire", Planned: day.Time(), InspectorKey: person,
			})
			b.AddDeadLetter(telemetry.DeadLetter{
				ID: project + person, Received: day, Topic: "property/north/" + project + "/access/g-1/event",
				Payload: []byte("\xff<" + person + ">\x00"), Codec: "json", Reason: telemetry.BadSyntax, Error: "near " + person,
			})
		}
		b.AddEvent(telemetry.Event{Device: gate, Kind: "door_forced", ID: "f", Severity: telemetry.Critical, TS: day, Received: day, Attrs: `{"psn_":1}`})
	}
	b.AddDeadLetter(telemetry.DeadLetter{ID: "nowhere", Received: day, Topic: "north/harbour", Payload: []byte(ann), Reason: telemetry.BadTopic})
	appendTo(t, db, b, "people")
}

// linesOf is what PersonEvents writes.
func linesOf(t testing.TB, db *clickhouse.Store, scope authz.Scope, person string) []map[string]any {
	t.Helper()
	var out bytes.Buffer
	if err := db.PersonEvents(t.Context(), scope, person, &out); err != nil {
		t.Fatal(err)
	}
	var lines []map[string]any
	for line := range strings.Lines(out.String()) {
		var v map[string]any
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		lines = append(lines, v)
	}
	return lines
}

func TestEverythingOfAPerson(t *testing.T) {
	db := clickhousetest.Start(t)
	plantPeople(t, db)
	lines := linesOf(t, db, authz.Everything(), ann)
	kinds := map[any]int{}
	for _, l := range lines {
		kinds[l["table"]]++
		if text := fmt.Sprint(l); strings.Contains(text, bob) {
			t.Errorf("somebody else is in it: %s", text)
		}
	}
	if kinds["events"] != 6 || kinds["states"] != 2 || kinds["inspections"] != 2 || kinds["dead_letters"] != 3 {
		t.Errorf("%v", kinds)
	}
	first := lines[0]
	if first["ts"] != "2026-06-01T00:00:00.000Z" || first["class"] != "access" || first["device"] != "g-1" || first["kind"] != "granted" ||
		first["attrs"].(map[string]any)["card"] != ann {
		t.Errorf("the first line: %v", first)
	}
	if len(linesOf(t, db, authz.Everything(), "psn_"+strings.Repeat("0", 32))) != 0 {
		t.Error("a stranger has lines")
	}
}

func TestAPersonOutsideTheScopeIsNotFound(t *testing.T) {
	db := clickhousetest.Start(t)
	plantPeople(t, db)
	for _, who := range []watcher{{"north"}, {"north/hill"}, {"hill"}, {"north/hil"}, {"east"}, {}} {
		want := map[string]int{"[north]": 12, "[north/hill]": 6}[fmt.Sprint([]string(who))]
		lines := linesOf(t, db, who.scope(t), ann)
		for _, l := range lines {
			if !who.sees(l["region"].(string), l["project"].(string)) {
				t.Errorf("%v sees %v", who, l)
			}
		}
		if len(lines) != want {
			t.Errorf("%v: %d lines, want %d", who, len(lines), want)
		}
	}
}

func TestAPersonIsErased(t *testing.T) {
	db := clickhousetest.Start(t)
	plantPeople(t, db)
	before := counted(t, db)
	bobs := len(linesOf(t, db, authz.Everything(), bob))

	// Within one project first: the other keeps what it has.
	got, err := db.ErasePerson(t.Context(), watcher{"north/hill"}.scope(t), ann)
	if err != nil || got != (clickhouse.Erased{Events: 3, States: 1, Inspections: 1, Letters: 1}) {
		t.Errorf("of one project: %+v, %v", got, err)
	}
	if n := len(linesOf(t, db, authz.Everything(), ann)); n != 7 {
		t.Errorf("%d lines are left elsewhere, want 7", n)
	}
	got, err = db.ErasePerson(t.Context(), authz.Everything(), ann)
	if err != nil || got != (clickhouse.Erased{Events: 3, States: 1, Inspections: 1, Letters: 2}) {
		t.Errorf("everywhere: %+v, %v", got, err)
	}
	if got, err = db.ErasePerson(t.Context(), authz.Everything(), ann); err != nil || got != (clickhouse.Erased{}) {
		t.Errorf("again: %+v, %v", got, err)
	}

	// The rows stay, with everything else in them.
	if after := counted(t, db); after != before {
		t.Errorf("rows: %s, before %s", after, before)
	}
	if n := len(linesOf(t, db, authz.Everything(), bob)); n != bobs {
		t.Errorf("somebody else has %d lines, before %d", n, bobs)
	}
	// (A longer word is no pseudonym.)
	query(t, db, `{"card":"erased","by":["erased","erased"],"note":"x`+ann+`0 \n"}`, "SELECT DISTINCT attrs FROM events WHERE kind = 'granted' AND id LIKE '0%'")
	query(t, db, "erased", "SELECT DISTINCT value FROM states WHERE value != '"+bob+"'")
	query(t, db, "erased", "SELECT DISTINCT inspector_key FROM inspections WHERE inspector_key != '"+bob+"'")
	query(t, db, "FF3C6572617365643E00\tnear erased\n657261736564\t", "SELECT DISTINCT hex(payload), error FROM dead_letters WHERE position(payload, '"+bob+"') = 0 ORDER BY ALL DESC")

	// Nor do the statements that ClickHouse keeps name anybody.
	query(t, db, "0\t1", "SELECT countIf(position(command, '"+ann[4:]+"') > 0), count() > 0 FROM system.mutations WHERE database = currentDatabase()")
}

func counted(t testing.TB, db *clickhouse.Store) string {
	return clickhousetest.Query(t, db, "SELECT (SELECT count() FROM events), (SELECT count() FROM states), (SELECT count() FROM inspections FINAL), (SELECT count() FROM dead_letters)")
}

func TestWhatIsNoPseudonymIsRefused(t *testing.T) {
	db := clickhousetest.Start(t)
	for _, person := range []string{"", "Ann", "psn_", ann[:35], ann + "0", strings.ToUpper(ann), "x" + ann, ann + "\n", "' OR 1=1 --"} {
		err := db.PersonEvents(t.Context(), authz.Everything(), person, new(bytes.Buffer))
		_, err2 := db.ErasePerson(t.Context(), authz.Everything(), person)
		for _, err := range []error{err, err2} {
			if bad := new(clickhouse.ArgumentError); !errors.As(err, &bad) || len(person) > 4 && strings.Contains(err.Error(), person) {
				t.Errorf("%q: %v", person, err)
			}
		}
	}
}
