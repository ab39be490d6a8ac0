package dashboard

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"steward/internal/incident"
	"steward/internal/live"
	"steward/internal/telemetry"
)

// stage is a real dashboard over a real board that a browser test plays on: by
// commands over HTTP it says what devices do, and stops and starts the server.
type stage struct {
	t     *testing.T
	addr  string // the same over restarts
	house *house // the same over resets

	mu      sync.Mutex
	board   *live.Board
	stop    func() // stops the server that runs, nil when none does
	halt    func() // stops the board and the traffic
	devices []*telemetry.Device
	traffic func() // stops the traffic
}

// command is one line of the play. Which fields matter follows from Do.
type command struct {
	Do       string             `json:"do"`
	Device   string             `json:"device"` // region/project/class/id
	Metric   string             `json:"metric"`
	Value    *float64           `json:"value"`
	Text     string             `json:"text"`
	AgeMS    int64              `json:"age_ms"` // how long ago it happened
	LateMS   int64              `json:"late_ms"`
	Kind     string             `json:"kind"`
	ID       string             `json:"id"`
	Severity telemetry.Severity `json:"severity"`
	Attrs    string             `json:"attrs"`
	Online   bool               `json:"online"`
	Topic    string             `json:"topic"`
	Payload  []byte             `json:"payload"` // base64
	Reason   telemetry.Reason   `json:"reason"`
	Error    string             `json:"error"`
	Count    int                `json:"count"`
	Rate     int                `json:"rate"`
	Devices  []string           `json:"devices"` // that publish without being known
	Person   string             `json:"person"`  // a login name
	Incident *incident.Incident `json:"incident"`
	Entry    incident.Entry     `json:"entry"` // of the incident's timeline
}

func newStage(t *testing.T) *stage {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &stage{t: t, addr: l.Addr().String(), house: newHouse(t)}
	l.Close()
	s.reset()
	t.Cleanup(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.clear()
	})
	return s
}

// reset begins with an empty board.
func (s *stage) reset() {
	s.clear()
	b, err := live.New(live.Options{})
	if err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = b.Run(ctx) })
	if err := (desk{s.house.incidents}).clear(ctx); err != nil {
		s.t.Fatal(err)
	}
	s.board, s.devices = b, nil
	s.halt = func() { cancel(); running.Wait() }
	s.up()
}

func (s *stage) clear() {
	s.quiet()
	s.down()
	if s.halt != nil {
		s.halt()
	}
}

func (s *stage) quiet() {
	if s.traffic != nil {
		s.traffic()
		s.traffic = nil
	}
}

func (s *stage) up() {
	if s.stop != nil {
		return
	}
	reg := prometheus.NewRegistry()
	server, err := New(Options{
		Board: s.board, Calls: s.house.calls, Identity: s.house.identity, API: s.house.api(s.t, s.board), Gatherer: reg, Registerer: reg, Version: "test",
		Ready:  func(context.Context) []NotReady { return nil },
		Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		s.t.Fatal(err)
	}
	server.hub.pace.still = 200 * time.Millisecond
	var l net.Listener
	eventually(s.t, "the port is free again", func() bool {
		l, err = net.Listen("tcp", s.addr)
		return err == nil
	})
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx, l) }()
	s.stop = func() {
		cancel()
		if err := <-served; err != nil {
			s.t.Error(err)
		}
	}
}

func (s *stage) down() {
	if s.stop != nil {
		s.stop()
		s.stop = nil
	}
}

// control answers POSTed commands, one or a list.
func (s *stage) control() *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		var list []command
		if err := json.Unmarshal(body, &list); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		for i := range list {
			if err := s.play(&list[i], w); err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
		}
	}))
}

// play follows a command, and writes what it has to say.
func (s *stage) play(c *command, say io.Writer) error {
	received := now() - telemetry.Millis(c.AgeMS)
	ts := received - telemetry.Millis(c.LateMS)
	var d *telemetry.Device
	if c.Device != "" {
		got, _, err := telemetry.ParseTopic("property/" + c.Device + "/telemetry")
		if err != nil {
			return err
		}
		d = &got
	}
	switch c.Do {
	case "reading":
		if c.Value == nil {
			return errors.New("a reading without a value")
		}
		s.board.Reading(telemetry.Reading{Device: d, Metric: c.Metric, TS: ts, Received: received, Value: *c.Value})
	case "state":
		s.board.State(telemetry.State{Device: d, Metric: c.Metric, TS: ts, Received: received, Value: c.Text})
	case "event":
		s.board.Event(telemetry.Event{
			Device: d, Kind: c.Kind, ID: cmp.Or(c.ID, fmt.Sprint(c.Kind, ts)), TS: ts, Received: received,
			Severity: cmp.Or(c.Severity, telemetry.DefaultSeverity(d.Class, c.Kind)), Attrs: cmp.Or(c.Attrs, "{}"),
		})
	case "status":
		s.board.Status(telemetry.Status{Device: d, Online: c.Online, Received: received})
	case "rejected":
		s.board.Rejected(telemetry.DeadLetter{
			ID: fmt.Sprint(c.Topic, received), Received: received, Topic: c.Topic, Payload: c.Payload, Codec: "json", Reason: c.Reason, Error: c.Error,
		})
	case "incident":
		if c.Incident == nil {
			return errors.New("an incident without itself")
		}
		return desk{s.house.incidents}.put(s.t.Context(), *c.Incident, c.Entry)
	case "fleet":
		s.fleet(c.Count)
	case "traffic":
		s.quiet()
		if c.Rate > 0 {
			s.start(c.Rate)
		}
	case "pending":
		return s.house.pending(s.t.Context(), c.Devices)
	case "end_sessions":
		return s.house.endSessions(s.t.Context(), c.Person)
	case "reset_password":
		password, err := s.house.resetPassword(s.t.Context(), c.Person)
		if err != nil {
			return err
		}
		_, err = io.WriteString(say, password)
		return err
	case "down":
		s.down()
	case "up":
		s.up()
	case "reset":
		s.reset()
	default:
		return fmt.Errorf("no such command: %q", c.Do)
	}
	return nil
}

// fleet brings n devices of twelve estates, all with values.
func (s *stage) fleet(n int) {
	regions := map[string][]string{
		"east":  {"riverside-garden", "jade-court", "maple-hill", "harbour-one"},
		"north": {"palace-view", "olympic-park", "west-hills", "drum-tower"},
		"south": {"lychee-bay", "canton-heights", "pearl-plaza", "orchid-villas"},
	}
	var places []telemetry.Device
	for i := range 4 {
		for _, region := range []string{"east", "north", "south"} {
			places = append(places, telemetry.Device{Region: region, Project: regions[region][i]})
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	prefixes := map[telemetry.Class]string{telemetry.Meter: "em", telemetry.Elevator: "lift", telemetry.Fire: "fire", telemetry.Access: "gate"}
	for i := range n {
		d := places[i%len(places)]
		d.Class = telemetry.Classes()[[]int{0, 0, 0, 1, 1, 2, 2, 3}[i/len(places)%8]]
		d.ID = fmt.Sprintf("%s-b%d-%03d", prefixes[d.Class], 1+i%7, i/len(places)+1)
		s.devices = append(s.devices, &d)
		s.board.Status(telemetry.Status{Device: &d, Online: r.IntN(60) > 0, Received: now()})
		s.measure(r, &d)
	}
}

// measure sends one plausible message of a device.
func (s *stage) measure(r *rand.Rand, d *telemetry.Device) {
	at := now()
	set := func(metric string, v float64) {
		s.board.Reading(telemetry.Reading{Device: d, Metric: metric, TS: at - 80, Received: at, Value: math.Round(v*1000) / 1000})
	}
	switch d.Class {
	case telemetry.Meter:
		power := 2 + 40*r.Float64()
		set("energy_kwh", 20_000+float64(at%1e8)/1000)
		set("power_kw", power)
		set("voltage_v", 228+4*r.Float64())
		set("current_a", power*1000/230/0.93)
		set("power_factor", 0.9+0.08*r.Float64())
	case telemetry.Elevator:
		set("floor", float64(r.IntN(30)))
		set("direction", float64(r.IntN(3)))
		set("speed_ms", 1.75*float64(r.IntN(2)))
		set("door_open", float64(r.IntN(2)))
		set("passenger", float64(r.IntN(2)))
		set("load_kg", float64(r.IntN(800)))
		set("trips_total", float64(at/20_000%1e6))
	case telemetry.Fire:
		set("smoke_ppm", 20*r.Float64())
		set("temperature_c", 18+8*r.Float64())
		set("water_pressure_mpa", 0.4+0.1*r.Float64())
		set("battery_v", 11.8+r.Float64())
	case telemetry.Access:
		set("passages_total", float64(at/5000%1e6))
		set("denied_total", float64(at/90_000%1e4))
		set("door_open", float64(r.IntN(2)))
		s.board.State(telemetry.State{Device: d, Metric: "mode", TS: at, Received: at, Value: []string{"normal", "lockdown"}[r.IntN(2)]})
	}
}

// start sends rate messages a second until it is stopped.
func (s *stage) start(rate int) {
	ctx, cancel := context.WithCancel(context.Background())
	var sending sync.WaitGroup
	devices := s.devices
	sending.Go(func() {
		r := rand.New(rand.NewPCG(3, 4))
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for n := 0; ; {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			for range max(1, rate/50) {
				s.measure(r, devices[n%len(devices)])
				n++
			}
		}
	})
	s.traffic = func() { cancel(); sending.Wait() }
}
