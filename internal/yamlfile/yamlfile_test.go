package yamlfile

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"
)

type name string

type upper string

func (u *upper) UnmarshalYAML(n *yaml.Node) error {
	if n.Value != strings.ToUpper(n.Value) {
		return fmt.Errorf("%q is not in capitals", n.Value)
	}
	*u = upper(n.Value)
	return nil
}

type inner struct {
	Line  int      `yaml:"-"`
	Title string   `yaml:"title"`
	Tags  []string `yaml:"tags"`
}

type document struct {
	Name   name             `yaml:"name"`
	Count  int              `yaml:"count"`
	Share  float64          `yaml:"share"`
	On     bool             `yaml:"on"`
	For    Duration         `yaml:"for"`
	Shout  upper            `yaml:"shout"`
	Shouts []upper          `yaml:"shouts"`
	One    inner            `yaml:"one"`
	Maybe  *inner           `yaml:"maybe"`
	Limit  *float64         `yaml:"limit"`
	List   []inner          `yaml:"list"`
	Names  map[name]string  `yaml:"names"`
	Inners map[string]inner `yaml:"inners"`
	Secret string           // has no key
}

func TestDecode(t *testing.T) {
	f := func(text string, want document) {
		t.Helper()
		var got document
		if err := Decode("a.yaml", []byte(text), &got); err != nil {
			t.Errorf("of\n%s\n%v", text, err)
		} else if !reflect.DeepEqual(got, want) {
			t.Errorf("of\n%s\ngot  %+v\nwant %+v", text, got, want)
		}
	}
	half := 0.5
	f("", document{})
	f("# nothing but a comment\n", document{})
	f("---\n", document{})
	f("--- # begins\nname: a\n", document{Name: "a"})
	f("name: a\ncount: 3\nshare: 0.5\non: true\nfor: 1h30m\nlimit: 0.5",
		document{Name: "a", Count: 3, Share: 0.5, On: true, For: Duration(90 * time.Minute), Limit: &half})
	f("name: 42", document{Name: "42"})
	f("shout: HEY\nshouts: [A, B]", document{Shout: "HEY", Shouts: []upper{"A", "B"}})
	f("one:\n  title: x\n  tags: [a, b]", document{One: inner{Line: 2, Title: "x", Tags: []string{"a", "b"}}})
	f("maybe: {title: x}", document{Maybe: &inner{Line: 1, Title: "x"}})
	f("list:\n  - title: x\n\n  - title: y", document{List: []inner{{Line: 2, Title: "x"}, {Line: 4, Title: "y"}}})
	f("names: {a: b}", document{Names: map[name]string{"a": "b"}})
	f("inners:\n  a:\n    title: x", document{Inners: map[string]inner{"a": {Line: 3, Title: "x"}}})
	f("one: &x {title: x}\nlist: [*x, *x]", document{One: inner{Line: 1, Title: "x"}, List: []inner{{Line: 1, Title: "x"}, {Line: 1, Title: "x"}}})
	// A key without a value is as if it were not there.
	f("name:\ncount:\nfor:\none:\nmaybe:\nlimit:\nlist:\nnames:\ninners:", document{})
}

func TestDecodeSaysWhatIsWrong(t *testing.T) {
	f := func(text string, want ...string) {
		t.Helper()
		err := Decode("a.yaml", []byte(text), new(document))
		if err == nil {
			t.Fatalf("no error of\n%s", text)
		}
		if got := err.Error(); got != strings.Join(want, "\n") {
			t.Errorf("of\n%s\ngot  %s\nwant %s", text, got, strings.Join(want, "\n"))
		}
	}
	f("nam: a", `a.yaml:1: unknown key "nam" (did you mean "name"?); the keys here are count, for, inners, limit, list, maybe, name, names, on, one, share, shout, shouts`)
	f("one:\n  title: a\n  zzz: b", `a.yaml:3: unknown key "zzz"; the keys here are tags, title`)
	f("Secret: a", `a.yaml:1: unknown key "Secret"; the keys here are count, for, inners, limit, list, maybe, name, names, on, one, share, shout, shouts`)
	f("name: a\nname: b", `a.yaml:2: key "name" stands twice`)
	f("names:\n  a: b\n  a: c", `a.yaml:3: names: key "a" stands twice`)
	f("names:\n  [a]: b", `a.yaml:2: names: want a plain text as key`)
	f("count: x", "a.yaml:1: count: cannot unmarshal !!str `x` into int")
	f("name: [a]", "a.yaml:1: name: cannot unmarshal !!seq into yamlfile.name")
	f("\none: a", `a.yaml:2: one: want keys and values`)
	f("one: [a]", `a.yaml:1: one: want keys and values`)
	f("- a", `a.yaml:1: want keys and values`)
	f("just a text", `a.yaml:1: want keys and values`)
	f("for: 5", `a.yaml:1: for: "5" is not a duration, such as 30s, 5m, 1h30m or 30d`)
	f("for: -5m", `a.yaml:1: for: "-5m" is not a duration, such as 30s, 5m, 1h30m or 30d`)
	f("shouts:\n  - A\n  - b", `a.yaml:3: shouts: "b" is not in capitals`)
	f("inners:\n  a:\n    tile: x", `a.yaml:3: unknown key "tile" (did you mean "title"?); the keys here are tags, title`)
	f("count: x\nname: a\nfor: y", "a.yaml:1: count: cannot unmarshal !!str `x` into int", `a.yaml:3: for: "y" is not a duration, such as 30s, 5m, 1h30m or 30d`)
	f("name: a\n---\nname: b", `a.yaml:2: a second document begins here: only the first would be read; remove the line ---`)
	f("name: a\n  b: c", `a.yaml:2: not YAML: mapping values are not allowed in this context`)
	f("name: *x", `a.yaml: not YAML: unknown anchor 'x' referenced`)
	f("name: \x01", `a.yaml: not YAML: control characters are not allowed`)
	f(strings.Repeat("#", maxText+1), `a.yaml: has 4194305 bytes; at most 4194304 are read`)
}

// A page of aliases must not become gigabytes.
func TestAliasesAreBounded(t *testing.T) {
	text := "one: {tags: &a [" + strings.Repeat("x,", 1000) + "]}\nlist: [&b {tags: *a}" + strings.Repeat(",*b", 1000) + "]"
	err := Decode("a.yaml", []byte(text), new(document))
	if want := "a.yaml:1: more than 200000 values, aliases followed; write less of them"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestParseDuration(t *testing.T) {
	f := func(s string, want time.Duration) {
		t.Helper()
		got, err := ParseDuration(s)
		if want < 0 {
			if err == nil {
				t.Errorf("%q is %s", s, got)
			}
		} else if err != nil || got != want {
			t.Errorf("%q is %s and %v, want %s", s, got, err, want)
		}
	}
	f("0s", 0)
	f("0", 0)
	f("0d", 0)
	f("30s", 30*time.Second)
	f("1h30m", 90*time.Minute)
	f("30d", 720*time.Hour)
	f("106751d", 106751*24*time.Hour)
	for _, s := range []string{"", "5", "d", "-1d", "-1s", "1.5d", "106752d", "1d12h", "9999999999999999999d", "x"} {
		f(s, -1)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte("name: a\nlist: [{title: x, tags: [a]}]\ninners: {a: {title: x}}\none: &x {title: y}\nmaybe: *x"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := Decode("a.yaml", text, new(document)); err != nil && !strings.HasPrefix(err.Error(), "a.yaml") {
			t.Errorf("an error without its file: %v", err)
		}
	})
}
