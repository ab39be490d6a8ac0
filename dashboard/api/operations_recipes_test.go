package api

import (
	"fmt"
	"strings"
	"time"

	"steward/internal/authz"
	"steward/internal/operations"
)

// given is a good record of a kind, as somebody sends it; it names its estate in
// some text, so that it can be seen where it is shown.
func given(k *operations.Kind, at authz.Place, id string) fields {
	r := fields{"region": at.Region, "project": at.Project, "id": id}
	switch k {
	case operations.Inspections():
		r["level"], r["kind"], r["planned"], r["note"] = "project", "fire", "2026-11-01T08:00:00Z", "note "+at.Project
	case operations.Complaints():
		r["type"], r["created"], r["note"] = "noise", "2026-11-01T08:00:00Z", "note "+at.Project
	case operations.Fees():
		r["kind"], r["month"], r["due"] = "property", "2026-10", 1824.6
	case operations.RepairOrders():
		r["type"], r["created"], r["note"] = "elevator", "2026-11-01T08:00:00Z", "note "+at.Project
	}
	return r
}

// plantOperations tells of a record of each kind in each estate.
func (w *world) plantOperations() {
	w.t.Helper()
	var all []operations.Record
	for _, k := range operations.Kinds() {
		for _, at := range estates() {
			for _, id := range []string{"x-", "y-"} { // one to be read, and one to be withdrawn
				r, problems := k.Read(operations.Given(givenText(k, at, id+at.Project)), operations.Arrival{
					Received: w.now.Add(-time.Hour), Source: operations.API, Zone: func(authz.Place) *time.Location { return time.UTC },
				})
				if len(problems) > 0 {
					w.t.Fatal(problems)
				}
				all = append(all, r)
			}
		}
	}
	w.must(w.data.PutOperations(w.t.Context(), all))
}

// givenText is given with every value as a text, as the cells of a table are.
func givenText(k *operations.Kind, at authz.Place, id string) fields {
	r := given(k, at, id)
	for name, value := range r {
		r[name] = fmt.Sprint(value)
	}
	return r
}

// operationsRecipes: orders and complaints are for whoever acts, fees and
// inspections for whoever keeps the project.
func operationsRecipes() map[string]recipe {
	all := map[string]recipe{}
	for _, k := range operations.Kinds() {
		needs := authz.Act
		if k == operations.Inspections() || k == operations.Fees() {
			needs = authz.Configure
		}
		path := "/operations/" + k.Path
		one := func(a aim) string { return path + "/" + a.project() + "/x-" + a.at.Project }
		all["list-"+k.Path] = recipe{needs: authz.Read, where: anywhere, lists: true, call: func(a aim) call { return get(path + a.query()) }}
		all["get-"+k.Topic] = recipe{needs: authz.Read, call: func(a aim) call { return get(one(a)) }}
		all["put-"+k.Path] = recipe{needs: needs, call: func(a aim) call {
			return post(path, fields{"records": []fields{given(k, a.at, fmt.Sprintf("put-%d", a.serial))}})
		}}
		all["import-"+k.Path] = recipe{needs: needs, reports: true, call: func(a aim) call {
			var names, cells []string
			for name, value := range givenText(k, a.at, fmt.Sprintf("import-%d", a.serial)) {
				names, cells = append(names, name), append(cells, value.(string))
			}
			return post("/import/"+k.Path, strings.Join(names, ",")+"\n"+strings.Join(cells, ",")+"\n").csv()
		}}
		// What is withdrawn may be withdrawn again.
		all["withdraw-"+k.Topic] = recipe{needs: needs, call: func(a aim) call { return del(path + "/" + a.project() + "/y-" + a.at.Project) }}
		for _, f := range formats {
			all["export-"+k.Path+"-"+f.ending] = recipe{needs: authz.Read, where: anywhere, lists: true, call: func(a aim) call { return get("/export/" + k.Path + "." + f.ending + a.query()) }}
		}
	}
	return all
}
