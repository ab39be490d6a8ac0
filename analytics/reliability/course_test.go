package reliability

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"steward/internal/telemetry"
)

const hour = telemetry.Millis(3_600_000)

// courseOf reads "fault:A@3" as a fault of code A in the third hour, and so on.
func courseOf(t testing.TB, end telemetry.Millis, text string) *course {
	t.Helper()
	r := new(recorder)
	for _, word := range strings.Fields(text) {
		what, when, _ := strings.Cut(word, "@")
		kind, code, _ := strings.Cut(what, ":")
		var at float64
		if _, err := fmt.Sscan(when, &at); err != nil {
			t.Fatal(word, err)
		}
		r.take(kind, code, telemetry.Millis(at*float64(hour)))
	}
	return r.end(end)
}

func episodesText(list []episode) string {
	var words []string
	for _, e := range list {
		word := fmt.Sprintf("%g-%g", float64(e.from)/float64(hour), float64(e.to)/float64(hour))
		if e.open {
			word += "+"
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}

func TestFaultsBecomeFailures(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		if got := episodesText(courseOf(t, 100*hour, text).faults); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	f("", "")
	f("fault@1 fault_cleared@3", "1-3")
	f("fault@1", "1-100+")
	f("fault_cleared@3 fault@4", "4-100+") // the end of one that nobody saw begin
	// What is reported again is one failure, and ends once.
	f("fault@1 fault@2 fault_cleared@3 fault_cleared@5", "1-3")
	f("fault:A@1 fault:A@2 fault_cleared:A@3 fault:A@4 fault_cleared:A@5", "1-3 4-5")
	// Until nothing is at fault any more.
	f("fault:A@1 fault:B@2 fault_cleared:A@3 fault_cleared:B@5", "1-5")
	f("fault:A@1 fault:B@2 fault_cleared:A@3 fault_cleared:C@5", "1-100+")
	f("fault:A@1 fault:B@2 fault_cleared@3", "1-3")
	f("fault@1 fault_cleared:A@3", "1-3")
	f("fault@1 fault:A@2 fault_cleared:A@3", "1-3")
	// Maintenance ends it, too.
	f("fault:A@1 maintenance_started@2 maintenance_done@4 fault_cleared:A@5", "1-4")
	f("fault:A@1 fault_cleared:A@1", "1-1")
	f("something@1 fault@2", "2-100+")
}

func TestOtherEpisodes(t *testing.T) {
	c := courseOf(t, 100*hour, "silent@1 silent_cleared@2 silent@3 entrapment@4 entrapment@5 released@6 entrapment_cleared@7 "+
		"maintenance_started@8 maintenance_started@9 maintenance_done@10")
	for _, f := range []struct{ got, want string }{
		{episodesText(c.silences), "1-2 3-100+"},
		{episodesText(c.entrapments), "4-6"},
		{episodesText(c.maintenance), "8-10"},
		{episodesText(c.faults), ""},
		// Nobody said that the first was out: the third is somebody else.
		{episodesText(courseOf(t, 100*hour, "entrapment@4 entrapment@27 entrapment@50 entrapment@51 released@52").entrapments), "4-28 50-52"},
		{episodesText(courseOf(t, 100*hour, "entrapment@1 released@2 entrapment@50").entrapments), "1-2 50-100+"},
	} {
		if f.got != f.want {
			t.Errorf("%s, want %s", f.got, f.want)
		}
	}
}

func TestTooManyEpisodes(t *testing.T) {
	r := new(recorder)
	for i := range telemetry.Millis(maxEpisodes + 5) {
		r.take(telemetry.Fault, "", 2*i)
		r.take(telemetry.FaultCleared, "", 2*i+1)
	}
	if c := r.end(1e6); len(c.faults) != maxEpisodes || !c.overflow {
		t.Errorf("%d episodes, overflow %t", len(c.faults), c.overflow)
	}
	r = new(recorder)
	for i := range maxCodes + 10 {
		r.take(telemetry.Fault, fmt.Sprint(i), 1)
	}
	if len(r.codes) != maxCodes {
		t.Errorf("%d codes", len(r.codes))
	}
}

func TestMeasure(t *testing.T) {
	f := func(text string, from, to float64, want string) {
		t.Helper()
		m := measure(courseOf(t, 100*hour, text), span{telemetry.Millis(from * float64(hour)), telemetry.Millis(to * float64(hour))})
		got := fmt.Sprintf("%v up %g down %g restored %d/%d in %g, open %d; repaired %d in %g, served %d in %g; shut in %d",
			m.failures, m.up, m.down, m.restoration.ended, m.restoration.n, m.restoration.hours, m.open,
			m.repair.ended, m.repair.hours, m.service.ended, m.service.hours, m.entrapments)
		if got != want {
			t.Errorf("%s from %g to %g:\n%s\nwant\n%s", text, from, to, got, want)
		}
	}
	none := "; repaired 0 in 0, served 0 in 0; shut in 0"
	f("", 0, 100, "[] up 100 down 0 restored 0/0 in 0, open 0"+none)
	f("", 50, 50, "[] up 0 down 0 restored 0/0 in 0, open 0"+none)
	f("fault@10 fault_cleared@15", 0, 100, "[10] up 95 down 5 restored 1/1 in 5, open 0"+none)
	// What began before is restored now, and no failure of now.
	f("fault@10 fault_cleared@15", 12, 100, "[] up 85 down 3 restored 1/1 in 3, open 0"+none)
	// What ends later is a failure of now, and censored.
	f("fault@10 fault_cleared@15", 0, 12, "[10] up 10 down 2 restored 0/1 in 2, open 0"+none)
	f("fault@10 fault_cleared@15", 0, 15, "[10] up 10 down 5 restored 0/1 in 5, open 0"+none)
	f("fault@10 fault_cleared@15", 15, 20, "[] up 5 down 0 restored 1/1 in 0, open 0"+none)
	f("fault@10 fault_cleared@15", 16, 20, "[] up 4 down 0 restored 0/0 in 0, open 0"+none)
	f("fault@90", 0, 100, "[90] up 90 down 10 restored 0/1 in 10, open 1"+none)
	// Silence is not watched, unless a fault tells how it was.
	f("silent@20 silent_cleared@30", 0, 100, "[] up 90 down 0 restored 0/0 in 0, open 0"+none)
	f("silent@20 fault@25 silent_cleared@30 fault_cleared@40", 0, 100, "[25] up 80 down 15 restored 1/1 in 15, open 0"+none)
	f("silent@20", 0, 50, "[] up 20 down 0 restored 0/0 in 0, open 0"+none)
	// Maintenance in a fault is repair; the other is no failure.
	f("fault@10 maintenance_started@12 maintenance_done@15 maintenance_started@50 maintenance_done@51 entrapment@10 released@11", 0, 100,
		"[10] up 95 down 5 restored 1/1 in 5, open 0; repaired 1 in 3, served 1 in 1; shut in 1")
}

func TestMeanDuration(t *testing.T) {
	mean := func(hours ...float64) (d durations) {
		for _, h := range hours {
			d.add(episode{span{0, telemetry.Millis(h * float64(hour))}, false}, span{0, 1000 * hour})
		}
		return d
	}
	few := mean(2, 4)
	n := few.mean("mttr", "fault")
	// By hand: 2 in 6 hours, chi-square quantiles 0.48442 and 14.4494 of 4 and 6
	// degrees of freedom: 12/14.4494 to 12/0.48442 hours.
	if *n.Value != 3 || math.Abs(*n.Low-0.830484) > 1e-4 || math.Abs(*n.High-24.772) > 1e-2 || n.N != 2 || n.Exposure != 6 {
		t.Errorf("%+v: %v %v %v", n, *n.Value, *n.Low, *n.High)
	}
	// Ten of 1 to 10 hours: mean 5.5, standard deviation 3.02765, t(9) = 2.26216:
	// 5.5 times exp(±2.26216·0.95743/5.5).
	ten := mean(1, 2, 3, 4, 5, 6, 7, 8, 9, 10)
	n = ten.mean("mttr", "fault")
	if math.Abs(*n.Value-5.5) > 1e-12 || math.Abs(*n.High-5.5*math.Exp(2.26216*0.957427/5.5)) > 1e-3 || n.Why != "" {
		t.Errorf("%+v: %v %v %v", n, *n.Value, *n.Low, *n.High)
	}
	same := mean(1, 1, 1, 1, 1, 1, 1, 1, 1, 1)
	if n = same.mean("mttr", "fault"); *n.Low != 1 || *n.High != 1 {
		t.Errorf("%+v", n)
	}
	var open durations
	open.add(episode{span{0, 5 * hour}, true}, span{0, 5 * hour})
	for _, d := range []durations{{}, open} {
		if n := d.mean("mttr", "fault"); n.Value != nil || n.Why != "insufficient data: no fault ended" {
			t.Errorf("%+v", n)
		}
	}
	zero := mean(0, 0)
	if n := zero.mean("mttr", "fault"); *n.Value != 0 || n.Low != nil || n.Why == "" {
		t.Errorf("%+v", n)
	}
}

// A controller that never says that a fault is over must not look like one that never
// fails.
func TestFaultsWithoutEndAreWarnedOf(t *testing.T) {
	warned := func(text string) (kinds string) {
		g := new(group)
		m := measure(courseOf(t, 8000*hour, text), span{100 * hour, 8000 * hour})
		g.add(&m, reporting{lift: true})
		for _, n := range g.numbers(key{}, 30) {
			if strings.Contains(n.Why, "not ended: if") {
				kinds += n.Kind + " "
			}
		}
		return kinds
	}
	f := func(text, want string) {
		t.Helper()
		if got := warned(text); got != want {
			t.Errorf("%s: warned at %q, want %q", text, got, want)
		}
	}
	f("fault@1 fault_cleared@2 fault@200 fault_cleared@300 maintenance_started@400 maintenance_done@401", "")
	f("fault@1 fault@200 fault@300", "failure_rate mtbf mttr availability repeat_faults ")
	f("maintenance_started@200", "mean_service_time ")
	f("fault@200 maintenance_started@201 fault_cleared@202", "mean_repair_time ")
}
