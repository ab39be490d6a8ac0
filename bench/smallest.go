package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"steward/internal/clickhouse"
	"steward/internal/clickhouse/embedded"
	"steward/internal/mqtttest"
)

// The two forms in which the smallest program stores a message.
const (
	smallestOne  = "smallest program, one row a message"
	smallestFive = "smallest program, five rows a message"
)

// smallestTables are their tables: plain ones, without codecs, rollups or
// retention.
var smallestTables = map[string]struct {
	create string
	rows   uint64 // a message
	number string // expression for the distinct message numbers
}{
	smallestOne: {
		`CREATE TABLE messages (ts DateTime64(3), device String, energy_kwh Float64, power_kw Float64,
			reactive_kvarh Float64, voltage_v Float64, current_a Float64) ENGINE = MergeTree ORDER BY (device, ts)`,
		1, "uniqExact(energy_kwh)",
	},
	smallestFive: {
		`CREATE TABLE messages (ts DateTime64(3), device String, metric String, value Float64)
			ENGINE = MergeTree ORDER BY (device, metric, ts)`,
		uint64(len(metrics)), "uniqExactIf(value, metric = '" + numberMetric + "')",
	},
}

func (b *bench) smallest(ctx context.Context) error {
	for _, form := range []string{smallestOne, smallestFive} {
		if err := b.smallestForm(ctx, form); err != nil {
			return fmt.Errorf("%s: %w", form, err)
		}
	}
	return nil
}

func (b *bench) smallestForm(ctx context.Context, form string) (err error) {
	dir, err := b.folder("smallest")
	if err != nil {
		return err
	}
	engine, err := embedded.Start(ctx, embedded.Options{DataDir: filepath.Join(dir, "clickhouse"), Library: b.settings.library})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, engine.Stop(context.WithoutCancel(ctx))) }()
	opts := engine.Options()
	opts.Database = "default"
	db, err := openDatabase(opts)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.close()) }()
	if err := db.conn.Exec(ctx, smallestTables[form].create); err != nil {
		return err
	}
	return b.throughput(ctx, form, &smallestProgram{form: form, opts: opts, db: db, dir: dir})
}

// smallestProgram is the subject: this same binary as a process of its own.
type smallestProgram struct {
	form    string
	opts    clickhouse.Options
	db      *database
	dir     string
	program *program
}

func (s *smallestProgram) launch(_ context.Context, broker *mqtttest.Mosquitto) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.Command(self, smallestCommand, "-broker", broker.URL(), "-client", clientID,
		"-clickhouse", s.opts.Addrs[0], "-user", s.opts.User, "-form", s.form)
	cmd.Env = append(os.Environ(), smallestPassword+"="+s.opts.Password)
	s.program, err = launch(cmd, filepath.Join(s.dir, "log"))
	return err
}

func (s *smallestProgram) alive() error { return s.program.alive() }

func (s *smallestProgram) taken(ctx context.Context) (uint64, error) {
	n, err := s.db.number(ctx, "SELECT count() FROM messages")
	return n / smallestTables[s.form].rows, err
}

func (s *smallestProgram) check(ctx context.Context, n uint64) error {
	t := smallestTables[s.form]
	return s.db.expect(ctx,
		expect{"SELECT count() FROM messages", n * t.rows},
		expect{"SELECT " + t.number + " FROM messages", n},
	)
}

func (s *smallestProgram) processes() ([]process, error) {
	engine, err := childOf(os.Getpid(), embedded.ChildCommand)
	return []process{{"program", s.program.pid()}, {"engine", engine}}, err
}

func (s *smallestProgram) stop() error { return s.program.stop() }
