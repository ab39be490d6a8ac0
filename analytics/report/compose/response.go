package compose

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"steward/analytics/report"
	"steward/analytics/response"
	"steward/analytics/standards"
	"steward/internal/authz"
	"steward/internal/incident"
)

// The most that pages and charts show; workbooks and files have all rows.
const (
	pageRows  = 30
	chartBars = 20
)

// response are the sections of the report on response standards.
func (b *book) response() []func() ([]report.Section, error) {
	return []func() ([]report.Section, error){b.clocks, b.clockTrend, b.clockProjects, b.clockHours, b.contractors, b.breaches}
}

var responseTitle = say("响应时效", "Response standards")

// judged is the document "response" of the place.
func (b *book) judged() (doc standards.Report, section []report.Section, err error) {
	r, found := b.now[responseJob]
	if !found {
		return doc, b.absent("response", responseTitle, responseJob), nil
	}
	found, err = b.document(r, "response", b.Place, "", &doc)
	if err == nil && !found {
		section = nothing("response", responseTitle)
	}
	return doc, section, err
}

// clockNumbers are those of the job response that reports compare.
var clockNumbers = []string{"clocks", "breaches", "share_within_limit", "share_within_fixed_limit", "breaches_of_fixed_limit", "open_running"}

// clocks says how fast people came.
func (b *book) clocks() ([]report.Section, error) {
	doc, none, err := b.judged()
	if err != nil || none != nil {
		return none, err
	}
	is, was, err := b.both(responseJob, clockNumbers...)
	if err != nil {
		return nil, err
	}
	s := report.Section{Name: "response", Title: responseTitle}
	s.Text = append(s.Text, b.promises(&doc)...)
	s.Facts = clockFacts(&doc, is, was, b.Place)
	if len(doc.Clocks) == 0 {
		s.Text = append(s.Text, say("这一时期没有计时的事件。没有记录不等于没有发生。", "No clocks ran in this period. That none is on record does not say that nothing happened."))
	} else {
		s.Tables = append(s.Tables, clockTable(&doc, was, b.Place))
	}
	for i := range doc.Clocks {
		for _, w := range doc.Clocks[i].Warnings {
			title := clockTitle(&doc.Clocks[i])
			s.Notes = append(s.Notes, report.Text{ZH: title.ZH + "：" + because(w).ZH, EN: title.EN + ": " + w})
		}
	}
	for _, k := range doc.Fixed {
		if k.Basis != "" {
			s.Notes = append(s.Notes, report.Text{ZH: k.Title.ZH + "的依据：" + basisZH(k.Basis), EN: "Basis of " + k.Title.EN + ": " + k.Basis})
		}
	}
	if doc.Unusable > 0 {
		s.Notes = append(s.Notes, sayf("有 %d 个计时的时间不可能，未计入。", "%d clocks have times that cannot be meant, and are left out.", doc.Unusable))
	}
	s.Notes = append(s.Notes, say("一个计时算在事件开始的那个月。达标率的区间是 Clopper 和 Pearson 的精确区间；尚未到场且未超时的不计入。",
		"A clock counts in the month in which its incident began. Intervals of shares are the exact ones of Clopper and Pearson; open clocks within their limit do not count yet."))
	return []report.Section{s}, nil
}

// basisZH is who says so, in Chinese; standards go by their own names.
func basisZH(basis string) string {
	if basis == "the company's promise" {
		return "公司承诺"
	}
	return article.ReplaceAllString(basis, " 第 $1 条")
}

var article = regexp.MustCompile(`, article (\S+)$`)

func clockTitle(a *standards.Account) report.Text {
	return report.Text{ZH: cmp.Or(a.Title.ZH, a.Title.EN, a.Standard), EN: cmp.Or(a.Title.EN, a.Title.ZH, a.Standard)}
}

// promises are the limits that were promised or that the law sets, in words.
func (b *book) promises(doc *standards.Report) []report.Text {
	var all []report.Text
	clocks := map[string]*standards.Account{}
	for i := range doc.Clocks {
		clocks[doc.Clocks[i].Standard] = &doc.Clocks[i]
	}
	shown := map[string]bool{}
	for _, k := range doc.Fixed {
		shown[k.Standard] = true
		lead := report.Text{ZH: k.Title.ZH + "：", EN: k.Title.EN + ": "}
		all = append(all, b.kept(lead, k.Limit, k.Within, clocks[k.Standard]))
	}
	for i := range doc.Clocks {
		a := &doc.Clocks[i]
		if shown[a.Standard] || a.Limit == nil || a.Within == nil {
			continue
		}
		title := clockTitle(a)
		all = append(all, b.kept(report.Text{ZH: title.ZH + "：", EN: title.EN + ": "}, *a.Limit, a.Within, a))
	}
	return all
}

// kept says how a limit was kept.
func (b *book) kept(lead report.Text, limit float64, w *response.Within, a *standards.Account) report.Text {
	total := 0
	if a != nil {
		total = a.N
	} else if w != nil {
		total = w.N + w.Undecided
	}
	within := span(limit)
	period := report.Text{ZH: periodZH(b.from, b.to), EN: periodEN(b.from, b.to)}
	if monthOf(b.from, b.to) {
		period.ZH = b.from.Format("1 月")
	}
	t := report.Text{
		ZH: fmt.Sprintf("%s%s共 %d 起，", lead.ZH, period.ZH, total),
		EN: fmt.Sprintf("%s%d in %s; ", lead.EN, total, period.EN),
	}
	if w == nil || w.Share == nil {
		why := insufficient("there are no calls with a limit")
		if w != nil {
			why = insufficient(w.Why)
		}
		return report.Text{ZH: t.ZH + within.ZH + "内达标率：" + why.ZH + "。", EN: t.EN + "share within " + within.EN + ": " + why.EN + "."}
	}
	zh, en := between(w.Low, w.High)
	return report.Text{
		ZH: fmt.Sprintf("%s%s内 %s%s，目标 100 %%。", t.ZH, within.ZH, share(*w.Share), zh),
		EN: fmt.Sprintf("%swithin %s %s%s, target 100 %%.", t.EN, within.EN, share(*w.Share), en),
	}
}

// clockFacts are the share within the limit of the fixed limits and of the busiest
// clocks.
func clockFacts(doc *standards.Report, is, was numbers, at authz.Place) []report.Fact {
	const most = 6
	var all []report.Fact
	for _, k := range doc.Fixed {
		subject := "clock:" + k.Standard + "/" + strconv.FormatFloat(k.Limit, 'f', -1, 64) + "s"
		all = append(all, fact(k.Title, percent, 1, is.of("share_within_fixed_limit", at, subject), was.of("share_within_fixed_limit", at, subject)))
	}
	var busy []*standards.Account
	for i := range doc.Clocks {
		if a := &doc.Clocks[i]; !slices.ContainsFunc(doc.Fixed, func(k standards.Kept) bool { return k.Standard == a.Standard }) {
			busy = append(busy, a)
		}
	}
	slices.SortStableFunc(busy, func(a, b *standards.Account) int { return cmp.Compare(b.N, a.N) })
	for _, a := range busy {
		if len(all) >= most {
			break
		}
		subject := "clock:" + a.Standard
		all = append(all, fact(clockTitle(a), percent, 1, is.of("share_within_limit", at, subject), was.of("share_within_limit", at, subject)))
	}
	return all
}

// clockTable is one row a clock.
func clockTable(doc *standards.Report, was numbers, at authz.Place) report.Table {
	t := report.Table{
		Name: "response_clocks", Title: say("各项时限", "Clocks"), Most: pageRows,
		Columns: []report.Column{
			textColumn("standard", "标准", "Standard"), textColumn("title", "名称", "Title"),
			numberColumn("limit", "时限", "Limit", seconds), numberColumn("clocks", "起数", "Clocks", whole), numberColumn("open", "未结束", "Open", whole),
			numberColumn("median", "中位数", "Median", seconds), numberColumn("p90", "90 分位", "p90", seconds), numberColumn("p95", "95 分位", "p95", seconds),
			numberColumn("share_within", "达标率", "Within limit", percent), numberColumn("breaches", "超时", "Breaches", whole),
			numberColumn("running", "正在计时", "Running", whole), numberColumn("running_longest", "最长已计时", "Longest running", seconds),
		},
	}
	if was != nil {
		t.Columns = append(t.Columns, numberColumn("share_before", "上期达标率", "Within limit before", percent), numberColumn("share_change", "变化", "Change", percent))
	}
	for i := range doc.Clocks {
		a := &doc.Clocks[i]
		breached, within := 0.0, withinValue(a.Within)
		if a.Within != nil {
			breached = float64(a.Within.Breached)
		}
		row := []report.Cell{
			text(a.Standard), words(clockTitle(a)), perhaps(a.Limit), figure(float64(a.N)), figure(float64(a.Open)),
			cell(quantile(a.Median, a.N)), cell(quantile(a.P90, a.N)), cell(quantile(a.P95, a.N)), cell(within), figure(breached),
			figure(float64(a.Running.N)), perhaps(a.Running.Longest),
		}
		if was != nil {
			then := was.of("share_within_limit", at, "clock:"+a.Standard)
			var share *float64
			if then != nil {
				share = then.Value
			}
			row = append(row, perhaps(share), change(within.Value, share))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func quantile(q response.Quantile, n int) report.Value {
	return report.Value{Value: known(q.Value), Low: known(q.Low), High: known(q.High), N: float64(n), Why: q.Why}
}

// spread is a quantile of some clocks with its interval. Documents of before have no
// intervals, and no reasons.
func spread(v *float64, l standards.Limits, n int) report.Cell {
	if v = known(v); v == nil && l.Why == "" {
		return report.Cell{}
	}
	return cell(report.Value{Value: v, Low: known(l.Low), High: known(l.High), N: float64(n), Why: l.Why})
}

func withinValue(w *response.Within) report.Value {
	if w == nil {
		return report.Value{Why: "insufficient data: there are no calls with a limit"}
	}
	return report.Value{Value: known(w.Share), Low: known(w.Low), High: known(w.High), N: float64(w.N), Why: w.Why}
}

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

// contractors are those who maintain, by the clocks of incidents; what they owe goes by
// repair orders, and is with the scorecards.
func (b *book) contractors() ([]report.Section, error) {
	doc, none, err := b.judged()
	if err != nil || none != nil {
		return nil, err
	}
	table := report.Table{
		Name: "response_contractors", Title: say("承包商", "Contractors"), Most: pageRows,
		Columns: []report.Column{
			textColumn("standard", "标准", "Standard"), textColumn("contractor", "承包商", "Contractor"), numberColumn("clocks", "起数", "Clocks", whole),
			numberColumn("median", "中位数", "Median", seconds), numberColumn("p90", "90 分位", "p90", seconds), numberColumn("share_within", "达标率", "Within limit", percent),
			numberColumn("repeat_share", "重复故障", "Repeat faults", percent), textColumn("verdict", "与其他相比", "Against the others"),
		},
	}
	causes := report.Table{
		Name: "response_causes", Title: say("原因", "Causes"), Most: pageRows,
		Columns: []report.Column{
			textColumn("standard", "标准", "Standard"), textColumn("cause", "原因", "Cause"), numberColumn("clocks", "起数", "Clocks", whole),
			numberColumn("median", "中位数", "Median", seconds), numberColumn("share_within", "达标率", "Within limit", percent), numberColumn("breaches", "超时", "Breaches", whole),
		},
	}
	omitted := 0
	var charts []report.Chart
	for i := range doc.Clocks {
		a := &doc.Clocks[i]
		omitted += a.ContractorsOmitted
		chart := report.Chart{Kind: "bars", Title: clockTitle(a), Format: percent, Series: []report.Series{{Name: say("达标率", "Within limit")}}}
		for j := range a.Contractors {
			c := &a.Contractors[j]
			verdict := ""
			if c.Against != nil {
				verdict = string(c.Against.Verdict)
			}
			within := withinValue(c.Within)
			table.Rows = append(table.Rows, []report.Cell{
				words(clockTitle(a)), text(c.Contractor), figure(float64(c.N)), cell(quantile(c.Median, c.N)), cell(quantile(c.P90, c.N)), cell(within),
				cell(report.Value{Value: known(c.Repeats.Share), Low: known(c.Repeats.Low), High: known(c.Repeats.High), N: float64(c.Repeats.N), Why: c.Repeats.Why}),
				words(verdictWords(verdict)),
			})
			if len(chart.X) < chartBars && within.Value != nil {
				chart.X = append(chart.X, say(c.Contractor, c.Contractor))
				chart.Series[0].Values = append(chart.Series[0].Values, within)
			}
		}
		if len(chart.X) > 1 && len(charts) < 2 {
			charts = append(charts, chart)
		}
		for _, row := range a.ByCause {
			breached := 0.0
			if row.Within != nil {
				breached = float64(row.Within.Breached)
			}
			causes.Rows = append(causes.Rows, []report.Cell{
				words(clockTitle(a)), text(row.Name), figure(float64(row.N)), spread(row.Median, row.MedianLimits, row.N), cell(withinValue(row.Within)), figure(breached),
			})
		}
	}
	var out []report.Section
	if len(table.Rows) > 0 {
		s := report.Section{Name: "response_contractors", Title: say("承包商", "Contractors"), Charts: charts, Tables: []report.Table{table}}
		if omitted > 0 {
			s.Notes = []report.Text{sayf("另有 %d 个起数较少的承包商未列出。", "%d contractors with fewer clocks are not listed.", omitted)}
		}
		out = append(out, s)
	}
	if len(causes.Rows) > 0 {
		out = append(out, report.Section{Name: "response_causes", Title: say("原因", "Causes"), Tables: []report.Table{causes}})
	}
	return out, nil
}

// maxBreaches bounds the list of breaches: those most over their limit.
const maxBreaches = 1000

// breaches lists the clocks that were not stopped in time.
func (b *book) breaches() ([]report.Section, error) {
	r, found := b.now[responseJob]
	if !found {
		return nil, nil
	}
	type row struct {
		at authz.Place
		standards.Breach
	}
	var all []row
	omitted := 0
	worst := func(x, y row) int {
		return cmp.Or(cmp.Compare(y.Over, x.Over), x.Started.Compare(y.Started), cmp.Compare(x.Incident, y.Incident), cmp.Compare(x.Standard, y.Standard))
	}
	left, err := each(b, r, "breaches", func(at authz.Place, _ string, doc *standards.Breaches) {
		for _, one := range doc.Breaches {
			all = append(all, row{at, one})
		}
		omitted += doc.Omitted
		if len(all) > maxBreaches { // one document at a time: no more than two are held
			slices.SortFunc(all, worst)
			omitted += len(all) - maxBreaches
			all = all[:maxBreaches:maxBreaches]
		}
	})
	if err != nil || len(all) == 0 {
		return nil, err
	}
	slices.SortFunc(all, worst)
	titles, err := b.clockTitles()
	if err != nil {
		return nil, err
	}
	table := report.Table{
		Name: "response_breaches", Title: say("超时清单", "Breaches"), Most: pageRows,
		Columns: []report.Column{
			textColumn("place", "位置", "Place"), textColumn("incident", "事件", "Incident"), textColumn("standard", "标准", "Standard"),
			column("started", say("开始", "Started"), "time", report.Format{}), numberColumn("took", "用时", "Took", seconds), numberColumn("limit", "时限", "Limit", seconds),
			numberColumn("over", "超出", "Over", seconds), textColumn("state", "状态", "State"), textColumn("device", "设备", "Device"), textColumn("contractor", "承包商", "Contractor"), textColumn("cause", "原因", "Cause"),
		},
	}
	for _, one := range all {
		state := say("已结束", "stopped")
		if one.Open {
			state = say("未结束", "open")
		}
		title := titles[one.Standard]
		if title == (incident.Text{}) {
			title = say(one.Standard, one.Standard)
		}
		table.Rows = append(table.Rows, []report.Cell{
			words(b.name(one.at)), text(one.Incident), words(title), moment(one.Started.UTC()), figure(one.Took), figure(one.Limit), figure(one.Over),
			words(state), text(one.Device), text(one.Contractor), text(one.Cause),
		})
	}
	s := report.Section{Name: "response_breaches", Title: say("超时清单", "Breaches"), Tables: []report.Table{table}}
	if omitted > 0 {
		s.Notes = append(s.Notes, sayf("另有 %d 起超出较少的未列出。", "%d that were less over their limit are not listed.", omitted))
	}
	if left > 0 {
		s.Notes = append(s.Notes, sayf("另有 %d 个项目的清单未读取。", "The lists of %d more projects were not read.", left))
	}
	return []report.Section{s}, nil
}
