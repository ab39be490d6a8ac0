package simulate

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"steward/internal/telemetry"
)

func TestHierarchyAndProportions(t *testing.T) {
	f := newFleet(t, Config{Seed: 1})
	regions, projects, paths := map[string]bool{}, map[string]bool{}, map[string]bool{}
	classes, perProject := map[telemetry.Class]int{}, map[string]map[telemetry.Class]int{}
	kinds := map[string]int{}
	byID := map[string]Info{}
	for _, d := range f.Devices() {
		ref, stream, err := telemetry.ParseTopic(d.Device.Topic(telemetry.StreamEvent))
		if err != nil || ref != d.Device || stream != telemetry.StreamEvent {
			t.Fatalf("device %v does not survive its topic: %v", d.Device, err)
		}
		if paths[d.Path] {
			t.Fatalf("device %s exists twice", d.Path)
		}
		paths[d.Path] = true
		regions[ref.Region], projects[ref.Project] = true, true
		classes[ref.Class]++
		kinds[d.Kind]++
		key := ref.Region + "/" + ref.Project
		if perProject[key] == nil {
			perProject[key] = map[telemetry.Class]int{}
		}
		perProject[key][ref.Class]++
		byID[key+"/"+ref.ID] = d
		if !d.Installed.Before(begin) || d.Model == "" || d.Vendor == "" || d.Serial == "" || d.Building == "" {
			t.Errorf("%s is incompletely described: %+v", d.Path, d)
		}
	}
	if len(regions) != 3 || len(projects) != 12 || len(perProject) != 12 {
		t.Errorf("%d regions and %d projects, want 3 and 12", len(regions), len(projects))
	}
	want := map[telemetry.Class]int{telemetry.Meter: 330, telemetry.Elevator: 90, telemetry.Fire: 120, telemetry.Access: 60}
	for class, n := range want {
		if classes[class] != n {
			t.Errorf("%d devices of class %s, want %d", classes[class], class, n)
		}
		for project, counts := range perProject {
			if c := counts[class]; c < n/12 || c > n/12+1 {
				t.Errorf("project %s has %d of %d devices of class %s", project, c, n, class)
			}
		}
	}
	for kind := range models {
		if kinds[kind] == 0 {
			t.Errorf("no device of kind %s", kind)
		}
	}
	for _, d := range f.Devices() {
		if d.Parent == "" {
			continue
		}
		main, ok := byID[d.Device.Region+"/"+d.Device.Project+"/"+d.Parent]
		if !ok || main.Parent != "" || main.Medium != d.Medium || main.Building != d.Building {
			t.Errorf("%s is below %s, which is no main of it: %+v", d.Path, d.Parent, main)
		}
	}
}

// TestOddFleets: every size makes a fleet of exactly that size with valid names.
func TestOddFleets(t *testing.T) {
	for _, cfg := range []Config{
		{Devices: 1}, {Devices: 2, Projects: 1, Regions: 1}, {Devices: 7}, {Devices: 19, Projects: 5},
		{Devices: 3000, Projects: 150, Regions: 11}, {Devices: 2000, Projects: 1, Regions: 1},
	} {
		f := newFleet(t, cfg)
		devices := f.Devices()
		if len(devices) != cfg.Devices {
			t.Errorf("%+v has %d devices", cfg, len(devices))
		}
		projects := map[string]bool{}
		seen := map[telemetry.Device]bool{}
		for _, d := range devices {
			if _, _, err := telemetry.ParseTopic(d.Device.Topic(telemetry.StreamStatus)); err != nil {
				t.Errorf("%+v: %v", cfg, err)
			}
			if seen[d.Device] {
				t.Errorf("%+v: %s exists twice", cfg, d.Path)
			}
			seen[d.Device] = true
			projects[d.Device.Region+d.Device.Project] = true
		}
		if n := f.Config().Projects; len(projects) != n {
			t.Errorf("%+v: devices in %d projects of %d", cfg, len(projects), n)
		}
		record(t, f, begin, begin.Add(2*time.Hour), time.Hour)
	}
	for _, cfg := range []Config{
		{}, {Start: begin, Devices: -1}, {Start: begin, Regions: -1}, {Start: begin, Projects: -3},
		{Start: begin, End: begin}, {Start: begin, Devices: maxDevices + 1},
	} {
		if _, err := NewFleet(cfg); err == nil {
			t.Errorf("%+v was accepted", cfg)
		}
	}
}

// TestCountersOnlyGrow, but where the truth says that they begin anew.
func TestCountersOnlyGrow(t *testing.T) {
	t.Parallel()
	f := newFleet(t, Config{Seed: 2, Devices: 300, End: begin.AddDate(0, 0, 10)})
	r := record(t, f, begin, begin.AddDate(0, 0, 10), 20*time.Minute)
	truth := f.Truth()
	type reset struct {
		key string
		at  telemetry.Millis
	}
	known := map[reset]bool{}
	for _, s := range truth.Swaps {
		for _, metric := range []string{"energy_kwh", "reactive_kvarh", "volume_m3"} {
			known[reset{s.Device + " " + metric, telemetry.MillisOf(s.At)}] = true
		}
	}
	for _, o := range truth.Rollovers {
		known[reset{o.Device + " " + o.Metric, telemetry.MillisOf(o.At)}] = true
	}
	falls := 0
	for key, list := range r.readings {
		if telemetry.LookupMetric(strings.Fields(key)[1]).Kind != telemetry.KindCounter {
			continue
		}
		for i := 1; i < len(list); i++ {
			if list[i].Value >= list[i-1].Value {
				continue
			}
			falls++
			explained := false
			for k := range known {
				explained = explained || k.key == key && k.at > list[i-1].Received && k.at <= list[i].Received
			}
			if !explained {
				t.Errorf("%s falls from %v to %v at %s without a reason", key, list[i-1].Value, list[i].Value, list[i].Received)
			}
		}
	}
	// Two electricity and two water meters are exchanged, two roll over; an
	// exchanged electricity meter loses two counters.
	if len(truth.Swaps) != 2 || len(truth.Rollovers) != 1 || falls != 4 {
		t.Errorf("%d swaps, %d rollovers, %d falls; want 2, 1 and 4", len(truth.Swaps), len(truth.Rollovers), falls)
	}
	if n := r.kinds("replaced"); n != len(truth.Swaps) {
		t.Errorf("%d events of %d swaps", n, len(truth.Swaps))
	}
}

// TestTruthIsWhatTheEventsSay compares the record with the messages, one by one.
func TestTruthIsWhatTheEventsSay(t *testing.T) {
	t.Parallel()
	to := begin.AddDate(0, 0, 30)
	f := newFleet(t, Config{Seed: 4})
	r := recordOnly(t, f, begin, to, 24*time.Hour, "floor")
	truth := f.Truth()
	inside := func(at time.Time) bool { return !at.Before(begin) && at.Before(to) }
	emitted := map[string]telemetry.Event{}
	for _, list := range r.events {
		for _, e := range list {
			if e.Kind == "granted" || e.Kind == "denied" {
				continue // nothing out of the ordinary, and many
			}
			emitted[e.Device.String()+" "+e.Kind+" "+e.TS.String()] = e
		}
	}
	offset := map[string]time.Duration{}
	for _, o := range truth.ClockOffsets {
		offset[o.Device] = time.Duration(o.Seconds * float64(time.Second))
	}
	want := map[string]int{}
	expect := func(device, kind string, at time.Time, id string) {
		if !inside(at) {
			return
		}
		want[kind]++
		e, ok := emitted[device+" "+kind+" "+telemetry.MillisOf(at.Add(offset[device])).String()]
		if !ok {
			t.Errorf("%s: the truth has %s at %s, no event does", device, kind, at)
		} else if id != "" && e.ID != id {
			t.Errorf("%s: %s at %s has the ID %s, in the truth %s", device, kind, at, e.ID, id)
		}
	}
	for _, v := range truth.Failures {
		expect(v.Device, "fault", v.At, "")
		if inside(v.At) {
			expect(v.Device, "fault_cleared", v.ClearedAt, "")
		}
	}
	for _, v := range truth.Entrapments {
		expect(v.Device, "entrapment", v.At, v.Event)
		if v.SelfCleared {
			expect(v.Device, "entrapment_cleared", v.ReleasedAt, "")
			continue
		}
		expect(v.Device, "arrived", v.ArrivedAt, "")
		expect(v.Device, "released", v.ReleasedAt, "")
		if got := v.ArrivedAt.Sub(v.At).Seconds(); math.Abs(got-v.ResponseSeconds) > 0.001 {
			t.Errorf("%s: response of %v s in the truth, %v by its times", v.Device, v.ResponseSeconds, got)
		}
	}
	for _, v := range truth.Alarms {
		expect(v.Device, "alarm", v.At, v.Event)
		expect(v.Device, "alarm_cleared", v.ClearedAt, "")
		if v.Cause != CauseTest {
			expect(v.Device, "acknowledged", v.AcknowledgedAt, "")
		}
	}
	for _, v := range truth.Maintenance {
		expect(v.Device, "maintenance_started", v.From, "")
		expect(v.Device, "maintenance_done", v.To, "")
	}
	for _, list := range [][]Window{truth.DoorsHeld, truth.DoorsForced} {
		for _, v := range list {
			expect(v.Device, "door_closed", v.To, "")
		}
	}
	for _, v := range truth.DoorsHeld {
		expect(v.Device, "door_held", v.From, "")
	}
	for _, v := range truth.DoorsForced {
		expect(v.Device, "door_forced", v.From, "")
	}
	for _, v := range truth.Supervisory {
		expect(v.Device, "supervisory", v.From, "")
		expect(v.Device, "supervisory", v.To, "")
	}
	for _, v := range truth.Swaps {
		expect(v.Device, "replaced", v.At, "")
	}
	for kind, n := range want {
		// A fault that began before the window may be cleared in it.
		if got := r.kinds(kind); got != n {
			t.Errorf("%d events %s, %d in the truth", got, kind, n)
		}
	}
	for _, kind := range []string{"fault", "entrapment", "arrived", "released", "alarm", "acknowledged", "supervisory", "door_held"} {
		if want[kind] == 0 {
			t.Errorf("in 30 days of 600 devices there was no %s", kind)
		}
	}
	t.Log("events of 30 days:", want)
}

// TestLifetimesComeFromTheModels: what an analysis would find in the failures
// is what the catalogue says.
func TestLifetimesComeFromTheModels(t *testing.T) {
	f := newFleet(t, Config{Seed: 6, Devices: 4000, Projects: 40})
	truth := f.Truth()
	lives := map[string][]float64{}
	for _, v := range truth.Failures {
		lives[v.Model+" "+v.Part] = append(lives[v.Model+" "+v.Part], v.LifeHours)
	}
	// Lives much shorter than the observation are hardly censored: compare
	// their mean with scale*Γ(1+1/shape).
	for _, m := range models[Lift] {
		if m.Name != "HL-7" {
			continue
		}
		part := m.Parts[0]
		got := lives[m.Name+" "+part.Name]
		sum := 0.0
		for _, v := range got {
			sum += v
		}
		mean, want := sum/float64(len(got)), part.ScaleHours*math.Gamma(1+1/part.Shape)
		if len(got) < 300 || math.Abs(mean/want-1) > 0.12 {
			t.Errorf("%s of %s: %d lives of %.0f h on average, want about %.0f h", part.Name, m.Name, len(got), mean, want)
		}
	}
	bad, good := len(lives["HL-7 door_operator"]), len(lives["Ascent-3 door_operator"])
	count := map[string]int{}
	for _, d := range truth.Devices {
		count[d.Model]++
	}
	if a, b := float64(bad)/float64(count["HL-7"]), float64(good)/float64(count["Ascent-3"]); a < 2.5*b {
		t.Errorf("the bad model failed %.1f times a lift, the good one %.1f times", a, b)
	}
}

func TestTruthAsJSON(t *testing.T) {
	f := newFleet(t, Config{Seed: 9, Devices: 100})
	f.Advance(begin.AddDate(0, 0, 8))
	truth := f.Truth()
	var buf bytes.Buffer
	if err := truth.WriteJSON(&buf); err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(&buf)
	dec.DisallowUnknownFields()
	var back Truth
	if err := dec.Decode(&back); err != nil {
		t.Fatal(err)
	}
	if len(back.Devices) != 100 || !back.Through.Equal(begin.AddDate(0, 0, 8)) {
		t.Errorf("%d devices through %s came back", len(back.Devices), back.Through)
	}
	if !slices.Equal(back.Failures, truth.Failures) || !slices.Equal(back.Leaks, truth.Leaks) {
		t.Error("what came back is not what was written")
	}
	if !slices.IsSortedFunc(truth.Failures, func(a, b Failure) int { return a.At.Compare(b.At) }) {
		t.Error("failures are not in order of time")
	}
}

// TestSilentDevices say nothing while they are cut off and lose no event.
func TestSilentDevices(t *testing.T) {
	t.Parallel()
	f := newFleet(t, Config{Seed: 4})
	r := record(t, f, begin, begin.AddDate(0, 0, 30), 30*time.Minute)
	silences := f.Truth().Silences
	if len(silences) != 6 {
		t.Fatalf("%d silences, want 6", len(silences))
	}
	late := 0
	for _, s := range silences {
		from, to := telemetry.MillisOf(s.From), telemetry.MillisOf(s.To)
		if d := s.To.Sub(s.From); d < 3*time.Hour || d > 12*time.Hour {
			t.Errorf("%s is silent for %s", s.Device, d)
		}
		n := 0
		for key, list := range r.readings {
			if !strings.HasPrefix(key, s.Device+" ") {
				continue
			}
			for _, v := range list {
				if v.Received >= from && v.Received < to {
					t.Errorf("%s reports at %s, in its silence", key, v.Received)
				}
				if v.Received >= to && v.Received < to+hour {
					n++
				}
			}
		}
		if n == 0 {
			t.Errorf("%s does not come back after its silence", s.Device)
		}
		for _, e := range r.events[s.Device] {
			if e.Received >= from && e.Received < to {
				t.Errorf("%s sends %s at %s, in its silence", s.Device, e.Kind, e.Received)
			}
			if e.TS < to && e.Received >= to && e.TS >= from {
				late++
			}
		}
	}
	if late == 0 {
		t.Error("no access point sent late what happened while it was cut off")
	}
}
