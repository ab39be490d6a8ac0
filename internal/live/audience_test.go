package live

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"steward/internal/authz"
	"steward/internal/telemetry"
)

// What each audience gets, as frames and as snapshots, is what one finds by
// sifting everything by hand.
func TestAudiencesSeeTheirPlacesAndNothingElse(t *testing.T) {
	b := newBoard(t, Options{MaxEvents: 50, MaxRejected: 40, MaxMetrics: 4, MaxDevices: 30})
	w := newWorld(5)
	for range 4000 {
		w.step(b)
	}
	topics := []string{
		"property/north/harbour/oven/x", "property/north/Harbour/meter/x", "property/South/hill/meter/x", "elsewhere", "property",
		"property/north", "property/south/hill", "property/no\nrth/harbour/x", "property/x\neast/park/meter/y",
	}
	for i, topic := range topics {
		b.Rejected(telemetry.DeadLetter{ID: fmt.Sprint("odd", i), Topic: topic, Received: 9e6})
	}
	b.flush()
	b.groups.at = b.groups.at.Add(-countEvery) // count once more, with rates
	w.step(b)
	b.flush()
	whole := b.Snapshot(Scope{Allowed: hq})
	if len(whole.Devices) < 20 || len(whole.Dangers) == 0 || whole.Totals.Refused == 0 {
		t.Fatalf("too little happens for a test: %d devices, %d dangers, %+v", len(whole.Devices), len(whole.Dangers), whole.Totals)
	}

	for _, places := range [][]authz.Place{
		nil, {{Region: "north"}}, {{Region: "south"}}, {{Region: "north", Project: "garden"}}, {{Region: "west"}},
		{{Region: "south", Project: "hill"}, {Region: "north", Project: "harbour"}}, {authz.HQ},
	} {
		covers := func(at authz.Place) bool {
			return slices.ContainsFunc(places, func(p authz.Place) bool { return p.Contains(at) })
		}
		ofDevice := func(d *telemetry.Device) bool { return covers(authz.Place{Region: d.Region, Project: d.Project}) }
		scope := Scope{Allowed: scopeAt(places...)}
		sub := b.Subscribe(scope)
		got := take(t, sub).Snapshot
		sub.Close()
		if again := b.Snapshot(scope); again.Totals != got.Totals || len(again.Devices) != len(got.Devices) {
			t.Errorf("%v: watched and unwatched snapshots differ", places)
		}

		var devices, wantDevices, events, wantEvents, dangers, wantDangers, letters, wantLetters []string
		for _, d := range got.Devices {
			devices = append(devices, d.Device.String())
		}
		for _, e := range got.Events {
			events = append(events, e.Device.String()+e.ID)
		}
		for _, d := range got.Dangers {
			dangers = append(dangers, d.First.Device.String())
		}
		for _, r := range got.Rejected {
			letters = append(letters, r.ID)
		}
		var totals Totals
		for _, d := range whole.Devices {
			if ofDevice(d.Device) {
				wantDevices = append(wantDevices, d.Device.String())
			}
		}
		for _, e := range whole.Events {
			if ofDevice(e.Device) {
				wantEvents = append(wantEvents, e.Device.String()+e.ID)
			}
		}
		for _, d := range whole.Dangers {
			if ofDevice(d.First.Device) {
				wantDangers = append(wantDangers, d.First.Device.String())
			}
		}
		for _, r := range whole.Rejected {
			seg := append(strings.Split(r.Topic, "/"), "", "", "")
			at := authz.Place{Region: seg[1], Project: seg[2]}
			if telemetry.CheckSegment(at.Project) != nil {
				at.Project = ""
			}
			if telemetry.CheckSegment(at.Region) != nil {
				at = authz.HQ
			}
			if covers(at) {
				wantLetters = append(wantLetters, r.ID)
			}
		}
		for _, g := range whole.Groups {
			if covers(authz.Place{Region: g.Region, Project: g.Project}) {
				totals.Devices += g.Devices
				totals.Online += g.Online
				totals.Offline += g.Offline
				totals.Rate += g.Rate
			}
		}
		for _, part := range []struct {
			name      string
			got, want any
		}{
			{"devices", devices, wantDevices}, {"events", events, wantEvents}, {"dangers", dangers, wantDangers},
			{"rejected", letters, wantLetters},
			{"totals", [4]float64{float64(got.Totals.Devices), float64(got.Totals.Online), float64(got.Totals.Offline), got.Totals.Rate},
				[4]float64{float64(totals.Devices), float64(totals.Online), float64(totals.Offline), totals.Rate}},
		} {
			if !reflect.DeepEqual(part.got, part.want) {
				t.Errorf("%v: %s are\n%v\nwant\n%v", places, part.name, part.got, part.want)
			}
		}
		for _, g := range got.Groups {
			if !covers(authz.Place{Region: g.Region, Project: g.Project}) {
				t.Errorf("%v sees the counts of %s/%s", places, g.Region, g.Project)
			}
		}
	}
}

// Losses are counted for those who may know of them, also when they come while
// somebody watches, and whoever comes later is told the same.
func TestLossesAreCountedByPlace(t *testing.T) {
	b := newBoard(t, Options{MaxDevices: 1, MaxMetrics: 1})
	north, hill := scopeAt(authz.Place{Region: "north"}), scopeAt(authz.Place{Region: "south", Project: "hill"})
	count := func() {
		b.groups.at = b.groups.at.Add(-countEvery)
		b.flush()
	}
	early := b.Subscribe(Scope{Allowed: north})
	defer early.Close()
	take(t, early)
	for round := range 3 {
		b.Reading(reading(meter, "power_kw", telemetry.Millis(round), 1))
		b.Reading(reading(meter, "voltage_v", telemetry.Millis(round), 1)) // over the limit, in the north
		b.Reading(reading(gate, "x", 1, 1))                                // a device over the limit, in the south's garden
		b.Rejected(telemetry.DeadLetter{Topic: "property/north/harbour/meter/m"})
		b.Rejected(telemetry.DeadLetter{Topic: "property/south/hill/meter/m"})
		b.Rejected(telemetry.DeadLetter{Topic: "nowhere"})
		count()
	}
	var last Totals
	for {
		u, _, ok := early.Next()
		if !ok {
			break
		}
		if u.Frame.Totals != nil {
			last = *u.Frame.Totals
		}
	}
	for _, c := range []struct {
		who               string
		got               Totals
		rejected, refused uint64
	}{
		{"the north, watching", last, 3, 3},
		{"the north, later", b.Snapshot(Scope{Allowed: north}).Totals, 3, 3},
		{"the hill", b.Snapshot(Scope{Allowed: hill}).Totals, 3, 0},
		{"everybody", b.Snapshot(Scope{Allowed: hq}).Totals, 9, 6},
		{"nobody", b.Snapshot(Scope{}).Totals, 0, 0},
	} {
		if c.got.Rejected != c.rejected || c.got.Refused != c.refused {
			t.Errorf("%s: %d rejected and %d refused, want %d and %d", c.who, c.got.Rejected, c.got.Refused, c.rejected, c.refused)
		}
	}
}

// Names that somebody made up cannot fill the memory, and do not hide what is
// known already.
func TestTalliesAreBounded(t *testing.T) {
	ts := newTallies(3)
	r := rand.New(rand.NewPCG(1, 1))
	for i := range 100 {
		ts.note(authz.Place{Region: fmt.Sprint("r", min(i, 2)+r.IntN(50)*min(i/3, 1))}, tally{rejected: 1})
		if i%10 == 0 {
			ts.publish(nil)
		}
	}
	before := ts.shown[authz.Place{Region: "r0"}].rejected
	ts.note(authz.Place{Region: "r0"}, tally{rejected: 1})
	ts.publish(nil)
	if len(ts.shown) > 3 || ts.shown[authz.Place{Region: "r0"}].rejected != before+1 {
		t.Errorf("tallies %v", ts.shown)
	}
}

// A slow viewer is told of its own losses, not of how busy others are.
func TestMissedUpdatesAreOnesOwn(t *testing.T) {
	b := newBoard(t, Options{})
	b.flush()
	sub := b.Subscribe(Scope{Allowed: scopeAt(authz.Place{Region: "south"})})
	defer sub.Close()
	take(t, sub)
	for i := range 3 * maxFrames {
		b.groups.at = b.groups.at.Add(-countEvery) // totals in each frame, so that it falls behind
		for j := range 50 {
			b.Reading(reading(meter, fmt.Sprint("m", j), telemetry.Millis(i), 1))
		}
		if i%4 == 0 {
			b.Reading(reading(panel, "smoke_ppm", telemetry.Millis(i), 1))
		}
		b.flush()
	}
	u := take(t, sub)
	if own := uint64(2 * 3 * maxFrames); u.Snapshot == nil || u.Missed == 0 || u.Missed > own {
		t.Errorf("missed %d, want at most %d of the south", u.Missed, own)
	}
}

func TestAudiencesAreForgotten(t *testing.T) {
	b := newBoard(t, Options{})
	s := Scope{Allowed: scopeAt(authz.Place{Region: "south"})}
	x, y := b.Subscribe(s), b.Subscribe(Scope{Allowed: s.Allowed, Detail: Filter{Class: telemetry.Fire}})
	if len(b.feeds.audiences) != 1 {
		t.Errorf("two feeds of one scope have %d audiences", len(b.feeds.audiences))
	}
	x.Close()
	y.Close()
	y.Close()
	if len(b.feeds.audiences) != 0 {
		t.Error("an audience outlives its feeds")
	}
}
