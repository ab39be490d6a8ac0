package response

import (
	"strings"
	"testing"
	"time"
)

func TestPenalty(t *testing.T) {
	p := Penalty{PerBreach: 200, PerPeriod: 100, Period: 1800e9}
	f := func(over, want float64) {
		t.Helper()
		if got := p.Of(over); got != want {
			t.Errorf("%v s over costs %v, want %v", over, got, want)
		}
	}
	f(0, 0)
	f(-5, 0)
	f(0.001, 300)
	f(1800, 300)
	f(1800.5, 400)
	f(3600, 400)
	p.Period, p.PerPeriod = 0, 0
	f(1e9, 200)
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
	f("{contractor: a, per_breech: 1}", `p.yaml:2: unknown key "per_breech" (did you mean "per_breach"?); the keys here are cap_per_month, contractor, per_breach, per_period, period`)
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
	want := []MonthPenalty{{"2026-10", 1, 0, 400, 400}, {"2027-01", 1, 1, 1500, 4800}}
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
