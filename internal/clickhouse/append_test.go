package clickhouse_test

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"steward/internal/clickhouse"
	"steward/internal/clickhouse/clickhousetest"
	"steward/internal/telemetry"
)

var (
	meter = &telemetry.Device{Region: "east", Project: "hz-1", Class: telemetry.Meter, ID: "m-1"}
	lift  = &telemetry.Device{Region: "east", Project: "hz-1", Class: telemetry.Elevator, ID: "e-1"}
)

// day is a moment to which tests relate theirs.
var day = telemetry.MillisOf(time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC))

const (
	second telemetry.Millis = 1000
	minute                  = 60 * second
	hour                    = 60 * minute
)

func reading(d *telemetry.Device, metric string, ts telemetry.Millis, value float64) telemetry.Reading {
	return telemetry.Reading{Device: d, Metric: metric, TS: ts, Received: ts + 50, Value: value}
}

func appendTo(t testing.TB, db *clickhouse.Store, b *clickhouse.Batch, token string) {
	t.Helper()
	if err := db.Append(t.Context(), b, token); err != nil {
		t.Fatal(err)
	}
}

// query compares the result of a query, rows by line and columns by tab.
func query(t testing.TB, db *clickhouse.Store, want, sql string) {
	t.Helper()
	if got := clickhousetest.Query(t, db, sql); got != want {
		t.Errorf("%s\ngot:  %q\nwant: %q", sql, got, want)
	}
}

func TestAppendKeepsEveryColumn(t *testing.T) {
	db := clickhousetest.Start(t)
	b := new(clickhouse.Batch)
	b.AddReading(telemetry.Reading{Device: meter, Metric: "energy_kwh", TS: day + 1, Received: day + 2, Value: 1234.5})
	b.AddReading(telemetry.Reading{Device: lift, Metric: "楼层", TS: day + 3, Received: day + 4, Value: -7e-300})
	b.AddState(telemetry.State{Device: lift, Metric: "mode", TS: day + 5, Received: day + 6, Value: "检修\t'\\\n"})
	b.AddEvent(telemetry.Event{Device: lift, Kind: "entrapment", ID: "x1", Severity: telemetry.LifeSafety, TS: day + 7, Received: day + 8, Attrs: `{"floor":3}`})
	b.AddDeadLetter(telemetry.DeadLetter{ID: "d1", Received: day + 9, Topic: "property/…", Payload: []byte("\x00\xff\r\n"), Codec: "json", Reason: telemetry.BadSyntax, Error: "no"})
	if b.Rows() != 5 {
		t.Errorf("%d rows, want 5", b.Rows())
	}
	appendTo(t, db, b, "t")

	query(t, db, "1780272000001|1780272000002|east|hz-1|meter|m-1|energy_kwh|1234.5\n1780272000003|1780272000004|east|hz-1|elevator|e-1|楼层|-7e-300",
		"SELECT concatWithSeparator('|', toUnixTimestamp64Milli(ts), toUnixTimestamp64Milli(received), region, project, class, device, metric, value) FROM readings ORDER BY ts")
	query(t, db, `1780272000005|1780272000006|east|hz-1|elevator|e-1|mode|`+"检修\t'\\\n",
		"SELECT concatWithSeparator('|', toUnixTimestamp64Milli(ts), toUnixTimestamp64Milli(received), region, project, class, device, metric, value) FROM states")
	query(t, db, `1780272000007|1780272000008|east|hz-1|elevator|e-1|entrapment|x1|life_safety|{"floor":3}`,
		"SELECT concatWithSeparator('|', toUnixTimestamp64Milli(ts), toUnixTimestamp64Milli(received), region, project, class, device, kind, id, severity, attrs) FROM events")
	query(t, db, "1780272000009|d1|property/…|00FF0D0A|json|bad_syntax|no",
		"SELECT concatWithSeparator('|', toUnixTimestamp64Milli(received), id, topic, hex(payload), codec, reason, error) FROM dead_letters")
}

// A host that is not a loopback address in figures gets compressed blocks.
func TestAppendCompressed(t *testing.T) {
	db := clickhousetest.Start(t)
	opts := clickhousetest.Options(t)
	_, port, err := net.SplitHostPort(opts.Addrs[0])
	if err != nil {
		t.Fatal(err)
	}
	opts.Addrs, opts.Database = []string{net.JoinHostPort("localhost", port)}, db.Database()
	b := thousand(meter)
	b.AddDeadLetter(telemetry.DeadLetter{ID: "d1", Received: day, Payload: make([]byte, 1<<20)})
	appendTo(t, openWith(t, opts), b, "t")
	query(t, db, "1000 499500 1048576", "SELECT concatWithSeparator(' ', count(), sum(value), (SELECT length(payload) FROM dead_letters)) FROM readings")
}

func TestAppendOfNothing(t *testing.T) {
	db := clickhousetest.Start(t)
	appendTo(t, db, new(clickhouse.Batch), "t")
}

func TestABatchIsUsedAgain(t *testing.T) {
	db := clickhousetest.Start(t)
	b := new(clickhouse.Batch)
	for round := range 3 {
		d := &telemetry.Device{Region: "r", Project: "p", Class: telemetry.Fire, ID: fmt.Sprint("f", round)}
		b.AddReading(reading(d, fmt.Sprint("metric", round), day+telemetry.Millis(round), float64(round)))
		b.AddState(telemetry.State{Device: d, Metric: "s", TS: day, Value: fmt.Sprint("v", round)})
		b.AddEvent(telemetry.Event{Device: d, Kind: fmt.Sprint("k", round), ID: fmt.Sprint("i", round), TS: day, Attrs: "{}"})
		b.AddDeadLetter(telemetry.DeadLetter{ID: fmt.Sprint("l", round), Received: day, Payload: []byte{byte(round)}})
		appendTo(t, db, b, fmt.Sprint("t", round))
		b.Reset()
		if b.Rows() != 0 || b.Bytes() != 0 {
			t.Fatalf("after Reset %d rows, %d bytes", b.Rows(), b.Bytes())
		}
	}
	query(t, db, "f0 metric0 0\nf1 metric1 1\nf2 metric2 2", "SELECT concat(device, ' ', metric, ' ', value) FROM readings ORDER BY ts")
	query(t, db, "f0 v0\nf1 v1\nf2 v2", "SELECT concat(device, ' ', value) FROM states ORDER BY device")
	query(t, db, "f0 k0 i0\nf1 k1 i1\nf2 k2 i2", "SELECT concat(device, ' ', kind, ' ', id) FROM events ORDER BY device")
	query(t, db, "l0 00\nl1 01\nl2 02", "SELECT concat(id, ' ', hex(payload)) FROM dead_letters ORDER BY id")
}

// Dictionaries of up to 256, 65,536 and more entries have keys of one, two and
// four bytes.
func TestAppendWithManyDevices(t *testing.T) {
	for _, n := range []int{256, 257, 65536, 65537} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			db := clickhousetest.Start(t)
			b := new(clickhouse.Batch)
			for i := range n {
				d := &telemetry.Device{Region: "r", Project: "p", Class: telemetry.Meter, ID: fmt.Sprint("m", i)}
				b.AddReading(reading(d, "power_kw", day, float64(i)))
			}
			appendTo(t, db, b, "t")
			query(t, db, fmt.Sprintf("%d\t%d\t0", n, n), "SELECT count(), uniqExact(device), countIf(device != concat('m', toString(value))) FROM readings")
		})
	}
}

func TestAppendOfFortyYears(t *testing.T) {
	db := clickhousetest.Start(t)
	b := new(clickhouse.Batch)
	const months = 40 * 12
	for month := range months {
		b.AddReading(reading(meter, "x", telemetry.MillisOf(time.Date(1990, time.Month(1+month), 5, 0, 0, 0, 0, time.UTC)), float64(month)))
	}
	for range 2 { // the second time everything is there already
		appendTo(t, db, b, "forty")
	}
	query(t, db, fmt.Sprintf("%d\t%d", months, months), "SELECT count(), uniqExact(ts) FROM readings")
	if got, want := counts(t, db), fmt.Sprintf("%[1]d %[1]d %[1]d %[1]d", months); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestALargeAppendIsCut(t *testing.T) {
	db := clickhousetest.Start(t)
	b := new(clickhouse.Batch)
	const letters = 160
	payload := []byte(strings.Repeat("x", 1<<20))
	for i := range letters {
		b.AddDeadLetter(telemetry.DeadLetter{ID: fmt.Sprint(i), Received: day + telemetry.Millis(i), Payload: payload})
	}
	if b.Bytes() < letters<<20 {
		t.Errorf("a batch with %d MiB of payload says %d bytes", letters, b.Bytes())
	}
	appendTo(t, db, b, "large")
	query(t, db, fmt.Sprintf("%d\t%d\t1048576", letters, letters), "SELECT count(), uniqExact(id), min(length(payload)) FROM dead_letters")
}

func TestAppendGoesToTheHostThatAnswers(t *testing.T) {
	opts := clickhousetest.Options(t)
	opts.Addrs = []string{freeAddr(t), opts.Addrs[0]}
	db, err := clickhouse.Open(opts)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if err := db.Migrate(t.Context(), clickhouse.Retention{}); err != nil {
		t.Fatal(err)
	}
	b := new(clickhouse.Batch)
	b.AddReading(reading(meter, "power_kw", day, 1))
	appendTo(t, db, b, "t")
	if err := db.Ping(t.Context()); err != nil {
		t.Error(err)
	}
	query(t, db, "1", "SELECT count() FROM readings")
}

// freeAddr is an address where nobody listens.
func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
