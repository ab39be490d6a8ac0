package compose

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"steward/analytics/report"
	"steward/analytics/scorecard"
	"steward/internal/authz"
)

var scorecardTitle = say("评分", "Scorecards")

// carded is a card with its place.
type carded struct {
	at authz.Place
	scorecard.Card
}

// cards are the scorecards of the place and below.
func (b *book) cards() ([]carded, error) {
	r, found := b.now[scorecardJob]
	if !found {
		return nil, nil
	}
	var all []carded
	_, err := each(b, r, "scorecard", func(at authz.Place, _ string, doc *scorecard.Card) { all = append(all, carded{at, *doc}) })
	slices.SortStableFunc(all, func(x, y carded) int { return comparePlaces(x.at, y.at) })
	return all, err
}

// scorecards compares the places by how they are run.
func (b *book) scorecards() ([]report.Section, error) {
	if _, found := b.now[scorecardJob]; !found {
		return b.absent("scorecards", scorecardTitle, scorecardJob), nil
	}
	all, err := b.cards()
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nothing("scorecards", scorecardTitle), nil
	}
	s := report.Section{Name: "scorecards", Title: scorecardTitle}
	score := number("", 1)
	var own, was *scorecard.Card
	for i := range all {
		if all[i].at == b.Place {
			own = &all[i].Card
		}
	}
	if r, found := b.before[scorecardJob]; found {
		var doc scorecard.Card
		if found, err = b.document(r, "scorecard", b.Place, "", &doc); err != nil {
			return nil, err
		} else if found {
			was = &doc
		}
	}
	if own != nil {
		s.Facts = append(s.Facts, report.Fact{Title: say("得分", "Score"), Value: scoreOf(own), Format: score, Good: 1})
		if was != nil && was.Score != nil {
			v := scoreOf(was)
			s.Facts[0].Before = &v
		}
		s.Text = append(s.Text, cardWords(own))
		s.Tables = append(s.Tables, componentTable(own, was))
		if parts := partTable(own); len(parts.Rows) > 0 {
			s.Tables = append(s.Tables, parts)
		}
	}
	table, chart, err := b.ranked(all)
	if err != nil {
		return nil, err
	}
	if len(table.Rows) > 0 {
		s.Tables = append(s.Tables, table)
		s.Notes = append(s.Notes, say("名次的区间是得分区间允许的名次；区间重叠的分不出高下。数据太少的不参加排名。",
			"The interval of a rank is what the intervals of the scores allow: places whose intervals overlap are not to be told apart. Those of which too little is known are not ranked."))
	}
	if len(chart.X) > 1 {
		s.Charts = append(s.Charts, chart)
	}
	if own != nil {
		for _, w := range own.Warnings {
			s.Notes = append(s.Notes, caution(w))
		}
	}
	return []report.Section{s}, nil
}

// ranked lists the places below in the order of their scores, regions above projects.
func (b *book) ranked(all []carded) (report.Table, report.Chart, error) {
	score := number("", 1)
	table := report.Table{
		Name: "scorecards", Title: say("各处得分", "Scores by place"), Most: pageRows,
		Columns: []report.Column{
			textColumn("place", "位置", "Place"), textColumn("name", "名称", "Name"), numberColumn("score", "得分", "Score", score), numberColumn("rank", "名次", "Rank", whole),
			numberColumn("known", "已知权重", "Known weight", percent), textColumn("outside", "超限", "Outside limits"), textColumn("note", "说明", "Note"),
		},
	}
	chart := report.Chart{Kind: "bars", Title: say("得分", "Score"), Format: score, Series: []report.Series{{Name: say("得分", "Score")}}}
	if b.Place.Project != "" {
		return table, chart, nil
	}
	var doc scorecard.Ranking
	found, err := b.document(b.now[scorecardJob], "ranking", b.Place, "", &doc)
	if err != nil {
		return table, chart, err
	}
	list := append(slices.Clone(doc.Regions), doc.Projects...)
	if !found { // of a run that wrote none: the order of the cards' scores
		for i := range all {
			c := &all[i]
			if c.at != b.Place {
				list = append(list, scorecard.Ranked{Place: c.at, Score: c.Score, Low: c.Low, High: c.High, Known: c.Known, Rank: c.Rank, RankLow: c.RankLow, RankHigh: c.RankHigh, Outside: outside(&c.Card), Why: c.Why})
			}
		}
		slices.SortStableFunc(list, func(x, y scorecard.Ranked) int {
			return cmp.Or(boolCompare(x.Project != "", y.Project != ""), cmp.Compare(scored(y.Score), scored(x.Score)))
		})
	}
	for i := range list {
		r := &list[i]
		rank := report.Cell{}
		if r.Rank > 0 {
			rank = cell(report.Value{Value: ptr(float64(r.Rank)), Low: ptr(float64(r.RankLow)), High: ptr(float64(r.RankHigh))})
		}
		var zh, en []string
		for _, name := range r.Outside {
			title := componentName(name)
			zh, en = append(zh, title.ZH), append(en, title.EN)
		}
		out, why := report.Cell{}, report.Cell{}
		if len(zh) > 0 {
			out = words(report.Text{ZH: strings.Join(zh, "、"), EN: strings.Join(en, ", ")})
		}
		v := scoreValue(r.Score, r.Low, r.High, r.Why)
		if v.Value != nil {
			why = remark(r.Why) // else it stands in place of the score
		}
		table.Rows = append(table.Rows, []report.Cell{text(scopeOf(r.Place)), words(b.name(r.Place)), cell(v), rank, figure(r.Known), out, why})
		if down(r.Place, b.Place) && v.Value != nil && len(chart.X) < chartBars {
			chart.X = append(chart.X, b.name(r.Place))
			chart.Series[0].Values = append(chart.Series[0].Values, v)
		}
	}
	return table, chart, nil
}

// outside are the components of a card that are outside their limits.
func outside(c *scorecard.Card) (names []string) {
	for i := range c.Components {
		if c.Components[i].Outside {
			names = append(names, c.Components[i].Name)
		}
	}
	return names
}

// repairers are those who repair, by the repair orders of the month.
func (b *book) repairers() ([]report.Section, error) {
	r, found := b.now[scorecardJob]
	if !found || b.Place.Project != "" {
		return nil, nil // the document is of regions and of the company
	}
	var doc scorecard.Contractors
	found, err := b.document(r, "contractors", b.Place, "", &doc)
	if err != nil || !found || len(doc.Contractors) == 0 {
		return nil, err
	}
	table := report.Table{
		Name: "repair_contractors", Title: say("维修单位", "Who repairs"), Most: pageRows, Left: doc.Omitted,
		Columns: []report.Column{
			textColumn("contractor", "单位", "Contractor"), numberColumn("orders", "工单", "Orders", whole), numberColumn("open", "未完成", "Open", whole),
			numberColumn("median", "修复中位数", "Median to restoration", seconds), numberColumn("p90", "90 分位", "p90", seconds), numberColumn("share_within", "合同时限内", "Within the contract's limit", percent),
			numberColumn("repeat_share", "重复报修", "Repeat orders", percent), numberColumn("penalty", "违约金", "Penalty", money), textColumn("verdict", "与其他相比", "Against the others"),
		},
	}
	owed, contracts := 0.0, false
	for i := range doc.Contractors {
		c := &doc.Contractors[i]
		verdict := ""
		if c.Against != nil {
			verdict = string(c.Against.Verdict)
		}
		if c.Yuan != nil {
			owed, contracts = owed+*c.Yuan, true
		}
		table.Rows = append(table.Rows, []report.Cell{
			text(c.Contractor), figure(float64(c.N)), figure(float64(c.Open)), cell(quantile(c.Median, c.N)), cell(quantile(c.P90, c.N)), cell(withinValue(c.Within)),
			cell(report.Value{Value: known(c.Repeats.Share), Low: known(c.Repeats.Low), High: known(c.Repeats.High), N: float64(c.Repeats.N), Why: c.Repeats.Why}),
			perhaps(c.Yuan), words(verdictWords(verdict)),
		})
	}
	s := report.Section{Name: "repair_contractors", Title: say("维修工单", "Repair orders"), Tables: []report.Table{table}}
	if contracts {
		s.Facts = []report.Fact{{Title: say("维修违约金", "Penalties for repairs"), Value: report.Value{Value: finite(owed)}, Format: money}}
	}
	if doc.Unusable > 0 {
		s.Notes = append(s.Notes, sayn(doc.Unusable, "有 %d 张工单的完成早于创建，未计入。", "%d order was done before it was made, and is left out.", "%d orders were done before they were made, and are left out."))
	}
	if doc.Dropped > 0 {
		s.Notes = append(s.Notes, sayn(doc.Dropped, "有 %d 张工单超出可处理的数量，未计入。", "%d order is beyond the most that are judged, and is left out.", "%d orders are beyond the most that are judged, and are left out."))
	}
	s.Notes = append(s.Notes, say("从报修到修好计时；未修好的计到分析当时。", "The time is from the order to its completion; an open one has taken until the analysis."))
	return []report.Section{s}, nil
}

func scoreOf(c *scorecard.Card) report.Value {
	return scoreValue(c.Score, c.Low, c.High, c.Why)
}

func scoreValue(score, low, high *float64, why string) report.Value {
	v := report.Value{Value: known(score), Low: known(low), High: known(high)}
	if v.Value == nil {
		v.Why = cmp.Or(why, "insufficient data: too few components are known")
	}
	return v
}

func scored(v *float64) float64 {
	if v == nil {
		return -1
	}
	return *v
}

func cardWords(c *scorecard.Card) report.Text {
	if c.Score == nil {
		return sayf("数据不足，没有得分：已知的指标占权重 %s。", "Insufficient data for a score: what is known has %s of the weights.", share(c.Known))
	}
	t := sayf("得分 %s（满分 100", "The score is %s of 100", short(*c.Score))
	if c.Low != nil && c.High != nil {
		t.ZH += "，95 % 区间 " + short(*c.Low) + "–" + short(*c.High)
		t.EN += " (95 % interval " + short(*c.Low) + " to " + short(*c.High) + ")"
	}
	weights := share(c.Known)
	t.ZH += "），已知的指标占权重 " + weights + "。"
	t.EN += "; what is known has " + weights + " of the weights."
	switch {
	case c.Rank > 0 && c.RankLow < c.RankHigh:
		rank := sayf("%[3]d 个中第 %[1]d 至 %[2]d 名，区间内分不出高下。", " It ranks between %[1]d and %[2]d of %[3]d: within that the scores do not tell.", c.RankLow, c.RankHigh, c.Of)
		t.ZH, t.EN = t.ZH+rank.ZH, t.EN+rank.EN
	case c.Rank > 0:
		rank := sayf("排名 %d / %d。", " It ranks %d of %d.", c.Rank, c.Of)
		t.ZH, t.EN = t.ZH+rank.ZH, t.EN+rank.EN
	}
	return t
}

func componentTable(c, was *scorecard.Card) report.Table {
	t := report.Table{
		Name: "scorecard_components", Title: say("各项指标", "Components"),
		Columns: []report.Column{
			textColumn("component", "指标", "Component"), numberColumn("weight", "权重", "Weight", percent), numberColumn("value", "数值", "Value", number("", 2)), textColumn("unit", "单位", "Unit"),
			numberColumn("limit", "限值", "Limit", number("", 2)), numberColumn("score", "得分", "Score", number("", 1)), numberColumn("coverage", "数据完整率", "Coverage", percent), textColumn("outside", "超限", "Outside"),
		},
	}
	if was != nil {
		t.Columns = append(t.Columns, numberColumn("before", "上期", "Before", number("", 2)), numberColumn("change", "变化（比例按百分点）", "Change (of shares: percentage points)", number("", 2)))
	}
	weights := 0.0
	for i := range c.Components {
		weights += c.Components[i].Weight
	}
	weights = max(weights, math.SmallestNonzeroFloat64)
	for i := range c.Components {
		p := component{&c.Components[i]}
		outside := report.Cell{}
		if p.Outside {
			outside = words(say("超限", "outside"))
		}
		row := []report.Cell{
			words(componentName(p.Name)), figure(p.Weight / weights), cell(p.measured()), words(p.unit()),
			perhaps(p.scaled(p.Limit).Value), perhaps(p.Score), figure(p.Coverage), outside,
		}
		if was != nil {
			var then *float64
			for _, q := range was.Components {
				if q.Name == p.Name {
					then = q.Value
				}
			}
			row = append(row, perhaps(p.scaled(then).Value), change(p.scaled(p.Value).Value, p.scaled(then).Value))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// component is one as people read it: shares in percent, with the unit beside.
type component struct{ *scorecard.Component }

func (c component) scaled(v *float64) report.Value {
	v = known(v)
	if v != nil && c.Unit == "" {
		percent := 100 * *v
		v = &percent
	}
	return report.Value{Value: v}
}

func (c component) measured() report.Value {
	return report.Value{Value: c.scaled(c.Value).Value, Low: c.scaled(c.Low).Value, High: c.scaled(c.High).Value, N: c.N, Why: c.Why}
}

func (c component) unit() report.Text {
	switch c.Unit {
	case "":
		return say("%", "%")
	case "1/(100 households month)":
		return say("件/百户·月", "per 100 homes a month")
	case "x median":
		return say("倍（同类楼栋中位数）", "× median of peers")
	}
	return say(c.Unit, c.Unit)
}

// partTable has what components are made of: complaints by type, fees and inspections by
// kind. How many is what the component itself counts: cases, and never yuan.
func partTable(c *scorecard.Card) report.Table {
	t := report.Table{
		Name: "scorecard_parts", Title: say("按类型", "By type"), Most: pageRows,
		Columns: []report.Column{
			textColumn("component", "指标", "Component"), textColumn("type", "类型", "Type"), numberColumn("value", "数值", "Value", number("", 2)), textColumn("unit", "单位", "Unit"), numberColumn("n", "数量", "Number", whole),
		},
	}
	for i := range c.Components {
		p := component{&c.Components[i]}
		for _, part := range p.Parts {
			t.Rows = append(t.Rows, []report.Cell{words(componentName(p.Name)), words(partName(part.Name)), cell(p.scaled(&part.Value)), words(p.unitOf(part.Name)), figure(part.N)})
		}
	}
	return t
}

// unitOf is that of a part: two of energy are no multiples of a median.
func (c component) unitOf(part string) report.Text {
	switch {
	case c.Name != "energy_intensity":
	case part == "kwh_per_m2_a":
		return say("千瓦时/平方米·年", "kWh per m² and year")
	case part == "percentile":
		return report.Text{}
	}
	return c.unit()
}

// partName is what a type of complaints or a kind of fees or inspections is called.
func partName(name string) report.Text {
	switch name {
	case "kwh_per_m2_a":
		return say("用电", "use")
	case "percentile":
		return say("同类楼栋百分位", "percentile of its peers")
	}
	zh := map[string]string{
		"repair": "报修", "noise": "噪音", "cleaning": "保洁", "security": "安保", "parking": "停车", "fee": "收费", "other": "其他",
		"safety": "安全", "fire": "消防", "elevator": "电梯", "equipment": "设备", "green": "绿化", "greening": "绿化", "environment": "环境", "quality": "品质", "property": "物业费", "utility": "水电费", "rent": "租金",
	}[name]
	return say(cmp.Or(zh, name), name)
}

// componentName is what a component is called.
func componentName(name string) report.Text {
	switch name {
	case "response_entrapment":
		return say("困人响应", "response to entrapments")
	case "response_repair":
		return say("报修响应", "response to repairs")
	case "response_complaint":
		return say("投诉响应", "response to complaints")
	case "complaint_rate":
		return say("投诉率", "complaint rate")
	case "collection_rate":
		return say("收缴率", "collection rate")
	case "inspection_project":
		return say("项目日检完成率", "daily inspections done by projects")
	case "inspection_region":
		return say("区域月检完成率", "monthly inspections done by regions")
	case "inspection_hq":
		return say("总部季检完成率", "quarterly inspections done by headquarters")
	case "availability":
		return say("设备可用率", "availability of equipment")
	case "energy_intensity":
		return say("单位面积能耗", "energy a square metre")
	}
	return say(name, name)
}

func outsideWords(projects, components int) report.Text {
	zh, many := "%d 个项目的 %d 项指标超出限值，应发整改通知。", "%d projects are outside their limits in %d components: rectification notices are due."
	if components == 1 {
		return sayf(zh, "%d project is outside its limit in %d component: a rectification notice is due.", projects, components)
	}
	return sayn(projects, zh, "%d project is outside its limits in %d components: rectification notices are due.", many, components)
}

// notices are the components outside their limits: for each a rectification notice is
// due.
func (b *book) notices() ([]report.Section, error) {
	title := say("整改", "Rectification")
	if _, found := b.now[scorecardJob]; !found {
		return nil, nil // the scorecards say so
	}
	all, err := b.cards()
	if err != nil {
		return nil, err
	}
	s := report.Section{Name: "notices", Title: title}
	table := report.Table{
		Name: "notices", Title: say("超出限值的指标", "Components outside their limits"), Most: pageRows,
		Columns: []report.Column{
			textColumn("place", "位置", "Place"), textColumn("name", "名称", "Name"), textColumn("component", "指标", "Component"),
			numberColumn("value", "数值", "Value", number("", 2)), numberColumn("limit", "限值", "Limit", number("", 2)), textColumn("unit", "单位", "Unit"),
		},
	}
	projects := map[authz.Place]bool{}
	for _, c := range all {
		if !projectBelow(c.at, b.Place) {
			continue
		}
		for i := range c.Components {
			p := component{&c.Components[i]}
			if !p.Outside {
				continue
			}
			projects[c.at] = true
			table.Rows = append(table.Rows, []report.Cell{
				text(scopeOf(c.at)), words(b.name(c.at)), words(componentName(p.Name)),
				cell(p.measured()), perhaps(p.scaled(p.Limit).Value), words(p.unit()),
			})
		}
	}
	if len(table.Rows) == 0 {
		s.Text = []report.Text{say("没有项目的指标确定超出限值。", "No project is surely outside a limit.")}
		return []report.Section{s}, nil
	}
	s.Text = []report.Text{outsideWords(len(projects), len(table.Rows))}
	s.Facts = []report.Fact{{Title: say("应整改", "To be rectified"), Value: report.Value{Value: ptr(float64(len(table.Rows)))}, Format: whole, Good: -1}}
	s.Tables = []report.Table{table}
	s.Notes = []report.Text{
		say("只有整个区间都在限值之外才算超限。", "Outside means that the whole interval is beyond the limit."),
		say("通知的签发和办理状态不在本报告内，见整改通知。", "Which notices were issued and how they stand is not in this report: see the rectification notices."),
	}
	return []report.Section{s}, nil
}
