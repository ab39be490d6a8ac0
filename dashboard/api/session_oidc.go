package api

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"steward/internal/identity"
)

// stateCookie is the session cookie's neighbour while somebody is at the OpenID
// provider.
const stateSuffix = "-oidc"

// stateSeconds is as long as identity takes what it sealed.
const stateSeconds = 600

type oidcStart struct {
	ReturnTo string `query:"return_to" maxLength:"1024" example:"/#north/harbour" doc:"The page to come back to, a path of this installation."`
}

// oidcCallback is what providers send browsers back with. Which of these they
// send differs.
type oidcCallback struct {
	Code             string `query:"code" maxLength:"4096"`
	State            string `query:"state" maxLength:"512"`
	Issuer           string `query:"iss" maxLength:"512"`
	Error            string `query:"error" maxLength:"256"`
	ErrorDescription string `query:"error_description" maxLength:"4096"`
	ErrorURI         string `query:"error_uri" maxLength:"1024"`
	SessionState     string `query:"session_state" maxLength:"1024"`
	Scope            string `query:"scope" maxLength:"1024"`
	AuthUser         string `query:"authuser" maxLength:"64"`
	HostedDomain     string `query:"hd" maxLength:"256"`
	Prompt           string `query:"prompt" maxLength:"64"`

	StateTLS   string `cookie:"__Host-steward-oidc"`
	StatePlain string `cookie:"steward-oidc"`
}

type redirectOut struct {
	Status    int
	Location  string   `header:"Location" doc:"Where the browser goes on."`
	SetCookie []string `header:"Set-Cookie"`
}

func (a *API) registerOIDC() {
	register(a, Public, operation{
		ID: "start-oidc", Method: http.MethodGet, Path: "/oidc/start", Tag: "Session", Summary: "Sign in with the OpenID provider",
		Description: "Sends the browser there.", Status: http.StatusFound,
	}, func(ctx context.Context, _ caller, in *oidcStart) (*redirectOut, error) {
		to, state, err := a.Identity.StartOIDC(ctx, in.ReturnTo)
		switch {
		case errors.Is(err, identity.ErrNoOIDC):
			return nil, problem(http.StatusNotFound, CodeNotFound, "no OpenID provider is configured")
		case err != nil:
			return a.oidcFailed(ctx, err), nil
		}
		return &redirectOut{Status: http.StatusFound, Location: to, SetCookie: []string{stateCookie(ctx, state, stateSeconds)}}, nil
	})
	register(a, Public, operation{
		ID: "finish-oidc", Method: http.MethodGet, Path: "/oidc/callback", Tag: "Session", Summary: "Come back from the OpenID provider",
		Description: "Sends the browser to the page it began at, with a session, or to /?sign_in= and what went wrong: refused, stale, locked or unavailable.",
		Secret:      true, Status: http.StatusFound,
	}, func(ctx context.Context, _ caller, in *oidcCallback) (*redirectOut, error) {
		req := RequestFrom(ctx)
		state := in.StatePlain
		if req.TLS {
			state = in.StateTLS
		}
		query := url.Values{"code": {in.Code}, "state": {in.State}, "iss": {in.Issuer}, "error": {in.Error}}
		s, returnTo, err := a.Identity.FinishOIDC(ctx, state, query, req.Remote, req.UserAgent)
		if err != nil {
			return a.oidcFailed(ctx, err), nil
		}
		return &redirectOut{Status: http.StatusFound, Location: returnTo, SetCookie: []string{
			stateCookie(ctx, "", -1), req.Cookie(s.Secret, s.ExpiresAt).String(),
		}}, nil
	})
}

func stateCookie(ctx context.Context, value string, seconds int) string {
	req := RequestFrom(ctx)
	c := http.Cookie{
		Name: req.CookieName() + stateSuffix, Value: value, Path: "/", MaxAge: seconds,
		HttpOnly: true, Secure: req.TLS, SameSite: http.SameSiteLaxMode, // comes back from another site, by a link
	}
	return c.String()
}

// oidcFailed brings the browser back to the page, which knows how to say it: a
// person is waiting, not a program.
func (a *API) oidcFailed(ctx context.Context, err error) *redirectOut {
	var locked *identity.LockedError
	why := "unavailable"
	switch {
	case errors.As(err, &locked):
		why = "locked"
	case errors.Is(err, identity.ErrRefused):
		why = "refused"
	case errors.Is(err, identity.ErrStale), errors.Is(err, identity.ErrNoOIDC):
		why = "stale"
	}
	a.Logger.Warn("sign-in with the OpenID provider failed", "reason", why, "request_id", requestID(ctx), "error", err)
	return &redirectOut{Status: http.StatusFound, Location: "/?sign_in=" + why, SetCookie: []string{stateCookie(ctx, "", -1)}}
}
