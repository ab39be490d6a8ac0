package clickhouse

import (
	"context"
	"strings"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"steward/internal/authz"
)

// ScoredProject is a project that is compared with others.
type ScoredProject struct {
	authz.Place
	TimeZone   string // '' when nobody said
	Households int64  // 0 when unknown
}

// ScoredProjects hands out the projects that are in service, by region and name.
func (s *Store) ScoredProjects(ctx context.Context, each func(ScoredProject) error) error {
	var places samePlace
	return s.Columns(ctx, "scorecard_projects", nil, func(batch arrow.Record) error {
		if err := places.find(batch); err != nil {
			return err
		}
		zones, err := columnOf[*array.String](batch, "time_zone", nil)
		households, err := columnOf[*array.Int64](batch, "households", err)
		if err != nil {
			return err
		}
		var zone sameText
		for i := range int(batch.NumRows()) {
			if err := each(ScoredProject{places.at(i), zone.of(zones.Value(i)), households.Value(i)}); err != nil {
				return err
			}
		}
		return nil
	})
}

// samePlace reads the places of a batch, of which neighbours are often the same.
type samePlace struct {
	regions, projects *array.String
	region, project   sameText
}

func (p *samePlace) find(batch arrow.Record) (err error) {
	p.regions, err = columnOf[*array.String](batch, "region", nil)
	p.projects, err = columnOf[*array.String](batch, "project", err)
	return err
}

func (p *samePlace) at(i int) authz.Place {
	return authz.Place{Region: p.region.of(p.regions.Value(i)), Project: p.project.of(p.projects.Value(i))}
}

// ScoredComplaint is a complaint. Times are zero where they are missing.
type ScoredComplaint struct {
	authz.Place
	Type              string
	Created, Answered time.Time
}

// ScoredComplaints hands out the complaints that were made from a time to another.
func (s *Store) ScoredComplaints(ctx context.Context, from, to time.Time, each func(ScoredComplaint) error) error {
	var places samePlace
	var kind sameText
	return s.Columns(ctx, "scorecard_complaints", Args{"from": from, "to": to}, func(batch arrow.Record) error {
		if err := places.find(batch); err != nil {
			return err
		}
		types, err := columnOf[*array.String](batch, "type", nil)
		created, err := columnOf[*array.Int64](batch, "created", err)
		answered, err := columnOf[*array.Int64](batch, "answered", err)
		if err != nil {
			return err
		}
		for i := range int(batch.NumRows()) {
			err := each(ScoredComplaint{places.at(i), kind.of(types.Value(i)), momentAt(created, i), momentAt(answered, i)})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// momentAt is a time in milliseconds, of which 0 is none.
func momentAt(column *array.Int64, i int) time.Time {
	if ms := column.Value(i); ms != 0 {
		return time.UnixMilli(ms).UTC()
	}
	return time.Time{}
}

// ComplaintKeepers hands out the projects that entered complaints, and how many.
func (s *Store) ComplaintKeepers(ctx context.Context, from, to time.Time, each func(authz.Place, int) error) error {
	var places samePlace
	return s.Columns(ctx, "scorecard_keeping", Args{"from": from, "to": to}, func(batch arrow.Record) error {
		if err := places.find(batch); err != nil {
			return err
		}
		records, err := columnOf[*array.Uint64](batch, "records", nil)
		if err != nil {
			return err
		}
		for i := range int(batch.NumRows()) {
			if err := each(places.at(i), int(records.Value(i))); err != nil {
				return err
			}
		}
		return nil
	})
}

// ScoredOrder is a repair order. Times are zero where they are missing.
type ScoredOrder struct {
	authz.Place
	ID                              string
	Urgent                          bool
	Class, Device, Contractor, Code string // "" where it is not known
	Created, Arrived, Done          time.Time
}

// ScoredOrders hands out the repair orders that were created from a time to another,
// and those from before that were not done before it, in the order of time.
func (s *Store) ScoredOrders(ctx context.Context, from, to time.Time, each func(ScoredOrder) error) error {
	var places samePlace
	var class, device, contractor, code sameText
	return s.Columns(ctx, "scorecard_orders", Args{"from": from, "to": to}, func(batch arrow.Record) error {
		if err := places.find(batch); err != nil {
			return err
		}
		ids, err := columnOf[*array.String](batch, "id", nil)
		urgent, err := columnOf[*array.Uint8](batch, "urgent", err)
		classes, err := columnOf[*array.String](batch, "class", err)
		devices, err := columnOf[*array.String](batch, "device", err)
		contractors, err := columnOf[*array.String](batch, "contractor", err)
		codes, err := columnOf[*array.String](batch, "code", err)
		created, err := columnOf[*array.Int64](batch, "created", err)
		arrived, err := columnOf[*array.Int64](batch, "arrived", err)
		done, err := columnOf[*array.Int64](batch, "done", err)
		if err != nil {
			return err
		}
		for i := range int(batch.NumRows()) {
			err := each(ScoredOrder{
				Place: places.at(i), ID: strings.Clone(ids.Value(i)), Urgent: urgent.Value(i) != 0,
				Class: class.of(classes.Value(i)), Device: device.of(devices.Value(i)), Contractor: contractor.of(contractors.Value(i)), Code: code.of(codes.Value(i)),
				Created: momentAt(created, i), Arrived: momentAt(arrived, i), Done: momentAt(done, i),
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// ScoredFees is what a project's accounts of a kind were to pay and have paid.
type ScoredFees struct {
	authz.Place
	Kind      string
	Due, Paid float64 // CNY
	Records   int
	Months    []string // that have records: their first days
}

// ScoredFees hands out fees of the months from a day to another, which begin months.
func (s *Store) ScoredFees(ctx context.Context, from, to string, each func(ScoredFees) error) error {
	var places samePlace
	var kind sameText
	return s.Columns(ctx, "scorecard_fees", Args{"from": from, "to": to}, func(batch arrow.Record) error {
		if err := places.find(batch); err != nil {
			return err
		}
		kinds, err := columnOf[*array.String](batch, "kind", nil)
		due, err := columnOf[*array.Float64](batch, "due", err)
		paid, err := columnOf[*array.Float64](batch, "paid", err)
		records, err := columnOf[*array.Uint64](batch, "records", err)
		months, err := columnOf[*array.List](batch, "months", err)
		if err != nil {
			return err
		}
		names, ok := months.ListValues().(*array.String)
		for i := range int(batch.NumRows()) {
			f := ScoredFees{Place: places.at(i), Kind: kind.of(kinds.Value(i)), Due: due.Value(i), Paid: paid.Value(i), Records: int(records.Value(i))}
			for at, end := months.ValueOffsets(i); ok && at < end; at++ {
				var month sameText // of its own: it must not keep the batch
				f.Months = append(f.Months, month.of(names.Value(int(at))))
			}
			if err := each(f); err != nil {
				return err
			}
		}
		return nil
	})
}

// ScoredInspection is an inspection that was planned. Done is zero while it is not,
// Score -1 where there is none.
type ScoredInspection struct {
	authz.Place
	Level, Kind   string
	Planned, Done time.Time
	Score         float64
}

// ScoredInspections hands out the inspections that were planned for a time.
func (s *Store) ScoredInspections(ctx context.Context, from, to time.Time, each func(ScoredInspection) error) error {
	var places samePlace
	var level, kind sameText
	return s.Columns(ctx, "scorecard_inspections", Args{"from": from, "to": to}, func(batch arrow.Record) error {
		if err := places.find(batch); err != nil {
			return err
		}
		levels, err := columnOf[*array.String](batch, "level", nil)
		kinds, err := columnOf[*array.String](batch, "kind", err)
		planned, err := columnOf[*array.Int64](batch, "planned", err)
		done, err := columnOf[*array.Int64](batch, "done", err)
		score, err := columnOf[*array.Float64](batch, "score", err)
		if err != nil {
			return err
		}
		for i := range int(batch.NumRows()) {
			err := each(ScoredInspection{places.at(i), level.of(levels.Value(i)), kind.of(kinds.Value(i)), momentAt(planned, i), momentAt(done, i), score.Value(i)})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// ScoredBuilding is what a building used, as far as it is known.
type ScoredBuilding struct {
	authz.Place
	Building string
	KWh      float64
	Hours    float64 // of all its metering points together
	Points   int     // metering points side by side
}

// ScoredBuildings hands out the electricity of buildings from a day to another.
func (s *Store) ScoredBuildings(ctx context.Context, from, to string, each func(ScoredBuilding) error) error {
	var places samePlace
	return s.Columns(ctx, "scorecard_energy", Args{"from": from, "to": to}, func(batch arrow.Record) error {
		if err := places.find(batch); err != nil {
			return err
		}
		buildings, err := columnOf[*array.String](batch, "building", nil)
		kwh, err := columnOf[*array.Float64](batch, "kwh", err)
		hours, err := columnOf[*array.Float64](batch, "hours", err)
		points, err := columnOf[*array.Uint64](batch, "points", err)
		if err != nil {
			return err
		}
		for i := range int(batch.NumRows()) {
			var building sameText // of its own: it must not keep the batch
			err := each(ScoredBuilding{places.at(i), building.of(buildings.Value(i)), kwh.Value(i), hours.Value(i), int(points.Value(i))})
			if err != nil {
				return err
			}
		}
		return nil
	})
}
