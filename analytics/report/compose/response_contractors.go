package compose

import (
	"cmp"
	"slices"

	"steward/analytics/report"
	"steward/analytics/standards"
	"steward/internal/authz"
	"steward/internal/incident"
)

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
				words(clockTitle(a)), words(causeName(&doc, row.Name)), figure(float64(row.N)), spread(row.Median, row.MedianLimits, row.N), cell(withinValue(row.Within)), figure(breached),
			})
		}
	}
	var out []report.Section
	if len(table.Rows) > 0 {
		s := report.Section{Name: "response_contractors", Title: say("承包商", "Contractors"), Charts: charts, Tables: []report.Table{table}}
		if omitted > 0 {
			s.Notes = []report.Text{sayn(omitted, "另有 %d 个起数较少的承包商未列出。", "%d contractor with fewer clocks is not listed.", "%d contractors with fewer clocks are not listed.")}
		}
		out = append(out, s)
	}
	if len(causes.Rows) > 0 {
		out = append(out, report.Section{Name: "response_causes", Title: say("原因", "Causes"), Tables: []report.Table{causes}})
	}
	return out, nil
}

// causeName is what a cause is called: a rule by its title, and what people entered by its
// kind. Empty for one that is not known.
func causeName(doc *standards.Report, name string) report.Text {
	if title := doc.Causes[name]; title != (incident.Text{}) {
		return report.Text{ZH: cmp.Or(title.ZH, title.EN), EN: cmp.Or(title.EN, title.ZH)}
	}
	switch name {
	case "complaint":
		return say("投诉", "complaint")
	case "repair":
		return say("报修", "repair")
	case "urgent_repair":
		return say("紧急报修", "urgent repair")
	case "front_desk":
		return say("前台事项", "front desk")
	case "entrapment":
		return say("困人", "entrapment")
	case "fire_alarm":
		return say("火警", "fire alarm")
	case "gas_leak":
		return say("燃气泄漏", "gas leak")
	case "leak":
		return say("漏水", "water leak")
	case "power_failure":
		return say("停电", "power failure")
	case "security":
		return say("安防", "security")
	case "maintenance":
		return say("维护", "maintenance")
	case "external":
		return say("外部告警", "alarm of another system")
	}
	return say(name, name)
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
	doc, _, err := b.judged()
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
			words(state), text(one.Device), text(one.Contractor), words(causeName(&doc, one.Cause)),
		})
	}
	s := report.Section{Name: "response_breaches", Title: say("超时清单", "Breaches"), Tables: []report.Table{table}}
	if omitted > 0 {
		s.Notes = append(s.Notes, sayn(omitted, "另有 %d 起超出较少的未列出。", "%d that was less over its limit is not listed.", "%d that were less over their limit are not listed."))
	}
	if left > 0 {
		s.Notes = append(s.Notes, sayn(left, "另有 %d 个项目的清单未读取。", "The list of %d more project was not read.", "The lists of %d more projects were not read."))
	}
	return []report.Section{s}, nil
}
