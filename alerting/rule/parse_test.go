package rule

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"steward/internal/authz"
	"steward/internal/incident"
	"steward/internal/telemetry"
)

var update = flag.Bool("update", false, "write the expected errors of testdata/bad")

func TestGoodFiles(t *testing.T) {
	paths, err := filepath.Glob("testdata/good/*")
	if err != nil || len(paths) == 0 {
		t.Fatalf("fixtures: %v, %v", paths, err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		rules, err := Parse(path, text)
		if err != nil || len(rules) == 0 {
			t.Errorf("%s: %d rules, %v", path, len(rules), err)
		}
		if _, err := NewSet(rules); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// TestBadFiles holds the errors of each file against the text beside it, whole.
func TestBadFiles(t *testing.T) {
	paths, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil || len(paths) == 0 {
		t.Fatalf("fixtures: %v, %v", paths, err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		rules, err := Parse(filepath.Base(path), text)
		if err == nil {
			t.Errorf("%s: no error, %d rules", path, len(rules))
			continue
		}
		got := err.Error() + "\n"
		golden := strings.TrimSuffix(path, ".yaml") + ".txt"
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s:\n%swant\n%s", path, got, want)
		}
	}
}

func TestFieldsArriveInTheRule(t *testing.T) {
	text, err := os.ReadFile("testdata/good/kinds.yaml")
	if err != nil {
		t.Fatal(err)
	}
	rules, err := Parse("kinds.yaml", text)
	if err != nil {
		t.Fatal(err)
	}
	f := func(name string, got, want any) {
		t.Helper()
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	v, rate, event, absent, combined, query := rules[0], rules[1], rules[3], rules[4], rules[5], rules[6]
	f("mode", v.Mode, Shadow)
	f("place", v.Place, authz.Place{Region: "south", Project: "garden"})
	f("class", v.Class, telemetry.Meter)
	f("title", v.Title, incident.Text{ZH: "功率", EN: "Power"})
	f("labels", v.Labels, map[string]string{"team": "electrical"})
	f("latest", v.When.Latest, []string{"voltage_v"})
	f("states", v.When.States, []string{"mode"})
	f("durations", []time.Duration{v.For, v.Keep}, []time.Duration{5 * time.Minute, time.Minute})
	f("marks", v.Marks, map[string]incident.State{"reset": "event"})
	f("flags", []bool{v.Cause, v.Responder}, []bool{true, true})
	f("line", []int{v.Line, rate.Line}, []int{3, 23})
	f("rate", []any{rate.Mode, rate.Place, rate.Unit, rate.Over, rate.Per}, []any{Enabled, authz.HQ, "°C/min", 2 * time.Minute, time.Minute})
	f("unit of the metric", rules[2].Unit, "")
	f("event", []any{event.Count, event.Over}, []any{3, 30 * 24 * time.Hour})
	f("absence", absent.Absence, Absent{2.5, time.Minute, MaxWindow})
	f("combination", combined.Combine, Combine{Of: "absence", By: "project", Share: 0.5})
	f("sql", []any{query.Every, strings.HasPrefix(query.Query, "SELECT region")}, []any{24 * time.Hour, true})
}

const plain = `
name: plain
kind: event
class: fire
incident: repair
title: { zh: 一, en: One }
severity: info
when: event.kind == "fault"
`

func TestParseOne(t *testing.T) {
	r, err := ParseOne("", []byte(plain))
	if err != nil || r.Name != "plain" || r.Count != 1 || r.Path != "" {
		t.Fatalf("%+v, %v", r, err)
	}
	_, err = ParseOne("api", []byte(plain+"colour: red\n"))
	if err == nil || !strings.HasPrefix(err.Error(), `api:9: rule plain: unknown key "colour"; the keys here are absence, `) {
		t.Errorf("an unknown key: %v", err)
	}
	_, err = ParseOne("api", []byte(plain+"until: value > 3\n"))
	if err == nil || !strings.HasPrefix(err.Error(), "api:9: rule plain: until: column 1: value is not known in until of an event rule, which may use ") {
		t.Errorf("a bad expression: %v", err)
	}
}

func TestBounds(t *testing.T) {
	f := func(what string, change func(string) string, want string) {
		t.Helper()
		_, err := ParseOne("x", []byte(change(plain)))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", what, err, want)
		}
	}
	with := func(old, text string) func(string) string {
		return func(s string) string { return strings.Replace(s, old, text, 1) }
	}
	f("expression", with(`"fault"`, `"`+strings.Repeat("x", MaxExpression)+`"`), "bytes, not at most 2000: make two rules of it")
	f("nodes", with(`"fault"`, `"fault"`+strings.Repeat(` && hour>1`, 170)), "exceeds maximum allowed nodes")
	f("title", with("en: One", "en: "+strings.Repeat("x", MaxTitle+1)), "title.en: has 201 bytes, not at most 200")
	f("lines of a title", with("{ zh: 一, en: One }", `{ zh: 一, en: "One\nTwo" }`), "title.en: has several lines")
	f("runbook", func(s string) string { return s + "runbook: { zh: 一, en: " + strings.Repeat("x", MaxRunbook+1) + "}" }, "runbook.en: has 4001 bytes")
	f("count", func(s string) string { return s + "over: 1d\ncount: 1001" }, "count: 1001 is not 1 to 1000")
	f("query", func(string) string {
		return strings.Replace(strings.Replace(plain, "kind: event", "kind: sql\nevery: 1m", 1),
			`when: event.kind == "fault"`, "query: "+strings.Repeat("x", MaxQuery+1), 1)
	}, "query: has 20001 bytes, not at most 20000")

	many := "rules:\n" + strings.Repeat("- {name: a, mode: disabled}\n", MaxRules+1)
	if _, err := Parse("x", []byte(many)); err == nil || !strings.Contains(err.Error(), "5001 rules are more than the 5000") {
		t.Errorf("rules: %v", err)
	}
}

func TestSet(t *testing.T) {
	parse := func(path, text string) []*Rule {
		t.Helper()
		rules, err := Parse(path, []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return rules
	}
	entry := func(name, more string) string {
		return fmt.Sprintf("- {name: %s, incident: x, severity: info, title: {zh: 一, en: One}, %s}\n", name, more)
	}
	event := `kind: event, class: fire, when: 'event.kind == "fault"'`
	count := func(of string) string { return "kind: combination, combine: {of: " + of + ", by: project, all: true}" }
	base := parse("base.yaml", "rules:\n"+entry("a", event)+entry("b", event)+entry("all_a", count("a")))

	s, err := NewSet(base, parse("own.yaml", "rules:\n"+entry("b", event+", mode: shadow")+entry("c", event)))
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Rules) != 4 || s.Rules[0].Name != "a" || s.Rules[3].Name != "c" || s.ByName["b"].Mode != Shadow {
		t.Errorf("layers: %v", s.Rules)
	}
	s, err = NewSet(base, parse("own.yaml", "rules:\n- {name: b, mode: disabled}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if b := s.ByName["b"]; len(s.Rules) != 2 || b.Mode != Disabled || b.Title.EN != "One" || b.Path != "own.yaml" || base[1].Mode != Enabled {
		t.Errorf("turned off: %v, %+v", s.Rules, b)
	}

	f := func(want string, layers ...string) {
		t.Helper()
		all := [][]*Rule{base}
		for _, text := range layers {
			all = append(all, parse("own.yaml", "rules:\n"+text))
		}
		if _, err := NewSet(all...); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	f("own.yaml:2: rule nobody: mode: there is no rule nobody to be disabled", "- {name: nobody, mode: disabled}\n")
	f("own.yaml:2: rule more: combine.of: there is no rule \"nobody\"", entry("more", count("nobody")))
	f("own.yaml:2: rule more: combine.of: rule all_a is a combination rule, which is not about single devices; count one that is", entry("more", count("all_a")))
	f("base.yaml:4: rule all_a: combine.of: rule a is disabled (own.yaml:2); disable this one too, or count another", "- {name: a, mode: disabled}\n")
	f("own.yaml:3: rule more: combine.of: rule south watches south, and nothing at north",
		entry("south", event+", place: south")+entry("more", count("south")+", place: north"))

	twice := append(parse("one.yaml", "rules:\n"+entry("a", event)), parse("two.yaml", "rules:\n"+entry("a", event))...)
	if _, err := NewSet(twice); err == nil || err.Error() != "two.yaml:2: rule a: name: stands at one.yaml:2 already; every rule needs a name of its own" {
		t.Errorf("twice: %v", err)
	}
}

func TestLoadReadsAFolder(t *testing.T) {
	folder := fstest.MapFS{
		"b.yml":      {Data: []byte("rules: [{name: b, mode: disabled}]")},
		"a.yaml":     {Data: []byte("rules: [{name: a, mode: disabled}]")},
		"empty.yaml": {Data: nil},
		"README.md":  {Data: []byte("# no rules")},
		"old/c.yaml": {Data: []byte("rules: nonsense")},
	}
	rules, err := Load("rules", folder)
	if err != nil || len(rules) != 2 || rules[0].Path != "rules/a.yaml" || rules[1].Name != "b" {
		t.Fatalf("%v, %v", rules, err)
	}
	folder["a.yaml"].Data, folder["b.yml"].Data = []byte("rules: [{}]"), []byte("rules: {}")
	_, err = Load("rules", folder)
	const want = "rules/a.yaml:1: rule without a name: name: is missing; every rule needs one, such as fire_alarm"
	if err == nil || !strings.HasPrefix(err.Error(), want) || !strings.Contains(err.Error(), "rules/b.yml") {
		t.Errorf("errors of both files: %v", err)
	}
}

// TestHash holds what makes a rule start anew.
func TestHash(t *testing.T) {
	hash := func(text string) string {
		r, err := ParseOne("", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return r.Hash
	}
	same := strings.Replace(plain, "One", "Another title", 1) + "labels: { a: b }\nmarks: { acknowledged: acknowledged }\n"
	if hash(same) != hash(plain) {
		t.Error("a reworded rule starts anew")
	}
	for _, more := range []string{"mode: shadow", "place: south", `until: event.kind == "x"`, "count: 2\nover: 1h", "where: device.id != \"\""} {
		if hash(plain+more) == hash(plain) {
			t.Errorf("with %s it goes on", more)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, pattern := range []string{"testdata/*/*.yaml", "testdata/good/*.json", "../../configs/rules/*.yaml"} {
		paths, err := filepath.Glob(pattern)
		if err != nil || len(paths) == 0 {
			f.Fatalf("%s: %v, %v", pattern, paths, err)
		}
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(text)
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		rules, err := Parse("x.yaml", text)
		if err != nil {
			if rules != nil || err.Error() == "" {
				t.Fatalf("%d rules beside the error %q", len(rules), err)
			}
			return
		}
		for _, r := range rules {
			if telemetry.CheckSegment(r.Name) != nil || r.Kind == "" && r.Mode != Disabled {
				t.Fatalf("rule %+v", r)
			}
			for _, p := range []*Program{r.Where, r.When, r.Until} {
				if p != nil {
					// Whatever it answers, it ends, and panics for nobody.
					_, _ = p.Bool(sample())
				}
			}
		}
		_, _ = NewSet(rules)
	})
}

// The text of a rule of a file is that of a rule by itself.
func TestTextOfAnEntry(t *testing.T) {
	for _, r := range library(t).Rules {
		again, err := ParseOne("text", []byte(r.Text))
		if err != nil {
			t.Errorf("%s: %v in\n%s", r.Name, err, r.Text)
			continue
		}
		if again.Name != r.Name || again.Hash != r.Hash {
			t.Errorf("%s: its text is another rule:\n%s", r.Name, r.Text)
		}
	}
}
