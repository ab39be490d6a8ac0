package identity

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"steward/internal/authz"
	"steward/internal/controldb"
)

// tokenUser is the user name with which a machine's token is the password. No
// credential is named so: their names hold a full stop.
const tokenUser = "token"

// credentialUsedEvery is how often it is written down that a credential is used:
// a fleet that reconnects must not become a flood of writes.
const credentialUsedEvery = time.Hour

// nobodysHash is checked for names that nobody has, so that they cost the same.
var nobodysHash = sync.OnceValue(func() string {
	hash, err := mqttHash(mqttPassword())
	if err != nil {
		panic(err) // of constants of this package
	}
	return hash
})

// MQTT is what connects to the broker with a user name and password: a
// credential, or a machine's token under the user name "token", which may
// subscribe to what it may read, and publish nothing. ErrBadCredentials says
// that it is neither; any other error, that the database did not answer.
func (s *Service) MQTT(ctx context.Context, username string, password []byte) (Client, error) {
	c, err := s.mqtt(ctx, username, password)
	s.metrics.mqttSignIn(err)
	return c, err
}

func (s *Service) mqtt(ctx context.Context, username string, password []byte) (Client, error) {
	if username == tokenUser {
		row, err := s.bearer(ctx, string(password))
		if errors.Is(err, ErrNoToken) {
			return Client{}, ErrBadCredentials
		}
		if err != nil {
			return Client{}, err
		}
		return ofToken(row.principal()), nil
	}
	if len(password) > maxPassword || len(username) > maxCredentialName {
		return Client{}, ErrBadCredentials
	}
	if strings.ContainsFunc(username, func(r rune) bool { return r < ' ' || r > '~' }) {
		username = "" // nobody's, and not to be shown to a database
	}
	r := credentialRow{Hash: nobodysHash()}
	err := s.db.Read(ctx, func(tx *controldb.Tx) error {
		return tx.Get(&r, `SELECT * FROM mqtt_credentials WHERE name = ? AND revoked_at IS NULL`, username)
	})
	if err != nil && !errors.Is(err, ErrNotFound) {
		return Client{}, err
	}
	if ok := mqttVerify(r.Hash, password); !ok || err != nil {
		return Client{}, ErrBadCredentials
	}
	if now := s.now(); r.LastUsedAt == nil || now.Sub(*r.LastUsedAt) >= credentialUsedEvery {
		s.credentialUsed(ctx, r.ID, controldb.Stored(now))
	}
	c := r.credential()
	return Client{
		Principal: authz.Principal{Kind: authz.Machine, ID: c.ID, Name: c.Name},
		Publish:   c.Publish(), credential: c.ID, version: c.Version,
	}, nil
}

func ofToken(p authz.Principal) Client {
	return Client{Principal: p, Subscribe: readable(p.Scope(authz.Read))}
}

func (s *Service) credentialUsed(ctx context.Context, id string, at time.Time) {
	err := s.db.Write(ctx, func(tx *controldb.Tx) error {
		_, err := tx.Exec(`UPDATE mqtt_credentials SET last_used_at = ? WHERE id = ?`, at, id)
		return err
	})
	if err != nil {
		s.log.Warn("the use of an MQTT credential was not written down", "error", err)
	}
}

// StillMQTT is for connections that stay open: it reports whether what opened
// one is still good, and gives the client with the rights of now. A credential
// with another password, other children or none at all is not what connected.
// It is cheap for credentials: ten thousand connections may ask every few
// seconds.
func (s *Service) StillMQTT(ctx context.Context, c Client) (Client, bool) {
	if c.credential == "" {
		p, ok := s.Still(ctx, c.Principal, "")
		if !ok {
			return Client{}, false
		}
		return ofToken(p), true
	}
	return c, !s.gone.since(ctx, s, c.credential, c.version)
}
