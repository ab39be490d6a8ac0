package api

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	"steward/internal/authz"
	"steward/internal/registry"
)

// reportsStandIn writes of which place a report is. Of May nothing is computed.
type reportsStandIn struct{}

func (reportsStandIn) Reports() []ReportInfo {
	return []ReportInfo{{Name: "response", Jobs: []string{"response"}, Formats: []string{"html", "json"}}}
}

func (reportsStandIn) Report(_ context.Context, scope authz.Scope, r ReportRequest) (*ReportFile, error) {
	switch {
	case !scope.Covers(r.Place):
		return nil, registry.ErrNotFound
	case r.Month == "2026-05":
		return nil, &NotComputedError{"nothing is computed for May: run `steward analyze run response`"}
	}
	return &ReportFile{MediaType: "application/json", Name: "response.json", Write: func(_ context.Context, w io.Writer) error {
		_, err := fmt.Fprintf(w, `{"of":%q,"budget":%t}`, r.Place, r.Budget != nil)
		return err
	}}, nil
}

// reportsRecipes are those of reports: each is of one place, and of all of it.
func reportsRecipes() map[string]recipe {
	return map[string]recipe{
		"list-reports": {needs: authz.Read, where: anywhere, call: func(aim) call { return get("/reports") }},
		"get-report":   {needs: authz.Read, call: func(a aim) call { return get("/reports/response" + a.query("month", "2026-10", "format", "json")) }},
	}
}

// A report is of all of its place, and what is not computed says what to run.
func TestReports(t *testing.T) {
	w := newWorld(t)
	manager := somebody(authz.Manager, authz.Place{Region: "zqnorth", Project: "zqharbour"})
	everybody := somebody(authz.Viewer, authz.HQ)
	f := func(who authz.Principal, query string, status int, want string) {
		t.Helper()
		r := w.do(who, get("/reports/response?month=2026-10&"+query))
		if r.Code != status || !strings.Contains(r.Body.String(), want) {
			t.Errorf("%s: %d %s, want %d %s", query, r.Code, r.Body, status, want)
		}
	}
	f(manager, "region=zqnorth&project=zqharbour&format=json", 200, `{"of":"zqnorth/zqharbour","budget":false}`)
	f(manager, "region=zqnorth&project=zqhill", 404, CodeNotFound)
	f(manager, "region=zqnorth", 403, CodeNotAllowed)
	f(manager, "", 403, CodeNotAllowed)
	f(everybody, "budget=200", 200, `{"of":"hq","budget":true}`)
	f(everybody, "project=zqharbour", 422, "without its region")
	f(everybody, "as_of=1900-01-01T00:00:00Z", 422, "as_of")
	f(everybody, "budget=-1", 422, "budget")
	f(everybody, "format=doc", 422, "format")
	if r := w.do(everybody, get("/reports/response?month=2026-05")); r.Code != 404 || !strings.Contains(r.Body.String(), CodeNotComputed) || !strings.Contains(r.Body.String(), "steward analyze run response") {
		t.Errorf("nothing computed: %d %s", r.Code, r.Body)
	}
}
