package nightflow

import (
	"fmt"
	"time"
)

// Advice is what to know of a result, or to do about it.
type Advice struct {
	Code string `json:"code"` // for machines; does not change
	Text string `json:"text"`
}

func advice(r *Result) []Advice {
	all := []Advice{}
	add := func(code, format string, args ...any) { all = append(all, Advice{code, fmt.Sprintf(format, args...)}) }
	if r.Why != "" {
		add("insufficient_data", "%s", r.Why)
		return all
	}
	if l := r.Leak; l != nil {
		since := "before the data begin"
		if l.Since != nil {
			since = l.Since.Format(time.DateOnly)
		}
		add("leak", "water runs since %s, about %.3g m3/h: close the valves part by part at night to find where", since, l.Rate.Value)
		if l.Nights < 7 {
			add("recent", "only %d nights show it so far: make sure that nobody uses that water, such as for filling a pool", l.Nights)
		}
	}
	if s := r.Standing; s != nil && s.Rate.Low > 0 {
		add("standing", "the base is %.3g m3/h more than households use at night: a leak that is older than these data, or other users", s.Rate.Value)
	}
	if r.Resets > 0 {
		add("resets", "the register went back %d times: the meter was replaced, or counts backwards", r.Resets)
	}
	missing := 0
	for _, g := range r.Gaps {
		missing += g.Nights
	}
	if missing > r.Nights/10 {
		add("gaps", "%d nights are missing: when a leak began is less sure for it", missing)
	}
	return all
}
