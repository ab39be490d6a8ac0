package codec

import (
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/cespare/xxhash/v2"
	"github.com/valyala/fastjson"

	"steward/internal/telemetry"
)

// event decodes {"ts":…,"event":"entrapment","id":…,"severity":…,"attrs":{…}}.
func (j *JSON) event(out *Output, m Message, v *fastjson.Value) error {
	ts, err := j.timeOf(out, m, v)
	if err != nil {
		return err
	}
	e := telemetry.Event{Device: m.Device, TS: ts, Received: m.Received, Attrs: "{}"}

	kind := v.Get("event")
	if kind == nil || kind.Type() != fastjson.TypeString {
		return telemetry.Reject(telemetry.BadEvent, `"event" is missing or not a text: an event needs its kind, such as "fault"`)
	}
	if e.Kind, err = j.name(kind.GetStringBytes()); err != nil {
		return telemetry.Reject(telemetry.BadEvent, `"event": %w`, err)
	}

	e.Severity = telemetry.DefaultSeverity(m.Device.Class, e.Kind)
	if s := v.Get("severity"); s != nil && s.Type() != fastjson.TypeNull {
		if s.Type() != fastjson.TypeString {
			return telemetry.Reject(telemetry.BadEvent, `"severity" is a JSON %s, not a text`, s.Type())
		}
		if e.Severity, err = telemetry.ParseSeverity(string(s.GetStringBytes())); err != nil {
			return telemetry.Reject(telemetry.BadEvent, "%w", err)
		}
	}

	if a := v.Get("attrs"); a != nil && a.Type() != fastjson.TypeNull {
		if a.Type() != fastjson.TypeObject {
			return telemetry.Reject(telemetry.BadEvent, `"attrs" is a JSON %s, not an object`, a.Type())
		}
		e.Attrs = string(a.MarshalTo(nil))
	}

	if e.ID, err = j.eventID(v.Get("id"), e); err != nil {
		return err
	}
	out.Events = append(out.Events, e)
	return nil
}

// eventID takes the device's own id, a text or a whole number, or derives one
// from what the event says, so that the same event sent twice has the same id.
func (j *JSON) eventID(v *fastjson.Value, e telemetry.Event) (string, error) {
	if v == nil || v.Type() == fastjson.TypeNull {
		return deriveID(e), nil
	}
	var id string
	switch v.Type() {
	case fastjson.TypeString:
		id = string(v.GetStringBytes())
	case fastjson.TypeNumber:
		id = v.String()
	default:
		return "", telemetry.Reject(telemetry.BadEvent, `"id" is a JSON %s, not a text or a number`, v.Type())
	}
	if err := telemetry.CheckName(id); err != nil {
		return "", telemetry.Reject(telemetry.BadEvent, `"id": %w`, err)
	}
	return id, nil
}

func deriveID(e telemetry.Event) string {
	var h xxhash.Digest
	h.Reset()
	for _, s := range []string{e.Device.String(), e.Kind, strconv.FormatInt(int64(e.TS), 10), e.Attrs} {
		_, _ = h.WriteString(s) // a hash does not fail
		_, _ = h.Write([]byte{0})
	}
	return hex.EncodeToString(binary.BigEndian.AppendUint64(nil, h.Sum64()))
}

// decodeStatus reads the last-will payloads: the bare word online or offline,
// quoted or not.
func decodeStatus(out *Output, m Message) {
	out.Dated = false
	switch word := strings.Trim(string(m.Payload[:min(len(m.Payload), 64)]), " \t\r\n\""); word {
	case telemetry.Online, telemetry.Offline:
		out.Statuses = append(out.Statuses, telemetry.Status{Device: m.Device, Online: word == telemetry.Online, Received: m.Received})
	case "":
		out.rejectAll(m.Payload, telemetry.Reject(telemetry.Empty, "an empty status"))
	default:
		out.rejectAll(m.Payload, telemetry.Reject(telemetry.BadSyntax, "status %q is not online or offline", word))
	}
}
