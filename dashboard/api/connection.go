package api

import (
	"cmp"
	"context"
	"slices"

	"steward/internal/authz"
	"steward/internal/live"
	"steward/internal/registry"
	"steward/internal/telemetry"
)

// Whether a device is online is known to the live board, and which devices there are to
// the registry: those of a connection are found by reading the registry's list on, a part
// at a time, until there is a page of them or one question has looked at enough.
const (
	connectionParts = 5  // of a page: what is read at once, so that no page gets too long
	connectionReads = 50 // of one question
)

// devicesBy are devices of the list that have a connection, page.Limit at most. There may
// be none of them and a next all the same.
func (a *API) devicesBy(ctx context.Context, c caller, f registry.DeviceFilter, page registry.Page, connection string) (registry.List[registry.Device], error) {
	var out registry.List[registry.Device]
	if a.Live == nil {
		return out, notHere("the live board")
	}
	most := page.Limit
	page.Limit = max(1, most/connectionParts)
	for range connectionReads {
		part, err := a.as(c).Devices(ctx, f, page)
		if err != nil {
			return out, err
		}
		known := a.connections(c.Scope(), part.Items)
		for _, d := range part.Items {
			if known[d.Ref()].String() == connection {
				out.Items = append(out.Items, d)
			}
		}
		out.Next, page.Cursor = part.Next, part.Next
		if part.Next == "" || len(out.Items)+page.Limit > most {
			break
		}
	}
	return out, nil
}

// connections are those of some devices, as far as the caller may see them.
func (a *API) connections(scope authz.Scope, devices []registry.Device) map[telemetry.Device]live.Connection {
	refs := make([]telemetry.Device, len(devices))
	for i := range devices {
		refs[i] = devices[i].Ref()
	}
	known := make(map[telemetry.Device]live.Connection, len(refs))
	for _, s := range a.statesOf(scope, live.LatestQuery{Metrics: []string{""}}, refs) { // without values
		known[*s.Device] = s.Connection
	}
	return known
}

// stateOf is the latest state of one device, with some of its values or all; nil where
// the board has none that the caller may see.
func (a *API) stateOf(scope authz.Scope, d telemetry.Device, metrics []string) *live.DeviceState {
	// The board goes through the devices behind After in order: begun just before the one
	// that is wanted it has not far to go.
	before := d
	before.ID = d.ID[:len(d.ID)-1]
	states := a.Live.Latest(live.LatestQuery{
		Filter:  live.Filter{Region: d.Region, Project: d.Project, Class: d.Class, Device: d.ID},
		Allowed: scope, Metrics: metrics, After: before.String(), Limit: 1,
	})
	if len(states) == 0 {
		return nil
	}
	return &states[0]
}

// statesOf are the states of the devices that are named, in the order of the board.
func (a *API) statesOf(scope authz.Scope, q live.LatestQuery, devices []telemetry.Device) []live.DeviceState {
	devices = slices.Clone(devices)
	slices.SortFunc(devices, func(x, y telemetry.Device) int {
		return cmp.Or(cmp.Compare(x.Region, y.Region), cmp.Compare(x.Project, y.Project), cmp.Compare(x.Class, y.Class), cmp.Compare(x.ID, y.ID))
	})
	var states []live.DeviceState
	for _, d := range slices.Compact(devices) {
		f := q.Filter
		if f.Region != "" && f.Region != d.Region || f.Project != "" && f.Project != d.Project || f.Class != "" && f.Class != d.Class || f.Device != "" && f.Device != d.ID {
			continue
		}
		if s := a.stateOf(scope, d, q.Metrics); s != nil {
			states = append(states, *s)
		}
	}
	return states
}
