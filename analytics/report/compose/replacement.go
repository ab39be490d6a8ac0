package compose

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"steward/analytics/forecast"
	"steward/analytics/replacement"
	"steward/analytics/report"
	"steward/internal/authz"
)

var replacementTitle = say("设备更换计划", "Replacement plan")

// replacement are the sections of the report on what to replace.
func (b *book) replacement() []func() ([]report.Section, error) {
	return []func() ([]report.Section, error){
		func() ([]report.Section, error) { return b.plan(true) }, b.planPlaces, b.costCurves, b.backtest, b.lives,
	}
}

// planOf is the plan of a place, with the budget of the request where that has one.
func (b *book) planOf(at authz.Place) (*replacement.Plan, error) {
	r, found := b.now[replacementJob]
	if !found {
		return nil, nil
	}
	var p replacement.Plan
	found, err := b.document(r, "plan", at, "", &p)
	if err != nil || !found {
		return nil, err
	}
	if b.Budget != nil {
		rebudget(&p, at, *b.Budget)
	}
	return &p, nil
}

// rebudget draws the line of a plan for another budget, as the analysis itself does.
func rebudget(p *replacement.Plan, at authz.Place, budget float64) {
	slices.SortStableFunc(p.Lines, func(a, b replacement.Line) int { return cmp.Compare(a.Rank, b.Rank) })
	if !p.Rebudget(at.String(), budget) {
		p.Warnings = append(p.Warnings, fmt.Sprintf("the budget reaches beyond the lines that the plan lists: %d more were ranked", p.Omitted))
	}
}

// plan lists what to replace. In short it names only the first ones.
func (b *book) plan(full bool) ([]report.Section, error) {
	if _, found := b.now[replacementJob]; !found {
		return b.absent("replacement", replacementTitle, replacementJob), nil
	}
	p, err := b.planOf(b.Place)
	if err != nil {
		return nil, err
	}
	if p == nil {
		return nothing("replacement", replacementTitle), nil
	}
	var was replacement.Plan
	compared := false
	if r, found := b.before[replacementJob]; found && b.Budget == nil {
		if compared, err = b.document(r, "plan", b.Place, "", &was); err != nil {
			return nil, err
		}
	}
	s := report.Section{Name: "replacement", Title: replacementTitle}
	s.Text = b.planWords(p)
	s.Facts = []report.Fact{
		{Title: say("计划费用", "Cost of the plan"), Value: report.Value{Value: finite(p.Cost)}, Format: money},
		{Title: say("每年避免损失", "Avoided a year"), Value: moneyValue(p.Avoided), Format: money, Good: 1},
		{Title: say("预算内设备", "Devices within the budget"), Value: report.Value{Value: ptr(float64(taken(p)))}, Format: whole},
		{Title: say("法定必换", "Mandatory"), Value: report.Value{Value: ptr(float64(mandatory(p)))}, Format: whole, Good: -1},
	}
	if compared {
		for i, v := range []report.Value{{Value: finite(was.Cost)}, moneyValue(was.Avoided), {Value: ptr(float64(taken(&was)))}, {Value: ptr(float64(mandatory(&was)))}} {
			s.Facts[i].Before = &v
		}
	}
	table, others := planTable(b, p, full)
	if len(table.Rows) > 0 {
		s.Tables = append(s.Tables, table)
	}
	switch outside := table.Left - others; { // how many are left out the table says itself
	case outside > 0 && others == 0:
		s.Notes = append(s.Notes, say("未列出的设备都不在计划内：超出预算，或暂不值得更换。", "No device that is not listed is in the plan: they are beyond the budget, or better kept."))
	case outside > 0:
		s.Notes = append(s.Notes, sayn(outside, "未列出的设备中 %d 台不在计划内：超出预算，或暂不值得更换。", "Of the devices that are not listed %d is not in the plan: it is beyond the budget, or better kept.", "Of the devices that are not listed %d are not in the plan: they are beyond the budget, or better kept."))
	}
	if p.Unknown > 0 {
		s.Notes = append(s.Notes, sayn(p.Unknown, "%d 台设备数据不足，没有预测，不在风险排序中。", "Of %d device there is too little data for a forecast: it is not ranked by risk.", "Of %d devices there is too little data for a forecast: they are not ranked by risk."))
	}
	if p.Unpriced > 0 {
		s.Notes = append(s.Notes, sayn(p.Unpriced, "%d 台设备不知更换费用。", "Of %d device nobody knows what replacing it costs.", "Of %d devices nobody knows what replacing them costs."))
	}
	for _, w := range p.Warnings {
		if strings.Contains(w, " ranked below those listed ") {
			continue // as above: the table says it, and of its own rows
		}
		s.Notes = append(s.Notes, caution(w))
	}
	return []report.Section{s}, nil
}

func taken(p *replacement.Plan) (n int) {
	for i := range p.Lines {
		if p.Lines[i].Within {
			n++
		}
	}
	return max(n, p.Within)
}

func mandatory(p *replacement.Plan) (n int) {
	for i := range p.Lines {
		if p.Lines[i].Mandatory {
			n++
		}
	}
	return max(n, p.Mandatory)
}

func (b *book) planWords(p *replacement.Plan) []report.Text {
	// What plans of earlier versions say of the budget of another place is not of this one.
	shared := p.BudgetOf != "" && p.BudgetOf != b.Place.String()
	t := sayn(taken(p), "%[2]d 年共 %[3]d 台设备，预算内更换 %[1]d 台，费用 %[4]s 元。", "%[2]d: %[1]d device of %[3]d is to be replaced within the budget, for %[4]s yuan.", "%[2]d: %[1]d devices of %[3]d are to be replaced within the budget, for %[4]s yuan.", p.Year, p.Devices, yuan(p.Cost))
	if shared {
		of := b.named(p.BudgetOf)
		t.ZH += fmt.Sprintf("预算属于%s，由其各处共用。", of.ZH)
		t.EN += fmt.Sprintf(" The budget is that of %s, shared by all its places.", of.EN)
	} else if p.Budget > 0 {
		t.ZH += fmt.Sprintf("预算 %s 元。", yuan(p.Budget))
		t.EN += fmt.Sprintf(" The budget is %s yuan.", yuan(p.Budget))
	} else {
		t.ZH += "未设预算上限。"
		t.EN += " There is no limit to the budget."
	}
	all := []report.Text{t}
	if a := p.Avoided; a.Value != nil {
		t := sayf("预计每年避免损失 %s 元", "It is expected to avoid %s yuan a year", yuan(*a.Value))
		zh, en := yuanBetween(moneyValue(a))
		t.ZH, t.EN = t.ZH+zh, t.EN+en
		all = append(all, report.Text{ZH: t.ZH + "。", EN: t.EN + "."})
	} else if a.Why != "" {
		why := insufficient(a.Why)
		all = append(all, report.Text{ZH: "避免的损失：" + why.ZH + "。", EN: "What it avoids: " + why.EN + "."})
	}
	if p.Short > 0 && !shared {
		all = append(all, sayf("法定必换还缺 %s 元。", "The budget lacks %s yuan for what is mandatory.", yuan(p.Short)))
	}
	return all
}

func moneyValue(m replacement.Money) report.Value {
	return report.Value{Value: known(m.Value), Low: known(m.Low), High: known(m.High), Why: m.Why}
}

func estimate(e forecast.Estimate) report.Value {
	return report.Value{Value: known(e.Value), Low: known(e.Low), High: known(e.High), N: e.N, Why: e.Why}
}

// The most lines of a plan in a report: those ranked first.
const (
	maxLines   = 20_000
	shortLines = 10
)

// planTable lists the devices ranked first, those that the plan advises against too. Its
// last row is of the others that are in the plan, so that the costs of what is within add
// up to that of the plan; what is not in it costs nobody anything.
func planTable(b *book, p *replacement.Plan, all bool) (t report.Table, others int) {
	t = report.Table{
		Name: "replacement_plan", Title: say("更换清单", "What to replace"), Most: 100,
		Columns: []report.Column{
			numberColumn("rank", "序", "Rank", whole), textColumn("within_budget", "预算内", "Within budget"), textColumn("mandatory", "法定", "Mandatory"), textColumn("action", "措施", "Action"),
			textColumn("place", "位置", "Place"), textColumn("name", "名称", "Name of place"), textColumn("class", "类别", "Class"), textColumn("device", "设备", "Device"), textColumn("model", "型号", "Model"),
			numberColumn("age", "使用年数", "Age", number("a", 1)), numberColumn("fail_365d", "一年内故障概率", "Fails within a year", percent), numberColumn("faults_365d", "上年故障", "Faults in the year before", whole),
			numberColumn("cost", "费用", "Cost", money), numberColumn("avoided", "每年避免", "Avoided a year", money), numberColumn("cumulative", "累计", "Cumulative", money),
			numberColumn("optimal_age", "最佳更换年数", "Optimal age", number("a", 1)), column("due", say("期限", "Due"), "date", report.Format{}), textColumn("reasons", "理由", "Reasons"),
		},
	}
	lines, most := p.Lines, maxLines
	if !all {
		most = shortLines
		t.Most = 0
	}
	t.Left = p.Omitted
	if len(lines) > most {
		t.Left += len(lines) - most
		lines = lines[:most]
	}
	others, rest := taken(p), p.Cost
	yes := func(v bool) report.Cell {
		if v {
			return words(say("是", "yes"))
		}
		return report.Cell{}
	}
	for i := range lines {
		l := &lines[i]
		if l.Within {
			others, rest = others-1, rest-l.Cost
		}
		var zh, en []string
		for _, r := range l.Reasons {
			zh, en = append(zh, r.ZH), append(en, r.EN)
		}
		for _, c := range l.Caveats {
			zh, en = append(zh, "注意："+c.ZH), append(en, "note: "+c.EN)
		}
		reasons := report.Text{ZH: strings.Join(zh, "；"), EN: strings.Join(en, "; ")}
		at := authz.Place{Region: l.Region, Project: l.Project}
		device := l.Device
		if l.Name != "" {
			device += " " + l.Name
		}
		t.Rows = append(t.Rows, []report.Cell{
			figure(float64(l.Rank)), yes(l.Within), yes(l.Mandatory), words(action(l.Action)), text(scopeOf(at)), words(b.name(at)), words(className(l.Class)), text(device),
			text(strings.Trim(l.Vendor+" "+l.Model, " ")), perhaps(l.AgeYears), cell(estimate(l.Fail365)), figure(l.FaultsYear),
			figure(l.Cost), cell(moneyValue(l.Avoided)), figure(l.Cumulative), perhaps(l.OptimalAge), date(l.DueOn), words(reasons),
		})
	}
	if others > 0 {
		t.Total = make([]report.Cell, len(t.Columns))
		t.Total[4] = words(sayf("预算内其余 %d 台", "%d more within the budget", others))
		t.Total[12] = figure(rest)
	}
	return t, others
}

func action(a string) report.Text {
	switch a {
	case replacement.Verify:
		return say("检定", "verify")
	case replacement.Replace, "":
		return say("更换", "replace")
	}
	return say(a, a)
}

// planSum is what a plan does at a place.
type planSum struct {
	at                 authz.Place
	devices, mandatory float64
	cost               float64
	avoided            report.Value
}

// planKinds are the numbers of a place's own plan.
var planKinds = []string{"plan_devices", "plan_mandatory_devices", "plan_cost", "plan_avoided"}

// planPlaces is what the plan costs in the regions or projects below: what the analysis
// found for each of them. A plan for another budget is in no result, and is added up from
// its lines, which are not all of a large one.
func (b *book) planPlaces() ([]report.Section, error) {
	r, found := b.now[replacementJob]
	if !found || b.Place.Project != "" {
		return nil, nil
	}
	p, err := b.planOf(b.Place)
	if err != nil || p == nil {
		return nil, err
	}
	s := report.Section{Name: "replacement_places", Title: say("按位置的费用", "Cost by place")}
	var all []planSum
	if b.Budget == nil {
		is, err := b.numbersOf(r, true, planKinds...)
		if err != nil {
			return nil, err
		}
		all = planNumbers(is, b.Place)
	}
	if all == nil {
		if all = planLines(p, b.Place); p.Omitted > 0 && len(all) > 0 {
			s.Notes = append(s.Notes, sayn(p.Omitted, "计划未列出的 %d 台设备不在各位置的合计中：合计偏低。", "%d device that the plan does not list is not in the sums by place, which are too low.", "%d devices that the plan does not list are not in the sums by place, which are too low."))
		}
	}
	all = slices.DeleteFunc(all, func(one planSum) bool { return one.devices == 0 && one.mandatory == 0 })
	if len(all) == 0 {
		return nil, nil
	}
	slices.SortFunc(all, func(x, y planSum) int { return cmp.Or(cmp.Compare(y.cost, x.cost), comparePlaces(x.at, y.at)) })
	table := report.Table{
		Name: "replacement_places", Title: say("按位置", "By place"), Most: pageRows,
		Columns: []report.Column{
			textColumn("place", "位置", "Place"), textColumn("name", "名称", "Name"), numberColumn("devices", "设备", "Devices", whole), numberColumn("mandatory", "法定", "Mandatory", whole),
			numberColumn("cost", "费用", "Cost", money), numberColumn("avoided", "每年避免", "Avoided a year", money),
		},
	}
	chart := report.Chart{Kind: "bars", Title: say("预算内费用", "Cost within the budget"), Format: money, Series: []report.Series{{Name: say("费用", "Cost")}}}
	cost := 0.0
	for _, one := range all {
		cost += one.cost
		table.Rows = append(table.Rows, []report.Cell{
			text(scopeOf(one.at)), words(b.name(one.at)), figure(one.devices), figure(one.mandatory), figure(one.cost), cell(one.avoided),
		})
		if len(chart.X) < chartBars {
			chart.X = append(chart.X, b.name(one.at))
			chart.Series[0].Values = append(chart.Series[0].Values, report.Value{Value: finite(one.cost)})
		}
	}
	s.Tables = []report.Table{table}
	if len(chart.X) > 1 {
		s.Charts = []report.Chart{chart}
	}
	if len(s.Notes) == 0 && math.Abs(cost-p.Cost) >= 1 { // yuan
		s.Notes = append(s.Notes, sayf("各位置合计 %s 元，计划为 %s 元：有自己预算的位置按其预算计算。", "The places add up to %s yuan, the plan to %s: places with a budget of their own are counted by it.", yuan(cost), yuan(p.Cost)))
	}
	if p.Run != "" {
		s.Notes = append(s.Notes, sayf("预测来自运行 %s，计划来自运行 %s。", "Forecasts are of run %s, the plan of run %s.", p.Run, r.ID))
	}
	return []report.Section{s}, nil
}

// planNumbers are the plans of the places just below, as the analysis has them; nil when
// it has none.
func planNumbers(is numbers, parent authz.Place) (all []planSum) {
	for _, at := range is.places("plan_cost", "") {
		if !down(at, parent) {
			continue
		}
		of := func(kind string) float64 {
			if n := is.of(kind, at, ""); n != nil && n.Value != nil {
				return *n.Value
			}
			return 0
		}
		all = append(all, planSum{at, of("plan_devices"), of("plan_mandatory_devices"), of("plan_cost"), value(is.of("plan_avoided", at, ""))})
	}
	return all
}

// planLines adds up the lines of a plan by the places just below. What devices avoid has
// no interval then: forecasts of one pool are wrong together, and lines do not say how.
func planLines(p *replacement.Plan, parent authz.Place) []planSum {
	sums := map[authz.Place]*planSum{}
	for i := range p.Lines {
		l := &p.Lines[i]
		at := authz.Place{Region: l.Region}
		if parent.Region != "" {
			at.Project = l.Project
		}
		one := sums[at]
		if one == nil {
			one = &planSum{at: at, avoided: report.Value{Value: ptr(0), Why: "added up from the lines of the plan: without an interval"}}
			sums[at] = one
		}
		if l.Mandatory {
			one.mandatory++
		}
		if !l.Within {
			continue
		}
		one.devices++
		one.cost += l.Cost
		if l.Avoided.Value != nil {
			*one.avoided.Value += *l.Avoided.Value
		}
	}
	var all []planSum
	for _, one := range sums {
		all = append(all, *one)
	}
	return all
}
