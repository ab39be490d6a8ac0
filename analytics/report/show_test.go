package report

import (
	"math"
	"strings"
	"testing"
	"time"
)

func plainSpaces(s string) string { return strings.ReplaceAll(s, NoBreak, " ") }

func TestShow(t *testing.T) {
	f := func(format Format, x float64, zh, en string) {
		t.Helper()
		for lang, want := range map[string]string{"zh": zh, "en": en} {
			if got := plainSpaces(format.Show(x, lang)); got != want {
				t.Errorf("%+v of %g in %s: %q, wanted %q", format, x, lang, got, want)
			}
		}
	}
	percent, money, length := Format{Kind: "percent", Decimals: 1}, Format{Kind: "money"}, Format{Kind: "duration"}
	f(percent, .923, "92.3%", "92.3 %")
	f(percent, 1, "100.0%", "100.0 %")
	f(percent, -.001, "−0.1%", "−0.1 %")
	f(money, 1234567, "¥1,234,567", "¥1,234,567")
	f(money, -999.6, "−¥1,000", "−¥1,000")
	f(Format{Kind: "money", Decimals: 2}, 12.5, "¥12.50", "¥12.50")
	f(Format{Kind: "integer", Decimals: 3}, 1284, "1,284", "1,284")
	f(Format{Kind: "number", Unit: "kWh", Decimals: 1}, 12480.46, "12,480.5 kWh", "12,480.5 kWh")
	f(Format{Kind: "number", Unit: "m3/d"}, 18, "18 m³/天", "18 m³/d")
	f(Format{Kind: "number", Decimals: 2}, math.Copysign(0, -1), "0.00", "0.00")
	f(Format{Kind: "number", Decimals: 2}, -.001, "0.00", "0.00")
	f(Format{}, 123, "123", "123")
	f(Format{Decimals: math.MaxInt}, .5, "0.500000000", "0.500000000")
	f(Format{}, 1e300, "1.000e+300", "1.000e+300")
	f(Format{Unit: "kWh"}, math.NaN(), "–", "–")
	f(percent, math.Inf(-1), "–", "–")
	f(length, 500, "8 分 20 秒", "8 min 20 s")
	f(length, 0, "0 秒", "0 s")
	f(length, .0004, "0 秒", "0 s")
	f(length, .25, "250 毫秒", "250 ms")
	f(length, .99999, "1 秒", "1 s")
	f(length, 1.5, "1.5 秒", "1.5 s")
	f(length, 9.96, "10 秒", "10 s")
	f(length, 59.6, "1 分", "1 min")
	f(length, 3599.7, "1 小时", "1 h")
	f(length, 7500, "2 小时 5 分", "2 h 5 min")
	f(length, 86399, "1 天", "1 d")
	f(length, 274000, "3 天 4 小时", "3 d 4 h")
	f(length, -90, "−1 分 30 秒", "−1 min 30 s")
	f(length, 86400*2000, "2,000 天", "2,000 d")
}

func TestValue(t *testing.T) {
	percent, money := Format{Kind: "percent", Decimals: 1}, Format{Kind: "money"}
	f := func(v Value, format Format, zh, en string) {
		t.Helper()
		for lang, want := range map[string]string{"zh": zh, "en": en} {
			if got := plainSpaces(v.Show(format, lang)); got != want {
				t.Errorf("%+v in %s: %q, wanted %q", v, lang, got, want)
			}
		}
	}
	f(Value{Value: new(.923), Low: new(.881), High: new(.952)}, percent, "92.3% (88.1–95.2)", "92.3 % (88.1–95.2)")
	f(Value{Value: new(-5.0), Low: new(-9.0), High: new(-1.0)}, money, "−¥5 (−9 – −1)", "−¥5 (−9 – −1)")
	f(Value{Value: new(60.0), Low: new(50.0), High: new(70.0)}, Format{Kind: "duration"}, "1 分 (50 秒 – 1 分 10 秒)", "1 min (50 s – 1 min 10 s)")
	f(Value{Value: new(.5), Low: new(math.NaN()), High: new(.6)}, percent, "50.0%", "50.0 %")
	f(Value{Value: new(math.NaN())}, percent, "数据不足", "insufficient data")
	f(Value{Why: "insufficient data: no failure in h1"}, percent, "数据不足：no failure in h1", "insufficient data: no failure in h1")
	f(Value{Why: "x", Reason: &Text{ZH: "数据不足：无故障", EN: "insufficient data: no failure"}}, percent, "数据不足：无故障", "insufficient data: no failure")
	f(Value{}, percent, "数据不足", "insufficient data")
}

// The differences of proportions of Newcombe, "Interval estimation for the difference
// between independent proportions", Statistics in Medicine 17 (1998), 873-890, table
// II, method 10 (Wilson's intervals, no correction), which is the same formula: 56/70
// less 48/80 is 0.2 (0.0524, 0.3339); 9/10 less 3/10 is 0.6 (0.1705, 0.8090).
func TestCompare(t *testing.T) {
	wilson := func(k, n float64) Value {
		const z = 1.959964
		p, d := k/n, z*math.Sqrt(k/n*(1-k/n)/n+z*z/(4*n*n))
		low, high := (p+z*z/(2*n)-d)/(1+z*z/n), (p+z*z/(2*n)+d)/(1+z*z/n)
		return Value{Value: &p, Low: &low, High: &high, N: n}
	}
	f := func(now, before Value, by, low, high float64, good int, verdict string) {
		t.Helper()
		c, ok := Compare(now, before)
		if !ok || math.Abs(c.By-by) > 5e-5 || math.Abs(*c.Low-low) > 5e-5 || math.Abs(*c.High-high) > 5e-5 {
			t.Errorf("%g (%g, %g), wanted %g (%g, %g)", c.By, *c.Low, *c.High, by, low, high)
		}
		if got := (Fact{Good: good}).Verdict(c); got != verdict {
			t.Errorf("%s, wanted %s", got, verdict)
		}
	}
	f(wilson(56, 70), wilson(48, 80), .2, .0524, .3339, 1, "better")
	f(wilson(56, 70), wilson(48, 80), .2, .0524, .3339, -1, "worse")
	f(wilson(56, 70), wilson(48, 80), .2, .0524, .3339, 0, "higher")
	f(wilson(9, 10), wilson(3, 10), .6, .1705, .8090, 1, "better")
	if c, _ := Compare(wilson(6, 10), wilson(5, 10)); (Fact{Good: 1}).Verdict(c) != "within the uncertainty" {
		t.Error("ten are enough to tell 6 from 5")
	}
	if c, _ := Compare(wilson(5, 10), wilson(5, 10)); (Fact{Good: 1}).Verdict(c) != "unchanged" || *c.Low != -*c.High {
		t.Errorf("of the same: %+v", c)
	}
	counts, _ := Compare(Value{Value: new(99.0)}, Value{Value: new(81.0)})
	if counts.Low != nil || (Fact{Good: -1}).Verdict(counts) != "worse" {
		t.Errorf("%+v", counts)
	}
	for _, v := range []Value{{}, {Value: new(math.NaN())}} {
		if _, ok := Compare(v, wilson(1, 2)); ok {
			t.Errorf("%+v is compared", v)
		}
	}
	if _, ok := Compare(Value{Value: new(math.MaxFloat64)}, Value{Value: new(-math.MaxFloat64)}); ok {
		t.Error("an infinite difference")
	}
}

func TestDifference(t *testing.T) {
	f := func(format Format, by float64, want string) {
		t.Helper()
		if got := plainSpaces(format.Difference(by, "en")); got != want {
			t.Errorf("%q, wanted %q", got, want)
		}
	}
	f(Format{Kind: "percent", Decimals: 1}, .0214, "+2.1 pp")
	f(Format{Kind: "number", Unit: "kWh", Decimals: 1}, -12.4, "−12.4 kWh")
	f(Format{Kind: "money"}, -10137, "−¥10,137")
	f(Format{Kind: "duration"}, -12, "−12 s")
}

func TestPeriod(t *testing.T) {
	r := &Report{Zone: "Asia/Shanghai"}
	zone := r.Location()
	from := time.Date(2026, 10, 1, 0, 0, 0, 0, zone)
	f := func(to time.Time, zh, en string) {
		t.Helper()
		if got := r.Period(from.UTC(), to.UTC(), "zh"); got != zh {
			t.Errorf("%q, wanted %q", got, zh)
		}
		if got := r.Period(from.UTC(), to.UTC(), "en"); got != en {
			t.Errorf("%q, wanted %q", got, en)
		}
	}
	f(from.AddDate(0, 1, 0), "2026-10-01 至 2026-10-31", "2026-10-01 – 2026-10-31")
	f(from.AddDate(0, 0, 1), "2026-10-01", "2026-10-01")
	f(from.Add(90*time.Minute), "2026-10-01 00:00 至 2026-10-01 01:30", "2026-10-01 00:00 – 2026-10-01 01:30")
	if got := r.Period(time.Time{}, time.Time{}, "zh"); got != "–" {
		t.Errorf("no period is %q", got)
	}
	if (&Report{Zone: "No/Where"}).Location() != time.UTC {
		t.Error("an unknown zone is not UTC")
	}
}

// Every fixed word that the renderings say has its Chinese.
func TestWords(t *testing.T) {
	for en, zh := range words {
		if zh == "" || strings.Count(en, "%s") != strings.Count(zh, "%s") {
			t.Errorf("%q is %q", en, zh)
		}
	}
	if Say("zh", "not a word") != "not a word" || Say("en", "Report") != "Report" || Say("zh", "Report") != "报表" {
		t.Error("words")
	}
}
