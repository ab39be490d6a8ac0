package coverage

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"steward/internal/clickhouse"
	"steward/internal/telemetry"
)

const (
	begin  = telemetry.Millis(1_780_000_000_000) / hour * hour
	minute = hour / 60
)

// sent puts messages at some minutes into hours.
func sent(minutes ...float64) (hours []clickhouse.MessageHour) {
	for _, m := range minutes {
		ts := begin + telemetry.Millis(m*float64(minute))
		if n := len(hours); n == 0 || hours[n-1].Hour != ts/hour*hour {
			hours = append(hours, clickhouse.MessageHour{Hour: ts / hour * hour, First: ts})
		}
		h := &hours[len(hours)-1]
		h.Last = ts
		h.Messages++
	}
	return hours
}

// every are minutes from from to to hours.
func every(step, from, to float64) (list []float64) {
	for m := from * 60; m < to*60; m += step {
		list = append(list, m)
	}
	return list
}

func join(lists ...[]float64) (all []float64) {
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}

// show gives cadences in minutes where they change, with the hour.
func show(hours []clickhouse.MessageHour, list []telemetry.Millis) string {
	var b strings.Builder
	for i, c := range list {
		if i == 0 || c != list[i-1] {
			fmt.Fprintf(&b, "%d:%.4g ", (hours[i].Hour-begin)/hour, float64(c)/float64(minute))
		}
	}
	return strings.TrimSpace(b.String())
}

func TestCadences(t *testing.T) {
	f := func(name string, minutes []float64, want string) {
		t.Helper()
		hours := sent(minutes...)
		if got := show(hours, cadences(hours)); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
	f("nothing", nil, "")
	f("one message", []float64{3}, "0:0")
	f("two", []float64{3, 8}, "0:5")
	f("steady", every(5, 0, 100), "0:5")
	f("hourly", every(60, 0.4, 100), "0:60")
	f("every four hours", every(240, 0.5, 100), "0:240")
	f("40 minutes", every(40, 0.1, 100), "0:40")
	f("a gap changes nothing", join(every(5, 0, 20), every(5, 50, 80)), "0:5")
	f("more often: within some hours", join(every(15, 0, 50), every(1, 50, 60)), "0:15 53:1")
	f("less often: after a day", join(every(1, 0, 60), every(15, 60, 100)), "0:1 83:15")
	f("a bad hour now and then", join(every(5, 0, 9), []float64{9*60 + 1, 9*60 + 50}, every(5, 10, 30)), "0:5")
	random := rand.New(rand.NewPCG(1, 2))
	var visits []float64
	for m := 0.0; m < 100*60; m += random.ExpFloat64() * 120 {
		visits = append(visits, m)
	}
	hours := sent(visits...)
	none := 0
	list := cadences(hours)
	for _, c := range list {
		if c == 0 {
			none++
		}
	}
	if none < len(list)*9/10 {
		t.Errorf("visits have the cadence %s", show(hours, list))
	}
}

func TestSilences(t *testing.T) {
	device := &telemetry.Device{Region: "e", Project: "p", Class: telemetry.Fire, ID: "f"}
	at := func(hours float64) telemetry.Millis { return begin + telemetry.Millis(hours*float64(hour)) }
	f := func(name string, minutes []float64, open, from, to float64, want string) {
		t.Helper()
		hours := sent(minutes...)
		var since telemetry.Millis
		if open > 0 {
			since = at(open)
		}
		var got []string
		for _, e := range silences(device, hours, cadences(hours), since, at(from), at(to)) {
			_, last, _ := strings.Cut(e.ID, "-")
			if fmt.Sprint(int64(lastOf(e.ID))) != last || e.Kind == Silent && e.Severity != telemetry.Critical {
				t.Errorf("%s: %+v", name, e)
			}
			got = append(got, fmt.Sprintf("%s@%.4g(%.4g)", e.Kind, float64(e.TS-begin)/float64(hour), float64(lastOf(e.ID)-begin)/float64(hour)))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	f("steady", every(5, 0, 24), 0, 0, 24, "")
	f("a gap", join(every(6, 0, 5), every(6, 8, 24)), 0, 0, 24, "silent@5.5(4.9) silent_cleared@8(4.9)")
	f("too short", join(every(6, 0, 5), every(6, 5.3, 24)), 0, 0, 24, "")
	f("still silent", every(6, 0, 5), 0, 0, 24, "silent@5.5(4.9)")
	f("not yet", every(6, 0, 5), 0, 0, 5, "")
	f("began before", join(every(6, 0, 5), every(6, 8, 24)), 0, 7, 24, "silent_cleared@8(4.9)")
	f("ends after", join(every(6, 0, 5), every(6, 8, 24)), 0, 0, 8, "silent@5.5(4.9)")
	f("on record", every(6, 8, 24), 1, 7, 24, "silent_cleared@8(1)")
	f("hourly", join(every(60, 0, 24), every(60, 26, 50)), 0, 0, 50, "")
	f("nothing", nil, 0, 0, 24, "")
	for _, id := range []string{"", "silent", "silent-x", "silent--1"} {
		if lastOf(id) != 0 {
			t.Error(id)
		}
	}
}
