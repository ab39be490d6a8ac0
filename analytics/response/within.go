package response

import "steward/analytics/rate"

// Within is the share of calls that were in time, with the exact interval of Clopper
// and Pearson.
type Within struct {
	N        int      `json:"n"` // calls of which it is known
	Met      int      `json:"met"`
	Breached int      `json:"breached"` // open ones that are past their limit among them
	Share    *float64 `json:"share"`
	Low      *float64 `json:"low"`
	High     *float64 `json:"high"`
	Level    float64  `json:"level"`
	// Undecided calls are open and within their limit so far. They are not in N, and
	// the share lies between Worst and Best however they end.
	Undecided int      `json:"undecided"`
	Worst     *float64 `json:"worst,omitempty"`
	Best      *float64 `json:"best,omitempty"`
	Why       string   `json:"why,omitempty"`
}

// tally counts outcomes.
type tally struct{ met, breached, undecided int }

func (t *tally) add(o outcome) {
	switch o {
	case met:
		t.met++
	case breached:
		t.breached++
	case undecided:
		t.undecided++
	}
}

func (t *tally) within(level float64) Within {
	w := Within{N: t.met + t.breached, Met: t.met, Breached: t.breached, Undecided: t.undecided, Level: level}
	share := func(k, n int) *float64 {
		s := float64(k) / float64(n)
		return &s
	}
	if t.undecided > 0 {
		all := w.N + t.undecided
		w.Worst, w.Best = share(t.met, all), share(t.met+t.undecided, all)
	}
	switch {
	case w.N == 0 && t.undecided > 0:
		w.Why = "insufficient data: all calls are open and within their limit so far"
	case w.N == 0:
		w.Why = "insufficient data: there are no calls with a limit"
	default:
		low, high := rate.Share(w.Met, w.N, level)
		w.Share, w.Low, w.High = share(w.Met, w.N), &low, &high
	}
	return w
}
