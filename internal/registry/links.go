package registry

import (
	"slices"
	"strings"

	"steward/internal/authz"
	"steward/internal/registry/scoped"
)

// link is a device that needs another: an index of the lists within devices by
// what they point to. It holds devices in service alone.
type link struct {
	Region  string `db:"region"`
	Project string `db:"project"`
	Device  string `db:"device"` // path
	Kind    string `db:"kind"`
	Source  string `db:"source"` // path
}

// The kinds of link.
const (
	linkParent = "parent"
	linkFeed   = "feed"
)

var links = scoped.NewTable(scoped.Spec[link]{
	Name: "device_links", Kind: "link", Region: "region", Project: "project",
	Path:  func(l *link) string { return l.Device + "<" + l.Kind + "<" + l.Source },
	Place: func(l *link) authz.Place { return authz.Place{Region: l.Region, Project: l.Project} },
})

// external is an external identity of a device in service: an index by which two
// devices with the same one are found.
type external struct {
	Region   string `db:"region"`
	Project  string `db:"project"`
	Device   string `db:"device"` // path
	Identity string `db:"identity"`
}

var externals = scoped.NewTable(scoped.Spec[external]{
	Name: "device_externals", Kind: "external", Region: "region", Project: "project",
	Path:  func(e *external) string { return e.Region + "/" + e.Project + "/" + e.Identity },
	Place: func(e *external) authz.Place { return authz.Place{Region: e.Region, Project: e.Project} },
})

func linksOf(d *Device) []*link {
	if !d.serving() {
		return nil
	}
	at := d.place().String() + "/"
	var all []*link
	if d.ParentMeter != "" {
		all = append(all, &link{d.Region, d.Project, d.path(), linkParent, at + parentRef(d.ParentMeter)})
	}
	for _, ref := range d.FedBy {
		all = append(all, &link{d.Region, d.Project, d.path(), linkFeed, at + ref})
	}
	return all
}

func externalsOf(d *Device) []*external {
	if !d.serving() {
		return nil
	}
	var all []*external
	for scheme, value := range d.Externals {
		all = append(all, &external{d.Region, d.Project, d.path(), scheme + "=" + value})
	}
	return all
}

// saveLinks brings the indexes up to date. All that goes is taken away before
// anything comes, so that two devices can exchange an identity.
func saveLinks(tx *scoped.Tx, changes []*change[Device]) error {
	var gone []string
	var needs []*link
	var identities []*external
	for _, c := range changes {
		if c.before != nil && len(linksOf(c.before))+len(externalsOf(c.before)) > 0 {
			gone = append(gone, c.before.path())
		}
		needs = append(needs, linksOf(&c.after)...)
		identities = append(identities, externalsOf(&c.after)...)
	}
	for part := range slices.Chunk(gone, scoped.MaxList) {
		if _, err := links.Within(tx, authz.Configure, authz.HQ, scoped.In("device", part)).Delete(); err != nil {
			return err
		}
		if _, err := externals.Within(tx, authz.Configure, authz.HQ, scoped.In("device", part)).Delete(); err != nil {
			return err
		}
	}
	if err := links.Insert(tx, authz.Configure, needs...); err != nil {
		return err
	}
	return externals.Insert(tx, authz.Configure, identities...)
}

// deriveFeeds sets Feeds from what is fed by the devices.
func deriveFeeds(tx *scoped.Tx, list []Device) error {
	at := make(map[string]*Device, len(list))
	paths := make([]string, len(list))
	for i := range list {
		list[i].Feeds = Refs{}
		paths[i] = list[i].path()
		at[paths[i]] = &list[i]
	}
	for part := range slices.Chunk(paths, scoped.MaxList) {
		needs, err := links.Within(tx, authz.Read, authz.HQ, scoped.In("source", part), scoped.Is("kind", linkFeed)).All()
		if err != nil {
			return err
		}
		for _, l := range needs {
			d := at[l.Source]
			d.Feeds = append(d.Feeds, strings.TrimPrefix(l.Device, d.place().String()+"/"))
		}
	}
	return nil
}

func deriveOne(tx *scoped.Tx, d *Device) error {
	one := []Device{*d}
	err := deriveFeeds(tx, one)
	*d = one[0]
	return err
}
