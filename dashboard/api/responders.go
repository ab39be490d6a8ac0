package api

import (
	"context"
	"net/http"

	"steward/internal/authz"
	"steward/internal/registry"
)

type respondersIn struct {
	PageIn
	Ended bool `query:"ended" doc:"Also those that were ended."`
}

type ResponderPath struct {
	ID string `path:"responder" minLength:"1" maxLength:"64" example:"20261120060000-k3v9x2m4q7" doc:"The responder."`
}

type responderCreate struct{ Body registry.Responder }

type responderOut struct {
	Location string `header:"Location" doc:"The list that it is in."`
	Body     registry.Responder
}

var exampleResponder = registry.Responder{
	ID: "20261120060000-k3v9x2m4q7", Name: "王师傅（电梯维保）", Region: "north", Project: "harbour",
	Card: "psn_8f14e45fceea167a5a36dedd4bea2543", Note: "维保合同 2026-17", Meta: exampleMeta,
}

func (a *API) registerResponders() {
	fresh := exampleResponder
	fresh.ID, fresh.Meta = "", registry.Meta{}
	register(a, authz.Manage, operation{
		ID: "list-responders", Method: http.MethodGet, Path: "/responders", Tag: "On call", Summary: "List people whose card says that help is there",
		Answer: listBody[registry.Responder]{Items: []registry.Responder{exampleResponder}},
	}, func(ctx context.Context, c caller, in *respondersIn) (*listOut[registry.Responder], error) {
		l, err := a.as(c).Responders(ctx, registry.ResponderFilter{Ended: in.Ended}, in.page())
		return list(ctx, l.Items, l.Next), err
	})
	register(a, authz.Manage, operation{
		ID: "create-responder", Method: http.MethodPost, Path: "/responders", Tag: "On call", Summary: "Enter the card of a responder",
		Description: "Its passage at a gate of the place counts as arrived for the incidents there whose rule says so. The card is given as its keyed hash, as the events of the gate show it.",
		Status:      http.StatusCreated, Request: fresh, Answer: exampleResponder,
	}, func(ctx context.Context, c caller, in *responderCreate) (*responderOut, error) {
		r, err := a.as(c).CreateResponder(ctx, in.Body)
		return &responderOut{Location: Prefix + "/responders", Body: r}, err
	})
	register(a, authz.Manage, operation{
		ID: "end-responder", Method: http.MethodPost, Path: "/responders/{responder}/end", Tag: "On call", Summary: "Let a responder's card say nothing any more",
		Answer: exampleResponder,
	}, func(ctx context.Context, c caller, in *ResponderPath) (*responderOut, error) {
		r, err := a.as(c).EndResponder(ctx, in.ID)
		return &responderOut{Body: r}, err
	})
}
