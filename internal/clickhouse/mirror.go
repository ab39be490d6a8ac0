package clickhouse

import (
	"context"
	"fmt"
	"time"

	driver "github.com/ClickHouse/clickhouse-go/v2"

	"steward/internal/telemetry"
)

// DeviceRow is a device as the registry describes it. Dates are 2006-01-02, or
// empty when unknown; so are, here, dates before 1900 and after 2299.
type DeviceRow struct {
	telemetry.Device
	State, Name, Building, Location    string
	Medium, Model, Vendor, Serial      string
	Externals                          map[string]string
	InstalledOn, CommissionedOn        string
	VerificationDueOn, RetiredOn       string
	ExpectedLifeYears                  float64
	ReplacementCostCNY, FailureCostCNY float64
	Multiplier                         float64
	ParentMeter                        string
	FedBy                              []string // class/id in the same project
	Gateway, ReplacedBy, Replaces      string
	Version                            int64 // of two rows the one with the greater version counts
	UpdatedAt                          time.Time
}

// ProjectRow is a project as the registry describes it.
type ProjectRow struct {
	Region, Project, Name      string
	TimeZone, Calendar, Tariff string
	FloorAreaM2                float64
	Households                 int
	OccupiedOn                 string // 2006-01-02, or empty
	Address                    string
	Retired                    bool
	Version                    int64 // of two rows the one with the greater version counts
	UpdatedAt                  time.Time
}

// PutDevices writes what the registry knows of devices, and has the dictionary
// device_info read anew if anybody uses it. The same rows may be written again.
func (s *Store) PutDevices(ctx context.Context, devices []DeviceRow) error {
	if len(devices) == 0 {
		return nil
	}
	rows := make([][]any, len(devices))
	for i, d := range devices {
		dates, err := parseDates(d.InstalledOn, d.CommissionedOn, d.VerificationDueOn, d.RetiredOn)
		if err != nil {
			return fmt.Errorf("clickhouse: device %s: %w", d.Device, err)
		}
		externals, fedBy := d.Externals, d.FedBy
		if externals == nil {
			externals = map[string]string{}
		}
		if fedBy == nil {
			fedBy = []string{}
		}
		rows[i] = []any{
			d.Region, d.Project, string(d.Class), d.ID, d.State, d.Name, d.Building, d.Location,
			d.Medium, d.Model, d.Vendor, d.Serial, externals,
			dates[0], dates[1], dates[2], dates[3],
			d.ExpectedLifeYears, d.ReplacementCostCNY, d.FailureCostCNY, d.Multiplier, d.ParentMeter, fedBy,
			d.Gateway, d.ReplacedBy, d.Replaces, d.Version, d.UpdatedAt,
		}
	}
	if err := s.put(ctx, "devices", rows); err != nil {
		return err
	}
	return s.refreshDictionary(ctx)
}

// PutProjects writes what the registry knows of projects. The same rows may be
// written again.
func (s *Store) PutProjects(ctx context.Context, projects []ProjectRow) error {
	if len(projects) == 0 {
		return nil
	}
	rows := make([][]any, len(projects))
	for i, p := range projects {
		dates, err := parseDates(p.OccupiedOn)
		if err != nil {
			return fmt.Errorf("clickhouse: project %s/%s: %w", p.Region, p.Project, err)
		}
		rows[i] = []any{
			p.Region, p.Project, p.Name, p.TimeZone, p.Calendar, p.Tariff, p.FloorAreaM2, int64(p.Households),
			dates[0], p.Address, p.Retired, p.Version, p.UpdatedAt,
		}
	}
	return s.put(ctx, "projects", rows)
}

// parseDates reads days for columns of Date32; nil for one that they cannot
// hold.
func parseDates(texts ...string) ([]*time.Time, error) {
	const first, last = 1900, 2299 // years of a Date32
	dates := make([]*time.Time, len(texts))
	for i, text := range texts {
		if text == "" {
			continue
		}
		day, err := time.Parse(time.DateOnly, text)
		if err != nil {
			return nil, err
		}
		if y := day.Year(); y >= first && y <= last {
			dates[i] = &day
		}
	}
	return dates, nil
}

// put inserts rows with all columns of a table, in their order.
func (s *Store) put(ctx context.Context, table string, rows [][]any) error {
	ctx = driver.Context(ctx, driver.WithSettings(driver.Settings{"async_insert": 0}))
	batch, err := s.conn.PrepareBatch(ctx, "INSERT INTO "+table)
	if err != nil {
		return s.wrap("insert into "+table, err)
	}
	defer func() { _ = batch.Close() }() // after Send it has nothing to say
	for _, row := range rows {
		if err := batch.Append(row...); err != nil {
			return fmt.Errorf("clickhouse: insert into %s: %w", table, err)
		}
	}
	return s.wrap(fmt.Sprintf("insert %d rows into %s", len(rows), table), batch.Send())
}
