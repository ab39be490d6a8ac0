package simulate

import (
	"strconv"

	"steward/internal/telemetry"
)

// A happening is one event of a device, or a change of its connection.
type happening struct {
	at   telemetry.Millis // when it happened, by a right clock
	sent telemetry.Millis // when it leaves the device; later than at when the device was cut off

	kind     string // an event's kind; "" for a change of connection
	severity telemetry.Severity
	attrs    string
	id       string

	online bool // the new state of the connection
}

// An agenda holds what is going to happen at one device, in order of sending.
// Equal times keep the order in which they were added.
type agenda struct{ items []happening }

func (a *agenda) add(h happening) {
	a.items = append(a.items, h)
	for i := len(a.items) - 1; i > 0 && a.items[i-1].sent > h.sent; i-- {
		a.items[i-1], a.items[i] = a.items[i], a.items[i-1]
	}
}

// next is the time of the first item; ok is false when there is none.
func (a *agenda) next() (t telemetry.Millis, ok bool) {
	if len(a.items) == 0 {
		return 0, false
	}
	return a.items[0].sent, true
}

// drop removes the first n items, keeping the storage.
func (a *agenda) drop(n int) {
	a.items = a.items[:copy(a.items, a.items[n:])]
}

// attrs builds the JSON object of an event. Keys and texts are this package's
// own plain ASCII, so that nothing needs escaping.
type attrs []byte

func (a attrs) key(k string) attrs {
	if len(a) == 0 {
		a = append(make(attrs, 0, 64), '{')
	} else {
		a = append(a, ',')
	}
	a = append(a, '"')
	a = append(a, k...)
	return append(a, '"', ':')
}

func (a attrs) text(k, v string) attrs {
	a = append(a.key(k), '"')
	a = append(a, v...)
	return append(a, '"')
}

func (a attrs) number(k string, v float64) attrs {
	return strconv.AppendFloat(a.key(k), v, 'f', -1, 64)
}

func (a attrs) truth(k string, v bool) attrs { return strconv.AppendBool(a.key(k), v) }

func (a attrs) String() string {
	if len(a) == 0 {
		return "{}"
	}
	return string(append(a, '}'))
}
