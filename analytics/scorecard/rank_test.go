package scorecard

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"steward/internal/authz"
)

// TestRanksAreConsistent: whatever the scores, a better one never ranks below, equal
// ones rank alike, the rank is within its range, and a place is out of the range of
// another exactly when their intervals do not meet.
func TestRanksAreConsistent(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		list := make([]*Card, rng.IntN(30))
		for i := range list {
			score := math.Round(rng.Float64() * 20) // ties
			low, high := score-rng.Float64()*5, score+rng.Float64()*5
			list[i] = &Card{Score: &score, Low: &low, High: &high}
		}
		rank(list)
		for _, a := range list {
			if a.Rank < a.RankLow || a.Rank > a.RankHigh || a.RankLow < 1 || a.RankHigh > len(list) || a.Of != len(list) {
				t.Fatalf("rank %d of %d, from %d to %d", a.Rank, a.Of, a.RankLow, a.RankHigh)
			}
			better, worse := 0, 0
			for _, b := range list {
				if *b.Score > *a.Score && b.Rank >= a.Rank || *b.Score == *a.Score && b.Rank != a.Rank {
					t.Fatalf("%v ranks %d, %v ranks %d", *a.Score, a.Rank, *b.Score, b.Rank)
				}
				if *b.Low > *a.High {
					better++
				}
				if *b.High < *a.Low {
					worse++
				}
			}
			if a.RankLow != 1+better || a.RankHigh != len(list)-worse {
				t.Fatalf("rank from %d to %d; %d are better and %d worse, of %d", a.RankLow, a.RankHigh, better, worse, len(list))
			}
		}
	}
}

// TestOnlyTheComparableAreRanked: a place of which little is known may have a score and
// has no rank.
func TestOnlyTheComparableAreRanked(t *testing.T) {
	score, low, high := 50., 40., 60.
	config := &Config{known: 0.5, rankKnown: 0.7, rankCoverage: 0.8}
	c := &cards{at: map[authz.Place]*Card{
		harbour: {Score: &score, Low: &low, High: &high, Known: 0.7, Coverage: 0.8},
		hill:    {Score: &score, Low: &low, High: &high, Known: 0.69, Coverage: 1},
		park:    {Score: &score, Low: &low, High: &high, Known: 1, Coverage: 0.79},
		lake:    {Known: 0.2},
	}, projects: []authz.Place{harbour, hill, park, lake}}
	c.rank(config)
	for at, want := range map[authz.Place]int{harbour: 1, hill: 0, park: 0, lake: 0} {
		if got := c.at[at]; got.Rank != want || want == 0 && got.Score != nil && len(got.Warnings) != 1 {
			t.Errorf("%s: %+v", at, got)
		}
	}
}

// TestIntervalOfTheScore: of independent components of equal widths the weighted mean
// has the width of one over the root of their number.
func TestIntervalOfTheScore(t *testing.T) {
	r := &runner{Options: Options{Config: &Config{known: 0.5}}, month: month{2026, time.October, time.UTC}}
	var list []Component
	for range 4 {
		score := 50.
		list = append(list, Component{Name: "x", Weight: 2, Score: &score, worst: 40, best: 54, Coverage: 1})
	}
	c := r.card(list)
	if *c.Score != 50 || *c.Low != 45 || *c.High != 52 || c.Known != 1 {
		t.Errorf("score %v, %v to %v", *c.Score, *c.Low, *c.High)
	}
	list = append(list, Component{Name: "y", Weight: 8}, Component{Name: "shown", Weight: 0})
	if c = r.card(list); c.Score == nil || c.Known != 0.5 || *c.Low != 45 || len(c.Warnings) != 1 {
		t.Errorf("with an unknown half: %+v", c)
	}
	list[4].Weight = 8.1
	if c = r.card(list); c.Score != nil || c.Why == "" {
		t.Errorf("with more than half unknown: %+v", c)
	}
}

func TestCalls(t *testing.T) {
	made := from.Add(time.Hour)
	f := func(after time.Duration, want calls) {
		t.Helper()
		var c calls
		answered := time.Time{}
		if after != 0 {
			answered = made.Add(after)
		}
		if c.take(made, answered, time.Hour, made.Add(2*time.Hour)); c != want {
			t.Errorf("after %s: %+v", after, c)
		}
	}
	f(time.Hour, calls{kept: 1, in: 1}) // exactly at the limit
	f(time.Hour+1, calls{kept: 1})
	f(0, calls{kept: 1}) // nobody came, and the limit is over
	f(-1, calls{unusable: 1})
	var c calls
	if c.take(made, time.Time{}, 2*time.Hour, made.Add(2*time.Hour)); c != (calls{undecided: 1}) {
		t.Errorf("open at its limit: %+v", c)
	}
}

// TestMedianOf: the limits are those of tables of the sign test (two-sided, 5 %): of 6
// values the first, of 10 the second, of 20 the sixth, of 30 the tenth from each end.
func TestMedianOf(t *testing.T) {
	for n, k := range map[int]int{6: 1, 8: 1, 9: 2, 10: 2, 12: 3, 15: 4, 20: 6, 25: 8, 30: 10} {
		values := make([]float64, n)
		for i := range values {
			values[i] = float64(i + 1)
		}
		middle, low, high := medianOf(values)
		if middle != float64(n+1)/2 || low != float64(k) || high != float64(n+1-k) {
			t.Errorf("of %d: %v, %v to %v; want the %d-th from each end", n, middle, low, high, k)
		}
	}
}

// TestPeers: those of other projects, of like size, the nearest first.
func TestPeers(t *testing.T) {
	var list []metered
	for i := range 600 {
		at := lake
		if i%3 == 0 {
			at = harbour
		}
		list = append(list, metered{at: at, area: float64(100 + i), intensity: float64(i)})
	}
	got := peers(list, 300, 1.05) // a building of harbour with 400 m2
	want := []float64{}
	for i := range list {
		if a := list[i].area; list[i].at == lake && a*1.05 >= 400 && a <= 400*1.05 {
			want = append(want, list[i].intensity)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("%d peers, want %d", len(got), len(want))
	}
	if got := peers(list, 300, 100); len(got) != maxPeers {
		t.Errorf("%d peers, want %d", len(got), maxPeers)
	}
	if got := peers(list[:1], 0, 100); len(got) != 0 {
		t.Errorf("%d peers of one that is alone", len(got))
	}
}

func TestMonth(t *testing.T) {
	f := func(from, to time.Time, want string) {
		t.Helper()
		m, err := monthOf(from, to, shanghai)
		if got := m.String(); (err == nil) != (want != "") || err == nil && got != want {
			t.Errorf("%s to %s: %s, %v", from, to, got, err)
		}
	}
	f(from, to, "2026-10")
	f(from.UTC(), to.UTC(), "2026-10")
	f(from, to.AddDate(0, 0, 1), "")
	f(from.Add(time.Hour), to, "")
	f(time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), "")
	m, _ := monthOf(from, to, shanghai)
	if !m.quarter().Equal(from) || m.days() != 31 {
		t.Errorf("quarter %s, %d days", m.quarter(), m.days())
	}
	if q := (month{2026, time.December, time.UTC}).quarter(); q.Month() != time.October {
		t.Errorf("the quarter of December begins in %s", q.Month())
	}
	if q := (month{2026, time.March, time.UTC}).quarter(); q.Month() != time.January {
		t.Errorf("the quarter of March begins in %s", q.Month())
	}
	if a, b := lastMonth(now, shanghai); !a.Equal(from) || !b.Equal(to) {
		t.Errorf("last month: %s to %s", a, b)
	}
}
