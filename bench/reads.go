package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"

	"steward/internal/mqtttest"
)

// What people ask while messages come in: the latest values of a large fleet,
// and a month of one device.
const (
	readFleet   = 10_000
	readRegion  = "bench"
	readProject = "estate"
	readMetric  = "power_kw"
	chartDevice = "m-00000"
	chartDays   = 30
	chartEvery  = 10 * time.Second // of the history behind the chart
	readPage    = 1000
)

// reading is the mode of the ratios of questions.
const reading = "reading"

// readRun is the time that answers took, in milliseconds.
type readRun struct {
	What string  `json:"what"`
	By   string  `json:"by"`
	N    int     `json:"n"`
	P50  float64 `json:"p50_ms"`
	P99  float64 `json:"p99_ms"`
	Max  float64 `json:"max_ms"`
}

// reads asks the API again and again while messages come in, and asks the store
// the same in SQL, as one would without Steward.
func (b *bench) reads(ctx context.Context) (err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	broker, s, stop, err := b.startSteward(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	db, err := s.store()
	if err != nil {
		return err
	}
	if err := db.conn.Exec(ctx, chartHistory); err != nil {
		return fmt.Errorf("write the history: %w", err)
	}
	loaded := make(chan error, 1)
	go func() { loaded <- publishFleet(ctx, broker.Addr(), b.settings.Rate) }()
	runs, err := b.askAll(ctx, s, db)
	cancel()
	if loadErr := <-loaded; err == nil && !errors.Is(loadErr, context.Canceled) {
		err = loadErr
	}
	b.report.Reads = append(b.report.Reads, runs...)
	return err
}

// chartHistory is a month of one device, among 500 others of coarser step.
var chartHistory = fmt.Sprintf(`INSERT INTO readings
	SELECT now64(3) - INTERVAL number * %d SECOND, now64(3), '%s', '%s', 'meter', '%s', '%s', 3 + sin(number / 500)
	FROM numbers(%d)
	UNION ALL
	SELECT now64(3) - INTERVAL intDiv(number, 500) * 300 SECOND, now64(3), '%[2]s', '%[3]s', 'meter', 'h-' || toString(number %% 500), '%[5]s', 1
	FROM numbers(500 * %[7]d * 288)
	SETTINGS max_partitions_per_insert_block = 100`,
	int(chartEvery.Seconds()), readRegion, readProject, chartDevice, readMetric, int(chartDays*24*time.Hour/chartEvery), chartDays)

// publishFleet lets every device of the fleet speak in turn, until ctx ends.
func publishFleet(ctx context.Context, addr string, rate float64) (err error) {
	p, err := mqtttest.NewPublisher(ctx, mqtttest.PublisherOptions{Addr: addr, Rate: rate})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	defer context.AfterFunc(ctx, func() { _ = p.Close() })()
	for n := 0; ctx.Err() == nil; n++ {
		topic := fmt.Sprintf("property/%s/%s/meter/m-%05d/telemetry", readRegion, readProject, n%readFleet)
		payload := fmt.Sprintf(`{"ts":%d,"values":{"power_kw":%d.5,"voltage_v":231,"current_a":4.5,"power_factor":0.98,"energy_kwh":%d}}`,
			time.Now().UnixMilli(), n%9, n)
		if _, err := p.Publish(topic, []byte(payload)); err != nil {
			return errors.Join(err, ctx.Err())
		}
	}
	return ctx.Err()
}

// asked is one question in the two ways of asking it.
type asked struct {
	what, by string
	ask      func(context.Context) (items int, err error)
	least    int // items that an answer must have
}

// askAll asks everything in turn for as long as a latency run lasts, so that
// what disturbs one way of asking disturbs the others too.
func (b *bench) askAll(ctx context.Context, s *steward, db *database) ([]readRun, error) {
	token, err := s.token(ctx)
	if err != nil {
		return nil, err
	}
	page, err := s.page()
	if err != nil {
		return nil, err
	}
	c := &reader{page: page, token: token, client: &http.Client{Timeout: time.Minute}}
	questions := []asked{
		{"latest state of 10,000 devices", stewardName, c.latest, readFleet},
		{"latest state of 10,000 devices", "SQL over readings", rowsOf(db, latestSQL), readFleet},
		{"30-day chart of one device", stewardName, c.chart, 500},
		{"30-day chart of one device", "SQL over readings", rowsOf(db, chartSQL), 500},
	}
	// Until each device has spoken, there is nothing to compare.
	for ready := time.Now().Add(2 * time.Minute); ; {
		n, err := c.latest(ctx)
		if err == nil && n >= readFleet {
			break
		}
		if time.Now().After(ready) {
			return nil, fmt.Errorf("the page knows %d of %d devices: %w", n, readFleet, err)
		}
		time.Sleep(100 * time.Millisecond)
	}
	took := make([][]time.Duration, len(questions))
	for end := time.Now().Add(b.settings.Lasting); time.Now().Before(end) || len(took[len(took)-1]) < 20; {
		for i, q := range questions {
			begin := time.Now()
			n, err := q.ask(ctx)
			if err != nil {
				return nil, fmt.Errorf("%s by %s: %w", q.what, q.by, err)
			}
			took[i] = append(took[i], time.Since(begin))
			if n < q.least {
				return nil, fmt.Errorf("%s by %s: %d items, want %d", q.what, q.by, n, q.least)
			}
		}
	}
	var runs []readRun
	for i, q := range questions {
		l := summary(q.what, 0, took[i])
		runs = append(runs, readRun{q.what, q.by, len(took[i]), l.P50, l.P99, l.Max})
		b.say("  %s, %s: p50 %.1f ms, p99 %.1f ms", q.what, q.by, l.P50, l.P99)
	}
	return runs, nil
}

// The same questions, put to the table that the smallest program fills.
var (
	latestSQL = fmt.Sprintf(`SELECT device, metric, argMax(value, ts) FROM readings
		WHERE region = '%s' AND project = '%s' AND class = 'meter' AND startsWith(device, 'm-') GROUP BY device, metric`, readRegion, readProject)
	chartSQL = fmt.Sprintf(`SELECT toStartOfInterval(ts, INTERVAL 1 HOUR) AS t, min(value), max(value), avg(value), count() FROM readings
		WHERE region = '%s' AND project = '%s' AND class = 'meter' AND device = '%s' AND metric = '%s' GROUP BY t ORDER BY t`,
		readRegion, readProject, chartDevice, readMetric)
)

// rowsOf reads all rows of a query.
func rowsOf(db *database, query string) func(context.Context) (int, error) {
	return func(ctx context.Context) (n int, err error) {
		rows, err := db.conn.Query(ctx, query)
		if err != nil {
			return 0, err
		}
		defer func() { err = errors.Join(err, rows.Close()) }()
		for rows.Next() {
			n++
		}
		return n, rows.Err()
	}
}

// reader asks the API as a program would.
type reader struct {
	page, token string
	client      *http.Client
}

func (c *reader) get(ctx context.Context, path string, q url.Values, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.page+path+"?"+q.Encode(), nil)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	resp, err := c.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 1000)) // as much as there is
		return fmt.Errorf("%s: %s: %s", path, resp.Status, text)
	}
	return json.NewDecoder(resp.Body).Decode(into)
}

// latest reads all devices, a page at a time, and counts those that have values.
func (c *reader) latest(ctx context.Context) (n int, err error) {
	q := url.Values{"region": {readRegion}, "project": {readProject}, "limit": {fmt.Sprint(readPage)}}
	for {
		var page struct {
			Items []struct {
				Values []any `json:"values"`
			} `json:"items"`
			Next string `json:"next"`
		}
		if err := c.get(ctx, "/api/v1/latest", q, &page); err != nil {
			return n, err
		}
		for _, d := range page.Items {
			if len(d.Values) > 0 {
				n++
			}
		}
		if page.Next == "" {
			return n, nil
		}
		q.Set("cursor", page.Next)
	}
}

// chart reads a month of a device in as many points as a screen shows.
func (c *reader) chart(ctx context.Context) (int, error) {
	now := time.Now().UTC()
	q := url.Values{
		"devices": {readRegion + "/" + readProject + "/meter/" + chartDevice}, "metric": {readMetric},
		"from": {now.AddDate(0, 0, -chartDays).Format(time.RFC3339)}, "to": {now.Format(time.RFC3339)},
	}
	var page struct {
		Items []json.RawMessage `json:"items"`
	}
	err := c.get(ctx, "/api/v1/readings", q, &page)
	return len(page.Items), err
}

// readRatios compares the two ways of asking each question.
func readRatios(runs []readRun) (out []ratio) {
	for _, r := range runs {
		i := slices.IndexFunc(runs, func(o readRun) bool { return o.What == r.What && o.By != r.By })
		if r.By == stewardName && i >= 0 {
			out = append(out, ratio{"p50 of " + r.What, reading, r.By, runs[i].By, r.P50 / runs[i].P50})
		}
	}
	return out
}
