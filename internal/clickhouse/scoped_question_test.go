package clickhouse_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/telemetry"
)

// A probe is everything that a caller may say in any query.
type probe struct {
	clickhouse.Filter
	devices    []telemetry.Device
	metrics    []string
	kinds      []string
	severities []string
	reasons    []telemetry.Reason
	ids        []string
	replayed   *bool
	from, to   time.Time
	limit      int
	cursor     string
}

// row is one row of any answer: where it is from, and all that it says.
type row struct{ region, project, text string }

// A question is one of the queries for callers, and what of a world it should
// find for a probe when nothing is out of reach.
type question struct {
	name string
	ask  func(ctx context.Context, db *clickhouse.Store, scope authz.Scope, p probe) (rows []row, next string, err error)
	want func(w *world, p probe) []row
	page bool // has limit and cursor
	like bool // differs from one before only in how rows are written
}

// about says whether a field of a probe is one of the question's.
func (q *question) about(field string) bool {
	about := "region project class device "
	switch table := strings.TrimPrefix(q.name, "export "); {
	case table == "history":
		about += "metrics kinds "
	case strings.HasPrefix(table, "readings"):
		about += "devices metrics "
	case strings.HasPrefix(table, "events"):
		about += "kinds severities "
	case table == "letters":
		about = "region project reasons replayed "
	case table == "letters by id":
		about = "ids "
	case table == "letters to replay":
		about = "reasons ids "
	}
	return strings.Contains(about, field+" ") || q.page && field == "cursor"
}

func questions() []question {
	list := []question{
		{"events newest first", askEvents(false), wantEvents(false), true, false},
		{"events oldest first", askEvents(true), wantEvents(true), true, true},
		{"letters", askLetters, wantLetters, true, false},
		{"letters by id", askLetterByID, wantLettersByID, false, false},
		{"letters to replay", askLettersToReplay, wantLettersToReplay, false, false},
		{"coverage 1h", askCoverage(clickhouse.Hourly), wantCoverage(hour), true, false},
		{"coverage 1d", askCoverage(clickhouse.Daily), wantCoverage(24 * hour), true, true},
		{"history", askHistory, wantHistory, false, false},
		{"readings automatic", askReadings(clickhouse.Automatic), wantReadings(clickhouse.Raw), true, false},
	}
	for _, r := range []clickhouse.Resolution{clickhouse.Raw, clickhouse.FiveMinutes, clickhouse.Hourly, clickhouse.Daily} {
		list = append(list, question{"readings " + string(r), askReadings(r), wantReadings(r), true, r == clickhouse.Hourly || r == clickhouse.Daily})
		for _, format := range []string{"csv", "arrow", "parquet"} {
			list = append(list, question{"export readings " + string(r) + " " + format, askExport("readings", format, r), wantReadings(r), false, format != "csv" || r == clickhouse.Hourly || r == clickhouse.Daily})
		}
	}
	for _, format := range []string{"csv", "arrow", "parquet"} {
		list = append(list, question{"export events " + format, askExport("events", format, ""), wantEventsExported, false, format != "csv"})
	}
	return list
}

func askReadings(r clickhouse.Resolution) func(context.Context, *clickhouse.Store, authz.Scope, probe) ([]row, string, error) {
	return func(ctx context.Context, db *clickhouse.Store, scope authz.Scope, p probe) ([]row, string, error) {
		page, err := db.Readings(ctx, scope, clickhouse.ReadingsQuery{
			Filter: p.Filter, Devices: p.devices, Metrics: p.metrics, From: p.from, To: p.to, Resolution: r, Limit: p.limit, Cursor: p.cursor,
		})
		var rows []row
		for _, r := range page.Readings {
			rows = append(rows, rawRow(r))
		}
		for _, b := range page.Buckets {
			rows = append(rows, bucketRow(b))
		}
		return rows, page.Next, err
	}
}

func rawRow(r telemetry.Reading) row {
	return row{r.Device.Region, r.Device.Project, fmt.Sprint(r.Device, " ", r.Metric, " ", r.TS, " ", r.Received, " ", r.Value)}
}

func bucketRow(b clickhouse.Bucket) row {
	return row{b.Device.Region, b.Device.Project, fmt.Sprint(b.Device, " ", b.Metric, " ", b.Start, " ", b.First, b.Last, " ", b.Min, " ", b.Max, " ", b.Mean, " ", b.Count)}
}

func askEvents(oldest bool) func(context.Context, *clickhouse.Store, authz.Scope, probe) ([]row, string, error) {
	return func(ctx context.Context, db *clickhouse.Store, scope authz.Scope, p probe) ([]row, string, error) {
		page, err := db.Events(ctx, scope, clickhouse.EventsQuery{
			Filter: p.Filter, Kinds: p.kinds, Severities: p.severities, From: p.from, To: p.to, OldestFirst: oldest, Limit: p.limit, Cursor: p.cursor,
		})
		var rows []row
		for _, e := range page.Events {
			rows = append(rows, eventRow(e))
		}
		return rows, page.Next, err
	}
}

func eventRow(e telemetry.Event) row {
	return row{e.Device.Region, e.Device.Project, fmt.Sprint(e.Device, " ", e.TS, " ", e.Received, " ", e.Kind, " ", e.ID, " ", e.Severity, " ", e.Attrs)}
}

func askLetters(ctx context.Context, db *clickhouse.Store, scope authz.Scope, p probe) ([]row, string, error) {
	page, err := db.DeadLetters(ctx, scope, clickhouse.LettersQuery{
		Region: p.Region, Project: p.Project, Reasons: p.reasons, Replayed: p.replayed, From: p.from, To: p.to, Limit: p.limit, Cursor: p.cursor,
	})
	var rows []row
	for _, l := range page.Letters {
		rows = append(rows, letterRow(l))
	}
	return rows, page.Next, err
}

func letterRow(l clickhouse.Letter) row {
	region, project := topicPlace(l.Topic)
	return row{region, project, fmt.Sprintf("%s %s %q %d %s %s %s %t", l.ID, l.Received, l.Topic, l.Size, l.Codec, l.Reason, l.Error, l.Replayed)}
}

// askLetterByID asks for each id of the probe. What is not found is left out.
func askLetterByID(ctx context.Context, db *clickhouse.Store, scope authz.Scope, p probe) ([]row, string, error) {
	var rows []row
	for _, id := range p.ids {
		l, err := db.DeadLetter(ctx, scope, id)
		switch {
		case errors.Is(err, clickhouse.ErrNotFound):
		case err != nil:
			return rows, "", err
		default:
			rows = append(rows, withPayload(l))
		}
	}
	return rows, "", nil
}

func withPayload(l clickhouse.Letter) row {
	r := letterRow(l)
	r.text += fmt.Sprintf(" %q", l.Payload)
	return r
}

func askLettersToReplay(ctx context.Context, db *clickhouse.Store, scope authz.Scope, p probe) ([]row, string, error) {
	q := clickhouse.ReplayQuery{IDs: p.ids, Limit: 1000}
	if len(p.reasons) > 0 {
		q.Reason = p.reasons[0]
	}
	letters, err := db.LettersToReplay(ctx, scope, q)
	var rows []row
	for _, l := range letters {
		rows = append(rows, withPayload(clickhouse.Letter{DeadLetter: l, Size: len(l.Payload)}))
	}
	return rows, "", err
}

func askCoverage(step clickhouse.Resolution) func(context.Context, *clickhouse.Store, authz.Scope, probe) ([]row, string, error) {
	return func(ctx context.Context, db *clickhouse.Store, scope authz.Scope, p probe) ([]row, string, error) {
		page, err := db.Coverage(ctx, scope, clickhouse.CoverageQuery{Filter: p.Filter, From: p.from, To: p.to, Step: step, Limit: p.limit, Cursor: p.cursor})
		var rows []row
		for _, d := range page.Devices {
			rows = append(rows, coverageRow(d, page.Steps))
		}
		return rows, page.Next, err
	}
}

func coverageRow(d clickhouse.DeviceCoverage, steps int) row {
	return row{d.Device.Region, d.Device.Project, fmt.Sprint(d.Device, " ", d.Steps, " of ", steps, " ", d.Readings, " ", d.First, " ", d.Last, " ", d.LongestGap)}
}

func askHistory(ctx context.Context, db *clickhouse.Store, scope authz.Scope, p probe) ([]row, string, error) {
	var rows []row
	err := db.History(ctx, scope, clickhouse.HistoryQuery{
		Filter: p.Filter, Metrics: p.metrics, Kinds: p.kinds, From: p.from, To: p.to,
	}, func(m *clickhouse.Moment) error {
		for _, r := range m.Readings {
			rows = append(rows, rawRow(r))
		}
		for _, e := range m.Events {
			rows = append(rows, eventRow(e))
		}
		return nil
	})
	return rows, "", err
}

// askExport reads the file back, so that what comes out is what was meant.
func askExport(table, format string, r clickhouse.Resolution) func(context.Context, *clickhouse.Store, authz.Scope, probe) ([]row, string, error) {
	return func(ctx context.Context, db *clickhouse.Store, scope authz.Scope, p probe) ([]row, string, error) {
		var file bytes.Buffer
		err := db.Export(ctx, scope, &file, clickhouse.ExportQuery{
			Table: table, Format: format, Resolution: r, Filter: p.Filter, Devices: p.devices, Metrics: p.metrics,
			Kinds: p.kinds, Severities: p.severities, From: p.from, To: p.to,
		})
		if err != nil {
			return nil, "", err
		}
		rows, err := readExport(file.Bytes(), table, format, r)
		return rows, "", err
	}
}

// chooses reports whether a probe wants a device, by its filter and list.
func (p *probe) chooses(d *telemetry.Device) bool {
	return (p.Region == "" || p.Region == d.Region) && (p.Project == "" || p.Project == d.Project) &&
		(p.Class == "" || p.Class == d.Class) && (p.Device == "" || p.Device == d.ID) &&
		(p.devices == nil || slices.Contains(p.devices, *d))
}

func (p *probe) at(ts telemetry.Millis) bool {
	return ts >= telemetry.MillisOf(p.from) && ts < telemetry.MillisOf(p.to)
}

func among[T comparable](list []T, v T) bool { return list == nil || slices.Contains(list, v) }

func (w *world) chosenReadings(p probe) []telemetry.Reading {
	var chosen []telemetry.Reading
	for _, r := range w.readings {
		if p.chooses(r.Device) && among(p.metrics, r.Metric) && p.at(r.TS) {
			chosen = append(chosen, r)
		}
	}
	return chosen
}

func wantReadings(r clickhouse.Resolution) func(*world, probe) []row {
	step := map[clickhouse.Resolution]telemetry.Millis{clickhouse.FiveMinutes: 5 * minute, clickhouse.Hourly: hour, clickhouse.Daily: 24 * hour}[r]
	return func(w *world, p probe) []row {
		chosen := w.chosenReadings(p)
		slices.SortStableFunc(chosen, func(a, b telemetry.Reading) int {
			return cmp.Or(cmp.Compare(a.Device.Project, b.Device.Project), cmp.Compare(a.Device.Region, b.Device.Region),
				cmp.Compare(a.Device.Class, b.Device.Class), cmp.Compare(a.Device.ID, b.Device.ID), cmp.Compare(a.Metric, b.Metric), cmp.Compare(a.TS, b.TS))
		})
		var rows []row
		if step == 0 {
			for _, r := range chosen {
				rows = append(rows, rawRow(r))
			}
			return rows
		}
		for _, b := range bucketsOf(chosen, step) {
			rows = append(rows, bucketRow(b))
		}
		return rows
	}
}

// bucketsOf sums up readings that come in the order of series and time.
func bucketsOf(readings []telemetry.Reading, step telemetry.Millis) []clickhouse.Bucket {
	var buckets []clickhouse.Bucket
	for _, r := range readings {
		start := r.TS - r.TS%step
		n := len(buckets) - 1
		if n < 0 || *buckets[n].Device != *r.Device || buckets[n].Metric != r.Metric || buckets[n].Start != start {
			sample := clickhouse.Sample{TS: r.TS, Value: r.Value}
			buckets = append(buckets, clickhouse.Bucket{Device: r.Device, Metric: r.Metric, Start: start, First: sample, Min: r.Value, Max: r.Value})
			n++
		}
		b := &buckets[n]
		b.Last = clickhouse.Sample{TS: r.TS, Value: r.Value}
		b.Min, b.Max = min(b.Min, r.Value), max(b.Max, r.Value)
		b.Mean = (b.Mean*float64(b.Count) + r.Value) / float64(b.Count+1)
		b.Count++
	}
	return buckets
}

func (w *world) chosenEvents(p probe) []telemetry.Event {
	var chosen []telemetry.Event
	for _, e := range w.events {
		if p.chooses(e.Device) && among(p.kinds, e.Kind) && among(p.severities, string(e.Severity)) && p.at(e.TS) {
			chosen = append(chosen, e)
		}
	}
	return chosen
}

func wantEvents(oldest bool) func(*world, probe) []row {
	return func(w *world, p probe) []row {
		chosen := w.chosenEvents(p)
		slices.SortStableFunc(chosen, func(a, b telemetry.Event) int {
			if oldest {
				return cmp.Compare(a.TS, b.TS)
			}
			return cmp.Compare(b.TS, a.TS)
		})
		var rows []row
		for _, e := range chosen {
			rows = append(rows, eventRow(e))
		}
		return rows
	}
}

func wantHistory(w *world, p probe) []row {
	return append(wantReadings(clickhouse.Raw)(w, p), wantEvents(true)(w, p)...)
}

func wantEventsExported(w *world, p probe) []row { return wantEvents(true)(w, p) }

func (w *world) chosenLetters(p probe) []clickhouse.Letter {
	var chosen []clickhouse.Letter
	for _, l := range w.letters {
		region, project := topicPlace(l.Topic)
		if (p.Region == "" || p.Region == region) && (p.Project == "" || p.Project == project) && among(p.reasons, l.Reason) &&
			(p.replayed == nil || *p.replayed == l.Replayed) {
			chosen = append(chosen, l)
		}
	}
	return chosen
}

func wantLetters(w *world, p probe) []row {
	chosen := w.chosenLetters(p)
	slices.SortStableFunc(chosen, func(a, b clickhouse.Letter) int { return cmp.Compare(b.Received, a.Received) })
	var rows []row
	for _, l := range chosen {
		if p.at(l.Received) {
			rows = append(rows, letterRow(l))
		}
	}
	return rows
}

func wantLettersByID(w *world, p probe) []row {
	var rows []row
	for _, id := range p.ids {
		for _, l := range w.letters {
			if l.ID == id {
				rows = append(rows, withPayload(l))
			}
		}
	}
	return rows
}

func wantLettersToReplay(w *world, p probe) []row {
	var rows []row
	for _, l := range w.letters {
		if !l.Replayed && among(p.ids, l.ID) && (len(p.reasons) == 0 || p.reasons[0] == l.Reason) {
			rows = append(rows, withPayload(l))
		}
	}
	return rows
}

func wantCoverage(step telemetry.Millis) func(*world, probe) []row {
	return func(w *world, p probe) []row {
		p.metrics = nil
		from, to := telemetry.MillisOf(p.from), telemetry.MillisOf(p.to)
		byDevice := map[telemetry.Device][]telemetry.Millis{}
		for _, r := range w.chosenReadings(p) {
			byDevice[*r.Device] = append(byDevice[*r.Device], r.TS)
		}
		var rows []row
		for d, times := range byDevice {
			slices.Sort(times)
			c := clickhouse.DeviceCoverage{Device: d, Readings: uint64(len(times)), First: times[0], Last: times[len(times)-1]}
			gap, last, lastStep := times[0]-from, telemetry.Millis(0), telemetry.Millis(-1)
			for _, ts := range times {
				if ts/step != lastStep {
					if c.Steps++; c.Steps > 1 {
						gap = max(gap, ts-last)
					}
				}
				last, lastStep = ts, ts/step
			}
			gap = max(gap, to-last)
			c.LongestGap = time.Duration(gap) * time.Millisecond
			rows = append(rows, coverageRow(c, int((to-from)/step)))
		}
		slices.SortFunc(rows, func(a, b row) int { return strings.Compare(a.text, b.text) })
		return rows
	}
}

// seenBy keeps the rows that somebody may see.
func seenBy(who watcher, rows []row) []row {
	return slices.DeleteFunc(rows, func(r row) bool { return !who.sees(r.region, r.project) })
}

// sameRows compares answers without their order.
func sameRows(t testing.TB, what string, got, want []row) {
	t.Helper()
	byText := func(a, b row) int {
		return cmp.Or(strings.Compare(a.region, b.region), strings.Compare(a.project, b.project), strings.Compare(a.text, b.text))
	}
	g, w := slices.SortedFunc(slices.Values(got), byText), slices.SortedFunc(slices.Values(want), byText)
	if !slices.Equal(g, w) {
		t.Errorf("%s: %d rows, want %d%s", what, len(g), len(w), firstDifference(g, w))
	}
}

func firstDifference(got, want []row) string {
	for i := range max(len(got), len(want)) {
		switch {
		case i >= len(got):
			return "\nmissing: " + want[i].text
		case i >= len(want):
			return "\ntoo much: " + got[i].text
		case got[i] != want[i]:
			return "\ngot:  " + got[i].text + "\nwant: " + want[i].text
		}
	}
	return ""
}
