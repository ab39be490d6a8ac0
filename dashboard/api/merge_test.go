package api

import (
	"encoding/json"
	"reflect"
	"testing"
)

// The examples of RFC 7396, appendix A, that are objects.
func TestMergePatch(t *testing.T) {
	for _, c := range []struct{ to, with, want string }{
		{`{"a":"b"}`, `{"a":"c"}`, `{"a":"c"}`},
		{`{"a":"b"}`, `{"b":"c"}`, `{"a":"b","b":"c"}`},
		{`{"a":"b"}`, `{"a":null}`, `{}`},
		{`{"a":"b","b":"c"}`, `{"a":null}`, `{"b":"c"}`},
		{`{"a":["b"]}`, `{"a":"c"}`, `{"a":"c"}`},
		{`{"a":"c"}`, `{"a":["b"]}`, `{"a":["b"]}`},
		{`{"a":{"b":"c"}}`, `{"a":{"b":"d","c":null}}`, `{"a":{"b":"d"}}`},
		{`{"a":[{"b":"c"}]}`, `{"a":[1]}`, `{"a":[1]}`},
		{`{"e":null}`, `{"a":1}`, `{"e":null,"a":1}`},
		{`{}`, `{"a":{"bb":{"ccc":null}}}`, `{"a":{"bb":{}}}`},
	} {
		to, _ := asObject(json.RawMessage(c.to))
		with, _ := asObject(json.RawMessage(c.with))
		got, err := json.Marshal(mergeObject(to, with))
		if err != nil {
			t.Fatal(err)
		}
		var is, want any
		if json.Unmarshal(got, &is) != nil || json.Unmarshal([]byte(c.want), &want) != nil || !reflect.DeepEqual(is, want) {
			t.Errorf("%s with %s: %s, want %s", c.to, c.with, got, c.want)
		}
	}
}

type patched struct {
	Name  string            `json:"name"`
	Count int               `json:"count"`
	Tags  map[string]string `json:"tags"`
}

// A patch never makes what the object's type cannot hold, and one that repeats
// the object changes nothing.
func FuzzPatch(f *testing.F) {
	for _, seed := range []string{`{"name":"x"}`, `{"count":null}`, `{"tags":{"a":null,"b":"c"}}`, `{"tags":[]}`, `{"colour":1}`, `{"count":1e400}`, `{"name":{"a":1}}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var with patch
		if json.Unmarshal(text, &with) != nil {
			return
		}
		before := patched{Name: "n", Count: 3, Tags: map[string]string{"a": "1"}}
		after, err := applied(before, with)
		if err != nil {
			return
		}
		if _, named := with["name"]; !named && after.Name != before.Name {
			t.Errorf("%s changed the name to %q", text, after.Name)
		}
		whole, err := json.Marshal(after)
		if err != nil {
			t.Fatal(err)
		}
		var again patch
		if err := json.Unmarshal(whole, &again); err != nil {
			t.Fatal(err)
		}
		if same, err := applied(after, again); err != nil || len(after.Tags) > 0 && !reflect.DeepEqual(same, after) {
			t.Errorf("%s: %+v became %+v, %v", text, after, same, err)
		}
	})
}
