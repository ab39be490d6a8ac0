package registry

import (
	"context"

	"steward/internal/authz"
	"steward/internal/registry/scoped"
)

// maxFacet is how many values of a field are told: more than anybody chooses from.
const maxFacet = 200

// Tally is how many devices have a value.
type Tally = scoped.Tally

// Facets are the values that devices have, and how many have each, the most frequent
// first, 200 of each at most.
type Facets struct {
	Class    []Tally `json:"class"`
	State    []Tally `json:"state"`
	Medium   []Tally `json:"medium"`
	Model    []Tally `json:"model"`
	Vendor   []Tally `json:"vendor"`
	Building []Tally `json:"building"`
}

// DeviceFacets tells by what a list of devices can be narrowed further. Of each field
// its values are those of the devices that the rest of the filter lets through, so that
// one sees what another choice would give.
func (v *View) DeviceFacets(ctx context.Context, f DeviceFilter) (facets Facets, err error) {
	err = v.read(ctx, func(tx *scoped.Tx) error {
		for _, of := range []struct {
			column string
			to     *[]Tally
			clear  func(*DeviceFilter)
		}{
			{"class", &facets.Class, func(f *DeviceFilter) { f.Class = "" }},
			{"state", &facets.State, func(f *DeviceFilter) { f.States = nil }},
			{"medium", &facets.Medium, func(f *DeviceFilter) { f.Medium = "" }},
			{"model", &facets.Model, func(f *DeviceFilter) { f.Model = "" }},
			{"vendor", &facets.Vendor, func(f *DeviceFilter) { f.Vendor = "" }},
			{"building", &facets.Building, func(f *DeviceFilter) { f.Building = "" }},
		} {
			rest := f
			of.clear(&rest)
			rows, err := rest.within(tx, authz.Read)
			if err != nil {
				return err
			}
			if *of.to, err = rows.Tally(of.column, maxFacet); err != nil {
				return err
			}
		}
		return nil
	})
	return facets, err
}
