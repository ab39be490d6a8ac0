package api

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"steward/internal/authz"
)

// Pages of a period without an end are of one question, although the present moves on
// between them.
func TestPagesOfAnOpenPeriod(t *testing.T) {
	w := newWorld(t)
	viewer := somebody(authz.Viewer, authz.Place{})
	for _, path := range []string{"/readings", "/events", "/coverage"} {
		q := url.Values{"from": {w.now.Add(-24 * time.Hour).Format(time.RFC3339)}, "limit": {"1"}}
		first := answerIn[struct{ Next string }](t, w.do(viewer, get(path+"?"+q.Encode())), http.StatusOK)
		if first.Next == "" {
			t.Errorf("%s has one page: the test shows nothing", path)
			continue
		}
		w.now = w.now.Add(time.Second)
		q.Set("cursor", first.Next)
		if answer := w.do(viewer, get(path+"?"+q.Encode())); answer.Code != http.StatusOK {
			t.Errorf("%s, second page: %d %s", path, answer.Code, answer.Body)
		}
	}
}
