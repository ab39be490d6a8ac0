package app

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// writeCertificate puts a self-signed certificate and its key into files.
func writeCertificate(t *testing.T, files Served, serial int64) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(serial), NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<33, 0), DNSNames: []string{"localhost"}}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{files.CertFile: {Type: "CERTIFICATE", Bytes: cert}, files.KeyFile: {Type: "PRIVATE KEY", Bytes: der}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
		// File systems are coarse: the test must not depend on how coarse.
		at := time.Unix(1_000_000_000+serial, 0)
		if err := os.Chtimes(name, at, at); err != nil {
			t.Fatal(err)
		}
	}
}

func TestCertificateIsReadAgain(t *testing.T) {
	dir := t.TempDir()
	files := Served{CertFile: filepath.Join(dir, "cert.pem"), KeyFile: filepath.Join(dir, "key.pem")}
	writeCertificate(t, files, 1)
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		conf, err := serverTLS("http.tls", files, slog.New(slog.NewTextHandler(&log, nil)))
		if err != nil {
			t.Fatal(err)
		}
		serial := func() int64 {
			t.Helper()
			pair, err := conf.GetCertificate(nil)
			if err != nil {
				t.Fatal(err)
			}
			return pair.Leaf.SerialNumber.Int64()
		}
		if got := serial(); got != 1 {
			t.Errorf("serial %d at the start", got)
		}
		writeCertificate(t, files, 2)
		if got := serial(); got != 1 {
			t.Errorf("serial %d before the files are due", got)
		}
		time.Sleep(certificateLook)
		if got := serial(); got != 2 {
			t.Errorf("serial %d after a renewal", got)
		}
		if err := os.WriteFile(files.CertFile, []byte("half of it"), 0o600); err != nil {
			t.Fatal(err)
		}
		time.Sleep(certificateLook)
		if got := serial(); got != 2 || !strings.Contains(log.String(), "new certificate not used") {
			t.Errorf("serial %d with a broken file; log: %s", got, &log)
		}
		writeCertificate(t, files, 3)
		time.Sleep(certificateLook)
		if got := serial(); got != 3 {
			t.Errorf("serial %d after the repair", got)
		}
	})
}

func TestCertificateThatIsNotThere(t *testing.T) {
	_, err := serverTLS("http.tls", Served{CertFile: "/no/cert.pem", KeyFile: "/no/key.pem"}, slog.New(slog.DiscardHandler))
	if err == nil || !strings.Contains(err.Error(), "http.tls") || !strings.Contains(err.Error(), "/no/cert.pem") {
		t.Errorf("error %v", err)
	}
	if conf, err := serverTLS("http.tls", Served{}, nil); conf != nil || err != nil {
		t.Errorf("without files: %v, %v", conf, err)
	}
}
