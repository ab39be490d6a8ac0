package api

import (
	"context"

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
	known := make(map[telemetry.Device]live.Connection, len(devices))
	if len(devices) == 0 {
		return known // none are asked for, which to the board is all
	}
	refs := make([]telemetry.Device, len(devices))
	for i := range devices {
		refs[i] = devices[i].Ref()
	}
	for _, s := range a.Live.Latest(live.LatestQuery{Allowed: scope, Devices: refs, Metrics: []string{""}}) { // without values
		known[*s.Device] = s.Connection
	}
	return known
}
