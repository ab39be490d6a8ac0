package app

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/knadh/koanf/providers/structs"
	"github.com/knadh/koanf/v2"
)

func writeConfig(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "steward.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// The annotated example names every key, and what it shows are the defaults.
func TestExampleIsTheDefaults(t *testing.T) {
	const example = "../../configs/steward.yaml"
	got, err := LoadConfig(example, nil)
	if err != nil {
		t.Fatal(err)
	}
	want, err := LoadConfig("", nil)
	if err != nil {
		t.Fatal(err)
	}
	// An empty list in the file is an empty list, not none.
	for _, c := range []*Config{&got, &want} {
		c.HTTP.AllowedOrigins, c.HTTP.Hosts, c.HTTP.TrustedProxies, c.ClickHouse.Addrs, c.SignIn.OIDC.Grants, c.Analytics.Off = nil, nil, nil, nil, nil, nil
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the example differs from the defaults:\n got %+v\nwant %+v", got, want)
	}
	text, err := os.ReadFile(example)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := keyLines(example, text)
	if err != nil {
		t.Fatal(err)
	}
	k := koanf.New(".")
	if err := k.Load(structs.Provider(DefaultConfig(), "koanf"), nil); err != nil {
		t.Fatal(err)
	}
	for _, key := range k.Keys() {
		secret := false
		for _, s := range secretKeys {
			secret = secret || s == key
		}
		if lines[key] == 0 && !secret {
			t.Errorf("the example does not explain %s", key)
		}
	}
}

func TestLoadConfig(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(secret, []byte("s3cret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := LoadConfig(writeConfig(t, `
mqtt:
  broker: tls://broker.example:8883
  user: steward
  password_file: `+secret+`
ingest:
  max_payload: 64KiB
  clock_behind: 30d
clickhouse:
  addrs: [a:9000, b:9000]
`), []string{"STEWARD_HTTP_LISTEN=127.0.0.1:9999", "STEWARD_CLICKHOUSE_PASSWORD=pw", "STEWARD_INGEST_FLUSH_ROWS=100", "HOME=/x"})
	if err != nil {
		t.Fatal(err)
	}
	if c.MQTT.Password != "s3cret" || c.ClickHouse.Password != "pw" || c.HTTP.Listen != "127.0.0.1:9999" ||
		c.Ingest.FlushRows != 100 || c.Ingest.MaxPayload != 64<<10 || c.Ingest.ClockBehind.Std() != 30*24*time.Hour ||
		!reflect.DeepEqual(c.ClickHouse.Addrs, []string{"a:9000", "b:9000"}) {
		t.Errorf("%+v", c)
	}
	if c.Ingest.FlushInterval.Std() != time.Second {
		t.Error("a default next to a set key got lost")
	}
}

func TestBadConfigNamesLineKeyAndRemedy(t *testing.T) {
	f := func(text string, environ []string, want ...string) {
		t.Helper()
		_, err := LoadConfig(writeConfig(t, text), environ)
		if err == nil {
			t.Errorf("taken:\n%s", text)
			return
		}
		for _, w := range want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%q is not in the error of\n%s\n%v", w, text, err)
			}
		}
	}
	f("mqtt:\n  brokers: tcp://x:1\n", nil, "line 2", "unknown key mqtt.brokers", "did you mean mqtt.broker?")
	f("\n\nnonsense: 1\n", nil, "line 3", "unknown key nonsense")
	f("mqtt:\n  password: hunter2\n", nil, "line 2", "mqtt.password_file", "STEWARD_MQTT_PASSWORD")
	f("mqtt:\n  broker: localhost:1883\n", nil, "line 2", "tcp://")
	f("ingest:\n  flush_interval: soon\n", nil, "flush_interval", "not a duration")
	f("ingest:\n  max_payload: 1MB\n", nil, "max_payload", "not a size")
	f("ingest:\n  flush_rows: many\n", nil, "flush_rows")
	f("ingest:\n  flush_rows: 0\n", nil, "line 2", "ingest.flush_rows", "more than 0")
	f("retention:\n  meter: 1h\n", nil, "line 2", "retention.meter", "less than a day")
	f("log:\n  level: loud\n", nil, "log.level", "loud")
	f("mqtt:\n  password_file: /does/not/exist\n", nil, "mqtt.password_file")
	f("- a\n- b\n", nil, "line 1", "keys and values")
	f("mqtt: [\n", nil, "steward.yaml")
	f("", []string{"STEWARD_MQTT_BROKERS=x"}, "STEWARD_MQTT_BROKERS", "sets no key")
	if _, err := LoadConfig("/does/not/exist.yaml", nil); err == nil || !strings.Contains(err.Error(), "does not exist") {
		t.Error(err)
	}
}

func TestSecretsStayOutOfErrors(t *testing.T) {
	_, err := LoadConfig(writeConfig(t, "mqtt:\n  password: hunter2\n  broker: nonsense\n"), nil)
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("got %v", err)
	}
}

func TestUnits(t *testing.T) {
	for in, want := range map[string]Size{"0": 0, "1": 1, "512B": 512, "64KiB": 64 << 10, "1 MiB": 1 << 20, "4GiB": 4 << 30, "2TiB": 2 << 40} {
		var s Size
		if err := s.UnmarshalText([]byte(in)); err != nil || s != want {
			t.Errorf("%s: %d, %v", in, s, err)
		}
		var back Size
		if err := back.UnmarshalText([]byte(s.String())); err != nil || back != s {
			t.Errorf("%s: came back as %d, %v", s, back, err)
		}
	}
	for _, in := range []string{"", "x", "-1", "1.5GiB", "9999999999TiB", "MiB"} {
		if new(Size).UnmarshalText([]byte(in)) == nil {
			t.Errorf("size %q was taken", in)
		}
	}
	for in, want := range map[string]time.Duration{"400d": 400 * 24 * time.Hour, "90m": 90 * time.Minute, "0d": 0, "2ms": 2 * time.Millisecond} {
		var d Duration
		if err := d.UnmarshalText([]byte(in)); err != nil || d.Std() != want {
			t.Errorf("%s: %s, %v", in, d, err)
		}
	}
	for _, in := range []string{"", "d", "-1d", "1.5d", "999999999d", "soon"} {
		if new(Duration).UnmarshalText([]byte(in)) == nil {
			t.Errorf("duration %q was taken", in)
		}
	}
}
