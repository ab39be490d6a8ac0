package tariff

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

// The published look-up tables by the ratio of reactive to active energy
// (功率因数调整电费增减查对表, after tables 1 to 3 of (83)水电财字第215号), as printed at
// wgbc.cn/zxjs/205.html: ratio from and to, power factor, percent by the three
// standards. Printed is 1.2490 where the power factor is 0.625: that is 1.2489996,
// rounded.
func TestPublishedTable(t *testing.T) {
	f := func(from, to, pf, at90, at85, at80 float64) {
		t.Helper()
		for _, ratio := range []float64{from, to} {
			got, ok := PowerFactor(1000, 1000*ratio)
			if !ok || math.Round(100*got) != math.Round(100*pf) {
				t.Errorf("ratio %v is a power factor of %v, want %v", ratio, got, pf)
			}
			for i, standard := range []float64{0.90, 0.85, 0.80} {
				want := []float64{at90, at85, at80}[i]
				if percent, err := Adjustment(standard, got); err != nil || !near(percent, want) {
					t.Errorf("standard %.2f at %v: %v%% and %v, want %v%%", standard, pf, percent, err, want)
				}
			}
		}
	}
	f(0.0000, 0.1003, 1.00, -0.75, -1.1, -1.3)
	f(0.1004, 0.1751, 0.99, -0.75, -1.1, -1.3)
	f(0.1752, 0.2279, 0.98, -0.75, -1.1, -1.3)
	f(0.2280, 0.2717, 0.97, -0.75, -1.1, -1.3)
	f(0.2718, 0.3105, 0.96, -0.75, -1.1, -1.3)
	f(0.3106, 0.3461, 0.95, -0.75, -1.1, -1.3)
	f(0.3462, 0.3793, 0.94, -0.6, -1.1, -1.3)
	f(0.3794, 0.4107, 0.93, -0.45, -0.95, -1.3)
	f(1.1231, 1.1536, 0.66, 14, 9.5, 7)
	f(1.1537, 1.1847, 0.65, 15, 10, 7.5)
	f(1.1848, 1.2165, 0.64, 17, 11, 8)
	f(1.2166, 1.2489, 0.63, 19, 12, 8.5)
	f(1.2491, 1.2821, 0.62, 21, 13, 9)
	f(1.2822, 1.3160, 0.61, 23, 14, 9.5)
	f(1.3161, 1.3507, 0.60, 25, 15, 10)
	f(1.3508, 1.3863, 0.59, 27, 17, 11)
	f(2.9099, 3.0129, 0.32, 81, 71, 61)
	f(3.0130, 3.1224, 0.31, 83, 73, 63)
	f(3.4962, 3.6386, 0.27, 91, 81, 71)
	f(3.6387, 3.7919, 0.26, 93, 83, 73)
}

func TestAdjustment(t *testing.T) {
	f := func(standard, pf, want float64) {
		t.Helper()
		if got, err := Adjustment(standard, pf); err != nil || !near(got, want) {
			t.Errorf("standard %v at %v: %v and %v, want %v", standard, pf, got, err, want)
		}
	}
	// Each standard itself, and the hundredths that round to it.
	f(0.90, 0.90, 0)
	f(0.90, 0.895, 0)
	f(0.90, 0.8949, 0.5)
	f(0.85, 0.855, -0.1)
	f(0.85, 0.85, 0)
	f(0.85, 0.84, 0.5)
	f(0.80, 0.80, 0)
	f(0.80, 0.79, 0.5)
	f(0.90, 0.70, 10)
	f(0.90, 0, 145)
	// Never better off with less.
	for _, standard := range []float64{0.90, 0.85, 0.80} {
		last := math.Inf(1)
		for at := range 1001 {
			got, err := Adjustment(standard, float64(at)/1000)
			if err != nil || got > last {
				t.Errorf("standard %v at %v: %v and %v after %v", standard, at, got, err, last)
			}
			last = got
		}
	}
	for _, bad := range [][2]float64{{0.95, 0.9}, {0.9, 1.1}, {0.9, -0.1}, {0.9, math.NaN()}, {math.NaN(), 0.9}} {
		if got, err := Adjustment(bad[0], bad[1]); err == nil {
			t.Errorf("%v gives %v", bad, got)
		}
	}
}

func TestPowerFactor(t *testing.T) {
	f := func(kwh, kvarh, want float64) {
		t.Helper()
		got, ok := PowerFactor(kwh, kvarh)
		if ok != (want >= 0) || ok && !near(got, want) {
			t.Errorf("%v kWh and %v kvarh: %v, %v, want %v", kwh, kvarh, got, ok, want)
		}
	}
	f(3, 4, 0.6)
	f(3, -4, 0.6)
	f(1, 0, 1)
	f(0, 1, 0)
	f(1e12, 1e12, math.Sqrt2/2)
	f(1e-12, 1e-12, math.Sqrt2/2)
	f(0, 0, -1)
	f(-1, 1, -1)
	f(math.NaN(), 1, -1)
	f(1, math.Inf(1), -1)
}

func amount(v float64) *float64 { return &v }

func TestMonthly(t *testing.T) {
	check := func(name string, got *float64, want float64) {
		t.Helper()
		if (got == nil) != math.IsNaN(want) || got != nil && !near(*got, want) {
			t.Errorf("%s is %v, want %v", name, show(got), want)
		}
	}
	none := math.NaN()
	f := func(tariff *Tariff, month time.Month, l Load, basic, area, percent, adjustment float64, why ...string) {
		t.Helper()
		c, err := tariff.Monthly(2026, month, l)
		if err != nil {
			t.Fatal(err)
		}
		check("the basic charge", c.Basic, basic)
		check("the area charge", c.Area, area)
		check("the percentage", c.Percent, percent)
		check("the adjustment", c.Adjustment, adjustment)
		if !slices.Equal(c.Why, why) {
			t.Errorf("why: %q, want %q", c.Why, why)
		}
	}
	commercial := shipped(t, "example-guangdong-commercial", Electricity)
	// 150,000 kWh and 100,000 kvarh: 0.832, hence 0.83, 1 % on top of 100,000 + 500 × 32.
	f(commercial, time.June, Load{MaxKW: amount(500), KWh: amount(150e3), KVArh: amount(100e3), Yuan: 100e3}, 16e3, none, 1, 1160)
	// 0.98: 1.1 % off.
	f(commercial, time.June, Load{MaxKW: amount(500), KWh: amount(150e3), KVArh: amount(30e3), Yuan: 100e3}, 16e3, none, -1.1, -1276)
	f(commercial, time.June, Load{KWh: amount(150e3), KVArh: amount(30e3), Yuan: 100e3}, none, none, -1.1, none,
		"basic charge: insufficient data: it goes by the month's largest load, which is not known")
	f(commercial, time.June, Load{MaxKW: amount(500), Yuan: 100e3}, 16e3, none, none, none,
		"power factor: insufficient data: it needs the month's active and reactive energy")
	f(commercial, time.June, Load{MaxKW: amount(0), KWh: amount(0), KVArh: amount(0)}, 0, none, none, none, "power factor: insufficient data: nothing was used")

	form := shipped(t, "example-form", Electricity)
	f(form, time.May, Load{}, none, none, none, none)
	// From 260 kWh per kVA on nine tenths of 40 yuan.
	load := Load{MaxKW: amount(100), CapacityKVA: amount(200), KWh: amount(52e3), KVArh: amount(0)}
	f(form, time.June, load, 3600, none, -0.75, -27)
	load.KWh = amount(51_999)
	f(form, time.June, load, 4000, none, -0.75, -30)
	load.CapacityKVA = nil
	f(form, time.June, load, none, none, -0.75, none, "basic charge: insufficient data: whether the price for high use holds needs kWh and the transformers' kVA")

	// A price that changes on the 16th of a month of 30 days counts for its half.
	changed := one(t, "        - {from: 2026-01-01, price: 1, basic: {by: capacity, price: 20}}\n        - {from: 2026-06-16, price: 1, basic: {by: capacity, price: 30}}")
	f(changed, time.May, Load{CapacityKVA: amount(100)}, 2000, none, none, none)
	f(changed, time.June, Load{CapacityKVA: amount(100)}, 2500, none, none, none)
	f(changed, time.June, Load{}, none, none, none, none, "basic charge: insufficient data: it goes by the transformers' kVA, which is not known")

	// Of a season of 121 days November has 16, and its months add up to all of it.
	heat := shipped(t, "example-beijing-residential", Heat)
	f(heat, time.November, Load{AreaM2: amount(100)}, none, 1200*16./121, none, none)
	f(heat, time.July, Load{AreaM2: amount(100)}, none, 0, none, none)
	f(heat, time.July, Load{}, none, none, none, none, "area charge: insufficient data: the heated area is not known")
	var sum float64
	for _, year := range []int{2027, 2028} { // the latter season has a 29 February
		for i := range 8 {
			c, err := heat.Monthly(year, time.Month(9+i), Load{AreaM2: amount(100)})
			if err != nil {
				t.Fatal(err)
			}
			sum += c.Total()
		}
	}
	if !near(sum, 2400) {
		t.Errorf("two heating seasons of 100 m² cost %v, want 2400", sum)
	}

	if _, err := commercial.Monthly(2021, time.September, Load{}); err == nil || !strings.Contains(err.Error(), "no price on 2021-09-01") {
		t.Errorf("a month before all prices: %v", err)
	}
	for _, bad := range []Load{{MaxKW: amount(-1)}, {KWh: amount(math.NaN())}, {KVArh: amount(math.NaN())}, {Yuan: math.Inf(1)}} {
		if c, err := commercial.Monthly(2026, time.June, bad); err == nil {
			t.Errorf("%+v costs %+v", bad, c)
		}
	}
}

func show(p *float64) any {
	if p == nil {
		return nil
	}
	return *p
}
