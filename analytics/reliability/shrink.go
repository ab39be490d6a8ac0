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

// estates compares the projects of one class, and writes the document.
func estates(ctx context.Context, r *job.Run, subject string, keys []key, groups map[key]*group) ([]job.Number, error) {
	s, numbers, err := shrunk(keys, groups)
	if err != nil {
		return nil, err
	}
	doc := Estates{Class: subject, Pooled: s.Pooled, Mean: s.Mean, Variation: s.Variation, Why: s.Why}
	for i, k := range keys {
		n := &numbers[i]
		e := Estate{Region: k.region, Project: k.project, Own: rate.Of(groups[k].failures, n.Exposure, level)}
		if s.Each != nil {
			e.Shrunk, e.Low, e.High, e.Weight = n.Value, n.Low, n.High, &s.Each[i].Weight
		}
		doc.Projects = append(doc.Projects, e)
	}
	slices.SortStableFunc(doc.Projects, func(a, b Estate) int { return -cmp.Compare(orZero(a.Shrunk), orZero(b.Shrunk)) })
	return numbers, r.Note(ctx, "shrinkage", "", "", subject, doc)
}

// shrunk compares groups of one class that are of a kind: its projects, its regions, its
// models or its vendors. failure_rate_shrunk is the failure rate of each by empirical
// Bayes, beside failure_rate, which is its own.
func shrunk(keys []key, groups map[key]*group) (rate.Shrinkage, []job.Number, error) {
	counts := make([]rate.Count, len(keys))
	for i, k := range keys {
		counts[i] = rate.Count{Events: groups[k].failures, Exposure: (groups[k].up + groups[k].down) / hoursPerYear}
	}
	s, err := rate.Shrink(counts, level)
	if err != nil {
		return s, nil, err
	}
	numbers := make([]job.Number, len(keys))
	for i, k := range keys {
		n := job.Number{
			Kind: "failure_rate_shrunk", Region: k.region, Project: k.project, Subject: k.subject, Unit: "1/a",
			N: float64(counts[i].Events), Exposure: counts[i].Exposure, Coverage: groups[k].coverage(),
		}
		if s.Each != nil {
			one := s.Each[i]
			n.Value, n.Low, n.High, n.Level, n.Why = &one.Rate, &one.Low, &one.High, level, groups[k].warning()
			if counts[i].Exposure == 0 {
				n.Why = because("nothing was watched: this is the rate of the others", n.Why)
			}
		} else {
			n.Why = because(s.Why, groups[k].warning())
		}
		numbers[i] = n
	}
	return s, numbers, nil
}

func orZero(v *float64) float64 {
	if v == nil {
		return 0
	}
	return *v
}
