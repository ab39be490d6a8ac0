package incident

import (
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"steward/internal/authz"
	"steward/internal/controldb"
	"steward/internal/controldb/controldbtest"
	"steward/internal/telemetry"
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

func newHouse(t testing.TB, db *controldb.DB) *house {
	t.Helper()
	h := &house{t: t, db: db, now: start}
	h.Store = NewStore(db, Options{Now: func() time.Time { return h.now }})
	return h
}

// each runs a test on both databases.
func each(t *testing.T, test func(t *testing.T, h *house)) {
	t.Helper()
	controldbtest.EachIncidents(t, func(t *testing.T, db *controldb.DB) { test(t, newHouse(t, db)) })
}

func place(s string) authz.Place {
	p, err := authz.ParsePlace(s)
	if err != nil {
		panic(err)
	}
	return p
}

// person is somebody with a role at places.
func person(role authz.Role, places ...string) authz.Principal {
	p := authz.Principal{Kind: authz.Person, ID: "p-li", Name: "li", Remote: "192.0.2.7"}
	for _, s := range places {
		p.Grants = append(p.Grants, authz.Grant{Role: role, Place: place(s)})
	}
	return p
}

// stuck is a person in lift e1 of a project, since start.
func stuck(at, device string) *Incident {
	fp := "entrapment/" + at + "/elevator/" + device
	return &Incident{
		ID: NewID(fp, start), Fingerprint: fp, Rule: "entrapment", Kind: "entrapment", Title: Text{"困人", "Entrapment"},
		Severity: telemetry.LifeSafety, Place: place(at), Building: "b1", Class: telemetry.Elevator, Device: device,
		State: Firing, Group: at + "/entrapment", Count: 1, StartedAt: start, Received: start.Add(time.Second),
	}
}

func (h *house) update(do func(tx *Tx) error) {
	h.t.Helper()
	if err := h.Update(h.t.Context(), do); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) save(i *Incident, kinds ...EntryKind) *Incident {
	h.t.Helper()
	h.update(func(tx *Tx) error {
		entries := make([]Entry, len(kinds))
		for n, k := range kinds {
			entries[n] = Entry{Kind: k, At: i.StartedAt, Actor: ActorOf(person(authz.Operator, "hq")), Note: "备注", Data: []byte(fmt.Sprintf(`{"n": %d}`, n))}
		}
		return tx.Save(i, entries...)
	})
	return i
}

func (h *house) get(id string) Incident {
	h.t.Helper()
	i, err := h.Incident(h.t.Context(), id)
	if err != nil {
		h.t.Fatal(err)
	}
	return i
}

func (h *house) verify(noted ...Anchor) Proof {
	h.t.Helper()
	p, err := h.Verify(h.t.Context(), noted...)
	if err != nil {
		h.t.Fatal(err)
	}
	return p
}

func (h *house) exec(statement string) {
	h.t.Helper()
	if err := h.db.Write(h.t.Context(), func(tx *controldb.Tx) error { _, err := tx.Exec(statement); return err }); err != nil {
		h.t.Fatalf("%s: %v", statement, err)
	}
}

func wantErr(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("error %v, want %v", err, want)
	}
}

func wantField(t testing.TB, err error, field string) {
	t.Helper()
	var invalid *InvalidError
	if !errors.As(err, &invalid) || len(invalid.Fields) != 1 || invalid.Fields[0].Field != field {
		t.Errorf("error %v, want one about %s", err, field)
	}
}
