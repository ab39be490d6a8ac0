package simulate

import (
	"strconv"

	"steward/internal/telemetry"
)

// The payloads of the status stream.
var (
	payloadOnline  = []byte("online")
	payloadOffline = []byte("offline")
)

// appendTelemetry appends the contract's telemetry object for one sample,
// {"ts":…,"values":{…},"seq":…}. Metric names and modes are this package's own
// and need no escaping.
func appendTelemetry(b []byte, ts telemetry.Millis, s *sample, seq uint64) []byte {
	b = append(b, `{"ts":`...)
	b = strconv.AppendInt(b, int64(ts), 10)
	b = append(b, `,"values":{`...)
	for i, v := range s.values {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '"')
		b = append(b, v.metric...)
		b = append(b, '"', ':')
		b = appendNumber(b, v.number)
	}
	if s.mode != "" {
		b = append(b, `,"mode":"`...)
		b = append(b, s.mode...)
		b = append(b, '"')
	}
	b = append(b, `},"seq":`...)
	b = strconv.AppendUint(b, seq, 10)
	return append(b, '}')
}

// appendNumber writes a value as the shortest decimal that reads back the
// same. Whole numbers, which counters and flags often are, go the quick way.
func appendNumber(b []byte, v float64) []byte {
	if n := int64(v); float64(n) == v {
		return strconv.AppendInt(b, n, 10)
	}
	return strconv.AppendFloat(b, v, 'f', -1, 64)
}

// appendEvent appends the contract's event object. The severity is left out
// when it is the kind's own.
func appendEvent(b []byte, d *device, h *happening) []byte {
	b = append(b, `{"ts":`...)
	b = strconv.AppendInt(b, int64(h.at+d.clockOffset), 10)
	b = append(b, `,"event":"`...)
	b = append(b, h.kind...)
	b = append(b, `","id":"`...)
	b = append(b, h.id...)
	if h.severity != "" {
		b = append(b, `","severity":"`...)
		b = append(b, h.severity...)
	}
	b = append(b, `","attrs":`...)
	b = append(b, h.attrs...)
	return append(b, '}')
}
