package api

import (
	"context"
	"net/http"
	"time"

	"steward/internal/authz"
	"steward/internal/identity"
)

// token is identity's Token, explained.
type token struct {
	ID         string        `json:"id"`
	Name       string        `json:"name" doc:"Which machine it is for."`
	Prefix     string        `json:"prefix" doc:"How the secret begins, to recognise it."`
	Grants     []authz.Grant `json:"grants" nullable:"false" doc:"Roles at places: those that the caller manages."`
	Elsewhere  bool          `json:"elsewhere" doc:"There are grants that the caller does not see; he cannot revoke this token."`
	CreatedBy  string        `json:"created_by"`
	CreatedAt  time.Time     `json:"created_at"`
	ExpiresAt  time.Time     `json:"expires_at"`
	LastUsedAt time.Time     `json:"last_used_at,omitzero" doc:"To the minute; absent when it never was."`
	RevokedAt  time.Time     `json:"revoked_at,omitzero" doc:"Absent when it was not revoked."`
}

type tokensIn struct {
	SortedIn
	Search  string `query:"search" maxLength:"200" doc:"Part of the name, in any case."`
	Region  string `query:"region" maxLength:"64" doc:"Only tokens with a grant at this region or below." example:"north"`
	Project string `query:"project" maxLength:"64" doc:"Only tokens with a grant at this project; with region."`
	Ended   bool   `query:"ended" doc:"Also those that were revoked or have expired."`
}

type tokenPath struct {
	Token string `path:"token" maxLength:"64" example:"t_5x2m9q" doc:"The token's ID."`
}

type tokenCreate struct {
	Body struct {
		Name      string        `json:"name" required:"true" minLength:"1" maxLength:"100" doc:"Which machine it is for."`
		Grants    []authz.Grant `json:"grants" required:"true" minItems:"1" maxItems:"200" doc:"Roles at places. Without region and project a place is headquarters."`
		ExpiresAt time.Time     `json:"expires_at,omitzero" doc:"Within ten years; a year from now when absent."`
	} `nameHint:"CreateToken"`
}

type newToken struct {
	Token  token  `json:"token"`
	Secret string `json:"secret" doc:"For Authorization: Bearer, or as the password of the MQTT user token. It is not told again."`
}

type newTokenOut struct {
	Location string `header:"Location" doc:"Where the token is."`
	Body     newToken
}

type tokenOut struct{ Body token }

var exampleToken = token{
	ID: "t_5x2m9q", Name: "grafana", Prefix: "stw_a81Kcd", Grants: []authz.Grant{{Role: authz.Viewer, Place: authz.Place{Region: "north"}}},
	CreatedBy: "li.wei", CreatedAt: exampleTime, ExpiresAt: exampleTime.AddDate(1, 0, 0), LastUsedAt: exampleTime,
}

func (a *API) registerTokens() {
	register(a, authz.Manage, operation{
		ID: "list-tokens", Method: http.MethodGet, Path: "/tokens", Tag: "Tokens", Summary: "List tokens",
		Description: "Those with a grant at a place that the caller manages, by name.", Answer: listBody[token]{Items: []token{exampleToken}},
	}, func(ctx context.Context, c caller, in *tokensIn) (*listOut[token], error) {
		f := identity.TokenFilter{Search: in.Search, At: authz.Place{Region: in.Region, Project: in.Project}, Ended: in.Ended}
		if err := placeFilter(f.At); err != nil {
			return nil, err
		}
		l, err := a.Identity.As(c.Principal).Tokens(ctx, f, in.page())
		tokens := make([]token, len(l.Items))
		for i, t := range l.Items {
			tokens[i] = token(t)
		}
		return list(ctx, tokens, l.Next), err
	})
	register(a, authz.Manage, operation{
		ID: "create-token", Method: http.MethodPost, Path: "/tokens", Tag: "Tokens", Summary: "Create a token", Status: http.StatusCreated, Secret: true,
		Description: "It belongs to the places of its grants and stays when whoever made it goes. Nobody can give more than his own role at a place that he manages.",
		Request:     map[string]any{"name": "grafana", "grants": exampleToken.Grants},
		Answer:      newToken{Token: exampleToken, Secret: "stw_…"},
	}, func(ctx context.Context, c caller, in *tokenCreate) (*newTokenOut, error) {
		t, secret, err := a.Identity.As(c.Principal).CreateToken(ctx, identity.Token{Name: in.Body.Name, Grants: in.Body.Grants, ExpiresAt: in.Body.ExpiresAt})
		return &newTokenOut{Location: Prefix + "/tokens/" + t.ID, Body: newToken{token(t), secret}}, err
	})
	register(a, authz.Manage, operation{
		ID: "get-token", Method: http.MethodGet, Path: "/tokens/{token}", Tag: "Tokens", Summary: "Read a token", Answer: exampleToken,
	}, func(ctx context.Context, c caller, in *tokenPath) (*tokenOut, error) {
		t, err := a.Identity.As(c.Principal).Token(ctx, in.Token)
		return &tokenOut{token(t)}, err
	})
	register(a, authz.Manage, operation{
		ID: "revoke-token", Method: http.MethodPost, Path: "/tokens/{token}/revoke", Tag: "Tokens", Summary: "Revoke a token",
		Description: "For good. It is kept in the list of those that have ended.", Answer: exampleToken,
	}, func(ctx context.Context, c caller, in *tokenPath) (*tokenOut, error) {
		t, err := a.Identity.As(c.Principal).RevokeToken(ctx, in.Token)
		return &tokenOut{token(t)}, err
	})
}
