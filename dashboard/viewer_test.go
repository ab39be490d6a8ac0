package dashboard

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// viewer is a websocket client that keeps what it was told, as JSON: it does
// what the protocol's description says and no more.
type viewer struct {
	*websocket.Conn
	seq     uint64
	devices map[string]map[string]any
	dangers map[string]any
	events  int
	missed  uint64
	scope   map[string]any
	calls   map[string]map[string]any // incidents by id
	entries string                    // of timelines: incident:kind, as they came
	heard   bytes.Buffer              // every message, as it came
}

// view connects as who may see everything. tune may change the dialer.
func (s *site) view(query string, tune func(*websocket.Dialer)) (*viewer, *http.Response, error) {
	return s.viewAs(http.Header{"Authorization": {"Bearer " + hqToken}}, query, tune)
}

func (s *site) viewAs(header http.Header, query string, tune func(*websocket.Dialer)) (*viewer, *http.Response, error) {
	d := websocket.Dialer{EnableCompression: true, HandshakeTimeout: 10 * time.Second}
	if tune != nil {
		tune(&d)
	}
	conn, answer, err := d.DialContext(s.t.Context(), "ws://"+s.addr+"/api/v1/live"+query, header)
	if err != nil {
		return nil, answer, err
	}
	s.t.Cleanup(func() { _ = conn.Close() })
	return &viewer{Conn: conn}, answer, nil
}

func (s *site) mustView(query string) *viewer {
	s.t.Helper()
	v, _, err := s.view(query, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return v
}

// next applies the next message and returns its type.
func (v *viewer) next() (string, map[string]any, error) {
	if err := v.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		return "", nil, err
	}
	_, data, err := v.ReadMessage()
	if err != nil {
		return "", nil, err
	}
	v.heard.Write(data)
	var m map[string]any
	if err := json.Unmarshal(data, &m); err != nil {
		return "", nil, fmt.Errorf("message %.200s: %w", data, err)
	}
	kind, _ := m["type"].(string)
	switch kind {
	case "snapshot":
		v.devices, v.dangers = map[string]map[string]any{}, map[string]any{}
		v.seq = uint64(m["seq"].(float64))
		v.scope = m["scope"].(map[string]any)
		v.apply(m)
	case "delta":
		if seq := uint64(m["seq"].(float64)); seq != v.seq+1 {
			return "", nil, fmt.Errorf("delta %d after %d", seq, v.seq)
		}
		v.seq++
		v.apply(m)
	case "missed":
		v.missed += uint64(m["updates"].(float64))
	case "incidents":
		if m["reset"] == true {
			v.calls, v.entries = map[string]map[string]any{}, ""
		}
		v.applyCalls(m)
	case "ping", "error":
	default:
		return "", nil, fmt.Errorf("message of type %q", kind)
	}
	return kind, m, nil
}

func (v *viewer) apply(m map[string]any) {
	for _, d := range items(m, "devices") {
		path := d["device"].(string)
		old := v.devices[path]
		if old != nil {
			values := old["values"].(map[string]any)
			for name, value := range d["values"].(map[string]any) {
				values[name] = value
			}
			d["values"] = values
		}
		v.devices[path] = d
	}
	for _, d := range items(m, "dangers") {
		v.dangers[d["event"].(map[string]any)["device"].(string)] = d
	}
	if ended, ok := m["ended"].([]any); ok {
		for _, path := range ended {
			delete(v.dangers, path.(string))
		}
	}
	v.events += len(items(m, "events"))
}

func (v *viewer) applyCalls(m map[string]any) {
	if v.calls == nil {
		v.calls = map[string]map[string]any{}
	}
	for _, in := range items(m, "incidents") {
		v.calls[in["id"].(string)] = in
	}
	for _, e := range items(m, "entries") {
		v.entries = strings.TrimSpace(fmt.Sprint(v.entries, " ", e["incident"], ":", e["kind"]))
	}
}

// callNames are the incidents that v has, in order.
func (v *viewer) callNames() []string { return slices.Sorted(maps.Keys(v.calls)) }

func items(m map[string]any, name string) []map[string]any {
	list, _ := m[name].([]any)
	out := make([]map[string]any, len(list))
	for i := range list {
		out[i] = list[i].(map[string]any)
	}
	return out
}

// until applies messages until one is of this type.
func (v *viewer) until(t *testing.T, kind string) map[string]any {
	t.Helper()
	for {
		got, m, err := v.next()
		if err != nil {
			t.Fatalf("waiting for a %s: %v", kind, err)
		}
		if got == kind {
			return m
		}
	}
}

// closed reads until the server closes, and returns its close code and reason.
func (v *viewer) closed(t *testing.T) *websocket.CloseError {
	t.Helper()
	for {
		_, _, err := v.next()
		if err == nil {
			continue
		}
		var end *websocket.CloseError
		if !errors.As(err, &end) {
			t.Fatalf("the connection broke without a close frame: %v", err)
		}
		return end
	}
}
