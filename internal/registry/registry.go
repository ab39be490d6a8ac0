// Package registry keeps what people know of an estate: regions, projects,
// buildings and devices, what was changed by whom, and what is needed to change
// it safely.
//
// A [Store] can be asked nothing by itself: [Store.As] gives a [View], the
// registry as one caller may see and change it. There is no other way to a
// query, so that none can be written without a scope.
//
// Promises: what a caller may not see does not exist for him (ErrNotFound); of
// two who edit the same object the second is told (ErrConflict); each change and
// its entry in the hash-chained audit log are one transaction; a device is
// retired or replaced, never deleted.
package registry

import "steward/internal/controldb"

// Errors of a View, for errors.Is.
var (
	ErrNotFound  = controldb.ErrNotFound
	ErrForbidden = controldb.ErrForbidden
	ErrConflict  = controldb.ErrConflict
	ErrExists    = controldb.ErrExists
)

// What the control database's packages share.
type (
	FieldError   = controldb.FieldError
	InvalidError = controldb.InvalidError
	Page         = controldb.Page
	List[T any]  = controldb.List[T]
)
