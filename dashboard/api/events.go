package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/telemetry"
)

type eventsIn struct {
	Measured
	EventKinds
	Order  string `query:"order" enum:"newest,oldest" default:"newest" doc:"Which come first."`
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"At most so many events."`
	Cursor string `query:"cursor" maxLength:"4096" doc:"Where to go on: the next of the list before. It belongs to the same query."`
}

type EventKinds struct {
	Kind     []string             `query:"kind" maxItems:"50" doc:"Only these kinds." example:"entrapment"`
	Severity []telemetry.Severity `query:"severity" enum:"life_safety,critical,warning,info" maxItems:"4" doc:"Only those of these severities."`
}

func (k EventKinds) check() error {
	for _, kind := range k.Kind {
		if err := telemetry.CheckName(kind); err != nil {
			return invalid("kind", kind, "is not a name: %v", err)
		}
	}
	return nil
}

func (k EventKinds) severities() []string {
	names := make([]string, len(k.Severity))
	for i, s := range k.Severity {
		names[i] = string(s)
	}
	return names
}

type eventItem struct {
	DeviceName
	TS       time.Time          `json:"ts" doc:"When it happened, by the device's clock."`
	Received time.Time          `json:"received" doc:"When Steward received it."`
	Kind     string             `json:"kind" example:"entrapment"`
	ID       string             `json:"id" doc:"Unique for the device."`
	Severity telemetry.Severity `json:"severity" example:"life_safety"`
	Attrs    any                `json:"attrs" doc:"What the device said besides. Identities of people are keyed hashes."`
}

func (a *API) registerEvents() {
	register(a, authz.Read, operation{
		ID: "events", Method: http.MethodGet, Path: "/events", Tag: "Measurements", Summary: "List events",
		Heavy: true, Timeout: time.Minute,
		Answer: listBody[eventItem]{Items: []eventItem{{
			DeviceName: DeviceName{"north", "harbour", telemetry.Elevator, "e2"}, TS: exampleTime, Received: exampleTime, Kind: telemetry.Entrapment,
			ID: "e2-20261120-1", Severity: telemetry.LifeSafety, Attrs: map[string]any{"floor": 7},
		}}},
	}, func(ctx context.Context, c caller, in *eventsIn) (*listOut[eventItem], error) {
		f, err := in.filter(a.Now())
		if err == nil {
			err = in.check()
		}
		if err != nil {
			return nil, err
		}
		data, err := a.data()
		if err != nil {
			return nil, err
		}
		page, err := data.Events(ctx, c.Scope(), clickhouse.EventsQuery{
			Filter: f, Kinds: in.Kind, Severities: in.severities(), From: in.From, To: in.To,
			Limit: in.Limit, Cursor: in.Cursor, OldestFirst: in.Order == "oldest",
		})
		if err != nil {
			return nil, err
		}
		items := make([]eventItem, len(page.Events))
		for i := range page.Events {
			e := &page.Events[i]
			items[i] = eventItem{
				DeviceName: nameOf(*e.Device), TS: e.TS.Time(), Received: e.Received.Time(), Kind: e.Kind, ID: e.ID, Severity: e.Severity, Attrs: attributes(e.Attrs),
			}
		}
		return list(ctx, items, page.Next), nil
	})
}

// attributes are an event's as JSON; as text should they be none.
func attributes(text string) any {
	if json.Valid([]byte(text)) {
		return json.RawMessage(text)
	}
	return text
}
