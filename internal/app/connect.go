package app

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"steward/dashboard"
	"steward/ingest"
	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/clickhouse/embedded"
	"steward/internal/controldb"
	"steward/internal/identity"
	"steward/internal/telemetry"
)

// What the parts need of the configuration, in their own terms.

func (c *Config) clickHouseOptions() (clickhouse.Options, error) {
	tlsConfig, err := c.ClickHouse.TLS.config("clickhouse.tls")
	if err != nil {
		return clickhouse.Options{}, err
	}
	return clickhouse.Options{
		Addrs:    c.ClickHouse.Addrs,
		HTTPURL:  c.httpURL(),
		Database: c.ClickHouse.Database,
		User:     c.ClickHouse.User,
		Password: c.ClickHouse.Password,
		TLS:      tlsConfig,
	}, nil
}

// httpURL is ClickHouse's HTTP interface, by default on the first host and the
// customary port.
func (c *Config) httpURL() string {
	if c.ClickHouse.HTTPURL != "" || c.embeddedEngine() {
		return c.ClickHouse.HTTPURL
	}
	host, _, err := net.SplitHostPort(c.ClickHouse.Addrs[0])
	if err != nil {
		host = c.ClickHouse.Addrs[0]
	}
	u := url.URL{Scheme: "http", Host: net.JoinHostPort(host, "8123")}
	if c.ClickHouse.TLS.Enabled {
		u.Scheme, u.Host = "https", net.JoinHostPort(host, "8443")
	}
	return u.String()
}

func (c *Config) engineOptions(logger *slog.Logger, reg prometheus.Registerer) embedded.Options {
	return embedded.Options{
		DataDir: c.EngineDir(), Library: c.Engine.Library, MemoryBytes: int64(c.Engine.Memory),
		Database: c.ClickHouse.Database, Logger: logger, Registerer: reg,
	}
}

func (c *Config) retention() clickhouse.Retention {
	return clickhouse.Retention{
		Class: map[telemetry.Class]int{
			telemetry.Meter: c.Retention.Meter.days(), telemetry.Elevator: c.Retention.Elevator.days(),
			telemetry.Fire: c.Retention.Fire.days(), telemetry.Access: c.Retention.Access.days(),
		},
		DeadLetters: c.Retention.DeadLetters.days(),
	}
}

// Keep is how long events are kept, by class.
func Keep(cfg Config) map[telemetry.Class]time.Duration {
	r := cfg.Retention
	return map[telemetry.Class]time.Duration{
		telemetry.Meter: r.Meter.Std(), telemetry.Elevator: r.Elevator.Std(), telemetry.Fire: r.Fire.Std(), telemetry.Access: r.Access.Std(),
	}
}

func (a *App) brokerOptions() (ingest.BrokerOptions, error) {
	b := a.cfg.Broker
	tlsConfig, err := serverTLS("embedded_broker.tls", b.TLS, a.logger)
	return ingest.BrokerOptions{
		Listen: b.Listen, User: b.User, Password: b.Password, MaxClients: b.MaxClients, TLS: tlsConfig,
		Anonymous: b.Anonymous, Auth: brokerAuth{a.control.Identity},
	}, err
}

func (c *Config) dashboardOptions(logger *slog.Logger) (dashboard.Options, error) {
	opts := dashboard.Options{
		Logger: logger, AllowedOrigins: c.HTTP.AllowedOrigins, MaxClients: c.HTTP.MaxClients,
		Listen: c.HTTP.Listen, Hosts: c.HTTP.Hosts, MetricsToken: c.HTTP.MetricsToken,
	}
	for _, s := range c.HTTP.TrustedProxies {
		p, err := parsePrefix(s)
		if err != nil {
			return opts, fmt.Errorf("http.trusted_proxies: %w", err)
		}
		opts.TrustedProxies = append(opts.TrustedProxies, p)
	}
	var err error
	opts.TLS, err = serverTLS("http.tls", c.HTTP.TLS, logger)
	return opts, err
}

func (c *Config) identityOptions(db *controldb.DB, logger *slog.Logger, reg prometheus.Registerer) (identity.Options, error) {
	opts := identity.Options{
		DB: db, Logger: logger, Registerer: reg,
		Policy: identity.Policy{
			SessionIdle: c.SignIn.SessionIdle.Std(), SessionAbsolute: c.SignIn.SessionAbsolute.Std(),
			MinPasswordLength: c.SignIn.MinPasswordLength,
		},
	}
	o := c.SignIn.OIDC
	if o.Issuer == "" {
		return opts, nil
	}
	groups := map[string][]authz.Grant{}
	for _, s := range o.Grants {
		group, grant, err := parseGroupGrant(s)
		if err != nil {
			return opts, fmt.Errorf("sign_in.oidc.grants: %w", err)
		}
		groups[group] = append(groups[group], grant)
	}
	opts.OIDC = &identity.OIDCOptions{
		Issuer: o.Issuer, ClientID: o.ClientID, ClientSecret: o.ClientSecret, RedirectURL: o.RedirectURL,
		Claim: o.LoginClaim, GroupsClaim: o.GroupsClaim, Groups: groups, CreatePeople: len(groups) > 0,
	}
	return opts, nil
}

// subscriberOptions name the session after the spool: the broker keeps messages
// for as long as there is somewhere to put them.
func (c *Config) subscriberOptions(spoolID string) (ingest.SubscriberOptions, error) {
	tlsConfig, err := c.MQTT.TLS.config("mqtt.tls")
	if err != nil {
		return ingest.SubscriberOptions{}, err
	}
	id := c.MQTT.ClientID
	if id == "" {
		id = "steward-" + spoolID
	}
	return ingest.SubscriberOptions{
		Broker: c.MQTT.Broker, ClientID: id, Group: c.MQTT.Group, User: c.MQTT.User, Password: c.MQTT.Password,
		TLS: tlsConfig, KeepAlive: c.MQTT.KeepAlive.Std(),
	}, nil
}

func clickHouseRemedy(c Config, err error) error {
	switch {
	case errors.Is(err, clickhouse.ErrAuth):
		return fmt.Errorf("clickhouse: %w: check clickhouse.user and clickhouse.password_file", err)
	case errors.Is(err, clickhouse.ErrUnreachable):
		return fmt.Errorf("clickhouse %v: %w: check clickhouse.addrs and that the server runs, or leave addrs empty for the embedded engine", c.ClickHouse.Addrs, err)
	}
	return fmt.Errorf("clickhouse: %w", err)
}

func brokerRemedy(c Config, err error) error {
	switch {
	case errors.Is(err, ingest.ErrBrokerAuth):
		return fmt.Errorf("mqtt.broker %s: %w: check mqtt.user and mqtt.password_file", c.MQTT.Broker, err)
	case errors.Is(err, ingest.ErrBrokerUnreachable):
		return fmt.Errorf("mqtt.broker %s: %w: check the address and that the broker runs, or leave it empty for the embedded broker", c.MQTT.Broker, err)
	}
	return fmt.Errorf("mqtt.broker %s: %w", c.MQTT.Broker, err)
}
