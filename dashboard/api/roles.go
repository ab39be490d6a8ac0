package api

import (
	"context"
	"net/http"

	"steward/internal/authz"
)

// roleInfo is a role with all that it allows.
type roleInfo struct {
	Name        authz.Role         `json:"name" example:"engineer"`
	Permissions []authz.Permission `json:"permissions" nullable:"false" doc:"From the least to the greatest."`
}

// operationInfo is what one operation needs.
type operationInfo struct {
	ID         string           `json:"id" example:"update-device"`
	Tag        string           `json:"tag" example:"Devices" doc:"The chapter of the document."`
	Summary    string           `json:"summary"`
	Changes    bool             `json:"changes" doc:"It changes something, or makes something happen."`
	Permission authz.Permission `json:"permission" example:"configure"`
	Everywhere bool             `json:"everywhere" doc:"The permission is needed at headquarters."`
}

type rolesOut struct {
	Body struct {
		Roles      []roleInfo      `json:"roles" nullable:"false" doc:"From the least to the greatest."`
		Operations []operationInfo `json:"operations" nullable:"false" doc:"Those that need a permission, in the order of the document."`
	} `nameHint:"Roles"`
}

func (a *API) registerRoles() {
	register(a, SignedIn, operation{
		ID: "list-roles", Method: http.MethodGet, Path: "/roles", Tag: "People", Summary: "Read what each role allows",
		Description: "The rules by which requests are judged, so that nobody has to guess what a role is for. Of what an operation can do, some may need more: its own chapter says so.",
		Answer: map[string]any{
			"roles":      []roleInfo{{authz.Viewer, []authz.Permission{authz.Read}}, {authz.Operator, []authz.Permission{authz.Read, authz.Act}}},
			"operations": []operationInfo{{ID: "act-on-incident", Tag: "Incidents", Summary: "Acknowledge, dispatch, arrive, resolve, or note something", Changes: true, Permission: authz.Act}},
		},
	}, func(context.Context, caller, *struct{}) (*rolesOut, error) {
		out := &rolesOut{}
		for _, r := range authz.Roles() {
			info := roleInfo{Name: r}
			for _, p := range authz.Permissions() {
				if r.Allows(p) {
					info.Permissions = append(info.Permissions, p)
				}
			}
			out.Body.Roles = append(out.Body.Roles, info)
		}
		for _, op := range a.operations {
			if op.permission == Public || op.permission == SignedIn {
				continue
			}
			out.Body.Operations = append(out.Body.Operations, operationInfo{
				op.ID, op.Tag, op.Summary, op.Method != http.MethodGet && !op.ReadOnly, op.permission, op.Everywhere,
			})
		}
		return out, nil
	})
}
