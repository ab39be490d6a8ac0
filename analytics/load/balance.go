package load

import (
	"fmt"
	"math"
	"time"

	"gonum.org/v1/gonum/stat/distuv"

	"steward/analytics/anomaly/robust"
	"steward/analytics/anomaly/step"
)

// Child is a meter behind another.
type Child struct {
	Name  string
	Curve *Curve
	Class Class // DefaultClass when not above 0
}

// Verdicts of a balance. They say what the pattern is like, and are no proof: somebody
// has to go and look.
const (
	Balanced     = "balanced"        // what is lost is within what the meters may err
	Loss         = "loss"            // much the same share day by day: lines, transformers, a wrong ratio
	Irregular    = "irregular loss"  // beyond what the meters may err, and without a pattern
	Theft        = "theft suspected" // more at night than by day
	MissingMeter = "missing meter"   // it jumped on a day: something is no longer metered, or newly connected
	Negative     = "children exceed parent"
)

// Account is what a parent passes and its children do not.
type Account struct {
	Days     int      `json:"days"` // that are known at least to four fifths
	Hours    float64  `json:"hours"`
	Parent   float64  `json:"parent"`   // kWh in those hours
	Children float64  `json:"children"` // kWh
	Loss     Estimate `json:"loss"`     // kWh; the interval is that of the meters' classes
	Share    Estimate `json:"share"`    // of the parent
	KWhYear  Estimate `json:"kwh_year"`

	Verdict   string     `json:"verdict"` // "" without enough data
	Why       string     `json:"why,omitempty"`
	Since     *time.Time `json:"since,omitempty"` // of a jump
	SinceLow  *time.Time `json:"since_low,omitempty"`
	SinceHigh *time.Time `json:"since_high,omitempty"`
	Jump      *Estimate  `json:"jump,omitempty"`    // kWh a day
	Night     Estimate   `json:"night"`             // kW lost from 22 to 6 less one and a half times that by day
	Stopped   string     `json:"stopped,omitempty"` // the child that went still on the day of the jump

	Daily []DayLoss `json:"daily"`
}

// DayLoss is a day of a balance.
type DayLoss struct {
	Date   string  `json:"date"`
	Parent float64 `json:"parent"`
	Loss   float64 `json:"loss"`
}

const (
	nightBegins = 22
	nightEnds   = 6
	// nightly is how many times the loss by day that of the night has to be. A
	// transformer without load loses as much at both times.
	nightly = 1.5
	// steady is how much of a loss the scatter of its days may be for a steady share.
	steady = 0.5
	still  = 0.1 // of what it used before: a child that went still
)

// book is what is known of a day.
type book struct {
	day                         date
	hours, nightHours           float64
	parent, children, nightLoss float64
	child                       []float64
}

func (b book) loss() float64 { return b.parent - b.children }

// Balance compares a parent with all of its children, over the steps in which each of
// them has a value, so that a silent meter is no loss. All curves have the same step.
func Balance(parent *Curve, class Class, children []Child) Account {
	a := Account{Daily: []DayLoss{}}
	books, why := account(parent, children)
	if why == "" && len(books) < fewestDays {
		why = fmt.Sprintf("insufficient data: %d days on which parent and children are known, and a balance takes %d", len(books), fewestDays)
	}
	if why != "" {
		e := Estimate{N: len(books), Why: why}
		a.Days, a.Why, a.Loss, a.Share, a.KWhYear, a.Night = len(books), why, e, e, e, e
		return a
	}
	each := make([]float64, len(children))
	for _, b := range books {
		a.Hours, a.Parent, a.Children = a.Hours+b.hours, a.Parent+b.parent, a.Children+b.children
		for i, v := range b.child {
			each[i] += v
		}
		a.Daily = append(a.Daily, DayLoss{Date: b.day.start(parent.Zone).Format(time.DateOnly), Parent: b.parent, Loss: b.loss()})
	}
	a.Days = len(books)
	// The error of a meter is the same day by day: it does not average out over days,
	// but over children.
	u := class.standard() * math.Abs(a.Parent)
	for i, c := range children {
		u = math.Hypot(u, c.Class.standard()*each[i])
	}
	half := distuv.UnitNormal.Quantile(0.975) * u
	loss := a.Parent - a.Children
	a.Loss = known(loss, loss-half, loss+half, a.Days)
	a.KWhYear = a.Loss.times(hoursPerYear / a.Hours)
	if a.Share = a.Loss.times(1 / a.Parent); !(a.Parent > 0) {
		a.Share = insufficient(a.Days, "the parent has passed nothing, and no loss is a share of it")
	}
	a.Night = nightLoss(books)
	a.judge(parent.Zone, books, children)
	return a
}

// account keeps the books of the days that are known.
func account(parent *Curve, children []Child) (books []book, why string) {
	if len(children) == 0 {
		return nil, "insufficient data: a parent without children has no balance"
	}
	if parent.span() > maxSpan {
		return nil, "insufficient data: more than ten years: give fewer"
	}
	next := make([]int, len(children))
	for i, c := range children {
		if c.Curve.Step != parent.Step {
			return nil, fmt.Sprintf("insufficient data: %s has steps of %s and its parent of %s: bring them to the same", children[i].Name, c.Curve.Step, parent.Step)
		}
	}
	var b book
	values := make([]float64, len(children))
	finish := func() {
		if b.hours >= dayKnown*24 {
			books = append(books, b)
		}
	}
	for _, u := range parent.Uses {
		complete := true
		for i, c := range children {
			for next[i] < len(c.Curve.Uses) && c.Curve.Uses[next[i]].At.Before(u.At) {
				next[i]++
			}
			if next[i] == len(c.Curve.Uses) || !c.Curve.Uses[next[i]].At.Equal(u.At) {
				complete = false
				break
			}
			values[i] = c.Curve.Uses[next[i]].KWh
		}
		if !complete {
			continue
		}
		if day := parent.date(u.At); day != b.day || b.child == nil {
			finish()
			b = book{day: day, child: make([]float64, len(children))}
		}
		sum := 0.0
		for i, v := range values {
			sum += v
			b.child[i] += v
		}
		b.hours += parent.Step.Hours()
		b.parent, b.children = b.parent+u.KWh, b.children+sum
		if h := u.At.In(parent.Zone).Hour(); h >= nightBegins || h < nightEnds {
			b.nightHours += parent.Step.Hours()
			b.nightLoss += u.KWh - sum
		}
	}
	finish()
	return books, ""
}

// nightLoss is how much more is lost at night than by day, day by day.
func nightLoss(books []book) Estimate {
	var more []float64
	for _, b := range books {
		if day := b.hours - b.nightHours; b.nightHours > 0 && day > 0 {
			more = append(more, b.nightLoss/b.nightHours-nightly*(b.loss()-b.nightLoss)/day)
		}
	}
	return mean(more)
}

// judge names the pattern.
func (a *Account) judge(zone *time.Location, books []book, children []Child) {
	jump := a.findJump(zone, books, children)
	switch {
	case a.Loss.Value == nil:
		a.Why = a.Loss.Why
	case *a.Loss.High < 0:
		a.Verdict = Negative
	case *a.Loss.Low <= 0 && !jump:
		a.Verdict = Balanced
	case a.nightPattern(books):
		a.Verdict = Theft
	case jump:
		a.Verdict = MissingMeter
	case a.isSteady(books):
		a.Verdict = Loss
	default:
		a.Verdict = Irregular
	}
}

// nightPattern looks at the days since a jump, if there was one: what was lost before
// has a pattern of its own.
func (a *Account) nightPattern(books []book) bool {
	night := a.Night
	if a.Since != nil {
		var before, after []book
		for _, b := range books {
			if b.day.start(a.Since.Location()).Before(*a.Since) {
				before = append(before, b)
			} else {
				after = append(after, b)
			}
		}
		night = nightLoss(after)
		if usual := nightLoss(before); night.Value != nil && usual.Value != nil {
			night = known(*night.Value-*usual.Value, *night.Low-*usual.Value, *night.High-*usual.Value, night.N)
		}
	}
	return night.Value != nil && *night.Low > 0
}

// findJump finds the day on which the share of the loss rose for good, by more
// than the meters may err, and which child went still on it. Shares, because they
// differ less between workdays and weekends than the loss itself.
func (a *Account) findJump(zone *time.Location, books []book, children []Child) bool {
	if a.Loss.Value == nil || a.Share.Value == nil {
		return false
	}
	first := books[0].day.number()
	daily := make([]float64, books[len(books)-1].day.number()-first+1)
	for i := range daily {
		daily[i] = math.NaN()
	}
	for _, b := range books {
		if b.parent > 0 {
			daily[b.day.number()-first] = b.loss() / b.parent
		}
	}
	segments, _ := step.Segments(daily, step.Options{Shortest: fewestDays})
	// Of several rises the largest, if what came of it is still there in the end.
	rise, found := *a.Share.High-*a.Share.Value, 0
	for i := 1; i < len(segments); i++ {
		if d := segments[i].Level - segments[i-1].Level; d > rise && segments[len(segments)-1].Level-segments[i-1].Level > d/2 {
			rise, found = d, i
		}
	}
	if found == 0 {
		return false
	}
	last, from := segments[found], segments[found-1].From
	at := func(d int) *time.Time {
		t := time.Date(books[0].day.y, books[0].day.m, books[0].day.d+d, 0, 0, 0, 0, zone)
		return &t
	}
	a.Since, a.SinceLow, a.SinceHigh = at(last.From), at(last.First), at(last.Last)
	var before, after []float64
	for _, b := range books {
		switch d := b.day.number() - first; {
		case d >= last.From:
			after = append(after, b.loss()/b.hours*24)
		case d >= from:
			before = append(before, b.loss()/b.hours*24)
		}
	}
	was, is := mean(before), mean(after)
	if was.Value != nil && is.Value != nil {
		size := *is.Value - *was.Value
		e := known(size, size-quadratic(*is.Value-*is.Low, *was.High-*was.Value), size+quadratic(*is.High-*is.Value, *was.Value-*was.Low), was.N+is.N)
		a.Jump = &e
	}
	for i, c := range children {
		var was, is, days, daysSince float64
		for _, b := range books {
			if b.day.number()-first < last.From {
				was, days = was+b.child[i], days+1
			} else {
				is, daysSince = is+b.child[i], daysSince+1
			}
		}
		if was > 0 && is/max(daysSince, 1) < still*was/max(days, 1) {
			a.Stopped = c.Name
			break
		}
	}
	return true
}

// isSteady tells whether the share of the loss is much the same day by day.
func (a *Account) isSteady(books []book) bool {
	if a.Share.Value == nil {
		return false
	}
	rest := make([]float64, 0, len(books))
	for _, b := range books {
		if b.parent > 0 {
			rest = append(rest, b.loss()/b.parent-*a.Share.Value)
		}
	}
	return len(rest) > 0 && robust.Scale(rest) <= steady*math.Abs(*a.Share.Value)
}
