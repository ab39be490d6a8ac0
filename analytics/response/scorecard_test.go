package response

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"steward/internal/yamlfile"
)

// What a call costs is of the months in which it comes to be owed.
func TestPenaltyByMonth(t *testing.T) {
	p := Penalty{PerBreach: 200, PerPeriod: 100, Period: 1800e9}
	shanghai := time.FixedZone("", 8*3600)
	noon := time.Date(2026, 10, 5, 12, 0, 0, 0, shanghai)
	f := func(due time.Time, over float64, want ...Share) {
		t.Helper()
		if got := p.ByMonth(due, over, shanghai); !slices.Equal(got, want) {
			t.Errorf("%v s over from %s cost %v, want %v", over, due, got, want)
		}
	}
	october := func(yuan float64) Share { return Share{"2026-10", true, yuan} }
	f(noon, 0)
	f(noon, -5)
	f(noon, math.NaN())
	f(noon, 0.001, october(300))
	f(noon, 1800, october(300)) // over by exactly one period it has begun one, and not two
	f(noon, 1800.5, october(400))
	f(noon, 3600, october(400))
	// An hour before the end of October: a period that begins with November is its.
	evening := time.Date(2026, 10, 31, 23, 0, 0, 0, shanghai)
	f(evening, 3600, october(400))
	f(evening, 3600.1, october(400), Share{"2026-11", false, 100})
	f(evening, 3600+30*86400+1, october(400), Share{"2026-11", false, 144000}, Share{"2026-12", false, 100})
	f(evening.Add(time.Hour), 1, Share{"2026-11", true, 300})
	// Without end it is of twenty years, and adds up.
	all := p.ByMonth(evening, 1e12, shanghai)
	sum := 0.
	for _, s := range all {
		sum += s.Yuan
	}
	if len(all) != maxMonths+1 || sum != 200+100*math.Ceil(1e12/1800) {
		t.Errorf("%d months, %v yuan", len(all), sum)
	}
	p.Period, p.PerPeriod = 0, 0
	f(noon, 1e9, october(200))
	p.Period, p.PerPeriod, p.PerBreach = yamlfile.Duration(60*24*time.Hour), 7, 0
	f(noon, 61*86400, october(7), Share{"2026-12", false, 7})
}

// A contract for repair orders that sets no limit would never take anything.
func TestParseContracts(t *testing.T) {
	text := "penalties:\n  - {contractor: a, per_breach: 5, normal_within: 3d}\n  - {contractor: b, per_breach: 5}"
	if _, err := ParseContracts("c.yaml", []byte(text)); err == nil || err.Error() != "c.yaml:3: penalty of b: give urgent_within, normal_within or both: nothing is late without a limit" {
		t.Errorf("%v", err)
	}
	if p, err := ParseContracts("c.yaml", []byte(text[:strings.LastIndex(text, "\n")])); err != nil || p.For("a") == nil {
		t.Errorf("%v", err)
	}
}

func TestParsePenalties(t *testing.T) {
	p, err := ParsePenalties("p.yaml", []byte("penalties:\n  - {contractor: a, per_breach: 5}\n  - {contractor: default, per_period: 1, period: 1h, cap_per_month: 9}"))
	if err != nil {
		t.Fatal(err)
	}
	if p.For("a").PerBreach != 5 || p.For("b").CapPerMonth != 9 || (*Penalties)(nil).For("a") != nil {
		t.Errorf("%+v %+v", p.For("a"), p.For("b"))
	}
	f := func(line, want string) {
		t.Helper()
		_, err := ParsePenalties("p.yaml", []byte("penalties:\n  - "+line))
		if err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", line, err, want)
		}
	}
	f("{per_breach: 5}", "p.yaml:2: penalty of : contractor: give its name, or default for all that are not named")
	f("{contractor: a}", "p.yaml:2: penalty of a: give per_breach, per_period or both")
	f("{contractor: a, per_breach: -1}", "p.yaml:2: penalty of a: per_breach: -1 is not between 0 and 1e+09 yuan")
	f("{contractor: a, per_breach: .nan}", "p.yaml:2: penalty of a: per_breach: NaN is not between 0 and 1e+09 yuan")
	f("{contractor: a, per_period: 1}", "p.yaml:2: penalty of a: per_period and period: give both or none")
	f("{contractor: a, per_breach: 1, period: 1h}", "p.yaml:2: penalty of a: per_period and period: give both or none")
	f("{contractor: a, per_breach: 1}\n  - {contractor: a, per_breach: 1}", "p.yaml:3: penalty of a: stands twice")
	f("{contractor: a, per_breech: 1}", `p.yaml:2: unknown key "per_breech" (did you mean "per_breach"?); the keys here are cap_per_month, contractor, normal_within, per_breach, per_period, period, urgent_within`)
}

func TestScorecards(t *testing.T) {
	day := func(d float64) time.Time { return begin.Add(time.Duration(d * 24 * float64(time.Hour))) }
	l := logged(t,
		// Repaired within the hour; the same lift again 30 days after the repair, to the
		// second, which is a repeat, and then after 31 days, which is none.
		Call{Created: day(0), Took: 3600, Unit: "lift-1", Contractor: "a"},
		Call{Created: day(30).Add(time.Hour), Took: 3600, Unit: "lift-1", Contractor: "b"},
		Call{Created: day(61).Add(2*time.Hour + time.Second), Took: 3600, Unit: "lift-1", Contractor: "a"},
		// Reported twice while it is open: one trouble.
		Call{Created: day(2), Took: 7200, Unit: "lift-2", Contractor: "a"},
		Call{Created: day(2).Add(time.Hour), Took: 3600, Unit: "lift-2", Contractor: "a"},
		// Repaired ten days before now: too late to tell.
		Call{Created: day(90), Took: 60, Unit: "lift-3", Contractor: "a"},
		Call{Created: day(99), Took: 86400, Open: true, Unit: "lift-3", Contractor: "a"},
		Call{Created: day(50), Took: 60, Unit: "lift-4"},
	)
	o := Options{Limit: 3600, Now: day(100)}
	penalties, err := ParsePenalties("p.yaml", []byte("penalties: [{contractor: a, per_breach: 200, per_period: 100, period: 30m, cap_per_month: 1500}]"))
	if err != nil {
		t.Fatal(err)
	}
	cards, err := l.Scorecards(o, ScorecardOptions{Penalties: penalties})
	if err != nil {
		t.Fatal(err)
	}
	if len(cards) != 2 || cards[0].Contractor != "a" || cards[1].Contractor != "b" {
		t.Fatalf("cards: %+v", cards)
	}
	a, b := cards[0], cards[1]
	if a.N != 6 || a.Open != 1 || a.Within.Met != 4 || a.Within.Breached != 2 {
		t.Errorf("a: %+v", a.Summary)
	}
	// Four of its repairs were watched: that of the first call, the third, and both of
	// lift-2. One did not last.
	if a.Repeats.N != 4 || a.Repeats.Repeats != 1 || *a.Repeats.Share != 0.25 || a.Repeats.Days != 30 {
		t.Errorf("a: %+v", a.Repeats)
	}
	if b.Repeats.N != 1 || b.Repeats.Repeats != 0 {
		t.Errorf("b: %+v", b.Repeats)
	}
	// In October an hour over: 200 + 2 × 100. In January 23 hours so far: 200 + 46 ×
	// 100, of which the cap leaves 1500.
	want := []MonthPenalty{{"2026-10", 1, 0, 0, 400, 400}, {"2027-01", 1, 0, 1, 1500, 4800}}
	if len(a.Penalties) != 2 || a.Penalties[0] != want[0] || a.Penalties[1] != want[1] || *a.Yuan != 1900 {
		t.Errorf("a owes %+v, want %+v", a.Penalties, want)
	}
	if b.Yuan != nil || b.Penalties != nil {
		t.Errorf("b, who has no contract, owes %+v", b.Penalties)
	}
	if _, err := l.Scorecards(Options{}, ScorecardOptions{}); err == nil || !strings.Contains(err.Error(), "needs the time until which") {
		t.Errorf("without now: %v", err)
	}
	if _, err := l.Scorecards(o, ScorecardOptions{RepeatDays: -1}); err == nil {
		t.Error("repeats within -1 days are judged")
	}
	all, err := l.Scorecards(o, ScorecardOptions{RepeatDays: 3653})
	if err != nil || !strings.HasPrefix(all[0].Repeats.Why, "insufficient data: no repair") {
		t.Errorf("%+v, %v", all, err)
	}
}
