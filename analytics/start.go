package analytics

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"steward/analytics/job"
	"steward/internal/authz"
	"steward/internal/runs"
)

// Request is a run that somebody wants.
type Request struct {
	Job string
	// From and To are the period. Both zero mean the job's own; To alone zero means
	// until now.
	From, To time.Time
	Params   map[string]string
}

// maxParam bounds the value of a param, in bytes.
const maxParam = 1000

// Start queues a run. When the same is queued or running already, that is returned
// and fresh is false. A request that cannot be is a *runs.InvalidError; whether who
// may start runs is the caller's business.
func (s *Service) Start(ctx context.Context, who authz.Principal, q Request) (r runs.Run, fresh bool, err error) {
	n, err := s.wanted(who, q)
	if err != nil {
		return r, false, err
	}
	r, fresh, err = s.Runs.Enqueue(ctx, n)
	if fresh {
		s.rouse()
	}
	return r, fresh, err
}

func (s *Service) wanted(who authz.Principal, q Request) (runs.New, error) {
	j, known := s.jobs[q.Job]
	if !known {
		return runs.New{}, invalid("job", q.Job, "is not one of %s", strings.Join(s.names(), ", "))
	}
	now := s.Now()
	n := runs.New{Job: q.Job, From: q.From, To: q.To, Params: q.Params, By: runs.StarterOf(who)}
	switch {
	case q.From.IsZero() && q.To.IsZero():
		n.From, n.To = j.Period(now, s.Zone)
		n.Regular = len(q.Params) == 0
	case q.From.IsZero():
		return n, invalid("from", "", "is missing: say since when, or leave out to as well for the job's own period")
	case q.To.IsZero():
		n.To = now
	}
	switch {
	case n.To.After(now):
		return n, invalid("to", n.To.Format(time.RFC3339), "has not come yet")
	case !n.From.Before(n.To):
		return n, invalid("from", n.From.Format(time.RFC3339), "is not before to, %s", n.To.Format(time.RFC3339))
	case n.From.Year() < 1970:
		return n, invalid("from", n.From.Format(time.RFC3339), "is before 1970")
	}
	return n, checkParams(j, q.Params)
}

func checkParams(j job.Job, params map[string]string) error {
	for name, value := range params {
		at := slices.IndexFunc(j.Params, func(p job.Param) bool { return p.Name == name })
		switch {
		case at < 0 && len(j.Params) == 0:
			return invalid("params", name, "is not a param: job %s has none", j.Name)
		case at < 0:
			var names []string
			for _, p := range j.Params {
				names = append(names, p.Name)
			}
			return invalid("params", name, "is not a param of job %s: it has %s", j.Name, strings.Join(names, ", "))
		case len(value) > maxParam:
			return invalid("params."+name, value, "has more than %d bytes", maxParam)
		case j.Params[at].Check != nil:
			if err := j.Params[at].Check(value); err != nil {
				return invalid("params."+name, value, "%v", err)
			}
		}
	}
	return nil
}

func invalid(field, value, problem string, args ...any) error {
	return &runs.InvalidError{Fields: []runs.FieldError{{Field: field, Value: value, Problem: fmt.Sprintf(problem, args...)}}}
}
