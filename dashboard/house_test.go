package dashboard

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"testing"
	"time"

	"steward/dashboard/api"
	"steward/internal/authz"
	"steward/internal/controldb"
	"steward/internal/controldb/controldbtest"
	"steward/internal/identity"
	"steward/internal/incident"
	"steward/internal/live"
	"steward/internal/live/calls"
	"steward/internal/registry"
	"steward/internal/telemetry"
)

func TestMain(m *testing.M) { os.Exit(controldbtest.Wrap(m).Run()) }

// house is the real registry, identity and API behind a dashboard, on a database
// of its own.
type house struct {
	registry  *registry.Store
	identity  *identity.Service
	answers   *registry.Answers
	incidents *incident.Store
	calls     *calls.Board // of the incidents; it runs until the test is over
}

// password is that of everybody in a house.
const password = "correct horse battery"

// people of a house, by login name.
var people = map[string][]authz.Grant{
	"boss":      {{Role: authz.Administrator, Place: authz.HQ}},
	"operator":  {{Role: authz.Operator, Place: authz.Place{Region: "north", Project: "harbour"}}},
	"north":     {{Role: authz.Manager, Place: authz.Place{Region: "north"}}},
	"engineer":  {{Role: authz.Engineer, Place: authz.Place{Region: "north", Project: "harbour"}}},
	"viewer":    {{Role: authz.Viewer, Place: authz.Place{Region: "north", Project: "harbour"}}},
	"garden":    {{Role: authz.Viewer, Place: authz.Place{Region: "south", Project: "garden"}}},
	"locked-en": {{Role: authz.Viewer, Place: authz.HQ}}, // nobody signs in as this one for long
	"locked-zh": {{Role: authz.Viewer, Place: authz.HQ}},
	"newcomer":  {{Role: authz.Viewer, Place: authz.HQ}},
	"placeless": nil,
}

func newHouse(t testing.TB) *house {
	t.Helper()
	db := controldbtest.SQLite(t)
	return houseOn(t, db)
}

func houseOn(t testing.TB, db *controldb.DB) *house {
	t.Helper()
	ctx := t.Context()
	id, err := identity.New(ctx, identity.Options{DB: db, Policy: identity.Policy{
		// Cheap passwords: what they cost is tested where they are made.
		Hashing: identity.Hashing{MemoryKiB: 64, Passes: 1}, AddressBurst: 1000, LockAfter: 3,
	}})
	if err != nil {
		t.Fatal(err)
	}
	system := authz.SystemPrincipal("test")
	for login, grants := range people {
		if _, _, err := id.As(system).CreatePerson(ctx, identity.Person{Login: login, Grants: grants}, password); err != nil {
			t.Fatalf("make %s: %v", login, err)
		}
	}
	reg := registry.New(db, registry.Options{})
	for _, at := range []authz.Place{{Region: "north"}, {Region: "south"}, {Region: "west"}} {
		name := map[string]string{"west": "西部大区"}[at.Region]
		if _, err := reg.As(system).CreateRegion(ctx, registry.Region{ID: at.Region, Name: name}); err != nil {
			t.Fatal(err)
		}
	}
	for _, p := range []registry.Project{
		{Region: "north", ID: "harbour"}, {Region: "south", ID: "garden"}, {Region: "west", ID: "lake", Name: "翠湖花园"},
	} {
		if _, err := reg.As(system).CreateProject(ctx, p); err != nil {
			t.Fatal(err)
		}
	}
	incidents := incident.NewStore(controldbtest.SQLiteIncidents(t), incident.Options{})
	board, err := calls.New(calls.Options{Store: incidents, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	run(t, board)
	return &house{reg, id, registry.NewAnswers(db, nil), incidents, board}
}

// api is the house's API over a board.
func (h *house) api(t testing.TB, board *live.Board) http.Handler {
	t.Helper()
	a, err := api.New(api.Options{
		Zone:     time.FixedZone("Asia/Shanghai", 8*3600), // as the browser's tests have it
		Registry: h.registry, Identity: h.identity, Answers: h.answers, Live: board, Incidents: h.incidents, Desk: desk{h.incidents}, Logger: slog.New(slog.DiscardHandler), Version: "test",
	})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// pending makes devices publish that nobody knows.
func (h *house) pending(ctx context.Context, paths []string) error {
	var list []telemetry.Device
	for _, path := range paths {
		d, _, err := telemetry.ParseTopic("property/" + path + "/telemetry")
		if err != nil {
			return err
		}
		list = append(list, d)
	}
	_, err := h.registry.Register(ctx, list)
	return err
}

func (h *house) person(ctx context.Context, login string) (identity.Person, error) {
	list, err := h.identity.As(authz.SystemPrincipal("test")).People(ctx, identity.PersonFilter{}, identity.Page{})
	if err != nil {
		return identity.Person{}, err
	}
	for _, p := range list.Items {
		if p.Login == login {
			return p, nil
		}
	}
	return identity.Person{}, fmt.Errorf("nobody is called %q", login)
}

func (h *house) endSessions(ctx context.Context, login string) error {
	p, err := h.person(ctx, login)
	if err != nil {
		return err
	}
	return h.identity.SignOutEverywhere(ctx, authz.SystemPrincipal("test"), p.ID)
}

func (h *house) resetPassword(ctx context.Context, login string) (string, error) {
	p, err := h.person(ctx, login)
	if err != nil {
		return "", err
	}
	return h.identity.As(authz.SystemPrincipal("test")).ResetPassword(ctx, p.ID)
}
