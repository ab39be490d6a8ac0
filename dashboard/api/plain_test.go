package api

import (
	"bytes"
	"context"
	"fmt"
	"mime"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/apache/arrow/go/v17/parquet/file"
	"github.com/apache/arrow/go/v17/parquet/pqarrow"
	"github.com/xuri/excelize/v2"
)

// plainText is what an answer says, whatever it is packed in.
func plainText(t testing.TB, rec *httptest.ResponseRecorder) string {
	t.Helper()
	kind, _, _ := mime.ParseMediaType(rec.Header().Get("Content-Type"))
	text, err := unpack(kind, rec.Body.Bytes())
	if err != nil {
		t.Fatalf("%s of %d bytes: %v", kind, rec.Body.Len(), err)
	}
	return text
}

func unpack(kind string, b []byte) (string, error) {
	switch kind {
	case typeXLSX:
		return unpackXLSX(b)
	case "application/vnd.apache.arrow.stream":
		r, err := ipc.NewReader(bytes.NewReader(b))
		if err != nil {
			return "", err
		}
		defer r.Release()
		return unpackRecords(r)
	case "application/vnd.apache.parquet":
		p, err := file.NewParquetReader(bytes.NewReader(b))
		if err != nil {
			return "", err
		}
		defer func() { _ = p.Close() }() // only reads
		table, err := pqarrow.NewFileReader(p, pqarrow.ArrowReadProperties{BatchSize: 1024}, memory.DefaultAllocator)
		if err != nil {
			return "", err
		}
		r, err := table.GetRecordReader(context.Background(), nil, nil)
		if err != nil {
			return "", err
		}
		defer r.Release()
		return unpackRecords(r)
	}
	return string(b), nil
}

func unpackRecords(r array.RecordReader) (string, error) {
	var text strings.Builder
	fmt.Fprintln(&text, r.Schema())
	for r.Next() {
		for _, column := range r.Record().Columns() {
			writeColumn(&text, column)
		}
	}
	err := r.Err()
	if err != nil && err.Error() == "EOF" { // of a Parquet file's reader
		err = nil
	}
	return text.String(), err
}

func writeColumn(text *strings.Builder, column arrow.Array) {
	for i := range column.Len() {
		text.WriteString(column.ValueStr(i))
		text.WriteByte('\n')
	}
}

func unpackXLSX(b []byte) (string, error) {
	book, err := excelize.OpenReader(bytes.NewReader(b))
	if err != nil {
		return "", err
	}
	defer func() { _ = book.Close() }() // only reads
	var text strings.Builder
	for _, sheet := range book.GetSheetList() {
		rows, err := book.GetRows(sheet)
		if err != nil {
			return "", err
		}
		for _, row := range rows {
			fmt.Fprintln(&text, strings.Join(row, "\t"))
		}
	}
	return text.String(), nil
}
