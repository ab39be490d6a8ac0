package main

import (
	"strings"
	"testing"
	"time"

	"steward/alerting/engine"
	"steward/alerting/estate"
	"steward/ingest/codec"
	"steward/internal/telemetry"
)

func TestAlarmFrames(t *testing.T) {
	start := time.Now()
	at := func(ms int, text string) frame {
		return frame{start.Add(time.Duration(ms) * time.Millisecond), []byte(text)}
	}
	c := &alarmCalls{start: start, sent: []time.Duration{10 * time.Millisecond, 20 * time.Millisecond}}
	frames := []frame{
		at(12, `{"type":"delta","events":[{"device":"region-1/estate-01/elevator/lift-00000","kind":"entrapment"}]}`),
		at(15, `{"type":"incidents","incidents":[{"device":"lift-00000"}]}`),
		at(16, `{"type":"incidents","incidents":[{"device":"lift-00000"}]}`),
		at(29, `{"type":"delta","events":[{"device":"region-1/estate-01/elevator/lift-00001","kind":"entrapment"}]}`),
	}
	if _, _, err := c.shown(frames); err == nil || !strings.Contains(err.Error(), "lift-00001") {
		t.Errorf("one that did not come: %v", err)
	}
	incidents, events, err := c.shown(append(frames, at(31, `{"type":"incidents","incidents":[{"device":"lift-00001"}]}`)))
	if err != nil {
		t.Fatal(err)
	}
	i, e := summary(alarmIncident, 1, incidents), summary(alarmEvent, 1, events)
	if i.P50 != 5 || i.Max != 11 || e.P50 != 2 || e.Max != 9 {
		t.Errorf("%+v, %+v", i, e)
	}
	if got := alarmRatios([]latencyRun{e, i}); len(got) != 2 || got[0].Is != 2.5 {
		t.Errorf("%+v", got)
	}
}

// What is measured is what is said: each message has its rules looked at.
func TestRulesAreLookedAt(t *testing.T) {
	set, err := manyRules()
	if err != nil {
		t.Fatal(err)
	}
	if len(set.Rules) != ruleCount {
		t.Errorf("%d rules", len(set.Rules))
	}
	for _, all := range [][]rawMessage{telemetryMessages()[:1], eventMessages()[:1]} {
		inputs, err := decodeAll(codec.NewJSON(telemetry.DefaultClockPolicy()), all)
		if err != nil {
			t.Fatal(err)
		}
		in := inputs[0]
		e := engine.New(engine.Options{Estate: estate.New()})
		e.SetRules(set, in.Received)
		if out := e.Process(in); len(out) > 0 {
			t.Errorf("%s: %d signals", in.Payload, len(out))
		}
		// The same that is over every threshold.
		for i := range in.Readings {
			in.Readings[i].Value = 2_000_000
		}
		for i := range in.Events {
			in.Events[i].Attrs, in.Events[i].ID = `{"code":2000000}`, "another"
		}
		move(in, in.Received+1000)
		found := len(e.Process(in)) + e.Stats().Waiting
		if found != lookedAt {
			t.Errorf("%s: %d rules hold, want %d", in.Payload, found, lookedAt)
		}
	}
}
