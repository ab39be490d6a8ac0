package reliability

import (
	"cmp"
	"context"
	"slices"

	"steward/analytics/job"
	"steward/analytics/rate"
)

// Estate is a project's failure rate among those of all projects, by its own data and
// drawn towards the others'.
type Estate struct {
	Region  string    `json:"region"`
	Project string    `json:"project"`
	Own     rate.Rate `json:"own"` // per device-year
	Shrunk  *float64  `json:"shrunk"`
	Low     *float64  `json:"shrunk_low"`
	High    *float64  `json:"shrunk_high"`
	Weight  *float64  `json:"weight"` // of its own data, 0 to 1
}

// Estates is the document of kind "shrinkage" of a class, the worst project first.
type Estates struct {
	Class     string    `json:"class"`
	Pooled    rate.Rate `json:"pooled"`
	Mean      *float64  `json:"mean"`
	Variation *float64  `json:"variation"` // between projects, beyond luck
	Projects  []Estate  `json:"projects"`
	Why       string    `json:"why,omitempty"`
}

// estates compares the projects of one class: failure_rate_shrunk is the failure
// rate of a project by empirical Bayes, beside failure_rate, which is its own.
func estates(ctx context.Context, r *job.Run, subject string, keys []key, groups map[key]*group) ([]job.Number, error) {
	counts := make([]rate.Count, len(keys))
	for i, k := range keys {
		counts[i] = rate.Count{Events: groups[k].failures, Exposure: (groups[k].up + groups[k].down) / hoursPerYear}
	}
	s, err := rate.Shrink(counts, level)
	if err != nil {
		return nil, err
	}
	doc := Estates{Class: subject, Pooled: s.Pooled, Mean: s.Mean, Variation: s.Variation, Why: s.Why}
	numbers := make([]job.Number, len(keys))
	for i, k := range keys {
		e := Estate{Region: k.region, Project: k.project, Own: rate.Of(counts[i].Events, counts[i].Exposure, level)}
		n := job.Number{
			Kind: "failure_rate_shrunk", Region: k.region, Project: k.project, Subject: k.subject, Unit: "1/a",
			N: float64(counts[i].Events), Exposure: counts[i].Exposure, Coverage: groups[k].coverage(),
		}
		if s.Each != nil {
			one := s.Each[i]
			e.Shrunk, e.Low, e.High, e.Weight = &one.Rate, &one.Low, &one.High, &one.Weight
			n.Value, n.Low, n.High, n.Level, n.Why = e.Shrunk, e.Low, e.High, level, groups[k].warning()
			if counts[i].Exposure == 0 {
				n.Why = because("nothing was watched: this is the rate of the other projects", n.Why)
			}
		} else {
			n.Why = because(s.Why, groups[k].warning())
		}
		doc.Projects, numbers[i] = append(doc.Projects, e), n
	}
	slices.SortStableFunc(doc.Projects, func(a, b Estate) int { return -cmp.Compare(orZero(a.Shrunk), orZero(b.Shrunk)) })
	return numbers, r.Note(ctx, "shrinkage", "", "", subject, doc)
}

func orZero(v *float64) float64 {
	if v == nil {
		return 0
	}
	return *v
}
