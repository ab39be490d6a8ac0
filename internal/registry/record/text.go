package record

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Cell is a field's value for a cell of a file: a string, an int or a float64.
// Zero is an empty cell, as an unknown number is.
func (fs Fields[T]) Cell(o *T, f Field) any {
	v := f.of(o)
	if v.IsZero() {
		return ""
	}
	switch v.Kind() {
	case reflect.String:
		return v.String()
	case reflect.Int, reflect.Int64:
		return int(v.Int())
	case reflect.Float64:
		return v.Float()
	case reflect.Bool:
		return strconv.FormatBool(v.Bool())
	}
	switch value := v.Interface().(type) {
	case time.Time:
		return value.UTC().Format("2006-01-02T15:04:05.000Z07:00")
	default:
		return joined(v)
	}
}

// joined is a list as "a; b" and a map as "k=v; l=w".
func joined(v reflect.Value) string {
	if v.Kind() == reflect.Slice {
		parts := make([]string, v.Len())
		for i := range parts {
			parts[i] = v.Index(i).String()
		}
		return strings.Join(parts, "; ")
	}
	m, ok := v.Convert(reflect.TypeFor[map[string]string]()).Interface().(map[string]string)
	if !ok {
		panic(fmt.Sprintf("record: a field of type %s", v.Type())) // the struct's own tests find it
	}
	parts := make([]string, 0, len(m))
	for _, k := range slices.Sorted(maps.Keys(m)) {
		parts = append(parts, k+"="+m[k])
	}
	return strings.Join(parts, "; ")
}

// SetText sets a field from a cell. An empty cell is zero, an empty list, or
// nothing.
func (fs Fields[T]) SetText(o *T, f Field, text string) error {
	v := f.of(o)
	text = strings.TrimSpace(text)
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
		return nil
	case reflect.Slice:
		list := split(text)
		out := reflect.MakeSlice(v.Type(), len(list), len(list))
		for i, s := range list {
			out.Index(i).SetString(s)
		}
		v.Set(out)
		return nil
	case reflect.Map:
		m, err := pairs(text)
		if err != nil {
			return err
		}
		v.Set(reflect.ValueOf(m).Convert(v.Type()))
		return nil
	}
	if text == "" {
		v.SetZero()
		return nil
	}
	switch v.Kind() {
	case reflect.Int, reflect.Int64:
		// Spreadsheets write 12 as 12.0 at times.
		n, err := strconv.ParseFloat(text, 64)
		if err != nil || n != math.Trunc(n) || math.Abs(n) > 1<<53 {
			return f.formError(o)
		}
		v.SetInt(int64(n))
	case reflect.Float64:
		n, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return f.formError(o)
		}
		v.SetFloat(n)
	default:
		return fmt.Errorf("cannot be set")
	}
	return nil
}

// formError says in words what a field holds.
func (f Field) formError(o any) error {
	switch f.of(o).Kind() {
	case reflect.Int, reflect.Int64:
		return errors.New("not a whole number")
	case reflect.Float64:
		return errors.New("not a number such as 1234.5")
	case reflect.Bool:
		return errors.New("not true or false")
	case reflect.Slice:
		return errors.New("not a list of texts")
	case reflect.Map:
		return errors.New("not an object of texts")
	}
	return errors.New("not a text")
}

// separators are those that people type, on Chinese keyboards too.
func separator(r rune) bool { return strings.ContainsRune(";,；，、\n", r) }

func split(text string) []string {
	list := []string{}
	for part := range strings.FieldsFuncSeq(text, separator) {
		if part = strings.TrimSpace(part); part != "" {
			list = append(list, part)
		}
	}
	return list
}

var errPairs = errors.New("not of the form scheme=value; scheme=value")

func pairs(text string) (map[string]string, error) {
	m := map[string]string{}
	for part := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ';' || r == '；' || r == '\n' }) {
		if strings.TrimSpace(part) == "" {
			continue
		}
		k, v, ok := strings.Cut(part, "=")
		k = strings.TrimSpace(k)
		if _, twice := m[k]; !ok || twice {
			return nil, errPairs
		}
		m[k] = strings.TrimSpace(v)
	}
	return m, nil
}
