package clickhouse

import (
	"fmt"
	"strconv"

	"steward/internal/authz"
	"steward/internal/telemetry"
)

// What a caller asks is checked before anything is sent, so that a mistake is
// told with the name of its field.

func (f Filter) validate() error {
	for _, segment := range []struct{ field, value string }{{"region", f.Region}, {"project", f.Project}, {"device", f.Device}} {
		if segment.value == "" {
			continue
		}
		if err := telemetry.CheckSegment(segment.value); err != nil {
			return &ArgumentError{segment.field, segment.value, "is not a name: [a-z0-9][a-z0-9_-]{0,63}"}
		}
	}
	if f.Class != "" {
		if _, err := telemetry.ParseClass(string(f.Class)); err != nil {
			return &ArgumentError{"class", string(f.Class), "is not one of meter, elevator, fire, access"}
		}
	}
	return nil
}

func validateDevices(devices []telemetry.Device) error {
	if len(devices) > MaxDevices {
		return tooMany("devices", len(devices), MaxDevices)
	}
	for _, d := range devices {
		if f := (Filter{d.Region, d.Project, d.Class, d.ID}); f.Region == "" || f.Project == "" || f.Class == "" || f.Device == "" || f.validate() != nil {
			return &ArgumentError{"devices", d.String(), "is not of the form region/project/class/device"}
		}
	}
	return nil
}

// validateNames checks a list of metrics, kinds and the like.
func validateNames(field string, names []string) error {
	if len(names) > MaxMetrics {
		return tooMany(field, len(names), MaxMetrics)
	}
	for _, name := range names {
		if telemetry.CheckName(name) != nil {
			return &ArgumentError{field, name, fmt.Sprintf("is not a name: 1 to %d bytes of printable text", telemetry.MaxName)}
		}
	}
	return nil
}

func tooMany(field string, n, most int) error {
	return &ArgumentError{field, strconv.Itoa(n), fmt.Sprintf("are more than %d at once", most)}
}

// limitOr checks a limit of rows and puts the default for none.
func limitOr(limit, normal, most int) (int, error) {
	switch {
	case limit == 0:
		return normal, nil
	case limit < 0 || limit > most:
		return 0, &ArgumentError{"limit", strconv.Itoa(limit), fmt.Sprintf("is not from 1 to %d", most)}
	}
	return limit, nil
}

// place is where a row belongs.
func place(region, project string) authz.Place { return authz.Place{Region: region, Project: project} }
