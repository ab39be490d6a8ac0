package dashboard

import (
	"strconv"

	"github.com/gorilla/websocket"

	"steward/internal/live"
	"steward/internal/live/calls"
	"steward/internal/telemetry"
)

// message is a JSON text, ready to be sent to any number of clients.
type message struct {
	prepared *websocket.PreparedMessage
	size     int // bytes of JSON
}

func newMessage(text []byte) message {
	p, err := websocket.NewPreparedMessage(websocket.TextMessage, text)
	if err != nil {
		panic("dashboard: prepare a message in memory: " + err.Error()) // it only fails on its arguments
	}
	return message{p, len(text)}
}

// snapshotMessage is the message of a snapshot, encoded once for all that get it.
func (h *hub) snapshotMessage(s *live.Snapshot) message {
	return s.Shared(func(s *live.Snapshot) any { return h.counted(encodeSnapshot(s)) }).(message)
}

// frameMessage is the message of a frame, encoded once for all that get it.
func (h *hub) frameMessage(f *live.Frame) message {
	return f.Shared(func(f *live.Frame) any { return h.counted(encodeFrame(f)) }).(message)
}

// callsMessage is the message of an update of incidents, encoded once for all
// that get it.
func (h *hub) callsMessage(u *calls.Update) message {
	return u.Shared(func(u *calls.Update) any { return h.counted(encodeCalls(u)) }).(message)
}

func (h *hub) counted(text []byte) message {
	h.metrics.bytes.Add(float64(len(text)))
	return newMessage(text)
}

func encodePing(now telemetry.Millis) message {
	b := appendInt([]byte(`{"type":"ping","now":`), int64(now))
	return newMessage(append(b, '}'))
}

func encodeMissed(updates uint64) message {
	b := strconv.AppendUint([]byte(`{"type":"missed","updates":`), updates, 10)
	return newMessage(append(b, '}'))
}

func encodeError(e *wrong) message {
	b := appendString([]byte(`{"type":"error","code":`), e.code)
	b = appendString(append(b, `,"detail":`...), e.detail)
	return newMessage(append(b, '}'))
}

func encodeCalls(u *calls.Update) []byte {
	size := 128
	for _, texts := range [][][]byte{u.Incidents, u.Entries} {
		for _, text := range texts {
			size += len(text) + 1
		}
	}
	e := encoder{b: make([]byte, 0, size)}
	e.b = append(e.b, `{"type":"incidents","cursor":`...)
	e.b = appendInt(e.b, u.Cursor)
	e.text("view", u.Scope)
	e.field("now", int64(u.At))
	e.b = append(e.b, `,"reset":`...)
	e.b = strconv.AppendBool(e.b, u.Reset)
	e.b = append(e.b, `,"partial":`...)
	e.b = strconv.AppendBool(e.b, u.Partial)
	text := func(t []byte) { e.b = append(e.b, t...) }
	list(&e, "incidents", u.Incidents, text)
	some(&e, "entries", u.Entries, text)
	return append(e.b, '}')
}

// encoder writes the body of a snapshot or a delta. It collects the metrics it
// meets, so that their units can be sent with them.
type encoder struct {
	b       []byte
	metrics []string
	known   map[string]bool
}

func encodeSnapshot(s *live.Snapshot) []byte {
	values := 0
	for i := range s.Devices {
		values += len(s.Devices[i].Values)
	}
	e := encoder{b: make([]byte, 0, 1024+120*len(s.Devices)+60*values), known: map[string]bool{}}
	e.b = append(e.b, `{"type":"snapshot","seq":`...)
	e.b = strconv.AppendUint(e.b, s.Seq, 10)
	e.field("now", int64(s.At))
	d := s.Scope.Detail
	e.b = append(e.b, `,"scope":{"region":`...)
	e.b = appendString(e.b, d.Region)
	e.text("project", d.Project)
	e.text("class", string(d.Class))
	e.text("device", d.Device)
	e.b = append(e.b, `},"omitted":`...)
	e.b = strconv.AppendBool(e.b, s.Omitted)
	e.b = append(e.b, `,"limits":{"events":`...)
	e.b = appendInt(e.b, int64(s.MaxEvents))
	e.field("rejected", int64(s.MaxRejected))
	e.b = append(e.b, '}')
	list(&e, "devices", s.Devices, func(d live.DeviceState) { e.device(&d, true) })
	list(&e, "dangers", s.Dangers, e.danger)
	list(&e, "events", s.Events, e.event)
	list(&e, "rejected", s.Rejected, e.rejected)
	list(&e, "groups", s.Groups, e.group)
	e.totals(&s.Totals)
	return e.end()
}

func encodeFrame(f *live.Frame) []byte {
	values := 0
	for _, d := range f.Devices {
		values += len(d.Values)
	}
	e := encoder{b: make([]byte, 0, 256+120*len(f.Devices)+60*values+300*len(f.Events)), known: map[string]bool{}}
	e.b = append(e.b, `{"type":"delta","seq":`...)
	e.b = strconv.AppendUint(e.b, f.Seq, 10)
	e.field("now", int64(f.At))
	some(&e, "devices", f.Devices, func(d *live.DeviceState) { e.device(d, false) })
	some(&e, "dangers", f.Dangers, e.danger)
	some(&e, "gone", f.Gone, e.path)
	some(&e, "ended", f.Ended, e.path)
	some(&e, "events", f.Events, e.event)
	some(&e, "rejected", f.Rejected, e.rejected)
	some(&e, "groups", f.Groups, e.group)
	if f.Totals != nil {
		e.totals(f.Totals)
	}
	return e.end()
}

// end adds the description of the metrics and closes the message.
func (e *encoder) end() []byte {
	if len(e.metrics) > 0 {
		e.b = append(e.b, `,"metrics":{`...)
		for i, name := range e.metrics {
			if i > 0 {
				e.b = append(e.b, ',')
			}
			m := telemetry.LookupMetric(name)
			e.b = appendString(e.b, name)
			e.b = append(e.b, `:{"unit":`...)
			e.b = appendString(e.b, m.Unit)
			e.text("kind", string(m.Kind))
			e.b = append(e.b, '}')
		}
		e.b = append(e.b, '}')
	}
	return append(e.b, '}')
}

// list writes a field that is always there, some one that is left out when
// empty.
func list[T any](e *encoder, name string, items []T, one func(T)) {
	e.b = append(e.b, ',')
	e.b = appendString(e.b, name)
	e.b = append(e.b, ':', '[')
	for i, item := range items {
		if i > 0 {
			e.b = append(e.b, ',')
		}
		one(item)
	}
	e.b = append(e.b, ']')
}

func some[T any](e *encoder, name string, items []T, one func(T)) {
	if len(items) > 0 {
		list(e, name, items, one)
	}
}

// device writes a device; its metrics are described when they are new to the
// receiver.
func (e *encoder) device(d *live.DeviceState, describe bool) {
	e.b = append(e.b, `{"device":`...)
	e.path(d.Device)
	e.text("connection", d.Connection.String())
	e.field("since", int64(d.Since))
	e.field("seen", int64(d.Seen))
	e.b = append(e.b, `,"values":{`...)
	for i := range d.Values {
		v := &d.Values[i]
		if (describe || v.First) && !e.known[v.Metric] {
			e.known[v.Metric] = true
			e.metrics = append(e.metrics, v.Metric)
		}
		if i > 0 {
			e.b = append(e.b, ',')
		}
		e.b = appendString(e.b, v.Metric)
		e.b = append(e.b, ':', '[')
		if v.IsText {
			e.b = appendString(e.b, v.Text)
		} else {
			e.b = appendFloat(e.b, v.Number)
		}
		e.b = append(e.b, ',')
		e.b = appendInt(e.b, int64(v.TS))
		e.b = append(e.b, ',')
		e.b = appendInt(e.b, int64(v.Received))
		e.b = append(e.b, ']')
	}
	e.b = append(e.b, '}', '}')
}

func (e *encoder) event(v *telemetry.Event) {
	e.b = append(e.b, `{"device":`...)
	e.path(v.Device)
	e.text("kind", v.Kind)
	e.text("id", v.ID)
	e.text("severity", string(v.Severity))
	e.field("ts", int64(v.TS))
	e.field("received", int64(v.Received))
	e.b = append(e.b, `,"attrs":`...)
	e.b = append(e.b, v.Attrs...) // the board holds valid JSON objects only
	e.b = append(e.b, '}')
}

func (e *encoder) danger(d live.Danger) {
	e.b = append(e.b, `{"event":`...)
	e.event(d.First)
	e.field("latest", int64(d.Latest))
	e.field("reports", int64(d.Reports))
	e.field("arrived", int64(d.Arrived))
	e.b = append(e.b, '}')
}

func (e *encoder) rejected(r *live.Rejected) {
	e.b = append(e.b, `{"id":`...)
	e.b = appendString(e.b, r.ID)
	e.field("received", int64(r.Received))
	e.text("topic", r.Topic)
	e.text("preview", r.Preview)
	e.field("size", int64(r.Size))
	e.text("codec", r.Codec)
	e.text("reason", string(r.Reason))
	e.text("error", r.Error)
	e.b = append(e.b, '}')
}

func (e *encoder) group(g live.Group) {
	e.b = append(e.b, `{"region":`...)
	e.b = appendString(e.b, g.Region)
	e.text("project", g.Project)
	e.text("class", string(g.Class))
	e.field("devices", int64(g.Devices))
	e.field("online", int64(g.Online))
	e.field("offline", int64(g.Offline))
	e.rate(g.Rate)
	e.b = append(e.b, '}')
}

func (e *encoder) totals(t *live.Totals) {
	e.b = append(e.b, `,"totals":{"devices":`...)
	e.b = appendInt(e.b, int64(t.Devices))
	e.field("online", int64(t.Online))
	e.field("offline", int64(t.Offline))
	e.rate(t.Rate)
	e.field("lag_ms", int64(t.Lag))
	e.field("rejected", int64(t.Rejected))
	e.field("refused", int64(t.Refused))
	e.b = append(e.b, '}')
}

// rate is messages a second with one digit: more would change in every message.
func (e *encoder) rate(v float64) {
	e.b = append(e.b, `,"rate":`...)
	e.b = strconv.AppendFloat(e.b, v, 'f', 1, 64)
}

func (e *encoder) path(d *telemetry.Device) {
	e.b = append(e.b, '"')
	e.b = append(appendEscaped(e.b, d.Region), '/')
	e.b = append(appendEscaped(e.b, d.Project), '/')
	e.b = append(appendEscaped(e.b, string(d.Class)), '/')
	e.b = appendEscaped(e.b, d.ID)
	e.b = append(e.b, '"')
}

func (e *encoder) text(name, value string) {
	e.b = append(e.b, ',', '"')
	e.b = append(e.b, name...)
	e.b = append(e.b, '"', ':')
	e.b = appendString(e.b, value)
}

func (e *encoder) field(name string, value int64) {
	e.b = append(e.b, ',', '"')
	e.b = append(e.b, name...)
	e.b = append(e.b, '"', ':')
	e.b = appendInt(e.b, value)
}
