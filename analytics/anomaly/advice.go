package anomaly

import (
	"fmt"
	"math"
	"time"
)

// Advice is what to know of a result, or to do about it.
type Advice struct {
	Code string `json:"code"` // for machines; does not change
	Text string `json:"text"`
}

// goodWeeks is how long a series must be for its limits to be sure to a tenth or so.
const goodWeeks = 12

func advice(r *Result, g *grid) []Advice {
	all := []Advice{}
	add := func(code, format string, args ...any) { all = append(all, Advice{code, fmt.Sprintf(format, args...)}) }
	if r.Why != "" {
		add("insufficient_data", "%s", r.Why)
		return all
	}
	if weeks := len(g.value) / slots; weeks < goodWeeks {
		add("short", "%d weeks are few: limits are rough until there are %d", weeks, goodWeeks)
	}
	if share := float64(r.Hours) / float64(len(g.value)); share < 0.9 {
		add("gaps", "only %.0f %% of the hours have a value: see the gaps first", 100*share)
	}
	if n := float64(len(r.Anomalies)); n > 0 && n <= r.ExpectedFalse+2*math.Sqrt(r.ExpectedFalse) {
		add("chance", "so few anomalies may be chance, which brings about %.2g in this time: look at the highest scores only", r.ExpectedFalse)
	}
	for _, e := range r.Episodes {
		if e.Kind == KindShift && e.Open {
			more := "higher"
			if e.Change < 0 {
				more = "lower"
			}
			add("level_shift", "since %s the level has been %s by %.4g: find out what was changed", e.From.Format(time.DateOnly), more, math.Abs(e.Change))
		}
	}
	for _, gap := range r.Gaps {
		if gap.Kind == GapHung {
			add("hung", "from %s on the meter read the same for %d hours: look at it", gap.From.Format("2006-01-02 15:04"), gap.Hours)
			break
		}
	}
	return all
}
