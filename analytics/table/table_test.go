package table

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var lifetimes = []Column{
	{Name: "time", Aliases: []string{"t", "age", "时间"}},
	{Name: "event", Aliases: []string{"status", "事件"}, Kind: Flag},
	{Name: "entry", Optional: true},
	{Name: "count", Aliases: []string{"n"}, Optional: true},
	{Name: "group", Kind: Text, Optional: true},
}

var series = []Column{
	{Name: "ts", Kind: Time},
	{Name: "value", Gaps: true},
	{Name: "meter", Kind: Text, Optional: true, Series: true},
}

// shown is a row with each cell that it has.
func shown(columns []Column, r *Row) string {
	cells := []string{fmt.Sprint(r.Line())}
	for col := range columns {
		s := "-"
		switch {
		case !r.Has(col):
		case columns[col].Kind == Number:
			s = fmt.Sprint(r.Number(col))
		case columns[col].Kind == Time:
			s = r.Time(col).Format("2006-01-02T15:04:05.999999999Z07:00")
		case columns[col].Kind == Flag:
			s = fmt.Sprint(r.Flag(col))
		default:
			s = r.Text(col)
		}
		cells = append(cells, s)
	}
	return strings.Join(cells, " ")
}

func readAll(t *testing.T, path string, in io.Reader, columns []Column, opts Options) ([]string, error) {
	t.Helper()
	var got []string
	rows, err := ReadFrom(t.Context(), path, in, columns, opts, func(r *Row) error {
		got = append(got, shown(columns, r))
		return nil
	})
	if err == nil && rows != int64(len(got)) {
		t.Errorf("%d rows, of which %d were seen", rows, len(got))
	}
	return got, err
}

func TestCSV(t *testing.T) {
	f := func(columns []Column, m map[string]string, text string, want ...string) {
		t.Helper()
		got, err := readAll(t, Stdin, strings.NewReader(text), columns, Options{Map: m})
		if err != nil {
			t.Errorf("of\n%s\n%v", text, err)
		} else if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("of\n%s\ngot\n%s\nwant\n%s", text, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
	f(lifetimes, nil, "time,event\n1.5,1\n2,0\n", "2 1.5 true - - -", "3 2 false - - -")
	f(lifetimes, nil, "time,event\n")
	f(lifetimes, nil, "time,event")
	f(lifetimes, nil, "time,event\n1,1", "2 1 true - - -")
	f(lifetimes, nil, "\ufefftime,event\r\n1,1\r\n", "2 1 true - - -")
	f(lifetimes, nil, "\ufeff\"time\",\"event\"\r\n1,1\r\n", "2 1 true - - -")
	f(lifetimes, nil, "group;event;time\nA;1;3\n", "2 3 true - - A")
	f(lifetimes, nil, "time\tevent\tgroup\n1\t1\ta, b; c\n\n2\t0\t\n", "2 1 true - - a, b; c", "4 2 false - - -")
	f(lifetimes, nil, "\"a,b,c\";time;event\nx;1;1\n", "2 1 true - - -")
	f(lifetimes, nil, "# of 2026\n#\n\ntime,event\n\n1,1\n  \n2,1\n", "6 1 true - - -", "8 2 true - - -")
	f(lifetimes, nil, "Time , EVENT\n 1 ,\t1\n\u00a02\u00a0,0\n", "2 1 true - - -", "3 2 false - - -")
	f(lifetimes, nil, "time,event,group\n1,1,NA\n2,1,\"  \"\n3,1,null\n", "2 1 true - - NA", "3 2 true - - -", "4 3 true - - null")
	f(lifetimes, nil, "time,event,entry,n\n1,1,NA,\n2,1,nan,null\n3,yes,-Inf,#N/A\n4,否,0,2\n",
		"2 1 true - - -", "3 2 true - - -", "4 3 true - - -", "5 4 false 0 2 -")
	f(lifetimes, nil, "t,Status\n1,TRUE\n2,False\n3,1.0\n4,n\n", "2 1 true - - -", "3 2 false - - -", "4 3 true - - -", "5 4 false - - -")
	f(lifetimes, nil, "时间,事件\n1,是\n", "2 1 true - - -")
	// The name goes before aliases, and what is mapped is nobody's alias.
	f(lifetimes, nil, "age,time,event\n9,1,1\n", "2 1 true - - -")
	f(lifetimes, map[string]string{"time": "n"}, "n,event\n1,1\n", "2 1 true - - -")
	f(lifetimes, map[string]string{"time": "Hours run", "EVENT": "failed?"}, "hours_run,failed?\n1,1\n", "2 1 true - - -")
	f(lifetimes, map[string]string{"time": "Time"}, "time,Time,event\n9,1,1\n", "2 1 true - - -")
	f(lifetimes, map[string]string{"time": "entry", "entry": "time"}, "time,entry,event\n1,2,1\n", "2 2 true 1 - -")
	// Quotation marks.
	f(lifetimes, nil, "time,event,group\n\"1\",\"1\",\"a \"\"b\"\", c\"\n2,1,\"two\n\nlines\"\n3,1,x\"y\"\n4,1,\"\"\n",
		"2 1 true - - a \"b\", c", "3 2 true - - two\n\nlines", "6 3 true - - x\"y\"", "7 4 true - - -")
	// Gaps are for columns that must be in the file, too.
	f(series, nil, "ts,value\n2026-01-01,\n2026-01-02,NaN\n2026-01-03,0\n", "2 2026-01-01T00:00:00Z - -", "3 2026-01-02T00:00:00Z - -", "4 2026-01-03T00:00:00Z 0 -")
}

func TestWrongFiles(t *testing.T) {
	f := func(columns []Column, m map[string]string, text, want string) {
		t.Helper()
		_, err := readAll(t, Stdin, strings.NewReader(text), columns, Options{Map: m})
		if got := fmt.Sprint(err); got != want {
			t.Errorf("of\n%s\ngot\n%s\nwant\n%s", text, got, want)
		}
	}
	const in = "standard input: "
	f(lifetimes, nil, "", in+"is empty: it should begin with the names of the columns")
	f(lifetimes, nil, "# only\n\n", in+"is empty: it should begin with the names of the columns")
	f(lifetimes, nil, "hours,failed\n1,1\n", in+`no column time, event; it has "hours", "failed"; wanted are time, event, [entry], [count], [group]: say which is which with --map time=NAME`)
	f(lifetimes, nil, "17,1\n18,0\n", in+`no column time, event; it has "17", "1"; wanted are time, event, [entry], [count], [group]: its first line seems to be data: put a line with the names before it`)
	f(lifetimes, nil, "time,event,time\n1,1,1\n", in+`columns 1 and 3 are both called "time": rename one of them`)
	f(lifetimes, nil, "time,event,TIME\n1,1,1\n", in+`columns "time" and "TIME" could both be time: say which with --map time=NAME`)
	f(lifetimes, nil, strings.Repeat("x,", 20)+strings.Repeat("y", 100), in+`no column time, event; it has `+strings.Repeat(`"x", `, 12)+`and 9 more; wanted are time, event, [entry], [count], [group]: say which is which with --map time=NAME`)
	f([]Column{{Name: "a", Optional: true}, {Name: "b", Optional: true}}, nil, "c\n1\n", in+`no column a, b; it has "c"; wanted are [a], [b]: say which is which with --map a=NAME`)
	f(lifetimes, map[string]string{"tim": "x"}, "x,event\n", `--map tim=x: there is no column "tim"; the columns are time, event, [entry], [count], [group]`)
	f(lifetimes, map[string]string{"time": "x", "Time": "y"}, "x,event\n", `--map time=x: time is mapped to y already`)
	f(lifetimes, map[string]string{"time": "hrs"}, "hours,event\n", `--map time=hrs: standard input has no column "hrs"; it has "hours", "event"`)
	f(lifetimes, map[string]string{"time": "x", "event": "x"}, "x,y\n", `--map time=x: event is mapped to the same column`)
	f(lifetimes, map[string]string{"time": "h h"}, "hh,h_h,event\n", in+`columns "hh" and "h_h" could both be time: say which with --map time=NAME`)
	f(lifetimes, nil, "PK\x03\x04....", in+"is a spreadsheet or a zip file: save it as CSV UTF-8")
	f(lifetimes, nil, "\xff\xfet\x00", in+"is UTF-16: save it as CSV UTF-8")
	f(lifetimes, nil, "\xca\xb1\xbc\xe4,event\n", "standard input:1: the names of the columns are not UTF-8: save it as CSV UTF-8")
	f(lifetimes, nil, "PAR1....", in+"Parquet is read from a file only, since its index is at its end")
	f(lifetimes, nil, "\x1f\x8bxxxxxxxx", in+"not a gzip file: gzip: invalid header")
	f(lifetimes, nil, "time,event\n1,1\n2,\"1\n3,1\n", "standard input:3: a quotation mark is opened here and never closed")
	f(lifetimes, nil, "time,event\n1,\"1\n"+strings.Repeat("2,1\n", maxRow/4), "standard input:2: a row of more than 1048576 bytes: is a quotation mark not closed?")
	f(lifetimes, nil, "time,event\n1,"+strings.Repeat("1", maxRow+1), "standard input:2: a line of more than 1048576 bytes: is it a CSV?")
	f(lifetimes, nil, "time,\"event\"x\n", "standard input:1: text after a closing quotation mark: write a quotation mark within a cell twice")
}

func TestBadRows(t *testing.T) {
	f := func(columns []Column, text string, want ...string) {
		t.Helper()
		_, err := readAll(t, Stdin, strings.NewReader(text), columns, Options{})
		for i := range want {
			want[i] = "standard input:" + want[i]
		}
		if got := fmt.Sprint(err); got != strings.Join(want, "\n") {
			t.Errorf("of\n%s\ngot\n%s\nwant\n%s", text, got, strings.Join(want, "\n"))
		}
	}
	f(lifetimes, "time,event\n,1\n1,1\nNA,1\nx,1\n5 h,1\n\"1,234.5\",1\n\"1,5\",1\n1_0,1\n0x1p3,1\n1e999,1\n",
		`2: column "time": is empty: every row needs time`,
		`4: column "time": "NA" is no value: every row needs time`,
		`5: column "time": "x" is not a number: write it such as 1234.5, without a unit`,
		`6: column "time": "5 h" is not a number: write it such as 1234.5, without a unit`,
		`7: column "time": "1,234.5" is not a number: thousands separators and decimal commas are not guessed, write 1234.5`,
		`8: column "time": "1,5" is not a number: thousands separators and decimal commas are not guessed, write 1234.5`,
		`9: column "time": "1_0" is not a number: write it such as 1234.5, without a unit`,
		`10: column "time": "0x1p3" is not a number: write it such as 1234.5, without a unit`,
		`11: column "time": "1e999" is not a number: write it such as 1234.5, without a unit`)
	f(lifetimes, "Age,status\n1,2\n1,maybe\n1,\n", `2: column "status": "2" is neither 1, true, yes nor 0, false, no`,
		`3: column "status": "maybe" is neither 1, true, yes nor 0, false, no`, `4: column "status": is empty: every row needs event`)
	f(lifetimes, "time,event\n1\n1,1,1\n\"1\"x,1\n1,1\n",
		`2: cells: 1, names of columns: 2: put cells that hold a delimiter in quotation marks`,
		`3: cells: 3, names of columns: 2: put cells that hold a delimiter in quotation marks`,
		`4: text after a closing quotation mark: write a quotation mark within a cell twice`)
	f(lifetimes, "time,event,group\n1,1,\xca\xb1\xbc\xe4\n", `2: column "group": "ʱ\xbc\xe4" is not UTF-8: save the file as CSV UTF-8`)
	f(series, "ts,value\nyesterday,1\n2026-02-30,1\n20260101,1\n"+strings.Repeat("9", 90)+",1\n",
		`2: column "ts": "yesterday" is not a time: write it such as 2026-01-31 08:15:00, 2026-01-31T08:15:00+08:00, or in Unix seconds or milliseconds`,
		`3: column "ts": "2026-02-30" is not a time: write it such as 2026-01-31 08:15:00, 2026-01-31T08:15:00+08:00, or in Unix seconds or milliseconds`,
		`4: column "ts": "20260101" is not a time: Unix times are seconds or milliseconds since 1970, dates such as 2026-01-31`,
		`5: column "ts": "`+strings.Repeat("9", 40)+`"… is not a time: Unix times are seconds or milliseconds since 1970, dates such as 2026-01-31`)
}

// Problems of rows are told at once, up to a number, and so are those that the
// caller finds.
func TestProblemsAreBounded(t *testing.T) {
	f := func(bad int, last string) {
		t.Helper()
		text := "time,event\n" + strings.Repeat("x,1\n-1,1\n", bad/2) + "1,1\n"
		rows, err := ReadFrom(t.Context(), Stdin, strings.NewReader(text), lifetimes, Options{}, func(r *Row) error {
			if r.Number(0) < 0 {
				return fmt.Errorf("lifetimes: %w", r.Errorf(0, "%g is before the beginning", r.Number(0)))
			}
			return nil
		})
		lines := strings.Split(err.Error(), "\n")
		if want := "lifetimes: standard input:3: column \"time\": -1 is before the beginning"; lines[1] != want {
			t.Errorf("got %s, want %s", lines[1], want)
		}
		if len(lines) != min(bad, toldProblems+1) || last != "" && lines[len(lines)-1] != last {
			t.Errorf("%d bad rows: %d lines, the last is %s", bad, len(lines), lines[len(lines)-1])
		}
		if bad < mostProblems && rows != int64(bad)+1 {
			t.Errorf("%d rows", rows)
		}
		if !errors.As(err, new(*Error)) {
			t.Errorf("%T is no Error", err)
		}
	}
	f(2, "")
	f(20, "")
	f(22, "standard input: and 2 bad rows more")
	f(mostProblems+1000, "standard input: and at least 9980 bad rows more: the rest was not read")
}

func TestOtherErrorsEndIt(t *testing.T) {
	broken := errors.New("broken")
	rows, err := ReadFrom(t.Context(), Stdin, strings.NewReader("time,event\n1,1\n2,1\n3,1\n"), lifetimes, Options{}, func(r *Row) error {
		if r.Line() == 3 {
			return broken
		}
		return nil
	})
	if !errors.Is(err, broken) || rows != 1 {
		t.Errorf("%d rows, %v", rows, err)
	}

	ctx, cancel := context.WithCancelCause(t.Context())
	text := "time,event\n" + strings.Repeat("1,1\n", 3*aliveRows)
	rows, err = ReadFrom(ctx, Stdin, strings.NewReader(text), lifetimes, Options{}, func(r *Row) error {
		cancel(broken)
		return nil
	})
	if !errors.Is(err, broken) || rows != aliveRows {
		t.Errorf("%d rows, %v", rows, err)
	}
}

func TestFiles(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	zip := func(text string) []byte {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		if _, err := io.WriteString(w, text); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	text := "time,event\n" + strings.Repeat("1,1\n", 3*progressRows)
	f := func(path string, in io.Reader, known bool) {
		t.Helper()
		var shares []float64
		rows, err := ReadFrom(t.Context(), path, in, lifetimes, Options{Progress: func(_ int64, share float64) { shares = append(shares, share) }},
			func(*Row) error { return nil })
		if err != nil || rows != 3*progressRows {
			t.Errorf("%s: %d rows, %v", path, rows, err)
		}
		if len(shares) != 3 || shares[0] > shares[2] || known != (shares[2] > 0.9) || shares[2] > 1 {
			t.Errorf("%s: progress was %v", path, shares)
		}
	}
	f(write("a.csv", []byte(text)), nil, true)
	f(write("a.csv.gz", zip(text)), nil, true)
	f(write("gzip.csv", zip(text)), nil, true)
	f(write("two.gz", append(zip(text[:1000]), zip(text[1000:])...)), nil, true)
	f(Stdin, strings.NewReader(text), false)
	f(Stdin, bytes.NewReader(zip(text)), false)

	wrong := func(path, want string) {
		t.Helper()
		_, err := Read(t.Context(), path, lifetimes, Options{}, func(*Row) error { return nil })
		if got := fmt.Sprint(err); !strings.Contains(got, want) {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	wrong(filepath.Join(dir, "none.csv"), "none.csv: no such file")
	wrong(dir, "is a folder: name a file of it")
	wrong(write("empty.csv", nil), "empty.csv: is empty")
	wrong(write("empty.gz", zip("")), "empty.gz: is empty")
	cut := zip(text)
	wrong(write("cut.gz", cut[:len(cut)-20]), "the gzip file is damaged or cut off")
	wrong(write("within.gz", zip("PAR1")), "a Parquet file within gzip: uncompress it first")
}

// A file with as many different texts as rows must not fill the memory.
func TestTextsAreBounded(t *testing.T) {
	p := newParser(newClock(time.UTC, 1))
	for i := range keptTexts + keptSeries + 1000 {
		text := fmt.Appendf(nil, "text %d", i)
		if s, ok := p.keep(text); s != string(text) || !ok {
			t.Fatal(s)
		}
		p.clock.begin(text)
	}
	p.keep(bytes.Repeat([]byte("x"), keptLength+1))
	if len(p.texts) != keptTexts || len(p.clock.series) != keptSeries {
		t.Errorf("%d texts and %d series", len(p.texts), len(p.clock.series))
	}
}
