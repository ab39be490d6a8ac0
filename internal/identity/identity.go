// Package identity knows who is who: people and how they sign in, their
// sessions, the tokens of machines, and the credentials of devices at the MQTT
// broker.
//
// A [Service] turns what somebody shows (a password, a cookie, a token, an
// MQTT password, the answer of an OpenID provider) into an authz.Principal, and
// says nothing else about who exists. People, tokens and credentials are managed
// through [Service.As], a [View] of what one caller may see and change.
//
// Promises: no secret is kept, only what can check one, and none is in an error,
// a log, a metric or the audit log; a sign-in with an unknown name costs and
// answers the same as one with a wrong password; what is revoked ends within
// seconds on every replica; nobody gives away more than he has; the last
// administrator of the headquarters stays; each change and its audit entry are
// one transaction.
package identity

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"steward/internal/controldb"
)

// Errors of sign-in, for errors.Is. They tell nothing about what exists.
var (
	ErrBadCredentials = errors.New("unknown name or wrong password")
	ErrNoSession      = errors.New("not signed in, or no more")
	ErrNoToken        = errors.New("unknown, expired or revoked token")
	ErrBusy           = errors.New("too many sign-ins at the same time")
)

// LockedError refuses a sign-in that was tried too often, whatever its password.
type LockedError struct {
	RetryAfter time.Duration // until the next attempt is looked at
	Address    bool          // it is the caller's address that tried too often, not the account
}

func (e *LockedError) Error() string {
	what := "account locked"
	if e.Address {
		what = "too many attempts from this address"
	}
	return fmt.Sprintf("%s: try again in %s", what, e.RetryAfter.Round(time.Second))
}

// What the control database's packages share.
var (
	ErrNotFound  = controldb.ErrNotFound
	ErrForbidden = controldb.ErrForbidden
	ErrConflict  = controldb.ErrConflict
	ErrExists    = controldb.ErrExists
)

// What the control database's packages share.
type (
	InvalidError = controldb.InvalidError
	Page         = controldb.Page
	List[T any]  = controldb.List[T]
)

// Options are what a Service needs. Only DB is required.
type Options struct {
	DB         *controldb.DB
	Now        func() time.Time // time.Now when nil
	Logger     *slog.Logger     // none when nil
	Registerer prometheus.Registerer
	Policy     Policy
	OIDC       *OIDCOptions // nil: passwords only
}

// Service answers who somebody is. It is safe for concurrent use, and several
// processes may serve one database.
type Service struct {
	db       *controldb.DB
	now      func() time.Time
	log      *slog.Logger
	policy   Policy
	metrics  *metrics
	hasher   *hasher
	limits   *limiter // attempts by address
	unknown  *limiter // audit entries of unknown names
	sessions *cache[sessionRow]
	tokens   *cache[tokenRow]
	gone     goneCredentials
	keys     keys
	oidc     *oidcClient // nil without OpenID Connect

	attempts atomic.Int64 // failed sign-ins of this process

	// contact is when the database last answered, in Unix nanoseconds.
	contact atomic.Int64
}

// New makes a Service. The keys of the installation are made at the first start.
func New(ctx context.Context, o Options) (*Service, error) {
	if o.DB == nil {
		return nil, errors.New("identity: without a database")
	}
	policy, err := o.Policy.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("identity: %w", err)
	}
	s := &Service{db: o.DB, now: o.Now, log: o.Logger, policy: policy}
	if s.now == nil {
		s.now = time.Now
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.hasher, err = newHasher(policy.Hashing); err != nil {
		return nil, fmt.Errorf("identity: %w", err)
	}
	s.limits = newLimiter(policy.AddressBurst, policy.AddressEvery, s.now)
	s.unknown = newLimiter(unknownAuditBurst, unknownAuditEvery, s.now)
	s.sessions = newCache[sessionRow](s.now)
	s.tokens = newCache[tokenRow](s.now)
	if s.keys, err = loadKeys(ctx, o.DB); err != nil {
		return nil, fmt.Errorf("identity: %w", err)
	}
	if err := s.gone.start(ctx, o.DB); err != nil {
		return nil, fmt.Errorf("identity: %w", err)
	}
	if o.OIDC != nil {
		if s.oidc, err = newOIDCClient(*o.OIDC); err != nil {
			return nil, fmt.Errorf("identity: %w", err)
		}
	}
	s.contact.Store(s.now().UnixNano())
	s.metrics = newMetrics(o.Registerer, s)
	return s, nil
}
