package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"steward/internal/app"
)

func newDemo() *cobra.Command {
	var o app.DemoOptions
	var logLevel string
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Show Steward at work with a simulated fleet",
		Long: `Runs everything in one command: a broker, ClickHouse, the ingest, a simulated
fleet in 3 regions and 12 projects with its history, and the page. Entrapments,
alarms and faults are staged every half a minute or so. Publish to the broker
yourself and see it arrive.

The data is kept between runs; --fresh starts anew.`,
		Example: `  steward demo
  steward demo --fresh --devices 2000 --days 7 --rate 500
  mosquitto_pub -p 1883 -q 1 -t property/east/my-estate/meter/m1/telemetry -m '{"power_kw":3.2}'`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.DataDir == "" {
				dir, err := demoDir()
				if err != nil {
					return err
				}
				o.DataDir = dir
			}
			if o.Devices < 1 || o.Days < 1 || o.Days > 3660 || o.Rate < 0 {
				return usageError{errors.New("--devices must be 1 or more, --days 1 to 3660, and --rate not negative")}
			}
			logger, err := (&app.Config{Log: app.Log{Level: logLevel, Format: "text"}}).Logger(cmd.ErrOrStderr())
			if err != nil {
				return usageError{err}
			}
			o.Version = version
			p := &progress{w: cmd.ErrOrStderr()}
			p.say("Starting ClickHouse, the broker and the page …")
			o.OnReady = func(a *app.App, password string) error { return welcome(cmd.ErrOrStderr(), a, o.DataDir, password) }
			o.OnProgress = func(rows int) { p.rows(rows, o.Days) }
			o.OnHistory = func() { p.say("\nThe history is complete.") }
			return app.RunDemo(cmd.Context(), o, logger)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.DataDir, "data", "", "data `DIR` (default: steward-demo in the user's cache folder)")
	f.StringVar(&o.HTTP, "http", "127.0.0.1:8080", "serve the page on `ADDR`")
	f.StringVar(&o.MQTT, "mqtt", "127.0.0.1:1883", "let the broker listen on `ADDR`")
	f.IntVar(&o.Devices, "devices", 600, "size of the simulated fleet")
	f.IntVar(&o.Days, "days", 430, "days of history, of which analyses need the year before the last month; hourly, and quarter-hourly in the last month")
	f.Float64Var(&o.Rate, "rate", 0, "messages a second; 0 is the devices' own pace")
	f.Uint64Var(&o.Seed, "seed", 1, "of the simulation: the same seed makes the same fleet")
	f.BoolVar(&o.Fresh, "fresh", false, "delete the data of the last demonstration first")
	f.StringVar(&o.Library, "engine-library", "", "`PATH` of libchdb (default: beside the binary)")
	f.StringVar(&logLevel, "log-level", "warn", "debug, info, warn or error")
	return cmd
}

// demoDir is where a demonstration keeps its data.
func demoDir() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("%w: give --data", err)
	}
	return filepath.Join(cache, "steward-demo"), nil
}

func welcome(w io.Writer, a *app.App, dir, password string) error {
	signIn := fmt.Sprintf("%s, with the password of the first start; a new one: %s user reset %s --data %s", app.DemoLogin, os.Args[0], app.DemoLogin, dir)
	if password != "" {
		signIn = fmt.Sprintf("%s, password %s (shown this once)", app.DemoLogin, password)
	}

	host, port, err := net.SplitHostPort(a.BrokerAddr())
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, `
Steward is running.

  Page     http://%s
  Sign in  %s
  API      http://%s/api/docs
  Metrics  http://%s/metrics
  Broker   tcp://%s

Publish something and see it arrive:

  pub() { mosquitto_pub -h %s -p %s -q 1 -t "$1" -m "$2"; }
  pub property/east/my-estate/meter/m1/telemetry '{"power_kw":3.2,"energy_kwh":1234.5}'
  pub property/east/my-estate/elevator/e1/event '{"event":"entrapment","attrs":{"floor":7}}'
  pub property/east/my-estate/meter/m1/telemetry '[{"power_kw":3.1},{"power_kw":3.3}]'
  pub property/east/my-estate/meter/m1/telemetry garbage

Ask the store:

  %s sql "SELECT * FROM readings WHERE project = 'my-estate'"

Ctrl-C ends it; the data is kept.
`, a.HTTPAddr(), signIn, a.HTTPAddr(), a.HTTPAddr(), a.BrokerAddr(), host, port, os.Args[0])
	return err
}

// progress tells how far the history is, on one line at most four times a
// second.
type progress struct {
	w    io.Writer
	last time.Time
}

func (p *progress) say(s string) { _, _ = fmt.Fprintln(p.w, s) }

func (p *progress) rows(n, days int) {
	if time.Since(p.last) < time.Second/4 {
		return
	}
	p.last = time.Now()
	_, _ = fmt.Fprintf(p.w, "\rWriting %d days of history: %.1f million rows …", days, float64(n)/1e6)
}
