package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"steward/internal/authz"
	"steward/internal/identity"
)

// presence is who asks, and what a page needs to go on.
type presence struct {
	Person *person        `json:"person,omitempty" doc:"Who is signed in; absent for nobody and for machines."`
	Token  *presenceToken `json:"token,omitempty" doc:"Which machine asks; absent for people."`
	// CSRF is of the session, and of nobody else.
	CSRF               string     `json:"csrf,omitempty" doc:"For the header X-Steward-CSRF of every request that is not GET. It stays the same for the whole session."`
	Session            string     `json:"session,omitempty" doc:"The ID of this session among those of GET /sessions."`
	MustChangePassword bool       `json:"must_change_password" doc:"Nothing else is allowed before POST /password."`
	ExpiresAt          *time.Time `json:"expires_at,omitempty" doc:"When the session ends at the latest."`
	Permissions        access     `json:"permissions" doc:"Each permission with the places where the caller has it, as hq, region, or region/project."`
	OIDC               bool       `json:"oidc" doc:"One can sign in with an OpenID provider: GET /oidc/start."`
	OIDCName           string     `json:"oidc_name,omitempty" doc:"What its button says."`
	TimeZone           string     `json:"time_zone" doc:"Whose months and days those of the company are: analyses and reports of a month are of this zone's. Projects have zones of their own."`
}

type presenceToken struct {
	ID     string        `json:"id"`
	Name   string        `json:"name"`
	Grants []authz.Grant `json:"grants" nullable:"false"`
}

type access map[authz.Permission][]string

func accessOf(p authz.Principal) access {
	all := access{}
	for _, perm := range authz.Permissions() {
		for _, place := range p.Scope(perm).Places() {
			all[perm] = append(all[perm], place.String())
		}
	}
	return all
}

type presenceOut struct {
	SetCookie []string `header:"Set-Cookie" doc:"The session's cookie."`
	Body      presence
}

type cookieOut struct {
	SetCookie []string `header:"Set-Cookie" doc:"Takes the session's cookie away."`
}

type signIn struct {
	Body struct {
		Login    string `json:"login" required:"true" minLength:"1" maxLength:"254" doc:"The login name, in any case."`
		Password string `json:"password" required:"true" minLength:"1" maxLength:"1024"`
	} `nameHint:"SignIn"`
}

type passwordChange struct {
	Body struct {
		Old string `json:"old" required:"true" minLength:"1" maxLength:"1024" doc:"The present password."`
		New string `json:"new" required:"true" minLength:"1" maxLength:"1024" doc:"At least 10 characters, not among those that are tried first, without the login name."`
	} `nameHint:"PasswordChange"`
}

type session struct {
	ID        string    `json:"id"`
	Via       string    `json:"via" doc:"password or oidc"`
	CreatedAt time.Time `json:"created_at" doc:"When the person signed in."`
	SeenAt    time.Time `json:"seen_at" doc:"When it was last used, to the minute."`
	ExpiresAt time.Time `json:"expires_at" doc:"When it ends at the latest."`
	Remote    string    `json:"remote" doc:"The address of the last request."`
	UserAgent string    `json:"user_agent" doc:"As the browser called itself."`
}

type sessionsOut struct{ Body listBody[session] }

type sessionPath struct {
	Session string `path:"session" maxLength:"64" example:"s_3kq5n7w2" doc:"The session's ID."`
}

var (
	exampleExpiry   = exampleTime.Add(7 * 24 * time.Hour)
	examplePresence = presence{
		Person: &examplePerson, CSRF: "q5F0c2l2Y2x0aGVyZWlzbm90aGluZ3RvYmVmb3VuZGg", Session: "s_3kq5n7w2", ExpiresAt: &exampleExpiry,
		Permissions: accessOf(authz.Principal{Grants: examplePerson.Grants}), TimeZone: "Asia/Shanghai",
	}
	exampleSession = session{
		ID: "s_3kq5n7w2", Via: "password", CreatedAt: exampleTime, SeenAt: exampleTime, ExpiresAt: exampleExpiry,
		Remote: "10.2.0.17", UserAgent: "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0",
	}
)

func (a *API) registerSession() {
	register(a, Public, operation{
		ID: "get-session", Method: http.MethodGet, Path: "/session", Tag: "Session", Summary: "Who am I?",
		Description: "Nobody gets an answer without person and token.", Secret: true, Answer: examplePresence,
	}, func(ctx context.Context, c caller, _ *struct{}) (*presenceOut, error) {
		body, err := a.presence(ctx, c.Principal, RequestFrom(ctx).Session)
		return &presenceOut{Body: body}, err
	})
	register(a, Public, operation{
		ID: "sign-in", Method: http.MethodPost, Path: "/session", Tag: "Session", Summary: "Sign in with a password",
		Description: "The answer sets the session's cookie. A wrong password and an unknown name are the same: 401 `bad_credentials`. After several failures the account, or the address, has to wait: 429 `account_locked` or `too_many_attempts`, with Retry-After.",
		Secret:      true, Request: map[string]string{"login": "li.wei", "password": "four words nobody expects"}, Answer: examplePresence,
	}, a.signIn)
	register(a, Public, operation{
		ID: "sign-out", Method: http.MethodDelete, Path: "/session", Tag: "Session", Summary: "Sign out",
		Description: "Ends this session. That there is none is no error.", Status: http.StatusNoContent,
	}, func(ctx context.Context, _ caller, _ *struct{}) (*cookieOut, error) {
		req := RequestFrom(ctx)
		return forget(req), a.Identity.SignOut(ctx, req.Secret)
	})
	register(a, SignedIn, operation{
		ID: "list-sessions", Method: http.MethodGet, Path: "/sessions", Tag: "Session", Summary: "List my sessions",
		Answer: listBody[session]{Items: []session{exampleSession}},
	}, func(ctx context.Context, c caller, _ *struct{}) (*sessionsOut, error) {
		infos, err := a.Identity.Sessions(ctx, c.Principal)
		out := &sessionsOut{Body: listBody[session]{Items: []session{}}}
		for _, info := range infos {
			out.Body.Items = append(out.Body.Items, session(info))
		}
		return out, err
	})
	register(a, SignedIn, operation{
		ID: "end-session", Method: http.MethodDelete, Path: "/sessions/{session}", Tag: "Session", Summary: "End one of my sessions",
		Status: http.StatusNoContent,
	}, func(ctx context.Context, c caller, in *sessionPath) (*struct{}, error) {
		return nil, a.Identity.EndSession(ctx, c.Principal, in.Session)
	})
	register(a, SignedIn, operation{
		ID: "sign-out-everywhere", Method: http.MethodDelete, Path: "/sessions", Tag: "Session", Summary: "End all of my sessions",
		Description: "This one too.", Status: http.StatusNoContent,
	}, func(ctx context.Context, c caller, _ *struct{}) (*cookieOut, error) {
		if c.Principal.Kind != authz.Person {
			return &cookieOut{}, nil // machines have none
		}
		return forget(RequestFrom(ctx)), a.Identity.SignOutEverywhere(ctx, c.Principal, c.Principal.ID)
	})
	register(a, SignedIn, operation{
		ID: "change-password", Method: http.MethodPost, Path: "/password", Tag: "Session", Summary: "Change my password",
		Description: "All of my sessions end; the answer sets the cookie of a new one in place of this.",
		Secret:      true, Request: map[string]string{"old": "four words nobody expects", "new": "and five words nobody expects"}, Answer: examplePresence,
	}, func(ctx context.Context, c caller, in *passwordChange) (*presenceOut, error) {
		req := RequestFrom(ctx)
		s, err := a.Identity.ChangePassword(ctx, c.Principal, identity.PasswordChange{Old: in.Body.Old, New: in.Body.New, UserAgent: req.UserAgent})
		if err != nil {
			return nil, signInProblem(err)
		}
		return a.signedIn(ctx, req, s)
	})
	a.registerOIDC()
}

func (a *API) signIn(ctx context.Context, _ caller, in *signIn) (*presenceOut, error) {
	req := RequestFrom(ctx)
	s, err := a.Identity.SignIn(ctx, identity.Attempt{Login: in.Body.Login, Password: in.Body.Password, Remote: req.Remote, UserAgent: req.UserAgent})
	if err != nil {
		return nil, signInProblem(err)
	}
	// Whoever used this browser before is not left signed in without a cookie.
	if err := a.Identity.SignOut(ctx, req.Secret); err != nil {
		a.Logger.Error("the session before a sign-in was not ended", "request_id", requestID(ctx), "error", err)
	}
	return a.signedIn(ctx, req, s)
}

// signedIn answers with a new session and its cookie.
func (a *API) signedIn(ctx context.Context, req Request, s identity.Session) (*presenceOut, error) {
	body, err := a.presence(ctx, s.Principal, s)
	return &presenceOut{SetCookie: []string{req.Cookie(s.Secret, s.ExpiresAt).String()}, Body: body}, err
}

func forget(req Request) *cookieOut { return &cookieOut{SetCookie: []string{req.NoCookie().String()}} }

func (a *API) presence(ctx context.Context, p authz.Principal, s identity.Session) (presence, error) {
	body := presence{Permissions: accessOf(p), TimeZone: a.Zone.String()}
	body.OIDCName, body.OIDC = a.Identity.OIDCName()
	switch p.Kind {
	case authz.Person:
		who, err := a.Identity.As(p).Person(ctx, p.ID)
		if err != nil {
			return presence{}, err
		}
		shown := person(who)
		body.Person = &shown
		body.CSRF, body.Session, body.MustChangePassword = s.CSRF, s.ID, s.MustChangePassword
		if !s.ExpiresAt.IsZero() {
			body.ExpiresAt = &s.ExpiresAt
		}
	case authz.Machine:
		body.Token = &presenceToken{ID: p.ID, Name: p.Name, Grants: p.Grants}
	}
	return body, nil
}

// The codes of sign-ins that fail. bad_credentials is a 401 like not_signed_in
// and another thing: the caller may be signed in while it changes its password.
const (
	codeBadCredentials  = "bad_credentials"
	codeAccountLocked   = "account_locked"
	codeTooManyAttempts = "too_many_attempts"
)

// signInProblem is what the caller is told of an error of identity's sign-in.
func signInProblem(err error) error {
	var locked *identity.LockedError
	switch {
	case errors.As(err, &locked) && locked.Address:
		return problem(http.StatusTooManyRequests, codeTooManyAttempts, "too many failed attempts from your address; wait").later(locked.RetryAfter + time.Second)
	case errors.As(err, &locked):
		return problem(http.StatusTooManyRequests, codeAccountLocked, "too many failed attempts; wait, or ask a manager to unlock the account").later(locked.RetryAfter + time.Second)
	case errors.Is(err, identity.ErrBadCredentials):
		return problem(http.StatusUnauthorized, codeBadCredentials, "the name or the password is wrong")
	case errors.Is(err, identity.ErrBusy):
		return problem(http.StatusServiceUnavailable, CodeUnavailable, "too many people sign in at this moment; try again").later(2 * time.Second).because(err)
	}
	return err
}
