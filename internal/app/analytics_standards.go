package app

import (
	"time"

	"steward/alerting/standard"
	"steward/analytics/job"
	"steward/analytics/standards"
	"steward/internal/authz"
	"steward/internal/incident"
	"steward/internal/telemetry"
)

// standardsJob measures response by the very calendars by which the clocks ran.
func standardsJob(p AnalyticsParts, company *time.Location) job.Job {
	o := standards.Options{
		Zone: func(at authz.Place) *time.Location {
			if at.Project == "" {
				return company
			}
			return p.Estate.Project(at).Zone
		},
		Elapsed: func(i *incident.Incident, c *incident.Clock, until time.Time) time.Duration {
			project, name := p.Estate.Project(i.Place), ""
			if s := p.Files.Standards.Named(c.Standard); s != nil {
				name = s.Calendar
			}
			if name == standard.ProjectCalendar {
				name = project.Calendar
			}
			return standard.Elapsed(c, until, p.Files.Calendars.Named(name), project.Zone)
		},
		Contractor: func(d telemetry.Device) string { return p.Estate.Device(d).Contractor },
	}
	if p.Incidents != nil {
		o.Incidents = standards.Stored(p.Incidents.As(analyticsPrincipal))
	}
	return standards.New(o)
}
