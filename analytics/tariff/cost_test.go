package tariff

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"steward/configs"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func shipped(t testing.TB, name, medium string) *Tariff {
	t.Helper()
	tariff, err := parsed(t, string(configs.Tariffs())).For(name, medium)
	if err != nil {
		t.Fatal(err)
	}
	return tariff
}

func near(a, b float64) bool {
	return math.Abs(a-b) <= 1e-9*math.Max(1, math.Max(math.Abs(a), math.Abs(b)))
}

// hours is one unit in each hour from a time on.
func hours(from time.Time, n int) []Use {
	uses := make([]Use, n)
	for i := range uses {
		uses[i] = Use{From: from.Add(time.Duration(i) * time.Hour), For: time.Hour, Amount: 1}
	}
	return uses
}

func costOf(t *testing.T, tariff *Tariff, uses []Use, o Options) Cost {
	t.Helper()
	c, err := tariff.Cost(uses, o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Bills that were computed by hand.
func TestBills(t *testing.T) {
	china := zone(t, "Asia/Shanghai")
	f := func(name, medium string, uses []Use, o Options, want float64) {
		t.Helper()
		c := costOf(t, shipped(t, name, medium), uses, o)
		if !near(c.Yuan, want) || c.Low != c.Yuan || c.High != c.Yuan {
			t.Errorf("%s of %s costs %v [%v, %v], want %v", medium, name, c.Yuan, c.Low, c.High, want)
		}
	}
	at := func(y int, m time.Month, d, h int) time.Time { return time.Date(y, m, d, h, 0, 0, 0, china) }
	year := func(amount float64) []Use {
		return []Use{{From: at(2026, 1, 1, 0), For: 365 * 24 * time.Hour, Amount: amount}}
	}
	// 2760 × 0.538 + 2040 × 0.588 + 200 × 0.838
	f("example-zhejiang-residential", Electricity, year(5000), Options{}, 2852)
	f("example-zhejiang-residential", Electricity, year(2760), Options{}, 1484.88)
	// Of two households on one meter none leaves the first tier: 5000 × 0.538.
	f("example-zhejiang-residential", Electricity, year(5000), Options{Households: 2}, 2690)
	// The tier is left within the hour: 1 × 0.538 + 3 × 0.588.
	f("example-zhejiang-residential", Electricity, []Use{{From: at(2026, 6, 1, 7), For: time.Hour, Amount: 4}}, Options{Used: 2759}, 2.302)
	// And all of them within one: 2760 × 0.538 + 2040 × 0.588 + 5200 × 0.838.
	f("example-zhejiang-residential", Electricity, []Use{{From: at(2026, 6, 1, 7), For: time.Hour, Amount: 10000}}, Options{}, 7042)
	// At midnight of the new year the first tier begins again: 4 × 0.838, 4 × 0.538.
	f("example-zhejiang-residential", Electricity, []Use{{From: at(2026, 12, 31, 20), For: 8 * time.Hour, Amount: 8}}, Options{Used: 9000}, 5.504)
	// 180 × 5 + 80 × 7 + 40 × 9
	f("example-beijing-residential", Water, year(300), Options{}, 1820)
	f("example-beijing-residential", Heat, year(10), Options{}, 444.5)
	// July: 3 × 1.38125 + 4 × 1.105 + 9 × 0.65 + 8 × 0.247, and 24 × 0.03.
	f("example-guangdong-commercial", Electricity, hours(at(2026, 7, 15, 0), 24), Options{}, 17.10975)
	// June has no sharp hours: 7 × 1.105 + 9 × 0.65 + 8 × 0.247, and 24 × 0.03.
	f("example-guangdong-commercial", Electricity, hours(at(2026, 6, 15, 0), 24), Options{}, 16.281)
	// From the last hour of June into the first of July by the clocks of the place,
	// which are 16 o'clock of UTC: flat, then valley.
	f("example-guangdong-commercial", Electricity, hours(at(2026, 6, 30, 23), 2), Options{}, 0.65+0.247+0.06)
	// The price changes on 1 June at midnight, from one for all hours to the valley's.
	f("example-form", Electricity, hours(at(2026, 5, 31, 23), 2), Options{Zone: china}, 0.70+0.35)
	// A use over the change is shared by time.
	f("example-form", Electricity, []Use{{From: at(2026, 5, 31, 22), For: 4 * time.Hour, Amount: 8}}, Options{Zone: china}, 4*0.70+4*0.35)
	// Half of the hour from eight is flat, the other half peak.
	f("example-form", Electricity, hours(at(2026, 7, 1, 8), 1), Options{Zone: china}, 0.5*0.70+0.5*1.00)
	// On 1 October: 19 flat hours and 5 of the deep valley.
	f("example-form", Electricity, hours(at(2026, 10, 1, 0), 24), Options{Zone: china}, 19*0.70+5*0.20)
	// Tiers by month, and what they add by period: 199 were used; at nine all is peak:
	// 1 × 1.00 + 200 × 1.05 + 9 × 1.40.
	f("example-form", Electricity, []Use{{From: at(2026, 7, 1, 9), For: time.Hour, Amount: 210}}, Options{Zone: china, Used: 199}, 1+210+12.6)
	// The tiers' year of gas begins in November.
	f("example-form", Gas, []Use{{From: at(2026, 10, 31, 0), For: 48 * time.Hour, Amount: 200}}, Options{Zone: china, Used: 5000}, 100*4.50+100*3.00)
	f("example-form", Water, nil, Options{Zone: china}, 0)
}

func TestParts(t *testing.T) {
	china := zone(t, "Asia/Shanghai")
	c := costOf(t, shipped(t, "example-guangdong-commercial", Electricity), hours(time.Date(2026, 6, 30, 0, 0, 0, 0, china), 48), Options{})
	want := []PeriodCost{{Sharp, 3, 3 * 1.41125}, {Peak, 11, 11 * 1.135}, {Flat, 18, 18 * 0.68}, {Valley, 16, 16 * 0.277}}
	if len(c.Periods) != len(want) {
		t.Fatalf("periods are %+v", c.Periods)
	}
	for i, p := range c.Periods {
		if p.Period != want[i].Period || !near(p.Amount, want[i].Amount) || !near(p.Yuan, want[i].Yuan) {
			t.Errorf("%+v, want %+v", p, want[i])
		}
	}
	if len(c.Months) != 2 || c.Months[0].Month != time.June || !near(c.Months[0].Yuan, 16.281) || !near(c.Months[0].Adjustable, 15.561) || !near(c.Months[1].Yuan, 17.10975) {
		t.Errorf("months are %+v", c.Months)
	}
	if c.Tiers != nil || c.Covered != 48*time.Hour || !near(c.Amount, 48) {
		t.Errorf("tiers %+v, %s, %v kWh", c.Tiers, c.Covered, c.Amount)
	}
	z := costOf(t, shipped(t, "example-zhejiang-residential", Electricity), []Use{{From: time.Date(2026, 1, 1, 0, 0, 0, 0, china), For: 300 * 24 * time.Hour, Amount: 5000}}, Options{})
	for i, want := range []TierCost{{1, 2760, 1484.88}, {2, 2040, 1199.52}, {3, 200, 167.6}} {
		if got := z.Tiers[i]; got.Tier != want.Tier || !near(got.Amount, want.Amount) || !near(got.Yuan, want.Yuan) {
			t.Errorf("tier %+v, want %+v", got, want)
		}
	}
}

// Where clocks change, an hour that is shown twice costs twice, and one that is
// skipped nothing.
func TestClocksThatChange(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	tariff := one(t, `        - from: 2026-01-01
          seasons:
            - months: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
              periods: {valley: ["00:00-02:30"], flat: ["02:30-24:00"]}
              prices: {valley: 1, flat: 10}`)
	tariff.Zone = berlin
	day := func(month time.Month, date int) []Use {
		from, to := time.Date(2026, month, date, 0, 0, 0, 0, berlin), time.Date(2026, month, date+1, 0, 0, 0, 0, berlin)
		return []Use{{From: from, For: to.Sub(from), Amount: to.Sub(from).Hours()}}
	}
	f := func(month time.Month, date int, valley, flat float64) {
		t.Helper()
		for _, uses := range [][]Use{day(month, date), hours(day(month, date)[0].From, int(valley+flat))} {
			c := costOf(t, tariff, uses, Options{})
			if !near(c.Yuan, valley+10*flat) {
				t.Errorf("%d-%d costs %v, want %v", month, date, c.Yuan, valley+10*flat)
			}
		}
	}
	f(6, 1, 2.5, 21.5)
	f(3, 29, 2, 21)  // from two to three there is nothing
	f(10, 25, 3, 22) // 02:00 to 02:30 comes twice, and so does 02:30 to 03:00
}

func TestMarginal(t *testing.T) {
	china := zone(t, "Asia/Shanghai")
	f := func(name string, o Options, at, until time.Time, price float64, period Period, tier int) {
		t.Helper()
		got, err := shipped(t, name, Electricity).Marginal(at, o)
		if err != nil {
			t.Fatal(err)
		}
		if !near(got.Price, price) || got.Period != period || got.Tier != tier || !got.Until.Equal(until) {
			t.Errorf("at %s: %+v, want %v in %s and tier %d until %s", at, got, price, period, tier, until)
		}
	}
	at := func(m time.Month, d, h, min int) time.Time { return time.Date(2026, m, d, h, min, 0, 0, china) }
	f("example-guangdong-commercial", Options{}, at(7, 1, 11, 30).UTC(), at(7, 1, 12, 0), 1.41125, Sharp, 1)
	f("example-guangdong-commercial", Options{}, at(6, 30, 23, 59), at(7, 1, 0, 0), 0.68, Flat, 1)
	f("example-zhejiang-residential", Options{Used: 2759.9}, at(6, 30, 23, 59), at(7, 1, 0, 0), 0.538, AllDay, 1)
	f("example-zhejiang-residential", Options{Used: 2760}, at(6, 30, 0, 0), at(7, 1, 0, 0), 0.588, AllDay, 2)
	f("example-zhejiang-residential", Options{Used: 1e9}, at(6, 30, 0, 0), at(7, 1, 0, 0), 0.838, AllDay, 3)
	f("example-zhejiang-residential", Options{Used: 2760, Households: 2}, at(6, 30, 0, 0), at(7, 1, 0, 0), 0.538, AllDay, 1)
}

// TestUncertainty: what is known of use within an interval costs within one.
func TestUncertainty(t *testing.T) {
	china := zone(t, "Asia/Shanghai")
	tariff := shipped(t, "example-zhejiang-residential", Electricity)
	uses := []Use{
		{From: time.Date(2026, 1, 1, 0, 0, 0, 0, china), For: 24 * time.Hour, Amount: 2700, Error: 100},
		{From: time.Date(2026, 2, 1, 0, 0, 0, 0, china), For: 24 * time.Hour, Amount: 50, Error: 100},
	}
	c := costOf(t, tariff, uses, Options{})
	// Together: 2600 + 0 (no use is below nothing), and 2800 + 150.
	if !near(c.Low, 2600*0.538) || !near(c.Yuan, 2750*0.538) || !near(c.High, 2760*0.538+190*0.588) {
		t.Errorf("together: %v [%v, %v]", c.Yuan, c.Low, c.High)
	}
	c = costOf(t, tariff, uses, Options{Independent: true})
	if off := 0.538 * 100 * math.Sqrt2; !near(c.Low, c.Yuan-off) || !near(c.High, c.Yuan+off) {
		t.Errorf("independent: %v [%v, %v], want off by %v", c.Yuan, c.Low, c.High, off)
	}
	if m := c.Months[0]; !near(m.High-m.Yuan, 53.8) {
		t.Errorf("independent: January is %+v", m)
	}
}

func TestWhatCannotBePriced(t *testing.T) {
	china := zone(t, "Asia/Shanghai")
	from := time.Date(2026, 1, 1, 0, 0, 0, 0, china)
	f := func(tariff *Tariff, o Options, want string, uses ...Use) {
		t.Helper()
		_, err := tariff.Cost(uses, o)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	form := shipped(t, "example-form", Electricity)
	f(form, Options{}, "names no zone, and the project's is not given")
	o := Options{Zone: china}
	hour := func(at time.Time, amount float64) Use { return Use{From: at, For: time.Hour, Amount: amount} }
	f(form, o, "electricity has no price on 2024-12-31: the first is of 2025-01-01; add a version that is older", hour(time.Date(2025, 1, 1, 0, 0, 0, 0, china).Add(-time.Minute), 1))
	f(form, o, "use from 2026-01-01T00:00:00+08:00: amount -1 is not between 0 and 1e+12", hour(from, -1))
	f(form, o, "amount NaN is not", hour(from, math.NaN()))
	f(form, o, "amount +Inf is not", hour(from, math.Inf(1)))
	f(form, o, "error NaN is not", Use{From: from, For: time.Hour, Error: math.NaN()})
	f(form, o, "lasts 0s, not more than 0", Use{From: from})
	f(form, o, "lasts 8785h0m0s, not more than 0 and at most 8784h0m0s", Use{From: from, For: 367*24*time.Hour - 23*time.Hour})
	f(form, o, "begins before the one before it ends, at 2026-01-01T01:00:00+08:00", hour(from, 1), hour(from.Add(59*time.Minute), 1))
	f(form, Options{Zone: china, Used: math.Inf(1)}, "the use before, +Inf, is not")
	f(form, Options{Zone: china, Households: -1}, "-1 households")
	ended := one(t, "        - {from: 2026-01-01, to: 2026-01-31, price: 1}")
	f(ended, o, "no price on 2026-02-01: the last was of 2026-01-31; add the one that follows", Use{From: from, For: 31*24*time.Hour + 1, Amount: 1})

	// After an error an account is as it was.
	a, err := ended.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Add(hour(from, 1)); err != nil {
		t.Fatal(err)
	}
	if err := a.Add(Use{From: from.Add(time.Hour), For: 60 * 24 * time.Hour, Amount: 1}); err == nil {
		t.Error("time without a price is priced")
	}
	if c := a.Cost(); c.Yuan != 1 || c.Covered != time.Hour {
		t.Errorf("after an error: %+v", c)
	}
}

// random is a series of a year that is a little of everything.
func random(r *rand.Rand, zone *time.Location) []Use {
	at := time.Date(2026, 3, 1, 0, 0, 0, 0, zone)
	var uses []Use
	for range 300 {
		u := Use{From: at, For: time.Duration(1+r.IntN(100)) * 15 * time.Minute, Amount: math.Exp(4 * r.NormFloat64())}
		u.Error = u.Amount * r.Float64()
		uses = append(uses, u)
		at = at.Add(u.For + time.Duration(r.IntN(3))*time.Hour)
	}
	return uses
}

func TestProperties(t *testing.T) {
	china := zone(t, "Asia/Shanghai")
	set := parsed(t, string(configs.Tariffs()))
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 1))
		uses := random(r, china)
		for _, name := range set.Names() {
			for medium, tariff := range set.byName[name].byMedium {
				o := Options{Zone: china, Households: 1 + r.IntN(4), Used: 100 * r.Float64()}
				whole := costOf(t, tariff, uses, o)
				var byPeriod, byMonth, byTier, amount float64
				for _, p := range whole.Periods {
					byPeriod += p.Yuan
					amount += p.Amount
				}
				for _, m := range whole.Months {
					byMonth += m.Yuan
				}
				for _, p := range whole.Tiers {
					byTier += p.Yuan
				}
				if whole.Tiers == nil {
					byTier = whole.Yuan
				}
				if !near(byPeriod, whole.Yuan) || !near(byMonth, whole.Yuan) || !near(byTier, whole.Yuan) || !near(amount, whole.Amount) {
					t.Errorf("seed %d, %s of %s: %v is not the sum of its periods %v, months %v, tiers %v", seed, medium, name, whole.Yuan, byPeriod, byMonth, byTier)
				}
				if !(whole.Low <= whole.Yuan && whole.Yuan <= whole.High) {
					t.Errorf("seed %d, %s of %s: %v is not within [%v, %v]", seed, medium, name, whole.Yuan, whole.Low, whole.High)
				}
				// The same use in smaller parts costs the same.
				if split := costOf(t, tariff, splits(r, uses), o); !near(split.Yuan, whole.Yuan) || !near(split.High, whole.High) || !near(split.Low, whole.Low) {
					t.Errorf("seed %d, %s of %s: in parts it costs %v [%v, %v] and not %v [%v, %v]", seed, medium, name, split.Yuan, split.Low, split.High, whole.Yuan, whole.Low, whole.High)
				}
				// More costs more.
				more := append([]Use{}, uses...)
				more[r.IntN(len(more))].Amount += 1 + 100*r.Float64()
				if c := costOf(t, tariff, more, o); c.Yuan < whole.Yuan {
					t.Errorf("seed %d, %s of %s: more costs %v, less than %v", seed, medium, name, c.Yuan, whole.Yuan)
				}
			}
		}
	}
}

// splits cuts each use in two at any minute.
func splits(r *rand.Rand, uses []Use) []Use {
	var all []Use
	for _, u := range uses {
		cut := time.Duration(1+r.IntN(int(u.For/time.Minute)-1)) * time.Minute
		share := float64(cut) / float64(u.For)
		all = append(all,
			Use{From: u.From, For: cut, Amount: u.Amount * share, Error: u.Error * share},
			Use{From: u.From.Add(cut), For: u.For - cut, Amount: u.Amount * (1 - share), Error: u.Error * (1 - share)})
	}
	return all
}

// TestOneAfterTheOther: bills of parts of a series, each told what was used before,
// add up to the bill of all of it.
func TestOneAfterTheOther(t *testing.T) {
	china := zone(t, "Asia/Shanghai")
	tariff := shipped(t, "example-zhejiang-residential", Electricity)
	uses := hours(time.Date(2026, 1, 1, 0, 0, 0, 0, china), 8760)
	whole := costOf(t, tariff, uses, Options{})
	var sum, used float64
	for i := 0; i < len(uses); i += 1000 {
		c := costOf(t, tariff, uses[i:min(i+1000, len(uses))], Options{Used: used})
		sum += c.Yuan
		used += c.Amount
	}
	if !near(sum, whole.Yuan) {
		t.Errorf("in parts %v, altogether %v", sum, whole.Yuan)
	}
}

func BenchmarkYearOfHours(b *testing.B) {
	tariff := shipped(b, "example-form", Electricity)
	china := zone(b, "Asia/Shanghai")
	uses := hours(time.Date(2026, 1, 1, 0, 0, 0, 0, china), 8760)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := tariff.Cost(uses, Options{Zone: china}); err != nil {
			b.Fatal(err)
		}
	}
}
