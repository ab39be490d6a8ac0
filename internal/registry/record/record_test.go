package record

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"
)

type meta struct {
	Version int64     `db:"version" json:"version" edit:"no"`
	At      time.Time `db:"at" json:"at" edit:"no"`
}

type word string

type thing struct {
	ID    string            `db:"id" json:"id" zh:"编号" edit:"no"`
	State word              `db:"state" json:"state" edit:"new"`
	Count int               `db:"count" json:"count" zh:"数量"`
	Size  float64           `db:"size" json:"size"`
	Parts []string          `db:"parts" json:"parts"`
	Names map[string]string `db:"names" json:"names"`
	Out   string            `db:"-" json:"out"`
	meta
}

func TestFields(t *testing.T) {
	fs := Of[thing]()
	if got, want := fs.Names(), []string{"id", "state", "count", "size", "parts", "names", "version", "at"}; !reflect.DeepEqual(got, want) {
		t.Errorf("names %v", got)
	}
	if f, ok := fs.Lookup("数量"); !ok || f.Name != "count" || !f.Editable {
		t.Errorf("%+v", f)
	}
	if _, ok := fs.Lookup(""); ok {
		t.Error("a field without a name")
	}
	a := thing{ID: "a", Count: 1, Parts: []string{"x"}, meta: meta{Version: 1}}
	b := a
	b.Count, b.Parts, b.Names, b.Version = 2, []string{"x", "y"}, map[string]string{}, 2
	was, is, err := fs.Diff(&a, &b, "version")
	if err != nil || string(was) != `{"count":1,"parts":["x"]}` || string(is) != `{"count":2,"parts":["x","y"]}` {
		t.Errorf("%s %s %v", was, is, err)
	}
	later := a
	later.At = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	if was, is, err := fs.Diff(&a, &later); err != nil || string(was) != `{"at":null}` || string(is) != `{"at":"2026-11-01T00:00:00Z"}` {
		t.Errorf("%s %s %v", was, is, err)
	}
	c := thing{ID: "c", State: "new", Count: 9, meta: meta{Version: 7}}
	fs.CopyEditable(&c, &b)
	if c.ID != "c" || c.State != "new" || c.Version != 7 || c.Count != 2 {
		t.Errorf("%+v", c)
	}
}

func TestCellsComeBack(t *testing.T) {
	fs := Of[thing]()
	whole := thing{ID: "a", State: "s", Count: 12, Size: 0.25, Parts: []string{"x/1", "y"}, Names: map[string]string{"b": "2=2", "a": "1"}}
	var back thing
	for _, f := range fs.All[:6] {
		text, ok := fs.Cell(&whole, f).(string)
		if !ok {
			b, err := json.Marshal(fs.Cell(&whole, f))
			if err != nil {
				t.Fatal(err)
			}
			text = string(b)
		}
		if err := fs.SetText(&back, f, text); err != nil {
			t.Error(f.Name, err)
		}
	}
	if !reflect.DeepEqual(back, whole) {
		t.Errorf("%+v", back)
	}
	for name, c := range map[string]struct {
		text string
		want thing
		ok   bool
	}{
		"count": {"12.0", thing{Count: 12}, true}, "size": {" 1e3 ", thing{Size: 1000}, true},
		"parts": {"a；b， c;;", thing{Parts: []string{"a", "b", "c"}}, true},
		"names": {"a=1；b = 2", thing{Names: map[string]string{"a": "1", "b": "2"}}, true},
		"state": {" x ", thing{State: "x"}, true},
	} {
		var got thing
		f, _ := fs.Lookup(name)
		if err := fs.SetText(&got, f, c.text); err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	for name, text := range map[string]string{"count": "1.5", "size": "many", "names": "a=1;a=2", "at": "now"} {
		var got thing
		f, _ := fs.Lookup(name)
		if err := fs.SetText(&got, f, text); err == nil || !reflect.DeepEqual(got, thing{}) {
			t.Errorf("%s took %q: %+v", name, text, got)
		}
	}
	var got thing
	f, _ := fs.Lookup("count")
	if err := fs.SetJSON(&got, f, json.RawMessage(`"x"`)); err == nil {
		t.Error("a text became a number")
	}
	if err := fs.SetJSON(&got, f, json.RawMessage(`5`)); err != nil || got.Count != 5 {
		t.Error(err)
	}
}
