package app

import (
	"context"
	"time"

	"steward/internal/clickhouse"
	"steward/internal/controldb"
	"steward/internal/registry"
)

// What follows the registry: those who need its devices elsewhere ask it for
// what has changed, again and again. It works the same whether a change was made
// in this process or in another.
const (
	followEvery = time.Second
	// followPage is large because each page of devices has a dictionary that is in
	// use read anew.
	followPage = 20_000
	// anchorEvery is how often the end of the audit log is noted in ClickHouse:
	// what is cut off the log within this time goes unnoticed.
	anchorEvery = 10 * time.Second
)

// follow hands everything in the registry after a position, 0 for all, to take, and
// then what changes, until ctx ends. An error of take is waited out, and the same
// is offered again.
func (a *App) follow(ctx context.Context, name string, position int64, take func(context.Context, []registry.Device, []registry.Project) error) error {
	failing := false
	for {
		devices, projects, next, err := a.control.Registry.Changes(ctx, position, followPage)
		if err == nil && next != position {
			err = take(ctx, devices, projects)
		}
		more := err == nil && next != position
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil && !failing:
			a.logger.Error("registry not followed", "by", name, "error", err)
		case err == nil && failing:
			a.logger.Info("registry followed again", "by", name)
		}
		failing = err != nil
		if more {
			position = next
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(followEvery):
		}
	}
}

// mirror copies devices and projects to ClickHouse, for joins. It begins anew at
// each start, which mends whatever was lost there.
func (a *App) mirror(ctx context.Context) error {
	return a.follow(ctx, "the mirror in ClickHouse", 0, func(ctx context.Context, devices []registry.Device, projects []registry.Project) error {
		rows := make([]clickhouse.DeviceRow, len(devices))
		for i, d := range devices {
			rows[i] = deviceRow(d)
		}
		if err := a.db.PutDevices(ctx, rows); err != nil {
			return err
		}
		estates := make([]clickhouse.ProjectRow, len(projects))
		for i, p := range projects {
			estates[i] = projectRow(p)
		}
		return a.db.PutProjects(ctx, estates)
	})
}

// anchor notes the end of the audit log where whoever can change the log cannot
// change it.
func (a *App) anchor(ctx context.Context) error {
	tick := time.NewTicker(anchorEvery)
	defer tick.Stop()
	var noted controldb.Head
	for {
		head, err := a.control.db.AuditHead(ctx)
		if err == nil && head != noted && head.Seq > 0 {
			if err = a.db.PutAnchor(ctx, head.Seq, head.Hash); err == nil {
				noted = head
			}
		}
		if err != nil && ctx.Err() == nil {
			a.logger.Warn("end of the audit log not noted", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func deviceRow(d registry.Device) clickhouse.DeviceRow {
	return clickhouse.DeviceRow{
		Device: d.Ref(), State: string(d.State), Name: d.Name, Building: d.Building, Location: d.Location,
		Medium: d.Medium, Model: d.Model, Vendor: d.Vendor, Serial: d.Serial, Externals: d.Externals,
		InstalledOn: string(d.InstalledOn), CommissionedOn: string(d.CommissionedOn),
		VerificationDueOn: string(d.VerificationDue), RetiredOn: string(d.RetiredOn),
		ExpectedLifeYears: d.ExpectedLife, ReplacementCostCNY: d.ReplacementCost, FailureCostCNY: d.FailureCost,
		Multiplier: d.Multiplier, ParentMeter: d.ParentMeter, FedBy: d.FedBy,
		Gateway: d.Gateway, ReplacedBy: d.ReplacedBy, Replaces: d.Replaces,
		Version: d.Version, UpdatedAt: d.UpdatedAt,
	}
}

func projectRow(p registry.Project) clickhouse.ProjectRow {
	return clickhouse.ProjectRow{
		Region: p.Region, Project: p.ID, Name: p.Name, TimeZone: p.TimeZone, Calendar: p.Calendar, Tariff: p.Tariff,
		FloorAreaM2: p.FloorAreaM2, Households: p.Households, OccupiedOn: string(p.OccupiedOn), Address: p.Address,
		Retired: p.Retired, Version: p.Version, UpdatedAt: p.UpdatedAt,
	}
}
