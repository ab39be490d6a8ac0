package simulate

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"github.com/prometheus/client_golang/prometheus"
)

// publishing is a fleet on its way to a broker.
type publishing struct {
	*Publisher
	fleet *Fleet
	stop  func() error // ends Run and returns what it returned
}

func startPublishing(t *testing.T, live LiveConfig, cfg PublisherConfig) *publishing {
	t.Helper()
	now := time.Now()
	f := newFleet(t, Config{Seed: 1, Devices: 60, Start: now.Add(-time.Hour)})
	f.Advance(now)
	live.Start = time.Now()
	l, err := f.Live(live)
	if err != nil {
		t.Fatal(err)
	}
	p, err := NewPublisher(l, cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	result := make(chan error, 1)
	go func() { result <- p.Run(ctx) }()
	ended := false
	stop := func() error {
		if ended {
			return nil
		}
		ended = true
		cancel()
		return <-result
	}
	t.Cleanup(func() { _ = stop() })
	return &publishing{p, f, stop}
}

// sequences checks that of each device all samples arrived, without a gap.
func sequences(t *testing.T, messages []received) {
	t.Helper()
	highest, seen := map[string]uint64{}, map[string]map[uint64]bool{}
	for _, m := range messages {
		if !strings.HasSuffix(m.topic, "/telemetry") {
			continue
		}
		for _, s := range samplesOf(t, Message{Topic: m.topic, Payload: []byte(m.payload)}) {
			if seen[m.topic] == nil {
				seen[m.topic] = map[uint64]bool{}
			}
			seen[m.topic][s.Seq] = true
			highest[m.topic] = max(highest[m.topic], s.Seq)
		}
	}
	if len(seen) < 50 {
		t.Errorf("only %d devices were heard", len(seen))
	}
	for topic, n := range highest {
		if uint64(len(seen[topic])) != n {
			t.Errorf("%s: %d of %d samples arrived", topic, len(seen[topic]), n)
		}
	}
}

// lastStatus is the last status that was heard of each device.
func lastStatus(messages []received) map[string]string {
	last := map[string]string{}
	for _, m := range messages {
		if strings.HasSuffix(m.topic, "/status") {
			last[m.topic] = m.payload
		}
	}
	return last
}

func TestEveryAcknowledgedMessageArrives(t *testing.T) {
	for name, connections := range map[string]int{"one connection a project": 0, "a single one": 1, "one a device": 1000} {
		t.Run(name, func(t *testing.T) {
			address := startMosquitto(t, "allow_anonymous true")
			sub := subscribe(t, address, nil)
			p := startPublishing(t, LiveConfig{Rate: 2000, Drama: 30},
				PublisherConfig{Broker: "tcp://" + address, Connections: connections})
			eventually(t, "3000 messages are acknowledged", func() bool { return p.Stats().Acknowledged > 3000 })
			want := map[int]int{0: 12, 1: 1, 1000: 60}[connections]
			if n := p.Stats().Connected; n != want {
				t.Errorf("%d connections are open, want %d", n, want)
			}
			if err := p.stop(); err != nil {
				t.Fatal(err)
			}
			s := p.Stats()
			if s.Acknowledged != s.Published || s.Resent != 0 || s.Connected != 0 {
				t.Errorf("at the end: %+v", s)
			}
			eventually(t, "everything published has arrived", func() bool { return sub.count() >= int(s.Published) })
			if n := sub.count(); n != int(s.Published) {
				t.Errorf("%d messages arrived of %d", n, s.Published)
			}
			sequences(t, sub.all())

			// What is retained says that everything is offline now.
			after := subscribe(t, address, nil)
			eventually(t, "60 retained statuses", func() bool { return after.count() >= 60 })
			for _, m := range after.all() {
				if !m.retained || m.payload != "offline" {
					t.Errorf("%s is retained as %q", m.topic, m.payload)
				}
			}
		})
	}
}

// TestCutConnections: nothing that was acknowledged is missing, and the
// devices are shown offline and online again.
func TestCutConnections(t *testing.T) {
	address := startMosquitto(t, "allow_anonymous true")
	sub := subscribe(t, address, nil)
	net := newWire(t, address)
	p := startPublishing(t, LiveConfig{Rate: 2000}, PublisherConfig{Broker: "tcp://" + net.address(), Inflight: 50})
	for cut := range 3 {
		before := p.Stats().Acknowledged
		eventually(t, "messages flow", func() bool { return p.Stats().Acknowledged > before+800 })
		net.cut()
		eventually(t, "the loss is noticed", func() bool { return p.Stats().Reconnects >= uint64(12*(cut+1)) })
		eventually(t, "the gateways are back", func() bool { return p.Stats().Connected == 12 })
	}
	wills := 0
	for _, m := range sub.all() {
		if m.payload == "offline" {
			wills++
		}
	}
	if wills < 12 {
		t.Errorf("%d last wills were published for three cuts of 12 gateways", wills)
	}
	eventually(t, "every device is online again", func() bool {
		for _, status := range lastStatus(sub.all()) {
			if status != "online" {
				return false
			}
		}
		return true
	})
	if err := p.stop(); err != nil {
		t.Fatal(err)
	}
	s := p.Stats()
	if s.Acknowledged != s.Published || s.Resent == 0 {
		t.Errorf("at the end: %+v", s)
	}
	eventually(t, "everything acknowledged has arrived", func() bool { return sub.count() >= int(s.Acknowledged) })
	sequences(t, sub.all())
}

// TestBrokerAway: without a broker the publisher tries again, does not fill
// memory, and ends when it is told to.
func TestBrokerAway(t *testing.T) {
	p := startPublishing(t, LiveConfig{Rate: 3000}, PublisherConfig{
		Broker: "tcp://" + deadAddress(t), Drain: 50 * time.Millisecond,
	})
	eventually(t, "a queue is full", func() bool {
		return slices.ContainsFunc(p.gateways, func(g *gateway) bool { return len(g.queue) == queueLength })
	})
	if err := p.stop(); err != nil {
		t.Fatal(err)
	}
	if s := p.Stats(); s.Published != 0 || s.Acknowledged != 0 {
		t.Errorf("without a broker: %+v", s)
	}
}

// TestBrokerThatNeverAnswers: what is not acknowledged within the drain is an
// error that says so.
func TestBrokerThatNeverAnswers(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			// Accept the connection and nothing else.
			go func() {
				defer c.Close()
				if _, err := c.Read(make([]byte, 4096)); err != nil {
					return
				}
				if _, err := c.Write([]byte{0x20, 2, 0, 0}); err != nil {
					return
				}
				for buf := make([]byte, 4096); ; {
					if _, err := c.Read(buf); err != nil {
						return
					}
				}
			}()
		}
	}()
	p := startPublishing(t, LiveConfig{Rate: 500}, PublisherConfig{
		Broker: "tcp://" + l.Addr().String(), Connections: 1, Inflight: 20, Drain: 50 * time.Millisecond,
	})
	eventually(t, "the window is full", func() bool { return p.Stats().Published == 20 })
	if err := p.stop(); err == nil || !strings.Contains(err.Error(), "20 messages were not acknowledged") {
		t.Errorf("Run ended with %v", err)
	}
	if s := p.Stats(); s.Published != 20 || s.Acknowledged != 0 {
		t.Errorf("at the end: %+v", s)
	}
}

func deadAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// TestPasswordAndTLS: with the right password over a verified connection, and
// with nothing less.
func TestPasswordAndTLS(t *testing.T) {
	dir := t.TempDir()
	authority := writeCertificate(t, dir)
	passwords := filepath.Join(dir, "passwords")
	if out, err := exec.Command("mosquitto_passwd", "-b", "-c", passwords, "fleet", "secret").CombinedOutput(); err != nil {
		t.Fatalf("mosquitto_passwd: %v: %s", err, out)
	}
	address := startMosquitto(t, "allow_anonymous false", "password_file "+passwords,
		"certfile "+filepath.Join(dir, "cert.pem"), "keyfile "+filepath.Join(dir, "key.pem"))
	trust := &tls.Config{RootCAs: authority}
	sub := subscribe(t, address, func(o *mqtt.ClientOptions) {
		o.Servers = nil
		o.AddBroker("ssl://" + address).SetTLSConfig(trust).SetUsername("fleet").SetPassword("secret")
	})
	good := PublisherConfig{Broker: "ssl://" + address, Username: "fleet", Password: "secret", TLS: trust, Connections: 2}
	p := startPublishing(t, LiveConfig{Rate: 500}, good)
	eventually(t, "messages arrive", func() bool { return sub.count() > 500 })
	if err := p.stop(); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*PublisherConfig){
		"wrong password":    func(c *PublisherConfig) { c.Password = "guess" },
		"unknown authority": func(c *PublisherConfig) { c.TLS = nil },
	} {
		cfg := good
		spoil(&cfg)
		var log strings.Builder
		g := newGateway(&Publisher{cfg: mustDefaults(t, cfg), metrics: &metrics{}}, 0, "property/a/b/meter/c/status")
		done, err := g.session(t.Context())
		if done || err == nil {
			t.Errorf("%s: connected", name)
		} else if log.WriteString(err.Error()); strings.Contains(log.String(), "guess") {
			t.Errorf("%s: the error shows the password: %v", name, err)
		}
	}
}

func mustDefaults(t *testing.T, c PublisherConfig) PublisherConfig {
	t.Helper()
	c, err := c.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// writeCertificate makes a certificate for 127.0.0.1 and returns the authority
// to trust, which is itself.
func writeCertificate(t *testing.T, dir string) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "broker"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{
		"cert.pem": {Type: "CERTIFICATE", Bytes: der}, "key.pem": {Type: "PRIVATE KEY", Bytes: private},
	} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pool := x509.NewCertPool()
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool.AddCert(cert)
	return pool
}

func TestPublisherRefusesWhatCannotBe(t *testing.T) {
	f := newFleet(t, Config{Devices: 5})
	live, err := f.Live(LiveConfig{Start: begin})
	if err != nil {
		t.Fatal(err)
	}
	for _, cfg := range []PublisherConfig{
		{}, {Broker: "localhost"}, {Broker: "::"}, {Broker: "tcp://h:1", Connections: -1},
		{Broker: "tcp://h:1", Inflight: -1}, {Broker: "tcp://h:1", Inflight: 1e6},
	} {
		if _, err := NewPublisher(live, cfg); err == nil {
			t.Errorf("%+v was accepted", cfg)
		}
	}
}

func TestMetrics(t *testing.T) {
	r := prometheus.NewPedanticRegistry()
	m, err := newMetrics(r)
	if err != nil {
		t.Fatal(err)
	}
	m.published.Add(3)
	m.skip(1500 * time.Millisecond)
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]float64{}
	for _, f := range families {
		if f.GetHelp() == "" || !strings.HasPrefix(f.GetName(), "steward_simulate_") {
			t.Errorf("metric %s, help %q", f.GetName(), f.GetHelp())
		}
		values[f.GetName()] = f.GetMetric()[0].GetCounter().GetValue()
	}
	if len(families) != 6 || values["steward_simulate_published_total"] != 3 || values["steward_simulate_skipped_seconds_total"] != 1.5 {
		t.Errorf("metrics are %v", values)
	}
	if _, err := newMetrics(r); err == nil {
		t.Error("the same metrics were registered twice")
	}
}
