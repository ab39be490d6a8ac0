package alerting

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	messages    prometheus.Counter
	signals     *prometheus.CounterVec
	storeErrors prometheus.Counter
	setAside    prometheus.Counter
	saveErrors  prometheus.Counter
	saveSeconds prometheus.Histogram
	queryErrors *prometheus.CounterVec
}

// newMetrics registers the metrics, unless reg is nil.
func newMetrics(reg prometheus.Registerer) *metrics {
	m := &metrics{
		messages: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "steward_alerting_messages_total", Help: "Messages that were evaluated.",
		}),
		signals: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "steward_alerting_signals_total", Help: "What the evaluation of the rules told, by kind.",
		}, []string{"kind"}),
		storeErrors: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "steward_alerting_store_errors_total", Help: "Failed transactions of the incident store; each is tried again.",
		}),
		setAside: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "steward_alerting_set_aside_total", Help: "Changes of incidents that could not be kept while the store worked otherwise; each is in the log.",
		}),
		saveErrors: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "steward_alerting_state_save_errors_total", Help: "Times that the state of the evaluation could not be saved.",
		}),
		saveSeconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "steward_alerting_state_save_seconds", Help: "Time to save the state of the evaluation.",
			Buckets: prometheus.ExponentialBuckets(0.001, 4, 8),
		}),
		queryErrors: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "steward_alerting_query_errors_total", Help: "Failed runs of rules that are queries.",
		}, []string{"rule"}),
	}
	if reg != nil {
		reg.MustRegister(m.messages, m.signals, m.storeErrors, m.setAside, m.saveErrors, m.saveSeconds, m.queryErrors)
	}
	return m
}
