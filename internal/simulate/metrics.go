package simulate

import (
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics counts what a publisher does. The atomics are the counts; the
// collectors read them.
type metrics struct {
	published, acknowledged, resent, lost atomic.Uint64
	connected                             atomic.Int64
	skipped                               atomic.Int64 // nanoseconds
}

func newMetrics(r prometheus.Registerer) (*metrics, error) {
	m := &metrics{}
	if r == nil {
		return m, nil
	}
	for _, c := range []struct {
		name, help string
		count      *atomic.Uint64
	}{
		{"steward_simulate_published_total", "Messages handed to a connection, statuses included.", &m.published},
		{"steward_simulate_acknowledged_total", "Published messages that the broker has acknowledged.", &m.acknowledged},
		{"steward_simulate_resent_total", "Messages sent again on a new connection.", &m.resent},
		{"steward_simulate_connections_lost_total", "Connections to the broker that broke.", &m.lost},
	} {
		f := prometheus.NewCounterFunc(prometheus.CounterOpts{Name: c.name, Help: c.help},
			func() float64 { return float64(c.count.Load()) })
		if err := r.Register(f); err != nil {
			return nil, err
		}
	}
	connected := prometheus.NewGaugeFunc(
		prometheus.GaugeOpts{Name: "steward_simulate_connections", Help: "Connections to the broker that are open."},
		func() float64 { return float64(m.connected.Load()) })
	if err := r.Register(connected); err != nil {
		return nil, err
	}
	skipped := prometheus.NewCounterFunc(
		prometheus.CounterOpts{Name: "steward_simulate_skipped_seconds_total", Help: "Time whose samples were skipped because the broker was too slow."},
		func() float64 { return time.Duration(m.skipped.Load()).Seconds() })
	return m, r.Register(skipped)
}

func (m *metrics) skip(d time.Duration) { m.skipped.Add(int64(d)) }

func (m *metrics) stats() Stats {
	return Stats{
		Published: m.published.Load(), Acknowledged: m.acknowledged.Load(),
		Resent: m.resent.Load(), Reconnects: m.lost.Load(), Connected: int(m.connected.Load()),
		SkippedSeconds: time.Duration(m.skipped.Load()).Seconds(),
	}
}
