// Package app wires Steward together: its configuration, what starts in which
// order, and how it stops.
package app

import (
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"strings"
	"time"

	"steward/ingest"
	"steward/internal/authz"
	"steward/internal/telemetry"
)

// Config is the whole configuration. configs/steward.yaml explains every key;
// a test keeps the two the same.
type Config struct {
	DataDir     string     `koanf:"data_dir"`
	StartupWait Duration   `koanf:"startup_wait"`
	Log         Log        `koanf:"log"`
	HTTP        HTTP       `koanf:"http"`
	MQTT        MQTT       `koanf:"mqtt"`
	Broker      Broker     `koanf:"embedded_broker"`
	ClickHouse  ClickHouse `koanf:"clickhouse"`
	Engine      Engine     `koanf:"engine"`
	Ingest      Ingest     `koanf:"ingest"`
	Spool       Spool      `koanf:"spool"`
	Retention   Retention  `koanf:"retention"`
	Registry    Registry   `koanf:"registry"`
	SignIn      SignIn     `koanf:"sign_in"`
	Privacy     Privacy    `koanf:"privacy"`
	Alerting    Alerting   `koanf:"alerting"`
	Analytics   Analytics  `koanf:"analytics"`
}

// Log says how much is written to standard error, and how.
type Log struct {
	Level  string `koanf:"level"`
	Format string `koanf:"format"`
}

// HTTP is where people and Prometheus come in.
type HTTP struct {
	Listen         string   `koanf:"listen"`
	AllowedOrigins []string `koanf:"allowed_origins"`
	MaxClients     int      `koanf:"max_live_clients"`
	Hosts          []string `koanf:"hosts"`
	TrustedProxies []string `koanf:"trusted_proxies"`
	MetricsToken   bool     `koanf:"metrics_token"`
	TLS            Served   `koanf:"tls"`
}

// Served is the certificate with which Steward itself answers.
type Served struct {
	CertFile string `koanf:"cert_file"`
	KeyFile  string `koanf:"key_file"`
}

// MQTT is the broker to read. Without one the embedded broker is started.
type MQTT struct {
	Broker       string   `koanf:"broker"`
	ClientID     string   `koanf:"client_id"`
	Group        string   `koanf:"group"`
	User         string   `koanf:"user"`
	Password     string   `koanf:"password"`
	PasswordFile string   `koanf:"password_file"`
	TLS          TLS      `koanf:"tls"`
	KeepAlive    Duration `koanf:"keep_alive"`
}

// Broker is the embedded MQTT broker.
type Broker struct {
	Listen       string `koanf:"listen"`
	User         string `koanf:"user"`
	Password     string `koanf:"password"`
	PasswordFile string `koanf:"password_file"`
	MaxClients   int    `koanf:"max_clients"`
	TLS          Served `koanf:"tls"`

	// Anonymous lets anybody in. It has no key: only a demonstration does, on
	// loopback.
	Anonymous bool `koanf:"-"`
}

// ClickHouse is the store. Without addresses the embedded engine is started.
type ClickHouse struct {
	Addrs        []string `koanf:"addrs"`
	HTTPURL      string   `koanf:"http_url"`
	Database     string   `koanf:"database"`
	User         string   `koanf:"user"`
	Password     string   `koanf:"password"`
	PasswordFile string   `koanf:"password_file"`
	TLS          TLS      `koanf:"tls"`
}

// Engine is the embedded ClickHouse.
type Engine struct {
	Library string `koanf:"library"`
	Memory  Size   `koanf:"memory"`
}

// Ingest is what happens between the broker and the store.
type Ingest struct {
	MaxPayload    Size     `koanf:"max_payload"`
	FlushRows     int      `koanf:"flush_rows"`
	FlushInterval Duration `koanf:"flush_interval"`
	DedupWindow   int      `koanf:"dedup_window"`
	ClockAhead    Duration `koanf:"clock_ahead"`
	ClockBehind   Duration `koanf:"clock_behind"`
}

// Spool is the durable log behind the acknowledgement.
type Spool struct {
	Dir          string   `koanf:"dir"`
	MaxBytes     Size     `koanf:"max_bytes"`
	ReserveBytes Size     `koanf:"reserve_bytes"`
	SegmentBytes Size     `koanf:"segment_bytes"`
	SyncInterval Duration `koanf:"sync_interval"`
}

// Retention is how long rows are kept, by class of device.
type Retention struct {
	Meter       Duration `koanf:"meter"`
	Elevator    Duration `koanf:"elevator"`
	Fire        Duration `koanf:"fire"`
	Access      Duration `koanf:"access"`
	DeadLetters Duration `koanf:"dead_letters"`
	Incidents   Duration `koanf:"incidents"`
}

// Registry is where the control data is: places, devices, people, audit.
type Registry struct {
	DSN            string `koanf:"dsn"`
	DSNFile        string `koanf:"dsn_file"`
	UnknownDevices string `koanf:"unknown_devices"`
	MaxPending     int    `koanf:"max_pending"`
}

// What happens to devices that publish and are not in the registry.
const (
	unknownPending = "pending"
	unknownRefuse  = "refuse"
)

// SignIn is how people come in.
type SignIn struct {
	SessionIdle       Duration `koanf:"session_idle"`
	SessionAbsolute   Duration `koanf:"session_absolute"`
	MinPasswordLength int      `koanf:"min_password_length"`
	OIDC              OIDC     `koanf:"oidc"`
}

// OIDC is an OpenID provider of the house. Without an issuer there is none.
type OIDC struct {
	Issuer           string   `koanf:"issuer"`
	ClientID         string   `koanf:"client_id"`
	ClientSecret     string   `koanf:"client_secret"`
	ClientSecretFile string   `koanf:"client_secret_file"`
	RedirectURL      string   `koanf:"redirect_url"`
	LoginClaim       string   `koanf:"login_claim"`
	GroupsClaim      string   `koanf:"groups_claim"`
	Grants           []string `koanf:"grants"`
}

// Privacy is what keeps people behind pseudonyms.
type Privacy struct {
	KeyFile string `koanf:"key_file"`
}

// Alerting is what raises incidents and tells people. Each file is the shipped one
// when its key is empty.
type Alerting struct {
	Rules      string `koanf:"rules"`      // a folder; its rules come to the shipped ones, or in their place
	Standards  string `koanf:"standards"`  // a file
	Calendar   string `koanf:"calendar"`   // a file
	Escalation string `koanf:"escalation"` // a file
	Channels   string `koanf:"channels"`   // a file
}

// Analytics is what is found out of what is stored.
type Analytics struct {
	Enabled     bool     `koanf:"enabled"`
	TimeZone    string   `koanf:"time_zone"`
	Off         []string `koanf:"off"`
	Concurrency int      `koanf:"concurrency"`
	TimeLimit   Duration `koanf:"time_limit"`
	Keep        Duration `koanf:"keep"`

	// Each file is the shipped one when its key is empty; there is no weather then.
	Tariffs     string `koanf:"tariffs"`
	Scorecard   string `koanf:"scorecard"`
	Replacement string `koanf:"replacement"`
	Contracts   string `koanf:"contracts"`
	Reports     string `koanf:"reports"`
	Weather     string `koanf:"weather"`
}

// DefaultConfig is what holds where nothing is configured: everything in one
// process, on loopback, under the user's data folder.
func DefaultConfig() Config {
	clock := telemetry.DefaultClockPolicy()
	return Config{
		DataDir:     expandHome("~/.local/share/steward"),
		StartupWait: seconds(30),
		Log:         Log{Level: "info", Format: "text"},
		HTTP:        HTTP{Listen: "127.0.0.1:8080", MaxClients: 5000},
		MQTT:        MQTT{KeepAlive: seconds(30)},
		Broker:      Broker{Listen: "127.0.0.1:1883", MaxClients: 10_000},
		ClickHouse:  ClickHouse{Database: "steward"},
		Ingest: Ingest{
			MaxPayload: 1 << 20, FlushRows: 50_000, FlushInterval: seconds(1), DedupWindow: 1_000_000,
			ClockAhead: Duration(clock.MaxAhead), ClockBehind: Duration(clock.MaxBehind),
		},
		Spool: Spool{MaxBytes: 16 << 30, ReserveBytes: 1 << 30, SegmentBytes: 64 << 20, SyncInterval: Duration(2e6)},
		Retention: Retention{
			Meter: days(5 * 365), Elevator: days(3 * 365), Fire: days(3 * 365), Access: days(180), DeadLetters: days(90),
			Incidents: days(10 * 365),
		},
		Registry: Registry{UnknownDevices: unknownPending, MaxPending: 10_000},
		SignIn: SignIn{
			SessionIdle: seconds(12 * 3600), SessionAbsolute: days(7), MinPasswordLength: 10,
			OIDC: OIDC{LoginClaim: "preferred_username", GroupsClaim: "groups"},
		},
		Analytics: Analytics{Enabled: true, TimeZone: "Asia/Shanghai", Concurrency: 1, TimeLimit: seconds(2 * 3600), Keep: days(2 * 365)},
	}
}

// embeddedBroker and embeddedEngine say which parts run inside Steward.
func (c *Config) embeddedBroker() bool { return c.MQTT.Broker == "" }
func (c *Config) embeddedEngine() bool { return len(c.ClickHouse.Addrs) == 0 }

// SpoolDir is where the spool lives.
func (c *Config) spoolDir() string {
	if c.Spool.Dir != "" {
		return c.Spool.Dir
	}
	return filepath.Join(c.DataDir, "spool")
}

// registryDSN is the control database: by default a file of the data folder.
func (c *Config) registryDSN() string {
	if c.Registry.DSN != "" {
		return c.Registry.DSN
	}
	return "sqlite:" + filepath.Join(c.DataDir, "control.db")
}

// incidentsDSN is the database of incidents: a file of its own beside that of the
// registry, so that a long write there holds up no alarm, or the same PostgreSQL.
func (c *Config) incidentsDSN() string { return c.besideRegistry("incidents.db") }

// runsDSN is the database of runs of analyses, likewise.
func (c *Config) runsDSN() string { return c.besideRegistry("analytics.db") }

func (c *Config) besideRegistry(file string) string {
	if path, ok := strings.CutPrefix(c.registryDSN(), "sqlite:"); ok {
		return "sqlite:" + filepath.Join(filepath.Dir(path), file)
	}
	return c.registryDSN()
}

// alertingState is where the state of the evaluation is saved.
func (c *Config) alertingState() string { return filepath.Join(c.DataDir, "alerting.state") }

// EngineDir is where the embedded engine keeps its data.
func (c *Config) EngineDir() string { return filepath.Join(c.DataDir, "clickhouse") }

// ClockPolicy is how far a device's clock may be off.
func (c *Config) ClockPolicy() telemetry.ClockPolicy {
	return telemetry.ClockPolicy{MaxAhead: c.Ingest.ClockAhead.Std(), MaxBehind: c.Ingest.ClockBehind.Std()}
}

// Validate checks what the types cannot: every error names its key.
func (c *Config) Validate() error {
	var errs []error
	bad := func(key, format string, args ...any) {
		errs = append(errs, fmt.Errorf("%s: "+format, append([]any{key}, args...)...))
	}
	if c.DataDir == "" {
		bad("data_dir", "must not be empty")
	}
	if err := c.logHandlerOK(); err != nil {
		errs = append(errs, err) // it names its key
	}
	if b := c.MQTT.Broker; b != "" && !hasScheme(b, "tcp", "mqtt", "tls", "ssl", "mqtts") {
		bad("mqtt.broker", "%q does not start with tcp:// or tls://", b)
	}
	if strings.ContainsAny(c.MQTT.Group, "/+#") {
		bad("mqtt.group", "%q must not contain /, + or #", c.MQTT.Group)
	}
	if c.embeddedBroker() {
		if err := (ingest.BrokerOptions{Listen: c.Broker.Listen, Anonymous: c.Broker.Anonymous}).CheckListen(); err != nil {
			bad("embedded_broker", "%w", err)
		}
	}
	for key, tls := range map[string]Served{"http.tls": c.HTTP.TLS, "embedded_broker.tls": c.Broker.TLS} {
		if (tls.CertFile == "") != (tls.KeyFile == "") {
			bad(key, "cert_file and key_file belong together: give both or none")
		}
	}
	for _, prefix := range c.HTTP.TrustedProxies {
		if _, err := parsePrefix(prefix); err != nil {
			bad("http.trusted_proxies", "%w", err)
		}
	}
	if u := c.Registry.UnknownDevices; u != unknownPending && u != unknownRefuse {
		bad("registry.unknown_devices", "%q is not pending or refuse", u)
	}
	c.SignIn.validate(bad)
	if !c.embeddedEngine() && c.ClickHouse.HTTPURL != "" && !hasScheme(c.ClickHouse.HTTPURL, "http", "https") {
		bad("clickhouse.http_url", "%q does not start with http:// or https://", c.ClickHouse.HTTPURL)
	}
	if err := telemetry.CheckSegment(c.ClickHouse.Database); err != nil || strings.Contains(c.ClickHouse.Database, "-") {
		bad("clickhouse.database", "%q is not of the form [a-z0-9][a-z0-9_]*", c.ClickHouse.Database)
	}
	for _, p := range []struct {
		key string
		v   int64
	}{
		{"ingest.max_payload", int64(c.Ingest.MaxPayload)}, {"ingest.flush_rows", int64(c.Ingest.FlushRows)},
		{"ingest.flush_interval", int64(c.Ingest.FlushInterval)}, {"ingest.dedup_window", int64(c.Ingest.DedupWindow)},
		{"spool.max_bytes", int64(c.Spool.MaxBytes)}, {"spool.segment_bytes", int64(c.Spool.SegmentBytes)},
		{"startup_wait", int64(c.StartupWait)}, {"http.max_live_clients", int64(c.HTTP.MaxClients)},
		{"embedded_broker.max_clients", int64(c.Broker.MaxClients)}, {"mqtt.keep_alive", int64(c.MQTT.KeepAlive)},
		{"registry.max_pending", int64(c.Registry.MaxPending)}, {"sign_in.session_idle", int64(c.SignIn.SessionIdle)},
		{"sign_in.session_absolute", int64(c.SignIn.SessionAbsolute)},
		{"analytics.concurrency", int64(c.Analytics.Concurrency)}, {"analytics.time_limit", int64(c.Analytics.TimeLimit)},
	} {
		if p.v <= 0 {
			bad(p.key, "must be more than 0")
		}
	}
	// The record must fit the spool's own limit with its envelope.
	const largest = 8 << 20
	if c.Ingest.MaxPayload > largest {
		bad("ingest.max_payload", "%s is more than %s", c.Ingest.MaxPayload, Size(largest))
	}
	for _, r := range []struct {
		key string
		v   Duration
	}{
		{"retention.meter", c.Retention.Meter}, {"retention.elevator", c.Retention.Elevator}, {"retention.fire", c.Retention.Fire},
		{"retention.access", c.Retention.Access}, {"retention.dead_letters", c.Retention.DeadLetters},
		{"retention.incidents", c.Retention.Incidents}, {"analytics.keep", c.Analytics.Keep},
	} {
		if r.v < days(1) {
			bad(r.key, "%s is less than a day", r.v)
		}
	}
	if err := c.ClockPolicy().Validate(); err != nil {
		bad("ingest", "%w", err)
	}
	if _, err := time.LoadLocation(c.Analytics.TimeZone); err != nil || c.Analytics.TimeZone == "" {
		bad("analytics.time_zone", "%q is not a time zone such as Asia/Shanghai", c.Analytics.TimeZone)
	}
	return errors.Join(errs...)
}

// leastPassword is the shortest password length that may be configured.
const leastPassword = 8

func (s *SignIn) validate(bad func(key, format string, args ...any)) {
	if s.MinPasswordLength < leastPassword {
		bad("sign_in.min_password_length", "%d is less than %d", s.MinPasswordLength, leastPassword)
	}
	if s.SessionIdle > s.SessionAbsolute {
		bad("sign_in.session_idle", "%s is more than session_absolute, %s", s.SessionIdle, s.SessionAbsolute)
	}
	o := s.OIDC
	if o.Issuer == "" {
		return
	}
	if !hasScheme(o.Issuer, "https", "http") {
		bad("sign_in.oidc.issuer", "%q does not start with https://", o.Issuer)
	}
	if o.ClientID == "" {
		bad("sign_in.oidc.client_id", "must not be empty when there is an issuer")
	}
	if !hasScheme(o.RedirectURL, "https", "http") || !strings.HasSuffix(o.RedirectURL, oidcCallback) {
		bad("sign_in.oidc.redirect_url", "%q is not of the form https://steward.example.com%s", o.RedirectURL, oidcCallback)
	}
	for _, g := range o.Grants {
		if _, _, err := parseGroupGrant(g); err != nil {
			bad("sign_in.oidc.grants", "%w", err)
		}
	}
}

// oidcCallback is where the OpenID provider sends people back.
const oidcCallback = "/api/v1/oidc/callback"

// parseGroupGrant reads "group=role@place".
func parseGroupGrant(s string) (group string, grant authz.Grant, err error) {
	group, rest, ok := strings.Cut(s, "=")
	role, place, both := strings.Cut(rest, "@")
	if !ok || !both || group == "" {
		return "", authz.Grant{}, fmt.Errorf("%q is not of the form group=role@place, such as lift-crew=engineer@north/harbour", s)
	}
	if grant.Role, err = authz.ParseRole(role); err != nil {
		return "", authz.Grant{}, fmt.Errorf("%q: %w", s, err)
	}
	if grant.Place, err = authz.ParsePlace(place); err != nil {
		return "", authz.Grant{}, fmt.Errorf("%q: %w", s, err)
	}
	return group, grant, nil
}

// parsePrefix reads an address or a network.
func parsePrefix(s string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(s); err == nil {
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return p, fmt.Errorf("%q is not an address or a network such as 10.0.0.0/8", s)
	}
	return p, nil
}

func hasScheme(url string, schemes ...string) bool {
	for _, s := range schemes {
		if strings.HasPrefix(url, s+"://") {
			return true
		}
	}
	return false
}
