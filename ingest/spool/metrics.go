package spool

import (
	"github.com/prometheus/client_golang/prometheus"
)

// metrics shows a Spool to Prometheus. Everything that Stats knows is read when
// somebody asks, so that the numbers of one scrape fit each other.
type metrics struct {
	spool      *Spool
	registered bool
	commit     prometheus.Histogram

	records, durable, commits, refused, droppedTail *prometheus.Desc
	segments, bytes, pending, limit, full           *prometheus.Desc
	cursorRecords, cursorBytes                      *prometheus.Desc
}

func newMetrics(s *Spool) *metrics {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("steward_spool_"+name, help, labels, nil)
	}
	return &metrics{
		spool: s,
		commit: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "steward_spool_commit_duration_seconds",
			Help:    "Time to write and sync one batch of records.",
			Buckets: prometheus.ExponentialBuckets(0.0001, 2, 16), // 0.1 ms to 3.3 s
		}),
		records:       desc("records_total", "Records appended over the life of the spool."),
		durable:       desc("durable_records_total", "Records on disk over the life of the spool."),
		commits:       desc("commits_total", "Writes with a sync since the start."),
		refused:       desc("refused_records_total", "Records that were not taken, since the start."),
		droppedTail:   desc("dropped_tail_bytes_total", "Bytes of unfinished writes cut off at the start."),
		segments:      desc("segments", "Segment files."),
		bytes:         desc("size_bytes", "Size of the segment files."),
		pending:       desc("pending_bytes", "Bytes appended and not yet on disk."),
		limit:         desc("max_bytes", "Bound of the size."),
		full:          desc("full", "1 while the size bound or the disk makes the spool refuse records."),
		cursorRecords: desc("cursor_lag_records", "Durable records that a cursor has not done.", "cursor"),
		cursorBytes:   desc("cursor_lag_bytes", "Size of the durable records that a cursor has not done.", "cursor"),
	}
}

// Describe implements prometheus.Collector.
func (m *metrics) Describe(c chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		m.records, m.durable, m.commits, m.refused, m.droppedTail,
		m.segments, m.bytes, m.pending, m.limit, m.full, m.cursorRecords, m.cursorBytes,
	} {
		c <- d
	}
	m.commit.Describe(c)
}

// Collect implements prometheus.Collector.
func (m *metrics) Collect(c chan<- prometheus.Metric) {
	st := m.spool.Stats()
	counter := func(d *prometheus.Desc, v uint64) {
		c <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v))
	}
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		c <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	counter(m.records, st.Next)
	counter(m.durable, st.Durable)
	counter(m.commits, st.Commits)
	counter(m.refused, st.Refused)
	counter(m.droppedTail, uint64(st.DroppedTailBytes))
	gauge(m.segments, float64(st.Segments))
	gauge(m.bytes, float64(st.Bytes))
	gauge(m.pending, float64(st.PendingBytes))
	gauge(m.limit, float64(st.MaxBytes))
	full := 0.0
	if st.Full {
		full = 1
	}
	gauge(m.full, full)
	for _, cur := range st.Cursors {
		gauge(m.cursorRecords, float64(cur.LagRecords), cur.Name)
		gauge(m.cursorBytes, float64(cur.LagBytes), cur.Name)
	}
	m.commit.Collect(c)
}

func (m *metrics) register(r prometheus.Registerer) error {
	if r == nil {
		return nil
	}
	err := r.Register(m)
	m.registered = err == nil
	return err
}

func (m *metrics) unregister(r prometheus.Registerer) {
	if m.registered {
		r.Unregister(m)
		m.registered = false
	}
}
