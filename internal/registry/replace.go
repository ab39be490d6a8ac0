package registry

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"steward/internal/authz"
	"steward/internal/controldb"
	"steward/internal/registry/scoped"
	"steward/internal/telemetry"
)

// ReplaceDevice puts another device of the same class in the place of one, on a
// day (today when empty). The new one may be unknown, or pending because it
// already publishes; what it leaves empty of place, multiplier and connections it
// takes over from the old one. What was behind the old one or fed by it now is of the new.
// Each of these changes is in the history of its own device.
func (v *View) ReplaceDevice(ctx context.Context, old telemetry.Device, version int64, by Device, on Date) (was, is Device, err error) {
	by.Region, by.Project, by.Class = cmp.Or(by.Region, old.Region), cmp.Or(by.Project, old.Project), cmp.Or(by.Class, old.Class)
	err = v.write(ctx, func(tx *scoped.Tx) error {
		before, err := devices.get(tx, old.String(), version)
		if err != nil {
			return err
		}
		if before.Retired {
			return controldb.Invalid("state", string(before.State), "is out of service already")
		}
		// A slip in the id is said of the id: of all else it would only be a consequence.
		var slips problems
		if !(checker{&slips}).segment("id", by.ID) {
			return slips.invalid()
		}
		if by.place() != before.place() || by.Class != before.Class || by.ID == before.ID {
			return controldb.Invalid("id", by.ID, "a device is replaced by another of the same class and project")
		}
		if on, err = dayOf(tx, before.place(), on); err != nil {
			return err
		}
		retired := &change[Device]{before: &before, after: before, action: "replace"}
		retired.after.State, retired.after.ReplacedBy, retired.after.RetiredOn = Replaced, by.ref(), on

		fresh, err := successor(tx, by)
		if err != nil {
			return err
		}
		if fresh.before != nil {
			if needed, err := needs(tx, &before, by.ref()); err != nil {
				return err
			} else if needed {
				return controldb.Invalid("id", by.ID, "is taken: it is a device that the old one is behind or fed by")
			}
		}
		inherit(&fresh.after, &before, on)

		moved, err := repoint(tx, &before, &fresh.after)
		if err != nil {
			return err
		}
		changes := append([]*change[Device]{retired, fresh}, moved...)
		if err := devices.prepare(tx, changes...); err != nil {
			return err
		}
		if err := devices.save(tx, changes...); err != nil {
			return err
		}
		both := afters(changes[:2])
		err = deriveFeeds(tx, both)
		was, is = both[0], both[1]
		return err
	})
	if err != nil {
		return Device{}, Device{}, err
	}
	return was, is, nil
}

// successor is the change by which a device takes over: a new one, or one that
// is there and in service, with what was given now.
func successor(tx *scoped.Tx, by Device) (*change[Device], error) {
	stored, err := devices.Get(tx, by.path())
	if errors.Is(err, ErrNotFound) {
		by.State, by.Meta = Active, Meta{}
		return &change[Device]{after: by}, nil
	}
	if err != nil {
		return nil, err
	}
	if !stored.serving() {
		return nil, controldb.Invalid("id", by.ID, "is %s: it cannot take over", stored.State)
	}
	c := &change[Device]{before: &stored, after: stored, action: "replace"}
	if stored.State == Pending { // nobody has said yet what it is
		c.after.Multiplier = 0
	}
	var nothing Device
	for _, f := range devices.Fields.All {
		if f.Editable && !devices.Fields.Equal(&by, &nothing, f) {
			devices.Fields.Copy(&c.after, &by, f)
		}
	}
	c.after.State = Active
	return c, nil
}

// needs tells whether a device is behind another or fed by it, however many are
// between them: that one cannot be where this one was.
func needs(tx *scoped.Tx, d *Device, ref string) (bool, error) {
	e, err := estateOf(tx, d.place(), nil)
	if err != nil {
		return false, err
	}
	seen := map[string]bool{}
	for above := []*Device{d}; len(above) > 0; above = above[1:] {
		next := slices.Clone(above[0].FedBy)
		if above[0].ParentMeter != "" {
			next = append(next, parentRef(above[0].ParentMeter))
		}
		for _, r := range next {
			if r == ref {
				return true, nil
			}
			source, err := e.device(r)
			if err != nil {
				return false, err
			}
			if source != nil && !seen[r] {
				seen[r] = true
				above = append(above, source)
			}
		}
	}
	return false, nil
}

// inherit gives a successor what belongs to the place rather than to the device.
func inherit(d, old *Device, on Date) {
	d.Replaces = old.ref()
	d.InstalledOn = cmp.Or(d.InstalledOn, on)
	d.Building, d.Location = cmp.Or(d.Building, old.Building), cmp.Or(d.Location, old.Location)
	d.Name, d.Medium, d.Gateway = cmp.Or(d.Name, old.Name), cmp.Or(d.Medium, old.Medium), cmp.Or(d.Gateway, old.Gateway)
	d.Contractor = cmp.Or(d.Contractor, old.Contractor)
	// The transformers stay when the meter goes: what is behind them would be counted
	// as a sixtieth from then on.
	d.Multiplier = cmp.Or(d.Multiplier, old.Multiplier)
	// It cannot need the one that it replaces.
	if d.Class == telemetry.Meter && d.ParentMeter == old.ID {
		d.ParentMeter = ""
	}
	d.FedBy = slices.DeleteFunc(slices.Clone(d.FedBy), func(ref string) bool { return ref == old.ref() })
	d.ParentMeter = cmp.Or(d.ParentMeter, old.ParentMeter)
	if len(d.FedBy) == 0 {
		d.FedBy = slices.Clone(old.FedBy)
	}
}

// repoint are the changes by which devices that need an old one need a new one.
func repoint(tx *scoped.Tx, old, by *Device) ([]*change[Device], error) {
	needs, err := links.Within(tx, authz.Read, old.place(), scoped.Is("source", old.path())).All()
	if err != nil {
		return nil, err
	}
	var paths []string
	for _, l := range needs {
		if l.Device != by.path() {
			paths = append(paths, l.Device)
		}
	}
	slices.Sort(paths)
	stored, err := devices.GetAll(tx, slices.Compact(paths))
	if err != nil {
		return nil, err
	}
	moved := make([]*change[Device], len(stored))
	for i := range stored {
		c := &change[Device]{before: &stored[i], after: stored[i]}
		if old.Class == telemetry.Meter && c.after.ParentMeter == old.ID {
			c.after.ParentMeter = by.ID
		}
		c.after.FedBy = slices.Clone(c.after.FedBy)
		for j, ref := range c.after.FedBy {
			if ref == old.ref() {
				c.after.FedBy[j] = by.ref()
			}
		}
		moved[i] = c
	}
	return moved, nil
}
