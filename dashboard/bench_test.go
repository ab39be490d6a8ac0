package dashboard

import (
	"bytes"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"steward/internal/authz"
	"steward/internal/live"
	"steward/internal/telemetry"
)

var benchMetrics = []string{"energy_kwh", "power_kw", "voltage_v", "current_a", "power_factor"}

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

func fill(b *live.Board, devices []*telemetry.Device, ts telemetry.Millis) {
	for _, d := range devices {
		for j, m := range benchMetrics {
			b.Reading(telemetry.Reading{Device: d, Metric: m, TS: ts, Received: ts, Value: float64(ts%1000) * 1.37 * float64(j+1)})
		}
	}
}

// BenchmarkEncodeFrame is a tick at 5,000 messages a second of 5 values.
func BenchmarkEncodeFrame(b *testing.B) {
	f := &live.Frame{Seq: 1, At: 1763800000123}
	for i, d := range fleet(250) {
		s := &live.DeviceState{Device: d, Connection: live.Online, Since: 1763800000123, Seen: 1763800000123}
		for j, m := range benchMetrics {
			s.Values = append(s.Values, live.Value{Metric: m, Number: float64(i*j) * 1.37, TS: 1763800000123, Received: 1763800000200})
		}
		f.Devices = append(f.Devices, s)
	}
	b.ReportAllocs()
	for b.Loop() {
		b.SetBytes(int64(len(encodeFrame(f))))
	}
}

func BenchmarkEncodeSnapshot5000(b *testing.B) {
	s := serve(b, live.Options{}, Options{}, nil)
	fill(s.board, fleet(5000), 1763800000123)
	eventually(b, "all is published", func() bool { return len(s.board.Snapshot(live.Scope{Allowed: authz.Everything()}).Devices) == 5000 })
	snap := s.board.Snapshot(live.Scope{Allowed: authz.Everything()})
	b.ReportAllocs()
	for b.Loop() {
		b.SetBytes(int64(len(encodeSnapshot(snap))))
	}
}

// BenchmarkFanOut sends 5,000 messages a second of 5 values to websocket clients
// in 4 scopes over the loopback interface, b.N ticks long, and reports the time
// from the board's call to the client's receipt.
func BenchmarkFanOut(b *testing.B) {
	for _, clients := range []int{20, 200, 1000} {
		b.Run(fmt.Sprint(clients, " clients"), func(b *testing.B) { fanOut(b, clients) })
	}
}

func fanOut(b *testing.B, clients int) {
	s := serve(b, live.Options{}, Options{}, nil)
	devices := fleet(5000)
	start := time.Now()
	marker := func() float64 { return float64(time.Since(start).Microseconds()) }

	var mu sync.Mutex
	var took []float64
	var reading sync.WaitGroup
	for i := range clients {
		query := ""
		if i%4 > 0 {
			query = fmt.Sprint("?project=project-", i%4)
		}
		v, _, err := s.view(query, func(d *websocket.Dialer) { d.EnableCompression = i%2 == 0 })
		if err != nil {
			b.Fatal(err)
		}
		if i >= 8 { // most of them only take what comes
			reading.Go(func() {
				for {
					if _, _, err := v.NextReader(); err != nil {
						return
					}
				}
			})
			continue
		}
		reading.Go(func() {
			mark := []byte(`"marker":[`)
			var mine []float64
			for {
				_, data, err := v.ReadMessage()
				if err != nil {
					break
				}
				at := marker()
				if !bytes.HasPrefix(data, []byte(`{"type":"delta"`)) {
					continue
				}
				for {
					i := bytes.Index(data, mark)
					if i < 0 {
						break
					}
					data = data[i+len(mark):]
					var sent float64
					if _, err := fmt.Sscanf(string(data[:bytes.IndexByte(data, ',')]), "%g", &sent); err == nil {
						mine = append(mine, at-sent)
					}
				}
			}
			mu.Lock()
			defer mu.Unlock()
			took = append(took, mine...)
		})
	}
	b.ResetTimer()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	n := 0
	for range b.N {
		for range 5 { // 5 x 10 ms x 50 messages
			<-tick.C
			ts := telemetry.MillisOf(time.Now())
			for range 50 {
				d := devices[n%len(devices)]
				n++
				for j, m := range benchMetrics {
					if j == 0 {
						s.board.Reading(telemetry.Reading{Device: d, Metric: "marker", TS: ts, Received: ts, Value: marker()})
					} else {
						s.board.Reading(telemetry.Reading{Device: d, Metric: m, TS: ts, Received: ts, Value: float64(n)})
					}
				}
			}
		}
	}
	if err := s.stop(); err != nil {
		b.Fatal(err)
	}
	reading.Wait()
	b.StopTimer()
	slices.Sort(took)
	if len(took) > 0 {
		b.ReportMetric(took[len(took)/2]/1000, "ms-p50")
		b.ReportMetric(took[len(took)*99/100]/1000, "ms-p99")
		b.ReportMetric(float64(len(took)), "values")
	}
}
