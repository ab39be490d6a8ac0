package analytics

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	runs        *prometheus.CounterVec
	seconds     *prometheus.HistogramVec
	lastSuccess *prometheus.GaugeVec
}

// newMetrics registers the metrics, unless reg is nil.
func newMetrics(reg prometheus.Registerer) *metrics {
	m := &metrics{
		runs: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "steward_analytics_runs_total", Help: "Runs of analyses that this process ended, by job and by how they ended.",
		}, []string{"job", "state"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "steward_analytics_run_duration_seconds", Help: "Time that runs of analyses took, by job.",
			Buckets: prometheus.ExponentialBuckets(0.1, 4, 9), // to almost two hours
		}, []string{"job"}),
		lastSuccess: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "steward_analytics_last_success_timestamp_seconds", Help: "When the last run that ended well did so, by job, whichever process ran it.",
		}, []string{"job"}),
	}
	if reg != nil {
		reg.MustRegister(m.runs, m.seconds, m.lastSuccess)
	}
	return m
}
