package main

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"steward/internal/telemetry"
)

func TestMessages(t *testing.T) {
	a := newAuthor()
	topics := map[string]bool{}
	places := map[string]bool{}
	at := time.UnixMilli(1_763_800_000_123)
	for n := range uint64(2 * devices) {
		topic, payload := a.compose(n, at, 12_345)
		d, stream, err := telemetry.ParseTopic(topic)
		if err != nil || stream != telemetry.StreamTelemetry {
			t.Fatal(topic, err)
		}
		topics[topic] = true
		places[d.Region+"/"+d.Project] = true
		var m struct {
			TS     int64
			Values map[string]float64
		}
		if err := json.Unmarshal(payload, &m); err != nil {
			t.Fatalf("%s: %v", payload, err)
		}
		if m.TS != at.UnixMilli() || len(m.Values) != len(metrics) || m.Values[numberMetric] != float64(n)+numberOffset || m.Values[timeMetric] != 12.345 {
			t.Fatalf("message %d: %s", n, payload)
		}
		if got := numberOf(payload); got != n {
			t.Fatalf("message %d is read as %d", n, got)
		}
		if len(payload) < 120 || len(payload) > 180 {
			t.Fatalf("%d bytes: %s", len(payload), payload)
		}
	}
	if len(topics) != devices || len(places) != projects {
		t.Errorf("%d topics in %d projects", len(topics), len(places))
	}
}

// TestCeiling runs a part as make bench does, against the real broker.
func TestCeiling(t *testing.T) {
	path := filepath.Join(t.TempDir(), "results", "latest.json")
	var out strings.Builder
	if code := run(t.Context(), []string{"-only", "ceiling", "-messages", "5000", "-dir", t.TempDir(), "-json", path}, &out, io.Discard); code != 0 {
		t.Fatalf("exit code %d\n%s", code, &out)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var r report
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	var modes []string
	for _, run := range r.Throughput {
		modes = append(modes, run.Mode)
		if run.PerSecond <= 0 || run.Messages != 5000 || run.Reconnects != 0 || len(run.Usage) != 2 || run.memory("mosquitto") == 0 {
			t.Errorf("%+v", run)
		}
	}
	if !slices.Equal(modes, []string{live, backlog}) {
		t.Errorf("modes %v", modes)
	}
	if !strings.Contains(out.String(), ceilingName+", "+backlog) {
		t.Errorf("the table does not show it:\n%s", &out)
	}
}

func TestRawSubscriberCounts(t *testing.T) {
	a := newAuthor()
	r := &rawSubscriber{seen: make([]uint64, 2)}
	f := func(n uint64, want bool) {
		t.Helper()
		_, payload := a.compose(n, time.Now(), 0)
		r.take(nil, payload)
		if err := r.check(t.Context(), 2); (err == nil) != want {
			t.Errorf("after message %d: %v", n, err)
		}
	}
	f(0, false)
	f(1, true)
	f(1, false)
	r.repeated = 0
	f(999, false)
}

func TestParse(t *testing.T) {
	for _, args := range []string{"-messages 3", "-rate 0", "-only ceiling,nothing", "-days 0", "more"} {
		if code := run(t.Context(), strings.Fields(args), io.Discard, io.Discard); code != 2 {
			t.Errorf("%s: exit code %d", args, code)
		}
	}
}

func TestParseBenchmarks(t *testing.T) {
	got := parseBenchmarks("./ingest/spool", `goos: linux
BenchmarkAppend-2   	  163840	       756.0 ns/op	 264.55 MB/s	         1.5 records/commit	       7 B/op	       1 allocs/op
BenchmarkBroken-2
PASS
`)
	if len(got) != 1 {
		t.Fatalf("%+v", got)
	}
	r := got[0]
	if r.Package != "ingest/spool" || r.Name != "Append" || r.Values["ns/op"] != 756 || r.Values["allocs/op"] != 1 {
		t.Errorf("%+v", r)
	}
	if r.others() != "264.6 MB/s, 1.5 records/commit" {
		t.Error(r.others())
	}
}

func TestSummary(t *testing.T) {
	var delays []time.Duration
	for i := range 200 {
		delays = append(delays, time.Duration(200-i)*time.Millisecond)
	}
	if l := summary("x", 1, delays); l.P50 != 100 || l.P99 != 198 || l.Max != 200 || l.Seen != 200 {
		t.Errorf("%+v", l)
	}
	if l := summary("x", 1, delays[:1]); l.P50 != 1 || l.P99 != 1 || l.Max != 1 {
		t.Errorf("%+v", l)
	}
}

func TestCompare(t *testing.T) {
	use := func(seconds float64) []usage { return []usage{{Process: "program", CPUSeconds: seconds}} }
	r := report{Throughput: []throughputRun{
		{Subject: ceilingName, Mode: live, Messages: 10, PerSecond: 400},
		{Subject: smallestOne, Mode: live, Messages: 10, PerSecond: 100, Usage: use(8)},
		{Subject: smallestOne, Mode: backlog, Messages: 10, PerSecond: 50, Usage: use(8)},
		{Subject: stewardName, Mode: live, Messages: 10, PerSecond: 200, Usage: use(4)},
	}}
	r.compare()
	want := []ratio{
		{"messages/s", live, stewardName, ceilingName, 0.5},
		{"messages/s", live, stewardName, smallestOne, 2},
		{"CPU seconds", live, stewardName, smallestOne, 0.5},
	}
	if !slices.Equal(r.Ratios, want) {
		t.Errorf("%+v", r.Ratios)
	}
}

func TestUsage(t *testing.T) {
	m, err := usageOf(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if m.resident == 0 || m.peak < m.resident {
		t.Errorf("%+v", m)
	}
	if _, err := childOf(os.Getpid(), "no-such-command"); err == nil {
		t.Error("a child was found")
	}
}
