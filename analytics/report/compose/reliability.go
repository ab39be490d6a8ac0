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
		{"callback_rate", "每梯年故障召修", "Callbacks a lift-year", perYear, -1},
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

// reliabilityBelow compares what is just below the place, and draws how often devices
// fail there.
func (b *book) reliabilityBelow(is, was numbers, s *report.Section) report.Table {
	title := say("各项目", "By project")
	if b.Place.Region == "" {
		title = say("各区域", "By region")
	}
	table := report.Table{
		Name: "reliability_places", Title: title, Most: pageRows,
		Columns: append([]report.Column{textColumn("place", "位置", "Place"), textColumn("name", "名称", "Name")}, reliabilityColumns(was != nil)...),
	}
	var places []authz.Place
	for _, at := range is.places("failure_rate", "") {
		if down(at, b.Place) {
			places = append(places, at)
		}
	}
	rate := func(at authz.Place) float64 {
		if n := is.of("failure_rate", at, ""); n != nil && n.Value != nil {
			return *n.Value
		}
		return -1
	}
	slices.SortStableFunc(places, func(x, y authz.Place) int { return cmp.Compare(rate(y), rate(x)) })
	chart := report.Chart{Kind: "bars", Title: say("每台年故障", "Failures a device-year"), Format: number("1/a", 3), Series: []report.Series{{Name: say("每台年故障", "Failures a device-year")}}}
	for _, at := range places {
		table.Rows = append(table.Rows, append([]report.Cell{text(scopeOf(at)), words(b.name(at))}, reliabilityCells(is, was, at, "")...))
		if n := is.of("failure_rate", at, ""); n.Value != nil && len(chart.X) < chartBars {
			chart.X = append(chart.X, b.name(at))
			chart.Series[0].Values = append(chart.Series[0].Values, value(n))
		}
	}
	if len(chart.X) > 1 {
		s.Charts = append(s.Charts, chart)
	}
	return table
}

// models are those of the company, the most frequent failures first.
func (b *book) models(is, was numbers) report.Table {
	table := report.Table{
		Name: "reliability_models", Title: say("各型号", "By model"), Most: 20,
		Columns: append([]report.Column{textColumn("model", "型号", "Model")}, reliabilityColumns(was != nil)...),
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
	slices.SortStableFunc(models, func(x, y string) int { return cmp.Compare(failures(y), failures(x)) })
	for _, subject := range models {
		table.Rows = append(table.Rows, append([]report.Cell{text(strings.TrimPrefix(subject, "model:"))}, reliabilityCells(is, was, b.Place, subject)...))
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
