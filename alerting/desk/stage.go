package desk

import (
	"time"

	"steward/internal/incident"
)

// entryOf is the kind of entry that tells of a state.
var entryOf = map[incident.State]incident.EntryKind{
	incident.Acknowledged: incident.EntryAcknowledged, incident.Dispatched: incident.EntryDispatched,
	incident.Arrived: incident.EntryArrived, incident.Resolved: incident.EntryResolved,
}

// move brings an incident to a later state, and with it the clocks: whoever has
// arrived has also answered.
func (w *work) move(to incident.State, at time.Time, by incident.Actor, note string, data any) {
	from := w.inc.State
	w.inc.State = to
	w.inc.Stages = append(w.inc.Stages, incident.Stage{State: to, At: at, Received: w.now, By: by, Note: note})
	w.add(entryOf[to], at, by, note, data)
	for _, s := range incident.States() {
		if s.Rank() > from.Rank() && s.Rank() <= to.Rank() {
			w.stopClocks(at, string(s))
			w.startClocksAt(string(s), at)
		}
	}
}

// resolve ends an incident.
func (w *work) resolve(at time.Time, by incident.Actor, note string) {
	inc := w.inc
	if !inc.Open() {
		return
	}
	inc.State, inc.ResolvedAt = incident.Resolved, &at
	inc.Plan, inc.Flapping = nil, false
	inc.Stages = append(inc.Stages, incident.Stage{State: incident.Resolved, At: at, Received: w.now, By: by, Note: note})
	w.add(incident.EntryResolved, at, by, note, nil)
	w.stopClocks(at, string(incident.Resolved))
	w.voidClocks()
	w.tellResolved()
}
