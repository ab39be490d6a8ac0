package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"steward/ingest/spool"
	"steward/internal/mqtttest"
	"steward/internal/telemetry"
)

func testDirectory(policy UnknownPolicy) (*Directory, *prometheus.Registry) {
	reg := prometheus.NewRegistry()
	return NewDirectory(policy, NewMetrics(reg), slog.New(slog.DiscardHandler)), reg
}

func lift(id string) telemetry.Device {
	return telemetry.Device{Region: "north", Project: "harbour", Class: telemetry.Elevator, ID: id}
}

// register is a Registrar that fails for a while.
type register struct {
	mu      sync.Mutex
	batches [][]telemetry.Device
	fail    int
	done    func([]telemetry.Device)
}

func (r *register) Register(_ context.Context, devices []telemetry.Device) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fail > 0 {
		r.fail--
		return errors.New("database is away")
	}
	r.batches = append(r.batches, devices)
	if r.done != nil {
		r.done(devices)
	}
	return nil
}

// admitted says for the three streams of a device whether they are taken.
func admitted(in *Intake, d telemetry.Device) string {
	var out []string
	for _, s := range []telemetry.Stream{telemetry.StreamTelemetry, telemetry.StreamStatus, telemetry.StreamEvent} {
		if m := (Message{Topic: d.Topic(s), Payload: []byte("{}")}); !in.judge(&m) {
			out = append(out, string(s))
		}
	}
	return strings.Join(out, " ")
}

// judge reports whether a message would be quarantined for its device.
func (in *Intake) judge(m *Message) bool {
	in.admit(m)
	return m.refused
}

func TestStandingTakesEffectAtOnce(t *testing.T) {
	const all = "telemetry status event"
	for _, c := range []struct {
		policy UnknownPolicy
		want   map[Standing]string
	}{
		{KeepUnknown, map[Standing]string{Unknown: all, Pending: all, Known: all, Refused: ""}},
		{RefuseUnknown, map[Standing]string{Unknown: "event", Pending: "event", Known: all, Refused: ""}},
	} {
		d, _ := testDirectory(c.policy)
		in := NewIntake(openTestSpool(t, t.TempDir()), IntakeOptions{MaxPayload: 1 << 10, Devices: d})
		for _, s := range []Standing{Unknown, Pending, Known, Refused, Known, Refused, Pending, Unknown} {
			d.Put(lift("e1"), s)
			if got := admitted(in, lift("e1")); got != c.want[s] {
				t.Errorf("%s, standing %d: takes %q, want %q", c.policy, s, got, c.want[s])
			}
			if got := admitted(in, lift("e2")); got != c.want[Unknown] {
				t.Errorf("%s: the standing of one changed another: %q", c.policy, got)
			}
		}
		d.Set(map[telemetry.Device]Standing{lift("e1"): Known, lift("e2"): Refused})
		if a, b := admitted(in, lift("e1")), admitted(in, lift("e2")); a != all || b != "" {
			t.Errorf("%s: after Set %q, %q", c.policy, a, b)
		}
	}
	// A wrong topic is quarantined as such.
	d, _ := testDirectory(RefuseUnknown)
	in := NewIntake(openTestSpool(t, t.TempDir()), IntakeOptions{MaxPayload: 1 << 10, Devices: d})
	if m := (Message{Topic: "property/x"}); in.judge(&m) {
		t.Error("a message on a malformed topic was judged by its device")
	}
}

// Unknown devices are told of once, in bounded batches, again after a failure,
// and then are pending; what somebody decided meanwhile stands.
func TestUnknownDevicesAreRegistered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, reg := testDirectory(RefuseUnknown)
		in := &Intake{opts: IntakeOptions{MaxPayload: 1 << 10, Devices: d}, gates: newGates(d), now: time.Now}
		r := &register{fail: 3, done: func(devices []telemetry.Device) {
			for _, device := range devices {
				switch device.ID {
				case "e7":
					d.Put(device, Known) // by a rule
				case "e8": // no room
				default:
					d.Put(device, Pending)
				}
			}
		}}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go func() { _ = d.Run(ctx, r) }()
		const n = 1200
		for round := range 3 {
			for i := range n {
				in.judge(&Message{Topic: lift(fmt.Sprint("e", i)).Topic(telemetry.StreamTelemetry)})
			}
			time.Sleep(time.Duration(round) * unknownAgain)
		}
		in.judge(&Message{Topic: telemetry.Device{Region: "hq", Project: "p", Class: telemetry.Fire, ID: "x"}.Topic(telemetry.StreamEvent)})
		time.Sleep(10 * time.Minute)
		synctest.Wait()

		seen := map[telemetry.Device]int{}
		for _, batch := range r.batches {
			if len(batch) > registerBatch {
				t.Errorf("%d devices in a batch", len(batch))
			}
			for _, device := range batch {
				seen[device]++
			}
		}
		for i := range n {
			device := lift(fmt.Sprint("e", i))
			want, told := Pending, 1
			switch i {
			case 7:
				want = Known
			case 8: // told of again when it publishes again
				want, told = Unknown, 2
			}
			if seen[device] != told || d.Status(device) != want {
				t.Fatalf("%s was told %d times and is %d; want %d, %d", device, seen[device], d.Status(device), told, want)
			}
		}
		if len(seen) != n {
			t.Errorf("%d devices were told of", len(seen))
		}
		if got := counted(t, reg, "steward_devices_unknown_total", ""); got != n+1 {
			t.Errorf("%v were counted as unknown", got)
		}
		if got := counted(t, reg, "steward_devices_unknown_dropped_total", ""); got != 1 {
			t.Errorf("%v were counted as dropped", got)
		}
	})
}

// A flood of made-up devices is bounded, and those that found no room are told
// of when they publish again.
func TestUnknownDevicesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, reg := testDirectory(KeepUnknown)
		in := &Intake{opts: IntakeOptions{MaxPayload: 1 << 10, Devices: d}, gates: newGates(d), now: time.Now}
		publishAll := func() {
			for i := range maxWaiting + 5 {
				in.judge(&Message{Topic: lift(fmt.Sprint("e", i)).Topic(telemetry.StreamTelemetry)})
			}
		}
		publishAll()
		if got := counted(t, reg, "steward_devices_unknown_dropped_total", ""); got != 5 {
			t.Errorf("%v were dropped, not 5", got)
		}
		r := &register{done: func(devices []telemetry.Device) {
			for _, device := range devices {
				d.Put(device, Pending)
			}
		}}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go func() { _ = d.Run(ctx, r) }()
		time.Sleep(unknownAgain)
		publishAll()
		time.Sleep(unknownAgain)
		synctest.Wait()
		if d.Status(lift(fmt.Sprint("e", maxWaiting+4))) != Pending {
			t.Error("the last one was never told of")
		}
	})
}

// What the door decided is in the record: the spool read again after the
// registry has changed gives the same.
func TestRefusedRecordsStayRefused(t *testing.T) {
	d, _ := testDirectory(RefuseUnknown)
	sp := openTestSpool(t, t.TempDir())
	in := NewIntake(sp, IntakeOptions{MaxPayload: 1 << 10, Devices: d})
	send := func(stream telemetry.Stream, payload string) {
		seq, err := in.acceptSoon(t.Context(), &Message{Topic: lift("e1").Topic(stream), Payload: []byte(payload)})
		if err == nil {
			err = sp.WaitDurable(t.Context(), seq)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	send(telemetry.StreamTelemetry, `{"floor":1}`)
	send(telemetry.StreamEvent, `{"event":"entrapment"}`)
	d.Put(lift("e1"), Refused)
	send(telemetry.StreamEvent, `{"event":"entrapment"}`)
	d.Put(lift("e1"), Known)
	send(telemetry.StreamTelemetry, `{"floor":2}`)

	want := []string{"2 unknown_device", "0", "2 unknown_device", "0"}
	for range 2 {
		if got := outcomes(t, sp); !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// outcomes takes everything in a spool through a processor.
func outcomes(t *testing.T, sp *spool.Spool) []string {
	t.Helper()
	p := newProcessor(telemetry.DefaultClockPolicy(), 100)
	r := sp.Reader(0)
	defer r.Close()
	var all []string
	for {
		seq, raw, ok, err := r.TryNext()
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			return all
		}
		rec, err := parseRecord(raw)
		if err != nil {
			t.Fatal(err)
		}
		s := fmt.Sprint(p.process(seq, rec))
		for _, l := range p.letters {
			s += " " + string(l.Reason)
			if !strings.Contains(l.Error, lift("e1").String()) {
				t.Errorf("the letter does not name the device: %s", l.Error)
			}
		}
		all = append(all, s)
	}
}

// The embedded broker takes and acknowledges what a refused device says, and
// hands it to nobody.
func TestRefusedDeviceReachesNoSubscriber(t *testing.T) {
	d, _ := testDirectory(KeepUnknown)
	d.Put(lift("bad"), Refused)
	sp := openTestSpool(t, t.TempDir())
	b := startTestBroker(t, BrokerOptions{Anonymous: true}, NewIntake(sp, IntakeOptions{MaxPayload: 1 << 10, Devices: d}))
	reader := mustDial(t, b, "", mqtttest.RawOptions{})
	mustSubscribe(t, reader, "property/#")
	bad := mustDial(t, b, "", mqtttest.RawOptions{Will: &mqtttest.Will{Topic: lift("bad").Topic(telemetry.StreamStatus), Payload: "offline", Retain: true}})
	mustPublish(t, bad, lift("bad").Topic(telemetry.StreamEvent), "alarm", true)
	_ = bad.Close()
	eventually(t, "the last will", func() bool { return sp.Durable() == 2 })
	good := mustDial(t, b, "", mqtttest.RawOptions{})
	mustPublish(t, good, lift("good").Topic(telemetry.StreamEvent), "last", false)
	if got := receive(t, reader, "last"); len(got) != 1 {
		t.Errorf("the reader got %q", got)
	}
	late := mustDial(t, b, "", mqtttest.RawOptions{})
	mustSubscribe(t, late, "property/#")
	mustPublish(t, good, lift("good").Topic(telemetry.StreamEvent), "last", false)
	if got := receive(t, late, "last"); len(got) != 1 {
		t.Errorf("retained is %q", got)
	}
}
