package clickhouse

import (
	"context"
	"time"

	"steward/internal/telemetry"
)

// MaxCorrections is how many corrections of a device are read.
const MaxCorrections = 1000

// DeviceCorrections lists the corrections of a device by their time, those that were
// withdrawn too if these are wanted; MaxCorrections at most.
func (s *Store) DeviceCorrections(ctx context.Context, d telemetry.Device, withdrawn bool) ([]MeterCorrection, error) {
	args := deviceArguments(d)
	args.number("limit", MaxCorrections)
	args.number("withdrawn", 0)
	if withdrawn {
		args.number("withdrawn", 1)
	}
	var list []MeterCorrection
	err := s.analysisEach(ctx, "device_corrections", args, func(scan func(...any) error) error {
		c := MeterCorrection{Device: d}
		var from, until, made int64
		err := scan(&c.ID, &c.Metric, &from, &until, &c.Kind, &c.Old, &c.New, &c.Note, &c.By, &made, &c.Withdrawn)
		if err != nil {
			return err
		}
		c.At, c.Until, c.Made = time.UnixMilli(from).UTC(), time.UnixMilli(until).UTC(), time.UnixMilli(made).UTC()
		list = append(list, c)
		return nil
	})
	return list, err
}

func deviceArguments(d telemetry.Device) arguments {
	args := arguments{}
	args.text("region", d.Region)
	args.text("project", d.Project)
	args.text("class", string(d.Class))
	args.text("device", d.ID)
	return args
}

const (
	// correctionReach is how far on either side a correction changes hours at least:
	// readings out of line may last for hours until they are believed.
	correctionReach = 24 * time.Hour
	// correctionGap is how long a gap may be to be divided over its hours.
	correctionGap = 62 * 24 * time.Hour
)

// CorrectionSpan is the time whose hours a correction may change, made or withdrawn,
// in whole days (UTC). It may end later than now.
func (s *Store) CorrectionSpan(ctx context.Context, c MeterCorrection) (from, to time.Time, err error) {
	until := c.Until
	if until.Before(c.At) {
		until = c.At
	}
	from, to = c.At.Add(-correctionReach), until.Add(correctionReach)
	args := deviceArguments(c.Device)
	for name, at := range map[string]time.Time{"before": from, "after": to, "first": c.At.Add(-correctionGap), "last": until.Add(correctionGap)} {
		args.number(name, max(0, at.Unix()))
	}
	// The readings on the other side of it are those of another device, or nobody's.
	args.number("one_sided", 0)
	if c.Kind == "removed" || c.Kind == "installed" {
		args.number("one_sided", 1)
	}
	err = s.analysisEach(ctx, "correction_gap", args, func(scan func(...any) error) error {
		var before, after int64
		if err := scan(&before, &after); err != nil {
			return err
		}
		// Beyond the gap are its edges; a gap is there only when they are far apart.
		from, to = time.Unix(before, 0), time.Unix(after, 0).Add(time.Hour)
		return nil
	})
	const day = 24 * time.Hour
	return from.UTC().Truncate(day), to.UTC().Add(day - time.Nanosecond).Truncate(day), err
}
