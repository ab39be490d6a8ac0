package clickhouse

import (
	"slices"
	"testing"
	"testing/fstest"
)

func TestSplitStatements(t *testing.T) {
	f := func(script string, want ...string) {
		t.Helper()
		if got := splitStatements(script); !slices.Equal(got, want) {
			t.Errorf("%q\ngot:  %q\nwant: %q", script, got, want)
		}
	}
	f("")
	f(" \n\t ; ;; ")
	f("SELECT 1", "SELECT 1")
	f("SELECT 1;", "SELECT 1")
	f("SELECT 1;\nSELECT 2", "SELECT 1", "SELECT 2")
	f("SELECT 6/2 - 1; SELECT 2", "SELECT 6/2 - 1", "SELECT 2")
	f("-- only; a comment\n")
	f("/* only; a comment */ -- and; another")
	f("-- why; not\nSELECT 1; -- after\nSELECT 2", "-- why; not\nSELECT 1", "-- after\nSELECT 2")
	f("SELECT ';' ; SELECT 2", "SELECT ';'", "SELECT 2")
	f(`SELECT 'it\'s; fine'; SELECT 'it''s; fine'; x`, `SELECT 'it\'s; fine'`, `SELECT 'it''s; fine'`, "x")
	f("SELECT `a;b`, \"c;d\"; SELECT '--;' -- ;\n; e", "SELECT `a;b`, \"c;d\"", "SELECT '--;' -- ;", "e")
	f("SELECT 1 /* ; */ + /* -- */ 2; b", "SELECT 1 /* ; */ + /* -- */ 2", "b")
	f("SELECT 'open; end", "SELECT 'open; end")
	f("'a'; 'b'", "'a'", "'b'")
	f(`SELECT '\`, `SELECT '\`)
	f("SELECT 1 /* open; end", "SELECT 1 /* open; end")
}

func FuzzSplitStatements(f *testing.F) {
	f.Add("SELECT ';' -- ;\n; /* ; */ x")
	f.Fuzz(func(t *testing.T, script string) {
		for _, s := range splitStatements(script) {
			// What was cut stays whole: a statement is one statement.
			if again := splitStatements(s); len(again) != 1 || again[0] != s {
				t.Errorf("%q from %q is split again: %q", s, script, again)
			}
		}
	})
}

func TestMigrationFilesAreNumbered(t *testing.T) {
	for _, names := range [][]string{
		{"0002_b.sql"}, {"0001_a.sql", "0003_c.sql"}, {"0001_a.sql", "0001_b.sql"}, {"1_a.sql"}, {"a.sql"},
	} {
		files := fstest.MapFS{}
		for _, n := range names {
			files["migrations/"+n] = &fstest.MapFile{Data: []byte("SELECT 1")}
		}
		if _, err := loadMigrations(files); err == nil {
			t.Errorf("%v: no error", names)
		}
	}
	all, err := loadMigrations(migrationFiles)
	if err != nil || len(all) == 0 {
		t.Fatal(all, err)
	}
	for _, m := range all {
		if len(m.statements) == 0 {
			t.Errorf("%s has no statements", m.name)
		}
	}
}
