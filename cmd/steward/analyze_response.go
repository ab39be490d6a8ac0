package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"steward/analytics/response"
	"steward/analytics/table"
	"steward/internal/yamlfile"
)

// The columns of a file of calls.
const (
	responseCreated = iota
	responseArrived
	responseDispatched
	responseLimit
	responseGroup
	responseProject
	responseContractor
	responseCause
	responseDevice
)

// responseFlags are what the command line says.
type responseFlags struct {
	limit, now, negatives, penalties string
	level                            float64
	breaches, repeatDays             int
}

// responseResult is all that is printed: what can be said of the calls, and what was
// left out of them.
type responseResult struct {
	*response.Result
	// Now is until when open calls have run: --now, or the last time in the file.
	Now *time.Time `json:"now"`
	// Negatives are calls that were dropped because they arrive before they are
	// created.
	Negatives int `json:"negatives_dropped"`
	// AfterNow are calls that were created after --now.
	AfterNow int `json:"after_now"`

	Dispatch   *response.Summary    `json:"dispatch,omitempty"` // from created to dispatched
	Travel     *response.Summary    `json:"travel,omitempty"`   // from dispatched to arrived
	Scorecards []response.Scorecard `json:"scorecards,omitempty"`
}

func newAnalyzeResponse() *cobra.Command {
	var f responseFlags
	return newAnalysis(analysis{
		use:   "response FILE",
		short: "Response times: percentiles, share within the limit, breaches",
		long: `Judges how fast people come. A row is one call:

  created     when it came in
  arrived     when somebody was there; empty while nobody is
  dispatched  when somebody was sent
  limit       its own limit, instead of --limit: 10m, 24h, 7d, or seconds
  group       what is to be compared, as are project, contractor and cause
  device      what was repaired: for repeat faults on the contractors' scorecards

Calls that are open count as lasting at least until --now, which is the last time in
the file when it is left out. With --now the file is read as it was then: later
arrivals have not happened, and later calls are left out.

Exactly at the limit is in time. An open call is a breach once its limit has passed,
and not counted in the share before. Percentiles have intervals by order statistics,
which assume nothing of the calls, open ones included; shares have those of Clopper
and Pearson. Groups are compared with all others by Fisher's exact test, corrected
for the number of groups (Holm).

--penalties names a file of what contracts take:

  penalties:
    - contractor: 快修电梯    # or default, for all that are not named
      per_breach: 200         # yuan
      per_period: 100         # for each period over the limit that has begun
      period: 30m
      cap_per_month: 5000`,
		example: `  steward analyze response calls.csv --limit 10m --zone Asia/Shanghai
  steward analyze response calls.csv --limit 30m --now 2026-11-01T00:00:00+08:00 --map group=project --json`,
		columns: []table.Column{
			responseCreated:    {Name: "created", Aliases: []string{"created_at", "opened", "reported", "创建时间", "报修时间"}, Kind: table.Time},
			responseArrived:    {Name: "arrived", Aliases: []string{"arrived_at", "on_site", "到场时间", "到达时间"}, Kind: table.Time, Gaps: true},
			responseDispatched: {Name: "dispatched", Aliases: []string{"dispatched_at", "派单时间"}, Kind: table.Time, Optional: true},
			responseLimit:      {Name: "limit", Kind: table.Text, Optional: true},
			responseGroup:      {Name: "group", Kind: table.Text, Optional: true},
			responseProject:    {Name: "project", Aliases: []string{"项目"}, Kind: table.Text, Optional: true},
			responseContractor: {Name: "contractor", Aliases: []string{"维保单位"}, Kind: table.Text, Optional: true},
			responseCause:      {Name: "cause", Aliases: []string{"原因"}, Kind: table.Text, Optional: true},
			responseDevice:     {Name: "device", Aliases: []string{"unit", "设备"}, Kind: table.Text, Optional: true},
		},
		flags: func(flags *pflag.FlagSet) {
			flags.StringVar(&f.limit, "limit", "", "`TIME` within which somebody must be there, such as 10m, 24h or 7d")
			flags.StringVar(&f.now, "now", "", "until when open calls have run, `TIME`; the last time in the file when left out")
			flags.StringVar(&f.negatives, "negatives", "error", "what to do with calls that arrive before they are created: error, or `drop` and count them")
			flags.Float64Var(&f.level, "level", 0.95, "`LEVEL` of the intervals")
			flags.IntVar(&f.breaches, "breaches", 1000, "list at most `N` breaches, those furthest over the limit")
			flags.IntVar(&f.repeatDays, "repeat-days", 30, "a call for the same device within `N` days of a repair is a repeat")
			flags.StringVar(&f.penalties, "penalties", "", "`FILE` of what contracts take for breaches")
		},
		run: func(_ context.Context, in *analysisInput) (any, error) { return analyzeResponse(in, &f) },
		text: func(w io.Writer, result any) error {
			return printResponse(w, result.(*responseResult))
		},
	})
}

// analyzeResponse gives a *responseResult.
func analyzeResponse(in *analysisInput, f *responseFlags) (any, error) {
	o, err := f.options(in.zone)
	if err != nil {
		return nil, usageError{err}
	}
	var penalties *response.Penalties
	if f.penalties != "" {
		text, err := os.ReadFile(f.penalties)
		if err != nil {
			return nil, usageError{err}
		}
		if penalties, err = response.ParsePenalties(f.penalties, text); err != nil {
			return nil, err
		}
	}
	calls := responseCalls{asOf: !o.Now.IsZero(), now: o.Now, drop: f.negatives == "drop"}
	if err := in.read(calls.row); err != nil {
		return nil, err
	}
	if err := calls.close(); err != nil {
		return nil, err
	}
	o.Now = calls.now
	result := &responseResult{Negatives: calls.negatives, AfterNow: calls.afterNow}
	if result.Result, err = calls.log.Analyze(o); err != nil {
		return nil, err
	}
	if !calls.now.IsZero() {
		now := calls.now.In(in.zone)
		result.Now = &now
	}
	if calls.dispatched {
		dispatch, travel := response.Summarize(&calls.dispatch, o.Level), response.Summarize(&calls.travel, o.Level)
		result.Dispatch, result.Travel = &dispatch, &travel
	}
	if calls.contractor && calls.log.Len() > 0 {
		result.Scorecards, err = calls.log.Scorecards(o, response.ScorecardOptions{RepeatDays: f.repeatDays, Penalties: penalties})
		if err != nil {
			return nil, err
		}
	}
	calls.warn(result, f)
	return result, nil
}

func (f *responseFlags) options(zone *time.Location) (response.Options, error) {
	o := response.Options{Level: f.level, Zone: zone, Breaches: f.breaches}
	if f.limit != "" {
		limit, err := yamlfile.ParseDuration(f.limit)
		if err != nil || limit <= 0 {
			return o, fmt.Errorf("--limit %q is not a time such as 10m, 24h or 7d", f.limit)
		}
		o.Limit = limit.Seconds()
	}
	if f.now != "" {
		now, err := parseMoment(f.now, zone)
		if err != nil {
			return o, fmt.Errorf("--now %w", err)
		}
		o.Now = now
	}
	switch {
	case f.negatives != "error" && f.negatives != "drop":
		return o, fmt.Errorf("--negatives %q is neither error nor drop", f.negatives)
	case !(f.level >= 0.5 && f.level <= 0.9999):
		return o, fmt.Errorf("--level %v is not between 0.5 and 0.9999", f.level)
	case f.breaches < 1:
		return o, fmt.Errorf("--breaches %d is not 1 or more", f.breaches)
	case f.repeatDays < 1:
		return o, fmt.Errorf("--repeat-days %d is not 1 or more", f.repeatDays)
	}
	return o, nil
}

// parseMoment reads a time of the command line; one without an offset is local in
// the zone.
func parseMoment(text string, zone *time.Location) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02 15:04", time.DateOnly} {
		if t, err := time.ParseInLocation(layout, text, zone); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is not a time such as 2026-11-01 or 2026-11-01T08:00:00+08:00", text)
}

// responseCalls takes calls from the rows of a file.
type responseCalls struct {
	log  response.Log
	asOf bool      // --now was given
	now  time.Time // it, or the last time so far
	drop bool      // calls that arrive before they are created

	open                   []openCall
	dispatch, travel       response.Durations
	dispatched, contractor bool // the file says so
	negatives, afterNow    int
}

// openCall waits until it is known how long it has run.
type openCall struct {
	call       response.Call
	dispatched time.Time // zero while nobody was
}

func (c *responseCalls) row(r *table.Row) error {
	created, arrived, dispatched := r.Time(responseCreated), r.Time(responseArrived), r.Time(responseDispatched)
	created = sameOrEarlier(created, arrived)
	arrived, dispatched = sameOrLater(created, arrived), sameOrLater(created, dispatched)
	call := response.Call{
		Created: created, Line: r.Line(), Open: !r.Has(responseArrived), Unit: r.Text(responseDevice),
		Group: r.Text(responseGroup), Project: r.Text(responseProject), Contractor: r.Text(responseContractor), Cause: r.Text(responseCause),
	}
	c.contractor = c.contractor || call.Contractor != ""
	if r.Has(responseLimit) {
		limit, err := rowLimit(r.Text(responseLimit))
		if err != nil {
			return r.Errorf(responseLimit, "%s", err)
		}
		call.Limit = limit
	}
	hasDispatched := r.Has(responseDispatched)
	switch {
	case !call.Open && arrived.Before(created):
		return c.negative(r, responseArrived, "arrived %s is before created %s", arrived, created)
	case hasDispatched && dispatched.Before(created):
		return c.negative(r, responseDispatched, "dispatched %s is before created %s", dispatched, created)
	case hasDispatched && !call.Open && arrived.Before(dispatched):
		return c.negative(r, responseArrived, "arrived %s is before dispatched %s", arrived, dispatched)
	}
	if c.asOf {
		if created.After(c.now) {
			c.afterNow++
			return nil
		}
		call.Open = call.Open || arrived.After(c.now)
		hasDispatched = hasDispatched && !dispatched.After(c.now)
	} else {
		c.now = latestOf(c.now, created, arrived, dispatched)
	}
	c.dispatched = c.dispatched || hasDispatched
	if !hasDispatched {
		dispatched = time.Time{}
	}
	if call.Open {
		c.open = append(c.open, openCall{call, dispatched})
		return nil
	}
	call.Took = arrived.Sub(created).Seconds()
	if hasDispatched {
		c.dispatch.Closed = append(c.dispatch.Closed, dispatched.Sub(created).Seconds())
		c.travel.Closed = append(c.travel.Closed, arrived.Sub(dispatched).Seconds())
	}
	if err := c.log.Add(call); err != nil {
		return r.Errorf(-1, "%s", err)
	}
	return nil
}

// negative refuses a call of which the times are not in order, or drops it.
func (c *responseCalls) negative(r *table.Row, column int, format string, at, before time.Time) error {
	if c.drop {
		c.negatives++
		return nil
	}
	return r.Errorf(column, format+"; correct it, or leave such calls out with --negatives=drop", at.Format(time.RFC3339), before.Format(time.RFC3339))
}

// close counts the open calls, now that it is known how long they have run.
func (c *responseCalls) close() error {
	for _, o := range c.open {
		o.call.Took = c.now.Sub(o.call.Created).Seconds()
		if err := c.log.Add(o.call); err != nil {
			return fmt.Errorf("line %d: %w", o.call.Line, err)
		}
		if o.dispatched.IsZero() {
			c.dispatch.Open = append(c.dispatch.Open, o.call.Took)
			continue
		}
		c.dispatch.Closed = append(c.dispatch.Closed, o.dispatched.Sub(o.call.Created).Seconds())
		c.travel.Open = append(c.travel.Open, c.now.Sub(o.dispatched).Seconds())
	}
	c.open = nil
	return nil
}

// warn says what of the file a reader must know.
func (c *responseCalls) warn(r *responseResult, f *responseFlags) {
	add := func(format string, args ...any) { r.Warnings = append(r.Warnings, fmt.Sprintf(format, args...)) }
	if r.Open > 0 && !c.asOf {
		add("open calls have run until the last time in the file, %s; give --now if it is another", r.Now.Format("2006-01-02 15:04:05"))
	}
	if r.Negatives > 0 {
		add("calls that were dropped because their times are not in order: %d", r.Negatives)
	}
	if r.AfterNow > 0 {
		add("calls that were left out because they came after --now: %d", r.AfterNow)
	}
	if r.Within == nil {
		add("no limit: give --limit or a column limit for the share in time")
	}
	if f.penalties != "" && !c.contractor {
		add("no penalties: the file names no contractor")
	}
}

// rowLimit reads a limit: a duration, or seconds.
func rowLimit(text string) (float64, error) {
	if seconds, err := strconv.ParseFloat(text, 64); err == nil && seconds > 0 && seconds <= 1e9 {
		return seconds, nil
	}
	limit, err := yamlfile.ParseDuration(text)
	if err != nil || limit <= 0 {
		return 0, fmt.Errorf("%q is not a limit such as 10m, 24h or 7d, or seconds above 0", text)
	}
	return limit.Seconds(), nil
}

// Of an hour that comes twice in autumn, the order of a row's times says which one
// is meant: sameOrLater is t, or the time after it at which clocks show the same when
// t is before the time that it follows.
func sameOrLater(after, t time.Time) time.Time {
	if t.IsZero() || !t.Before(after) {
		return t
	}
	_, end := t.ZoneBounds()
	if end.IsZero() {
		return t
	}
	_, now := t.Zone()
	_, then := end.Zone()
	if again := t.Add(time.Duration(now-then) * time.Second); then < now && !again.Before(end) && !again.Before(after) {
		return again
	}
	return t
}

// sameOrEarlier is t, or the time before it at which clocks show the same when t is
// after the time that follows it.
func sameOrEarlier(t, before time.Time) time.Time {
	if before.IsZero() || !before.Before(t) {
		return t
	}
	start, _ := t.ZoneBounds()
	if start.IsZero() {
		return t
	}
	_, now := t.Zone()
	_, then := start.Add(-1).Zone()
	if again := t.Add(time.Duration(now-then) * time.Second); now < then && again.Before(start) && !before.Before(again) {
		return again
	}
	return t
}

func latestOf(times ...time.Time) time.Time {
	var last time.Time
	for _, t := range times {
		if t.After(last) {
			last = t
		}
	}
	return last
}
