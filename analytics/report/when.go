package report

import "time"

// Location is the zone that the report's times are shown in: its own, or UTC when
// nobody knows it, which Zone then does not hide: renderings say which one it is.
func (r *Report) Location() *time.Location {
	if r.Zone == "" {
		return time.UTC
	}
	zone, err := time.LoadLocation(r.Zone)
	if err != nil {
		return time.UTC
	}
	return zone
}

// Moment is a time in the report's zone, to the minute; a dash for none.
func (r *Report) Moment(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return t.In(r.Location()).Format("2006-01-02 15:04")
}

// Day is the day of a cell of a date column, in the location that its time has.
func Day(t time.Time) string { return t.Format("2006-01-02") }

// Period is from when to when in the report's zone. Whole days are named by the
// first and the last one, as people do; other periods by their moments.
func (r *Report) Period(from, to time.Time, lang string) string {
	if from.IsZero() && to.IsZero() {
		return "–"
	}
	zone := r.Location()
	first, last := from.In(zone), to.In(zone)
	join := " – "
	if lang == "zh" {
		join = " 至 "
	}
	if midnight(first) && midnight(last) && last.After(first) {
		last = last.AddDate(0, 0, -1)
		if Day(first) == Day(last) {
			return Day(first)
		}
		return Day(first) + join + Day(last)
	}
	return r.Moment(from) + join + r.Moment(to)
}

func midnight(t time.Time) bool {
	h, m, s := t.Clock()
	return h == 0 && m == 0 && s == 0 && t.Nanosecond() == 0
}

// In is what a cell of a text column says in a language.
func (c Cell) In(lang string) string {
	if c.Words != nil {
		return c.Words.In(lang)
	}
	return c.Text
}

// Hidden is how many rows of a table a page that shows at most Most does not have.
func (t *Table) Hidden() int {
	if t.Most > 0 && len(t.Rows) > t.Most {
		return len(t.Rows) - t.Most
	}
	return 0
}
