package app

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"steward/ingest/pseudonym"
	"steward/internal/telemetry"
)

// pseudonymizer is what takes people out of messages.
func (c *Config) pseudonymizer() (*pseudonym.Pseudonymizer, error) {
	key, err := c.privacyKey()
	if err != nil {
		return nil, err
	}
	return pseudonym.New(key)
}

// privacyKey reads the key of pseudonyms, or makes it where none is configured
// and none is there.
func (c *Config) privacyKey() ([]byte, error) {
	path := c.Privacy.KeyFile
	if path == "" {
		path = filepath.Join(c.DataDir, "privacy.key")
		if err := makeDataDir(c.DataDir); err != nil {
			return nil, err
		}
		if err := makePrivacyKey(path); err != nil {
			return nil, fmt.Errorf("privacy.key_file: %w", err)
		}
	}
	text, err := ReadSecret(path)
	if err != nil {
		return nil, fmt.Errorf("privacy.key_file: %w", err)
	}
	key, err := hex.DecodeString(strings.TrimSpace(text))
	if err != nil || len(key) != pseudonym.KeySize {
		return nil, fmt.Errorf("privacy.key_file: %s does not hold %d hexadecimal digits; make one with: openssl rand -hex %d", path, 2*pseudonym.KeySize, pseudonym.KeySize)
	}
	return key, nil
}

func makePrivacyKey(path string) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	key := make([]byte, pseudonym.KeySize)
	_, _ = rand.Read(key) // it never fails
	_, err = fmt.Fprintf(file, "%x\n", key)
	// A key that is lost in a power cut would make strangers of everybody.
	return errors.Join(err, file.Sync(), file.Close())
}

// Redact takes people out of the attributes of an event, as the door does.
func Redact(cfg Config) (func(telemetry.Event) string, error) {
	privacy, err := cfg.pseudonymizer()
	if err != nil {
		return nil, err
	}
	return func(e telemetry.Event) string {
		if e.Device.Class != telemetry.Access {
			return e.Attrs
		}
		attrs, _ := privacy.Scrub([]byte(e.Attrs))
		return string(attrs)
	}, nil
}
