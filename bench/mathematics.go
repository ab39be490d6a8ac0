package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"time"

	"steward/analytics/anomaly"
	"steward/analytics/baseline"
	"steward/analytics/lifetime"
	"steward/analytics/recurrence"
	"steward/analytics/response"
	"steward/analytics/table"
)

// mathRun is an analysis of so many rows, and the least that one could do with as
// many: to sort them, or to cut the lines of a file into fields.
type mathRun struct {
	What    string  `json:"what"`
	Rows    int     `json:"rows"`
	Seconds float64 `json:"seconds"`
	Bytes   uint64  `json:"allocated_bytes"`
	To      string  `json:"compared_to"`
	Least   float64 `json:"compared_seconds"`
}

// ratio is how many times as long as the least it takes.
func (m *mathRun) ratio() float64 { return m.Seconds / m.Least }

const (
	mathRows   = 1_000_000
	tableRows  = 3_000_000
	hoursAYear = 365 * 24
)

// mathematics measures the analyses of data that is there, on one core.
func (b *bench) mathematics(ctx context.Context) error {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	r := rand.New(rand.NewPCG(1, 2))
	values := make([]float64, mathRows)
	for i := range values {
		values[i] = 10 * math.Pow(r.ExpFloat64(), 1/2.5)
	}
	const sorting = "sorting as many numbers"
	sorted := func() error { slices.Sort(slices.Clone(values)); return nil }
	year, before := meterYear(r), slices.Repeat(values, 1)[:hoursAYear]
	sortedYear := func() error { slices.Sort(slices.Clone(before)); return nil }
	file := filepath.Join(b.dir, "lifetimes.csv")
	if err := writeLifetimes(file, r); err != nil {
		return err
	}
	defer func() { _ = os.Remove(file) }()
	for _, m := range []struct {
		what  string
		rows  int
		do    func() error
		to    string
		least func() error
	}{
		{"lifetimes: curve, two fits, intervals", mathRows, func() error { return fitLives(values, r) }, sorting, sorted},
		{"recurrences: mean cumulative function, power law", mathRows, func() error { return fitRecurrences(values, r) }, sorting, sorted},
		{"response: percentiles, shares, intervals", mathRows, func() error { return measureCalls(values) }, sorting, sorted},
		{"baseline of a meter's year, hourly", hoursAYear, func() error { return fitYear(year, baseline.Hourly) }, sorting, sortedYear},
		{"baseline of a meter's year, daily", hoursAYear, func() error { return fitYear(year, baseline.Daily) }, sorting, sortedYear},
		{"anomalies of a meter's year", hoursAYear, func() error { return findAnomalies(year) }, sorting, sortedYear},
		{"reading a CSV file of three columns", tableRows, func() error { return readTable(ctx, file) }, "cutting it into fields (encoding/csv)", func() error { return cutFields(file) }},
	} {
		run := mathRun{What: m.what, Rows: m.rows, To: m.to}
		var err error
		if run.Seconds, run.Bytes, err = timed(m.do); err != nil {
			return fmt.Errorf("%s: %w", m.what, err)
		}
		if run.Least, _, err = timed(m.least); err != nil {
			return fmt.Errorf("%s: %w", m.to, err)
		}
		b.report.Mathematics = append(b.report.Mathematics, run)
		b.say("  %s: %d rows in %.3f s, %.1f times %s", run.What, run.Rows, run.Seconds, run.ratio(), run.To)
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

// timed does a thing three times, and gives the quickest.
func timed(do func() error) (seconds float64, allocated uint64, err error) {
	best := math.Inf(1)
	for range 3 {
		runtime.GC()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		began := time.Now()
		if err := do(); err != nil {
			return 0, 0, err
		}
		took := time.Since(began).Seconds()
		runtime.ReadMemStats(&after)
		if took < best {
			best, allocated = took, after.TotalAlloc-before.TotalAlloc
		}
	}
	return best, allocated, nil
}

// fitLives is units of which most still run and half were old when watching began.
func fitLives(values []float64, r *rand.Rand) error {
	var b lifetime.Builder
	for i, v := range values {
		u := lifetime.Unit{Time: v, Failed: i%5 == 0, Count: 1}
		if i%2 == 0 {
			u.Entry = v * r.Float64() / 2
		}
		if err := b.Add(u); err != nil {
			return err
		}
	}
	_, err := lifetime.Analyze(b.Data(), lifetime.Options{Level: 0.95})
	return err
}

func fitRecurrences(values []float64, r *rand.Rand) error {
	const units = 10_000
	d := &recurrence.Data{Units: make([]recurrence.Unit, units), Events: make([]recurrence.Event, len(values))}
	for i := range d.Units {
		d.Units[i].End = 100 + math.Floor(100*r.Float64())
	}
	for i, v := range values {
		unit := i % units
		d.Events[i] = recurrence.Event{Unit: unit, Time: min(v*5, d.Units[unit].End), Count: 1}
	}
	_, err := recurrence.Analyze(d, recurrence.Options{Level: 0.95, Steps: 1000})
	return err
}

func measureCalls(values []float64) error {
	var log response.Log
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for i, v := range values {
		if err := log.Add(response.Call{Created: at.Add(time.Duration(i) * time.Second), Took: 60 * v}); err != nil {
			return err
		}
	}
	_, err := log.Analyze(response.Options{Limit: 600, Level: 0.95, Zone: time.UTC, Now: at.AddDate(1, 0, 0)})
	return err
}

// meterYear is a building that is heated and in use by day.
func meterYear(r *rand.Rand) []baseline.Point {
	at := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	year := make([]baseline.Point, hoursAYear)
	for i := range year {
		temp := 15 - 12*math.Cos(2*math.Pi*float64(i)/hoursAYear) + 3*math.Sin(2*math.Pi*float64(i)/24) + r.NormFloat64()
		use := 20 + 2*max(0, 16-temp) + r.NormFloat64()
		if h := i % 24; h >= 7 && h < 19 && i/24%7 < 5 {
			use += 30
		}
		year[i] = baseline.Point{At: at.Add(time.Duration(i) * time.Hour), Value: use, Temp: temp, HasTemp: true}
	}
	return year
}

func fitYear(year []baseline.Point, kind baseline.Kind) error {
	_, err := baseline.Fit(kind, year, baseline.Options{Zone: time.UTC})
	return err
}

func findAnomalies(year []baseline.Point) error {
	points := make([]anomaly.Point, len(year))
	for i, p := range year {
		points[i] = anomaly.Point{Time: p.At, Value: p.Value, Temp: p.Temp}
	}
	if len(points) == 0 || anomaly.Find(points, anomaly.Options{}) == nil {
		return errors.New("no answer")
	}
	return nil
}

// writeLifetimes is a file of ages, ends and models.
func writeLifetimes(path string, r *rand.Rand) error {
	var text bytes.Buffer
	text.WriteString("time,event,group\n")
	for i := range tableRows {
		text.Write(strconv.AppendFloat(nil, 5000*r.Float64(), 'f', 2, 64))
		_, _ = fmt.Fprintf(&text, ",%d,model-%d\n", i%2, i%100)
	}
	return os.WriteFile(path, text.Bytes(), 0o600)
}

func readTable(ctx context.Context, path string) error {
	columns := []table.Column{{Name: "time", Kind: table.Number}, {Name: "event", Kind: table.Flag}, {Name: "group", Kind: table.Text}}
	sum := 0.0
	n, err := table.Read(ctx, path, columns, table.Options{}, func(r *table.Row) error {
		sum += r.Number(0) + float64(len(r.Text(2)))
		return nil
	})
	if err == nil && (n != tableRows || sum == 0) {
		err = fmt.Errorf("%d rows were read", n)
	}
	return err
}

// cutFields is what Go's own reader takes, without a look at what is in the fields.
func cutFields(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	lines := csv.NewReader(f)
	lines.ReuseRecord = true
	for {
		if _, err := lines.Read(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}
