package codec

import (
	"strings"

	"steward/internal/authz"
	"steward/internal/operations"
	"steward/internal/telemetry"
)

// Records is what arrived on a topic of operations.
type Records struct {
	Place    authz.Place
	Kind     *operations.Kind
	Payload  []byte
	Received telemetry.Millis
	// Pseudonym reports whether a text is one: no other is kept of a person.
	Pseudonym func([]byte) bool
}

// Operations decodes one record or a list of them into out, which it resets first.
// Those of a list that are wrong are quarantined one by one.
func (j *JSON) Operations(out *Output, m Records) {
	out.Reset()
	given, texts, err := operations.Parse(m.Payload)
	if err != nil {
		out.rejectAll(m.Payload, trimReject(err))
		return
	}
	arrival := operations.Arrival{
		Place: m.Place, Received: m.Received.Time(), Source: operations.MQTT, Ahead: j.clock.MaxAhead,
		Pseudonym: func(name string) string {
			if m.Pseudonym == nil || !m.Pseudonym([]byte(name)) {
				return "" // the door was told to leave people alone; here they end
			}
			return name
		},
	}
	for i, g := range given {
		if g["updated"] == nil {
			out.Dated = false
		}
		r, problems := m.Kind.Read(g, arrival)
		if len(problems) == 0 && m.Kind == operations.Inspections() && operations.LevelOfID(r.Of().ID) != operations.LevelProject {
			problems = []operations.Problem{{
				Field: "level", Value: operations.LevelOfID(r.Of().ID),
				Problem: "is not for a project to tell of: inspections by the region or headquarters come by the API or in a file",
			}}
		}
		if len(problems) == 0 {
			out.Operations = append(out.Operations, r)
			continue
		}
		err := wrongRecord(problems)
		if len(given) == 1 {
			out.rejectAll(m.Payload, err)
			return
		}
		if len(out.Rejects) == maxRejectsPerMessage {
			out.rejectAll(m.Payload, telemetry.Reject(telemetry.BadSyntax, "more than %d records of the list are wrong, the last at %d: %w", maxRejectsPerMessage, i, err.Err))
			return
		}
		out.reject(texts[i], inElement(i, err))
	}
}

// mostProblems is how many of a record's problems are written down.
const mostProblems = 5

func wrongRecord(problems []operations.Problem) *telemetry.RejectError {
	var parts []string
	for _, p := range problems[:min(len(problems), mostProblems)] {
		parts = append(parts, p.String())
	}
	return telemetry.Reject(telemetry.BadValue, "%s", strings.Join(parts, "; "))
}

// trimReject bounds what the standard library's errors quote.
func trimReject(err error) error {
	if r, ok := err.(*telemetry.RejectError); ok { //nolint:errorlint // Parse returns it as it is
		return telemetry.Reject(r.Reason, "%w", trimError(r.Err))
	}
	return trimError(err)
}
