package forecast

import (
	"math"

	"steward/internal/telemetry"
)

// briefSilence is how long a device may be silent and its parts still be taken for
// those that they were: whoever repairs a part takes longer as a rule. After a longer
// one nobody knows how old they are.
const briefSilence = 7 * day

// spell is a stretch in which a part was watched and ran.
//
// Its age is known when the part was seen to be repaired, or was put into service
// under the eyes of Steward. Of a part that was there when watching began only the age
// of the device is known, and that each repair before made it new: the part is then of
// an age that the theory of renewal has a distribution for, see residual. Nothing is
// known of the age after a long silence; such spells are left out of fits, which is no
// bias, as they begin and end without regard to what the part does.
type spell struct {
	from, to telemetry.Millis
	age      float64 // years, at from; NaN when unknown
	device   float64 // age of the device at from in years, where that of the part is unknown; NaN when unknown
	failed   bool
	told     telemetry.Millis // when it was known that it failed, where that is later than to
}

func years(d telemetry.Millis) float64 { return float64(d) / float64(year) }

// until is what is known of a spell at a time; false when it had not begun.
func (s spell) until(at telemetry.Millis) (spell, bool) {
	if s.from >= at {
		return s, false
	}
	if s.to >= at {
		s.to, s.failed = at, false
	}
	if s.told >= at {
		s.failed = false // it was silent, and nobody knew why
	}
	return s, true
}

// birth is when something was new, if that is known.
type birth struct {
	at    telemetry.Millis
	known bool
}

// spells are those of a part of which the endings are given, in windows in which the
// device was watched, both by time. A fault at the very moment of restoration is the
// same failure. An end that was not watched ends no life, but makes one new.
func spells(windows []span, endings []ending, born birth) []spell {
	var list []spell
	next := 0
	var ref, last telemetry.Millis // last is the end of the window before
	known, device := false, math.NaN()
	for i, w := range windows {
		t := w.from
		switch {
		case i == 0 && born.known && w.from >= born.at:
			if device = years(w.from - born.at); w.from-born.at <= watchedFromNew {
				known, ref = true, born.at
			}
		case i == 0:
		case w.from-last > briefSilence && ref < last:
			known, device = false, math.NaN()
		case ref < last:
			device = math.NaN()
		}
		if known {
			t = max(t, ref)
		}
		emit := func(to telemetry.Millis, failed bool) {
			if to <= t {
				return
			}
			s := spell{from: t, to: to, age: math.NaN(), device: device, failed: failed}
			if known {
				s.age, s.device = years(t-ref), math.NaN()
			}
			list = append(list, s)
		}
		for next < len(endings) && endings[next].from < w.to {
			e := endings[next]
			next++
			if e.from >= w.from {
				emit(e.from, e.failed)
			}
			if !known || e.to > ref {
				known, ref = true, e.to
			}
			t = max(t, e.to)
		}
		emit(w.to, false)
		last = w.to
	}
	return list
}

// watchedFromNew is how long after its commissioning the first message of a device
// may come and its parts still count as watched from new, with this age at entry.
const watchedFromNew = 31 * day

// wholes are the spells of a device as one thing that ends with its replacement. Its
// age is that of the device, and since it is only seen because it had not ended
// before, the spell enters late (left truncation). Without a known birth nothing is
// known until the first replacement.
//
// One that falls silent for good and is exchanged before anything is heard again has
// failed when it fell silent, if the exchange was for a failure: between windows nobody
// watched, but what was watched last was dead by then. A second exchange meanwhile is
// of something that was never seen.
func wholes(windows []span, replaced []ending, born birth, failedAtEnd bool) []spell {
	var list []spell
	next := 0
	ref, known := born.at, born.known
	for _, w := range windows {
		t := w.from
		if known {
			t = max(t, ref)
		}
		emit := func(to telemetry.Millis, failed bool) {
			if known && to > t {
				list = append(list, spell{from: t, to: to, age: years(t - ref), device: math.NaN(), failed: failed})
			}
		}
		unseen := false // exchanged since it was watched last
		for next < len(replaced) && replaced[next].from < w.to {
			e := replaced[next]
			next++
			if e.from >= w.from {
				emit(e.from, e.failed)
			} else if !unseen {
				diedSilent(list, e)
				unseen = true
			}
			known, ref, t = true, e.to, max(t, e.to)
		}
		emit(w.to, false)
	}
	if next < len(replaced) {
		diedSilent(list, replaced[next])
	}
	if failedAtEnd && len(list) > 0 {
		list[len(list)-1].failed = true
	}
	return list
}

// diedSilent ends the last life by an exchange after its watch.
func diedSilent(list []spell, e ending) {
	if last := len(list) - 1; last >= 0 && e.failed {
		list[last].failed, list[last].told = true, e.from
	}
}

// standing is how a part is at a time: its age, or where that is unknown how long it
// was watched without failing, and how old the device was when that began.
type standing struct {
	age, device, lived float64 // years; age or device NaN when unknown
}

// stands is how a part is at a time. A part that is at fault then is as good as new
// soon. False when it was not watched then.
func stands(list []spell, at telemetry.Millis) standing {
	for i := len(list) - 1; i >= 0; i-- {
		s := list[i]
		if s.from >= at {
			continue
		}
		if s.failed && s.to < at {
			break
		}
		lived := years(at - s.from)
		if !math.IsNaN(s.age) {
			return standing{age: s.age + lived, device: math.NaN()}
		}
		return standing{age: math.NaN(), device: s.device, lived: lived}
	}
	return standing{device: math.NaN()}
}

// failures is how many spells of a list end by a failure in a window.
func failures(list []spell, w span) int {
	n := 0
	for _, s := range list {
		if s.failed && s.to >= w.from && s.to < w.to {
			n++
		}
	}
	return n
}
