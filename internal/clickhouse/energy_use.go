package clickhouse

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"steward/internal/authz"
)

// EnergyStretch is some parts of hours, one after the other, that belong to one step
// and have one price.
type EnergyStretch struct {
	Parts int
	Step  uint32   // from 1
	Price *float64 // of a unit; nil when nobody knows
}

// EnergyUseQuery asks what meters used and what it cost. What is left empty is any.
type EnergyUseQuery struct {
	Places          []authz.Place // projects
	Building, Point string
	Metric          string   // the counter
	Media           []string // as the registry names them
	From, To        time.Time
	HourParts       int             // 1, or 2 where steps or prices change at half past
	Stretches       []EnergyStretch // from From to To
	Per             string          // project, building or meter
}

// EnergyUsed is what was used in a step, or in all of them.
type EnergyUsed struct {
	authz.Place
	Building string // the one that is summed up, or that the meter is of
	Point    string // of one meter
	Step     uint32 // 0 for all
	Use      float64
	Covered  float64 // hours of all meters that Use accounts for
	Measured float64 // and of these such as are neither interpolated nor suspect
	Cost     float64 // of the part that has a price
	Priced   float64 // that part
	Points   uint64  // metering points that counted
	Device   string  // the meter at the only point
	Parent   string  // the meter behind which it is
}

// maxEnergyPlaces and maxEnergyParts bound what a query says with itself.
const (
	maxEnergyPlaces = 1000
	maxEnergyParts  = 2 * 24 * 1200
)

// EnergyUse hands out what the meters used that a caller may see. Each is counted once:
// a meter behind another is part of that one.
func (s *Store) EnergyUse(ctx context.Context, scope authz.Scope, q EnergyUseQuery, each func(EnergyUsed)) error {
	if scope.Empty() || len(q.Places) == 0 || len(q.Stretches) == 0 {
		return nil
	}
	if len(q.Places) > maxEnergyPlaces {
		return tooMany("projects", len(q.Places), maxEnergyPlaces)
	}
	args := arguments{}
	parts, lengths, steps, prices := 0, []string{}, []string{}, []string{}
	for _, r := range q.Stretches {
		price := ""
		if r.Price != nil {
			price = strconv.FormatFloat(*r.Price, 'g', -1, 64)
		}
		parts += r.Parts
		lengths, steps, prices = append(lengths, strconv.Itoa(r.Parts)), append(steps, fmt.Sprint(r.Step)), append(prices, price)
	}
	if parts > maxEnergyParts {
		return &ArgumentError{"from", q.From.UTC().Format(time.RFC3339), "is too long before to"}
	}
	places := make([][]string, len(q.Places))
	for i, p := range q.Places {
		places[i] = []string{p.Region, p.Project}
	}
	args.tuples("places", places)
	args.text("building", q.Building)
	args.text("point", q.Point)
	args.text("metric", q.Metric)
	args.texts("media", q.Media)
	args.number("from", q.From.Unix())
	args.number("to", q.To.Unix())
	args.number("parts", int64(q.HourParts))
	args.texts("lengths", lengths)
	args.texts("steps", steps)
	args.texts("prices", prices)
	args.text("per", q.Per)
	leave, err := s.queries.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	return s.scopedRows(ctx, scope, "energy_use", args, func(scan func(...any) error) (authz.Place, error) {
		var u EnergyUsed
		var building, own string
		err := scan(&u.Region, &u.Project, &building, &u.Point, &u.Step, &u.Use, &u.Covered, &u.Measured, &u.Cost, &u.Priced, &u.Points, &u.Device, &own, &u.Parent)
		if err != nil {
			return authz.Place{}, err
		}
		if u.Building = building; q.Per == "meter" {
			u.Building = own
		}
		if q.Per != "meter" {
			u.Device, u.Parent = "", ""
		}
		each(u)
		return u.Place, nil
	})
}
