package simulate

import (
	"math"
	"time"

	"steward/internal/telemetry"
)

// A detector senses smoke and heat under a ceiling.
type detector struct {
	*device
	project uint64   // identity of the project, which has its tests on one day
	episode *episode // the present or next one
	due     [2]telemetry.Millis
	tested  int64 // local day of the last test decision
}

// An episode is smoke at a detector, with its alarm.
type episode struct {
	from, to telemetry.Millis
	peak     float64 // ppm
	warming  float64 // °C at the peak
}

// How often, in hours, a detector has smoke from a fire, and from what only
// looks like one. The order is that of detector.due.
var smokeCauses = [2]struct {
	cause string
	every float64
}{{CauseFire, 45000}, {CauseFalse, 5000}}

func newDetector(d *device, project uint64) *detector {
	f := &detector{device: d, project: project}
	for i, s := range smokeCauses {
		f.due[i] = telemetry.MillisOf(d.truth.Start) + hours(d.rng.ExpFloat64()*s.every)
	}
	return f
}

func (f *detector) enter(c cell) {
	if f.episode != nil && f.episode.to <= c.start() {
		f.episode = nil
	}
	f.test(c)
	for i, s := range smokeCauses {
		if f.due[i] >= c.end() || f.episode != nil {
			continue
		}
		at := max(f.due[i], c.start())
		f.alarm(f.rng.Float64(), at, s.cause, false)
		f.due[i] = at + day + hours(f.rng.ExpFloat64()*s.every)
	}
	f.breakDown(c)
}

// alarm announces and records an alarm at the given time and its course; x in
// [0, 1) says how long people take.
func (f *detector) alarm(x float64, at telemetry.Millis, cause string, staged bool) {
	acknowledged, cleared, peak, warming := seconds(20+100*x), minute, 180.0, 0.0
	switch {
	case staged:
		cleared, peak, warming = acknowledged+seconds(60+90*x), 420, 22
	case cause == CauseFire:
		cleared, peak, warming = seconds(900+2700*x), 600, 45
	case cause == CauseFalse:
		cleared, peak, warming = acknowledged+seconds(120+360*x), 240, 3
	}
	a := FireAlarm{Device: f.info.Path, Cause: cause, At: at.Time(), ClearedAt: (at + cleared).Time(), Staged: staged}
	severity, says := telemetry.LifeSafety, attrs(nil).text("zone", f.info.Building)
	if cause == CauseTest {
		severity, says = telemetry.Info, says.truth("test", true)
	}
	a.Event = f.happen(at, telemetry.Alarm, severity, says)
	if cause != CauseTest {
		a.AcknowledgedAt = (at + acknowledged).Time()
		f.happen(at+acknowledged, "acknowledged", "", attrs(nil).text("ref", a.Event))
	}
	f.happen(at+cleared, telemetry.AlarmCleared, "", attrs(nil).text("ref", a.Event))
	// Smoke builds up for half a minute before the threshold is passed.
	f.episode = &episode{from: at - 30*second, to: at + cleared, peak: peak, warming: warming}
	f.truth.Alarms = append(f.truth.Alarms, a)
}

// test is the monthly walk with the test gas: one day a project, one detector
// after the other, each shielded so that nobody is called out.
func (f *detector) test(c cell) {
	m := momentOf(c.start())
	if m.day == f.tested || m.hour < 10 {
		return
	}
	f.tested = m.day
	local := time.UnixMilli(int64(c.start() + localOffset)).UTC()
	if local.Day() != 5+int(uniform(f.project, uint64(local.Year()*12)+uint64(local.Month()))*20) || f.episode != nil {
		return
	}
	at := c.start() + minute + f.phase(2*hour)
	f.happen(at-20*second, "shielded", "", attrs(nil).truth("on", true).text("reason", "test"))
	f.alarm(0, at, CauseTest, false)
	f.happen(at+90*second, "shielded", "", attrs(nil).truth("on", false).text("reason", "test"))
}

// strength is how far the smoke of the episode has built up at t, 0 to 1.
func (e *episode) strength(t telemetry.Millis) float64 {
	if t < e.from || t >= e.to {
		return 0
	}
	rise := min(1, float64(t-e.from)/float64(40*second))
	fall := min(1, float64(e.to-t)/float64(20*second))
	return rise * fall
}

func (f *detector) sample(t telemetry.Millis, out *sample) {
	m := momentOf(t)
	smoke := 6 + 3*uniform(f.id, 3) + 0.4*bell(f.id+2, uint64(t))
	warmth := 22 + 3*math.Cos(2*math.Pi*(m.dayOfYear-205)/365.25) +
		1.5*math.Cos(2*math.Pi*(m.hour-16)/24) + 0.1*bell(f.id+3, uint64(t))
	if f.episode != nil {
		s := f.episode.strength(t)
		smoke += s * f.episode.peak
		warmth += s * f.episode.warming
	}
	out.add("smoke_ppm", round(max(0, smoke), 1))
	out.add("temperature_c", round(warmth, 1))
	out.add("battery_v", battery(f.device, t, 3.0, 3.6))
}

// battery is a cell's voltage, which falls over three years and is then
// exchanged.
func battery(d *device, t telemetry.Millis, empty, full float64) float64 {
	const life = 3 * 365 * day
	age := float64((t+d.phase(life))%life) / float64(life)
	return round(full-(full-empty)*0.8*age+0.004*bell(d.id+4, uint64(t)), 2)
}

func (f *detector) pause(t telemetry.Millis) telemetry.Millis {
	if f.episode != nil && f.episode.strength(t) > 0 {
		return 10 * second
	}
	return metersPause
}

func (f *detector) stage(a act, t telemetry.Millis) bool {
	switch {
	case a == stageAlarm && f.episode == nil:
		f.alarm(uniform(f.id, uint64(t)), t, CauseFire, true)
		return true
	case a == stageFault:
		part := f.wear.nextToFail()
		f.recordFailure(part, t, t+3*minute, true)
		f.announceFault(part.part, t, t+3*minute)
		return true
	}
	return false
}
