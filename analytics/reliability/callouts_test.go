package reliability

import (
	"fmt"
	"maps"
	"math"
	"strings"
	"testing"
	"time"

	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/telemetry"
)

// Call-outs are counted from repair orders or, without any, from the repairs that lifts
// report; failures are none. Where neither is kept there is no rate.
func TestCalloutsAreRepairsAndNotFailures(t *testing.T) {
	period := span{0, 8766 * hour}
	f := newFleet(period)
	at := func(project string) authz.Place { return authz.Place{Region: "r", Project: project} }
	lift := func(project, id string, events string) {
		d := &clickhouse.ReliabilityDevice{Class: "elevator", ID: id, Messages: 1, FirstReading: 1, Expected: 1, Came: 1}
		f.device(at(project), d, courseOf(t, period.to, events), time.UTC)
	}
	// Orders since before the period: all of the year counts, of both lifts.
	f.callouts[at("orders")] = &callouts{first: -hour, of: map[string][]telemetry.Millis{"a": {-hour, 5 * hour, 6 * hour, 8766 * hour}}, unnamed: 2}
	// The first one in the middle of it: the half after it, without it.
	f.callouts[at("late")] = &callouts{first: 4383*hour - 1, of: map[string][]telemetry.Millis{"a": {4383*hour - 1, 5000 * hour}}}
	many := "fault@10 fault_cleared@20 fault@30 fault_cleared@40 fault@50 fault_cleared@60"
	lift("orders", "a", many+" maintenance_started@70 maintenance_done@71")
	lift("orders", "b", "")
	lift("late", "a", many)
	lift("reports", "a", "fault@10 maintenance_started@12 maintenance_done@14 maintenance_started@100 maintenance_done@101")
	lift("reports", "b", many)
	lift("nothing", "a", many)
	got := runFleet(t, f)
	is := func(project string, n, years float64) string {
		t.Helper()
		c := got.find(t, "callback_rate", "r", project, "class:elevator")
		if c.N != n || math.Abs(c.Exposure-years) > 1e-9 || (c.Value == nil) != (years == 0) || c.Value != nil && math.Abs(*c.Value-n/years) > 1e-9 {
			t.Errorf("%s: %+v", project, c)
		}
		return c.Why
	}
	is("orders", 2, 2)
	is("late", 1, 0.5)
	if why := is("reports", 1, 1); !strings.Contains(why, "of 2 lifts 1 have no repair records") {
		t.Error(why)
	}
	if why := is("nothing", 0, 0); why != "insufficient data: no repair records" {
		t.Error(why)
	}
	is("", 4, 3.5)
}

// A vendor may make devices of several classes, and two of these may be named alike.
func TestModelsHaveTheirClass(t *testing.T) {
	f := newFleet(span{0, 8766 * hour})
	for i, d := range []clickhouse.ReliabilityDevice{
		{Class: "meter", Vendor: "Siemens", Model: "PAC3200"}, {Class: "fire", Vendor: "Siemens", Model: "FC18"}, {Class: "fire", Vendor: "Siemens", Model: "FC18"},
		{Class: "meter", Vendor: "Siemens", Model: "X1"}, {Class: "access", Vendor: "Siemens", Model: "X1"}, {Class: "access", Vendor: "Siemens", Model: "X1"}, {Class: "elevator", Model: "3000"}, {Class: "access"},
	} {
		d.ID, d.Expected, d.Came = fmt.Sprint(i), 1, 1 // and some were never heard of
		if i%2 == 0 {
			d.Messages, d.FirstReading = 1, 1
		}
		f.device(authz.Place{Region: "r", Project: "p"}, &d, new(course), time.UTC)
	}
	got, _ := runFleet(t, f).notes["models "].(Models)
	want := map[string]string{"model:Siemens/PAC3200": "meter", "model:Siemens/FC18": "fire", "model:Siemens/X1": severalClasses, "model:3000": "elevator"}
	if !maps.Equal(got.Classes, want) {
		t.Errorf("%v, want %v", got.Classes, want)
	}
	// Each model that has a number has a class.
	for k := range f.groups {
		if _, known := got.Classes[k.subject]; strings.HasPrefix(k.subject, "model:") && !known {
			t.Errorf("%s is of no class", k.subject)
		}
	}
}

// Models, vendors and regions are drawn together as projects are, each within its class.
func TestModelsAndRegionsAreShrunk(t *testing.T) {
	period := span{0, 8766 * hour}
	f := newFleet(period)
	for i := range 6 {
		for n := range 20 {
			if i == 0 && n > 0 {
				break // one of its kind, with a bad year
			}
			r := new(recorder)
			faults := 1 + n%2
			if i == 0 {
				faults = 9
			}
			for k := range faults {
				at := telemetry.Millis(k+1) * 300 * hour
				r.take(telemetry.Fault, "", at)
				r.take(telemetry.FaultCleared, "", at+hour)
			}
			d := &clickhouse.ReliabilityDevice{Class: "elevator", ID: fmt.Sprint(n), Vendor: fmt.Sprint("v", i), Model: "m", Messages: 1, FirstReading: 1, Expected: 1, Came: 1}
			f.device(authz.Place{Region: fmt.Sprint("r", i), Project: "p"}, d, r.end(period.to), time.UTC)
		}
	}
	got := runFleet(t, f)
	for _, at := range []key{{subject: "model:v0/m"}, {subject: "vendor:elevator/v0"}, {region: "r0", subject: "class:elevator"}} {
		own, s := got.find(t, "failure_rate", at.region, "", at.subject), got.find(t, "failure_rate_shrunk", at.region, "", at.subject)
		if !(*s.Value < *own.Value) || *s.Low > *s.Value || *s.High < *s.Value {
			t.Errorf("%+v: own %v, shrunk %v", at, *own.Value, *s.Value)
		}
	}
}
