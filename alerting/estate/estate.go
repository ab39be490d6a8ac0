// Package estate is what alerting knows of places and devices: a copy of the
// registry's part that rules, clocks and causes ask for, kept up to date by
// whoever calls Put.
//
// It is safe for concurrent use, and answers without I/O.
package estate

import (
	"slices"
	"sync"
	"time"

	"steward/internal/authz"
	"steward/internal/telemetry"
)

// Device is what is known of a device.
type Device struct {
	telemetry.Device
	Active     bool // in service; pending ones count as such, retired and refused ones not
	Name       string
	Building   string
	Location   string
	Medium     string // of a meter
	Model      string
	Vendor     string
	Contractor string // who maintains it; empty when unknown
	Multiplier float64
	Parent     telemetry.Device   // the meter behind which it is; zero when none
	FedBy      []telemetry.Device // what it needs to work
}

// Project is what is known of a project.
type Project struct {
	authz.Place
	Name     string
	Zone     *time.Location // never nil
	Calendar string         // name of a calendar; empty for the default one
	Tariff   string         // name of a tariff; empty when nobody has said
	AreaM2   float64        // of its floors; 0 when unknown
	KVA      float64        // of its transformers; 0 when unknown
}

// group is a set of devices that combinations count over.
type group struct {
	place    authz.Place
	building string // empty for all of the project
	class    telemetry.Class
}

// Estate is the copy. The zero value is not usable: call New.
type Estate struct {
	mu       sync.RWMutex // guards what follows
	devices  map[telemetry.Device]Device
	projects map[authz.Place]Project
	members  map[group]map[telemetry.Device]bool // devices in service
	version  uint64
}

// New is an empty estate.
func New() *Estate {
	return &Estate{devices: map[telemetry.Device]Device{}, projects: map[authz.Place]Project{}, members: map[group]map[telemetry.Device]bool{}}
}

// PutDevice adds or replaces a device.
func (e *Estate) PutDevice(d Device) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if old, ok := e.devices[d.Device]; ok {
		for _, g := range groupsOf(&old) {
			delete(e.members[g], d.Device)
		}
	}
	e.devices[d.Device] = d
	e.version++
	if !d.Active {
		return
	}
	for _, g := range groupsOf(&d) {
		if e.members[g] == nil {
			e.members[g] = map[telemetry.Device]bool{}
		}
		e.members[g][d.Device] = true
	}
}

func groupsOf(d *Device) []group {
	place := authz.Place{Region: d.Region, Project: d.Project}
	all := []group{{place, "", d.Class}}
	if d.Building != "" {
		all = append(all, group{place, d.Building, d.Class})
	}
	return all
}

// PutProject adds or replaces a project.
func (e *Estate) PutProject(p Project) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if p.Zone == nil {
		p.Zone = time.UTC
	}
	e.projects[p.Place] = p
	e.version++
}

// Version changes whenever something was put.
func (e *Estate) Version() uint64 {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.version
}

// Device is what is known of d. A device that nobody has entered has its
// identity alone, and counts as in service.
func (e *Estate) Device(d telemetry.Device) Device {
	e.mu.RLock()
	defer e.mu.RUnlock()
	if known, ok := e.devices[d]; ok {
		return known
	}
	return Device{Device: d, Active: true, Multiplier: 1}
}

// Project is what is known of a project; its zone is UTC when nobody said.
func (e *Estate) Project(at authz.Place) Project {
	e.mu.RLock()
	defer e.mu.RUnlock()
	if known, ok := e.projects[at]; ok {
		return known
	}
	return Project{Place: at, Zone: time.UTC}
}

// Members are the devices in service of a class in a building, or in all of a
// project when building is empty, in order.
func (e *Estate) Members(at authz.Place, building string, class telemetry.Class) []telemetry.Device {
	e.mu.RLock()
	defer e.mu.RUnlock()
	set := e.members[group{at, building, class}]
	out := make([]telemetry.Device, 0, len(set))
	for d := range set {
		out = append(out, d)
	}
	slices.SortFunc(out, func(a, b telemetry.Device) int {
		switch x, y := a.String(), b.String(); {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	})
	return out
}

// Count is the number of Members.
func (e *Estate) Count(at authz.Place, building string, class telemetry.Class) int {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return len(e.members[group{at, building, class}])
}

// maxDepth bounds the way to the source: real ones are short, and what people
// enter may go in a circle.
const maxDepth = 8

// Upstream are the devices that d needs to work, near ones first: what feeds it,
// what feeds those, and the meters behind which it is.
func (e *Estate) Upstream(d telemetry.Device) []telemetry.Device {
	e.mu.RLock()
	defer e.mu.RUnlock()
	seen := map[telemetry.Device]bool{d: true}
	var all []telemetry.Device
	level := []telemetry.Device{d}
	for depth := 0; depth < maxDepth && len(level) > 0; depth++ {
		var next []telemetry.Device
		for _, at := range level {
			known := e.devices[at]
			needs := known.FedBy
			if known.Parent != (telemetry.Device{}) {
				needs = append(slices.Clip(needs), known.Parent)
			}
			for _, s := range needs {
				if !seen[s] {
					seen[s] = true
					next = append(next, s)
				}
			}
		}
		all = append(all, next...)
		level = next
	}
	return all
}
