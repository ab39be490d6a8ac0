package notify

import (
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics are labelled by the kind of channel, never by its name or receiver.
type metrics struct {
	sent     *prometheus.CounterVec
	failed   *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	gaveUp   prometheus.Counter
	digested prometheus.Counter
	waiting  prometheus.Gauge
	oldest   atomic.Int64 // Unix milliseconds; 0 when nothing waits
}

var channelKinds = []string{"mail", "dingtalk", "wecom", "feishu", "webhook", "cloudevents", "alertmanager", "mqtt", kindUnknown}

// kindUnknown is that of a channel which a contact names and nobody has set up.
const kindUnknown = "unknown"

func newMetrics(reg prometheus.Registerer, now func() time.Time) *metrics {
	m := &metrics{
		sent: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "steward_notices_sent_total", Help: "Notices that a channel took, by its kind.",
		}, []string{"kind"}),
		failed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "steward_notices_failed_attempts_total", Help: "Attempts at a notice that failed, by the kind of channel; most are tried again.",
		}, []string{"kind"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "steward_notices_send_duration_seconds", Help: "Time that a channel took for a message, failed ones included.",
			Buckets: []float64{.01, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60},
		}, []string{"kind"}),
		gaveUp: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "steward_notices_given_up_total", Help: "Notices that reached nobody: every channel was tried as often as it may be.",
		}),
		digested: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "steward_notices_merged_total", Help: "Notices that were sent together with others in one message.",
		}),
		waiting: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "steward_notices_waiting", Help: "Notices in the outbox that are not sent yet, with those held until later.",
		}),
	}
	oldest := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "steward_notices_oldest_age_seconds", Help: "Age of the oldest notice that is not sent yet, with those held until later; 0 when there is none.",
	}, func() float64 {
		at := m.oldest.Load()
		if at == 0 {
			return 0
		}
		return max(0, now().Sub(time.UnixMilli(at)).Seconds())
	})
	for _, kind := range channelKinds {
		m.sent.WithLabelValues(kind)
		m.failed.WithLabelValues(kind)
	}
	if reg != nil {
		reg.MustRegister(m.sent, m.failed, m.seconds, m.gaveUp, m.digested, m.waiting, oldest)
	}
	return m
}
