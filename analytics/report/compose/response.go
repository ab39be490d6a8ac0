package compose

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"

	"steward/analytics/report"
	"steward/analytics/response"
	"steward/analytics/standards"
	"steward/internal/authz"
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
			s.Notes = append(s.Notes, report.Text{ZH: k.Title.ZH + "的依据：" + cmp.Or(k.BasisZH, basisZH(k.Basis)), EN: "Basis of " + k.Title.EN + ": " + k.Basis})
		}
	}
	if doc.Unusable > 0 {
		s.Notes = append(s.Notes, sayn(doc.Unusable, "有 %d 个计时的时间不可能，未计入。", "%d clock has times that cannot be meant, and is left out.", "%d clocks have times that cannot be meant, and are left out."))
	}
	s.Notes = append(s.Notes, say("一个计时算在事件开始的那个月。达标率的区间是 Clopper 和 Pearson 的精确区间；尚未到场且未超时的不计入。",
		"A clock counts in the month in which its incident began. Intervals of shares are the exact ones of Clopper and Pearson; open clocks within their limit do not count yet."))
	return []report.Section{s}, nil
}

// basisZH is who says so, in Chinese, where a document does not say it itself.
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
		t.Columns = append(t.Columns, numberColumn("share_before", "上期达标率", "Within limit before", percent), numberColumn("share_change", "变化", "Change", number("pp", 1)))
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
			row = append(row, perhaps(share), points(within.Value, share))
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
