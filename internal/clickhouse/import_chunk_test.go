package clickhouse

import "testing"

// SetImportChunk makes the chunks of imports small for a test.
func SetImportChunk(t testing.TB, rows int64) {
	was := importChunk
	importChunk = rows
	t.Cleanup(func() { importChunk = was })
}

// SetMaxRecordBytes makes the largest batch of a file small for a test.
func SetMaxRecordBytes(t testing.TB, bytes int) {
	was := maxRecordBytes
	maxRecordBytes = bytes
	t.Cleanup(func() { maxRecordBytes = was })
}
