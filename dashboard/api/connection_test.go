package api

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"steward/internal/authz"
	"steward/internal/live"
	"steward/internal/registry"
	"steward/internal/telemetry"
)

// Devices of a connection are found over all pages, a page is never too long, and of other
// places nobody is told.
func TestDevicesOfAConnection(t *testing.T) {
	w := newWorld(t)
	engineer := somebody(authz.Engineer, harbour)
	want := map[string][]string{}
	for i := range 60 {
		id := fmt.Sprintf("fc%02d", i)
		rec := w.do(root, post("/devices", fields{"region": harbour.Region, "project": harbour.Project, "class": "fire", "id": id}))
		if rec.Code != 201 {
			t.Fatal(rec.Body)
		}
		connection := "unknown"
		if i%7 > 0 {
			connection = []string{"online", "offline"}[i%2]
			d := telemetry.Device{Region: harbour.Region, Project: harbour.Project, Class: telemetry.Fire, ID: id}
			w.board.Status(telemetry.Status{Device: &d, Online: true, Received: telemetry.MillisOf(w.now) - 1}) // or it is not in service
			w.board.Status(telemetry.Status{Device: &d, Online: connection == "online", Received: telemetry.MillisOf(w.now)})
		}
		want[connection] = append(want[connection], id)
	}
	waitFor(t, func() bool {
		return len(w.board.Latest(live.LatestQuery{Allowed: authz.Everything(), Filter: live.Filter{Class: telemetry.Fire}})) == 60-len(want["unknown"])
	})
	type page struct {
		Items []registry.Device
		Next  string
		Total *int
	}
	for connection, ids := range want {
		for _, limit := range []int{1, 7, 100} {
			var got []string
			cursor := ""
			for n := 0; ; n++ {
				p := answerIn[page](t, w.do(engineer, get(fmt.Sprintf("/devices?class=fire&search=fc&connection=%s&limit=%d&total=true&cursor=%s", connection, limit, cursor))), 200)
				if len(p.Items) > limit || p.Total == nil || *p.Total != 60 || n > 60 {
					t.Fatalf("%s by %d: %d items of %v on page %d", connection, limit, len(p.Items), p.Total, n)
				}
				for _, d := range p.Items {
					got = append(got, d.ID)
				}
				if cursor = p.Next; cursor == "" {
					break
				}
			}
			slices.Sort(got)
			if !slices.Equal(got, ids) {
				t.Errorf("%s by %d: %v, want %v", connection, limit, got, ids)
			}
		}
	}
	if p := answerIn[page](t, w.do(somebody(authz.Engineer, park), get("/devices?class=fire&search=fc&connection=online")), 200); len(p.Items) > 0 {
		t.Errorf("another estate sees %v", p.Items)
	}

	// The states of a page's devices, whatever else the company has.
	states := func(who authz.Principal, names ...string) (got []string) {
		rec := w.do(who, get("/latest?devices="+strings.Join(names, ",")))
		for _, one := range answerIn[struct{ Items []latestDevice }](t, rec, 200).Items {
			got = append(got, one.Device+" "+one.Connection)
		}
		return got
	}
	path := func(id string) string { return harbour.String() + "/fire/" + id }
	if got := states(engineer, path("fc03"), path("fc00"), path("fc02"), path("fc03")); !slices.Equal(got, []string{"fc02 online", "fc03 offline"}) {
		t.Errorf("%v", got)
	}
	if got := states(somebody(authz.Engineer, park), path("fc03")); len(got) > 0 {
		t.Errorf("another estate is told %v", got)
	}
	if p := problemIn(t, w.do(engineer, get("/latest?devices=nonsense"))); p.Status != 422 && p.Status != 400 {
		t.Errorf("%+v", p)
	}

	w.api.Live = nil
	if p := problemIn(t, w.do(engineer, get("/devices?connection=online"))); p.Code != CodeNotHere {
		t.Errorf("%+v", p)
	}
}

func waitFor(t *testing.T, done func() bool) {
	t.Helper()
	for range 500 {
		if done() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("waited in vain")
}

// What a device ever sent is told to who may see the device.
func TestMetricsOfADevice(t *testing.T) {
	w := newWorld(t)
	const path = "/devices/zqnorth/zqharbour/meter/m-zqharbour/metrics"
	got := answerIn[struct{ Items []deviceMetric }](t, w.do(somebody(authz.Viewer, harbour), get(path)), 200).Items
	if len(got) != 1 || got[0].Metric != "power_zqharbour" || got[0].Kind != telemetry.KindGauge || got[0].First == nil || got[0].Last == nil || got[0].Last.Sub(*got[0].First) != 19*time.Minute {
		t.Errorf("%+v", got)
	}
	if rec := w.do(somebody(authz.Viewer, park), get(path)); rec.Code != 404 && rec.Code != 403 {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
	if rec := w.do(root, get("/devices/zqnorth/zqharbour/meter/none/metrics")); rec.Code != 404 {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
}
