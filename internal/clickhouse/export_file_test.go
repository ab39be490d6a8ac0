package clickhouse

import (
	"errors"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
)

var errGone = errors.New("gone")

// goneWriter is a reader that has left.
type goneWriter struct{}

func (goneWriter) Write([]byte) (int, error) { return 0, errGone }

// A reader that left before the first byte is an error: pqarrow would panic.
func TestParquetForNobody(t *testing.T) {
	schema := arrow.NewSchema([]arrow.Field{{Name: "value", Type: arrow.PrimitiveTypes.Float64}}, nil)
	if _, err := newParquetFile(goneWriter{}, schema); !errors.Is(err, errGone) {
		t.Errorf("%v", err)
	}
}
