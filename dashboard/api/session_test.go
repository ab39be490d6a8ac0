package api

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"steward/internal/authz"
	"steward/internal/controldb/controldbtest"
	"steward/internal/identity"
	"steward/internal/registry"
)

// porch is the API with the door's part of sign-in played by the test: the
// cookie becomes the request's session.
type porch struct {
	*testing.T
	api      *API
	identity *identity.Service
	tls      bool
}

func newPorch(t *testing.T) *porch {
	t.Helper()
	db := controldbtest.SQLite(t)
	service, err := identity.New(t.Context(), identity.Options{DB: db, Policy: identity.Policy{Hashing: identity.Hashing{MemoryKiB: 64, Passes: 1}}})
	if err != nil {
		t.Fatal(err)
	}
	a, err := build(Options{Registry: registry.New(db, registry.Options{}), Identity: service, Answers: registry.NewAnswers(db, nil), Zone: time.FixedZone("Europe/Berlin", 3600)})
	if err != nil {
		t.Fatal(err)
	}
	return &porch{T: t, api: a, identity: service}
}

const porchPassword = "umbrella seven orbit"

func (p *porch) person(login, password string, grants ...authz.Grant) (identity.Person, string) {
	p.Helper()
	made, oneTime, err := p.identity.As(authz.SystemPrincipal("test")).CreatePerson(p.Context(), identity.Person{Login: login, Grants: grants}, password)
	if err != nil {
		p.Fatal(err)
	}
	return made, oneTime
}

// ask sends a request with the cookie of a browser, and returns the answer and
// the secret that it sets ("" for none, "-" for one taken away).
func (p *porch) ask(secret, method, path, body string) (answer *httptest.ResponseRecorder, set string) {
	p.Helper()
	r := httptest.NewRequest(method, Prefix+path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	req := Request{TLS: p.tls, Remote: "192.0.2.7", UserAgent: "test"}
	ctx := r.Context()
	if secret != "" {
		if s, err := p.identity.Resume(p.Context(), secret, req.Remote); err == nil {
			req.Session, req.Secret = s, secret
			ctx = authz.WithPrincipal(ctx, s.Principal)
		}
	}
	answer = httptest.NewRecorder()
	p.api.ServeHTTP(answer, r.WithContext(WithRequest(ctx, req)))
	for _, c := range answer.Result().Cookies() {
		if c.Name != req.CookieName() {
			continue
		}
		if !c.HttpOnly || c.Secure != p.tls || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
			p.Errorf("cookie %+v", c)
		}
		if set = c.Value; c.MaxAge < 0 {
			set = "-"
		}
	}
	return answer, set
}

func (p *porch) want(answer *httptest.ResponseRecorder, status int, code string) {
	p.Helper()
	var got Problem
	_ = json.Unmarshal(answer.Body.Bytes(), &got) // a success is another object
	if answer.Code != status || got.Code != code {
		p.Errorf("%d %s, want %d %s: %s", answer.Code, got.Code, status, code, answer.Body)
	}
}

func (p *porch) presence(answer *httptest.ResponseRecorder) presence {
	p.Helper()
	var got presence
	if err := json.Unmarshal(answer.Body.Bytes(), &got); err != nil {
		p.Fatalf("%v: %s", err, answer.Body)
	}
	return got
}

func TestSessionOverHTTP(t *testing.T) {
	for _, tls := range []bool{false, true} {
		p := newPorch(t)
		p.tls = tls
		p.person("li", porchPassword, authz.Grant{Role: authz.Engineer, Place: harbour})

		answer, _ := p.ask("", "GET", "/session", "")
		if got := p.presence(answer); answer.Code != 200 || got.Person != nil || got.CSRF != "" || len(got.Permissions) != 0 || got.TimeZone != "Europe/Berlin" {
			t.Errorf("nobody is %+v", got)
		}
		answer, set := p.ask("", "POST", "/session", `{"login":"li","password":"wrong wrong wrong"}`)
		p.want(answer, 401, codeBadCredentials)
		if set != "" || strings.Contains(answer.Body.String(), "wrong wrong") {
			t.Errorf("refused with a cookie %q: %s", set, answer.Body)
		}
		answer, first := p.ask("", "POST", "/session", `{"login":"LI","password":"`+porchPassword+`"}`)
		got := p.presence(answer)
		if answer.Code != 200 || first == "" || got.Person == nil || got.Person.Login != "li" || got.CSRF == "" || strings.Contains(answer.Body.String(), first) {
			t.Fatalf("%d %s, cookie %q", answer.Code, answer.Body, first)
		}
		if at := got.Permissions[authz.Configure]; len(at) != 1 || at[0] != harbour.String() || got.Permissions[authz.Manage] != nil {
			t.Errorf("permissions %v", got.Permissions)
		}
		// Signing in again gives another secret, and ends the session before.
		_, second := p.ask(first, "POST", "/session", `{"login":"li","password":"`+porchPassword+`"}`)
		if second == first || second == "" {
			t.Fatal("the secret was kept")
		}
		answer, _ = p.ask(first, "GET", "/sessions", "")
		p.want(answer, 401, CodeNotSignedIn)
		answer, _ = p.ask(second, "GET", "/sessions", "")
		if n := strings.Count(answer.Body.String(), `"user_agent":"test"`); answer.Code != 200 || n != 1 {
			t.Errorf("%d sessions: %s", n, answer.Body)
		}
		answer, third := p.ask(second, "POST", "/password", `{"old":"`+porchPassword+`","new":"four more words today"}`)
		if answer.Code != 200 || third == "" || third == second || p.presence(answer).CSRF == got.CSRF {
			t.Fatalf("%d %s", answer.Code, answer.Body)
		}
		answer, _ = p.ask(third, "POST", "/password", `{"old":"nothing like it","new":"four more words today"}`)
		p.want(answer, 401, codeBadCredentials)
		answer, _ = p.ask(third, "POST", "/password", `{"old":"four more words today","new":"password12"}`)
		p.want(answer, 422, CodeInvalid)
		if answer, set := p.ask(third, "DELETE", "/session", ""); answer.Code != 204 || set != "-" {
			t.Errorf("sign out: %d, cookie %q", answer.Code, set)
		}
		answer, _ = p.ask(third, "GET", "/sessions", "")
		p.want(answer, 401, CodeNotSignedIn)
		if answer, set := p.ask("", "DELETE", "/session", ""); answer.Code != 204 || set != "-" {
			t.Errorf("sign out of nothing: %d, cookie %q", answer.Code, set)
		}
	}
}

func TestSignOutEverywhereOverHTTP(t *testing.T) {
	p := newPorch(t)
	p.person("li", porchPassword)
	body := `{"login":"li","password":"` + porchPassword + `"}`
	_, a := p.ask("", "POST", "/session", body)
	_, b := p.ask("", "POST", "/session", body)
	if answer, set := p.ask(a, "DELETE", "/sessions", ""); answer.Code != 204 || set != "-" {
		t.Errorf("%d, cookie %q", answer.Code, set)
	}
	for _, secret := range []string{a, b} {
		answer, _ := p.ask(secret, "GET", "/sessions", "")
		p.want(answer, 401, CodeNotSignedIn)
	}
}

func TestLockOutOverHTTP(t *testing.T) {
	p := newPorch(t)
	p.person("li", porchPassword)
	for range 5 {
		answer, _ := p.ask("", "POST", "/session", `{"login":"li","password":"wrong wrong wrong"}`)
		p.want(answer, 401, codeBadCredentials)
	}
	answer, _ := p.ask("", "POST", "/session", `{"login":"li","password":"`+porchPassword+`"}`)
	p.want(answer, 429, codeAccountLocked)
	if wait := answer.Header().Get("Retry-After"); wait != "30" && wait != "31" {
		t.Errorf("Retry-After %q", wait)
	}
	for range 20 {
		answer, _ = p.ask("", "POST", "/session", `{"login":"nobody","password":"wrong wrong wrong"}`)
	}
	p.want(answer, 429, codeTooManyAttempts)
}

func TestAPasswordOfOnesOwnComesFirst(t *testing.T) {
	p := newPorch(t)
	_, oneTime := p.person("li", "", authz.Grant{Role: authz.Administrator})
	answer, secret := p.ask("", "POST", "/session", `{"login":"li","password":"`+oneTime+`"}`)
	if got := p.presence(answer); !got.MustChangePassword || len(got.Permissions) != 0 {
		t.Fatalf("%s", answer.Body)
	}
	answer, _ = p.ask(secret, "GET", "/people", "")
	p.want(answer, 403, CodeChangePassword)
	_, secret = p.ask(secret, "POST", "/password", `{"old":"`+oneTime+`","new":"`+porchPassword+`"}`)
	if answer, _ = p.ask(secret, "GET", "/people", ""); answer.Code != 200 {
		t.Errorf("%d %s", answer.Code, answer.Body)
	}
}

// Everybody may see and name himself; his rights are for others to change.
func TestOneself(t *testing.T) {
	p := newPorch(t)
	me, _ := p.person("li", porchPassword, authz.Grant{Role: authz.Viewer, Place: harbour})
	_, secret := p.ask("", "POST", "/session", `{"login":"li","password":"`+porchPassword+`"}`)
	change := func(body string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodPatch, Prefix+"/people/"+me.ID, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/merge-patch+json")
		r.Header.Set("If-Match", `"1"`)
		s, err := p.identity.Resume(t.Context(), secret, "")
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		p.api.ServeHTTP(w, r.WithContext(authz.WithPrincipal(r.Context(), s.Principal)))
		return w
	}
	p.want(change(`{"grants":[{"role":"administrator","place":{}}]}`), 403, CodeNotAllowed)
	if w := change(`{"name":"李"}`); w.Code != 200 || !strings.Contains(w.Body.String(), "李") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	p.want(change(`{"name":"王"}`), 412, CodeChanged)
}

func TestOIDCWithoutAProvider(t *testing.T) {
	p := newPorch(t)
	answer, _ := p.ask("", "GET", "/oidc/start", "")
	p.want(answer, 404, CodeNotFound)
	answer, _ = p.ask("", "GET", "/oidc/callback?code=x&state=y", "")
	if answer.Code != 302 || answer.Header().Get("Location") != "/?sign_in=stale" {
		t.Errorf("%d %v", answer.Code, answer.Header())
	}
}
