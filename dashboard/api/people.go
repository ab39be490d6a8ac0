package api

import (
	"context"
	"net/http"
	"time"

	"steward/internal/authz"
	"steward/internal/identity"
)

// person is identity's Person, explained.
type person struct {
	ID                 string        `json:"id" readOnly:"true"`
	Login              string        `json:"login" doc:"The name to sign in with. It never changes."`
	Name               string        `json:"name" doc:"As people call the person."`
	Email              string        `json:"email" doc:"By which an OpenID provider may know the person."`
	Grants             []authz.Grant `json:"grants" nullable:"false" doc:"Roles at places: those that the caller manages, all of his own."`
	Elsewhere          bool          `json:"elsewhere" readOnly:"true" doc:"There are grants that the caller does not see; he cannot change this person."`
	Managed            bool          `json:"managed" readOnly:"true" doc:"By the OpenID provider, which gives the grants anew at each sign-in."`
	Disabled           bool          `json:"disabled" readOnly:"true" doc:"Cannot sign in."`
	MustChangePassword bool          `json:"must_change_password" readOnly:"true" doc:"At the next sign-in, before anything else."`
	LockedUntil        time.Time     `json:"locked_until,omitzero" readOnly:"true" doc:"After too many failures; absent when not locked."`
	LastSignIn         time.Time     `json:"last_sign_in,omitzero" readOnly:"true" doc:"Absent when there was none."`
	Version            int64         `json:"version" readOnly:"true" doc:"One more with each change; also the ETag."`
	CreatedAt          time.Time     `json:"created_at" readOnly:"true"`
	UpdatedAt          time.Time     `json:"updated_at" readOnly:"true"`
}

type peopleIn struct {
	SortedIn
	Search   string `query:"search" maxLength:"200" doc:"Part of the login, the name or the email, in any case."`
	Region   string `query:"region" maxLength:"64" doc:"Only people with a grant at this region or below." example:"north"`
	Project  string `query:"project" maxLength:"64" doc:"Only people with a grant at this project; with region."`
	Role     string `query:"role" enum:"viewer,operator,engineer,manager,administrator" doc:"Only people with this role."`
	Disabled string `query:"disabled" enum:"true,false" doc:"Only people who can sign in (false), or cannot (true)."`
}

type PersonOf struct {
	Person string `path:"person" maxLength:"64" example:"p_7f3k2m" doc:"The person's ID."`
}

type personGet struct {
	PersonOf
	Conditional
}

// PersonFields are what can be changed of a person.
type PersonFields struct {
	Name   string        `json:"name" maxLength:"100" doc:"As people call the person."`
	Email  string        `json:"email" maxLength:"254" doc:"By which an OpenID provider may know the person; empty for none."`
	Grants []authz.Grant `json:"grants" maxItems:"200" doc:"Roles at places. Without region and project a place is headquarters."`
}

type personCreate struct {
	Body struct {
		Login string `json:"login" required:"true" minLength:"1" maxLength:"64" doc:"a-z, 0-9, and . _ - @ after the first. It never changes."`
		PersonFields
		Password           string `json:"password,omitempty" maxLength:"1024" doc:"Without one, one is made and told once."`
		MustChangePassword bool   `json:"must_change_password,omitempty" doc:"Before anything else is allowed. Always so for a password that is made."`
	} `nameHint:"CreatePerson"`
}

type newPerson struct {
	Person          person `json:"person"`
	OneTimePassword string `json:"one_time_password,omitempty" doc:"The password that was made. It is not told again."`
}

type personUpdate struct {
	PersonOf
	Guarded
	Body PersonFields
}

type personPatch struct {
	PersonOf
	Guarded
	Body patch `contentType:"application/merge-patch+json"`
}

type oneTimeOut struct {
	Body struct {
		OneTimePassword string `json:"one_time_password" doc:"It is not told again, and has to be changed at the next sign-in."`
	} `nameHint:"OneTimePassword"`
}

var (
	examplePerson = person{
		ID: "p_7f3k2m", Login: "li.wei", Name: "李伟", Email: "li.wei@example.com",
		Grants:     []authz.Grant{{Role: authz.Engineer, Place: authz.Place{Region: "north", Project: "harbour"}}},
		LastSignIn: exampleTime, Version: 3, CreatedAt: exampleTime, UpdatedAt: exampleTime,
	}
	exampleFields = PersonFields{Name: examplePerson.Name, Email: examplePerson.Email, Grants: examplePerson.Grants}
)

const onePerson = "/people/{person}"

func (a *API) registerPeople() {
	register(a, authz.Manage, operation{
		ID: "list-people", Method: http.MethodGet, Path: "/people", Tag: "People", Summary: "List people",
		Description: "Those with a grant at a place that the caller manages. Sorted by login or name.", Answer: listBody[person]{Items: []person{examplePerson}},
	}, func(ctx context.Context, c caller, in *peopleIn) (*listOut[person], error) {
		f := identity.PersonFilter{Search: in.Search, At: authz.Place{Region: in.Region, Project: in.Project}, Role: authz.Role(in.Role)}
		if in.Disabled != "" {
			disabled := in.Disabled == "true"
			f.Disabled = &disabled
		}
		if err := placeFilter(f.At); err != nil {
			return nil, err
		}
		l, err := a.Identity.As(c.Principal).People(ctx, f, in.page())
		people := make([]person, len(l.Items))
		for i, p := range l.Items {
			people[i] = person(p)
		}
		return list(ctx, people, l.Next), err
	})
	register(a, authz.Manage, operation{
		ID: "create-person", Method: http.MethodPost, Path: "/people", Tag: "People", Summary: "Create a person", Status: http.StatusCreated, Secret: true,
		Description: "Nobody can give more than his own role at a place that he manages.",
		Request:     map[string]any{"login": "li.wei", "name": "李伟", "email": "li.wei@example.com", "grants": examplePerson.Grants},
		Answer:      newPerson{Person: examplePerson, OneTimePassword: "k3vq-7mza-p2wd-x5hc"},
	}, func(ctx context.Context, c caller, in *personCreate) (*objectOut[newPerson], error) {
		p, oneTime, err := a.Identity.As(c.Principal).CreatePerson(ctx, identity.Person{
			Login: in.Body.Login, Name: in.Body.Name, Email: in.Body.Email, Grants: in.Body.Grants, MustChangePassword: in.Body.MustChangePassword,
		}, in.Body.Password)
		return created(newPerson{person(p), oneTime}, p.Version, "people", p.ID), signInProblem(err)
	})
	register(a, SignedIn, operation{
		ID: "get-person", Method: http.MethodGet, Path: onePerson, Tag: "People", Summary: "Read a person",
		Description: "People whom the caller manages, and himself.", Answer: examplePerson,
	}, func(ctx context.Context, c caller, in *personGet) (*objectOut[person], error) {
		p, err := a.Identity.As(c.Principal).Person(ctx, in.Person)
		return object(person(p), p.Version, in.Conditional), err
	})
	register(a, SignedIn, operation{
		ID: "replace-person", Method: http.MethodPut, Path: onePerson, Tag: "People", Summary: "Change a person, giving all that can be changed",
		Description: "Everybody can change his own name and email, nobody his own grants.", Request: exampleFields, Answer: examplePerson,
	}, func(ctx context.Context, c caller, in *personUpdate) (*objectOut[person], error) {
		present, err := a.Identity.As(c.Principal).Person(ctx, in.Person)
		if err != nil {
			return nil, err
		}
		return a.updatePerson(ctx, c, in.Guarded, present, in.Body)
	})
	register(a, SignedIn, operation{
		ID: "update-person", Method: http.MethodPatch, Path: onePerson, Tag: "People", Summary: "Change a part of a person",
		Description: mergePatch, Request: map[string]any{"name": "李伟"}, Answer: examplePerson,
	}, func(ctx context.Context, c caller, in *personPatch) (*objectOut[person], error) {
		present, err := a.Identity.As(c.Principal).Person(ctx, in.Person)
		if err != nil {
			return nil, err
		}
		changed, err := applied(PersonFields{present.Name, present.Email, present.Grants}, in.Body)
		if err != nil {
			return nil, err
		}
		return a.updatePerson(ctx, c, in.Guarded, present, changed)
	})
	a.personAction("disable-person", "/disable", "Keep a person from signing in", "The person's sessions end.", (*identity.View).DisablePerson)
	a.personAction("enable-person", "/enable", "Let a person sign in again", "", (*identity.View).EnablePerson)
	a.personAction("unlock-person", "/unlock", "Let a person try again who failed to sign in too often", "", (*identity.View).Unlock)
	register(a, authz.Manage, operation{
		ID: "reset-password", Method: http.MethodPost, Path: onePerson + "/reset-password", Tag: "People", Summary: "Give a person a password to be used once",
		Description: "The person's sessions end.", Secret: true, Answer: map[string]string{"one_time_password": "k3vq-7mza-p2wd-x5hc"},
	}, func(ctx context.Context, c caller, in *PersonOf) (*oneTimeOut, error) {
		oneTime, err := a.Identity.As(c.Principal).ResetPassword(ctx, in.Person)
		out := &oneTimeOut{}
		out.Body.OneTimePassword = oneTime
		return out, signInProblem(err)
	})
	register(a, authz.Manage, operation{
		ID: "end-person-sessions", Method: http.MethodDelete, Path: onePerson + "/sessions", Tag: "People", Summary: "End all sessions of a person",
		Status: http.StatusNoContent,
	}, func(ctx context.Context, c caller, in *PersonOf) (*struct{}, error) {
		return nil, a.Identity.SignOutEverywhere(ctx, c.Principal, in.Person)
	})
}

func (a *API) updatePerson(ctx context.Context, c caller, g Guarded, p identity.Person, to PersonFields) (*objectOut[person], error) {
	version, err := g.version()
	if err != nil {
		return nil, err
	}
	p.Version, p.Name, p.Email, p.Grants = version, to.Name, to.Email, to.Grants
	p, err = a.Identity.As(c.Principal).UpdatePerson(ctx, p)
	return object(person(p), p.Version, Conditional{}), err
}

// personAction adds an operation on a person that takes nothing else.
func (a *API) personAction(id, path, summary, description string, do func(*identity.View, context.Context, string) (identity.Person, error)) {
	register(a, authz.Manage, operation{
		ID: id, Method: http.MethodPost, Path: onePerson + path, Tag: "People", Summary: summary, Description: description, Answer: examplePerson,
	}, func(ctx context.Context, c caller, in *PersonOf) (*objectOut[person], error) {
		p, err := do(a.Identity.As(c.Principal), ctx, in.Person)
		return object(person(p), p.Version, Conditional{}), err
	})
}

// placeFilter refuses what is no place.
func placeFilter(at authz.Place) error {
	if err := at.Validate(); err != nil {
		return invalid("region", at.String(), "%v", err)
	}
	return nil
}
