package load

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// estate is a parent and three children, with errors of the meters drawn anew for each
// seed, and what is lost between them.
func estate(t testing.TB, seed uint64, days int, lost func(i int, at time.Time, used float64) float64) (*Curve, []Child) {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 33))
	class := func() float64 { return 1 + 0.01*(2*rng.Float64()-1) }
	sum := make([]float64, 24*days)
	var children []Child
	for _, name := range []string{"lifts", "garage", "offices"} {
		err := class()
		c := office(t, rng.Uint64(), days, nil)
		for i := range c.Uses {
			sum[i] += c.Uses[i].KWh
			c.Uses[i].KWh *= err
		}
		children = append(children, Child{Name: name, Curve: c, Class: 1})
	}
	err := class()
	parent := curve(t, 24*days, func(i int, at time.Time) float64 { return err * (sum[i] + lost(i, at, sum[i])) })
	return parent, children
}

func TestBalanceNamesThePattern(t *testing.T) {
	f := func(want string, share float64, lost func(i int, at time.Time, used float64) float64) {
		t.Helper()
		const seeds = 20
		right, covered := 0, 0
		for seed := range uint64(seeds) {
			parent, children := estate(t, seed, 90, lost)
			a := Balance(parent, 1, children)
			if a.Verdict == want {
				right++
			}
			truth := 0.0
			for i, u := range parent.Uses {
				used := 0.0
				for _, c := range children {
					used += c.Curve.Uses[i].KWh
				}
				truth += lost(i, u.At, used)
			}
			if *a.Loss.Low <= truth && truth <= *a.Loss.High {
				covered++
			}
			if math.Abs(*a.Share.Value-share) > 0.03 {
				t.Errorf("%s: a share of %v, want %v", want, *a.Share.Value, share)
			}
		}
		if right < 19 || covered < 18 {
			t.Errorf("%s: named so in %d of %d, the loss inside its interval in %d", want, right, seeds, covered)
		}
	}
	f(Balanced, 0, func(int, time.Time, float64) float64 { return 0 })
	f(Loss, 0.06, func(_ int, _ time.Time, used float64) float64 { return 0.064 * used })
	f(Loss, 0.11, func(int, time.Time, float64) float64 { return 10 }) // as much day and night
	f(Theft, 0.06, func(_ int, at time.Time, _ float64) float64 {
		if h := at.Hour(); h >= 22 || h < 6 {
			return 15
		}
		return 0
	})
	f(MissingMeter, 0.05, func(i int, _ time.Time, used float64) float64 {
		if i >= 24*45 {
			return 0.1 * used
		}
		return 0
	})
}

// A child that goes still is named, with the day.
func TestBalanceNamesTheMeterThatStopped(t *testing.T) {
	parent, children := estate(t, 1, 80, func(int, time.Time, float64) float64 { return 0 })
	for i := 24 * 50; i < len(children[1].Curve.Uses); i++ {
		children[1].Curve.Uses[i].KWh = 0
	}
	a := Balance(parent, 1, children)
	if a.Verdict != MissingMeter || a.Stopped != "garage" || a.Since == nil || math.Abs(a.Since.Sub(monday.AddDate(0, 0, 50)).Hours()) > 24*2 {
		t.Errorf("%s since %v: %q", a.Verdict, a.Since, a.Stopped)
	}
	if a.SinceLow.After(monday.AddDate(0, 0, 50)) || a.SinceHigh.Before(monday.AddDate(0, 0, 50)) {
		t.Errorf("since %v to %v", a.SinceLow, a.SinceHigh)
	}
}

// A child that is silent is no loss: those hours do not count.
func TestBalanceOfASilentChild(t *testing.T) {
	parent, children := estate(t, 2, 60, func(int, time.Time, float64) float64 { return 0 })
	children[0].Curve.Uses = children[0].Curve.Uses[:24*40]
	a := Balance(parent, 1, children)
	if a.Verdict != Balanced || a.Days != 40 || a.Hours != 24*40 {
		t.Errorf("%s over %d days", a.Verdict, a.Days)
	}
	children[0].Curve.Uses = children[0].Curve.Uses[:24*3]
	if a := Balance(parent, 1, children); a.Verdict != "" || !strings.Contains(a.Why, "3 days") || a.Loss.Value != nil {
		t.Errorf("%+v", a)
	}
	children[0].Curve.Step = time.Minute
	if a := Balance(parent, 1, children); !strings.Contains(a.Why, "lifts has steps of 1m0s") {
		t.Errorf("%+v", a)
	}
}

// By hand: 1000 kWh a day, children of 600 and 300; class 1 each:
// 1.96/sqrt(3) % of sqrt(1000^2+600^2+300^2).
func TestBalanceByHand(t *testing.T) {
	at := func(kWh float64) *Curve { return curve(t, 24*10, func(int, time.Time) float64 { return kWh / 24 }) }
	a := Balance(at(1000), 1, []Child{{"a", at(600), 1}, {"b", at(300), 1}})
	near(t, "the loss", a.Loss, 1000, 1e-6)
	near(t, "the share", a.Share, 0.1, 1e-9)
	half := 1.959964 / math.Sqrt(3) / 100 * math.Sqrt(1000*1000+600*600+300*300) * 10
	if math.Abs(*a.Loss.High-*a.Loss.Value-half) > 1e-3 || a.Verdict != Loss || a.Days != 10 || len(a.Daily) != 10 {
		t.Errorf("%s, half %v, want %v", a.Verdict, *a.Loss.High-*a.Loss.Value, half)
	}
	if a := Balance(at(900), 1, []Child{{"a", at(600), 1}, {"b", at(400), 1}}); a.Verdict != Negative {
		t.Errorf("%s", a.Verdict)
	}
}
