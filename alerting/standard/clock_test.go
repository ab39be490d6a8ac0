package standard

import (
	"testing"
	"time"
	_ "time/tzdata"

	"steward/internal/calendar"
	"steward/internal/incident"
)

var (
	day = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC) // a Monday
	std = &Standard{Name: "on_site", Limit: 10 * time.Minute, WarnBefore: 3 * time.Minute}
)

// bench is a clock under test, with times in minutes from its start.
type bench struct {
	t *testing.T
	incident.Clock
	cal  *calendar.Calendar
	zone *time.Location
}

func minute(m float64) time.Time { return day.Add(time.Duration(m * float64(time.Minute))) }

func running(t *testing.T) *bench {
	b := &bench{t: t, Clock: incident.Clock{State: incident.Waiting}, zone: time.UTC}
	Start(&b.Clock, std, day, minute(0.5), b.cal, b.zone)
	return b
}

// breached is what the desk does when the limit passes.
func (b *bench) breached() *bench {
	at := *b.Deadline
	b.State, b.BreachedAt = incident.Breached, &at
	return b
}

func (b *bench) stop(m float64) (corrected bool) {
	return Stop(&b.Clock, minute(m), minute(m+1), b.cal, b.zone)
}

// is checks the state, the deadline, and what has elapsed at minute 100.
func (b *bench) is(state incident.ClockState, deadline, elapsed float64) {
	b.t.Helper()
	if b.State != state {
		b.t.Errorf("the clock is %s, want %s", b.State, state)
	}
	if b.Deadline == nil || !b.Deadline.Equal(minute(deadline)) {
		b.t.Errorf("the deadline is %v, want %s", b.Deadline, minute(deadline))
	}
	if got := Elapsed(&b.Clock, minute(100), b.cal, b.zone).Minutes(); got != elapsed {
		b.t.Errorf("%v minutes have elapsed, want %v", got, elapsed)
	}
	if (b.BreachedAt != nil) != (state == incident.Breached) || b.BreachedAt != nil && !b.BreachedAt.Equal(*b.Deadline) {
		b.t.Errorf("%s, and breached at %v", state, b.BreachedAt)
	}
	if (b.PausedAt != nil) != (state == incident.Paused) {
		b.t.Errorf("%s, and paused at %v", state, b.PausedAt)
	}
}

func TestStart(t *testing.T) {
	c := running(t)
	c.is(incident.Running, 10, 100)
	if !c.WarnAt.Equal(minute(7)) || !c.StartedAt.Equal(day) || !c.StartedRec.Equal(minute(0.5)) || c.Limit != 600 {
		t.Errorf("started as %+v", c.Clock)
	}
	Start(&c.Clock, std, minute(5), minute(5), c.cal, c.zone)
	c.is(incident.Running, 10, 100)

	quiet := incident.Clock{State: incident.Waiting}
	Start(&quiet, &Standard{Limit: time.Minute}, day, day, nil, time.UTC)
	if quiet.WarnAt != nil {
		t.Errorf("a clock without a warning warns at %v", quiet.WarnAt)
	}
	waiting := incident.Clock{State: incident.Waiting}
	if Stop(&waiting, day, day, nil, time.UTC); waiting.State != incident.Waiting || Elapsed(&waiting, minute(9), nil, time.UTC) != 0 {
		t.Errorf("a stop before the start makes %+v", waiting)
	}
}

func TestStop(t *testing.T) {
	f := func(at float64, state incident.ClockState, elapsed float64) {
		t.Helper()
		for _, known := range []bool{false, true} { // whether the limit was seen to pass first
			c := running(t)
			if known {
				c.breached()
			}
			if got, want := c.stop(at), known && state == incident.Met; got != want {
				t.Errorf("stopped at minute %v: corrected %v, want %v", at, got, want)
			}
			c.is(state, 10, elapsed)
			if !c.StoppedAt.Equal(minute(at)) || !c.StoppedRec.Equal(minute(at+1)) {
				t.Errorf("stopped at %v, received at %v", c.StoppedAt, c.StoppedRec)
			}
		}
	}
	f(0, incident.Met, 0)
	f(4, incident.Met, 4)
	f(10, incident.Met, 10) // exactly at the limit
	f(10.001, incident.Breached, 10.001)
	f(90, incident.Breached, 90)
	f(-1, incident.Met, 0) // by a clock that is slow
}

func TestTheEarliestStopCounts(t *testing.T) {
	c := running(t)
	if c.stop(12) {
		t.Error("a stop that is late corrects nothing")
	}
	c.is(incident.Breached, 10, 12)
	c.stop(15)
	c.is(incident.Breached, 10, 12)
	if !c.stop(9) {
		t.Error("an earlier stop, within the limit, corrects the breach")
	}
	c.is(incident.Met, 10, 9)
	if c.stop(8) {
		t.Error("it was met already")
	}
	c.is(incident.Met, 10, 8)
}

func TestVoid(t *testing.T) {
	c := running(t)
	Void(&c.Clock)
	c.is(incident.Void, 10, 100)
	c.stop(11) // after the end of the incident, and too late to tell anything
	c.is(incident.Void, 10, 100)
	c.stop(5)
	c.is(incident.Met, 10, 5)
	Void(&c.Clock)
	c.is(incident.Met, 10, 5)

	late := running(t).breached()
	Void(&late.Clock)
	late.is(incident.Breached, 10, 100)

	paused := running(t)
	Pause(&paused.Clock, minute(2))
	Void(&paused.Clock)
	paused.is(incident.Void, 10, 100)

	waiting := incident.Clock{State: incident.Waiting}
	if Void(&waiting); waiting.State != incident.Void {
		t.Errorf("a clock that never started is %s", waiting.State)
	}
}

func TestPauseAndResume(t *testing.T) {
	c := running(t)
	if !Pause(&c.Clock, minute(4)) {
		t.Fatal("a running clock does not pause")
	}
	c.is(incident.Paused, 10, 4)
	if Pause(&c.Clock, minute(5)) {
		t.Error("a paused clock pauses")
	}
	Resume(&c.Clock, minute(24), c.cal, c.zone)
	c.is(incident.Running, 30, 80)
	if !c.WarnAt.Equal(minute(27)) {
		t.Errorf("it warns at %s", c.WarnAt)
	}
	Resume(&c.Clock, minute(50), c.cal, c.zone)
	c.is(incident.Running, 30, 80)
	if !Pause(&c.Clock, minute(28)) {
		t.Fatal("it does not pause twice")
	}
	Resume(&c.Clock, minute(38), c.cal, c.zone)
	c.is(incident.Running, 40, 70)
	if !c.WarnAt.Equal(minute(27)) {
		t.Errorf("a warning that was due before the pause moved to %s", c.WarnAt)
	}
	c.stop(40)
	c.is(incident.Met, 40, 10)
}

func TestPauseAtTheLimit(t *testing.T) {
	c := running(t)
	if !Pause(&c.Clock, minute(10)) {
		t.Error("exactly at its limit it has not passed")
	}
	Resume(&c.Clock, minute(60), c.cal, c.zone)
	c.is(incident.Running, 60, 50)

	late := running(t)
	if Pause(&late.Clock, minute(10.1)) {
		t.Error("a pause undoes a limit that has passed")
	}
	early := running(t)
	Pause(&early.Clock, minute(-5))
	early.is(incident.Paused, 10, 0)
	Resume(&early.Clock, minute(-6), early.cal, early.zone) // a clock that is slow
	early.is(incident.Running, 10, 100)
}

func TestStopOfAPausedClock(t *testing.T) {
	c := running(t)
	Pause(&c.Clock, minute(4))
	c.stop(60)
	c.is(incident.Met, 66, 4)

	before := running(t) // what stops it had happened before the pause
	Pause(&before.Clock, minute(4))
	before.stop(3)
	before.is(incident.Met, 10, 3)
}

func TestRestart(t *testing.T) {
	c := running(t)
	Restart(&c.Clock, minute(1), c.cal, c.zone)
	c.is(incident.Running, 10, 100)
	Restart(&c.Clock, minute(-2), c.cal, c.zone)
	c.is(incident.Running, 8, 102)
	if !c.WarnAt.Equal(minute(5)) || !c.StartedAt.Equal(minute(-2)) || !c.StartedRec.Equal(minute(0.5)) {
		t.Errorf("restarted as %+v", c.Clock)
	}

	met := running(t)
	met.stop(9)
	Restart(&met.Clock, minute(-1), met.cal, met.zone)
	met.is(incident.Met, 9, 10)
	Restart(&met.Clock, minute(-2), met.cal, met.zone)
	met.is(incident.Breached, 8, 11)

	broken := running(t).breached()
	Restart(&broken.Clock, minute(-2), broken.cal, broken.zone)
	broken.is(incident.Breached, 8, 102)

	paused := running(t)
	Pause(&paused.Clock, minute(4))
	Restart(&paused.Clock, minute(-2), paused.cal, paused.zone)
	paused.is(incident.Paused, 8, 6)
	Resume(&paused.Clock, minute(24), paused.cal, paused.zone)
	paused.is(incident.Running, 28, 82)
	Restart(&paused.Clock, minute(-5), paused.cal, paused.zone) // with a pause behind it
	paused.is(incident.Running, 25, 85)

	passed := running(t)
	Pause(&passed.Clock, minute(4))
	Restart(&passed.Clock, minute(-7), passed.cal, passed.zone)
	passed.is(incident.Running, 3, 107)

	void := running(t)
	Void(&void.Clock)
	Restart(&void.Clock, minute(-2), void.cal, void.zone)
	void.is(incident.Void, 8, 102)

	waiting := incident.Clock{State: incident.Waiting}
	if Restart(&waiting, day, nil, time.UTC); waiting.StartedAt != nil {
		t.Error("a waiting clock has no start to correct")
	}
}

func TestClockByWorkingHours(t *testing.T) {
	set, err := calendar.Parse("c.yaml", []byte("calendars:\n  - name: office\n    week: [{days: [mon, tue, wed, thu, fri], hours: [\"08:00-12:00\", \"13:00-17:00\"]}]"))
	if err != nil {
		t.Fatal(err)
	}
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	at := func(date, hour, minute int) time.Time { return time.Date(2026, 3, date, hour, minute, 0, 0, zone) }
	office := set.Named("office")
	s := &Standard{Limit: 8 * time.Hour, WarnBefore: time.Hour}
	c := incident.Clock{State: incident.Waiting}
	Start(&c, s, at(6, 16, 0), at(6, 16, 0), office, zone) // a Friday
	if !c.Deadline.Equal(at(9, 16, 0)) || !c.WarnAt.Equal(at(9, 15, 0)) {
		t.Errorf("eight hours from Friday at four warn at %s and pass at %s", c.WarnAt.In(zone), c.Deadline.In(zone))
	}
	Pause(&c, at(7, 12, 0)) // on a Saturday
	Resume(&c, at(9, 9, 0), office, zone)
	if !c.Deadline.Equal(at(9, 17, 0)) {
		t.Errorf("a pause over one working hour moves the deadline to %s", c.Deadline.In(zone))
	}
	if got := Elapsed(&c, at(9, 12, 30), office, zone); got != 4*time.Hour {
		t.Errorf("%s have elapsed", got)
	}
	Restart(&c, at(5, 17, 0), office, zone) // seven working hours earlier
	if !c.Deadline.Equal(at(9, 9, 0)) {
		t.Errorf("the deadline moves to %s", c.Deadline.In(zone))
	}
	if Stop(&c, at(9, 9, 0), at(9, 9, 0), office, zone); c.State != incident.Met || *c.Elapsed != (8*time.Hour).Seconds() {
		t.Errorf("it is %s after %v s", c.State, *c.Elapsed)
	}
}
