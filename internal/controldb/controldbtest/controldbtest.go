// Package controldbtest gives tests both control databases: SQLite in a file,
// and a real PostgreSQL server, one a test binary with a database of its own for
// each test. EachIncidents, SQLiteIncidents and PostgresIncidents give the set of
// tables for incidents in the same way, and those with Analytics the set for runs
// of analyses.
//
// A package that uses it has
//
//	func TestMain(m *testing.M) { os.Exit(controldbtest.Wrap(m).Run()) }
//
// so that the server is stopped. When PostgreSQL is missing tests fail, and say
// how to get it.
package controldbtest

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"steward/internal/controldb"
)

// Runner is a *testing.M or what wraps one.
type Runner interface{ Run() int }

// Wrap stops the server after the tests.
func Wrap(m Runner) Runner { return wrapped{m} }

type wrapped struct{ Runner }

func (w wrapped) Run() int {
	wrappedMain.Store(true)
	code := w.Runner.Run()
	if err := server.stop(); err != nil {
		fmt.Fprintln(os.Stderr, "controldbtest:", err)
		code = max(code, 1)
	}
	return code
}

var wrappedMain atomic.Bool

// Each runs a test on SQLite and on PostgreSQL, each time with an empty
// database.
func Each(t *testing.T, test func(t *testing.T, db *controldb.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { test(t, Postgres(t)) })
}

// EachIncidents is Each with the tables for incidents.
func EachIncidents(t *testing.T, test func(t *testing.T, db *controldb.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, SQLiteIncidents(t)) })
	t.Run("postgres", func(t *testing.T) { test(t, PostgresIncidents(t)) })
}

// EachAnalytics is Each with the tables for runs of analyses.
func EachAnalytics(t *testing.T, test func(t *testing.T, db *controldb.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, SQLiteAnalytics(t)) })
	t.Run("postgres", func(t *testing.T) { test(t, PostgresAnalytics(t)) })
}

// SQLite is an empty database in a file.
func SQLite(t testing.TB) *controldb.DB {
	t.Helper()
	return open(t, "sqlite:"+filepath.Join(t.TempDir(), "control.db"), controldb.Control)
}

// SQLiteIncidents is SQLite with the tables for incidents.
func SQLiteIncidents(t testing.TB) *controldb.DB {
	t.Helper()
	return open(t, "sqlite:"+filepath.Join(t.TempDir(), "incidents.db"), controldb.Incidents)
}

// SQLiteAnalytics is SQLite with the tables for runs of analyses.
func SQLiteAnalytics(t testing.TB) *controldb.DB {
	t.Helper()
	return open(t, "sqlite:"+filepath.Join(t.TempDir(), "analytics.db"), controldb.Analytics)
}

// Postgres is an empty database of the server.
func Postgres(t testing.TB) *controldb.DB {
	t.Helper()
	return open(t, PostgresDSN(t), controldb.Control)
}

// PostgresIncidents is Postgres with the tables for incidents.
func PostgresIncidents(t testing.TB) *controldb.DB {
	t.Helper()
	return open(t, PostgresDSN(t), controldb.Incidents)
}

// PostgresAnalytics is Postgres with the tables for runs of analyses.
func PostgresAnalytics(t testing.TB) *controldb.DB {
	t.Helper()
	return open(t, PostgresDSN(t), controldb.Analytics)
}

var databases atomic.Int64

// PostgresDSN is the address of an empty database of the server, which is
// removed at the test's end.
func PostgresDSN(t testing.TB) string {
	t.Helper()
	if !wrappedMain.Load() {
		t.Fatal("controldbtest: the package needs func TestMain(m *testing.M) { os.Exit(controldbtest.Wrap(m).Run()) }")
	}
	if err := server.start(); err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("test_%d", databases.Add(1))
	admin(t, "CREATE DATABASE "+name)
	t.Cleanup(func() { admin(t, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)") })
	return server.dsn(name)
}

func admin(t testing.TB, statement string) {
	t.Helper()
	ctx := context.Background() // the test's own has ended when it cleans up
	conn, err := pgx.Connect(ctx, server.dsn("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(ctx) }()
	if _, err := conn.Exec(ctx, statement); err != nil {
		t.Fatal(err)
	}
}

func open(t testing.TB, dsn string, set controldb.Set) *controldb.DB {
	t.Helper()
	db, err := controldb.Open(context.Background(), controldb.Options{DSN: dsn, Set: set, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil && !strings.Contains(err.Error(), "closed") {
			t.Error(err)
		}
	})
	return db
}
