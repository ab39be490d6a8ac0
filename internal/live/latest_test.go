package live

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"steward/internal/authz"
	"steward/internal/telemetry"
)

func TestLatestPagesThroughEverythingOnce(t *testing.T) {
	b := newBoard(t, Options{})
	w := newWorld(3)
	for range 5000 {
		w.step(b)
	}
	// Names whose order by bytes of the path differs from that by its parts.
	for _, d := range []telemetry.Device{{Region: "a", Project: "z", Class: telemetry.Meter, ID: "m"}, {Region: "a-b", Project: "c", Class: telemetry.Fire, ID: "m"}} {
		b.Reading(reading(&d, "x", 1, 1))
	}
	b.flush()
	for _, f := range []Filter{{}, {Region: "north"}, {Class: telemetry.Fire}, {Device: "d1"}, {Project: "hill", Device: "d2"}, {Region: "nowhere"}} {
		for _, allowed := range []authz.Scope{hq, scopeAt(authz.Place{Region: "north"}), scopeAt(authz.Place{Region: "south", Project: "hill"}, authz.Place{Region: "a"}), {}} {
			want := map[string]DeviceState{}
			for _, d := range b.Snapshot(Scope{Detail: f, Allowed: allowed}).Devices {
				want[d.Device.String()] = d
			}
			for _, limit := range []int{1, 3, 1000} {
				var got []DeviceState
				after := ""
				for {
					page := b.Latest(LatestQuery{Filter: f, Allowed: allowed, After: after, Limit: limit})
					if len(page) == 0 {
						break
					}
					got = append(got, page...)
					after = page[len(page)-1].Device.String()
				}
				if len(got) != len(want) || !slices.IsSortedFunc(got, func(x, y DeviceState) int { return compare(x.Device, y.Device) }) {
					t.Fatalf("%+v within %v by %d: %d devices, want %d in order", f, allowed, limit, len(got), len(want))
				}
				for _, d := range got {
					if !slices.Equal(d.Values, want[d.Device.String()].Values) || d.Seen != want[d.Device.String()].Seen {
						t.Errorf("%s has %+v, want %+v", d.Device, d, want[d.Device.String()])
					}
				}
			}
		}
	}
}

func TestLatestOfSomeDevices(t *testing.T) {
	b := newBoard(t, Options{})
	for _, d := range []*telemetry.Device{meter, lift, panel} {
		b.Reading(reading(d, "x", 1, 1))
	}
	b.flush()
	f := func(q LatestQuery, want ...*telemetry.Device) {
		t.Helper()
		q.Devices, q.Limit = []telemetry.Device{*panel, *meter, *gate, *meter}, 1
		var got []*telemetry.Device
		for _, s := range b.Latest(q) {
			got = append(got, s.Device)
		}
		if !slices.EqualFunc(got, want, func(x, y *telemetry.Device) bool { return *x == *y }) {
			t.Errorf("%+v: %v, want %v", q, got, want)
		}
	}
	f(LatestQuery{Allowed: hq}, meter, panel) // in order, each once, whatever the limit is
	f(LatestQuery{Allowed: hq, Filter: Filter{Class: telemetry.Fire}}, panel)
	f(LatestQuery{Allowed: scopeAt(authz.Place{Region: "north"})}, meter)
	f(LatestQuery{})
}

func TestLatestOfSomeMetrics(t *testing.T) {
	b := newBoard(t, Options{})
	for _, m := range []string{"power_kw", "energy_kwh", "voltage_v"} {
		b.Reading(reading(meter, m, 1, 1))
	}
	b.Reading(reading(lift, "floor", 1, 1))
	b.flush()
	got := b.Latest(LatestQuery{Allowed: hq, Metrics: []string{"voltage_v", "power_kw", "none"}})
	if len(got) != 2 || len(got[0].Values) != 0 || len(got[1].Values) != 2 {
		t.Fatalf("got %+v", got)
	}
	names := []string{got[1].Values[0].Metric, got[1].Values[1].Metric}
	slices.SortFunc(names, cmp.Compare)
	if strings.Join(names, " ") != "power_kw voltage_v" {
		t.Errorf("metrics %v", names)
	}
	if got := b.Latest(LatestQuery{Allowed: hq, Limit: 1}); len(got) != 1 {
		t.Errorf("a limit of one gives %d", len(got))
	}
}

// BenchmarkLatest10000 is the latest state of ten thousand devices with five
// values each, at once and by pages, for headquarters and for one project.
func BenchmarkLatest10000(b *testing.B) {
	board := newBoard(b, Options{})
	for _, d := range fleet(10_000) {
		for _, m := range benchMetrics {
			board.Reading(telemetry.Reading{Device: d, Metric: m, TS: 1, Received: 1, Value: 1})
		}
	}
	board.flush()
	for _, limit := range []int{10_000, 1000} {
		b.Run(fmt.Sprint("pages of ", limit), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				n, after := 0, ""
				for {
					page := board.Latest(LatestQuery{Allowed: hq, After: after, Limit: limit})
					if n += len(page); len(page) < limit {
						break
					}
					after = page[len(page)-1].Device.String()
				}
				if n != 10_000 {
					b.Fatal(n)
				}
			}
		})
	}
	b.Run("one project", func(b *testing.B) {
		allowed := scopeAt(authz.Place{Region: "region-1", Project: "project-1"})
		b.ReportAllocs()
		for b.Loop() {
			if n := len(board.Latest(LatestQuery{Allowed: allowed, Limit: 10_000})); n == 0 || n > 1000 {
				b.Fatal(n)
			}
		}
	})
}
