package registry

import (
	"errors"
	"slices"

	"steward/internal/authz"
	"steward/internal/registry/scoped"
	"steward/internal/telemetry"
)

// estate is a project as it will be after some changes: what was looked up of
// it, with the changed devices in place of those that are stored.
type estate struct {
	tx        *scoped.Tx
	at        authz.Place
	devices   map[string]*Device  // by ref; nil for one that is not there
	changed   map[string]bool     // refs
	owners    map[string][]string // of external identities among changed devices, by refs
	buildings map[string]bool     // those in use; nil until one is asked for
	whole     bool                // devices holds all that are stored
	parents   circle
	feeds     circle
}

// wholeFrom is the number of changes from which reading a project at once is
// less work than asking for each device.
const wholeFrom = 20

// estateOf is the project at a place after changes, all of which are to it.
func estateOf(tx *scoped.Tx, at authz.Place, changes []*change[Device]) (*estate, error) {
	e := &estate{tx: tx, at: at, devices: map[string]*Device{}, changed: map[string]bool{}, owners: map[string][]string{}}
	if len(changes) >= wholeFrom {
		stored, err := devices.Within(tx, authz.Read, at).All()
		if err != nil {
			return nil, err
		}
		for i := range stored {
			e.devices[stored[i].ref()] = &stored[i]
		}
		e.whole = true
	}
	for _, c := range changes {
		e.devices[c.after.ref()] = &c.after
		e.changed[c.after.ref()] = true
	}
	for ref, d := range e.devices {
		for _, x := range externalsOf(d) {
			e.owners[x.Identity] = append(e.owners[x.Identity], ref)
		}
	}
	e.parents.next = func(d *Device) []string {
		if d.ParentMeter == "" {
			return nil
		}
		return []string{parentRef(d.ParentMeter)}
	}
	e.feeds.next = func(d *Device) []string { return d.FedBy }
	return e, nil
}

// parentRef is a parent meter as a ref.
func parentRef(id string) string { return string(telemetry.Meter) + "/" + id }

// device finds a device of the project; nil when there is none.
func (e *estate) device(ref string) (*Device, error) {
	d, known := e.devices[ref]
	if known || e.whole {
		return d, nil
	}
	stored, err := devices.Get(e.tx, e.at.String()+"/"+ref)
	switch {
	case errors.Is(err, ErrNotFound):
		e.devices[ref] = nil
	case err != nil:
		return nil, err
	default:
		e.devices[ref] = &stored
	}
	return e.devices[ref], nil
}

// building reports whether a building is there and in use.
func (e *estate) building(id string) (bool, error) {
	if e.buildings == nil {
		all, err := buildings.Within(e.tx, authz.Read, e.at, scoped.Is("retired", false)).All()
		if err != nil {
			return false, err
		}
		e.buildings = make(map[string]bool, len(all))
		for _, b := range all {
			e.buildings[b.ID] = true
		}
	}
	return e.buildings[id], nil
}

// owner finds another device in service with an external identity; empty when
// there is none.
func (e *estate) owner(d *Device, identity string) (string, error) {
	for _, ref := range e.owners[identity] {
		if ref != d.ref() {
			return ref, nil
		}
	}
	if e.whole {
		return "", nil
	}
	found, err := externals.Within(e.tx, authz.Read, e.at, scoped.Is("path", e.at.String()+"/"+identity)).All()
	if err != nil || len(found) == 0 {
		return "", err
	}
	ref := found[0].Device[len(e.at.String())+1:]
	if e.changed[ref] {
		return "", nil // what it has after the change was looked at above
	}
	return ref, nil
}

// circle looks for devices that need themselves, along one kind of need.
type circle struct {
	next func(*Device) []string
	seen map[string]progress
}

type progress int8

const (
	onTheWay progress = iota + 1
	done              // nothing new can be reached from here
)

// from finds a circle that can be reached from a device: its refs in order, the
// first one again at the end; nil when there is none. Over all calls each device
// is looked at once, so that of a circle one device is told.
func (c *circle) from(e *estate, start string) ([]string, error) {
	if c.seen == nil {
		c.seen = map[string]progress{}
	}
	type step struct {
		ref  string
		left []string
	}
	var way []step
	defer func() {
		for _, s := range way {
			c.seen[s.ref] = done
		}
	}()
	enter := func(ref string) error {
		d, err := e.device(ref)
		if err != nil {
			return err
		}
		s := step{ref: ref}
		if d != nil {
			s.left = c.next(d)
		}
		c.seen[ref] = onTheWay
		way = append(way, s)
		return nil
	}
	if c.seen[start] == done {
		return nil, nil
	}
	if err := enter(start); err != nil {
		return nil, err
	}
	for len(way) > 0 {
		top := &way[len(way)-1]
		if len(top.left) == 0 {
			c.seen[top.ref] = done
			way = way[:len(way)-1]
			continue
		}
		ref := top.left[0]
		top.left = top.left[1:]
		switch c.seen[ref] {
		case done:
		case onTheWay:
			var found []string
			for _, s := range way[slices.IndexFunc(way, func(s step) bool { return s.ref == ref }):] {
				found = append(found, s.ref)
			}
			return append(found, ref), nil
		default:
			if err := enter(ref); err != nil {
				return nil, err
			}
		}
	}
	return nil, nil
}
