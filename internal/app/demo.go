package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"steward/internal/authz"
	"steward/internal/runs"
	"steward/internal/simulate"
)

// DemoOptions describe a demonstration: a simulated fleet, its history, and
// where to show it.
type DemoOptions struct {
	DataDir    string
	HTTP, MQTT string // listen addresses
	Devices    int
	Days       int
	Rate       float64 // messages a second; 0 is the devices' own pace
	Seed       uint64
	Library    string // of the engine
	Fresh      bool
	Version    string
	// OnReady is called once, when everything runs. The password is that of the
	// first administrator when it was made now, and empty afterwards.
	OnReady    func(a *App, password string) error
	OnProgress func(rows int) // while the history is written
	OnHistory  func()         // once, when the history is complete
}

// demoPace is how many acts a minute are staged, so that a visitor does not
// wait for an entrapment for a year.
const demoPace = 2

// demoStep is the cadence of the last month of history: a quarter of an hour, as the
// grid's own meters keep. Before that it is an hour: a year of it is what analyses
// need, and nobody looks closer.
const (
	demoStep       = 15 * time.Minute
	demoCoarseStep = time.Hour
	demoFine       = 30 * 24 * time.Hour
)

// demoState is what a demonstration remembers of itself in its data folder: the
// simulated world is a function of it. Its presence also says that the folder
// is a demonstration's, and may be deleted.
type demoState struct {
	Seed    uint64    `json:"seed"`
	Devices int       `json:"devices"`
	Days    int       `json:"days"`
	Start   time.Time `json:"start"`   // of the simulated world
	Live    time.Time `json:"live"`    // where the history ends
	Written bool      `json:"written"` // the history is complete
}

const demoFile = "demo.json"

// fleet makes the simulated world, at its beginning.
func (s demoState) fleet() (*simulate.Fleet, error) {
	return simulate.NewFleet(simulate.Config{Seed: s.Seed, Devices: s.Devices, Start: s.Start, End: s.Live})
}

// RunDemo runs a demonstration until ctx ends.
func RunDemo(ctx context.Context, opts DemoOptions, logger *slog.Logger) (err error) {
	state, err := prepareDemo(opts, time.Now())
	if err != nil {
		return err
	}
	cfg := DefaultConfig()
	cfg.DataDir = opts.DataDir
	cfg.HTTP.Listen, cfg.Broker.Listen = opts.HTTP, opts.MQTT
	cfg.Broker.Anonymous = true // a visitor publishes without asking; Validate keeps it to loopback
	cfg.Engine.Library = opts.Library
	cfg.Ingest.FlushInterval = Duration(demoFlush)
	cfg.Spool.MaxBytes, cfg.Spool.ReserveBytes = 2<<30, 128<<20
	cfg.Analytics.Enabled = false // until there is a history
	if cfg.Analytics.Contracts, err = writeDemoContracts(opts.DataDir); err != nil {
		return err
	}
	fleet, err := state.fleet()
	if err != nil {
		return err
	}
	if cfg.Alerting.Escalation, cfg.Alerting.Channels, err = writeDemoAlerting(opts.DataDir, fleet); err != nil {
		return err
	}
	if err := cfg.Validate(); err != nil {
		return err
	}
	a, err := Start(ctx, cfg, opts.Version, logger)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Stop()) }()
	password, err := a.seedDemo(ctx, fleet, state.Seed)
	if err != nil {
		return err
	}
	if err := a.runFleet(state, opts.Rate); err != nil {
		return err
	}
	if opts.OnReady != nil {
		if err := opts.OnReady(a, password); err != nil {
			return err
		}
	}
	if err := a.tellHistory(ctx, state, opts); err != nil {
		if ctx.Err() != nil {
			return nil // it goes on with the next run
		}
		return err
	}
	return a.Wait(ctx)
}

var demoPrincipal = authz.SystemPrincipal("demo")

// DemoLogin is the first administrator of a demonstration.
const DemoLogin = "admin"

// seedDemo makes the simulated estates known, their maintenance windows and the first
// administrator.
func (a *App) seedDemo(ctx context.Context, fleet *simulate.Fleet, seed uint64) (password string, err error) {
	view := a.control.Registry.As(demoPrincipal)
	if err := seedRegistry(ctx, view, fleet, seed); err != nil {
		return "", err
	}
	if err := seedWindows(ctx, view, fleet, time.Now()); err != nil {
		return "", err
	}
	password, _, err = a.control.Identity.Bootstrap(ctx, DemoLogin)
	return password, err
}

// runFleet lets the simulated devices speak, from now on.
func (a *App) runFleet(state demoState, rate float64) error {
	fleet, err := state.fleet()
	if err != nil {
		return err
	}
	now := time.Now()
	fleet.Advance(now)
	stream, err := fleet.Live(simulate.LiveConfig{Start: now, Rate: rate, Drama: demoPace})
	if err != nil {
		return err
	}
	publisher, err := simulate.NewPublisher(stream, simulate.PublisherConfig{Broker: "tcp://" + a.brokerAddr, Logger: a.logger, Registerer: a.registry})
	if err != nil {
		return err
	}
	a.life.run("simulated fleet", 10*time.Second, publisher.Run)
	return nil
}

// tellHistory writes the past, counts what was used in it, and from then on lets the
// analyses run at their times.
func (a *App) tellHistory(ctx context.Context, state demoState, opts DemoOptions) error {
	if !state.Written {
		truth, err := a.fillHistory(ctx, state, opts)
		if err != nil {
			return err
		}
		records, err := a.fillOperations(ctx, state)
		if err != nil {
			return err
		}
		if err := a.fillIncidents(ctx, state, truth, records); err != nil {
			return err
		}
		for _, job := range []string{"consumption", "coverage"} {
			r, err := a.analytics.Foreground(ctx, demoPrincipal, AnalyticsRequest{Job: job, From: state.Start.Truncate(time.Hour), To: state.Live.Truncate(time.Hour)}, func(runs.Run) {})
			if err == nil && r.State != runs.Done {
				err = fmt.Errorf("%s of the history: %s: %s", job, r.State, r.Error)
			}
			if err != nil {
				return err
			}
		}
		if err := a.lookBack(ctx, state); err != nil {
			return err
		}
		state.Written = true
		if err := state.save(opts.DataDir); err != nil {
			return err
		}
		if opts.OnHistory != nil {
			opts.OnHistory()
		}
	}
	a.life.run("analytics", 30*time.Second, a.analytics.Run)
	return nil
}

// fillHistory writes the past while the present is live already: it takes a
// minute, and nobody likes to wait for the past. The world is a function of its
// seed and the time, so that a second fleet has the past of the first. It returns what
// really happened.
func (a *App) fillHistory(ctx context.Context, state demoState, opts DemoOptions) (truth simulate.Truth, err error) {
	fleet, err := state.fleet()
	if err != nil {
		return truth, err
	}
	fine := state.Live.Add(-demoFine)
	if fine.Before(state.Start) {
		fine = state.Start
	}
	rows := 0
	write := func(part string, from, to time.Time, step time.Duration) error {
		before := rows
		key := fmt.Sprintf("demo-%d%s", state.Start.Unix(), part)
		return WriteHistory(ctx, a.cfg, a.db, fleet, key, from, to, step, func(n int) {
			if rows = before + n; opts.OnProgress != nil {
				opts.OnProgress(rows)
			}
		})
	}
	// A month of all devices after another: the tables are parted by months, and a year
	// of one device after another would touch each of their parts with every insert.
	var to time.Time
	for from := state.Start; from.Before(fine); from = to {
		if to = from.Add(demoFine); to.After(fine) {
			to = fine
		}
		if err := write(fmt.Sprintf("-hourly-%d", from.Unix()), from, to, demoCoarseStep); err != nil {
			return truth, err
		}
	}
	if err := write("", fine, state.Live, demoStep); err != nil {
		return truth, err
	}
	return fleet.Truth(), a.restoreBoard(ctx)
}

// demoFlush is shorter than a real installation's: a visitor who publishes a
// reading wants to find it in the table within a second.
const demoFlush = 500 * time.Millisecond

// prepareDemo reads or makes the state of the data folder.
func prepareDemo(opts DemoOptions, now time.Time) (demoState, error) {
	if opts.Fresh {
		if err := removeDemo(opts.DataDir); err != nil {
			return demoState{}, err
		}
	}
	text, err := os.ReadFile(filepath.Join(opts.DataDir, demoFile))
	if errors.Is(err, fs.ErrNotExist) {
		return newDemoState(opts, now)
	}
	if err != nil {
		return demoState{}, err
	}
	var s demoState
	if err := json.Unmarshal(text, &s); err != nil {
		return demoState{}, fmt.Errorf("%s: %w: start anew with --fresh", filepath.Join(opts.DataDir, demoFile), err)
	}
	if s.Seed != opts.Seed || s.Devices != opts.Devices || s.Days != opts.Days {
		return demoState{}, fmt.Errorf("%s holds a demonstration of %d devices, %d days and seed %d: start anew with --fresh, or give another --data",
			opts.DataDir, s.Devices, s.Days, s.Seed)
	}
	return s, nil
}

func newDemoState(opts DemoOptions, now time.Time) (demoState, error) {
	entries, err := os.ReadDir(opts.DataDir)
	if err == nil && len(entries) > 0 {
		return demoState{}, fmt.Errorf("%s is not empty and not a demonstration's: give another --data", opts.DataDir)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return demoState{}, err
	}
	if err := makeDataDir(opts.DataDir); err != nil {
		return demoState{}, err
	}
	live := now.UTC().Truncate(5 * time.Minute)
	s := demoState{Seed: opts.Seed, Devices: opts.Devices, Days: opts.Days, Start: live.AddDate(0, 0, -opts.Days), Live: live}
	return s, s.save(opts.DataDir)
}

func (s demoState) save(dir string) error {
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, demoFile), append(text, '\n'), 0o600); err != nil {
		return withDiskRemedy(err)
	}
	return nil
}

// removeDemo deletes the data folder of a demonstration, and of nothing else.
func removeDemo(dir string) error {
	if _, err := os.Stat(filepath.Join(dir, demoFile)); errors.Is(err, fs.ErrNotExist) {
		return nil // nothing of ours; whether it may be used is seen next
	}
	if running := (Config{DataDir: dir}); EngineRuns(running) {
		return fmt.Errorf("%s is in use: stop the other steward first", dir)
	}
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("--fresh: %w", err)
	}
	return nil
}
