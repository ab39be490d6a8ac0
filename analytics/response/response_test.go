package response

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"
)

var begin = time.Date(2026, 10, 5, 8, 0, 0, 0, time.UTC) // a Monday

// logged is a log of calls.
func logged(t *testing.T, calls ...Call) *Log {
	t.Helper()
	var l Log
	for _, c := range calls {
		if c.Created.IsZero() {
			c.Created = begin
		}
		if err := l.Add(c); err != nil {
			t.Fatal(err)
		}
	}
	return &l
}

func analyzed(t *testing.T, l *Log, o Options) *Result {
	t.Helper()
	r, err := l.Analyze(o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := json.Marshal(r); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestWithin(t *testing.T) {
	f := func(o Options, calls []Call, n, met, undecided int, share, low, high float64) {
		t.Helper()
		w := analyzed(t, logged(t, calls...), o).Within
		if w == nil {
			if n >= 0 {
				t.Errorf("%+v has no share", calls)
			}
			return
		}
		near := func(got *float64, want float64) bool {
			return (got == nil) == math.IsNaN(want) && (got == nil || math.Abs(*got-want) < 5e-5)
		}
		if w.N != n || w.Met != met || w.Undecided != undecided || !near(w.Share, share) || !near(w.Low, low) || !near(w.High, high) {
			t.Errorf("%+v: %+v %v [%v, %v]", calls, w, show(w.Share), show(w.Low), show(w.High))
		}
	}
	limit := Options{Limit: 600}
	f(limit, nil, 0, 0, 0, none, none, none)
	f(Options{}, []Call{{Took: 5}}, -1, 0, 0, none, none, none)
	// Exactly at the limit is in time. One of one: 0.025 to 1.
	f(limit, []Call{{Took: 600}}, 1, 1, 0, 1, 0.025, 1)
	f(limit, []Call{{Took: 600.000001}}, 1, 0, 0, 0, 0, 0.975)
	// Open ones past it are breaches, and others not yet anything.
	f(limit, []Call{{Took: 600, Open: true}}, 0, 0, 1, none, none, none)
	f(limit, []Call{{Took: 601, Open: true}}, 1, 0, 0, 0, 0, 0.975)
	// 8 of 10 has the interval 0.4439 to 0.9748 (as binom.test of R prints it).
	var ten []Call
	for i := range 10 {
		ten = append(ten, Call{Took: float64(100 * i), Limit: 700})
	}
	f(limit, ten, 10, 8, 0, 0.8, 0.4439, 0.9748)
	f(Options{}, ten, 10, 8, 0, 0.8, 0.4439, 0.9748) // each has a limit of its own

	w := analyzed(t, logged(t, append(ten[:8:8], Call{Took: 1, Open: true}, Call{Took: 701, Open: true, Limit: 700})...), limit).Within
	if w.N != 9 || w.Undecided != 1 || *w.Worst != 0.8 || *w.Best != 0.9 {
		t.Errorf("with an undecided one: %+v, from %v to %v", w, *w.Worst, *w.Best)
	}
}

func TestAnalyze(t *testing.T) {
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	l := logged(t,
		Call{Created: begin.Add(time.Hour), Took: 700, Group: "b", Cause: "door"},
		Call{Created: begin, Took: 100, Group: "a"},
		Call{Created: begin.Add(15 * time.Hour), Took: 900, Open: true, Group: "a"},
		Call{Created: begin.Add(16 * time.Hour), Took: 60, Open: true},
	)
	r := analyzed(t, l, Options{Limit: 600, Zone: zone})
	if r.N != 4 || r.Open != 2 || *r.Limit != 600 || *r.Running.Median != 480 || *r.Running.Longest != 900 || r.Running.N != 2 {
		t.Errorf("%+v", r)
	}
	if len(r.Breaches) != 2 || r.Breaches[0].Call != 0 || r.Breaches[0].Over != 100 || r.Breaches[0].Cause != "door" ||
		!r.Breaches[0].Due.Equal(begin.Add(70*time.Minute)) || r.Breaches[1].Call != 2 || !r.Breaches[1].Open || r.Breaches[1].Over != 300 {
		t.Errorf("breaches: %+v", r.Breaches)
	}
	// Eight o'clock of UTC is sixteen at the place, and its Monday ends eight hours early.
	if len(r.Hours) != 24 || r.Hours[16].N != 1 || r.Hours[17].N != 1 || r.Hours[7].N != 1 || r.Hours[8].N != 1 || r.Hours[0].N != 0 || *r.Hours[16].Median != 100 {
		t.Errorf("hours: %+v", r.Hours)
	}
	if len(r.Weekdays) != 7 || r.Weekdays[0].Weekday != "monday" || r.Weekdays[0].N != 2 || r.Weekdays[1].N != 2 {
		t.Errorf("weekdays: %+v", r.Weekdays)
	}
	if len(r.Groups) != 3 || r.Groups[0].Name != "" || r.Groups[1].Name != "a" || r.Groups[1].N != 2 || r.Groups[2].N != 1 {
		t.Errorf("groups: %+v", r.Groups)
	}
	if len(r.Causes) != 2 || r.Projects != nil || r.Contractors != nil {
		t.Errorf("causes: %+v", r.Causes)
	}
	if len(r.Warnings) != 2 || !strings.HasSuffix(r.Warnings[0], "the share does not count: 1") || !strings.HasPrefix(r.Warnings[1], "p50: ") {
		t.Errorf("warnings: %q", r.Warnings)
	}
	one := analyzed(t, l, Options{Limit: 600, Breaches: 1})
	if len(one.Breaches) != 1 || one.Breaches[0].Call != 2 || one.BreachesOmitted != 1 || one.Within.Breached != 2 {
		t.Errorf("of two breaches one: %+v, %d omitted", one.Breaches, one.BreachesOmitted)
	}
	if !slices.Contains(one.Warnings, "breaches that are not listed, those least over their limit: 1") {
		t.Errorf("the list is cut: %q", one.Warnings)
	}
	none := analyzed(t, l, Options{Limit: 600, Unlisted: true})
	if len(none.Breaches) != 0 || none.BreachesOmitted != 0 || none.Within.Breached != 2 || !slices.Equal(none.Warnings, r.Warnings) {
		t.Errorf("breaches that are counted only: %+v, %d omitted, %q", none.Breaches, none.BreachesOmitted, none.Warnings)
	}
}

func TestWhatIsRefused(t *testing.T) {
	f := func(c Call, want string) {
		t.Helper()
		var l Log
		if err := l.Add(c); err == nil || !strings.Contains(err.Error(), want) || l.Len() != 0 {
			t.Errorf("%+v: %v, want %q", c, err, want)
		}
	}
	f(Call{}, "created 0001-01-01T00:00:00Z is no time that can be meant")
	f(Call{Created: begin, Took: -1}, "a call took -1 s")
	f(Call{Created: begin, Took: math.NaN()}, "a call took NaN s")
	f(Call{Created: begin, Took: math.Inf(1)}, "a call took +Inf s")
	f(Call{Created: begin, Limit: math.NaN()}, "limit of NaN s")
	var many Log
	var err error
	for i := 0; err == nil && i <= maxNames; i++ {
		err = many.Add(Call{Created: begin, Group: fmt.Sprint(i), Unit: fmt.Sprint(i)})
	}
	if err == nil || !strings.Contains(err.Error(), "more than 10000 groups") || many.Len() != maxNames-1 {
		t.Errorf("after %d groups: %v", many.Len(), err)
	}
	g := func(o Options, want string) {
		t.Helper()
		if _, err := new(Log).Analyze(o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", o, err, want)
		}
	}
	g(Options{Level: 1}, "level 1 is not between")
	g(Options{Level: math.NaN()}, "level NaN is not between")
	g(Options{Limit: -1}, "limit of -1 s")
	g(Options{Breaches: -1}, "-1 breaches")
}

// TestExtremes: nothing is NaN or infinite, whatever the calls.
func TestExtremes(t *testing.T) {
	for _, took := range []float64{0, 1e-12, 1e12} {
		for _, open := range []bool{false, true} {
			for _, n := range []int{1, 2, 50} {
				var l Log
				for i := range n {
					if err := l.Add(Call{Created: begin, Took: took, Open: open, Contractor: fmt.Sprint(i % 2), Unit: "u"}); err != nil {
						t.Fatal(err)
					}
				}
				o := Options{Limit: 1e-6, Now: begin.AddDate(1, 0, 0)}
				analyzed(t, &l, o)
				cards, err := l.Scorecards(o, ScorecardOptions{})
				if err != nil {
					t.Fatal(err)
				}
				if _, err := json.Marshal(cards); err != nil {
					t.Errorf("%v %v %d: %v", took, open, n, err)
				}
			}
		}
	}
}

func TestFisher(t *testing.T) {
	f := func(a, b, c, d int, want float64) {
		t.Helper()
		if got := fisher(a, b, c, d); math.Abs(got-want) > 5e-5*want {
			t.Errorf("%d %d / %d %d: %v, want %v", a, b, c, d, got, want)
		}
	}
	// Fisher's lady who tastes tea (The Design of Experiments, 1935): of 70 ways 16 + 1
	// are as good as three of four.
	f(3, 1, 1, 3, 2*17./70)
	f(4, 0, 0, 4, 2*1./70)
	f(5, 5, 5, 5, 1)
	f(0, 5, 0, 5, 1)
	// Against sums over all tables.
	choose := func(n, k int) float64 {
		v := 1.0
		for i := range k {
			v *= float64(n-i) / float64(i+1)
		}
		return v
	}
	r := rand.New(rand.NewPCG(5, 6))
	for range 200 {
		a, b, c, d := r.IntN(20), r.IntN(20), r.IntN(20), r.IntN(20)
		var below, above, all float64
		for x := max(0, a-d); x <= min(a+b, a+c); x++ {
			p := choose(a+c, x) * choose(b+d, a+b-x)
			all += p
			if x <= a {
				below += p
			}
			if x >= a {
				above += p
			}
		}
		f(a, b, c, d, min(1, 2*min(below, above)/all))
	}
	if p := fisher(900_000, 100_000, 8_000_000, 1_000_000); !(p >= 0 && p < 1e-100) {
		t.Errorf("of ten million: %v", p)
	}
}

// TestNoVerdictByLuck: among twenty groups that are all the same, in at most one of
// twenty surveys any gets a verdict; and one that is really worse gets it.
func TestNoVerdictByLuck(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	const surveys = 400
	wrong := 0
	for range surveys {
		groups := make([]tally, 20)
		for i := range groups {
			for range 30 + 10*i {
				if r.Float64() < 0.9 {
					groups[i].met++
				} else {
					groups[i].breached++
				}
			}
		}
		for _, c := range compare(groups, 0.95) {
			if c.Verdict != NotShown {
				wrong++
				break
			}
		}
	}
	if share := float64(wrong) / surveys; share > 0.05+3*math.Sqrt(0.05*0.95/surveys) {
		t.Errorf("%.1f%% of the surveys have a wrong verdict", 100*share)
	}
	all := compare([]tally{{met: 90, breached: 10}, {met: 95, breached: 5}, {met: 40, breached: 60}, {undecided: 3}, {met: 2}}, 0.95)
	if all[2].Verdict != Worse || all[0].Verdict != Better || all[3] != nil || all[4].Verdict != NotShown || all[0].Groups != 4 {
		t.Errorf("verdicts: %+v %+v %+v", all[0], all[2], all[4])
	}
	if alone := compare([]tally{{met: 1}, {}}, 0.95); alone[0] != nil {
		t.Errorf("one group is compared: %+v", alone[0])
	}
}

func BenchmarkAnalyze(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	var l Log
	for i := range 1_000_000 {
		if err := l.Add(Call{Created: begin.Add(time.Duration(i) * time.Minute), Took: 600 * r.ExpFloat64(), Group: fmt.Sprint("g", i%50)}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := l.Analyze(Options{Limit: 1800}); err != nil {
			b.Fatal(err)
		}
	}
}

// The medians of hours and weekdays have the interval that all medians have: of seven
// calls from the first to the last.
func TestHoursHaveIntervals(t *testing.T) {
	var l Log
	monday := time.Date(2026, time.November, 2, 9, 0, 0, 0, time.UTC)
	for n := range 7 {
		if err := l.Add(Call{Created: monday.Add(time.Duration(n) * time.Minute), Took: float64(10 * (n + 1))}); err != nil {
			t.Fatal(err)
		}
	}
	r, err := l.Analyze(Options{Zone: time.UTC})
	if err != nil {
		t.Fatal(err)
	}
	if h := r.Hours[9]; *h.Median != 40 || *h.MedianLow != 10 || *h.MedianHigh != 70 || h.Why != "" {
		t.Errorf("%+v", h)
	}
	if d := r.Weekdays[0]; *d.Median != 40 || *d.MedianLow != 10 || *d.MedianHigh != 70 {
		t.Errorf("%+v", d)
	}
	if h := r.Hours[10]; h.Median != nil || h.MedianLow != nil || h.Why == "" {
		t.Errorf("%+v", h)
	}
}
