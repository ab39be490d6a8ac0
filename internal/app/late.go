package app

import (
	"net/http"
	"sync/atomic"
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
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Retry-After", "2")
	w.WriteHeader(http.StatusServiceUnavailable)
	_, _ = w.Write([]byte(`{"type":"about:blank","title":"Service Unavailable","status":503,"code":"starting","detail":"Steward is starting; /readyz tells what it waits for"}` + "\n")) // who asked may be gone
}
