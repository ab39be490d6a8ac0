package controldb_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"steward/internal/controldb"
	"steward/internal/controldb/controldbtest"
)

func openSet(t *testing.T, dsn string, set controldb.Set) *controldb.DB {
	t.Helper()
	db, err := controldb.Open(t.Context(), controldb.Options{DSN: dsn, Set: set, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func has(t *testing.T, db *controldb.DB, table string) bool {
	t.Helper()
	var n int
	return db.Read(t.Context(), func(tx *controldb.Tx) error { return tx.Get(&n, "SELECT count(*) FROM "+table) }) == nil
}

func TestSetsAreApart(t *testing.T) {
	control := openSet(t, "sqlite:"+filepath.Join(t.TempDir(), "control.db"), controldb.Control)
	incidents := openSet(t, "sqlite:"+filepath.Join(t.TempDir(), "incidents.db"), controldb.Incidents)
	for _, c := range []struct {
		db    *controldb.DB
		table string
		want  bool
	}{{control, "audit", true}, {control, "incidents", false}, {incidents, "audit", false}, {incidents, "incidents", true}} {
		if got := has(t, c.db, c.table); got != c.want {
			t.Errorf("%s is there: %v, want %v", c.table, got, c.want)
		}
	}
}

// With PostgreSQL the sets share a database, also when both are made at once.
func TestSetsShareAPostgresDatabase(t *testing.T) {
	dsn := controldbtest.PostgresDSN(t)
	var group sync.WaitGroup
	for _, set := range []controldb.Set{controldb.Control, controldb.Incidents, controldb.Control, controldb.Incidents} {
		group.Go(func() {
			db, err := controldb.Open(t.Context(), controldb.Options{DSN: dsn, Set: set, Logger: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Error(err)
				return
			}
			_ = db.Close()
		})
	}
	group.Wait()
	db := openSet(t, dsn, controldb.Incidents)
	if !has(t, db, "audit") || !has(t, db, "incidents") {
		t.Error("a set is missing")
	}
}

// A long change of the registry holds up no alarm.
func TestWritersOfTwoSetsDoNotWait(t *testing.T) {
	folder, dsn := t.TempDir(), controldbtest.PostgresDSN(t)
	for name, dsns := range map[string][2]string{
		"sqlite":   {"sqlite:" + filepath.Join(folder, "control.db"), "sqlite:" + filepath.Join(folder, "incidents.db")},
		"postgres": {dsn, dsn},
	} {
		t.Run(name, func(t *testing.T) {
			control, incidents := openSet(t, dsns[0], controldb.Control), openSet(t, dsns[1], controldb.Incidents)
			write(t, control, func(tx *controldb.Tx) error {
				if _, err := tx.Audit(entry("device.import", "x")); err != nil {
					return err
				}
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				return incidents.Write(ctx, func(tx *controldb.Tx) error {
					_, err := tx.Exec(`UPDATE incident_head SET seq = seq + 1`)
					return err
				})
			})
		})
	}
}
