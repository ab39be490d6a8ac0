package scorecard

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"steward/analytics/response"
	"steward/configs"
	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/clickhouse/clickhousetest"
	"steward/internal/controldb"
	"steward/internal/controldb/controldbtest"
	"steward/internal/notices"
	"steward/internal/operations"
	"steward/internal/telemetry"
)

// book enters operating records.
type book struct {
	batch clickhouse.Batch
	n     int
}

func (b *book) head(at authz.Place, id string, version int) operations.Head {
	if b.n++; id == "" {
		id = fmt.Sprint("x", b.n)
	}
	updated := from.Add(time.Duration(version) * time.Hour)
	return operations.Head{Place: at, ID: id, Updated: updated, Received: updated, Source: operations.API}
}

func after(begin time.Time, d time.Duration) *time.Time {
	if d < 0 {
		return nil
	}
	t := begin.Add(d)
	return &t
}

const never = time.Duration(-1)

func (b *book) complaint(at authz.Place, kind string, made time.Time, answered time.Duration) {
	b.batch.AddOperation(&operations.Complaint{Head: b.head(at, "", 1), Type: kind, Created: made, Answered: after(made, answered)})
}

func (b *book) fee(at authz.Place, month string, due, paid float64) {
	b.batch.AddOperation(&operations.Fee{Head: b.head(at, "", 1), Sort: "property", Month: month, Due: due, Paid: paid})
}

func (b *book) inspection(at authz.Place, level string, planned time.Time, done time.Duration) {
	b.batch.AddOperation(&operations.Inspection{Head: b.head(at, "", 1), Level: level, Sort: "fire", Planned: planned, Done: after(planned, done)})
}

func (b *book) order(at authz.Place, id string, version int, withdrawn bool, made time.Time, arrived, done time.Duration) {
	o := &operations.RepairOrder{
		Head: b.head(at, id, version), Type: "elevator", Priority: operations.Urgent, DeviceClass: "elevator", Device: "e1", Contractor: "快修",
		Created: made, Arrived: after(made, arrived), Done: after(made, done),
	}
	o.Withdrawn = withdrawn
	b.batch.AddOperation(o)
}

// The world: harbour is run badly, hill well; of park nothing is known; lake has the
// buildings with which others are compared.
func world(t *testing.T) (Options, *clickhouse.Store) {
	t.Helper()
	db := clickhousetest.Start(t)
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	var projects []clickhouse.ProjectRow
	for _, at := range []authz.Place{harbour, hill, lake, park} {
		projects = append(projects, clickhouse.ProjectRow{Region: at.Region, Project: at.Project, TimeZone: "Asia/Shanghai", Households: 1000, Version: 1})
	}
	projects = append(projects, clickhouse.ProjectRow{Region: "south", Project: "gone", Households: 1000, Retired: true, Version: 1})
	must(db.PutProjects(ctx, projects))

	var b book
	for i := range 30 { // 30 a month of 1000 households: 3 per 100
		took := 24 * time.Hour // exactly in time
		if i >= 10 {
			took = 24*time.Hour + time.Millisecond
		}
		b.complaint(harbour, []string{"noise", "repair"}[i%2], from.AddDate(0, 0, i%29), took)
	}
	b.complaint(harbour, "noise", to.Add(-time.Hour), never) // not yet due
	b.complaint(harbour, "noise", from.Add(-time.Millisecond), never)
	for i := range 6 {
		b.complaint(hill, "noise", from.AddDate(0, 0, i), time.Hour)
	}
	for m := range 12 {
		month := from.AddDate(0, -m, 0).Format(time.DateOnly)
		b.fee(harbour, month, 100, 50)
		b.fee(hill, month, 100, 99)
	}
	b.fee(hill, from.Format(time.DateOnly), 12, 500) // who pays ahead pays for nobody else
	for d := range 31 {
		morning := from.AddDate(0, 0, d).Add(9 * time.Hour)
		took := time.Hour
		if d >= 20 {
			took = 15 * time.Hour // at midnight: the day is over
		}
		b.inspection(harbour, operations.LevelProject, morning, took)
		b.inspection(hill, operations.LevelProject, morning, 15*time.Hour-time.Millisecond)
	}
	b.inspection(harbour, operations.LevelRegion, from.AddDate(0, 0, 5), 40*24*time.Hour) // in November
	b.inspection(harbour, operations.LevelRegion, from.AddDate(0, 0, 5), 24*time.Hour)
	b.inspection(harbour, operations.LevelHQ, from.AddDate(0, 0, -1), never) // of the quarter before
	b.inspection(harbour, operations.LevelHQ, from.AddDate(0, 0, 1), 0)
	for i, score := range []float64{50, 60, 70} {
		planned := from.AddDate(0, 0, 3+i).Add(time.Hour)
		b.batch.AddOperation(&operations.Inspection{Head: b.head(hill, "", 1), Level: operations.LevelHQ, Sort: "quality", Planned: planned, Done: &planned, Score: &score})
	}
	for i := range 10 {
		arrived, done := 30*time.Minute, 2*time.Hour
		if i >= 4 {
			arrived, done = 31*time.Minute, 5*time.Hour
		}
		b.order(harbour, "", 1, false, from.AddDate(0, 0, i), arrived, done)
	}
	b.order(harbour, "twice", 1, false, from.AddDate(0, 0, 20), time.Minute, time.Hour)
	b.order(harbour, "twice", 2, false, from.AddDate(0, 0, 20), time.Hour, 2*time.Hour) // the newest counts
	b.order(harbour, "error", 1, false, from.AddDate(0, 0, 21), time.Hour, never)
	b.order(harbour, "error", 2, true, from.AddDate(0, 0, 21), time.Hour, never)
	must(db.Append(ctx, &b.batch, "book"))

	var buildings []Building
	var hours clickhouse.ConsumptionBatch
	var devices []clickhouse.DeviceRow
	meter := func(at authz.Place, building, id, parent string, kw float64) {
		c := &clickhouse.Counter{Device: telemetry.Device{Region: at.Region, Project: at.Project, Class: telemetry.Meter, ID: id}, Metric: "energy_kwh", Building: building, Point: id, Medium: "electricity"}
		devices = append(devices, clickhouse.DeviceRow{Device: c.Device, State: "active", Building: building, Medium: "electricity", ParentMeter: parent, Version: 1})
		for h := range 31 * 24 {
			hours.Add(c, clickhouse.ConsumptionHour{TS: telemetry.MillisOf(from.Add(time.Duration(h) * time.Hour)), Value: kw, Covered: 1, Quality: "measured", Readings: 4})
		}
	}
	for i := range 10 {
		id := fmt.Sprint("b", i)
		buildings = append(buildings, Building{Place: lake, ID: id, Floors: 18, AreaM2: 1000, Households: 80})
		meter(lake, id, "m-"+id, "", 10+float64(i)/10)
	}
	buildings = append(buildings,
		Building{Place: harbour, ID: "a", Floors: 11, AreaM2: 1000, Households: 100}, Building{Place: hill, ID: "a", Floors: 11, AreaM2: 1500, Households: 100},
		Building{Place: hill, ID: "garage"}, // without an area it is no part of anything
		Building{Place: harbour, ID: "villa", Floors: 3, AreaM2: 10, Households: 1})
	meter(harbour, "a", "main", "", 20.9)
	meter(harbour, "a", "sub", "main", 5) // is in main already
	meter(hill, "a", "main", "", 15)
	must(db.PutDevices(ctx, devices))
	must(db.PutConsumption(ctx, &hours, "c", to))
	for _, at := range []authz.Place{lake, harbour, hill} {
		must(db.CountDays(ctx, at, shanghai, from, to, "c", to))
	}

	number := func(kind string, at authz.Place, subject string, value, low, high, n, cover float64) clickhouse.AnalyticsNumber {
		return clickhouse.AnalyticsNumber{Kind: kind, Place: at, Subject: subject, Value: &value, Low: &low, High: &high, N: n, Coverage: &cover}
	}
	year := from.AddDate(0, -11, 0)
	policy := strings.Replace(string(configs.Scorecard()), "months: 12\n    zero: 1.8", "months: 1\n    zero: 1.8", 1)
	config, err := Parse("scorecard.yaml", []byte(policy))
	must(err)
	contracts, err := response.ParsePenalties("contracts.yaml", []byte("penalties: [{contractor: default, urgent_within: 4h, per_breach: 100, cap_per_month: 500}]"))
	must(err)
	return Options{
		Config: config, Store: db, Zone: shanghai, Contracts: contracts,
		Buildings: func(_ context.Context, each func(Building) error) error {
			for _, b := range buildings {
				if err := each(b); err != nil {
					return err
				}
			}
			return nil
		},
		Results: stored{
			period("response", from, to): {
				number("share_within_limit", harbour, "clock:entrapment_on_site", 0.5, 0.1, 0.9, 4, 1),
				number("share_within_limit", hill, "clock:entrapment_on_site", 1, 0.5, 1, 5, 1),
				number("share_within_limit", hill, "clock:urgent_repair_on_site", 1, 0.5, 1, 7, 1),
				number("share_within_limit", authz.Place{Region: "north"}, "clock:entrapment_on_site", 7./9, 0.5, 1, 9, 1),
			},
			period("reliability", year, to): {
				number("availability", harbour, "class:elevator", 0.96, 0.95, 0.97, 8, 0.9),
				number("availability", hill, "class:elevator", 0.998, 0.99, 0.999, 8, 0.9),
				number("availability", authz.Place{Region: "north"}, "class:elevator", 0.98, 0.975, 0.99, 16, 0.9),
				number("availability", harbour, "", 0.5, 0.4, 0.6, 8, 0.9),
			},
		},
	}, db
}

// TestFromRecordsToClosure follows what projects entered over the cards to notices,
// which go overdue, are escalated, done, inspected again and closed; on both databases.
func TestFromRecordsToClosure(t *testing.T) {
	o, _ := world(t)
	controldbtest.EachAnalytics(t, func(t *testing.T, db *controldb.DB) {
		present := now
		store := notices.NewStore(db, notices.Options{Now: func() time.Time { return present }, Zone: func(authz.Place) *time.Location { return shanghai }})
		o := o
		o.Notices = store
		w := run(t, o, from, to, now)
		byHand(t, w)

		hq := authz.Principal{Kind: authz.Person, ID: "chen", Name: "chen", Grants: []authz.Grant{{Role: authz.Manager, Place: authz.HQ}}}
		own := authz.Principal{Kind: authz.Person, ID: "li", Name: "li", Grants: []authz.Grant{{Role: authz.Manager, Place: harbour}}}
		list := func() []notices.Notice {
			l, err := store.As(hq).List(t.Context(), notices.Filter{}, notices.Page{})
			if err != nil {
				t.Fatal(err)
			}
			return l.Items
		}
		var kinds []string
		for _, n := range list() {
			if n.Place() != harbour || n.Month != "2026-10" || n.DueOn != "2026-11-15" {
				t.Errorf("a notice of %s in %s, due %s", n.Place(), n.Month, n.DueOn)
			}
			kinds = append(kinds, n.Kind)
			var e Evidence
			if err := json.Unmarshal(n.Evidence, &e); err != nil || e.Run != "20261101-aaaaaaaaaaaaaaaa" || !e.Component.Outside || e.Component.Value == nil {
				t.Errorf("evidence %s, %v", n.Evidence, err)
			}
			if n.Kind == CollectionRate && (n.Finding.ZH != "2026年10月物业费收缴率：50.0%（全数统计，记录 12 条），低于限值 80.0%" || !strings.Contains(n.Required.EN, "collection")) {
				t.Errorf("finding %+v", n)
			}
			if n.Kind == ComplaintRate && !strings.HasPrefix(n.Finding.EN, "Complaints per 100 households and month, 2026-10: 3.10 (95 % interval 2.11 to 4.40, of 31), above the limit of 1.50") {
				t.Errorf("finding %+v", n.Finding)
			}
		}
		slices.Sort(kinds)
		want := []string{Availability, CollectionRate, ComplaintRate, EnergyIntensity, InspectionProject, ResponseComplaint, ResponseEntrapment, ResponseRepair}
		if !slices.Equal(kinds, want) {
			t.Fatalf("notices of %v, want %v", kinds, want)
		}
		run(t, o, from, to, now.Add(time.Hour)) // computed again
		if n := len(list()); n != len(want) {
			t.Errorf("%d notices after a second run", n)
		}

		// Overdue, the region, headquarters.
		told := &alarm{}
		escalate := func(at time.Time, want int) {
			t.Helper()
			told.n, present = 0, at
			if err := store.Escalate(t.Context(), at, told); err != nil || told.n != want {
				t.Errorf("at %s: told %d times, want %d: %v", at, told.n, want, err)
			}
		}
		due := time.Date(2026, 11, 16, 0, 0, 0, 0, shanghai)
		escalate(due.Add(-time.Second), 0)
		escalate(due, len(want))
		escalate(due.AddDate(0, 0, 7), len(want))
		n := list()[0]
		n, err := store.As(own).Act(t.Context(), n.ID, notices.Action{Deed: notices.Submit, Note: "整改完成", Version: n.Version})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := store.As(own).Act(t.Context(), n.ID, notices.Action{Deed: notices.Close, Version: n.Version}); err == nil {
			t.Error("the project closed its own notice")
		}
		n, err = store.As(hq).Act(t.Context(), n.ID, notices.Action{Deed: notices.Close, Note: "复查通过", Version: n.Version})
		if err != nil || n.State != notices.Closed || len(n.History) != 3 {
			t.Errorf("closed: %+v, %v", n, err)
		}
		escalate(due.AddDate(0, 0, 8), 1)
		escalate(due.AddDate(0, 0, 9), 0)
		run(t, o, from, to, now)
		if left := list(); len(left) != len(want) {
			t.Errorf("%d notices when the month is computed again", len(left))
		}
		// Whoever looks back has nobody called.
		run(t, o, from.AddDate(0, -1, 0), from, now)
	})
}

type alarm struct{ n int }

func (a *alarm) Overdue(context.Context, notices.Notice) error            { a.n++; return nil }
func (a *alarm) Settled(context.Context, notices.Notice, time.Time) error { a.n++; return nil }

// byHand compares cards with what is reckoned by hand.
func byHand(t *testing.T, w *written) {
	t.Helper()
	f := func(at authz.Place, name string, value, n float64) *Component {
		t.Helper()
		card := note[Card](w, "scorecard", at)
		c := card.component(name)
		switch {
		case (c.Value == nil) != math.IsNaN(value), c.Value != nil && math.Abs(*c.Value-value) > 1e-9, c.N != n:
			got := math.NaN()
			if c.Value != nil {
				got = *c.Value
			}
			t.Errorf("%s of %s: %v of %v (%s), want %v of %v", name, at, got, c.N, c.Why, value, n)
		case c.Value == nil && !strings.HasPrefix(c.Why, "insufficient data"):
			t.Errorf("%s of %s: why %q", name, at, c.Why)
		}
		return c
	}
	none := math.NaN()
	north := authz.Place{Region: "north"}
	f(harbour, ResponseEntrapment, 0.5, 4)
	f(hill, ResponseEntrapment, 1, 5)
	f(north, ResponseEntrapment, 7./9, 9)
	f(harbour, ResponseRepair, 4./11, 11)
	f(hill, ResponseRepair, 1, 7) // it keeps no orders
	f(north, ResponseRepair, 11./18, 18)
	if c := f(harbour, ResponseComplaint, 10./30, 30); !strings.Contains(c.Why, "open and within the limit so far, and not counted: 1") {
		t.Errorf("why %q", c.Why)
	}
	c := f(harbour, ComplaintRate, 3.1, 31)
	if len(c.Parts) != 2 || c.Parts[0] != (Share{"noise", 1.6, 16}) || c.Parts[1] != (Share{"repair", 1.5, 15}) {
		t.Errorf("complaints by type: %+v", c.Parts)
	}
	f(hill, ComplaintRate, 0.6, 6)
	f(lake, ComplaintRate, none, 0)
	if c := f(north, ComplaintRate, 1.85, 37); len(c.Parts) != 2 || c.Parts[0] != (Share{"noise", 1.1, 22}) || c.Parts[1] != (Share{"repair", 0.75, 15}) {
		t.Errorf("complaints by type in the region: %+v", c.Parts)
	}
	f(harbour, CollectionRate, 0.5, 12)
	f(hill, CollectionRate, 1200./1212, 13)
	f(harbour, InspectionProject, 20./31, 31)
	f(hill, InspectionProject, 1, 31)
	f(harbour, InspectionRegion, 0.5, 2)
	f(harbour, InspectionHQ, 1, 1)
	if c := f(hill, InspectionHQ, 1, 3); c.Scores == nil || c.Scores.Mean != 60 || c.Scores.N != 3 || math.Abs(*c.Scores.High-84.84138) > 1e-4 {
		t.Errorf("scores of inspections: %+v", c.Scores)
	}
	if c := f(north, InspectionHQ, 1, 4); c.Scores == nil || c.Scores.N != 3 {
		t.Errorf("scores of inspections in the region: %+v", c.Scores)
	}
	if n := w.numbers[key("mean_score_"+InspectionHQ, hill, "")]; n.Value == nil || *n.Value != 60 || n.Level != level {
		t.Errorf("scores of inspections: %+v", n)
	}
	if c := f(harbour, Availability, 0.96, 8); *c.Low != 0.95 || c.Coverage != 0.9 {
		t.Errorf("availability %+v", c)
	}
	f(north, Availability, 0.98, 16)
	// Of ten buildings of lake, 10 to 10.9 kW on 1000 m2, and one each of the others.
	// Peers of harbour's building, of eleven: those ten and hill's, which uses as much per
	// m2 as the least; the median is 10.4. The second from each end is 10 and 10.8.
	c = f(harbour, EnergyIntensity, 20.9/10.4, 1)
	if math.Abs(*c.Low-20.9/10.8) > 1e-9 || math.Abs(*c.High-20.9/10) > 1e-9 || math.Abs(c.Coverage-1000./1010) > 1e-9 {
		t.Errorf("energy %v to %v, coverage %v", *c.Low, *c.High, c.Coverage)
	}
	if len(c.Parts) != 2 || c.Parts[0].Name != "kwh_per_m2_a" || math.Abs(c.Parts[0].Value-20.9*yearHours/1000) > 1e-6 || c.Parts[1].Value != 100 {
		t.Errorf("energy %+v", c.Parts)
	}
	for _, name := range Components() {
		f(park, name, none, 0)
	}
	bad, good, empty := note[Card](w, "scorecard", harbour), note[Card](w, "scorecard", hill), note[Card](w, "scorecard", park)
	if bad.Score == nil || good.Score == nil || *bad.High >= *good.Low || bad.Rank != 2 || good.Rank != 1 || bad.RankLow != 2 || good.Of != 2 {
		t.Errorf("harbour %+v\nhill %+v", bad, good)
	}
	if empty.Score != nil || empty.Known != 0 || empty.Rank != 0 || empty.Why == "" {
		t.Errorf("park %+v", empty)
	}
	if _, there := w.notes[key("scorecard", authz.Place{Region: "south", Project: "gone"}, "")]; there {
		t.Error("a retired project has a card")
	}
	for _, c := range good.Components {
		if c.Outside {
			t.Errorf("hill is outside: %+v", c)
		}
	}
	ranking := note[Ranking](w, "ranking", authz.HQ)
	if len(ranking.Projects) != 4 || ranking.Projects[0].Place != hill || ranking.Projects[1].Place != harbour || len(ranking.Regions) != 2 || len(ranking.Projects[1].Outside) != 8 {
		t.Errorf("ranking %+v", ranking)
	}
	if n := w.numbers[key("score", harbour, "")]; n.Value == nil || *n.Value != *bad.Score || *n.Low != *bad.Low || n.Level != level {
		t.Errorf("score %+v", n)
	}
	for _, name := range Components() {
		n, s := w.numbers[key(name, hill, "")], w.numbers[key("score_"+name, hill, "")]
		if n.Kind == "" || s.Kind == "" || (n.Value == nil) != (s.Value == nil) {
			t.Errorf("%s: %+v, %+v", name, n, s)
		}
	}
	// Ten orders of 5 hours or more cost 100 yuan each past 4 hours, of which six; at most 500.
	d := note[Contractors](w, "contractors", authz.HQ)
	if len(d.Contractors) != 1 || d.Contractors[0].N != 11 || d.Contractors[0].Yuan == nil || *d.Contractors[0].Yuan != 500 || d.Contractors[0].Penalties[0].Uncapped != 600 {
		t.Errorf("contractors %+v", d)
	}
	if d.Contractors[0].Repeats.N != 1 || d.Contractors[0].Repeats.Repeats != 1 {
		t.Errorf("repeats %+v", d.Contractors[0].Repeats)
	}
	if n := w.numbers[key("contractor_penalty", authz.HQ, "contractor:快修")]; n.Value == nil || *n.Value != 500 || n.Coverage != 1 {
		t.Errorf("penalty %+v", n)
	}
}

// TestNothingKnown: projects of which nothing is known have no score and no notice,
// whatever the limits say.
func TestNothingKnown(t *testing.T) {
	db := clickhousetest.Start(t)
	if err := db.PutProjects(t.Context(), []clickhouse.ProjectRow{{Region: "north", Project: "harbour", Version: 1}, {Region: "south", Project: "park", Households: 10, Version: 1}}); err != nil {
		t.Fatal(err)
	}
	o := Options{Config: shipped(t), Store: db, Zone: shanghai, Results: stored{}, Notices: refusing{t}}
	w := run(t, o, from, to, now)
	for _, at := range []authz.Place{authz.HQ, {Region: "north"}, harbour, park} {
		c := note[Card](w, "scorecard", at)
		if c.Score != nil || c.Known != 0 || c.Why == "" {
			t.Errorf("%s: %+v", at, c)
		}
		for _, p := range c.Components {
			if p.Value != nil || p.Score != nil || p.Outside || !strings.HasPrefix(p.Why, "insufficient data: ") {
				t.Errorf("%s of %s: %+v", p.Name, at, p)
			}
		}
	}
	// And of a company without projects.
	w = run(t, Options{Config: shipped(t), Store: clickhousetest.Start(t), Zone: shanghai, Results: stored{}}, from, to, now)
	if c := note[Card](w, "scorecard", authz.HQ); c.Score != nil || len(c.Components) != len(Components()) {
		t.Errorf("nothing: %+v", c)
	}
}

type refusing struct{ t *testing.T }

func (r refusing) Issue(_ context.Context, _ string, n notices.New) (notices.Notice, bool, error) {
	r.t.Errorf("a notice of %s at %s", n.Kind, n.Place)
	return notices.Notice{}, false, nil
}
