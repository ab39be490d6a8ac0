package dashboard

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"steward/internal/authz"
	"steward/internal/identity"
	"steward/internal/live"
	"steward/internal/telemetry"
)

// estate is a running dashboard with the real sign-in, registry and API.
type estate struct {
	*site
	house *house
}

func serveHouse(t *testing.T, o Options, change func(*Server)) *estate {
	t.Helper()
	h := newHouse(t)
	board, err := live.New(live.Options{})
	if err != nil {
		t.Fatal(err)
	}
	// The API asks a board of its own: what it shows is not the point here.
	o.Identity, o.API = h.identity, h.api(t, board)
	return &estate{serve(t, live.Options{}, o, change), h}
}

// browser is somebody's: it keeps cookies and sends what browsers send.
type browser struct {
	*estate
	cookies map[string]*http.Cookie
	csrf    string
	scheme  string
	client  *http.Transport
}

func (e *estate) browser() *browser {
	return &browser{estate: e, cookies: map[string]*http.Cookie{}, scheme: "http", client: &http.Transport{DisableKeepAlives: true}}
}

// ask sends a request of the browser's own page, with more headers, and returns
// the answer with its body.
func (b *browser) ask(method, path, body string, header ...string) (*http.Response, string) {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.scheme+"://"+b.addr+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	r.Header.Set("Origin", b.scheme+"://"+b.addr)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if b.csrf != "" {
		r.Header.Set("X-Steward-CSRF", b.csrf)
	}
	for _, c := range b.cookies {
		r.AddCookie(&http.Cookie{Name: c.Name, Value: c.Value})
	}
	for i := 0; i+1 < len(header); i += 2 {
		if header[i+1] == "" {
			r.Header.Del(header[i])
			continue
		}
		r.Header.Set(header[i], header[i+1])
	}
	answer, err := b.client.RoundTrip(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, c := range answer.Cookies() {
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		} else {
			b.cookies[c.Name] = c
		}
	}
	return answer, string(text)
}

func (b *browser) signIn(login, secret string) *http.Response {
	b.t.Helper()
	answer, text := b.ask("POST", "/api/v1/session", fmt.Sprintf(`{"login":%q,"password":%q}`, login, secret))
	if answer.StatusCode == http.StatusOK {
		var session struct{ CSRF string }
		if err := json.Unmarshal([]byte(text), &session); err != nil || session.CSRF == "" {
			b.t.Fatalf("sign-in gives no token: %s, %v", text, err)
		}
		b.csrf = session.CSRF
	}
	return answer
}

func (b *browser) expect(status int, method, path, body string, header ...string) {
	b.t.Helper()
	if answer, text := b.ask(method, path, body, header...); answer.StatusCode != status {
		b.t.Errorf("%s %s: %s, want %d: %.300s", method, path, answer.Status, status, text)
	}
}

func TestSessionOfAPerson(t *testing.T) {
	e := serveHouse(t, Options{}, nil)
	b := e.browser()
	b.expect(401, "GET", "/api/v1/regions", "")
	if answer := b.signIn("viewer", "wrong"); answer.StatusCode != http.StatusUnauthorized || len(b.cookies) != 0 {
		t.Errorf("a wrong password: %s, cookies %v", answer.Status, b.cookies)
	}
	// Somebody planted a secret of his choice before the sign-in.
	b.cookies["steward"] = &http.Cookie{Name: "steward", Value: "chosen-by-somebody-else"}
	answer := b.signIn("viewer", password)
	if answer.StatusCode != http.StatusOK {
		t.Fatal(answer.Status)
	}
	c := b.cookies["steward"]
	if c.Value == "chosen-by-somebody-else" || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || c.Secure {
		t.Errorf("cookie %+v", c)
	}
	if answer.Header.Get("Cache-Control") != "no-store" || answer.Header.Get("Content-Encoding") != "" {
		t.Errorf("the answer that holds the token: %v", answer.Header)
	}
	if got, _ := b.ask("GET", "/api/v1/session", "", "Accept-Encoding", "gzip"); got.Header.Get("Content-Encoding") != "" {
		t.Error("the CSRF token is in a compressed answer")
	}
	b.expect(200, "GET", "/api/v1/projects/north/harbour", "")
	b.expect(404, "GET", "/api/v1/projects/south/garden", "")
	b.expect(403, "POST", "/api/v1/regions", `{"id":"east","name":"East"}`)

	// Signing in again, as somebody else, ends the first session.
	first := c.Value
	if answer := b.signIn("boss", password); answer.StatusCode != http.StatusOK || b.cookies["steward"].Value == first {
		t.Fatalf("a second sign-in keeps the secret: %s", answer.Status)
	}
	thief := e.browser()
	thief.cookies["steward"] = &http.Cookie{Name: "steward", Value: first}
	thief.expect(401, "GET", "/api/v1/regions", "")

	// What other sites can make the browser send.
	region := `{"id":"east","name":"East"}`
	b.expect(403, "POST", "/api/v1/regions", region, "X-Steward-CSRF", "")
	b.expect(403, "POST", "/api/v1/regions", region, "X-Steward-CSRF", "x"+b.csrf)
	b.expect(403, "POST", "/api/v1/regions", region, "Origin", "https://evil.example.com", "Sec-Fetch-Site", "cross-site")
	b.expect(403, "POST", "/api/v1/regions", region, "Origin", "https://evil.example.com", "Sec-Fetch-Site", "")
	b.expect(404, "GET", "/api/v1/regions/east", "")
	b.expect(201, "POST", "/api/v1/regions", region)

	// Signed out is signed out, whoever kept the cookie.
	last, token := b.cookies["steward"].Value, b.csrf
	b.expect(204, "DELETE", "/api/v1/session", "")
	if len(b.cookies) != 0 {
		t.Errorf("cookies after signing out: %v", b.cookies)
	}
	thief.cookies["steward"], thief.csrf = &http.Cookie{Name: "steward", Value: last}, token
	thief.expect(401, "GET", "/api/v1/regions", "")
	thief.expect(401, "POST", "/api/v1/regions", `{"id":"stolen","name":"Stolen"}`)
	if strings.Contains(e.logs.b.String(), password) || strings.Contains(e.logs.b.String(), last) {
		t.Error("a secret is in the log")
	}
}

func TestAccountIsLockedForAWhile(t *testing.T) {
	e := serveHouse(t, Options{}, nil)
	b := e.browser()
	var answer *http.Response
	for range 4 {
		answer = b.signIn("viewer", "wrong")
	}
	if answer.StatusCode != http.StatusTooManyRequests || answer.Header.Get("Retry-After") == "" {
		t.Errorf("after many failures: %s, retry after %q", answer.Status, answer.Header.Get("Retry-After"))
	}
	if answer := b.signIn("viewer", password); answer.StatusCode != http.StatusTooManyRequests {
		t.Errorf("the right password while locked: %s", answer.Status)
	}
	if answer := b.signIn("boss", password); answer.StatusCode != http.StatusOK {
		t.Errorf("somebody else meanwhile: %s", answer.Status)
	}
}

func TestTokensOfMachines(t *testing.T) {
	e := serveHouse(t, Options{MetricsToken: true}, nil)
	make := func(name string, place authz.Place) (string, string) {
		t.Helper()
		boss := authz.SystemPrincipal("test")
		token, secret, err := e.house.identity.As(boss).CreateToken(t.Context(), identity.Token{
			Name: name, Grants: []authz.Grant{{Role: authz.Viewer, Place: place}},
		})
		if err != nil {
			t.Fatal(err)
		}
		return token.ID, secret
	}
	_, everywhere := make("prometheus", authz.HQ)
	id, harbour := make("harbour", authz.Place{Region: "north", Project: "harbour"})
	b := e.browser()
	b.expect(200, "GET", "/api/v1/projects/north/harbour", "", "Authorization", "Bearer "+harbour, "Origin", "https://evil.example.com")
	b.expect(404, "GET", "/api/v1/projects/south/garden", "", "Authorization", "Bearer "+harbour)
	b.expect(403, "GET", "/metrics", "", "Authorization", "Bearer "+harbour)
	b.expect(200, "GET", "/metrics", "", "Authorization", "Bearer "+everywhere)
	b.expect(401, "GET", "/metrics", "")
	b.expect(401, "GET", "/api/v1/projects/north/harbour?token="+everywhere, "") // never in an address
	b.expect(401, "GET", "/api/v1/regions", "", "Cookie", "steward="+everywhere) // nor as a cookie

	e.hub.pace.still = 20 * time.Millisecond
	v, _, err := e.viewAs(http.Header{"Authorization": {"Bearer " + harbour}}, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	v.until(t, "snapshot")
	if _, err := e.house.identity.As(authz.SystemPrincipal("test")).RevokeToken(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if end := v.closed(t); end.Code != websocket.ClosePolicyViolation || end.Text != "signed out" {
		t.Errorf("after the token was revoked: %d %q", end.Code, end.Text)
	}
	b.expect(401, "GET", "/api/v1/regions", "", "Authorization", "Bearer "+harbour)
}

// A person who is signed out elsewhere, or moved to other places, while he
// looks.
func TestWebsocketFollowsTheRealSession(t *testing.T) {
	e := serveHouse(t, Options{}, func(s *Server) { s.hub.pace.still = 20 * time.Millisecond })
	plant(e.board, 0)
	b := e.browser()
	b.signIn("garden", password)
	v, _, err := e.viewAs(http.Header{"Cookie": {"steward=" + b.cookies["steward"].Value}}, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	v.until(t, "snapshot")
	if err := e.house.endSessions(t.Context(), "garden"); err != nil {
		t.Fatal(err)
	}
	if end := v.closed(t); end.Code != websocket.ClosePolicyViolation || end.Text != "signed out" {
		t.Errorf("signed out elsewhere: %d %q", end.Code, end.Text)
	}
	if strings.Contains(v.heard.String(), "harbour") {
		t.Errorf("the garden heard of the harbour: %s", v.heard.String())
	}
}

// Everybody's websocket shows what the registry's permissions say, by query and
// by message.
func TestRealPeopleSeeTheirPlaces(t *testing.T) {
	e := serveHouse(t, Options{}, nil)
	plant(e.board, 0)
	eventually(t, "all is published", func() bool {
		return len(e.board.Snapshot(live.Scope{Allowed: authz.Everything()}).Devices) == len(plantedPlaces)
	})
	for login, grants := range people {
		if strings.HasPrefix(login, "locked") {
			continue
		}
		b := e.browser()
		if answer := b.signIn(login, password); answer.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s", login, answer.Status)
		}
		cookie := http.Header{"Cookie": {"steward=" + b.cookies["steward"].Value}}
		if len(grants) == 0 {
			if _, answer, err := e.viewAs(cookie, "", nil); err == nil || answer.StatusCode != http.StatusForbidden {
				t.Errorf("%s is let in: %v", login, answer)
			}
			continue
		}
		v, _, err := e.viewAs(cookie, "", nil)
		if err != nil {
			t.Fatalf("%s: %v", login, err)
		}
		v.until(t, "snapshot")
		first := v.devices
		for _, at := range plantedPlaces {
			sees := grants[0].Place.Contains(at)
			name := at.Region + "-" + at.Project
			if found := first[at.String()+"/elevator/"+name] != nil; found != sees {
				t.Errorf("%s sees %s: %v, want %v", login, at, found, sees)
			}
			ask := map[string]any{"subscribe": map[string]any{"region": at.Region, "project": at.Project, "class": telemetry.Elevator}}
			if err := v.WriteJSON(ask); err != nil {
				t.Fatal(err)
			}
			if sees {
				v.until(t, "snapshot")
			} else if m := v.until(t, "error"); m["code"] != "not_found" {
				t.Errorf("%s subscribes to %s: %v", login, at, m)
			}
		}
		v.search(t, grants[0].Place)
		_ = v.Close()
	}
}

// serverCertificate is one that nobody signed, for 127.0.0.1.
func serverCertificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "steward"}, NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

func TestSessionOverTLS(t *testing.T) {
	certificate, pool := serverCertificate(t)
	e := serveHouse(t, Options{TLS: &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}}, nil)
	b := e.browser()
	b.scheme = "https"
	b.client.TLSClientConfig = &tls.Config{RootCAs: pool}
	answer := b.signIn("viewer", password)
	c := b.cookies["__Host-steward"]
	if c == nil || !c.Secure || !c.HttpOnly || c.Path != "/" || c.Domain != "" || c.SameSite != http.SameSiteLaxMode {
		t.Fatalf("%s: cookie %+v", answer.Status, c)
	}
	if answer.Header.Get("Strict-Transport-Security") == "" {
		t.Error("no HSTS under TLS")
	}
	b.expect(200, "GET", "/api/v1/projects/north/harbour", "")
	dialer := websocket.Dialer{TLSClientConfig: &tls.Config{RootCAs: pool}}
	conn, _, err := dialer.DialContext(t.Context(), "wss://"+e.addr+"/api/v1/live", http.Header{"Cookie": {"__Host-steward=" + c.Value}})
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
	// The name without the promise is nobody's under TLS.
	_, answer, err = dialer.DialContext(t.Context(), "wss://"+e.addr+"/api/v1/live", http.Header{"Cookie": {"steward=" + c.Value}})
	if err == nil || answer.StatusCode != http.StatusUnauthorized {
		t.Errorf("a cookie of the wrong name: %v", err)
	}
	// Plain HTTP on the port of TLS gets nothing.
	plain := e.raw()
	say(t, plain, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
	if said := hungUp(t, plain); !strings.HasPrefix(said, "HTTP/1.0 400") {
		t.Errorf("plain HTTP is answered %.100q", said)
	}
}

func TestAnswersAreCompressedButNoSecrets(t *testing.T) {
	large := bytes.Repeat([]byte(`{"device":"north/harbour/meter/m-1"},`), 1000)
	send := func(contentType string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", contentType)
			_, _ = w.Write(large)
		}
	}
	mux := http.NewServeMux()
	for path, contentType := range map[string]string{
		"/api/v1/devices": "application/json", "/api/v1/export/readings.csv": "text/csv; charset=utf-8", "/api/v1/export/readings.parquet": "application/vnd.apache.parquet",
		"/api/v1/export/readings.arrow": "application/vnd.apache.arrow.stream", "/api/v1/session": "application/json", "/api/v1/sessions": "application/json",
		"/api/v1/tokens": "application/json",
	} {
		mux.Handle(path, send(contentType))
	}
	s := serve(t, live.Options{}, Options{API: mux}, nil)
	f := func(zipped bool, method, path string) {
		t.Helper()
		answer, body := s.do(method, path, "Authorization", "Bearer "+hqToken, "Accept-Encoding", "gzip, br")
		if got := answer.Header.Get("Content-Encoding") == "gzip"; got != zipped || zipped == (len(body) >= len(large)) {
			t.Errorf("%s %s: compressed %v with %d bytes", method, path, got, len(body))
		}
	}
	f(true, "GET", "/api/v1/devices")
	f(true, "GET", "/api/v1/export/readings.csv")
	f(true, "GET", "/api/v1/tokens")
	f(false, "POST", "/api/v1/tokens") // shows a secret once
	f(false, "GET", "/api/v1/export/readings.parquet")
	f(false, "GET", "/api/v1/export/readings.arrow")
	f(false, "GET", "/api/v1/session")
	f(false, "GET", "/api/v1/sessions")
}

// A stream sets its own deadlines, through everything that is wrapped around it,
// and goes on for longer than the server's; one that fails in the middle is seen
// to fail.
func TestStreamsOutliveTheServersPatience(t *testing.T) {
	stream := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/csv")
		control := http.NewResponseController(w)
		for i := range 8 {
			if err := control.SetWriteDeadline(time.Now().Add(time.Second)); err != nil {
				t.Error(err)
			}
			if _, err := fmt.Fprintf(w, "%d,%s\n", i, strings.Repeat("x", 2000)); err != nil {
				t.Error(err)
			}
			if err := control.Flush(); err != nil {
				t.Error(err)
			}
			if i == 4 && r.URL.Path == "/api/v1/broken" {
				panic(http.ErrAbortHandler)
			}
			<-time.After(100 * time.Millisecond)
		}
	})
	s := serve(t, live.Options{}, Options{API: stream}, quick)
	for _, encoding := range []string{"identity", "gzip"} {
		if answer, body := s.get("/api/v1/whole", "Authorization", "Bearer "+hqToken, "Accept-Encoding", encoding); answer.StatusCode != http.StatusOK || len(body) == 0 {
			t.Errorf("%s: %s, %d bytes", encoding, answer.Status, len(body))
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+s.addr+"/api/v1/broken", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Accept-Encoding", encoding)
		answer, err := (&http.Transport{DisableCompression: true}).RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadAll(answer.Body); err == nil {
			t.Errorf("%s: a stream that failed in the middle ends like a whole one", encoding)
		}
		_ = answer.Body.Close()
	}
}
