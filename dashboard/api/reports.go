package api

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"steward/internal/authz"
	"steward/internal/incident"
	"steward/internal/registry"
)

// Reports makes reports from the results of analyses.
type Reports interface {
	// Reports are those that can be had.
	Reports() []ReportInfo
	// Report makes one, of what the scope may see. A request that cannot be is a
	// registry.InvalidError. ErrNotComputed: nothing is there to make it from.
	Report(ctx context.Context, scope authz.Scope, r ReportRequest) (*ReportFile, error)
}

// ReportInfo is a report that can be had.
type ReportInfo struct {
	Name    string        `json:"name" example:"monthly"`
	Title   incident.Text `json:"title"`
	About   incident.Text `json:"about"`
	Jobs    []string      `json:"jobs" nullable:"false" doc:"The analyses from whose results it is made."`
	Formats []string      `json:"formats" nullable:"false" doc:"Those in which it can be had here."`
}

// ReportRequest says which report is wanted, and how.
type ReportRequest struct {
	Name       string
	Place      authz.Place
	Month      string // 2026-10; the last one that is over when empty
	AsOf       time.Time
	Difference bool
	Budget     *float64

	Format, Lang, Table string
}

// ReportFile is a report that is ready to be written.
type ReportFile struct {
	MediaType, Name string
	Write           func(context.Context, io.Writer) error
}

// NotComputedError says that nothing is there to make a report from, and what to run.
type NotComputedError struct{ Detail string }

func (e *NotComputedError) Error() string { return e.Detail }

// CodeNotComputed is the code of a report of which nothing is computed.
const CodeNotComputed = "not_computed"

type reportIn struct {
	Name       string    `path:"name" enum:"monthly,replacement,energy,response" doc:"Which report."`
	Month      string    `query:"month" pattern:"^[0-9]{4}-[0-9]{2}$" doc:"The month, by the company's clocks; the last one that is over when absent." example:"2026-10"`
	Region     string    `query:"region" maxLength:"64" doc:"Of this region; of the company when absent." example:"north"`
	Project    string    `query:"project" maxLength:"64" doc:"Of this project; with region." example:"harbour"`
	Lang       string    `query:"lang" enum:"zh,en" default:"zh" doc:"The language."`
	Format     string    `query:"format" enum:"html,pdf,xlsx,json,arrow,parquet,csv" default:"html" doc:"How it is written. A pdf is made where Chromium is installed; arrow, parquet and csv hold the table that is named, and without one are a zip file of all."`
	Table      string    `query:"table" maxLength:"64" doc:"Of arrow, parquet and csv: which table; all when absent." example:"replacement_plan"`
	AsOf       time.Time `query:"as_of" doc:"From the results that were there then." example:"2026-11-02T00:00:00Z"`
	Difference bool      `query:"difference" doc:"Compare with the run before of the same month, and list what changed; otherwise with the month before."`
	Budget     string    `query:"budget" pattern:"^[0-9]{1,12}$" doc:"Of the plan: another budget, in yuan; 0 for no limit." example:"2000000"`
}

type reportsOut struct {
	Body struct {
		Items []ReportInfo `json:"items" nullable:"false"`
	} `nameHint:"Reports"`
}

func (a *API) reports() (Reports, error) {
	if a.Reports == nil {
		return nil, notHere("analytics")
	}
	return a.Reports, nil
}

func (a *API) registerReports() {
	register(a, authz.Read, operation{
		ID: "list-reports", Method: http.MethodGet, Path: "/reports", Tag: "Reports", Summary: "List the reports",
		Answer: map[string]any{"items": []ReportInfo{{
			Name: "response", Title: incident.Text{ZH: "响应时效", EN: "Response standards"}, About: incident.Text{ZH: "各类事件的到场时间", EN: "how fast people came"},
			Jobs: []string{"response"}, Formats: []string{"html", "xlsx", "json"},
		}}},
	}, func(_ context.Context, _ caller, _ *struct{}) (*reportsOut, error) {
		known, err := a.reports()
		if err != nil {
			return nil, err
		}
		out := &reportsOut{}
		out.Body.Items = append([]ReportInfo{}, known.Reports()...)
		return out, nil
	})
	register(a, authz.Read, operation{
		ID: "get-report", Method: http.MethodGet, Path: "/reports/{name}", Tag: "Reports", Summary: "Read a report",
		Description: "Made from stored results, and from nothing else. Of a project for those who may read it, of a region or of the company for those who may read all of it. " +
			"Where nothing is computed the answer is 404 with the code not_computed, and says what to run.",
		Heavy: true, Timeout: streamTimeout, Produces: map[string]any{
			"text/html; charset=utf-8": nil, "application/pdf": nil, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": nil,
			"application/json": exampleReport(), "application/vnd.apache.arrow.stream": nil, "application/vnd.apache.parquet": nil, "application/zip": nil, typeCSV: "standard,clocks,share_within\nentrapment_on_site,23,0.913\n",
		},
	}, a.report)
}

// exampleReport is the part of a report that all have; see analytics/report for the rest.
func exampleReport() map[string]any {
	text := func(zh, en string) map[string]any { return map[string]any{"zh": zh, "en": en} }
	return map[string]any{
		"name": "response", "title": text("响应时效　2026 年 10 月", "Response standards, October 2026"), "scope": "north/harbour", "of": text("海港花园", "海港花园"),
		"from": "2026-10-01T00:00:00+08:00", "to": "2026-11-01T00:00:00+08:00", "time_zone": "Asia/Shanghai", "made_at": "2026-11-01T19:10:00Z", "as_of": "2026-11-01T19:10:00Z",
		"runs": []any{map[string]any{"job": "response", "id": "01JBMEXAMPLE", "from": "2026-10-01T00:00:00+08:00", "to": "2026-11-01T00:00:00+08:00", "computed_at": "2026-11-01T19:10:00Z", "coverage": 1, "version": "1.0.0"}},
		"sections": []any{map[string]any{
			"name": "response", "title": text("响应时效", "Response standards"), "text": []any{text("困人到场：10 月共 23 起，30 分钟内 91.3 %（95 % 区间 72–99），目标 100 %。", "Entrapments: 23 in October 2026; within 30 minutes 91.3 % (95 % interval 72 to 99), target 100 %.")},
			"facts": []any{map[string]any{"title": text("困人到场", "Entrapments"), "value": map[string]any{"value": 0.913, "low": 0.72, "high": 0.989, "n": 23}, "format": map[string]any{"kind": "percent", "decimals": 1}, "good": 1}},
		}},
	}
}

func (a *API) report(ctx context.Context, c caller, in *reportIn) (*streamOut, error) {
	known, err := a.reports()
	if err != nil {
		return nil, err
	}
	r := ReportRequest{
		Name: in.Name, Place: authz.Place{Region: in.Region, Project: in.Project}, Month: in.Month, AsOf: in.AsOf, Difference: in.Difference,
		Format: in.Format, Lang: in.Lang, Table: in.Table,
	}
	if in.Project != "" && in.Region == "" {
		return nil, invalid("project", in.Project, "is given without its region")
	}
	if err := r.Place.Validate(); err != nil {
		return nil, invalid("region", in.Region, "%s", err)
	}
	if !in.AsOf.IsZero() && !within(in.AsOf) {
		return nil, invalid("as_of", in.AsOf.Format(time.RFC3339), "is not between 1970 and 2200")
	}
	if in.Budget != "" {
		yuan := 0.0
		for _, digit := range in.Budget { // the pattern lets nothing else through
			yuan = 10*yuan + float64(digit-'0')
		}
		r.Budget = &yuan
	}
	switch scope := c.Scope(); {
	case scope.Covers(r.Place):
	case scope.Touches(r.Place): // he may read some of it, and a report is of all
		return nil, registry.ErrForbidden
	default:
		return nil, registry.ErrNotFound
	}
	file, err := known.Report(ctx, c.Scope(), r)
	if missing := new(NotComputedError); errors.As(err, &missing) {
		return nil, problem(http.StatusNotFound, CodeNotComputed, "%s", missing.Detail)
	}
	if err != nil {
		return nil, err
	}
	return stream(file.MediaType, file.Name, file.Write), nil
}
