package registry

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
)

var utf8BOM = []byte("\ufeff")

// ReadCSV reads a CSV file as people have them: UTF-8 with or without a mark, or
// GBK as spreadsheets on Chinese Windows write it; with commas, semicolons or
// tabs. What is wrong with it is an InvalidError of the field file.
func ReadCSV(r io.Reader) (Rows, error) {
	raw, err := limited(r)
	if err != nil {
		return Rows{}, err
	}
	raw = bytes.TrimPrefix(raw, utf8BOM)
	if !utf8.Valid(raw) {
		// GB 18030 contains GBK.
		if raw, err = simplifiedchinese.GB18030.NewDecoder().Bytes(raw); err != nil || bytes.ContainsRune(raw, utf8.RuneError) {
			return Rows{}, wrongFile("neither UTF-8 nor GBK text: save it as CSV UTF-8")
		}
	}
	reader := csv.NewReader(bytes.NewReader(raw))
	reader.Comma = separatorOf(raw)
	reader.FieldsPerRecord = -1
	var rows Rows
	number, line := 0, 1 // of the last row; the line after it
	for {
		cells, err := reader.Read()
		var syntax *csv.ParseError
		switch {
		case errors.Is(err, io.EOF):
			return rows, rows.complete()
		case errors.As(err, &syntax):
			return Rows{}, wrongFile("line %d: %s", syntax.Line, quoteProblem(syntax.Err))
		case err != nil:
			return Rows{}, err
		}
		// A row may span lines, and empty lines are rows that the reader skips.
		start, _ := reader.FieldPos(0)
		number += 1 + start - line
		line = start + 1
		for _, c := range cells {
			line += strings.Count(c, "\n")
		}
		if err := rows.add(number, cells); err != nil {
			return Rows{}, err
		}
	}
}

// quoteProblem says in words of ours what the reader of CSV says of quotes: people
// are told it in their language.
func quoteProblem(err error) string {
	switch {
	case errors.Is(err, csv.ErrQuote):
		return `the quote " that a cell begins with is not closed, or text follows the one that closes it`
	case errors.Is(err, csv.ErrBareQuote):
		return `a quote " stands within a cell that does not begin with one: put the whole cell in quotes, and write each of its own twice`
	}
	return err.Error()
}

// separatorOf is the separator that the header has most.
func separatorOf(raw []byte) rune {
	header, _, _ := bytes.Cut(raw, []byte("\n"))
	best := ','
	for _, c := range []rune{';', '\t'} {
		if bytes.Count(header, []byte(string(c))) > bytes.Count(header, []byte(string(best))) {
			best = c
		}
	}
	return best
}

// NewCSVWriter writes CSV in UTF-8, with the mark by which spreadsheets know it.
func NewCSVWriter(w io.Writer) RowWriter { return &csvWriter{raw: w, csv: csv.NewWriter(w)} }

type csvWriter struct {
	raw    io.Writer
	csv    *csv.Writer
	begun  bool
	record []string
}

func (w *csvWriter) Write(cells ...any) error {
	if !w.begun {
		w.begun = true
		if _, err := w.raw.Write(utf8BOM); err != nil {
			return err
		}
	}
	w.record = w.record[:0]
	for _, c := range cells {
		text := cellText(c)
		if s, ok := c.(string); ok {
			text = disarm(s)
		}
		w.record = append(w.record, text)
	}
	return w.csv.Write(w.record)
}

func (w *csvWriter) Close() error {
	w.csv.Flush()
	return w.csv.Error()
}
