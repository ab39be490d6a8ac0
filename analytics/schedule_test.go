package analytics

import (
	"testing"
	"time"

	"steward/analytics/job"
)

func TestTurns(t *testing.T) {
	f := func(every job.Every, at time.Duration, zone, now, last, next string) {
		t.Helper()
		where, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		moment, err := time.Parse(time.RFC3339, now)
		if err != nil {
			t.Fatal(err)
		}
		j := job.Job{Name: "j", Every: every, At: at}
		show := func(at time.Time) string {
			if at.IsZero() {
				return ""
			}
			return at.In(where).Format(time.RFC3339)
		}
		if got := show(lastTurn(j, moment, where)); got != last {
			t.Errorf("%s at %s, %s: last %s, want %s", every, at, now, got, last)
		}
		if got := show(nextTurn(j, moment, where)); got != next {
			t.Errorf("%s at %s, %s: next %s, want %s", every, at, now, got, next)
		}
	}
	const shanghai, berlin, lordHowe = "Asia/Shanghai", "Europe/Berlin", "Australia/Lord_Howe"
	f(job.OnDemand, 0, shanghai, "2026-11-22T00:00:00Z", "", "")

	f(job.Hourly, 0, shanghai, "2026-11-22T05:00:00Z", "2026-11-22T13:00:00+08:00", "2026-11-22T14:00:00+08:00")
	f(job.Hourly, 5*time.Minute, shanghai, "2026-11-22T05:04:59Z", "2026-11-22T12:05:00+08:00", "2026-11-22T13:05:00+08:00")
	f(job.Hourly, 5*time.Minute, shanghai, "2026-11-22T05:05:00Z", "2026-11-22T13:05:00+08:00", "2026-11-22T14:05:00+08:00")

	f(job.Daily, 2*time.Hour, shanghai, "2026-11-22T17:59:59Z", "2026-11-22T02:00:00+08:00", "2026-11-23T02:00:00+08:00")
	f(job.Daily, 2*time.Hour, shanghai, "2026-11-22T18:00:00Z", "2026-11-23T02:00:00+08:00", "2026-11-24T02:00:00+08:00")
	f(job.Daily, 0, shanghai, "2026-12-31T16:00:00Z", "2027-01-01T00:00:00+08:00", "2027-01-02T00:00:00+08:00")

	f(job.Monthly, 3*time.Hour, shanghai, "2026-11-01T03:00:00+08:00", "2026-11-01T03:00:00+08:00", "2026-12-01T03:00:00+08:00")
	f(job.Monthly, 3*time.Hour, shanghai, "2026-11-01T02:59:59+08:00", "2026-10-01T03:00:00+08:00", "2026-11-01T03:00:00+08:00")
	f(job.Monthly, 3*time.Hour, shanghai, "2026-12-31T23:00:00+08:00", "2026-12-01T03:00:00+08:00", "2027-01-01T03:00:00+08:00")
	f(job.Monthly, 0, shanghai, "2026-03-31T12:00:00+08:00", "2026-03-01T00:00:00+08:00", "2026-04-01T00:00:00+08:00")

	// A day of 23 hours, on which 02:30 does not come.
	f(job.Daily, 150*time.Minute, berlin, "2026-03-29T00:30:00+01:00", "2026-03-28T02:30:00+01:00", "2026-03-29T03:30:00+02:00")
	f(job.Daily, 150*time.Minute, berlin, "2026-03-29T12:00:00+02:00", "2026-03-29T03:30:00+02:00", "2026-03-30T02:30:00+02:00")
	f(job.Daily, 4*time.Hour, berlin, "2026-03-29T12:00:00+02:00", "2026-03-29T04:00:00+02:00", "2026-03-30T04:00:00+02:00")
	f(job.Daily, 2*time.Hour, lordHowe, "2026-04-05T12:00:00+10:30", "2026-04-05T02:00:00+10:30", "2026-04-06T02:00:00+10:30")
}

// There is one turn on each day, also on those on which the time comes twice or not
// at all.
func TestOneTurnADay(t *testing.T) {
	for _, zone := range []string{"Asia/Shanghai", "Europe/Berlin", "America/Sao_Paulo", "Australia/Lord_Howe", "Pacific/Apia"} {
		where, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		for _, at := range []time.Duration{0, 150 * time.Minute, 23*time.Hour + 59*time.Minute} {
			j := job.Job{Name: "j", Every: job.Daily, At: at}
			days, turns := map[string]bool{}, map[string]bool{}
			from := time.Date(2018, 1, 1, 0, 0, 0, 0, where)
			for now := from; now.Before(from.AddDate(1, 0, 0)); now = now.Add(time.Hour) {
				days[now.Format(time.DateOnly)] = true
				turns[slot(j, lastTurn(j, now, where))] = true
				if last, next := lastTurn(j, now, where), nextTurn(j, now, where); last.After(now) || !next.After(now) || next.Sub(last) > 26*time.Hour {
					t.Fatalf("%s at %s: last %s, next %s at %s", zone, at, last, next, now)
				}
			}
			if n := len(turns) - len(days); n != 0 && n != 1 { // the first moments may see that of the day before
				t.Errorf("%s at %s: %d turns on %d days", zone, at, len(turns), len(days))
			}
		}
	}
}
