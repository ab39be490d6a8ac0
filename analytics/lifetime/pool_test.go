package lifetime

import (
	"math"
	"testing"
)

func group(t *testing.T, name string, units []Unit) Group {
	t.Helper()
	return Group{name, data(t, units)}
}

func pool(t *testing.T, groups ...Group) *Pooled {
	t.Helper()
	p, err := Pool(groups, PoolOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPool(t *testing.T) {
	r := seeded(20)
	many := simulated(r, Weibull, 200, 3, 0.5, 0.2)
	few := append(failed(30, 55), running(40, 40, 60, 60, 60, 60, 60, 60)...)
	one := append(failed(12), running(14, 14, 14, 14)...)
	none := running(10, 10, 10)
	p := pool(t, group(t, "many", many), group(t, "few", few), group(t, "one", one), group(t, "none", none))

	if !p.Shape.Interval.Contains(2) || !p.Shape.Interval.Contains(p.Shape.Value) {
		t.Errorf("the shape is %+v, and was 2", p.Shape)
	}
	if e := p.EqualShape; e.DF != 1 || !(e.PValue > 0.05) {
		t.Errorf("equal shape: %+v", e)
	}
	g := p.Groups
	if g[0].Pooled || g[0].Fit == nil || g[0].Why != "" {
		t.Errorf("many: %+v", g[0])
	}
	for i, name := range []string{"few", "one"} {
		if got := g[i+1]; !got.Pooled || got.Fit == nil {
			t.Fatalf("%s: %+v", name, got)
		}
		// The shape is that of all, and known as well.
		shape := g[i+1].Fit.Shape()
		near(t, name+": shape", shape.Value, p.Shape.Value, 1e-8)
		nearInterval(t, name+": shape", shape.Interval, p.Shape.Interval, 1, 1e-5)
	}
	if own := fitted(t, Weibull, few, 0.95).Scale().Interval; !(g[1].Fit.Scale().Interval.High < own.High) {
		t.Errorf("pooling does not narrow %v: %v", own, g[1].Fit.Scale().Interval)
	}
	if g[3].Fit != nil || g[3].Bound == nil || g[3].Bound.Shape != p.Shape.Value {
		t.Errorf("none: %+v", g[3])
	}
}

// Two halves of one sample with scales that differ by any factor have the shape that
// either has when both are put on one scale.
func TestPoolOfScaledCopies(t *testing.T) {
	scaled := append([]Unit(nil), shock...)
	for i := range scaled {
		scaled[i].Time *= 50
	}
	p := pool(t, group(t, "a", shock), group(t, "b", scaled))
	near(t, "shape", p.Shape.Value, fitted(t, Weibull, shock, 0.95).Shape().Value, 1e-9)
	if p.EqualShape.Statistic > 1e-6 {
		t.Errorf("copies differ: %+v", p.EqualShape)
	}
}

func TestShapesThatDifferAreNotPooled(t *testing.T) {
	r := seeded(21)
	p := pool(t,
		group(t, "wearing", simulated(r, Weibull, 200, 3, 0.2, 0)),
		group(t, "random", simulated(r, Weibull, 200, 3, 1, 0)),
		group(t, "few", append(failed(30, 55), running(60, 60, 60)...)))
	if !(p.EqualShape.PValue < 1e-6) || p.EqualShape.DF != 2 {
		t.Errorf("equal shape: %+v", p.EqualShape)
	}
	if few := p.Groups[2]; few.Pooled || few.Fit == nil || few.Why == "" {
		t.Errorf("few: %+v", few)
	}
}

func TestPoolOfNothing(t *testing.T) {
	p := pool(t, group(t, "a", running(1, 2)), group(t, "b", failed(3)))
	if !math.IsNaN(p.Shape.Value) || p.Groups[0].Fit != nil || p.Groups[1].Fit != nil || p.Groups[0].Why == "" {
		t.Errorf("%+v", p)
	}
	if p = pool(t); len(p.Groups) != 0 {
		t.Errorf("%+v", p)
	}
}

// The test of equal shapes refuses equal ones as seldom as it claims.
func TestEqualShapeLevel(t *testing.T) {
	r := seeded(22)
	refused := 0
	const runs = 150
	for range runs {
		p := pool(t, group(t, "a", simulated(r, Weibull, 40, 1, 0.5, 0.2)), group(t, "b", simulated(r, Weibull, 60, 3, 0.5, 0)))
		count(&refused, p.EqualShape.PValue < 0.1)
	}
	if share := float64(refused) / runs; share < 0.03 || share > 0.18 {
		t.Errorf("refused in %.1f %%", 100*share)
	}
}
