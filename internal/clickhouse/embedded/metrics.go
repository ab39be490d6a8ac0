package embedded

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	up       prometheus.Gauge
	restarts prometheus.Counter
}

func newMetrics() *metrics {
	return &metrics{
		up: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "steward_engine_up", Help: "Whether the embedded ClickHouse engine answers (1) or is being started again (0).",
		}),
		restarts: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "steward_engine_restarts_total", Help: "How often the embedded ClickHouse engine died and was started again.",
		}),
	}
}

// register makes the metrics visible; without a registerer they count for
// nobody.
func (m *metrics) register(reg prometheus.Registerer) error {
	if reg == nil {
		return nil
	}
	for _, c := range []prometheus.Collector{m.up, m.restarts} {
		if err := reg.Register(c); err != nil {
			return fmt.Errorf("embedded engine: register metrics: %w", err)
		}
	}
	return nil
}
