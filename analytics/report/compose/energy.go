package compose

import (
	"cmp"
	"slices"

	"steward/analytics/report"
	"steward/internal/authz"
	"steward/internal/findings"
)

var energyTitle = say("能源浪费", "Energy waste")

// energy are the sections of the report on energy.
func (b *book) energy() []func() ([]report.Section, error) {
	return []func() ([]report.Section, error){b.use, b.waste, b.saved, b.balances}
}

// found is a finding with its place.
type found struct {
	at authz.Place
	findings.Seen
}

// seen is the document "findings" of a project.
type seen struct {
	LeftOut  int `json:"left_out"`
	Findings []struct {
		Region  string         `json:"region"`
		Project string         `json:"project"`
		State   findings.State `json:"state"` // as of the run; "" of one that nobody keeps
		findings.Seen
	} `json:"findings"`
}

// dealt reports whether somebody has dealt with a finding: what was dismissed, mended or
// verified is nothing that headquarters would still have to spend on.
func dealt(s findings.State) bool {
	return s == findings.Dismissed || s == findings.Fixed || !s.Standing()
}

// maxFindings bounds the list: those that cost most; the others are summed.
const maxFindings = 1000

// pile is what was found, the costliest first, and the sum of all.
type pile struct {
	top       []found
	n         int
	sum       float64 // yuan a year, of those whose cost is known
	priced    int
	left      int // that the run itself left out, for they cost less
	dealt     int // that are settled, and in none of these
	projected int // whose year is projected from a month or two
	mended    int // of those: not verified yet, which the sum of the analysis goes on to count
	kinds     map[string]*kindSum
}

type kindSum struct {
	n    int
	yuan float64
}

func dearest(x, y found) int {
	yuan := func(f *found) float64 {
		if f.RateCNY.Value == nil {
			return -1
		}
		return *f.RateCNY.Value
	}
	return cmp.Or(cmp.Compare(yuan(&y), yuan(&x)), comparePlaces(x.at, y.at), cmp.Compare(x.Kind, y.Kind), cmp.Compare(x.Subject, y.Subject))
}

func (p *pile) add(f found) {
	p.n++
	k := p.kinds[f.Kind]
	if k == nil {
		k = &kindSum{}
		p.kinds[f.Kind] = k
	}
	k.n++
	if v := known(f.RateCNY.Value); v != nil {
		p.sum += *v
		p.priced++
		k.yuan += *v
	}
	if f.Rate.Value != nil && f.Rate.Why != "" {
		p.projected++
	}
	f.Evidence = nil // a chart of its own, and large
	p.top = append(p.top, f)
	if len(p.top) > 2*maxFindings {
		p.trim()
	}
}

func (p *pile) trim() {
	slices.SortFunc(p.top, dearest)
	p.top = p.top[:min(len(p.top), maxFindings)]
}

// waste lists what was found, ranked in yuan.
func (b *book) waste() ([]report.Section, error) {
	r, is := b.now[energyJob]
	if !is {
		return b.absent("energy", energyTitle, energyJob), nil
	}
	gather := func(id string) (*pile, int, int, error) {
		p := &pile{kinds: map[string]*kindSum{}}
		run, documents := b.used[id], 0
		left, err := each(b, run, "findings", func(at authz.Place, _ string, doc *seen) {
			documents++
			if at.Project == "" {
				return // those of the projects are not counted twice
			}
			p.left += doc.LeftOut
			for _, one := range doc.Findings {
				if dealt(one.State) {
					p.dealt++
					if one.State == findings.Fixed {
						p.mended++
					}
					continue
				}
				p.add(found{at, one.Seen})
			}
		})
		p.trim()
		return p, documents, left, err
	}
	p, documents, left, err := gather(r.ID)
	if err != nil {
		return nil, err
	}
	s := report.Section{Name: "energy", Title: energyTitle}
	if documents == 0 {
		return nothing("energy", energyTitle), nil
	}
	// The sum of the place is that of the analysis: of what several findings see of the
	// same energy it counts the most, where a sum of the list counts it twice.
	sums, earlier, err := b.both(energyJob, "waste_a_year_cny")
	if err != nil {
		return nil, err
	}
	sum := sums.of("waste_a_year_cny", b.Place, "")
	s.Facts = []report.Fact{
		fact(say("每年浪费", "Waste a year"), money, -1, sum, earlier.of("waste_a_year_cny", b.Place, "")),
		{Title: say("浪费项", "Findings"), Value: report.Value{Value: ptr(float64(p.n + p.left))}, Format: whole, Good: -1},
	}
	if then, is := b.before[energyJob]; is {
		was, documents, _, err := gather(then.ID)
		if err != nil {
			return nil, err
		}
		if documents > 0 {
			s.Facts[1].Before = &report.Value{Value: ptr(float64(was.n + was.left))}
		}
	}
	s.Notes = b.asOf(energyJob)
	if p.dealt > 0 {
		s.Notes = append(s.Notes, sayn(p.dealt, "已驳回、已整改或已验证的 %d 项未列出。", "%d finding that was dismissed, mended or verified is not listed.", "%d findings that were dismissed, mended or verified are not listed."))
	}
	if p.mended > 0 {
		s.Notes = append(s.Notes, sayn(p.mended, "其中 %d 项已整改而未验证，每年浪费的总额仍含这些项。", "%d of them is mended and not verified yet: the waste a year still has it in it.", "%d of them are mended and not verified yet: the waste a year still has them in it."))
	}
	switch {
	case p.n == 0 && s.Facts[0].Value.Value == nil: // nobody could look
		why := insufficient(s.Facts[0].Value.Why)
		s.Text = []report.Text{{ZH: why.ZH + "。", EN: why.EN + "."}}
		return []report.Section{s}, nil
	case p.n == 0 && p.dealt > 0:
		s.Text = []report.Text{say("没有尚待处理的浪费。", "No waste is waiting to be dealt with.")}
		return []report.Section{s}, nil
	case p.n == 0:
		s.Text = []report.Text{say("没有发现足够确定的浪费。", "Nothing was found that is sure enough to be called waste.")}
		return []report.Section{s}, nil
	}
	s.Text = []report.Text{p.words(s.Facts[0].Value)}
	s.Charts, s.Tables = p.charts(), []report.Table{p.kindTable(s.Facts[0].Value), p.table(b)}
	if p.n > p.priced {
		s.Notes = append(s.Notes, sayn(p.n-p.priced, "%d 项没有电价或水价，未计入金额。", "%d finding has no price and is not in the sum.", "%d findings have no price and are not in the sum."))
	}
	if p.left > 0 {
		s.Notes = append(s.Notes, sayn(p.left, "另有 %d 项金额较小，分析时已略去。", "%d finding that cost less was left out by the analysis.", "%d findings that cost less were left out by the analysis."))
	}
	if left > 0 {
		s.Notes = append(s.Notes, sayn(left, "另有 %d 个项目的清单未读取。", "The list of %d more project was not read.", "The lists of %d more projects were not read."))
	}
	if sum != nil && sum.Value != nil && sum.Why != "" {
		s.Notes = append(s.Notes, caution(sum.Why))
	}
	if p.projected > 0 {
		s.Notes = append(s.Notes, sayn(p.projected, "其中 %d 项的每年金额由一两个月推算，区间只反映实测的时段；实测的是“至今”。", "The yearly amount of %d of them is a projection of a month or two, with the interval of that time alone: measured is what there was so far.", "The yearly amounts of %d of them are projections of a month or two, with the interval of that time alone: measured is what there was so far."))
	}
	s.Notes = append(s.Notes, say("金额是持续一年的推算。几项可能看到同一份能源，总额只计其一，因此小于各项之和。",
		"Amounts are what a year of it would cost. Findings may see the same energy; the sum counts it once, and is less than they add up to."))
	return []report.Section{s}, nil
}

func (p *pile) words(sum report.Value) report.Text {
	if sum.Value == nil {
		return sayn(p.n, "发现 %d 项浪费，总额未知。", "%d finding; what it comes to is not known.", "%d findings; what they come to is not known.")
	}
	t := sayn(p.n, "发现 %d 项浪费，若持续一年约 %s 元", "%d finding, about %s yuan a year if it goes on", "%d findings, about %s yuan a year if they go on", yuan(*sum.Value))
	zh, en := yuanBetween(sum)
	return report.Text{ZH: t.ZH + zh + "。", EN: t.EN + en + "."}
}

// kindsOf are the kinds of findings, the costliest first.
func (p *pile) kindsOf() []string {
	var all []string
	for kind := range p.kinds {
		all = append(all, kind)
	}
	slices.SortFunc(all, func(x, y string) int {
		return cmp.Or(cmp.Compare(p.kinds[y].yuan, p.kinds[x].yuan), cmp.Compare(p.kinds[y].n, p.kinds[x].n), cmp.Compare(x, y))
	})
	return all
}

func (p *pile) charts() []report.Chart {
	chart := report.Chart{Kind: "bars", Title: say("每年浪费，按类别", "Waste a year, by kind"), Format: money, Series: []report.Series{{Name: say("元", "Yuan")}}}
	for _, kind := range p.kindsOf() {
		if k := p.kinds[kind]; k.yuan > 0 {
			chart.X = append(chart.X, findingName(kind))
			chart.Series[0].Values = append(chart.Series[0].Values, report.Value{Value: finite(k.yuan), N: float64(k.n)})
		}
	}
	top := report.Chart{Kind: "bars", Title: say("花费最多的", "The costliest"), Format: money, Series: []report.Series{{Name: say("元", "Yuan")}}}
	for i := range p.top {
		f := &p.top[i]
		if f.RateCNY.Value == nil || len(top.X) == chartBars {
			break
		}
		top.X = append(top.X, f.Title)
		top.Series[0].Values = append(top.Series[0].Values, amount(f.RateCNY))
	}
	var all []report.Chart
	for _, c := range []report.Chart{chart, top} {
		if len(c.X) > 0 {
			all = append(all, c)
		}
	}
	return all
}

func (p *pile) kindTable(sum report.Value) report.Table {
	t := report.Table{
		Name: "energy_kinds", Title: say("按类别", "By kind"),
		Columns: []report.Column{textColumn("kind", "类别", "Kind"), numberColumn("findings", "项", "Findings", whole), numberColumn("yuan", "每年", "A year", money)},
		Total:   []report.Cell{words(say("合计，不重复", "total, each once")), figure(float64(p.n)), cell(sum)},
	}
	for _, kind := range p.kindsOf() {
		t.Rows = append(t.Rows, []report.Cell{words(findingName(kind)), figure(float64(p.kinds[kind].n)), figure(p.kinds[kind].yuan)})
	}
	return t
}

func (p *pile) table(b *book) report.Table {
	most := pageRows
	if b.Name == Monthly {
		most = shortLines // the report on energy has them
	}
	t := report.Table{
		Name: "energy_findings", Title: say("浪费清单", "Findings"), Most: most,
		Columns: []report.Column{
			textColumn("place", "位置", "Place"), textColumn("name", "名称", "Name of place"), textColumn("building", "楼栋", "Building"), textColumn("kind", "类别", "Kind"), textColumn("subject", "对象", "About"),
			textColumn("title", "发现", "What"), column("since", say("自", "Since"), "time", report.Format{}), numberColumn("a_year", "每年量（推算）", "A year, projected", number("", 0)), textColumn("unit", "单位", "Unit"),
			numberColumn("yuan", "每年（推算）", "Yuan a year, projected", money), numberColumn("so_far", "至今（实测）", "Yuan so far, measured", money), numberColumn("confidence", "把握", "How sure", percent), numberColumn("coverage", "数据完整率", "Coverage", percent), textColumn("advice", "措施", "What to do"),
		},
	}
	shown := 0.0
	for i := range p.top {
		f := &p.top[i]
		if v := known(f.RateCNY.Value); v != nil {
			shown += *v
		}
		t.Rows = append(t.Rows, []report.Cell{
			text(scopeOf(f.at)), words(b.name(f.at)), text(f.Building), words(findingName(f.Kind)), text(f.Subject), words(f.Title), moment(f.Since.UTC()),
			cell(amount(f.Rate)), unit(f.Rate.Unit), cell(amount(f.RateCNY)), cell(amount(f.SofarCNY)), figure(f.Score), figure(f.Coverage), words(f.Advice),
		})
	}
	if left := p.n - len(p.top); left > 0 {
		t.Left = left
		t.Total = make([]report.Cell, len(t.Columns))
		t.Total[0] = words(sayn(left, "其余 %d 项", "%d other", "%d others"))
		t.Total[9] = figure(p.sum - shown)
	}
	return t
}

func amount(a findings.Amount) report.Value {
	return report.Value{Value: known(a.Value), Low: known(a.Low), High: known(a.High), Why: a.Why}
}

// findingName is what a kind of finding is called.
func findingName(kind string) report.Text {
	switch kind {
	case "night_base":
		return say("夜间基荷", "night base load")
	case "out_of_hours":
		return say("非工作时间", "out of hours")
	case "holiday":
		return say("节假日", "holidays")
	case "stuck_on":
		return say("设备常开", "stuck on")
	case "excess":
		return say("超出基线", "above the baseline")
	case "peak_demand":
		return say("最大需量", "peak demand")
	case "low_load_factor":
		return say("负荷率低", "low load factor")
	case "power_factor":
		return say("功率因数", "power factor")
	case "balance_loss":
		return say("分表损耗", "loss between meters")
	case "balance_theft":
		return say("疑似窃用", "possible theft")
	case "missing_meter":
		return say("缺表", "missing meter")
	case "water_leak":
		return say("漏水", "water leak")
	case "anomaly":
		return say("异常用量", "anomalous use")
	}
	return say(kind, kind)
}
