package app

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// TLS configures a connection to another server. The zero value trusts what the
// system trusts.
type TLS struct {
	Enabled    bool   `koanf:"enabled"`
	CAFile     string `koanf:"ca_file"`
	CertFile   string `koanf:"cert_file"`
	KeyFile    string `koanf:"key_file"`
	ServerName string `koanf:"server_name"`
}

// config makes the standard library's configuration; nil when TLS is off.
func (t TLS) config(key string) (*tls.Config, error) {
	if !t.Enabled {
		return nil, nil
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: t.ServerName}
	if t.CAFile != "" {
		pem, err := os.ReadFile(t.CAFile)
		if err != nil {
			return nil, fmt.Errorf("%s.ca_file: %w", key, err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s.ca_file: %s has no certificate in PEM form", key, t.CAFile)
		}
	}
	if t.CertFile != "" || t.KeyFile != "" {
		pair, err := tls.LoadX509KeyPair(t.CertFile, t.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("%s.cert_file and key_file: %w", key, err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}

// certificateLook is how long a certificate is used before its files are looked
// at again.
const certificateLook = 10 * time.Second

// certificate is a pair of files, read again when they change: certificates are
// renewed every few weeks, and nobody should have to restart for it.
type certificate struct {
	files  Served
	logger *slog.Logger
	now    func() time.Time

	mu      sync.Mutex // guards what follows
	pair    *tls.Certificate
	changed [2]time.Time // of the files, when they were read
	looked  time.Time
}

// serverTLS is the configuration of a listener; nil when no files are given.
func serverTLS(key string, files Served, logger *slog.Logger) (*tls.Config, error) {
	if files.CertFile == "" {
		return nil, nil
	}
	c := &certificate{files: files, logger: logger, now: time.Now}
	if err := c.read(); err != nil {
		return nil, fmt.Errorf("%s: %w", key, err)
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: c.get}, nil
}

// get is the certificate for a connection. Files that changed and cannot be used
// are reported, and the certificate before them serves on.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.now().Sub(c.looked) >= certificateLook {
		c.looked = c.now()
		if changed, err := c.times(); err != nil || changed != c.changed {
			if err := c.read(); err != nil {
				c.logger.Error("new certificate not used", "error", err, "remedy", "put a certificate and its key in place; the one before is used until then")
			} else {
				c.logger.Info("certificate read again", "file", c.files.CertFile)
			}
		}
	}
	return c.pair, nil
}

func (c *certificate) read() error {
	changed, err := c.times()
	if err != nil {
		return err
	}
	pair, err := tls.LoadX509KeyPair(c.files.CertFile, c.files.KeyFile)
	if err != nil {
		return fmt.Errorf("cert_file %s and key_file %s: %w", c.files.CertFile, c.files.KeyFile, err)
	}
	c.pair, c.changed = &pair, changed
	return nil
}

func (c *certificate) times() (out [2]time.Time, err error) {
	for i, name := range []string{c.files.CertFile, c.files.KeyFile} {
		info, err := os.Stat(name)
		if err != nil {
			return out, err
		}
		out[i] = info.ModTime()
	}
	return out, nil
}
