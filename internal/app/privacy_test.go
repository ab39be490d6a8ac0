package app

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"steward/ingest/pseudonym"
)

func TestPrivacyKeyIsMadeOnce(t *testing.T) {
	c := Config{DataDir: t.TempDir()}
	key, err := c.privacyKey()
	if err != nil || len(key) != pseudonym.KeySize {
		t.Fatalf("key of %d bytes, %v", len(key), err)
	}
	again, err := c.privacyKey()
	if err != nil || !bytes.Equal(key, again) {
		t.Errorf("the key changed: %v", err)
	}
	info, err := os.Stat(filepath.Join(c.DataDir, "privacy.key"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("file %v, %v", info, err)
	}
	other := Config{DataDir: t.TempDir()}
	if key2, err := other.privacyKey(); err != nil || bytes.Equal(key, key2) {
		t.Errorf("two installations share a key: %v", err)
	}
}

func TestPrivacyKeyFromAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	for text, good := range map[string]bool{
		strings.Repeat("0f", 32):        true,
		strings.Repeat("0f", 32) + "\n": true,
		strings.Repeat("0f", 31):        false,
		strings.Repeat("xy", 32):        false,
		"":                              false,
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		c := Config{DataDir: t.TempDir(), Privacy: Privacy{KeyFile: path}}
		if _, err := c.privacyKey(); (err == nil) != good {
			t.Errorf("%q: %v", text, err)
		}
	}
	c := Config{DataDir: t.TempDir(), Privacy: Privacy{KeyFile: "/no/key"}}
	if _, err := c.privacyKey(); err == nil || !strings.Contains(err.Error(), "privacy.key_file") {
		t.Errorf("a missing file: %v", err)
	}
}
