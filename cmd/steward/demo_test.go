package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"steward/internal/mqtttest"
)

// A stranger starts the demonstration, publishes a reading, an event, a batch
// and garbage, and finds each where it belongs: on the page, in the tables, in
// quarantine.
func TestDemo(t *testing.T) {
	d := startDemo(t, "--devices", "60", "--days", "2")
	dir, page, broker := d.dir, d.page, d.broker
	if !bytes.Contains(d.logs.sinceRestart(), []byte("http://"+page)) {
		t.Error("it does not say where its page is")
	}

	live := watchLive(t, "ws://"+page+"/api/v1/live?project=my-estate", makeToken(t, dir, "viewer"))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	p, err := mqtttest.NewPublisher(ctx, mqtttest.PublisherOptions{Addr: broker})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().UnixMilli()
	for _, m := range [][2]string{
		{"property/east/my-estate/meter/m1/telemetry", `{"power_kw":3.2,"energy_kwh":1234.5,"mode":"auto"}`},
		{"property/east/my-estate/elevator/e1/event", `{"event":"entrapment","id":"stranger-1","attrs":{"floor":7}}`},
		{"property/east/my-estate/meter/m2/telemetry", fmt.Sprintf(`[{"ts":%d,"values":{"power_kw":1.5}},{"ts":%d,"values":{"power_kw":1.25}}]`, now, now-60_000)},
		{"property/east/my-estate/meter/m1/telemetry", `garbage from a stranger`},
		{"propertty/east/oops", `{}`},
	} {
		if _, err := p.Publish(m[0], []byte(m[1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}

	// On the page. The batch has an older value, which must not show.
	live.expect(`"power_kw":[3.2,`, `"power_kw":[1.5,`, `"kind":"entrapment"`, `garbage from a stranger`)
	if live.has(`"power_kw":[1.25,`) {
		t.Error("an older value of the batch became the latest")
	}
	// In the tables and in quarantine.
	sql := func(query, want string) {
		t.Helper()
		until(t, 30*time.Second, query, func() error {
			out, err := exec.Command(program(t), "sql", "--data", dir, "--format", "TSV", query).CombinedOutput()
			if got := strings.TrimSpace(string(out)); err != nil || got != want {
				return fmt.Errorf("got %q, %w", got, errors.Join(err, fmt.Errorf("want %q", want)))
			}
			return nil
		})
	}
	sql("SELECT device, metric, value FROM readings WHERE project = 'my-estate' ORDER BY ALL", "m1\tenergy_kwh\t1234.5\nm1\tpower_kw\t3.2\nm2\tpower_kw\t1.25\nm2\tpower_kw\t1.5")
	sql("SELECT device, metric, value FROM states WHERE project = 'my-estate'", "m1\tmode\tauto")
	sql("SELECT device, kind, id, severity FROM events WHERE project = 'my-estate'", "e1\tentrapment\tstranger-1\tlife_safety")
	sql("SELECT payload, reason FROM dead_letters ORDER BY reason", "garbage from a stranger\tbad_syntax\n{}\tbad_topic")

	d.await(t, startLimit, historyComplete)
	sql("SELECT count() > 10000 FROM readings WHERE ts < now() - INTERVAL 1 DAY", "1")

	// The end is clean, and the data is there the next time.
	if err := d.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := d.cmd.Wait(); err != nil {
		t.Errorf("the demonstration ended with %v", err)
	}
	sql("SELECT count() FROM readings WHERE project = 'my-estate'", "4")
}

// liveWatch collects what a websocket client is sent.
type liveWatch struct {
	t    *testing.T
	logs *output
}

func watchLive(t *testing.T, url, token string) *liveWatch {
	t.Helper()
	conn, resp, err := websocket.DefaultDialer.DialContext(t.Context(), url, bearer(token))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	w := &liveWatch{t: t, logs: new(output)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			_, text, err := conn.ReadMessage()
			if err != nil {
				return
			}
			var compact bytes.Buffer
			if json.Compact(&compact, text) == nil {
				_, _ = w.logs.Write(append(compact.Bytes(), '\n')) // memory does not fail
			}
		}
	}()
	t.Cleanup(func() { _ = conn.Close(); <-done }) // whatever its state, it ends the reader
	return w
}

func (w *liveWatch) has(s string) bool { return bytes.Contains(w.logs.sinceRestart(), []byte(s)) }

func (w *liveWatch) expect(parts ...string) {
	w.t.Helper()
	until(w.t, 30*time.Second, "the page to show what was published", func() error {
		for _, p := range parts {
			if !w.has(p) {
				return fmt.Errorf("%s was not shown", p)
			}
		}
		return nil
	})
}
