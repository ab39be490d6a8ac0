package energy

import (
	"fmt"
	"time"

	"steward/internal/findings"
)

// period is what a run looks at, in whole hours. Findings are judged by all data up to
// end; baselines compare from up to to, the reporting period, with the year before it.
type period struct {
	begin    time.Time // of all data
	from, to time.Time
	end      time.Time
}

// periodOf makes a period of that of a run: the reporting period goes on to the last
// beginning of a month, by the clocks of a place, and to the end where there is none.
func periodOf(from, to time.Time, zone *time.Location) (period, error) {
	p := period{from: from.UTC().Truncate(time.Hour), end: to.UTC().Truncate(time.Hour)}
	switch length := p.end.Sub(p.from); {
	case length <= 0:
		return p, fmt.Errorf("energy: the period from %s to %s has no whole hour: give one that has", from.Format(time.RFC3339), to.Format(time.RFC3339))
	case length > maxDays*24*time.Hour:
		return p, fmt.Errorf("energy: the period from %s to %s is longer than %d days: give a shorter one", from.Format(time.RFC3339), to.Format(time.RFC3339), maxDays)
	}
	y, m, _ := p.end.In(zone).Date()
	if p.to = time.Date(y, m, 1, 0, 0, 0, 0, zone).UTC().Truncate(time.Hour); !p.to.After(p.from) {
		p.to = p.end
	}
	p.begin = p.from.AddDate(-1, 0, 0)
	return p, nil
}

// longestWait is how much earlier data may begin because of a fix: so long after what was
// wasted began is it looked whether it helped.
const longestWait = 184 * 24 * time.Hour

// reach lets data begin where the baseline of a finding does that is verified by one.
func (p *period) reach(f *findings.Finding) {
	if !baselined(f.Kind) || f.Since.IsZero() {
		return
	}
	begin := f.Since.UTC().Truncate(time.Hour).Add(-(yearHours + 24) * time.Hour)
	if earliest := p.from.AddDate(-1, 0, 0).Add(-longestWait); begin.Before(earliest) {
		begin = earliest
	}
	if begin.Before(p.begin) {
		p.begin = begin
	}
}

func (p period) hours() int { return int(p.end.Sub(p.begin) / time.Hour) }

// index is the place of an hour in a series.
func (p period) index(t time.Time) int { return int(t.Sub(p.begin) / time.Hour) }

func (p period) at(i int) time.Time { return p.begin.Add(time.Duration(i) * time.Hour) }

// back is the place of the hour so many days before the end; 0 when that is before the
// beginning.
func (p period) back(days int) int { return max(0, p.hours()-24*days) }
