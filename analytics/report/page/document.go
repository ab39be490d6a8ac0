package page

import (
	"fmt"
	"html/template"
	"math"
	"strings"
	"unicode"

	"steward/analytics/report"
)

// document is what the template shows: texts in one language, numbers as they are
// written.
type document struct {
	Lang, Name, Title, Company, Scope string
	Period, MadeAt, AsOf, Zone        string
	Sections                          []section
	Runs                              []run
}

type run struct{ Job, ID, Period, Made, Coverage, Version string }

type section struct {
	ID, Title   string
	Text, Notes []string
	Facts       []fact
	Figures     []shown
	Tables      []table
	Empty       bool
	Wide        bool // begins with a table that needs a page on its side, and goes there with it
}

type fact struct {
	Title, Is, Why string
	How            []string
	Than           *than
}

// than is a fact beside that of the report before.
type than struct{ Class, Mark, By, Range, Word, Before string }

type shown struct {
	Title string
	SVG   template.HTML
	Why   string
	Notes []string
}

// maker makes a document.
type maker struct {
	r      *report.Report
	lang   string
	charts int
	tables int
}

func newDocument(r *report.Report, lang string) *document {
	m := maker{r: r, lang: lang}
	d := &document{
		Lang: map[string]string{"zh": "zh-CN", "en": "en"}[lang], Name: clean(r.Name), Title: m.title(r.Title), Company: m.title(r.Company), Scope: m.scope(),
		Period: r.Period(r.From, r.To, lang), MadeAt: r.Moment(r.MadeAt), AsOf: r.Moment(r.AsOf), Zone: r.Location().String(),
	}
	used := map[string]bool{"provenance": true}
	for i := range r.Sections {
		d.Sections = append(d.Sections, m.section(&r.Sections[i], anchor(r.Sections[i].Name, i, used)))
	}
	percent := report.Format{Kind: "percent", Decimals: 1}
	for _, x := range r.Runs {
		cover := report.Say(lang, "unknown")
		if report.Finite(x.Coverage) != nil {
			cover = percent.Show(*x.Coverage, lang)
		}
		d.Runs = append(d.Runs, run{clean(x.Job), clean(x.ID), r.Period(x.From, x.To, lang), r.Moment(x.Made), cover, clean(x.Version)})
	}
	return d
}

func (m *maker) in(t report.Text) string { return clean(t.In(m.lang)) }

// title is a text that stands above others, and is short.
func (m *maker) title(t report.Text) string {
	s := []rune(m.in(t))
	if len(s) > mostTitle {
		return string(s[:mostTitle]) + "…"
	}
	return string(s)
}

const mostTitle = 200 // letters

func (m *maker) list(texts []report.Text) (out []string) {
	for _, t := range texts {
		if s := strings.TrimSpace(m.in(t)); s != "" {
			out = append(out, s)
		}
	}
	return out
}

func (m *maker) scope() string {
	name, id := m.title(m.r.Of), clean(m.r.Scope)
	switch {
	case name == "" && id == "":
		return report.Say(m.lang, "Whole company")
	case name == "":
		return id
	case id == "":
		return name
	}
	return name + " (" + id + ")"
}

// anchor names a section in the page: by its own name where that can be one.
func anchor(name string, i int, used map[string]bool) string {
	ok := name != "" && len(name) <= 64 && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == ""
	if !ok || used[name] {
		name = fmt.Sprintf("section-%d", i+1) // no name of a section has a hyphen
	}
	used[name] = true
	return name
}

func (m *maker) section(s *report.Section, id string) section {
	out := section{ID: id, Title: m.title(s.Title), Text: m.list(s.Text), Notes: m.list(s.Notes)}
	for i := range s.Facts {
		out.Facts = append(out.Facts, m.fact(&s.Facts[i]))
	}
	for i := range s.Charts {
		m.charts++
		f := draw(&s.Charts[i], m.charts, m.lang)
		svg := template.HTML(f.SVG) //nolint:gosec // G203: drawing writes it, and escapes every text in it
		out.Figures = append(out.Figures, shown{m.title(s.Charts[i].Title), svg, clean(f.Why), cleaned(f.Notes)})
	}
	for i := range s.Tables {
		m.tables++
		out.Tables = append(out.Tables, m.table(&s.Tables[i]))
	}
	above := len(out.Text) + len(out.Facts) + len(out.Figures)
	out.Wide = above == 0 && len(out.Tables) > 0 && out.Tables[0].Wide
	out.Empty = above+len(out.Tables) == 0
	return out
}

func cleaned(list []string) []string {
	for i, s := range list {
		list[i] = clean(s)
	}
	return list
}

func (m *maker) fact(f *report.Fact) fact {
	out := fact{Title: m.title(f.Title)}
	if report.Finite(f.Value.Value) == nil {
		out.Why = clean(f.Value.Because(m.lang))
	} else {
		out.Is = clean(f.Format.Show(*f.Value.Value, m.lang))
	}
	out.How = m.how(f.Value, f.Format)
	if f.Before == nil {
		return out
	}
	t := &than{Before: clean(f.Before.Show(f.Format, m.lang))}
	out.Than = t
	c, ok := report.Compare(f.Value, *f.Before)
	if !ok {
		return out
	}
	t.Word = f.Verdict(c)
	t.Mark = "▲"
	if c.By < 0 {
		t.Mark = "▼"
	}
	if t.Word == "better" || t.Word == "worse" {
		t.Class = t.Word
	}
	if c.By != 0 {
		t.By = clean(f.Format.Difference(c.By, m.lang))
	}
	if c.Low != nil && c.High != nil {
		t.Range = clean(f.Format.Range(*c.Low, *c.High, m.lang))
	}
	return out
}

// how is what a value is worth: (88.1–95.2) and n 120.
func (m *maker) how(v report.Value, f report.Format) (parts []string) {
	if l, h, ok := v.Interval(); ok {
		parts = append(parts, "("+f.Range(l, h, m.lang)+")")
	}
	if n := samples(v, m.lang); n != "" {
		parts = append(parts, n)
	}
	return parts
}

type table struct {
	ID, Title string
	Heads     []head
	Rows      [][]shownCell
	Total     []shownCell
	Left      []string
	Wide      bool // needs a page on its side
	Explain   bool
}

type head struct{ Class, Title, Unit string }

type shownCell struct {
	Class, Text string
	How         []string // interval and sample size
}

func (m *maker) table(t *report.Table) table {
	out := table{ID: fmt.Sprintf("table-%d", m.tables), Title: m.title(t.Title)}
	for i := range t.Columns {
		c := &t.Columns[i]
		h := head{Title: m.title(c.Title)}
		switch c.Type {
		case "number":
			h.Class, h.Unit = "num", clean(c.Format.Sign(m.lang))
		case "date", "time":
			h.Class = "day"
		}
		h.Class = strings.TrimSpace(h.Class + " " + wrap(h.Title))
		out.Heads = append(out.Heads, h)
	}
	hidden := t.Hidden()
	for _, row := range t.Rows[:len(t.Rows)-hidden] {
		out.Rows = append(out.Rows, m.row(t, row))
	}
	if t.Total != nil {
		out.Total = m.row(t, t.Total)
	}
	for _, row := range out.Rows {
		for _, c := range row {
			out.Explain = out.Explain || len(c.How) > 0
		}
	}
	count := func(words string, n int) {
		if n > 0 {
			out.Left = append(out.Left, strings.Replace(report.Say(m.lang, words), "%s", integer.Number(float64(n), m.lang), 1))
		}
	}
	count("%s more rows are not shown here; the workbook and the data files have all of them.", hidden)
	count("%s more rows are left out of this report.", t.Left)
	out.Wide = out.needs() > printable
	return out
}

func (m *maker) row(t *report.Table, cells []report.Cell) []shownCell {
	out := make([]shownCell, len(t.Columns))
	for i := range t.Columns {
		if i < len(cells) {
			out[i] = m.cell(&t.Columns[i], &cells[i])
		}
	}
	return out
}

func (m *maker) cell(column *report.Column, c *report.Cell) shownCell {
	switch column.Type {
	case "number":
		if c.Value == nil {
			return shownCell{Class: "num"}
		}
		if report.Finite(c.Value.Value) == nil {
			return shownCell{"num why", clean(c.Value.Because(m.lang)), m.how(*c.Value, column.Format)}
		}
		text := column.Format.Number(*c.Value.Value, m.lang)
		if column.Format.Kind == "money" { // the head has it
			text = strings.Replace(text, "¥", "", 1)
		}
		return shownCell{"num", clean(text), m.how(*c.Value, column.Format)}
	case "date", "time":
		if c.Time.IsZero() {
			return shownCell{Class: "day"}
		}
		if column.Type == "date" {
			return shownCell{Class: "day", Text: report.Day(c.Time)}
		}
		return shownCell{Class: "day", Text: m.r.Moment(c.Time)}
	}
	text := clean(c.In(m.lang))
	return shownCell{Class: wrap(text), Text: text}
}

// wrap is the class of how a text breaks into lines: sentences in a wide column, a very long word
// anywhere, a short head nowhere, as CJK would break between any two characters.
func wrap(text string) string {
	switch w := width(text, 1); {
	case w <= 6.5:
		return "keep"
	case w > 45:
		return "prose" // a narrow column of it makes a row as high as a page
	}
	var run float64
	for _, r := range text {
		if run += runeWidth(r); unicode.IsSpace(r) || r >= 0x2e80 {
			run = 0
		}
		if run > 18 {
			return "long"
		}
	}
	if width(text, 1) > 9 {
		return "text"
	}
	return ""
}

// printable is how wide the text of an upright A4 page is, in pixels at 96 dpi.
const printable = 688

// needs is about how wide a table is when it is printed.
func (t *table) needs() float64 {
	const size = 12.0                      // pixels of the letters in print
	rows := t.Rows[:min(len(t.Rows), 100)] // those after them are alike
	var all float64
	for i, h := range t.Heads {
		most := math.Min(width(h.Title, size*.85), 60)
		for _, row := range rows {
			c := row[i]
			text := width(c.Text, size)
			switch c.Class {
			case "text", "long", "num why":
				text = math.Min(text, 96)
			case "prose":
				text = math.Min(text, 132)
			}
			for _, how := range c.How {
				text = math.Max(text, width(how, size*.82))
			}
			most = math.Max(most, text)
		}
		all += most + size
	}
	return all
}
