package compose

import (
	"cmp"
	"slices"

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
	table := report.Table{
		Name: "scorecards", Title: say("各处得分", "Scores by place"), Most: pageRows,
		Columns: []report.Column{
			textColumn("place", "位置", "Place"), textColumn("name", "名称", "Name"), numberColumn("score", "得分", "Score", score), numberColumn("rank", "排名", "Rank", whole), numberColumn("of", "共", "Of", whole),
			numberColumn("known", "已知权重", "Known weight", percent), numberColumn("outside", "超限项", "Outside limits", whole),
		},
	}
	var below []carded
	for _, c := range all {
		if c.at != b.Place {
			below = append(below, c)
		}
	}
	// Regions above projects, and of each the best first; one without a score last.
	slices.SortStableFunc(below, func(x, y carded) int {
		return cmp.Or(boolCompare(x.at.Project != "", y.at.Project != ""), cmp.Compare(scored(&y.Card), scored(&x.Card)))
	})
	chart := report.Chart{Kind: "bars", Title: say("得分", "Score"), Format: score, Series: []report.Series{{Name: say("得分", "Score")}}}
	for i := range below {
		c := &below[i]
		out := 0
		for _, p := range c.Components {
			if p.Outside {
				out++
			}
		}
		rank, of := report.Cell{}, report.Cell{}
		if c.Rank > 0 {
			rank, of = figure(float64(c.Rank)), figure(float64(c.Of))
		}
		table.Rows = append(table.Rows, []report.Cell{
			text(scopeOf(c.at)), words(b.name(c.at)), cell(scoreOf(&c.Card)), rank, of, figure(c.Known), figure(float64(out)),
		})
		if down(c.at, b.Place) && c.Score != nil && len(chart.X) < chartBars {
			chart.X = append(chart.X, b.name(c.at))
			chart.Series[0].Values = append(chart.Series[0].Values, valueOf(c.Score))
		}
	}
	if len(table.Rows) > 0 {
		s.Tables = append(s.Tables, table)
	}
	if len(chart.X) > 1 {
		s.Charts = append(s.Charts, chart)
	}
	if own != nil {
		for _, w := range own.Warnings {
			s.Notes = append(s.Notes, sayf("注意：%s", "Note: %s", w))
		}
	}
	return []report.Section{s}, nil
}

func scoreOf(c *scorecard.Card) report.Value {
	v := valueOf(c.Score)
	if v.Value == nil {
		v.Why = "insufficient data: too few components are known"
	}
	return v
}

func scored(c *scorecard.Card) float64 {
	if c.Score == nil {
		return -1
	}
	return *c.Score
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
