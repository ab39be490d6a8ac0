package clickhouse

import (
	"errors"
	"fmt"
)

// ErrNotFound: there is no such thing that the caller may see.
var ErrNotFound = errors.New("not found")

// ErrTooLarge: the query would read or return more than one caller may ask for
// at once; a narrower one will do. It comes together with ErrBusy.
var ErrTooLarge = errors.New("the query is too large: narrow the places, devices or times")

// ArgumentError is a query that cannot be asked: something in it is wrong.
type ArgumentError struct {
	Field   string // as the HTTP interface names it, such as "from"
	Value   string
	Problem string
}

func (e *ArgumentError) Error() string {
	return fmt.Sprintf("%s %.80q %s", e.Field, e.Value, e.Problem)
}

// What one query may ask for.
const (
	MaxRows         = 100_000 // in a page
	DefaultRows     = 10_000
	MaxCoverage     = 10_000 // devices in a page
	DefaultCoverage = 1000
	MaxSteps        = 10_000 // of coverage: 416 days of hours
	MaxDevices      = 100
	MaxMetrics      = 100
	MaxIDs          = 1000
	MaxPoints       = 100_000
	DefaultPoints   = 2000
	DefaultMaxBad   = 100_000
)
