package dashboard

import (
	"context"
	"crypto/subtle"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"steward/dashboard/api"
	"steward/internal/authz"
	"steward/internal/identity"
)

// Identity knows who asks. *identity.Service is one.
type Identity interface {
	// Resume returns the session of a cookie, identity.ErrNoSession when there is none.
	Resume(ctx context.Context, secret, remote string) (identity.Session, error)
	// Bearer returns who a token is, identity.ErrNoToken when it is nobody's.
	Bearer(ctx context.Context, secret string) (authz.Principal, error)
	// Still returns p as it is now; false when it was signed out, disabled or revoked.
	Still(ctx context.Context, p authz.Principal, sessionID string) (authz.Principal, bool)
}

const (
	// maxSecret bounds what is taken for a secret, in bytes.
	maxSecret = 512
	// maxCookies is how many cookies of our name are tried: a neighbouring name
	// may have planted one beside ours.
	maxCookies = 3
	// maxUserAgent bounds what is kept of a client's own name, in bytes.
	maxUserAgent = 256
	// importWithin bounds an import, whose body may come over a slow line.
	importWithin = 5 * time.Minute
)

// Paths of the API that the door itself must know.
const (
	pathSession  = "/api/v1/session"
	pathPassword = "/api/v1/password"
	pathImport   = "/api/v1/import/"
)

// door finds out who asks, and keeps out what other sites make a browser send.
// Who is nobody goes through as nobody: what is open to all is for the API to
// say.
type door struct {
	identity Identity
	proxies  proxies
	origin   *http.CrossOriginProtection
	metrics  *metrics
	log      *slog.Logger
}

func newDoor(o Options, m *metrics) *door {
	return &door{o.Identity, o.TrustedProxies, http.NewCrossOriginProtection(), m, o.Logger}
}

// refusal is why a request does not go on.
type refusal struct {
	status int
	code   refusedFor
	detail string
}

// guard lets requests to next that are what they seem, with the principal and
// what is known of the request in their context.
func (d *door) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		req := api.Request{
			TLS:       d.proxies.encrypted(r),
			Remote:    d.proxies.client(r),
			UserAgent: r.UserAgent()[:min(len(r.UserAgent()), maxUserAgent)],
		}
		p, no := d.principal(r, &req)
		if no == nil {
			no = d.forged(r, p, &req)
		}
		if no != nil {
			d.metrics.refuse(no.code)
			if no.status == http.StatusUnauthorized {
				w.Header().Set("WWW-Authenticate", `Bearer realm="steward"`)
			}
			if no.status == http.StatusServiceUnavailable {
				w.Header().Set("Retry-After", "5")
			}
			fail(w, no.status, string(no.code), no.detail)
			return
		}
		if req.Session.Secret != "" { // it was rotated
			http.SetCookie(w, req.Cookie(req.Session.Secret, req.Session.ExpiresAt))
		}
		if !p.Nobody() && strings.HasPrefix(r.URL.Path, pathImport) {
			d.allowTime(w, importWithin)
		}
		ctx := api.WithRequest(r.Context(), req)
		next.ServeHTTP(w, r.WithContext(authz.WithPrincipal(ctx, p)))
	})
}

// principal is who asks: a token before a cookie, since no other site can make a
// browser send one.
func (d *door) principal(r *http.Request, req *api.Request) (authz.Principal, *refusal) {
	p, no := d.byToken(r)
	if p.Nobody() && no == nil {
		p, no = d.bySession(r, req)
	}
	if !p.Nobody() {
		p.Remote = req.Remote
	}
	return p, no
}

func (d *door) byToken(r *http.Request) (authz.Principal, *refusal) {
	given := r.Header.Values("Authorization")
	if len(given) == 0 {
		return authz.Principal{}, nil
	}
	bad := &refusal{http.StatusUnauthorized, refusedToken,
		"the Authorization header is not that of a valid token: send it as Bearer stw_…, and see that it has neither expired nor been revoked"}
	scheme, secret, _ := strings.Cut(given[0], " ")
	secret = strings.TrimSpace(secret)
	if len(given) > 1 || !strings.EqualFold(scheme, "Bearer") || secret == "" || len(secret) > maxSecret {
		return authz.Principal{}, bad
	}
	p, err := d.identity.Bearer(r.Context(), secret)
	switch {
	case errors.Is(err, identity.ErrNoToken):
		return authz.Principal{}, bad
	case err != nil:
		return authz.Principal{}, d.unavailable(err)
	}
	return p, nil
}

func (d *door) bySession(r *http.Request, req *api.Request) (authz.Principal, *refusal) {
	cookies := r.CookiesNamed(req.CookieName())
	for _, c := range cookies[:min(len(cookies), maxCookies)] {
		if c.Value == "" || len(c.Value) > maxSecret {
			continue
		}
		session, err := d.identity.Resume(r.Context(), c.Value, req.Remote)
		switch {
		case errors.Is(err, identity.ErrNoSession):
			continue
		case err != nil:
			return authz.Principal{}, d.unavailable(err)
		}
		req.Session, req.Secret = session, c.Value
		if session.Secret != "" {
			req.Secret = session.Secret
		}
		return session.Principal, nil
	}
	return authz.Principal{}, nil
}

func (d *door) unavailable(err error) *refusal {
	if !errors.Is(err, context.Canceled) {
		d.log.Error("cannot find out who asks", "error", err)
	}
	return &refusal{http.StatusServiceUnavailable, refusedUnavailable, "who you are cannot be checked at the moment; try again"}
}

// forged refuses what a person's browser was made to send by somebody else's
// page, and what a person may not do before choosing a password.
func (d *door) forged(r *http.Request, p authz.Principal, req *api.Request) *refusal {
	byCookie := req.Secret != ""
	if changes(r.Method) && (byCookie || p.Nobody()) {
		if err := d.origin.Check(r); err != nil {
			return &refusal{http.StatusForbidden, refusedOrigin, "pages of another origin may not do this"}
		}
	}
	// Signing in gives a new session, whatever the old one was.
	signsIn := r.Method == http.MethodPost && r.URL.Path == pathSession
	if byCookie && changes(r.Method) && !signsIn && !sameSecret(r.Header.Get(api.CSRFHeader), req.Session.CSRF) {
		return &refusal{http.StatusForbidden, refusedCSRF,
			"the header " + api.CSRFHeader + " is not the token that GET " + pathSession + " gives"}
	}
	if byCookie && req.Session.MustChangePassword && r.URL.Path != pathSession && r.URL.Path != pathPassword {
		return &refusal{http.StatusForbidden, refusedPassword, "choose a password of your own first: POST " + pathPassword}
	}
	return nil
}

func changes(method string) bool {
	return method != http.MethodGet && method != http.MethodHead && method != http.MethodOptions
}

// sameSecret takes the same time wherever two secrets differ. Nothing is never
// the right secret.
func sameSecret(given, want string) bool {
	return want != "" && subtle.ConstantTimeCompare([]byte(given), []byte(want)) == 1
}

// allowTime replaces the server's deadlines for one request.
func (d *door) allowTime(w http.ResponseWriter, within time.Duration) {
	control, until := http.NewResponseController(w), time.Now().Add(within)
	if err := errors.Join(control.SetReadDeadline(until), control.SetWriteDeadline(until)); err != nil {
		d.log.Debug("request keeps the server's deadlines", "error", err)
	}
}

// needsHQ lets those to next who may read everything: what it shows is of no
// place.
func (d *door) needsHQ(next http.Handler) http.Handler {
	return d.guard(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch p := authz.From(r.Context()); {
		case p.Nobody():
			w.Header().Set("WWW-Authenticate", `Bearer realm="steward"`)
			failNobody(w)
		case !p.May(authz.Read, authz.HQ):
			fail(w, http.StatusForbidden, "not_allowed", "this is for those who may read everything: a viewer at headquarters")
		default:
			next.ServeHTTP(w, r)
		}
	}))
}

func failNobody(w http.ResponseWriter) {
	fail(w, http.StatusUnauthorized, "not_signed_in", "sign in, or send a token as Authorization: Bearer stw_…")
}
