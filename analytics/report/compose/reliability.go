package compose

import (
	"cmp"
	"slices"
	"strings"

	"steward/analytics/report"
	"steward/internal/authz"
)

var reliabilityTitle = say("设备可靠性", "Reliability")

// reliabilityKinds are the numbers of the job reliability that a report shows.
var reliabilityKinds = []string{"failure_rate", "failure_rate_shrunk", "mtbf", "mttr", "availability", "repeat_faults", "callback_rate", "entrapment_rate"}

// reliability says how often devices fail, and for how long.
func (b *book) reliability() ([]report.Section, error) {
	r, found := b.now[reliabilityJob]
	if !found {
		return b.absent("reliability", reliabilityTitle, reliabilityJob), nil
	}
	is, was, err := b.both(reliabilityJob, reliabilityKinds...)
	if err != nil {
		return nil, err
	}
	if is.of("failure_rate", b.Place, "") == nil {
		return nothing("reliability", reliabilityTitle), nil
	}
	perYear, hours := number("1/a", 3), number("h", 1)
	s := report.Section{Name: "reliability", Title: reliabilityTitle}
	for _, f := range []struct {
		kind, zh, en string
		format       report.Format
		good         int
	}{
		{"availability", "可用率", "Availability", report.Format{Kind: "percent", Decimals: 2}, 1},
		{"failure_rate", "每台年故障", "Failures a device-year", perYear, -1},
		{"mttr", "平均恢复时间", "Mean time to restoration", hours, -1},
		{"callback_rate", "每梯年召修", "Callbacks a lift-year", perYear, -1},
		{"entrapment_rate", "每梯年困人", "Entrapments a lift-year", perYear, -1},
		{"repeat_faults", "重复故障", "Repeat faults", percent, -1},
	} {
		if n := is.of(f.kind, b.Place, ""); n != nil {
			s.Facts = append(s.Facts, fact(say(f.zh, f.en), f.format, f.good, n, was.of(f.kind, b.Place, "")))
		}
	}
	if n := is.of("failure_rate", b.Place, ""); n.Value != nil {
		s.Text = append(s.Text, sayf("%s 至 %s：%.0f 次故障，观察 %s 台年，每台年 %.3f 次。", "%s to %s: %.0f failures in %s device-years watched, %.3f a device-year.",
			r.From.In(b.Zone).Format("2006-01-02"), lastDay(r.To.In(b.Zone)).Format("2006-01-02"), n.N, short(n.Exposure), *n.Value))
	} else {
		s.Text = append(s.Text, insufficient(n.Why))
	}
	classes := report.Table{
		Name: "reliability_classes", Title: say("各类设备", "By class"), Most: pageRows,
		Columns: append([]report.Column{textColumn("class", "类别", "Class")}, reliabilityColumns(was != nil)...),
	}
	for _, subject := range is.subjects("failure_rate", b.Place) {
		if class, ok := strings.CutPrefix(subject, "class:"); ok {
			classes.Rows = append(classes.Rows, append([]report.Cell{words(className(class))}, reliabilityCells(is, was, b.Place, subject)...))
		}
	}
	s.Tables = append(s.Tables, classes)
	if below := b.reliabilityBelow(is, was, &s); len(below.Rows) > 0 {
		s.Tables = append(s.Tables, below)
	}
	if models := b.models(is, was); len(models.Rows) > 0 {
		s.Tables = append(s.Tables, models)
	}
	s.Notes = append(s.Notes, say("故障率的区间是泊松分布的精确区间。设备沉默的时间不算作无故障。", "Intervals of rates are exact ones of the Poisson distribution. Time in which a device was silent does not count as without failure."))
	return []report.Section{s}, nil
}

func reliabilityColumns(compared bool) []report.Column {
	perYear, hours := number("1/a", 3), number("h", 1)
	columns := []report.Column{
		numberColumn("failures", "故障", "Failures", whole), numberColumn("failure_rate", "每台年故障", "Failures a device-year", perYear),
		numberColumn("mtbf", "平均故障间隔", "MTBF", hours), numberColumn("mttr", "平均恢复时间", "Mean time to restoration", hours),
		numberColumn("availability", "可用率", "Availability", report.Format{Kind: "percent", Decimals: 2}),
		numberColumn("repeat_faults", "重复故障", "Repeat faults", percent), numberColumn("callback_rate", "每梯年召修", "Callbacks a lift-year", perYear), numberColumn("entrapment_rate", "每梯年困人", "Entrapments a lift-year", perYear),
	}
	if compared {
		columns = append(columns, numberColumn("failure_rate_change", "故障率变化", "Change of failure rate", perYear))
	}
	return columns
}

func reliabilityCells(is, was numbers, at authz.Place, subject string) []report.Cell {
	rate := is.of("failure_rate", at, subject)
	v := value(rate)
	cells := []report.Cell{figure(v.N), cell(v)}
	for _, kind := range []string{"mtbf", "mttr", "availability", "repeat_faults", "callback_rate", "entrapment_rate"} {
		if n := is.of(kind, at, subject); n != nil {
			cells = append(cells, cell(value(n)))
		} else {
			cells = append(cells, report.Cell{}) // a meter has no callbacks
		}
	}
	if was != nil {
		var then *float64
		if n := was.of("failure_rate", at, subject); n != nil {
			then = n.Value
		}
		cells = append(cells, change(v.Value, then))
	}
	return cells
}

// reliabilityBelow compares what is just below the place, each class for itself: a place
// with many meters fails less often a device than one with many lifts, and is no better.
// First are those that fail most by the rate that is drawn towards the others' of the
// class: by its own one a place of two lifts with a bad month would lead. Charts show
// that rate, too.
func (b *book) reliabilityBelow(is, was numbers, s *report.Section) report.Table {
	title := say("各项目", "By project")
	if b.Place.Region == "" {
		title = say("各区域", "By region")
	}
	table := report.Table{
		Name: "reliability_places", Title: title, Most: pageRows,
		Columns: append([]report.Column{textColumn("class", "类别", "Class"), textColumn("place", "位置", "Place"), textColumn("name", "名称", "Name"), shrunkColumn}, reliabilityColumns(was != nil)...),
	}
	const charts = 4
	for _, subject := range is.subjects("failure_rate", b.Place) {
		class, ok := strings.CutPrefix(subject, "class:")
		if !ok {
			continue
		}
		var places []authz.Place
		for _, at := range is.places("failure_rate", subject) {
			if down(at, b.Place) {
				places = append(places, at)
			}
		}
		slices.SortStableFunc(places, func(x, y authz.Place) int {
			return cmp.Compare(is.shrunk(y, subject), is.shrunk(x, subject))
		})
		name := className(class)
		rate := report.Text{ZH: name.ZH + "：每台年故障（收缩估计）", EN: name.EN + ": failures a device-year, drawn towards the others"}
		chart := report.Chart{Kind: "bars", Title: rate, Format: number("1/a", 3), Series: []report.Series{{Name: say("每台年故障", "Failures a device-year")}}}
		for _, at := range places {
			drawn := is.of("failure_rate_shrunk", at, subject)
			table.Rows = append(table.Rows, append([]report.Cell{words(name), text(scopeOf(at)), words(b.name(at)), cell(value(drawn))}, reliabilityCells(is, was, at, subject)...))
			if drawn != nil && drawn.Value != nil && len(chart.X) < chartBars {
				chart.X = append(chart.X, b.name(at))
				chart.Series[0].Values = append(chart.Series[0].Values, value(drawn))
			}
		}
		if len(chart.X) > 1 && len(s.Charts) < charts {
			s.Charts = append(s.Charts, chart)
		}
	}
	if len(table.Rows) > 0 {
		s.Notes = append(s.Notes, say("收缩后的故障率把数据少的拉向同类其他的平均值（经验贝叶斯，区间 95 %）；按它排列，每类分开比较。", "The shrunken rate draws what has little data towards the mean of the others of its class (empirical Bayes, 95 % intervals). Places are in its order, each class for itself."))
	}
	return table
}

var shrunkColumn = numberColumn("failure_rate_shrunk", "每台年故障（收缩）", "Failures a device-year, shrunken", number("1/a", 3))

// shrunk is by what places and models are ordered: the shrunken rate, where there is none
// (fewer than three can be compared) the own one, and -1 without any.
func (n numbers) shrunk(at authz.Place, subject string) float64 {
	for _, kind := range []string{"failure_rate_shrunk", "failure_rate"} {
		if r := n.of(kind, at, subject); r != nil && r.Value != nil {
			return *r.Value
		}
	}
	return -1
}

// models are those of the company, the most failures first: what they are of is not in
// their names, and the rates of lifts and of detectors are not to be compared.
func (b *book) models(is, was numbers) report.Table {
	table := report.Table{
		Name: "reliability_models", Title: say("各型号", "By model"), Most: 20,
		Columns: append([]report.Column{textColumn("model", "型号", "Model"), shrunkColumn}, reliabilityColumns(was != nil)...),
	}
	if b.Place.Region != "" { // models are compared over the company
		return table
	}
	var models []string
	for _, subject := range is.subjects("failure_rate", b.Place) {
		if strings.HasPrefix(subject, "model:") {
			models = append(models, subject)
		}
	}
	failures := func(subject string) float64 { return is.of("failure_rate", b.Place, subject).N }
	slices.SortStableFunc(models, func(x, y string) int {
		return cmp.Or(cmp.Compare(failures(y), failures(x)), cmp.Compare(is.shrunk(b.Place, y), is.shrunk(b.Place, x)))
	})
	for _, subject := range models {
		drawn := cell(value(is.of("failure_rate_shrunk", b.Place, subject)))
		table.Rows = append(table.Rows, append([]report.Cell{text(strings.TrimPrefix(subject, "model:")), drawn}, reliabilityCells(is, was, b.Place, subject)...))
	}
	return table
}

// className is what a class of devices is called.
func className(class string) report.Text {
	switch class {
	case "elevator":
		return say("电梯", "elevator")
	case "meter":
		return say("表计", "meter")
	case "fire":
		return say("消防", "fire")
	case "access", "gate":
		return say("门禁", class)
	}
	return say(class, class)
}
