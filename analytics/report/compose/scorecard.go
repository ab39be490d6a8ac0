package compose

import (
	"cmp"
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
			text(c.Contractor), figure(float64(c.N)), figure(float64(c.Open)), cell(quantile(c.Median)), cell(quantile(c.P90)), cell(withinValue(c.Within)),
			cell(report.Value{Value: known(c.Repeats.Share), Low: known(c.Repeats.Low), High: known(c.Repeats.High), N: float64(c.Repeats.N), Why: c.Repeats.Why}),
			perhaps(c.Yuan), words(verdictWords(verdict)),
		})
	}
	s := report.Section{Name: "repair_contractors", Title: say("维修工单", "Repair orders"), Tables: []report.Table{table}}
	if contracts {
		s.Facts = []report.Fact{{Title: say("维修违约金", "Penalties for repairs"), Value: report.Value{Value: finite(owed)}, Format: money}}
	}
	if doc.Unusable > 0 {
		s.Notes = append(s.Notes, sayf("有 %d 张工单的完成早于创建，未计入。", "%d orders were done before they were made, and are left out.", doc.Unusable))
	}
	if doc.Dropped > 0 {
		s.Notes = append(s.Notes, sayf("有 %d 张工单超出可处理的数量，未计入。", "%d orders are beyond the most that are judged, and are left out.", doc.Dropped))
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
	t := sayf("得分 %s（满分 100），已知的指标占权重 %s。", "The score is %s of 100; what is known has %s of the weights.", short(*c.Score), share(c.Known))
	if c.Rank > 0 {
		rank := sayf("排名 %d / %d。", " Rank %d of %d.", c.Rank, c.Of)
		t.ZH, t.EN = t.ZH+rank.ZH, t.EN+rank.EN
	}
	return t
}

func componentTable(c, was *scorecard.Card) report.Table {
	t := report.Table{
		Name: "scorecard_components", Title: say("各项指标", "Components"),
		Columns: []report.Column{
			textColumn("component", "指标", "Component"), numberColumn("weight", "权重", "Weight", percent), numberColumn("value", "数值", "Value", number("", 3)), textColumn("unit", "单位", "Unit"),
			numberColumn("limit", "限值", "Limit", number("", 3)), numberColumn("score", "得分", "Score", number("", 1)), numberColumn("coverage", "数据完整率", "Coverage", percent), textColumn("outside", "超限", "Outside"),
		},
	}
	if was != nil {
		t.Columns = append(t.Columns, numberColumn("before", "上期", "Before", number("", 3)), numberColumn("change", "变化", "Change", number("", 3)))
	}
	for _, p := range c.Components {
		outside := report.Cell{}
		if p.Outside {
			outside = words(say("超限", "outside"))
		}
		row := []report.Cell{
			words(componentName(p.Name)), figure(p.Weight), cell(report.Value{Value: known(p.Value), Low: known(p.Low), High: known(p.High), N: p.N, Why: p.Why}), text(p.Unit),
			perhaps(p.Limit), perhaps(p.Score), figure(p.Coverage), outside,
		}
		if was != nil {
			var then *float64
			for _, q := range was.Components {
				if q.Name == p.Name {
					then = q.Value
				}
			}
			row = append(row, perhaps(then), change(p.Value, then))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
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
			numberColumn("value", "数值", "Value", number("", 3)), numberColumn("limit", "限值", "Limit", number("", 3)), textColumn("unit", "单位", "Unit"),
		},
	}
	projects := map[authz.Place]bool{}
	for _, c := range all {
		if !projectBelow(c.at, b.Place) {
			continue
		}
		for _, p := range c.Components {
			if !p.Outside {
				continue
			}
			projects[c.at] = true
			table.Rows = append(table.Rows, []report.Cell{
				text(scopeOf(c.at)), words(b.name(c.at)), words(componentName(p.Name)),
				cell(report.Value{Value: known(p.Value), Low: known(p.Low), High: known(p.High), N: p.N}), perhaps(p.Limit), text(p.Unit),
			})
		}
	}
	if len(table.Rows) == 0 {
		s.Text = []report.Text{say("没有项目的指标确定超出限值。", "No project is surely outside a limit.")}
		return []report.Section{s}, nil
	}
	s.Text = []report.Text{sayf("%d 个项目的 %d 项指标超出限值，应发整改通知。", "%d projects are outside their limits in %d components: rectification notices are due.", len(projects), len(table.Rows))}
	s.Facts = []report.Fact{{Title: say("应整改", "To be rectified"), Value: report.Value{Value: ptr(float64(len(table.Rows)))}, Format: whole, Good: -1}}
	s.Tables = []report.Table{table}
	s.Notes = []report.Text{say("只有整个区间都在限值之外才算超限。", "Outside means that the whole interval is beyond the limit.")}
	return []report.Section{s}, nil
}
