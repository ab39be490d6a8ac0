package api

import (
	"net/http"
	"testing"

	"steward/internal/authz"
)

// A rule that comes from a file has a history, in which nothing is: nobody has changed it.
func TestHistoryOfARuleOfAFile(t *testing.T) {
	w := newWorld(t)
	viewer := somebody(authz.Viewer, harbour)
	shipped := shippedRules()[0].Name
	if l := answerIn[listBody[auditEntry]](t, w.do(viewer, get("/alert-rules/"+shipped+"/history")), http.StatusOK); l.Items == nil || len(l.Items) != 0 {
		t.Errorf("%s was changed: %v", shipped, l.Items)
	}
	if got := w.do(viewer, get("/alert-rules/nobody_made_it/history")).Code; got != http.StatusNotFound {
		t.Errorf("a rule that is nowhere: %d", got)
	}
}
