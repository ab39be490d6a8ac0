package clickhouse_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/telemetry"
)

// wholeDay is a probe of everything in a world.
func wholeDay(w *world) probe {
	p := probe{}
	p.from, p.to = when(day, day+24*hour)
	for i := 0; i < len(w.letters); i += 4 { // some of every kind
		p.ids = append(p.ids, w.letters[i].ID)
	}
	return p
}

// Every query gives to everybody all that he may see and nothing else, whatever
// he filters by.
func TestWalls(t *testing.T) {
	w := newWorld(t)
	for _, q := range questions() {
		t.Run(q.name, func(t *testing.T) {
			for _, who := range watchers {
				scope := who.scope(t)
				for what, p := range filters(w) {
					if field, _, _ := strings.Cut(what, ": "); field != "all" && (q.like || !q.about(field)) {
						continue // the same query as another
					}
					rows, _, err := q.ask(t.Context(), w.db, scope, p)
					if bad := new(clickhouse.ArgumentError); errors.As(err, &bad) && len(rows) == 0 {
						if p.Region == "" && p.Project != "" {
							continue // a project without its region may be refused
						}
					}
					if err != nil {
						t.Errorf("%s, %s: %v", who, what, err)
						continue
					}
					sameRows(t, fmt.Sprintf("%s, %s", who, what), rows, seenBy(who, q.want(w, p)))
				}
			}
		})
	}
}

// filters are ways to narrow a query, most of them to places that most
// watchers cannot see.
func filters(w *world) map[string]probe {
	all := wholeDay(w)
	with := func(change func(p *probe)) probe {
		p := all
		change(&p)
		return p
	}
	replayed := true
	list := map[string]probe{
		"all":                          all,
		"region: its name":             with(func(p *probe) { p.Region = "north" }),
		"project: one of a region":     with(func(p *probe) { p.Region, p.Project = "east", "harbour" }),
		"project: in the wrong region": with(func(p *probe) { p.Region, p.Project = "north", "north" }),
		"project: without a region":    with(func(p *probe) { p.Project = "harbour" }),
		"class: one":                   with(func(p *probe) { p.Class = telemetry.Access }),
		"device: in many projects":     with(func(p *probe) { p.Device = "m-1" }),
		"metrics: one":                 with(func(p *probe) { p.metrics = []string{"力矩"} }),
		"kinds: two":                   with(func(p *probe) { p.kinds = []string{"tamper", "开门"} }),
		"severities: one":              with(func(p *probe) { p.severities = []string{"warning"} }),
		"reasons: one":                 with(func(p *probe) { p.reasons = []telemetry.Reason{telemetry.ClockAhead} }),
		"replayed: what was":           with(func(p *probe) { p.replayed = &replayed }),
	}
	devices := all
	for _, at := range []authz.Place{{Region: "north", Project: "harbour"}, {Region: "east", Project: "north"}} {
		devices.devices = append(devices.devices, *w.devices(at)[0], *w.devices(at)[2])
	}
	list["devices: four"] = devices
	return list
}

// Who has no place is told nothing, and the server is not even asked: nobody
// listens where this store looks for it.
func TestTheEmptyScopeAsksNobody(t *testing.T) {
	db := openWith(t, clickhouse.Options{Addrs: []string{freeAddr(t)}, HTTPURL: "http://" + freeAddr(t)})
	p := wholeDay(&world{letters: []clickhouse.Letter{letterOn("property/north/harbour/meter/m/telemetry", "x", 1)}})
	for _, q := range questions() {
		rows, next, err := q.ask(t.Context(), db, authz.Scope{}, p)
		if len(rows) > 0 || next != "" || err != nil {
			t.Errorf("%s: %d rows, %q, %v", q.name, len(rows), next, err)
		}
	}
}

// Texts that would mean something in SQL, in a parameter or in a file.
var injections = []string{
	"' OR 1=1 --", "' OR '1'='1", `\' OR 1=1 --`, `\\' OR 1=1 --`, "') OR (1=1", `"`, "`", `\`, `\\`, "\\N", "NULL", "\x00", "north\x00", "a\tb", "a\nb", "a\r\nb",
	"%", "_", "*", "north' UNION ALL SELECT * FROM readings --", "{scope_all:UInt8}", "1} OR 1=1 --", "'],['", "[]", "],1=1,[", "('", "north/harbour",
	"\xff\xfe", "\u202enorth", "nоrth", "北' OR 1=1", "north ", " north", "North", strings.Repeat("'", 200), "$$", "/*", "*/", ";", "--",
}

// No text in any field widens what a caller sees; at the most it is refused as a
// text.
func TestInjections(t *testing.T) {
	w := newWorld(t)
	who := watcher{"north/harbour"}
	scope := who.scope(t)
	for _, q := range questions() {
		if q.like {
			continue
		}
		t.Run(q.name, func(t *testing.T) {
			for _, text := range injections {
				for what, p := range injected(w, text) {
					field, _, _ := strings.Cut(what, ": ")
					if !q.about(field) {
						continue
					}
					rows, _, err := q.ask(t.Context(), w.db, scope, p)
					if bad := new(clickhouse.ArgumentError); err != nil && !errors.As(err, &bad) {
						t.Errorf("%q as %s: %v", text, what, err)
					}
					if most := seenBy(who, q.want(w, wholeDay(w))); len(rows) > len(most) {
						t.Errorf("%q as %s: %d rows", text, what, len(rows))
					}
					if slices.ContainsFunc(rows, func(r row) bool { return !who.sees(r.region, r.project) }) {
						t.Errorf("%q as %s shows other places", text, what)
					}
				}
			}
		})
	}
}

// injected puts a text into one field after the other.
func injected(w *world, text string) map[string]probe {
	all := wholeDay(w)
	list := map[string]probe{}
	for what, change := range map[string]func(p *probe){
		"region":  func(p *probe) { p.Region = text },
		"project": func(p *probe) { p.Region, p.Project = "north", text },
		"class":   func(p *probe) { p.Class = telemetry.Class(text) },
		"device":  func(p *probe) { p.Device = text },
		"devices: a region": func(p *probe) {
			p.devices = []telemetry.Device{{Region: text, Project: "harbour", Class: "meter", ID: "m-1"}}
		},
		"devices: an id": func(p *probe) {
			p.devices = []telemetry.Device{{Region: "north", Project: "harbour", Class: "meter", ID: text}}
		},
		"metrics: one":        func(p *probe) { p.metrics = []string{text} },
		"metrics: the second": func(p *probe) { p.metrics = []string{"power_kw", text} },
		"kinds: one":          func(p *probe) { p.kinds = []string{text} },
		"severities: one":     func(p *probe) { p.severities = []string{text} },
		"reasons: one":        func(p *probe) { p.reasons = []telemetry.Reason{telemetry.Reason(text)} },
		"ids: one":            func(p *probe) { p.ids = []string{text} },
		"cursor":              func(p *probe) { p.cursor = text },
	} {
		p := all
		change(&p)
		list[what] = p
	}
	return list
}

// Pages put together are the whole, for pages of any length, however many rows
// have the same key; and they come in order.
func TestPagesAreTheWhole(t *testing.T) {
	w := newWorld(t)
	for _, q := range questions() {
		if !q.page {
			continue
		}
		t.Run(q.name, func(t *testing.T) {
			for _, who := range []watcher{{"hq"}, {"north/hill", "northern"}} {
				for _, limit := range []int{1, 50, 1000} {
					p := wholeDay(w)
					p.limit = limit
					if limit == 1 {
						p.Class, p.Region, p.metrics = telemetry.Access, "northern", []string{"power_kw"} // one row a page is many pages
					}
					got := walk(t, q, w.db, who.scope(t), p)
					sameRows(t, fmt.Sprintf("%s by %d", who, limit), got, seenBy(who, q.want(w, p)))
					p.limit = 0
					once, _, err := q.ask(t.Context(), w.db, who.scope(t), p)
					if err != nil || !slices.Equal(once, got) {
						t.Errorf("%s by %d: another order than at once, %v", who, limit, err)
					}
				}
			}
		})
	}
}

// walk goes through all pages.
func walk(t *testing.T, q question, db *clickhouse.Store, scope authz.Scope, p probe) []row {
	t.Helper()
	var got []row
	for range 1000 {
		rows, next, err := q.ask(t.Context(), db, scope, p)
		if err != nil {
			t.Fatal(err)
		}
		if len(rows) > p.limit || len(rows) < p.limit && next != "" {
			t.Fatalf("%d rows on a page of %d, next %q", len(rows), p.limit, next)
		}
		if got = append(got, rows...); next == "" {
			return got
		}
		p.cursor = next
	}
	t.Fatal("the pages do not end")
	return nil
}

// Readings come by series and time, events and letters by time.
func TestOrder(t *testing.T) {
	w := newWorld(t)
	everything := authz.Everything()
	p := wholeDay(w)
	page, err := w.db.Readings(t.Context(), everything, clickhouse.ReadingsQuery{From: p.from, To: p.to, Resolution: clickhouse.Raw})
	if err != nil {
		t.Fatal(err)
	}
	ended := map[string]bool{}
	for i, r := range page.Readings[1:] {
		series, before := sortedBy(r), sortedBy(page.Readings[i])
		if series == before && r.TS < page.Readings[i].TS {
			t.Fatalf("%s goes back in time", series)
		}
		if series != before {
			ended[before] = true
		}
		if ended[series] {
			t.Fatalf("%s comes again", series)
		}
	}
	for _, oldest := range []bool{false, true} {
		page, err := w.db.Events(t.Context(), everything, clickhouse.EventsQuery{From: p.from, To: p.to, OldestFirst: oldest})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.IsSortedFunc(page.Events, func(a, b telemetry.Event) int {
			if oldest {
				return cmp.Compare(a.TS, b.TS)
			}
			return cmp.Compare(b.TS, a.TS)
		}) {
			t.Errorf("events with oldest first %t are not in order", oldest)
		}
	}
	letters, err := w.db.DeadLetters(t.Context(), everything, clickhouse.LettersQuery{From: p.from, To: p.to})
	if err != nil || !slices.IsSortedFunc(letters.Letters, func(a, b clickhouse.Letter) int { return cmp.Compare(b.Received, a.Received) }) {
		t.Errorf("letters are not in order: %v", err)
	}
}

// sortedBy is a series without its region: two regions may have projects and
// devices of the same names, which then come together.
func sortedBy(r telemetry.Reading) string {
	return fmt.Sprint(r.Device.Project, r.Device.Class, r.Device.ID, r.Metric)
}

// A cursor is of no use to anybody else, nor in any other query.
func TestACursorBelongsToItsQuery(t *testing.T) {
	w := newWorld(t)
	everything := authz.Everything()
	cursors := map[string]string{}
	for _, q := range questions() {
		if !q.page {
			continue
		}
		p := wholeDay(w)
		p.limit = 3
		_, next, err := q.ask(t.Context(), w.db, everything, p)
		if err != nil || next == "" {
			if !strings.HasPrefix(q.name, "coverage") || err != nil {
				t.Errorf("%s: next %q, %v", q.name, next, err)
			}
			continue
		}
		cursors[q.name] = next
	}
	refused := func(what string, q question, scope authz.Scope, p probe) {
		t.Helper()
		rows, _, err := q.ask(context.WithoutCancel(t.Context()), w.db, scope, p)
		bad := new(clickhouse.ArgumentError)
		if !errors.As(err, &bad) || bad.Field != "cursor" || len(rows) > 0 {
			t.Errorf("%s: %d rows, %v", what, len(rows), err)
		}
	}
	for _, q := range questions() {
		for from, next := range cursors {
			if !q.page {
				continue
			}
			p := wholeDay(w)
			p.cursor, p.limit = next, 3
			if from == q.name {
				refused(from+" of another scope", q, watcher{"north/harbour"}.scope(t), p)
				if !strings.HasPrefix(q.name, "letters") {
					p.Class = telemetry.Meter
				} else {
					p.Region = "north"
				}
				refused(from+" with another filter", q, everything, p)
				continue
			}
			refused(from+" in "+q.name, q, everything, p)
		}
	}
}
