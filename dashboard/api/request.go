package api

import (
	"context"
	"net/http"
	"time"

	"steward/internal/identity"
)

// The names of the session's cookie. A browser takes a __Host- cookie only over
// TLS, for the whole host and from nobody else, so that a neighbouring name
// cannot plant one; without TLS there is no such promise and no such name.
const (
	cookieTLS   = "__Host-steward"
	cookiePlain = "steward"
)

// CSRFHeader is the header in which a page repeats the session's CSRF token:
// another site's page cannot read it, and cannot send the header.
const CSRFHeader = "X-Steward-CSRF"

// Request is what the door knows of a request, for the operations that sign
// people in and out. The door puts it into the context of every request.
type Request struct {
	Session   identity.Session // of the cookie; zero without one and for tokens
	Secret    string           // the present secret of that session
	TLS       bool             // the client's connection is encrypted
	Remote    string           // the client's address, without its port
	UserAgent string           // as the client calls itself, bounded
}

type requestKey struct{}

// WithRequest returns a context of a request of which r is known.
func WithRequest(ctx context.Context, r Request) context.Context {
	return context.WithValue(ctx, requestKey{}, r)
}

// RequestFrom returns what the door put into ctx; the zero Request when no door did.
func RequestFrom(ctx context.Context) Request {
	r, _ := ctx.Value(requestKey{}).(Request)
	return r
}

// CookieName is the name of the session's cookie on this connection.
func (r Request) CookieName() string {
	if r.TLS {
		return cookieTLS
	}
	return cookiePlain
}

// Cookie carries a session's secret until the session expires.
func (r Request) Cookie(secret string, expires time.Time) *http.Cookie {
	c := r.cookie()
	c.Value, c.Expires = secret, expires.UTC()
	return c
}

// NoCookie makes the browser forget the session's secret.
func (r Request) NoCookie() *http.Cookie {
	c := r.cookie()
	c.MaxAge = -1
	return c
}

// cookie has no Domain, so that no other host gets it. Lax and not Strict: who
// follows a link from a chat message to an alarm should not have to sign in
// again, and unsafe methods are Guarded by the CSRF header.
func (r Request) cookie() *http.Cookie {
	return &http.Cookie{
		Name: r.CookieName(), Path: "/", HttpOnly: true, Secure: r.TLS, SameSite: http.SameSiteLaxMode,
	}
}
