package forecast

import (
	"maps"
	"math"
	"strings"
	"testing"
)

// The laws by which parts live are found again from what is seen of them within a
// year or three, though most parts were there before. Over 288 intervals of 24 fleets
// of twice the size (1 and 3 years, 5 + 5 + 2 parts) 271 held the shape and 272 the
// scale: 94 % each, of a level of 95 %. Here are fewer, for time.
func TestTruthIsRecovered(t *testing.T) {
	n, shapes, scales := 0, 0, 0
	for _, watched := range []float64{1, 3} {
		for seed := range uint64(4) {
			s := sample(seed+1, watched)
			s.add("VX", "elevator", 200, liftVX)
			s.add("PM", "meter", 300, meterPart)
			all := pools(s.fleet.devices)
			maps.DeleteFunc(all, func(_ string, p *pool) bool { return p.model == "" })
			by, err := live(t.Context(), all, s.to)
			if err != nil {
				t.Fatal(err)
			}
			for model, parts := range map[string][]truePart{"VX": liftVX, "PM": meterPart} {
				truth := map[string]truePart{}
				for _, p := range parts {
					truth[p.code] = p
				}
				for _, f := range by["model:V/"+model].parts {
					p := truth[f.Code]
					if f.Shape.Low == nil || f.Shape.High == nil || f.Scale.Low == nil || f.Scale.High == nil {
						t.Errorf("seed %d, %s %s: %+v", seed, model, p.code, f.Part)
						continue
					}
					n++
					if *f.Shape.Low <= p.shape && p.shape <= *f.Shape.High {
						shapes++
					}
					if scale := p.scale / 8766; *f.Scale.Low <= scale && scale <= *f.Scale.High {
						scales++
					}
				}
			}
		}
	}
	t.Logf("of %d intervals %d hold the shape and %d the scale", n, shapes, scales)
	if n != 56 || min(shapes, scales) < 49 { // fewer than 49 of 56 at 95 % has a probability of 0.5 %
		t.Errorf("of %d intervals %d hold the shape and %d the scale", n, shapes, scales)
	}
}

// Forecasts are of what then happens: over fleets the devices of each bin fail as
// often as it says, and better ones are found than by age. That is little within a
// class: parts of lifts fail by chance as much as by wear. To tell classes apart, which
// would be most of a skill over all, does not count.
func TestBacktestIsCalibrated(t *testing.T) {
	var expected, came [bins]float64
	devices, skill, lift, byAge := 0., 0., 0., 0.
	const fleets = 4
	for seed := range uint64(fleets) {
		s := sample(100+seed, 2)
		s.add("VX", "elevator", 150, liftVX)
		s.add("HL", "elevator", 60, liftHL)
		s.add("TG", "access", 150, gate)
		s.add("PM", "meter", 150, meterPart)
		s.fleet.plan(0)
		s.fleet.wear.horizon = 0
		test, _, _, err := s.fleet.tryAll(t.Context(), pools(s.fleet.devices))
		if err != nil {
			t.Fatal(err)
		}
		if test.HorizonDays != 365 || test.Brier == nil || test.Skill == nil || test.Lift == nil {
			t.Fatalf("%+v", test)
		}
		devices += float64(test.Devices)
		skill, lift, byAge = skill+*test.Skill/fleets, lift+*test.Lift/fleets, byAge+*test.LiftByAge/fleets
		for i, b := range test.Calibration {
			expected[i] += b.Forecast * float64(b.Devices)
			came[i] += b.Failed * float64(b.Devices)
		}
	}
	chi := 0.0
	for i := range bins {
		p := expected[i] / devices * bins
		chi += square(came[i]-expected[i]) / (expected[i] * (1 - p))
	}
	t.Logf("%.0f devices: expected %.0f, came %.0f: chi squared %.1f; skill %.2f, lift %.2f, by age %.2f", devices, expected, came, chi, skill, lift, byAge)
	if chi > 25 || skill < 0 || lift <= byAge { // 25 has a probability of 0.5 % with 10 degrees of freedom
		t.Errorf("expected %.0f, came %.0f: chi squared %.1f; skill %.2f, lift %.2f, by age %.2f", expected, came, chi, skill, lift, byAge)
	}
}

// An indicator that drives failures is used, one that does not is not.
func TestWearMustHelp(t *testing.T) {
	f := func(effect float64, want bool) {
		t.Helper()
		s := sample(7, 3)
		work := make([]float64, 400)
		for i := range work {
			work[i] = s.rng.NormFloat64()
		}
		s.driver = func(d int) float64 { return math.Exp(effect * work[d]) }
		s.add("VX", "elevator", len(work), liftVX)
		s.fleet.plan(90)
		if s.fleet.wear.horizon != 90*day {
			t.Fatal(s.fleet.wear)
		}
		for i, d := range s.fleet.devices {
			for k := range d.wear {
				d.wear[k] = []float64{work[i], s.rng.NormFloat64(), math.NaN(), math.NaN(), math.NaN()}
			}
		}
		test, list, used, err := s.fleet.tryAll(t.Context(), pools(s.fleet.devices))
		if err != nil || len(list) != 2 {
			t.Fatal(err, list)
		}
		for i, w := range list {
			t.Logf("%+v gain %v", w, *w.Gain)
			if w.Tested != w.Used {
				t.Errorf("%+v is used in forecasts and not tried", w)
			}
			if w.Used != (want && i == 0) || !w.Used && w.Why == "" || w.Devices < 350 {
				t.Errorf("effect %g: %+v", effect, w)
			}
		}
		if m := used["elevator"]; want && (m == nil || m.indicator != 0 || math.Abs(m.beta-effect) > 0.25) || !want && m != nil {
			t.Errorf("effect %g: %+v", effect, m)
		} else if m != nil && (!(m.se > 0.01 && m.se < 0.2) || math.Abs(m.beta-effect) > 3*m.se) {
			t.Errorf("%v with the error %v, want %v", m.beta, m.se, effect)
		}
		// What is forecast with it is tried with it.
		laws, err := live(t.Context(), pools(s.fleet.devices), s.to-90*day, years(90*day))
		if err != nil {
			t.Fatal(err)
		}
		without := s.fleet.backtest(laws, nil)
		t.Logf("skill %.3f, without %.3f", *test.Skill, *without.Skill)
		if want != (*test.Skill > *without.Skill+0.02) {
			t.Errorf("effect %g: skill %.3f, without %.3f", effect, *test.Skill, *without.Skill)
		}
	}
	f(0, false)
	f(0.7, true)
}

func TestFewFailures(t *testing.T) {
	s := sample(3, 1)
	s.add("DT", "meter", 8, meterPart) // hardly any fails
	s.add("VX", "elevator", 60, liftVX)
	s.add("HL", "elevator", 1, liftVX)
	all := pools(s.fleet.devices)
	by, err := live(t.Context(), all, s.to, quarter, oneYear)
	if err != nil {
		t.Fatal(err)
	}
	f := func(device int, pool, why string) {
		t.Helper()
		p := s.fleet.prospect(s.fleet.devices[device], by, nil)
		if p.Pool != pool || !strings.Contains(p.Fail365.Why, why) || (p.Fail365.Value == nil) != (why != "") {
			t.Errorf("%+v", p)
		}
		if why == "" && !(*p.Fail90.Low <= *p.Fail90.Value && *p.Fail90.Value <= *p.Fail90.High && *p.Fail90.Value < *p.Fail365.Value && *p.Fail365.Value <= *p.Failures365.Value) {
			t.Errorf("%v %v %v", *p.Fail90.Value, *p.Fail365.Value, *p.Failures365.Value)
		}
	}
	f(0, "", "insufficient data")
	f(10, "model:V/VX", "")
	f(68, "class:elevator", "")
}
