package report

import "math"

// Change is how a value differs from an earlier one.
type Change struct {
	By   float64
	Low  *float64 // of the difference; nil when either value has no interval
	High *float64
}

// Compare is the change from before to now; false when either is missing.
//
// The interval of the difference is made from those of the two values, which are
// taken to be independent (two periods): Zou and Donner, "Construction of
// confidence limits about effect measures: a general approach", Statistics in
// Medicine 27 (2008), 1693-1702, equation 3. It needs no assumption that they are
// symmetric, and is not fooled as "their intervals overlap" is.
func Compare(now, before Value) (Change, bool) {
	if Finite(now.Value) == nil || Finite(before.Value) == nil {
		return Change{}, false
	}
	a, b := *now.Value, *before.Value
	c := Change{By: a - b}
	if Finite(&c.By) == nil {
		return Change{}, false
	}
	l1, u1, ok1 := now.Interval()
	l2, u2, ok2 := before.Interval()
	if ok1 && ok2 {
		low := c.By - math.Hypot(a-l1, u2-b)
		high := c.By + math.Hypot(u1-a, b-l2)
		c.Low, c.High = Finite(&low), Finite(&high)
	}
	return c, true
}

// Sure reports whether the change is more than the uncertainty of the two values
// explains. Values without intervals are counts and sums: any change is real.
func (c Change) Sure() bool {
	if c.Low == nil || c.High == nil {
		return c.By != 0
	}
	return *c.Low > 0 || *c.High < 0
}

// Verdict is the change of a fact in one word, for Say: higher or lower, better or
// worse where the fact says which it is, unchanged, or within the uncertainty.
func (f Fact) Verdict(c Change) string {
	up := c.By > 0
	switch {
	case c.By == 0:
		return "unchanged"
	case !c.Sure():
		return "within the uncertainty"
	case f.Good == 0 && up:
		return "higher"
	case f.Good == 0:
		return "lower"
	case up == (f.Good > 0):
		return "better"
	}
	return "worse"
}

// Difference is a change in a format: +2.1 pp, −12.4 kWh.
func (f Format) Difference(by float64, lang string) string {
	sign := "+"
	if by < 0 {
		sign = "−"
	}
	size := math.Abs(by)
	if f.Kind == "percent" {
		return sign + grouped(size*100, f.places()) + NoBreak + Say(lang, "pp")
	}
	return sign + f.Show(size, lang)
}
