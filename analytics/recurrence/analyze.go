package recurrence

import (
	"fmt"

	"steward/analytics/rate"
)

// Options are what an analysis may be asked for.
type Options struct {
	Level float64 // of all intervals, such as 0.95
	Steps int     // of a mean cumulative function at most; 0 is all
	Cost  bool    // also the cost; for data that have one
	// Window is within which a repeat counts, in the unit of the ages; 0 counts none.
	Window float64
}

// Result is all that is known of repairable units.
type Result struct {
	Units  int     `json:"units"`
	Events float64 `json:"events"`
	Level  float64 `json:"level"`

	MCF       []Step `json:"mcf"`
	MCFSteps  int    `json:"mcf_steps"` // before they were thinned
	MCFMethod string `json:"mcf_method"`
	Cost      []Step `json:"mcf_cost,omitempty"`

	PowerLaw PowerLaw       `json:"crow_amsaa"`
	Trend    Trend          `json:"trend"`
	Repeat   *rate.Repeated `json:"repeat_within,omitempty"`
	Advice   []Advice       `json:"advice"`
}

// Analyze does everything that the package can.
func Analyze(d *Data, o Options) (Result, error) {
	if !(o.Level > 0 && o.Level < 1) {
		return Result{}, fmt.Errorf("level %g: give a number between 0 and 1, such as 0.95", o.Level)
	}
	if err := d.Check(); err != nil {
		return Result{}, err
	}
	ordered := &Data{Units: d.Units, Events: inOrder(d.Events)}
	r := Result{Units: len(d.Units), Level: o.Level}
	for _, e := range ordered.Events {
		r.Events += e.Count
	}
	curve := Mean(ordered, Events, o.Level, o.Steps)
	r.MCF, r.MCFSteps, r.MCFMethod = curve.Steps, curve.All, curve.Method
	if o.Cost {
		r.Cost = Mean(ordered, Cost, o.Level, o.Steps).Steps
	}
	s := newStudy(ordered)
	r.PowerLaw, r.Trend = s.fit(o.Level), s.trend(o.Level)
	if r.PowerLaw.Beta != nil {
		r.PowerLaw.Goodness = s.goodness()
	}
	if o.Window > 0 {
		repeated := rate.Repeats(histories(ordered), o.Window, o.Level)
		r.Repeat = &repeated
	}
	r.Advice = advise(&r, d.Units)
	return r, nil
}

// histories is the ages at failure of each unit.
func histories(d *Data) []rate.History {
	counts := make([]int, len(d.Units))
	for _, e := range d.Events {
		counts[e.Unit]++
	}
	times := make([]float64, 0, len(d.Events))
	all := make([]rate.History, len(d.Units))
	for i, n := range counts {
		// Each unit has its own piece of the one slice to append to.
		from := len(times)
		times = times[:from+n]
		all[i] = rate.History{Times: times[from:from:len(times)], End: d.Units[i].End}
	}
	for _, e := range d.Events {
		all[e.Unit].Times = append(all[e.Unit].Times, e.Time)
	}
	return all
}
