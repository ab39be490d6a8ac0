package api

import (
	"context"
	"net/http"
	"time"

	"steward/internal/authz"
	"steward/internal/identity"
	"steward/internal/telemetry"
)

// credential is identity's Credential, explained.
type credential struct {
	ID         string                  `json:"id"`
	Name       string                  `json:"name" doc:"The user name: region.project. and a name of its own."`
	Kind       identity.CredentialKind `json:"kind" doc:"device: publishes its own topics; project: those of every device of the project; gateway: those of its children. None reads anything."`
	Region     string                  `json:"region"`
	Project    string                  `json:"project"`
	Class      telemetry.Class         `json:"class,omitempty" doc:"Of a device."`
	Device     string                  `json:"device,omitempty" doc:"Of a device."`
	Children   []string                `json:"children,omitempty" doc:"Of a gateway: class/id of devices of the project."`
	Note       string                  `json:"note" doc:"In words."`
	Version    int64                   `json:"version" doc:"One more with each change; also the ETag."`
	CreatedBy  string                  `json:"created_by"`
	CreatedAt  time.Time               `json:"created_at"`
	UpdatedAt  time.Time               `json:"updated_at"`
	LastUsedAt time.Time               `json:"last_used_at,omitzero" doc:"Of a connection, to the hour; absent when there was none."`
	RevokedAt  time.Time               `json:"revoked_at,omitzero" doc:"Absent when it was not revoked."`
}

type credentialsIn struct {
	SortedIn
	Search  string `query:"search" maxLength:"200" doc:"Part of the name."`
	Region  string `query:"region" maxLength:"64" doc:"Only those of this region." example:"north"`
	Project string `query:"project" maxLength:"64" doc:"Only those of this project; with region." example:"harbour"`
	Kind    string `query:"kind" enum:"device,project,gateway" doc:"Only those of this kind."`
	Revoked bool   `query:"revoked" doc:"Also those that were revoked."`
}

type CredentialPath struct {
	Credential string `path:"credential" maxLength:"64" example:"c_9d4t1z" doc:"The credential's ID."`
}

type credentialGet struct {
	CredentialPath
	Conditional
}

// CredentialFields are what can be changed of a credential.
type CredentialFields struct {
	Children []string `json:"children,omitempty" maxItems:"1000" doc:"Of a gateway: class/id of devices of the project." example:"[\"meter/m1\"]"`
	Note     string   `json:"note,omitempty" maxLength:"500" doc:"In words."`
}

type credentialCreate struct {
	Body struct {
		Name    string `json:"name,omitempty" maxLength:"200" doc:"Begins with region.project. and goes on with a-z, 0-9, '_', '-' and '.'. Made of the device or project when empty."`
		Kind    string `json:"kind" required:"true" enum:"device,project,gateway"`
		Region  string `json:"region" required:"true" maxLength:"64"`
		Project string `json:"project" required:"true" maxLength:"64"`
		Class   string `json:"class,omitempty" enum:"meter,elevator,fire,access" doc:"Of a device."`
		Device  string `json:"device,omitempty" maxLength:"64" doc:"Of a device."`
		CredentialFields
	} `nameHint:"CreateCredential"`
}

type newCredential struct {
	Credential credential `json:"credential"`
	Password   string     `json:"password" doc:"It is not told again."`
}

type credentialUpdate struct {
	CredentialPath
	Guarded
	Body CredentialFields
}

var exampleCredential = credential{
	ID: "c_9d4t1z", Name: "north.harbour.meter.m1", Kind: identity.DeviceCredential, Region: "north", Project: "harbour",
	Class: telemetry.Meter, Device: "m1", Version: 1, CreatedBy: "li.wei", CreatedAt: exampleTime, UpdatedAt: exampleTime,
}

const (
	oneCredential     = "/mqtt-credentials/{credential}"
	mqttTag           = "MQTT credentials"
	examplePassword64 = "Q2hhbmdlIG1lLCBJIGFtIG9ubHkgYW4gZXhhbXBsZSE"
)

func (a *API) registerCredentials() {
	register(a, authz.Manage, operation{
		ID: "list-mqtt-credentials", Method: http.MethodGet, Path: "/mqtt-credentials", Tag: mqttTag, Summary: "List MQTT credentials",
		Description: "Those of projects that the caller manages, by name.", Answer: listBody[credential]{Items: []credential{exampleCredential}},
	}, func(ctx context.Context, c caller, in *credentialsIn) (*listOut[credential], error) {
		f := identity.CredentialFilter{
			Search: in.Search, At: authz.Place{Region: in.Region, Project: in.Project}, Kind: identity.CredentialKind(in.Kind), Revoked: in.Revoked,
		}
		if err := placeFilter(f.At); err != nil {
			return nil, err
		}
		l, err := a.Identity.As(c.Principal).Credentials(ctx, f, in.page())
		credentials := make([]credential, len(l.Items))
		for i, c := range l.Items {
			credentials[i] = credential(c)
		}
		return list(ctx, credentials, l.Next), err
	})
	register(a, authz.Manage, operation{
		ID: "create-mqtt-credential", Method: http.MethodPost, Path: "/mqtt-credentials", Tag: mqttTag, Summary: "Create an MQTT credential",
		Status: http.StatusCreated, Secret: true,
		Request: map[string]string{"kind": "device", "region": "north", "project": "harbour", "class": "meter", "device": "m1"},
		Answer:  newCredential{exampleCredential, examplePassword64},
	}, func(ctx context.Context, c caller, in *credentialCreate) (*objectOut[newCredential], error) {
		b := in.Body
		made, password, err := a.Identity.As(c.Principal).CreateCredential(ctx, identity.Credential{
			Name: b.Name, Kind: identity.CredentialKind(b.Kind), Region: b.Region, Project: b.Project,
			Class: telemetry.Class(b.Class), Device: b.Device, Children: b.Children, Note: b.Note,
		})
		return created(newCredential{credential(made), password}, made.Version, "mqtt-credentials", made.ID), err
	})
	register(a, authz.Manage, operation{
		ID: "get-mqtt-credential", Method: http.MethodGet, Path: oneCredential, Tag: mqttTag, Summary: "Read an MQTT credential", Answer: exampleCredential,
	}, func(ctx context.Context, c caller, in *credentialGet) (*objectOut[credential], error) {
		found, err := a.Identity.As(c.Principal).Credential(ctx, in.Credential)
		return object(credential(found), found.Version, in.Conditional), err
	})
	register(a, authz.Manage, operation{
		ID: "replace-mqtt-credential", Method: http.MethodPut, Path: oneCredential, Tag: mqttTag, Summary: "Change the children of a gateway, and the note",
		Description: "Connections of a gateway end, and come back with the new children.",
		Request:     CredentialFields{Note: "配电间"}, Answer: exampleCredential,
	}, func(ctx context.Context, c caller, in *credentialUpdate) (*objectOut[credential], error) {
		version, err := in.version()
		if err != nil {
			return nil, err
		}
		changed, err := a.Identity.As(c.Principal).UpdateCredential(ctx, identity.Credential{
			ID: in.Credential, Version: version, Children: in.Body.Children, Note: in.Body.Note,
		})
		return object(credential(changed), changed.Version, Conditional{}), err
	})
	register(a, authz.Manage, operation{
		ID: "rotate-mqtt-credential", Method: http.MethodPost, Path: oneCredential + "/rotate", Tag: mqttTag, Summary: "Give an MQTT credential another password",
		Description: "Connections with the old one end.", Secret: true, Answer: newCredential{exampleCredential, examplePassword64},
	}, func(ctx context.Context, c caller, in *CredentialPath) (*objectOut[newCredential], error) {
		changed, password, err := a.Identity.As(c.Principal).RotateCredential(ctx, in.Credential)
		return object(newCredential{credential(changed), password}, changed.Version, Conditional{}), err
	})
	register(a, authz.Manage, operation{
		ID: "revoke-mqtt-credential", Method: http.MethodPost, Path: oneCredential + "/revoke", Tag: mqttTag, Summary: "Revoke an MQTT credential",
		Description: "For good. Its connections end, and its name is free again.", Answer: exampleCredential,
	}, func(ctx context.Context, c caller, in *CredentialPath) (*objectOut[credential], error) {
		revoked, err := a.Identity.As(c.Principal).RevokeCredential(ctx, in.Credential)
		return object(credential(revoked), revoked.Version, Conditional{}), err
	})
}
