package reliability

import (
	"fmt"
	"math"
	"strings"

	"steward/analytics/job"
	"steward/analytics/rate"
	"steward/internal/telemetry"
)

const (
	level        = 0.95        // of all intervals
	hoursPerYear = 24 * 365.25 // Julian years, as in device-years
	maxSubject   = 200         // bytes of a subject; results take 256
)

// key says what a group of devices has in common.
type key struct{ region, project, subject string }

// keysOf are the groups of all its time to which a device belongs: of its project,
// region and company all devices and those of its class, its model and its vendor.
// Models and vendors are compared over the company, where there are enough of them;
// a vendor by class, for its lifts say nothing of its meters.
func keysOf(region, project, class, vendor, model string) []key {
	keys := make([]key, 0, 8)
	for _, subject := range []string{"", "class:" + class} {
		keys = append(keys, key{"", "", subject}, key{region, "", subject}, key{region, project, subject})
	}
	if model != "" {
		keys = append(keys, key{subject: modelSubject(vendor, model)})
	}
	if vendor != "" {
		keys = append(keys, key{subject: cut("vendor:" + class + "/" + vendor)})
	}
	return keys
}

func modelSubject(vendor, model string) string {
	if vendor == "" {
		return cut("model:" + model)
	}
	return cut("model:" + vendor + "/" + model)
}

// Models is the document of kind "models" of the company: of what class each model is,
// which its subject does not say, for two vendors may name a lift and a meter alike.
type Models struct {
	Classes map[string]string `json:"classes"` // by subject; severalClasses when its devices differ
}

// take notes the class of a device of a model.
func (m *Models) take(subject, class string) {
	if is, known := m.Classes[subject]; known && is != class {
		class = severalClasses
	}
	m.Classes[subject] = class
}

// cut keeps names within what a result takes.
func cut(s string) string {
	if len(s) > maxSubject {
		return strings.ToValidUTF8(s[:maxSubject], "")
	}
	return s
}

// group is what happened to devices that have something in common. It grows by some
// fifty bytes a device and eight a failure.
type group struct {
	devices   int // that were watched
	unwatched int
	lifts     int
	overflow  int // left out

	failures, entrapments        int
	up, down, liftHours          float64
	restoration, repair, service durations
	open                         int
	callouts, recorded           int // of lifts, and lifts of which they are on record
	unnamed                      int // repair orders of no lift that is known
	recordedHours                float64
	spells                       []rate.Spell
	histories                    []rate.History

	expected, came float64
	uncounted      int // devices that coverage_1h has not counted
	eventsOnly     int // devices that send nothing but events

	class string  // of all; severalClasses when they differ
	usual float64 // hours in which devices of the class are restored on average; 0 unknown
}

const severalClasses = "*"

// reporting is how a device reported, beside what happened to it.
type reporting struct {
	class            string
	lift, eventsOnly bool
	expected, came   float64
}

func (g *group) add(t *tally, by reporting) {
	if !(t.watched() > 0) {
		g.unwatched++
		return
	}
	if g.devices == 0 {
		g.class = by.class
	} else if g.class != by.class {
		g.class = severalClasses
	}
	g.devices++
	g.failures += len(t.failures)
	g.up, g.down = g.up+t.up, g.down+t.down
	g.restoration.join(t.restoration)
	g.repair.join(t.repair)
	g.service.join(t.service)
	g.open += t.open
	g.spells = append(g.spells, rate.Spell{Up: t.up, Down: t.down})
	if len(t.failures) > 0 {
		g.histories = append(g.histories, rate.History{Times: t.failures, End: float64(t.window.to) / 3_600_000})
	}
	if by.lift {
		g.lifts++
		g.liftHours += t.watched()
		g.entrapments += t.entrapments
		if t.recorded > 0 {
			g.recorded++
			g.recordedHours += t.recorded
			g.callouts += t.callouts
		}
	}
	if by.expected > 0 {
		g.expected, g.came = g.expected+by.expected, g.came+by.came
	} else {
		g.uncounted++
	}
	if by.eventsOnly {
		g.eventsOnly++
	}
}

// coverage is the share of messages that came; NaN when nobody counted.
func (g *group) coverage() float64 {
	if !(g.expected > 0) {
		return math.NaN()
	}
	return min(1, g.came/g.expected)
}

// warning says what all numbers of the group suffer from.
func (g *group) warning() string {
	var list []string
	if g.uncounted > 0 {
		list = append(list, fmt.Sprintf("of %d devices %d were not counted for coverage: if they were silent, it counts as watched", g.devices, g.uncounted))
	}
	if g.eventsOnly > 0 {
		list = append(list, job.Counted(g.eventsOnly, "%d device sends only events: others like it to which nothing happened may not be counted, and rates be too high", "%d devices send only events: others like them to which nothing happened may not be counted, and rates be too high"))
	}
	if g.overflow > 0 {
		list = append(list, job.Counted(g.overflow, "%d device with more than %d events of a kind is left out", "%d devices with more than %d events of a kind are left out", maxEpisodes))
	}
	return strings.Join(list, "; ")
}

// numbers are those of the group:
//
//   - failure_rate: the mean failure rate, failures per device-year watched;
//   - mtbf: the mean operating time between failures, hours up per failure;
//   - mttr: the mean time to restoration, from fault to fault_cleared;
//   - mean_repair_time: maintenance in a fault, from its start to its end, which leaves
//     out the way there and the wait; mean_service_time is that of all other maintenance;
//   - availability: steady-state, of faults alone (inherent): planned maintenance is
//     no failure. Of what never failed the lower limit is that of rate.Unfailed, each
//     failure taken to be restored as those of the class are on average;
//   - repeat_faults: the share of failures followed by another within some days;
//   - callback_rate: call-outs for repair per lift-year in service with records of them
//     (callouts says which); entrapment_rate: entrapments per lift-year watched.
//
// Terms are those of IEC 60050-192. Exposure is in device-years, that of mtbf in
// hours up, of mttr in hours of fault, and of the mean times of maintenance in its hours.
func (g *group) numbers(k key, repeatDays float64) []job.Number {
	years := (g.up + g.down) / hoursPerYear
	list := []job.Number{
		g.missed(rateNumber("failure_rate", rate.Of(g.failures, years, level))),
		g.missed(g.mtbf()),
		g.mttr(),
		g.repair.unended(g.repair.mean("mean_repair_time", "repair")),
		g.service.unended(g.service.mean("mean_service_time", "maintenance")),
		g.availability(), g.missed(g.repeats(repeatDays)),
	}
	if g.lifts > 0 {
		list = append(list, g.callbacks(), rateNumber("entrapment_rate", rate.Of(g.entrapments, g.liftHours/hoursPerYear, level)))
	}
	coverage, warning := g.coverage(), g.warning()
	for i := range list {
		n := &list[i]
		n.Region, n.Project, n.Subject, n.Coverage = k.region, k.project, k.subject, coverage
		n.Why = because(n.Why, warning)
		if n.Value == nil && g.devices == 0 && g.unwatched > 0 {
			n.Why = because(n.Why, job.Counted(g.unwatched, "%d device sent nothing while in service in the period", "%d devices sent nothing while in service in the period"))
		}
	}
	return list
}

// because joins reasons, the main one first.
func because(reasons ...string) string {
	var list []string
	for _, r := range reasons {
		if r != "" {
			list = append(list, r)
		}
	}
	return strings.Join(list, "; ")
}

func rateNumber(kind string, r rate.Rate) job.Number {
	n := job.Number{Kind: kind, Unit: "1/a", Value: r.Value, N: float64(r.Events), Exposure: r.Exposure, Why: r.Why}
	if r.Value != nil {
		n.Low, n.High, n.Level = r.Low, r.High, level
	}
	return n
}

// missed warns of failures that nobody could count: a device whose controller does not
// say that a fault is over fails once and, as far as is known, never again. A rate of
// none would look like a device that never fails.
func (g *group) missed(n job.Number) job.Number {
	if g.open > 0 {
		n.Why = because(n.Why, job.Counted(g.open, "%d fault has not ended: if its end was not reported, later failures of the device are not counted", "%d faults have not ended: if their end was not reported, later failures of these devices are not counted"))
	}
	return n
}

func (g *group) mtbf() job.Number {
	r := rate.Of(g.failures, g.up, level)
	n := job.Number{Kind: "mtbf", Unit: "h", Value: r.Between, N: float64(g.failures), Exposure: r.Exposure}
	switch {
	case r.Between != nil:
		n.Low, n.High, n.Level = r.BetweenLow, r.BetweenHigh, level
	case g.failures > 0:
		n.Why = r.Why
	case r.BetweenLow != nil: // what the exposure rules out is known without a failure
		n.Low, n.Level = r.BetweenLow, level
		n.Why = "insufficient data: no failure: only a lower limit is known"
	default:
		n.Why = r.Why
	}
	return n
}

func (g *group) mttr() job.Number {
	n := g.restoration.mean("mttr", "fault")
	if g.open > 0 {
		n.Why = because(n.Why, job.Counted(g.open, "%d fault has not ended: if its end was not reported, the mean is too long", "%d faults have not ended: if their end was not reported, the mean is too long"))
	}
	return n
}

func (g *group) availability() job.Number {
	var a rate.Available
	if g.down == 0 && g.failures == 0 {
		if a = rate.Unfailed(g.up, g.usual, level); a.Low != nil {
			a.Why = "the lower limit is of no failure, each restored as those of the class are"
		}
	} else if len(g.spells) < fewUnits {
		a = rate.Availability(g.up, g.down, g.restoration.ended, level)
	} else {
		a = rate.AvailabilityByUnit(g.spells, level)
	}
	n := job.Number{Kind: "availability", Value: a.Value, Low: a.Low, High: a.High, N: float64(g.devices), Exposure: (g.up + g.down) / hoursPerYear, Why: a.Why}
	if a.Low != nil || a.High != nil {
		n.Level = level
	}
	if g.open > 0 {
		n.Why = because(n.Why, job.Counted(g.open, "%d fault has not ended: if its end was not reported, availability is too low", "%d faults have not ended: if their end was not reported, availability is too low"))
	}
	return n
}

// fewUnits is below which devices do not tell how devices differ, and the interval
// of availability takes times for exponential.
const fewUnits = 10

func (g *group) repeats(days float64) job.Number {
	r := rate.Repeats(g.histories, days*24, level)
	n := job.Number{Kind: "repeat_faults", Value: r.Share, Low: r.Low, High: r.High, N: float64(r.Followed), Exposure: (g.up + g.down) / hoursPerYear, Why: r.Why}
	if r.Share != nil {
		n.Level = level
	}
	return n
}

func isLift(class string) bool { return class == string(telemetry.Elevator) }
