package desk

import (
	"fmt"
	"strings"
	"time"

	"steward/internal/authz"
	"steward/internal/incident"
)

// stateOf is where a deed brings an incident.
var stateOf = map[incident.Deed]incident.State{
	incident.Acknowledge: incident.Acknowledged, incident.Dispatch: incident.Dispatched,
	incident.Arrive: incident.Arrived, incident.Resolve: incident.Resolved,
}

// ahead is how far ahead of Steward's clock a time may be that somebody gives:
// clocks differ by a little.
const ahead = 5 * time.Second

// Act does what a caller asks. What is out of the caller's reach is not found;
// what the caller may see and not act on is forbidden.
func (d *Desk) Act(tx Tx, who authz.Principal, id string, a incident.Action, now time.Time) (*incident.Incident, error) {
	inc, err := tx.Get(id)
	if err != nil {
		return nil, err
	}
	switch {
	case !who.May(authz.Read, inc.Place):
		return nil, incident.ErrNotFound
	case !who.May(authz.Act, inc.Place):
		return nil, incident.ErrForbidden
	case a.Version != 0 && a.Version != inc.Version:
		return nil, incident.ErrConflict
	}
	at, err := when(a, inc, now)
	if err != nil {
		return nil, err
	}
	w := d.work(tx, inc, now)
	if err := w.act(incident.ActorOf(who), a, at); err != nil {
		return nil, err
	}
	return inc, w.finish()
}

// when is the time of a deed. The database and the devices know milliseconds.
func when(a incident.Action, inc *incident.Incident, now time.Time) (time.Time, error) {
	at := a.At.UTC().Truncate(time.Millisecond)
	switch {
	case a.At.IsZero():
		return now, nil
	case at.After(now.Add(ahead)):
		return at, incident.Invalid("at", at.Format(time.RFC3339), "lies in the future: leave it empty for now")
	case at.Before(began(inc)):
		return at, incident.Invalid("at", at.Format(time.RFC3339), "is before the incident began, at %s", began(inc).Format(time.RFC3339))
	}
	return at, nil
}

// began is when an incident had begun at the latest: the device's clock may run
// ahead.
func began(inc *incident.Incident) time.Time {
	if inc.Received.Before(inc.StartedAt) {
		return inc.Received
	}
	return inc.StartedAt
}

func (w *work) act(by incident.Actor, a incident.Action, at time.Time) error {
	note := strings.TrimSpace(a.Note)
	if len(note) > incident.MaxNote {
		return incident.Invalid("note", note, "has %d bytes, not at most %d", len(note), incident.MaxNote)
	}
	switch a.Deed {
	case incident.AddNote:
		if note == "" {
			return incident.Invalid("note", "", "say something")
		}
		w.add(incident.EntryNote, at, by, note, nil)
		return nil
	case incident.PauseClock, incident.ResumeClock:
		return w.pause(by, a.Deed, note, at)
	}
	to, known := stateOf[a.Deed]
	if !known {
		return incident.Invalid("deed", string(a.Deed), "is not one of %v", incident.Deeds())
	}
	if to.Rank() <= w.inc.State.Rank() {
		// Of two who press the same button the second is told, and nothing is lost.
		return fmt.Errorf("%w: the incident is %s already", incident.ErrConflict, w.inc.State)
	}
	if to == incident.Resolved {
		w.resolve(at, by, note)
		return nil
	}
	w.move(to, at, by, note, nil)
	return nil
}

// Enter makes an incident of what a caller reports. The same reference entered
// again is the same incident.
func (d *Desk) Enter(tx Tx, who authz.Principal, n incident.New, now time.Time) (inc *incident.Incident, fresh bool, err error) {
	if !who.May(authz.Read, n.Place) {
		return nil, false, incident.ErrNotFound
	}
	if !who.May(authz.Act, n.Place) {
		return nil, false, incident.ErrForbidden
	}
	if err := n.Check(now); err != nil {
		return nil, false, err
	}
	at := now
	if !n.At.IsZero() {
		at = n.At.UTC().Truncate(time.Millisecond)
	}
	fingerprint := n.Kind + "@" + fmt.Sprint(n.Place) + "/" + n.Building + "/" + string(n.Class) + "/" + n.Device + "#" + n.Reference
	if n.Reference == "" {
		fingerprint += fmt.Sprint(who.ID, "/", now.UnixMilli())
	}
	known, err := find(tx.Newest(fingerprint))
	if err != nil || known != nil {
		return known, false, err
	}
	inc = &incident.Incident{
		ID: incident.NewID(fingerprint, at), Fingerprint: fingerprint, Kind: n.Kind, Title: n.Title, Severity: n.Severity,
		Labels: map[string]string{}, Place: n.Place, Building: n.Building, Class: n.Class, Device: n.Device,
		State: incident.Firing, Group: n.Kind + "@" + fmt.Sprint(n.Place), Count: 1, Summary: n.Title,
		StartedAt: at, Received: now, Stages: []incident.Stage{}, Clocks: []incident.Clock{}, Told: []incident.Told{}, Comings: []time.Time{at},
	}
	if n.Reference != "" {
		inc.Labels["reference"] = n.Reference
	}
	w := d.work(tx, inc, now)
	w.add(incident.EntryOpened, at, incident.ActorOf(who), n.Note, nil)
	w.startClocks(at)
	w.schedule()
	return inc, true, w.save()
}
