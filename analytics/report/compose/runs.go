package compose

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"steward/analytics/report"
	"steward/internal/authz"
	"steward/internal/runs"
)

// book is one report in the making.
type book struct {
	*Composer
	Request
	ctx   context.Context
	scope authz.Scope // what the caller may read of the place

	from, to    time.Time // of the company's clocks
	now, before map[string]runs.Run
	used        map[string]runs.Run   // by id: whose results are in it
	listed      map[string][]runs.Run // by job
	called      map[authz.Place]report.Text
}

// begins says which begin a run must have to stand for a month.
type begins int

const (
	sameBegin begins = iota // the month's: what happened in it is counted
	covering                // it or earlier: rates want more than a month
	anyBegin                // whichever: it says how things stood at its end
)

func window(job string) begins {
	switch job {
	case responseJob, scorecardJob:
		return sameBegin
	case reliabilityJob:
		return covering
	}
	return anyBegin
}

// maxListed bounds how many runs of a job are looked through: daily ones of more than
// fifty years.
const maxListed = 20_000

// choose finds the runs that the report is made from, and those with which it is
// compared.
func (b *book) choose(jobs []string) error {
	b.now, b.before, b.listed = map[string]runs.Run{}, map[string]runs.Run{}, map[string][]runs.Run{}
	earlierFrom, earlierTo := before(b.from, b.to)
	for _, job := range jobs {
		r, found, err := b.latest(job, b.from, b.to, nil)
		if err != nil {
			return err
		}
		if !found {
			continue
		}
		b.now[job] = r
		b.used[r.ID] = r
		if b.Difference {
			r, found, err = b.latest(job, b.from, b.to, &r)
		} else {
			r, found, err = b.latest(job, earlierFrom, earlierTo, nil)
		}
		if err != nil {
			return err
		}
		if found {
			b.before[job] = r
			b.used[r.ID] = r
		}
	}
	return nil
}

// latest is the run of a job whose results are those of a period at the time of the
// report: of those that fit the one that ends last, the job's own period before any
// other, and of the same period the one that was computed last. After another run it
// is the one before, of the very same period.
func (b *book) latest(job string, from, to time.Time, after *runs.Run) (runs.Run, bool, error) {
	all, err := b.runsOf(job)
	if err != nil {
		return runs.Run{}, false, err
	}
	var fit []runs.Run
	for _, r := range all {
		switch {
		case after != nil:
			if r.ID == after.ID || !r.From.Equal(after.From) || !r.To.Equal(after.To) || later(&r, after) {
				continue
			}
		case r.To.After(to) || !r.To.After(from):
			continue
		case window(job) == sameBegin && !r.From.Equal(from), window(job) == covering && r.From.After(from):
			continue
		}
		fit = append(fit, r)
	}
	// The period first: it is the same for a regular run and one that mended it by hand.
	slices.SortFunc(fit, func(a, b runs.Run) int {
		return cmp.Or(b.To.Compare(a.To), -boolCompare(a.Regular, b.Regular), a.From.Compare(b.From), b.FinishedAt.Compare(*a.FinishedAt), cmp.Compare(b.ID, a.ID))
	})
	if len(fit) > 0 {
		best := fit[0]
		slices.SortStableFunc(fit, func(a, b runs.Run) int {
			same := func(r runs.Run) bool { return r.From.Equal(best.From) && r.To.Equal(best.To) }
			return cmp.Or(-boolCompare(same(a), same(b)), b.FinishedAt.Compare(*a.FinishedAt), cmp.Compare(b.ID, a.ID))
		})
	}
	for _, r := range fit {
		switch r, err := b.Runs.Result(b.ctx, r.ID); {
		case err == nil:
			return r, true, nil
		case !errors.Is(err, runs.ErrNotFound): // its results are being removed
			return runs.Run{}, false, fmt.Errorf("run %s of %s: %w", r.ID, job, err)
		}
	}
	return runs.Run{}, false, nil
}

func later(a, b *runs.Run) bool {
	return cmp.Or(a.FinishedAt.Compare(*b.FinishedAt), cmp.Compare(a.ID, b.ID)) > 0
}

func boolCompare(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// trendMonths is how far a trend goes back.
const trendMonths = 12

// runsOf are the good runs of a job that were there at the time of the report, those
// of the months before it among them. Runs that were told something are a question
// of their own, and stand for no month.
func (b *book) runsOf(job string) ([]runs.Run, error) {
	if all, done := b.listed[job]; done {
		return all, nil
	}
	since := b.from.AddDate(0, -trendMonths, 0)
	var all []runs.Run
	page := runs.Page{Limit: 1000}
	for n := 0; n < maxListed; {
		list, err := b.Runs.List(b.ctx, runs.Filter{Job: job, States: []runs.State{runs.Done}}, page)
		if err != nil {
			return nil, fmt.Errorf("runs of %s: %w", job, err)
		}
		n += len(list.Items)
		for _, r := range list.Items {
			if r.FinishedAt != nil && len(r.Params) == 0 && (b.AsOf.IsZero() || !r.FinishedAt.After(b.AsOf)) {
				all = append(all, r)
			}
		}
		// A run is of a time that is over when it is queued: what was queued before the
		// months of the report is of none of them.
		last := len(list.Items) - 1
		if page.Cursor = list.Next; page.Cursor == "" || last < 0 || list.Items[last].QueuedAt.Before(since) {
			break
		}
	}
	b.listed[job] = all
	return all, nil
}

// madeFrom are the runs that are in the report, by job and period, and when the last
// of them ended: made of the same runs it was made at the same time.
func (b *book) madeFrom() (list []report.Run, at time.Time) {
	for _, r := range b.used {
		list = append(list, report.Run{
			Job: r.Job, ID: r.ID, From: r.From, To: r.To, Made: r.FinishedAt.UTC(), Coverage: r.Coverage, Version: r.Version,
		})
		if r.FinishedAt.After(at) {
			at = r.FinishedAt.UTC()
		}
	}
	slices.SortFunc(list, func(a, b report.Run) int {
		return cmp.Or(cmp.Compare(a.Job, b.Job), b.To.Compare(a.To), b.Made.Compare(a.Made), cmp.Compare(a.ID, b.ID))
	})
	return list, at
}
