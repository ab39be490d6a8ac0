package dashboard

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"steward/internal/live"
)

// raw is a connection without a client's good manners.
func (s *site) raw() net.Conn {
	s.t.Helper()
	conn, err := net.Dial("tcp", s.addr)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func say(t *testing.T, conn net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
}

// hungUp waits until the server has closed the connection, and returns what it
// said before.
func hungUp(t *testing.T, conn net.Conn) string {
	t.Helper()
	if err := conn.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	said, err := io.ReadAll(conn)
	if timeout := net.Error(nil); errors.As(err, &timeout) && timeout.Timeout() {
		t.Fatalf("the server still waits; it said %.200q", said)
	}
	return string(said)
}

func quick(s *Server) {
	s.pace = serverPace{header: 200 * time.Millisecond, read: 400 * time.Millisecond, write: 400 * time.Millisecond, idle: 400 * time.Millisecond}
}

func TestSlowClientsAreCutOff(t *testing.T) {
	release := make(chan struct{})
	defer close(release)
	large := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			panic(http.ErrAbortHandler)
		}
		for range 1000 { // far more than the kernel holds
			if _, err := w.Write(bytes.Repeat([]byte{'x'}, 1<<16)); err != nil {
				return
			}
		}
	})
	s := serve(t, live.Options{}, Options{API: large}, quick)
	t.Run("headers", func(t *testing.T) {
		conn := s.raw()
		say(t, conn, "GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
		hungUp(t, conn)
	})
	t.Run("nothing at all", func(t *testing.T) { hungUp(t, s.raw()) })
	t.Run("body", func(t *testing.T) {
		conn := s.raw()
		say(t, conn, "POST /api/v1/slow HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nbeginning")
		hungUp(t, conn)
	})
	t.Run("body by pieces", func(t *testing.T) {
		conn := s.raw()
		say(t, conn, "POST /api/v1/slow HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n")
		hungUp(t, conn)
	})
	t.Run("reader", func(t *testing.T) {
		conn := s.raw()
		if err := conn.(*net.TCPConn).SetReadBuffer(4 << 10); err != nil {
			t.Fatal(err)
		}
		say(t, conn, "GET /api/v1/large HTTP/1.1\r\nHost: localhost\r\n\r\n")
		// It takes nothing until the server has given it up.
		eventually(t, "the request is over", func() bool {
			return s.metric(`steward_http_request_duration_seconds_count{code="200",method="get",route="/api/v1/"}`) == "1"
		})
	})
	t.Run("idle", func(t *testing.T) {
		conn := s.raw()
		say(t, conn, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
		if said := hungUp(t, conn); !strings.HasPrefix(said, "HTTP/1.1 200") {
			t.Errorf("answer %q", said)
		}
	})
	if answer, _ := s.get("/healthz"); answer.StatusCode != http.StatusOK {
		t.Errorf("after all that: %s", answer.Status)
	}
}

// An import comes over a slow line and may take its time, but only that of
// somebody.
func TestImportsMayTakeTheirTime(t *testing.T) {
	s := serve(t, live.Options{}, Options{API: echo}, quick)
	send := func(header string) string {
		t.Helper()
		conn := s.raw()
		say(t, conn, "POST /api/v1/import/devices HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 10\r\n"+header+"\r\n")
		timer := time.NewTimer(time.Second) // longer than the server's patience
		<-timer.C
		_, _ = io.WriteString(conn, "0123456789")
		return hungUp(t, conn)
	}
	if said := send("Authorization: Bearer " + hqToken + "\r\n"); !strings.HasPrefix(said, "HTTP/1.1 200") {
		t.Errorf("a slow import: %q", said)
	}
	if said := send(""); strings.HasPrefix(said, "HTTP/1.1 200") {
		t.Errorf("a slow import of nobody: %q", said)
	}
}

func TestOversizedRequests(t *testing.T) {
	s := serve(t, live.Options{}, Options{API: echo}, nil)
	status := func(request string, body io.Reader) int {
		t.Helper()
		conn := s.raw()
		say(t, conn, request)
		if body != nil {
			_, _ = io.Copy(conn, body) // the server may hang up in the middle
		}
		answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			return 0
		}
		_ = answer.Body.Close()
		return answer.StatusCode
	}
	huge := strings.Repeat("a", 2*maxHeader)
	for name, request := range map[string]string{
		"one header":   "GET / HTTP/1.1\r\nHost: localhost\r\nX-Huge: " + huge + "\r\n\r\n",
		"many headers": "GET / HTTP/1.1\r\nHost: localhost\r\n" + strings.Repeat("X-Many: 0123456789\r\n", 4000) + "\r\n",
		"the address":  "GET /" + huge + " HTTP/1.1\r\nHost: localhost\r\n\r\n",
	} {
		if got := status(request, nil); got != http.StatusRequestHeaderFieldsTooLarge && got != http.StatusRequestURITooLong && got != 0 {
			t.Errorf("%s: %d", name, got)
		}
	}
	token := "Authorization: Bearer " + hqToken + "\r\n"
	fits := fmt.Sprintf("POST /api/v1/x HTTP/1.1\r\nHost: localhost\r\n%sContent-Length: %d\r\n\r\n", token, 1<<20)
	if got := status(fits, bytes.NewReader(make([]byte, 1<<20))); got != http.StatusOK {
		t.Errorf("a megabyte for the API: %d", got)
	}
	over := fmt.Sprintf("POST /api/v1/x HTTP/1.1\r\nHost: localhost\r\n%sContent-Length: %d\r\n\r\n", token, maxAPIBody+1)
	if got := status(over, bytes.NewReader(make([]byte, maxAPIBody+1))); got != http.StatusRequestEntityTooLarge && got != 0 {
		t.Errorf("more than the API takes: %d", got)
	}
}

func TestPathsLeadNowhereElse(t *testing.T) {
	s := serve(t, live.Options{}, Options{API: http.HandlerFunc(notFound)}, nil)
	secrets := []string{"root:", "package dashboard", "module steward", "PRIVATE KEY"}
	for _, path := range []string{
		"/../../../etc/passwd", "/..%2f..%2f..%2fetc%2fpasswd", "/%2e%2e/%2e%2e/etc/passwd", "/assets/../../server.go", "/assets/..%5c..%5cserver.go",
		"/%2e%2e%2fserver.go", "/....//....//etc/passwd", "//etc/passwd", "/assets//../../../go.mod", "/index.html%00.js", "/%00", "/assets/%00",
		"/api/v1/../../etc/passwd", "/api/v1/..%2f..%2fetc%2fpasswd", "/api/v1/devices/%2e%2e/%2e%2e/x", "/api/v1/%00", "/web/dist/index.html", "/server.go",
		"/.gitkeep", "/.git/config", "/assets", "/assets/", "/api", "/C:\\windows\\win.ini", "/\\..\\..\\etc\\passwd", "/%c0%ae%c0%ae/etc/passwd", "/;/x", "/static/..;/x",
	} {
		conn := s.raw()
		say(t, conn, "GET "+path+" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
		said := hungUp(t, conn)
		status := strings.SplitN(said, " ", 3)
		switch {
		case len(status) < 2:
			t.Errorf("%s: answer %q", path, said)
		case status[1] == "404" || status[1] == "400":
		case strings.HasPrefix(status[1], "30"):
			// Only to a cleaner path of this server.
			_, rest, _ := strings.Cut(said, "\r\nLocation: ")
			to, _, _ := strings.Cut(rest, "\r\n")
			if !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.HasPrefix(to, "/\\") {
				t.Errorf("%s leads to %q", path, to)
			}
		default:
			t.Errorf("%s: %s", path, status[1])
		}
		for _, secret := range secrets {
			if strings.Contains(said, secret) {
				t.Errorf("%s shows a file: %.300s", path, said)
			}
		}
	}
}

// Two servers in a row that read a request differently could be made to see two.
func TestAmbiguousRequestsAreRefused(t *testing.T) {
	s := serve(t, live.Options{}, Options{API: echo}, nil)
	for _, request := range []string{
		"POST /api/v1/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
		"POST /api/v1/x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
		"POST /api/v1/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
		"POST /api/v1/x HTTP/1.1\r\nHost: localhost\r\nContent-Length : 5\r\n\r\nabcde",
		"GET /api/v1/x HTTP/1.1\r\nHost: localhost\r\nCookie: a\x00b\r\n\r\n",
		"GET /api/v1/x\r\n\r\n",
		"G@T / HTTP/1.1\r\nHost: localhost\r\n\r\n",
		"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n",
	} {
		conn := s.raw()
		say(t, conn, request)
		if said := hungUp(t, conn); !strings.HasPrefix(said, "HTTP/1.1 4") && !strings.HasPrefix(said, "HTTP/1.1 5") {
			t.Errorf("%q is answered %.100q", request, said)
		}
	}
}
