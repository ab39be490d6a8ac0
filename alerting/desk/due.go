package desk

import (
	"fmt"
	"slices"
	"time"

	"steward/internal/incident"
)

// What is planned for an incident.
const (
	whatEscalate = "escalate" // the next step of the escalation
	whatRecheck  = "recheck"  // a silence ends, or a cause is over
	whatSteady   = "steady"   // a flapping incident has been quiet for long enough
)

// plan notes that something is to happen.
func (w *work) plan(at time.Time, what string, step int) {
	if what != whatEscalate {
		w.inc.Plan = without(w.inc.Plan, what)
	}
	w.inc.Plan = append(w.inc.Plan, incident.Due{At: at, What: what, Step: step})
}

func without(plan []incident.Due, what string) []incident.Due {
	return slices.DeleteFunc(plan, func(d incident.Due) bool { return d.What == what })
}

// schedule begins the escalation, from now or, when what came is old and not about
// life safety, after a while in which newer data may end it.
func (w *work) schedule() {
	inc := w.inc
	if inc.Shadow {
		return // nobody is told
	}
	w.silence()
	if inc.Silenced {
		return // the recheck begins it
	}
	base := w.now
	if !inc.LifeSafety() && w.now.Sub(inc.StartedAt) > w.opts.LateAfter && w.wasLate() {
		base = base.Add(w.opts.Settle)
	}
	inc.Plan = without(inc.Plan, whatEscalate)
	policy := w.setup.Plan.Policy(inc)
	if policy == nil {
		return
	}
	for i, step := range policy.Steps {
		if step.For(inc.Severity) {
			w.plan(base.Add(step.After), whatEscalate, i)
		}
	}
	w.carryOut()
}

// wasLate reports whether the message that opened the incident was itself old: a
// rule that waits for an hour is not late after an hour.
func (w *work) wasLate() bool {
	for _, e := range w.entries {
		if e.Kind == incident.EntryOpened || e.Kind == incident.EntryReopened {
			return w.now.Sub(e.At) > w.opts.LateAfter
		}
	}
	return false
}

// Due does what is due for one incident.
func (d *Desk) Due(tx Tx, inc *incident.Incident, now time.Time) error {
	w := d.work(tx, inc, now)
	w.lookAtClocks()
	w.carryOut()
	return w.finish()
}

// carryOut does what is planned until now.
func (w *work) carryOut() {
	var due []incident.Due
	w.inc.Plan = slices.DeleteFunc(w.inc.Plan, func(d incident.Due) bool {
		ripe := !d.At.After(w.now)
		if ripe {
			due = append(due, d)
		}
		return ripe
	})
	slices.SortStableFunc(due, func(a, b incident.Due) int { return a.At.Compare(b.At) })
	for _, d := range due {
		if !w.inc.Open() {
			return
		}
		switch d.What {
		case whatEscalate:
			w.escalate(d)
		case whatRecheck:
			w.recheck()
		case whatSteady:
			w.steady()
		case whatOrphan:
			w.orphan()
		}
	}
}

func (w *work) escalate(d incident.Due) {
	policy := w.setup.Plan.Policy(w.inc)
	if policy == nil || d.Step >= len(policy.Steps) {
		return
	}
	s := policy.Steps[d.Step]
	if !s.Applies(w.inc) {
		return
	}
	what := whatOpened
	if s.After > 0 {
		what = whatEscalated
		w.add(incident.EntryEscalated, w.now, incident.System, fmt.Sprintf("after %s: %v", s.After, s.Tell), nil)
	}
	// The time tells a step from the same one after a silence.
	w.tell(notice{what: what, key: fmt.Sprintf("step %d at %d", d.Step, d.At.Unix()), levels: s.Tell, step: d.Step})
}

// silence notes whether a silence holds, and plans to look again when that
// changes.
func (w *work) silence() {
	was := w.inc.Silenced
	w.inc.Silenced = false
	var again time.Time
	for i := range w.setup.Silences {
		s := &w.setup.Silences[i]
		if !s.Matches(w.inc) {
			continue
		}
		holds, change := s.Holds(w.now)
		if !change.IsZero() && (again.IsZero() || change.Before(again)) {
			again = change
		}
		if !holds {
			continue
		}
		w.inc.Silenced = true
		if !was {
			was = true
			w.add(incident.EntrySilenced, w.now, incident.System, s.Reason, map[string]any{"silence": s.ID, "until": s.Until, "life_safety": s.LifeSafety})
		}
	}
	if !again.IsZero() {
		w.plan(again, whatRecheck, 0)
	}
}

// recheck looks whether what held the notices back is over.
func (w *work) recheck() {
	was := w.withheld()
	silenced := w.inc.Silenced
	w.silence()
	if silenced && !w.inc.Silenced {
		w.add(incident.EntrySilenced, w.now, incident.System, "the silence is over", nil)
	}
	if was != "" && w.withheld() == "" {
		w.schedule()
	}
}

// steady ends a flapping that has stopped.
func (w *work) steady() {
	if w.inc.ClearedAt != nil {
		w.inc.Flapping = false
		w.resolve(*w.inc.ClearedAt, incident.System, fmt.Sprintf("it did not come again for %s", w.opts.Steady))
	}
}

// Resilence looks at the silences again for an open incident: one was made or
// ended.
func (d *Desk) Resilence(tx Tx, inc *incident.Incident, now time.Time) error {
	w := d.work(tx, inc, now)
	before := inc.DueAt()
	w.recheck()
	if len(w.entries) == 0 && inc.DueAt().Equal(before) {
		return nil
	}
	return w.finish()
}
