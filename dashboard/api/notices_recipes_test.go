package api

import (
	"steward/internal/authz"
	"steward/internal/controldb/controldbtest"
	"steward/internal/incident"
	"steward/internal/notices"
)

// noticesRecipes are those of rectification notices. To withdraw one stands for all
// that takes a manager above the project.
func noticesRecipes() map[string]recipe {
	return map[string]recipe{
		"list-notices": {needs: authz.Read, where: anywhere, lists: true, call: func(a aim) call { return get("/notices" + a.query("live", "true")) }},
		"get-notice":   {needs: authz.Read, call: func(a aim) call { return get("/notices/" + a.notice) }},
		"create-notice": {needs: authz.Manage, call: func(a aim) call {
			return post("/notices", fields{
				"region": a.at.Region, "project": a.at.Project, "finding": fields{"zh": "通道堆物"}, "required": fields{"zh": "清理"}, "due_on": a.today,
			})
		}},
		"act-on-notice": {needs: authz.Manage, where: atRegion, spends: true, call: func(a aim) call {
			return post("/notices/"+a.notice+"/actions", fields{"deed": "withdraw", "note": "issued in error"}).match(1)
		}},
	}
}

// openNotices is the store of notices of a world.
func (w *world) openNotices() {
	w.notices = notices.NewStore(controldbtest.SQLiteAnalytics(w.t), notices.Options{})
}

// plantNotice makes a notice of an estate.
func (w *world) plantNotice(at authz.Place) string {
	w.t.Helper()
	text := incident.Text{ZH: "整改 " + at.Project}
	n, err := w.notices.As(root).Create(w.t.Context(), notices.New{Place: at, Finding: text, Required: text, DueOn: w.now.AddDate(0, 0, 3).Format("2006-01-02")})
	w.must(err)
	return n.ID
}
