package main

import (
	"errors"

	"github.com/spf13/cobra"

	"steward/internal/app"
)

func newServe() *cobra.Command {
	var flags configFlags
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run Steward: broker to ClickHouse to page",
		Long: `Runs all roles in one process until it is interrupted: reads the configured
broker, keeps everything in the configured ClickHouse, and serves the page, the
live websocket, /healthz, /readyz and /metrics. Where no broker or no ClickHouse
is configured, an embedded one is started.

A message is acknowledged when it is on disk in the spool. ClickHouse and the
broker may go away and come back.`,
		Example: `  steward serve
  steward serve --config /etc/steward/steward.yaml
  STEWARD_MQTT_BROKER=tcp://10.0.0.5:1883 STEWARD_MQTT_PASSWORD=… steward serve`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := flags.load()
			if err != nil {
				return err
			}
			logger, err := cfg.Logger(cmd.ErrOrStderr())
			if err != nil {
				return usageError{err}
			}
			a, err := app.Start(cmd.Context(), cfg, version, logger)
			if err != nil {
				return err
			}
			logger.Info("steward is running", "page", "http://"+a.HTTPAddr(), "embedded_broker", a.BrokerAddr(), "data_dir", cfg.DataDir)
			return errors.Join(a.Wait(cmd.Context()), a.Stop())
		},
	}
	flags.add(cmd)
	return cmd
}
