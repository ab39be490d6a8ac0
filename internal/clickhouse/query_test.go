package clickhouse_test

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"steward/internal/clickhouse"
	"steward/internal/clickhouse/clickhousetest"
)

func TestQueryFormats(t *testing.T) {
	db := clickhousetest.Start(t)
	for format, want := range map[string]string{
		"":            "a\tb\n1\tx\n",
		"CSV":         "1,\"x\"\n",
		"JSONEachRow": `{"a":1,"b":"x"}` + "\n",
	} {
		var out strings.Builder
		if err := db.Query(t.Context(), &out, clickhouse.QueryOptions{SQL: "SELECT 1 AS a, 'x' AS b", Format: format}); err != nil {
			t.Fatal(err)
		}
		if out.String() != want {
			t.Errorf("format %q: got %q, want %q", format, out.String(), want)
		}
	}
}

func TestQueryUsesTheStoresDatabase(t *testing.T) {
	db := clickhousetest.Start(t)
	appendTo(t, db, oneReading(), "t")
	query(t, db, "1\t"+db.Database(), "SELECT count(), currentDatabase() FROM readings")
}

func TestQueryParametersAreValues(t *testing.T) {
	db := clickhousetest.Start(t)
	for _, value := range []string{"x", "' OR 1 = 1 --", "tab\tline\nreturn\rback\\slash", `\N`, "管家", ""} {
		var out strings.Builder
		err := db.Query(t.Context(), &out, clickhouse.QueryOptions{
			SQL: "SELECT {v:String} AS v", Format: "JSONEachRow", Params: map[string]string{"v": value},
		})
		if err != nil {
			t.Errorf("%q: %v", value, err)
			continue
		}
		var row struct{ V string }
		if err := json.Unmarshal([]byte(out.String()), &row); err != nil || row.V != value {
			t.Errorf("%q came back as %q (%v)", value, row.V, err)
		}
	}
}

func TestQueryReadOnly(t *testing.T) {
	db := clickhousetest.Start(t)
	appendTo(t, db, oneReading(), "t")
	for _, sql := range []string{"TRUNCATE TABLE readings", "INSERT INTO readings (value) VALUES (1)", "DROP DATABASE " + db.Database(), "SET readonly = 0"} {
		err := db.Query(t.Context(), io.Discard, clickhouse.QueryOptions{SQL: sql, ReadOnly: true})
		if !errors.Is(err, clickhouse.ErrRefused) {
			t.Errorf("%s: got %v", sql, err)
		}
	}
	query(t, db, "1", "SELECT count() FROM readings")
	var out strings.Builder
	if err := db.Query(t.Context(), &out, clickhouse.QueryOptions{SQL: "SELECT value FROM readings", ReadOnly: true, Format: "TSV"}); err != nil || out.String() != "1\n" {
		t.Errorf("reading: %q, %v", out.String(), err)
	}
}

func TestQueryErrorsCanBeRead(t *testing.T) {
	db := clickhousetest.Start(t)
	err := db.Query(t.Context(), io.Discard, clickhouse.QueryOptions{SQL: "SELECT nosuch\nFROM readings"})
	if !errors.Is(err, clickhouse.ErrRefused) || !strings.Contains(err.Error(), "nosuch") {
		t.Fatalf("got %v", err)
	}
	for _, noise := range []string{"DB::", "Code:", "version", "\n", "Stack"} {
		if strings.Contains(err.Error(), noise) {
			t.Errorf("%q is for the makers of ClickHouse: %v", noise, err)
		}
	}
}

func TestAnErrorInTheMiddleOfAResult(t *testing.T) {
	db := clickhousetest.Start(t)
	const sql = "SELECT number, throwIf(number = 300000, 'it stops here') FROM numbers(400000) SETTINGS max_block_size = 1000, max_threads = 1"
	var out strings.Builder
	err := db.Query(t.Context(), &out, clickhouse.QueryOptions{SQL: sql, Format: "TSV"})
	if !errors.Is(err, clickhouse.ErrRefused) || !strings.Contains(err.Error(), "it stops here") || strings.Contains(err.Error(), "__exception__") {
		t.Errorf("got %v", err)
	}
	if strings.Contains(out.String(), "xception") {
		t.Errorf("the error's text is in the result: …%q", out.String()[max(0, out.Len()-300):])
	}
	if lines := strings.Count(out.String(), "\n"); lines < 100_000 || lines > 300_000 {
		t.Errorf("%d lines came before the error", lines)
	}
}

func TestQueryOfMuch(t *testing.T) {
	db := clickhousetest.Start(t)
	var n counter
	if err := db.Query(t.Context(), &n, clickhouse.QueryOptions{SQL: "SELECT repeat('x', 999) FROM numbers(100000)", Format: "TSV"}); err != nil {
		t.Fatal(err)
	}
	if n != 100_000_000 {
		t.Errorf("%d bytes", n)
	}
}

type counter int

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

func TestAWriterThatFails(t *testing.T) {
	db := clickhousetest.Start(t)
	r, w := io.Pipe()
	full := errors.New("the disk is full")
	r.CloseWithError(full)
	err := db.Query(t.Context(), w, clickhouse.QueryOptions{SQL: "SELECT * FROM numbers(1000)"})
	if !errors.Is(err, full) || clickhouse.Transient(err) {
		t.Errorf("got %v", err)
	}
}

func TestEveryTableHasASize(t *testing.T) {
	db := clickhousetest.Start(t)
	appendTo(t, db, thousand(meter), "t")
	sizes, err := db.Disk(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]uint64{}
	for _, s := range sizes {
		if s.Bytes == 0 || s.Parts == 0 {
			t.Errorf("%+v", s)
		}
		rows[s.Table] = s.Rows
	}
	if rows["readings"] != 1000 || rows["readings_5m"] != 200 || rows["readings_1h"] != 17 || rows["readings_1d"] != 1 {
		t.Errorf("%v", rows)
	}
}
