package clickhouse_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"steward/internal/clickhouse"
	"steward/internal/clickhouse/clickhousetest"
)

func ruleRow(r clickhouse.RuleRow) string {
	value := "nil"
	if r.Value != nil {
		value = fmt.Sprint(*r.Value)
	}
	return strings.Join([]string{r.Region, r.Project, string(r.Class), r.Device, value, r.Text}, ",")
}

func TestRuleQuery(t *testing.T) {
	db := clickhousetest.Start(t)
	appendTo(t, db, oneReading(), "t")
	from, to := day.Time(), (day + hour).Time()
	f := func(sql string, want ...string) {
		t.Helper()
		rows, err := db.RuleQuery(t.Context(), sql, from, to)
		if err != nil {
			t.Errorf("%s: %v", sql, err)
			return
		}
		got := []string{}
		for _, r := range rows {
			got = append(got, ruleRow(r))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", sql, got, want)
		}
	}
	const columns = "SELECT region, project, class, device, value FROM readings "
	f(columns+"WHERE ts >= {from:DateTime64(3)} AND ts < {to:DateTime64(3)}", "east,hz-1,meter,m-1,1,")
	f(columns + "WHERE ts >= {to:DateTime64(3)}")
	f("SELECT 'a' AS text, 18446744073709551615 AS value, 'd' AS device, 'meter' AS class, 'p' AS project, 'r' AS region, 7 AS more -- all", "r,p,meter,d,1.8446744073709552e+19,a")
	f("SELECT 'r' AS region, 'p' AS project, '' AS class, '' AS device, toDecimal64(1.25, 2) AS value", "r,p,,,1.25,")
	f("SELECT 'r' AS region, 'p' AS project, '' AS class, '' AS device, NULL AS value", "r,p,,,nil,")
	f("SELECT 'r' AS region, 'p' AS project, '' AS class, '' AS device, nan AS value", "r,p,,,nil,")
	f("SELECT 'r' AS region, 'p' AS project, '' AS class, '' AS device, toUnixTimestamp(toDateTime('2026-06-01 00:00:00')) = toUnixTimestamp({from:DateTime64(3)}) AS value", "r,p,,,1,")
}

func TestRuleQueryRefuses(t *testing.T) {
	db := clickhousetest.Start(t)
	appendTo(t, db, oneReading(), "t")
	f := func(sql, want string) {
		t.Helper()
		rows, err := db.RuleQuery(t.Context(), sql, time.Time{}, time.Now())
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %d rows, %v", sql, len(rows), err)
		}
	}
	const row = "SELECT 'r' AS region, 'p' AS project, 'meter' AS class, 'd' AS device, 1 AS value"
	f("SELECT region, project FROM readings", "lacks the column class, device, value: select region, project, class, device and value")
	f("SELECT 1 AS x FROM nowhere", "nowhere")
	f(row+" FORMAT CSV", "leave FORMAT out")
	f(row+" FORMAT JSONEachRow", "leave FORMAT out")
	f(row+"; "+row, "")
	f("SELECT 'R' AS region, 'p' AS project, 'meter' AS class, 'd' AS device, 1 AS value", `row 1: region "R" is not a name`)
	f("SELECT 'r' AS region, '' AS project, 'meter' AS class, 'd' AS device, 1 AS value", "column project is empty")
	f("SELECT 'r' AS region, 'p' AS project, '' AS class, 'd' AS device, 1 AS value", "column class is empty")
	f("SELECT 'r' AS region, 'p' AS project, 'boiler' AS class, 'd' AS device, 1 AS value", `class "boiler" is not one of`)
	f("SELECT 'r' AS region, 'p' AS project, 'meter' AS class, 'd' AS device, 'x' AS value", `column value is "x", not a number`)
	f("SELECT 1 AS region, 'p' AS project, 'meter' AS class, 'd' AS device, 1 AS value", "column region is 1, not a text")
	f(row+" FROM numbers(10001)", "rows")
	f(row+", repeat('x', 1000000) AS text FROM numbers(100)", "bytes")
	f("SELECT 'r' AS region, 'p' AS project, 'meter' AS class, 'd' AS device, x AS value FROM (SELECT uniqExact(number) AS x FROM numbers(1000000000))", "memory")

	// It changes nothing, reaches nothing else, and keeps to its bounds.
	for _, sql := range []string{
		"TRUNCATE TABLE readings", "INSERT INTO readings (value) VALUES (1)", "DROP TABLE readings", "SET readonly = 0",
		row + " SETTINGS max_execution_time = 0", row + " SETTINGS readonly = 0",
		"SELECT * FROM url('http://127.0.0.1:1/', CSV, 'region String')", "SELECT * FROM file('/etc/passwd', CSV, 'region String')",
		"SELECT * FROM remote('127.0.0.1:1', system.one)", row + " INTO OUTFILE '/tmp/x'",
	} {
		_, err := db.RuleQuery(t.Context(), sql, time.Time{}, time.Now())
		if !errors.Is(err, clickhouse.ErrRefused) && !errors.Is(err, clickhouse.ErrAuth) {
			t.Errorf("%s: %v", sql, err)
		}
	}
	query(t, db, "1", "SELECT count() FROM readings")
}
