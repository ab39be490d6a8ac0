package identity

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"steward/internal/authz"
	"steward/internal/controldb"
	"steward/internal/controldb/controldbtest"
)

func TestMain(m *testing.M) { os.Exit(controldbtest.Wrap(m).Run()) }

// clock is a time that a test sets.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// house is a service with its clock, and one person of each kind.
type house struct {
	*Service
	t     *testing.T
	db    *controldb.DB
	clock *clock
	reg   *prometheus.Registry
}

// quick is as cheap as hashing gets: these tests are about everything else.
var quick = Hashing{MemoryKiB: 64, Passes: 1, Concurrency: 4}

func newHouse(t *testing.T, db *controldb.DB, change ...func(*Options)) *house {
	t.Helper()
	h := &house{t: t, db: db, clock: newClock(), reg: prometheus.NewRegistry()}
	o := Options{DB: db, Now: h.clock.Now, Logger: slog.New(slog.DiscardHandler), Registerer: h.reg, Policy: Policy{Hashing: quick}}
	for _, c := range change {
		c(&o)
	}
	var err error
	if h.Service, err = New(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	return h
}

// eachHouse runs a test on both databases.
func eachHouse(t *testing.T, test func(t *testing.T, h *house)) {
	t.Helper()
	controldbtest.Each(t, func(t *testing.T, db *controldb.DB) { test(t, newHouse(t, db)) })
}

var system = authz.SystemPrincipal("test")

const goodPassword = "umbrella seven orbit"

func at(s string) authz.Place {
	p, err := authz.ParsePlace(s)
	if err != nil {
		panic(err)
	}
	return p
}

func grant(role authz.Role, place string) authz.Grant {
	return authz.Grant{Role: role, Place: at(place)}
}

// person makes somebody with goodPassword.
func (h *house) person(login string, grants ...authz.Grant) Person {
	h.t.Helper()
	p, _, err := h.As(system).CreatePerson(h.t.Context(), Person{Login: login, Grants: grants}, goodPassword)
	if err != nil {
		h.t.Fatal(err)
	}
	return p
}

// as is the View of a person.
func (h *house) as(p Person) *View { return h.As(principalOf(p)) }

func principalOf(p Person) authz.Principal {
	return authz.Principal{Kind: authz.Person, ID: p.ID, Name: p.Login, Grants: p.Grants}
}

func (h *house) signInAs(login string) Session {
	h.t.Helper()
	s, err := h.SignIn(h.t.Context(), Attempt{Login: login, Password: goodPassword, Remote: "192.0.2.1", UserAgent: "test"})
	if err != nil {
		h.t.Fatalf("sign in as %s: %v", login, err)
	}
	return s
}

func (h *house) resume(secret string) Session {
	h.t.Helper()
	s, err := h.Resume(h.t.Context(), secret, "192.0.2.1")
	if err != nil {
		h.t.Fatalf("resume: %v", err)
	}
	return s
}

func (h *house) gone(secret string) {
	h.t.Helper()
	if _, err := h.Resume(h.t.Context(), secret, "192.0.2.1"); !errors.Is(err, ErrNoSession) {
		h.t.Errorf("resume: %v, want no session", err)
	}
}

// entries of the audit log with an action, oldest first.
func (h *house) entries(action string) []controldb.Entry {
	h.t.Helper()
	var list []controldb.Entry
	err := h.db.Read(context.Background(), func(tx *controldb.Tx) (err error) {
		list, err = tx.Entries(`WHERE action = ? ORDER BY seq`, action)
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return list
}

// count reads one number.
func (h *house) count(query string, args ...any) int {
	h.t.Helper()
	var n int
	if err := h.db.Read(context.Background(), func(tx *controldb.Tx) error { return tx.Get(&n, query, args...) }); err != nil {
		h.t.Fatal(err)
	}
	return n
}

func (h *house) exec(query string, args ...any) {
	h.t.Helper()
	err := h.db.Write(context.Background(), func(tx *controldb.Tx) error { _, err := tx.Exec(query, args...); return err })
	if err != nil {
		h.t.Fatal(err)
	}
}

func want(t *testing.T, err, kind error) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Errorf("error %v, want %v", err, kind)
	}
}

// wantField fails unless an InvalidError names the field.
func wantField(t *testing.T, err error, field string) {
	t.Helper()
	var invalid *InvalidError
	if !errors.As(err, &invalid) || !slices.ContainsFunc(invalid.Fields, func(f controldb.FieldError) bool { return f.Field == field }) {
		t.Errorf("error %v, want the field %s", err, field)
	}
}

func locked(t *testing.T, err error) *LockedError {
	t.Helper()
	var l *LockedError
	if !errors.As(err, &l) {
		t.Fatalf("error %v, want a lock", err)
	}
	return l
}

func wantLocked(t *testing.T, err error) {
	t.Helper()
	_ = locked(t, err)
}

func (h *house) metric(name string, labels prometheus.Labels) float64 {
	h.t.Helper()
	families, err := h.reg.Gather()
	if err != nil {
		h.t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			match := f.GetName() == name
			for _, l := range m.GetLabel() {
				if v, asked := labels[l.GetName()]; asked && v != l.GetValue() {
					match = false
				}
			}
			if match {
				if m.Counter != nil {
					return m.GetCounter().GetValue()
				}
				return m.GetGauge().GetValue()
			}
		}
	}
	h.t.Fatalf("no metric %s %v", name, labels)
	return 0
}

func names[T any](list []T, name func(T) string) string {
	out := make([]string, len(list))
	for i, x := range list {
		out[i] = name(x)
	}
	return fmt.Sprint(out)
}

func logins(list []Person) string { return names(list, func(p Person) string { return p.Login }) }

func TestMetricsAreWellNamed(t *testing.T) {
	h := newHouse(t, controldbtest.SQLite(t))
	problems, err := testutil.GatherAndLint(h.reg)
	if err != nil || len(problems) > 0 {
		t.Errorf("%v, %v", problems, err)
	}
}
