package continuity

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"steward/internal/telemetry"
)

// begin is a whole hour.
const begin = telemetry.Millis(1_780_000_000_000) / hour * hour

const minute = hour / 60

func at(hours float64) telemetry.Millis {
	return begin + telemetry.Millis(hours*float64(hour))
}

// every makes readings of a counter from from to to hours, one every some minutes,
// which used a unit an hour and begins at value.
func every(minutes, from, to, value float64) []Reading {
	var list []Reading
	for h := from; h <= to+1e-9; h += minutes / 60 {
		list = append(list, Reading{TS: at(h), Value: value + h - from, Every: telemetry.Millis(minutes) * minute})
	}
	return list
}

func join(lists ...[]Reading) (all []Reading) {
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}

// past is a day and a half before begin, from which a counter's pace is known.
func past(value float64) []Reading { return every(15, -36, 0, value-36) }

func number(v float64) *float64 { return &v }

// show is what a result says of hours from to to: the value, a letter of its quality,
// and the breaks.
func show(r Result, from, to int) string {
	var b strings.Builder
	for h := from; h < to; h++ {
		i := int((at(float64(h)) - r.Start) / hour)
		if i < 0 || i >= len(r.Hours) {
			b.WriteString("- ")
			continue
		}
		fmt.Fprintf(&b, "%.4g%c ", r.Hours[i].Value, r.Hours[i].Quality[1])
	}
	for _, k := range r.Breaks {
		fmt.Fprintf(&b, "%s@%.4g:%.6g>%.6g=%.4g ", k.Kind, hoursOf(k.TS-begin), k.Before, k.After, k.Counted)
	}
	return strings.TrimSpace(b.String())
}

// In what show writes: e measured, n interpolated, u suspect, i missing.
func TestConsume(t *testing.T) {
	f := func(name string, readings []Reading, marks []Mark, want string) {
		t.Helper()
		r := Consume(readings, marks, Options{})
		if got := show(r, 0, 4); got != want {
			t.Errorf("%s:\ngot:  %s\nwant: %s", name, got, want)
		}
		conserved(t, name, r)
	}
	f("nothing", nil, nil, "- - - -")
	f("one reading", []Reading{{TS: at(0.5), Value: 7}}, nil, "0i - - -")
	f("steady", join(past(1000), every(15, 0, 4, 1000)), nil, "1e 1e 1e 1e")
	f("hourly with jitter", []Reading{{TS: at(-0.1), Value: 9}, {TS: at(0.95), Value: 10.05}, {TS: at(2.1), Value: 11.2}, {TS: at(3), Value: 12.1}, {TS: at(4), Value: 13.1}}, nil, "1e 1e 1e 1e")
	f("edges are divided by time", join(past(0), every(40, 0.5, 4.5, 0.5)), nil, "1e 1e 1e 1e")

	f("gap", join(past(1000), every(15, 0, 0.5, 1000), every(15, 2.5, 4, 1002.5)), nil, "1n 1n 1n 1e")
	f("gap within an hour", join(past(1000), every(1, 0, 0.1, 1000), every(1, 0.9, 4, 1000.9)), nil, "1e 1e 1e 1e")
	f("gap of minutes over the end of an hour", join(past(1000), every(1, 0, 0.8, 1000), every(1, 1.2, 4, 1001.2)), nil, "1n 1n 1e 1e")

	f("reset", join(past(1000), every(15, 0, 1.5, 1000), every(15, 1.75, 4, 0.25)), nil, "1e 1e 1e 1e reset@1.75:1001.5>0.25=0.25")
	f("reset after a gap", join(past(1000), every(15, 0, 1.5, 1000), every(15, 3, 4, 1)), nil, "1e 0.8333n 0.6667n 1e reset@3:1001.5>1=1")
	f("rollover", join(past(99_999), every(15, 0, 0.75, 99_999), every(15, 1, 4, 0)), nil, "1e 1e 1e 1e rollover@1:99999.8>0=0.25")
	f("rollover of a wider register", join(past(9_999_999), every(15, 0, 0.75, 9_999_999), every(15, 1, 4, 0)), nil, "1e 1e 1e 1e rollover@1:1e+07>0=0.25")
	f("not the end of the register", join(past(70_000), every(15, 0, 0.75, 70_000), every(15, 1, 4, 0)), nil, "0.75e 1e 1e 1e reset@1:70000.8>0=0")
	f("rollover of which is known", join(past(5000), every(15, 0, 0.75, 5000), every(15, 1, 4, 0)), []Mark{{At: at(1), Kind: MarkRollover, New: number(5001)}}, "1e 1e 1e 1e rollover@1:5000.75>0=0.25")

	old, fresh := number(1001.6), number(0.1)
	f("replaced, both known", join(past(1000), every(15, 0, 1.5, 1000), every(15, 1.75, 4, 0.25)), []Mark{{At: at(1.6), Kind: MarkReplaced, Old: old, New: fresh}}, "1e 1e 1e 1e replaced@1.75:1001.5>0.25=0.25")
	f("replaced by one that stands high", join(past(1000), every(15, 0, 1.5, 1000), every(15, 1.75, 4, 7000.15)), []Mark{{At: at(1.6), Kind: MarkReplaced, Old: old, New: number(7000)}}, "1e 1e 1e 1e replaced@1.75:1001.5>7000.15=0.25")
	f("replaced, entered hours later", join(past(1000), every(15, 0, 1.5, 1000), every(15, 1.75, 4, 7000.15)), []Mark{{At: at(9), Kind: MarkReplaced, Old: old, New: number(7000)}}, "1e 1e 1e 1e replaced@1.75:1001.5>7000.15=0.25")
	f("replaced, nothing known, high", join(past(1000), every(15, 0, 1.5, 1000), every(15, 1.75, 4, 7000)), []Mark{{At: at(1.6), Kind: MarkReplaced}}, "1e 0.75u 1e 1e replaced@1.75:1001.5>7000=0")
	f("replaced, nothing known, from zero", join(past(1000), every(15, 0, 1.5, 1000), every(15, 1.75, 4, 0.2)), []Mark{{At: at(1.6), Kind: MarkReplaced}}, "1e 0.95e 1e 1e replaced@1.75:1001.5>0.2=0.2")
	taken := []Mark{{At: at(1.6), Kind: MarkRemoved, Old: old}}
	f("taken out: what it counted last", join(past(1000), every(15, 0, 1.5, 1000)), taken, "1e 0.6u - -")
	f("taken out after a gap", join(past(1000), every(15, 0, 0.25, 1000)), []Mark{{At: at(3), Kind: MarkRemoved, Old: number(1003)}}, "1n 1n 1n 0i")
	f("taken out: what it counts on a desk", join(past(1000), every(15, 0, 4, 1000)), taken, "1e 0.6u - -")
	f("taken out: a register that was read wrongly", join(past(1000), every(15, 0, 1.5, 1000)), []Mark{{At: at(1.6), Kind: MarkRemoved, Old: number(99_000)}}, "1e 0.5u - - jump@1.6:1001.5>99000=0")
	f("put in: what it counted first", every(15, 1.75, 4, 7000.15), []Mark{{At: at(1.6), Kind: MarkInstalled, New: number(7000)}}, "- 0.4u 1e 1e")
	f("put in: what it counted on a desk", join(every(15, 0, 1.5, 3), every(15, 1.75, 4, 7000.15)), []Mark{{At: at(1.6), Kind: MarkInstalled, New: number(7000)}}, "- 0.4u 1e 1e")
	f("taken out and put in elsewhere", join(past(1000), every(15, 0, 4, 1000)), []Mark{{At: at(1), Kind: MarkRemoved, Old: number(1001)}, {At: at(3), Kind: MarkInstalled, New: number(1003)}}, "1e 0i 0i 1e replaced@3:1001>1003=0")
	f("a mark that the values contradict", join(past(1000), every(15, 0, 4, 1000)), []Mark{{At: at(1.6), Kind: MarkReplaced, New: number(0)}}, "1e 1e 1e 1e")

	f("jump", join(past(1000), every(15, 0, 1.5, 1000), every(15, 1.75, 4, 99_000)), nil, "1e 0.75u 1e 1e jump@1.75:1001.5>99000=0")
	f("jump that is real", join(past(1000), every(15, 0, 1.5, 1000), every(15, 1.75, 4, 1101.75)), []Mark{{At: at(1.7), Kind: MarkAccept}}, "1e 101e 1e 1e")
	f("drop", join(past(1000), every(15, 0, 1.5, 1000), every(15, 1.75, 4, 400)), nil, "1e 0.75u 1e 1e drop@1.75:1001.5>400=0")
	f("zero once", join(past(1000), every(15, 0, 1.5, 1000), []Reading{{TS: at(1.75)}}, every(15, 2, 4, 1002)), nil, "1e 1e 1e 1e glitch@1.75:1001.5>0=0")
	f("zeros for a while", join(past(1000), every(15, 0, 1.5, 1000), []Reading{{TS: at(1.75)}, {TS: at(2)}, {TS: at(2.25)}}, every(15, 2.5, 4, 1002.5)), nil, "1e 1n 1n 1e glitch@1.75:1001.5>0=0")
	f("nonsense once", join(past(1000), every(15, 0, 1.5, 1000), []Reading{{TS: at(1.75), Value: 1e9}}, every(15, 2, 4, 1002)), nil, "1e 1e 1e 1e glitch@1.75:1001.5>1e+09=0")
	f("a step back in the last digit", join(past(1000), every(15, 0, 1.5, 1000), []Reading{{TS: at(1.75), Value: 1001.4}}, every(15, 2, 4, 1002)), nil, "1e 1e 1e 1e glitch@1.75:1001.5>1001.4=0")
	f("a reset of a small counter", join(past(50), every(15, 0, 1.5, 50), every(15, 1.75, 4, 0)), nil, "1e 0.75e 1e 1e reset@1.75:51.5>0=0")
	f("ignored by hand", join(past(1000), every(15, 0, 1.5, 1000), every(15, 1.75, 2.25, 1e6), every(15, 2.5, 4, 1002.5)), []Mark{{At: at(1.75), Until: at(2.25), Kind: MarkIgnore}}, "1e 1n 1n 1e")
	f("not numbers", join(past(1000), every(15, 0, 4, 1000), []Reading{{TS: at(1), Value: math.NaN()}, {TS: at(2), Value: math.Inf(1)}, {TS: -5, Value: 1}, {TS: math.MaxInt64, Value: 1}}), nil, "1e 1e 1e 1e")
	f("little past: a reset all the same", join(every(15, 0, 1, 1000), every(15, 1.25, 4, 0.25)), nil, "1e 1e 1e 1e reset@1.25:1001>0.25=0.25")
	f("little past: nonsense once", join(every(15, 0, 1, 1000), []Reading{{TS: at(1.25), Value: 9999}}, every(15, 1.5, 4, 1001.5)), nil, "1e 1e 1e 1e glitch@1.25:1001>9999=0")
	f("little past: another counter", join(every(15, 0, 1, 1000), every(15, 1.25, 4, 800)), nil, "1e 0.75u 1e 1e drop@1.25:1001>800=0")
}

func TestALongGapStaysMissing(t *testing.T) {
	r := Consume(join(past(1000), every(15, 24*63, 24*63+4, 2000)), nil, Options{})
	if got := show(r, -1, 2) + " " + show(r, 24*63-1, 24*63+2); got != "1e 0i 0i gap@1512:1000>2000=0 0i 1e 1e gap@1512:1000>2000=0" {
		t.Error(got)
	}
	r = Consume(join(past(1000), every(15, 24*30, 24*30+4, 1720)), nil, Options{})
	if got := show(r, -1, 2) + " " + show(r, 24*30-1, 24*30+2); got != "1e 1n 1n 1n 1e 1e" {
		t.Error(got)
	}
}

func TestMultipliers(t *testing.T) {
	f := func(want string, m ...Multiplier) {
		t.Helper()
		if got := show(Consume(every(15, 0, 4, 1000), nil, Options{Multipliers: m}), 0, 4); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	f("40e 40e 40e 40e", Multiplier{0, 40})
	f("40e 40e 40e 40e", Multiplier{at(9), 40})
	f("1e 1e 1e 1e", Multiplier{0, 0})
	f("1e 1e 1e 1e", Multiplier{0, math.NaN()})
	f("40e 52.5e 60e 60e multiplier@1.375:40>60=0", Multiplier{0, 40}, Multiplier{at(1.375), 60})
	f("40e 40e 60e 60e multiplier@2:40>60=0", Multiplier{at(2), 60}, Multiplier{0, 40})
}

func TestWhatTheDeviceEverDid(t *testing.T) {
	f := func(o Options, rise float64, want string) {
		t.Helper()
		list := append(every(15, 0, 2, 1000), every(15, 2.25, 4, 1002.25+rise)...)
		if got := show(Consume(list, nil, o), 2, 3); got != want {
			t.Errorf("%+v, %v: got %s, want %s", o, rise, got, want)
		}
	}
	f(Options{}, 9000, "9001e") // nobody knows
	f(Options{Peak: 2}, 9, "10e")
	f(Options{Peak: 2}, 10, "0.75u jump@2.25:1002>1012.25=0")
	f(Options{Peak: 2, Floor: 50}, 49, "50e")
	f(Options{Ceiling: 1}, 0, "1e") // an hour counter
	f(Options{Ceiling: 1}, 2, "0.75u jump@2.25:1002>1004.25=0")
	f(Options{Peak: math.Inf(1), Mean: math.NaN(), Floor: -1}, 5, "6e")
}

func TestScale(t *testing.T) {
	readings := join(past(1000), every(15, 0, 1.5, 1000), []Reading{{TS: at(1.75), Value: 1e9}}, every(15, 2, 3, 1002), every(15, 3.25, 8, 0.25))
	want := Consume(readings, nil, Options{})
	for _, k := range []float64{1e-12, 1e-3, 7, 1e12} {
		scaled := make([]Reading, len(readings))
		for i, r := range readings {
			scaled[i] = Reading{r.TS, r.Value * k, r.Every}
		}
		got := Consume(scaled, nil, Options{})
		for i := range want.Hours {
			if got.Hours[i].Quality != want.Hours[i].Quality || math.Abs(got.Hours[i].Value-want.Hours[i].Value*k) > 1e-9*k {
				t.Fatalf("times %g: hour %d is %+v, was %+v", k, i, got.Hours[i], want.Hours[i])
			}
		}
	}
}

// conserved checks that the hours add up to what the segments counted, without a
// multiplier, and that none is negative or over-covered.
func conserved(t testing.TB, name string, r Result) {
	t.Helper()
	sum, want, size := 0.0, 0.0, 1.0
	for _, h := range r.Hours {
		if h.Value < 0 || h.Covered < 0 || h.Covered > 1 || math.IsNaN(h.Value) || math.IsInf(h.Value, 0) {
			t.Errorf("%s: %+v", name, h)
		}
		sum += h.Value
	}
	for _, s := range r.Segments {
		want += s.Last - s.First + s.Carried
		size = max(size, math.Abs(s.First), math.Abs(s.Last), math.Abs(s.Carried))
	}
	// A difference of two numbers is right to the last digit of the larger.
	if math.Abs(sum-want) > 1e-15*size*float64(10+len(r.Hours)) {
		t.Errorf("%s: the hours add up to %v, the segments to %v", name, sum, want)
	}
}
