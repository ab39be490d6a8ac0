package table

import (
	"strings"
	"testing"
	"time"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func TestTimes(t *testing.T) {
	shanghai := zone(t, "Asia/Shanghai")
	f := func(text, want string) {
		t.Helper()
		got := "none"
		if m, ok := parseTime([]byte(text)); ok {
			got = newClock(shanghai, 1).resolve(m, 0).UTC().Format(time.RFC3339Nano)
		}
		if got != want {
			t.Errorf("%q is %s, want %s", text, got, want)
		}
	}
	// With a zone.
	f("2026-01-31T08:15:00Z", "2026-01-31T08:15:00Z")
	f("2026-01-31t08:15:00z", "2026-01-31T08:15:00Z")
	f("2026-01-31T08:15:00.123456789+08:00", "2026-01-31T00:15:00.123456789Z")
	f("2026-01-31T08:15:00,5-03:30", "2026-01-31T11:45:00.5Z")
	f("2026-01-31 08:15Z", "2026-01-31T08:15:00Z")
	f("2026-01-31 08:15 UTC", "2026-01-31T08:15:00Z")
	f("2026-01-31 08:15:00 +0800", "2026-01-31T00:15:00Z")
	f("2026-01-31 08:15:00+08", "2026-01-31T00:15:00Z")
	f("2026-01-31  08:15:00.0000000009 GMT", "2026-01-31T08:15:00Z")
	// Without: local.
	f("2026-01-31T08:15", "2026-01-31T00:15:00Z")
	f("2026-01-31 08:15", "2026-01-31T00:15:00Z")
	f("2026-01-31 08:15:30", "2026-01-31T00:15:30Z")
	f("2026-01-31 08:15:30.250", "2026-01-31T00:15:30.25Z")
	f("2026/01/31 08:15", "2026-01-31T00:15:00Z")
	f("2026/1/31 8:15", "2026-01-31T00:15:00Z")
	f("2026/1/3", "2026-01-02T16:00:00Z")
	f("2026-01-31", "2026-01-30T16:00:00Z")
	f("2024-02-29", "2024-02-28T16:00:00Z")
	f("2000-02-29", "2000-02-28T16:00:00Z")
	f("1900-01-01", "1899-12-31T15:54:17Z") // local mean time
	// Unix times.
	f("1769847300", "2026-01-31T08:15:00Z")
	f("1769847300.25", "2026-01-31T08:15:00.25Z")
	f("1769847300250", "2026-01-31T08:15:00.25Z")
	f("1.7698473e9", "2026-01-31T08:15:00Z")
	f("100000000", "1973-03-03T09:46:40Z")
	f("220000000000", "1976-12-21T07:06:40Z")
	// Neither.
	for _, text := range []string{
		"", "x", "2026", "2026-", "2026-01", "2026-1-", "2026-00-01", "2026-13-01", "2026-01-00", "2026-01-32", "2026-02-29", "1900-02-29", "2026-04-31",
		"2026-01/31", "31/01/2026", "01-31-2026", "26-01-31", "12026-01-31", "2026.01.31",
		"2026-01-31 8", "2026-01-31 08", "2026-01-31 24:00", "2026-01-31 08:60", "2026-01-31 08:15:60", "2026-01-31 08:15:", "2026-01-31 08:15:00.", "2026-01-31 08:5",
		"2026-01-31 08:15 CST", "2026-01-31 08:15 PM", "2026-01-31 08:15+8", "2026-01-31 08:15+24:00", "2026-01-31 08:15+08:60", "2026-01-31 08:15+08:00x", "2026-01-31Z",
		"20260131", "202601310815", "20260131081500", "0", "3", "17.5", "-1769847300", "99999999", "10000000000", "219999999999", "10000000000000", "1769847300250000", "1e300", "nan",
	} {
		f(text, "none")
	}
}

// What the standard library reads is read as it does.
func TestTimesLikeTheStandardLibrary(t *testing.T) {
	for _, name := range []string{"UTC", "Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/St_Johns", "Asia/Kathmandu", "Africa/Casablanca"} {
		loc := zone(t, name)
		for hour := range 3 * 366 * 24 {
			at := time.Date(2024, 1, 1, 0, 17, 5, 0, time.UTC).Add(time.Duration(hour) * time.Hour)
			text := at.Format(time.DateTime)
			want, err := time.ParseInLocation(time.DateTime, text, loc)
			if err != nil {
				t.Fatal(err)
			}
			m, ok := parseTime([]byte(text))
			if !ok {
				t.Fatal(text)
			}
			// As the first row, since there is nothing before it to tell.
			if got := newClock(loc, 1).resolve(m, 0); !got.Equal(want) {
				t.Fatalf("%s in %s is %s, want %s", text, name, got, want)
			}
		}
	}
}

// A year of readings comes back from its local times, whatever the clocks do.
func TestLocalTimesInOrder(t *testing.T) {
	f := func(name string, step time.Duration) {
		t.Helper()
		loc := zone(t, name)
		c := newClock(loc, 1)
		end := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
		for at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC); at.Before(end); at = at.Add(step) {
			m, ok := parseTime([]byte(at.In(loc).Format(time.DateTime)))
			if got := c.resolve(m, 0); !ok || !got.Equal(at) {
				t.Fatalf("%s came back as %s", at.In(loc), got)
			}
		}
	}
	for _, name := range []string{"UTC", "Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Australia/Sydney", "America/St_Johns"} {
		f(name, 15*time.Minute)
		f(name, 30*time.Minute)
	}
	f("Europe/Berlin", time.Hour)
	f("America/New_York", time.Hour)
	f("America/New_York", time.Minute)
}

func TestClocksChange(t *testing.T) {
	f := func(name string, columns []Column, text string, want ...string) {
		t.Helper()
		loc := zone(t, name)
		var got []string
		_, err := ReadFrom(t.Context(), Stdin, strings.NewReader(text), columns, Options{Zone: loc}, func(r *Row) error {
			for col := range columns {
				if columns[col].Kind == Time && r.Has(col) {
					got = append(got, r.Time(col).Format("15:04 MST"))
				}
			}
			return nil
		})
		if err != nil || strings.Join(got, ", ") != strings.Join(want, ", ") {
			t.Errorf("%s: of\n%s\ngot  %v, %v\nwant %v", name, text, got, err, want)
		}
	}
	ts := series[:1]
	// Set back: the hour that comes twice is told apart by the row before.
	f("Europe/Berlin", ts, "ts\n2026-10-25 01:00\n2026-10-25 02:00\n2026-10-25 02:00\n2026-10-25 03:00\n", "01:00 CEST", "02:00 CEST", "02:00 CET", "03:00 CET")
	f("America/New_York", ts, "ts\n2026-11-01 00:30\n2026-11-01 01:00\n2026-11-01 01:30\n2026-11-01 01:00\n2026-11-01 01:30\n2026-11-01 02:00\n",
		"00:30 EDT", "01:00 EDT", "01:30 EDT", "01:00 EST", "01:30 EST", "02:00 EST")
	f("Europe/Berlin", ts, "ts\n2026-10-25 03:00\n2026-10-25 02:30\n", "03:00 CET", "02:30 CET")
	// With nothing before it, as the standard library does it: the offset that the
	// zone has at this time of UTC.
	f("Europe/Berlin", ts, "ts\n2026-10-25 02:00\n2026-10-25 02:30\n", "02:00 CET", "02:30 CET")
	f("America/New_York", ts, "ts\n2026-11-01 01:00\n2026-11-01 01:30\n2026-11-01 01:00\n", "01:00 EDT", "01:30 EDT", "01:00 EST")
	// A row with an offset tells as well.
	f("Europe/Berlin", ts, "ts\n2026-10-25T00:30:00Z\n2026-10-25 02:00\n2026-10-25 02:45\n", "02:30 CEST", "02:00 CET", "02:45 CET")
	// Set forward: times that are not.
	f("Europe/Berlin", ts, "ts\n2026-03-29 01:30\n2026-03-29 02:30\n2026-03-29 03:30\n", "01:30 CET", "03:30 CEST", "03:30 CEST")
	f("America/New_York", ts, "ts\n2026-03-08 01:30\n2026-03-08 02:30\n2026-03-08 03:30\n", "01:30 EST", "01:30 EST", "03:30 EDT")
	// Each column has its own order, and so has each series.
	f("Europe/Berlin", []Column{{Name: "created", Kind: Time}, {Name: "arrived", Kind: Time, Gaps: true}},
		"created,arrived\n2026-10-25 01:10,2026-10-25 01:50\n2026-10-25 02:10,2026-10-25 02:20\n2026-10-25 02:15,\n2026-10-25 02:05,2026-10-25 02:30\n",
		"01:10 CEST", "01:50 CEST", "02:10 CEST", "02:20 CEST", "02:15 CEST", "02:05 CET", "02:30 CEST")
	f("Europe/Berlin", series, "ts,value,meter\n2026-10-25 01:00,1,a\n2026-10-25 01:00,1,b\n2026-10-25 02:00,1,a\n2026-10-25 02:00,1,b\n2026-10-25 02:00,1,a\n2026-10-25 02:00,1,b\n",
		"01:00 CEST", "01:00 CEST", "02:00 CEST", "02:00 CEST", "02:00 CET", "02:00 CET")
}
