package identity

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// oidcState is what a browser carries to the provider and back, in a cookie that
// it can neither read nor make: nothing about sign-ins under way is kept here,
// and any replica can end what another began.
type oidcState struct {
	State    string    `json:"s"` // in the address too: both come from the same browser
	Nonce    string    `json:"n"` // in the ID token: it was made for this sign-in
	Verifier string    `json:"v"` // of PKCE: the code is of no use to whoever steals it
	ReturnTo string    `json:"r"`
	Expires  time.Time `json:"e"`
}

const (
	oidcStateLife  = 10 * time.Minute
	maxStateCookie = 4096 // what browsers keep
	maxReturnTo    = 1024
)

func (k keys) stateCipher() (cipher.AEAD, error) {
	block, err := aes.NewCipher(k.oidc)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

func (k keys) seal(state oidcState) (string, error) {
	plain, err := json.Marshal(state)
	if err != nil {
		return "", fmt.Errorf("seal a sign-in: %w", err)
	}
	aead, err := k.stateCipher()
	if err != nil {
		return "", fmt.Errorf("seal a sign-in: %w", err)
	}
	sealed := aead.Seal(nil, nil, plain, nil) //nolint:gosec // G407: this cipher makes its nonce itself
	return base64.RawURLEncoding.EncodeToString(sealed), nil
}

func (k keys) open(cookie string) (state oidcState, ok bool) {
	if len(cookie) > maxStateCookie {
		return oidcState{}, false
	}
	sealed, err := base64.RawURLEncoding.DecodeString(cookie)
	if err != nil {
		return oidcState{}, false
	}
	aead, err := k.stateCipher()
	if err != nil {
		return oidcState{}, false
	}
	plain, err := aead.Open(nil, nil, sealed, nil)
	if err != nil {
		return oidcState{}, false
	}
	return state, json.Unmarshal(plain, &state) == nil
}

// localPath is a path of this installation, or "/": a browser would take //host
// and /\host for another one, and skips control characters.
func localPath(s string) string {
	bad := func(r rune) bool { return r < ' ' || r == 0x7f || r == '\\' }
	if len(s) > maxReturnTo || !strings.HasPrefix(s, "/") || strings.HasPrefix(s, "//") || strings.ContainsFunc(s, bad) {
		return "/"
	}
	return s
}
