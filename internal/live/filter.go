package live

import (
	"fmt"

	"steward/internal/authz"
	"steward/internal/telemetry"
)

// Filter selects devices by their place in the hierarchy. An empty field
// selects all, so the zero Filter selects every device.
type Filter struct {
	Region  string
	Project string
	Class   telemetry.Class
	Device  string // the device's own name, the last part of its path
}

// Matches reports whether f selects d.
func (f Filter) Matches(d *telemetry.Device) bool {
	return f.matchesGroup(d) && (f.Device == "" || f.Device == d.ID)
}

// matchesGroup leaves the device's own name out.
func (f Filter) matchesGroup(d *telemetry.Device) bool {
	return (f.Region == "" || f.Region == d.Region) &&
		(f.Project == "" || f.Project == d.Project) &&
		(f.Class == "" || f.Class == d.Class)
}

// Validate accepts names that a topic could carry. Its error names the field.
func (f Filter) Validate() error {
	for _, field := range []struct{ name, value string }{
		{"region", f.Region}, {"project", f.Project}, {"device", f.Device},
	} {
		if field.value == "" {
			continue
		}
		if err := telemetry.CheckSegment(field.value); err != nil {
			return fmt.Errorf("%s %w", field.name, err)
		}
	}
	if f.Class != "" {
		if _, err := telemetry.ParseClass(string(f.Class)); err != nil {
			return err
		}
	}
	return nil
}

// mask says which fields of f are set, one bit each: filters of one mask can be
// looked up in a map by the device's own fields.
func (f Filter) mask() (m uint8) {
	if f.Region != "" {
		m |= 1
	}
	if f.Project != "" {
		m |= 2
	}
	if f.Class != "" {
		m |= 4
	}
	if f.Device != "" {
		m |= 8
	}
	return m
}

// masks is how many values Filter.mask has.
const masks = 16

// filterOf is the filter with the fields of mask m that selects d.
func filterOf(d *telemetry.Device, m uint8) (f Filter) {
	if m&1 != 0 {
		f.Region = d.Region
	}
	if m&2 != 0 {
		f.Project = d.Project
	}
	if m&4 != 0 {
		f.Class = d.Class
	}
	if m&8 != 0 {
		f.Device = d.ID
	}
	return f
}

// Scope is what a subscriber sees. Detail selects the devices whose values,
// events and rejected messages it gets. Overview selects the dangers and the
// counts; the two differ because who looks at one project must still see the
// person stuck in another's lift.
//
// Both choose from what Allowed covers and from nothing else, so that the zero
// Scope sees nothing at all.
type Scope struct {
	Detail   Filter
	Overview Filter
	Allowed  authz.Scope
}
