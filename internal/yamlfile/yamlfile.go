// Package yamlfile reads configuration in YAML strictly: an unknown key, a wrong
// type or a bad duration is an error that names the file, the line and the key,
// and says which key was probably meant.
//
// [Decode] reads a document into a struct with yaml tags. A struct that wants to
// know where it stood in the file has a field `Line int` with the tag "-".
package yamlfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
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

// Bounds of what is read. Files of this size are written by machines or by
// mistake.
const (
	maxText = 4 << 20 // bytes
	// maxValues bounds what aliases may grow a small text to.
	maxValues = 200_000
)

// Decode reads text, one YAML document, into v, a pointer to a struct. path is
// for errors, which are all that were found, joined. An empty document leaves v
// as it is.
func Decode(path string, text []byte, v any) error {
	if len(text) > maxText {
		return Errorf(path, 0, "has %d bytes; at most %d are read", len(text), maxText)
	}
	documents := yaml.NewDecoder(bytes.NewReader(text))
	var root, more yaml.Node
	if err := documents.Decode(&root); errors.Is(err, io.EOF) {
		return nil
	} else if err != nil {
		return syntaxError(path, err)
	}
	if err := documents.Decode(&more); err == nil {
		return Errorf(path, more.Line, "a second document begins here: only the first would be read; remove the line ---")
	} else if !errors.Is(err, io.EOF) {
		return syntaxError(path, err)
	}
	if len(root.Content) == 0 || isNull(root.Content[0]) {
		return nil
	}
	d := decoder{path: path}
	d.value(root.Content[0], reflect.ValueOf(v).Elem(), "")
	return errors.Join(d.errs...)
}

// syntaxError moves the line out of the library's text to where ours is.
func syntaxError(path string, err error) error {
	problem, line := strings.TrimPrefix(err.Error(), "yaml: "), 0
	if n, rest, ok := strings.Cut(strings.TrimPrefix(problem, "line "), ": "); ok {
		if at, err := strconv.Atoi(n); err == nil {
			problem, line = rest, at
		}
	}
	return Errorf(path, line, "not YAML: %s", problem)
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }

type decoder struct {
	path   string
	errs   []error
	values int // looked at so far
}

func (d *decoder) fail(n *yaml.Node, format string, args ...any) {
	d.errs = append(d.errs, Errorf(d.path, n.Line, format, args...))
}

// value decodes n into v and goes down by itself where the keys of a mapping must
// be looked at; everything else is the library's.
func (d *decoder) value(n *yaml.Node, v reflect.Value, key string) {
	if d.values++; d.values >= maxValues {
		if d.values == maxValues {
			d.fail(n, "more than %d values, aliases followed; write less of them", maxValues)
		}
		return
	}
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	_, own := v.Addr().Interface().(yaml.Unmarshaler)
	switch {
	case isNull(n) && !own:
		// A key without a value is as if it were not there.
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
		d.entries(n, v, key)
	default:
		if err := n.Decode(v.Addr().Interface()); err != nil {
			problem := strings.TrimPrefix(err.Error(), "yaml: ")
			problem = strings.TrimPrefix(strings.TrimSpace(strings.TrimPrefix(problem, "unmarshal errors:")), fmt.Sprintf("line %d: ", n.Line))
			d.fail(n, "%s%s", prefix(key), problem)
		}
	}
}

// prefix names the key; there is none for the document itself.
func prefix(key string) string {
	if key == "" {
		return ""
	}
	return key + ": "
}

// entries decodes a mapping with free keys into a map with a key of kind string.
func (d *decoder) entries(n *yaml.Node, v reflect.Value, at string) {
	v.Set(reflect.MakeMap(v.Type()))
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := reflect.ValueOf(n.Content[i].Value).Convert(v.Type().Key())
		switch {
		case n.Content[i].Kind != yaml.ScalarNode:
			d.fail(n.Content[i], "%s: want a plain text as key", at)
		case v.MapIndex(key).IsValid():
			d.fail(n.Content[i], "%s: key %q stands twice", at, key.String())
		default:
			item := reflect.New(v.Type().Elem()).Elem()
			d.value(n.Content[i+1], item, at+"."+key.String())
			v.SetMapIndex(key, item)
		}
	}
}

func (d *decoder) fields(n *yaml.Node, v reflect.Value, at string) {
	if n.Kind != yaml.MappingNode {
		d.fail(n, "%swant keys and values", prefix(at))
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
