package clickhouse_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/clickhouse/clickhousetest"
	"steward/internal/operations"
)

var (
	quay = authz.Place{Region: "north", Project: "quay"}
	dune = authz.Place{Region: "south", Project: "dune"}
)

// operation reads a record as somebody sends it.
func operation(t testing.TB, k *operations.Kind, at authz.Place, text string) operations.Record {
	t.Helper()
	given, err := operations.ParseOne([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	r, problems := k.Read(given, operations.Arrival{Place: at, Received: day.Time().AddDate(0, 1, 0), Source: operations.API, Pseudonym: func(s string) string { return "key of " + s }})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return r
}

func putOperations(t testing.TB, db *clickhouse.Store, records ...operations.Record) {
	t.Helper()
	if err := db.PutOperations(t.Context(), records); err != nil {
		t.Fatal(err)
	}
}

// listed is a whole list as JSON, by pages of two.
func listed(t testing.TB, db *clickhouse.Store, scope authz.Scope, q clickhouse.OperationsQuery) string {
	t.Helper()
	var lines []string
	for q.Limit = 2; ; {
		page, err := db.Operations(t.Context(), scope, q)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page.Records {
			text, err := json.Marshal(r)
			if err != nil {
				t.Fatal(err)
			}
			lines = append(lines, string(text))
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			return strings.Join(lines, "\n")
		}
	}
}

func ids(t testing.TB, db *clickhouse.Store, scope authz.Scope, q clickhouse.OperationsQuery) string {
	t.Helper()
	var list []string
	for line := range strings.Lines(listed(t, db, scope, q)) {
		var r operations.Head
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		list = append(list, r.ID)
	}
	return strings.Join(list, " ")
}

// Every field of every kind comes back as it was put, by each of the ways out.
func TestOperationsRoundTrip(t *testing.T) {
	db := clickhousetest.Start(t)
	f := func(k *operations.Kind, full, least, csv string) {
		t.Helper()
		a, b := operation(t, k, quay, full), operation(t, k, quay, least)
		putOperations(t, db, a, b)
		want := fmt.Sprintf("%s\n%s", asJSON(t, a), asJSON(t, b))
		got := listed(t, db, authz.Everything(), clickhouse.OperationsQuery{Kind: k, OldestFirst: true})
		if got != want {
			t.Errorf("%s:\n%s\nwant\n%s", k.Name, got, want)
		}
		var file bytes.Buffer
		if err := db.Export(t.Context(), authz.Everything(), &file, clickhouse.ExportQuery{Table: k.Name, Format: clickhouse.FormatCSV}); err != nil {
			t.Fatal(err)
		}
		if file.String() != csv {
			t.Errorf("%s as CSV:\n%s\nwant\n%s", k.Name, file.String(), csv)
		}
		for _, format := range []string{clickhouse.FormatArrow, clickhouse.FormatParquet} {
			file.Reset()
			if err := db.Export(t.Context(), authz.Everything(), &file, clickhouse.ExportQuery{Table: k.Name, Format: format}); err != nil || file.Len() == 0 {
				t.Errorf("%s as %s: %d bytes, %v", k.Name, format, file.Len(), err)
			}
		}
	}
	f(operations.Inspections(),
		`{"id":"i1","level":"project","kind":"fire","planned":"2026-06-01T08:00:00Z","done":"2026-06-01T09:00:00.5Z","score":92.5,"inspector":"x","building":"b1","note":"=ok","updated":"2026-06-02T00:00:00Z"}`,
		`{"id":"i2","level":"region","kind":"safety","planned":"2026-08-01T08:00:00Z"}`,
		"region,project,id,level,kind,planned,done,score,inspector_key,building,note,updated,received,source\n"+
			"north,quay,i1,project,fire,2026-06-01T08:00:00.000Z,2026-06-01T09:00:00.500Z,92.5,key of x,b1,'=ok,2026-06-02T00:00:00.000Z,2026-07-01T00:00:00.000Z,api\n"+
			"north,quay,region-i2,region,safety,2026-08-01T08:00:00.000Z,,,,,,2026-07-01T00:00:00.000Z,2026-07-01T00:00:00.000Z,api\n")
	f(operations.Complaints(),
		`{"id":"c1","type":"noise","created":"2026-06-01T08:00:00Z","answered":"2026-06-01T09:00:00Z","closed":"2026-06-01T10:00:00Z","satisfied":4,"note":"噪音"}`,
		`{"id":"c2","type":"other","created":"2026-06-01T08:00:00Z"}`,
		"region,project,id,type,created,answered,closed,satisfied,note,updated,received,source\n"+
			"north,quay,c1,noise,2026-06-01T08:00:00.000Z,2026-06-01T09:00:00.000Z,2026-06-01T10:00:00.000Z,4,噪音,2026-07-01T00:00:00.000Z,2026-07-01T00:00:00.000Z,api\n"+
			"north,quay,c2,other,2026-06-01T08:00:00.000Z,,,,,2026-07-01T00:00:00.000Z,2026-07-01T00:00:00.000Z,api\n")
	f(operations.Fees(),
		`{"id":"f1","kind":"property","month":"2026-05","due":1824.6,"paid":1824.6,"paid_on":"2026-05-12"}`,
		`{"id":"f2","kind":"parking","month":"2026-06-01","due":300}`,
		"region,project,id,kind,month,due,paid,paid_on,updated,received,source\n"+
			"north,quay,f1,property,2026-05-01,1824.6,1824.6,2026-05-12,2026-07-01T00:00:00.000Z,2026-07-01T00:00:00.000Z,api\n"+
			"north,quay,f2,parking,2026-06-01,300,0,,2026-07-01T00:00:00.000Z,2026-07-01T00:00:00.000Z,api\n")
	f(operations.RepairOrders(),
		`{"id":"r1","type":"elevator","priority":"urgent","device_class":"elevator","device":"e1","building":"b1","contractor":"通力","created":"2026-06-01T08:00:00Z","dispatched":"2026-06-01T08:10:00Z","arrived":"2026-06-01T09:00:00Z","done":"2026-06-01T10:00:00Z","cost":860,"fault_code":"E42","note":"door"}`,
		`{"id":"r2","type":"civil","created":"2026-06-02T08:00:00Z"}`,
		"region,project,id,type,priority,device_class,device,building,contractor,created,dispatched,arrived,done,cost,fault_code,note,updated,received,source\n"+
			"north,quay,r1,elevator,urgent,elevator,e1,b1,通力,2026-06-01T08:00:00.000Z,2026-06-01T08:10:00.000Z,2026-06-01T09:00:00.000Z,2026-06-01T10:00:00.000Z,860,E42,door,2026-07-01T00:00:00.000Z,2026-07-01T00:00:00.000Z,api\n"+
			"north,quay,r2,civil,normal,,,,,2026-06-02T08:00:00.000Z,,,,,,,2026-07-01T00:00:00.000Z,2026-07-01T00:00:00.000Z,api\n")
}

func asJSON(t testing.TB, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestTheNewestRecordCounts(t *testing.T) {
	db := clickhousetest.Start(t)
	k := operations.Complaints()
	put := func(text string) { t.Helper(); putOperations(t, db, operation(t, k, quay, text)) }
	put(`{"id":"a","type":"noise","created":"2026-06-01T08:00:00Z","updated":"2026-06-01T08:00:00Z"}`)
	put(`{"id":"a","type":"noise","created":"2026-05-01T08:00:00Z","closed":"2026-06-03T08:00:00Z","updated":"2026-06-03T08:00:00Z"}`)
	put(`{"id":"a","type":"parking","created":"2026-06-01T08:00:00Z","updated":"2026-06-02T08:00:00Z"}`) // late
	put(`{"id":"b","type":"noise","created":"2026-06-01T08:00:00Z","updated":"2026-06-01T08:00:00Z"}`)
	f := func(want string, q clickhouse.OperationsQuery) {
		t.Helper()
		q.Kind = k
		if got := ids(t, db, authz.Everything(), q); got != want {
			t.Errorf("%+v: %q, want %q", q, got, want)
		}
	}
	for range 2 { // as the parts are, and merged
		f("b a", clickhouse.OperationsQuery{})
		f("a b", clickhouse.OperationsQuery{OldestFirst: true})
		f("a", clickhouse.OperationsQuery{State: clickhouse.OperationsClosed})
		f("b", clickhouse.OperationsQuery{State: clickhouse.OperationsOpen})
		f("", clickhouse.OperationsQuery{Sorts: []string{"parking"}})
		f("b", clickhouse.OperationsQuery{From: day.Time()})
		f("a", clickhouse.OperationsQuery{To: day.Time()})
		if err := db.Query(t.Context(), io.Discard, clickhouse.QueryOptions{SQL: "OPTIMIZE TABLE complaints FINAL"}); err != nil {
			t.Fatal(err)
		}
	}
	put(`{"id":"a","withdrawn":true}`)
	f("b", clickhouse.OperationsQuery{})
	f("b a", clickhouse.OperationsQuery{Withdrawn: true})
	r, err := db.Operation(t.Context(), authz.Everything(), k, operations.Key{Place: quay, ID: "a"})
	if err != nil || !r.Of().Withdrawn {
		t.Errorf("%+v, %v", r, err)
	}
	_, err = db.Operation(t.Context(), authz.Everything(), k, operations.Key{Place: quay, ID: "z"})
	if !errors.Is(err, clickhouse.ErrNotFound) {
		t.Error(err)
	}
}

func TestOperationsAreScoped(t *testing.T) {
	db := clickhousetest.Start(t)
	k := operations.Fees()
	for _, at := range []authz.Place{quay, dune} {
		for i := range 3 {
			putOperations(t, db, operation(t, k, at, fmt.Sprintf(`{"id":"%s-%d","kind":"property","month":"2026-0%d","due":1}`, at.Project, i, i+1)))
		}
	}
	f := func(want string, q clickhouse.OperationsQuery, places ...authz.Place) {
		t.Helper()
		q.Kind = k
		scope := scopeOf(places...)
		if got := ids(t, db, scope, q); got != want {
			t.Errorf("%v sees %q, want %q", places, got, want)
		}
		var file bytes.Buffer
		err := db.Export(t.Context(), scope, &file, clickhouse.ExportQuery{Table: "fees", Format: clickhouse.FormatCSV, Filter: clickhouse.Filter{Region: q.Region, Project: q.Project}})
		if n := strings.Count(file.String(), "\n") - 1; err != nil || n != len(strings.Fields(want)) {
			t.Errorf("%v exports %d records: %v", places, n, err)
		}
	}
	f("quay-2 quay-1 quay-0", clickhouse.OperationsQuery{}, quay)
	f("dune-2 dune-1 dune-0", clickhouse.OperationsQuery{}, authz.Place{Region: "south"})
	f("", clickhouse.OperationsQuery{Region: "south", Project: "dune"}, quay)
	f("quay-2 dune-2 quay-1 dune-1 quay-0 dune-0", clickhouse.OperationsQuery{}, quay, dune)
	f("", clickhouse.OperationsQuery{})

	// A cursor is of one scope and one kind.
	page, err := db.Operations(t.Context(), scopeOf(dune), clickhouse.OperationsQuery{Kind: k, Limit: 1})
	if err != nil || page.Next == "" {
		t.Fatal(page, err)
	}
	for _, other := range []struct {
		kind  *operations.Kind
		place authz.Place
	}{{k, quay}, {operations.Complaints(), dune}} {
		var wrong *clickhouse.ArgumentError
		if _, err := db.Operations(t.Context(), scopeOf(other.place), clickhouse.OperationsQuery{Kind: other.kind, Limit: 1, Cursor: page.Next}); !errors.As(err, &wrong) {
			t.Errorf("cursor of another query: %v", err)
		}
	}
	if _, err := db.Operation(t.Context(), scopeOf(quay), k, operations.Key{Place: dune, ID: "dune-1"}); !errors.Is(err, clickhouse.ErrNotFound) {
		t.Error(err)
	}
}

// An append that is repeated changes nothing, also between kinds.
func TestOperationsAppendOnce(t *testing.T) {
	db := clickhousetest.Start(t)
	b := new(clickhouse.Batch)
	b.AddOperation(operation(t, operations.Fees(), quay, `{"id":"f","kind":"property","month":"2026-05","due":1}`))
	b.AddOperation(operation(t, operations.Complaints(), quay, `{"id":"c","type":"noise","created":"2026-06-01T08:00:00Z"}`))
	if b.Rows() != 2 || b.Bytes() == 0 {
		t.Errorf("%d rows of %d bytes", b.Rows(), b.Bytes())
	}
	for range 2 {
		if err := db.Append(t.Context(), b, "token"); err != nil {
			t.Fatal(err)
		}
	}
	query(t, db, "1\t1", "SELECT (SELECT count() FROM fees), (SELECT count() FROM complaints)")
	if b.Reset(); b.Rows() != 0 {
		t.Error("rows after a reset")
	}
}

func TestOperationsArguments(t *testing.T) {
	db := clickhousetest.Start(t)
	f := func(field string, q clickhouse.OperationsQuery) {
		t.Helper()
		var wrong *clickhouse.ArgumentError
		if _, err := db.Operations(t.Context(), authz.Everything(), q); !errors.As(err, &wrong) || wrong.Field != field {
			t.Errorf("%+v: %v, want one of %s", q, err, field)
		}
	}
	k := operations.Fees()
	f("kind", clickhouse.OperationsQuery{})
	f("state", clickhouse.OperationsQuery{Kind: k, State: "half"})
	f("id", clickhouse.OperationsQuery{Kind: k, ID: "A B"})
	f("limit", clickhouse.OperationsQuery{Kind: k, Limit: -1})
	f("cursor", clickhouse.OperationsQuery{Kind: k, Cursor: "x"})
	f("from", clickhouse.OperationsQuery{Kind: k, From: day.Time(), To: day.Time().Add(-time.Hour)})
	for _, q := range []clickhouse.ExportQuery{
		{Table: "fees", Format: "csv", Metrics: []string{"x"}}, {Table: "fees", Format: "csv", State: "x"}, {Table: "events", Format: "csv", State: "open"}, {Table: "wages", Format: "csv"},
	} {
		var wrong *clickhouse.ArgumentError
		if err := db.Export(t.Context(), authz.Everything(), &bytes.Buffer{}, q); !errors.As(err, &wrong) {
			t.Errorf("%+v: %v", q, err)
		}
	}
}

// scopeOf is what a viewer at some places sees.
func scopeOf(places ...authz.Place) authz.Scope {
	var p authz.Principal
	for _, at := range places {
		p.Grants = append(p.Grants, authz.Grant{Role: authz.Viewer, Place: at})
	}
	p.Kind, p.ID = authz.Person, "viewer"
	return p.Scope(authz.Read)
}
