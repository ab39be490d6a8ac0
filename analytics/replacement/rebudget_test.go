package replacement

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"testing"
)

// A plan that is cut for another budget is the plan that is made with it, also after it
// was stored.
func TestRebudget(t *testing.T) {
	policy := policyOf(t, "")
	budgets := []int{1, 500, 2000, 9000, 40_000}
	for seed := range uint64(8) {
		w := estate(seed, 1)
		made := map[int]Plan{}
		for _, b := range budgets {
			made[b] = planned(t, policy, w, map[string]string{"budget": fmt.Sprint(b)}).plans["hq"]
		}
		for _, from := range budgets {
			for _, to := range budgets {
				text, err := json.Marshal(made[from])
				if err != nil {
					t.Fatal(err)
				}
				var p Plan
				if err := json.Unmarshal(text, &p); err != nil {
					t.Fatal(err)
				}
				if !p.Rebudget("hq", float64(to)) {
					t.Errorf("seed %d, %d: the plan is not whole", seed, to)
				}
				want := made[to]
				if p.Cost != want.Cost || p.Within != want.Within || p.Short != want.Short || p.Budget != want.Budget || p.BudgetOf != want.BudgetOf || !reflect.DeepEqual(p.Warnings, want.Warnings) {
					t.Errorf("seed %d, from %d to %d: %s, want %s", seed, from, to, brief(p), brief(want))
				}
				if !reflect.DeepEqual(within(p), within(want)) {
					t.Errorf("seed %d, from %d to %d: %v within, want %v", seed, from, to, within(p), within(want))
				}
				for _, pair := range [][2]*float64{{p.Avoided.Value, want.Avoided.Value}, {p.Avoided.Low, want.Avoided.Low}, {p.Avoided.High, want.Avoided.High}} {
					if (pair[0] == nil) != (pair[1] == nil) || pair[0] != nil && math.Abs(*pair[0]-*pair[1]) > 1e-9*math.Max(1, math.Abs(*pair[1])) {
						t.Errorf("seed %d, from %d to %d: avoids %+v, want %+v", seed, from, to, p.Avoided, want.Avoided)
					}
				}
				if p.Avoided.Why != want.Avoided.Why {
					t.Errorf("seed %d, from %d to %d: %q, want %q", seed, from, to, p.Avoided.Why, want.Avoided.Why)
				}
			}
		}
	}
}

// Plans of before the sums were written down have no interval for another budget; a list
// that was cut short says when a budget reaches its end.
func TestRebudgetOfOldPlans(t *testing.T) {
	p := planned(t, policyOf(t, ""), six(), map[string]string{"budget": "1"}).plans["hq"]
	for i := range p.Lines {
		p.Lines[i].AvoidedSofar = Money{}
	}
	p.Omitted = 3
	if !p.Rebudget("hq", p.Lines[0].Cost) || p.Within != 1 || p.Avoided.Value == nil || *p.Avoided.Value != *p.Lines[0].Avoided.Value || p.Avoided.Low != nil {
		t.Errorf("the first of an old plan: %d within, %+v", p.Within, p.Avoided)
	}
	for i := range p.Lines {
		p.Lines[i].Worth = true
	}
	if p.Rebudget("hq", 0) || p.Within != len(p.Lines) {
		t.Errorf("%d of %d within, and the rest that is omitted is not told", p.Within, len(p.Lines))
	}
}
