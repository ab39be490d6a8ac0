package app

import (
	"context"
	"strings"
	"time"

	"steward/alerting/estate"
	"steward/internal/authz"
	"steward/internal/registry"
	"steward/internal/telemetry"
)

// openEstate gives alerting what the registry knows of places and devices, all of
// it before the first rule is evaluated, and then what changes.
func (a *App) openEstate(ctx context.Context) error {
	position, err := a.fillEstate(ctx)
	if err != nil {
		return err
	}
	a.life.run("registry to alerting", 5*time.Second, func(ctx context.Context) error {
		return a.follow(ctx, "alerting", position, a.putEstate)
	})
	return nil
}

// fillEstate reads all of the registry, and says up to where that is.
func (a *App) fillEstate(ctx context.Context) (position int64, err error) {
	a.estate = estate.New()
	for {
		devices, projects, next, err := a.control.Registry.Changes(ctx, position, followPage)
		if err == nil {
			err = a.putEstate(ctx, devices, projects)
		}
		if err != nil || next == position {
			return position, err
		}
		position = next
	}
}

func (a *App) putEstate(_ context.Context, devices []registry.Device, projects []registry.Project) error {
	for i := range devices {
		a.estate.PutDevice(estateDevice(&devices[i]))
	}
	for _, p := range projects {
		zone, err := time.LoadLocation(p.TimeZone)
		if err != nil {
			zone = time.UTC // the registry takes none that does not exist
		}
		a.estate.PutProject(estate.Project{Place: authz.Place{Region: p.Region, Project: p.ID}, Name: p.Name, Zone: zone, Calendar: p.Calendar, Tariff: p.Tariff, AreaM2: p.FloorAreaM2, KVA: p.TransformerKVA})
	}
	return nil
}

func estateDevice(d *registry.Device) estate.Device {
	at := func(class telemetry.Class, id string) telemetry.Device {
		return telemetry.Device{Region: d.Region, Project: d.Project, Class: class, ID: id}
	}
	out := estate.Device{
		Device: d.Ref(), Active: d.State == registry.Active || d.State == registry.Pending,
		Name: d.Name, Building: d.Building, Location: d.Location, Medium: d.Medium, Model: d.Model, Vendor: d.Vendor, Contractor: d.Contractor, Multiplier: d.Multiplier,
	}
	if d.ParentMeter != "" {
		out.Parent = at(telemetry.Meter, d.ParentMeter)
	}
	for _, ref := range d.FedBy {
		if class, id, ok := strings.Cut(ref, "/"); ok {
			out.FedBy = append(out.FedBy, at(telemetry.Class(class), id))
		}
	}
	return out
}
