package incident

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"steward/internal/authz"
)

func TestWithin(t *testing.T) {
	for _, c := range []struct {
		who  authz.Principal
		at   string
		sql  string
		args string
	}{
		{authz.Principal{}, "hq", "1 = 0", "[]"},
		{person(authz.Viewer, "hq"), "hq", "1 = 1", "[]"},
		{person(authz.Viewer, "hq"), "north", "(region = ?)", "[north]"},
		{person(authz.Viewer, "north"), "hq", "(region = ?)", "[north]"},
		{person(authz.Viewer, "north"), "east", "1 = 0", "[]"},
		{person(authz.Viewer, "north"), "north/hill", "((region = ? AND project = ?))", "[north hill]"},
		{person(authz.Viewer, "north/hill"), "north", "((region = ? AND project = ?))", "[north hill]"},
		{person(authz.Viewer, "east", "north/hill"), "hq", "(region = ? OR (region = ? AND project = ?))", "[east north hill]"},
	} {
		q := fromEntries.within(c.who.Scope(authz.Read), place(c.at))
		if got := strings.TrimPrefix(q.sql.String(), "SELECT "+entryColumns+" FROM incident_entries WHERE "); got != c.sql || fmt.Sprint(q.args) != c.args {
			t.Errorf("%s at %s: %s %v", c.who.Scope(authz.Read), c.at, got, q.args)
		}
	}
	var q query // without a scope there is no query
	if q.and("open").sql.String() != " AND open" {
		t.Error("a query was begun without a scope")
	}
}

// What callers read begins with their scope: the files of the views hold no
// statement of their own, and no view reaches the store's own reading.
func TestViewsGoThroughTheWall(t *testing.T) {
	methods := reflect.TypeFor[*View]()
	found := 0
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		n := strings.Count(string(text), "func (v *View) ") + strings.Count(string(text), "func (l *look) ")
		if n == 0 || strings.HasSuffix(file, "_test.go") {
			continue
		}
		found += strings.Count(string(text), "func (v *View) ")
		for _, word := range []string{"SELECT ", "UPDATE ", "INSERT ", "DELETE ", " FROM ", "Everything()", "v.store.Up", "v.store.own"} {
			if strings.Contains(string(text), word) {
				t.Errorf("%s has %q: begin with look.from", file, word)
			}
		}
	}
	if found <= methods.NumMethod() { // and read
		t.Errorf("%d methods of views were looked at, and there are %d", found, methods.NumMethod())
	}
}
