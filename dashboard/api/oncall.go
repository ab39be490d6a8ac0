package api

import (
	"context"
	"net/http"
	"time"

	"steward/internal/authz"
	"steward/internal/registry"
)

// longestOnCall bounds the time of which shifts are listed.
const longestOnCall = 100 * 24 * time.Hour

type onCallIn struct {
	From time.Time `query:"from" doc:"Shifts that end after it; now when absent." example:"2026-11-16T00:00:00Z"`
	To   time.Time `query:"to" doc:"Shifts that begin before it; a week after from when absent, 100 days at most." example:"2026-11-23T00:00:00Z"`
}

type onCallOut struct {
	Body struct {
		From  time.Time  `json:"from"`
		To    time.Time  `json:"to"`
		Items []Schedule `json:"items" nullable:"false"`
	} `nameHint:"OnCall"`
}

type overridesIn struct {
	PageIn
	Ended bool `query:"ended" doc:"Also those that are over."`
}

type overrideCreate struct{ Body registry.Override }

type OverridePath struct {
	ID string `path:"override" minLength:"1" maxLength:"64" example:"20261120060000-k3v9x2m4q7" doc:"The override."`
}

type overrideOut struct {
	Location string `header:"Location" doc:"The list that it is in."`
	Body     registry.Override
}

func (a *API) registerOnCall() {
	until := exampleTime.Add(12 * time.Hour)
	shift := Shift{Contact: "li.wei", From: exampleTime, To: until}
	register(a, authz.Read, operation{
		ID: "on-call", Method: http.MethodGet, Path: "/on-call", Tag: "On call", Summary: "See who is on call, now and later",
		Description: "The schedules of the places that the caller sees, and of those above them.",
		Answer: map[string]any{"from": exampleTime, "to": exampleTime.AddDate(0, 0, 7), "items": []Schedule{{
			Name: "north-lifts", Place: authz.Place{Region: "north"}, Now: []string{"li.wei"}, Contacts: []string{"li.wei", "zhang.min"}, Shifts: []Shift{shift},
		}}},
	}, a.onCall)
	register(a, authz.Read, operation{
		ID: "list-on-call-overrides", Method: http.MethodGet, Path: "/on-call/overrides", Tag: "On call", Summary: "List who stands in for whom",
		Answer: listBody[registry.Override]{Items: []registry.Override{exampleOverride}},
	}, func(ctx context.Context, c caller, in *overridesIn) (*listOut[registry.Override], error) {
		l, err := a.as(c).Overrides(ctx, registry.OverrideFilter{Ended: in.Ended}, in.page())
		return list(ctx, l.Items, l.Next), err
	})
	register(a, authz.Configure, operation{
		ID: "create-on-call-override", Method: http.MethodPost, Path: "/on-call/overrides", Tag: "On call", Summary: "Let somebody stand in on call",
		Status: http.StatusCreated, Request: newOverride(), Answer: exampleOverride,
	}, func(ctx context.Context, c caller, in *overrideCreate) (*overrideOut, error) {
		o, err := a.as(c).CreateOverride(ctx, in.Body)
		return &overrideOut{Location: Prefix + "/on-call/overrides", Body: o}, err
	})
	register(a, authz.Configure, operation{
		ID: "end-on-call-override", Method: http.MethodPost, Path: "/on-call/overrides/{override}/end", Tag: "On call", Summary: "End a standing in",
		Description: "The schedule holds again from now on.", Answer: exampleOverride,
	}, func(ctx context.Context, c caller, in *OverridePath) (*overrideOut, error) {
		o, err := a.as(c).EndOverride(ctx, in.ID)
		return &overrideOut{Body: o}, err
	})
}

func (a *API) onCall(ctx context.Context, c caller, in *onCallIn) (*onCallOut, error) {
	if in.From.IsZero() {
		in.From = a.Now()
	}
	if in.To.IsZero() {
		in.To = in.From.AddDate(0, 0, 7)
	}
	switch {
	case !within(in.From) || !within(in.To):
		return nil, invalid("from", "", "the time is not between 1970 and 2200")
	case !in.From.Before(in.To):
		return nil, invalid("from", in.From.Format(time.RFC3339), "is not before to")
	case in.To.Sub(in.From) > longestOnCall:
		return nil, invalid("to", in.To.Format(time.RFC3339), "is more than 100 days after from")
	}
	if a.OnCall == nil {
		return nil, notHere("alerting")
	}
	schedules, err := a.OnCall.Schedules(ctx, c.Scope(), in.From, in.To)
	if err != nil {
		return nil, err
	}
	out := &onCallOut{}
	out.Body.From, out.Body.To, out.Body.Items = in.From.UTC(), in.To.UTC(), []Schedule{}
	for _, s := range schedules {
		if !c.Scope().Touches(s.Place) {
			continue
		}
		if s.Now == nil {
			s.Now = []string{}
		}
		if s.Contacts == nil {
			s.Contacts = []string{}
		}
		if s.Shifts == nil {
			s.Shifts = []Shift{}
		}
		out.Body.Items = append(out.Body.Items, s)
	}
	return out, nil
}

func newOverride() registry.Override {
	return registry.Override{
		Schedule: "north-lifts", Contact: "zhang.min", Region: "north", From: exampleTime, Until: exampleTime.Add(12 * time.Hour), Note: "调班",
	}
}

var exampleOverride = func() registry.Override {
	o := newOverride()
	o.ID, o.Meta = "20261120060000-k3v9x2m4q7", exampleMeta
	return o
}()
