package live

import (
	"cmp"
	"slices"
	"sort"
	"strings"

	"steward/internal/authz"
	"steward/internal/telemetry"
)

// LatestQuery asks for the latest state of devices.
type LatestQuery struct {
	Filter  Filter
	Allowed authz.Scope        // the zero Scope allows nothing
	Devices []telemetry.Device // these alone, and all of them whatever Limit is; empty means all
	Metrics []string           // the values wanted; empty means all
	After   string             // a device's path: only devices behind it are returned
	Limit   int                // at most so many devices; 0 means 1,000
}

// defaultLatest is how many devices a query without a limit returns.
const defaultLatest = 1000

// Latest returns what is known of the devices of q, in order of region, project,
// class and name. A device that sent none of the wanted metrics is returned
// without values. The states are the caller's; the devices behind their pointers
// must not be modified.
func (b *Board) Latest(q LatestQuery) []DeviceState {
	limit := cmp.Or(q.Limit, defaultLatest)
	after := deviceOfPath(q.After)
	var wanted map[string]bool
	if len(q.Metrics) > 0 {
		wanted = make(map[string]bool, len(q.Metrics))
		for _, m := range q.Metrics {
			wanted[m] = true
		}
	}

	b.mu.Lock()
	defer b.mu.Unlock()
	who := b.audience(q.Allowed)
	if len(q.Devices) > 0 {
		return b.latestOf(q, who, wanted)
	}
	afterGroup := telemetry.Device{Region: after.Region, Project: after.Project, Class: after.Class}
	from := sort.Search(len(b.groups.byPath), func(i int) bool { return compare(&b.groups.byPath[i].id, &afterGroup) >= 0 })
	var found []*device
	values := 0
	for _, g := range b.groups.byPath[from:] {
		if !q.Filter.matchesGroup(&g.id) || !who.may(g) {
			continue
		}
		devices := g.inOrder()
		first := sort.Search(len(devices), func(i int) bool { return compare(&devices[i].id, &after) > 0 })
		for _, d := range devices[first:] {
			if len(found) == limit {
				return copied(found, values, wanted)
			}
			if q.Filter.Device == "" || q.Filter.Device == d.id.ID {
				found = append(found, d)
				values += len(d.slots)
			}
		}
	}
	return copied(found, values, wanted)
}

// latestOf is Latest for devices that are named.
func (b *Board) latestOf(q LatestQuery, who *audience, wanted map[string]bool) []DeviceState {
	var found []*device
	values := 0
	for i := range q.Devices {
		if d := b.devices[q.Devices[i]]; d != nil && q.Filter.Matches(&d.id) && who.may(d.group) && !slices.Contains(found, d) {
			found = append(found, d)
			values += len(d.slots)
		}
	}
	slices.SortFunc(found, func(x, y *device) int { return compare(&x.id, &y.id) })
	return copied(found, values, wanted)
}

// copied are the states of devices with at most so many values, of the wanted
// metrics only unless wanted is nil. All values share one allocation.
func copied(devices []*device, most int, wanted map[string]bool) []DeviceState {
	if wanted != nil {
		most = min(most, len(devices)*len(wanted))
	}
	states := make([]DeviceState, len(devices))
	values := make([]Value, 0, most)
	for i, d := range devices {
		from := len(values)
		for j := range d.slots {
			if wanted != nil && !wanted[d.slots[j].Metric] {
				continue
			}
			values = append(values, d.slots[j].Value)
			values[len(values)-1].First = false
		}
		states[i] = d.head()
		states[i].Values = slices.Clip(values[from:])
	}
	return states
}

// deviceOfPath reads region/project/class/id; what is missing is before all.
func deviceOfPath(path string) (d telemetry.Device) {
	var class string
	d.Region, path, _ = strings.Cut(path, "/")
	d.Project, path, _ = strings.Cut(path, "/")
	class, d.ID, _ = strings.Cut(path, "/")
	d.Class = telemetry.Class(class)
	return d
}
