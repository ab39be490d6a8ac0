package scoped

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"steward/internal/authz"
)

func scope(places ...string) authz.Scope {
	var p authz.Principal
	for _, s := range places {
		at, err := authz.ParsePlace(s)
		if err != nil {
			panic(err)
		}
		p.Grants = append(p.Grants, authz.Grant{Role: authz.Viewer, Place: at})
	}
	return p.Scope(authz.Read)
}

func TestReach(t *testing.T) {
	for _, c := range []struct {
		scope   authz.Scope
		project string
		upwards bool
		sql     string
		args    string
	}{
		{scope(), "project", true, " WHERE 1 = 0", "[]"},
		{authz.Scope{}, "", true, " WHERE 1 = 0", "[]"},
		{scope("hq"), "project", false, " WHERE 1 = 1", "[]"},
		{scope("north"), "project", false, " WHERE (region = ?)", "[north]"},
		{scope("east", "north"), "project", false, " WHERE (region IN (?, ?))", "[east north]"},
		{scope("north/harbour"), "project", false, " WHERE ((region = ? AND project = ?))", "[north harbour]"},
		{scope("east", "north/harbour", "north/hill"), "project", false,
			" WHERE (region = ? OR (region = ? AND project = ?) OR (region = ? AND project = ?))", "[east north harbour north hill]"},
		{scope("north/harbour"), "", true, " WHERE (region = ?)", "[north]"},
		{scope("north/harbour"), "", false, " WHERE 1 = 0", "[]"},
		{scope("east", "north/harbour"), "", false, " WHERE (region = ?)", "[east]"},
	} {
		w := reach(c.scope, "region", c.project, c.upwards)
		if w.sql.String() != c.sql || fmt.Sprint(w.args) != c.args {
			t.Errorf("%s: %s %v", c.scope, w.sql.String(), w.args)
		}
	}
}

// A condition always joins the scope, whatever is asked for.
func TestConditionsNarrow(t *testing.T) {
	for _, c := range []Cond{Is("region", "x"), In("region", nil), In("region", []string{"a", "b"}), Below("region", 1), Above("region", 1), AtLeast("region", 1), Contains("%' OR 1=1 --")} {
		w := reach(scope("north"), "region", "project", false)
		w.sql.WriteString(" AND ")
		c.write(w, "region")
		if got := w.sql.String(); strings.Count(got, "?") != len(w.args) || strings.Contains(strings.TrimPrefix(got, " WHERE (region = ?)"), " OR ") {
			t.Errorf("%s %v", got, w.args)
		}
	}
	w := reach(scope("hq"), "region", "project", false)
	Is("region", "a\x00").write(w, "region")
	if w.plain(); !strings.HasSuffix(w.sql.String(), " AND 1 = 0") {
		t.Errorf("text that no database takes: %s", w.sql.String())
	}
}

// The registry itself speaks to the control database nowhere but here. (What it
// keeps for the API in answers of its own is no part of any place.)
func TestNobodyGoesAround(t *testing.T) {
	files, err := filepath.Glob("../*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") || filepath.Base(file) == "idempotency.go" {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{"controldb.Tx", "SELECT ", "UPDATE ", "INSERT ", "DELETE "} {
			if strings.Contains(string(text), word) {
				t.Errorf("%s has %q: go through package scoped", file, word)
			}
		}
	}
}
