package clickhouse_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	"steward/internal/clickhouse"
	"steward/internal/clickhouse/clickhousetest"
	"steward/internal/clickhouse/embedded"
)

// What was inserted is there after the engine was stopped and started again,
// and a token that was used before is still known.
func TestTokensOutliveTheEngine(t *testing.T) {
	opts := embedded.Options{DataDir: t.TempDir(), Logger: slog.New(slog.DiscardHandler)}
	run := func(use func(db *clickhouse.Store)) {
		engine, err := embedded.Start(t.Context(), opts)
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := engine.Stop(context.Background()); err != nil {
				t.Error(err)
			}
		}()
		db := openWith(t, engine.Options())
		if err := db.Migrate(t.Context(), clickhouse.Retention{}); err != nil {
			t.Fatal(err)
		}
		use(db)
	}
	b := thousand(meter)
	run(func(db *clickhouse.Store) {
		appendTo(t, db, b, "a")
		// One that breaks off between the table and the rollups, just before the end.
		clickhousetest.Query(t, db, "ALTER TABLE readings_1h ADD CONSTRAINT broken CHECK count > 1000000")
		if err := db.Append(t.Context(), b, "b"); !errors.Is(err, clickhouse.ErrRefused) {
			t.Fatalf("the view was not broken: %v", err)
		}
		clickhousetest.Query(t, db, "ALTER TABLE readings_1h DROP CONSTRAINT broken")
	})
	run(func(db *clickhouse.Store) {
		for _, token := range []string{"a", "b", "b", "a"} {
			appendTo(t, db, b, token)
		}
		if got := counts(t, db); got != "2000 2000 2000 2000" {
			t.Errorf("after the restart: %s", got)
		}
	})
}
