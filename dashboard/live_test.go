package dashboard

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"steward/internal/authz"
	"steward/internal/live"
	"steward/internal/telemetry"
)

func TestSnapshotThenDeltas(t *testing.T) {
	s := serve(t, live.Options{}, Options{}, nil)
	s.board.Reading(reading(meter, "power_kw", 3.25))
	s.board.State(telemetry.State{Device: meter, Metric: "mode", TS: now(), Received: now(), Value: "auto"})
	eventually(t, "the board has the values", func() bool { return len(s.board.Snapshot(live.Scope{Allowed: authz.Everything()}).Devices) == 1 })

	v := s.mustView("")
	m := v.until(t, "snapshot")
	values := v.devices[meter.String()]["values"].(map[string]any)
	if got := values["power_kw"].([]any)[0]; got != 3.25 {
		t.Errorf("snapshot has power %v, want 3.25", got)
	}
	if got := values["mode"].([]any)[0]; got != "auto" {
		t.Errorf("snapshot has mode %v, want auto", got)
	}
	if got := m["metrics"].(map[string]any)["power_kw"].(map[string]any)["unit"]; got != "kW" {
		t.Errorf("unit of power is %v", got)
	}

	s.board.Reading(reading(lift, "speed_ms", -1.5))
	for v.devices[lift.String()] == nil {
		m = v.until(t, "delta")
	}
	if got := m["metrics"].(map[string]any)["speed_ms"].(map[string]any)["unit"]; got != "m/s" {
		t.Errorf("a metric that is new has unit %v", got)
	}
	s.board.Event(telemetry.Event{
		Device: lift, Kind: telemetry.Entrapment, ID: "e1", Severity: telemetry.LifeSafety, TS: now(), Received: now(), Attrs: `{"floor":7}`,
	})
	for len(v.dangers) == 0 {
		m = v.until(t, "delta")
	}
	if got := items(m, "events")[0]["attrs"].(map[string]any)["floor"]; got != 7.0 {
		t.Errorf("the event's attributes are %v", items(m, "events")[0])
	}
	s.board.Event(telemetry.Event{
		Device: lift, Kind: telemetry.Released, ID: "e2", Severity: telemetry.Info, TS: now(), Received: now(), Attrs: `{}`,
	})
	for len(v.dangers) != 0 {
		v.until(t, "delta")
	}
}

// Many viewers of a few scopes, each ends with what the board has.
func TestManyViewersSeeTheSame(t *testing.T) {
	s := serve(t, live.Options{Tick: 5 * time.Millisecond}, Options{}, nil)
	scopes := []live.Filter{{}, {Region: "north"}, {Region: "south", Class: telemetry.Fire}, {Device: "d3"}}
	var devices []*telemetry.Device
	for i := range 40 {
		devices = append(devices, &telemetry.Device{
			Region: []string{"north", "south"}[i%2], Project: fmt.Sprint("p", i%4), Class: telemetry.Classes()[i/2%4], ID: fmt.Sprint("d", i),
		})
	}
	// A danger is in every overview: it tells all viewers that this is the end.
	end := &telemetry.Device{Region: "end", Project: "end", Class: telemetry.Fire, ID: "end"}
	const viewers = 60
	var following sync.WaitGroup
	done := make(chan struct{})
	final := make([]map[string]map[string]any, viewers)
	errs := make([]error, viewers)
	for i := range viewers {
		f := scopes[i%len(scopes)]
		v := s.mustView(fmt.Sprintf("?region=%s&class=%s&device=%s", f.Region, f.Class, f.Device))
		following.Go(func() {
			for {
				if _, _, err := v.next(); err != nil {
					errs[i] = err
					return
				}
				if v.dangers[end.String()] != nil {
					final[i] = v.devices
					return
				}
			}
		})
	}
	go func() { following.Wait(); close(done) }()

	r := rand.New(rand.NewPCG(7, 7))
	for i := range 20_000 {
		d := devices[r.IntN(len(devices))]
		s.board.Reading(telemetry.Reading{Device: d, Metric: fmt.Sprint("m", r.IntN(4)), TS: telemetry.Millis(i - r.IntN(50)), Received: telemetry.Millis(i), Value: r.NormFloat64()})
	}
	s.board.Event(telemetry.Event{Device: end, Kind: telemetry.Alarm, ID: "end", Severity: telemetry.LifeSafety, TS: now(), Received: now(), Attrs: "{}"})
	<-done
	for i := range viewers {
		if errs[i] != nil {
			t.Fatal(errs[i])
		}
		var truth map[string]any
		if err := json.Unmarshal(encodeSnapshot(s.board.Snapshot(live.Scope{Detail: scopes[i%len(scopes)], Allowed: authz.Everything()})), &truth); err != nil {
			t.Fatal(err)
		}
		expect := map[string]map[string]any{}
		for _, d := range items(truth, "devices") {
			expect[d["device"].(string)] = d
		}
		if !reflect.DeepEqual(final[i], expect) {
			t.Fatalf("viewer %d of %+v ends with\n%v\nwant\n%v", i, scopes[i%len(scopes)], final[i], expect)
		}
	}
	if got := s.metric("steward_live_clients"); got != fmt.Sprint(viewers) {
		t.Errorf("steward_live_clients is %s, want %d", got, viewers)
	}
}

func TestScopeChangesByMessage(t *testing.T) {
	s := serve(t, live.Options{}, Options{}, nil)
	for _, d := range []*telemetry.Device{meter, lift, panel} {
		s.board.Reading(reading(d, "x", 1))
	}
	eventually(t, "the board has the devices", func() bool { return len(s.board.Snapshot(live.Scope{Allowed: authz.Everything()}).Devices) == 3 })
	v := s.mustView("?project=garden")
	v.until(t, "snapshot")
	if len(v.devices) != 1 || v.devices[panel.String()] == nil {
		t.Errorf("the garden has %v", v.devices)
	}
	if err := v.WriteJSON(map[string]any{"subscribe": map[string]string{"region": "north", "class": "elevator"}}); err != nil {
		t.Fatal(err)
	}
	v.until(t, "snapshot")
	if len(v.devices) != 1 || v.devices[lift.String()] == nil || v.scope["class"] != "elevator" || v.scope["project"] != "" {
		t.Errorf("after the change: scope %v, devices %v", v.scope, v.devices)
	}
	for message, want := range map[string]string{
		`{"subscribe":{"class":"oven"}}`:  "oven",
		`{"subscribe":{"rgion":"north"}}`: "rgion",
		`{}`:                              "subscribe",
		"\x00\xff":                        "message",
	} {
		if err := v.WriteMessage(websocket.BinaryMessage, []byte(message)); err != nil {
			t.Fatal(err)
		}
		if m := v.until(t, "error"); !strings.Contains(m["detail"].(string), want) {
			t.Errorf("%q is answered %v, want a word of %q", message, m, want)
		}
	}
	s.board.Reading(reading(lift, "x", 2))
	v.until(t, "delta") // still there
}

func TestOrigins(t *testing.T) {
	s := serve(t, live.Options{}, Options{AllowedOrigins: []string{"https://Wall.example.com"}}, nil)
	f := func(origin string, ok bool) {
		t.Helper()
		header := http.Header{"Authorization": {"Bearer " + hqToken}}
		if origin != "" {
			header.Set("Origin", origin)
		}
		conn, answer, err := websocket.DefaultDialer.DialContext(t.Context(), "ws://"+s.addr+"/api/v1/live", header)
		if err == nil {
			_ = conn.Close()
		}
		if (err == nil) != ok {
			t.Errorf("origin %q: %v, want let in %v", origin, err, ok)
		}
		if !ok && answer.StatusCode != http.StatusForbidden {
			t.Errorf("origin %q is refused with %s", origin, answer.Status)
		}
	}
	f("", true)
	f("http://"+s.addr, true)
	f("https://wall.example.com", true)
	f("https://evil.example.com", false)
	f("http://wall.example.com", false)
	f("http://"+s.addr+".evil.example.com", false)
	f("null", false)
}

func TestTooManyClientsAreRefused(t *testing.T) {
	s := serve(t, live.Options{}, Options{MaxClients: 2}, nil)
	first := s.mustView("")
	s.mustView("")
	_, answer, err := s.view("", nil)
	if err == nil || answer.StatusCode != http.StatusServiceUnavailable || answer.Header.Get("Retry-After") == "" {
		t.Fatalf("a third client of two: %v, %v", err, answer)
	}
	if got := s.metric("steward_live_clients_refused_total"); got != "1" {
		t.Errorf("refused %s, want 1", got)
	}
	_ = first.Close()
	eventually(t, "the place is free again", func() bool { return s.metric("steward_live_clients") == "1" })
	s.mustView("")
}

// flood publishes n frames of incompressible text, each when the one before has
// been published.
func (s *site) flood(n int) {
	s.t.Helper()
	sub := s.board.Subscribe(live.Scope{Allowed: authz.Everything()})
	defer sub.Close()
	sub.Next() // the snapshot; what follows comes as frames
	r := rand.New(rand.NewPCG(3, 3))
	text := make([]byte, 200)
	for range n {
		at := now()
		for i := range 300 {
			for j := range text {
				text[j] = byte('!' + r.IntN(90))
			}
			d := &telemetry.Device{Region: "r", Project: "p", Class: telemetry.Meter, ID: fmt.Sprint("d", i)}
			s.board.State(telemetry.State{Device: d, Metric: "text", TS: at, Received: at, Value: string(text)})
		}
		for published := false; !published; {
			u, more, ok := sub.Next()
			if !ok {
				select {
				case <-more:
				case <-s.t.Context().Done():
					s.t.Fatal("the flood was interrupted")
				}
				continue
			}
			// A flood may outrun this subscriber too; then a snapshot has it all.
			published = u.Snapshot != nil || len(u.Frame.Devices) > 0
		}
	}
}

// small makes a connection that holds little on the way.
func small(d *websocket.Dialer) {
	d.EnableCompression = false
	d.NetDial = func(network, addr string) (net.Conn, error) {
		conn, err := net.Dial(network, addr)
		if err == nil {
			err = conn.(*net.TCPConn).SetReadBuffer(32 << 10)
		}
		return conn, err
	}
}

func TestSlowClientIsToldWhatItMissed(t *testing.T) {
	s := serve(t, live.Options{Tick: time.Millisecond}, Options{}, func(s *Server) { s.hub.pace.write = time.Minute })
	v, _, err := s.view("", small)
	if err != nil {
		t.Fatal(err)
	}
	v.until(t, "snapshot")
	s.flood(120)
	m := v.until(t, "missed")
	if n := m["updates"].(float64); n < 300 {
		t.Errorf("missed %v updates, want at least a frame of 300", n)
	}
	if kind, _, err := v.next(); kind != "snapshot" || err != nil {
		t.Fatalf("after a miss comes %q, %v, want a snapshot", kind, err)
	}
	var truth map[string]any
	if err := json.Unmarshal(encodeSnapshot(s.board.Snapshot(live.Scope{Allowed: authz.Everything()})), &truth); err != nil {
		t.Fatal(err)
	}
	for _, d := range items(truth, "devices") {
		if got := v.devices[d["device"].(string)]; !reflect.DeepEqual(got, d) {
			t.Fatalf("after the fresh snapshot %v, want %v", got, d)
		}
	}
	if s.metric("steward_live_updates_missed_total") == "0" || s.metric(`steward_live_clients_dropped_total{reason="slow"}`) != "0" {
		t.Error("the miss is not counted, or the client is")
	}
}

func TestClientThatStaysSlowIsClosed(t *testing.T) {
	s := serve(t, live.Options{Tick: time.Millisecond}, Options{}, func(s *Server) {
		s.hub.pace.write = time.Minute
		s.hub.pace.slow = 0 // the first miss is one too many
	})
	v, _, err := s.view("", small)
	if err != nil {
		t.Fatal(err)
	}
	v.until(t, "snapshot")
	s.flood(120)
	if end := v.closed(t); end.Code != websocket.CloseTryAgainLater || end.Text == "" {
		t.Errorf("closed with %d %q, want %d and a reason", end.Code, end.Text, websocket.CloseTryAgainLater)
	}
	eventually(t, "it is counted", func() bool {
		return s.metric(`steward_live_clients_dropped_total{reason="slow"}`) == "1" && s.metric("steward_live_clients") == "0"
	})
}

func TestGrace(t *testing.T) {
	start := time.Now()
	f := func(want bool, at ...time.Duration) {
		t.Helper()
		g := grace{limit: 15 * time.Second}
		over := false
		for _, d := range at {
			over = g.missed(start.Add(d))
		}
		if over != want {
			t.Errorf("misses at %v: over %v, want %v", at, over, want)
		}
	}
	s := time.Second
	f(false, 0)
	f(false, 0, 14*s)
	f(true, 0, 10*s, 16*s)
	f(false, 0, 16*s) // a quiet time in between
	f(false, 0, 10*s, 26*s, 30*s)
}

func TestClientThatTakesNothingIsClosed(t *testing.T) {
	s := serve(t, live.Options{Tick: time.Millisecond}, Options{}, func(s *Server) { s.hub.pace.write = 100 * time.Millisecond })
	v, _, err := s.view("", small)
	if err != nil {
		t.Fatal(err)
	}
	v.until(t, "snapshot")
	s.flood(60)
	eventually(t, "it is dropped", func() bool {
		return s.metric(`steward_live_clients_dropped_total{reason="write_timeout"}`) == "1" && s.metric("steward_live_clients") == "0"
	})
}

func TestSilentClientIsClosedAndAnsweringOneIsNot(t *testing.T) {
	s := serve(t, live.Options{}, Options{}, func(s *Server) {
		s.hub.pace.ping = 20 * time.Millisecond
		s.hub.pace.silence = 400 * time.Millisecond
	})
	s.mustView("") // reads nothing, so answers nothing
	good := s.mustView("")
	stop := make(chan error, 1)
	go func() { // reading is what answers pings
		for {
			if _, _, err := good.next(); err != nil {
				stop <- err
				return
			}
		}
	}()
	eventually(t, "the silent one is dropped", func() bool {
		return s.metric(`steward_live_clients_dropped_total{reason="silent"}`) == "1"
	})
	select {
	case err := <-stop:
		t.Errorf("the client that answers was dropped: %v", err)
	default:
	}
}

func TestHeartbeat(t *testing.T) {
	s := serve(t, live.Options{}, Options{}, func(s *Server) { s.hub.pace.heartbeat = 10 * time.Millisecond })
	v := s.mustView("")
	if m := v.until(t, "ping"); m["now"].(float64) < 1e12 {
		t.Errorf("heartbeat %v", m)
	}
}

func TestAbuseIsClosedWithItsReason(t *testing.T) {
	s := serve(t, live.Options{}, Options{}, nil)
	t.Run("too many", func(t *testing.T) {
		v := s.mustView("")
		for range maxMessages + 10 {
			if err := v.WriteMessage(websocket.TextMessage, []byte(`{"subscribe":{}}`)); err != nil {
				break // the server may have closed by now
			}
		}
		if end := v.closed(t); end.Code != websocket.ClosePolicyViolation {
			t.Errorf("closed with %d %q", end.Code, end.Text)
		}
	})
	t.Run("too large", func(t *testing.T) {
		v, _, err := s.view("", func(d *websocket.Dialer) { d.EnableCompression = false })
		if err != nil {
			t.Fatal(err)
		}
		if err := v.WriteMessage(websocket.TextMessage, make([]byte, maxMessage+1)); err != nil {
			t.Fatal(err)
		}
		if end := v.closed(t); end.Code != websocket.CloseMessageTooBig {
			t.Errorf("closed with %d %q", end.Code, end.Text)
		}
	})
	t.Run("inflates too much", func(t *testing.T) {
		v := s.mustView("")
		if err := v.WriteMessage(websocket.TextMessage, make([]byte, 1<<20)); err != nil { // a kilobyte when compressed
			t.Fatal(err)
		}
		if end := v.closed(t); end.Code != websocket.ClosePolicyViolation {
			t.Errorf("closed with %d %q", end.Code, end.Text)
		}
	})
	eventually(t, "all are counted", func() bool {
		return s.metric(`steward_live_clients_dropped_total{reason="abuse"}`) == "3"
	})
}

func TestStopTellsClientsFirst(t *testing.T) {
	s := serve(t, live.Options{Tick: time.Millisecond}, Options{}, func(s *Server) { s.hub.pace.write = time.Hour })
	// One of them is stuck in the middle of a message.
	stuck, _, err := s.view("", small)
	if err != nil {
		t.Fatal(err)
	}
	stuck.until(t, "snapshot")
	s.flood(40)
	var viewers []*viewer
	for range 20 {
		v := s.mustView("?project=nowhere")
		v.until(t, "snapshot")
		viewers = append(viewers, v)
	}
	stopped := make(chan error, 1)
	go func() { stopped <- s.stop() }()
	for _, v := range viewers {
		if end := v.closed(t); end.Code != websocket.CloseGoingAway {
			t.Errorf("closed with %d %q, want %d", end.Code, end.Text, websocket.CloseGoingAway)
		}
	}
	if err := <-stopped; err != nil {
		t.Errorf("the stop was not orderly: %v", err)
	}
	if conn, err := net.Dial("tcp", s.addr); err == nil {
		conn.Close()
		t.Error("the port still answers")
	}
	if strings.Contains(s.logs.b.String(), "cut off") {
		t.Errorf("requests were cut off:\n%s", s.logs.b.String())
	}
}
