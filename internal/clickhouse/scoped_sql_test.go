package clickhouse_test

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"steward/internal/clickhouse"
	"steward/internal/clickhouse/clickhousetest"
)

// scopeCondition is the condition on every table that holds what is of a place,
// with single spaces.
const scopeCondition = "WHERE ({scope_all:UInt8} OR region IN {scope_regions:Array(String)} " +
	"OR (region, project) IN {scope_projects:Array(Tuple(String, String))})"

// placeless are the tables without anything of a place.
var placeless = map[string]bool{"dead_letter_replays": true}

// placed are those with something of a place.
var placed = map[string]bool{
	"readings": true, "readings_5m": true, "readings_1h": true, "readings_1d": true, "states": true, "events": true, "dead_letters": true,
	"devices": true, "projects": true, "incident_events": true, "analytics_numbers": true, "analytics_documents": true,
	"inspections": true, "complaints": true, "fees": true, "repair_orders": true,
	"consumption_1h": true, "consumption_1d": true,
}

var (
	sqlComment = regexp.MustCompile(`(?m)--.*$`)
	sqlSpace   = regexp.MustCompile(`\s+`)
	sqlWith    = regexp.MustCompile(`(?i:\bwith|\),)\s+(\w+) AS \(`)
	sqlSource  = regexp.MustCompile(`\b(?i:from|join)\s+(\(|[^\s()]+)`)
	// A derived table may lie between a table and its condition, if it has none
	// of its own.
	sqlBehind = regexp.MustCompile(`^( AS \w+)?( FINAL)?( AS \w+)?( \)( AS \w+)?)? `)
)

// unscoped says what of a text reads a table without the scope condition.
func unscoped(text string) []string {
	text = sqlSpace.ReplaceAllString(sqlComment.ReplaceAllString(text, ""), " ")
	var faults []string
	found, named := false, map[string]bool{} // by WITH, of sources that are looked at where they are named
	for _, m := range sqlWith.FindAllStringSubmatch(text, -1) {
		if named[m[1]] = true; placed[m[1]] {
			faults = append(faults, m[1]+" has the name of a table")
		}
	}
	for _, at := range sqlSource.FindAllStringSubmatchIndex(text, -1) {
		source, rest := text[at[2]:at[3]], text[at[1]:]
		if source == "(" || placeless[source] || named[source] {
			continue
		}
		found = true
		rest = strings.TrimPrefix(rest, sqlBehind.FindString(rest))
		rest, ok := strings.CutPrefix(rest, scopeCondition)
		switch {
		case !ok:
			faults = append(faults, source+" is read without the scope condition")
		case hasBareOr(rest):
			faults = append(faults, source+" has an alternative to the scope condition")
		}
	}
	if !found {
		faults = append(faults, "no table is read")
	}
	return faults
}

// hasBareOr looks for an OR beside what stands at the beginning of a text, and
// not within parentheses.
func hasBareOr(text string) bool {
	depth := 0
	for word := range strings.FieldsSeq(strings.NewReplacer("(", " ( ", ")", " ) ").Replace(text)) {
		switch {
		case word == "(":
			depth++
		case word == ")":
			if depth--; depth < 0 {
				return false
			}
		case depth == 0 && (strings.EqualFold(word, "or") || word == "||"):
			return true
		case depth == 0 && (strings.EqualFold(word, "group") || strings.EqualFold(word, "order") || strings.EqualFold(word, "union")):
			return false
		}
	}
	return false
}

// The check itself finds what it is there to find.
func TestUnscopedFindsFaults(t *testing.T) {
	for _, text := range []string{
		"SELECT 1",
		"SELECT * FROM events",
		"SELECT * FROM events AS e FINAL",
		"SELECT * FROM events WHERE 1 OR " + scopeCondition[len("WHERE "):],
		"SELECT * FROM events " + scopeCondition + " OR kind = 'x'",
		"SELECT * FROM events " + scopeCondition + " AND (1 OR 2) OR (3)",
		"SELECT * FROM events " + scopeCondition + " UNION ALL SELECT * FROM states",
		"SELECT * FROM events JOIN states USING device " + scopeCondition,
		"SELECT * FROM (SELECT * FROM events) -- " + scopeCondition,
		"SELECT * FROM events " + scopeCondition + " AND id IN (SELECT id FROM states)",
		"WITH p AS (SELECT * FROM events) SELECT * FROM p",
		"WITH events AS (SELECT * FROM events " + scopeCondition + ") SELECT * FROM events",
	} {
		if len(unscoped(text)) == 0 {
			t.Errorf("passed: %s", text)
		}
	}
	for _, text := range []string{
		"SELECT * FROM events AS e\n" + scopeCondition + " AND (a OR b) ORDER BY ts",
		"SELECT * FROM events AS e FINAL " + scopeCondition,
		"SELECT * FROM (SELECT * FROM events " + scopeCondition + ") WHERE 1 OR 2",
		"SELECT * FROM ( SELECT *, 1 AS region FROM events ) AS e " + scopeCondition + " AND id IN (SELECT id FROM dead_letter_replays)",
		"WITH p AS ( SELECT * FROM events " + scopeCondition + " ) SELECT * FROM p WHERE id IN p",
	} {
		if faults := unscoped(text); len(faults) > 0 {
			t.Errorf("%s: %v", text, faults)
		}
	}
}

// No query for callers reads a table without their scope; and each is
// understood by the server, fits the tables and explains its parameters.
func TestEveryScopedQuery(t *testing.T) {
	db := clickhousetest.Start(t)
	files, err := filepath.Glob("queries/scoped/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, fault := range unscoped(string(text)) {
				t.Error(fault)
			}
			for _, sql := range explained(t, string(text)) {
				if err := db.Query(t.Context(), io.Discard, sql); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// explained is EXPLAIN of a query with some values for its parameters, for each
// table that it can be of.
func explained(t *testing.T, text string) []clickhouse.QueryOptions {
	header, _, _ := strings.Cut(text, "\nSELECT")
	if !strings.HasPrefix(header, "-- ") {
		t.Error("no header")
	}
	params, tables := map[string]string{}, []string{""}
	for _, m := range regexp.MustCompile(`\{(\w+):(\w+(?:\([^}]*\))?)\}`).FindAllStringSubmatch(text, -1) {
		name, kind := m[1], m[2]
		if !strings.Contains(header, name) {
			t.Errorf("the header does not explain the parameter %s", name)
		}
		switch {
		case kind == "Identifier":
			tables = regexp.MustCompile(`readings_\d\w`).FindAllString(header, -1)
		case kind == "Array(String)":
			params[name] = "['a']"
		case strings.HasPrefix(kind, "Array(Tuple("):
			params[name] = "[(" + strings.TrimSuffix(strings.Repeat("'a',", strings.Count(kind, "String")), ",") + ")]"
		default:
			params[name] = "1"
		}
	}
	if len(tables) == 0 {
		t.Error("the header does not name the tables")
	}
	var list []clickhouse.QueryOptions
	for _, table := range tables {
		with := map[string]string{"table": table}
		for name, value := range params {
			with[name] = value
		}
		list = append(list, clickhouse.QueryOptions{SQL: "EXPLAIN " + text, Params: with, Format: "TSV"})
	}
	return list
}
