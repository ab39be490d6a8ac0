package incident

import (
	"strings"

	"steward/internal/controldb"
)

// More errors of the store, for errors.Is.
var (
	ErrExists   = controldb.ErrExists
	ErrTampered = controldb.ErrTampered
)

// What the packages of the control database share.
type (
	FieldError   = controldb.FieldError
	InvalidError = controldb.InvalidError
	Page         = controldb.Page
	List[T any]  = controldb.List[T]
)

// clean is a text as both databases take it. What devices and other systems send
// must not be able to hold up an alarm by a byte that PostgreSQL refuses.
func clean(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

// cut is a text of at most n bytes, which says that it was longer.
func cut(s string, n int) string {
	const more = "…"
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n-len(more)], "") + more
}
