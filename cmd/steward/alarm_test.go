package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"steward/internal/mqtttest"
)

// An entrapment from the lift's message to the end of it, with everything that is
// in between for real: the broker, the process that is killed, the screen, who is
// called, the deeds of people, the evidence.
func TestAlarm(t *testing.T) {
	called := newReceiver(t)
	s := newServer(t, alarmSettings(t, called.URL))
	s.start()
	c := &apiClient{t: t, page: s.address(), token: makeToken(t, s.dir, "administrator")}
	c.do("POST", "/regions", map[string]any{"id": "north", "name": "华北"}, http.StatusCreated, nil)
	c.do("POST", "/projects", map[string]any{"region": "north", "id": "harbour", "name": "海港城", "time_zone": "Asia/Shanghai"}, http.StatusCreated, nil)
	screen := openAlarmScreen(t, s, c.token, "")
	heard := subscribeIncidents(t, s)

	say := func(topic, payload string) {
		t.Helper()
		p, err := mqtttest.NewPublisher(t.Context(), mqtttest.PublisherOptions{Addr: s.setting("embedded_broker.listen"), User: publisherName, Password: publisherPassword})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = p.Close() }()
		if _, err := p.Publish(topic, []byte(payload)); err != nil {
			t.Fatal(err)
		}
		if err := p.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	const lift = "property/north/harbour/elevator/e2/event"
	say(lift, `{"event":"entrapment","id":"a1","attrs":{"floor":7}}`)

	// On the screen with its clocks, at the broker, and the room is called.
	seen := screen.wait(t, "the entrapment on the screen", func(m *alarmMessage) bool { return m.has("firing") })
	inc := seen.Incidents[0]
	if len(inc.Clocks) < 3 || inc.Clocks[0].Deadline == "" {
		t.Errorf("the clocks do not run: %+v", inc.Clocks)
	}
	until(t, 30*time.Second, "the incident at the broker", func() error { return heard.has("steward/incidents/north/harbour/" + inc.ID) })
	until(t, 30*time.Second, "the control room is called", func() error { return called.has(inc.ID+"/1/opened/", "/control-room") })

	// The process dies. The incident is there once, and the clocks go on.
	s.kill()
	s.start()
	c.page = s.address()
	var list listOf[alarmIncident]
	c.do("GET", "/incidents?open=true", nil, http.StatusOK, &list)
	if len(list.Items) != 1 || list.Items[0].ID != inc.ID || list.Items[0].State != "firing" {
		t.Fatalf("after the restart: %+v", list.Items)
	}
	// Whoever comes back with a cursor gets what was missed, and no more.
	screen = openAlarmScreen(t, s, c.token, fmt.Sprint(seen.Cursor))
	c.do("POST", "/incidents/"+inc.ID+"/actions", map[string]any{"deed": "acknowledge", "note": "on my way"}, http.StatusOK, nil)
	screen.wait(t, "the acknowledgement on the screen", func(m *alarmMessage) bool { return m.has("acknowledged") && !m.Reset })
	c.do("POST", "/incidents/"+inc.ID+"/actions", map[string]any{"deed": "acknowledge"}, http.StatusConflict, nil)

	say(lift, `{"event":"arrived","id":"a2"}`)
	screen.wait(t, "the arrival", func(m *alarmMessage) bool { return m.has("arrived") })
	say(lift, `{"event":"released","id":"a3"}`)
	screen.wait(t, "the end", func(m *alarmMessage) bool { return m.has("resolved") })
	until(t, 30*time.Second, "the control room is told of the end", func() error { return called.has(inc.ID+"/1/resolved/", "/control-room") })

	// The evidence: who did what, with the lift's own words, sealed.
	var evidence struct {
		Proof struct {
			Intact bool `json:"intact"`
		} `json:"proof"`
		Entries []struct {
			Kind string          `json:"kind"`
			Data json.RawMessage `json:"data"`
		} `json:"entries"`
	}
	// That a call was taken is written down after the receiver has it.
	until(t, 30*time.Second, "the whole timeline", func() error {
		c.do("GET", "/incidents/"+inc.ID+"/evidence", nil, http.StatusOK, &evidence)
		var kinds []string
		for _, e := range evidence.Entries {
			kinds = append(kinds, e.Kind)
		}
		for _, want := range []string{"opened", "clock_started", "notice", "delivered", "acknowledged", "arrived", "clock_stopped", "cleared", "resolved"} {
			if !slices.Contains(kinds, want) {
				return fmt.Errorf("the timeline has no %s: %v", want, kinds)
			}
		}
		return nil
	})
	if !evidence.Proof.Intact || !strings.Contains(string(evidence.Entries[0].Data), `"floor":7`) {
		t.Errorf("the evidence is not whole: %+v, %s", evidence.Proof, evidence.Entries[0].Data)
	}
	until(t, 30*time.Second, "the timeline in ClickHouse", func() error {
		out, err := exec.Command(program(t), "sql", "--data", s.dir, "--format", "TSV",
			"SELECT count() FROM incident_events FINAL WHERE incident = '"+inc.ID+"'").CombinedOutput()
		if got := strings.TrimSpace(string(out)); err != nil || got == "0" {
			return errors.Join(err, fmt.Errorf("%s lines", got))
		}
		return nil
	})
	if twice := called.twice(); twice != "" {
		t.Logf("delivered more than once, as it may be after a kill: %s", twice)
	}
}

func alarmSettings(t *testing.T, receiver string) map[string]string {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	address := write("url", receiver)
	return map[string]string{
		"alerting.channels": write("channels.yaml", "channels:\n  - name: room\n    cloudevents:\n      url_file: "+address+"\n"),
		"alerting.escalation": write("escalation.yaml", `
contacts:
  - { name: control-room, place: north/harbour, lang: zh, channels: [room] }
policies:
  - name: default
    steps:
      - { after: 0s, tell: [project] }
    tell_resolved: true
`),
	}
}

// receiver takes CloudEvents and knows their ids.
type receiver struct {
	*httptest.Server
	mu  sync.Mutex
	ids []string
}

func newReceiver(t *testing.T) *receiver {
	r := &receiver{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		text, err := io.ReadAll(io.LimitReader(req.Body, 1<<20))
		var event struct {
			ID string `json:"id"`
		}
		if err = errors.Join(err, json.Unmarshal(text, &event)); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.ids = append(r.ids, event.ID)
	}))
	t.Cleanup(r.Close)
	return r
}

// has looks for an id by its beginning and its end.
func (r *receiver) has(begin, end string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if slices.ContainsFunc(r.ids, func(id string) bool { return strings.HasPrefix(id, begin) && strings.HasSuffix(id, end) }) {
		return nil
	}
	return fmt.Errorf("of %q none is %s…%s", r.ids, begin, end)
}

func (r *receiver) twice() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, id := range r.ids {
		if slices.Contains(r.ids[:i], id) {
			return id
		}
	}
	return ""
}

type alarmIncident struct {
	ID     string `json:"id"`
	State  string `json:"state"`
	Clocks []struct {
		Standard string `json:"standard"`
		Deadline string `json:"deadline"`
	} `json:"clocks"`
}

type alarmMessage struct {
	Type      string          `json:"type"`
	Reset     bool            `json:"reset"`
	Cursor    int64           `json:"cursor"`
	Incidents []alarmIncident `json:"incidents"`
}

func (m *alarmMessage) has(state string) bool {
	return slices.ContainsFunc(m.Incidents, func(i alarmIncident) bool { return i.State == state })
}

// alarmScreen is a browser that looks at the incidents.
type alarmScreen struct{ messages chan *alarmMessage }

func openAlarmScreen(t *testing.T, s *server, token, after string) *alarmScreen {
	t.Helper()
	u, err := url.Parse(s.address())
	if err != nil {
		t.Fatal(err)
	}
	address := "ws://" + u.Host + "/api/v1/live?region=north&project=harbour"
	if after != "" {
		address += "&after=" + after
	}
	conn, resp, err := websocket.DefaultDialer.Dial(address, bearer(token))
	if err != nil {
		t.Fatalf("open the live websocket: %v", err)
	}
	_ = resp.Body.Close() // of the handshake
	v := &alarmScreen{messages: make(chan *alarmMessage, 1000)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer close(v.messages)
		for {
			m := &alarmMessage{}
			if conn.ReadJSON(m) != nil {
				return
			}
			if m.Type == "incidents" {
				v.messages <- m
			}
		}
	}()
	t.Cleanup(func() { _ = conn.Close(); <-done })
	return v
}

func (v *alarmScreen) wait(t *testing.T, what string, is func(*alarmMessage) bool) *alarmMessage {
	t.Helper()
	limit := time.After(60 * time.Second)
	for {
		select {
		case m, ok := <-v.messages:
			if !ok {
				t.Fatalf("the websocket ended before %s", what)
			}
			if is(m) {
				return m
			}
		case <-limit:
			t.Fatalf("no sign of %s", what)
		}
	}
}

// incidentTopics are the topics on which incidents were published.
type incidentTopics struct {
	mu   sync.Mutex
	seen []string
}

func (h *incidentTopics) has(topic string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if slices.Contains(h.seen, topic) {
		return nil
	}
	return fmt.Errorf("only %q", h.seen)
}

// subscribeIncidents reads the incidents at the broker until the test ends.
func subscribeIncidents(t *testing.T, s *server) *incidentTopics {
	t.Helper()
	h := &incidentTopics{}
	sub, err := mqtttest.NewSubscriber(t.Context(), mqtttest.SubscriberOptions{
		Addr: s.setting("embedded_broker.listen"), Filter: "steward/incidents/#", User: publisherName, Password: publisherPassword,
		OnMessage: func(topic, _ []byte) {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.seen = append(h.seen, string(topic))
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sub.Close() }) // the broker may be gone by then
	return h
}
