package route

import (
	"fmt"
	"time"

	"go.yaml.in/yaml/v3"

	"steward/internal/authz"
	"steward/internal/calendar"
	"steward/internal/yamlfile"
)

// What a file consists of.
type (
	file struct {
		Zone      *zoneText      `yaml:"time_zone"`
		Contacts  []contactText  `yaml:"contacts"`
		Schedules []scheduleText `yaml:"schedules"`
		Policies  []policyText   `yaml:"policies"`
	}
	contactText struct {
		Line     int        `yaml:"-"`
		Name     string     `yaml:"name"`
		Place    *placeText `yaml:"place"`
		Lang     string     `yaml:"lang"`
		Channels []string   `yaml:"channels"`
		Quiet    *quietText `yaml:"quiet"`
	}
	quietText struct {
		Line     int                 `yaml:"-"`
		Start    *calendar.TimeOfDay `yaml:"start"`
		End      *calendar.TimeOfDay `yaml:"end"`
		Calendar string              `yaml:"calendar"`
		Zone     *zoneText           `yaml:"time_zone"`
	}
	scheduleText struct {
		Line   int         `yaml:"-"`
		Name   string      `yaml:"name"`
		Place  *placeText  `yaml:"place"`
		Zone   *zoneText   `yaml:"time_zone"`
		Layers []layerText `yaml:"layers"`
	}
	layerText struct {
		Line     int                 `yaml:"-"`
		Contacts []string            `yaml:"contacts"`
		Turn     string              `yaml:"turn"`
		Handover *calendar.TimeOfDay `yaml:"handover"`
		Start    calendar.Date       `yaml:"start"`
		Only     Part                `yaml:"only"`
		Calendar string              `yaml:"calendar"`
	}
	policyText struct {
		Line         int         `yaml:"-"`
		Name         string      `yaml:"name"`
		Incidents    []string    `yaml:"incidents"`
		Places       []placeText `yaml:"places"`
		Steps        []stepText  `yaml:"steps"`
		TellResolved bool        `yaml:"tell_resolved"`
	}
	stepText struct {
		Line       int               `yaml:"-"`
		After      yamlfile.Duration `yaml:"after"`
		Tell       []string          `yaml:"tell"`
		Unless     string            `yaml:"unless"`
		Severities []string          `yaml:"severities"`
	}
)

// zoneText is a time zone by its name.
type zoneText struct{ zone *time.Location }

// UnmarshalYAML reads Asia/Shanghai.
func (z *zoneText) UnmarshalYAML(n *yaml.Node) (err error) {
	// Empty and Local are zones to the library, and would be those of the server.
	if z.zone, err = time.LoadLocation(n.Value); err != nil || n.Value == "" || n.Value == "Local" {
		return fmt.Errorf("%q is not a time zone, such as %s", n.Value, defaultZone)
	}
	return nil
}

func (z *zoneText) or(zone *time.Location) *time.Location {
	if z == nil {
		return zone
	}
	return z.zone
}

// placeText is a place as it is written.
type placeText authz.Place

// UnmarshalYAML reads hq, a region, or region/project.
func (p *placeText) UnmarshalYAML(n *yaml.Node) error {
	at, err := authz.ParsePlace(n.Value)
	*p = placeText(at)
	return err
}
