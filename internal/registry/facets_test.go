package registry

import (
	"reflect"
	"testing"
)

// What a list can be narrowed by is counted within the caller's reach, and each field
// as if it were not chosen yet.
func TestDeviceFacets(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		for path, model := range map[string]string{
			"north/harbour/meter/m1": "A", "north/harbour/meter/m2": "A", "north/harbour/meter/m3": "B", "north/harbour/elevator/e1": "", "north/hill/meter/m1": "C",
		} {
			d := device(path)
			d.Model = model
			h.add(d)
		}
		viewer := h.as("viewer", "north/harbour")
		got := must(viewer.DeviceFacets(t.Context(), DeviceFilter{Class: "meter", Model: "B"}))(t)
		want := Facets{
			Class: []Tally{{Value: "meter", Count: 1}}, State: []Tally{{Value: "active", Count: 1}}, Medium: []Tally{}, Model: []Tally{{Value: "A", Count: 2}, {Value: "B", Count: 1}}, Vendor: []Tally{}, Building: []Tally{},
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, want %+v", got, want)
		}
		all := must(viewer.DeviceFacets(t.Context(), DeviceFilter{}))(t)
		if !reflect.DeepEqual(all.Class, []Tally{{Value: "meter", Count: 3}, {Value: "elevator", Count: 1}}) {
			t.Errorf("classes %+v", all.Class)
		}
	})
}
