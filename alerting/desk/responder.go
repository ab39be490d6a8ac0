package desk

import (
	"strings"
	"time"

	"steward/internal/authz"
	"steward/internal/incident"
	"steward/internal/telemetry"
)

// Passed finds out who of the responders has passed a gate; nil when none has.
func (d *Desk) Passed(e *telemetry.Event) *Responder {
	if e.Device.Class != telemetry.Access || e.Kind != "granted" {
		return nil
	}
	at := authz.Place{Region: e.Device.Region, Project: e.Device.Project}
	responders := d.Setup().Responders
	for i := range responders {
		r := &responders[i]
		// The attributes are JSON, in which a pseudonym stands as it is.
		if r.Place.Contains(at) && strings.Contains(e.Attrs, `"`+r.Card+`"`) {
			return r
		}
	}
	return nil
}

// Arrive notes the passage of a responder at the open incidents of the project
// that wait for one.
func (d *Desk) Arrive(tx Tx, r *Responder, e *telemetry.Event) error {
	open, err := tx.OpenAt(authz.Place{Region: e.Device.Region, Project: e.Device.Project})
	if err != nil {
		return err
	}
	at := e.TS.Time()
	for _, inc := range open {
		if !inc.Responder || inc.State.Rank() >= incident.Arrived.Rank() || at.Before(began(inc)) {
			continue
		}
		w := d.work(tx, inc, e.Received.Time())
		w.move(incident.Arrived, at, incident.Actor{Kind: "card", ID: r.ID, Name: r.Name},
			"", map[string]any{"gate": e.Device.String(), "event": e.ID, "skew_seconds": e.Received.Time().Sub(at).Round(time.Millisecond).Seconds()})
		if err := w.save(); err != nil {
			return err
		}
	}
	return nil
}
