package simulate

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"steward/internal/telemetry"
)

// TestLiveContinuesTheHistory: no counter jumps where one ends and the other
// begins, and both read the same world.
func TestLiveContinuesTheHistory(t *testing.T) {
	t.Parallel()
	cfg := Config{Seed: 21, Devices: 200}
	to := begin.AddDate(0, 0, 2).Add(9*time.Hour + 1234*time.Millisecond)
	f := newFleet(t, cfg)
	past := record(t, f, begin, to, 15*time.Minute)
	live, err := f.Live(LiveConfig{Start: to})
	if err != nil {
		t.Fatal(err)
	}
	// A third party that has watched all the time.
	whole := record(t, newFleet(t, cfg), begin, to.Add(10*time.Minute), time.Minute)
	offset := map[string]telemetry.Millis{}
	for _, o := range f.Truth().ClockOffsets {
		offset[o.Device] = seconds(o.Seconds)
	}
	devices, compared := f.Devices(), 0
	for m := live.Next(); m.At.Before(to.Add(10 * time.Minute)); m = live.Next() {
		if m.Stream != telemetry.StreamTelemetry {
			continue
		}
		path := devices[m.Device].Path
		for _, s := range samplesOf(t, m) {
			for metric, v := range s.Values {
				if telemetry.LookupMetric(metric).Kind != telemetry.KindCounter {
					continue
				}
				key, now := path+" "+metric, v.(float64)
				if list := past.readings[key]; len(list) > 0 && now < list[len(list)-1].Value {
					t.Errorf("%s: %v after a history that ended with %v", key, now, list[len(list)-1].Value)
				}
				// It lies between what the other saw just before and just after.
				list := whole.readings[key]
				for i := 1; i < len(list); i++ {
					if list[i-1].TS <= s.TS && s.TS <= list[i].TS {
						compared++
						if now < list[i-1].Value || now > list[i].Value {
							t.Errorf("%s: %v at %s, between %v and %v", key, now, s.TS, list[i-1].Value, list[i].Value)
						}
					}
				}
			}
		}
	}
	if compared < 1000 {
		t.Errorf("only %d values could be compared", compared)
	}
}

// TestRestart: a process that finds the history stored goes on as if it had
// never stopped, and sends late what happened meanwhile unless told not to.
func TestRestart(t *testing.T) {
	cfg := Config{Seed: 22, Devices: 100}
	stopped, again := begin.Add(30*time.Hour), begin.Add(33*time.Hour)
	// events counts those due up to the end and those of them that are late.
	events := func(f *Fleet) (n, late int) {
		live, err := f.Live(LiveConfig{Start: again})
		if err != nil {
			t.Fatal(err)
		}
		for m := live.Next(); m.At.Before(again.Add(time.Minute)); m = live.Next() {
			if m.At.Before(again) {
				t.Fatalf("%s is due at %s, before the start", m.Topic, m.At)
			}
			if m.Stream != telemetry.StreamEvent {
				continue
			}
			var e eventPayload
			if err := strict(m.Payload, &e); err != nil {
				t.Fatal(err)
			}
			n++
			if e.TS < telemetry.MillisOf(again.Add(-time.Minute)) {
				late++
			}
		}
		return n, late
	}
	f := newFleet(t, cfg)
	f.Advance(stopped)
	missed := record(t, newFleet(t, cfg), stopped, again, time.Hour)
	want := 0
	for _, list := range missed.events {
		want += len(list)
	}
	if _, late := events(f); late < want*9/10 || want == 0 {
		t.Errorf("of %d events during the stop, %d were sent late", want, late)
	}
	f = newFleet(t, cfg)
	f.Advance(again)
	if _, late := events(f); late != 0 {
		t.Errorf("%d events came late although the fleet was advanced", late)
	}
}

// TestRate: at a fixed rate each second has as many messages, events among
// them, and every device keeps its share.
func TestRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, Config{Seed: 1, Devices: 200, Start: time.Now().Add(-48 * time.Hour)})
		f.Advance(time.Now())
		start := time.Now()
		live, err := f.Live(LiveConfig{Start: start, Rate: 700})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		perSecond, perDevice, events := map[int]int{}, map[int]int{}, 0
		err = live.Run(ctx, func(m Message) error {
			if m.Stream == telemetry.StreamStatus {
				return nil
			}
			if now := time.Now(); now.Before(m.At) || now.Sub(m.At) > time.Millisecond {
				t.Errorf("due %s, delivered %s", m.At, now)
			}
			perSecond[int(time.Since(start)/time.Second)]++
			perDevice[m.Device]++
			if m.Stream == telemetry.StreamEvent {
				events++
			}
			return nil
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for s := range 29 {
			if perSecond[s] < 699 || perSecond[s] > 701 {
				t.Errorf("second %d has %d messages, want 700", s, perSecond[s])
			}
		}
		if len(perDevice) < 190 || events == 0 {
			t.Errorf("%d of 200 devices spoke, %d events", len(perDevice), events)
		}
	})
}

// TestNaturalCadence: a device that does not move reports once a minute.
func TestNaturalCadence(t *testing.T) {
	t.Parallel()
	f := newFleet(t, Config{Seed: 1, Devices: 200})
	for _, c := range []struct {
		cadence float64
		perHour int
	}{{1, 60}, {0.5, 120}} {
		start := f.Truth().Through.Add(time.Hour)
		f.Advance(start)
		live, err := f.Live(LiveConfig{Start: start, Cadence: c.cadence})
		if err != nil {
			t.Fatal(err)
		}
		samples := map[int]int{}
		for m := live.Next(); m.At.Before(start.Add(time.Hour)); m = live.Next() {
			if m.Stream == telemetry.StreamTelemetry {
				samples[m.Device] += len(samplesOf(t, m))
			}
		}
		for i, d := range f.Devices() {
			switch n := samples[i]; {
			case d.Kind == Lift && n < c.perHour:
				t.Errorf("%s reported %d times in an hour", d.Path, n)
			case d.Device.Class == telemetry.Meter && (n < c.perHour-2 || n > c.perHour):
				t.Errorf("%s reported %d times in an hour at cadence %g", d.Path, n, c.cadence)
			}
		}
	}
}

// TestSlowReceiver: what nobody could take is skipped and reported, the world
// goes on, and events are late but not lost.
func TestSlowReceiver(t *testing.T) {
	for _, rate := range []float64{0, 50} {
		synctest.Test(t, func(t *testing.T) {
			f := newFleet(t, Config{Seed: 1, Devices: 200, Start: time.Now().Add(-time.Hour)})
			f.Advance(time.Now())
			start := time.Now()
			live, err := f.Live(LiveConfig{Start: start, Rate: rate})
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Hour)
			defer cancel()
			var skipped time.Duration
			stalled, lateSamples, passages := false, 0, 0
			err = live.Run(ctx, func(m Message) error {
				switch {
				case !stalled && time.Since(start) > time.Hour:
					stalled = true
					time.Sleep(time.Hour) // the broker hangs
				case m.Stream == telemetry.StreamEvent:
					passages++
				case m.Stream == telemetry.StreamTelemetry && time.Since(m.At) > 2*maxLag:
					lateSamples++
				}
				return nil
			}, func(d time.Duration) { skipped += d })
			if err != nil {
				t.Fatal(err)
			}
			if skipped < 50*time.Minute || skipped > 61*time.Minute || lateSamples > 2 {
				t.Errorf("rate %g: skipped %s of an hour, %d samples came late", rate, skipped, lateSamples)
			}
			want := 0
			other := newFleet(t, Config{Seed: 1, Devices: 200, Start: start.Add(-time.Hour)})
			for _, list := range record(t, other, start, start.Add(3*time.Hour), time.Hour).events {
				want += len(list)
			}
			if passages < want-5 || want < 20 {
				t.Errorf("rate %g: %d of %d events were delivered", rate, passages, want)
			}
		})
	}
}

func TestRunEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, Config{Devices: 10, Start: time.Now()})
		live, err := f.Live(LiveConfig{Start: time.Now()})
		if err != nil {
			t.Fatal(err)
		}
		broken := errors.New("broken")
		if err := live.Run(t.Context(), func(Message) error { return broken }, nil); !errors.Is(err, broken) {
			t.Errorf("error of deliver came back as %v", err)
		}
	})
}

func TestLiveRefusesWhatCannotBe(t *testing.T) {
	f := newFleet(t, Config{Devices: 10})
	for _, cfg := range []LiveConfig{
		{}, {Start: begin, Rate: -1}, {Start: begin, Rate: 1e6}, {Start: begin, Cadence: -1},
		{Start: begin, Cadence: 1e9}, {Start: begin, Drama: -1}, {Start: begin, Drama: 1e6},
	} {
		if _, err := f.Live(cfg); err == nil {
			t.Errorf("%+v was accepted", cfg)
		}
	}
}

// TestDramaIsSeenSoon: who opens the page sees somebody shut in within a
// minute, an alarm within three, and the end of both.
func TestDramaIsSeenSoon(t *testing.T) {
	t.Parallel()
	for _, rate := range []float64{0, 300} {
		f := newFleet(t, Config{Seed: 1})
		start := begin.Add(2 * time.Hour) // the dead of night
		f.Advance(start)
		live, err := f.Live(LiveConfig{Start: start, Drama: 1, Rate: rate})
		if err != nil {
			t.Fatal(err)
		}
		first := map[string]time.Duration{}
		for m := live.Next(); m.At.Before(start.Add(25 * time.Minute)); m = live.Next() {
			if m.Stream != telemetry.StreamEvent {
				continue
			}
			var e eventPayload
			if err := strict(m.Payload, &e); err != nil {
				t.Fatal(err)
			}
			if _, seen := first[e.Event]; !seen {
				first[e.Event] = m.At.Sub(start)
			}
		}
		for kind, limit := range map[string]time.Duration{
			"entrapment": time.Minute, "alarm": 3 * time.Minute, "fault": 5 * time.Minute,
			"arrived": 15 * time.Minute, "released": 17 * time.Minute, "alarm_cleared": 7 * time.Minute,
			"door_forced": 10 * time.Minute, "door_closed": 12 * time.Minute,
		} {
			if at, seen := first[kind]; !seen || at > limit {
				t.Errorf("rate %g: the first %s comes after %s (seen: %v), want within %s", rate, kind, at, seen, limit)
			}
		}
		staged := 0
		for _, e := range f.Truth().Entrapments {
			if e.Staged {
				staged++
			}
		}
		if staged < 4 {
			t.Errorf("rate %g: the truth knows of %d staged entrapments", rate, staged)
		}
	}
}

// TestStatusOfSilence: the retained status follows the connection.
func TestStatusOfSilence(t *testing.T) {
	f := newFleet(t, Config{Seed: 4, Devices: 60})
	s := f.Truth().Silences[0]
	start := s.From.Add(-2 * time.Minute)
	f.Advance(start)
	live, err := f.Live(LiveConfig{Start: start})
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for m := live.Next(); m.At.Before(s.To.Add(time.Minute)); m = live.Next() {
		path := strings.TrimSuffix(strings.TrimPrefix(m.Topic, "property/"), "/status")
		if path == s.Device {
			said = append(said, string(m.Payload))
			if len(said) == 2 && m.At.Sub(s.From) != 90*time.Second || len(said) == 3 && !m.At.Equal(s.To) {
				t.Errorf("%s says %s at %s, silent from %s to %s", path, m.Payload, m.At, s.From, s.To)
			}
		}
	}
	if strings.Join(said, " ") != "online offline online" {
		t.Errorf("%s said %v around its silence", s.Device, said)
	}
}

func TestTimetable(t *testing.T) {
	r := stream(3)
	due := make([]telemetry.Millis, 257)
	for i := range due {
		due[i] = telemetry.Millis(r.IntN(100))
	}
	table := newTimetable(due)
	for range 5000 {
		table.set(r.IntN(len(due)), telemetry.Millis(r.IntN(1000)))
		got, at := table.first()
		for i, d := range table.due {
			if d < at || d == at && i < got {
				t.Fatalf("device %d at %d is said to be first, %d at %d is", got, at, i, d)
			}
		}
	}
}
