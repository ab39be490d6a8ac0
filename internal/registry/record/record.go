// Package record knows the fields of a struct by its tags, so that they are
// listed once: in the struct. Columns of SQL, headers of a file, bulk edits and
// the differences that the audit log keeps all come from there.
//
// A field is one with a db tag; its json tag must be the same name. Further
// tags: zh is its heading in Chinese; edit:"no" marks what is not a person's to
// set, and edit:"new" what can be set when the object is made and not later;
// trim:"no" keeps the space around a text. Embedded structs are part of the one
// around them.
package record

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Field is one field of T.
type Field struct {
	Name     string // in JSON, in SQL and in the header of a file
	Chinese  string // heading
	Editable bool   // by people
	Initial  bool   // by people too, but only in a new object
	verbatim bool
	index    []int
}

// Fields are those of T, in the order of the struct.
type Fields[T any] struct {
	All    []Field
	byName map[string]int
}

// Of lists the fields of T. It panics when the tags of T contradict one another,
// which its package's tests find.
func Of[T any]() Fields[T] {
	fs := Fields[T]{byName: map[string]int{}}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[T]()) {
		name := f.Tag.Get("db")
		if name == "" || name == "-" {
			continue
		}
		if json, _, _ := strings.Cut(f.Tag.Get("json"), ","); json != "" && json != name {
			panic(fmt.Sprintf("record: field %s has the column %q and the JSON name %q", f.Name, name, json))
		}
		fs.byName[name] = len(fs.All)
		fs.All = append(fs.All, Field{Name: name, Chinese: f.Tag.Get("zh"), Editable: f.Tag.Get("edit") == "", Initial: f.Tag.Get("edit") == "new", verbatim: f.Tag.Get("trim") == "no", index: f.Index})
	}
	return fs
}

// Names are the names of all fields.
func (fs Fields[T]) Names() []string {
	names := make([]string, len(fs.All))
	for i, f := range fs.All {
		names[i] = f.Name
	}
	return names
}

// Lookup finds a field by its name, or by its heading in Chinese.
func (fs Fields[T]) Lookup(name string) (Field, bool) {
	if i, ok := fs.byName[name]; ok {
		return fs.All[i], true
	}
	for _, f := range fs.All {
		if f.Chinese != "" && f.Chinese == name {
			return f, true
		}
	}
	return Field{}, false
}

// Value is a field's value in o.
func (fs Fields[T]) Value(o *T, f Field) any { return f.of(o).Interface() }

// Values are the values of all fields, in their order.
func (fs Fields[T]) Values(o *T) []any {
	v := reflect.ValueOf(o).Elem()
	values := make([]any, len(fs.All))
	for i, f := range fs.All {
		values[i] = v.FieldByIndex(f.index).Interface()
	}
	return values
}

func (f Field) of(o any) reflect.Value { return reflect.ValueOf(o).Elem().FieldByIndex(f.index) }

// Copy sets a field to what it is in from.
func (fs Fields[T]) Copy(to, from *T, f Field) { f.of(to).Set(f.of(from)) }

// CopyEditable sets the fields that people edit to what they are in from.
func (fs Fields[T]) CopyEditable(to, from *T) {
	for _, f := range fs.All {
		if f.Editable {
			fs.Copy(to, from, f)
		}
	}
}

// Trim takes the space around all texts away, but for those that are kept as they
// are.
func (fs Fields[T]) Trim(o *T) {
	for _, f := range fs.All {
		if v := f.of(o); v.Kind() == reflect.String && !f.verbatim {
			v.SetString(strings.TrimSpace(v.String()))
		}
	}
}

// Equal reports whether a field has one value in a and b. Nothing and an empty
// list are one.
func (fs Fields[T]) Equal(a, b *T, f Field) bool {
	x, y := f.of(a), f.of(b)
	if k := x.Kind(); k == reflect.Slice || k == reflect.Map {
		return x.Len() == y.Len() && (x.Len() == 0 || reflect.DeepEqual(x.Interface(), y.Interface()))
	}
	return x.Equal(y)
}

// Changed lists the editable fields in which a and b differ.
func (fs Fields[T]) Changed(a, b *T) []Field {
	var changed []Field
	for _, f := range fs.All {
		if f.Editable && !fs.Equal(a, b, f) {
			changed = append(changed, f)
		}
	}
	return changed
}

// Diff gives the fields in which before and after differ, as two JSON objects,
// leaving out those named. Without a before, after is whole. A time that is not known
// is null.
func (fs Fields[T]) Diff(before, after *T, without ...string) (was, is json.RawMessage, err error) {
	old, present := map[string]any{}, map[string]any{}
	for _, f := range fs.All {
		if slices.Contains(without, f.Name) || before != nil && fs.Equal(before, after, f) {
			continue
		}
		present[f.Name] = fs.known(after, f)
		if before != nil {
			old[f.Name] = fs.known(before, f)
		}
	}
	if is, err = json.Marshal(present); err != nil || before == nil {
		return nil, is, err
	}
	was, err = json.Marshal(old)
	return was, is, err
}

// known is a field's value in o; nil for the zero time, which would be the year 1.
func (fs Fields[T]) known(o *T, f Field) any {
	value := fs.Value(o, f)
	if at, ok := value.(time.Time); ok && at.IsZero() {
		return nil
	}
	return value
}

// SetJSON sets a field from JSON.
func (fs Fields[T]) SetJSON(o *T, f Field, raw json.RawMessage) error {
	fresh := reflect.New(f.of(o).Type())
	if err := json.Unmarshal(raw, fresh.Interface()); err != nil {
		return f.formError(o)
	}
	f.of(o).Set(fresh.Elem())
	return nil
}
