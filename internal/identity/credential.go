package identity

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"steward/internal/authz"
	"steward/internal/controldb"
	"steward/internal/telemetry"
)

// CredentialKind is what connects to the MQTT broker with a Credential.
type CredentialKind string

// The kinds of credential.
const (
	DeviceCredential  CredentialKind = "device"  // one device: publishes its own topics
	ProjectCredential CredentialKind = "project" // what publishes for every device of a project, and the project's records of operations
	GatewayCredential CredentialKind = "gateway" // a gateway: publishes the topics of its children
)

// Credential is a name and password at the MQTT broker. It publishes, and reads
// nothing.
type Credential struct {
	ID string `json:"id"`

	// Name is the user name: region.project and then a name of its own, all of
	// a-z, 0-9, '_', '-' and '.'. That it begins with its place keeps projects
	// from taking, and from trying out, one another's names. Empty at creation
	// makes one of the device.
	Name string `json:"name"`

	Kind     CredentialKind  `json:"kind"`
	Region   string          `json:"region"`
	Project  string          `json:"project"`
	Class    telemetry.Class `json:"class,omitempty"`    // of a device
	Device   string          `json:"device,omitempty"`   // of a device
	Children []string        `json:"children,omitempty"` // of a gateway: class/id of devices of the project
	Note     string          `json:"note"`

	Version    int64     `json:"version"`
	CreatedBy  string    `json:"created_by"`
	CreatedAt  time.Time `json:"created_at"`
	UpdatedAt  time.Time `json:"updated_at"`
	LastUsedAt time.Time `json:"last_used_at,omitzero"` // of a connection, to the hour
	RevokedAt  time.Time `json:"revoked_at,omitzero"`
}

const (
	maxChildren       = 1000
	maxNote           = 500
	maxCredentialName = 200 // three segments and more; MQTT allows 65,535
)

// Place is the project of c.
func (c Credential) Place() authz.Place { return authz.Place{Region: c.Region, Project: c.Project} }

// Publish lists the MQTT filters of the topics on which c may publish.
func (c Credential) Publish() []string {
	base := telemetry.TopicRoot + "/" + c.Region + "/" + c.Project + "/"
	switch c.Kind {
	case DeviceCredential:
		return []string{base + string(c.Class) + "/" + c.Device + "/+"}
	case ProjectCredential:
		return []string{base + "+/+/+", base + "operations/+"}
	case GatewayCredential:
		filters := make([]string, len(c.Children))
		for i, child := range c.Children {
			filters[i] = base + child + "/+"
		}
		return filters
	}
	return nil
}

// check says everything that is wrong with a new credential, and brings what is
// right into the form in which it is kept.
func (c *Credential) check() error {
	place := c.Place()
	if place.Project == "" {
		return controldb.Invalid("project", "", "is missing: a credential belongs to a project")
	}
	if err := place.Validate(); err != nil {
		return controldb.Invalid("project", place.String(), "%v", err)
	}
	var kindErr error
	switch c.Kind {
	case DeviceCredential, ProjectCredential, GatewayCredential:
	default:
		kindErr = controldb.Invalid("kind", string(c.Kind), "is not one of device, project, gateway")
	}
	return together(kindErr, c.checkDevice(), c.checkChildren(), c.checkName(), checkText("note", c.Note, maxNote))
}

func (c *Credential) checkDevice() error {
	if c.Kind != DeviceCredential {
		if c.Class != "" || c.Device != "" {
			return controldb.Invalid("device", c.Device, "belongs to the kind device alone")
		}
		return nil
	}
	if _, err := telemetry.ParseClass(string(c.Class)); err != nil {
		return controldb.Invalid("class", string(c.Class), "%v", err)
	}
	if err := telemetry.CheckSegment(c.Device); err != nil {
		return controldb.Invalid("device", c.Device, "%v", err)
	}
	return nil
}

func (c *Credential) checkChildren() error {
	if c.Kind != GatewayCredential {
		if len(c.Children) > 0 {
			return controldb.Invalid("children", c.Children[0], "belong to the kind gateway alone")
		}
		return nil
	}
	if len(c.Children) == 0 || len(c.Children) > maxChildren {
		return controldb.Invalid("children", fmt.Sprint(len(c.Children)), "are not 1 to %d", maxChildren)
	}
	c.Children = slices.Clone(c.Children)
	slices.Sort(c.Children)
	c.Children = slices.Compact(c.Children)
	for i, child := range c.Children {
		class, id, _ := strings.Cut(child, "/")
		_, err := telemetry.ParseClass(class)
		if err == nil {
			err = telemetry.CheckSegment(id)
		}
		if err != nil {
			return controldb.Invalid(fmt.Sprintf("children[%d]", i), child, "is not class/id: %v", err)
		}
	}
	return nil
}

func (c *Credential) checkName() error {
	prefix := c.Region + "." + c.Project
	if c.Name == "" {
		switch c.Kind {
		case DeviceCredential:
			c.Name = prefix + "." + string(c.Class) + "." + c.Device
		case ProjectCredential:
			c.Name = prefix + ".project"
		default:
			return controldb.Invalid("name", "", "is missing: name the gateway, such as %s.gateway-1", prefix)
		}
	}
	own, ok := strings.CutPrefix(c.Name, prefix+".")
	ok = ok && own != "" && len(c.Name) <= maxCredentialName
	for _, r := range own {
		ok = ok && (('a' <= r && r <= 'z') || ('0' <= r && r <= '9') || strings.ContainsRune("._-", r))
	}
	if !ok {
		return controldb.Invalid("name", c.Name, "is not %s. and then a-z, 0-9, '_', '-', '.', at most %d characters", prefix, maxCredentialName)
	}
	return nil
}

// credentialRow is a Credential as the table has it.
type credentialRow struct {
	ID         string     `db:"id"`
	Name       string     `db:"name"`
	Kind       string     `db:"kind"`
	Region     string     `db:"region"`
	Project    string     `db:"project"`
	Class      string     `db:"class"`
	Device     string     `db:"device"`
	Children   string     `db:"children"`
	Hash       string     `db:"hash"`
	Note       string     `db:"note"`
	Version    int64      `db:"version"`
	CreatedBy  string     `db:"created_by"`
	CreatedAt  time.Time  `db:"created_at"`
	UpdatedAt  time.Time  `db:"updated_at"`
	LastUsedAt *time.Time `db:"last_used_at"`
	RevokedAt  *time.Time `db:"revoked_at"`
	Changed    int64      `db:"changed"`
}

func rowOf(c Credential) credentialRow {
	return credentialRow{
		ID: c.ID, Name: c.Name, Kind: string(c.Kind), Region: c.Region, Project: c.Project, Class: string(c.Class), Device: c.Device,
		Children: strings.Join(c.Children, "\n"), Note: c.Note, Version: c.Version, CreatedBy: c.CreatedBy, CreatedAt: c.CreatedAt, UpdatedAt: c.UpdatedAt,
	}
}

func (r *credentialRow) credential() Credential {
	return Credential{
		ID: r.ID, Name: r.Name, Kind: CredentialKind(r.Kind), Region: r.Region, Project: r.Project,
		Class: telemetry.Class(r.Class), Device: r.Device, Children: strings.Fields(r.Children), Note: r.Note,
		Version: r.Version, CreatedBy: r.CreatedBy, CreatedAt: r.CreatedAt.UTC(), UpdatedAt: r.UpdatedAt.UTC(),
		LastUsedAt: timeOf(r.LastUsedAt), RevokedAt: timeOf(r.RevokedAt),
	}
}
