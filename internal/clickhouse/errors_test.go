package clickhouse_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"steward/internal/clickhouse"
	"steward/internal/clickhouse/clickhousetest"
	"steward/internal/clickhouse/embedded"
)

func openWith(t *testing.T, opts clickhouse.Options) *clickhouse.Store {
	t.Helper()
	db, err := clickhouse.Open(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func checkError(t *testing.T, what string, err, want error, transient bool) {
	t.Helper()
	if !errors.Is(err, want) || clickhouse.Transient(err) != transient {
		t.Errorf("%s: got %v (transient: %t), want %v", what, err, clickhouse.Transient(err), want)
	}
}

func oneReading() *clickhouse.Batch {
	b := new(clickhouse.Batch)
	b.AddReading(reading(meter, "power_kw", day, 1))
	return b
}

func TestNobodyListens(t *testing.T) {
	db := openWith(t, clickhouse.Options{Addrs: []string{freeAddr(t), freeAddr(t)}, HTTPURL: "http://" + freeAddr(t)})
	checkError(t, "append", db.Append(t.Context(), oneReading(), "t"), clickhouse.ErrUnreachable, true)
	checkError(t, "ping", db.Ping(t.Context()), clickhouse.ErrUnreachable, true)
	checkError(t, "migrate", db.Migrate(t.Context(), clickhouse.Retention{}), clickhouse.ErrUnreachable, true)
	checkError(t, "query", db.Query(t.Context(), new(strings.Builder), clickhouse.QueryOptions{SQL: "SELECT 1"}), clickhouse.ErrUnreachable, true)
	_, err := db.RecentEvents(t.Context(), 1, time.Now())
	checkError(t, "recent events", err, clickhouse.ErrUnreachable, true)
}

func TestAnAppendThatIsCalledOff(t *testing.T) {
	db := clickhousetest.Start(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := db.Append(ctx, oneReading(), "t")
	if !errors.Is(err, context.Canceled) || !clickhouse.Transient(err) {
		t.Errorf("got %v", err)
	}
}

func TestRefusals(t *testing.T) {
	db := openWith(t, clickhousetest.Options(t))
	checkError(t, "no database", db.Append(t.Context(), oneReading(), "t"), clickhouse.ErrNoDatabase, false)
	if err := db.Ping(t.Context()); err != nil {
		t.Errorf("ping before the database exists: %v", err)
	}
	if err := db.Migrate(t.Context(), clickhouse.Retention{}); err != nil {
		t.Fatal(err)
	}
	clickhousetest.Query(t, db, "ALTER TABLE readings ADD CONSTRAINT small CHECK value < 1")
	checkError(t, "data", db.Append(t.Context(), oneReading(), "t"), clickhouse.ErrRefused, false)
	clickhousetest.Query(t, db, "RENAME TABLE readings TO elsewhere")
	checkError(t, "no table", db.Append(t.Context(), oneReading(), "t"), clickhouse.ErrRefused, false)
}

func TestTooManyPartsIsTransient(t *testing.T) {
	db := clickhousetest.Start(t)
	clickhousetest.Query(t, db, "SYSTEM STOP MERGES readings")
	clickhousetest.Query(t, db, "ALTER TABLE readings MODIFY SETTING parts_to_throw_insert = 1, parts_to_delay_insert = 0")
	appendTo(t, db, oneReading(), "1")
	checkError(t, "append", db.Append(t.Context(), oneReading(), "2"), clickhouse.ErrBusy, true)
	clickhousetest.Query(t, db, "ALTER TABLE readings RESET SETTING parts_to_throw_insert, parts_to_delay_insert")
	appendTo(t, db, oneReading(), "2")
	query(t, db, "2", "SELECT count() FROM readings")
}

// An engine of its own: this one may abort when it has refused a password, see
// the package embedded.
func TestWrongPassword(t *testing.T) {
	engine, err := embedded.Start(t.Context(), embedded.Options{DataDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := engine.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	opts := engine.Options()
	opts.Password = "not-the-password"
	db := openWith(t, opts)
	for what, try := range map[string]func() error{
		"append":  func() error { return db.Append(t.Context(), oneReading(), "t") },
		"ping":    func() error { return db.Ping(t.Context()) },
		"migrate": func() error { return db.Migrate(t.Context(), clickhouse.Retention{}) },
		"query": func() error {
			return db.Query(t.Context(), new(strings.Builder), clickhouse.QueryOptions{SQL: "SELECT 1"})
		},
	} {
		err := try()
		for errors.Is(err, clickhouse.ErrUnreachable) && t.Context().Err() == nil {
			<-time.After(20 * time.Millisecond)
			err = try() // until it is back
		}
		checkError(t, what, err, clickhouse.ErrAuth, false)
		if strings.Contains(err.Error(), opts.Password) {
			t.Errorf("%s: the error has the password in it: %v", what, err)
		}
	}
}
