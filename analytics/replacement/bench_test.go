package replacement

import (
	"context"
	"fmt"
	"testing"
	"time"

	"steward/analytics/forecast"
	"steward/analytics/job"
)

// The plan of 100,000 devices in 100 projects, of 40 pools of five parts each.
func BenchmarkPlan(b *testing.B) {
	w := &world{run: "lifetimes-1"}
	cov := [2][2]float64{{0.01, 0.001}, {0.001, 0.004}}
	for n := range 40 {
		l := forecast.Life{Pool: fmt.Sprint("model:A/", n), Class: "elevator", Repaired: true}
		for k := range 5 {
			l.Parts = append(l.Parts, weibullPart(fmt.Sprint("E", k), 1+0.3*float64(k), 1+float64(k), cov))
		}
		w.lives = append(w.lives, l)
	}
	for n := range 100 {
		var devices []forecast.Prospect
		for i := range 1000 {
			d := lift(fmt.Sprint("e", i), 1+float64(i%17)/8, 1)
			d.Pool = fmt.Sprint("model:A/", i%40)
			devices = append(devices, d)
		}
		w.add(fmt.Sprintf("region-%d/project-%02d", n/10, n), devices...)
	}
	p := policyOf(b, "budgets:\n  - {place: hq, cny: 20000000}\n")
	quiet := job.Run{
		Now: until.Add(time.Hour), Progress: func(int64, int64, string) {}, Cover: func(float64) {},
		Write: func(context.Context, []job.Number) error { return nil },
		Note:  func(context.Context, string, string, string, string, any) error { return nil },
	}
	b.ReportAllocs()
	for b.Loop() {
		r := quiet
		if err := New(Options{Prospects: w, Policy: p, Zone: china}).Run(b.Context(), &r); err != nil {
			b.Fatal(err)
		}
	}
}
