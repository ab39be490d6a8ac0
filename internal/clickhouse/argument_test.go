package clickhouse

import (
	"errors"
	"fmt"
	"testing"

	driver "github.com/ClickHouse/clickhouse-go/v2"
)

// A query that is too much is told apart from a server that is at its limits:
// the one should be narrower, the other should be asked again.
func TestTooLarge(t *testing.T) {
	for _, c := range []struct {
		code           int32
		text           string
		tooLarge, busy bool
	}{
		{241, "Query memory limit exceeded: would use 20.00 MiB, maximum: 19.07 MiB", true, true},
		{241, "(total) memory limit exceeded: would use 2.00 GiB", false, true},
		{159, "Timeout exceeded: elapsed 20000 ms, maximum: 20000 ms", true, true},
		{158, "Limit for rows to read exceeded", true, true},
		{396, "Limit for result exceeded", true, true},
		{202, "Too many simultaneous queries", false, true},
		{62, "Syntax error", false, false},
	} {
		err := (&Options{Addrs: []string{"a:1"}}).wrap("query x", fmt.Errorf("read: %w", &driver.Exception{Code: c.code, Message: c.text}))
		got := tooLarge(err)
		if errors.Is(got, ErrTooLarge) != c.tooLarge || errors.Is(got, ErrBusy) != c.busy {
			t.Errorf("%d %s: %v", c.code, c.text, got)
		}
	}
	if tooLarge(nil) != nil {
		t.Error("no error became one")
	}
}
