package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"time"

	"steward/internal/clickhouse"
	"steward/internal/clickhouse/embedded"
	"steward/internal/simulate"
	"steward/internal/telemetry"
)

// fleetSize is how many devices the disk run simulates; a little more than half
// of them are meters.
const fleetSize = 1000

// disk measures what readings of simulated meters take, a sample a minute, in
// Steward's own tables: as they lie after the inserts, and merged.
func (b *bench) disk(ctx context.Context) (err error) {
	dir, err := b.folder("disk")
	if err != nil {
		return err
	}
	engine, err := embedded.Start(ctx, embedded.Options{DataDir: filepath.Join(dir, "clickhouse"), Library: b.settings.library})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, engine.Stop(context.WithoutCancel(ctx))) }()
	store, err := clickhouse.Open(engine.Options())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	if err := store.Migrate(ctx, clickhouse.Retention{}); err != nil {
		return err
	}
	written, err := b.writeMeters(ctx, store)
	if err != nil {
		return err
	}
	db, err := openDatabase(engine.Options())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.close()) }()
	if err := b.noteDisk(ctx, db, "as inserted", written); err != nil {
		return err
	}
	if err := db.conn.Exec(ctx, "OPTIMIZE TABLE readings FINAL"); err != nil {
		return fmt.Errorf("merge the readings: %w", err)
	}
	return b.noteDisk(ctx, db, "merged", written)
}

// writeMeters writes the history hour by hour, as it would have come.
func (b *bench) writeMeters(ctx context.Context, store *clickhouse.Store) (rows uint64, err error) {
	to := time.Now().Truncate(time.Hour)
	from := to.AddDate(0, 0, -b.settings.Days)
	fleet, err := simulate.NewFleet(simulate.Config{Seed: 1, Devices: fleetSize, Start: from})
	if err != nil {
		return 0, err
	}
	sink := meterSink{jitter: rand.New(rand.NewPCG(1, 2)), batch: new(clickhouse.Batch)}
	for hour := from; hour.Before(to); hour = hour.Add(time.Hour) {
		if err := fleet.History(hour, hour.Add(time.Hour), time.Minute, &sink); err != nil {
			return 0, err
		}
		if err := store.Append(ctx, sink.batch, "bench-"+hour.Format(time.RFC3339)); err != nil {
			return 0, err
		}
		rows += uint64(sink.batch.Rows())
		sink.batch.Reset()
	}
	return rows, nil
}

// meterSink gathers what the meters measured, received a little later than it
// was sent: the simulation knows no network, and times that are all the same
// would take no space.
type meterSink struct {
	batch  *clickhouse.Batch
	jitter *rand.Rand
	last   telemetry.Reading
	delay  telemetry.Millis // of the message under way
}

// The receipt is this long after the sending, in milliseconds.
const shortest, longest = 20, 200

func (m *meterSink) Reading(r telemetry.Reading) error {
	if r.Device.Class != telemetry.Meter {
		return nil
	}
	if r.Device != m.last.Device || r.TS != m.last.TS {
		m.delay = shortest + telemetry.Millis(m.jitter.IntN(longest-shortest))
	}
	m.last = r
	r.Received += m.delay
	m.batch.AddReading(r)
	return nil
}

func (*meterSink) State(telemetry.State) error { return nil }
func (*meterSink) Event(telemetry.Event) error { return nil }

func (b *bench) noteDisk(ctx context.Context, db *database, what string, written uint64) (err error) {
	d := diskRun{What: what, Columns: map[string]float64{}}
	parts := " FROM system.parts WHERE active AND database = currentDatabase() AND table = 'readings'"
	for query, into := range map[string]*uint64{
		"SELECT sum(rows)" + parts:          &d.Readings,
		"SELECT sum(bytes_on_disk)" + parts: &d.Bytes,
		"SELECT count()" + parts:            &d.Parts,
		"SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND database = currentDatabase() AND table LIKE 'readings\\_%'": &d.RollupBytes,
	} {
		if *into, err = db.number(ctx, query); err != nil {
			return err
		}
	}
	if d.Readings != written {
		return fmt.Errorf("%d readings were written and %d are there", written, d.Readings)
	}
	// Small parts have all columns in one file and do not say what each takes.
	rows, err := db.conn.Query(ctx, "SELECT column, sum(column_bytes_on_disk) / sum(rows) FROM system.parts_columns "+
		"WHERE active AND database = currentDatabase() AND table = 'readings' AND part_type = 'Wide' GROUP BY column")
	if err != nil {
		return fmt.Errorf("sizes of the columns: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var name string
		var bytes float64
		if err := rows.Scan(&name, &bytes); err != nil {
			return fmt.Errorf("sizes of the columns: %w", err)
		}
		d.Columns[name] = bytes
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("sizes of the columns: %w", err)
	}
	d.PerReading = float64(d.Bytes) / float64(d.Readings)
	b.report.Disk = append(b.report.Disk, d)
	b.say("  %s: %.2f bytes a reading", d.What, d.PerReading)
	return nil
}
