package calendar

import (
	"math/rand/v2"
	"testing"
	"time"
	_ "time/tzdata"
)

const sample = `
default: office
holidays:
  some:
    years: [2026]
    days:
      - name: {zh: 春节, en: Spring Festival}
        from: 2026-02-15
        to: 2026-02-23
        work: [2026-02-14, 2026-02-28]
calendars:
  - name: office
    holidays: some
    make_up_as: fri
    week:
      - days: [mon, tue, wed, thu]
        hours: ["13:00-17:00", "08:00-12:00"]
      - days: [fri]
        hours: ["08:00-12:00"]
  - name: night # and over the changes of clocks
    week:
      - days: [mon, tue, wed, thu, fri, sat, sun]
        hours: ["00:00-06:00", "22:00-24:00"]
  - name: odd # touching spans, and one within the hour that is skipped
    week:
      - days: [sun]
        hours: ["02:10-02:40", "02:40-03:20", "03:20-04:00"]
  - name: rare
    week:
      - days: [sun]
        hours: ["00:00-00:01"]
`

func parsed(t *testing.T, text string) *Set {
	t.Helper()
	set, err := Parse("calendar.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// at reads a time on the clocks of a zone, or one with its offset.
func at(t *testing.T, s string, z *time.Location) time.Time {
	t.Helper()
	for _, layout := range []string{"2006-01-02 15:04", "2006-01-02 15:04 -0700"} {
		if when, err := time.ParseInLocation(layout, s, z); err == nil {
			return when
		}
	}
	t.Fatalf("%q is not a time", s)
	return time.Time{}
}

func TestAddAndBetween(t *testing.T) {
	set := parsed(t, sample)
	f := func(calendar, zoneName, start string, d time.Duration, want string) {
		t.Helper()
		c, z := set.Named(calendar), zone(t, zoneName)
		from, end := at(t, start, z), at(t, want, z)
		if got := c.Add(from, d, z); !got.Equal(end) {
			t.Errorf("%s: %s + %s = %s, want %s", calendar, start, d, got.In(z), want)
		}
		if got := c.Between(from, end, z); got != d {
			t.Errorf("%s: between %s and %s: %s, want %s", calendar, start, want, got, d)
		}
		if got := c.Between(end, from, z); got != -d {
			t.Errorf("%s: between %s and %s: %s, want %s", calendar, want, start, got, -d)
		}
	}
	const (
		h  = time.Hour
		m  = time.Minute
		cn = "Asia/Shanghai"
		ny = "America/New_York" // forward on 8 March 2026, back on 1 November, both at 02:00
	)
	f(Always, cn, "2026-02-16 23:00", 30*h, "2026-02-18 05:00")
	f("office", cn, "2026-03-02 09:00", 0, "2026-03-02 09:00")
	f("office", cn, "2026-03-02 03:00", 0, "2026-03-02 03:00") // nothing to wait for, though nobody works
	f("office", cn, "2026-03-02 09:00", 2*h, "2026-03-02 11:00")
	f("office", cn, "2026-03-02 09:00", 3*h, "2026-03-02 12:00") // exactly until the break
	f("office", cn, "2026-03-02 09:00", 3*h+m, "2026-03-02 13:01")
	f("office", cn, "2026-03-02 12:00", h, "2026-03-02 14:00")
	f("office", cn, "2026-03-02 12:30", h, "2026-03-02 14:00")
	f("office", cn, "2026-03-02 06:00", 8*h, "2026-03-02 17:00")
	f("office", cn, "2026-03-02 17:00", h, "2026-03-03 09:00")
	f("office", cn, "2026-03-06 11:00", 2*h, "2026-03-09 09:00") // over the weekend
	f("office", cn, "2026-02-13 08:00", 5*h, "2026-02-14 09:00") // the Saturday is worked, as a Friday
	f("office", cn, "2026-02-14 11:00", 2*h, "2026-02-24 09:00") // over the holiday
	f("office", cn, "2026-02-18 10:00", h, "2026-02-24 09:00")   // from within it
	f("office", cn, "2026-02-27 08:00", 8*h, "2026-02-28 12:00")
	f("night", cn, "2026-03-02 23:00", 2*h, "2026-03-03 01:00") // over midnight without a gap
	f("night", ny, "2026-03-08 00:00", 5*h, "2026-03-08 06:00") // the clocks skip an hour of it
	f("night", ny, "2026-11-01 00:00", 7*h, "2026-11-01 06:00") // and give it back
	f("night", ny, "2026-11-01 00:30", h, "2026-11-01 01:30 -0400")
	f("night", ny, "2026-11-01 00:30", 2*h, "2026-11-01 01:30 -0500") // 01:30 for the second time
	f("odd", ny, "2026-03-01 00:00", 110*m, "2026-03-01 04:00")
	f("odd", ny, "2026-03-08 00:00", 110*m, "2026-03-08 04:00") // from 01:10: see Date.At
	f("rare", cn, "2026-03-02 00:00", 100*m, "2028-01-30 00:01")
}

func TestAddBeyondTheHorizon(t *testing.T) {
	set := parsed(t, sample)
	z := zone(t, "Asia/Shanghai")
	if got := set.Named("rare").Add(at(t, "2026-03-02 00:00", z), 20*time.Hour, z); !got.IsZero() {
		t.Errorf("a deadline 23 years ahead is %s", got)
	}
	c := set.Named("office")
	ages := c.Between(at(t, "2026-03-02 00:00", z), at(t, "9000-01-01 00:00", z), z)
	if want := c.Between(at(t, "2026-03-02 00:00", z), at(t, "2036-03-01 00:00", z), z); ages < want || ages > want+48*time.Hour {
		t.Errorf("ages are %s, and ten years %s", ages, want)
	}
}

// Counting what was added gives it back, in zones that move their clocks at odd
// times and by odd amounts.
func TestBetweenIsTheInverseOfAdd(t *testing.T) {
	set := parsed(t, sample)
	random := rand.New(rand.NewPCG(1, 2))
	for _, name := range []string{"Asia/Shanghai", "America/New_York", "Australia/Lord_Howe", "Asia/Beirut", "America/Santiago", "UTC"} {
		z := zone(t, name)
		for range 400 {
			c := set.Named(set.Names()[random.IntN(4)]) // all but rare
			start := time.Date(2026, 1, 1, 0, 0, random.IntN(400*86400), random.IntN(1e9), z)
			d := time.Duration(random.Int64N(int64(100 * time.Hour)))
			if c.Name == "odd" {
				d /= 20
			}
			end := c.Add(start, d, z)
			if got := c.Between(start, end, z); end.IsZero() || got != d {
				t.Fatalf("%s in %s: %s + %s = %s, between which are %s", c.Name, z, start, d, end, got)
			}
			middle := start.Add(time.Duration(random.Int64N(int64(end.Sub(start)) + 1)))
			if a, b := c.Between(start, middle, z), c.Between(middle, end, z); a+b != d {
				t.Fatalf("%s in %s: %s and %s at %s do not add up to %s", c.Name, z, a, b, middle, d)
			}
			if d > 0 && c.Between(start, end.Add(-1), z) >= d {
				t.Fatalf("%s in %s: %s + %s = %s is not the first such time", c.Name, z, start, d, end)
			}
		}
	}
}

func TestWorkingAndNext(t *testing.T) {
	set := parsed(t, sample)
	z := zone(t, "Asia/Shanghai")
	f := func(calendar, when, next string) {
		t.Helper()
		c, now, want := set.Named(calendar), at(t, when, z), at(t, next, z)
		if got := c.Next(now, z); !got.Equal(want) {
			t.Errorf("%s: next from %s is %s, want %s", calendar, when, got.In(z), next)
		}
		if got := c.Working(now, z); got != now.Equal(want) {
			t.Errorf("%s: works at %s: %v", calendar, when, got)
		}
	}
	f(Always, "2026-02-16 03:00", "2026-02-16 03:00")
	f("office", "2026-03-02 08:00", "2026-03-02 08:00")
	f("office", "2026-03-02 07:59", "2026-03-02 08:00")
	f("office", "2026-03-02 12:00", "2026-03-02 13:00")
	f("office", "2026-03-02 17:00", "2026-03-03 08:00")
	f("office", "2026-02-14 13:00", "2026-02-24 08:00")
	f("night", "2026-03-02 23:59", "2026-03-02 23:59")
	f("night", "2026-03-03 00:00", "2026-03-03 00:00")
	f("night", "2026-03-02 06:00", "2026-03-02 22:00")
}

func TestDays(t *testing.T) {
	set := parsed(t, sample)
	f := func(calendar, day, holiday string, works bool) {
		t.Helper()
		d, err := ParseDate(day)
		if err != nil {
			t.Fatal(err)
		}
		c := set.Named(calendar)
		name, is := c.Holiday(d)
		if name.EN != holiday && is || is != (holiday != "") {
			t.Errorf("%s is the holiday %v %v, want %q", day, name, is, holiday)
		}
		if got := c.WorksOn(d); got != works {
			t.Errorf("%s: %s is worked: %v", calendar, day, got)
		}
	}
	f("office", "2026-02-13", "", true)
	f("office", "2026-02-14", "", true) // a Saturday
	f("office", "2026-02-15", "Spring Festival", false)
	f("office", "2026-02-23", "Spring Festival", false)
	f("office", "2026-02-24", "", true)
	f("office", "2026-03-01", "", false)
	f("night", "2026-02-15", "", true)
	f(Always, "2026-02-15", "", true)
}

func TestChanges(t *testing.T) {
	set := parsed(t, sample)
	z := zone(t, "Asia/Shanghai")
	got := set.Named("office").Changes(at(t, "2026-03-02 08:00", z), at(t, "2026-03-03 09:00", z), z)
	want := []string{"2026-03-02 12:00", "2026-03-02 13:00", "2026-03-02 17:00", "2026-03-03 08:00"}
	if len(got) != len(want) {
		t.Fatalf("changes are %v, want %v", got, want)
	}
	for i := range want {
		if !got[i].Equal(at(t, want[i], z)) {
			t.Errorf("change %d is %s, want %s", i, got[i], want[i])
		}
	}
}

func BenchmarkAdd(b *testing.B) {
	set, err := Parse("calendar.yaml", []byte(sample))
	if err != nil {
		b.Fatal(err)
	}
	z, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		b.Fatal(err)
	}
	c, start := set.Named("office"), time.Date(2026, 3, 6, 11, 0, 0, 0, z)
	b.ReportAllocs()
	for b.Loop() {
		c.Add(start, 24*time.Hour, z)
	}
}
