package dashboard

import (
	"context"
	"net/http"
	"time"
)

// NotReady is a part of Steward that does not work at the moment.
type NotReady struct {
	Name   string `json:"name"`   // such as "clickhouse"
	Reason string `json:"reason"` // why, and what to do
}

// readyWithin bounds the question whether all is ready: a probe that waits
// longer has given up.
const readyWithin = 4 * time.Second

// health says that the process answers. It asks nothing else, so that a probe
// never restarts a process because of its database.
func (s *Server) health(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, "application/json", struct {
		Status  string `json:"status"`
		Version string `json:"version"`
	}{"ok", s.opts.Version})
}

// ready names what is not ready: 200 when nothing is, else 503.
func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readyWithin)
	defer cancel()
	list := s.opts.Ready(ctx)
	status := http.StatusOK
	if len(list) > 0 {
		status = http.StatusServiceUnavailable
	} else {
		list = []NotReady{} // an empty list, not null
	}
	answer(w, status, "application/json", struct {
		Ready    bool       `json:"ready"`
		NotReady []NotReady `json:"not_ready"`
	}{len(list) == 0, list})
}
