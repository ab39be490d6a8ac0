package calls

import (
	"encoding/json"
	"slices"
	"time"

	"steward/internal/incident"
)

// encodeIncident is the JSON of an incident for screens: what only the alerting
// room reads is left out, and from which address people acted.
func encodeIncident(in *incident.Incident) []byte {
	shown := *in
	shown.Plan, shown.Comings = nil, nil
	shown.Stages = slices.Clone(in.Stages)
	for i := range shown.Stages {
		shown.Stages[i].By.Remote = ""
	}
	return encode(shown)
}

// encodeEntry is the JSON of a timeline entry for screens: raw messages and
// hashes are for evidence.
func encodeEntry(e *incident.Entry) []byte {
	actor := e.Actor
	actor.Remote = ""
	return encode(struct {
		Seq      int64              `json:"seq"`
		Incident string             `json:"incident"`
		N        int                `json:"n"`
		Kind     incident.EntryKind `json:"kind"`
		At       time.Time          `json:"at"`
		Received time.Time          `json:"received_at"`
		State    incident.State     `json:"state"`
		Actor    incident.Actor     `json:"actor"`
		Note     string             `json:"note,omitempty"`
	}{e.Seq, e.Incident, e.N, e.Kind, e.At, e.Received, e.State, actor, e.Note})
}

func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		// Only a number that is none or a year beyond 9999 could do this, and the
		// store, which keeps the same JSON, would have refused it.
		return []byte("null")
	}
	return b
}
