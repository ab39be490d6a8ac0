package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"steward/internal/clickhouse/embedded"
	"steward/internal/mqtttest"
)

const stewardName = "steward"

func (b *bench) steward(ctx context.Context) error {
	s, err := b.newSteward()
	if err != nil {
		return err
	}
	return b.throughput(ctx, stewardName, s)
}

// steward is the subject that all of this is for: the binary with its own
// engine, as it is without any tuning.
type steward struct {
	binary, library, dir string
	program              *program
	db                   *database // of the running process, once it has been asked for
}

func (b *bench) newSteward() (*steward, error) {
	dir, err := b.folder("steward")
	return &steward{binary: b.settings.steward, library: b.settings.library, dir: dir}, err
}

// startSteward starts a broker and a steward that has subscribed to it. Whoever
// gets them stops them.
func (b *bench) startSteward(ctx context.Context) (broker *mqtttest.Mosquitto, s *steward, stop func() error, err error) {
	if broker, err = startBroker(ctx); err != nil {
		return nil, nil, nil, err
	}
	stop = broker.Close
	if s, err = b.newSteward(); err == nil {
		err = s.launch(ctx, broker)
	}
	if err == nil {
		stop = func() error { return errors.Join(s.stop(), broker.Close()) }
		_, err = awaitLog(ctx, broker, s, subscribedLine, 1)
	}
	if err != nil {
		return nil, nil, nil, errors.Join(err, stop())
	}
	return broker, s, stop, nil
}

func (s *steward) dataDir() string   { return filepath.Join(s.dir, "data") }
func (s *steward) engineDir() string { return filepath.Join(s.dataDir(), "clickhouse") }

// launch starts it without analyses at their times, which would come between.
func (s *steward) launch(_ context.Context, broker *mqtttest.Mosquitto) error {
	config := fmt.Sprintf("data_dir: %q\nhttp:\n  listen: 127.0.0.1:0\nlog:\n  level: info\n  format: text\nmqtt:\n  broker: %q\n  client_id: %s\nengine:\n  library: %q\nanalytics:\n  enabled: false\n",
		s.dataDir(), broker.URL(), clientID, s.library)
	path := filepath.Join(s.dir, "steward.yaml")
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		return err
	}
	cmd := exec.Command(s.binary, "serve", "--config", path)
	for _, kv := range os.Environ() {
		// The developer's own settings must not be measured; where the library is
		// is no setting.
		if !strings.HasPrefix(kv, "STEWARD_") || strings.HasPrefix(kv, embedded.LibraryVariable+"=") {
			cmd.Env = append(cmd.Env, kv)
		}
	}
	program, err := launch(cmd, filepath.Join(s.dir, "log"))
	s.program = program
	return err
}

func (s *steward) alive() error { return s.program.alive() }

// store is a connection to the engine of the running process.
func (s *steward) store() (*database, error) {
	if s.db != nil {
		return s.db, nil
	}
	opts, err := embedded.Running(s.engineDir())
	if err != nil {
		return nil, err
	}
	s.db, err = openDatabase(opts)
	return s.db, err
}

// token makes a token that may read everything.
func (s *steward) token(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, s.binary, "token", "add", "--name", "bench", "--role", "viewer", "--data", s.dataDir()).Output()
	if err != nil {
		return "", fmt.Errorf("make a token: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}

var pageLine = regexp.MustCompile(`msg="steward is running" page=(\S+)`)

// page is the URL of the page of the running process.
func (s *steward) page() (string, error) {
	text, err := os.ReadFile(s.program.logFile)
	if err != nil {
		return "", err
	}
	found := pageLine.FindSubmatch(text)
	if found == nil {
		return "", errors.New("steward has not said that it is running")
	}
	return string(found[1]), nil
}

func (s *steward) taken(ctx context.Context) (uint64, error) {
	db, err := s.store()
	if err != nil {
		return 0, err
	}
	n, err := db.number(ctx, "SELECT count() FROM readings")
	return n / uint64(len(metrics)), err
}

func (s *steward) check(ctx context.Context, n uint64) error {
	db, err := s.store()
	if err != nil {
		return err
	}
	all := []expect{
		{"SELECT count() FROM dead_letters", 0},
		{"SELECT count() FROM readings", n * uint64(len(metrics))},
		{"SELECT uniqExact(value) FROM readings WHERE metric = '" + numberMetric + "'", n},
	}
	for _, m := range metrics {
		all = append(all, expect{"SELECT uniqExact(device, ts) FROM readings WHERE metric = '" + m + "'", n})
	}
	return db.expect(ctx, all...)
}

func (s *steward) processes() ([]process, error) {
	engine, err := childOf(s.program.pid(), embedded.ChildCommand)
	return []process{{"program", s.program.pid()}, {"engine", engine}}, err
}

func (s *steward) stop() error {
	var err error
	if s.db != nil {
		err = s.db.close()
		s.db = nil
	}
	return errors.Join(err, s.program.stop())
}
