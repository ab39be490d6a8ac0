package runs

import (
	"errors"
	"os"
	"testing"
	"time"

	"steward/internal/authz"
	"steward/internal/controldb"
	"steward/internal/controldb/controldbtest"
)

func TestMain(m *testing.M) { os.Exit(controldbtest.Wrap(m).Run()) }

var start = time.Date(2026, time.November, 22, 16, 30, 0, 0, time.UTC)

// house is a store whose present is the test's.
type house struct {
	*Store
	t   testing.TB
	db  *controldb.DB
	now time.Time
}

// each runs a test on both databases.
func each(t *testing.T, test func(t *testing.T, h *house)) {
	t.Helper()
	controldbtest.EachAnalytics(t, func(t *testing.T, db *controldb.DB) {
		h := &house{t: t, db: db, now: start}
		h.Store = NewStore(db, Options{Now: func() time.Time { return h.now }})
		test(t, h)
	})
}

const lease = time.Minute

var (
	root    = authz.SystemPrincipal("test")
	scheme  = Starter{authz.System, "analytics", "analytics"}
	day     = 24 * time.Hour
	manager = authz.Principal{Kind: authz.Person, ID: "p-li", Name: "li", Grants: []authz.Grant{{Role: authz.Manager, Place: authz.Place{Region: "north"}}}}
)

// yesterday is a run over the day that ends n days after start's.
func yesterday(job string, n int) New {
	to := start.Truncate(day).AddDate(0, 0, n)
	return New{Job: job, From: to.Add(-day), To: to, Regular: true, By: scheme}
}

func (h *house) enqueue(n New) Run {
	h.t.Helper()
	r, _, err := h.Enqueue(h.t.Context(), n)
	h.must(err)
	return r
}

func (h *house) claim(id, owner string) Run {
	h.t.Helper()
	r, err := h.Claim(h.t.Context(), id, owner, "v1", lease)
	h.must(err)
	return r
}

func (h *house) finish(id, owner string, o Outcome) Run {
	h.t.Helper()
	r, err := h.Finish(h.t.Context(), id, owner, o)
	h.must(err)
	return r
}

// done is a run that ended well.
func (h *house) done(n New) Run {
	h.t.Helper()
	r := h.enqueue(n)
	h.claim(r.ID, "a")
	h.now = h.now.Add(time.Minute)
	return h.finish(r.ID, "a", Outcome{State: Done})
}

func (h *house) get(id string) Run {
	h.t.Helper()
	r, err := h.Get(h.t.Context(), id)
	h.must(err)
	return r
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func wantErr(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("error %v, want %v", err, want)
	}
}
