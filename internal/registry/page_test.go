package registry

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"steward/internal/controldb/controldbtest"
)

func TestPages(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.fill(137)
		h.now = start.Add(time.Minute)
		must(h.hq().RetireDevice(t.Context(), ref("north/harbour/meter/d0"), 1, "", ""))(t)
		v := h.as("viewer", "north")
		whole := must(v.CountDevices(t.Context(), DeviceFilter{}))(t)
		for _, sort := range append(slices.Clone(devices.Sorts), "-id", "-name", "-state", "-updated_at", "-model") {
			got := all(t, Page{Limit: 10, Sort: sort}, func(p Page) (List[Device], error) { return v.Devices(t.Context(), DeviceFilter{}, p) })
			if len(got) != whole {
				t.Errorf("%s: %d devices, want %d", sort, len(got), whole)
			}
			column, descending := strings.CutPrefix(sort, "-")
			key := func(d Device) string {
				f, _ := devices.Fields.Lookup(column)
				if column == "id" {
					return d.path()
				}
				return cellText(devices.Fields.Cell(&d, f)) + "\x00" + d.path()
			}
			keys := make([]string, len(got))
			for i, d := range got {
				keys[i] = key(d)
			}
			if descending {
				slices.Reverse(keys)
			}
			if !slices.IsSorted(keys) || len(slices.Compact(slices.Clone(keys))) != len(keys) {
				t.Errorf("%s: not in order, or twice", sort)
			}
		}
		n := 0
		if err := v.EachDevice(t.Context(), DeviceFilter{}, func(Device) error { n++; return nil }); err != nil || n != whole {
			t.Errorf("each: %d, %v", n, err)
		}
		stop := errors.New("enough")
		wantErr(t, v.EachDevice(t.Context(), DeviceFilter{}, func(Device) error { return stop }), stop)
	})
}

func TestCursorsBelongToTheirList(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.fill(30)
		first := must(h.hq().Devices(t.Context(), DeviceFilter{}, Page{Limit: 5, Sort: "name"}))(t)
		for name, p := range map[string]Page{
			"another sort":  {Limit: 5, Sort: "model", Cursor: first.Next},
			"the other way": {Limit: 5, Sort: "-name", Cursor: first.Next},
			"not a cursor":  {Cursor: "%"},
			"too long":      {Cursor: strings.Repeat("A", 10_000)},
		} {
			_, err := h.hq().Devices(t.Context(), DeviceFilter{}, p)
			t.Run(name, func(t *testing.T) { wantField(t, err, "cursor") })
		}
		_, err := h.hq().Devices(t.Context(), DeviceFilter{Search: "d"}, Page{Sort: "name", Cursor: first.Next})
		wantField(t, err, "cursor")
		_, err = h.as("viewer", "north").Devices(t.Context(), DeviceFilter{}, Page{Sort: "name", Cursor: first.Next})
		wantField(t, err, "cursor")
		_, err = h.hq().Devices(t.Context(), DeviceFilter{}, Page{Sort: "name; DROP TABLE devices"})
		wantField(t, err, "sort")
		_, err = h.hq().Devices(t.Context(), DeviceFilter{Region: "no/such"}, Page{})
		wantField(t, err, "region")
	})
}

// What is added between two pages moves nothing: no device is skipped or shown
// twice.
func TestPagesWhileOthersWrite(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.fill(40)
		n := 0
		got := all(t, Page{Limit: 7}, func(p Page) (List[Device], error) {
			n++
			h.add(device(fmt.Sprint("east/park/access/added", n)))
			return h.hq().Devices(t.Context(), DeviceFilter{Region: "north"}, p)
		})
		list := paths(got)
		if len(slices.Compact(list)) != len(got) || len(got) != 27 {
			t.Errorf("%d devices, want 27 of 40", len(got))
		}
	})
}

// FuzzCursor: whatever comes as a cursor gives a page of the caller's own, or is
// refused.
func FuzzCursor(f *testing.F) {
	h := newHouse(f, controldbtest.SQLite(f))
	h.fill(30)
	v := h.as("viewer", "north/harbour")
	for _, sort := range []string{"", "name", "-updated_at"} {
		list, err := v.Devices(f.Context(), DeviceFilter{}, Page{Limit: 3, Sort: sort})
		if err != nil || list.Next == "" {
			f.Fatal(err)
		}
		f.Add(list.Next, sort)
	}
	f.Add("eyJzIjoiIn0", "id")
	f.Fuzz(func(t *testing.T, cursor, sort string) {
		list, err := v.Devices(t.Context(), DeviceFilter{}, Page{Cursor: cursor, Sort: sort})
		var invalid *InvalidError
		if err != nil && !errors.As(err, &invalid) {
			t.Fatal(err)
		}
		for _, d := range list.Items {
			if d.Project != "harbour" {
				t.Fatalf("%s shows %s", cursor, d.path())
			}
		}
	})
}
