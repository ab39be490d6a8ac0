package dashboard

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"steward/dashboard/api"
)

// fail answers a request with a problem. code is for programs and stays the same,
// detail for the person who reads it: what was wrong and what to do.
func fail(w http.ResponseWriter, status int, code, detail string) {
	p := api.NewProblem(status, code, detail)
	answer(w, status, p.ContentType(""), p)
}

// failLater is fail for what may work after a while.
func failLater(w http.ResponseWriter, status int, after time.Duration, code, detail string) {
	w.Header().Set("Retry-After", strconv.Itoa(int(after.Seconds())))
	fail(w, status, code, detail)
}

// answer writes v as JSON. What it returns must not be kept by caches.
func answer(w http.ResponseWriter, status int, contentType string, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		panic("dashboard: an answer that is not JSON: " + err.Error()) // our own types only
	}
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n')) // who asked may be gone
}

func notFound(w http.ResponseWriter, r *http.Request) {
	fail(w, http.StatusNotFound, "not_found", "there is nothing at "+strconv.Quote(r.URL.Path))
}
