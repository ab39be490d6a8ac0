package sheet

import (
	"github.com/xuri/excelize/v2"

	"steward/analytics/report"
)

// sectionSheet writes what a section says, its figures, and its charts each beside
// the numbers that it is drawn from.
func (b *workbook) sectionSheet(sheet string, s *report.Section) error {
	f := &form{b: b, sheet: sheet, row: 1}
	f.widths(32, 15, 15, 15, 12, 15, 15, 24)
	f.put(1, in(s.Title, b.lang), look{bold: true, size: 16})
	f.row += 2
	for _, t := range s.Text {
		f.long(in(t, b.lang), look{}, 8, 130)
	}
	if len(s.Facts) > 0 {
		f.row++
		b.facts(f, s.Facts)
	}
	for i := range s.Charts {
		f.row++
		b.chart(f, &s.Charts[i])
	}
	if len(s.Notes) > 0 {
		f.row++
		f.put(1, b.say("Notes"), look{bold: true})
		f.row++
		for _, t := range s.Notes {
			f.long(in(t, b.lang), look{why: true}, 8, 130)
		}
	}
	return f.err
}

// facts writes figures as a table.
func (b *workbook) facts(f *form, facts []report.Fact) {
	for i, word := range []string{"Figure", "Value", "Low", "High", "n", "Previous", "Change", "Note"} {
		f.put(i+1, b.say(word), look{head: true})
	}
	f.row++
	for i := range facts {
		b.fact(f, &facts[i])
	}
}

func (b *workbook) fact(f *form, x *report.Fact) {
	title := in(x.Title, b.lang)
	if sign := x.Format.Sign(b.lang); sign != "" {
		title += " (" + sign + ")"
	}
	f.put(1, title, look{})
	number := func(col int, v *float64) {
		if v = report.Finite(v); v != nil {
			f.put(col, stored(x.Format, *v), look{format: numFmt(x.Format)})
		}
	}
	number(2, x.Value.Value)
	number(3, x.Value.Low)
	number(4, x.Value.High)
	if x.Value.N > 0 && report.Finite(&x.Value.N) != nil {
		f.put(5, x.Value.N, look{format: asCount})
	}
	note := ""
	if report.Finite(x.Value.Value) == nil {
		note = x.Value.Because(b.lang)
	}
	if x.Before != nil {
		number(6, x.Before.Value)
		if c, ok := report.Compare(x.Value, *x.Before); ok {
			if x.Format.Kind == "duration" && c.By < 0 { // Excel has no negative times
				f.put(7, x.Format.Difference(c.By, b.lang), look{})
			} else {
				number(7, &c.By)
			}
			note = b.say(x.Verdict(c))
		}
	}
	f.put(8, note, look{why: true})
	f.row++
}

// cover writes the first sheet: what the report is, its figures, its sheets, and the
// runs that it is made from.
func (b *workbook) cover(sheet string) error {
	f := &form{b: b, sheet: sheet, row: 1}
	f.widths(32, 30, 22, 22, 20, 15, 15, 24)
	f.put(1, in(b.r.Title, b.lang), look{bold: true, size: 18})
	f.row += 2
	scope := in(b.r.Of, b.lang)
	switch {
	case scope == "" && b.r.Scope == "":
		scope = b.say("Whole company")
	case b.r.Scope != "":
		scope += " (" + b.r.Scope + ")"
	}
	for _, line := range [][2]string{
		{"Company", in(b.r.Company, b.lang)}, {"Scope", scope}, {"Period", b.r.Period(b.r.From, b.r.To, b.lang)},
	} {
		if line[1] != "" {
			f.put(1, b.say(line[0]), look{bold: true})
			f.put(2, line[1], look{})
			f.row++
		}
	}
	b.stamp(f, "Made at", b.moment(b.r.MadeAt.In(b.r.Location()), asTime, false))
	b.stamp(f, "Data as of", b.moment(b.r.AsOf.In(b.r.Location()), asTime, false))
	f.put(1, b.say("Time zone"), look{bold: true})
	f.put(2, b.r.Location().String(), look{})
	f.row += 2
	var facts []report.Fact
	for i := range b.r.Sections {
		facts = append(facts, b.r.Sections[i].Facts...)
	}
	if len(facts) > 0 {
		f.put(1, b.say("Key figures"), look{bold: true, size: 13})
		f.row++
		b.facts(f, facts)
		f.row++
	}
	b.contents(f)
	b.provenance(f)
	return f.err
}

func (b *workbook) stamp(f *form, word string, cell any) {
	f.put(1, b.say(word), look{bold: true})
	if c, ok := cell.(excelize.Cell); ok {
		f.put(2, c.Value, look{format: asTime})
	}
	f.row++
}

func (b *workbook) contents(f *form) {
	if len(b.listed) == 0 {
		return
	}
	f.put(1, b.say("Contents of this workbook"), look{bold: true, size: 13})
	f.row++
	f.put(1, b.say("Sheet"), look{head: true})
	f.put(2, b.say("Section"), look{head: true})
	f.row++
	for _, l := range b.listed {
		f.put(1, l.title, look{link: true})
		f.put(2, l.section, look{})
		at, err := excelize.CoordinatesToCellName(1, f.row)
		if err == nil && f.err == nil && l.title != "" {
			f.err = b.SetCellHyperLink(f.sheet, at, "'"+l.sheet+"'!A1", "Location")
		}
		f.row++
	}
	f.row++
}

func (b *workbook) provenance(f *form) {
	f.put(1, b.say("Where the numbers come from"), look{bold: true, size: 13})
	f.row++
	if len(b.r.Runs) == 0 {
		f.put(1, b.say("This report is made from no run of an analysis."), look{})
		return
	}
	for i, word := range []string{"Analysis", "Run", "From", "To", "Computed", "Coverage", "Version"} {
		f.put(i+1, b.say(word), look{head: true})
	}
	f.row++
	zone := b.r.Location()
	for _, x := range b.r.Runs {
		f.put(1, x.Job, look{})
		f.put(2, x.ID, look{})
		for i, t := range []any{b.moment(x.From.In(zone), asTime, false), b.moment(x.To.In(zone), asTime, false), b.moment(x.Made.In(zone), asTime, false)} {
			if c, ok := t.(excelize.Cell); ok {
				f.put(3+i, c.Value, look{format: asTime})
			}
		}
		if c := report.Finite(x.Coverage); c != nil {
			f.put(6, *c, look{format: "0.0%"})
		} else {
			f.put(6, b.say("unknown"), look{})
		}
		f.put(7, x.Version, look{})
		f.row++
	}
	f.put(1, b.say("The same runs make the same report."), look{why: true})
}
