package live

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"

	"steward/internal/telemetry"
)

// maxAttrs bounds the attributes of an event that are kept, in bytes. The whole
// of them is in the store.
const maxAttrs = 2048

// boundAttrs returns attrs in memory of its own, or "{}" when it is too large
// or not a JSON object: it goes into other people's JSON as it is.
func boundAttrs(attrs string) string {
	if attrs == "{}" || attrs == "" || len(attrs) > maxAttrs {
		return "{}"
	}
	if attrs[0] != '{' || !utf8.ValidString(attrs) || !json.Valid([]byte(attrs)) {
		return "{}"
	}
	return strings.Clone(attrs)
}

// severities is how many lists of recent events there are.
const severities = 4

// rank is the list that a severity belongs to, gravest first.
func rank(s telemetry.Severity) int {
	switch s {
	case telemetry.LifeSafety:
		return 0
	case telemetry.Critical:
		return 1
	case telemetry.Warning:
		return 2
	}
	return 3
}

// events are the recent ones, a list for each severity, each in order of time
// and, at the same time, of arrival.
type events struct {
	lists [severities][]*telemetry.Event
	limit int
}

func newEvents(limit int) events { return events{limit: limit} }

// insert lists e in its place by time. It is not listed when it is older than
// all of a full list. It is known when it is listed already.
func (l *events) insert(e *telemetry.Event) (listed, known bool) {
	list := &l.lists[rank(e.Severity)]
	at := len(*list)
	for at > 0 && (*list)[at-1].TS > e.TS {
		at--
	}
	for i := at - 1; i >= 0 && (*list)[i].TS == e.TS; i-- {
		if (*list)[i].ID == e.ID && *(*list)[i].Device == *e.Device {
			return false, true
		}
	}
	if len(*list) < l.limit {
		*list = slices.Insert(*list, at, e)
		return true, false
	}
	if at == 0 {
		return false, false
	}
	copy((*list)[:at-1], (*list)[1:at])
	(*list)[at-1] = e
	return true, false
}

// maxID bounds an event's ID that is kept, in bytes.
const maxID = 256

// mergeEvent lists e and lets it open or close a danger.
func (b *Board) mergeEvent(e telemetry.Event, now telemetry.Millis) {
	limit := b.opts.MaxDevices
	if e.Opens() {
		limit += limit/10 + 1
	}
	own := new(telemetry.Event)
	*own = e
	own.Kind, own.ID = strings.Clone(e.Kind), bounded(e.ID, maxID)
	var d *device
	if e.Kind != telemetry.Offline || !b.unwanted(e.Device) { // see the same of a status
		d = b.deviceFor(e.Device, limit)
	}
	if d != nil {
		own.Device = &d.id
		d.group.messages++
		d.group.lag = max(d.group.lag, now-e.Received)
		if e.Received > d.seen {
			d.seen = e.Received
			b.touch(d)
		}
	}
	listed, known := b.events.insert(own)
	if listed {
		b.feeds.event(own, b.groups.find(own.Device))
	}
	if d != nil && !known {
		b.dangers.merge(d, own)
	}
}
