package clickhouse

import (
	"context"
	"time"

	driver "github.com/ClickHouse/clickhouse-go/v2"

	"steward/internal/authz"
	"steward/internal/telemetry"
)

// IncidentEvent is one line of an incident's timeline, with what the incident
// was then.
type IncidentEvent struct {
	Seq          int64  // over all incidents
	Incident     string // its id
	N            uint32 // within the incident, from 1
	Kind         string // of the line: opened, acknowledged, …
	At, Received time.Time
	authz.Place
	Building, Class, Device string
	Rule                    string
	IncidentKind            string
	Severity                telemetry.Severity
	State                   string // after it
	ActorKind, ActorID      string
	Note                    string
	Data                    string // JSON, or empty
	Hash                    string // SHA-256, hexadecimal
	Shadow                  bool   // of a rule on trial
}

// PutIncidentEvents keeps lines of timelines. The same ones may be written again.
func (s *Store) PutIncidentEvents(ctx context.Context, events []IncidentEvent) error {
	if len(events) == 0 {
		return nil
	}
	rows := make([][]any, len(events))
	for i, e := range events {
		rows[i] = []any{
			e.Seq, e.Incident, e.N, e.Kind, e.At, e.Received, e.Region, e.Project, e.Building, e.Class, e.Device,
			e.Rule, e.IncidentKind, string(e.Severity), e.State, e.ActorKind, e.ActorID, e.Note, e.Data, e.Hash, e.Shadow,
		}
	}
	return s.put(ctx, "incident_events", rows)
}

// IncidentAnchor is one line of a timeline as it was when it was noted outside of
// the control database.
type IncidentAnchor struct {
	Seq      int64
	Incident string
	N        uint32
	Hash     string
}

// IncidentAnchors hands out every line that was noted, month by month of its
// receipt and within one by incident and number. Two with one number and different
// hashes are evidence that the timeline was written anew, and both are handed out.
// An error of each ends it and is returned.
func (s *Store) IncidentAnchors(ctx context.Context, each func(IncidentAnchor) error) error {
	all, err := s.stored(ctx, "incident_events")
	if err != nil {
		return err
	}
	for piece := range all.pieces(false, false) {
		args := arguments{}
		args.period(piece)
		if err := s.incidentAnchors(ctx, args, each); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) incidentAnchors(ctx context.Context, args arguments, each func(IncidentAnchor) error) error {
	// In the order of the key nothing is held in memory.
	ctx = driver.Context(ctx, driver.WithSettings(driver.Settings{"optimize_read_in_order": 1, "max_memory_usage": callerMemory}))
	var last IncidentAnchor
	return s.each(ctx, "incident_anchors", driver.Parameters(args), func(scan func(...any) error) error {
		var a IncidentAnchor
		if err := scan(&a.Seq, &a.Incident, &a.N, &a.Hash); err != nil {
			return err
		}
		if a == last {
			return nil // written twice, and not merged yet
		}
		last = a
		return each(a)
	})
}
