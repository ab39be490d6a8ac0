package live

import (
	"fmt"
	"testing"

	"steward/internal/telemetry"
)

func fleet(n int) []*telemetry.Device {
	out := make([]*telemetry.Device, n)
	for i := range out {
		out[i] = &telemetry.Device{
			Region: fmt.Sprint("region-", i%3), Project: fmt.Sprint("project-", i%12),
			Class: telemetry.Classes()[i/12%4], ID: fmt.Sprint("device-", i),
		}
	}
	return out
}

var benchMetrics = []string{"energy_kwh", "power_kw", "voltage_v", "current_a", "power_factor"}

// BenchmarkReading is the whole cost of a reading: the append that ingest pays
// and the merge that the tick pays, with nobody watching.
func BenchmarkReading(b *testing.B) {
	board := newBoard(b, Options{})
	devices := fleet(5000)
	ts := telemetry.Millis(1)
	send := func(n int) {
		for i := range n {
			d := devices[i/len(benchMetrics)%len(devices)]
			board.Reading(telemetry.Reading{Device: d, Metric: benchMetrics[i%len(benchMetrics)], TS: ts, Received: ts, Value: 1})
			if i%12_500 == 12_499 { // a tick at 50,000 messages a second
				board.flush()
				ts++
			}
		}
	}
	send(100_000)
	b.ReportAllocs()
	b.ResetTimer()
	send(b.N)
}

// BenchmarkAppend is what ingest alone pays.
func BenchmarkAppend(b *testing.B) {
	board := newBoard(b, Options{})
	r := telemetry.Reading{Device: fleet(1)[0], Metric: "power_kw", TS: 1, Received: 1, Value: 1}
	for range maxPending - 1 {
		board.Reading(r)
	}
	b.ReportAllocs()
	for b.Loop() {
		board.in.now.samples = board.in.now.samples[:0]
		for range 1000 {
			board.Reading(r)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/reading")
}

// BenchmarkTick is one publication at 5,000 messages a second of 5 values, with
// 8 scopes watched.
func BenchmarkTick(b *testing.B) {
	board := newBoard(b, Options{})
	devices := fleet(5000)
	for i := range 8 {
		f := Filter{}
		if i > 0 {
			f.Project = fmt.Sprint("project-", i)
		}
		sub := board.Subscribe(Scope{Allowed: hq, Detail: f})
		defer sub.Close()
	}
	ts := telemetry.Millis(1)
	b.ReportAllocs()
	for b.Loop() {
		ts++
		for i := range 250 {
			for _, m := range benchMetrics {
				board.Reading(telemetry.Reading{Device: devices[(int(ts)*250+i)%len(devices)], Metric: m, TS: ts, Received: ts, Value: 1})
			}
		}
		board.flush()
	}
}

func BenchmarkSnapshot5000(b *testing.B) {
	board := newBoard(b, Options{})
	for _, d := range fleet(5000) {
		for _, m := range benchMetrics {
			board.Reading(telemetry.Reading{Device: d, Metric: m, TS: 1, Received: 1, Value: 1})
		}
	}
	board.flush()
	b.ReportAllocs()
	for b.Loop() {
		board.Snapshot(Scope{Allowed: hq})
	}
}
