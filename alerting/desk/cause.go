package desk

import (
	"slices"
	"time"

	"steward/internal/incident"
	"steward/internal/telemetry"
)

// explain looks for an open incident that explains this one: that of a device
// which this one's device needs to work.
func (w *work) explain() error {
	device, ok := w.inc.DeviceRef()
	if !ok {
		return nil
	}
	upstream := w.estate.Upstream(device)
	if len(upstream) == 0 {
		return nil
	}
	open, err := w.tx.OpenAt(w.inc.Place)
	if err != nil {
		return err
	}
	for _, source := range upstream { // near ones first
		for _, other := range open {
			if other.Cause && !other.Shadow && other.ID != w.inc.ID && isAt(other, source) {
				w.explainedBy(other.ID)
				return nil
			}
		}
	}
	return nil
}

func isAt(inc *incident.Incident, d telemetry.Device) bool {
	ref, ok := inc.DeviceRef()
	return ok && ref == d
}

func (w *work) explainedBy(parent string) {
	w.inc.Parent = parent
	w.add(incident.EntryExplained, w.now, incident.System, "", map[string]any{"parent": parent})
}

// explainOthers gives a new cause the incidents that came shortly before it.
func (w *work) explainOthers() error {
	cause, ok := w.inc.DeviceRef()
	if !ok || w.inc.Shadow {
		return nil
	}
	open, err := w.tx.OpenAt(w.inc.Place)
	if err != nil {
		return err
	}
	for _, other := range open {
		device, has := other.DeviceRef()
		if !has || other.ID == w.inc.ID || w.inc.StartedAt.Sub(other.StartedAt) > w.opts.CauseWindow {
			continue
		}
		if other.Parent != "" && other.Parent != w.inc.ID || other.ID == w.inc.Parent {
			continue // explained already, or explains this one: a circle in the registry
		}
		if !slices.Contains(w.estate.Upstream(device), cause) {
			continue
		}
		child := w.work(w.tx, other, w.now)
		child.explainedBy(w.inc.ID)
		other.Plan = without(other.Plan, whatOrphan) // if the cause is back
		if err := child.save(); err != nil {
			return err
		}
	}
	return nil
}

// releaseAfter is how long devices get to come back after their cause is over,
// before their own incidents are told of.
const releaseAfter = 2 * time.Minute

// release lets those that the incident explained stand for themselves.
func (w *work) release() error {
	children, err := w.tx.Children(w.inc.ID)
	if err != nil {
		return err
	}
	for _, other := range children {
		child := w.work(w.tx, other, w.now)
		child.add(incident.EntryExplained, w.now, incident.System, "the cause is over", map[string]any{"parent": w.inc.ID})
		if other.LifeSafety() {
			other.Parent = "" // it was told of all the time
		} else {
			child.plan(w.now.Add(releaseAfter), whatOrphan, 0)
		}
		if err := child.save(); err != nil {
			return err
		}
	}
	return nil
}

// whatOrphan is planned for an incident whose cause is over.
const whatOrphan = "orphan"

// orphan ends the explanation of what has outlived its cause. Where people were
// told before, and the escalation has steps left, it goes on as it was.
func (w *work) orphan() {
	inc := w.inc
	inc.Parent = ""
	if len(inc.Told) == 0 || !slices.ContainsFunc(inc.Plan, func(d incident.Due) bool { return d.What == whatEscalate }) {
		w.schedule()
	}
}
