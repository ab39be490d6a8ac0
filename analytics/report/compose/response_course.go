package compose

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"steward/analytics/report"
	"steward/analytics/response"
	"steward/analytics/standards"
	"steward/internal/authz"
)

// clockTrend is the share within the limit over the months before.
func (b *book) clockTrend() ([]report.Section, error) {
	if _, found := b.now[responseJob]; !found || !monthOf(b.from, b.to) {
		return nil, nil
	}
	type point struct {
		at time.Time
		of numbers
	}
	var points []point
	for n := trendMonths - 1; n >= 0; n-- {
		from := b.from.AddDate(0, -n, 0)
		r, found, err := b.latest(responseJob, from, from.AddDate(0, 1, 0), nil)
		if err != nil {
			return nil, err
		}
		if !found {
			if len(points) > 0 { // a gap is shown as one
				points = append(points, point{from, nil})
			}
			continue
		}
		some, err := b.numbersHere(r, "share_within_limit", "clocks")
		if err != nil {
			return nil, err
		}
		b.used[r.ID] = r
		points = append(points, point{from, some})
	}
	if len(points) < 2 {
		return nil, nil
	}
	last := points[len(points)-1].of
	subjects := last.subjects("share_within_limit", b.Place)
	if len(subjects) == 0 {
		return nil, nil // nothing ran in the month
	}
	slices.SortStableFunc(subjects, func(x, y string) int {
		n := func(s string) float64 {
			if c := last.of("clocks", b.Place, s); c != nil {
				return c.N
			}
			return 0
		}
		return cmp.Compare(n(y), n(x))
	})
	titles, err := b.clockTitles()
	if err != nil {
		return nil, err
	}
	s := report.Section{Name: "response_trend", Title: say("逐月达标率", "Share within the limit by month")}
	chart := report.Chart{Kind: "lines", Title: say("达标率", "Share within the limit"), Format: percent}
	table := report.Table{
		Name: "response_trend", Title: say("逐月", "By month"), Most: pageRows,
		Columns: []report.Column{
			textColumn("month", "月份", "Month"), textColumn("standard", "标准", "Standard"),
			numberColumn("clocks", "起数", "Clocks", whole), numberColumn("share_within", "达标率", "Within limit", percent),
		},
	}
	for _, p := range points {
		chart.X = append(chart.X, say(p.at.Format("2006-01"), p.at.Format("2006-01")))
	}
	const lines = 5 // more are no longer told apart
	for i, subject := range subjects {
		series := report.Series{Name: titles[strings.TrimPrefix(subject, "clock:")]}
		if series.Name == (report.Text{}) {
			series.Name = say(subject, subject)
		}
		for _, p := range points {
			v := value(p.of.of("share_within_limit", b.Place, subject))
			series.Values = append(series.Values, v)
			table.Rows = append(table.Rows, []report.Cell{text(p.at.Format("2006-01")), words(series.Name), figure(v.N), cell(v)})
		}
		if i < lines {
			chart.Series = append(chart.Series, series)
		}
	}
	s.Charts, s.Tables = []report.Chart{chart}, []report.Table{table}
	return []report.Section{s}, nil
}

// clockTitles are what the standards are called.
func (b *book) clockTitles() (map[string]report.Text, error) {
	doc, _, err := b.judged()
	titles := map[string]report.Text{}
	for i := range doc.Clocks {
		titles[doc.Clocks[i].Standard] = clockTitle(&doc.Clocks[i])
	}
	return titles, err
}

// clockProjects compares the projects.
func (b *book) clockProjects() ([]report.Section, error) {
	r, found := b.now[responseJob]
	if !found || b.Place.Project != "" {
		return nil, nil
	}
	var all []standards.Projects
	doc, none, err := b.judged()
	if err != nil || none != nil {
		return nil, err
	}
	for i := range doc.Clocks {
		var p standards.Projects
		found, err := b.document(r, "projects", b.Place, "clock:"+doc.Clocks[i].Standard, &p)
		if err != nil {
			return nil, err
		}
		if found && len(p.Projects) > 0 {
			all = append(all, p)
		}
	}
	if len(all) == 0 {
		return nil, nil
	}
	s := report.Section{Name: "response_projects", Title: say("各项目达标率", "Share within the limit by project")}
	table := report.Table{
		Name: "response_projects", Title: say("各项目", "By project"), Most: pageRows,
		Columns: []report.Column{
			textColumn("standard", "标准", "Standard"), textColumn("project", "项目", "Project"), textColumn("name", "名称", "Name"),
			numberColumn("clocks", "起数", "Clocks", whole), numberColumn("median", "中位数", "Median", seconds), numberColumn("p90", "90 分位", "p90", seconds), numberColumn("p95", "95 分位", "p95", seconds),
			numberColumn("share_within", "达标率", "Within limit", percent), textColumn("verdict", "与其他项目相比", "Against the others"),
		},
	}
	clocksOf := func(p standards.Projects) (n int) {
		for _, row := range p.Projects {
			n += row.N
		}
		return n
	}
	slices.SortStableFunc(all, func(a, b standards.Projects) int { return cmp.Compare(clocksOf(b), clocksOf(a)) })
	const charts = 4
	for i, p := range all {
		// The worst first, by what is sure of them.
		slices.SortStableFunc(p.Projects, func(a, b standards.Row) int { return cmp.Compare(surely(a.Within), surely(b.Within)) })
		title := report.Text{ZH: cmp.Or(p.Title.ZH, p.Standard), EN: cmp.Or(p.Title.EN, p.Standard)}
		chart := report.Chart{Kind: "bars", Title: title, Format: percent, Series: []report.Series{{Name: say("达标率", "Within limit")}}}
		for _, row := range p.Projects {
			name := b.named(row.Name)
			verdict := ""
			if row.Against != nil {
				verdict = string(row.Against.Verdict)
			}
			table.Rows = append(table.Rows, []report.Cell{
				words(title), text(row.Name), words(name), figure(float64(row.N)), spread(row.Median, row.MedianLimits, row.N), spread(row.P90, row.P90Limits, row.N), spread(row.P95, row.P95Limits, row.N),
				cell(withinValue(row.Within)), words(verdictWords(verdict)),
			})
			if len(chart.X) < chartBars && row.Within != nil && row.Within.Share != nil {
				chart.X = append(chart.X, name)
				chart.Series[0].Values = append(chart.Series[0].Values, withinValue(row.Within))
			}
		}
		if i < charts && len(chart.X) > 0 {
			s.Charts = append(s.Charts, chart)
		}
	}
	s.Tables = []report.Table{table}
	s.Notes = []report.Text{say("误差线是 95 % 区间。只有校正多重比较后仍有差别的才写明好于或差于其他项目。", "Whiskers are 95 % intervals. A project is called better or worse than the others only where that holds after correction for the number of comparisons.")}
	return []report.Section{s}, nil
}

// surely is the upper end of a share: what is low also with luck comes first.
func surely(w *response.Within) float64 {
	if w == nil || w.High == nil {
		return 2
	}
	return *w.High
}

// verdictWords are those of a comparison.
func verdictWords(v string) report.Text {
	switch response.Verdict(v) {
	case response.Better:
		return say("较好", "better")
	case response.Worse:
		return say("较差", "worse")
	case "":
		return report.Text{}
	}
	return say("无显著差别", "no difference shown")
}

// named is what a project is called that a document names by region/project.
func (b *book) named(project string) report.Text {
	at, err := authz.ParsePlace(project)
	if err != nil {
		return say(project, project)
	}
	return b.name(at)
}

// clockHours is the heat map of breaches by the hour in which incidents began.
func (b *book) clockHours() ([]report.Section, error) {
	doc, none, err := b.judged()
	if err != nil || none != nil {
		return nil, err
	}
	chart := report.Chart{Kind: "heat", Title: say("各时段超时数", "Breaches by hour of the day"), Format: whole}
	for hour := range 24 {
		h := fmt.Sprintf("%02d", hour)
		chart.X = append(chart.X, say(h, h))
	}
	table := report.Table{
		Name: "response_hours", Title: say("各时段", "By hour of the day"), Most: 48,
		Columns: []report.Column{
			textColumn("standard", "标准", "Standard"), numberColumn("hour", "时", "Hour", whole), numberColumn("clocks", "起数", "Clocks", whole),
			numberColumn("breaches", "超时", "Breaches", whole), numberColumn("share_within", "达标率", "Within limit", percent), numberColumn("median", "中位数", "Median", seconds),
		},
	}
	for i := range doc.Clocks {
		a := &doc.Clocks[i]
		if a.Within == nil || a.N == 0 || len(a.ByHour) == 0 {
			continue
		}
		series := report.Series{Name: clockTitle(a), Values: make([]report.Value, 24)}
		for _, h := range a.ByHour {
			if h.Hour < 0 || h.Hour > 23 {
				continue
			}
			v := report.Value{N: float64(h.N), Why: "no clock began in this hour"}
			if h.Within != nil {
				v = report.Value{Value: ptr(float64(h.Within.Breached)), N: float64(h.N)}
			}
			series.Values[h.Hour] = v
			if h.N > 0 {
				table.Rows = append(table.Rows, []report.Cell{words(series.Name), figure(float64(h.Hour)), figure(float64(h.N)), cell(v), cell(withinValue(h.Within)), spread(h.Median, h.MedianLimits, h.N)})
			}
		}
		chart.Y = append(chart.Y, series.Name)
		chart.Series = append(chart.Series, series)
	}
	if len(chart.Series) == 0 {
		return nil, nil
	}
	return []report.Section{{
		Name: "response_hours", Title: say("超时的时段", "When limits are broken"), Charts: []report.Chart{chart}, Tables: []report.Table{table},
		Notes: []report.Text{say("时段按各项目当地时间。", "Hours are those of each project's own clocks.")},
	}}, nil
}
