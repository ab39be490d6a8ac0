package api

import (
	"context"
	"io"
	"strings"
	"time"

	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/telemetry"
)

// Data is the store of measurements: clickhouse.Store, or a fake that fails when
// a test wants it to.
type Data interface {
	Readings(context.Context, authz.Scope, clickhouse.ReadingsQuery) (clickhouse.ReadingsPage, error)
	Events(context.Context, authz.Scope, clickhouse.EventsQuery) (clickhouse.EventsPage, error)
	DeviceMetrics(context.Context, authz.Scope, telemetry.Device) ([]clickhouse.DeviceMetric, error)
	Coverage(context.Context, authz.Scope, clickhouse.CoverageQuery) (clickhouse.CoveragePage, error)
	Counted(context.Context, authz.Scope, clickhouse.CountedQuery) (clickhouse.CountedPage, error)
	ConsumptionWeeks(context.Context, authz.Scope, clickhouse.WeeksQuery) ([]clickhouse.WeeksUse, error)
	Export(context.Context, authz.Scope, io.Writer, clickhouse.ExportQuery) error
	DeadLetters(context.Context, authz.Scope, clickhouse.LettersQuery) (clickhouse.LettersPage, error)
	DeadLetter(context.Context, authz.Scope, string) (clickhouse.Letter, error)
	LetterCounts(context.Context, authz.Scope, clickhouse.LettersQuery, time.Duration) ([]clickhouse.LetterCount, error)
	Sources(context.Context, authz.Scope, clickhouse.Filter, time.Time) ([]clickhouse.Source, error)
	PersonEvents(ctx context.Context, scope authz.Scope, person string, w io.Writer) error
	ErasePerson(ctx context.Context, scope authz.Scope, person string) (clickhouse.Erased, error)
}

var _ Data = (*clickhouse.Store)(nil)

func (a *API) data() (Data, error) {
	if a.Data == nil {
		return nil, notHere("the store of measurements")
	}
	return a.Data, nil
}

// Measured is how readings and events are chosen.
type Measured struct {
	Region  string    `query:"region" maxLength:"64" doc:"Only those of this region." example:"north"`
	Project string    `query:"project" maxLength:"64" doc:"Only those of this project; with region." example:"harbour"`
	Class   string    `query:"class" enum:"meter,elevator,fire,access" doc:"Only those of devices of this class." example:"meter"`
	Device  string    `query:"device" maxLength:"64" doc:"Only those of the device with this id." example:"m1"`
	From    time.Time `query:"from" required:"true" doc:"Not before." example:"2026-11-01T00:00:00Z"`
	To      time.Time `query:"to" doc:"Before; the present when absent." example:"2026-12-01T00:00:00Z"`
}

// filter checks what is chosen: names that nothing can have are a mistake of the
// caller, and not an empty list.
//
// To stays as it was asked for: a cursor belongs to the question, and not to the moment.
func (m *Measured) filter(now time.Time) (clickhouse.Filter, error) {
	to := m.To
	if to.IsZero() {
		to = now
	}
	f := clickhouse.Filter{Region: m.Region, Project: m.Project, Class: telemetry.Class(m.Class), Device: m.Device}
	for _, part := range []struct{ name, value string }{{"region", m.Region}, {"project", m.Project}, {"device", m.Device}} {
		if part.value == "" {
			continue
		}
		if err := telemetry.CheckSegment(part.value); err != nil {
			return f, invalid(part.name, part.value, "is not a name: %v", strings.TrimSpace(err.Error()))
		}
	}
	switch {
	case m.Project != "" && m.Region == "":
		return f, invalid("project", m.Project, "is given without its region")
	case !within(m.From) || !within(to):
		return f, invalid("from", "", "the time is not between 1970 and 2200")
	case !m.From.Before(to):
		return f, invalid("from", m.From.Format(time.RFC3339), "is not before to")
	}
	return f, nil
}

// within is what the store's times can hold.
func within(t time.Time) bool {
	return t.Year() >= 1970 && t.Year() < 2200
}
