package dashboard

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/prometheus/client_golang/prometheus"

	"steward/internal/live"
)

func TestHealthAndReadiness(t *testing.T) {
	s := serve(t, live.Options{}, Options{Version: "1.2.3"}, nil)
	if answer, body := s.get("/healthz"); answer.StatusCode != http.StatusOK || !strings.Contains(string(body), `"1.2.3"`) {
		t.Errorf("/healthz: %s %s", answer.Status, body)
	}
	answer, body := s.get("/readyz")
	if answer.StatusCode != http.StatusOK || strings.TrimSpace(string(body)) != `{"ready":true,"not_ready":[]}` {
		t.Errorf("/readyz when all works: %s %s", answer.Status, body)
	}
	s.mu.Lock()
	s.notReady = []NotReady{{"clickhouse", "no answer since 12:00; is it running?"}}
	s.mu.Unlock()
	answer, body = s.get("/readyz")
	var got struct {
		Ready    bool       `json:"ready"`
		NotReady []NotReady `json:"not_ready"`
	}
	if err := json.Unmarshal(body, &got); err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode != http.StatusServiceUnavailable || got.Ready || len(got.NotReady) != 1 || got.NotReady[0].Name != "clickhouse" {
		t.Errorf("/readyz without ClickHouse: %s %s", answer.Status, body)
	}
	if answer.Header.Get("Cache-Control") != "no-store" {
		t.Error("readiness may be cached")
	}
}

func TestEveryAnswerHasTheSecurityHeaders(t *testing.T) {
	s := serve(t, live.Options{}, Options{}, nil)
	for _, path := range []string{"/", "/healthz", "/readyz", "/metrics", "/api/v1/live", "/api/v1/nothing", "/nothing"} {
		answer, _ := s.get(path)
		csp := answer.Header.Get("Content-Security-Policy")
		if !strings.Contains(csp, "script-src 'self';") || strings.Contains(csp, "unsafe") || !strings.Contains(csp, "frame-ancestors 'none'") {
			t.Errorf("%s: content security policy %q", path, csp)
		}
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cross-Origin-Resource-Policy": "same-origin",
		} {
			if got := answer.Header.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", path, name, got, want)
			}
		}
	}
}

func TestErrorsAreProblems(t *testing.T) {
	s := serve(t, live.Options{}, Options{}, nil)
	f := func(method, path string, status int) {
		t.Helper()
		answer, body := s.do(method, path, "Authorization", "Bearer "+hqToken)
		if p := problemOf(t, answer, body, status); p.Code == "" {
			t.Errorf("%s %s: a problem without a code: %s", method, path, body)
		}
	}
	f("GET", "/nothing", 404)
	f("GET", "/web/dist/.gitkeep", 404)
	f("GET", "/api/v1/nothing", 404)
	f("POST", "/", 405)
	f("DELETE", "/healthz", 405)
	f("GET", "/api/v1/live", 400)               // not a websocket
	f("GET", "/api/v1/live?region=NORTH", 400)  // not a name
	f("GET", "/api/v1/live?class=oven", 400)    // not a class
	f("GET", "/api/v1/live?overview=some", 400) // not a choice
}

func TestMetricsPassPromtool(t *testing.T) {
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		t.Fatal("promtool is missing: apt-get install prometheus")
	}
	s := serve(t, live.Options{}, Options{}, nil)
	s.get("/healthz")
	s.get("/a/path/that/nobody/has")
	_, body := s.get("/metrics")
	for _, want := range []string{
		"steward_live_clients 0", "steward_live_frames_sent_total 0", "steward_live_updates_missed_total 0",
		`steward_live_clients_dropped_total{reason="slow"} 0`,
		`steward_http_request_duration_seconds_count{code="404",method="get",route="/"} 1`,
	} {
		if !strings.Contains(string(body), want+"\n") {
			t.Errorf("/metrics has no line %q", want)
		}
	}
	if strings.Contains(string(body), "nobody") {
		t.Error("a path that a client chose became a label")
	}
	check := exec.CommandContext(t.Context(), promtool, "check", "metrics")
	check.Stdin = strings.NewReader(string(body))
	if out, err := check.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("promtool: %v\n%s", err, out)
	}
}

func TestApplicationFiles(t *testing.T) {
	script := strings.Repeat("export const steward = 'steward';\n", 100)
	files, err := newStatic(fstest.MapFS{
		".gitkeep":             {},
		"index.html":           {Data: []byte("<!doctype html><title>Steward</title>")},
		"assets/app-ABCDEF.js": {Data: []byte(script)},
	})
	if err != nil {
		t.Fatal(err)
	}
	s := serve(t, live.Options{}, Options{}, func(s *Server) { *s.static = *files })

	answer, body := s.get("/")
	if answer.StatusCode != http.StatusOK || !strings.Contains(string(body), "Steward") || answer.Header.Get("Cache-Control") != "no-cache" {
		t.Errorf("/: %s, cache %q", answer.Status, answer.Header.Get("Cache-Control"))
	}
	if again, _ := s.get("/", "If-None-Match", answer.Header.Get("ETag")); again.StatusCode != http.StatusNotModified {
		t.Errorf("an unchanged page is sent again: %s", again.Status)
	}

	for path, status := range map[string]int{
		"/live": 200, "/incidents/20261120-abcdefghijklmnop": 200, "/devices/north/harbour/meter/m-1": 200,
		"/lives": 404, "/live.js": 404, "/assets/live": 404, "/x/live": 404,
	} {
		answer, body := s.get(path)
		if answer.StatusCode != status || strings.Contains(string(body), "<title>Steward") != (status == 200) {
			t.Errorf("%s: %s, want %d: %s", path, answer.Status, status, body)
		}
	}

	plain, body := s.get("/assets/app-ABCDEF.js")
	if string(body) != script || plain.Header.Get("Content-Encoding") != "" || !strings.Contains(plain.Header.Get("Cache-Control"), "immutable") ||
		plain.Header.Get("Content-Type") != "text/javascript; charset=utf-8" {
		t.Errorf("script: %v", plain.Header)
	}
	zipped, body := s.get("/assets/app-ABCDEF.js", "Accept-Encoding", "br, gzip;q=0.9")
	if zipped.Header.Get("Content-Encoding") != "gzip" || len(body) > len(script)/4 || zipped.Header.Get("ETag") == plain.Header.Get("ETag") {
		t.Errorf("script as gzip: %d bytes, %v", len(body), zipped.Header)
	}
	if refused, body := s.get("/assets/app-ABCDEF.js", "Accept-Encoding", "gzip;q=0"); refused.Header.Get("Content-Encoding") != "" || string(body) != script {
		t.Error("gzip is sent to who refuses it")
	}
	if answer, _ := s.get("/.gitkeep"); answer.StatusCode != http.StatusNotFound {
		t.Errorf("the placeholder is served: %s", answer.Status)
	}
}

func TestMissingApplicationSaysWhatToDo(t *testing.T) {
	empty, err := newStatic(fstest.MapFS{".gitkeep": {}})
	if err != nil {
		t.Fatal(err)
	}
	s := serve(t, live.Options{}, Options{}, func(s *Server) { *s.static = *empty })
	answer, body := s.get("/")
	if answer.StatusCode != http.StatusServiceUnavailable || !strings.Contains(string(body), "make build") {
		t.Errorf("%s: %s", answer.Status, body)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	if _, err := New(Options{}); err == nil {
		t.Error("a server without a board is accepted")
	}
	board, err := live.New(live.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"wall.example.com", "https://", "ftp://x", "https://a/b", "https://u@a", "*", "https://a?b"} {
		reg := prometheus.NewRegistry()
		_, err := New(Options{
			Board: board, Identity: newRoll(), Gatherer: reg, Registerer: reg, Logger: slog.New(slog.DiscardHandler),
			Ready:          func(context.Context) []NotReady { return nil },
			AllowedOrigins: []string{bad},
		})
		if err == nil || !strings.Contains(err.Error(), bad) {
			t.Errorf("origin %q: %v, want an error that names it", bad, err)
		}
	}
	if _, err := parseOrigins([]string{"https://wall.example.com", "http://10.0.0.5:8080/"}); err != nil {
		t.Error(err)
	}
}
