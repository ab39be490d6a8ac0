package desk

import (
	"encoding/json"
	"fmt"
	"slices"

	"steward/alerting/route"
	"steward/internal/incident"
)

// What notices are about.
const (
	whatOpened    = "opened"
	whatWarned    = "warned"
	whatBreached  = "breached"
	whatEscalated = "escalated"
	whatResolved  = "resolved"
)

// notice is one occasion to tell somebody.
type notice struct {
	what   string
	key    string // of the occasion within the incident
	levels []string
	clock  *incident.Clock // of a warning or a breach
	step   int             // of an escalation
}

// noticeData is what templates find beside the incident.
type noticeData struct {
	Clock *incident.Clock `json:"clock,omitempty"`
	Step  int             `json:"step,omitempty"`
}

// withheld says why nobody is to be told now; empty when somebody is.
func (w *work) withheld() string {
	inc := w.inc
	switch {
	case inc.Shadow:
		return "the rule is on trial"
	case inc.Late:
		return "it was over when this was learned"
	case inc.Silenced:
		return "silenced"
	case inc.LifeSafety():
		return ""
	case inc.Parent != "":
		return "explained by " + inc.Parent
	case inc.Flapping:
		return "it comes and goes"
	}
	return ""
}

// tell puts a notice for each receiver of the levels into the outbox.
func (w *work) tell(n notice) {
	if len(n.levels) == 0 {
		return
	}
	if why := w.withheld(); why != "" {
		if !w.inc.Shadow && !w.inc.Late {
			w.add(incident.EntryWithheld, w.now, incident.System, n.what+": "+why, nil)
		}
		return
	}
	entered := false
	for _, level := range n.levels {
		for _, r := range w.setup.Plan.Receivers(level, w.inc, w.now, w.setup.Overrides) {
			entered = true
			// When a limit passes and a step comes due at once, one call says it.
			if !w.telling(r.Name) {
				w.post(n, r)
			}
		}
	}
	if !entered {
		w.add(incident.EntryWithheld, w.now, incident.System, fmt.Sprintf("%s: nobody is entered for %v: see escalation.yaml", n.what, n.levels), nil)
	}
}

// telling reports whether a receiver is being told of the incident already at this
// moment.
func (w *work) telling(receiver string) bool {
	return slices.ContainsFunc(w.notices, func(n incident.Notice) bool { return n.Receiver == receiver })
}

func (w *work) post(n notice, r route.Receiver) {
	data, err := json.Marshal(noticeData{n.clock, n.step})
	if err != nil {
		panic(fmt.Sprintf("desk: a notice's data is no JSON: %v", err)) // all of it is made here
	}
	at := w.now
	if !w.inc.LifeSafety() {
		// All that come within the same quarter of a minute go together.
		at = at.Truncate(w.opts.GroupWait).Add(w.opts.GroupWait)
	}
	if at.Before(r.NotBefore) {
		at = r.NotBefore
	}
	out := incident.Notice{
		// The count makes what comes again a new occasion.
		Key:      fmt.Sprintf("%s/%d/%s/%s/%s", w.inc.ID, w.inc.Count, n.what, n.key, r.Name),
		Incident: w.inc.ID, What: n.what, Severity: w.inc.Severity, Place: w.inc.Place,
		Receiver: r.Name, Lang: r.Lang, Channels: r.Channels, Group: n.what + "/" + w.inc.Group, Data: data,
		CreatedAt: w.now, NotBefore: at, NextAt: at, State: incident.NoticeWaiting,
	}
	if w.inc.LifeSafety() {
		out.Group = "" // each by itself
	}
	w.notices = append(w.notices, out)
	w.inc.Told = append(w.inc.Told, incident.Told{At: w.now, Who: r.Name, What: n.what})
	if over := len(w.inc.Told) - incident.MaxTold; over > 0 {
		w.inc.Told = w.inc.Told[over:]
	}
	w.add(incident.EntryToldOf, w.now, incident.System, n.what, map[string]any{"key": out.Key, "receiver": r.Name, "channels": r.Channels, "not_before": at})
}

// tellResolved tells the end to those who were told before, whoever is on call by
// now. Whether a notice reached anybody does not matter here: it is on its way.
func (w *work) tellResolved() {
	inc := w.inc
	policy := w.setup.Plan.Policy(inc)
	if policy == nil || !policy.TellResolved || inc.Shadow || inc.Late || inc.Silenced {
		return
	}
	for _, told := range slices.Clone(inc.Told) {
		if w.setup.Plan.Contact(told.Who) == nil {
			continue // nobody's name any more
		}
		for _, r := range w.setup.Plan.Receivers("contact:"+told.Who, inc, w.now, nil) {
			if !w.telling(r.Name) {
				w.post(notice{what: whatResolved, key: "end"}, r)
			}
		}
	}
}
