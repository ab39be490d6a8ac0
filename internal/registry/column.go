package registry

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
)

// Externals and Refs are JSON in one column: they are read with their device,
// and what must be found by them has tables of its own.

// Value implements driver.Valuer.
func (e Externals) Value() (driver.Value, error) {
	if e == nil {
		return "{}", nil
	}
	return asJSON(map[string]string(e))
}

// Scan implements sql.Scanner.
func (e *Externals) Scan(src any) error {
	*e = Externals{}
	return scan((*map[string]string)(e), src)
}

// Value implements driver.Valuer.
func (r Refs) Value() (driver.Value, error) {
	if r == nil {
		return "[]", nil
	}
	return asJSON([]string(r))
}

// Scan implements sql.Scanner.
func (r *Refs) Scan(src any) error {
	*r = Refs{}
	return scan((*[]string)(r), src)
}

func asJSON(v any) (driver.Value, error) {
	b, err := json.Marshal(v)
	return string(b), err
}

func scan(dest, src any) error {
	switch s := src.(type) {
	case string:
		return json.Unmarshal([]byte(s), dest)
	case []byte:
		return json.Unmarshal(s, dest)
	}
	return fmt.Errorf("a list in a column of type %T", src)
}
