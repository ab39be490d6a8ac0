package consumption

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"steward/analytics/continuity"
	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/registry"
	"steward/internal/telemetry"
)

// MultiplierChange is a change of a device's multiplier: a current transformer was
// exchanged, or somebody entered what was there all the time.
type MultiplierChange struct {
	Class, Device string
	At            time.Time
	Before, After float64 // 0 for none, which is 1
}

// Multipliers tell when multipliers changed: the mirror of the registry knows the
// present ones only.
type Multipliers interface {
	// MultiplierChanges are those of the devices of a place since a time, in any
	// order.
	MultiplierChanges(ctx context.Context, at authz.Place, since time.Time) ([]MultiplierChange, error)
}

// History reads the changes of multipliers in the registry's audit log.
type History struct{ Registry *registry.Store }

// MultiplierChanges are the changes in the audit log.
func (h History) MultiplierChanges(ctx context.Context, at authz.Place, since time.Time) ([]MultiplierChange, error) {
	view := h.Registry.As(authz.SystemPrincipal("analytics"))
	filter := registry.AuditFilter{Kind: registry.KindDevice, Region: at.Region, Project: at.Project, From: since}
	var changes []MultiplierChange
	for page := (registry.Page{Limit: 1000}); ; {
		list, err := view.Audit(ctx, filter, page)
		if err != nil {
			return nil, err
		}
		for _, e := range list.Items {
			var before, after struct {
				Multiplier *float64 `json:"multiplier"`
			}
			// What was made or removed has only one side, and tells of no change.
			if json.Unmarshal(e.Before, &before) != nil || json.Unmarshal(e.After, &after) != nil || before.Multiplier == nil || after.Multiplier == nil {
				continue
			}
			path := strings.Split(e.Key, "/") // region/project/class/device
			if len(path) == 4 && *before.Multiplier != *after.Multiplier {
				changes = append(changes, MultiplierChange{Class: path[2], Device: path[3], At: e.At, Before: *before.Multiplier, After: *after.Multiplier})
			}
		}
		if page.Cursor = list.Next; page.Cursor == "" {
			return changes, nil
		}
	}
}

// multipliersOf is what a unit of a register is worth over time: the present worth,
// the changes that led there, and what corrections say, which is believed from its
// time on up to the next change.
func multipliersOf(present float64, changes []MultiplierChange, corrections []clickhouse.MeterCorrection) []continuity.Multiplier {
	changes = slices.Clone(changes)
	slices.SortStableFunc(changes, func(a, b MultiplierChange) int { return a.At.Compare(b.At) })
	first := present
	if len(changes) > 0 {
		first = changes[0].Before
	}
	list := []continuity.Multiplier{{Value: cmp.Or(first, 1)}}
	for _, c := range changes {
		list = append(list, continuity.Multiplier{From: telemetry.MillisOf(c.At), Value: cmp.Or(c.After, 1)})
	}
	for _, c := range corrections {
		if c.Kind == "multiplier" && c.New != nil {
			list = append(list, continuity.Multiplier{From: max(0, telemetry.MillisOf(c.At)), Value: *c.New})
		}
	}
	slices.SortStableFunc(list, func(a, b continuity.Multiplier) int { return cmp.Compare(a.From, b.From) })
	return list
}
