package standards

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"steward/analytics/job"
	"steward/analytics/response"
	"steward/internal/authz"
	"steward/internal/incident"
	"steward/internal/telemetry"
)

// October 2026 by the clocks of Shanghai, judged in the night after it.
var (
	from = time.Date(2026, time.September, 30, 16, 0, 0, 0, time.UTC)
	to   = time.Date(2026, time.October, 31, 16, 0, 0, 0, time.UTC)
	now  = to.Add(at)

	shanghai = zone("Asia/Shanghai")
	berlin   = zone("Europe/Berlin")
)

func zone(name string) *time.Location {
	z, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return z
}

func place(s string) authz.Place {
	p, err := authz.ParsePlace(s)
	if err != nil {
		panic(err)
	}
	return p
}

// world is incidents in memory.
type world []incident.Incident

func (w world) Each(_ context.Context, from, to time.Time, do func(*incident.Incident) error) error {
	for n := range w {
		i := &w[n]
		if began := !i.StartedAt.Before(from) && i.StartedAt.Before(to); !began && (!i.Open() || !i.StartedAt.Before(from)) {
			continue
		}
		if err := do(i); err != nil {
			return err
		}
	}
	return nil
}

// add is a resolved incident with a clock that was stopped after so many seconds.
func (w *world) add(at, device string, began time.Time, standard string, limit, took float64) *incident.Incident {
	stopped := began.Add(time.Duration(took * float64(time.Second)))
	c := incident.Clock{Standard: standard, State: incident.Met, Limit: limit, StartedAt: &began, StoppedAt: &stopped, Elapsed: &took}
	deadline := began.Add(time.Duration(limit) * time.Second)
	if c.Deadline = &deadline; took > limit {
		c.State, c.BreachedAt = incident.Breached, &deadline
	}
	*w = append(*w, incident.Incident{
		ID: fmt.Sprint("i", len(*w)), Kind: "entrapment", Rule: "stuck", Place: place(at), Class: telemetry.Elevator, Device: device,
		State: incident.Resolved, StartedAt: began, ResolvedAt: &stopped, Clocks: []incident.Clock{c},
	})
	return &(*w)[len(*w)-1]
}

// reopen takes away that the clock of an incident was stopped.
func reopen(i *incident.Incident) *incident.Clock {
	c := &i.Clocks[0]
	i.State, i.ResolvedAt = incident.Firing, nil
	c.State, c.StoppedAt, c.Elapsed, c.BreachedAt = incident.Running, nil, nil, nil
	return c
}

// results is what a run wrote.
type results struct {
	t       *testing.T
	numbers map[string]job.Number
	notes   map[string][]byte
	covered float64
}

func run(t *testing.T, o Options, period ...time.Time) *results {
	t.Helper()
	out := &results{t: t, numbers: map[string]job.Number{}, notes: map[string][]byte{}}
	r := &job.Run{
		From: from, To: to, Now: now,
		Progress: func(done, total int64, what string) {},
		Cover:    func(share float64) { out.covered = share },
		Write: func(_ context.Context, numbers []job.Number) error {
			for _, n := range numbers {
				key := n.Kind + " " + authz.Place{Region: n.Region, Project: n.Project}.String() + " " + n.Subject
				if _, twice := out.numbers[key]; twice {
					t.Errorf("%s is written twice", key)
				}
				if n.Value == nil && n.Why == "" {
					t.Errorf("%s: %+v", key, n)
				}
				if math.IsNaN(n.Coverage) { // of a limit of which there is no clock
					n.Coverage = -1
				}
				if _, err := json.Marshal(n); err != nil {
					t.Errorf("%s: %v", key, err)
				}
				out.numbers[key] = n
			}
			return nil
		},
		Note: func(_ context.Context, kind, region, project, subject string, body any) error {
			text, err := json.Marshal(body)
			key := kind + " " + authz.Place{Region: region, Project: project}.String() + " " + subject
			if _, twice := out.notes[key]; twice || err != nil {
				t.Errorf("%s is noted twice, or: %v", key, err)
			}
			out.notes[key] = text
			return nil
		},
	}
	if len(period) > 0 {
		r.From, r.To, r.Now = period[0], period[1], period[2]
	}
	if o.Zone == nil {
		o.Zone = func(at authz.Place) *time.Location {
			if at.Project == "hill" {
				return berlin
			}
			return shanghai
		}
	}
	if err := New(o).Run(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	return out
}

// is wants a number with its sample size; NaN wants one without a value.
func (r *results) is(key string, want, n float64) {
	r.t.Helper()
	got, ok := r.numbers[key]
	switch {
	case !ok:
		r.t.Errorf("%s: there is none", key)
	case math.IsNaN(want) != (got.Value == nil), got.Value != nil && math.Abs(*got.Value-want) > 1e-9*math.Max(1, math.Abs(want)), got.N != n:
		value := "none"
		if got.Value != nil {
			value = fmt.Sprint(*got.Value)
		}
		r.t.Errorf("%s: %s of %v (%s), want %v of %v", key, value, got.N, got.Why, want, n)
	}
}

func (r *results) between(key string, low, high float64) {
	r.t.Helper()
	got := r.numbers[key]
	if got.Low == nil || got.High == nil || math.Abs(*got.Low-low) > 5e-5 || math.Abs(*got.High-high) > 5e-5 || got.Level != 0.95 {
		r.t.Errorf("%s: %+v, want from %v to %v", key, got, low, high)
	}
}

// note reads a document.
func note[T any](r *results, key string) (doc T) {
	r.t.Helper()
	text, ok := r.notes[key]
	if !ok {
		r.t.Fatalf("%s: there is none", key)
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		r.t.Fatal(err)
	}
	return doc
}

// october is a month that can be judged by hand.
func october() world {
	var w world
	day := func(d, hour int) time.Time { return time.Date(2026, time.October, d, hour, 0, 0, 0, shanghai) }
	// In the harbour seven that were stopped; exactly at the limit is in time.
	for n, took := range []float64{100, 200, 300, 400, 500, 600, 700} {
		w.add("north/harbour", fmt.Sprint("e", n+1), day(n+2, 9), "on_site", 600, took)
	}
	w[1].Late = true // it was over when it was learned of, and counts
	// One that runs, for 900 s, and one of September.
	reopen(w.add("north/harbour", "e8", to.Add(-900*time.Second), "on_site", 600, 1))
	reopen(w.add("north/harbour", "e9", from.Add(-time.Hour), "on_site", 600, 1))
	// On the hill by Berlin's clocks, where this hour comes twice in this night.
	w.add("north/hill", "e1", time.Date(2026, time.October, 25, 0, 30, 0, 0, time.UTC), "on_site", 600, 30)
	w.add("north/hill", "e2", time.Date(2026, time.October, 25, 1, 30, 0, 0, time.UTC), "on_site", 600, 50)
	// A desk by working hours: three days on the wall are 500 s.
	desk := w.add("north/hill", "e3", day(9, 12), "desk", 600, 500)
	later := day(12, 12)
	desk.Clocks[0].StoppedAt, desk.Device, desk.Rule, desk.Kind = &later, "", "", "front_desk"
	// Its clock has counted exactly the limit when the office closed, and was stopped
	// in the evening: it is over it, as it says.
	evening := w.add("north/hill", "", day(10, 12), "desk", 600, 700)
	*evening.Clocks[0].Elapsed = 600
	// Nobody came to this one of a whole region before it was over, after 1,500 s.
	never := w.add("north", "", day(11, 10), "on_site", 600, 1500)
	never.Clocks[0].StoppedAt, never.Clocks[0].Elapsed = nil, nil
	// These do not count: void, never started, on trial, before and after.
	void := w.add("north/hill", "e1", day(12, 9), "on_site", 600, 20)
	void.Clocks[0].State, void.Clocks[0].StoppedAt, void.Clocks[0].Elapsed = incident.Void, nil, nil
	waiting := w.add("north/hill", "e1", day(12, 10), "on_site", 600, 20)
	waiting.Clocks[0] = incident.Clock{Standard: "on_site", State: incident.Waiting, Limit: 600}
	unstarted := w.add("north/hill", "e1", day(12, 11), "on_site", 600, 20)
	unstarted.Clocks[0] = incident.Clock{Standard: "on_site", State: incident.Void, Limit: 600}
	w.add("north/hill", "e1", day(12, 12), "on_site", 600, 20).Shadow = true
	w.add("north/hill", "e1", from.Add(-time.Second), "on_site", 600, 20)
	w.add("north/hill", "e1", to, "on_site", 600, 20)
	return w
}

func TestMonth(t *testing.T) {
	w := october()
	r := run(t, Options{Incidents: w, Elapsed: func(i *incident.Incident, c *incident.Clock, until time.Time) time.Duration {
		switch i.Device {
		case "e8":
			return 900 * time.Second
		case "e9":
			return 5000 * time.Second
		}
		return until.Sub(*c.StartedAt)
	}})
	const subject = " clock:on_site"
	at := " north/harbour" + subject
	r.is("clocks"+at, 8, 8)
	r.is("clocks_open"+at, 1, 8)
	r.is("response_seconds_median"+at, 450, 8)
	r.is("response_seconds_p90"+at, math.NaN(), 8) // it may be any time that the open one takes
	r.is("share_within_limit"+at, 0.75, 8)
	r.between("share_within_limit"+at, 0.3491, 0.9681) // Clopper and Pearson, 6 of 8
	r.is("breaches"+at, 2, 8)
	r.is("open_running"+at, 2, 2)
	r.is("open_running_seconds_median"+at, 2950, 2)
	r.is("open_running_seconds_max"+at, 5000, 2)

	at = " north/hill" + subject
	r.is("response_seconds_median"+at, 40, 2)
	r.is("response_seconds_p90"+at, 48, 2)
	r.is("response_seconds_p95"+at, 49, 2)
	r.is("share_within_limit"+at, 1, 2)
	r.is("clocks_void"+at, 1, 3)
	r.is("open_running_seconds_max"+at, math.NaN(), 0)
	r.is("response_seconds_median north/hill clock:desk", (500+600)/2., 2)
	r.is("share_within_limit north/hill clock:desk", 0.5, 2)

	// The region has its projects and the one of its own that nobody came to; the
	// company has no more.
	for _, at := range []string{" north", " hq"} {
		at += subject
		r.is("clocks"+at, 11, 11)
		r.is("clocks_open"+at, 2, 11)
		r.is("response_seconds_median"+at, 400, 11)
		r.is("share_within_limit"+at, 8/11., 11)
		r.is("breaches"+at, 3, 11)
		r.is("open_running_seconds_max"+at, 5000, 2)
	}
	// Fisher's exact test of 6 in 8 against 2 in 3 with the region's own, doubled and
	// no more than 1.
	r.is("difference_p_adjusted north/harbour"+subject, 1, 3)

	hill := note[Report](r, "response north/hill ")
	account := hill.Clocks[1]
	if hour := account.ByHour[2]; len(account.ByHour) != 24 || hour.N != 2 || *hour.Median != 40 || *hour.Within.Share != 1 || account.ByHour[3].N != 0 {
		t.Errorf("hours: %+v", account.ByHour)
	}
	if hour := account.ByHour[2]; hour.MedianLimits.Low != nil || !strings.Contains(hour.MedianLimits.Why, "2 calls, and 6 are needed") || account.ByHour[3].MedianLimits.Why == "" {
		t.Errorf("hours: %+v", account.ByHour)
	}
	company := note[Report](r, "response hq ")
	if hour := company.Clocks[1].ByHour[9]; hour.MedianLimits.Low == nil || *hour.MedianLimits.Low > *hour.Median {
		t.Errorf("hours: %+v", hour)
	}
	if account := company.Clocks[1]; account.ByHour[9].N != 7 || account.ByHour[2].N != 2 || account.ByHour[10].N != 1 || *account.Limit != 600 || account.ByCause[0].Name != "stuck" || account.ByCause[0].N != 11 {
		t.Errorf("of the company: %+v", account)
	}
	for _, account := range company.Clocks { // all breaches are listed: nothing says that some are not
		if account.Within.Breached == 0 || strings.Contains(fmt.Sprint(account.Warnings), "not listed") {
			t.Errorf("%s: %d breaches, warnings %q", account.Standard, account.Within.Breached, account.Warnings)
		}
	}
	if desk := company.Clocks[0]; len(desk.ByCause) != 2 || desk.ByCause[0].Name != "front_desk" {
		t.Errorf("causes of the desk: %+v", desk.ByCause)
	}
	projects := note[Projects](r, "projects hq clock:on_site").Projects
	if len(projects) != 2 || projects[0].Name != "north/harbour" || projects[0].N != 8 || projects[0].Against == nil || projects[1].Name != "north/hill" {
		t.Errorf("projects: %+v", projects)
	}

	list := note[Breaches](r, "breaches north/harbour ").Breaches
	if len(list) != 2 || list[0].Incident != "i6" || list[0].Over != 100 || list[0].Open || list[0].Started.Format(time.RFC3339) != "2026-10-08T09:00:00+08:00" ||
		list[0].Stopped.Sub(list[0].Started) != 700*time.Second || list[1].Incident != "i7" || list[1].Over != 300 || !list[1].Open || !list[1].Stopped.IsZero() ||
		list[0].Device != "north/harbour/elevator/e7" || list[0].Standard != "on_site" {
		t.Errorf("breaches: %+v", list)
	}
	if list := note[Breaches](r, "breaches north ").Breaches; len(list) != 1 || !list[0].Open || list[0].Took != 1500 {
		t.Errorf("breaches of the region itself: %+v", list)
	}
	if _, ok := r.notes["breaches hq "]; ok {
		t.Error("breaches are listed for the company again")
	}
}

// TestContractors: a repair is followed for 30 days, so that those are judged that
// ended in the 30 days before what the period can know.
func TestContractors(t *testing.T) {
	var w world
	sep := func(d int) time.Time { return time.Date(2026, time.September, d, 1, 0, 0, 0, time.UTC) }
	w.add("north/harbour", "e1", sep(10), "on_site", 600, 10)
	w.add("north/harbour", "e1", sep(20), "on_site", 600, 10)
	w.add("north/harbour", "e1", sep(20).AddDate(0, 0, 35), "on_site", 600, 2600) // two half hours over, begun
	w.add("east/park", "e1", sep(15).AddDate(0, 0, 30), "on_site", 600, 700)      // another lift of that name
	r := run(t, Options{Incidents: w, Contractor: func(telemetry.Device) string { return "快修" }})
	at := " contractor:快修/clock:on_site"
	r.is("contractor_repeat_share north/harbour"+at, 0.5, 2)
	r.is("contractor_repeat_share hq"+at, 0.5, 2)
	r.is("contractor_repeat_share east/park"+at, math.NaN(), 0)
	r.is("contractor_share_within_limit hq"+at, 0, 2)
	r.is("contractor_seconds_median hq"+at, 1650, 2)
}

// TestCauses: a rule goes by what the last incident of the period calls it; what people
// entered has a title of its own, which is none of the cause.
func TestCauses(t *testing.T) {
	var w world
	title := func(at int, rule, zh string) {
		i := w.add("north/harbour", "e1", from.Add(time.Duration(at)*time.Hour), "on_site", 600, 700)
		i.Rule, i.Kind, i.Title = rule, "entrapment", incident.Text{ZH: zh}
	}
	title(9, "stuck", "电梯困人")
	title(1, "stuck", "困人")
	title(2, "", "三楼水管爆裂")
	r := run(t, Options{Incidents: w})
	for _, at := range []string{"hq", "north", "north/harbour"} {
		if got := note[Report](r, "response "+at+" ").Causes; len(got) != 1 || got["stuck"].ZH != "电梯困人" {
			t.Errorf("%s: %v", at, got)
		}
	}
}

func TestFixed(t *testing.T) {
	for _, law := range Laws() { // each with its basis in both languages
		if law.Basis.EN == "" || law.Basis.ZH == "" || strings.Contains(law.Basis.ZH, "article") {
			t.Errorf("%s: basis %+v", law.Standard, law.Basis)
		}
	}
	var w world
	began := from.Add(time.Hour)
	w.add("north/harbour", "e1", began, "entrapment_on_site", 1200, 600)
	w.add("north/harbour", "e1", began.Add(time.Hour), "entrapment_on_site", 1200, 601) // in time by a limit that somebody has changed
	w.add("north/hill", "e1", began, "other", 600, 5)
	r := run(t, Options{Incidents: w})
	r.is("share_within_limit hq clock:entrapment_on_site", 1, 2)
	r.is("share_within_fixed_limit hq clock:entrapment_on_site/600s", 0.5, 2)
	r.is("breaches_of_fixed_limit north/harbour clock:entrapment_on_site/600s", 1, 2)
	r.is("share_within_fixed_limit hq clock:entrapment_statutory/1800s", math.NaN(), 0)
	if k := note[Report](r, "response hq ").Fixed[1]; k.Basis != "TSG T5002-2017 (电梯维护保养规则), article 5(4)" || k.BasisZH != "《电梯维护保养规则》（TSG T5002-2017）第五条第（四）项" {
		t.Errorf("basis %q, %q", k.Basis, k.BasisZH)
	}
	if _, ok := r.numbers["share_within_fixed_limit north/hill clock:entrapment_on_site/600s"]; ok {
		t.Error("a place without such a clock has its share")
	}
	// Without any incident the company is told that there is nothing to say.
	r = run(t, Options{Incidents: world{}})
	r.is("share_within_fixed_limit hq clock:entrapment_on_site/600s", math.NaN(), 0)
}

// TestPauses: without a calendar to ask, pauses are left out all the same.
func TestPauses(t *testing.T) {
	var w world
	began := now.Add(-24 * time.Hour)
	c := reopen(w.add("north/harbour", "", began, "repair", 3600, 1))
	moved := c.Deadline.Add(20 * time.Hour) // by pauses
	c.Deadline = &moved
	c = reopen(w.add("north/harbour", "", began, "repair", 3600, 1))
	paused := began.Add(10 * time.Minute)
	c.State, c.PausedAt = incident.Paused, &paused
	r := run(t, Options{Incidents: w}, began.Add(-time.Hour), began.Add(time.Hour), now)
	r.is("open_running_seconds_max hq clock:repair", 4*3600, 2)
	r.is("open_running_seconds_median hq clock:repair", (4*3600+600)/2, 2)
	r.is("share_within_limit hq clock:repair", 0, 1) // the paused one is not decided
}

// TestUnusable: what cannot be meant is left out and counted, and costs nothing else.
func TestUnusable(t *testing.T) {
	var w world
	w.add("north/harbour", "e1", from, "on_site", 600, 10)
	for n, spoil := range []func(c *incident.Clock){
		func(c *incident.Clock) { c.StartedAt = new(time.Time) },
		func(c *incident.Clock) { c.Elapsed = nil },
		func(c *incident.Clock) { *c.Elapsed, c.State = math.NaN(), incident.Met },
		func(c *incident.Clock) { *c.Elapsed, c.State = 1e300, incident.Breached },
		func(c *incident.Clock) { c.Limit = 0 },
		func(c *incident.Clock) { c.Limit = math.Inf(1) },
		func(c *incident.Clock) { *c.StoppedAt = time.Date(9000, 1, 1, 0, 0, 0, 0, time.UTC) },
	} {
		spoil(&w.add("north/harbour", "e1", from.Add(time.Duration(n)*time.Hour), "on_site", 600, 10).Clocks[0])
	}
	r := run(t, Options{Incidents: w})
	r.is("clocks hq clock:on_site", 1, 1)
	for _, kind := range []string{"clocks", "share_within_limit", "response_seconds_p90", "breaches"} {
		for _, at := range []string{"hq", "north", "north/harbour"} {
			if n := r.numbers[kind+" "+at+" clock:on_site"]; n.Coverage != 1./8 {
				t.Errorf("%s of %s: coverage %g, want one in eight", kind, at, n.Coverage)
			}
		}
	}
	if r.covered != 1./8 {
		t.Errorf("the run covers %g", r.covered)
	}
	if got := note[Report](r, "response hq ").Unusable; got != 7 {
		t.Errorf("%d clocks are unusable, want 7", got)
	}
}

func TestJob(t *testing.T) {
	j := New(Options{Incidents: world{}})
	first := time.Date(2026, time.January, 1, 4, 30, 0, 0, shanghai)
	if begin, end := j.Period(first, shanghai); j.Every != job.Monthly || !begin.Equal(time.Date(2025, time.December, 1, 0, 0, 0, 0, shanghai)) || !end.Equal(time.Date(2026, time.January, 1, 0, 0, 0, 0, shanghai)) {
		t.Errorf("%s: from %s to %s", j.Every, begin, end)
	}
	if err := j.Run(t.Context(), &job.Run{From: to, To: to}); err == nil || !strings.Contains(err.Error(), "is empty") {
		t.Errorf("an empty period: %v", err)
	}
	broken := failing{}
	if err := New(Options{Incidents: broken}).Run(t.Context(), &job.Run{From: from, To: to}); err == nil || !strings.Contains(err.Error(), "read incidents: away") {
		t.Errorf("a store that is away: %v", err)
	}
}

type failing struct{}

func (failing) Each(context.Context, time.Time, time.Time, func(*incident.Incident) error) error {
	return fmt.Errorf("away")
}

// TestCompared: a project that is never in time, of one that always is. Of the ways
// to choose 20 of 40 one is as odd, on either side; by Holm the smaller of two counts
// twice, and the other no less.
func TestCompared(t *testing.T) {
	var w world
	for n := range 20 {
		w.add("north/harbour", "e1", from.Add(time.Duration(n)*time.Hour), "on_site", 600, 10)
		w.add("east/park", "e1", from.Add(time.Duration(n)*time.Hour), "on_site", 600, 900)
	}
	r := run(t, Options{Incidents: w})
	for at, verdict := range map[string]response.Verdict{"north/harbour": response.Better, "east/park": response.Worse} {
		n := r.numbers["difference_p_adjusted "+at+" clock:on_site"]
		if n.Value == nil || math.Abs(*n.Value/(2*2/137846528820.)-1) > 1e-9 || n.N != 2 || n.Why != string(verdict) {
			t.Errorf("%s: %+v", at, n)
		}
	}
	if _, ok := r.numbers["difference_p_adjusted hq clock:on_site"]; ok {
		t.Error("the company is compared with others")
	}
	if p := note[Projects](r, "projects north clock:on_site").Projects; len(p) != 1 || p[0].Against != nil {
		t.Errorf("alone in its region: %+v", p)
	}
}

// TestBounds: lists end, and say what they leave out; numbers count all.
func TestBounds(t *testing.T) {
	var w world
	const many = maxBreaches + 10
	for n := range many {
		w.add("north/harbour", "e1", from.Add(time.Duration(n)*time.Second), "on_site", 600, 601+float64(n)).Rule = fmt.Sprint("rule-", n%(maxRows+5))
	}
	r := run(t, Options{Incidents: w})
	r.is("breaches hq clock:on_site", many, many)
	list := note[Breaches](r, "breaches north/harbour ")
	if len(list.Breaches) != maxBreaches || list.Omitted != 10 || list.Breaches[0].Incident != "i10" || list.Breaches[maxBreaches-1].Incident != fmt.Sprint("i", many-1) {
		t.Errorf("%d breaches are listed, %d left out", len(list.Breaches), list.Omitted)
	}
	if a := note[Report](r, "response hq ").Clocks[0]; len(a.ByCause) != maxRows || a.CausesOmitted != 5 {
		t.Errorf("%d causes are listed, %d left out", len(a.ByCause), a.CausesOmitted)
	}
}

// TestNoBreachesOfNothing: that no breach is on record is said with the reason where no
// clock is decided, and nothing covers what there is not.
func TestNoBreachesOfNothing(t *testing.T) {
	r := run(t, Options{Incidents: world{}})
	n := r.numbers["breaches_of_fixed_limit hq clock:entrapment_on_site/600s"]
	if n.Kind == "" || *n.Value != 0 || n.N != 0 || n.Why == "" || n.Coverage != -1 {
		t.Errorf("%+v of %v", n, r.numbers)
	}
}
