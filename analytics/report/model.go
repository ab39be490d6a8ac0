// Package report says what a report is: sections of text, tables and charts, made
// from the results of runs, before anybody decides whether it becomes a page, a
// workbook or a file of columns.
package report

import (
	"time"

	"steward/internal/authz"
	"steward/internal/incident"
)

// Text is in both languages.
type Text = incident.Text

// Report is a report. All that it says is in both languages; a rendering shows one.
type Report struct {
	Name    string      `json:"name"` // monthly, replacement, energy, response
	Title   Text        `json:"title"`
	Company Text        `json:"company,omitzero"` // whose report it is; a page leaves the line out without it
	Place   authz.Place `json:"-"`
	Scope   string      `json:"scope"` // "" for the company, region, or region/project
	Of      Text        `json:"of"`    // the scope by its name
	From    time.Time   `json:"from"`
	To      time.Time   `json:"to"` // not included
	Zone    string      `json:"time_zone"`
	MadeAt  time.Time   `json:"made_at"`
	AsOf    time.Time   `json:"as_of"` // results that were there by then
	Runs    []Run       `json:"runs"`  // what it is made from: the same runs make the same report

	Sections []Section `json:"sections"`
}

// Run is a run whose results are in a report.
type Run struct {
	Job      string    `json:"job"`
	ID       string    `json:"id"`
	From     time.Time `json:"from"`
	To       time.Time `json:"to"`
	Made     time.Time `json:"computed_at"`
	Coverage *float64  `json:"coverage"`
	Version  string    `json:"version"`
}

// Section is a part of a report under a heading.
type Section struct {
	Name   string  `json:"name"` // names the sheet and the anchor: [a-z0-9_]+
	Title  Text    `json:"title"`
	Text   []Text  `json:"text,omitempty"`  // paragraphs: what it says, in words
	Facts  []Fact  `json:"facts,omitempty"` // the few large numbers
	Charts []Chart `json:"charts,omitempty"`
	Tables []Table `json:"tables,omitempty"`
	Notes  []Text  `json:"notes,omitempty"` // small print: how it is counted, what is missing
}

// Fact is one large number.
type Fact struct {
	Title  Text   `json:"title"`
	Value  Value  `json:"value"`
	Format Format `json:"format"`
	Before *Value `json:"before,omitempty"` // the same in the report that it is compared with
	Good   int    `json:"good,omitempty"`   // 1 when more is better, -1 when less is, 0 when neither
}

// Value is a number with what it is worth.
type Value struct {
	Value *float64 `json:"value"`
	Low   *float64 `json:"low,omitempty"`
	High  *float64 `json:"high,omitempty"`
	N     float64  `json:"n,omitempty"`
	Why   string   `json:"why,omitempty"` // why there is none, as the run said it
	// Reason is Why in both languages, where somebody translated it.
	Reason *Text `json:"reason,omitempty"`
}

// Format says how a number is shown.
type Format struct {
	Kind     string `json:"kind"`           // number, percent (a share of 0 to 1), money (CNY), integer, duration (seconds)
	Unit     string `json:"unit,omitempty"` // kWh, m3, d, pp (of the difference of two shares)
	Decimals int    `json:"decimals,omitempty"`
}

// Table is a table. Each row has a cell for each column.
type Table struct {
	Name    string   `json:"name"` // [a-z0-9_]+, unique in the report: the file of an Arrow or Parquet export
	Title   Text     `json:"title"`
	Columns []Column `json:"columns"`
	Rows    [][]Cell `json:"rows"`
	Total   []Cell   `json:"total,omitempty"`    // a last row; nil without one
	Left    int      `json:"left_out,omitempty"` // rows that are not even in Rows; those beyond Most a page counts itself
	Most    int      `json:"-"`                  // rows that a page shows; 0 for all; workbooks and files have all
}

// Column is a column of a table.
type Column struct {
	Name   string `json:"name"` // [a-z0-9_]+
	Title  Text   `json:"title"`
	Type   string `json:"type"` // text, number, date (a day), time
	Format Format `json:"format,omitzero"`
}

// Cell is one cell: of a text column Text, or Words where it differs by language; of
// a number Value; of a time Time, and of a date the day that Time has in its own
// location. A cell without any of them is empty.
type Cell struct {
	Text  string    `json:"text,omitempty"`
	Words *Text     `json:"words,omitempty"`
	Value *Value    `json:"value,omitempty"`
	Time  time.Time `json:"time,omitzero"`
}

// Chart is a chart of one of three kinds: bars (with whiskers where values have
// intervals), lines (with a band), or a heat map.
type Chart struct {
	Kind   string   `json:"kind"` // bars, lines, heat
	Title  Text     `json:"title"`
	X      []Text   `json:"x"`           // categories: a day, a name
	Y      []Text   `json:"y,omitempty"` // of a heat map: its rows
	Series []Series `json:"series"`      // of a heat map one for each row
	Format Format   `json:"format"`
	Limit  *float64 `json:"limit,omitempty"` // a line to compare with
}

// Series is a row of values, one for each X.
type Series struct {
	Name   Text    `json:"name"`
	Values []Value `json:"values"`
}
