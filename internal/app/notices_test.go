package app

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"steward/dashboard/api"
	"steward/internal/authz"
	"steward/internal/incident"
	"steward/internal/notices"
)

// externals notes what a desk is told.
type externals struct{ told []string }

func (e *externals) External(_ context.Context, who authz.Principal, alerts []api.External) (api.ExternalResult, error) {
	for _, a := range alerts {
		e.told = append(e.told, fmt.Sprintf("%s@%s %s %v", a.Fingerprint, a.Place, a.Severity, !a.EndedAt.IsZero()))
		if !who.May(authz.Act, a.Place) || a.StartedAt.IsZero() || a.Labels["notice"] == "" {
			return api.ExternalResult{}, fmt.Errorf("not to be taken: %+v", a)
		}
	}
	return api.ExternalResult{}, nil
}

// An overdue notice is told at the project and at each level that it has come to, and
// at the same ones that it is over.
func TestNoticeAlarm(t *testing.T) {
	due := time.Date(2026, 11, 15, 16, 0, 0, 0, time.UTC)
	n := notices.Notice{ID: "n1", Region: "north", Project: "harbour", Kind: "availability", Finding: incident.Text{ZH: "停梯"}, DueAt: due, DueOn: "2026-11-15", Level: notices.LevelRegion}
	f := func(level string, over bool, want ...string) {
		t.Helper()
		e := &externals{}
		n.Level = level
		var err error
		if over {
			err = noticeAlarm{e}.Settled(t.Context(), n, due.Add(time.Hour))
		} else {
			err = noticeAlarm{e}.Overdue(t.Context(), n)
		}
		if err != nil || !slices.Equal(e.told, want) {
			t.Errorf("%s: %q, %v; want %q", level, e.told, err, want)
		}
	}
	f(notices.LevelRegion, false, "notice/n1@north/harbour warning false", "notice/n1/region@north warning false")
	f(notices.LevelHQ, false, "notice/n1@north/harbour warning false", "notice/n1/region@north warning false", "notice/n1/hq@hq warning false")
	f(notices.LevelHQ, true, "notice/n1@north/harbour warning true", "notice/n1/region@north warning true", "notice/n1/hq@hq warning true")
}
