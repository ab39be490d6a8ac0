package api

import (
	"testing"

	"steward/internal/clickhouse/clickhousetest"
	"steward/internal/controldb/controldbtest"
)

func TestMain(m *testing.M) { clickhousetest.Main(controldbtest.Wrap(m)) }
