package app

import (
	"net/http"
	"sync/atomic"

	"steward/dashboard/api"
)

// lateHandler answers for a handler that is not there yet: the page is served
// before everything behind it has started.
type lateHandler struct{ is atomic.Pointer[http.Handler] }

func (l *lateHandler) set(h http.Handler) { l.is.Store(&h) }

func (l *lateHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h := l.is.Load(); h != nil {
		(*h).ServeHTTP(w, r)
		return
	}
	w.Header().Set("Retry-After", "2")
	api.NewProblem(http.StatusServiceUnavailable, "starting", "Steward is starting; /readyz tells what it waits for").Write(w, r)
}
