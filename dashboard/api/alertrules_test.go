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
	// One that is nowhere, and one that was made above of what he sees.
	if made := w.do(somebody(authz.Manager, authz.HQ), post("/alert-rules", fields{"text": ruleOf("made-above", authz.HQ)})); made.Code != http.StatusCreated {
		t.Fatalf("status %d: %s", made.Code, made.Body)
	}
	for _, name := range []string{"nobody-made-it", "made-above"} {
		if got := w.do(viewer, get("/alert-rules/"+name+"/history")).Code; got != http.StatusNotFound {
			t.Errorf("%s: %d, want 404", name, got)
		}
	}
}
