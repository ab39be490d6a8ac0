package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"steward/internal/authz"
	"steward/internal/calendar"
	"steward/internal/registry"
)

// What Check looks at for the sake of alerting.

// checkIncidents opens the incidents, which migrates them.
func checkIncidents(ctx context.Context, cfg Config, logger *slog.Logger) (string, error) {
	store, release, err := OpenIncidents(ctx, cfg, logger)
	if err != nil {
		return "", err
	}
	counts, err := store.As(authz.SystemPrincipal("check")).Counts(ctx)
	if err := errors.Join(err, release()); err != nil {
		return "", err
	}
	open := 0
	for _, c := range counts {
		open += c.Open
	}
	return fmt.Sprintf("%s; open: %d", cfg.registryIn(), open), nil
}

func (f *AlertingFiles) describe() string {
	s := f.Summary()
	return fmt.Sprintf("rules: %d, standards: %d, escalation policies: %d, channels: %d", s.Rules, s.Standards, len(f.Plan.Policies), s.Channels)
}

// describeContacts says who is told. That nobody is can be meant: it is a remark.
func (f *AlertingFiles) describeContacts() string {
	s := f.Summary()
	if s.Contacts == 0 {
		return "none: incidents are on the page alone and nobody is called; enter contacts in alerting.escalation and channels in alerting.channels"
	}
	return fmt.Sprintf("contacts: %d, on-call schedules: %d", s.Contacts, s.Schedules)
}

// checkCalendars looks for calendars that projects name and that are not there, and
// for years whose holidays are not known. Next year's are a remark: they are
// announced in November. A nil control could not be opened, which is a finding of
// its own.
func checkCalendars(ctx context.Context, calendars *calendar.Set, control *Control, now time.Time) (string, error) {
	remedy := "enter them in alerting.calendar; until then its days are taken for ordinary ones"
	if names := calendars.Missing(now.Year()); len(names) > 0 {
		return "", fmt.Errorf("the holidays of %d are not known to %s: %s", now.Year(), strings.Join(names, ", "), remedy)
	}
	if control != nil {
		if err := checkProjectCalendars(ctx, calendars, control); err != nil {
			return "", err
		}
	}
	detail := strings.Join(calendars.Names(), ", ")
	if names := calendars.Missing(now.Year() + 1); len(names) > 0 {
		detail += fmt.Sprintf("; the holidays of %d are not known to %s yet: once they are announced, %s", now.Year()+1, strings.Join(names, ", "), remedy)
	}
	return detail, nil
}

func checkProjectCalendars(ctx context.Context, calendars *calendar.Set, control *Control) error {
	return checkProjects(ctx, control, "calendar", "alerting.calendar", calendars.Names(), func(p registry.Project) string { return p.Calendar })
}

// checkProjects looks for projects that name something of a file which is not there.
func checkProjects(ctx context.Context, control *Control, what, key string, known []string, name func(registry.Project) string) error {
	var wrong []string
	view := control.Registry.As(authz.SystemPrincipal("check"))
	for page := (registry.Page{Limit: followPage}); ; {
		list, err := view.Projects(ctx, registry.ProjectFilter{}, page)
		if err != nil {
			return err
		}
		for _, p := range list.Items {
			if n := name(p); n != "" && !slices.Contains(known, n) {
				wrong = append(wrong, fmt.Sprintf("%s/%s (%s)", p.Region, p.ID, n))
			}
		}
		if page.Cursor = list.Next; page.Cursor == "" {
			break
		}
	}
	if len(wrong) == 0 {
		return nil
	}
	const shown = 5
	more := ""
	if n := len(wrong) - shown; n > 0 {
		more = fmt.Sprintf(" and %d more", n)
	}
	slices.Sort(wrong)
	return fmt.Errorf("projects name a %s that is not there: %s%s: enter it in %s, or give the project one of %s",
		what, strings.Join(wrong[:min(len(wrong), shown)], ", "), more, key, strings.Join(known, ", "))
}
