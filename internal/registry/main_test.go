package registry

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"steward/internal/authz"
	"steward/internal/controldb"
	"steward/internal/controldb/controldbtest"
	"steward/internal/telemetry"
)

func TestMain(m *testing.M) { os.Exit(controldbtest.Wrap(m).Run()) }

var start = time.Date(2026, time.November, 22, 16, 30, 0, 0, time.UTC) // past midnight in Shanghai

// house is a registry with two regions and three projects.
type house struct {
	*Store
	t   testing.TB
	db  *controldb.DB
	now time.Time
}

func newHouse(t testing.TB, db *controldb.DB) *house {
	t.Helper()
	h := &house{t: t, db: db, now: start}
	h.Store = New(db, Options{Now: func() time.Time { return h.now }, MaxPending: 5})
	for _, id := range []string{"north", "east"} {
		must(h.hq().CreateRegion(t.Context(), Region{ID: id, Name: "区域 " + id}))(t)
	}
	for _, p := range []authz.Place{{Region: "north", Project: "harbour"}, {Region: "north", Project: "hill"}, {Region: "east", Project: "park"}} {
		must(h.hq().CreateProject(t.Context(), Project{Region: p.Region, ID: p.Project, Name: "项目 " + p.Project}))(t)
	}
	return h
}

// each runs a test on both databases.
func each(t *testing.T, test func(t *testing.T, h *house)) {
	t.Helper()
	controldbtest.Each(t, func(t *testing.T, db *controldb.DB) { test(t, newHouse(t, db)) })
}

// must gives the value of a call, or ends the test.
func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// person is somebody with roles at places: person("engineer", "north/harbour").
func person(grants ...string) authz.Principal {
	p := authz.Principal{Kind: authz.Person, ID: "p-li", Name: "li", Remote: "192.0.2.7"}
	for pair := range slices.Chunk(grants, 2) {
		at, err := authz.ParsePlace(pair[1])
		if err != nil {
			panic(err)
		}
		p.Grants = append(p.Grants, authz.Grant{Role: authz.Role(pair[0]), Place: at})
	}
	return p
}

func (h *house) hq() *View { return h.As(person("administrator", "hq")) }

func (h *house) as(grants ...string) *View { return h.As(person(grants...)) }

// ref reads region/project/class/id.
func ref(s string) telemetry.Device {
	d, _, err := telemetry.ParseTopic("property/" + s + "/status")
	if err != nil {
		panic(err)
	}
	return d
}

func device(s string) Device {
	r := ref(s)
	return Device{Region: r.Region, Project: r.Project, Class: r.Class, ID: r.ID}
}

func (h *house) add(d Device) Device {
	h.t.Helper()
	return must(h.hq().CreateDevice(h.t.Context(), d))(h.t)
}

func (h *house) get(s string) Device {
	h.t.Helper()
	return must(h.hq().Device(h.t.Context(), ref(s)))(h.t)
}

func paths(list []Device) []string {
	out := []string{}
	for _, d := range list {
		out = append(out, d.path())
	}
	return out
}

func wantErr(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("error %v, want %v", err, want)
	}
}

// wantField makes sure that exactly these fields were rejected, and returns how.
func wantField(t testing.TB, err error, fields ...string) []FieldError {
	t.Helper()
	var invalid *InvalidError
	if !errors.As(err, &invalid) {
		t.Errorf("error %v, want one about %v", err, fields)
		return nil
	}
	var got []string
	for _, f := range invalid.Fields {
		if f.Problem == "" {
			t.Errorf("%s has no explanation", f.Field)
		}
		got = append(got, f.Field)
	}
	slices.Sort(got)
	slices.Sort(fields)
	if !slices.Equal(got, fields) {
		t.Errorf("rejected %v (%v), want %v", got, err, fields)
	}
	return invalid.Fields
}

// all reads a list to its end in small pages.
func all[T any](t testing.TB, p Page, next func(Page) (List[T], error)) []T {
	t.Helper()
	var items []T
	for range 10_000 {
		list := must(next(p))(t)
		if len(list.Items) > cmp.Or(p.Limit, 100) {
			t.Fatalf("a page of %d", len(list.Items))
		}
		items = append(items, list.Items...)
		if p.Cursor = list.Next; p.Cursor == "" {
			return items
		}
	}
	t.Fatal("the list does not end")
	return nil
}

// fill adds many devices at once.
func (h *house) fill(n int) {
	h.t.Helper()
	rows := Rows{Header: []string{"region", "project", "class", "id", "name", "model", "serial"}}
	for i := range n {
		place := [][2]string{{"north", "harbour"}, {"north", "hill"}, {"east", "park"}}[i%3]
		class := telemetry.Classes()[i%4]
		rows.Rows = append(rows.Rows, Row{i + 2, []string{place[0], place[1], string(class), fmt.Sprint("d", i), fmt.Sprint("设备 ", i%7), fmt.Sprint("M-", i%5), fmt.Sprint("SN", i)}})
	}
	report := must(h.hq().Import(context.Background(), KindDevice, rows, ImportOptions{}))(h.t)
	if len(report.Problems) > 0 || report.Created != n {
		h.t.Fatalf("%+v", report)
	}
}
