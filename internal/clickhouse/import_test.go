package clickhouse_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/clickhouse/clickhousetest"
	"steward/internal/telemetry"
)

// everyFormat is what history is exported and imported as.
var everyFormat = []string{clickhouse.FormatArrow, clickhouse.FormatParquet, clickhouse.FormatCSV}

// plantHistory puts a year of two classes of devices into a store: 600 times a
// reading of each, and now and then an event.
func plantHistory(t testing.TB, db *clickhouse.Store) {
	b := new(clickhouse.Batch)
	for i := range 600 {
		ts := day - telemetry.Millis(i)*15*hour
		b.AddReading(telemetry.Reading{Device: meter, Metric: "energy_kwh", TS: ts, Received: ts + 77, Value: 1e6 - float64(i)/3})
		b.AddReading(telemetry.Reading{Device: lift, Metric: "=楼层, \"x\"", TS: ts + 1, Received: ts + 78, Value: -1e-300 * float64(i)})
		if i%10 == 0 {
			b.AddEvent(telemetry.Event{
				Device: lift, Kind: "故障", ID: fmt.Sprint("-e", i), Severity: telemetry.Critical, TS: ts, Received: ts + 9,
				Attrs: `{"code":"E\n1, \"2\"","n":` + fmt.Sprint(i) + `}`,
			})
		}
	}
	appendTo(t, db, b, "history")
}

const (
	allReadings = "SELECT * FROM readings ORDER BY ALL"
	allEvents   = "SELECT * FROM events ORDER BY ALL"
	allRollups  = `SELECT 'h', bucket, region, project, class, device, metric, min(min), max(max), min(first), max(last), sum(count) FROM readings_1h GROUP BY ALL
		UNION ALL SELECT 'd', bucket, region, project, class, device, metric, min(min), max(max), min(first), max(last), sum(count) FROM readings_1d GROUP BY ALL ORDER BY ALL`
)

func exported(t testing.TB, db *clickhouse.Store, table, format string) []byte {
	t.Helper()
	var out bytes.Buffer
	q := clickhouse.ExportQuery{Table: table, Format: format, To: (day + 24*hour).Time()}
	if err := db.Export(t.Context(), authz.Everything(), &out, q); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func source(table, format string, data []byte) clickhouse.ImportSource {
	return clickhouse.ImportSource{Table: table, Format: format, Name: "/some/where/file." + format, Content: bytes.NewReader(data)}
}

// at is when imports of tests begin.
func at() time.Time { return (day + 24*hour).Time() }

func imported(t testing.TB, db *clickhouse.Store, src clickhouse.ImportSource) clickhouse.ImportResult {
	t.Helper()
	result, err := db.Import(t.Context(), src, clickhouse.ImportOptions{Now: at})
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// What was exported and is imported elsewhere is the same there, also in the
// rollups; and importing it again adds nothing.
func TestAnImportOfAnExportIsTheSame(t *testing.T) {
	clickhouse.SetImportChunk(t, 500)
	from := clickhousetest.Start(t)
	plantHistory(t, from)
	for _, format := range everyFormat {
		t.Run(format, func(t *testing.T) {
			to := clickhousetest.Start(t)
			for table, rows := range map[string]int64{"readings": 1200, "events": 60} {
				data := exported(t, from, table, format)
				result := imported(t, to, source(table, format, data))
				if result.Rows != rows || result.Stored != rows || result.Bad != 0 || result.Before != 0 {
					t.Errorf("%s: %+v", table, result)
				}
				result = imported(t, to, source(table, format, data))
				if result.Rows != rows || result.Stored != 0 || result.Before != rows {
					t.Errorf("%s again: %+v", table, result)
				}
			}
			for _, sql := range []string{allReadings, allEvents, allRollups} {
				query(t, to, clickhousetest.Query(t, from, sql), sql)
			}
		})
	}
}

// Files that others wrote: here ClickHouse itself, with dictionaries, in several
// row groups and batches, compressed, and with times as numbers.
func TestFilesOfOtherWriters(t *testing.T) {
	clickhouse.SetImportChunk(t, 500)
	from := clickhousetest.Start(t)
	plantHistory(t, from)
	const columns = "SELECT value, metric, device, class, project, region, received, ts FROM readings"
	for name, file := range map[string]struct{ format, as, sql string }{
		"arrow file":             {"Arrow", "arrow", columns + " SETTINGS max_block_size = 100, output_format_arrow_compression_method = 'none'"},
		"arrow stream":           {"ArrowStream", "arrow", columns + " SETTINGS max_block_size = 100"},
		"arrow of dictionaries":  {"Arrow", "arrow", columns + " SETTINGS output_format_arrow_low_cardinality_as_dictionary = 1"},
		"stream of dictionaries": {"ArrowStream", "arrow", columns + " ORDER BY ts SETTINGS max_block_size = 100, output_format_arrow_low_cardinality_as_dictionary = 1"},
		"arrow of bytes":         {"Arrow", "arrow", columns + " SETTINGS output_format_arrow_string_as_string = 0"},
		"parquet":                {"Parquet", "parquet", columns + " SETTINGS output_format_parquet_row_group_size = 100, output_format_parquet_compression_method = 'snappy'"},
		"parquet of bytes":       {"Parquet", "parquet", columns + " SETTINGS output_format_parquet_string_as_string = 0, output_format_parquet_compression_method = 'zstd'"},
		"times as numbers":       {"Parquet", "parquet", "SELECT * REPLACE (toUnixTimestamp64Milli(ts) AS ts, toUnixTimestamp64Milli(received) AS received) FROM readings"},
		"nullable":               {"Parquet", "parquet", "SELECT * REPLACE (toNullable(value) AS value, toNullable(toString(metric)) AS metric) FROM readings"},
		"csv":                    {"CSVWithNames", "csv", "SELECT * FROM readings SETTINGS format_csv_delimiter = ','"},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			if err := from.Query(t.Context(), &out, clickhouse.QueryOptions{SQL: file.sql, Format: file.format}); err != nil {
				t.Fatal(err)
			}
			to := clickhousetest.Start(t)
			if result := imported(t, to, source("readings", file.as, out.Bytes())); result.Stored != 1200 {
				t.Errorf("%+v", result)
			}
			query(t, to, clickhousetest.Query(t, from, allReadings), allReadings)
		})
	}
}

// The memory for a file goes by its batches and not by its size; a batch that is
// too large is refused and not tried.
func TestTheMemoryOfAnImportIsBounded(t *testing.T) {
	clickhouse.SetMaxRecordBytes(t, 4<<20)
	db := clickhousetest.Start(t)
	const sql = "SELECT toDateTime64(number, 3, 'UTC') AS ts, 'east' AS region, 'hz-1' AS project, 'meter' AS class, 'm-1' AS device, 'x' AS metric, rand() / 7 AS value FROM numbers(200000) SETTINGS "
	for name, file := range map[string]struct {
		format, as, settings string
		fits                 bool
	}{
		"small batches of arrow":   {"ArrowStream", "arrow", "max_block_size = 4000", true},
		"small batches, a file":    {"Arrow", "arrow", "max_block_size = 4000", true},
		"small groups of parquet":  {"Parquet", "parquet", "output_format_parquet_row_group_size = 4000", true},
		"a large batch of arrow":   {"ArrowStream", "arrow", "max_block_size = 200000", false},
		"a large batch, in a file": {"Arrow", "arrow", "max_block_size = 200000", false},
	} {
		var out bytes.Buffer
		if err := db.Query(t.Context(), &out, clickhouse.QueryOptions{SQL: sql + file.settings, Format: file.format}); err != nil {
			t.Fatal(err)
		}
		result, err := db.Import(t.Context(), source("readings", file.as, out.Bytes()), clickhouse.ImportOptions{DryRun: true, Now: at})
		switch {
		case file.fits && (err != nil || result.Stored != 200_000):
			t.Errorf("%s, %d bytes: %+v, %v", name, out.Len(), result, err)
		case !file.fits && (!errors.Is(err, clickhouse.ErrBadFile) || !strings.Contains(err.Error(), "smaller batches")):
			t.Errorf("%s: %+v, %v", name, result, err)
		}
	}
}

// broken imports until a number of chunks is stored.
func broken(t testing.TB, db *clickhouse.Store, src clickhouse.ImportSource, chunks int) clickhouse.ImportResult {
	ctx, cancel := context.WithCancel(t.Context())
	result, err := db.Import(ctx, src, clickhouse.ImportOptions{Now: at, Progress: func(clickhouse.ImportResult) {
		if chunks--; chunks == 0 {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("broken off: %v", err)
	}
	return result
}

func TestABrokenImportGoesOn(t *testing.T) {
	clickhouse.SetImportChunk(t, 100)
	from := clickhousetest.Start(t)
	plantHistory(t, from)
	for _, format := range everyFormat {
		t.Run(format, func(t *testing.T) {
			to := clickhousetest.Start(t)
			data := exported(t, from, "readings", format)
			if first := broken(t, to, source("readings", format, data), 5); first.Stored != 500 {
				t.Errorf("the first run: %+v", first)
			}
			result := imported(t, to, source("readings", format, data))
			if result.Rows != 1200 || result.Before != 500 || result.Stored != 700 {
				t.Errorf("the second run: %+v", result)
			}
			query(t, to, clickhousetest.Query(t, from, allReadings), allReadings)
			query(t, to, clickhousetest.Query(t, from, allRollups), allRollups)
		})
	}
}

// It breaks off when a chunk is stored, or a part of it, and that it is stored
// is not yet noted.
func TestAnImportThatBreaksOffInAChunk(t *testing.T) {
	clickhouse.SetImportChunk(t, 100)
	from := clickhousetest.Start(t)
	plantHistory(t, from)
	data := exported(t, from, "readings", "csv")
	for name, table := range map[string]string{"before it is noted": "imports", "before the rollups": "readings_1d"} {
		t.Run(name, func(t *testing.T) {
			to := clickhousetest.Start(t)
			broken(t, to, source("readings", "csv", data), 3)
			clickhousetest.Query(t, to, "ALTER TABLE "+table+" ADD CONSTRAINT broken CHECK "+map[string]string{"imports": "chunks < 4", "readings_1d": "count > 1000"}[table])
			if _, err := to.Import(t.Context(), source("readings", "csv", data), clickhouse.ImportOptions{Now: at}); !errors.Is(err, clickhouse.ErrRefused) {
				t.Fatalf("it did not break: %v", err)
			}
			query(t, to, "400", "SELECT count() FROM readings")
			clickhousetest.Query(t, to, "ALTER TABLE "+table+" DROP CONSTRAINT broken")
			// Later, when what had no time of receipt would get another one.
			later := func() time.Time { return at().Add(time.Hour) }
			result, err := to.Import(t.Context(), source("readings", "csv", data), clickhouse.ImportOptions{Now: later})
			if err != nil || result.Before != 300 || result.Stored != 900 {
				t.Errorf("%+v, %v", result, err)
			}
			query(t, to, clickhousetest.Query(t, from, allReadings), allReadings)
			query(t, to, clickhousetest.Query(t, from, allRollups), allRollups)
		})
	}
}

func TestAnImportOfManyMonthsAndClasses(t *testing.T) {
	db := clickhousetest.Start(t)
	var csv strings.Builder
	csv.WriteString("ts,region,project,class,device,metric,value\n")
	rows := 0
	for month := range 10 * 12 {
		for _, class := range telemetry.Classes() {
			fmt.Fprintf(&csv, "%s,east,hz-1,%s,d-1,x,%d\n", time.Date(2001, time.Month(1+month), 3, 4, 5, 6, 7e6, time.UTC).Format(time.RFC3339Nano), class, month)
			rows++
		}
	}
	result := imported(t, db, source("readings", "csv", []byte(csv.String())))
	if result.Stored != int64(rows) {
		t.Errorf("%+v", result)
	}
	if got, want := counts(t, db), fmt.Sprintf("%[1]d %[1]d %[1]d %[1]d", rows); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	// Without a time of receipt a row was received when it was imported.
	query(t, db, "2026-06-02 00:00:00.000\t2001-01-03 04:05:06.007", "SELECT DISTINCT received, (SELECT min(ts) FROM readings) FROM readings")
}

// What cannot be kept is quarantined with its row, and is seen by who may see
// everything.
func TestBadRowsAreQuarantined(t *testing.T) {
	db := clickhousetest.Start(t)
	const good = "1780272000000,east,hz-1,meter,m-1,power_kw,1"
	rows := []struct{ line, reason, about string }{
		{good, "", ""},
		{"2026-06-01 00:00:01.5,east,hz-1,meter,m-1,power_kw,-2e3", "", ""},
		{"2026-06-01T08:00:02+08:00,east,hz-1,meter,m-1,power_kw,3", "", ""},
		{"yesterday,east,hz-1,meter,m-1,power_kw,1", "bad_time", "ts"},
		{",east,hz-1,meter,m-1,power_kw,1", "bad_time", "ts: is missing"},
		{"2036-01-01T00:00:00Z,east,hz-1,meter,m-1,power_kw,1", "clock_ahead", "2036"},
		{"-1,east,hz-1,meter,m-1,power_kw,1", "clock_behind", "before 1970"},
		{"1780272000000,EAST,hz-1,meter,m-1,power_kw,1", "bad_topic", "region"},
		{"1780272000000,east,' OR 1=1 --,meter,m-1,power_kw,1", "bad_topic", "project"},
		{"1780272000000,east,hz-1,boiler,m-1,power_kw,1", "bad_topic", "class"},
		{"1780272000000,east,hz-1,meter,,power_kw,1", "bad_topic", "device"},
		{"1780272000000,east,hz-1,meter,m-1,,1", "bad_value", "metric"},
		{"1780272000000,east,hz-1,meter,m-1,\xff,1", "bad_value", "metric"},
		{"1780272000000,east,hz-1,meter,m-1,power_kw,", "bad_value", "value: is missing"},
		{"1780272000000,east,hz-1,meter,m-1,power_kw,NaN", "bad_value", "finite"},
		{"1780272000000,east,hz-1,meter,m-1,power_kw,1e999", "bad_value", "number"},
		{"1780272000000,east,hz-1,meter,m-1,power_kw", "bad_syntax", "6 fields, not 7"},
		{"1780272000000,east,hz-1,meter,m-1,power_kw,1,2", "bad_syntax", "8 fields, not 7"},
		{`1780272000000,east,hz-1,me"ter,m-1,power_kw,1`, "bad_syntax", "quot"},
	}
	lines := "ts,region,project,class,device,metric,value\n"
	for _, r := range rows {
		lines += r.line + "\n"
	}
	src := source("readings", "csv", []byte(lines))

	dry, err := db.Import(t.Context(), src, clickhouse.ImportOptions{DryRun: true, Now: at})
	if err != nil || !dry.DryRun || dry.Stored != 3 || dry.Bad != int64(len(rows)-3) {
		t.Errorf("dry run: %+v, %v", dry, err)
	}
	query(t, db, "0 0 0", "SELECT concatWithSeparator(' ', (SELECT count() FROM readings), (SELECT count() FROM dead_letters), (SELECT count() FROM imports))")

	result := imported(t, db, src)
	if result.Rows != int64(len(rows)) || result.Stored != 3 || result.Bad != dry.Bad || len(result.Problems) != len(dry.Problems) {
		t.Errorf("%+v", result)
	}
	query(t, db, "1\n-2000\n3", "SELECT value FROM readings ORDER BY ts")

	letters, err := db.DeadLetters(t.Context(), authz.Everything(), clickhouse.LettersQuery{To: at().Add(time.Hour)})
	if err != nil || len(letters.Letters) != int(result.Bad) {
		t.Fatalf("%d letters, %v", len(letters.Letters), err)
	}
	byRow := map[string]clickhouse.Letter{}
	for _, l := range letters.Letters {
		row, _, _ := strings.Cut(l.Error, ":")
		byRow[row] = l
	}
	for i, r := range rows[3:] {
		l := byRow[fmt.Sprintf("row %d", i+4)]
		if string(l.Reason) != r.reason || !strings.Contains(l.Error, r.about) || l.Topic != "import/readings/file.csv" || l.Codec != "import" {
			t.Errorf("%s: %+v", r.line, l)
		}
		if p := result.Problems[i]; p.Row != int64(i+4) || !strings.HasPrefix(p.Problem, r.reason) {
			t.Errorf("problem %+v of %s", p, r.line)
		}
	}
	query(t, db, `{"class":"boiler","device":"m-1","metric":"power_kw","project":"hz-1","region":"east","ts":"1780272000000","value":"1"}`,
		"SELECT payload FROM dead_letters WHERE position(error, 'row 10:') > 0")
	if l, err := db.DeadLetters(t.Context(), watcher{"east"}.scope(t), clickhouse.LettersQuery{To: at().Add(time.Hour)}); err != nil || len(l.Letters) != 0 {
		t.Errorf("a region sees %d letters, %v", len(l.Letters), err)
	}
}

func TestTooManyBadRowsEndAnImport(t *testing.T) {
	clickhouse.SetImportChunk(t, 10)
	db := clickhousetest.Start(t)
	lines := "ts,region,project,class,device,metric,value\n" + strings.Repeat("x,east,hz-1,meter,m-1,power_kw,1\n", 100)
	_, err := db.Import(t.Context(), source("readings", "csv", []byte(lines)), clickhouse.ImportOptions{MaxBad: 25, Now: at})
	if err == nil || !strings.Contains(err.Error(), "more than 25 rows are bad") || !strings.Contains(err.Error(), "row 26") {
		t.Errorf("%v", err)
	}
	query(t, db, "20", "SELECT count() FROM dead_letters")
	// Who finds them all right after all goes on from there.
	result := imported(t, db, source("readings", "csv", []byte(lines)))
	if result.Bad != 80 || result.Before != 20 {
		t.Errorf("%+v", result)
	}
	query(t, db, "100\t100", "SELECT count(), uniqExact(id) FROM dead_letters")
}

func TestEventsAreImportedAsAtTheDoor(t *testing.T) {
	db := clickhousetest.Start(t)
	lines := "\ufeffkind,ts,region,project,class,device,attrs,severity,id\r\n" +
		"entrapment,1780272000000,east,hz-1,elevator,e-1,,,\r\n" +
		`granted,1780272000001,east,hz-1,access,g-1,"{""card"":""K7-88""}",warning,x1` + "\r\n" +
		`granted,1780272000002,east,hz-1,access,g-1,"card K7-88",,x2` + "\r\n" +
		`granted,1780272000003,east,hz-1,gate,g-1,"{""card"":""K7-88""}",,x3` + "\r\n" +
		"fault,1780272000004,east,hz-1,elevator,e-1,[1],,x4\r\n" +
		"fault,1780272000005,east,hz-1,elevator,e-1,{},grave,x5\r\n" +
		",1780272000006,east,hz-1,elevator,e-1,{},,x6\r\n"
	redact := func(e telemetry.Event) string {
		if e.Device.Class == telemetry.Access {
			return strings.ReplaceAll(e.Attrs, "K7-88", ann)
		}
		return e.Attrs
	}
	result, err := db.Import(t.Context(), source("events", "csv", []byte(lines)), clickhouse.ImportOptions{Redact: redact, Now: at})
	if err != nil || result.Stored != 2 || result.Bad != 5 {
		t.Fatalf("%+v, %v", result, err)
	}
	query(t, db, "entrapment|life_safety|{}|16\ngranted|warning|{\"card\":\""+ann+"\"}|2", "SELECT concatWithSeparator('|', kind, severity, attrs, length(id)) FROM events ORDER BY ts")
	query(t, db, "0\t2", "SELECT countIf(position(payload, 'K7-88') > 0), countIf(position(payload, '"+ann+"') > 0) FROM dead_letters")
	query(t, db, "bad_event,bad_event,bad_event,bad_event,bad_topic", "SELECT arrayStringConcat(arraySort(groupArray(toString(reason))), ',') FROM dead_letters")
}

func TestFilesThatAreNoneOfOurs(t *testing.T) {
	db := clickhousetest.Start(t)
	plantHistory(t, db)
	good := map[string][]byte{}
	for _, format := range everyFormat {
		good[format] = exported(t, db, "readings", format)
	}
	hourly := func(format string) []byte {
		var out bytes.Buffer
		q := clickhouse.ExportQuery{Table: "readings", Format: format, Resolution: clickhouse.Hourly, To: (day + 24*hour).Time()}
		if err := db.Export(t.Context(), authz.Everything(), &out, q); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	before := counted(t, db) + counts(t, db)
	for name, src := range map[string]clickhouse.ImportSource{
		"no table":                source("states", "csv", good["csv"]),
		"no format":               source("readings", "xlsx", good["csv"]),
		"arrow as parquet":        source("readings", "parquet", good["arrow"]),
		"parquet as arrow":        source("readings", "arrow", good["parquet"]),
		"half an arrow stream":    source("readings", "arrow", good["arrow"][:len(good["arrow"])/2]),
		"a stream without end":    source("readings", "arrow", good["arrow"][:len(good["arrow"])-8]),
		"half of parquet":         source("readings", "parquet", good["parquet"][:len(good["parquet"])/2]),
		"nothing as arrow":        source("readings", "arrow", nil),
		"nothing as parquet":      source("readings", "parquet", nil),
		"nothing as csv":          source("readings", "csv", nil),
		"a quotation without end": source("readings", "csv", []byte("ts,region,project,class,device,metric,value\n\""+strings.Repeat("x\n", 5<<20))),
		"hours as csv":            source("readings", "csv", hourly("csv")),
		"hours as arrow":          source("readings", "arrow", hourly("arrow")),
		"readings as events":      source("events", "parquet", good["parquet"]),
		"a column too many":       source("readings", "csv", []byte("ts,region,project,class,device,metric,value,unit\n1,a,b,meter,c,d,1,e\n")),
		"a column twice":          source("readings", "csv", []byte("ts,region,project,class,device,metric,value,ts\n1,a,b,meter,c,d,1,2\n")),
	} {
		result, err := db.Import(t.Context(), src, clickhouse.ImportOptions{Now: at})
		bad := new(clickhouse.ArgumentError)
		if !errors.Is(err, clickhouse.ErrBadFile) && !errors.As(err, &bad) || result.Stored != 0 {
			t.Errorf("%s: %+v, %v", name, result, err)
		}
	}
	if after := counted(t, db) + counts(t, db); after != before {
		t.Errorf("something was stored: %s, before %s", after, before)
	}
}

// smallFiles are exports of a few readings.
func smallFiles(t testing.TB, db *clickhouse.Store) map[string][]byte {
	b := new(clickhouse.Batch)
	for i := range 3 {
		b.AddReading(reading(meter, "energy_kwh", day+telemetry.Millis(i), float64(i)))
	}
	appendTo(t, db, b, "small")
	files := map[string][]byte{}
	for _, format := range everyFormat {
		files[format] = exported(t, db, "readings", format)
	}
	var out bytes.Buffer
	if err := db.Query(t.Context(), &out, clickhouse.QueryOptions{SQL: "SELECT * FROM readings", Format: "Arrow"}); err != nil {
		t.Fatal(err)
	}
	files["arrow file"] = out.Bytes()
	return files
}

// Whatever number in a file is damaged, also one that says how much there is of
// something: it is an error at the most, and never the end of the process.
func TestDamagedNumbers(t *testing.T) {
	db := clickhousetest.Start(t)
	for format, data := range smallFiles(t, db) {
		failed := 0
		for at := 0; at+4 <= len(data); at += 2 {
			damaged := bytes.Clone(data)
			copy(damaged[at:], "\xf0\xff\xff\x7f")
			result := tried(t, db, format, damaged)
			if result.Stored != 3 {
				failed++
			}
		}
		if failed == 0 {
			t.Errorf("%s: no damage was noticed", format)
		}
	}
}

// tried imports a file without storing it.
func tried(t testing.TB, db *clickhouse.Store, format string, data []byte) clickhouse.ImportResult {
	src := source("readings", strings.TrimSuffix(format, " file"), data)
	result, err := db.Import(context.Background(), src, clickhouse.ImportOptions{DryRun: true, MaxBad: 100, Now: at})
	switch {
	case err == nil && result.Stored+result.Bad != result.Rows:
		t.Errorf("%s: %+v", format, result)
	case err != nil && !errors.Is(err, clickhouse.ErrBadFile):
		t.Errorf("%s: %v", format, err)
	}
	return result
}

// Files that nobody wrote are errors; what they hold is judged row by row.
func FuzzImport(f *testing.F) {
	db := clickhousetest.Start(f)
	for format, data := range smallFiles(f, db) {
		f.Add(data, format)
	}
	f.Fuzz(func(t *testing.T, data []byte, format string) {
		if slices.Contains(everyFormat, format) {
			tried(t, db, format, data)
		}
	})
}
