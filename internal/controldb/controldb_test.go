package controldb_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"steward/internal/authz"
	"steward/internal/controldb"
	"steward/internal/controldb/controldbtest"
)

func TestMain(m *testing.M) { os.Exit(controldbtest.Wrap(m).Run()) }

func entry(action, key string) controldb.Entry {
	return controldb.Entry{
		Actor:  controldb.ActorOf(authz.Principal{Kind: authz.Person, ID: "p1", Name: "li", Remote: "192.0.2.7"}),
		Action: action, Kind: "device", Key: key, Place: authz.Place{Region: "north", Project: "harbour"},
		Before: []byte(`{"name":"旧"}`), After: []byte(`{"name":"新"}`),
	}
}

func write(t *testing.T, db *controldb.DB, do func(tx *controldb.Tx) error) {
	t.Helper()
	if err := db.Write(t.Context(), do); err != nil {
		t.Fatal(err)
	}
}

func audit(t *testing.T, db *controldb.DB, n int) {
	t.Helper()
	write(t, db, func(tx *controldb.Tx) error {
		for i := range n {
			if _, err := tx.Audit(entry("device.update", fmt.Sprint("north/harbour/meter/m", i))); err != nil {
				return err
			}
		}
		return nil
	})
}

func TestAuditIsChained(t *testing.T) {
	controldbtest.Each(t, func(t *testing.T, db *controldb.DB) {
		if head, err := db.VerifyAudit(t.Context()); err != nil || head.Seq != 0 {
			t.Fatalf("an empty log: %v, %v", head, err)
		}
		audit(t, db, 3)
		audit(t, db, 2)
		head, err := db.VerifyAudit(t.Context())
		if err != nil || head.Seq != 5 {
			t.Fatalf("head %v, %v", head, err)
		}
		if now, err := db.AuditHead(t.Context()); err != nil || now != head {
			t.Errorf("present end %v, %v, want %v", now, err, head)
		}
		err = db.Read(t.Context(), func(tx *controldb.Tx) error {
			entries, err := tx.Entries(`WHERE object = ? ORDER BY seq`, "north/harbour/meter/m1")
			if err != nil {
				return err
			}
			want := entry("device.update", "north/harbour/meter/m1")
			if len(entries) != 2 || entries[0].Seq != 2 || entries[1].Seq != 5 || entries[0].Actor != want.Actor ||
				entries[0].Place != want.Place || string(entries[0].After) != string(want.After) || time.Since(entries[0].At) > time.Hour {
				t.Errorf("entries %+v", entries)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}

// Each of these is what somebody with access to the database could try.
func TestTamperingIsFound(t *testing.T) {
	forgeries := map[string]string{
		"changed":            `UPDATE audit SET after_json = '{"name":"x"}' WHERE seq = 3`,
		"another actor":      `UPDATE audit SET actor_name = 'wang' WHERE seq = 3`,
		"another time":       `UPDATE audit SET at = (SELECT at FROM audit WHERE seq = 1), actor_id = actor_id || ' ' WHERE seq = 5`,
		"moved between":      `UPDATE audit SET action = 'device.updated', kind = 'evice' WHERE seq = 2`,
		"removed":            `DELETE FROM audit WHERE seq = 3`,
		"first removed":      `DELETE FROM audit WHERE seq = 1`,
		"end cut off":        `DELETE FROM audit WHERE seq > 3`,
		"all removed":        `DELETE FROM audit`,
		"swapped":            `UPDATE audit SET seq = CASE seq WHEN 2 THEN -3 WHEN 3 THEN -2 ELSE seq END`,
		"hash of another":    `UPDATE audit SET hash = (SELECT hash FROM audit WHERE seq = 2) WHERE seq = 4`,
		"forged at the end":  `INSERT INTO audit SELECT 6, at, actor_kind, actor_id, actor_name, remote, action, kind, object, region, project, before_json, after_json, hash FROM audit WHERE seq = 5`,
		"region hidden":      `UPDATE audit SET region = '' WHERE seq = 4`,
		"origin of a change": `UPDATE audit SET remote = '' WHERE seq = 1`,
	}
	controldbtest.Each(t, func(t *testing.T, db *controldb.DB) {
		for name, forgery := range forgeries {
			write(t, db, func(tx *controldb.Tx) error { _, err := tx.Exec(`DELETE FROM audit`); return err })
			audit(t, db, 5)
			noted, err := db.VerifyAudit(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			write(t, db, func(tx *controldb.Tx) error { _, err := tx.Exec(forgery); return err })
			if _, err := db.VerifyAudit(t.Context(), noted); !errors.Is(err, controldb.ErrTampered) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// A log that was written anew from the beginning is whole in itself; only what
// was noted elsewhere tells.
func TestALogWrittenAnewIsFoundByANotedHead(t *testing.T) {
	db := controldbtest.SQLite(t)
	audit(t, db, 3)
	noted, err := db.VerifyAudit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	write(t, db, func(tx *controldb.Tx) error { _, err := tx.Exec(`DELETE FROM audit`); return err })
	audit(t, db, 4)
	if _, err := db.VerifyAudit(t.Context()); err != nil {
		t.Fatalf("it is whole in itself: %v", err)
	}
	if _, err := db.VerifyAudit(t.Context(), noted); !errors.Is(err, controldb.ErrTampered) {
		t.Errorf("it passes for the one that was noted: %v", err)
	}
}

func TestAFailedChangeLeavesNoEntry(t *testing.T) {
	controldbtest.Each(t, func(t *testing.T, db *controldb.DB) {
		audit(t, db, 1)
		broken := errors.New("broken")
		err := db.Write(t.Context(), func(tx *controldb.Tx) error {
			if _, err := tx.Audit(entry("device.update", "x")); err != nil {
				return err
			}
			return broken
		})
		if !errors.Is(err, broken) {
			t.Fatal(err)
		}
		if head, err := db.VerifyAudit(t.Context()); err != nil || head.Seq != 1 {
			t.Errorf("head %v, %v", head, err)
		}
	})
}

// Replicas share one database: their entries have one order all the same.
func TestWritersOfSeveralProcesses(t *testing.T) {
	dsns := map[string]string{"sqlite": "sqlite:" + filepath.Join(t.TempDir(), "control.db"), "postgres": controldbtest.PostgresDSN(t)}
	for name, dsn := range dsns {
		t.Run(name, func(t *testing.T) {
			const replicas, writes = 4, 25
			var group sync.WaitGroup
			for range replicas {
				group.Go(func() { // each opens, and so migrates, at the same time
					db, err := controldb.Open(t.Context(), controldb.Options{DSN: dsn, Logger: slog.New(slog.DiscardHandler)})
					if err != nil {
						t.Error(err)
						return
					}
					defer func() { _ = db.Close() }()
					for range writes {
						err := db.Write(t.Context(), func(tx *controldb.Tx) error { _, err := tx.Audit(entry("device.update", "x")); return err })
						if err != nil {
							t.Error(err)
							return
						}
					}
				})
			}
			group.Wait()
			db, err := controldb.Open(t.Context(), controldb.Options{DSN: dsn, Logger: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = db.Close() }()
			if head, err := db.VerifyAudit(t.Context()); err != nil || head.Seq != replicas*writes {
				t.Errorf("head %v, %v", head, err)
			}
		})
	}
}

func TestReadsChangeNothing(t *testing.T) {
	controldbtest.Each(t, func(t *testing.T, db *controldb.DB) {
		audit(t, db, 2)
		err := db.Read(t.Context(), func(tx *controldb.Tx) error { _, err := tx.Exec(`DELETE FROM audit`); return err })
		if err == nil {
			t.Error("a reader deleted")
		}
		if head, err := db.AuditHead(t.Context()); err != nil || head.Seq != 2 {
			t.Errorf("head %v, %v", head, err)
		}
	})
}

func TestErrorsOfRows(t *testing.T) {
	controldbtest.Each(t, func(t *testing.T, db *controldb.DB) {
		audit(t, db, 1)
		var seq int64
		err := db.Read(t.Context(), func(tx *controldb.Tx) error { return tx.Get(&seq, `SELECT seq FROM audit WHERE seq = ?`, 9) })
		if !errors.Is(err, controldb.ErrNotFound) {
			t.Errorf("no row: %v", err)
		}
		err = db.Write(t.Context(), func(tx *controldb.Tx) error {
			_, err := tx.Exec(`INSERT INTO audit SELECT * FROM audit`)
			return err
		})
		if !errors.Is(err, controldb.ErrExists) {
			t.Errorf("the same key twice: %v", err)
		}
	})
}

func TestOpenRefuses(t *testing.T) {
	for dsn, want := range map[string]string{
		"":               "neither",
		"mysql://x":      "neither",
		"sqlite:":        "without a path",
		"sqlite:/no/dir": "no such file",
		"postgres://steward:hunter2@127.0.0.1:1/steward?sslmode=disable": "refused",
		"postgres://steward:hunter2@[bad":                                "cannot parse",
	} {
		_, err := controldb.Open(context.Background(), controldb.Options{DSN: dsn, Logger: slog.New(slog.DiscardHandler)})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", dsn, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("the password shows: %v", err)
		}
	}
}

func TestANewerDatabaseIsRefused(t *testing.T) {
	dsn := "sqlite:" + filepath.Join(t.TempDir(), "control.db")
	db, err := controldb.Open(t.Context(), controldb.Options{DSN: dsn, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	write(t, db, func(tx *controldb.Tx) error {
		_, err := tx.Exec(`INSERT INTO schema_migrations (version_id, is_applied) VALUES (999999, TRUE)`)
		return err
	})
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := controldb.Open(t.Context(), controldb.Options{DSN: dsn, Logger: slog.New(slog.DiscardHandler)}); !errors.Is(err, controldb.ErrNewer) {
		t.Errorf("a newer database: %v", err)
	}
}

func TestTheFileIsPrivate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "control.db")
	db, err := controldb.Open(t.Context(), controldb.Options{DSN: "sqlite:" + path, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	audit(t, db, 1)
	files, err := filepath.Glob(path + "*")
	if err != nil || len(files) < 2 {
		t.Fatalf("files %v, %v", files, err)
	}
	for _, f := range files {
		info, err := os.Stat(f)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s is open to others: %v", f, info.Mode())
		}
	}
}
