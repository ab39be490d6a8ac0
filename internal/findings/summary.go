package findings

import (
	"context"

	"steward/internal/authz"
	"steward/internal/controldb"
)

// Sum is what the findings of a kind in a state at a place come to.
type Sum struct {
	authz.Place
	Kind    string   `json:"kind"`
	Medium  string   `json:"medium"`
	State   State    `json:"state"`
	Count   int64    `json:"count"`
	CNY     *float64 `json:"a_year_cny"`                 // of those of which it is known; nil when of none
	Unknown int64    `json:"unknown"`                    // of how many it is not known
	Saved   *float64 `json:"saved_a_year_cny,omitempty"` // of those that are verified
}

// maxSums bounds a summary.
const maxSums = 10_000

// Summary adds up findings by place, kind, medium and state, in this order: for each
// project, or for each region, or for the whole that the caller may read, as per says
// (project, region, company).
func (v *View) Summary(ctx context.Context, f Filter, per string) ([]Sum, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	place, group := `region, project`, `region, project, `
	switch per {
	case "", "project":
	case "region":
		place, group = `region, '' AS project`, `region, `
	case "company":
		place, group = `'' AS region, '' AS project`, ``
	default:
		return nil, controldb.Invalid("per", per, "is not one of company, region, project")
	}
	var rows []struct {
		Region  string   `db:"region"`
		Project string   `db:"project"`
		Kind    string   `db:"kind"`
		Medium  string   `db:"medium"`
		State   State    `db:"state"`
		Count   int64    `db:"n"`
		CNY     *float64 `db:"cny"`
		Unknown int64    `db:"unknown"`
		Saved   *float64 `db:"saved"`
	}
	q := v.query(&f)
	err := v.store.db.Read(ctx, func(tx *controldb.Tx) error {
		return tx.Select(&rows, `SELECT `+place+`, kind, medium, state, count(*) AS n, sum(yuan) AS cny, count(*) - count(yuan) AS unknown, sum(saved) AS saved
			FROM findings `+q.where+` GROUP BY `+group+`kind, medium, state ORDER BY `+group+`kind, medium, state LIMIT ?`, append(q.args, maxSums+1)...)
	})
	if err != nil {
		return nil, err
	}
	if len(rows) > maxSums {
		return nil, controldb.Invalid("per", per, "makes more than %d sums: narrow the places or kinds, or ask per region", maxSums)
	}
	sums := make([]Sum, len(rows))
	for i, r := range rows {
		sums[i] = Sum{authz.Place{Region: r.Region, Project: r.Project}, r.Kind, r.Medium, r.State, r.Count, r.CNY, r.Unknown, r.Saved}
	}
	return sums, nil
}
