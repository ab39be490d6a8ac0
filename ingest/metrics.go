package ingest

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"steward/ingest/spool"
	"steward/internal/telemetry"
)

// Metrics are the numbers of one process's ingest. Nothing is labelled by
// device or project: a fleet would be a million series.
type Metrics struct {
	decoded        prometheus.Counter
	connected      prometheus.Gauge
	reconnects     prometheus.Counter
	insertSeconds  prometheus.Histogram
	insertRows     prometheus.Counter
	insertFailures prometheus.Counter
	corrupt        prometheus.Counter

	pseudonymized  prometheus.Counter
	unknown        prometheus.Counter
	unknownDropped prometheus.Counter
	mqttRefused    *prometheus.CounterVec
}

// NewMetrics makes and registers the metrics.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
	}
	m := &Metrics{
		decoded:    counter("steward_ingest_decoded_messages_total", "Messages read from the spool and decoded on their way to the store since the process started."),
		connected:  prometheus.NewGauge(prometheus.GaugeOpts{Name: "steward_mqtt_connected", Help: "1 while subscribed to the broker."}),
		reconnects: counter("steward_mqtt_reconnects_total", "Connections to the broker that ended and were tried again."),
		insertSeconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "steward_insert_duration_seconds", Help: "Time to insert a batch into ClickHouse, retries excluded.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}),
		insertRows:     counter("steward_insert_rows_total", "Rows whose insert was confirmed since the process started."),
		insertFailures: counter("steward_insert_failures_total", "Attempts to insert a batch that failed and were tried again."),
		corrupt:        counter("steward_spool_corrupt_records_total", "Records that the disk did not give back as they were written."),

		pseudonymized:  counter("steward_pseudonymized_total", "Values that identified people and were replaced by pseudonyms."),
		unknown:        counter("steward_devices_unknown_total", "Devices found publishing that were not in the registry; one that it has no room for is found again."),
		unknownDropped: counter("steward_devices_unknown_dropped_total", "Unknown devices not told to the registry yet, for want of room or for a name that it cannot hold."),
		mqttRefused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "steward_mqtt_refused_total", Help: "Connections, publishes and subscriptions that the embedded broker refused, by reason.",
		}, []string{"reason"}),
	}
	for _, r := range refusals {
		m.mqttRefused.WithLabelValues(string(r))
	}
	reg.MustRegister(m.decoded, m.connected, m.reconnects, m.insertSeconds, m.insertRows, m.insertFailures, m.corrupt,
		m.pseudonymized, m.unknown, m.unknownDropped, m.mqttRefused)
	return m
}

// ledgerCollector exports the ledger as of one moment, so that in every scrape
// the sum is exact.
type ledgerCollector struct {
	store *Store
	spool *spool.Spool
	now   func() time.Time
}

var (
	descReceived  = prometheus.NewDesc("steward_ledger_received_messages_total", "Messages ever put into the spool.", nil, nil)
	descStored    = prometheus.NewDesc("steward_ledger_stored_messages_total", "Messages whose content ClickHouse has confirmed.", nil, nil)
	descDuplicate = prometheus.NewDesc("steward_ledger_duplicate_messages_total", "Messages of which everything was there already.", nil, nil)
	descRejected  = prometheus.NewDesc("steward_ledger_rejected_messages_total", "Messages of which a part or all is in quarantine, by reason.", []string{"reason"}, nil)
	descInFlight  = prometheus.NewDesc("steward_ledger_in_flight_messages", "Messages in the spool that ClickHouse has not confirmed: received less stored, duplicate and rejected.", nil, nil)

	descRows    = prometheus.NewDesc("steward_stored_rows_total", "Rows confirmed by ClickHouse since the spool began, by table.", []string{"table"}, nil)
	descDropped = prometheus.NewDesc("steward_duplicate_values_total", "Readings, states and events that were dropped as duplicates.", nil, nil)
	descLate    = prometheus.NewDesc("steward_late_readings_total", "Stored readings that were older than the newest of their device.", nil, nil)

	descSpoolLag = prometheus.NewDesc("steward_spool_lag_seconds", "Age of the oldest message that ClickHouse has not confirmed.", nil, nil)
)

// Describe implements prometheus.Collector.
func (c *ledgerCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		descReceived, descStored, descDuplicate, descRejected, descInFlight, descRows, descDropped, descLate,
		descSpoolLag,
	} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (c *ledgerCollector) Collect(ch chan<- prometheus.Metric) {
	counter := func(d *prometheus.Desc, v uint64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), labels...)
	}
	gauge := func(d *prometheus.Desc, v float64) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v)
	}
	// The tally first: what is confirmed was received before.
	t := c.store.books.get()
	st := c.spool.Stats()
	counter(descReceived, st.Next)
	counter(descStored, t.Stored)
	counter(descDuplicate, t.Duplicate)
	for _, r := range telemetry.Reasons() {
		counter(descRejected, t.Rejected[r], string(r))
	}
	gauge(descInFlight, float64(st.Next-t.messages()))

	counter(descRows, t.Readings, "readings")
	counter(descRows, t.States, "states")
	counter(descRows, t.Events, "events")
	counter(descRows, t.Letters, "dead_letters")
	counter(descRows, t.Operations, "operations")
	counter(descDropped, t.Dropped)
	counter(descLate, t.Late)

	gauge(descSpoolLag, c.store.lag(c.now()).Seconds())
}

func boolFloat(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
