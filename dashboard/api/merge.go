package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
)

// patch is a JSON Merge Patch (RFC 7396): the fields that are to be different,
// null for those that are to be empty.
type patch = map[string]json.RawMessage

// applied is an object with a patch put over it.
func applied[T any](to T, with patch) (T, error) {
	var changed T
	present, err := json.Marshal(to)
	if err != nil {
		return changed, err
	}
	fields, isObject := asObject(present)
	if !isObject {
		return changed, errors.New("patch: the object is not a JSON object")
	}
	for name := range with {
		if _, known := fields[name]; !known {
			return changed, invalid(shorten(name), "", "is not a field of this object")
		}
	}
	merged, err := json.Marshal(mergeObject(fields, with))
	if err != nil {
		return changed, err
	}
	decoder := json.NewDecoder(bytes.NewReader(merged))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&changed); err != nil {
		var wrongType *json.UnmarshalTypeError
		if errors.As(err, &wrongType) {
			return changed, invalid(wrongType.Field, "", "is a %s, and not of the field's type", wrongType.Value)
		}
		return changed, problem(422, CodeInvalid, "the patch does not fit the object")
	}
	return changed, nil
}

func mergeObject(into map[string]json.RawMessage, with patch) map[string]json.RawMessage {
	merged := maps.Clone(into)
	if merged == nil {
		merged = map[string]json.RawMessage{}
	}
	for name, value := range with {
		inner, isObject := asObject(value)
		switch {
		case isNull(value):
			delete(merged, name)
		case isObject:
			old, _ := asObject(merged[name])
			text, err := json.Marshal(mergeObject(old, inner))
			if err != nil {
				panic("api: merge: " + err.Error()) // both were JSON
			}
			merged[name] = text
		default:
			merged[name] = value
		}
	}
	return merged
}

func isNull(value json.RawMessage) bool { return string(bytes.TrimSpace(value)) == "null" }

func asObject(value json.RawMessage) (map[string]json.RawMessage, bool) {
	if text := bytes.TrimSpace(value); len(text) == 0 || text[0] != '{' {
		return nil, false
	}
	var fields map[string]json.RawMessage
	return fields, json.Unmarshal(value, &fields) == nil
}

// marshalJSON and unmarshalJSON are the format of bodies.
func marshalJSON(w io.Writer, v any) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(v)
}

// unmarshalJSON refuses NUL: PostgreSQL keeps none, and no name has one.
func unmarshalJSON(data []byte, v any) error {
	if err := json.Unmarshal(data, v); err != nil {
		return err
	}
	if parsed, ok := v.(*any); ok && holdsNUL(*parsed) {
		return errors.New("a text holds the character U+0000")
	}
	return nil
}

func holdsNUL(v any) bool {
	switch v := v.(type) {
	case string:
		return bytes.IndexByte([]byte(v), 0) >= 0
	case []any:
		for _, item := range v {
			if holdsNUL(item) {
				return true
			}
		}
	case map[string]any:
		for name, item := range v {
			if holdsNUL(name) || holdsNUL(item) {
				return true
			}
		}
	}
	return false
}
