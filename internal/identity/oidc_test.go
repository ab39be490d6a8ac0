package identity

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"steward/internal/authz"
	"steward/internal/controldb/controldbtest"
)

// provider is an OpenID provider: discovery, keys, authorization and the
// exchange of codes with PKCE. What it says of people, a test sets.
type provider struct {
	*httptest.Server
	t   *testing.T
	key *rsa.PrivateKey
	now func() time.Time

	mu     sync.Mutex // guards all below
	down   bool
	claims map[string]any
	codes  map[string]url.Values // to the request that asked for each
	alter  func(token map[string]any)
	signer *rsa.PrivateKey // another than its own, to forge
}

const clientSecret = "the client's secret"

var providerKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

func startProvider(t *testing.T, now func() time.Time) *provider {
	t.Helper()
	p := &provider{t: t, key: providerKey(), now: now, codes: map[string]url.Values{}, claims: map[string]any{
		"sub": "248289761001", "email": "Li.Wei@example.com", "email_verified": true, "preferred_username": "li.wei", "name": "李伟", "groups": []string{"estates"},
	}}
	mux := http.NewServeMux()
	answer := func(w http.ResponseWriter, v any) {
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(v); err != nil {
			t.Error(err)
		}
	}
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.down {
			http.Error(w, "down", http.StatusBadGateway)
			return
		}
		answer(w, map[string]any{
			"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys",
			"id_token_signing_alg_values_supported": []string{"RS256"}, "response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"},
		})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: p.key.Public(), KeyID: "1", Algorithm: "RS256", Use: "sig"}}})
	})
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) {
		token, ok := p.token(r)
		if !ok {
			w.WriteHeader(http.StatusBadRequest)
			answer(w, map[string]string{"error": "invalid_grant"})
			return
		}
		answer(w, map[string]any{"access_token": "x", "token_type": "Bearer", "expires_in": 60, "id_token": token})
	})
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

// authorize is what a person does at the provider: it gives the address to which
// the browser is sent back.
func (p *provider) authorize(address string) url.Values {
	p.t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		p.t.Fatal(err)
	}
	q := u.Query()
	if !strings.HasPrefix(address, p.URL+"/authorize?") || q.Get("response_type") != "code" || q.Get("client_id") != "steward" ||
		q.Get("code_challenge_method") != "S256" || q.Get("nonce") == "" || q.Get("state") == "" || !strings.Contains(q.Get("scope"), "openid") {
		p.t.Fatalf("asked for %s", address)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	code := rand.Text()
	p.codes[code] = q
	return url.Values{"code": {code}, "state": {q.Get("state")}, "iss": {p.URL}}
}

// token exchanges a code, once, for whoever has the verifier and the secret.
func (p *provider) token(r *http.Request) (string, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	asked, ok := p.codes[r.FormValue("code")]
	delete(p.codes, r.FormValue("code"))
	challenge := sha256.Sum256([]byte(r.FormValue("code_verifier")))
	id, secret, _ := r.BasicAuth()
	if id == "" {
		id, secret = r.FormValue("client_id"), r.FormValue("client_secret")
	}
	if secret, err := url.QueryUnescape(secret); !ok || err != nil || id != "steward" || secret != clientSecret || r.FormValue("redirect_uri") != asked.Get("redirect_uri") ||
		base64.RawURLEncoding.EncodeToString(challenge[:]) != asked.Get("code_challenge") {
		return "", false
	}
	claims := maps.Clone(p.claims)
	claims["iss"], claims["aud"], claims["nonce"] = p.URL, "steward", asked.Get("nonce")
	claims["iat"], claims["exp"] = p.now().Unix(), p.now().Add(time.Minute).Unix()
	if p.alter != nil {
		p.alter(claims)
	}
	key := p.key
	if p.signer != nil {
		key = p.signer
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: key}, (&jose.SignerOptions{}).WithHeader("kid", "1"))
	if err != nil {
		p.t.Error(err)
		return "", false
	}
	token, err := jwt.Signed(signer).Claims(claims).Serialize()
	if err != nil {
		p.t.Error(err)
	}
	return token, err == nil
}

func (p *provider) says(claim string, value any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.claims[claim] = value
}

func withOIDC(t *testing.T, change ...func(*OIDCOptions)) (*provider, func(*Options)) {
	t.Helper()
	p := startProvider(t, newClock().Now)
	return p, func(o *Options) {
		p.now = o.Now
		o.OIDC = &OIDCOptions{Issuer: p.URL, ClientID: "steward", ClientSecret: clientSecret, RedirectURL: "https://steward.example/api/v1/oidc/callback"}
		for _, c := range change {
			c(o.OIDC)
		}
	}
}

// oidc signs in with the provider.
func (h *house) oidcSignIn(p *provider) (Session, string, error) {
	h.t.Helper()
	address, cookie, err := h.StartOIDC(h.t.Context(), "/#north/harbour")
	if err != nil {
		h.t.Fatal(err)
	}
	return h.FinishOIDC(h.t.Context(), cookie, p.authorize(address), "192.0.2.5", "test")
}

func TestOIDC(t *testing.T) {
	controldbtestEach(t, func(t *testing.T, h *house, p *provider) {
		_, _, err := h.oidcSignIn(p)
		want(t, err, ErrRefused) // nobody is known

		li, _, err := h.As(system).CreatePerson(t.Context(), Person{Login: "li", Email: "li.wei@example.com", Grants: []authz.Grant{grant(authz.Viewer, "north")}}, "")
		if err != nil {
			t.Fatal(err)
		}
		s, returnTo, err := h.oidcSignIn(p)
		if err != nil || returnTo != "/#north/harbour" || s.Secret == "" || s.Principal.ID != li.ID {
			t.Fatalf("%+v, %q, %v", s, returnTo, err)
		}
		if s.MustChangePassword || !s.Principal.May(authz.Read, at("north")) {
			t.Errorf("the one-time password matters: %+v", s)
		}
		if got := h.resume(s.Secret); got.ID != s.ID || got.MustChangePassword {
			t.Errorf("resumed %+v", got)
		}

		// From now on the provider's identifier counts, not the address.
		p.says("email", "other@example.com")
		if s, _, err := h.oidcSignIn(p); err != nil || s.Principal.ID != li.ID {
			t.Errorf("after a change of the address: %+v, %v", s, err)
		}
		p.says("sub", "another")
		p.says("email", "li.wei@example.com")
		_, _, err = h.oidcSignIn(p)
		want(t, err, ErrRefused)
		p.says("sub", "248289761001")
		if _, err := h.As(system).DisablePerson(t.Context(), li.ID); err != nil {
			t.Fatal(err)
		}
		_, _, err = h.oidcSignIn(p)
		want(t, err, ErrRefused)
	})
}

func controldbtestEach(t *testing.T, test func(t *testing.T, h *house, p *provider), change ...func(*OIDCOptions)) {
	t.Helper()
	eachHouse(t, func(t *testing.T, h *house) {
		p, with := withOIDC(t, change...)
		test(t, newHouse(t, h.db, with), p)
	})
}

func TestAnAddressThatNobodyVerifiedIsNobodys(t *testing.T) {
	p, with := withOIDC(t)
	h := newHouse(t, controldbtest.SQLite(t), with)
	if _, _, err := h.As(system).CreatePerson(t.Context(), Person{Login: "li.wei", Email: "li.wei@example.com"}, ""); err != nil {
		t.Fatal(err)
	}
	for _, verified := range []any{false, "false", nil, "yes", 1} {
		p.says("email_verified", verified)
		_, _, err := h.oidcSignIn(p)
		want(t, err, ErrRefused)
	}
	p.says("email_verified", "true")
	if _, _, err := h.oidcSignIn(p); err != nil {
		t.Error(err)
	}
}

func TestFoundByUserName(t *testing.T) {
	p, with := withOIDC(t, func(o *OIDCOptions) { o.Claim = ClaimUsername })
	h := newHouse(t, controldbtest.SQLite(t), with)
	li := h.person("li.wei")
	if s, _, err := h.oidcSignIn(p); err != nil || s.Principal.ID != li.ID {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestGroups(t *testing.T) {
	groups := func(o *OIDCOptions) {
		o.CreatePeople = true
		o.Groups = map[string][]authz.Grant{"estates": {grant(authz.Engineer, "north/harbour")}, "managers": {grant(authz.Manager, "north")}, "admins": {administrator}}
	}
	controldbtestEach(t, func(t *testing.T, h *house, p *provider) {
		s, _, err := h.oidcSignIn(p)
		if err != nil || s.Principal.Name != "li.wei" || !s.Principal.May(authz.Configure, at("north/harbour")) || s.Principal.May(authz.Read, at("north")) {
			t.Fatalf("%+v, %v", s, err)
		}
		p.says("groups", []string{"managers", "others"})
		s, _, err = h.oidcSignIn(p)
		if err != nil || !s.Principal.May(authz.Manage, at("north")) || len(s.Principal.Grants) != 1 {
			t.Errorf("promoted: %+v, %v", s, err)
		}
		// Who is in no group any more has nothing any more, also in the sessions
		// that are open.
		p.says("groups", []string{"others"})
		_, _, err = h.oidcSignIn(p)
		want(t, err, ErrRefused)
		if s := h.resume(s.Secret); len(s.Principal.Grants) != 0 {
			t.Errorf("still %+v", s.Principal)
		}
		// The last administrator stays.
		p.says("groups", []string{"admins"})
		if _, _, err := h.oidcSignIn(p); err != nil {
			t.Fatal(err)
		}
		p.says("groups", []string{"estates"})
		if s, _, err := h.oidcSignIn(p); err != nil || !s.Principal.May(authz.Administer, authz.HQ) {
			t.Errorf("%+v, %v", s, err)
		}
		h.person("boss", administrator)
		if s, _, err := h.oidcSignIn(p); err != nil || s.Principal.May(authz.Read, authz.HQ) {
			t.Errorf("%+v, %v", s, err)
		}
		// Somebody else's name is not taken over.
		h.person("wang")
		p.says("sub", "2")
		p.says("preferred_username", "wang")
		_, _, err = h.oidcSignIn(p)
		want(t, err, ErrRefused)
	}, groups)
}

// What is wrong with an answer, and where it is found out.
func TestForgedAnswers(t *testing.T) {
	p, with := withOIDC(t)
	h := newHouse(t, controldbtest.SQLite(t), with)
	h.limits = newLimiter(1000, time.Second, h.clock.Now)
	if _, _, err := h.As(system).CreatePerson(t.Context(), Person{Login: "li", Email: "li.wei@example.com"}, ""); err != nil {
		t.Fatal(err)
	}
	forger, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	type attempt struct {
		cookie string
		query  url.Values
	}
	for name, c := range map[string]struct {
		change func(a *attempt)
		token  func(claims map[string]any)
		signer *rsa.PrivateKey
		want   error
	}{
		"other state":        {change: func(a *attempt) { a.query.Set("state", "x") }, want: ErrStale},
		"no state":           {change: func(a *attempt) { a.query.Del("state") }, want: ErrStale},
		"no cookie":          {change: func(a *attempt) { a.cookie = "" }, want: ErrStale},
		"state without any":  {change: func(a *attempt) { a.cookie = ""; a.query.Del("state") }, want: ErrStale},
		"cookie cut":         {change: func(a *attempt) { a.cookie = a.cookie[:len(a.cookie)-2] }, want: ErrStale},
		"cookie of another":  {change: func(a *attempt) { _, a.cookie, _ = h.StartOIDC(t.Context(), "/") }, want: ErrStale},
		"cookie too long":    {change: func(a *attempt) { a.cookie = strings.Repeat("A", 100_000) }, want: ErrStale},
		"other issuer":       {change: func(a *attempt) { a.query.Set("iss", "https://evil.example") }, want: ErrStale},
		"refused there":      {change: func(a *attempt) { a.query.Set("error", "access_denied\n") }, want: ErrRefused},
		"unknown code":       {change: func(a *attempt) { a.query.Set("code", "x") }, want: ErrRefused},
		"no code":            {change: func(a *attempt) { a.query.Del("code") }, want: ErrRefused},
		"too old":            {change: func(*attempt) { h.clock.Pass(oidcStateLife) }, want: ErrStale},
		"forged signature":   {signer: forger, want: ErrRefused},
		"for another client": {token: func(c map[string]any) { c["aud"] = "other" }, want: ErrRefused},
		"of another issuer":  {token: func(c map[string]any) { c["iss"] = "https://evil.example" }, want: ErrRefused},
		"expired":            {token: func(c map[string]any) { c["exp"] = h.clock.Now().Add(-time.Hour).Unix() }, want: ErrRefused},
		"other nonce":        {token: func(c map[string]any) { c["nonce"] = "x" }, want: ErrStale},
		"no nonce":           {token: func(c map[string]any) { delete(c, "nonce") }, want: ErrStale},
		"no subject":         {token: func(c map[string]any) { delete(c, "sub") }, want: ErrRefused},
	} {
		address, cookie, err := h.StartOIDC(t.Context(), "/")
		if err != nil {
			t.Fatal(err)
		}
		a := attempt{cookie, p.authorize(address)}
		if c.change != nil {
			c.change(&a)
		}
		p.mu.Lock()
		p.alter, p.signer = c.token, c.signer
		p.mu.Unlock()
		s, _, err := h.FinishOIDC(t.Context(), a.cookie, a.query, "192.0.2.5", "")
		if !errors.Is(err, c.want) || s.Secret != "" || strings.Contains(err.Error(), clientSecret) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	p.mu.Lock()
	p.alter, p.signer = nil, nil
	p.mu.Unlock()
	address, cookie, err := h.StartOIDC(t.Context(), "/")
	if err != nil {
		t.Fatal(err)
	}
	back := p.authorize(address)
	if _, _, err := h.FinishOIDC(t.Context(), cookie, back, "192.0.2.5", ""); err != nil {
		t.Fatalf("and the right one: %v", err)
	}
	_, _, err = h.FinishOIDC(t.Context(), cookie, back, "192.0.2.5", "")
	want(t, err, ErrRefused) // the code was used
}

func TestTheProviderMayBeDown(t *testing.T) {
	p, with := withOIDC(t)
	p.down = true
	h := newHouse(t, controldbtest.SQLite(t), with)
	_, _, err := h.StartOIDC(t.Context(), "/")
	want(t, err, ErrUnreachable)
	p.mu.Lock()
	p.down = false
	p.mu.Unlock()
	_, _, err = h.StartOIDC(t.Context(), "/")
	want(t, err, ErrUnreachable) // not asked again at once
	h.clock.Pass(oidcRetry)
	if _, _, err := h.StartOIDC(t.Context(), "/"); err != nil {
		t.Error(err)
	}
}

func TestWithoutOIDC(t *testing.T) {
	h := newHouse(t, controldbtest.SQLite(t))
	_, _, err := h.StartOIDC(t.Context(), "/")
	want(t, err, ErrNoOIDC)
	_, _, err = h.FinishOIDC(t.Context(), "", nil, "", "")
	want(t, err, ErrNoOIDC)
	if _, enabled := h.OIDCName(); enabled {
		t.Error("enabled")
	}
	good := OIDCOptions{Issuer: "https://id.example", ClientID: "x", RedirectURL: "https://steward.example/cb"}
	if _, err := newOIDCClient(good); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*OIDCOptions){
		"issuer": func(o *OIDCOptions) { o.Issuer = "id.example" }, "redirect": func(o *OIDCOptions) { o.RedirectURL = "/cb" },
		"client": func(o *OIDCOptions) { o.ClientID = "" }, "claim": func(o *OIDCOptions) { o.Claim = "sub" },
		"groups": func(o *OIDCOptions) { o.Groups = map[string][]authz.Grant{"x": {{Role: "boss"}}} },
	} {
		o := good
		change(&o)
		if _, err := newOIDCClient(o); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func TestReturnTo(t *testing.T) {
	for to, want := range map[string]string{
		"/": "/", "/#north/harbour": "/#north/harbour", "/a?b=c": "/a?b=c", "": "/", "//evil.example": "/", "/\\evil.example": "/", "https://evil.example": "/",
		"evil.example": "/", "/\t/evil.example": "/", "/a\\b": "/", "/a\nb": "/", "/" + strings.Repeat("a", 2000): "/",
	} {
		if got := localPath(to); got != want {
			t.Errorf("%q: %q, want %q", to, got, want)
		}
	}
}
