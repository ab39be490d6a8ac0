package notify

import (
	"strconv"
	"time"

	"steward/internal/authz"
	"steward/internal/incident"
	"steward/internal/telemetry"
)

// trial is a message that says it is a test, in both languages. What it is about
// never happened: an incident of the place test/test that was over as it began.
func trial(channel string) Message {
	now := time.Now().UTC().Truncate(time.Millisecond)
	key := "test-" + channel + "-" + strconv.FormatInt(now.UnixMilli(), 10)
	place := authz.Place{Region: "test", Project: "test"}
	item := Item{
		Notice: incident.Notice{
			Key: key, Incident: "test", What: whatTest, Severity: telemetry.Info, Place: place, CreatedAt: now,
		},
		Incident: incident.Incident{
			ID: key, Rule: "steward_test", Kind: "test", Severity: telemetry.Info, Place: place,
			Title:   incident.Text{ZH: "通道测试", EN: "Test of a channel"},
			Summary: incident.Text{ZH: "通道测试", EN: "Test of a channel"},
			State:   incident.Resolved, Count: 1, StartedAt: now, Received: now, ResolvedAt: &now,
			Stages: []incident.Stage{}, Clocks: []incident.Clock{}, Told: []incident.Told{},
		},
	}
	m := Message{Key: key, Lang: "zh", Severity: telemetry.Info, Items: []Item{item}, Test: true}
	english := Message{Lang: "en"}
	r := &renderer{}
	s := sentence{Channel: channel}
	p := page{Colour: severityColour(telemetry.Info)}
	err := r.fill(&english, whatTest, s, p)
	if err == nil {
		p.Lang, p.More = m.Lang, english.Text
		err = r.fill(&m, whatTest, s, p)
	}
	if err != nil {
		panic("notify: " + err.Error()) // the templates are ours
	}
	m.Subject += " / " + english.Subject
	return m
}
