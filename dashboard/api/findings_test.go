package api

import (
	"net/http"
	"strings"
	"testing"

	"steward/internal/authz"
	"steward/internal/findings"
)

// The life of a finding by way of the API: who may take which step, and what is
// said of one that cannot be taken.
func TestLifeOfAFinding(t *testing.T) {
	w := newWorld(t)
	id := w.planted[harbour].finding
	operator, engineer := somebody(authz.Operator, harbour), somebody(authz.Engineer, harbour)
	act := func(body fields) call { return post("/findings/"+id+"/actions", body) }
	refused := func(who authz.Principal, body fields, status int, code, field string) {
		t.Helper()
		p := problemIn(t, w.do(who, act(body)))
		if p.Status != status || p.Code != code || field != "" && (len(p.Errors) != 1 || p.Errors[0].Field != field) {
			t.Errorf("%v: %+v", body, p)
		}
	}
	done := func(who authz.Principal, body fields, want findings.State) findings.Finding {
		t.Helper()
		f := answerIn[findings.Finding](t, w.do(who, act(body)), http.StatusOK)
		if f.State != want {
			t.Errorf("%v: %s, want %s", body, f.State, want)
		}
		return f
	}
	refused(operator, fields{"deed": "dismiss", "note": "pool"}, http.StatusForbidden, CodeNotAllowed, "")
	refused(operator, fields{"deed": "forget"}, http.StatusUnprocessableEntity, CodeInvalid, "deed")
	refused(engineer, fields{"deed": "dismiss"}, http.StatusUnprocessableEntity, CodeInvalid, "note")
	refused(operator, fields{"deed": "fix", "at": "2199-01-01T00:00:00Z"}, http.StatusUnprocessableEntity, CodeInvalid, "at")
	confirmed := done(operator, fields{"deed": "confirm", "version": 1}, findings.Confirmed)
	refused(operator, fields{"deed": "fix", "version": 1}, http.StatusConflict, CodeChanged, "")
	refused(operator, fields{"deed": "confirm"}, http.StatusUnprocessableEntity, CodeInvalid, "deed")
	done(operator, fields{"deed": "fix", "version": confirmed.Version}, findings.Fixed)
	done(engineer, fields{"deed": "reopen"}, findings.Open)
	last := done(engineer, fields{"deed": "dismiss", "note": "泳池补水"}, findings.Dismissed)

	rec := w.do(operator, get("/findings/"+id))
	f := answerIn[findings.Finding](t, rec, http.StatusOK)
	if len(f.History) != 5 || f.History[4].Note != "泳池补水" || f.History[4].Actor != "engineer" || len(f.Evidence) == 0 || f.Version != last.Version {
		t.Errorf("%+v", f)
	}
	if again := w.do(operator, get("/findings/"+id).with("If-None-Match", rec.Header().Get("ETag"))); again.Code != http.StatusNotModified {
		t.Errorf("the same finding again: %d", again.Code)
	}
	if log := w.dump(t, "audit"); !strings.Contains(log, "finding.dismiss") || !strings.Contains(log, "finding.fix") {
		t.Error("the audit log says nothing of it")
	}
	list := answerIn[listBody[findings.Finding]](t, w.do(operator, get("/findings?state=dismissed&kind=water_leak&min_cny=1000&sort=since")), http.StatusOK)
	if len(list.Items) != 1 || list.Items[0].ID != id || list.Items[0].Evidence != nil {
		t.Errorf("%+v", list)
	}
	p := problemIn(t, w.do(operator, get("/findings?sort=name")))
	if p.Code != CodeInvalid || p.Errors[0].Field != "sort" {
		t.Errorf("%+v", p)
	}
}
