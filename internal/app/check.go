package app

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sys/unix"

	"steward/ingest"
	"steward/internal/authz"
	"steward/internal/identity"
	"steward/internal/registry"
)

// Finding is one thing that was checked.
type Finding struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"` // what was found, or what is wrong and the remedy
}

// Check looks at everything that Steward needs, and goes on after what is
// wrong: people want the whole list.
func Check(ctx context.Context, cfg Config, logger *slog.Logger) []Finding {
	var out []Finding
	add := func(name, detail string, err error) {
		f := Finding{Name: name, OK: err == nil, Detail: detail}
		if err != nil {
			f.Detail = err.Error()
		}
		out = append(out, f)
	}
	add("configuration", "every key is known and in range", nil) // it was loaded
	detail, err := checkDataDir(cfg.DataDir)
	add("data_dir", detail, err)
	control, err := OpenControl(ctx, cfg, logger, prometheus.NewRegistry()) // which migrates it
	if err == nil {
		defer func() { _ = control.Close() }() // what was checked stands
		detail, err = checkRegistry(ctx, cfg, control)
	}
	add("registry", detail, err)
	detail, err = checkIncidents(ctx, cfg, logger)
	add("incidents", detail, err)
	detail, err = checkAnalytics(ctx, cfg, logger)
	add("analytics", detail, err)
	analyses, err := LoadAnalytics(cfg)
	if err == nil {
		detail, err = analyses.check(ctx, control)
	}
	add("analytics files", detail, err)
	files, err := LoadAlerting(cfg)
	if err == nil {
		detail = files.describe()
	}
	add("alerting", detail, err)
	if err == nil {
		add("contacts", files.describeContacts(), nil)
		detail, err = checkCalendars(ctx, files.Calendars, control, time.Now())
		add("calendars", detail, err)
	}
	for key, files := range map[string]Served{"http.tls": cfg.HTTP.TLS, "embedded_broker.tls": cfg.Broker.TLS} {
		if files.CertFile != "" {
			detail, err = checkCertificate(key, files, logger)
			add(key, detail, err)
		}
	}
	detail, err = checkBroker(ctx, cfg)
	add("broker", detail, err)
	store, clock := checkStore(ctx, cfg, logger)
	out = append(out, store...)
	out = append(out, clock)
	return out
}

func checkDataDir(dir string) (string, error) {
	if err := makeDataDir(dir); err != nil {
		return "", err
	}
	probe := filepath.Join(dir, ".check")
	if err := os.WriteFile(probe, []byte("steward"), 0o600); err != nil {
		return "", fmt.Errorf("%w: give a folder that this user may write", withDiskRemedy(err))
	}
	if err := os.Remove(probe); err != nil {
		return "", err
	}
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return "", fmt.Errorf("%s: %w", dir, err)
	}
	free := int64(st.Bavail) * st.Bsize
	const least = 2 << 30
	if free < least {
		return "", fmt.Errorf("%s has %.1f GiB free, less than 2 GiB: make room, or give another data_dir", dir, float64(free)/(1<<30))
	}
	return fmt.Sprintf("%s, %.1f GiB free", dir, float64(free)/(1<<30)), nil
}

func checkRegistry(ctx context.Context, cfg Config, c *Control) (string, error) {
	people, err := c.Identity.As(authz.SystemPrincipal("check")).People(ctx, identity.PersonFilter{}, registry.Page{Limit: 1})
	if err != nil {
		return "", err
	}
	if len(people.Items) == 0 {
		return cfg.registryIn() + "; nobody may sign in yet: steward user add", nil
	}
	return cfg.registryIn(), nil
}

// registryIn says where the registry and the incidents are kept.
func (c *Config) registryIn() string {
	if c.Registry.DSN != "" {
		return "PostgreSQL"
	}
	return "SQLite under data_dir"
}

// certificateNotice is how long before its end a certificate is a finding.
const certificateNotice = 14 * 24 * time.Hour

func checkCertificate(key string, files Served, logger *slog.Logger) (string, error) {
	conf, err := serverTLS(key, files, logger)
	if err != nil {
		return "", err
	}
	pair, err := conf.GetCertificate(nil)
	if err != nil {
		return "", err
	}
	end := pair.Leaf.NotAfter
	if left := time.Until(end); left < certificateNotice {
		return "", fmt.Errorf("%s: %s ends on %s: renew it", key, files.CertFile, end.Format(time.DateOnly))
	}
	return fmt.Sprintf("%s is good until %s", files.CertFile, end.Format(time.DateOnly)), nil
}

func checkBroker(ctx context.Context, cfg Config) (string, error) {
	if cfg.embeddedBroker() {
		return "embedded, on " + cfg.Broker.Listen, nil
	}
	opts, err := cfg.subscriberOptions("check")
	if err != nil {
		return "", err
	}
	if err := ingest.CheckBroker(opts); err != nil {
		return "", brokerRemedy(cfg, err)
	}
	dropped, known, err := ingest.BrokerDrops(ctx, opts)
	if err != nil {
		return "", fmt.Errorf("%s answers, but its statistics cannot be read: %w", cfg.MQTT.Broker, err)
	}
	if dropped > 0 {
		return "", fmt.Errorf("%s has dropped %.0f messages since it started: for Mosquitto set max_queued_messages 0 and persistence true", cfg.MQTT.Broker, dropped)
	}
	if !known {
		return cfg.MQTT.Broker + " answers; it publishes no $SYS counters, so whether it drops messages is unknown", nil
	}
	return cfg.MQTT.Broker + " answers and has dropped no messages", nil
}

// checkStore looks at ClickHouse and, through it, at the clock: both are asked
// in one visit.
func checkStore(ctx context.Context, cfg Config, logger *slog.Logger) ([]Finding, Finding) {
	clock := Finding{Name: "clock", Detail: "not compared: ClickHouse does not answer"}
	db, release, err := Reach(ctx, cfg, logger)
	if err != nil {
		return []Finding{{Name: "clickhouse", Detail: err.Error()}}, clock
	}
	defer func() { _ = release() }() // what was checked stands
	version, now, err := db.Server(ctx)
	if err != nil {
		return []Finding{{Name: "clickhouse", Detail: err.Error()}}, clock
	}
	where := "embedded"
	if !cfg.embeddedEngine() {
		where = fmt.Sprint(cfg.ClickHouse.Addrs)
	}
	off := time.Since(now)
	clock.OK, clock.Detail = true, fmt.Sprintf("within %s of ClickHouse", max(time.Second, off.Abs().Round(time.Second)))
	if math.Abs(off.Seconds()) > 5 {
		clock.OK = false
		clock.Detail = fmt.Sprintf("%s apart from ClickHouse: set both machines by NTP (timedatectl set-ntp true)", off.Abs().Round(time.Second))
	}
	return []Finding{{Name: "clickhouse", OK: true, Detail: where + ", version " + version}}, clock
}
