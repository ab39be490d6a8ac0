package notify

import (
	"encoding/json"
	"time"

	"steward/internal/incident"
	"steward/internal/telemetry"
)

// shown is an incident as other systems get it: without what is to come, which
// is Steward's own affair, and without the names of who was told and the
// addresses from which people acted, which are nobody else's.
func shown(inc incident.Incident) incident.Incident {
	inc.Plan, inc.Comings, inc.Told = nil, nil, []incident.Told{}
	stages := make([]incident.Stage, len(inc.Stages))
	copy(stages, inc.Stages)
	for i := range stages {
		stages[i].By.Remote = ""
	}
	inc.Stages = stages
	return inc
}

// document is what a webhook carries.
type document struct {
	Key      string             `json:"key"`
	What     string             `json:"what"` // opened, …, digest, test
	Lang     string             `json:"lang"`
	Severity telemetry.Severity `json:"severity"`
	Subject  string             `json:"subject"`
	Text     string             `json:"text"`
	Link     string             `json:"link,omitempty"`
	Items    []documentItem     `json:"items"`
}

type documentItem struct {
	Key       string            `json:"key"`
	What      string            `json:"what"`
	Receiver  string            `json:"receiver"`
	CreatedAt time.Time         `json:"created_at"`
	Data      json.RawMessage   `json:"data,omitempty"`
	Incident  incident.Incident `json:"incident"`
}

func documentOf(m Message) document {
	d := document{
		Key: m.Key, What: m.what(), Lang: m.Lang, Severity: m.Severity, Subject: m.Subject, Text: m.Text, Link: m.Link,
		Items: make([]documentItem, len(m.Items)),
	}
	for i, it := range m.Items {
		d.Items[i] = documentItem{it.Notice.Key, it.Notice.What, it.Notice.Receiver, it.Notice.CreatedAt, it.Notice.Data, shown(it.Incident)}
	}
	return d
}

// what the message as a whole is about.
func (m *Message) what() string {
	switch {
	case m.Test:
		return whatTest
	case len(m.Items) == 1:
		return m.Items[0].Notice.What
	}
	return whatDigest
}
