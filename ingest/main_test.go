package ingest

import (
	"testing"

	"steward/internal/clickhouse/clickhousetest"
)

func TestMain(m *testing.M) { clickhousetest.Main(m) }
