package registry

import (
	"context"
	"errors"
	"time"
)

// ProjectZone is the time zone of a project; ok is false when there is none that the
// caller may see.
func (v *View) ProjectZone(ctx context.Context, region, id string) (zone *time.Location, ok bool, err error) {
	p, err := v.Project(ctx, region, id)
	if errors.Is(err, ErrNotFound) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	zone, err = time.LoadLocation(p.TimeZone)
	return zone, err == nil, err
}
