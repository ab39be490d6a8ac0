package clickhouse_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/clickhouse/clickhousetest"
	"steward/internal/telemetry"
)

// Every query of the package is understood by the server, fits the tables, and
// has a header that says what it is for.
func TestExplainEveryQuery(t *testing.T) {
	db := clickhousetest.Start(t)
	files, err := filepath.Glob("queries/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	parameter := regexp.MustCompile(`\{(\w+):([^}]+)\}`)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(string(text), "-- ") {
				t.Error("no header")
			}
			params := map[string]string{}
			for _, m := range parameter.FindAllStringSubmatch(string(text), -1) {
				params[m[1]] = map[string]string{"Array(String)": "['a']"}[m[2]]
				if params[m[1]] == "" {
					params[m[1]] = "1"
				}
				header, _, _ := strings.Cut(string(text), "\nSELECT")
				if !strings.Contains(header, m[1]) {
					t.Errorf("the header does not explain the parameter %s", m[1])
				}
			}
			explain := "EXPLAIN "
			if strings.Contains(string(text), "INSERT INTO") {
				explain = "EXPLAIN PIPELINE "
			}
			if err := db.Query(t.Context(), io.Discard, clickhouse.QueryOptions{SQL: explain + string(text), Params: params}); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestLatest(t *testing.T) {
	db := clickhousetest.Start(t)
	twin := &telemetry.Device{Region: "west", Project: "hz-1", Class: telemetry.Meter, ID: "m-1"}
	for i, r := range []telemetry.Reading{
		reading(meter, "power_kw", day+26*hour, 3),
		reading(meter, "power_kw", day+25*hour, 2), // late: older than what is known
		reading(meter, "power_kw", day+1*hour, 1),
		reading(meter, "energy_kwh", day+1*hour, 1000),
		reading(lift, "floor", day-10*24*hour, 7), // before since
		reading(twin, "power_kw", day+2*hour, 8),
		reading(lift, "speed_ms", day, 9), // the very moment
	} {
		b := new(clickhouse.Batch)
		b.AddReading(r)
		appendTo(t, db, b, fmt.Sprint(i))
	}
	var got []string
	devices := map[telemetry.Device]*telemetry.Device{}
	err := db.Latest(t.Context(), day.Time(), func(r telemetry.Reading) error {
		if p, ok := devices[*r.Device]; ok && p != r.Device {
			t.Errorf("%s has two pointers", r.Device)
		}
		devices[*r.Device] = r.Device
		if r.Received != r.TS+50 {
			t.Errorf("%s received at %s, measured at %s", r.Device, r.Received, r.TS)
		}
		got = append(got, fmt.Sprintf("%s %s %d %v", r.Device, r.Metric, r.TS-day, r.Value))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(got)
	want := []string{
		"east/hz-1/elevator/e-1 speed_ms 0 9",
		"east/hz-1/meter/m-1 energy_kwh 3600000 1000",
		"east/hz-1/meter/m-1 power_kw 93600000 3",
		"west/hz-1/meter/m-1 power_kw 7200000 8",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}

	enough := errors.New("enough")
	if err := db.Latest(t.Context(), day.Time(), func(telemetry.Reading) error { return enough }); !errors.Is(err, enough) {
		t.Errorf("got %v", err)
	}
}

func TestLatestStates(t *testing.T) {
	db := clickhousetest.Start(t)
	b := new(clickhouse.Batch)
	for ts, value := range map[telemetry.Millis]string{day: "idle", day + 2: "检修", day + 1: "moving", day - 1: "old"} {
		b.AddState(telemetry.State{Device: lift, Metric: "mode", TS: ts, Received: ts + 5, Value: value})
	}
	b.AddState(telemetry.State{Device: lift, Metric: "other", TS: day - 1, Value: "before"})
	appendTo(t, db, b, "t")
	var got []telemetry.State
	if err := db.LatestStates(t.Context(), day.Time(), func(s telemetry.State) error { got = append(got, s); return nil }); err != nil {
		t.Fatal(err)
	}
	if len(got) != 1 || *got[0].Device != *lift || got[0].Value != "检修" || got[0].TS != day+2 || got[0].Received != day+7 {
		t.Errorf("got %+v", got)
	}
}

func TestRecentEvents(t *testing.T) {
	db := clickhousetest.Start(t)
	b := new(clickhouse.Batch)
	for i := range 10 {
		ts := day + telemetry.Millis(i)*hour
		b.AddEvent(telemetry.Event{Device: lift, Kind: "fault", ID: fmt.Sprint(i), Severity: telemetry.Critical, TS: ts, Received: ts + 1, Attrs: `{"code":"E1"}`})
	}
	appendTo(t, db, b, "t")
	events, err := db.RecentEvents(t.Context(), 3, day.Time())
	if err != nil {
		t.Fatal(err)
	}
	var ids string
	for _, e := range events {
		ids += e.ID
	}
	want := telemetry.Event{Device: events[0].Device, Kind: "fault", ID: "9", Severity: telemetry.Critical, TS: day + 9*hour, Received: day + 9*hour + 1, Attrs: `{"code":"E1"}`}
	if ids != "987" || events[0] != want || *events[0].Device != *lift {
		t.Errorf("got %s, %+v", ids, events[0])
	}
	if events, err = db.RecentEvents(t.Context(), 100, (day + 8*hour).Time()); err != nil || len(events) != 2 {
		t.Errorf("since: %d events, %v", len(events), err)
	}
}

func TestDeadLettersAreReplayedOnce(t *testing.T) {
	db := clickhousetest.Start(t)
	b := new(clickhouse.Batch)
	ids := []string{"a", `it's \ odd`, "c", "d", "e"}
	for i, id := range ids {
		b.AddDeadLetter(telemetry.DeadLetter{
			ID: id, Received: day + telemetry.Millis(i/2), Topic: "t/" + id, Payload: []byte{0, 0xff, byte(i)}, Codec: "json", Reason: telemetry.ClockAhead, Error: "why",
		})
	}
	appendTo(t, db, b, "1")
	appendTo(t, db, b, "2") // quarantined twice

	all, err := db.LettersToReplay(t.Context(), authz.Everything(), clickhouse.ReplayQuery{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != len(ids) {
		t.Fatalf("%d letters, want %d", len(all), len(ids))
	}
	var paged []telemetry.DeadLetter
	for after := (*telemetry.DeadLetter)(nil); ; {
		page, err := db.LettersToReplay(t.Context(), authz.Everything(), clickhouse.ReplayQuery{After: after, Limit: 2})
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		paged = append(paged, page...)
		after = &page[len(page)-1]
	}
	for i, l := range paged {
		if l.ID != all[i].ID || string(l.Payload) != string(all[i].Payload) || l.Topic != "t/"+l.ID || l.Reason != telemetry.ClockAhead || l.Codec != "json" || l.Error != "why" {
			t.Errorf("letter %d: %+v", i, l)
		}
	}
	if len(paged) != len(all) {
		t.Errorf("%d letters by pages, %d at once", len(paged), len(all))
	}

	if err := db.MarkReplayed(t.Context(), []string{"a", `it's \ odd`}); err != nil {
		t.Fatal(err)
	}
	if err := db.MarkReplayed(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	rest, err := db.LettersToReplay(t.Context(), authz.Everything(), clickhouse.ReplayQuery{Limit: 100})
	if err != nil || len(rest) != 3 || rest[0].ID != "c" {
		t.Errorf("after two were replayed: %+v, %v", rest, err)
	}
	query(t, db, "2\treplayed", "SELECT count(), any(outcome) FROM dead_letter_replays")
}
