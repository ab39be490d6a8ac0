package ingest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"
)

// selfSigned makes a certificate for 127.0.0.1, and the pool that trusts it.
func selfSigned(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "broker"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

// A broker behind TLS is read when its certificate is trusted, and not
// otherwise.
func TestSubscriberOverTLS(t *testing.T) {
	cert, pool := selfSigned(t)
	devices := openTestSpool(t, t.TempDir())
	b := startTestBroker(t, BrokerOptions{Anonymous: true, TLS: &tls.Config{Certificates: []tls.Certificate{cert}}}, NewIntake(devices, IntakeOptions{MaxPayload: 1 << 20}))
	url := "tls://" + b.Addr()

	err := CheckBroker(SubscriberOptions{Broker: url, TLS: &tls.Config{RootCAs: x509.NewCertPool()}})
	if !errors.Is(err, ErrBrokerUnreachable) || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("an unknown certificate was taken: %v", err)
	}
	sp := openTestSpool(t, t.TempDir())
	subscribe(t, SubscriberOptions{Broker: url, ClientID: "steward-test", TLS: &tls.Config{RootCAs: pool}}, NewIntake(sp, IntakeOptions{MaxPayload: 1 << 20}))
	if err := b.server.Publish("property/r/p/meter/m1/telemetry", []byte(`{"a":1}`), false, 1); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the message", func() bool { return sp.Durable() == 1 })
}
