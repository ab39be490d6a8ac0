// Package yamlfile reads configuration in YAML strictly: an unknown key, a wrong
// type or a bad duration is an error that names the file, the line and the key,
// and says which key was probably meant.
//
// [Decode] reads a document into a struct with yaml tags. A struct that wants to
// know where it stood in the file has a field `Line int` with the tag "-".
package yamlfile

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Error is one thing wrong at one place of a file.
type Error struct {
	Path    string
	Line    int // 0 when it concerns the whole file
	Problem string
}

func (e *Error) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%s: %s", e.Path, e.Problem)
	}
	return fmt.Sprintf("%s:%d: %s", e.Path, e.Line, e.Problem)
}

// Errorf is an Error with a formatted problem.
func Errorf(path string, line int, format string, args ...any) error {
	return &Error{Path: path, Line: line, Problem: fmt.Sprintf(format, args...)}
}

// Decode reads text into v, a pointer to a struct. path is for errors, which are
// all that were found, joined. An empty document leaves v as it is.
func Decode(path string, text []byte, v any) error {
	var root yaml.Node
	if err := yaml.Unmarshal(text, &root); err != nil {
		return Errorf(path, 0, "%s", strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if len(root.Content) == 0 {
		return nil
	}
	d := decoder{path: path}
	d.value(root.Content[0], reflect.ValueOf(v).Elem(), "")
	return errors.Join(d.errs...)
}

type decoder struct {
	path string
	errs []error
}

func (d *decoder) fail(n *yaml.Node, format string, args ...any) {
	d.errs = append(d.errs, Errorf(d.path, n.Line, format, args...))
}

// value decodes n into v and goes down by itself where the keys of a mapping must
// be looked at; everything else is the library's.
func (d *decoder) value(n *yaml.Node, v reflect.Value, key string) {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	_, own := v.Addr().Interface().(yaml.Unmarshaler)
	switch {
	case v.Kind() == reflect.Pointer && !own:
		v.Set(reflect.New(v.Type().Elem()))
		d.value(n, v.Elem(), key)
	case v.Kind() == reflect.Struct && !own:
		d.fields(n, v, key)
	case v.Kind() == reflect.Slice && n.Kind == yaml.SequenceNode && !own:
		v.Set(reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content)))
		for i, item := range n.Content {
			d.value(item, v.Index(i), key)
		}
	case v.Kind() == reflect.Map && n.Kind == yaml.MappingNode && !own:
		v.Set(reflect.MakeMap(v.Type()))
		for i := 0; i+1 < len(n.Content); i += 2 {
			item := reflect.New(v.Type().Elem()).Elem()
			d.value(n.Content[i+1], item, key+"."+n.Content[i].Value)
			v.SetMapIndex(reflect.ValueOf(n.Content[i].Value).Convert(v.Type().Key()), item)
		}
	default:
		if err := n.Decode(v.Addr().Interface()); err != nil {
			problem := strings.TrimPrefix(err.Error(), "yaml: ")
			problem = strings.TrimPrefix(strings.TrimSpace(strings.TrimPrefix(problem, "unmarshal errors:")), fmt.Sprintf("line %d: ", n.Line))
			d.fail(n, "%s: %s", key, problem)
		}
	}
}

func (d *decoder) fields(n *yaml.Node, v reflect.Value, at string) {
	if n.Kind != yaml.MappingNode {
		d.fail(n, "%s: want keys and values", at)
		return
	}
	known := map[string]int{}
	for i := range v.NumField() {
		f := v.Type().Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		switch {
		case f.Name == "Line" && name == "-":
			v.Field(i).SetInt(int64(n.Line))
		case name != "" && name != "-":
			known[name] = i
		}
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i].Value
		index, ok := known[key]
		switch {
		case !ok:
			d.fail(n.Content[i], "unknown key %q%s; the keys here are %s", key, meant(key, known), strings.Join(sorted(known), ", "))
		case seen[key]:
			d.fail(n.Content[i], "key %q stands twice", key)
		default:
			seen[key] = true
			d.value(n.Content[i+1], v.Field(index), key)
		}
	}
}

// Duration is a time.Duration that also reads days, as in 30d. A day is 24 hours.
type Duration time.Duration

// Std is the duration in the standard library's type.
func (d Duration) Std() time.Duration { return time.Duration(d) }

// UnmarshalYAML reads 30s, 5m, 1h30m or 30d.
func (d *Duration) UnmarshalYAML(n *yaml.Node) error {
	v, err := ParseDuration(n.Value)
	*d = Duration(v)
	return err
}

// ParseDuration reads 30s, 5m, 1h30m or 30d; not less than nothing.
func ParseDuration(s string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.Atoi(days)
		if err == nil && n >= 0 && n <= math.MaxInt64/int(24*time.Hour) {
			return time.Duration(n) * 24 * time.Hour, nil
		}
	}
	v, err := time.ParseDuration(s)
	if err != nil || v < 0 {
		return 0, fmt.Errorf("%q is not a duration, such as 30s, 5m, 1h30m or 30d", s)
	}
	return v, nil
}
