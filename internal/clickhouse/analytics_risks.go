package clickhouse

import (
	"context"
	"encoding/json"
	"fmt"

	"steward/internal/authz"
)

// RisksQuery asks for the devices that one run forecasts to fail first.
type RisksQuery struct {
	Job, Run        string
	By              string // fail_90d or fail_365d
	Region, Project string
	Class           string
	Limit           int // MaxRisks at most
}

// MaxRisks bounds a ranking: whoever needs all devices reads the documents.
const MaxRisks = 1000

// DeviceRisk is what a run forecasts of a device. Its place is where the forecast is
// kept, which is what those who read it may see.
type DeviceRisk struct {
	authz.Place
	Entry json.RawMessage // as the analysis wrote it
}

// AnalyticsRisks ranks the devices that a caller may see, the likeliest to fail first.
func (s *Store) AnalyticsRisks(ctx context.Context, scope authz.Scope, q RisksQuery) ([]DeviceRisk, error) {
	if q.By != "fail_90d" && q.By != "fail_365d" {
		return nil, &ArgumentError{"by", q.By, "is not one of fail_90d, fail_365d"}
	}
	of := ResultsQuery{Job: q.Job, Run: q.Run, Region: q.Region, Project: q.Project, Type: q.Class}
	if _, _, err := of.check(scope, "analytics_risks"); err != nil {
		return nil, err
	}
	limit, err := limitOr(q.Limit, DefaultNumbers, MaxRisks)
	if err != nil || scope.Empty() {
		return nil, err
	}
	leave, err := s.queries.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	args := arguments{}
	for name, value := range map[string]string{"job": q.Job, "run": q.Run, "by": q.By, "region": q.Region, "project": q.Project, "class": q.Class} {
		args.text(name, value)
	}
	args.number("limit", int64(limit))
	var risks []DeviceRisk
	err = s.scopedRows(ctx, scope, "analytics_risks", args, func(scan func(...any) error) (authz.Place, error) {
		var r DeviceRisk
		var entry string
		err := scan(&r.Region, &r.Project, &entry)
		r.Entry = json.RawMessage(entry)
		risks = append(risks, r)
		return r.Place, err
	})
	if err != nil {
		return nil, fmt.Errorf("risks of run %s: %w", q.Run, err)
	}
	return risks, nil
}
