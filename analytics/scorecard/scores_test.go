package scorecard

import (
	"math"
	"testing"
)

func TestScores(t *testing.T) {
	f := func(want Scores, interval bool, given ...float64) {
		t.Helper()
		var s, halves scores
		var rest scores
		for i, v := range given {
			s.take(v)
			if i%2 == 0 {
				halves.take(v)
			} else {
				rest.take(v)
			}
		}
		halves.join(rest)
		got, joined := s.mean(), halves.mean()
		if got == nil || math.Abs(got.Mean-want.Mean) > 1e-9 || got.N != want.N || got.Why != want.Why || (got.Low != nil) != interval {
			t.Errorf("%v: %+v, want %+v", given, got, want)
			return
		}
		if math.Abs(joined.Mean-got.Mean) > 1e-9 || joined.N != got.N {
			t.Errorf("%v: joined %+v, want %+v", given, joined, got)
		}
		if interval && (math.Abs(*got.Low-*want.Low) > 1e-4 || math.Abs(*got.High-*want.High) > 1e-4) {
			t.Errorf("%v: %v to %v, want %v to %v", given, *got.Low, *got.High, *want.Low, *want.High)
		}
	}
	at := func(v float64) *float64 { return &v }
	if (&scores{}).mean() != nil {
		t.Error("a mean of nothing")
	}
	f(Scores{Mean: 0, N: 1, Why: "no interval: one score does not tell how scores differ"}, false, 0)
	f(Scores{Mean: 90, N: 3, Why: "no interval: all scores are the same"}, false, 90, 90, 90)
	// By hand: s = 10, t(0.975, 2) = 4.302653; 10 x 4.302653 / sqrt(3) = 24.84138.
	f(Scores{Mean: 60, N: 3, Low: at(60 - 24.84138), High: at(60 + 24.84138), Why: "fewer than 10 scores: the interval is rough"}, true, 50, 60, 70)
	f(Scores{Mean: 50, N: 2, Low: at(0), High: at(100), Why: "fewer than 10 scores: the interval is rough"}, true, 0, 100) // never beyond what a score can be
}
