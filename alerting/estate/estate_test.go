package estate

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"steward/internal/authz"
	"steward/internal/telemetry"
)

var harbour = authz.Place{Region: "north", Project: "harbour"}

func device(class telemetry.Class, id string) telemetry.Device {
	return telemetry.Device{Region: harbour.Region, Project: harbour.Project, Class: class, ID: id}
}

func names(list []telemetry.Device) string {
	ids := make([]string, len(list))
	for i, d := range list {
		ids[i] = d.ID
	}
	return strings.Join(ids, " ")
}

func TestUpstream(t *testing.T) {
	e := New()
	// feed is "what<source,source" or "meter^parent".
	feed := func(links ...string) {
		for _, l := range links {
			id, sources, fed := strings.Cut(l, "<")
			if !fed {
				id, parent, _ := strings.Cut(l, "^")
				e.PutDevice(Device{Device: device(telemetry.Meter, id), Active: true, Parent: device(telemetry.Meter, parent)})
				continue
			}
			d := Device{Device: device(telemetry.Meter, id), Active: true}
			for s := range strings.SplitSeq(sources, ",") {
				d.FedBy = append(d.FedBy, device(telemetry.Meter, s))
			}
			e.PutDevice(d)
		}
	}
	f := func(id, want string) {
		t.Helper()
		if got := names(e.Upstream(device(telemetry.Meter, id))); got != want {
			t.Errorf("upstream of %s: %q, want %q", id, got, want)
		}
	}
	feed("lift<board", "board<main", "sub^main", "a<b", "b<a", "self<self", "two<board,spare", "spare<main")
	f("lift", "board main") // near ones first
	f("main", "")
	f("sub", "main") // a meter fails with the one in front of it
	f("a", "b")      // a circle ends
	f("self", "")
	f("two", "board spare main") // each once
	f("nobody", "")
	for i := range 20 {
		feed(fmt.Sprintf("d%d<d%d", i, i+1))
	}
	if got := e.Upstream(device(telemetry.Meter, "d0")); len(got) != maxDepth {
		t.Errorf("a chain of 20 has %d that matter, want %d", len(got), maxDepth)
	}
}

func TestMembers(t *testing.T) {
	e := New()
	f := func(building, want string) {
		t.Helper()
		got := e.Members(harbour, building, telemetry.Meter)
		if names(got) != want || len(got) != e.Count(harbour, building, telemetry.Meter) {
			t.Errorf("members of %q: %q and %d, want %q", building, names(got), e.Count(harbour, building, telemetry.Meter), want)
		}
	}
	f("", "")
	e.PutDevice(Device{Device: device(telemetry.Meter, "m2"), Active: true, Building: "b1"})
	e.PutDevice(Device{Device: device(telemetry.Meter, "m1"), Active: true, Building: "b1"})
	e.PutDevice(Device{Device: device(telemetry.Meter, "m3"), Active: true})
	e.PutDevice(Device{Device: device(telemetry.Elevator, "e1"), Active: true, Building: "b1"})
	f("", "m1 m2 m3")
	f("b1", "m1 m2")
	// moved, and then out of service
	version := e.Version()
	e.PutDevice(Device{Device: device(telemetry.Meter, "m1"), Active: true, Building: "b2"})
	f("b1", "m2")
	f("b2", "m1")
	e.PutDevice(Device{Device: device(telemetry.Meter, "m1"), Building: "b2"})
	f("b2", "")
	f("", "m2 m3")
	if e.Version() == version {
		t.Error("the version did not change")
	}
}

// What nobody has entered is known by its name alone, and counts as in service: an
// alarm of a device that waits for approval is an alarm.
func TestUnknown(t *testing.T) {
	e := New()
	if d := e.Device(device(telemetry.Elevator, "e9")); !d.Active || d.ID != "e9" || d.Multiplier != 1 {
		t.Errorf("%+v", d)
	}
	if p := e.Project(harbour); p.Zone != time.UTC || p.Place != harbour {
		t.Errorf("%+v", p)
	}
	e.PutProject(Project{Place: harbour, Name: "海港城"})
	if p := e.Project(harbour); p.Zone == nil || p.Name != "海港城" {
		t.Errorf("%+v", p)
	}
}
