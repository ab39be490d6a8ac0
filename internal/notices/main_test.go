package notices

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"steward/internal/authz"
	"steward/internal/controldb"
	"steward/internal/controldb/controldbtest"
	"steward/internal/incident"
)

func TestMain(m *testing.M) { os.Exit(controldbtest.Wrap(m).Run()) }

var (
	start   = time.Date(2026, time.November, 1, 2, 0, 0, 0, time.UTC)
	harbour = authz.Place{Region: "north", Project: "harbour"}
	hill    = authz.Place{Region: "north", Project: "hill"}
	park    = authz.Place{Region: "south", Project: "park"}
	china   = time.FixedZone("China", 8*3600)
)

const day = 24 * time.Hour

func person(id string, role authz.Role, at authz.Place) authz.Principal {
	return authz.Principal{Kind: authz.Person, ID: id, Name: id, Grants: []authz.Grant{{Role: role, Place: at}}}
}

var (
	li   = person("li", authz.Operator, harbour)
	wang = person("wang", authz.Manager, harbour)
	zhao = person("zhao", authz.Manager, authz.Place{Region: "north"})
	qian = person("qian", authz.Manager, authz.HQ)
	sun  = person("sun", authz.Viewer, harbour)
	zhou = person("zhou", authz.Manager, park)
)

// house is a store whose present is the test's.
type house struct {
	*Store
	t   testing.TB
	now time.Time
}

// each runs a test on both databases.
func each(t *testing.T, test func(t *testing.T, h *house)) {
	t.Helper()
	controldbtest.EachAnalytics(t, func(t *testing.T, db *controldb.DB) {
		h := &house{t: t, now: start}
		h.Store = NewStore(db, Options{Now: func() time.Time { return h.now }, Zone: func(authz.Place) *time.Location { return china }})
		test(t, h)
	})
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

func notice(at authz.Place, kind, month string) New {
	return New{
		Place: at, Kind: kind, Month: month, DueOn: "2026-11-15",
		Finding: incident.Text{ZH: "收缴率低", EN: "Few fees collected"}, Required: incident.Text{ZH: "催缴", EN: "Collect them"},
		Evidence: []byte(`{"run":"r1"}`),
	}
}

func (h *house) issue(n New) Notice {
	h.t.Helper()
	got, _, err := h.Issue(h.t.Context(), "scorecard", n)
	h.must(err)
	return got
}

func (h *house) act(who authz.Principal, n Notice, a Action) (Notice, error) {
	h.t.Helper()
	a.Version = n.Version
	return h.As(who).Act(h.t.Context(), n.ID, a)
}

func (h *house) does(who authz.Principal, n Notice, a Action) Notice {
	h.t.Helper()
	n, err := h.act(who, n, a)
	h.must(err)
	return n
}

// alarm notes what it was told.
type alarm struct {
	told []string
	fail bool
}

func (a *alarm) Overdue(_ context.Context, n Notice) error {
	if a.fail {
		return errors.New("nobody there")
	}
	a.told = append(a.told, n.Level+" "+n.Project)
	return nil
}

func (a *alarm) Settled(_ context.Context, n Notice, since time.Time) error {
	if since.IsZero() || since.Before(n.ClosedAt) {
		return errors.New("since never")
	}
	a.told = append(a.told, "settled "+n.Level+" "+n.Project)
	return nil
}
