// Package coverage counts how completely devices report: the job that fills
// coverage_1h with what was expected of each device in each hour, by its own cadence,
// and what came, was rejected or was late; and that puts on record when a device fell
// silent and when it spoke again.
package coverage

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"steward/analytics/job"
	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/incident"
	"steward/internal/telemetry"
)

// New is the job. Zone is that of projects which the registry does not know.
func New(store *clickhouse.Store, zone *time.Location) job.Job {
	return job.Job{
		Name:  "coverage",
		Title: incident.Text{ZH: "数据完整性", EN: "Coverage"},
		About: "counts what devices should have reported and did, and puts on record when they fall silent",
		Every: job.Hourly,
		Period: func(now time.Time, _ *time.Location) (from, to time.Time) {
			to = now.UTC().Truncate(time.Hour)
			if to.Hour() == nightHour {
				return to.Add(-9 * 24 * time.Hour), to
			}
			return to.Add(-26 * time.Hour), to
		},
		Run: func(ctx context.Context, r *job.Run) error {
			return (&runner{store: store, zone: zone, id: r.ID, now: r.Now}).run(ctx, r)
		},
	}
}

const (
	// nightHour is when, once a day and in China in the night, the run looks farther
	// back for what came late, UTC.
	nightHour = 18
	// before is how far before a period messages are looked at for the cadence.
	before = 3 * 24 * time.Hour
	// slice is how much is counted at once: the hours of a device are in memory, and
	// those of a project in the server's.
	slice = 31 * 24 * time.Hour
	// onRecord is how far back a silence may have begun that ends now.
	onRecord = 400 * 24 * time.Hour

	batchRows = 250_000
)

type runner struct {
	store  *clickhouse.Store
	zone   *time.Location
	id     string
	now    time.Time
	batch  clickhouse.CoverageBatch
	events *clickhouse.Batch
	ids    [][]byte // of what is in events
}

func (r *runner) run(ctx context.Context, j *job.Run) error {
	r.events = new(clickhouse.Batch)
	from, to := j.From.UTC().Truncate(time.Hour), j.To.UTC().Truncate(time.Hour)
	if !from.Before(to) {
		return fmt.Errorf("coverage: the period from %s to %s has no whole hour: give one that has", j.From.Format(time.RFC3339), j.To.Format(time.RFC3339))
	}
	places, err := r.store.MeasuredPlaces(ctx, from.Add(-before), to)
	if err != nil {
		return err
	}
	tallies := map[authz.Place]*tally{}
	total, done := int64(len(places))*int64((to.Sub(from)+slice-1)/slice), int64(0)
	for begin := from; begin.Before(to); begin = begin.Add(slice) {
		end := begin.Add(slice)
		if end.After(to) {
			end = to
		}
		for _, p := range places {
			j.Progress(done, total, p.Region+"/"+p.Project)
			if tallies[p.Place] == nil {
				tallies[p.Place] = new(tally)
			}
			if err := r.project(ctx, p, begin, end, tallies[p.Place]); err != nil {
				return fmt.Errorf("coverage of %s/%s: %w", p.Region, p.Project, err)
			}
			done++
		}
	}
	j.Progress(total, total, "")
	return report(ctx, j, places, tallies)
}

type deviceKey struct{ class, id string }

// known is what is known of a device before its messages are looked at.
type known struct {
	hours          []clickhouse.MessageHour // that it sent something in
	late, rejected map[telemetry.Millis]uint32
	cadence        telemetry.Millis // as it was before
	carried        bool             // there was one
	inService      bool             // as the registry says
	out            telemetry.Millis // when it left service; 0 while it is in
	open           telemetry.Millis // the last message before a silence on record that has not ended
	recorded       map[string]bool  // silences on record, and their ends, by ID
}

func (r *runner) project(ctx context.Context, p clickhouse.MeasuredPlace, from, to time.Time, t *tally) error {
	devices, err := r.gather(ctx, p, from, to)
	if err != nil {
		return err
	}
	at := p.Place
	// Devices come in order; one is counted when the next begins.
	var current deviceKey
	seen := map[deviceKey]bool{}
	count := func() error {
		if current == (deviceKey{}) {
			return nil
		}
		seen[current] = true
		k := of(devices, current)
		err := r.device(ctx, at, current, k, telemetry.MillisOf(from), telemetry.MillisOf(to), t)
		k.hours = nil
		return err
	}
	err = r.store.MessageHours(ctx, at, from.Add(-before), to, func(class, device string, h clickhouse.MessageHour) error {
		if key := (deviceKey{class, device}); key != current {
			if err := count(); err != nil {
				return err
			}
			current = key
		}
		k := of(devices, current)
		k.hours = append(k.hours, h)
		return nil
	})
	if err == nil {
		err = count()
	}
	if err != nil {
		return err
	}
	for key, k := range devices {
		if !seen[key] && k.carried && k.inService {
			if err := r.device(ctx, at, key, k, telemetry.MillisOf(from), telemetry.MillisOf(to), t); err != nil {
				return err
			}
		}
	}
	return r.flush(ctx)
}

func of(devices map[deviceKey]*known, key deviceKey) *known {
	k := devices[key]
	if k == nil {
		k = &known{late: map[telemetry.Millis]uint32{}, rejected: map[telemetry.Millis]uint32{}, recorded: map[string]bool{}}
		devices[key] = k
	}
	return k
}

// gather asks for everything but the messages.
func (r *runner) gather(ctx context.Context, p clickhouse.MeasuredPlace, from, to time.Time) (map[deviceKey]*known, error) {
	devices := map[deviceKey]*known{}
	zone := r.zone
	if z, err := time.LoadLocation(p.TimeZone); p.TimeZone != "" && err == nil {
		zone = z
	}
	list, err := r.store.MeasuredDevices(ctx, p.Place)
	if err != nil {
		return nil, err
	}
	for _, d := range list {
		k := of(devices, deviceKey{d.Class, d.ID})
		k.inService = d.State == "active" || d.State == "pending"
		if d.RetiredOn > 0 {
			y, m, day := time.Unix(int64(d.RetiredOn)*86_400, 0).UTC().Date()
			k.out = telemetry.MillisOf(time.Date(y, m, day+1, 0, 0, 0, 0, zone))
		}
	}
	err = r.store.CoverageCadences(ctx, p.Place, from.Add(-before), from, func(class, device string, seconds float64) error {
		k := of(devices, deviceKey{class, device})
		k.cadence, k.carried = telemetry.Millis(seconds*1000), true
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = r.store.LateMessages(ctx, p.Place, from, to, func(class, device string, at telemetry.Millis, n uint64) error {
		of(devices, deviceKey{class, device}).late[at] = uint32(min(n, 1<<32-1))
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = r.store.RejectedMessages(ctx, p.Place, from, to, func(class, device string, at telemetry.Millis, n uint64) error {
		// Anybody may have made up a topic: only devices that are known count.
		if k := devices[deviceKey{class, device}]; k != nil {
			k.rejected[at] = uint32(min(n, 1<<32-1))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return devices, r.store.SilenceEvents(ctx, p.Place, from.Add(-onRecord), r.now, func(class, device, kind, id string, ts telemetry.Millis) error {
		k := of(devices, deviceKey{class, device})
		k.recorded[id] = true
		if last := lastOf(id); last > 0 && ts < telemetry.MillisOf(from) {
			if k.open = 0; kind == Silent {
				k.open = last
			}
		}
		return nil
	})
}

// device counts the hours of one device.
func (r *runner) device(ctx context.Context, at authz.Place, key deviceKey, k *known, from, to telemetry.Millis, t *tally) error {
	d := &telemetry.Device{Region: at.Region, Project: at.Project, Class: telemetry.Class(key.class), ID: key.id}
	list := cadences(k.hours)
	born, end := from, to
	if !k.carried && len(k.hours) > 0 {
		born = k.hours[0].First
	}
	if k.out > 0 {
		end = min(end, k.out)
	}
	cadence, next := k.cadence, 0
	for next < len(k.hours) && k.hours[next].Hour < from {
		cadence = list[next]
		next++
	}
	for h := from; h < to; h += hour {
		row := clickhouse.CoverageHour{TS: h, Rejected: k.rejected[h], Late: k.late[h]}
		if next < len(k.hours) && k.hours[next].Hour == h {
			row.Received, cadence = uint32(min(k.hours[next].Messages, 1<<32-1)), list[next]
			next++
		}
		serving := min(h+hour, end) - max(h, born)
		if serving <= 0 && row.Received+row.Rejected == 0 {
			continue
		}
		if cadence > 0 && serving > 0 {
			row.Expected, row.Cadence = float64(serving)/float64(cadence), float64(cadence)/1000
		}
		t.hour(row)
		r.batch.Add(*d, row)
	}
	for _, e := range silences(d, k.hours, list, k.open, from, end) {
		if k.recorded[e.ID] {
			continue
		}
		if e.Kind == Silent {
			t.silences++
		}
		e.Received = telemetry.MillisOf(r.now)
		r.events.AddEvent(e)
		r.ids = append(r.ids, []byte(d.String()+"/"+e.ID+"\n"))
	}
	if r.batch.Rows()+r.events.Rows() < batchRows {
		return nil
	}
	return r.flush(ctx)
}

// flush writes what was gathered. Events have a token made of what they are, so that
// one insert of which nobody learned that it arrived is not repeated.
func (r *runner) flush(ctx context.Context) error {
	err := r.store.PutCoverage(ctx, &r.batch, r.id, r.now)
	r.batch.Reset()
	if err != nil || r.events.Rows() == 0 {
		return err
	}
	sum := sha256.New()
	for _, id := range r.ids {
		sum.Write(id)
	}
	err = r.store.Append(ctx, r.events, "silences-"+hex.EncodeToString(sum.Sum(nil)))
	r.events.Reset()
	r.ids = r.ids[:0]
	return err
}
