package replacement

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"steward/analytics/forecast"
	"steward/internal/calendar"
)

func yearAsof() calendar.Date { return calendar.Date{Year: 2026, Month: 11, Day: 1} }

// estate is a random one; all costs are times unit.
func estate(seed uint64, unit float64) *world {
	r := rand.New(rand.NewPCG(seed, 7))
	w := new(world)
	for _, at := range []string{"east/a", "east/b", "west/a"} {
		var devices []forecast.Prospect
		for i := range 1 + r.IntN(12) {
			d := lift(fmt.Sprint("e", i), 3*r.Float64(), r.Float64())
			d.Pool = fmt.Sprint("model:", r.IntN(3))
			d.ReplacementCost, d.FailureCost = unit*float64(1+r.IntN(3000)), unit*float64(1+r.IntN(900))
			if r.IntN(4) == 0 {
				d.VerifyBy = calendar.Date{Year: 2026, Month: 1, Day: 1}.Add(r.IntN(1200)).String()
			}
			if r.IntN(6) == 0 {
				d.Failures365 = forecast.Estimate{Why: "insufficient data"}
			}
			devices = append(devices, d)
		}
		w.add(at, devices...)
	}
	return w
}

func within(p Plan) map[string]bool {
	in := map[string]bool{}
	for _, l := range p.Lines {
		if l.Within {
			in[l.Region+"/"+l.Project+"/"+l.Device] = true
		}
	}
	return in
}

// For any estate the total is within the budget, a larger budget drops nothing, places
// add up, and the currency does not matter.
func TestProperties(t *testing.T) {
	policy := policyOf(t, "")
	for seed := range uint64(12) {
		var last map[string]bool
		for _, budget := range []int{1, 500, 2000, 9000, 40_000} {
			params := map[string]string{"budget": fmt.Sprint(budget)}
			r := planned(t, policy, estate(seed, 1), params)
			p := r.plans["hq"]
			in := within(p)
			if p.Cost > float64(budget) || p.Within != len(in) {
				t.Fatalf("seed %d: %v yuan within %d", seed, p.Cost, budget)
			}
			for name := range last {
				if !in[name] {
					t.Fatalf("seed %d: %s is dropped by a budget of %d", seed, name, budget)
				}
			}
			last = in
			var cost, cumulative float64
			for _, place := range []string{"east/a", "east/b", "west/a"} {
				cost += r.plans[place].Cost
			}
			if cost != p.Cost || r.plans["east"].Cost+r.plans["west"].Cost != p.Cost {
				t.Fatalf("seed %d: parts cost %v, all %v", seed, cost, p.Cost)
			}
			for n, l := range p.Lines {
				if cumulative += l.Cost; l.Cumulative != cumulative || l.Rank != n+1 {
					t.Fatalf("seed %d: %v at rank %d, want %v", seed, l.Cumulative, l.Rank, cumulative)
				}
				if slid := l.Cumulative <= float64(budget) && (l.Mandatory || l.Worth); slid != l.Within {
					t.Fatalf("seed %d: rank %d is within by the slider %v, by the plan %v", seed, l.Rank, slid, l.Within)
				}
				if n > 0 && l.Mandatory && !p.Lines[n-1].Mandatory {
					t.Fatalf("seed %d: something goes before what is mandatory", seed)
				}
				if v := l.Avoided; v.Low != nil && (*v.Low > *v.Value || *v.High < *v.Value) {
					t.Fatalf("seed %d: %v outside of %v to %v", seed, *v.Value, *v.Low, *v.High)
				}
			}
			const unit = 128 // which floats take without loss
			params = map[string]string{"budget": fmt.Sprint(budget * unit)}
			if other := planned(t, policy, estate(seed, unit), params).plans["hq"]; brief(other) != brief(p) || other.Cost != p.Cost*unit {
				t.Fatalf("seed %d: %s for yuan, %s for another currency", seed, brief(p), brief(other))
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("budgets: [{place: hq, cny: 1}]\ncosts: [{class: fire, replacement_cny: 1, failure_cny: 1, life_years: 1, source: x}]"))
	f.Add([]byte("limits: [{class: meter, medium: gas, models: ['a/*', '[/'], years: 10, mandatory: true, action: verify, title: {zh: a, en: b}, source: x}]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := Parse("p.yaml", text)
		if err != nil {
			return
		}
		d := lift("e1", 2, 1)
		d.InstalledOn = "2020-02-29"
		a := p.appraise(&d, true, year{2027, yearAsof()})
		p.reasons(&d, &a, nil, year{2027, yearAsof()})
	})
}
