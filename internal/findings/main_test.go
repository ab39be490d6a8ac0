package findings

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"steward/internal/authz"
	"steward/internal/controldb"
	"steward/internal/controldb/controldbtest"
	"steward/internal/incident"
)

func TestMain(m *testing.M) { os.Exit(controldbtest.Wrap(m).Run()) }

var (
	start   = time.Date(2026, time.November, 22, 2, 30, 0, 0, time.UTC)
	harbour = authz.Place{Region: "north", Project: "harbour"}
	hill    = authz.Place{Region: "north", Project: "hill"}
	park    = authz.Place{Region: "east", Project: "park"}
	root    = authz.SystemPrincipal("test")
)

const day = 24 * time.Hour

func somebody(role authz.Role, at authz.Place) authz.Principal {
	return authz.Principal{Kind: authz.Person, ID: "p-" + string(role), Name: string(role), Grants: []authz.Grant{{Role: role, Place: at}}}
}

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
	controldbtest.EachAnalytics(t, func(t *testing.T, db *controldb.DB) { test(t, newHouse(t, db)) })
}

func newHouse(t testing.TB, db *controldb.DB) *house {
	h := &house{t: t, db: db, now: start}
	h.Store = NewStore(db, Options{Now: func() time.Time { return h.now }})
	return h
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// leak is a finding of a leak that costs so many yuan a year.
func leak(subject string, yuan float64) Seen {
	rate := yuan / 4
	return Seen{
		Building: "b1", Kind: "water_leak", Subject: subject, Medium: "water",
		Title: incident.Text{ZH: "夜间漏水", EN: "A leak at night"}, Advice: incident.Text{ZH: "查阀门", EN: "Look at the valves"},
		Since: start.AddDate(0, -1, 0), Until: start,
		Rate: Amount{Value: &rate, Unit: "m3"}, RateCNY: Amount{Value: &yuan, Unit: "CNY"}, Score: 0.9, N: 30, Coverage: 1,
		Evidence: []byte(`{"nights":[1,2,3]}`),
	}
}

// sync is a run at the harbour that looked at the meters of the tests.
func (h *house) sync(run string, seen ...Seen) {
	h.t.Helper()
	h.must(h.Sync(h.t.Context(), run, harbour, h.now, seen, []string{"water_leak device:meter/w1", "water_leak device:meter/w2"}))
}

func (h *house) only() Finding {
	h.t.Helper()
	l, err := h.As(root).List(h.t.Context(), Filter{}, Page{})
	h.must(err)
	if len(l.Items) != 1 {
		h.t.Fatalf("%d findings, want one", len(l.Items))
	}
	return h.get(l.Items[0].ID)
}

func (h *house) get(id string) Finding {
	h.t.Helper()
	f, err := h.As(root).Get(h.t.Context(), id)
	h.must(err)
	return f
}

func (h *house) act(id string, a Action) Finding {
	h.t.Helper()
	f, err := h.As(root).Act(h.t.Context(), id, a)
	h.must(err)
	return f
}

// life is the states of a history.
func life(f Finding) string {
	var states []string
	for _, c := range f.History {
		states = append(states, string(c.State))
	}
	return strings.Join(states, " ")
}

func wantErr(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("error %v, want %v", err, want)
	}
}

func wantInvalid(t testing.TB, err error, field string) {
	t.Helper()
	var invalid *InvalidError
	if !errors.As(err, &invalid) || invalid.Fields[0].Field != field || invalid.Fields[0].Problem == "" {
		t.Errorf("error %v, want one of %s", err, field)
	}
}
