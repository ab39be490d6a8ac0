package simulate

import (
	"math"
	"strings"
	"testing"
	"time"

	"steward/internal/telemetry"
)

// metersOf records some days of a fleet and gives the series of one kind.
func metersOf(r *recorder, f *Fleet, medium, metric string) map[string][]telemetry.Reading {
	got := map[string][]telemetry.Reading{}
	for _, d := range f.Devices() {
		if d.Medium == medium {
			got[d.Path] = r.readings[d.Path+" "+metric]
		}
	}
	return got
}

// used is what a counter counted over all its continuity segments but the
// steps at which it begins anew.
func used(list []telemetry.Reading) (sum float64) {
	for i := 1; i < len(list); i++ {
		sum += max(0, list[i].Value-list[i-1].Value)
	}
	return sum
}

// integral is the area under a gauge, in its unit times hours.
func integral(list []telemetry.Reading) (sum float64) {
	for i := 1; i < len(list); i++ {
		sum += (list[i].Value + list[i-1].Value) / 2 * float64(list[i].TS-list[i-1].TS) / float64(hour)
	}
	return sum
}

// TestEnergyIsConserved: the counters are the integrals of the gauges.
func TestEnergyIsConserved(t *testing.T) {
	t.Parallel()
	winter := time.Date(2025, 12, 2, 16, 0, 0, 0, time.UTC)
	f := newFleet(t, Config{Seed: 2, Devices: 200, Start: winter, End: winter.AddDate(0, 0, 3)})
	r := record(t, f, winter, winter.AddDate(0, 0, 3), time.Minute)
	silent := map[string]bool{}
	for _, s := range f.Truth().Silences {
		silent[s.Device] = true
	}
	for _, c := range []struct {
		medium, counter, gauge string
		scale                  float64
	}{
		{Electricity, "energy_kwh", "power_kw", 1},
		{Water, "volume_m3", "flow_m3h", 1},
		{Gas, "volume_m3", "flow_m3h", 1},
		{Heat, "heat_gj", "power_kw", 0.0036},
	} {
		counters := metersOf(r, f, c.medium, c.counter)
		gauges := metersOf(r, f, c.medium, c.gauge)
		if len(counters) == 0 {
			t.Errorf("no meter of %s", c.medium)
		}
		for path, list := range counters {
			if silent[path] || resets(f.Truth(), path+" "+c.counter) {
				continue
			}
			counted, measured := used(list), integral(gauges[path])*c.scale
			if counted <= 0 || math.Abs(counted-measured) > 0.002*measured+0.02 {
				t.Errorf("%s counted %.3f, its gauge says %.3f", path, counted, measured)
			}
		}
	}
}

// TestElectricityIsConsistent: power is voltage times current, reactive energy
// follows from the power factor.
func TestElectricityIsConsistent(t *testing.T) {
	f := newFleet(t, Config{Seed: 2, Devices: 100})
	r := record(t, f, begin, begin.AddDate(0, 0, 2), 10*time.Minute)
	for path, power := range metersOf(r, f, Electricity, "power_kw") {
		voltage, current := r.readings[path+" voltage_v"], r.readings[path+" current_a"]
		factor, reactive := r.readings[path+" power_factor"], r.readings[path+" reactive_kvarh"]
		active := r.readings[path+" energy_kwh"]
		for i, p := range power {
			apparent := voltage[i].Value * current[i].Value * factor[i].Value / 1000
			phases := math.Round(p.Value / apparent)
			// current_a shows hundredths of an ampere
			slack := 0.006 * voltage[i].Value * 3 / 1000
			if phases != 1 && phases != 3 || math.Abs(p.Value-phases*apparent) > slack {
				t.Fatalf("%s: %v kW at %v V, %v A, power factor %v", path, p.Value, voltage[i].Value, current[i].Value, factor[i].Value)
			}
			if v := voltage[i].Value; v < 198 || v > 242 {
				t.Errorf("%s: %v V is out of what the grid allows", path, v)
			}
		}
		tangent := math.Tan(math.Acos(factor[0].Value))
		if a, q := used(active), used(reactive); math.Abs(q-a*tangent) > 0.03 {
			t.Errorf("%s: %.2f kvarh beside %.2f kWh at power factor %v", path, q, a, factor[0].Value)
		}
	}
}

// TestMainsAreTheSumOfTheirBuilding: a building's balance closes.
func TestMainsAreTheSumOfTheirBuilding(t *testing.T) {
	f := newFleet(t, Config{Seed: 2, Devices: 300})
	r := record(t, f, begin, begin.AddDate(0, 0, 2), time.Hour)
	children := map[string]float64{}
	for _, d := range f.Devices() {
		if d.Parent != "" {
			metric := map[string]string{Electricity: "energy_kwh", Water: "volume_m3"}[d.Medium]
			main := strings.TrimSuffix(d.Path, d.Device.ID) + d.Parent
			children[main+" "+metric] += used(r.readings[d.Path+" "+metric])
		}
	}
	if len(children) < 20 {
		t.Fatalf("only %d mains have meters below them", len(children))
	}
	for main, sum := range children {
		if total := used(r.readings[main]); total < sum || sum <= 0 {
			t.Errorf("%s counted %.2f, the meters below it %.2f", main, total, sum)
		}
	}
}

// TestHeatIsFlowTimesSpread in winter, and there is none in summer.
func TestHeatIsFlowTimesSpread(t *testing.T) {
	for _, season := range []struct {
		start time.Time
		heats bool
	}{{time.Date(2026, 1, 10, 16, 0, 0, 0, time.UTC), true}, {time.Date(2026, 7, 10, 16, 0, 0, 0, time.UTC), false}} {
		f := newFleet(t, Config{Seed: 2, Devices: 200, Start: season.start})
		r := record(t, f, season.start, season.start.AddDate(0, 0, 1), time.Hour)
		meters := metersOf(r, f, Heat, "power_kw")
		if len(meters) == 0 {
			t.Fatal("no heat meters")
		}
		for path, power := range meters {
			if region := strings.SplitN(path, "/", 2)[0]; region != "north" {
				t.Errorf("%s: district heating in the %s", path, region)
			}
			for i, p := range power {
				flow := r.readings[path+" flow_m3h"][i].Value
				spread := r.readings[path+" supply_c"][i].Value - r.readings[path+" return_c"][i].Value
				if math.Abs(p.Value-1.163*flow*spread) > 0.002*p.Value+0.02 || p.Value > 0 != season.heats {
					t.Errorf("%s: %v kW from %v m³/h and %v °C", path, p.Value, flow, spread)
				}
			}
		}
	}
}

// hourly is the mean of a gauge in the local hours that pick accepts.
func hourly(list []telemetry.Reading, pick func(moment) bool) float64 {
	sum, n := 0.0, 0
	for _, v := range list {
		if pick(momentOf(v.TS)) {
			sum += v.Value
			n++
		}
	}
	return sum / float64(n)
}

// TestHabits: offices work on weekdays, people are home in the evening, lamps
// burn at night, plant rests.
func TestHabits(t *testing.T) {
	t.Parallel()
	f := newFleet(t, Config{Seed: 2, Devices: 400}).keep(Electricity)
	r := recordOnly(t, f, begin, begin.AddDate(0, 0, 14), 15*time.Minute, "power_kw")
	weekday := func(from, to float64) func(moment) bool {
		return func(m moment) bool { return !m.weekend && m.hour >= from && m.hour < to }
	}
	weekend := func(m moment) bool { return m.weekend && m.hour >= 9 && m.hour < 17 }
	stuck := map[string]bool{}
	for _, s := range f.Truth().StuckOn {
		stuck[s.Device] = true
	}
	offices := 0
	for path, power := range metersOf(r, f, Electricity, "power_kw") {
		switch name := path[strings.LastIndex(path, "/")+1:]; {
		case stuck[path]:
		case strings.HasSuffix(name, "-light"):
			if night, noon := hourly(power, weekday(20, 23)), hourly(power, weekday(11, 14)); night < 8*noon {
				t.Errorf("%s draws %.2f kW at night, %.2f kW at noon", path, night, noon)
			}
		case strings.HasSuffix(name, "-plant"):
			if day, night := hourly(power, weekday(9, 16)), hourly(power, weekday(0, 4)); day < 5*night {
				t.Errorf("%s draws %.2f kW by day, %.2f kW at night", path, day, night)
			}
			if work, rest := hourly(power, weekday(9, 17)), hourly(power, weekend); work < 2*rest {
				t.Errorf("%s draws %.2f kW on working days, %.2f kW at weekends", path, work, rest)
			}
		case strings.Contains(name, "-tenant"):
			work, evening := hourly(power, weekday(9, 17)), hourly(power, weekday(18, 22))
			switch {
			case work > 2.5*hourly(power, weekend):
				offices++
			case evening < 1.05*work && hourly(power, weekend) < 0.9*work:
				t.Errorf("%s follows no habit: %.2f kW by day, %.2f kW in the evening", path, work, evening)
			}
		}
	}
	if offices == 0 {
		t.Error("no tenant follows the hours of an office")
	}
}

// TestLeaksShowAtNight: a leaking pipe never rests, a healthy one does.
func TestLeaksShowAtNight(t *testing.T) {
	t.Parallel()
	to := begin.AddDate(0, 0, 12)
	f := newFleet(t, Config{Seed: 2, Devices: 300, End: to}).keep(Water)
	r := recordOnly(t, f, begin, to, 5*time.Minute, "flow_m3h")
	leaks := f.Truth().Leaks
	if len(leaks) < 2 {
		t.Fatalf("%d leaks", len(leaks))
	}
	excess := map[string]Excess{}
	parents := map[string]string{}
	for _, d := range f.Devices() {
		parents[d.Path] = strings.TrimSuffix(d.Path, d.Device.ID) + d.Parent
	}
	for _, l := range leaks {
		excess[l.Device] = l
		excess[parents[l.Device]] = Excess{} // flows through the main, too: told apart below
	}
	lowest := func(list []telemetry.Reading, from, to time.Time) float64 {
		low := math.Inf(1)
		for _, v := range list {
			if m := momentOf(v.TS); m.hour >= 1 && m.hour < 5 && v.TS >= telemetry.MillisOf(from) && v.TS < telemetry.MillisOf(to) {
				low = min(low, v.Value)
			}
		}
		return low
	}
	for path, flow := range metersOf(r, f, Water, "flow_m3h") {
		l, leaking := excess[path]
		switch {
		case !leaking:
			for day := begin; day.Before(to); day = day.AddDate(0, 0, 1) {
				if low := lowest(flow, day, day.AddDate(0, 0, 1)); low > 0.01 && !math.IsInf(low, 1) {
					t.Errorf("%s is healthy and never under %.3f m³/h in the night of %s", path, low, day)
				}
			}
		case l.Amount > 0:
			if before := lowest(flow, begin, l.From); before > 0.01 {
				t.Errorf("%s flows %.3f m³/h at night before it leaks", path, before)
			}
			if after := lowest(flow, l.From.Add(time.Hour), to); math.Abs(after-l.Amount) > 0.01 {
				t.Errorf("%s leaks %.3f m³/h, its lowest night flow is %.3f", path, l.Amount, after)
			}
		}
	}
}

// TestStuckPlantRunsAtNight while the truth says so, and not otherwise.
func TestStuckPlantRunsAtNight(t *testing.T) {
	t.Parallel()
	f := newFleet(t, Config{Seed: 2, Devices: 300}).keep(Electricity)
	r := recordOnly(t, f, begin, begin.AddDate(0, 0, 30), 15*time.Minute, "power_kw")
	stuck := f.Truth().StuckOn
	if len(stuck) < 2 {
		t.Fatalf("%d plants are stuck on", len(stuck))
	}
	for _, s := range stuck {
		power := r.readings[s.Device+" power_kw"]
		night := func(inside bool) func(moment) bool {
			return func(m moment) bool {
				at := telemetry.Millis(m.day)*day + hours(m.hour) - localOffset
				in := at > telemetry.MillisOf(s.From)+cellLength && at < telemetry.MillisOf(s.To)-cellLength
				out := at < telemetry.MillisOf(s.From)-cellLength || at > telemetry.MillisOf(s.To)+cellLength
				return m.hour < 4 && (inside && in || !inside && out)
			}
		}
		on, off := hourly(power, night(true)), hourly(power, night(false))
		if on < 0.99*s.Amount || off > 0.2*s.Amount {
			t.Errorf("%s draws %.2f kW in nights when it is stuck at %.2f kW, %.2f kW in others", s.Device, on, s.Amount, off)
		}
	}
}
