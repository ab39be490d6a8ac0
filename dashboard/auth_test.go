package dashboard

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"steward/dashboard/api"
	"steward/internal/authz"
	"steward/internal/identity"
	"steward/internal/live"
)

// caller is what an operation of the API is told about who asks.
type caller struct {
	Name, Remote, Session, Secret, UserAgent string
	Nobody, TLS                              bool
}

// echo is an API that answers with the caller.
var echo = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	p, req := authz.From(r.Context()), api.RequestFrom(r.Context())
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		fail(w, http.StatusRequestEntityTooLarge, "too_large", err.Error())
		return
	}
	answer(w, http.StatusOK, "application/json", caller{
		p.Name, p.Remote, req.Session.ID, req.Secret, req.UserAgent, p.Nobody(), req.TLS,
	})
})

func callerOf(t *testing.T, answer *http.Response, body []byte) caller {
	t.Helper()
	var c caller
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s", answer.Status, body)
	}
	if err := json.Unmarshal(body, &c); err != nil {
		t.Fatal(err)
	}
	return c
}

var viewerOfHarbour = authz.Grant{Role: authz.Viewer, Place: authz.Place{Region: "north", Project: "harbour"}}

func TestWhoAsks(t *testing.T) {
	s := serve(t, live.Options{}, Options{API: echo}, nil)
	s.roll.signIn("ann", viewerOfHarbour)
	ask := func(header ...string) caller {
		t.Helper()
		answer, body := s.get("/api/v1/who", header...)
		return callerOf(t, answer, body)
	}
	if c := ask(); !c.Nobody || c.Remote != "" {
		t.Errorf("without anything: %+v", c)
	}
	if c := ask("Cookie", "steward=ann", "User-Agent", strings.Repeat("x", 1000)); c.Name != "ann" || c.Session != "session-ann" || c.Secret != "ann" ||
		c.Remote != "127.0.0.1" || len(c.UserAgent) != maxUserAgent {
		t.Errorf("with a cookie: %+v", c)
	}
	if c := ask("Cookie", "steward=planted; other=1; steward=ann"); c.Name != "ann" {
		t.Errorf("beside a planted cookie: %+v", c)
	}
	for _, cookie := range []string{"steward=", "steward=nobody", "steward=" + strings.Repeat("a", 4000), "__Host-steward=ann", "Steward=ann"} {
		if c := ask("Cookie", cookie); !c.Nobody || c.Session != "" {
			t.Errorf("cookie %.40q is %+v", cookie, c)
		}
	}
	if c := ask("Authorization", "bearer  "+hqToken, "Cookie", "steward=ann"); c.Name != "hq" || c.Session != "" {
		t.Errorf("a token beside a cookie: %+v", c)
	}
	for _, header := range []string{"Bearer wrong", "Bearer", "Basic YTpi", "Bearer " + strings.Repeat("a", 4000), hqToken} {
		answer, body := s.get("/api/v1/who", "Authorization", header, "Cookie", "steward=ann")
		if p := problemOf(t, answer, body, http.StatusUnauthorized); p.Code != "bad_token" || answer.Header.Get("WWW-Authenticate") == "" {
			t.Errorf("authorization %.40q: %+v", header, p)
		}
	}
	s.roll.mu.Lock()
	s.roll.broken = errors.New("the database is away")
	s.roll.mu.Unlock()
	for _, header := range []string{"Authorization", "Cookie"} {
		answer, body := s.get("/api/v1/who", header, map[string]string{"Authorization": "Bearer x", "Cookie": "steward=ann"}[header])
		p := problemOf(t, answer, body, http.StatusServiceUnavailable)
		if p.Code != "unavailable" || strings.Contains(string(body), "database") || answer.Header.Get("Retry-After") == "" {
			t.Errorf("when nobody can be looked up: %s", body)
		}
	}
}

func TestRotatedSessionSetsItsCookie(t *testing.T) {
	s := serve(t, live.Options{}, Options{API: echo, TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}, nil)
	s.roll.signIn("old")
	session := s.roll.sessions["old"]
	session.Secret, session.ExpiresAt = "new", time.Now().Add(time.Hour)
	s.roll.mu.Lock()
	s.roll.sessions["old"] = session
	s.roll.mu.Unlock()

	answer, body := s.get("/api/v1/who", "Cookie", "steward=old")
	if c := callerOf(t, answer, body); c.Secret != "new" {
		t.Errorf("the operation is told the secret %q", c.Secret)
	}
	f := func(header string, want ...string) {
		t.Helper()
		for _, part := range want {
			if !strings.Contains(header, part) {
				t.Errorf("cookie %q has no %q", header, part)
			}
		}
	}
	f(answer.Header.Get("Set-Cookie"), "steward=new;", "Path=/", "HttpOnly", "SameSite=Lax", "Expires=")
	if plain := answer.Header.Get("Set-Cookie"); strings.Contains(plain, "Secure") || strings.Contains(plain, "Domain") {
		t.Errorf("cookie without TLS: %q", plain)
	}
	// Behind a proxy that speaks TLS for us the cookie is that of TLS.
	answer, body = s.get("/api/v1/who", "Cookie", "__Host-steward=old", "X-Forwarded-Proto", "https")
	if c := callerOf(t, answer, body); !c.TLS || c.Secret != "new" {
		t.Errorf("behind a TLS proxy: %+v", c)
	}
	f(answer.Header.Get("Set-Cookie"), "__Host-steward=new;", "Path=/", "HttpOnly", "Secure", "SameSite=Lax")
	if answer.Header.Get("Strict-Transport-Security") == "" {
		t.Error("TLS without HSTS")
	}
	// The websocket's handshake rotates too.
	if _, _, err := s.viewAs(http.Header{"Cookie": {"steward=old"}}, "", nil); err == nil {
		t.Fatal("somebody without places is let in")
	}
	s.roll.signIn("old", viewerOfHarbour)
	session.Principal = s.roll.sessions["old"].Principal
	s.roll.mu.Lock()
	s.roll.sessions["old"] = session
	s.roll.mu.Unlock()
	_, answer, err := s.viewAs(http.Header{"Cookie": {"steward=old"}}, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	f(answer.Header.Get("Set-Cookie"), "steward=new;")
}

func TestForgedRequests(t *testing.T) {
	s := serve(t, live.Options{}, Options{API: echo, AllowedOrigins: []string{"https://wall.example.com"}}, nil)
	s.roll.signIn("ann", viewerOfHarbour)
	own := "http://" + s.addr
	f := func(code, method, path string, header ...string) {
		t.Helper()
		answer, body := s.do(method, path, header...)
		if code == "" {
			callerOf(t, answer, body)
			return
		}
		if p := problemOf(t, answer, body, http.StatusForbidden); p.Code != code {
			t.Errorf("%s %s %v: code %s, want %s", method, path, header, p.Code, code)
		}
	}
	cookie, token := []string{"Cookie", "steward=ann"}, []string{"X-Steward-CSRF", "csrf-ann"}
	with := func(lists ...[]string) (all []string) {
		for _, l := range lists {
			all = append(all, l...)
		}
		return all
	}
	foreign, same := []string{"Origin", "https://evil.example.com"}, []string{"Origin", own}
	for _, method := range []string{"POST", "PUT", "PATCH", "DELETE", "ODD"} {
		f("csrf", method, "/api/v1/devices", cookie...)
		f("csrf", method, "/api/v1/devices", with(cookie, same)...)
		f("csrf", method, "/api/v1/devices", with(cookie, same, []string{"X-Steward-CSRF", "csrf-bob"})...)
		f("csrf", method, "/api/v1/devices", with(cookie, same, []string{"X-Steward-CSRF", ""})...)
		f("", method, "/api/v1/devices", with(cookie, same, token)...)
		f("", method, "/api/v1/devices", with(cookie, token)...) // a program with a cookie
		f("cross_origin", method, "/api/v1/devices", with(cookie, token, foreign)...)
		f("cross_origin", method, "/api/v1/devices", with(cookie, token, []string{"Origin", "null"})...)
		f("cross_origin", method, "/api/v1/devices", with(cookie, token, []string{"Origin", own + ".evil.example.com"})...)
		f("cross_origin", method, "/api/v1/devices", with(cookie, token, []string{"Origin", "https://wall.example.com"})...) // may look, not touch
		f("cross_origin", method, "/api/v1/devices", with(cookie, token, same, []string{"Sec-Fetch-Site", "cross-site"})...)
		f("cross_origin", method, "/api/v1/devices", with(cookie, token, same, []string{"Sec-Fetch-Site", "same-site"})...)
	}
	// Signing in has no session yet, or an old one.
	f("", "POST", "/api/v1/session", same...)
	f("", "POST", "/api/v1/session", with(cookie, same)...)
	f("cross_origin", "POST", "/api/v1/session", foreign...)
	f("cross_origin", "POST", "/api/v1/session", "Sec-Fetch-Site", "cross-site")
	f("csrf", "DELETE", "/api/v1/session", with(cookie, same)...)
	f("csrf", "POST", "/api/v1/session/", with(cookie, same)...)
	f("csrf", "POST", "/api/v1/sessions", with(cookie, same)...)
	// What cannot be forged needs no proof.
	f("", "POST", "/api/v1/devices", with([]string{"Authorization", "Bearer " + hqToken}, foreign)...)
	f("", "GET", "/api/v1/devices", with(cookie, foreign)...)
	// A header that asks for another method is only a header.
	for _, name := range []string{"X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method"} {
		f("csrf", "POST", "/api/v1/devices", with(cookie, same, []string{name, "GET"})...)
	}
	if got := s.metric(`steward_http_requests_refused_total{reason="csrf"}`); got == "0" {
		t.Error("refusals are not counted")
	}
}

func TestPasswordMustBeChangedFirst(t *testing.T) {
	s := serve(t, live.Options{}, Options{API: echo}, nil)
	s.roll.signIn("new", viewerOfHarbour)
	session := s.roll.sessions["new"]
	session.MustChangePassword = true
	s.roll.sessions["new"] = session
	cookie := []string{"Cookie", "steward=new", "X-Steward-CSRF", "csrf-new"}
	for _, open := range []string{"GET /api/v1/session", "DELETE /api/v1/session", "POST /api/v1/password"} {
		method, path, _ := strings.Cut(open, " ")
		answer, body := s.do(method, path, cookie...)
		callerOf(t, answer, body)
	}
	for _, shut := range []string{"GET /api/v1/devices", "POST /api/v1/tokens", "GET /api/v1/session/x", "GET /api/v1/live", "GET /api/v1/%73ession/../devices"} {
		method, path, _ := strings.Cut(shut, " ")
		answer, body := s.do(method, path, cookie...)
		if answer.StatusCode == http.StatusMovedPermanently || answer.StatusCode == http.StatusTemporaryRedirect {
			continue // to the path without dots, and there it is asked again
		}
		if p := problemOf(t, answer, body, http.StatusForbidden); p.Code != "password_change_required" {
			t.Errorf("%s: %+v", shut, p)
		}
	}
}

func TestMetricsForWhoMayReadEverything(t *testing.T) {
	s := serve(t, live.Options{}, Options{MetricsToken: true}, nil)
	s.roll.tokens["stw_harbour"] = authz.Principal{Kind: authz.Machine, ID: "h", Grants: []authz.Grant{viewerOfHarbour}}
	answer, body := s.get("/metrics")
	problemOf(t, answer, body, http.StatusUnauthorized)
	answer, body = s.get("/metrics", "Authorization", "Bearer stw_harbour")
	problemOf(t, answer, body, http.StatusForbidden)
	if answer, body := s.get("/metrics", "Authorization", "Bearer "+hqToken); answer.StatusCode != http.StatusOK || !strings.Contains(string(body), "steward_live_clients") {
		t.Errorf("/metrics with a token: %s", answer.Status)
	}
}

func TestClientAddress(t *testing.T) {
	trusted := proxies{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	f := func(want, from string, forwarded ...string) {
		t.Helper()
		r := &http.Request{RemoteAddr: from, Header: http.Header{"X-Forwarded-For": forwarded}}
		if got := trusted.client(r); got != want {
			t.Errorf("from %s with %q: %s, want %s", from, forwarded, got, want)
		}
	}
	f("192.0.2.1", "192.0.2.1:1234")
	f("192.0.2.1", "192.0.2.1:1234", "198.51.100.7") // nobody we trust said so
	f("198.51.100.7", "10.0.0.1:1234", "198.51.100.7")
	f("198.51.100.7", "10.0.0.1:1234", "1.1.1.1, 198.51.100.7") // the client made the first up
	f("198.51.100.7", "10.0.0.1:1234", "1.1.1.1", "198.51.100.7, 10.0.0.2")
	f("198.51.100.7", "10.0.0.1:1234", "198.51.100.7:4711")
	f("2001:db8::1", "[fd00::1]:1234", "2001:db8::1")
	f("198.51.100.7", "[::ffff:10.0.0.1]:1234", "::ffff:198.51.100.7")
	f("10.0.0.1", "10.0.0.1:1234", "garbage")
	f("10.0.0.2", "10.0.0.1:1234", "127.0.0.1 or so, 10.0.0.2")
	f("10.0.0.1", "10.0.0.1:1234", "")
	f("10.0.0.1", "10.0.0.1:1234")
	f("10.0.0.9", "10.0.0.1:1234", "1.1.1.1,"+strings.Repeat("10.0.0.9,", 500)+"10.0.0.9")
	f("", "@", "198.51.100.7")

	encrypted := func(want bool, from, proto string, state *tls.ConnectionState) {
		t.Helper()
		r := &http.Request{RemoteAddr: from, Header: http.Header{"X-Forwarded-Proto": {proto}}, TLS: state}
		if got := trusted.encrypted(r); got != want {
			t.Errorf("from %s with %q: encrypted %v", from, proto, got)
		}
	}
	encrypted(true, "10.0.0.1:1", "HTTPS", nil)
	encrypted(false, "10.0.0.1:1", "http", nil)
	encrypted(false, "192.0.2.1:1", "https", nil)
	encrypted(true, "192.0.2.1:1", "http", new(tls.ConnectionState))
}

// The address that a sign-in is counted under is not one that the client chose.
func TestForgedAddressIsNotTold(t *testing.T) {
	s := serve(t, live.Options{}, Options{API: echo}, nil)
	s.roll.signIn("ann")
	for _, name := range []string{"X-Forwarded-For", "X-Real-Ip", "Forwarded", "True-Client-Ip"} {
		answer, body := s.get("/api/v1/who", "Cookie", "steward=ann", name, "198.51.100.7")
		if c := callerOf(t, answer, body); c.Remote != "127.0.0.1" {
			t.Errorf("%s makes the address %s", name, c.Remote)
		}
	}
	for _, asked := range s.roll.asked {
		if asked != "127.0.0.1" {
			t.Errorf("a session was resumed from %s", asked)
		}
	}
}

// The real one fits.
var _ Identity = (*identity.Service)(nil)
