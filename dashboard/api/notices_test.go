package api

import (
	"net/http"
	"testing"

	"steward/internal/authz"
	"steward/internal/identity"
	"steward/internal/notices"
)

// Who answers for a notice is said by name to all who may read it, whom they may list
// or not.
func TestOwnerOfANoticeIsNamed(t *testing.T) {
	w := newWorld(t)
	id := w.planted[harbour].notice
	made, _, err := w.identity.As(root).CreatePerson(t.Context(), identity.Person{Login: "li.wei", Name: "李伟", Grants: []authz.Grant{{Role: authz.Operator, Place: harbour}}}, "umbrella seven orbit")
	w.must(err)
	li := authz.Principal{Kind: authz.Person, ID: made.ID, Name: made.Login, Grants: made.Grants}
	f := func(n notices.Notice, owner, name string) {
		t.Helper()
		if n.Owner != owner || n.OwnerName != name {
			t.Errorf("owner %q named %q, want %q named %q", n.Owner, n.OwnerName, owner, name)
		}
	}
	viewer := somebody(authz.Viewer, harbour)
	read := func() notices.Notice {
		t.Helper()
		return answerIn[notices.Notice](t, w.do(viewer, get("/notices/"+id)), http.StatusOK)
	}
	f(read(), "", "")
	f(answerIn[notices.Notice](t, w.do(li, post("/notices/"+id+"/actions", fields{"deed": "accept"}).match(1)), http.StatusOK), made.ID, "李伟")
	f(read(), made.ID, "李伟")

	manager := somebody(authz.Manager, authz.HQ)
	written := fields{"region": harbour.Region, "project": harbour.Project, "finding": fields{"zh": "通道堆物"}, "required": fields{"zh": "清理"}, "due_on": w.now.AddDate(0, 0, 3).Format("2006-01-02"), "owner": made.ID}
	f(answerIn[notices.Notice](t, w.do(manager, post("/notices", written)), http.StatusCreated), made.ID, "李伟")

	// One whom nobody knows, such as a machine, goes by its id.
	id = w.planted[hill].notice
	machine := authz.Principal{Kind: authz.Machine, ID: "t_1", Name: "gateway", Grants: []authz.Grant{{Role: authz.Operator, Place: hill}}}
	f(answerIn[notices.Notice](t, w.do(machine, post("/notices/"+id+"/actions", fields{"deed": "accept"}).match(1)), http.StatusOK), "t_1", "")
}
