package registry

import (
	"bytes"
	"fmt"
	"io"

	"github.com/xuri/excelize/v2"
)

// Bounds of a workbook once it is unpacked: a small file can hold a great many
// zeroes.
const (
	maxUnpacked = 512 << 20 // bytes in all
	maxInMemory = 16 << 20  // bytes of one part; larger ones go to a temporary file
)

// IsXLSX tells whether a file begins as a workbook does, which is a ZIP file.
func IsXLSX(start []byte) bool { return bytes.HasPrefix(start, []byte("PK\x03\x04")) }

// ReadXLSX reads the first sheet of a workbook. Cells are taken as they are
// stored, not as they are shown: a day is a count of days, which an import
// understands. What is wrong with the file is an InvalidError of the field file.
func ReadXLSX(r io.Reader) (rows Rows, err error) {
	raw, err := limited(r)
	if err != nil {
		return Rows{}, err
	}
	if !IsXLSX(raw) {
		return Rows{}, wrongFile("this is not an Excel file (.xlsx): save it as one, or as CSV")
	}
	book, err := excelize.OpenReader(bytes.NewReader(raw), excelize.Options{
		UnzipSizeLimit: maxUnpacked, UnzipXMLSizeLimit: maxInMemory, RawCellValue: true,
	})
	if err != nil {
		return Rows{}, wrongFile("cannot be read as a workbook of Excel (.xlsx): %s", err)
	}
	defer func() { _ = book.Close() }() // removes temporary files; nothing depends on it
	sheets := book.GetSheetList()
	if len(sheets) == 0 {
		return Rows{}, wrongFile("the workbook has no sheet")
	}
	lines, err := book.Rows(sheets[0])
	if err != nil {
		return Rows{}, wrongFile("sheet %q cannot be read: %s", sheets[0], err)
	}
	defer func() { _ = lines.Close() }() // it was only read
	for number := 1; lines.Next(); number++ {
		cells, err := lines.Columns(excelize.Options{RawCellValue: true})
		if err != nil {
			return Rows{}, wrongFile("row %d cannot be read: %s", number, err)
		}
		if err := rows.add(number, cells); err != nil {
			return Rows{}, err
		}
	}
	if err := lines.Error(); err != nil {
		return Rows{}, wrongFile("sheet %q cannot be read: %s", sheets[0], err)
	}
	return rows, rows.complete()
}

// NewXLSXWriter writes a workbook of one sheet. It goes out as a whole when the
// writer is closed; large ones wait in a temporary file.
func NewXLSXWriter(w io.Writer) RowWriter { return &xlsxWriter{out: w} }

type xlsxWriter struct {
	out    io.Writer
	book   *excelize.File
	stream *excelize.StreamWriter
	rows   int
}

func (w *xlsxWriter) begin() (err error) {
	if w.book != nil {
		return nil
	}
	w.book = excelize.NewFile()
	if w.stream, err = w.book.NewStreamWriter("Sheet1"); err != nil {
		return fmt.Errorf("workbook: %w", err)
	}
	// The header stays in sight.
	return w.stream.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"})
}

func (w *xlsxWriter) Write(cells ...any) error {
	if err := w.begin(); err != nil {
		return err
	}
	out := make([]any, len(cells))
	for i, c := range cells {
		switch v := c.(type) {
		case string:
			if v != "" { // an empty cell needs nothing
				out[i] = disarm(v)
			}
		default:
			out[i] = v
		}
	}
	w.rows++
	at, err := excelize.CoordinatesToCellName(1, w.rows)
	if err != nil {
		return fmt.Errorf("workbook: %w", err)
	}
	if err := w.stream.SetRow(at, out); err != nil {
		return fmt.Errorf("workbook: row %d: %w", w.rows, err)
	}
	return nil
}

func (w *xlsxWriter) Close() error {
	if err := w.begin(); err != nil {
		return err
	}
	defer func() { _ = w.book.Close() }() // removes temporary files; the workbook is out
	if err := w.stream.Flush(); err != nil {
		return fmt.Errorf("workbook: %w", err)
	}
	if err := w.book.Write(w.out); err != nil {
		return fmt.Errorf("workbook: %w", err)
	}
	return nil
}
