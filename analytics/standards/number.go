package standards

import (
	"fmt"
	"strconv"

	"steward/analytics/job"
	"steward/analytics/response"
	"steward/internal/authz"
)

// What numbers are about.
const (
	clockSubject      = "clock:"
	contractorSubject = "contractor:" // NAME/clock:STANDARD
)

// sheet is the numbers of a place.
type sheet struct {
	numbers  []job.Number
	coverage float64 // of the standard that is being written
}

func (w *sheet) add(at authz.Place, n job.Number) {
	n.Region, n.Project, n.Coverage = at.Region, at.Project, w.coverage
	w.numbers = append(w.numbers, n)
}

// account writes what can be said of one standard.
func (w *sheet) account(at authz.Place, a *account, others map[spot]*response.Comparison) {
	subject := clockSubject + a.Standard
	count := func(kind string, v int, of int) {
		value := float64(v)
		w.add(at, job.Number{Kind: kind, Subject: subject, Value: &value, N: float64(of)})
	}
	count("clocks", a.N, a.N)
	count("clocks_open", a.Open, a.N)
	count("clocks_void", a.Void, a.N+a.Void)
	w.quantile(at, "response_seconds_median", subject, a.N, a.Median)
	w.quantile(at, "response_seconds_p90", subject, a.N, a.P90)
	w.quantile(at, "response_seconds_p95", subject, a.N, a.P95)
	w.within(at, "share_within_limit", subject, a.Within)
	var decided response.Within
	if a.Within != nil {
		decided = *a.Within
	}
	w.breaches(at, "breaches", subject, &decided)
	count("open_running", a.Running.N, a.Running.N)
	w.running(at, "open_running_seconds_median", subject, a.Running.N, a.Running.Median)
	w.running(at, "open_running_seconds_max", subject, a.Running.N, a.Running.Longest)
	if c := others[spot{a.Standard, at}]; c != nil {
		w.add(at, job.Number{Kind: "difference_p_adjusted", Subject: subject, Value: &c.Adjusted, N: float64(c.Groups), Why: string(c.Verdict)})
	}
	for i := range a.Contractors {
		w.contractor(at, a.Standard, &a.Contractors[i])
	}
}

func (w *sheet) contractor(at authz.Place, standard string, c *response.Scorecard) {
	subject := contractorSubject + c.Contractor + "/" + clockSubject + standard
	if len(subject) > maxSubject {
		return // it is in the document
	}
	w.quantile(at, "contractor_seconds_median", subject, c.N, c.Median)
	w.within(at, "contractor_share_within_limit", subject, c.Within)
	w.add(at, job.Number{
		Kind: "contractor_repeat_share", Subject: subject, Value: c.Repeats.Share, Low: c.Repeats.Low, High: c.Repeats.High, Level: level,
		N: float64(c.Repeats.N), Why: c.Repeats.Why,
	})
}

// maxSubject is what the store takes, in bytes.
const maxSubject = 256

// kept writes how a fixed limit was kept.
func (w *sheet) kept(at authz.Place, k Kept) {
	subject := clockSubject + k.Standard + "/" + strconv.FormatFloat(k.Limit, 'f', -1, 64) + "s"
	w.within(at, "share_within_fixed_limit", subject, k.Within)
	w.breaches(at, "breaches_of_fixed_limit", subject, k.Within)
}

// breaches counts those that are on record. That there are none says nothing where no
// clock is decided.
func (w *sheet) breaches(at authz.Place, kind, subject string, in *response.Within) {
	breached := float64(in.Breached)
	n := job.Number{Kind: kind, Subject: subject, Value: &breached, N: float64(in.N)}
	if in.N == 0 {
		n.Why = "none on record: no clock with a limit is decided"
	}
	w.add(at, n)
}

func (w *sheet) running(at authz.Place, kind, subject string, n int, seconds *float64) {
	number := job.Number{Kind: kind, Subject: subject, Unit: "s", Value: seconds, N: float64(n)}
	if seconds == nil {
		number.Why = "insufficient data: no clock is running"
	}
	w.add(at, number)
}

func (w *sheet) quantile(at authz.Place, kind, subject string, n int, q response.Quantile) {
	w.add(at, job.Number{Kind: kind, Subject: subject, Unit: "s", Value: q.Value, Low: q.Low, High: q.High, Level: q.Level, N: float64(n), Why: q.Why})
}

func (w *sheet) within(at authz.Place, kind, subject string, in *response.Within) {
	n := job.Number{Kind: kind, Subject: subject, Level: level, Why: "insufficient data: there are no calls with a limit"}
	if in != nil {
		n.Value, n.Low, n.High, n.Level, n.N, n.Why = in.Share, in.Low, in.High, in.Level, float64(in.N), in.Why
	}
	if n.Why == "" && in.Undecided > 0 {
		n.Why = fmt.Sprintf("clocks that are open and within their limit so far do not count: %d", in.Undecided)
	}
	w.add(at, n)
}
