package desk

import (
	"time"

	"steward/alerting/standard"
	"steward/internal/incident"
)

// pause stops the clocks whose standard allows it for this reason, or lets them
// run on. A clock of life safety knows no reason.
func (w *work) pause(by incident.Actor, deed incident.Deed, reason string, at time.Time) error {
	done := 0
	var reasons []string
	for i := range w.inc.Clocks {
		c := &w.inc.Clocks[i]
		s := w.setup.Standards.Named(c.Standard)
		if s == nil {
			continue
		}
		reasons = append(reasons, s.Pause...)
		switch {
		case deed == incident.PauseClock && s.MayPause(w.inc, reason) && standard.Pause(c, at):
			w.add(incident.EntryClockPaused, at, by, reason, *c)
			done++
		case deed == incident.ResumeClock && c.State == incident.Paused:
			standard.Resume(c, at, w.calendar(s), w.zone())
			w.add(incident.EntryClockResumed, at, by, reason, *c)
			done++
		}
	}
	switch {
	case done > 0:
		return nil
	case deed == incident.ResumeClock:
		return incident.Invalid("deed", string(deed), "no clock of this incident is paused")
	case len(reasons) == 0:
		return incident.Invalid("deed", string(deed), "no clock of this incident may be paused")
	}
	return incident.Invalid("note", reason, "give one of the reasons for which a running clock may be paused: %v", reasons)
}
