package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	driver "github.com/ClickHouse/clickhouse-go/v2"

	"steward/internal/authz"
	"steward/internal/telemetry"
)

// What callers ask is in queries/scoped/. Every file there has the same
// condition on each table it reads, and is run by scopedRows or by an Export,
// which bind the scope and look at the place of every row that comes back.

// errOutside is a row that the condition should have kept back. Nothing of the
// answer is handed out.
var errOutside = errors.New("the answer has a row from outside the caller's places; this is a fault in steward and nothing was shown")

// Limits of one caller's query on the server: enough for what a page asks, and
// never so much that ingest starves.
const (
	callerSeconds = 20
	callerMemory  = 400 << 20 // of the least that an engine is given
	callerBytes   = 512 << 20 // of a result
	callerThreads = 2
)

// arguments are the parameters of a query as the server reads them.
type arguments map[string]string

func (a arguments) text(name, value string) { a[name] = parameterEscaper.Replace(value) }

func (a arguments) number(name string, value int64) { a[name] = strconv.FormatInt(value, 10) }

func (a arguments) texts(name string, values []string) { a[name] = arrayParameter(values) }

// tuples binds an array of tuples of texts.
func (a arguments) tuples(name string, values [][]string) {
	items := make([]string, len(values))
	for i, v := range values {
		tuple := arrayParameter(v)
		items[i] = "(" + tuple[1:len(tuple)-1] + ")"
	}
	a[name] = "[" + strings.Join(items, ",") + "]"
}

// scope binds what every file in queries/scoped/ asks for.
func (a arguments) scope(s authz.Scope) {
	all := int64(0)
	if s.All() {
		all = 1
	}
	projects := [][]string{}
	for _, p := range s.Projects() {
		projects = append(projects, []string{p.Region, p.Project})
	}
	a.number("scope_all", all)
	a.texts("scope_regions", s.Regions())
	a.tuples("scope_projects", projects)
}

func (a arguments) filter(f Filter) {
	a.text("region", f.Region)
	a.text("project", f.Project)
	a.text("class", string(f.Class))
	a.text("device", f.Device)
}

func (a arguments) period(p period) {
	a.number("from", int64(p.from))
	a.number("to", int64(p.to))
}

func (a arguments) devices(devices []telemetry.Device) {
	keys := make([][]string, len(devices))
	for i, d := range devices {
		keys[i] = []string{d.Region, d.Project, string(d.Class), d.ID}
	}
	a.tuples("devices", keys)
}

// scopedRows runs a file of queries/scoped/ for a caller and hands its rows to
// row, one at a time; row tells the place of what it read.
func (s *Store) scopedRows(ctx context.Context, scope authz.Scope, name string, args arguments, row func(scan func(dest ...any) error) (authz.Place, error)) error {
	if scope.Empty() {
		return nil
	}
	args.scope(scope)
	guard := placeGuard{scope: scope}
	// The context bounds what the server does not: the way there and back.
	ctx, cancel := context.WithTimeout(ctx, 2*callerSeconds*time.Second)
	defer cancel()
	ctx = driver.Context(ctx, driver.WithSettings(callerSettings()))
	return tooLarge(s.each(ctx, "scoped/"+name, driver.Parameters(args), func(scan func(...any) error) error {
		at, err := row(scan)
		if err != nil {
			return err
		}
		return guard.check(at)
	}))
}

func callerSettings() driver.Settings {
	return driver.Settings{
		"max_execution_time":            callerSeconds,
		"max_memory_usage":              callerMemory,
		"max_threads":                   callerThreads,
		"max_result_rows":               2 * MaxRows,
		"max_result_bytes":              callerBytes,
		"optimize_read_in_order":        1, // a page ends where its limit is reached
		"optimize_aggregation_in_order": 1,
	}
}

// placeGuard checks the places of rows, which mostly are those of the row
// before.
type placeGuard struct {
	scope authz.Scope
	last  authz.Place
	known bool
}

func (g *placeGuard) check(at authz.Place) error {
	if g.known && at == g.last {
		return nil
	}
	if !g.scope.Covers(at) {
		return errOutside
	}
	g.last, g.known = at, true
	return nil
}

// tooLarge marks the errors that say of a caller's query that it is too much,
// rather than of the server that it is at its limits.
func tooLarge(err error) error {
	code, text, ok := exception(err)
	if !ok {
		return err
	}
	limits := []int32{
		158, // TOO_MANY_ROWS
		159, // TIMEOUT_EXCEEDED
		160, // TOO_SLOW
		307, // TOO_MANY_BYTES
		396, // TOO_MANY_ROWS_OR_BYTES
	}
	if slices.Contains(limits, code) || code == 241 && strings.Contains(text, "uery memory limit") {
		return fmt.Errorf("%w: %w: %w", ErrTooLarge, ErrBusy, err)
	}
	return err
}
