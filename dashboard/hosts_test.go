package dashboard

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"steward/internal/live"
)

func TestHosts(t *testing.T) {
	f := func(want bool, listen string, configured []string, host string) {
		t.Helper()
		h, err := newHosts(listen, configured)
		if err != nil {
			t.Fatal(err)
		}
		if got := h.allow(&http.Request{Host: host}); got != want {
			t.Errorf("listening on %q with %v: %q is let in %v", listen, configured, host, got)
		}
	}
	for _, host := range []string{"localhost", "LOCALHOST:8080", "127.0.0.1:8080", "127.9.9.9", "[::1]:8080", "[::1]", "::1", "localhost."} {
		f(true, "127.0.0.1:8080", nil, host)
		f(true, "0.0.0.0:8080", []string{"steward.example.com"}, host)
	}
	for _, host := range []string{
		"evil.example.com", "127.0.0.1.evil.example.com", "localhost.evil.example.com", "10.0.0.1", "localhost:80:80", "localhost:x",
		"a@localhost", "localhost/..", "[localhost", "2130706433", "0x7f.1", "%6cocalhost", "[::1", " localhost",
	} {
		f(false, "127.0.0.1:8080", nil, host)
		f(false, "", nil, host)
		f(false, "0.0.0.0:8080", []string{"steward.example.com"}, host)
	}
	f(true, "10.0.0.1:80", nil, "10.0.0.1")
	f(true, "steward.lan:80", nil, "Steward.lan:80")
	f(true, ":8080", nil, "anything.example.com")
	f(true, "[::]:8080", nil, "anything.example.com")
	f(true, "0.0.0.0:8080", []string{"*"}, "anything.example.com")
	f(true, "0.0.0.0:8080", []string{"a", "steward.example.com"}, "STEWARD.example.com.:443")
	for _, bad := range []string{"https://a", "a:80", "", "a/b", "a b"} {
		if _, err := newHosts("127.0.0.1:80", []string{bad}); err == nil || !strings.Contains(err.Error(), bad) {
			t.Errorf("host %q: %v", bad, err)
		}
	}
	if _, err := newHosts("8080", nil); err == nil {
		t.Error("a listen address without a port is accepted")
	}
}

func TestForgedHost(t *testing.T) {
	s := serve(t, live.Options{}, Options{API: echo}, nil)
	ask := func(request string) *http.Response {
		t.Helper()
		conn, err := net.Dial("tcp", s.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := fmt.Fprint(conn, request); err != nil {
			t.Fatal(err)
		}
		answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatalf("%q: %v", request, err)
		}
		_ = answer.Body.Close()
		return answer
	}
	for _, path := range []string{"/", "/api/v1/who", "/api/v1/live", "/metrics", "/favicon.svg"} {
		if a := ask("GET " + path + " HTTP/1.1\r\nHost: evil.example.com\r\n\r\n"); a.StatusCode != http.StatusMisdirectedRequest {
			t.Errorf("%s under a foreign name: %s", path, a.Status)
		}
		// The name in the request line is the one that counts.
		if a := ask("GET http://evil.example.com" + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n"); a.StatusCode != http.StatusMisdirectedRequest {
			t.Errorf("%s under a foreign name in the request line: %s", path, a.Status)
		}
		if a := ask("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-Host: evil.example.com\r\n\r\n"); a.StatusCode == http.StatusMisdirectedRequest {
			t.Errorf("%s: a header nobody asked for decides: %s", path, a.Status)
		}
	}
	for _, path := range []string{"/healthz", "/readyz"} {
		if a := ask("GET " + path + " HTTP/1.1\r\nHost: some-pod\r\n\r\n"); a.StatusCode != http.StatusOK {
			t.Errorf("a probe of %s: %s", path, a.Status)
		}
	}
	for _, bad := range []string{
		"GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
	} {
		if a := ask(bad); a.StatusCode != http.StatusBadRequest {
			t.Errorf("%q: %s", bad, a.Status)
		}
	}
}
