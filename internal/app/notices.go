package app

import (
	"context"
	"fmt"
	"time"

	"steward/dashboard/api"
	"steward/internal/authz"
	"steward/internal/controldb"
	"steward/internal/notices"
	"steward/internal/telemetry"
)

// newNotices is the store of rectification notices in the database of runs. Zone is by
// whose clocks a project's days end.
func newNotices(db *controldb.DB, files *AnalyticsFiles, zone func(authz.Place) *time.Location) *notices.Store {
	o := notices.Options{Zone: zone}
	if files != nil {
		o.HQAfter = time.Duration(files.Scorecard.HQDays()) * 24 * time.Hour
	}
	return notices.NewStore(db, o)
}

// projectZone is by whose clocks a project's days end; the estate is filled after the
// stores are opened.
func (a *App) projectZone(at authz.Place) *time.Location {
	if a.estate == nil {
		return time.UTC
	}
	return a.estate.Project(at).Zone
}

const (
	// escalateEvery is how often notices are looked through; a due day ends at midnight,
	// and nobody waits for the second.
	escalateEvery = time.Minute
	// escalateWithin bounds a round.
	escalateWithin = 30 * time.Second
)

// escalateNotices tells of overdue notices until ctx ends. What fails is tried again in
// the next round.
func (a *App) escalateNotices(ctx context.Context) error {
	tick := time.NewTicker(escalateEvery)
	defer tick.Stop()
	alarm := noticeAlarm{deskDoor{a}}
	for {
		select {
		case <-ctx.Done():
			return nil
		case now := <-tick.C:
			round, cancel := context.WithTimeout(ctx, escalateWithin)
			err := a.notices.Escalate(round, now, alarm)
			cancel()
			if err != nil && ctx.Err() == nil {
				a.logger.Error("overdue notices not told of", "error", err)
			}
		}
	}
}

// noticeAlarm makes an overdue notice an incident of its project and of whom it is
// escalated to: contacts are told by the place of an incident.
type noticeAlarm struct {
	desk interface {
		External(ctx context.Context, who authz.Principal, alerts []api.External) (api.ExternalResult, error)
	}
}

var noticesPrincipal = authz.SystemPrincipal("notices")

func (al noticeAlarm) Overdue(ctx context.Context, n notices.Notice) error {
	return al.tell(ctx, n, time.Time{})
}

func (al noticeAlarm) Settled(ctx context.Context, n notices.Notice, since time.Time) error {
	return al.tell(ctx, n, since)
}

func (al noticeAlarm) tell(ctx context.Context, n notices.Notice, ended time.Time) error {
	at := func(suffix string, place authz.Place) api.External {
		return api.External{
			Fingerprint: "notice/" + n.ID + suffix, Name: "整改逾期 Rectification overdue", Severity: telemetry.Warning, Place: place,
			Labels:    map[string]string{"notice": n.ID, "kind": n.Kind, "project": n.Region + "/" + n.Project, "escalated_to": n.Level},
			Summary:   fmt.Sprintf("%s (due 期限 %s)", n.Finding.In("zh"), n.DueOn),
			StartedAt: n.DueAt, EndedAt: ended,
		}
	}
	alerts := []api.External{at("", n.Place()), at("/region", authz.Place{Region: n.Region})}
	if n.Level == notices.LevelHQ {
		alerts = append(alerts, at("/hq", authz.HQ))
	}
	_, err := al.desk.External(ctx, noticesPrincipal, alerts)
	return err
}
