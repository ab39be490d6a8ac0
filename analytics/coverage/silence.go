package coverage

import (
	"fmt"
	"strconv"
	"strings"

	"steward/internal/clickhouse"
	"steward/internal/telemetry"
)

// The kinds of event. They are for questions about the past: alarms have their own
// rules for devices that fall silent, evaluated as messages come.
const (
	Silent        = "silent"
	SilentCleared = "silent_cleared"
)

// A device is silent when it sent nothing for six times its cadence and half an hour
// at least: a lost message or two, or a gateway that starts anew, is not silence.
// Within an hour in which it sent something nothing is looked for.
const (
	silentAfter = 6
	silentLeast = hour / 2
)

func patience(cadence telemetry.Millis) telemetry.Millis {
	return max(silentAfter*cadence, silentLeast)
}

// severities of a silent device: a detector that says nothing protects nobody.
var severities = map[telemetry.Class]telemetry.Severity{
	telemetry.Fire: telemetry.Critical, telemetry.Elevator: telemetry.Warning, telemetry.Access: telemetry.Warning, telemetry.Meter: telemetry.Info,
}

// silences are the events of one device that belong to a period. Those that are on
// record are left out by whoever keeps them. open is the last message before a
// silence that is on record and has not ended, 0 for none.
func silences(d *telemetry.Device, hours []clickhouse.MessageHour, list []telemetry.Millis, open, from, to telemetry.Millis) []telemetry.Event {
	var events []telemetry.Event
	add := func(kind string, last, ts, cadence telemetry.Millis) {
		if ts < from || ts >= to {
			return
		}
		e := telemetry.Event{
			Device: d, Kind: kind, ID: kind + "-" + strconv.FormatInt(int64(last), 10), TS: ts, Severity: telemetry.Info,
			Attrs: fmt.Sprintf(`{"last":%q,"cadence_s":%g}`, last.String(), float64(cadence)/1000),
		}
		if kind == Silent {
			e.Severity = severities[d.Class]
		}
		events = append(events, e)
	}
	for i, h := range hours {
		last, cadence := open, list[i]
		if i > 0 {
			last, cadence = hours[i-1].Last, list[i-1]
		}
		switch {
		case last == 0 || h.First <= last:
		case i == 0: // it is on record that it fell silent
			add(SilentCleared, last, h.First, cadence)
		case cadence > 0 && h.First-last > patience(cadence):
			add(Silent, last, last+patience(cadence), cadence)
			add(SilentCleared, last, h.First, cadence)
		}
	}
	if n := len(hours); n > 0 && list[n-1] > 0 {
		if last := hours[n-1].Last; last+patience(list[n-1]) < to {
			add(Silent, last, last+patience(list[n-1]), list[n-1])
		}
	}
	return events
}

// lastOf is the time of the last message, which the ID of a silence has.
func lastOf(id string) telemetry.Millis {
	_, number, _ := strings.Cut(id, "-")
	ms, err := strconv.ParseInt(number, 10, 64)
	if err != nil || ms < 0 {
		return 0 // an event that a device called so itself
	}
	return telemetry.Millis(ms)
}
