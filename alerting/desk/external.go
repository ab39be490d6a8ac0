package desk

import (
	"fmt"
	"time"

	"steward/internal/authz"
	"steward/internal/incident"
	"steward/internal/telemetry"
)

// External is an alert of another system, such as Alertmanager.
type External struct {
	Fingerprint string // unique within the other system
	Name        string
	Severity    telemetry.Severity
	authz.Place
	Class     telemetry.Class
	Device    string
	Labels    map[string]string
	Summary   string
	StartedAt time.Time
	EndedAt   time.Time // zero while it fires
}

// External opens or ends the incident of an alert of another system. It reports
// whether that changed anything.
func (d *Desk) External(tx Tx, who authz.Principal, x External, now time.Time) (changed bool, err error) {
	if !who.May(authz.Act, x.Place) {
		return false, incident.ErrNotFound
	}
	fingerprint := "external:" + x.Fingerprint + "@" + fmt.Sprint(x.Place)
	inc, err := find(tx.Open(fingerprint))
	if err != nil {
		return false, err
	}
	by := incident.ActorOf(who)
	if !x.EndedAt.IsZero() {
		if inc == nil {
			return false, nil
		}
		w := d.work(tx, inc, now)
		at := x.EndedAt.UTC().Truncate(time.Millisecond)
		inc.ClearedAt = &at
		w.add(incident.EntryCleared, at, by, "", nil)
		w.stopClocks(at, pointCleared)
		w.resolve(at, by, "")
		return true, w.finish()
	}
	if inc != nil {
		return false, nil // it is sent again and again while it fires
	}
	at := x.StartedAt.UTC().Truncate(time.Millisecond)
	id := incident.NewID(fingerprint, at)
	if known, err := find(tx.Get(id)); err != nil || known != nil {
		return false, err
	}
	title := incident.Text{ZH: x.Name, EN: x.Name}
	summary := title
	if x.Summary != "" {
		summary = incident.Text{ZH: x.Summary, EN: x.Summary}
	}
	inc = &incident.Incident{
		ID: id, Fingerprint: fingerprint, Kind: "external", Title: title, Severity: x.Severity, Labels: x.Labels,
		Place: x.Place, Class: x.Class, Device: x.Device, State: incident.Firing, Group: x.Name + "@" + fmt.Sprint(x.Place),
		Count: 1, Summary: summary, StartedAt: at, Received: now,
		Stages: []incident.Stage{}, Clocks: []incident.Clock{}, Told: []incident.Told{}, Comings: []time.Time{at},
	}
	w := d.work(tx, inc, now)
	w.add(incident.EntryOpened, at, by, x.Summary, nil)
	w.startClocks(at)
	w.schedule()
	return true, w.save()
}
