package baseline

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"sort"
	"time"
)

const (
	hourSeconds = 3600.0
	daySeconds  = 86400.0

	// minShare of its parts an hour or day must have (CalTRACK 2.2.2.1, 2.2.2.3).
	minShare = 0.5
	// maxInterpolated consecutive hours of missing temperature are interpolated
	// (CalTRACK 2.2.4.1).
	maxInterpolated = 6
	// hottest and coldest air, °C: beyond them it is a sensor's code for "missing". The
	// records are 56.7 and -89.2 (World Meteorological Organization).
	hottest, coldest = 60.0, -90.0
	// maxValue keeps squares finite, and what is nearer to zero than one over it is zero,
	// lest squares vanish.
	maxValue = 1e100
	// maxYears bounds what a period may cost.
	maxYears = 30
)

// unit is an hour or a local day of the grid.
type unit struct {
	start time.Time
	day   int // local, since 1970
	month time.Month
	tow   int // hour of the week, 0 from Monday midnight; of hours only

	value, temp       float64 // value for the whole unit, even where a part is missing
	hasValue, hasTemp bool
	share             float64 // of it that was measured
}

// grid is the hours or days of a period.
type grid struct {
	kind          Kind
	zone          *time.Location
	from, to      time.Time
	step          float64 // seconds between points
	zeroIsMissing bool
}

// series is the points of a period gathered into all of its units, one after the
// other: what is missing is there without a value.
type series struct {
	grid
	units        []unit
	negative     int // points below zero
	zeros        int // points that are zero
	values       int // points with a value
	interpolated int // hours of temperature
	warnings     []string
}

// Contradiction is two points of one time that say different things.
type Contradiction struct {
	At            time.Time
	First, Second int // their places in what was given
	What          string
}

func (c *Contradiction) Error() string {
	return fmt.Sprintf("two different %ss for %s: drop one, or give each meter a file of its own", c.What, c.At.Format(time.RFC3339))
}

// Deduplicate orders points by time. Of those with the same time one that says all of
// it stays when they agree (CalTRACK 2.3.2.1); it is a [Contradiction] when they do not.
func Deduplicate(points []Point) ([]Point, error) {
	if slices.IsSortedFunc(points, func(a, b Point) int {
		if a.At.After(b.At) {
			return 1
		}
		return -1 // equal times are not in order
	}) {
		return points, nil
	}
	places := make([]int, len(points))
	for i := range places {
		places[i] = i
	}
	slices.SortStableFunc(places, func(a, b int) int { return points[a].At.Compare(points[b].At) })
	out := make([]Point, 0, len(points))
	first := 0 // the place of the last of out
	for _, i := range places {
		if n := len(out); n == 0 || !out[n-1].At.Equal(points[i].At) {
			out, first = append(out, points[i]), i
		} else if what, ok := out[n-1].merge(points[i]); !ok {
			return nil, &Contradiction{At: points[i].At, First: first, Second: i, What: what}
		}
	}
	return out, nil
}

// merge takes over what another point of the same time adds.
func (p *Point) merge(q Point) (what string, ok bool) {
	switch {
	case math.IsNaN(p.Value):
		p.Value = q.Value
	case !math.IsNaN(q.Value) && q.Value != p.Value:
		return "value", false
	}
	switch {
	case !p.HasTemp:
		p.Temp, p.HasTemp = q.Temp, q.HasTemp
	case q.HasTemp && q.Temp != p.Temp:
		return "temperature", false
	}
	return "", true
}

// within is the points of a period; a zero time does not bound it.
func within(points []Point, from, to time.Time) []Point {
	begin, end := 0, len(points)
	if !from.IsZero() {
		begin = sort.Search(len(points), func(i int) bool { return !points[i].At.Before(from) })
	}
	if !to.IsZero() {
		end = sort.Search(len(points), func(i int) bool { return !points[i].At.Before(to) })
	}
	return points[begin:max(begin, end)]
}

// step is the time between points where none is missing, in seconds: the tenth of the
// gaps that is shortest has it, even of a series of which most is missing. Of fewer
// than three points nothing can be told, and they are taken for what the model wants.
func step(points []Point, kind Kind) float64 {
	if len(points) < 3 {
		if kind == Daily {
			return daySeconds
		}
		return hourSeconds
	}
	gaps := make([]float64, len(points)-1)
	for i := range gaps {
		gaps[i] = points[i+1].At.Sub(points[i].At).Seconds()
	}
	slices.Sort(gaps)
	return max(gaps[len(gaps)/10], 1)
}

// civil is a local date as days since 1970.
func civil(t time.Time, zone *time.Location) int {
	t = t.In(zone)
	_, offset := t.Zone()
	return int(floorDiv(t.Unix()+int64(offset), 86400))
}

// midnight is where a local date begins.
func midnight(day int, zone *time.Location) time.Time {
	return time.Date(1970, 1, 1+day, 0, 0, 0, 0, zone)
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// parts collects what falls into a unit.
type parts struct {
	sum, tempSum     float64
	count, tempCount int
}

// gather puts points, which are in order, into the units of a grid.
func gather(points []Point, g grid) (*series, error) {
	if g.to.Sub(g.from) > maxYears*366*24*time.Hour {
		return nil, fmt.Errorf("a period from %s to %s is longer than %d years", g.from.Format(time.DateOnly), g.to.Format(time.DateOnly), maxYears)
	}
	if !g.from.Before(g.to) {
		return nil, errors.New("a period ends before it begins")
	}
	s := &series{grid: g}
	clean := s.clean(points)
	if g.kind == Hourly {
		s.gatherHours(clean)
		s.interpolate()
	} else {
		s.gatherDays(clean)
	}
	return s, nil
}

// clean leaves out what no meter and no thermometer shows, and counts it.
func (s *series) clean(points []Point) []Point {
	out := make([]Point, 0, len(points))
	absurd, weather := 0, 0
	for _, p := range points {
		switch {
		case math.IsNaN(p.Value):
		case math.Abs(p.Value) > maxValue:
			absurd++
			p.Value = math.NaN()
		default:
			s.values++
			if math.Abs(p.Value) < 1/maxValue {
				p.Value = 0
			}
			if p.Value < 0 {
				s.negative++
			}
			if p.Value == 0 {
				s.zeros++
				if s.zeroIsMissing {
					p.Value = math.NaN()
				}
			}
		}
		if p.HasTemp && !(p.Temp >= coldest && p.Temp <= hottest) {
			p.HasTemp = false
			if !math.IsNaN(p.Temp) {
				weather++
			}
		}
		out = append(out, p)
	}
	if absurd > 0 {
		s.warn("%d values beyond %g were left out", absurd, maxValue)
	}
	if weather > 0 {
		s.warn("%d temperatures outside %g to %g °C were left out: is the column in °C?", weather, coldest, hottest)
	}
	if s.zeroIsMissing && s.zeros > 0 {
		s.warn("%d zeros count as missing", s.zeros)
	}
	return out
}

func (s *series) warn(format string, args ...any) {
	s.warnings = append(s.warnings, fmt.Sprintf(format, args...))
}

func (s *series) gatherHours(points []Point) {
	// Hours begin where the local clock's do: half past in UTC in some zones.
	_, offset := s.from.In(s.zone).Zone()
	begin := floorDiv(s.from.Unix()+int64(offset), 3600)*3600 - int64(offset)
	count := int(floorDiv(s.to.Unix()-begin+3599, 3600))
	s.units = make([]unit, count)
	all := make([]parts, count)
	for i := range points {
		p := &points[i]
		if at := int(floorDiv(p.At.Unix()-begin, 3600)); at >= 0 && at < count {
			all[at].add(p)
		}
	}
	expected := max(1, math.Round(hourSeconds/s.step))
	regular := math.Abs(hourSeconds-expected*s.step) < 1
	for i := range s.units {
		u := &s.units[i]
		u.start = time.Unix(begin+int64(i)*3600, 0).In(s.zone)
		u.day = civil(u.start, s.zone)
		u.month = u.start.Month()
		u.tow = (int(u.start.Weekday())+6)%7*24 + u.start.Hour()
		u.fill(&all[i], expected, regular)
		// Weather comes hourly at best: one reading is the hour's.
		if all[i].tempCount > 0 {
			u.temp, u.hasTemp = all[i].tempSum/float64(all[i].tempCount), true
		}
	}
}

func (s *series) gatherDays(points []Point) {
	begin := civil(s.from, s.zone)
	count := civil(s.to.Add(-time.Nanosecond), s.zone) + 1 - begin
	s.units = make([]unit, count)
	all := make([]parts, count)
	temps := make([]parts, count) // of hourly means
	var hour parts
	hourAt, hourDay := int64(math.MinInt64), 0
	flush := func() {
		if hour.tempCount > 0 {
			temps[hourDay].tempSum += hour.tempSum / float64(hour.tempCount)
			temps[hourDay].tempCount++
		}
		hour = parts{}
	}
	for i := range points {
		p := &points[i]
		at := civil(p.At, s.zone) - begin
		if at < 0 || at >= count {
			continue
		}
		all[at].add(p)
		if h := floorDiv(p.At.Unix(), 3600); h != hourAt || at != hourDay {
			flush()
			hourAt, hourDay = h, at
		}
		hour.add(p)
	}
	flush()
	for i := range s.units {
		u := &s.units[i]
		u.start, u.day = midnight(begin+i, s.zone), begin+i
		u.month = u.start.Month()
		seconds := midnight(begin+i+1, s.zone).Sub(u.start).Seconds() // of 23, 24 or 25 hours
		expected := max(1, math.Round(seconds/s.step))
		u.fill(&all[i], expected, math.Abs(daySeconds-math.Round(daySeconds/s.step)*s.step) < 1)
		if n := float64(temps[i].tempCount); n > 0 && n >= minShare*max(1, math.Round(seconds/max(s.step, hourSeconds))) {
			u.temp, u.hasTemp = temps[i].tempSum/n, true
		}
	}
}

func (p *parts) add(q *Point) {
	if !math.IsNaN(q.Value) {
		p.sum += q.Value
		p.count++
	}
	if q.HasTemp {
		p.tempSum += q.Temp
		p.tempCount++
	}
}

// fill sets the value of a unit from its parts. Of a regular series the missing parts
// are taken to be as the others are (CalTRACK 2.2.2.1); of an irregular one nobody
// knows how many there should be, and what is there counts as all.
func (u *unit) fill(p *parts, expected float64, regular bool) {
	share := min(1, float64(p.count)/expected)
	if p.count == 0 || share < minShare {
		return
	}
	if !regular {
		share = 1
	}
	u.value, u.share, u.hasValue = p.sum/share, share, true
}

// interpolate fills short gaps of temperature.
func (s *series) interpolate() {
	last := -1
	for i := range s.units {
		if !s.units[i].hasTemp {
			continue
		}
		if gap := i - last - 1; last >= 0 && gap > 0 && gap <= maxInterpolated {
			a, b := s.units[last].temp, s.units[i].temp
			for k := 1; k <= gap; k++ {
				u := &s.units[last+k]
				u.temp, u.hasTemp = a+(b-a)*float64(k)/float64(gap+1), true
				s.interpolated++
			}
		}
		last = i
	}
}
