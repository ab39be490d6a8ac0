package api

import (
	"slices"
	"testing"

	"steward/internal/authz"
)

// What is said of the roles is what the requests are judged by.
func TestRolesAreTheRules(t *testing.T) {
	w := newWorld(t)
	type answer struct {
		Roles      []roleInfo
		Operations []operationInfo
	}
	got := answerIn[answer](t, w.do(somebody(authz.Viewer, harbour), get("/roles")), 200)
	if len(got.Roles) != len(authz.Roles()) || len(got.Roles[0].Permissions) != 1 || len(got.Roles[4].Permissions) != 5 {
		t.Errorf("roles %+v", got.Roles)
	}
	// What is imported, and what is done to a notice, may need more than the operation.
	refined := []string{"import-regions", "import-projects", "act-on-notice"}
	recipes := recipes()
	for _, op := range got.Operations {
		r, known := recipes[op.ID]
		if !known || r.needs == Public || r.needs == SignedIn || slices.Contains(refined, op.ID) {
			continue // of somebody himself, too
		}
		if r.needs != op.Permission || (r.where == atHQ) != op.Everywhere {
			t.Errorf("%s: said to need %s (everywhere: %t), needs %s", op.ID, op.Permission, op.Everywhere, r.needs)
		}
	}
	if at := slices.IndexFunc(got.Operations, func(op operationInfo) bool { return op.ID == "sign-in" }); at >= 0 {
		t.Error("signing in needs no role")
	}
}
