package clickhouse

import (
	"context"
	"embed"
	"fmt"
	"math"
	"time"

	driver "github.com/ClickHouse/clickhouse-go/v2"

	"steward/internal/authz"
)

// AnalyticsRun names the run of an analysis whose results are written.
type AnalyticsRun struct {
	ID, Job    string
	ComputedAt time.Time
}

// AnalyticsNumber is one result of an analysis. Its place, building, kind and
// subject name it within its run.
type AnalyticsNumber struct {
	Kind string `json:"kind"`
	authz.Place
	Building string `json:"building,omitempty"`
	Subject  string `json:"subject,omitempty"`
	Unit     string `json:"unit,omitempty"`

	Value    *float64 `json:"value"` // nil: too little data, and Why says what is missing
	Low      *float64 `json:"low,omitempty"`
	High     *float64 `json:"high,omitempty"`
	Level    float64  `json:"level,omitempty"` // of the interval from Low to High
	N        float64  `json:"n"`
	Exposure float64  `json:"exposure,omitempty"`
	Coverage *float64 `json:"coverage,omitempty"` // 0 to 1; nil does not apply
	Why      string   `json:"why,omitempty"`
}

// check refuses what no row may hold: JSON and ClickHouse's own sums would fall
// over a number that is none.
func (n *AnalyticsNumber) check() error {
	for _, v := range []struct {
		name  string
		value *float64
	}{{"value", n.Value}, {"low", n.Low}, {"high", n.High}, {"level", &n.Level}, {"n", &n.N}, {"exposure", &n.Exposure}, {"coverage", n.Coverage}} {
		if v.value != nil && (math.IsNaN(*v.value) || math.IsInf(*v.value, 0)) {
			return fmt.Errorf("number %s of %s: %s is %v: leave it out, and say why", n.Kind, n.Place, v.name, *v.value)
		}
	}
	switch {
	case n.Kind == "":
		return fmt.Errorf("number of %s: kind: empty", n.Place)
	case n.Region == "" && n.Project != "":
		return fmt.Errorf("number %s: project %s without its region", n.Kind, n.Project)
	case n.Value == nil && n.Why == "":
		return fmt.Errorf("number %s of %s: without a value, and why is empty", n.Kind, n.Place)
	case n.Coverage != nil && (*n.Coverage < 0 || *n.Coverage > 1):
		return fmt.Errorf("number %s of %s: coverage %v is not from 0 to 1", n.Kind, n.Place, *n.Coverage)
	}
	return checkResultNames(n.Kind, n.Place, n.Building, n.Subject)
}

// maxResultName bounds each part of what names a result, in bytes: cursors hold
// them all.
const maxResultName = 256

func checkResultNames(kind string, at authz.Place, building, subject string) error {
	for name, value := range map[string]string{"kind": kind, "region": at.Region, "project": at.Project, "building": building, "subject": subject} {
		if len(value) > maxResultName {
			return fmt.Errorf("result %.40s of %s: %s has %d bytes; %d are the most", kind, at, name, len(value), maxResultName)
		}
	}
	return nil
}

// numbersAtOnce is how many rows of numbers are inserted at once.
const numbersAtOnce = 20_000

// PutAnalyticsNumbers keeps results of a run. The same ones may be written again.
func (s *Store) PutAnalyticsNumbers(ctx context.Context, run AnalyticsRun, numbers []AnalyticsNumber) error {
	for i := range numbers {
		if err := numbers[i].check(); err != nil {
			return err
		}
	}
	for begin := 0; begin < len(numbers); begin += numbersAtOnce {
		part := numbers[begin:min(len(numbers), begin+numbersAtOnce)]
		rows := make([][]any, len(part))
		for i, n := range part {
			rows[i] = []any{
				run.ID, run.ComputedAt, run.Job, n.Kind, n.Region, n.Project, n.Building, n.Subject, n.Unit,
				n.Value, n.Low, n.High, n.Level, n.N, n.Exposure, n.Coverage, n.Why,
			}
		}
		if err := s.put(ctx, "analytics_numbers", rows); err != nil {
			return err
		}
	}
	return nil
}

// AnalyticsDocument is a result of an analysis that is not a single number.
type AnalyticsDocument struct {
	Kind string `json:"kind"`
	authz.Place
	Subject string `json:"subject,omitempty"`
	Size    int    `json:"size"`           // of the body, in bytes
	Body    []byte `json:"body,omitempty"` // JSON
}

// MaxDocument bounds the body of one document, in bytes.
const MaxDocument = 16 << 20

// PutAnalyticsDocument keeps a document of a run. The same one may be written again.
func (s *Store) PutAnalyticsDocument(ctx context.Context, run AnalyticsRun, d AnalyticsDocument) error {
	switch {
	case d.Kind == "":
		return fmt.Errorf("document of %s: kind: empty", d.Place)
	case d.Region == "" && d.Project != "":
		return fmt.Errorf("document %s: project %s without its region", d.Kind, d.Project)
	case len(d.Body) > MaxDocument:
		return fmt.Errorf("document %s of %s has %d bytes; %d are the most: keep it by project, or as numbers", d.Kind, d.Place, len(d.Body), MaxDocument)
	}
	if err := checkResultNames(d.Kind, d.Place, "", d.Subject); err != nil {
		return err
	}
	return s.put(ctx, "analytics_documents", [][]any{{run.ID, run.ComputedAt, run.Job, d.Kind, d.Region, d.Project, d.Subject, string(d.Body)}})
}

// GoodRun is a run that ended well, for those who ask ClickHouse itself.
type GoodRun struct {
	AnalyticsRun
	From, To   time.Time
	Params     map[string]string
	Regular    bool
	FinishedAt time.Time
	Coverage   *float64
	Version    string
}

// PutGoodRuns notes runs that ended well. The same ones may be written again.
func (s *Store) PutGoodRuns(ctx context.Context, runs []GoodRun) error {
	if len(runs) == 0 {
		return nil
	}
	rows := make([][]any, len(runs))
	for i, r := range runs {
		params := r.Params
		if params == nil {
			params = map[string]string{}
		}
		rows[i] = []any{r.ID, r.Job, r.From, r.To, params, r.Regular, r.ComputedAt, r.FinishedAt, r.Coverage, r.Version}
	}
	return s.put(ctx, "analytics_runs", rows)
}

//go:embed queries/drop/*.sql
var dropFiles embed.FS

// DropAnalytics removes all that is kept of some runs.
func (s *Store) DropAnalytics(ctx context.Context, runs []string) error {
	if len(runs) == 0 {
		return nil
	}
	for _, name := range []string{"analytics_runs", "analytics_numbers", "analytics_documents"} {
		text, err := dropFiles.ReadFile("queries/drop/" + name + ".sql")
		if err != nil {
			panic(err) // the names are constants, and the files are in the binary
		}
		args := arguments{}
		args.texts("runs", runs)
		ctx := driver.Context(ctx, driver.WithParameters(driver.Parameters(args)), driver.WithSettings(driver.Settings{"mutations_sync": 2, "lightweight_deletes_sync": 2}))
		if err := s.conn.Exec(ctx, string(text)); err != nil {
			return s.wrap("remove runs from "+name, err)
		}
	}
	return nil
}
