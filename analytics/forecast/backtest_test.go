package forecast

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/telemetry"
)

func TestScore(t *testing.T) {
	list := make([]trial, 100)
	failed := 0
	for i := range list {
		list[i] = trial{class: "meter", name: fmt.Sprint(i), p: 0.05 + float64(i)/1e4, age: float64(100 - i), failed: i >= 80, weight: 1}
		if list[i].failed {
			list[i].p += 0.8
		}
		failed += int(indicated(list[i].failed))
	}
	b := Backtest{Devices: len(list), Failed: failed}
	b.score(list)
	if *b.Lift != 5 || *b.LiftByAge != 0 || math.Abs(*b.BrierOfBase-0.16) > 1e-12 || len(b.Calibration) != bins || b.Calibration[9].Failed != 1 || b.Calibration[0].Devices != 10 {
		t.Errorf("%+v", b)
	}
	if *b.Skill >= 1 || *b.Skill <= 0 {
		t.Error(*b.Skill)
	}
	for _, in := range []struct {
		of *float64
		Interval
	}{{b.Brier, b.Intervals.Brier}, {b.Skill, b.Intervals.Skill}, {b.Lift, b.Intervals.Lift}, {b.LiftByAge, b.Intervals.LiftByAge}} {
		if in.Low == nil || in.High == nil || *in.Low > *in.of || *in.of > *in.High {
			t.Errorf("%v within %v", *in.of, in.Interval)
		}
	}
	if *b.Intervals.Brier.Low == *b.Intervals.Brier.High || *b.Intervals.Lift.High < 5 {
		t.Errorf("%+v", b.Intervals)
	}
	again := Backtest{Devices: len(list), Failed: failed}
	slices.Reverse(list)
	again.score(list)
	if *again.Intervals.Skill.Low != *b.Intervals.Skill.Low {
		t.Error("a run does not say the same again")
	}
	none := Backtest{Devices: 1}
	none.score([]trial{{p: 0.1, age: math.NaN(), weight: 1}})
	if none.Skill != nil || none.Lift != nil || *none.Brier == 0 || none.Classes[0].Why == "" {
		t.Errorf("%+v", none)
	}
}

// To know that lifts fail more than detectors is no skill, and ranks nothing.
func TestClassesAreNoSkill(t *testing.T) {
	var list []trial
	for i := range 100 {
		list = append(list,
			trial{class: "elevator", name: fmt.Sprint("l", i), p: 0.6, age: float64(i), failed: i%5 < 3, weight: 1},
			trial{class: "fire", name: fmt.Sprint("f", i), p: 0.02, age: float64(100 + i), failed: i%50 == 0, weight: 1})
	}
	b := Backtest{Devices: len(list), Failed: 62}
	b.score(list)
	if math.Abs(*b.Skill) > 1e-9 || math.Abs(*b.BrierOfBase-(0.6*0.4+0.02*0.98)/2) > 1e-12 {
		t.Errorf("skill %v, base %v", *b.Skill, *b.BrierOfBase)
	}
	// The ten oldest lifts have six failures and the ten oldest detectors none, of 6.2.
	if math.Abs(*b.LiftByAge-6/6.2) > 1e-9 || *b.Lift > 1.5 {
		t.Errorf("lift %v, by age %v", *b.Lift, *b.LiftByAge)
	}
	if len(b.Classes) != 2 || b.Classes[0].Class != "elevator" || b.Classes[0].Failed != 60 || math.Abs(*b.Classes[1].BrierOfBase-0.02*0.98) > 1e-12 {
		t.Errorf("%+v", b.Classes)
	}
}

// Those that leave are stood for by the rest: by hand, and by a thousand devices of
// which many leave.
func TestThoseThatLeave(t *testing.T) {
	list := []trial{{name: "a", until: 1, left: true}, {name: "b", until: 2, failed: true}, {name: "c", until: 3, left: true}, {name: "d", until: 4}}
	weigh(list)
	for i, want := range []float64{0, 4. / 3, 0, 8. / 3} {
		if math.Abs(list[i].weight-want) > 1e-12 {
			t.Errorf("%s: %v, want %v", list[i].name, list[i].weight, want)
		}
	}
	rng := rand.New(rand.NewPCG(3, 4))
	const p = 0.4
	var fleet []trial
	for i := range 4000 {
		fails, leaves := rng.ExpFloat64()/-math.Log1p(-p), rng.ExpFloat64()/0.7
		one := trial{name: fmt.Sprint(i), p: p, until: 1000, failed: fails < min(1, leaves), left: leaves < min(1, fails)}
		one.until = telemetry.Millis(1e6 * min(1, fails, leaves))
		fleet = append(fleet, one)
	}
	weigh(fleet)
	fleet = slices.DeleteFunc(fleet, func(t trial) bool { return t.left })
	b := Backtest{Devices: len(fleet)}
	b.score(fleet)
	expected, came := 0.0, 0.0
	for _, bin := range b.Calibration {
		expected, came = expected+bin.Forecast/bins, came+bin.Failed/bins
	}
	share := 0.0
	for _, t := range fleet {
		share += indicated(t.failed) / float64(len(fleet))
	}
	t.Logf("%d devices stayed, of which %.3f failed; weighed %.3f", len(fleet), share, came)
	if math.Abs(expected-p) > 1e-9 || math.Abs(came-p) > 0.03 || math.Abs(*b.BrierOfBase-p*(1-p)) > 0.01 || math.Abs(share-p) < 0.04 {
		t.Errorf("expected %v, came %v, base %v, of those that stayed %v", expected, came, *b.BrierOfBase, share)
	}
}

func TestFate(t *testing.T) {
	f := func(events string, repaired bool, retired int32, until float64, failed, left bool) {
		t.Helper()
		born := int32(20)
		about := clickhouse.LifetimeDevice{Class: "elevator", CommissionedOn: &born, FirstReading: day, LastReading: 999 * day}
		if retired > 0 {
			about.RetiredOn = &retired
		}
		d := newDevice(authz.HQ, about, courseOf(t, events, 1000*day), span{100 * day, 1000 * day}, time.UTC)
		gotUntil, gotFailed, gotLeft := d.fate(&lived{repaired: repaired}, span{500 * day, 1000 * day})
		if float64(gotUntil)/float64(day) != until || gotFailed != failed || gotLeft != left {
			t.Errorf("%s: %g, failed %v, left %v", events, float64(gotUntil)/float64(day), gotFailed, gotLeft)
		}
	}
	f("fault:A@400 fault_cleared:A@401", true, 0, 1000, false, false)
	f("fault:A@700 fault_cleared:A@701 fault:B@600 fault_cleared:B@601", true, 0, 600, true, false)
	f("replaced:@600 fault:A@700 fault_cleared:A@701", true, 0, 600, false, true) // of its successor
	f("fault:A@550 fault_cleared:A@551 replaced:@650", true, 0, 550, true, false)
	f("", true, 799, 800, false, true)
	f("fault:A@700 fault_cleared:A@701", true, 799, 700, true, false)
	f("silent:@700 silent_cleared:@720", true, 0, 1000, false, false)
	f("silent:@700", true, 0, 700, false, true)
	f("replaced:@600", false, 0, 600, false, true)
	f("fault:A@600 replaced:@605", false, 0, 605, true, false)
	f("silent:@600 replaced:@620 silent_cleared:@621", false, 0, 600, true, false)
	f("fault:A@600 fault_cleared:A@601 fault:A@790", false, 799, 800, true, false)
}

// Of few failures no age is told by which a tenth has failed: only how often they come.
func TestFewFailuresTellNoAge(t *testing.T) {
	e := newEvidence()
	for i := range 20 {
		e.add(spell{from: 0, to: telemetry.Millis(1+i) * year / 4, age: 0, device: math.NaN(), failed: i%10 == 3})
	}
	f, err := fit("E1", e, nil)
	if err != nil {
		t.Fatal(err)
	}
	if f.Failures != 2 || f.Family != "exponential" || f.B10.Value != nil || f.B10.Low != nil || f.law == nil {
		t.Fatalf("%+v", f.Part)
	}
	if want := "insufficient data: 2 failures do not tell a shape, at least 5 at different ages are needed; at a constant rate a tenth would have failed by 0.77 to 23 years"; f.B10.Why != want {
		t.Errorf("%s", f.B10.Why)
	}
	if f.Rate == nil || math.Abs(*f.Rate.Value-2/52.5) > 1e-3 || *f.Rate.Low >= *f.Rate.Value || *f.Rate.High <= *f.Rate.Value {
		t.Errorf("%+v", f.Rate)
	}
}

// The error of a factor widens the interval of a forecast, and nothing else.
func TestFactorsHaveAnError(t *testing.T) {
	l := constant(1e6, 2e6)
	of := func(f factor) Estimate {
		var sum total
		for range 3 {
			sum.add(newTables(&l, true, 1, 1, oneYear).risk(standing{device: math.NaN()}, oneYear))
		}
		sum.multiply(f)
		return sum.number(9)
	}
	sure, unsure := of(factor{value: 2}), of(factor{2, 0.2})
	if *sure.Value != *unsure.Value || *sure.High / *sure.Value > 1.01 {
		t.Errorf("%v and %v", *sure.Value, *unsure.Value)
	}
	for end, want := range map[*float64]float64{unsure.Low: math.Exp(-0.2 * reach), unsure.High: math.Exp(0.2 * reach)} {
		if got := *end / *unsure.Value; math.Abs(got-want) > 0.01 {
			t.Errorf("%v, want %v", got, want)
		}
	}
}
