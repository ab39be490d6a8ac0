package rule

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"steward/internal/incident"
	"steward/internal/yamlfile"
)

// Parse reads a file of rules: the key rules with a list. path is for errors,
// which are all that were found, joined; each names the file, the line, the rule
// and the field. JSON is YAML too.
func Parse(path string, text []byte) ([]*Rule, error) {
	var file struct {
		Rules []draft `yaml:"rules"`
	}
	failed := decode(path, text, &file)
	for _, err := range failed {
		if err.Line == 0 || len(file.Rules) == 0 {
			return nil, join(failed)
		}
	}
	if len(file.Rules) > MaxRules {
		return nil, yamlfile.Errorf(path, 0, "%d rules are more than the %d that an installation may have", len(file.Rules), MaxRules)
	}
	var out []*Rule
	lines := strings.Split(string(text), "\n")
	problems := nameRules(failed, file.Rules)
	first := map[string]int{}
	for i := range file.Rules {
		d := &file.Rules[i]
		if line, twice := first[d.Name.V]; twice && d.Name.Set {
			problems[i] = append(problems[i], d.errorf(path, d.Name.Line, "name", "stands at line %d already; every rule needs a name of its own", line))
		}
		first[d.Name.V] = d.Name.Line
		if len(problems[i]) > 0 {
			continue // what could not be read would be found missing besides
		}
		r, errs := d.rule(path)
		problems[i] = errs
		out = append(out, r)
		if len(errs) == 0 {
			end := len(lines)
			if i+1 < len(file.Rules) {
				end = file.Rules[i+1].Line - 1
			}
			r.Text = entry(lines, r.Line, end)
		}
	}
	var all []error
	for i := -1; i < len(file.Rules); i++ { // -1 is what stands before the first
		all = append(all, problems[i]...)
	}
	if len(all) > 0 {
		return nil, errors.Join(all...)
	}
	return out, nil
}

// ParseOne reads one rule: what is an entry of the list in a file. It is the form
// in which the API takes them.
func ParseOne(path string, text []byte) (*Rule, error) {
	var d draft
	if failed := decode(path, text, &d); len(failed) > 0 {
		return nil, errors.Join(nameRules(failed, []draft{d})[0]...)
	}
	r, errs := d.rule(path)
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	r.Text = string(text)
	return r, nil
}

// entry is the text of one entry of a list, from a line to another, as ParseOne
// takes it: without the dash, its indent, and the remarks before the next entry.
func entry(lines []string, from, to int) string {
	if from < 1 || to > len(lines) || from > to {
		return ""
	}
	part := slices.Clone(lines[from-1 : to])
	for n := len(part) - 1; n > 0; n-- {
		if line := strings.TrimSpace(part[n]); line != "" && !strings.HasPrefix(line, "#") {
			break
		}
		part = part[:n]
	}
	dash := strings.Index(part[0], "- ")
	if dash < 0 || strings.TrimSpace(part[0][:dash]) != "" {
		return strings.Join(part, "\n") // of another style
	}
	indent := strings.Repeat(" ", dash+2)
	part[0] = indent + part[0][dash+2:]
	for i := range part {
		part[i] = strings.TrimPrefix(part[i], indent)
	}
	return strings.Join(part, "\n") + "\n"
}

// decode is yamlfile.Decode with its errors one by one.
func decode(path string, text []byte, v any) (failed []*yamlfile.Error) {
	err := yamlfile.Decode(path, text, v)
	if err == nil {
		return nil
	}
	list := []error{err}
	var several interface{ Unwrap() []error }
	if errors.As(err, &several) {
		list = several.Unwrap()
	}
	for _, err := range list {
		var one *yamlfile.Error
		if !errors.As(err, &one) {
			one = &yamlfile.Error{Path: path, Problem: err.Error()}
		}
		failed = append(failed, one)
	}
	return failed
}

func join(failed []*yamlfile.Error) error {
	var all []error
	for _, err := range failed {
		all = append(all, err)
	}
	return errors.Join(all...)
}

// nameRules adds to what could not be read the rule in which it stands, and gives
// it by index of the rule; what stands before the first has -1.
func nameRules(failed []*yamlfile.Error, drafts []draft) map[int][]error {
	out := map[int][]error{}
	for _, err := range failed {
		at := -1
		for i := range drafts {
			if drafts[i].Line > 0 && drafts[i].Line <= err.Line {
				at = i
			}
		}
		var named error = err
		if at >= 0 {
			named = yamlfile.Errorf(err.Path, err.Line, "%s: %s", drafts[at].title(), err.Problem)
		}
		out[at] = append(out[at], named)
	}
	return out
}

// draft is a rule as it stands in a file. The yaml tags are the names of fields
// in errors, too.
type draft struct {
	Line int `yaml:"-"`

	Name     field[string]            `yaml:"name"`
	Kind     field[string]            `yaml:"kind"`
	Mode     field[string]            `yaml:"mode"`
	Class    field[string]            `yaml:"class"`
	Place    field[string]            `yaml:"place"`
	Incident field[string]            `yaml:"incident"`
	Title    words                    `yaml:"title"`
	Runbook  words                    `yaml:"runbook"`
	Severity field[string]            `yaml:"severity"`
	Labels   field[map[string]string] `yaml:"labels"`
	Unit     field[string]            `yaml:"unit"`

	Where     field[string]            `yaml:"where"`
	Metric    field[string]            `yaml:"metric"`
	When      field[string]            `yaml:"when"`
	Until     field[string]            `yaml:"until"`
	For       field[yamlfile.Duration] `yaml:"for"`
	Keep      field[yamlfile.Duration] `yaml:"keep"`
	Over      field[yamlfile.Duration] `yaml:"over"`
	Per       field[yamlfile.Duration] `yaml:"per"`
	Count     field[int]               `yaml:"count"`
	Marks     field[map[string]string] `yaml:"marks"`
	Absence   absence                  `yaml:"absence"`
	Combine   combine                  `yaml:"combine"`
	Query     field[string]            `yaml:"query"`
	Every     field[yamlfile.Duration] `yaml:"every"`
	Cause     field[bool]              `yaml:"cause"`
	Responder field[bool]              `yaml:"responder"`
}

// field is a value with the line at which it stands; Set tells a zero from
// nothing.
type field[T any] struct {
	V    T
	Line int
	Set  bool
}

// UnmarshalYAML reads the value.
func (f *field[T]) UnmarshalYAML(n *yaml.Node) error {
	f.Line, f.Set = n.Line, true
	return n.Decode(&f.V)
}

func (f *field[T]) place() (int, bool) { return f.Line, f.Set }

type words struct {
	Line int           `yaml:"-"`
	ZH   field[string] `yaml:"zh"`
	EN   field[string] `yaml:"en"`
}

func (w *words) place() (int, bool) { return w.Line, w.Line > 0 }
func (w *words) text() incident.Text {
	return incident.Text{ZH: w.ZH.V, EN: w.EN.V}
}

type absence struct {
	Line   int                      `yaml:"-"`
	Factor field[float64]           `yaml:"factor"`
	Min    field[yamlfile.Duration] `yaml:"min"`
	Max    field[yamlfile.Duration] `yaml:"max"`
}

func (a *absence) place() (int, bool) { return a.Line, a.Line > 0 }

type combine struct {
	Line    int            `yaml:"-"`
	Of      field[string]  `yaml:"of"`
	By      field[string]  `yaml:"by"`
	AtLeast field[int]     `yaml:"at_least"`
	Share   field[float64] `yaml:"share"`
	All     field[bool]    `yaml:"all"`
}

func (c *combine) place() (int, bool) { return c.Line, c.Line > 0 }

// title is how errors name the rule.
func (d *draft) title() string {
	if d.Name.V == "" {
		return "rule without a name"
	}
	return fmt.Sprintf("rule %.80s", d.Name.V)
}

func (d *draft) errorf(path string, line int, field, format string, args ...any) error {
	if line == 0 {
		line = d.Line
	}
	return yamlfile.Errorf(path, line, "%s: %s: %s", d.title(), field, fmt.Sprintf(format, args...))
}
