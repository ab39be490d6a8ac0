package registry

import (
	"context"
	"slices"
	"strings"
	"time"

	"steward/internal/authz"
	"steward/internal/controldb"
	"steward/internal/registry/scoped"
	"steward/internal/telemetry"
)

// maxRefs bounds what is approved or refused in one go.
const maxRefs = 10_000

// ApproveDevices puts devices into service: those that are pending, and those
// that were refused or retired by mistake. What is active stays as it is. All of
// them are approved, or none.
func (v *View) ApproveDevices(ctx context.Context, refs []telemetry.Device) ([]Device, error) {
	return v.decide(ctx, refs, "approve", Active, []State{Pending, Refused, Retired})
}

// RefuseDevices says of pending devices that they are not wanted. What was
// refused before stays as it is.
func (v *View) RefuseDevices(ctx context.Context, refs []telemetry.Device) ([]Device, error) {
	return v.decide(ctx, refs, "refuse", Refused, []State{Pending})
}

func (v *View) decide(ctx context.Context, refs []telemetry.Device, action string, to State, from []State) (list []Device, err error) {
	err = v.write(ctx, func(tx *scoped.Tx) error {
		stored, err := chosen(tx, refs)
		if err != nil {
			return err
		}
		changes := make([]*change[Device], len(stored))
		for i := range stored {
			d := &stored[i]
			c := &change[Device]{before: d, after: *d, action: action}
			if d.State != to && !slices.Contains(from, d.State) {
				return controldb.Invalid("state", string(d.State), "%s cannot be set to %s", d.path(), to)
			}
			if c.after.State = to; to == Active {
				c.after.RetiredOn = ""
			}
			changes[i] = c
		}
		// Its identities may have been given to another meanwhile.
		if err := devices.prepare(tx, changes...); err != nil {
			return err
		}
		if err := devices.save(tx, changes...); err != nil {
			return err
		}
		list = afters(changes)
		return deriveFeeds(tx, list)
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

func afters(changes []*change[Device]) []Device {
	list := make([]Device, len(changes))
	for i, c := range changes {
		list[i] = c.after
	}
	return list
}

// chosen reads devices that the caller names and may change.
func chosen(tx *scoped.Tx, refs []telemetry.Device) ([]Device, error) {
	if len(refs) > maxRefs {
		return nil, controldb.Invalid("devices", "", "%d devices at a time are too many: at most %d", len(refs), maxRefs)
	}
	paths := make([]string, len(refs))
	for i, r := range refs {
		paths[i] = r.String()
	}
	slices.Sort(paths)
	paths = slices.Compact(paths)
	stored, err := devices.GetAll(tx, paths)
	if err != nil {
		return nil, err
	}
	if len(stored) < len(paths) {
		return nil, ErrNotFound
	}
	for i := range stored {
		if err := devices.change.require(tx, &stored[i]); err != nil {
			return nil, err
		}
	}
	return stored, nil
}

// RetireDevice takes a device out of service for good, on a day (today when
// empty). A note is added to what is noted of it.
func (v *View) RetireDevice(ctx context.Context, ref telemetry.Device, version int64, on Date, note string) (Device, error) {
	return fed(ctx, v, func(tx *scoped.Tx) (*change[Device], error) {
		before, err := devices.get(tx, ref.String(), version)
		if err != nil {
			return nil, err
		}
		if before.Retired {
			return nil, controldb.Invalid("state", string(before.State), "is out of service already")
		}
		c := &change[Device]{before: &before, after: before, action: "retire"}
		c.after.State = Retired
		if c.after.RetiredOn, err = dayOf(tx, before.place(), on); err != nil {
			return nil, err
		}
		c.after.Note = strings.TrimSpace(before.Note + "\n" + note)
		if err := devices.prepare(tx, c); err != nil {
			return nil, err
		}
		return c, devices.save(tx, c)
	})
}

// dayOf is a day, or today where a project is.
func dayOf(tx *scoped.Tx, at authz.Place, on Date) (Date, error) {
	if on != "" {
		return on, nil
	}
	p, err := projects.Get(tx, at.String())
	if err != nil {
		return "", err
	}
	zone, err := time.LoadLocation(p.TimeZone)
	if err != nil {
		zone = time.UTC // it was checked; the machine has lost its zones
	}
	return Date(tx.Now().In(zone).Format(time.DateOnly)), nil
}
