package compose

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"steward/analytics/forecast"
	"steward/analytics/replacement"
	"steward/analytics/report"
	"steward/internal/authz"
)

// curves is how many cost curves are drawn: those of the most devices.
const curves = 6

// costCurves are what replacing at an age costs.
func (b *book) costCurves() ([]report.Section, error) {
	r, found := b.now[replacementJob]
	if !found {
		return nil, nil
	}
	var all []replacement.Curve
	_, err := each(b, r, "cost_curve", func(at authz.Place, _ string, doc *replacement.Curve) {
		if at == b.Place {
			all = append(all, *doc)
		}
	})
	if err != nil || len(all) == 0 {
		return nil, err
	}
	slices.SortStableFunc(all, func(x, y replacement.Curve) int {
		return cmp.Or(cmp.Compare(y.Devices, x.Devices), cmp.Compare(x.Pool, y.Pool))
	})
	s := report.Section{Name: "cost_curves", Title: say("更换年龄与费用", "Age of replacement and cost")}
	table := report.Table{
		Name: "cost_curves", Title: say("最佳更换年龄", "Optimal ages"), Most: pageRows,
		Columns: []report.Column{
			textColumn("pool", "设备组", "Pool"), numberColumn("devices", "设备", "Devices", whole), numberColumn("planned", "计划更换费用", "Planned cost", money), numberColumn("failure", "故障费用", "Cost of a failure", money),
			numberColumn("optimal_age", "最佳更换年数", "Optimal age", number("a", 1)), numberColumn("cost_rate", "每年费用", "Cost a year", money), numberColumn("run_to_failure", "用到坏每年费用", "Run to failure, a year", money), textColumn("note", "说明", "Note"),
		},
	}
	for i, c := range all {
		table.Rows = append(table.Rows, []report.Cell{
			text(c.Pool), figure(float64(c.Devices)), figure(c.Planned), figure(c.Failure), cell(estimate(c.Optimum)), perhaps(c.CostRate), perhaps(c.RunToFailure), remark(c.Why),
		})
		if i >= curves || len(c.Points) < 2 {
			continue
		}
		chart := report.Chart{Kind: "lines", Title: say(c.Pool, c.Pool), Format: money, Limit: known(c.RunToFailure), Series: []report.Series{{Name: say("每年费用", "Cost a year")}}}
		for _, p := range thinned(c.Points, 60) {
			age := short(p.Age)
			chart.X = append(chart.X, sayf("%s 年", "%s a", age))
			chart.Series[0].Values = append(chart.Series[0].Values, report.Value{Value: finite(p.CostRate), Low: known(p.Low), High: known(p.High)})
		}
		s.Charts = append(s.Charts, chart)
	}
	s.Tables = []report.Table{table}
	s.Notes = []report.Text{say("横线是用到坏为止的每年费用。", "The line across is what running to failure costs a year.")}
	return []report.Section{s}, nil
}

// thinned is at most so many of a list, the first and the last among them.
func thinned[T any](all []T, most int) []T {
	if len(all) <= most {
		return all
	}
	out := make([]T, most)
	for i := range out {
		out[i] = all[i*(len(all)-1)/(most-1)]
	}
	return out
}

// backtest says how good the forecasts were.
func (b *book) backtest() ([]report.Section, error) {
	title := say("预测检验", "How good the forecasts were")
	var doc replacement.Backtest
	found := false
	for _, job := range []string{lifetimesJob, replacementJob} {
		r, is := b.now[job]
		if !is || found {
			continue
		}
		var err error
		if found, err = b.document(r, "backtest", b.Place, "", &doc); err != nil {
			return nil, err
		}
	}
	if !found {
		if b.Place != authz.HQ {
			return nil, nil // it is of the company
		}
		return nothing("backtest", title), nil
	}
	s := report.Section{Name: "backtest", Title: title}
	if doc.Why != "" && doc.Brier == nil {
		s.Text = []report.Text{insufficient(doc.Why)}
		return []report.Section{s}, nil
	}
	s.Text = []report.Text{sayf("以 %s 当时所知预测之后 %d 天：%d 台设备中 %d 台发生故障。", "Forecasts with what was known on %s of the %d days after: %[4]d of %[3]d devices failed.", doc.AsOf, doc.HorizonDays, doc.Devices, doc.Failed)}
	two := number("", 3)
	for _, f := range []struct {
		zh, en string
		v      *float64
		within forecast.Interval
		good   int
	}{
		{"布里尔分数", "Brier score", doc.Brier, doc.Intervals.Brier, -1}, {"技巧", "Skill", doc.Skill, doc.Intervals.Skill, 1},
		{"前十分之一提升", "Lift of the first tenth", doc.Lift, doc.Intervals.Lift, 1}, {"按年龄排序的提升", "Lift by age alone", doc.LiftByAge, doc.Intervals.LiftByAge, 0},
	} {
		v := valueOf(f.v)
		v.Low, v.High = known(f.within.Low), known(f.within.High)
		s.Facts = append(s.Facts, report.Fact{Title: say(f.zh, f.en), Value: v, Format: two, Good: f.good})
	}
	if doc.Left > 0 {
		s.Text = append(s.Text, sayn(doc.Left, "另有 %d 台设备在故障前退出，由同类其余设备代表。", "%d other device left before it failed; the rest of its class stands for it.", "%d other devices left before they failed; the rest of their class stands for them."))
	}
	if len(doc.Calibration) > 0 {
		chart := report.Chart{Kind: "lines", Title: say("预测与实际", "Forecast and what happened"), Format: percent, Series: []report.Series{{Name: say("实际", "Happened")}, {Name: say("预测", "Forecast")}}}
		table := report.Table{
			Name: "calibration", Title: say("校准", "Calibration"),
			Columns: []report.Column{numberColumn("devices", "设备", "Devices", whole), numberColumn("forecast", "预测概率", "Forecast", percent), numberColumn("failed", "实际故障", "Failed", percent)},
		}
		for _, bin := range doc.Calibration {
			x := share(bin.Forecast)
			chart.X = append(chart.X, say(x, x))
			failed := report.Value{Value: finite(bin.Failed), Low: finite(bin.Low), High: finite(bin.High), N: float64(bin.Devices)}
			chart.Series[0].Values = append(chart.Series[0].Values, failed)
			chart.Series[1].Values = append(chart.Series[1].Values, report.Value{Value: finite(bin.Forecast)})
			table.Rows = append(table.Rows, []report.Cell{figure(float64(bin.Devices)), figure(bin.Forecast), cell(failed)})
		}
		s.Charts, s.Tables = []report.Chart{chart}, []report.Table{table}
	}
	if len(doc.Classes) > 0 {
		table := report.Table{
			Name: "classes", Title: say("按设备类别", "By class"),
			Columns: []report.Column{
				textColumn("class", "类别", "Class"), numberColumn("devices", "设备", "Devices", whole), numberColumn("failed", "故障", "Failed", whole), numberColumn("skill", "技巧", "Skill", two),
				numberColumn("lift", "前十分之一提升", "Lift of the first tenth", two), numberColumn("lift_by_age", "按年龄排序的提升", "Lift by age alone", two), textColumn("note", "说明", "Note"),
			},
		}
		for _, c := range doc.Classes {
			table.Rows = append(table.Rows, []report.Cell{words(className(c.Class)), figure(float64(c.Devices)), figure(float64(c.Failed)), perhaps(c.Skill), perhaps(c.Lift), perhaps(c.LiftByAge), remark(c.Why)})
		}
		s.Tables = append(s.Tables, table)
	}
	if len(doc.Wear) > 0 {
		table := report.Table{
			Name: "wear", Title: say("磨损指标", "Indicators of wear"),
			Columns: []report.Column{
				textColumn("class", "类别", "Class"), textColumn("indicator", "指标", "Indicator"), numberColumn("devices", "设备", "Devices", whole),
				numberColumn("gain", "预测增益", "Gain of the forecast", number("", 4)), textColumn("used", "采用", "Used"), textColumn("note", "说明", "Note"),
			},
		}
		for _, w := range doc.Wear {
			used := say("否", "no")
			if w.Used {
				used = say("是", "yes")
			}
			table.Rows = append(table.Rows, []report.Cell{words(className(w.Class)), text(w.Indicator), figure(float64(w.Devices)), perhaps(w.Gain), words(used), remark(w.Why)})
		}
		s.Tables = append(s.Tables, table)
	}
	return []report.Section{s}, nil
}

// lives are how long the parts of pools last.
func (b *book) lives() ([]report.Section, error) {
	r, found := b.now[lifetimesJob]
	if !found {
		return b.absent("lives", say("寿命", "Lifetimes"), lifetimesJob), nil
	}
	var all []forecast.Life
	if _, err := each(b, r, "life", func(at authz.Place, _ string, doc *forecast.Life) {
		if at == b.Place {
			all = append(all, *doc)
		}
	}); err != nil || len(all) == 0 {
		return nil, err
	}
	slices.SortStableFunc(all, func(x, y forecast.Life) int {
		return cmp.Or(cmp.Compare(y.Devices, x.Devices), cmp.Compare(x.Pool, y.Pool))
	})
	years := number("a", 1)
	table := report.Table{
		Name: "lives", Title: say("各型号部件的寿命", "How long the parts of models last"), Most: pageRows,
		Columns: []report.Column{
			textColumn("pool", "设备组", "Pool"), textColumn("part", "部件", "Part"), numberColumn("lives", "寿命数", "Lives", whole), numberColumn("failures", "故障", "Failures", whole),
			textColumn("family", "分布", "Distribution"), numberColumn("shape", "形状", "Shape", number("", 2)), numberColumn("scale", "尺度", "Scale", years), numberColumn("b10", "B10", "B10", years), textColumn("note", "说明", "Note"),
		},
	}
	s := report.Section{Name: "lives", Title: say("寿命", "Lifetimes")}
	for _, life := range all {
		for _, p := range life.Parts {
			note := p.Why
			if p.Poor {
				note = strings.Trim("poor fit; "+note, "; ")
			}
			table.Rows = append(table.Rows, []report.Cell{
				text(life.Pool), text(p.Code), figure(p.N), figure(p.Failures), text(p.Family), cell(estimate(p.Shape)), cell(estimate(p.Scale)), cell(estimate(p.B10)), remark(note),
			})
			if len(s.Charts) < curves && len(p.Survival) > 1 && !math.IsNaN(p.Failures) {
				name := life.Pool + " " + p.Code
				chart := report.Chart{Kind: "lines", Title: say(name, name), Format: percent, Series: []report.Series{{Name: say("仍正常的比例", "Share that still works")}}}
				for _, q := range thinned(p.Survival, 60) {
					chart.X = append(chart.X, sayf("%s 年", "%s a", short(q.Years)))
					chart.Series[0].Values = append(chart.Series[0].Values, report.Value{Value: finite(q.Value), Low: known(q.Low), High: known(q.High), N: q.AtRisk})
				}
				s.Charts = append(s.Charts, chart)
			}
		}
	}
	s.Tables = []report.Table{table}
	return []report.Section{s}, nil
}
