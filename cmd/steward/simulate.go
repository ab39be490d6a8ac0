package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"steward/internal/app"
	"steward/internal/clickhouse"
	"steward/internal/simulate"
)

// simulateOptions are the flags of steward simulate.
type simulateOptions struct {
	config       configFlags
	fleet        simulate.Config
	broker, user string
	passwordFile string
	connections  int
	rate, drama  float64
	days         int
	step         time.Duration
	truth        string
	lasting      time.Duration
}

func newSimulate() *cobra.Command {
	var o simulateOptions
	cmd := &cobra.Command{
		Use:   "simulate",
		Short: "Be a fleet of devices: publish, or write a history",
		Long: `Simulates meters, elevators, fire systems and access gates with physical sense:
daily and weekly load, counters that only grow, faults from the lifetimes of
their models, entrapments with arrival and release.

Publishes over MQTT to --broker until interrupted or for --for. With --days it
first writes so many days of history in bulk into the store that --config or
--data names (see steward sql --help). With --truth it writes what really
happened as JSON, to test analytics against. The same seed makes the same
fleet.`,
		Example: `  steward simulate --broker tcp://127.0.0.1:1883 --devices 5000 --rate 2000
  steward simulate --broker "" --days 30 --truth truth.json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.days < 0 || o.step <= 0 || o.broker == "" && o.days == 0 && o.truth == "" {
				return usageError{errors.New("nothing to do: give --broker to publish, --days to write a history, or --truth")}
			}
			if o.fleet.Devices < 1 || o.fleet.Regions < 1 || o.fleet.Projects < 1 {
				return usageError{errors.New("--devices, --regions and --projects must be 1 or more")}
			}
			return o.run(cmd)
		},
	}
	f := cmd.Flags()
	o.config.add(cmd)
	f.IntVar(&o.fleet.Devices, "devices", 600, "size of the fleet")
	f.IntVar(&o.fleet.Regions, "regions", 3, "regions")
	f.IntVar(&o.fleet.Projects, "projects", 12, "projects, over all regions")
	f.Uint64Var(&o.fleet.Seed, "seed", 1, "of the simulation")
	f.Float64Var(&o.rate, "rate", 0, "messages a second over the whole fleet; 0 is the devices' own pace")
	f.Float64Var(&o.drama, "drama", 0, "entrapments, alarms and faults staged a minute")
	f.IntVar(&o.days, "days", 0, "days of history to write into the store")
	f.DurationVar(&o.step, "step", 15*time.Minute, "time between two samples of the history")
	f.StringVar(&o.broker, "broker", "tcp://127.0.0.1:1883", "publish to the broker at `URL`; empty: do not publish")
	f.StringVar(&o.user, "user", "", "user at the broker")
	f.StringVar(&o.passwordFile, "password-file", "", "`FILE` with the password at the broker")
	f.IntVar(&o.connections, "connections", 0, "connections to the broker; 0 is one a project")
	f.DurationVar(&o.lasting, "for", 0, "publish for so long; 0 is until interrupted")
	f.StringVar(&o.truth, "truth", "", "write the ground truth as JSON to `FILE` at the end; - is standard output")
	return cmd
}

func (o *simulateOptions) run(cmd *cobra.Command) error {
	now := time.Now()
	o.fleet.Start = now.Add(-time.Duration(o.days) * 24 * time.Hour)
	fleet, err := simulate.NewFleet(o.fleet)
	if err != nil {
		return usageError{err}
	}
	if o.days > 0 {
		if err := o.writeHistory(cmd, fleet, now); err != nil {
			return err
		}
	}
	if o.broker != "" {
		if err := o.publish(cmd.Context(), fleet, cmd.ErrOrStderr()); err != nil {
			return err
		}
	}
	return o.writeTruth(fleet)
}

func (o *simulateOptions) writeHistory(cmd *cobra.Command, fleet *simulate.Fleet, now time.Time) error {
	cfg, err := o.config.loadRunning()
	if err != nil {
		return err
	}
	return withStore(cmd, cfg, func(db *clickhouse.Store) error {
		if err := app.Migrate(cmd.Context(), cfg, db); err != nil {
			return err
		}
		p := &progress{w: cmd.ErrOrStderr()}
		key := fmt.Sprintf("simulate-%d-%d", o.fleet.Seed, now.UnixMilli())
		err := app.WriteHistory(cmd.Context(), cfg, db, fleet, key, fleet.Config().Start, now, o.step, func(rows int) { p.rows(rows, o.days) })
		p.say("")
		return err
	})
}

func (o *simulateOptions) publish(ctx context.Context, fleet *simulate.Fleet, stderr io.Writer) error {
	if o.lasting > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, o.lasting)
		defer cancel()
	}
	logger, err := (&app.Config{Log: app.Log{Level: "warn", Format: "text"}}).Logger(stderr)
	if err != nil {
		return err
	}
	now := time.Now()
	fleet.Advance(now)
	stream, err := fleet.Live(simulate.LiveConfig{Start: now, Rate: o.rate, Drama: o.drama})
	if err != nil {
		return usageError{err}
	}
	cfg := simulate.PublisherConfig{Broker: o.broker, Username: o.user, Connections: o.connections, Logger: logger}
	if o.passwordFile != "" {
		if cfg.Password, err = app.ReadSecret(o.passwordFile); err != nil {
			return err
		}
	}
	publisher, err := simulate.NewPublisher(stream, cfg)
	if err != nil {
		return usageError{err}
	}
	if _, err := fmt.Fprintf(stderr, "Publishing %d devices to %s; Ctrl-C ends it.\n", len(fleet.Devices()), o.broker); err != nil {
		return err
	}
	err = publisher.Run(ctx)
	s := publisher.Stats()
	_, printErr := fmt.Fprintf(stderr, "Published %d messages, %d acknowledged.\n", s.Published, s.Acknowledged)
	return errors.Join(err, printErr)
}

func (o *simulateOptions) writeTruth(fleet *simulate.Fleet) error {
	switch o.truth {
	case "":
		return nil
	case "-":
		return fleet.Truth().WriteJSON(os.Stdout)
	}
	f, err := os.Create(o.truth)
	if err != nil {
		return err
	}
	return errors.Join(fleet.Truth().WriteJSON(f), f.Close())
}
