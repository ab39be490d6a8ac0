package compose

import (
	"cmp"
	"slices"

	"steward/analytics/energy"
	"steward/analytics/report"
	"steward/internal/authz"
	"steward/internal/findings"
)

// saved says of what was mended whether use fell.
func (b *book) saved() ([]report.Section, error) {
	r, found := b.now[energyJob]
	if !found {
		return nil, nil // the section of waste says so
	}
	var all []energy.VerifiedFinding
	omitted, documents := 0, 0
	newest := func(x, y energy.VerifiedFinding) int {
		return cmp.Or(y.FixedAt.Compare(x.FixedAt), cmp.Compare(x.Region, y.Region), cmp.Compare(x.Project, y.Project), cmp.Compare(x.ID, y.ID))
	}
	fell, not, open := 0, 0, 0
	left, err := each(b, r, "verified", func(at authz.Place, _ string, doc *energy.Verified) {
		documents++
		omitted += doc.LeftOut
		for i := range doc.Findings {
			doc.Findings[i].Region, doc.Findings[i].Project = at.Region, at.Project
			switch doc.Findings[i].Verdict {
			case findings.Fell:
				fell++
			case findings.DidNotFall:
				not++
			default:
				open++
			}
		}
		all = append(all, doc.Findings...)
		if len(all) > 2*maxFindings {
			slices.SortFunc(all, newest)
			omitted += len(all) - maxFindings
			all = all[:maxFindings:maxFindings]
		}
	})
	if err != nil || documents == 0 {
		return nil, err // of a run that did not look
	}
	s := report.Section{Name: "energy_saved", Title: say("已核实的节约", "Verified savings")}
	if fell+not+open == 0 {
		s.Text = []report.Text{say("没有标记为已整改的浪费，因此没有可核实的节约。", "No finding is marked as mended: there is no saving to verify.")}
		return []report.Section{s}, nil
	}
	slices.SortFunc(all, newest)
	if len(all) > maxFindings {
		omitted += len(all) - maxFindings
		all = all[:maxFindings]
	}
	is, was, err := b.both(energyJob, "saved_a_year_cny")
	if err != nil {
		return nil, err
	}
	sum := is.of("saved_a_year_cny", b.Place, "")
	s.Facts = []report.Fact{
		fact(say("每年节约", "Saved a year"), money, 1, sum, was.of("saved_a_year_cny", b.Place, "")),
		{Title: say("用量已下降", "Use fell"), Value: report.Value{Value: ptr(float64(fell))}, Format: whole, Good: 1},
		{Title: say("降幅不到一半", "Fell by less than half"), Value: report.Value{Value: ptr(float64(not))}, Format: whole, Good: -1},
		{Title: say("尚无定论", "Not yet known"), Value: report.Value{Value: ptr(float64(open))}, Format: whole},
	}
	s.Text = []report.Text{sayn(fell+not+open, "已整改 %d 项：%d 项用量下降，%d 项降幅不到所发现浪费的一半，%d 项尚无定论。",
		"%d finding was mended: use fell at %d, by less than half of what was found at %d, and of %d it is not yet known.",
		"%d findings were mended: use fell at %d, by less than half of what was found at %d, and of %d it is not yet known.", fell, not, open)}
	table := report.Table{
		Name: "energy_saved", Title: say("已整改的浪费", "What was mended"), Most: pageRows,
		Columns: []report.Column{
			textColumn("place", "位置", "Place"), textColumn("name", "名称", "Name of place"), textColumn("kind", "类别", "Kind"), textColumn("title", "发现", "What"), column("fixed", say("整改", "Mended"), "time", report.Format{}),
			textColumn("verdict", "结论", "Verdict"), numberColumn("days", "其后天数", "Days since", whole), numberColumn("found", "发现时每年", "A year, as found", money),
			numberColumn("saved", "每年节约量", "Saved a year", number("", 0)), textColumn("unit", "单位", "Unit"), numberColumn("yuan", "每年节约", "Yuan a year", money), textColumn("note", "说明", "Note"),
		},
	}
	for i := range all {
		f := &all[i]
		at := authz.Place{Region: f.Region, Project: f.Project}
		row := []report.Cell{
			text(scopeOf(at)), words(b.name(at)), words(findingName(f.Kind)), words(f.Title), moment(f.FixedAt.UTC()),
			words(fellWords(f.Verdict)), figure(f.Days), cell(amount(f.RateCNY)), {}, unit(f.Saved.Unit), {}, remark(f.Why),
		}
		// A saving is shown where it is sure that there is one: what is not told apart from
		// none is none to be proud of.
		if f.Verdict == findings.Fell {
			row[8], row[10] = cell(amount(f.Saved)), cell(amount(f.SavedCNY))
		}
		table.Rows = append(table.Rows, row)
	}
	table.Left = omitted
	s.Tables = []report.Table{table}
	if left > 0 {
		s.Notes = append(s.Notes, sayn(left, "另有 %d 个项目的清单未读取。", "The list of %d more project was not read.", "The lists of %d more projects were not read."))
	}
	s.Notes = append(s.Notes, say("节约量的整个区间在零以上、且可能达到所发现浪费的一半，才算下降。", "Use fell where the whole interval of the saving is above zero, and half of what was found may have been saved."))
	return []report.Section{s}, nil
}

// fellWords is a verdict on what was mended.
func fellWords(verdict string) report.Text {
	switch verdict {
	case findings.Fell:
		return say("已下降", "fell")
	case findings.DidNotFall:
		return say("降幅不到一半", "fell by less than half")
	}
	return say("尚无定论", "not yet known")
}
