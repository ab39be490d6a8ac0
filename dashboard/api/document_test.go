package api

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"steward/internal/authz"
)

var update = flag.Bool("update", false, "write the golden OpenAPI document")

const golden = "testdata/openapi.json"

// The document is what clients are generated from: a change of it is a change of
// the interface, and wanted.
func TestDocumentIsGolden(t *testing.T) {
	w := newWorld(t)
	rec := w.do(authz.Principal{}, get("/openapi.json"))
	if rec.Code != 200 {
		t.Fatalf("%d %s", rec.Code, rec.Body)
	}
	got := append(spread(t, rec.Body.Bytes(), 3), '\n')
	if *update {
		w.must(os.WriteFile(golden, got, 0o644))
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("the document differs from %s; if that is wanted: go test ./dashboard/api -run Golden -update", golden)
	}
	if again := w.do(authz.Principal{}, get("/openapi.json").with("If-None-Match", rec.Header().Get("ETag"))); again.Code != 304 {
		t.Errorf("the same document again: %d", again.Code)
	}
}

// spread writes JSON with a line for each operation and each schema: a difference is
// found, and the file is no megabyte.
func spread(t *testing.T, text json.RawMessage, levels int) []byte {
	t.Helper()
	var out bytes.Buffer
	var object map[string]json.RawMessage
	if levels == 0 || json.Unmarshal(text, &object) != nil {
		if err := json.Compact(&out, text); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	sep := "{\n"
	for _, key := range slices.Sorted(maps.Keys(object)) {
		_, _ = fmt.Fprintf(&out, "%s%q:%s", sep, key, spread(t, object[key], levels-1))
		sep = ",\n"
	}
	if sep == "{\n" {
		out.WriteByte('{')
	}
	out.WriteByte('}')
	return out.Bytes()
}

// Every operation is described, and its examples are of the form that it says.
func TestDocumentIsComplete(t *testing.T) {
	w := newWorld(t)
	doc := w.api.huma.OpenAPI()
	registry := doc.Components.Schemas
	tags := map[string]bool{}
	for _, tag := range chapters {
		tags[tag.Name] = true
	}
	ids := map[string]bool{}
	for _, op := range w.api.operations {
		d := operationOf(doc.Paths[op.Path], op.Method)
		if ids[op.ID] {
			t.Errorf("%s: the ID is used twice", op.ID)
		}
		ids[op.ID] = true
		if !tags[op.Tag] {
			t.Errorf("%s: the tag %q is not a chapter", op.ID, op.Tag)
		}
		if (len(d.Security) == 0) != (op.permission == Public) {
			t.Errorf("%s: security %v of a %s operation", op.ID, d.Security, op.permission)
		}
		for _, p := range d.Parameters {
			// What an OpenID provider sends is described by OpenID.
			if p.Description == "" && op.ID != "finish-oidc" {
				t.Errorf("%s: parameter %s is not described", op.ID, p.Name)
			}
		}
		for name := range strings.SplitSeq(op.Path, "/") {
			if name, ok := strings.CutPrefix(name, "{"); ok && !hasParameter(d, strings.TrimSuffix(name, "}")) {
				t.Errorf("%s: the path's %s is not a parameter", op.ID, name)
			}
		}
		if d.RequestBody != nil {
			for kind, media := range d.RequestBody.Content {
				if media.Example == nil && kind != typeXLSX {
					t.Errorf("%s: no example of the body", op.ID)
				}
				checkExample(t, op.ID+" body", registry, media, huma.ModeWriteToServer)
			}
		}
		for status, r := range d.Responses {
			for kind, media := range r.Content {
				if strings.HasPrefix(status, "2") && media.Example == nil && kind == "application/json" {
					t.Errorf("%s: no example of the answer", op.ID)
				}
				checkExample(t, op.ID+" "+status, registry, media, huma.ModeReadFromServer)
			}
		}
	}
}

func hasParameter(d *huma.Operation, name string) bool {
	for _, p := range d.Parameters {
		if p.Name == name && p.In == "path" {
			return true
		}
	}
	return false
}

func checkExample(t *testing.T, what string, registry huma.Registry, media *huma.MediaType, mode huma.ValidateMode) {
	t.Helper()
	if media.Example == nil || media.Schema == nil || media.Schema.Format == "binary" {
		return
	}
	text, err := json.Marshal(media.Example)
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	result := &huma.ValidateResult{}
	huma.Validate(registry, media.Schema, huma.NewPathBuffer(nil, 0), mode, v, result)
	for _, err := range result.Errors {
		t.Errorf("%s: the example %s: %v", what, text, err)
	}
}

// The way in: without the permission written down there is no operation.
func TestOperationsNeedAPermission(t *testing.T) {
	for name, op := range map[string]operation{
		"no permission":        {ID: "x", Method: "GET", Path: "/x", Tag: "Places", Summary: "x"},
		"unknown permission":   {ID: "x", Method: "GET", Path: "/x", Tag: "Places", Summary: "x", permission: "fly"},
		"headquarters, public": {ID: "x", Method: "GET", Path: "/x", Tag: "Places", Summary: "x", permission: Public, Everywhere: true},
		"no summary":           {ID: "x", Method: "GET", Path: "/x", Tag: "Places", permission: authz.Read},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("was taken")
				}
			}()
			op.check()
		})
	}
}
