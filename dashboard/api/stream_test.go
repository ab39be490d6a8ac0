package api

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"steward/internal/authz"
	"steward/internal/clickhouse"
)

// exporting is a store whose export a test writes.
type exporting struct {
	Data
	write func(context.Context, io.Writer) error
}

func (e exporting) Export(ctx context.Context, _ authz.Scope, w io.Writer, _ clickhouse.ExportQuery) error {
	return e.write(ctx, w)
}

// server is the API behind a real connection, as the root of the tests.
func (w *world) server(write func(context.Context, io.Writer) error) string {
	w.api.Data = exporting{write: write}
	s := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.api.ServeHTTP(rw, r.WithContext(authz.WithPrincipal(r.Context(), root)))
	}))
	w.t.Cleanup(s.Close)
	return s.URL
}

const anExport = Prefix + "/export/events.csv?from=2026-11-01T00:00:00Z"

func fetch(t *testing.T, url string) (*http.Response, string, error) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp, string(body), err
}

func TestStreamIsWhole(t *testing.T) {
	w := newWorld(t)
	url := w.server(func(_ context.Context, out io.Writer) error {
		for range 1000 {
			if _, err := io.WriteString(out, strings.Repeat("x", 999)+"\n"); err != nil {
				return err
			}
		}
		return nil
	})
	resp, body, err := fetch(t, url+anExport)
	if err != nil || resp.StatusCode != http.StatusOK || len(body) != 1_000_000 {
		t.Fatalf("%d, %d bytes, %v", resp.StatusCode, len(body), err)
	}
	if got := resp.Header.Get("Content-Disposition"); got != `attachment; filename="events.csv"` {
		t.Errorf("Content-Disposition %q", got)
	}
}

func TestStreamOfNothing(t *testing.T) {
	w := newWorld(t)
	resp, body, err := fetch(t, w.server(func(context.Context, io.Writer) error { return nil })+anExport)
	if err != nil || resp.StatusCode != http.StatusOK || body != "" || resp.Header.Get("Content-Type") != typeCSV {
		t.Errorf("%d %v %q, %v", resp.StatusCode, resp.Header, body, err)
	}
}

// What fails before it begins is a problem like every other.
func TestStreamThatDoesNotBegin(t *testing.T) {
	w := newWorld(t)
	resp, body, err := fetch(t, w.server(func(_ context.Context, out io.Writer) error {
		_, _ = io.WriteString(out, "a few bytes")
		return clickhouse.ErrUnreachable
	})+anExport)
	if err != nil || resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Content-Type") != "application/problem+json" || strings.Contains(body, "few") {
		t.Errorf("%d %v %q, %v", resp.StatusCode, resp.Header, body, err)
	}
}

// What fails in the middle must not look whole.
func TestStreamThatBreaks(t *testing.T) {
	w := newWorld(t)
	resp, body, err := fetch(t, w.server(func(_ context.Context, out io.Writer) error {
		if _, err := io.WriteString(out, strings.Repeat("x", 3*chunkSize)); err != nil {
			return err
		}
		return errors.New("the store broke off")
	})+anExport)
	if err == nil {
		t.Errorf("%d and %d bytes without an error", resp.StatusCode, len(body))
	}
	if strings.Contains(body, "{") {
		t.Errorf("the answer goes on with %q", body[len(body)-80:])
	}
}

// A reader who goes away stops the export.
func TestStreamWithoutAReader(t *testing.T) {
	w := newWorld(t)
	stopped := make(chan error, 1)
	url := w.server(func(ctx context.Context, out io.Writer) error {
		for {
			if _, err := out.Write(make([]byte, chunkSize)); err != nil {
				stopped <- err
				return err
			}
		}
	})
	conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, "GET "+anExport+" HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Read(make([]byte, 100)); err != nil {
		t.Fatal(err)
	}
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-stopped:
		if err == nil {
			t.Error("the export did not see that its reader is gone")
		}
	case <-time.After(20 * time.Second):
		t.Error("the export goes on for nobody")
	}
}

// deadlines notes what a connection is asked for.
type deadlines struct {
	*httptest.ResponseRecorder
	read, write []time.Time
}

func (d *deadlines) SetReadDeadline(t time.Time) error  { d.read = append(d.read, t); return nil }
func (d *deadlines) SetWriteDeadline(t time.Time) error { d.write = append(d.write, t); return nil }

// A slow client has an end: the request as a whole, and each chunk of a stream.
func TestClientsHaveTime(t *testing.T) {
	w := newWorld(t)
	w.api.Data = exporting{write: func(_ context.Context, out io.Writer) error {
		_, err := out.Write(make([]byte, 5*chunkSize))
		return err
	}}
	began := time.Now()
	ask := func(path string) *deadlines {
		d := &deadlines{ResponseRecorder: httptest.NewRecorder()}
		w.api.ServeHTTP(d, get(path).request(t.Context(), root))
		return d
	}
	usual := ask("/regions")
	if len(usual.read) != 1 || usual.read[0].After(time.Now().Add(defaultTimeout)) || len(usual.write) != 1 || usual.write[0].After(time.Now().Add(2*defaultTimeout)) {
		t.Errorf("read by %v, written by %v", usual.read, usual.write)
	}
	stream := ask(strings.TrimPrefix(anExport, Prefix))
	if len(stream.write) != 1+5 {
		t.Fatalf("%d chunks with a time of their own", len(stream.write)-1)
	}
	for _, at := range stream.write[1:] {
		if at.Before(began) || at.After(time.Now().Add(chunkTime)) {
			t.Errorf("a chunk has time until %v", at)
		}
	}
}
