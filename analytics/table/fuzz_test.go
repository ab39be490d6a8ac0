package table

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

// FuzzCSV holds the cells against those of the standard library, where that takes
// the file at all; anything else must end in an error that names the input.
func FuzzCSV(f *testing.F) {
	for _, text := range []string{
		"time,event,group\n1,1,a\n", "\ufefftime;event\r\n1;0\r\n\r\n", "# c\ntime\tevent\n\"1\"\t\"x\"\"y\"\n", "time,event\n1,\"a\nb\"\n,", "time,\"event\n\"\n1,1\n", "\x1f\x8b", "PAR1",
	} {
		f.Add([]byte(text))
	}
	columns := []Column{{Name: "time", Gaps: true}, {Name: "event", Kind: Flag, Gaps: true}, {Name: "at", Kind: Time, Optional: true}, {Name: "group", Kind: Text, Optional: true, Series: true}}
	f.Fuzz(func(t *testing.T, text []byte) {
		_, err := ReadFrom(t.Context(), Stdin, bytes.NewReader(text), columns, Options{}, func(r *Row) error {
			if v := r.Number(0); math.IsNaN(v) || math.IsInf(v, 0) || !r.Has(0) && v != 0 {
				t.Errorf("the number %g", v)
			}
			if r.Has(3) != (r.Text(3) != "") {
				t.Errorf("the text %q", r.Text(3))
			}
			return nil
		})
		if err != nil && !strings.HasPrefix(err.Error(), "standard input:") {
			t.Errorf("an error without its file: %v", err)
		}
		sameCells(t, text)
	})
}

func sameCells(t *testing.T, text []byte) {
	lines := &csvLines{in: bufio.NewReaderSize(bytes.NewReader(text), len(text)+16), file: Stdin, delimiter: ','}
	if _, err := lines.header(); err != nil {
		return
	}
	// The rest as the standard library has it.
	rest, err := lines.in.Peek(lines.in.Buffered())
	if err != nil {
		t.Fatal(err)
	}
	rest = slices.Clone(rest)
	std := csv.NewReader(bytes.NewReader(rest))
	std.Comma, std.FieldsPerRecord = rune(lines.delimiter), -1
	want, err := std.ReadAll()
	if err != nil {
		return
	}
	var got [][]string
	for {
		fields, err := lines.next()
		if err != nil {
			break
		}
		var row []string
		for _, f := range fields {
			row = append(row, string(f))
		}
		got = append(got, row)
	}
	// Blank lines are passed over here and rows there.
	blank := func(row []string) bool { return len(row) == 1 && len(trim([]byte(row[0]))) == 0 }
	if !slices.EqualFunc(slices.DeleteFunc(got, blank), slices.DeleteFunc(want, blank), slices.Equal) {
		t.Errorf("of %q after the names\ngot  %q\nwant %q", rest, got, want)
	}
}

// FuzzTime holds times against the standard library, and local times against the
// clock on the wall.
func FuzzTime(f *testing.F) {
	for _, text := range []string{"2026-01-31T08:15:00.5+08:00", "2026-10-25 02:30", "2026/1/3", "1769847300250", "2026-03-29 02:30:00.123 UTC", "0000-01-01", "9999-12-31 23:59:59+23:59"} {
		f.Add(text, int64(1_790_000_000))
	}
	zones := []*time.Location{zone(f, "Europe/Berlin"), zone(f, "America/New_York"), zone(f, "Australia/Lord_Howe"), time.UTC}
	f.Fuzz(func(t *testing.T, text string, before int64) {
		m, ok := parseTime([]byte(text))
		if std, err := time.Parse(time.RFC3339Nano, text); err == nil {
			if got := time.Unix(m.seconds, int64(m.nanos)); !ok || !m.zoned || !got.Equal(std) {
				t.Errorf("%q is %s, want %s", text, got, std)
			}
		}
		if !ok {
			if timeFault(text) == "" {
				t.Error("nothing is said")
			}
			return
		}
		if m.nanos < 0 || m.nanos >= 1e9 {
			t.Errorf("%q has %d ns", text, m.nanos)
		}
		for _, loc := range zones {
			c := newClock(loc, 1)
			c.last[0] = before
			got := c.resolve(m, 0)
			if m.zoned {
				if got.Unix() != m.seconds {
					t.Errorf("%q in %s is %s", text, loc, got)
				}
				continue
			}
			// It stands on the wall as it was written, unless the clocks skip it; and
			// when it is known already, it is the same.
			wall := time.Unix(m.seconds, 0).UTC()
			want := time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), 0, loc)
			if got.Unix() != want.Unix() && got.Format(time.DateTime) != wall.Format(time.DateTime) {
				t.Errorf("%q in %s is %s", text, loc, got)
			}
			if again := c.resolve(m, 0); again.Sub(got) < 0 || again.Sub(got) > 2*time.Hour {
				t.Errorf("%q in %s is %s and then %s", text, loc, got, again)
			}
		}
	})
}

// FuzzParquet must end in rows or in an error, whatever the file.
func FuzzParquet(f *testing.F) {
	f.Add(parquetOf(f, sampleTable()))
	f.Fuzz(func(t *testing.T, content []byte) {
		path := writeFile(t, "a.parquet", append([]byte("PAR1"), bytes.TrimPrefix(content, []byte("PAR1"))...))
		_, err := Read(t.Context(), path, series, Options{}, func(*Row) error { return nil })
		if err != nil && !strings.HasPrefix(err.Error(), path) && !errors.As(err, new(*Error)) {
			t.Errorf("an error without its file: %v", err)
		}
	})
}
