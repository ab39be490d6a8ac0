package app

import (
	"context"
	"math"
	"time"

	dto "github.com/prometheus/client_model/go"
	"golang.org/x/sys/unix"

	"steward/dashboard/api"
)

// healthWithin bounds the questions to the store: a page that shows that it does
// not answer must not wait for it either.
const healthWithin = 4 * time.Second

// howItDoes is what people read of the health. The numbers are taken from the
// metrics, so that the page and the monitoring never tell two stories.
func (a *App) howItDoes(ctx context.Context) (api.Health, error) {
	ctx, cancel := context.WithTimeout(ctx, healthWithin)
	defer cancel()
	gathered, err := a.registry.Gather()
	if err != nil && len(gathered) == 0 {
		return api.Health{}, err
	}
	m := measured{}
	for _, family := range gathered {
		m[family.GetName()] = family.GetMetric()
	}
	h := api.Health{
		StartedAt: time.UnixMilli(int64(m.sum("process_start_time_seconds") * 1000)).UTC(),
		Problems:  []api.NotReady{},
		Ingest: api.HealthIngest{
			Connected: a.receiving(), Reconnects: uint64(m.sum("steward_mqtt_reconnects_total")),
			StoreLag: m.sum("steward_spool_lag_seconds"), AlertingLag: m.sum("steward_tail_lag_seconds"),
			InsertFailures: uint64(m.sum("steward_insert_failures_total")),
			Late:           uint64(m.sum("steward_late_readings_total")), Repeated: uint64(m.sum("steward_duplicate_values_total")),
		},
		Spool: a.spoolHealth(),
		Disk:  diskOf(a.cfg.DataDir),
		Live: api.HealthLive{
			Clients: int(m.sum("steward_live_clients")), Devices: int(m.sum("steward_live_devices")), Incidents: int(m.sum("steward_live_incidents")),
			Sessions: int(max(0, m.sum("steward_sessions"))), Missed: uint64(m.sum("steward_live_updates_missed_total")),
			Dropped: m.by("steward_live_clients_dropped_total", "reason"), Memory: uint64(m.sum("process_resident_memory_bytes")),
		},
		Notices: api.HealthNotices{
			Waiting: int(m.sum("steward_notices_waiting")), OldestAge: m.sum("steward_notices_oldest_age_seconds"),
			GivenUp: uint64(m.sum("steward_notices_given_up_total")),
		},
	}
	for _, n := range a.health.notReady(ctx) {
		h.Problems = append(h.Problems, api.NotReady(n))
	}
	if tables, err := a.db.Disk(ctx); err == nil {
		h.Store = &api.HealthStore{Tables: []api.StoreTable{}}
		for _, t := range tables {
			h.Store.Bytes += t.Bytes
			h.Store.Tables = append(h.Store.Tables, api.StoreTable{Name: t.Table, Rows: t.Rows, Bytes: t.Bytes, Parts: t.Parts})
		}
	}
	return h, nil
}

func (a *App) spoolHealth() api.HealthSpool {
	st := a.spool.Stats()
	h := api.HealthSpool{Bytes: st.Bytes, MaxBytes: st.MaxBytes, Full: st.Full, Refused: st.Refused, Readers: []api.SpoolReader{}}
	for _, c := range st.Cursors {
		h.Records = max(h.Records, c.LagRecords)
		h.Readers = append(h.Readers, api.SpoolReader{Name: c.Name, Records: c.LagRecords, Bytes: c.LagBytes})
	}
	return h
}

// diskOf is nil where the disk cannot be asked: a missing number is better than
// a page that does not come.
func diskOf(dir string) *api.HealthDisk {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return nil
	}
	return &api.HealthDisk{FreeBytes: st.Bavail * uint64(st.Bsize), TotalBytes: st.Blocks * uint64(st.Bsize)}
}

// measured are the metrics of one moment, by name.
type measured map[string][]*dto.Metric

// sum is over all labels; 0 for what this process does not measure, and for what
// cannot be known at the moment.
func (m measured) sum(name string) (sum float64) {
	for _, one := range m[name] {
		if v := valueOf(one); !math.IsNaN(v) {
			sum += v
		}
	}
	return sum
}

// by is the values of a counter by one of its labels, without those that are 0.
func (m measured) by(name, label string) map[string]uint64 {
	out := map[string]uint64{}
	for _, one := range m[name] {
		for _, pair := range one.GetLabel() {
			if v := valueOf(one); pair.GetName() == label && v > 0 {
				out[pair.GetValue()] += uint64(v)
			}
		}
	}
	return out
}

func valueOf(one *dto.Metric) float64 {
	if one.GetGauge() != nil {
		return one.GetGauge().GetValue()
	}
	return one.GetCounter().GetValue()
}
