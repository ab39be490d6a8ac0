package compose

import (
	"cmp"
	"slices"

	"steward/analytics/report"
	"steward/analytics/standards"
)

// monthly are the sections of the report of headquarters.
func (b *book) monthly() []func() ([]report.Section, error) {
	return []func() ([]report.Section, error){
		b.scorecards, b.notices, b.incidents, b.clocks, b.clockTrend, b.repairers, b.reliability, b.waste, b.saved,
		func() ([]report.Section, error) { return b.plan(false) },
	}
}

// incidents counts what happened, by the clocks that it started.
func (b *book) incidents() ([]report.Section, error) {
	doc, none, err := b.judged()
	if err != nil || none != nil {
		return nil, err // the section of response says so
	}
	is, was, err := b.both(responseJob, "clocks")
	if err != nil {
		return nil, err
	}
	s := report.Section{Name: "incidents", Title: say("事件", "Incidents")}
	table := report.Table{
		Name: "incidents", Title: say("按计时标准", "By clock"), Most: pageRows,
		Columns: []report.Column{textColumn("standard", "标准", "Standard"), numberColumn("clocks", "起数", "Clocks", whole)},
	}
	if was != nil {
		table.Columns = append(table.Columns, numberColumn("before", "上期", "Before", whole), numberColumn("change", "变化", "Change", whole))
	}
	clocks := slices.Clone(doc.Clocks)
	for i := range clocks {
		a := &clocks[i]
		subject := "clock:" + a.Standard
		row := []report.Cell{words(clockTitle(a)), figure(float64(a.N))}
		then := was.of("clocks", b.Place, subject)
		if was != nil {
			var before *float64
			if then != nil {
				before = then.Value
			}
			count := float64(a.N)
			row = append(row, perhaps(before), change(&count, before))
		}
		table.Rows = append(table.Rows, row)
	}
	slices.SortStableFunc(table.Rows, func(x, y []report.Cell) int { return cmp.Compare(*y[1].Value.Value, *x[1].Value.Value) })
	slices.SortStableFunc(doc.Clocks, func(x, y standards.Account) int { return cmp.Compare(y.N, x.N) })
	for i := range doc.Clocks[:min(4, len(doc.Clocks))] {
		a := &doc.Clocks[i]
		subject := "clock:" + a.Standard
		s.Facts = append(s.Facts, fact(clockTitle(a), whole, -1, is.of("clocks", b.Place, subject), was.of("clocks", b.Place, subject)))
	}
	if len(table.Rows) == 0 {
		return nil, nil // the section of response says so
	}
	s.Tables = []report.Table{table}
	s.Notes = []report.Text{say("一起事件可有几个计时。", "An incident may have several clocks.")}
	return []report.Section{s}, nil
}
