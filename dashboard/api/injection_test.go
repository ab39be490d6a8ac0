package api

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"steward/internal/authz"
	"steward/internal/controldb"
	"steward/internal/controldb/controldbtest"
)

// attacks are texts that have broken other programs.
var attacks = []string{
	`' OR 1=1 --`, `"; DROP TABLE devices; --`, `\`, `\' OR 1=1 --`, `%`, `_%`, "a\x00b", "\xff\xfe", "{x:String}", "${jndi:ldap://x}", "../../etc/passwd",
	"%2e%2e%2f", "<script>alert(1)</script>", "=1+1", "9223372036854775808", "1e999", "-1", "null", "NaN", strings.Repeat("字", 3000), "\u202e\ufeff", "{{7*7}}", "a/b/c/d", "*", "?", "\r\nSet-Cookie: x=1",
}

// TestAttacks puts each of the attacks into each text that an operation takes,
// as somebody who may everything. None may reach anything but its place: the
// server never fails, no table is lost, and no header grows out of a value.
func TestAttacks(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { attack(t, controldbtest.SQLite(t), controldbtest.SQLiteIncidents(t)) })
	t.Run("postgres", func(t *testing.T) { attack(t, controldbtest.Postgres(t), controldbtest.PostgresIncidents(t)) })
}

func attack(t *testing.T, db, incidents *controldb.DB) {
	w := worldOn(t, db, incidents)
	doc := w.api.huma.OpenAPI()
	known := recipes()
	sent := 0
	try := func(id string, c call) {
		defer func() {
			if p := recover(); p != nil && !strings.Contains(c.path, "\x00") {
				t.Errorf("%s %q: %v", id, c.path, p)
			}
		}()
		rec := w.do(root, c)
		sent++
		if rec.Code >= 500 {
			t.Errorf("%s %q %.200v %v: status %d: %.300s", id, c.path, c.body, c.header, rec.Code, rec.Body)
		}
		if rec.Header().Get("Set-Cookie") == "x=1" {
			t.Errorf("%s %q: a header of the attacker's", id, c.path)
		}
	}
	for _, op := range w.api.operations {
		a := w.aimAt(t, harbour, false)
		base := known[op.ID].call(a)
		described := operationOf(doc.Paths[op.Path], op.Method)
		path, query, _ := strings.Cut(base.path, "?")
		for _, param := range described.Parameters {
			for _, text := range attacks {
				switch param.In {
				case "path":
					try(op.ID, withPath(base, op.Path, path, query, param.Name, text))
				case "query":
					values, err := url.ParseQuery(query)
					if err != nil {
						t.Fatal(err)
					}
					values.Set(param.Name, text)
					c := base
					c.path = path + "?" + values.Encode()
					try(op.ID, c)
				case "header":
					try(op.ID, base.with(param.Name, text))
				}
			}
		}
		if body, ok := base.body.(fields); ok {
			text, err := json.Marshal(body)
			if err != nil {
				t.Fatal(err)
			}
			for _, bad := range attacks {
				eachText(text, bad, func(changed any) {
					c := base
					c.body = changed
					try(op.ID, c)
				})
			}
		}
		if body, ok := base.body.(string); ok {
			for _, bad := range attacks {
				c := base
				c.body = body + bad + "," + bad + "," + bad + "\n"
				try(op.ID, c)
			}
		}
	}
	if sent < 5000 {
		t.Errorf("only %d attacks", sent)
	}
	// Everything is where it was.
	for _, at := range estates() {
		if rec := w.do(root, get("/devices/"+at.Region+"/"+at.Project+"/meter/m-"+at.Project)); rec.Code != http.StatusOK {
			t.Errorf("the meter of %s: %d %s", at, rec.Code, rec.Body)
		}
	}
	if _, err := db.VerifyAudit(t.Context()); err != nil {
		t.Error(err)
	}
}

func operationOf(item *huma.PathItem, method string) *huma.Operation {
	return map[string]*huma.Operation{
		http.MethodGet: item.Get, http.MethodPost: item.Post, http.MethodPut: item.Put, http.MethodPatch: item.Patch, http.MethodDelete: item.Delete,
	}[method]
}

// withPath puts a text into one segment of the path.
func withPath(c call, pattern, path, query, name, text string) call {
	patterns, segments := strings.Split(pattern, "/"), strings.Split(path, "/")
	for i, p := range patterns {
		if p == "{"+name+"}" {
			segments[i] = url.PathEscape(text)
		}
	}
	c.path = strings.Join(segments, "/")
	if query != "" {
		c.path += "?" + query
	}
	return c
}

// eachText gives the JSON text with each of its strings replaced in turn.
func eachText(text []byte, bad string, do func(any)) {
	count := 0
	for n := 0; ; n++ {
		var v any
		if err := json.Unmarshal(text, &v); err != nil {
			panic(err)
		}
		count = 0
		v = replaceNth(v, bad, n, &count)
		if count <= n {
			return
		}
		do(v)
	}
}

func replaceNth(v any, bad string, n int, count *int) any {
	switch v := v.(type) {
	case string:
		if *count++; *count == n+1 {
			return bad
		}
	case []any:
		for i := range v {
			v[i] = replaceNth(v[i], bad, n, count)
		}
	case map[string]any:
		for name := range v {
			v[name] = replaceNth(v[name], bad, n, count)
		}
	}
	return v
}

// What an attacker is answered can be read by a browser without harm.
func TestAnswersAreNoPages(t *testing.T) {
	w := newWorld(t)
	rec := w.do(somebody(authz.Viewer, harbour), get("/regions?<script>alert(1)</script>=1"))
	if got := rec.Header().Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("%s: %s", got, rec.Body)
	}
}
