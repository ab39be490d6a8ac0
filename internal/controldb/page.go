package controldb

import (
	"fmt"
	"strings"
)

// Page is which part of a list is wanted.
type Page struct {
	Limit  int    // at most so many; 0 means 100, more than 1,000 means 1,000
	Cursor string // of the List before; empty for the first page
	Sort   string // a field that the list can be sorted by, "-" before it for descending; empty for the list's own order
}

// Size is the number of items that a page holds at most.
func (p Page) Size() int {
	switch {
	case p.Limit <= 0:
		return 100
	case p.Limit > 1000:
		return 1000
	}
	return p.Limit
}

// List is a page of objects.
type List[T any] struct {
	Items []T
	Next  string // the cursor of the following page; empty on the last one
}

// FieldError is one thing wrong with one field.
type FieldError struct {
	Field   string `json:"field"`   // as in JSON and in the header of an import
	Value   string `json:"value"`   // as it was given
	Problem string `json:"problem"` // what is wrong and what would be right
}

// InvalidError is an object or a request that cannot be taken as it is.
type InvalidError struct{ Fields []FieldError }

// Invalid is an InvalidError of one field.
func Invalid(field, value, problem string, args ...any) *InvalidError {
	return &InvalidError{Fields: []FieldError{{field, value, fmt.Sprintf(problem, args...)}}}
}

func (e *InvalidError) Error() string {
	parts := make([]string, len(e.Fields))
	for i, f := range e.Fields {
		parts[i] = fmt.Sprintf("%s %.80q: %s", f.Field, f.Value, f.Problem)
	}
	return strings.Join(parts, "; ")
}
