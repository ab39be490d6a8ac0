package energy

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"steward/analytics/nightflow"
	"steward/internal/authz"
	"steward/internal/clickhouse"
)

// A cost is the charge for use, and says what the bill has besides; that is a number of
// its own, or says what it lacks.
func TestTheBill(t *testing.T) {
	from, to := day(2026, 2, 1), day(2026, 3, 1)
	store := &fake{}
	meter := func(device, medium string) {
		store.add(clickhouse.EnergyMeter{Device: device, Metric: media[medium].metric, Medium: medium}, from.UTC(), to.UTC(), func(at time.Time) float64 {
			if at.In(shanghai).Hour() == 9 {
				return 50
			}
			return 10
		})
	}
	meter("e", "electricity")
	meter("h", "heat")
	run := func(name string) *results {
		o := options(t, store, nil)
		o.Tariff = tariffs(t, name)
		return runJob(t, o, from, to, to, nil)
	}
	places := []string{"point:e", "medium:electricity"}

	got := run("large")
	for _, subject := range places {
		if n := got.find(t, "cost", "east", "hz", subject); n.Value == nil || n.Why != "the charge for use alone; without the basic charge; without the power-factor adjustment" {
			t.Errorf("%+v", n)
		}
		if n := got.find(t, "basic_charge", "east", "hz", subject); n.Value == nil || math.Abs(*n.Value-40*50) > 1e-6 || !strings.Contains(n.Why, "quarter of an hour") {
			t.Errorf("%+v", n)
		}
		if n := got.find(t, "power_factor_charge", "east", "hz", subject); n.Value != nil || !strings.HasPrefix(n.Why, "insufficient data: ") || !strings.Contains(n.Why, "send reactive_kvarh") {
			t.Errorf("%+v", n)
		}
	}
	store.put("e", "reactive_kvarh", from.UTC(), to.UTC(), func(time.Time) float64 { return 12 })
	if n := run("large").find(t, "power_factor_charge", "", "", "medium:electricity"); n.Value == nil || !(*n.Value > 0) {
		t.Errorf("%+v", n)
	}

	// The highest quarter of an hour is what is billed, where it is known.
	store.demands = []clickhouse.EnergyDemand{{Device: "e", KW: 60, Quarters: 2688}}
	if n := run("large").find(t, "basic_charge", "east", "hz", "point:e"); n.Value == nil || math.Abs(*n.Value-40*60) > 1e-6 || n.Why != "" {
		t.Errorf("%+v", n)
	}
	store.demands = nil

	got = run("kva")
	for _, subject := range places {
		if n := got.find(t, "basic_charge", "east", "hz", subject); n.Value != nil || !strings.Contains(n.Why, "transformers' kVA") {
			t.Errorf("%+v", n)
		}
	}
	o := options(t, store, nil)
	o.Tariff, o.Capacity = tariffs(t, "kva"), func(authz.Place) float64 { return 630 }
	if n := runJob(t, o, from, to, to, nil).find(t, "basic_charge", "", "", "medium:electricity"); n.Value == nil || math.Abs(*n.Value-30*630) > 1e-6 || n.Why != "" {
		t.Errorf("%+v", n)
	}
	// By floor area alone use has no price: that is not a cost of nothing.
	if n := got.find(t, "cost", "east", "hz", "point:h"); n.Value != nil || !strings.Contains(n.Why, "by floor area") {
		t.Errorf("%+v", n)
	}
	if n := got.find(t, "area_charge", "east", "hz", "point:h"); n.Value != nil || !strings.Contains(n.Why, "heated area") {
		t.Errorf("%+v", n)
	}
	for _, n := range run("flat").numbers {
		if strings.HasSuffix(n.Kind, "_charge") || n.Kind == "cost" && n.Why != "" {
			t.Errorf("%+v", n)
		}
	}
}

// Nights of meters that leak are kept whatever they are called.
func TestNightsOfLeaksAreKept(t *testing.T) {
	var results []result
	one := func(name string, used float64, flow NightFlow) {
		results = append(results, result{of: &subject{name: name}, year: used, notes: []note{{"night_flow", name, flow}}})
	}
	for i := range maxDocs + 20 {
		one(fmt.Sprintf("point:a%03d", i), float64(i), NightFlow{})
	}
	one("point:mended", 0, NightFlow{Ended: make([]NightLeak, 1)})
	one("point:z", 0, NightFlow{Leak: new(NightLeak)})
	kept := nightsKept(results)
	if len(kept) != maxDocs || !kept["point:z"] || !kept["point:mended"] || kept["point:a000"] || !kept["point:a119"] {
		t.Errorf("%d, %v", len(kept), kept)
	}
}

// Without a price of the project a leak costs nobody knows what.
func TestLeaksWithoutAPrice(t *testing.T) {
	e := nightflow.Estimate{Value: 1, Low: 0.5, High: 2}
	f := func(price float64, want string) {
		t.Helper()
		x := examOf(0)
		x.nights(&nightflow.Result{Leak: &nightflow.Leak{M3: e, Yuan: e, YuanYear: e}, History: []nightflow.Leak{{Yuan: e}}}, price)
		text, err := json.Marshal(x.notes[0].body)
		if err != nil || strings.Count(string(text), `"yuan":`+want) != 2 || strings.Count(string(text), `"yuan_year":`+want) < 1 {
			t.Errorf("%v: %s, %v", price, text, err)
		}
	}
	f(math.NaN(), "null")
	f(4, `{"value":1,`)
}
