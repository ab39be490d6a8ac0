package ingest

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"steward/internal/mqtttest"
)

// Whoever does not introduce himself soon, and as an MQTT client does, is shown
// out, and costs no more than a few bytes until then.
func TestStrangersAreShownOut(t *testing.T) {
	t.Parallel()
	b, _, reg := guarded(t, newPeople(), BrokerOptions{})
	open := map[string]net.Conn{}
	for name, first := range map[string]string{
		"another protocol":        "GET / HTTP/1.1\r\n\r\n",
		"a publish":               "\x30\x05\x00\x01abc",
		"a connect of 256 MB":     "\x10\xff\xff\xff\x7f",
		"a length without an end": "\x10\xff\xff\xff\xff\xff",
		"nothing":                 "",
		"half a connect":          "\x10\x20\x00\x04MQTT",
	} {
		conn, err := net.Dial("tcp", b.Addr())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		for _, c := range []byte(first) { // one by one: the head may come in pieces
			_, _ = conn.Write([]byte{c})
		}
		open[name] = conn
	}
	for name, conn := range open {
		_ = conn.SetReadDeadline(time.Now().Add(2 * connectTime))
		if n, err := io.Copy(io.Discard, conn); n > 0 || isTimeout(err) {
			t.Errorf("%s: %d bytes, %v", name, n, err)
		}
	}
	if n := counted(t, reg, "steward_mqtt_refused_total", string(refusedNotMQTT)); n != 4 {
		t.Errorf("%v were counted", n)
	}
	mustDial(t, b, "lift", mqtttest.RawOptions{})
}

func isTimeout(err error) bool {
	var t net.Error
	return errors.As(err, &t) && t.Timeout()
}

func TestConnectionsAreBounded(t *testing.T) {
	b, _, reg := guarded(t, newPeople(), BrokerOptions{MaxClients: 2})
	mustDial(t, b, "lift", mqtttest.RawOptions{ClientID: "1"})
	second := mustDial(t, b, "lift", mqtttest.RawOptions{ClientID: "2"})
	if _, err := dialAs(t, b, "lift", mqtttest.RawOptions{ClientID: "3"}); !refusedWith(err, 3) {
		t.Errorf("a third client: %v", err)
	}
	_ = second.Close()
	roomFor := func(id string) {
		t.Helper()
		eventually(t, "room", func() bool {
			c, err := dialAs(t, b, "lift", mqtttest.RawOptions{ClientID: id})
			if err == nil {
				_ = c.Close()
			}
			return err == nil
		})
	}
	roomFor("3")
	var open []net.Conn
	defer func() {
		for _, c := range open {
			_ = c.Close()
		}
	}()
	for range strangers + 10 {
		conn, err := net.Dial("tcp", b.Addr())
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, conn)
	}
	eventually(t, "a refusal", func() bool {
		return counted(t, reg, "steward_mqtt_refused_total", string(refusedBusy)) >= 5
	})
	for _, c := range open {
		_ = c.Close()
	}
	roomFor("4")
}

// A broker ends while clients come and go.
func TestBrokerClosesWhileClientsLeave(t *testing.T) {
	t.Parallel()
	for range 50 {
		b, _, _ := guarded(t, newPeople(), BrokerOptions{})
		mustDial(t, b, "lift", mqtttest.RawOptions{})
		leaving, gone := make(chan struct{}), sync.WaitGroup{}
		for range 4 {
			gone.Go(func() {
				for {
					select {
					case <-leaving:
						return
					default:
						b.server.Clients.Delete("somebody")
					}
				}
			})
		}
		closed := make(chan error, 1)
		go func() { closed <- b.Close() }()
		select {
		case err := <-closed:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(time.Minute):
			t.Fatal("the broker does not end")
		}
		close(leaving)
		gone.Wait()
	}
}

// Credentials work over TLS as they do without.
func TestCredentialsOverTLS(t *testing.T) {
	cert, pool := selfSigned(t)
	b, _, _ := guarded(t, newPeople(), BrokerOptions{TLS: &tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return &cert, nil }}})
	secure := &tls.Config{RootCAs: pool, ServerName: "127.0.0.1"}
	lift := mustDial(t, b, "lift", mqtttest.RawOptions{Version: 5, TLS: secure})
	mustPublish(t, lift, liftTopic+"event", "mine", false)
	if err := lift.Publish(otherTopic+"event", "stolen", 1, false); !refusedWith(err, 0x87) {
		t.Errorf("got %v", err)
	}
	if _, err := dialAs(t, b, "lift", mqtttest.RawOptions{}); err == nil {
		t.Error("without TLS somebody got in")
	}
}

func TestAttempts(t *testing.T) {
	now := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	a := newAttempts(func() time.Time { return now })
	fail := func(remote string, n int) {
		for range n {
			a.failed(remote)
		}
	}
	f := func(remote string, want bool) {
		t.Helper()
		if got := a.allowed(remote); got != want {
			t.Errorf("%s at %s: %v", remote, now.Format(time.TimeOnly), got)
		}
	}
	fail("10.0.0.1", attemptsMost-1)
	f("10.0.0.1", true)
	fail("10.0.0.1", 1)
	f("10.0.0.1", false)
	f("::ffff:10.0.0.1", false)
	f("10.0.0.2", true)
	now = now.Add(2 * time.Second)
	f("10.0.0.1", true)
	// One customer has a whole IPv6 network.
	fail("2001:db8::1", attemptsMost)
	f("2001:db8::ffff:2", false)
	f("2001:db8:0:1::1", true)
	// A device with an old password that tries every five seconds locks nobody
	// out, however long.
	for range 1000 {
		now = now.Add(5 * time.Second)
		f("10.0.0.3", true)
		a.failed("10.0.0.3")
	}
	// The memory is bounded.
	for i := range attemptsAddresses + 100 {
		a.failed(netip.AddrFrom4([4]byte{11, byte(i >> 16), byte(i >> 8), byte(i)}).String())
	}
	if n := len(a.addresses); n > attemptsAddresses {
		t.Errorf("%d addresses are remembered", n)
	}
}

// A refusal that goes on is counted each time and logged now and then.
func TestRefusalsAreLoggedNowAndThen(t *testing.T) {
	now := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	var log bytes.Buffer
	reg := prometheus.NewRegistry()
	l := newRefusalLog(slog.New(slog.NewTextHandler(&log, nil)), NewMetrics(reg), func() time.Time { return now })
	for i := range 100 {
		l.note(refusedPublish, "lift", "10.0.0.1", strings.Repeat("x", 1000))
		if i == 60 {
			l.note(refusedSubscribe, "lift", "10.0.0.1", "#")
		}
		now = now.Add(200 * time.Millisecond)
	}
	lines := strings.Split(strings.TrimSpace(log.String()), "\n")
	if len(lines) != 3 || !strings.Contains(lines[1], "unreported=49") || !strings.Contains(lines[2], "reason=subscribe") {
		t.Errorf("the log has %d lines: %s", len(lines), log.String())
	}
	if len(lines[0]) > 600 {
		t.Errorf("a line has %d bytes", len(lines[0]))
	}
	if n := counted(t, reg, "steward_mqtt_refused_total", string(refusedPublish)); n != 100 {
		t.Errorf("%v were counted", n)
	}
}
