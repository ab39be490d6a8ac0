package main

import (
	"errors"
	"os"

	"github.com/spf13/cobra"

	"steward/internal/app"
	"steward/internal/clickhouse"
)

// configFlags are how every command finds its configuration.
type configFlags struct {
	file string
	data string
}

func (f *configFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.file, "config", "", "configuration `FILE` (YAML; see configs/steward.yaml)")
	cmd.Flags().StringVar(&f.data, "data", "", "data `DIR`, in place of data_dir")
}

// load reads the configuration. A mistake in it is a mistake in the call.
func (f *configFlags) load() (app.Config, error) {
	cfg, err := app.LoadConfig(f.file, os.Environ())
	if err != nil {
		return cfg, usageError{err}
	}
	if f.data != "" {
		cfg.DataDir = f.data
	}
	return cfg, nil
}

// loadRunning is load for commands that look at what runs: without --config and
// --data it prefers a steward that is running, of serve or else of demo.
func (f *configFlags) loadRunning() (app.Config, error) {
	cfg, err := f.load()
	if err != nil || f.file != "" || f.data != "" || app.EngineRuns(cfg) {
		return cfg, err
	}
	demo := cfg
	if demo.DataDir, err = demoDir(); err == nil && app.EngineRuns(demo) {
		return demo, nil
	}
	return cfg, nil
}

// withStore runs do on the store that cfg names, and lets it go afterwards.
func withStore(cmd *cobra.Command, cfg app.Config, do func(db *clickhouse.Store) error) (err error) {
	logger, err := cfg.Logger(cmd.ErrOrStderr())
	if err != nil {
		return usageError{err}
	}
	db, release, err := app.Reach(cmd.Context(), cfg, logger)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	return do(db)
}
