package energy

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/findings"
)

// What somebody dismissed is no waste, and takes no room from what is; what was mended
// counts as saved, and once.
func TestFindingsWithTheirStates(t *testing.T) {
	began, to := day(2025, 12, 20), day(2026, 3, 20)
	store := &fake{}
	for i := range 3 {
		store.add(clickhouse.EnergyMeter{Device: fmt.Sprint("w", i), Metric: "volume_m3", Medium: "water"}, day(2025, 11, 1).UTC(), to.UTC(), flows(uint64(i), began, day(2100, 1, 1), 0.6+float64(i)/10))
	}
	rate, saved, more := 5000., 900., 1200.
	known := func(id, kind, subject string, state findings.State, checked *findings.Verification) findings.Finding {
		return findings.Finding{ID: id, Region: hz.Region, Project: hz.Project, State: state, Checked: checked, Seen: findings.Seen{
			Kind: kind, Subject: subject, Medium: "water", RateCNY: findings.Amount{Value: &rate, Unit: "CNY"},
		}}
	}
	verification := func(verdict string, yuan *float64) *findings.Verification {
		return &findings.Verification{Verdict: verdict, Saved: findings.Amount{Value: yuan, Unit: "m3"}, SavedCNY: findings.Amount{Value: yuan, Unit: "CNY"}, FixedAt: began}
	}
	all := func(b *board, most string) (*results, List, float64) {
		got := runJob(t, options(t, store, b), day(2026, 2, 1), to, to, map[string]string{mostParam: most})
		return got, got.notes["findings "].(List), *got.find(t, "waste_a_year_cny", "", "", "").Value
	}
	_, before, whole := all(&board{}, "50")
	if len(before.Findings) != 3 || before.Findings[0].State != "" {
		t.Fatalf("%+v", before)
	}
	b := &board{known: []findings.Finding{
		known("0", "water_leak", "point:w2", findings.Dismissed, nil),
		known("1", "water_leak", "point:w0", findings.Open, verification(findings.DidNotFall, nil)),
		known("2", "water_leak", "point:w1", findings.Verified, verification(findings.Fell, &saved)),
		known("3", "excess", "point:w1", findings.Verified, verification(findings.Fell, &more)),
		known("4", "night_base", "point:w1", findings.Fixed, nil),
	}}
	got, after, rest := all(b, "1")
	if len(after.Findings) != 2 || after.Findings[0].Subject != "point:w0" || after.Findings[0].State != findings.Open || after.Findings[1].State != findings.Dismissed || after.Findings[1].ID != "0" {
		t.Errorf("%+v", after.Findings)
	}
	if want := *after.Findings[0].RateCNY.Value; math.Abs(rest-want) > 1e-6*want || whole < 2.5*want {
		t.Errorf("%v of %v yuan, want %v", rest, whole, want)
	}
	doc := got.notes["verified "].(Verified)
	verdicts := ""
	for _, f := range doc.Findings {
		verdicts += f.ID + " " + f.Verdict + " "
		if f.Verdict == findings.Insufficient && !strings.HasPrefix(f.Why, "insufficient data: ") || f.Verdict != findings.Insufficient && !f.FixedAt.Equal(began) {
			t.Errorf("%+v", f)
		}
	}
	if verdicts != "1 did_not_fall 2 fell 3 fell 4 insufficient " {
		t.Error(verdicts)
	}
	for _, at := range []authz.Place{hz, {Region: hz.Region}, {}} {
		if n := got.find(t, "saved_a_year_cny", at.Region, at.Project, ""); n.Value == nil || *n.Value != more || n.N != 1 {
			t.Errorf("%+v", n)
		}
	}
	if got, _, _ := all(&board{}, "50"); got.find(t, "saved_a_year_cny", "", "", "").Value != nil {
		t.Error("a saving of nothing that was mended")
	}
}

// What a meter sees of what was dismissed at one behind it is not waste either.
func TestTheMeterBeforeADismissedFinding(t *testing.T) {
	parent, child := &point{id: "p", medium: "water", metric: "m"}, &point{id: "c", medium: "water", metric: "m"}
	parent.children, child.parent = []*point{child}, parent
	e := &estate{points: map[string]*point{"p": parent, "c": child}}
	one := func(id string, v float64) findings.Seen {
		return findings.Seen{Kind: "water_leak", Subject: "point:" + id, Medium: "water", Rate: findings.Amount{Value: &v, Unit: "m3"}, RateCNY: findings.Amount{Value: &v}}
	}
	f := func(want int, child float64, settled ...string) {
		t.Helper()
		all := []findings.Seen{one("p", 100), one("c", child)}
		gone := map[string]bool{}
		for _, s := range settled {
			gone["water_leak point:"+s] = true
		}
		if got := standing(all, told(all, e), gone, e); len(got) != want {
			t.Errorf("%d of %v: %+v", len(got), child, got)
		}
	}
	f(2, 90)
	f(0, 90, "c")
	f(1, 90, "p")
	f(1, 20, "c") // most of what the parent sees is something else
}

// verdictOn is what a run says of a fix of an electricity meter.
func verdictOn(t *testing.T, kind string, begin, since, fixed, to time.Time, use func(time.Time) float64) findings.Verification {
	t.Helper()
	store := &fake{}
	store.add(clickhouse.EnergyMeter{Device: "m", Metric: "energy_kwh", Medium: "electricity"}, begin.UTC(), to.UTC(), use)
	rate := 20_000.
	b := &board{fixed: []findings.Finding{{ID: "1", State: findings.Fixed, FixedAt: fixed, Seen: findings.Seen{
		Kind: kind, Subject: "point:m", Since: since, Rate: findings.Amount{Value: &rate, Unit: "kWh"},
	}}}}
	o := options(t, store, b)
	o.Calendar = office(t)
	y, m, _ := to.Date()
	runJob(t, o, time.Date(y, m-1, 1, 0, 0, 0, 0, shanghai), to, to.Add(4*time.Hour), nil)
	return b.verified["1"]
}

// When all of a meter takes less, at work as well, the season has changed and nothing
// was saved by a fix; and a register that stands still saves nothing.
func TestTheSeasonIsNoSaving(t *testing.T) {
	begin, fixed, to := day(2025, 11, 1), day(2026, 2, 10), day(2026, 4, 10)
	for _, kind := range []string{"night_base", "stuck_on", "out_of_hours", "holiday"} {
		f := func(want string, share func(worked bool) float64) {
			t.Helper()
			use := offices(9, 20, 20, 20)
			got := verdictOn(t, kind, begin, begin, fixed, to, func(at time.Time) float64 {
				v := use(at)
				if at.Before(fixed) {
					return v
				}
				local := at.In(shanghai)
				return v * share(local.Weekday() != time.Saturday && local.Weekday() != time.Sunday && local.Hour() >= 8 && local.Hour() < 18)
			})
			if got.Verdict != want {
				t.Errorf("%s: %+v", kind, got)
			}
		}
		f("insufficient", func(bool) float64 { return 0.5 })
		f("insufficient", func(bool) float64 { return 0 })
		f("fell", func(worked bool) float64 {
			if worked {
				return 1
			}
			return 0.3
		})
		f("did_not_fall", func(bool) float64 { return 1 })
	}
}

// Waste that lasted two months before it was mended is little of the year before that.
func TestAFixAgainstTheBaselineOfBefore(t *testing.T) {
	begin, since, fixed, to := day(2025, 1, 1), day(2026, 2, 1), day(2026, 3, 5), day(2026, 4, 10)
	for want, end := range map[string]time.Time{"fell": fixed, "did_not_fall": to} {
		use := offices(10, 4, 4, 4)
		got := verdictOn(t, "excess", begin, since, fixed, to, func(at time.Time) float64 {
			v := use(at)
			if !at.Before(since) && at.Before(end) {
				v += 3
			}
			return v
		})
		if got.Verdict != want || got.Saved.Value == nil || want == "fell" && math.Abs(*got.Saved.Value-3*yearHours) > 3000 {
			t.Errorf("want %s: %+v %+v", want, got, got.Saved)
		}
	}
	// Without data of before it began nothing is said against it.
	use := offices(11, 4, 4, 4)
	got := verdictOn(t, "excess", day(2025, 3, 10), day(2025, 3, 20), fixed, to, use)
	if got.Verdict != "insufficient" {
		t.Errorf("%+v", got)
	}
}

// Those that were looked at longest ago are looked at first.
func TestNoFixWaitsForEver(t *testing.T) {
	to := day(2026, 3, 20)
	store := &fake{}
	store.add(clickhouse.EnergyMeter{Device: "m", Metric: "volume_m3", Medium: "water"}, day(2025, 11, 1).UTC(), to.UTC(), flows(1, to, to, 0))
	b := &board{}
	for i := range maxFixed + 1 {
		f := findings.Finding{ID: fmt.Sprint(i), State: findings.Fixed, FixedAt: day(2020, 1, 1), Seen: findings.Seen{Kind: "water_leak", Subject: "point:m"}}
		if i < maxFixed {
			f.Checked = &findings.Verification{At: to.AddDate(0, 0, -1)}
		}
		b.fixed = append(b.fixed, f)
	}
	runJob(t, options(t, store, b), day(2026, 2, 1), to, to, nil)
	if _, looked := b.verified[fmt.Sprint(maxFixed)]; !looked || len(b.verified) != maxFixed {
		t.Errorf("%d were looked at", len(b.verified))
	}
}

// A gap in the months does not move them.
func TestMonthsOfAClaim(t *testing.T) {
	e := examOf(0)
	e.hours = newSeries(e.period)
	known := []month{{2025, 1, 0, 744}, {2025, 2, 744, 1416}, {2025, 3, 1416, 2160}, {2025, 6, 3624, 4344}, {2025, 7, 4344, 5088}, {2025, 8, 5088, 5832}}
	c, ok := e.monthly("peak_demand", known, []float64{1, 2, 3, 4, 5, 6})
	if !ok || strings.Join(c.chart.At, " ") != "2025-01 2025-02 2025-03 2025-06 2025-07 2025-08" || !c.since.Equal(e.begin) || !c.atLeast {
		t.Errorf("%+v", c)
	}
}

// What began before the data is not told as if it began with them.
func TestSinceAtLeast(t *testing.T) {
	e := examOf(100_000)
	rate := estimate{1000, 800, 1200}
	e.see(claim{kind: "night_base", rate: rate, sofar: rate, unit: "kWh", price: 1, coverage: 1, pattern: 1, since: day(2025, 12, 1), atLeast: true})
	if s := e.seen[0]; !s.AtLeast || !strings.Contains(s.Title.EN, "since 2025-12-01 at least") || !strings.Contains(s.Title.ZH, "至少自 2025-12-01 起") {
		t.Errorf("%+v", s)
	}
}

var _ Sink = (*findings.Store)(nil)
