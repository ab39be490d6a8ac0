package energy

import "math"

// Profile is the document "load_profile": the mean of each hour of the week over the
// last weeks.
type Profile struct {
	Unit   string       `json:"unit"` // an hour
	Days   int          `json:"days"`
	Mean   [][]*float64 `json:"mean"`   // from Monday, by the local hour
	Counts [][]int      `json:"counts"` // measured hours that each is the mean of
}

// profile writes it.
func (e *exam) profile() {
	p := Profile{Unit: e.unit, Days: recentDays}
	var n [7][24]int
	var sums [7][24]float64
	for i := e.back(recentDays); i < e.hours.hours(); i++ {
		if v := e.hours.sure(i); !math.IsNaN(v) {
			t := e.at0(i).In(e.zone)
			day := (int(t.Weekday()) + 6) % 7
			sums[day][t.Hour()] += v
			n[day][t.Hour()]++
		}
	}
	for d := range n {
		means, counts := make([]*float64, 24), make([]int, 24)
		for h := range n[d] {
			counts[h] = n[d][h]
			if counts[h] > 0 {
				means[h] = short(sums[d][h] / float64(counts[h]))
			}
		}
		p.Mean, p.Counts = append(p.Mean, means), append(p.Counts, counts)
	}
	e.notes = append(e.notes, note{"load_profile", e.name, p})
}
