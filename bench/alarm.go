package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"steward/internal/mqtttest"
	"steward/internal/telemetry"
)

// alarmsPerSecond is how often somebody is stuck, each time in another lift: more
// than a company has, and few enough that one does not wait for another.
const alarmsPerSecond = 10

// What is compared: the same message on both of its ways.
const (
	alarmIncident = "entrapment to incident on the websocket"
	alarmEvent    = "entrapment to event on the websocket"
)

// alerting measures the way of an alarm, and what rules cost.
func (b *bench) alerting(ctx context.Context) error {
	if err := b.alarms(ctx); err != nil {
		return err
	}
	if err := b.rules(); err != nil {
		return err
	}
	return b.ruleMemory()
}

// alarms measures the time from the publish of an entrapment until the page that
// shows the whole fleet is told of the incident, while telemetry comes in; and of
// the same message as a mere event, which takes the way of all telemetry.
func (b *bench) alarms(ctx context.Context) (err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	broker, s, stop, err := b.startSteward(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	watch, err := b.watchPage(ctx, s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, watch.close()) }()

	j := newJourney(b.settings.Rate, b.settings.Lasting)
	calls := &alarmCalls{start: j.start}
	published := make(chan error, 2)
	go func() { published <- j.publish(ctx, broker.Addr(), b.settings.Rate) }()
	go func() { published <- calls.publish(ctx, broker.Addr(), b.settings.Lasting) }()
	_, err = j.awaitRows(ctx, s)
	if err != nil {
		cancel() // the publishers too
	}
	if err := errors.Join(err, <-published, <-published); err != nil {
		return err
	}
	if err := s.check(ctx, j.messages); err != nil {
		return err
	}
	frames, err := watch.take()
	if err != nil {
		return err
	}
	incidents, events, err := calls.shown(frames)
	if err != nil {
		return err
	}
	for _, l := range []latencyRun{summary(alarmIncident, b.settings.Rate, incidents), summary(alarmEvent, b.settings.Rate, events)} {
		b.report.Latency = append(b.report.Latency, l)
		b.say("  %s: p50 %.0f ms, p99 %.0f ms, max %.0f ms", l.What, l.P50, l.P99, l.Max)
	}
	return nil
}

// alarmCalls are the entrapments of a run. All times are from its start.
type alarmCalls struct {
	start time.Time
	sent  []time.Duration // of each, in order; written by the publisher
}

func lift(n int) telemetry.Device {
	return telemetry.Device{Region: "region-1", Project: "estate-01", Class: telemetry.Elevator, ID: fmt.Sprintf("lift-%05d", n)}
}

// publish lets people be stuck for as long as the run is measured, by a connection
// of its own, as each lift has one.
func (c *alarmCalls) publish(ctx context.Context, addr string, lasting time.Duration) (err error) {
	p, err := mqtttest.NewPublisher(ctx, mqtttest.PublisherOptions{Addr: addr, Rate: alarmsPerSecond})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	defer context.AfterFunc(ctx, func() { _ = p.Close() })()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(time.Until(c.start.Add(warmUp))):
	}
	for n := range int(alarmsPerSecond * lasting.Seconds()) {
		if err := p.Ready(); err != nil {
			return err
		}
		now := time.Now()
		c.sent = append(c.sent, now.Sub(c.start))
		payload := fmt.Sprintf(`{"ts":%d,"event":"entrapment","id":"%d","attrs":{"floor":7}}`, now.UnixMilli(), n)
		d := lift(n)
		if _, err := p.Publish(d.Topic(telemetry.StreamEvent), []byte(payload)); err != nil {
			return err
		}
	}
	return p.Flush(ctx)
}

// shown takes from the frames when each entrapment came first, as an incident and
// as an event. Every one must have.
func (c *alarmCalls) shown(frames []frame) (incidents, events []time.Duration, err error) {
	calls, plain := map[string]time.Time{}, map[string]time.Time{}
	first := func(seen map[string]time.Time, lift string, at time.Time) {
		if _, ok := seen[lift]; !ok {
			seen[lift] = at
		}
	}
	for _, f := range frames {
		var m struct {
			Incidents []struct {
				Device string `json:"device"`
			} `json:"incidents"`
			Events []struct {
				Device string `json:"device"`
			} `json:"events"`
		}
		if err := json.Unmarshal(f.text, &m); err != nil {
			return nil, nil, fmt.Errorf("a frame of the websocket: %w", err)
		}
		for _, i := range m.Incidents {
			first(calls, i.Device, f.at)
		}
		for _, e := range m.Events {
			first(plain, e.Device[strings.LastIndexByte(e.Device, '/')+1:], f.at)
		}
	}
	for n, sent := range c.sent {
		id := lift(n).ID
		call, called := calls[id]
		event, told := plain[id]
		if !called || !told {
			return nil, nil, fmt.Errorf("the entrapment in %s, %d of %d, did not come to the page as an incident (%t) and as an event (%t)", id, n+1, len(c.sent), called, told)
		}
		incidents = append(incidents, call.Sub(c.start)-sent)
		events = append(events, event.Sub(c.start)-sent)
	}
	return incidents, events, nil
}

// alarming is the mode of the ratios of alarms.
const alarming = "alarm"

// alarmRatios compares the incident with the mere event.
func alarmRatios(runs []latencyRun) []ratio {
	find := func(what string) int {
		return slices.IndexFunc(runs, func(l latencyRun) bool { return l.What == what })
	}
	i, e := find(alarmIncident), find(alarmEvent)
	if i < 0 || e < 0 {
		return nil
	}
	return []ratio{
		{"p50", alarming, "incident", "event", runs[i].P50 / runs[e].P50},
		{"p99", alarming, "incident", "event", runs[i].P99 / runs[e].P99},
	}
}
