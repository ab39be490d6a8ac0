// Package reporttest has reports to test renderings with: one like those that
// headquarters read, one with hostile texts, and one that is empty.
package reporttest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"time"

	"steward/analytics/report"
)

// Shanghai is the zone of the samples. It has no daylight saving, so that a fixed
// offset does.
var Shanghai = time.FixedZone("Asia/Shanghai", 8*3600)

type text = report.Text

func num(x float64) report.Value { return report.Value{Value: &x} }

func est(x, low, high, n float64) report.Value {
	return report.Value{Value: &x, Low: &low, High: &high, N: n}
}

func scarce(zh, en string) report.Value {
	return report.Value{Why: "insufficient data: " + en, Reason: &text{ZH: "数据不足：" + zh, EN: "insufficient data: " + en}}
}

func cell(v report.Value) report.Cell { return report.Cell{Value: &v} }
func said(s string) report.Cell       { return report.Cell{Text: s} }
func both(zh, en string) report.Cell  { return report.Cell{Words: &text{ZH: zh, EN: en}} }

// Formats of the samples.
var (
	Percent  = report.Format{Kind: "percent", Decimals: 1}
	Money    = report.Format{Kind: "money"}
	Integer  = report.Format{Kind: "integer"}
	KWh      = report.Format{Kind: "number", Unit: "kWh", Decimals: 1}
	Duration = report.Format{Kind: "duration"}
	Rate     = report.Format{Kind: "number", Decimals: 2}
)

var projects = []text{
	{ZH: "滨江花园", EN: "Riverside Garden"}, {ZH: "海港中心", EN: "Harbour Centre"}, {ZH: "云溪国际社区（二期）", EN: "Cloud Brook International Community (phase II)"},
	{ZH: "科技园南区", EN: "Science Park South"}, {ZH: "金茂府", EN: "Jinmao Residence"}, {ZH: "东湖里", EN: "East Lake Lane"}, {ZH: "城市之光", EN: "City Light"}, {ZH: "山水文园", EN: "Hills and Water"},
}

// Sample is a monthly report with every kind of fact, chart and column, a table of
// 200 rows that a page cuts, and values that are missing. It is the same each time.
func Sample() *report.Report {
	rnd := rand.New(rand.NewPCG(5, 7)) // the same each time
	month := time.Date(2026, 10, 1, 0, 0, 0, 0, Shanghai)
	r := Head()
	r.Sections = []report.Section{response(rnd), energy(rnd, month), reliability(rnd), plan(rnd)}
	return r
}

// Head is the sample without its sections.
func Head() *report.Report {
	month := time.Date(2026, 10, 1, 0, 0, 0, 0, Shanghai)
	whole, most := 1.0, 0.9834
	return &report.Report{
		Name: "monthly", Title: text{ZH: "总部月度运营报告（2026 年 10 月）", EN: "Headquarters monthly report, October 2026"},
		Company: text{ZH: "恒安物业服务集团", EN: "Evergreen Property Services"}, Scope: "", Of: text{ZH: "全公司", EN: "Whole company"},
		From: month, To: month.AddDate(0, 1, 0), Zone: "Asia/Shanghai",
		MadeAt: time.Date(2026, 11, 2, 6, 30, 0, 0, time.UTC), AsOf: time.Date(2026, 11, 2, 6, 0, 0, 0, time.UTC),
		Runs: []report.Run{
			{Job: "standards", ID: "01JBNR2M7T8H5Q4W9Z3X6C1V0B", From: month, To: month.AddDate(0, 1, 0), Made: month.AddDate(0, 1, 1), Coverage: &whole, Version: "3"},
			{Job: "energy", ID: "01JBNR3K2D6F8G0H1J4K7L9M3N", From: month, To: month.AddDate(0, 1, 0), Made: month.AddDate(0, 1, 1), Coverage: &most, Version: "1"},
			{Job: "reliability", ID: "01JBNR4P5R7S9T1V3W5X7Y9Z2A", From: month.AddDate(-1, 1, 0), To: month.AddDate(0, 1, 0), Made: month.AddDate(0, 1, 1), Version: "2"},
		},
	}
}

func response(rnd *rand.Rand) report.Section {
	s := report.Section{
		Name: "response", Title: text{ZH: "响应时限", EN: "Response standards"},
		Text: []text{
			{ZH: "本月共 1,284 起事件适用响应时限，总体达标率 92.3%，较上月提高 2.1 个百分点。海港中心与云溪国际社区（二期）低于 90% 的限值，已分别下发整改通知。",
				EN: "In this month 1,284 incidents had a response standard. 92.3 % were met, 2.1 points more than in the month before. Harbour Centre and Cloud Brook (phase II) are below the limit of 90 %; both have a rectification notice."},
		},
		Facts: []report.Fact{
			{Title: text{ZH: "时限达标率", EN: "Standards met"}, Value: est(.923, .907, .937, 1284), Format: Percent, Before: new(est(.882, .863, .899, 1190)), Good: 1},
			{Title: text{ZH: "到场时间（中位数）", EN: "Time to arrive (median)"}, Value: est(500, 470, 540, 1284), Format: Duration, Before: new(est(512, 480, 550, 1190)), Good: -1},
			{Title: text{ZH: "超时事件", EN: "Breaches"}, Value: num(99), Format: Integer, Before: new(num(81)), Good: -1},
			{Title: text{ZH: "合同违约金", EN: "Penalties by contract"}, Value: num(38450), Format: Money, Before: new(num(38450))},
			{Title: text{ZH: "困人救援（95 分位）", EN: "Entrapments (95th percentile)"}, Value: scarce("本月仅 2 起，至少需 5 起", "2 in this month, at least 5 are needed"), Format: Duration},
		},
		Notes: []text{
			{ZH: "区间为 Wilson 95% 置信区间。仍在计时的事件未计入达标率。", EN: "Intervals are Wilson's at 95 %. Clocks that still run are not in the share."},
		},
	}
	limit := .9
	bars := report.Chart{Kind: "bars", Title: text{ZH: "各项目时限达标率", EN: "Standards met by project"}, Format: Percent, Limit: &limit}
	table := report.Table{Name: "response_by_project", Title: text{ZH: "各项目响应情况", EN: "Response by project"}, Columns: []report.Column{
		{Name: "project", Title: text{ZH: "项目", EN: "Project"}, Type: "text"},
		{Name: "share", Title: text{ZH: "达标率", EN: "Met"}, Type: "number", Format: Percent},
		{Name: "median", Title: text{ZH: "中位数", EN: "Median"}, Type: "number", Format: Duration},
		{Name: "p95", Title: text{ZH: "95 分位", EN: "95th percentile"}, Type: "number", Format: Duration},
		{Name: "breaches", Title: text{ZH: "超时", EN: "Breaches"}, Type: "number", Format: Integer},
		{Name: "penalty", Title: text{ZH: "违约金", EN: "Penalty"}, Type: "number", Format: Money},
	}}
	values := []report.Value{}
	for i, p := range projects {
		share := .86 + rnd.Float64()*.12
		n := float64(40 + rnd.IntN(300))
		half := 1.96 * math.Sqrt(share*(1-share)/n)
		v := est(share, share-half, math.Min(1, share+half), n)
		p95 := est(1400+rnd.Float64()*900, 1200, 2600, n)
		if i == 5 {
			v = scarce("仅 3 起事件，至少需 5 起", "3 incidents, at least 5 are needed")
			p95 = scarce("仅 3 起事件，至少需 20 起", "3 incidents, at least 20 are needed")
		}
		values = append(values, v)
		bars.X = append(bars.X, p)
		table.Rows = append(table.Rows, []report.Cell{
			{Words: &p}, cell(v), cell(est(420+rnd.Float64()*300, 400, 760, n)), cell(p95), cell(num(math.Round(n * .08))), cell(num(math.Round(n*.08) * 300)),
		})
	}
	bars.Series = []report.Series{{Name: text{ZH: "达标率", EN: "Met"}, Values: values}}
	table.Total = []report.Cell{both("合计", "Total"), cell(est(.923, .907, .937, 1284)), cell(est(500, 470, 540, 1284)), cell(est(1810, 1640, 2040, 1284)), cell(num(99)), cell(num(38450))}
	heat := report.Chart{Kind: "heat", Title: text{ZH: "各时段超时次数", EN: "Breaches by hour and day of the week"}, Format: Integer}
	for h := range 24 {
		heat.X = append(heat.X, text{ZH: fmt.Sprint(h), EN: fmt.Sprint(h)})
	}
	days := []text{{ZH: "周一", EN: "Mon"}, {ZH: "周二", EN: "Tue"}, {ZH: "周三", EN: "Wed"}, {ZH: "周四", EN: "Thu"}, {ZH: "周五", EN: "Fri"}, {ZH: "周六", EN: "Sat"}, {ZH: "周日", EN: "Sun"}}
	for d, day := range days {
		row := report.Series{Name: day}
		for h := range 24 {
			v := num(math.Floor(rnd.Float64() * 4 * (1 + 3*math.Exp(-math.Pow(float64(h)-18.5, 2)/8))))
			if d == 6 && h > 1 && h < 5 {
				v = scarce("停机维护", "maintenance")
			}
			row.Values = append(row.Values, v)
		}
		heat.Y, heat.Series = append(heat.Y, day), append(heat.Series, row)
	}
	s.Charts, s.Tables = []report.Chart{bars, heat}, []report.Table{table}
	return s
}

func energy(rnd *rand.Rand, month time.Time) report.Section {
	s := report.Section{
		Name: "energy", Title: text{ZH: "能源浪费", EN: "Energy waste"},
		Text: []text{{ZH: "与基线相比，本月超额用电 12,480.5 kWh（区间 8,120.0–16,903.2），折合 ¥10,733。", EN: "Against the baseline 12,480.5 kWh (8,120.0–16,903.2) were used in excess, ¥10,733."}},
		Facts: []report.Fact{
			{Title: text{ZH: "超额用电", EN: "Excess use"}, Value: est(12480.5, 8120, 16903.2, 744), Format: KWh, Before: new(est(9870, 5200, 14100, 720)), Good: -1},
			{Title: text{ZH: "超额费用", EN: "Cost of it"}, Value: est(10733, 6983, 14537, 744), Format: Money, Before: new(est(20870, 18100, 23900, 720)), Good: -1},
			{Title: text{ZH: "夜间漏水", EN: "Leak at night"}, Value: est(18.42, 12.1, 25, 31), Format: report.Format{Kind: "number", Unit: "m3/d", Decimals: 1}},
		},
	}
	lines := report.Chart{Kind: "lines", Title: text{ZH: "每日用电与基线", EN: "Use by day and the baseline"}, Format: KWh, Limit: new(5200.0)}
	used, base := report.Series{Name: text{ZH: "实测", EN: "Measured"}}, report.Series{Name: text{ZH: "基线", EN: "Baseline"}}
	daily := report.Table{Name: "energy_by_day", Title: text{ZH: "每日明细", EN: "By day"}, Columns: []report.Column{
		{Name: "day", Title: text{ZH: "日期", EN: "Day"}, Type: "date"},
		{Name: "peak_at", Title: text{ZH: "最大需量时刻", EN: "Peak at"}, Type: "time"},
		{Name: "use", Title: text{ZH: "用电量", EN: "Use"}, Type: "number", Format: KWh},
		{Name: "excess", Title: text{ZH: "超额", EN: "Excess"}, Type: "number", Format: KWh},
		{Name: "cost", Title: text{ZH: "费用", EN: "Cost"}, Type: "number", Format: report.Format{Kind: "money", Decimals: 2}},
		{Name: "note", Title: text{ZH: "说明", EN: "Note"}, Type: "text"},
	}}
	for d := range 31 {
		day := month.AddDate(0, 0, d)
		label := day.Format("01-02")
		lines.X = append(lines.X, text{ZH: label, EN: label})
		b := 4300 + 500*math.Sin(float64(d)/5)
		base.Values = append(base.Values, est(b, b*.93, b*1.07, 24))
		u := num(b + rnd.NormFloat64()*350 + 180)
		note := report.Cell{}
		if d == 12 || d == 13 {
			u = scarce("电表未上报", "the meter did not report")
			note = both("电表未上报", "the meter did not report")
		}
		used.Values = append(used.Values, u)
		excess, cost := u, u
		if u.Value != nil {
			excess, cost = est(*u.Value-b, *u.Value-b*1.07, *u.Value-b*.93, 24), num(*u.Value*.86)
		}
		daily.Rows = append(daily.Rows, []report.Cell{{Time: day}, {Time: day.Add(time.Duration(14*60+rnd.IntN(240)) * time.Minute)}, cell(u), cell(excess), cell(cost), note})
	}
	lines.Series = []report.Series{used, base}
	costs := report.Chart{Kind: "bars", Title: text{ZH: "分时电费", EN: "Cost by time of use"}, Format: Money}
	for m := range 6 {
		label := month.AddDate(0, m-5, 0).Format("2006-01")
		costs.X = append(costs.X, text{ZH: label, EN: label})
	}
	for i, name := range []text{{ZH: "尖峰", EN: "Sharp"}, {ZH: "高峰", EN: "Peak"}, {ZH: "平段", EN: "Flat"}, {ZH: "低谷", EN: "Valley"}} {
		row := report.Series{Name: name}
		for range 6 {
			row.Values = append(row.Values, num(math.Round((8000+rnd.Float64()*4000)/float64(i+1))))
		}
		costs.Series = append(costs.Series, row)
	}
	s.Charts, s.Tables = []report.Chart{lines, costs}, []report.Table{daily}
	return s
}

func reliability(rnd *rand.Rand) report.Section {
	s := report.Section{Name: "reliability", Title: text{ZH: "设备可靠性", EN: "Reliability"}}
	contractors := report.Chart{Kind: "bars", Title: text{ZH: "各维保单位年均召修次数", EN: "Callbacks per lift and year by contractor"}, Format: Rate, Limit: new(4.0)}
	row := report.Series{Name: text{ZH: "召修率", EN: "Callbacks"}}
	for i := range 18 {
		contractors.X = append(contractors.X, text{ZH: fmt.Sprintf("第%d机电设备维保有限责任公司华东分公司", i+1), EN: fmt.Sprintf("Mechanical and Electrical Maintenance Company No. %d, East China branch", i+1)})
		v := .8 + rnd.Float64()*5
		row.Values = append(row.Values, est(v, v*.7, v*1.4, float64(20+rnd.IntN(80))))
	}
	contractors.Series = []report.Series{row}
	s.Charts = []report.Chart{contractors}
	return s
}

func plan(rnd *rand.Rand) report.Section {
	columns := []report.Column{
		{Name: "rank", Title: text{ZH: "序", EN: "Rank"}, Type: "number", Format: Integer},
		{Name: "project", Title: text{ZH: "项目", EN: "Project"}, Type: "text"},
		{Name: "device", Title: text{ZH: "设备", EN: "Device"}, Type: "text"},
		{Name: "class", Title: text{ZH: "类别", EN: "Class"}, Type: "text"},
		{Name: "since", Title: text{ZH: "安装日期", EN: "Installed"}, Type: "date"},
		{Name: "risk", Title: text{ZH: "一年内故障概率", EN: "Failure within a year"}, Type: "number", Format: Percent},
		{Name: "cost", Title: text{ZH: "更换费用", EN: "Cost"}, Type: "number", Format: Money},
		{Name: "avoided", Title: text{ZH: "避免损失", EN: "Avoided"}, Type: "number", Format: Money},
		{Name: "reason", Title: text{ZH: "理由", EN: "Reason"}, Type: "text"},
		{Name: "owner", Title: text{ZH: "负责人", EN: "Owner"}, Type: "text"},
	}
	t := report.Table{Name: "replacement_plan", Title: text{ZH: "更换计划", EN: "Replacement plan"}, Columns: columns, Most: 40}
	for i := range 200 {
		p := projects[rnd.IntN(len(projects))]
		risk := .9 * math.Exp(-float64(i)/80)
		t.Rows = append(t.Rows, []report.Cell{
			cell(num(float64(i + 1))), {Words: &p}, said(fmt.Sprintf("elevator/L%03d", i+1)), both("电梯", "Elevator"),
			{Time: time.Date(2008+rnd.IntN(10), time.Month(1+rnd.IntN(12)), 1+rnd.IntN(28), 0, 0, 0, 0, Shanghai)},
			cell(est(risk, risk*.7, math.Min(1, risk*1.3), 312)), cell(num(float64(20000 + rnd.IntN(300000)))), cell(num(float64(5000 + rnd.IntN(90000)))),
			both("门机循环次数高，故障率上升", "many door cycles, rising failure rate"), both("张工", "Zhang"),
		})
	}
	return report.Section{Name: "replacement", Title: text{ZH: "更换计划", EN: "Replacement plan"}, Tables: []report.Table{t},
		Notes: []text{{ZH: "按单位预算所避免的损失排序。", EN: "Ranked by the loss avoided for each yuan of budget."}}}
}

// Small is a report of one section that fits a golden file.
func Small() *report.Report {
	r := Sample()
	r.Sections = r.Sections[:1]
	s := &r.Sections[0]
	s.Charts[1].Series, s.Charts[1].Y = s.Charts[1].Series[5:], s.Charts[1].Y[5:]
	s.Tables[0].Rows, s.Tables[0].Most = s.Tables[0].Rows[:7], 6
	return r
}

// Hostile is a report whose every text wants to be something else: markup, a
// formula, a path, a word that runs backwards, or too long for any place.
func Hostile() *report.Report {
	evil := []string{
		`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `</style></svg></title><b>x`, `=HYPERLINK("http://evil.example","x")`, `+1+1`, `-2+3`, `@SUM(A1)`, "\t=1", "\r=1",
		"'=1", "{{7*7}}", "../../etc/passwd", "\u202egnirts\u202c", "שלום עולם", "👩‍👩‍👧‍👦🏗️🔥", strings.Repeat("很长的文字", 2000), strings.Repeat("W", 40000), "\x00\x01\x1b", "\xff\xfe", "a[b]:c*d?e/f\\g", "'", "", "]]>", "&amp;&lt;",
	}
	nan, inf, minus := math.NaN(), math.Inf(1), math.Inf(-1)
	at := func(i int) text { return text{ZH: evil[i%len(evil)], EN: evil[i%len(evil)]} }
	bad := []report.Value{{Value: &nan}, {Value: &inf, Low: &minus, High: &nan}, {Value: &minus, N: nan}, num(1e300), num(-1e300), num(5e-324), num(math.Copysign(0, -1)), {Why: evil[0]}, {}, est(1, inf, nan, inf), num(math.MaxFloat64)}
	r := &report.Report{Name: evil[11], Title: at(0), Company: at(1), Scope: evil[1], Of: at(12), Zone: "No/Where", Runs: []report.Run{{Job: evil[0], ID: evil[1], Version: evil[3], Coverage: &nan}}}
	for i := 0; i+2 < len(evil); i += 3 {
		s := report.Section{Name: evil[i], Title: at(i), Text: []text{at(i), at(i + 1)}, Notes: []text{at(i + 2)}}
		for j, f := range []report.Format{Percent, Money, Integer, Duration, KWh, {Kind: evil[0], Unit: evil[2], Decimals: 1 << 30}, {Decimals: -5}} {
			v := bad[(i+j)%len(bad)]
			s.Facts = append(s.Facts, report.Fact{Title: at(i + j), Value: v, Format: f, Before: &bad[(i+j+1)%len(bad)], Good: j - 2})
		}
		for j, kind := range []string{"bars", "lines", "heat", evil[0]} {
			s.Charts = append(s.Charts, report.Chart{Kind: kind, Title: at(i + j), X: []text{at(i), at(i + 1), at(i + 2)}, Y: []text{at(i), at(i + 3)}, Limit: bad[(i+j)%len(bad)].Value, Format: report.Format{Unit: evil[j]},
				Series: []report.Series{{Name: at(i), Values: append(bad[(i+j)%len(bad):len(bad):len(bad)], bad...)}, {Name: at(j)}, {Name: at(j), Values: bad[:1]}}})
		}
		s.Tables = append(s.Tables, report.Table{Name: evil[i], Title: at(i), Most: 2, Left: -3,
			Columns: []report.Column{{Name: evil[i], Title: at(i), Type: "text"}, {Name: evil[i], Title: at(i + 1), Type: "number", Format: report.Format{Unit: evil[2]}}, {Name: "when", Title: at(i), Type: "date"}, {Title: at(i), Type: "time"}, {Name: "odd", Type: evil[0]}},
			Rows: [][]report.Cell{
				{said(evil[i]), cell(bad[i%len(bad)]), {Time: time.Date(12026, 1, 1, 0, 0, 0, 0, time.UTC)}, {Time: time.Date(-3, 1, 1, 0, 0, 0, 0, time.UTC)}, {Words: &text{ZH: evil[i], EN: evil[i]}}},
				nil, {said(evil[i+1])}, {said(evil[i+2]), {}, {}, {}, {}, said("beyond"), said("beyond")},
			},
			Total: []report.Cell{said(evil[i])},
		})
		r.Sections = append(r.Sections, s)
	}
	return r
}

// Large is a report of one table with many rows.
func Large(rows int) *report.Report {
	r := Head()
	t := report.Table{Name: "many", Title: text{ZH: "多行", EN: "Many rows"}, Columns: []report.Column{
		{Name: "device", Title: text{ZH: "设备", EN: "Device"}, Type: "text"},
		{Name: "day", Title: text{ZH: "日期", EN: "Day"}, Type: "date"},
		{Name: "risk", Title: text{ZH: "概率", EN: "Risk"}, Type: "number", Format: Percent},
	}}
	for i := range rows {
		t.Rows = append(t.Rows, []report.Cell{said(fmt.Sprintf("d%06d", i)), {Time: r.From.AddDate(0, 0, i%31)}, cell(est(float64(i%100)/100, float64(i%100)/120, float64(i%100)/90, float64(i)))})
	}
	r.Sections = []report.Section{{Name: "many", Title: text{ZH: "多行", EN: "Many rows"}, Tables: []report.Table{t}}}
	return r
}
