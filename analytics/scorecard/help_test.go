package scorecard

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"testing"
	"time"

	"steward/analytics/job"
	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/clickhouse/clickhousetest"
	"steward/internal/controldb/controldbtest"
)

func TestMain(m *testing.M) { clickhousetest.Main(controldbtest.Wrap(m)) }

// October 2026 by the clocks of Shanghai, computed in the morning after it.
var (
	shanghai = zone("Asia/Shanghai")
	from     = time.Date(2026, time.October, 1, 0, 0, 0, 0, shanghai)
	to       = time.Date(2026, time.November, 1, 0, 0, 0, 0, shanghai)
	now      = to.Add(at)

	harbour = authz.Place{Region: "north", Project: "harbour"}
	hill    = authz.Place{Region: "north", Project: "hill"}
	lake    = authz.Place{Region: "south", Project: "lake"}
	park    = authz.Place{Region: "south", Project: "park"}
)

func zone(name string) *time.Location {
	z, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return z
}

// stored are numbers of other jobs, by job and period.
type stored map[string][]clickhouse.AnalyticsNumber

func period(job string, from, to time.Time) string {
	return fmt.Sprint(job, " ", from.UTC().Format(time.RFC3339), " ", to.UTC().Format(time.RFC3339))
}

func (s stored) Numbers(_ context.Context, job string, from, to time.Time, kinds []string, each func(clickhouse.AnalyticsNumber) error) (string, error) {
	for _, n := range s[period(job, from, to)] {
		if n.Kind == kinds[0] {
			if err := each(n); err != nil {
				return "", err
			}
		}
	}
	return "r-" + job, nil
}

// written is what a run wrote.
type written struct {
	t       testing.TB
	numbers map[string]job.Number
	notes   map[string][]byte
}

func key(kind string, at authz.Place, subject string) string {
	if subject != "" {
		subject = " " + subject
	}
	return kind + " " + at.String() + subject
}

// run carries out the job as the scheduler would, and finds out that each of its
// numbers can be kept.
func run(t testing.TB, o Options, from, to, now time.Time) *written {
	t.Helper()
	out := &written{t: t, numbers: map[string]job.Number{}, notes: map[string][]byte{}}
	r := &job.Run{
		ID: "20261101-aaaaaaaaaaaaaaaa", Job: "scorecard", From: from.UTC(), To: to.UTC(), Now: now,
		Progress: func(int64, int64, string) {},
		Cover: func(share float64) {
			if !(share >= 0 && share <= 1) {
				t.Errorf("coverage %v", share)
			}
		},
		Write: func(_ context.Context, numbers []job.Number) error {
			for _, n := range numbers {
				k := key(n.Kind, authz.Place{Region: n.Region, Project: n.Project}, n.Subject)
				if _, twice := out.numbers[k]; twice || n.Value == nil && n.Why == "" || n.Coverage < 0 || n.Coverage > 1 {
					t.Errorf("%s: written twice, or not fit: %+v", k, n)
				}
				out.numbers[k] = n
				if math.IsNaN(n.Coverage) {
					n.Coverage = 0
				}
				if _, err := json.Marshal(n); err != nil {
					t.Errorf("%s: %v", k, err)
				}
			}
			return nil
		},
		Note: func(_ context.Context, kind, region, project, subject string, body any) error {
			text, err := json.Marshal(body)
			k := key(kind, authz.Place{Region: region, Project: project}, subject)
			if _, twice := out.notes[k]; twice || err != nil {
				t.Errorf("%s is noted twice, or: %v", k, err)
			}
			out.notes[k] = text
			return nil
		},
	}
	if err := New(o).Run(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	return out
}

func note[T any](w *written, kind string, at authz.Place) (v T) {
	w.t.Helper()
	text, ok := w.notes[key(kind, at, "")]
	if !ok {
		w.t.Fatalf("no document %s of %s", kind, at)
	}
	if err := json.Unmarshal(text, &v); err != nil {
		w.t.Fatal(err)
	}
	return v
}

func (c *Card) component(name string) *Component {
	for i := range c.Components {
		if c.Components[i].Name == name {
			return &c.Components[i]
		}
	}
	return &Component{}
}
