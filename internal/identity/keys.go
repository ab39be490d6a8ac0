package identity

import (
	"context"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"

	"steward/internal/controldb"
)

// keys are derived from one secret of the installation, which the first process
// to start makes and all replicas share.
type keys struct {
	csrf    []byte // of the tokens against forged requests
	oidc    []byte // of what a browser carries to the provider and back
	lockout []byte // of the names that nobody has
}

func loadKeys(ctx context.Context, db *controldb.DB) (keys, error) {
	var stored string
	read := func(tx *controldb.Tx) error {
		return tx.Get(&stored, `SELECT secret FROM identity_keys WHERE name = ?`, "identity")
	}
	err := db.Read(ctx, read)
	if errors.Is(err, ErrNotFound) {
		err = db.Write(ctx, func(tx *controldb.Tx) error {
			if err := read(tx); !errors.Is(err, ErrNotFound) {
				return err // another process was first
			}
			stored = base64.StdEncoding.EncodeToString(randomBytes(32))
			_, err := tx.Exec(`INSERT INTO identity_keys (name, secret) VALUES (?, ?)`, "identity", stored)
			return err
		})
	}
	if err != nil {
		return keys{}, fmt.Errorf("load the installation's key: %w", err)
	}
	secret, err := base64.StdEncoding.DecodeString(stored)
	if err != nil || len(secret) != 32 {
		return keys{}, errors.New("the installation's key is damaged: delete its row from identity_keys, which ends sign-ins that are under way")
	}
	var k keys
	for purpose, key := range map[string]*[]byte{"csrf": &k.csrf, "oidc": &k.oidc, "lockout": &k.lockout} {
		if *key, err = hkdf.Key(sha256.New, secret, nil, "steward "+purpose, 32); err != nil {
			return keys{}, fmt.Errorf("derive the key of %s: %w", purpose, err)
		}
	}
	return k, nil
}

// mac is a keyed hash for comparing and hiding, 43 characters of base64url.
func mac(key []byte, message string) string {
	h := hmac.New(sha256.New, key)
	_, _ = h.Write([]byte(message)) // a hash does not fail
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

// randomBytes never fails: crypto/rand ends the program when there is no
// randomness.
func randomBytes(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	return b
}
