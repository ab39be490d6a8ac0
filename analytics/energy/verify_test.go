package energy

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"steward/internal/clickhouse"
	"steward/internal/findings"
)

// flows is a water meter with a leak from one time up to another.
func flows(seed uint64, from, to time.Time, size float64) func(time.Time) float64 {
	r := rand.New(rand.NewPCG(seed, 4))
	return func(t time.Time) float64 {
		h := float64(t.In(shanghai).Hour())
		v := (0.05 + 1.5*math.Exp(-(h-8)*(h-8)/6) + 1.2*math.Exp(-(h-20)*(h-20)/8)) * (1 + 0.2*r.NormFloat64())
		if !t.Before(from) && t.Before(to) {
			v += size
		}
		return max(v, 0)
	}
}

func TestUseAfterAFix(t *testing.T) {
	begin, began, fixed, to := day(2025, 11, 1), day(2025, 12, 20), day(2026, 2, 10), day(2026, 3, 20)
	store := &fake{}
	never := day(2100, 1, 1)
	add := func(device, medium string, use func(time.Time) float64) {
		store.add(clickhouse.EnergyMeter{Device: device, Metric: media[medium].metric, Medium: medium}, begin.UTC(), to.UTC(), use)
	}
	add("mended", "water", flows(1, began, fixed, 0.6))
	add("still", "water", flows(2, began, never, 0.6))
	plant := offices(3, 4, 4, 4)
	add("plant", "electricity", func(at time.Time) float64 {
		v := plant(at)
		if !at.Before(began) && at.Before(fixed) {
			v = max(v, 18)
		}
		return v
	})
	evening, calm := offices(4, 4, 20, 4), offices(5, 4, 4, 4)
	add("evening", "electricity", func(at time.Time) float64 {
		if at.Before(fixed) {
			return evening(at)
		}
		return calm(at)
	})
	rate := 5000.
	finding := func(id, kind, subject string, at time.Time) findings.Finding {
		return findings.Finding{ID: id, State: findings.Fixed, FixedAt: at, Seen: findings.Seen{
			Kind: kind, Subject: subject, Since: began, Rate: findings.Amount{Value: &rate},
		}}
	}
	b := &board{fixed: []findings.Finding{
		finding("1", "water_leak", "point:mended", fixed), finding("2", "water_leak", "point:still", fixed),
		finding("3", "water_leak", "point:still", to.AddDate(0, 0, -10)), finding("4", "stuck_on", "point:plant", fixed),
		finding("5", "out_of_hours", "point:evening", fixed), finding("6", "excess", "point:evening", fixed),
		finding("7", "excess", "point:gone", fixed), finding("8", "balance_loss", "point:plant", fixed),
		finding("9", "power_factor", "point:plant", fixed), finding("10", "water_leak", "point:still", day(2020, 1, 1)),
	}}
	o := options(t, store, b)
	o.Calendar = office(t)
	runJob(t, o, day(2026, 2, 1), to, to.Add(4*time.Hour), nil)
	if len(b.verified) != len(b.fixed) {
		t.Fatalf("%+v", b.verified)
	}
	f := func(id, verdict string, least, most float64) {
		t.Helper()
		v := b.verified[id]
		if v.Verdict != verdict || v.Run != "run-1" || v.Verdict == "insufficient" && !strings.HasPrefix(v.Why, "insufficient data: ") {
			t.Errorf("%s: %+v", id, v)
		}
		if most > 0 && (v.Saved.Value == nil || *v.Saved.Value < least || *v.Saved.Value > most || *v.Saved.Low > *v.Saved.Value || v.SavedCNY.Value == nil) {
			t.Errorf("%s: %+v", id, v.Saved)
		}
	}
	const year = 365.25 * 24
	f("1", "fell", 0.5*year, 0.7*year)
	f("2", "did_not_fall", 0, 0)
	f("3", "insufficient", 0, 0)
	f("4", "fell", 14*10*365, 14*20*365)
	f("5", "fell", 10*365, 70*365)
	for _, id := range []string{"6", "7", "8", "9", "10"} {
		f(id, "insufficient", 0, 0)
	}
	if s := b.find("water_leak", "point:still"); s == nil || s.Since.Sub(began).Abs() > 3*24*time.Hour || b.find("water_leak", "point:mended") != nil || b.find("stuck_on", "") != nil {
		t.Errorf("%+v", b.seen)
	}
	// What is computed again for a month long ago says nothing of today.
	b.syncs, b.verified = 0, nil
	if got := runJob(t, o, day(2026, 2, 1), to, to.AddDate(0, 1, 0), nil); b.syncs != 0 || b.verified != nil || len(got.notes) == 0 {
		t.Errorf("%d syncs, %+v", b.syncs, b.verified)
	}
}

func TestJudged(t *testing.T) {
	rate := 100.
	f := func(want string, saved estimate) {
		t.Helper()
		if got := judged(&findings.Finding{Seen: findings.Seen{Rate: findings.Amount{Value: &rate}}}, saved, ""); got.Verdict != want || want == "insufficient" && got.Why == "" {
			t.Errorf("%+v: %+v", saved, got)
		}
	}
	f("fell", estimate{80, 40, 120})
	f("did_not_fall", estimate{5, -20, 30})
	f("did_not_fall", estimate{-50, -90, -10})
	f("did_not_fall", estimate{4, 2, 6}) // the most of it goes on
	f("insufficient", estimate{40, -20, 100})
	f("insufficient", unknown)
}

func TestDifference(t *testing.T) {
	f := func(before, after []float64, want, wider float64) {
		t.Helper()
		d := difference(before, after)
		if math.IsNaN(want) {
			if d.ok() {
				t.Errorf("%+v", d)
			}
			return
		}
		if math.Abs(d.value-want) > 1e-9 || d.value-d.low < wider {
			t.Errorf("%+v, want %v ± %v", d, want, wider)
		}
	}
	f([]float64{1}, []float64{1, 2}, math.NaN(), 0)
	f([]float64{2, 2, 2}, []float64{1, 1}, 1, 0)
	// Welch: variances 2.5 of five each, so a standard error of 1 and t of 8 degrees 2.306.
	f([]float64{1, 3, 5, 2, 4}, []float64{1, 3, 5, 2, 4}, 0, 2.306-1e-3)
}

// Who is billed for demand and reactive energy sees what of it can be saved.
func TestChargesOfALargeUser(t *testing.T) {
	from, to := day(2026, 3, 1), day(2026, 4, 1)
	begin := from.AddDate(-1, 0, 0).UTC()
	r := rand.New(rand.NewPCG(1, 6))
	store := &fake{}
	peaky := func(at time.Time) float64 {
		v := 100 * (1 + 0.1*r.NormFloat64())
		if local := at.In(shanghai); local.Day()%10 == 3 && local.Hour() == 9 {
			v = 300
		}
		return v
	}
	store.add(clickhouse.EnergyMeter{Device: "m", Metric: "energy_kwh", Medium: "electricity"}, begin, to.UTC(), peaky)
	store.put("m", "reactive_kvarh", begin, to.UTC(), func(time.Time) float64 { return 75 }) // 0.8
	store.demands = []clickhouse.EnergyDemand{{Device: "m", KW: 330, At: from, Quarters: 2900}}
	b := &board{}
	o := options(t, store, b)
	o.Tariff = tariffs(t, "large")
	got := runJob(t, o, from, to, to, nil)
	pf := got.find(t, "power_factor", "east", "hz", "point:m")
	if pf.Value == nil || math.Abs(*pf.Value-0.8) > 0.01 {
		t.Errorf("%+v", pf)
	}
	if n := got.find(t, "peak_kw", "east", "hz", "point:m"); *n.Value != 330 || n.N != 2900 {
		t.Errorf("%+v", n)
	}
	// 200 kW at 40 yuan, twelve times; and 5 % of the rest at 0.80 against 0.90.
	if s := b.find("peak_demand", "point:m"); s == nil || math.Abs(*s.Rate.Value-180*40*12) > 10_000 || s.Rate.Unit != "CNY" {
		t.Errorf("%+v", b.seen)
	}
	energy, basic := 100*8766*0.7, 300*40*12.
	if s := b.find("power_factor", "point:m"); s == nil || math.Abs(*s.RateCNY.Value/(0.05*(energy+basic))-1) > 0.1 {
		t.Errorf("%+v", s)
	}
	// A demand that cannot be is not believed.
	store.demands[0].KW = 5
	if n := runJob(t, o, from, to, to, nil).find(t, "peak_kw", "east", "hz", "point:m"); *n.Value != 300 {
		t.Errorf("%+v", n)
	}
}

func TestParentsAndChildren(t *testing.T) {
	to := day(2026, 4, 1)
	begin := to.AddDate(0, 0, -100).UTC()
	f := func(want string, parent func(sum float64, at time.Time) float64) *results {
		t.Helper()
		r := rand.New(rand.NewPCG(2, 8))
		load := func(time.Time) float64 { return 20 * (1 + 0.1*r.NormFloat64()) }
		store := &fake{}
		sums := map[int64]float64{}
		for _, id := range []string{"c1", "c2"} {
			store.add(clickhouse.EnergyMeter{Device: id, Metric: "energy_kwh", Medium: "electricity", Parent: "p", Building: "b"}, begin, to.UTC(), func(at time.Time) float64 {
				v := load(at)
				sums[at.Unix()] += v
				return v
			})
		}
		store.add(clickhouse.EnergyMeter{Device: "p", Metric: "energy_kwh", Medium: "electricity", Building: "b"}, begin, to.UTC(), func(at time.Time) float64 {
			return parent(sums[at.Unix()], at)
		})
		b := &board{}
		got := runJob(t, options(t, store, b), day(2026, 3, 1), to, to, nil)
		var kinds []string
		for _, s := range b.seen {
			if strings.Contains(s.Kind, "balance") || s.Kind == "missing_meter" {
				kinds = append(kinds, s.Kind+" "+s.Subject)
			}
		}
		if strings.Join(kinds, ",") != want {
			t.Errorf("%v, want %s", kinds, want)
		}
		return got
	}
	got := f("", func(sum float64, _ time.Time) float64 { return sum * 1.01 })
	if doc, ok := got.notes["balance point:p"].(Balance); !ok || len(doc.Children) != 2 || doc.Verdict == "" {
		t.Errorf("%+v", got.notes)
	}
	f("balance_loss point:p", func(sum float64, _ time.Time) float64 { return sum * 1.12 })
	f("", func(sum float64, _ time.Time) float64 { return sum * 1.6 }) // is not metered, and not lost
	f("missing_meter point:p", func(sum float64, at time.Time) float64 {
		if at.After(to.AddDate(0, 0, -30)) {
			return sum + 15
		}
		return sum
	})
	f("balance_theft point:p", func(sum float64, at time.Time) float64 {
		if h := at.In(shanghai).Hour(); h >= 22 || h < 6 {
			return sum + 8
		}
		return sum
	})
}
