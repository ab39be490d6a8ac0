package forecast

import (
	"fmt"
	"math"
	"testing"
	"time"

	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/telemetry"
)

// Of what a failure ends the life of the device is found again, though those that were
// old when watching began are only seen because they had lived so long, and some are
// exchanged before they fail.
func TestLivesThatAFailureEnds(t *testing.T) {
	t.Run("with a fault", func(t *testing.T) {
		livesThatAFailureEnds(t, func(take taker, end telemetry.Millis) telemetry.Millis {
			take(telemetry.Fault, "M03", end)
			take(replaced, "", end+5*day)
			return end + 5*day
		})
	})
	// Most die without a word, and are exchanged when somebody has time.
	t.Run("in silence", func(t *testing.T) {
		n := 0
		livesThatAFailureEnds(t, func(take taker, end telemetry.Millis) telemetry.Millis {
			if n++; n%4 == 0 {
				take(telemetry.Fault, "M03", end)
			}
			take(silent, "", end+hour)
			at := end + telemetry.Millis(10+n%40)*day
			take(replaced, "", at)
			take(silentCleared, "", at+hour)
			return at
		})
	})
}

// taker takes what has happened by the end of the watch.
type taker func(kind, code string, at telemetry.Millis)

// livesThatAFailureEnds are fleets of devices that are exchanged by exchange after each
// failure, which says when.
func livesThatAFailureEnds(t *testing.T, exchange func(take taker, end telemetry.Millis) telemetry.Millis) {
	t.Helper()
	const fleets = 8
	const shape, scale = 2.0, 8.0 // years
	shapes, scales := 0, 0
	for seed := range uint64(fleets) {
		s := sample(50+seed, 3)
		for i := range 300 {
			rec := newRecorder()
			take := func(kind, code string, at telemetry.Millis) {
				if at < s.to {
					rec.take(kind, code, at)
				}
			}
			born := s.from - telemetry.Millis(s.rng.Float64()*10*float64(year))
			dies := func(at telemetry.Millis) telemetry.Millis {
				return at + telemetry.Millis(scale*math.Pow(s.rng.ExpFloat64(), 1/shape)*float64(year))
			}
			end := dies(born)
			for end < s.from { // it was replaced before anybody watched
				born = end
				end = dies(born)
			}
			first := int32(born / day)
			for at := s.from; end < s.to; end = dies(at) {
				if planned := born + 12*year; planned > at && planned < end {
					at = planned
					take(replaced, "", at)
				} else {
					at = exchange(take, end)
				}
				born = at
			}
			s.fleet.devices = append(s.fleet.devices, newDevice(authz.Place{Region: "r", Project: "p"}, clickhouse.LifetimeDevice{
				Class: "meter", ID: fmt.Sprint(i), Vendor: "V", Model: "PM", InstalledOn: &first, FirstReading: s.from - day, LastReading: s.to,
			}, rec.end(s.to), s.fleet.period, time.UTC))
		}
		all := pools(s.fleet.devices)
		by, err := live(t.Context(), all, s.to, quarter, oneYear)
		if err != nil {
			t.Fatal(err)
		}
		l := by["model:V/PM"]
		if l.repaired || len(l.parts) != 1 || l.parts[0].Code != wholeDevice || l.parts[0].Shape.Low == nil {
			t.Fatalf("%+v", l.life())
		}
		if e := l.parts[0].Shape; *e.Low <= shape && shape <= *e.High {
			shapes++
		}
		if e := l.parts[0].Scale; *e.Low <= scale && scale <= *e.High {
			scales++
		}
		p := s.fleet.prospect(s.fleet.devices[0], by, nil)
		if p.Fail365.Value == nil || *p.Failures365.Value > 1 || *p.AgeYears > 13 {
			t.Errorf("%+v", p)
		}
	}
	t.Logf("of %d intervals %d hold the shape and %d the scale", fleets, shapes, scales)
	if min(shapes, scales) < 6 { // fewer than 6 of 8 at 95 % has a probability of 0.6 %
		t.Errorf("of %d intervals %d hold the shape and %d the scale", fleets, shapes, scales)
	}
}
