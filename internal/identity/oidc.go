package identity

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"steward/internal/authz"
)

// OIDCOptions name an OpenID Connect provider, with which people can sign in
// besides their passwords.
type OIDCOptions struct {
	Name         string // on the button; "OpenID Connect" when empty
	Issuer       string
	ClientID     string
	ClientSecret string   // empty for a public client
	RedirectURL  string   // https://this.host/api/v1/oidc/callback, as registered with the provider
	Scopes       []string // besides openid; profile and email when nil

	// Claim is how a person is found who signs in for the first time this way:
	// ClaimEmail (the default) by the email, which the provider has verified;
	// ClaimUsername by the login name, for providers that let nobody choose it.
	// From then on the provider's own identifier of the person counts.
	Claim string

	// GroupsClaim ("groups" when empty) lists groups, and Groups says what each of
	// them may do. Only people whom CreatePeople made get their grants from there,
	// anew at each sign-in; those who were there before keep theirs.
	GroupsClaim  string
	Groups       map[string][]authz.Grant
	CreatePeople bool // makes people who are not known yet and are in one of the Groups

	HTTPClient *http.Client // one with a time limit when nil
}

// The claims by which people are found.
const (
	ClaimEmail    = "email"
	ClaimUsername = "preferred_username"
)

// Errors of a sign-in with OpenID Connect, for errors.Is.
var (
	ErrNoOIDC      = errors.New("OpenID Connect is not configured")
	ErrRefused     = errors.New("sign-in refused")                                // by the provider, or the person is not known here
	ErrStale       = errors.New("this sign-in was begun elsewhere or is too old") // begin again
	ErrUnreachable = errors.New("the OpenID provider cannot be reached")
)

const (
	oidcTimeout = 10 * time.Second // of a request to the provider
	maxClaim    = 1024             // bytes of a text about a person
	oidcRetry   = 5 * time.Second  // a provider that was down is asked again no sooner
)

// oidcClient knows the provider. It is discovered when the first person needs
// it, so that Steward starts while the provider is down.
type oidcClient struct {
	OIDCOptions

	mu       sync.Mutex // guards all below; held during the discovery
	provider *oidc.Provider
	failed   time.Time
	failure  error
}

func newOIDCClient(o OIDCOptions) (*oidcClient, error) {
	for name, value := range map[string]string{"issuer": o.Issuer, "redirect URL": o.RedirectURL} {
		u, err := url.Parse(value)
		if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
			return nil, fmt.Errorf("oidc: the %s %q is not a URL with http or https and a host", name, value)
		}
	}
	if o.ClientID == "" {
		return nil, errors.New("oidc: without a client ID")
	}
	if o.Claim == "" {
		o.Claim = ClaimEmail
	}
	if o.Claim != ClaimEmail && o.Claim != ClaimUsername {
		return nil, fmt.Errorf("oidc: claim %q is not one of %s, %s", o.Claim, ClaimEmail, ClaimUsername)
	}
	for group, grants := range o.Groups {
		if _, err := checkGrants(grants); err != nil {
			return nil, fmt.Errorf("oidc: group %q: %w", group, err)
		}
	}
	if o.Name == "" {
		o.Name = "OpenID Connect"
	}
	if o.GroupsClaim == "" {
		o.GroupsClaim = "groups"
	}
	if o.Scopes == nil {
		o.Scopes = []string{"profile", "email"}
	}
	if o.HTTPClient == nil {
		o.HTTPClient = &http.Client{Timeout: oidcTimeout}
	}
	return &oidcClient{OIDCOptions: o}, nil
}

// discover returns the provider and what asks it for tokens.
func (c *oidcClient) discover(ctx context.Context, now time.Time) (*oidc.Provider, *oauth2.Config, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.provider == nil {
		if c.failure != nil && now.Sub(c.failed) < oidcRetry {
			return nil, nil, c.failure
		}
		ctx, cancel := context.WithTimeout(ctx, oidcTimeout)
		defer cancel()
		provider, err := oidc.NewProvider(oidc.ClientContext(ctx, c.HTTPClient), c.Issuer)
		if err != nil {
			c.failed, c.failure = now, fmt.Errorf("%w: discover %s: %w", ErrUnreachable, c.Issuer, err)
			return nil, nil, c.failure
		}
		c.provider, c.failure = provider, nil
	}
	return c.provider, &oauth2.Config{
		ClientID: c.ClientID, ClientSecret: c.ClientSecret, RedirectURL: c.RedirectURL,
		Endpoint: c.provider.Endpoint(), Scopes: append([]string{oidc.ScopeOpenID}, c.Scopes...),
	}, nil
}

// OIDCName is what the button says; false when there is no provider.
func (s *Service) OIDCName() (name string, enabled bool) {
	if s.oidc == nil {
		return "", false
	}
	return s.oidc.Name, true
}

// StartOIDC begins a sign-in: the browser is to be sent to redirectURL, with
// stateCookie kept (HttpOnly, SameSite=Lax, ten minutes) for FinishOIDC.
// returnTo is a path of this installation; anything else becomes "/".
func (s *Service) StartOIDC(ctx context.Context, returnTo string) (redirectURL, stateCookie string, err error) {
	if s.oidc == nil {
		return "", "", ErrNoOIDC
	}
	_, config, err := s.oidc.discover(ctx, s.now())
	if err != nil {
		return "", "", err
	}
	state := oidcState{
		State: newSessionSecret(), Nonce: newSessionSecret(), Verifier: oauth2.GenerateVerifier(),
		ReturnTo: localPath(returnTo), Expires: s.now().Add(oidcStateLife),
	}
	cookie, err := s.keys.seal(state)
	if err != nil {
		return "", "", err
	}
	return config.AuthCodeURL(state.State, oidc.Nonce(state.Nonce), oauth2.S256ChallengeOption(state.Verifier)), cookie, nil
}

// FinishOIDC ends a sign-in: query is what the provider sent the browser back
// with. ErrStale asks to begin again; ErrRefused says that the provider or
// Steward does not want the person.
func (s *Service) FinishOIDC(ctx context.Context, stateCookie string, query url.Values, remote, userAgent string) (Session, string, error) {
	if s.oidc == nil {
		return Session{}, "", ErrNoOIDC
	}
	session, returnTo, err := s.finishOIDC(ctx, stateCookie, query, remote, userAgent)
	s.metrics.signIn(viaOIDC, err)
	return session, returnTo, err
}

func (s *Service) finishOIDC(ctx context.Context, stateCookie string, query url.Values, remote, userAgent string) (Session, string, error) {
	address := addressKey(remote)
	if wait := s.limits.take(address); wait > 0 {
		return Session{}, "", &LockedError{RetryAfter: wait, Address: true}
	}
	state, ok := s.keys.open(stateCookie)
	if !ok || !s.now().Before(state.Expires) || subtle.ConstantTimeCompare([]byte(query.Get("state")), []byte(state.State)) != 1 {
		return Session{}, "", ErrStale
	}
	if code := query.Get("error"); code != "" {
		return Session{}, "", fmt.Errorf("%w: the provider says %.80q", ErrRefused, printable(code, 80))
	}
	claims, err := s.oidc.claims(ctx, s.now, query, state)
	if err != nil {
		return Session{}, "", err
	}
	session, err := s.signInClaims(context.WithoutCancel(ctx), claims, remote, userAgent)
	if err != nil {
		return Session{}, "", err
	}
	s.limits.giveBack(address)
	return session, state.ReturnTo, nil
}

// claims exchanges the code for an ID token and checks it.
func (c *oidcClient) claims(ctx context.Context, now func() time.Time, query url.Values, state oidcState) (oidcClaims, error) {
	provider, config, err := c.discover(ctx, now())
	if err != nil {
		return oidcClaims{}, err
	}
	// RFC 9207: an answer that names another issuer was mixed up.
	if iss := query.Get("iss"); iss != "" && iss != c.Issuer {
		return oidcClaims{}, ErrStale
	}
	ctx, cancel := context.WithTimeout(oidc.ClientContext(ctx, c.HTTPClient), oidcTimeout)
	defer cancel()
	token, err := config.Exchange(ctx, query.Get("code"), oauth2.VerifierOption(state.Verifier))
	var refused *oauth2.RetrieveError
	switch {
	case errors.As(err, &refused):
		// Its text may hold what was sent to the provider.
		return oidcClaims{}, fmt.Errorf("%w: the provider does not take the code (%.80q)", ErrRefused, printable(refused.ErrorCode, 80))
	case err != nil:
		return oidcClaims{}, fmt.Errorf("%w: exchange the code: %w", ErrUnreachable, err)
	}
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return oidcClaims{}, fmt.Errorf("%w: the provider sent no ID token", ErrRefused)
	}
	id, err := provider.Verifier(&oidc.Config{ClientID: c.ClientID, Now: now}).Verify(ctx, raw)
	if err != nil {
		return oidcClaims{}, fmt.Errorf("%w: ID token: %w", ErrRefused, err)
	}
	if id.Subject == "" || id.Subject != printable(id.Subject, maxClaim) {
		return oidcClaims{}, fmt.Errorf("%w: ID token: the subject is empty, too long or not printable", ErrRefused)
	}
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(state.Nonce)) != 1 {
		return oidcClaims{}, ErrStale
	}
	all := map[string]any{}
	if err := id.Claims(&all); err != nil {
		return oidcClaims{}, fmt.Errorf("%w: ID token: %w", ErrRefused, err)
	}
	return c.read(id, all), nil
}

// oidcClaims are what a provider says of a person.
type oidcClaims struct {
	subject  string // issuer and subject: unique, and never given to somebody else
	email    string // only when verified
	username string
	name     string
	grants   []authz.Grant // of the groups
	known    bool          // is in one of the groups
}

func (c *oidcClient) read(id *oidc.IDToken, all map[string]any) oidcClaims {
	text := func(name string) string { s, _ := all[name].(string); return printable(s, maxClaim) }
	claims := oidcClaims{
		subject: id.Issuer + "\n" + id.Subject, username: canonicalLogin(text(ClaimUsername)),
		name: shortened(text("name"), maxName),
	}
	switch verified := all["email_verified"].(type) {
	case bool:
		if verified {
			claims.email = strings.ToLower(text(ClaimEmail))
		}
	case string: // some providers send it so
		if verified == "true" {
			claims.email = strings.ToLower(text(ClaimEmail))
		}
	}
	groups, _ := all[c.GroupsClaim].([]any)
	for _, g := range groups {
		name, _ := g.(string)
		if grants, ok := c.Groups[name]; ok {
			claims.known = true
			claims.grants = append(claims.grants, grants...)
		}
	}
	if checked, err := checkGrants(claims.grants); err == nil {
		claims.grants = checked
	} else {
		claims.grants, claims.known = nil, false // more groups than anybody should have
	}
	return claims
}

// shortened is the first n characters of s.
func shortened(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}

// login is the name that a new person gets.
func (c oidcClaims) login() string {
	candidates := []string{c.username, c.email}
	i := slices.IndexFunc(candidates, func(s string) bool { return checkLogin(s) == nil })
	if i < 0 {
		return ""
	}
	return candidates[i]
}
