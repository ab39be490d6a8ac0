package registry

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"steward/internal/authz"
	"steward/internal/registry/scoped"
	"steward/internal/telemetry"
)

func (d *Device) place() authz.Place { return authz.Place{Region: d.Region, Project: d.Project} }
func (d *Device) path() string       { return d.Ref().String() }

// ref is a device as others of its project call it.
func (d *Device) ref() string { return string(d.Class) + "/" + d.ID }

// serving are the states in which a device counts: its identities are taken,
// and what it is part of cannot be retired.
func (d *Device) serving() bool { return slices.Contains(servingStates, string(d.State)) }

var servingStates = []string{string(Pending), string(Active)}

var devices = &kind[Device]{
	Table: scoped.NewTable(scoped.Spec[Device]{
		Name: "devices", Kind: KindDevice, Region: "region", Project: "project",
		Sorts: []string{"id", "name", "state", "updated_at", "verification_due_on", "installed_on", "model", "building"},
		Path:  (*Device).path,
		Place: (*Device).place,
		Search: func(d *Device) string {
			return strings.Join([]string{d.ID, d.Name, d.Serial, d.Model, d.Location}, "\n")
		},
	}),
	keys:   []string{"region", "project", "class", "id"},
	meta:   func(d *Device) *Meta { return &d.Meta },
	create: need[Device]{authz.Configure, (*Device).place},
	change: need[Device]{authz.Configure, (*Device).place},
	tidy:   tidyDevice,
}

// These look devices up themselves.
func init() {
	devices.check = checkDevices
	devices.saved = saveLinks
}

func tidyDevice(d *Device) {
	d.State = cmp.Or(d.State, Active)
	d.Multiplier = cmp.Or(d.Multiplier, 1)
	d.Retired = d.State == Retired || d.State == Replaced
	for _, date := range []*Date{&d.InstalledOn, &d.CommissionedOn, &d.VerificationDue, &d.RetiredOn} {
		tidyDate(date)
	}
	// Copies: the caller's own are not to be changed.
	d.Externals = maps.Clone(d.Externals)
	if d.Externals == nil {
		d.Externals = Externals{}
	}
	d.FedBy = slices.Compact(slices.Sorted(slices.Values(d.FedBy)))
	if d.FedBy == nil {
		d.FedBy = Refs{}
	}
	d.Feeds = nil // derived
}

// conds are the conditions of a filter, and the place that it names.
func (f DeviceFilter) conds() (authz.Place, []scoped.Cond, error) {
	at, err := placeOf(f.Region, f.Project)
	if err != nil {
		return at, nil, err
	}
	var conds []scoped.Cond
	for _, c := range []struct{ column, value string }{
		{"project", f.Project}, {"building", f.Building}, {"class", string(f.Class)}, {"medium", f.Medium}, {"model", f.Model},
		{"vendor", f.Vendor}, {"gateway", f.Gateway}, {"parent_meter", f.ParentMeter},
	} {
		if c.value != "" {
			conds = append(conds, scoped.Is(c.column, c.value))
		}
	}
	if len(f.States) > 0 {
		states := make([]string, len(f.States))
		for i, s := range f.States {
			states[i] = string(s)
		}
		conds = append(conds, scoped.In("state", states))
	}
	if f.VerificationDueBefore != "" {
		var p problems
		checker{&p}.date("verification_due_before", f.VerificationDueBefore)
		if err := p.invalid(); err != nil {
			return at, nil, err
		}
		conds = append(conds, scoped.Above("verification_due_on", ""), scoped.Below("verification_due_on", string(f.VerificationDueBefore)))
	}
	if f.Search != "" {
		var p problems
		checker{&p}.words("search", f.Search, maxText, "")
		if err := p.invalid(); err != nil {
			return at, nil, err
		}
		conds = append(conds, scoped.Contains(f.Search))
	}
	return at, conds, nil
}

// within are the devices of a filter that the caller reaches with a permission.
func (f DeviceFilter) within(tx *scoped.Tx, perm authz.Permission) (scoped.Rows[Device], error) {
	at, conds, err := f.conds()
	if err != nil {
		return scoped.Rows[Device]{}, err
	}
	return devices.Within(tx, perm, at, conds...), nil
}

// Devices lists the devices that the caller may read. Sorted by id they come in
// the order of their paths.
func (v *View) Devices(ctx context.Context, f DeviceFilter, p Page) (list List[Device], err error) {
	err = v.read(ctx, func(tx *scoped.Tx) error {
		rows, err := f.within(tx, authz.Read)
		if err != nil {
			return err
		}
		if list, err = rows.Page(p); err != nil {
			return err
		}
		return deriveFeeds(tx, list.Items)
	})
	return list, err
}

// CountDevices is how many devices a list would have on all its pages.
func (v *View) CountDevices(ctx context.Context, f DeviceFilter) (n int, err error) {
	err = v.read(ctx, func(tx *scoped.Tx) error {
		rows, err := f.within(tx, authz.Read)
		if err != nil {
			return err
		}
		n, err = rows.Count()
		return err
	})
	return n, err
}

// EachDevice hands over all devices of a filter in the order of their paths. It
// reads page by page and holds no transaction meanwhile, so that do may take its
// time; what is changed meanwhile may come in its old or its new form.
func (v *View) EachDevice(ctx context.Context, f DeviceFilter, do func(Device) error) error {
	for p := (Page{Limit: 1000}); ; {
		list, err := v.Devices(ctx, f, p)
		if err != nil {
			return err
		}
		for _, d := range list.Items {
			if err := do(d); err != nil {
				return err
			}
		}
		if p.Cursor = list.Next; p.Cursor == "" {
			return nil
		}
	}
}

// Device reads one device.
func (v *View) Device(ctx context.Context, ref telemetry.Device) (d Device, err error) {
	err = v.read(ctx, func(tx *scoped.Tx) error {
		if d, err = devices.Get(tx, ref.String()); err != nil {
			return err
		}
		return deriveOne(tx, &d)
	})
	return d, err
}

// CreateDevice is for engineers of the project. A device is active unless its
// state says otherwise.
func (v *View) CreateDevice(ctx context.Context, d Device) (Device, error) {
	return fed(ctx, v, func(tx *scoped.Tx) (*change[Device], error) { return devices.add(tx, d) })
}

// UpdateDevice is for engineers of the project. Version must be the present one.
// What people do not edit, such as the state, stays as it is.
func (v *View) UpdateDevice(ctx context.Context, d Device) (Device, error) {
	return fed(ctx, v, func(tx *scoped.Tx) (*change[Device], error) { return devices.edit(tx, d) })
}

// fed is written, with what is derived of a device.
func fed(ctx context.Context, v *View, do func(*scoped.Tx) (*change[Device], error)) (Device, error) {
	return written(ctx, v, func(tx *scoped.Tx) (*change[Device], error) {
		c, err := do(tx)
		if err != nil {
			return nil, err
		}
		return c, deriveOne(tx, &c.after)
	})
}
