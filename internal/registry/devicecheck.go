package registry

import (
	"maps"
	"slices"
	"strings"

	"steward/internal/authz"
	"steward/internal/registry/scoped"
	"steward/internal/telemetry"
)

// Bounds against slips of the keyboard.
const (
	maxLife       = 200  // years
	maxCost       = 1e12 // yuan
	maxMultiplier = 1e9
)

// states in the order of a life.
var states = []State{Pending, Active, Refused, Retired, Replaced}

// media of meters.
var media = []string{"electricity", "water", "gas", "heat"}

// checkDevices checks each device by itself, and then in its project as that
// will be.
func checkDevices(tx *scoped.Tx, changes []*change[Device]) error {
	places := openPlaces{}
	byPlace := map[authz.Place][]*change[Device]{}
	for _, c := range changes {
		d, is := &c.after, checker{&c.problems}
		is.device(d)
		if !is.segment("region", d.Region) || !is.segment("project", d.Project) || !is.segment("id", d.ID) {
			continue
		}
		if c.before == nil {
			if err := is.open("project", d.Project, places.lookup(tx, d.place())); err != nil {
				return err
			}
		}
		byPlace[d.place()] = append(byPlace[d.place()], c)
	}
	for at, here := range byPlace {
		e, err := estateOf(tx, at, here)
		if err != nil {
			return err
		}
		for _, c := range here {
			if err := e.check(&c.after, checker{&c.problems}); err != nil {
				return err
			}
		}
	}
	return nil
}

// device checks what can be said of a device by itself.
func (c checker) device(d *Device) {
	if _, err := telemetry.ParseClass(string(d.Class)); err != nil {
		c.reject("class", shorten(string(d.Class)), "not one of meter, elevator, fire, access")
	}
	if !slices.Contains(states, d.State) {
		c.reject("state", shorten(string(d.State)), "not one of pending, active, refused, retired, replaced")
	}
	if (d.State == Replaced) != (d.ReplacedBy != "") {
		c.reject("replaced_by", d.ReplacedBy, "goes together with the state replaced")
	}
	for _, f := range []struct{ name, value string }{
		{"name", d.Name}, {"location", d.Location}, {"model", d.Model}, {"vendor", d.Vendor}, {"serial", d.Serial},
		{"contractor", d.Contractor}, {"gateway", d.Gateway},
	} {
		c.text(f.name, f.value)
	}
	c.words("note", d.Note, maxNote, "\n\r\t")
	for _, f := range []struct {
		name string
		day  Date
	}{
		{"installed_on", d.InstalledOn}, {"commissioned_on", d.CommissionedOn},
		{"verification_due_on", d.VerificationDue}, {"retired_on", d.RetiredOn},
	} {
		c.date(f.name, f.day)
	}
	c.number("expected_life_years", d.ExpectedLife, maxLife)
	c.number("replacement_cost_cny", d.ReplacementCost, maxCost)
	c.number("failure_cost_cny", d.FailureCost, maxCost)
	if d.Multiplier <= 0 {
		c.reject("multiplier", cellText(d.Multiplier), "must be greater than 0; it is 1 without transformers")
	} else {
		c.number("multiplier", d.Multiplier, maxMultiplier)
	}
	switch {
	case d.Medium == "":
	case d.Class != telemetry.Meter:
		c.reject("medium", shorten(d.Medium), "only meters have a medium: leave it empty")
	case !slices.Contains(media, d.Medium):
		c.reject("medium", shorten(d.Medium), "not one of electricity, water, gas, heat")
	}
	c.externals(d.Externals)
	if len(d.FedBy) > maxFedBy {
		c.reject("fed_by", "", "has %d devices, more than %d", len(d.FedBy), maxFedBy)
	}
}

func (c checker) externals(all Externals) {
	if len(all) > maxExternals {
		c.reject("externals", "", "has %d identities, more than %d", len(all), maxExternals)
		return
	}
	for _, scheme := range slices.Sorted(maps.Keys(all)) {
		value := all[scheme]
		if telemetry.CheckSegment(scheme) != nil {
			c.reject("externals", shorten(scheme), "a scheme is 1 to 64 of a-z, 0-9, - and _, such as dl645")
		}
		if value == "" || value != strings.TrimSpace(value) || strings.ContainsAny(value, ";；") {
			c.reject("externals", shorten(scheme+"="+value), "an identity is not empty, has no semicolon and no space around it")
		}
		c.text("externals", value)
	}
}

// check checks what a device says of others.
func (e *estate) check(d *Device, is checker) error {
	if d.Building != "" {
		if ok, err := e.building(d.Building); err != nil {
			return err
		} else if !ok && d.serving() {
			is.reject("building", shorten(d.Building), "no such building in this project: add it first")
		}
	}
	if err := e.checkParent(d, is); err != nil {
		return err
	}
	if err := e.checkFeeds(d, is); err != nil {
		return err
	}
	for _, f := range []struct{ name, ref string }{{"replaced_by", d.ReplacedBy}, {"replaces", d.Replaces}} {
		if f.ref == "" {
			continue
		}
		if other, err := e.named(f.ref); err != nil {
			return err
		} else if other == nil || other == d || other.Class != d.Class {
			is.reject(f.name, shorten(f.ref), "no such device of the same class in this project, as class/id")
		}
	}
	for _, x := range externalsOf(d) {
		if other, err := e.owner(d, x.Identity); err != nil {
			return err
		} else if other != "" {
			is.reject("externals", shorten(x.Identity), "is also an identity of %s: each belongs to one device of a project", other)
		}
	}
	return nil
}

// named finds a device by what somebody wrote as its ref.
func (e *estate) named(ref string) (*Device, error) {
	class, id, _ := strings.Cut(ref, "/")
	if _, err := telemetry.ParseClass(class); err != nil || telemetry.CheckSegment(id) != nil {
		return nil, nil
	}
	return e.device(ref)
}

func (e *estate) checkParent(d *Device, is checker) error {
	if d.ParentMeter == "" {
		return nil
	}
	parent, err := e.named(parentRef(d.ParentMeter))
	if err != nil {
		return err
	}
	if parent == nil {
		// The same is said of devices that are not there and of those elsewhere.
		is.reject("parent_meter", shorten(d.ParentMeter), "no such device in this project: give the id of a meter")
		return nil
	}
	way, err := e.parents.from(e, d.ref())
	if way != nil {
		is.reject("parent_meter", d.ParentMeter, "a meter would be behind itself: %s", circular(way))
	}
	return err
}

func (e *estate) checkFeeds(d *Device, is checker) error {
	for _, ref := range d.FedBy {
		if source, err := e.named(ref); err != nil {
			return err
		} else if source == nil {
			is.reject("fed_by", shorten(ref), "no such device in this project: write class/id, such as meter/m1")
		}
	}
	way, err := e.feeds.from(e, d.ref())
	if way != nil {
		is.reject("fed_by", strings.Join(d.FedBy, "; "), "a device would feed itself: %s", circular(way))
	}
	return err
}

// circular writes a circle down, of a long one the beginning.
func circular(way []string) string {
	if len(way) > 8 {
		way = append(slices.Clone(way[:7]), "…")
	}
	return strings.Join(way, " ← ")
}
