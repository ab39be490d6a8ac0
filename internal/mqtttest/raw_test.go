package mqtttest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

func dialRaw(t *testing.T, o RawOptions) *Raw {
	t.Helper()
	c, err := DialRaw(withLimit(t), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// deliveries takes messages until n have come.
func deliveries(t *testing.T, c *Raw, n int) (all []RawMessage) {
	t.Helper()
	poll(t, func() bool {
		some, err := c.Messages()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, some...)
		return len(all) >= n
	})
	return all
}

// What a raw connection says is understood by a real broker, and the other way
// round.
func TestRaw(t *testing.T) {
	m := Start(t, Options{})
	for _, version := range []byte{4, 5} {
		c := dialRaw(t, RawOptions{Addr: m.Addr(), Version: version, ClientID: "raw", Keep: true})
		if err := c.Subscribe("raw/#"); err != nil {
			t.Fatal(err)
		}
		_ = c.Close()
		p := dialRaw(t, RawOptions{Addr: m.Addr(), Version: version, Will: &Will{Topic: "raw/will", Payload: "gone", Retain: true}})
		for qos := range byte(2) {
			if err := p.Publish("raw/a", "message", qos+1, false); err != nil {
				t.Fatal(err)
			}
		}
		_ = p.Close()
		c = dialRaw(t, RawOptions{Addr: m.Addr(), Version: version, ClientID: "raw", Keep: true})
		got := deliveries(t, c, 2)
		for _, d := range got[:2] {
			if d.Topic != "raw/a" && d.Topic != "raw/will" {
				t.Errorf("version %d: got %+v", version, got)
			}
		}
		late := dialRaw(t, RawOptions{Addr: m.Addr(), Version: version})
		poll(t, func() bool {
			if err := late.Subscribe("raw/will"); err != nil {
				t.Fatal(err)
			}
			some, err := late.Messages()
			if err != nil {
				t.Fatal(err)
			}
			return len(some) == 1 && some[0] == RawMessage{Topic: "raw/will", Payload: "gone", Retain: true}
		})
	}
}

// A broker with files of passwords and permissions holds to them.
func TestPermissionFiles(t *testing.T) {
	dir := t.TempDir()
	passwords, acl := filepath.Join(dir, "passwords"), filepath.Join(dir, "acl")
	write := func(path, text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(passwords, "lift:right\nreader:right\n")
	if out, err := exec.Command("mosquitto_passwd", "-U", passwords).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	write(acl, "user lift\ntopic write lift/#\n\nuser reader\ntopic read lift/#\n")
	m := Start(t, Options{PasswordFile: passwords, ACLFile: acl})

	for _, o := range []RawOptions{{}, {User: "lift", Password: "wrong"}} {
		o.Addr = m.Addr()
		var refused RefusedError
		if _, err := DialRaw(withLimit(t), o); !errors.As(err, &refused) || refused.Code != 5 {
			t.Errorf("%q: %v", o.User, err)
		}
	}
	reader := dialRaw(t, RawOptions{Addr: m.Addr(), Version: 5, User: "reader", Password: "right"})
	if err := reader.Subscribe("#"); err != nil { // Mosquitto holds back each message instead
		t.Fatal(err)
	}
	lift := dialRaw(t, RawOptions{Addr: m.Addr(), Version: 5, User: "lift", Password: "right"})
	var refused RefusedError
	if err := lift.Publish("other/1", "stolen", 1, false); !errors.As(err, &refused) || refused.Code != 0x87 {
		t.Errorf("got %v", err)
	}
	// Debian's version hangs up after that.
	lift = dialRaw(t, RawOptions{Addr: m.Addr(), Version: 5, User: "lift", Password: "right"})
	if err := lift.Publish("lift/1", "mine", 1, false); err != nil {
		t.Fatal(err)
	}
	if got := deliveries(t, reader, 1); got[0].Payload != "mine" {
		t.Errorf("got %+v", got)
	}
}

func TestTLS(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	o := Options{CertFile: filepath.Join(dir, "cert.pem"), KeyFile: filepath.Join(dir, "key.pem")}
	for path, block := range map[string]*pem.Block{o.CertFile: {Type: "CERTIFICATE", Bytes: der}, o.KeyFile: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	m := Start(t, o)
	if m.URL() != "tls://"+m.Addr() {
		t.Errorf("its address is %s", m.URL())
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	c := dialRaw(t, RawOptions{Addr: m.Addr(), TLS: &tls.Config{RootCAs: pool, ServerName: "127.0.0.1"}})
	if err := c.Publish("a", "b", 1, false); err != nil {
		t.Error(err)
	}
	if _, err := DialRaw(withLimit(t), RawOptions{Addr: m.Addr(), TLS: &tls.Config{RootCAs: x509.NewCertPool(), ServerName: "127.0.0.1"}}); err == nil {
		t.Error("an unknown certificate was taken")
	}
}
