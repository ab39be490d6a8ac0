package simulate

import (
	"math/rand/v2"
	"slices"
	"strconv"

	"steward/internal/telemetry"
)

// An access point lets people pass who show a card, and counts them.
type access struct {
	*device
	passing *rand.Rand // apart from the stream of wear
	habit   shape
	rate    float64 // people an hour at weight one
	people  uint64  // identity of the project, whose cards are shown
	cards   int64

	passages []passage // of the rest of the cell, oldest first
	open     window    // last opening for a passage
	granted  int64
	denied   int64

	stuck window // held or forced open
	due   [2]telemetry.Millis
}

type passage struct {
	at     telemetry.Millis
	denied bool
}

// How often, in hours, a door is held open and forced open. The order is that
// of access.due.
var doorTroubles = [2]struct {
	kind  string
	every float64
	lasts float64 // median, seconds
}{{"door_held", 350, 150}, {"door_forced", 5000, 400}}

const (
	deniedShare = 0.02
	passageTime = 4 * second
)

func newAccess(d *device, project uint64, habit shape, rate float64, cards int) *access {
	a := &access{
		device: d, passing: stream(mix(d.id)),
		habit: habit, rate: rate, people: project, cards: int64(cards),
	}
	start := telemetry.MillisOf(d.truth.Start)
	years := float64(start-telemetry.MillisOf(d.info.Installed)) / float64(365*day)
	a.granted = int64(years * 365 * rate * 10)
	a.denied = int64(float64(a.granted) * deniedShare)
	for i, trouble := range doorTroubles {
		a.due[i] = start + hours(d.rng.ExpFloat64()*trouble.every)
	}
	return a
}

func (a *access) enter(c cell) {
	a.count(c.start())
	a.plan(c)
	for i, trouble := range doorTroubles {
		if a.due[i] >= c.end() || a.stuck.to > c.start() {
			continue
		}
		at := max(a.due[i], c.start())
		a.trouble(i, window{at, at + max(20*second, seconds(lognormal(a.rng, trouble.lasts, 0.5)))}, false)
		a.due[i] = a.stuck.to + hours(a.rng.ExpFloat64()*trouble.every)
	}
	a.breakDown(c)
}

// plan draws who passes in the cell and announces each.
func (a *access) plan(c cell) {
	r := a.passing
	first := len(a.passages)
	for range poisson(r, a.rate*a.habit(momentOf(c.start()))*cellHours) {
		at := c.start() + telemetry.Millis(r.Int64N(int64(cellLength)))
		a.passages = append(a.passages, passage{at, r.Float64() < deniedShare})
	}
	now := a.passages[first:]
	slices.SortFunc(now, func(p, q passage) int { return int(p.at - q.at) })
	// Two people in the same millisecond would be the same event.
	now = slices.CompactFunc(now, func(p, q passage) bool { return p.at == q.at })
	a.passages = a.passages[:first+len(now)]
	for _, p := range now {
		// Cards are pseudonyms: a hash of the estate and a number.
		card := strconv.FormatUint(mix(a.people^uint64(r.Int64N(a.cards))), 16)
		says := attrs(nil).text("card", card)
		if p.denied {
			a.happen(p.at, "denied", "", says.text("reason", "expired"))
			continue
		}
		direction := "in"
		if r.IntN(2) == 0 {
			direction = "out"
		}
		a.happen(p.at, "granted", "", says.text("direction", direction))
	}
}

// count lets pass who passes until t.
func (a *access) count(t telemetry.Millis) {
	n := 0
	for n < len(a.passages) && a.passages[n].at <= t {
		if p := a.passages[n]; p.denied {
			a.denied++
		} else {
			a.granted++
			a.open = window{p.at, p.at + passageTime}
		}
		n++
	}
	a.passages = a.passages[:copy(a.passages, a.passages[n:])]
}

func (a *access) trouble(i int, w window, staged bool) {
	a.stuck = w
	kind := doorTroubles[i].kind
	ref := a.happen(w.from, kind, "", nil)
	a.happen(w.to, "door_closed", "", attrs(nil).text("ref", ref))
	list := &a.truth.DoorsHeld
	if kind == "door_forced" {
		list = &a.truth.DoorsForced
	}
	*list = append(*list, Window{Device: a.info.Path, From: w.from.Time(), To: w.to.Time(), Staged: staged})
}

func (a *access) sample(t telemetry.Millis, out *sample) {
	a.count(t)
	out.add("passages_total", float64(a.granted))
	out.add("denied_total", float64(a.denied))
	out.flag("door_open", a.open.covers(t) || a.stuck.covers(t))
	out.add("battery_v", battery(a.device, t, 11.6, 13.2))
}

func (a *access) pause(telemetry.Millis) telemetry.Millis { return metersPause }

func (a *access) stage(what act, t telemetry.Millis) bool {
	if what != stageForcedDoor || a.stuck.to > t {
		return false
	}
	a.trouble(1, window{t, t + seconds(30+60*uniform(a.id, uint64(t)))}, true)
	return true
}
