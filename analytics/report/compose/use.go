package compose

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"steward/analytics/energy"
	"steward/analytics/load"
	"steward/analytics/report"
	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/runs"
)

// energyKinds are the numbers of the job energy that a report shows by medium.
var energyKinds = []string{"use", "cost", "baseline_use", "excess", "avoided_use"}

// chargeKinds are what a bill has besides the charge for use, where tariffs have it.
var chargeKinds = []struct {
	kind string
	name report.Text
}{
	{"basic_charge", say("基本电费", "basic charge")},
	{"power_factor_charge", say("力调电费", "power-factor adjustment")},
	{"area_charge", say("面积热费", "area charge")},
}

// use says what was used, what it cost and what the baselines say.
func (b *book) use() ([]report.Section, error) {
	r, found := b.now[energyJob]
	if !found {
		return nil, nil // the section of waste says so
	}
	kinds := slices.Clone(energyKinds)
	for _, c := range chargeKinds {
		kinds = append(kinds, c.kind)
	}
	is, was, err := b.both(energyJob, kinds...)
	if err != nil {
		return nil, err
	}
	from, to, err := b.counted(r)
	if err != nil {
		return nil, err
	}
	if was != nil {
		// What was used in another length of time is nothing to compare with.
		earlier, until, err := b.counted(b.before[energyJob])
		if err != nil {
			return nil, err
		}
		if d := to.Sub(from) - until.Sub(earlier); d.Abs() > 4*24*time.Hour {
			was = nil
		}
	}
	subjects := is.subjects("use", b.Place)
	subjects = slices.DeleteFunc(subjects, func(s string) bool { return !strings.HasPrefix(s, "medium:") })
	if len(subjects) == 0 {
		return nil, nil
	}
	s := report.Section{Name: "energy_use", Title: say("用量与费用", "Use and cost")}
	columns := []report.Column{
		textColumn("place", "位置", "Place"), textColumn("name", "名称", "Name"), textColumn("medium", "能源", "Medium"), textColumn("unit", "单位", "Unit"),
		numberColumn("use", "用量", "Use", number("", 0)), numberColumn("cost", "用量费", "Charge for use", money), numberColumn("baseline", "基线用量", "By the baseline", number("", 0)),
		numberColumn("excess", "超出", "Excess", number("", 0)), numberColumn("avoided", "少用", "Avoided", number("", 0)),
	}
	if was != nil {
		columns = append(columns, numberColumn("use_change", "用量变化", "Change of use", number("", 0)))
	}
	var costs []report.Text
	table := report.Table{Name: "energy_use", Title: say("按位置和能源", "By place and medium"), Most: pageRows, Columns: columns}
	for _, subject := range subjects {
		name := mediumName(strings.TrimPrefix(subject, "medium:"))
		use := is.of("use", b.Place, subject)
		s.Facts = append(s.Facts, fact(name, number(use.Unit, 0), -1, use, was.of("use", b.Place, subject)))
		if cost := is.of("cost", b.Place, subject); cost != nil {
			// It is not the bill: what the bill has besides stands beside it, or is named.
			title := report.Text{ZH: name.ZH + "：用量费", EN: name.EN + ": charge for use"}
			s.Facts = append(s.Facts, fact(title, money, -1, cost, was.of("cost", b.Place, subject)))
			if cost.Value != nil && cost.Why != "" {
				why := because(cost.Why)
				costs = append(costs, report.Text{ZH: title.ZH + "：" + why.ZH + "。", EN: title.EN + ": " + why.EN + "."})
			}
		}
		for _, c := range chargeKinds {
			if n := is.of(c.kind, b.Place, subject); n != nil {
				title := report.Text{ZH: name.ZH + "：" + c.name.ZH, EN: name.EN + ": " + c.name.EN}
				s.Facts = append(s.Facts, fact(title, money, -1, n, was.of(c.kind, b.Place, subject)))
			}
		}
		used := report.Chart{Kind: "bars", Title: report.Text{ZH: name.ZH + "：用量", EN: name.EN + ": use"}, Format: number(use.Unit, 0), Series: []report.Series{{Name: say("用量", "Use")}}}
		excess := report.Chart{Kind: "bars", Title: report.Text{ZH: name.ZH + "：超出基线", EN: name.EN + ": above the baselines"}, Format: number(use.Unit, 0), Series: []report.Series{{Name: say("超出", "Excess")}}}
		places := is.places("use", subject)
		size := func(at authz.Place) float64 {
			if v := is.of("use", at, subject).Value; v != nil {
				return *v
			}
			return -1
		}
		slices.SortStableFunc(places, func(x, y authz.Place) int { return cmp.Compare(size(y), size(x)) })
		for _, at := range places {
			if at != b.Place && !down(at, b.Place) {
				continue
			}
			row := []report.Cell{text(scopeOf(at)), words(b.name(at)), words(name), unit(use.Unit)}
			for _, kind := range energyKinds {
				row = append(row, cell(value(is.of(kind, at, subject))))
			}
			if was != nil {
				var then *float64
				if n := was.of("use", at, subject); n != nil {
					then = n.Value
				}
				row = append(row, change(is.of("use", at, subject).Value, then))
			}
			table.Rows = append(table.Rows, row)
			if at != b.Place {
				bar(&used, b.name(at), is.of("use", at, subject))
				bar(&excess, b.name(at), is.of("excess", at, subject))
			}
		}
		for _, chart := range []report.Chart{used, excess} {
			if len(chart.X) > 1 {
				s.Charts = append(s.Charts, chart)
			}
		}
	}
	// Without a single baseline three columns would say nothing but that.
	const baselines, after = 6, 9
	if known := func(row []report.Cell) bool { return row[baselines].Value != nil && row[baselines].Value.Value != nil }; !slices.ContainsFunc(table.Rows, known) {
		why := because(value(is.of("baseline_use", b.Place, subjects[0])).Why)
		s.Notes = append(s.Notes, report.Text{ZH: "没有基线可比：" + why.ZH + "。", EN: "There is no baseline to compare with: " + why.EN + "."})
		table.Columns = slices.Delete(table.Columns, baselines, after)
		for i := range table.Rows {
			table.Rows[i] = slices.Delete(table.Rows[i], baselines, after)
		}
	} else {
		s.Notes = append(s.Notes, say("基线只含有基线的楼栋，与用量不可直接相减。", "Baselines are of the buildings that have one: they are not to be taken from the use."))
	}
	s.Notes = append(s.Notes, costs...)
	s.Tables = []report.Table{table}
	courses, err := b.courses()
	if err != nil {
		return nil, err
	}
	s.Charts = append(s.Charts, courses...)
	s.Notes = append([]report.Text{sayf("用量为 %s 至 %s。", "Use is of %s to %s.", from.Format("2006-01-02"), lastDay(to).Format("2006-01-02"))}, s.Notes...)
	if was == nil {
		if _, found := b.before[energyJob]; found {
			s.Notes = append(s.Notes, say("上期的用量时段长短不同，未作比较。", "The use before is of another length of time, and is not compared."))
		}
	}
	return []report.Section{s}, nil
}

// bar adds a place to a chart that has room, where its number is known.
func bar(c *report.Chart, name report.Text, n *clickhouse.AnalyticsNumber) {
	if n == nil || n.Value == nil || len(c.X) >= chartBars {
		return
	}
	c.X = append(c.X, name)
	c.Series[0].Values = append(c.Series[0].Values, value(n))
}

// counted is the time of which a run counted the use, which ends with a month: the
// documents say it.
func (b *book) counted(r runs.Run) (from, to time.Time, err error) {
	q := b.query(r)
	q.Kinds, q.Limit = []string{"findings"}, 1
	list, err := b.Results.AnalyticsDocuments(b.ctx, b.scope, q)
	if err != nil {
		return from, to, fmt.Errorf("documents of run %s of %s: %w", r.ID, r.Job, err)
	}
	from, to = r.From, r.To
	if len(list.Documents) > 0 {
		var doc energy.List
		found, err := b.document(r, "findings", list.Documents[0].Place, list.Documents[0].Subject, &doc)
		if err != nil {
			return from, to, err
		}
		if found && doc.From.Before(doc.To) {
			from, to = doc.From, doc.To
		}
	}
	return from.In(b.Zone), to.In(b.Zone), nil
}

// maxCourses is how many courses against baselines are drawn, of a project alone.
const maxCourses = 6

// courses are the last days of buildings and meters against their baselines.
func (b *book) courses() ([]report.Chart, error) {
	if b.Place.Project == "" {
		return nil, nil
	}
	var all []report.Chart
	_, err := each(b, b.now[energyJob], "baseline", func(_ authz.Place, subject string, doc *energy.Course) {
		if len(all) >= maxCourses || !slices.ContainsFunc(doc.Days, func(d energy.Day) bool { return d.Baseline != nil }) {
			return
		}
		_, name, _ := strings.Cut(subject, ":")
		chart := report.Chart{Kind: "lines", Title: say(name, name), Format: number(doc.Unit, 0), Series: []report.Series{{Name: say("实际", "Actual")}, {Name: say("基线", "Baseline")}}}
		for _, d := range doc.Days {
			chart.X = append(chart.X, say(d.Date, d.Date))
			chart.Series[0].Values = append(chart.Series[0].Values, valueOf(d.Actual))
			chart.Series[1].Values = append(chart.Series[1].Values, report.Value{Value: known(d.Baseline), Low: known(d.Low), High: known(d.High)})
		}
		all = append(all, chart)
	})
	return all, err
}

// balances compare meters with those behind them.
func (b *book) balances() ([]report.Section, error) {
	r, found := b.now[energyJob]
	if !found {
		return nil, nil
	}
	table := report.Table{
		Name: "energy_balances", Title: say("总表与分表", "Meters and those behind them"), Most: pageRows,
		Columns: []report.Column{
			textColumn("place", "位置", "Place"), textColumn("name", "名称", "Name"), textColumn("parent", "总表", "Parent"), numberColumn("children", "分表数", "Children", whole), numberColumn("days", "天", "Days", whole),
			numberColumn("passed", "总表量", "Counted by the parent", number("", 0)), numberColumn("loss", "未被分表计量", "Not counted behind it", number("", 0)), textColumn("unit", "单位", "Unit"), numberColumn("share", "占比", "Share", percent), textColumn("verdict", "判断", "Verdict"),
		},
	}
	type row struct {
		share float64
		cells []report.Cell
	}
	var rows []row
	left, err := each(b, r, "balance", func(at authz.Place, _ string, doc *energy.Balance) {
		verdict := balanceVerdict(doc.Verdict)
		if v := known(doc.Share.Value); doc.Verdict == load.Loss && v != nil && *v > unmetered {
			verdict = say("公共用量或未装分表，不计损失", "common use or no meters, not called a loss")
		}
		if doc.Verdict == "" {
			verdict = insufficient(doc.Why)
		}
		one := row{share: -1, cells: []report.Cell{
			text(scopeOf(at)), words(b.name(at)), text(doc.Parent), figure(float64(len(doc.Children))), figure(float64(doc.Days)), perhaps(passed(doc)),
			cell(report.Value{Value: known(doc.Loss.Value), Low: known(doc.Loss.Low), High: known(doc.Loss.High), Why: doc.Why}), unit(doc.Unit),
			cell(report.Value{Value: known(doc.Share.Value), Low: known(doc.Share.Low), High: known(doc.Share.High), Why: doc.Why}), words(verdict),
		}}
		if doc.Share.Value != nil {
			one.share = *doc.Share.Value
		}
		rows = append(rows, one)
	})
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	slices.SortStableFunc(rows, func(x, y row) int { return cmp.Compare(y.share, x.share) })
	for _, one := range rows {
		table.Rows = append(table.Rows, one.cells)
	}
	table.Left = left
	return []report.Section{{Name: "energy_balances", Title: say("分表平衡", "Balances"), Tables: []report.Table{table}}}, nil
}

// passed is what the parent counted on the days of a balance.
func passed(doc *energy.Balance) *float64 {
	if len(doc.Daily) == 0 {
		return nil
	}
	sum := 0.0
	for _, d := range doc.Daily {
		sum += d.Parent
	}
	return &sum
}

// unmetered is the share above which the analysis calls a steady difference no loss:
// so much is used without a meter of its own.
const unmetered = 0.25

// balanceVerdict is what a balance comes to.
func balanceVerdict(verdict string) report.Text {
	switch verdict {
	case load.Balanced:
		return say("平衡", verdict)
	case load.Loss:
		return say("损耗稳定", "steady loss")
	case load.Irregular:
		return say("损耗不规则", verdict)
	case load.Theft:
		return say("疑似窃用", verdict)
	case load.MissingMeter:
		return say("疑似缺表", verdict)
	case load.Negative:
		return say("分表之和大于总表", "meters behind it count more")
	}
	return say(verdict, verdict)
}

// mediumName is what is metered.
func mediumName(medium string) report.Text {
	switch medium {
	case "electricity":
		return say("电", "Electricity")
	case "water":
		return say("水", "Water")
	case "gas":
		return say("燃气", "Gas")
	case "heat":
		return say("热", "Heat")
	}
	return say(medium, medium)
}
