package api

import (
	"fmt"

	"steward/internal/authz"
	"steward/internal/controldb/controldbtest"
	"steward/internal/findings"
	"steward/internal/incident"
)

// findingsRecipes are those of findings of waste.
func findingsRecipes() map[string]recipe {
	return map[string]recipe{
		"energy-use": {needs: authz.Read, where: anywhere, lists: true, call: func(a aim) call {
			return get("/energy/use" + a.query("from", "2026-11-01", "to", "2026-11-08", "per", "project", "by", "day"))
		}},
		"list-findings":    {needs: authz.Read, where: anywhere, lists: true, call: func(a aim) call { return get("/findings" + a.query("medium", "water")) }},
		"findings-summary": {needs: authz.Read, where: anywhere, call: func(a aim) call { return get("/findings/summary" + a.query("state", "open,confirmed,fixed")) }},
		"get-finding":      {needs: authz.Read, call: func(a aim) call { return get("/findings/" + a.finding) }},
		"act-on-finding": {needs: authz.Act, spends: true, call: func(a aim) call {
			return post("/findings/"+a.finding+"/actions", fields{"deed": "confirm", "note": "seen", "version": 1})
		}},
	}
}

// openFindings is the store of findings of a world.
func (w *world) openFindings() {
	db := controldbtest.SQLiteAnalytics(w.t)
	w.findings = findings.NewStore(db, findings.Options{})
}

// plantFinding makes a finding at an estate.
func (w *world) plantFinding(at authz.Place) string {
	w.t.Helper()
	n := w.next()
	subject, yuan := fmt.Sprintf("device:meter/%s-%d", at.Project, n), 1e6/float64(n) // the first are at the top of lists
	w.must(w.findings.Sync(w.t.Context(), "run-"+subject, at, w.now, []findings.Seen{{
		Building: "b-" + at.Project, Kind: "water_leak", Subject: subject, Medium: "water",
		Title: incident.Text{ZH: at.Project + "漏水", EN: "a leak at " + at.Project}, Since: w.now.AddDate(0, -1, 0), Until: w.now,
		RateCNY: findings.Amount{Value: &yuan, Unit: "CNY"}, Evidence: []byte(`{"of":"` + at.Project + `"}`),
	}}, nil))
	l, err := w.findings.As(root).List(w.t.Context(), findings.Filter{Subject: subject}, findings.Page{})
	w.must(err)
	return l.Items[0].ID
}
