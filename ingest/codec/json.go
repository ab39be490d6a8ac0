package codec

import (
	"errors"
	"strconv"
	"time"
	"unsafe"

	"github.com/valyala/fastjson"

	"steward/internal/telemetry"
)

// maxRejectsPerMessage bounds how many dead letters one message can cause: with
// more wrong samples than this the sender, not a sample, is at fault and the
// message is quarantined whole.
const maxRejectsPerMessage = 16

// maxNames bounds the interned metric names, which come from the wire. Beyond
// it a name still decodes, with an allocation of its own.
const maxNames = 100_000

// JSON decodes the contract's payloads: telemetry, events and statuses. It
// keeps scratch space and interned names between messages and is therefore not
// safe for concurrent use.
type JSON struct {
	clock  telemetry.ClockPolicy
	parser fastjson.Parser
	names  map[string]string
	num    []byte
}

// NewJSON makes a decoder that quarantines what the clock policy refuses.
func NewJSON(clock telemetry.ClockPolicy) *JSON {
	return &JSON{clock: clock, names: make(map[string]string)}
}

// Decode decodes one message into out, which it resets first.
func (j *JSON) Decode(out *Output, m Message) {
	out.Reset()
	if m.Stream == telemetry.StreamStatus {
		decodeStatus(out, m)
		return
	}
	root, err := j.parser.ParseBytes(m.Payload)
	if err != nil {
		out.rejectAll(m.Payload, telemetry.Reject(telemetry.BadSyntax, "not JSON: %w", trimError(err)))
		return
	}
	switch root.Type() {
	case fastjson.TypeObject:
		if err := j.element(out, m, root); err != nil {
			out.rejectAll(m.Payload, err)
		}
	case fastjson.TypeArray:
		j.list(out, m, root)
	default:
		out.rejectAll(m.Payload, telemetry.Reject(telemetry.BadSyntax, "a JSON %s, not an object or a list of objects", root.Type()))
	}
}

func (j *JSON) list(out *Output, m Message, root *fastjson.Value) {
	elements := root.GetArray()
	if len(elements) == 0 {
		out.rejectAll(m.Payload, telemetry.Reject(telemetry.Empty, "an empty list"))
		return
	}
	for i, el := range elements {
		if el.Type() != fastjson.TypeObject {
			out.rejectAll(m.Payload, telemetry.Reject(telemetry.BadSyntax, "element %d of the list is a JSON %s, not an object", i, el.Type()))
			return
		}
		if err := j.element(out, m, el); err != nil {
			if len(out.Rejects) == maxRejectsPerMessage {
				out.rejectAll(m.Payload, telemetry.Reject(telemetry.BadSyntax, "more than %d elements of the list are wrong, the last at %d: %w", maxRejectsPerMessage, i, err))
				return
			}
			out.reject(el.MarshalTo(nil), inElement(i, err))
		}
	}
}

// inElement says where in a list an error is, and keeps its reason.
func inElement(i int, err error) error {
	var r *telemetry.RejectError
	if errors.As(err, &r) {
		return telemetry.Reject(r.Reason, "element %d of the list: %w", i, r.Err)
	}
	return err
}

func (j *JSON) element(out *Output, m Message, v *fastjson.Value) error {
	if m.Stream == telemetry.StreamEvent {
		return j.event(out, m, v)
	}
	return j.sample(out, m, v)
}

// sample decodes {"ts":…,"values":{…}} or a flat object of values. Either all
// of its values are taken or none.
func (j *JSON) sample(out *Output, m Message, v *fastjson.Value) error {
	ts, err := j.timeOf(out, m, v)
	if err != nil {
		return err
	}
	values, flat := v, true
	if w := v.Get("values"); w != nil {
		if w.Type() != fastjson.TypeObject {
			return telemetry.Reject(telemetry.BadSyntax, `"values" is a JSON %s, not an object`, w.Type())
		}
		values, flat = w, false
	}
	readings, states := len(out.Readings), len(out.States)
	var failed error
	values.GetObject().Visit(func(key []byte, val *fastjson.Value) {
		if failed != nil || flat && (string(key) == "ts" || string(key) == "seq") {
			return
		}
		failed = j.value(out, m, ts, key, val)
	})
	if failed != nil {
		out.Readings, out.States = out.Readings[:readings], out.States[:states]
		return failed
	}
	if len(out.Readings) == readings && len(out.States) == states {
		return telemetry.Reject(telemetry.Empty, "no values")
	}
	return nil
}

// value adds one metric of a sample. A null says that there is no value, which
// is not an error.
func (j *JSON) value(out *Output, m Message, ts telemetry.Millis, key []byte, val *fastjson.Value) error {
	if val.Type() == fastjson.TypeNull {
		return nil
	}
	name, err := j.name(key)
	if err != nil {
		return telemetry.Reject(telemetry.BadValue, "metric: %w", err)
	}
	var number float64
	switch val.Type() {
	case fastjson.TypeNumber:
		if number, err = j.number(val); err != nil {
			return telemetry.Reject(telemetry.BadValue, "metric %q: %w", name, err)
		}
	case fastjson.TypeTrue:
		number = 1
	case fastjson.TypeFalse:
	case fastjson.TypeString:
		text := string(val.GetStringBytes())
		if len(text) > maxState {
			return telemetry.Reject(telemetry.BadValue, "metric %q: a text of %d bytes, more than %d", name, len(text), maxState)
		}
		out.States = append(out.States, telemetry.State{Device: m.Device, Metric: name, TS: ts, Received: m.Received, Value: text})
		return nil
	default:
		return telemetry.Reject(telemetry.BadValue, "metric %q is a JSON %s, not a number, boolean or text", name, val.Type())
	}
	out.Readings = append(out.Readings, telemetry.Reading{Device: m.Device, Metric: name, TS: ts, Received: m.Received, Value: number})
	return nil
}

// maxState bounds a text value: a state is a word, not a document.
const maxState = 1024

// timeOf reads "ts": Unix milliseconds or RFC 3339. Without it the time of
// receipt stands in.
func (j *JSON) timeOf(out *Output, m Message, v *fastjson.Value) (telemetry.Millis, error) {
	t := v.Get("ts")
	if t == nil || t.Type() == fastjson.TypeNull {
		out.Dated = false
		return m.Received, nil
	}
	var ts telemetry.Millis
	switch t.Type() {
	case fastjson.TypeNumber:
		// A float64 holds every millisecond of the next 285,000 years exactly.
		ms, err := j.number(t)
		if err != nil {
			return 0, telemetry.Reject(telemetry.BadTime, `"ts": %w`, err)
		}
		const limit = 1 << 53
		if ms < -limit || ms > limit {
			return 0, telemetry.Reject(telemetry.BadTime, `"ts": %g is not Unix milliseconds`, ms)
		}
		ts = telemetry.Millis(ms)
	case fastjson.TypeString:
		parsed, err := time.Parse(time.RFC3339Nano, string(t.GetStringBytes()))
		if err != nil {
			return 0, telemetry.Reject(telemetry.BadTime, `"ts": %.64q is not RFC 3339 with a zone, such as 2026-11-22T08:30:00+08:00`, t.GetStringBytes())
		}
		ts = telemetry.MillisOf(parsed)
	default:
		return 0, telemetry.Reject(telemetry.BadTime, `"ts" is a JSON %s, not Unix milliseconds or RFC 3339`, t.Type())
	}
	return ts, j.clock.Check(ts, m.Received)
}

// number converts through strconv, which rounds correctly, from the text that
// the parser kept: the parser's own conversion may be off in the last place.
func (j *JSON) number(v *fastjson.Value) (float64, error) {
	j.num = v.MarshalTo(j.num[:0])
	// The string lives no longer than this call; strconv keeps it only in an
	// error, which is replaced here.
	f, err := strconv.ParseFloat(unsafe.String(unsafe.SliceData(j.num), len(j.num)), 64) //nolint:gosec // the bytes do not change while the string lives
	if err != nil {
		if errors.Is(err, strconv.ErrRange) {
			return 0, telemetry.Reject(telemetry.BadValue, "%.40s is too large for a 64-bit number", j.num).Err
		}
		return 0, telemetry.Reject(telemetry.BadValue, "%.40s is not a number", j.num).Err
	}
	return f, telemetry.CheckValue(f)
}

// name interns a metric's name after checking it once.
func (j *JSON) name(key []byte) (string, error) {
	if s, ok := j.names[string(key)]; ok {
		return s, nil
	}
	s := string(key)
	if err := telemetry.CheckName(s); err != nil {
		return "", err
	}
	if len(j.names) < maxNames {
		j.names[s] = s
	}
	return s, nil
}

// trimError cuts the excerpt of the payload that the parser quotes: a dead
// letter holds the payload beside the error already.
func trimError(err error) error {
	const most = 160
	if s := err.Error(); len(s) > most {
		return errors.New(s[:most] + "…")
	}
	return err
}
