package controldb_test

import (
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"

	"steward/internal/controldb"
	"steward/internal/controldb/controldbtest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// The sets of tables: where their migrations and golden files are.
var sets = []struct {
	name, folder, sums, schema string
	sqlite                     func(testing.TB) *controldb.DB
}{
	{"control", "migrations", "testdata/migrations.sum", "schema.sql", controldbtest.SQLite},
	{"incidents", "migrations/incidents", "testdata/incidents.sum", "schema_incidents.sql", controldbtest.SQLiteIncidents},
	{"analytics", "migrations/analytics", "testdata/analytics.sum", "schema_analytics.sql", controldbtest.SQLiteAnalytics},
}

// TestMigrationsAreOnlyAdded fails when a file that was released is changed:
// some database has already run it as it was.
func TestMigrationsAreOnlyAdded(t *testing.T) {
	for _, set := range sets {
		t.Run(set.name, func(t *testing.T) { golden(t, set.sums, sumsOf(t, set.folder)) })
	}
}

func sumsOf(t *testing.T, folder string) string {
	t.Helper()
	files, err := filepath.Glob(folder + "/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	var sums strings.Builder
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(text)
		fmt.Fprintf(&sums, "%s  %s\n", hex.EncodeToString(sum[:]), filepath.Base(f))
	}
	return sums.String()
}

// TestSchemaGolden shows in a review what the migrations together make.
func TestSchemaGolden(t *testing.T) {
	for _, set := range sets {
		t.Run(set.name, func(t *testing.T) { golden(t, set.schema, schemaOf(t, set.sqlite(t))) })
	}
}

func schemaOf(t *testing.T, db *controldb.DB) string {
	t.Helper()
	var schema strings.Builder
	err := db.Read(t.Context(), func(tx *controldb.Tx) error {
		return tx.Each(func(rows *sqlx.Rows) error {
			var statement string
			if err := rows.Scan(&statement); err != nil {
				return err
			}
			_, err := fmt.Fprintf(&schema, "%s;\n\n", statement)
			return err
		}, `SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '%@_migrations' ESCAPE '@' ORDER BY tbl_name, type DESC, name`)
	})
	if err != nil {
		t.Fatal(err)
	}
	return schema.String()
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is not as it was; if that is meant, run go test ./internal/controldb -update\ngot:\n%s", path, got)
	}
}
