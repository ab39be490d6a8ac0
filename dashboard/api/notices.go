package api

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"steward/internal/authz"
	"steward/internal/incident"
	"steward/internal/notices"
	"steward/internal/registry"
)

type noticesIn struct {
	PageIn
	Region  string          `query:"region" maxLength:"64" doc:"Only those of this region." example:"north"`
	Project string          `query:"project" maxLength:"64" doc:"Only those of this project; with region."`
	State   []notices.State `query:"state" enum:"issued,accepted,submitted,rejected,closed,withdrawn" maxItems:"6" doc:"Only those in one of these states."`
	Kind    string          `query:"kind" maxLength:"64" doc:"Only those of this component of the scorecard, or manual." example:"collection_rate"`
	Month   string          `query:"month" pattern:"^[0-9]{4}-[0-9]{2}$" doc:"Only those of the scorecard of this month." example:"2026-10"`
	Live    bool            `query:"live" doc:"Only those that are neither closed nor withdrawn."`
	Overdue bool            `query:"overdue" doc:"Only those whose day is over and of which the project has not said that it is done."`
}

type NoticePath struct {
	ID string `path:"notice" pattern:"^[0-9]{8}-[a-z2-7]{16}$" example:"20261101-mfrggzdfmztwq2lk" doc:"The notice."`
}

type noticeGet struct {
	NoticePath
	Conditional
}

type noticeCreate struct{ Body noticeNew }

// noticeNew is a notice that somebody writes.
type noticeNew struct {
	Region   string          `json:"region" required:"true" maxLength:"64" example:"north"`
	Project  string          `json:"project" required:"true" maxLength:"64" example:"harbour"`
	Finding  incident.Text   `json:"finding" required:"true" doc:"What is wrong; one language will do."`
	Required incident.Text   `json:"required" required:"true" doc:"What has to be done."`
	DueOn    string          `json:"due_on" required:"true" pattern:"^[0-9]{4}-[0-9]{2}-[0-9]{2}$" example:"2026-12-04" doc:"All of this day, by the project's clocks, is left for it."`
	Owner    string          `json:"owner,omitempty" maxLength:"64" doc:"The id of whoever answers for it."`
	Evidence json.RawMessage `json:"evidence,omitempty" doc:"Any JSON."`
}

type noticeAct struct {
	NoticePath
	Guarded
	Body struct {
		Deed     notices.Deed `json:"deed" required:"true" enum:"accept,submit,reject,close,withdraw" example:"submit"`
		Note     string       `json:"note,omitempty" maxLength:"4000" doc:"In words; needed but for accept and close."`
		Evidence []string     `json:"evidence,omitempty" maxItems:"20" doc:"Addresses of pictures, numbers of orders."`
		DueOn    string       `json:"due_on,omitempty" pattern:"^[0-9]{4}-[0-9]{2}-[0-9]{2}$" doc:"Of reject: the new due day; the old one when absent."`
	} `nameHint:"NoticeAction"`
}

const oneNotice = "/notices/{notice}"

// noticesOf are the notices as the caller may see them.
func (a *API) noticesOf(c caller) (*notices.View, error) {
	if a.Notices == nil {
		return nil, notHere("the store of rectification notices")
	}
	return a.Notices.As(c.Principal), nil
}

func (a *API) registerNotices() {
	register(a, authz.Read, operation{
		ID: "list-notices", Method: http.MethodGet, Path: "/notices", Tag: "Notices", Summary: "List rectification notices",
		Description: "Those that were issued last come first, without their history.", Answer: listBody[notices.Notice]{Items: []notices.Notice{exampleNotice(false)}},
	}, func(ctx context.Context, c caller, in *noticesIn) (*listOut[notices.Notice], error) {
		view, err := a.noticesOf(c)
		if err != nil {
			return nil, err
		}
		l, err := view.List(ctx, notices.Filter{
			Region: in.Region, Project: in.Project, States: in.State, Kind: in.Kind, Month: in.Month, Live: in.Live, Overdue: in.Overdue,
		}, in.page())
		return list(ctx, l.Items, l.Next), err
	})
	register(a, authz.Read, operation{
		ID: "get-notice", Method: http.MethodGet, Path: oneNotice, Tag: "Notices", Summary: "Read a rectification notice with its history", Answer: exampleNotice(true),
	}, func(ctx context.Context, c caller, in *noticeGet) (*objectOut[notices.Notice], error) {
		view, err := a.noticesOf(c)
		if err != nil {
			return nil, err
		}
		n, err := view.Get(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		err = a.nameOwner(ctx, &n)
		return object(n, n.Version, in.Conditional), err
	})
	made := exampleNotice(true)
	made.Kind, made.Month, made.Evidence = notices.Manual, "", nil
	register(a, authz.Manage, operation{
		ID: "create-notice", Method: http.MethodPost, Path: "/notices", Tag: "Notices", Summary: "Write a rectification notice",
		Description: "Those of the scorecard are issued by themselves.", Status: http.StatusCreated, MaxBody: noticeBody,
		Request: noticeNew{Region: "north", Project: "harbour", Finding: made.Finding, Required: made.Required, DueOn: made.DueOn}, Answer: made,
	}, a.createNotice)
	acted := exampleNotice(true)
	acted.State, acted.Version = notices.Submitted, 2
	acted.History = append(acted.History, notices.Change{At: exampleTime, State: notices.Submitted, Actor: "li", Note: "已完成催缴", Evidence: []string{"WO-2026-0117"}})
	register(a, authz.Act, operation{
		ID: "act-on-notice", Method: http.MethodPost, Path: oneNotice + "/actions", Tag: "Notices", Summary: "Accept, submit, reject, close or withdraw a notice", MaxBody: noticeBody,
		Description: "The project accepts it and submits what was done. To reject, close and withdraw takes the permission to manage the whole region, and somebody else than who submitted it: the project's own people do not inspect themselves.",
		Request:     map[string]any{"deed": notices.Submit, "note": "已完成催缴", "evidence": []string{"WO-2026-0117"}}, Answer: acted,
	}, a.actOnNotice)
}

// noticeBody has room for the longest texts and evidence with each character escaped.
const noticeBody = 192 << 10

func (a *API) createNotice(ctx context.Context, c caller, in *noticeCreate) (*objectOut[notices.Notice], error) {
	view, err := a.noticesOf(c)
	if err != nil {
		return nil, err
	}
	b := &in.Body
	at := authz.Place{Region: b.Region, Project: b.Project}
	if at.Project == "" {
		return nil, invalid("project", "", "a notice goes to a project")
	}
	if err := a.mayBeAt(ctx, c, at); err != nil {
		return nil, err
	}
	if b.Owner != "" {
		switch _, err := a.Identity.As(c.Principal).Person(ctx, b.Owner); {
		case errors.Is(err, registry.ErrNotFound):
			return nil, invalid("owner", b.Owner, "is not the id of a person whom you may see")
		case err != nil:
			return nil, err
		}
	}
	n, err := view.Create(ctx, notices.New{Place: at, Finding: b.Finding, Required: b.Required, DueOn: b.DueOn, Owner: b.Owner, Evidence: b.Evidence})
	if err != nil {
		return nil, err
	}
	if err := a.note(ctx, c, Deed{Action: "notice.create", Kind: "notice", Key: n.ID, Place: at, After: b}); err != nil {
		return nil, err
	}
	_ = a.nameOwner(ctx, &n) // it is written, whoever is asked for
	return created(n, n.Version, "notices", n.ID), nil
}

func (a *API) actOnNotice(ctx context.Context, c caller, in *noticeAct) (*objectOut[notices.Notice], error) {
	view, err := a.noticesOf(c)
	if err != nil {
		return nil, err
	}
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	b := &in.Body
	n, err := view.Act(ctx, in.ID, notices.Action{Deed: b.Deed, Note: b.Note, Evidence: b.Evidence, DueOn: b.DueOn, Version: version})
	if err != nil {
		return nil, err
	}
	if err := a.note(ctx, c, Deed{Action: "notice." + string(b.Deed), Kind: "notice", Key: n.ID, Place: n.Place(), After: b}); err != nil {
		return nil, err
	}
	_ = a.nameOwner(ctx, &n) // it is done, whoever is asked for
	return object(n, n.Version, Conditional{}), nil
}

// nameOwner says who answers for a notice to all who may read it, as its history says
// who did what; most of them may not list people. Nobody has a name whose id is a
// machine's, or who is not there any more.
func (a *API) nameOwner(ctx context.Context, n *notices.Notice) error {
	if n.Owner == "" {
		return nil
	}
	owner, err := a.Identity.As(ownersPrincipal).Person(ctx, n.Owner)
	if errors.Is(err, registry.ErrNotFound) {
		return nil
	}
	n.OwnerName = cmp.Or(owner.Name, owner.Login)
	return err
}

// ownersPrincipal looks up the names of those who answer for notices.
var ownersPrincipal = authz.SystemPrincipal("notices")

func exampleNotice(history bool) notices.Notice {
	n := notices.Notice{
		ID: "20261101-mfrggzdfmztwq2lk", Region: "north", Project: "harbour", Kind: "collection_rate", Month: "2026-10",
		Finding:  incident.Text{ZH: "收缴率 71.2%，低于限值 85%", EN: "Collection rate 71.2 %, below the limit of 85 %"},
		Required: incident.Text{ZH: "查明欠费原因，制定催缴计划并执行", EN: "Find out why fees are unpaid, plan their collection and carry it out"},
		Evidence: json.RawMessage(`{"run":"20261101-mfrggzdfmztwq2lk","value":0.712,"limit":0.85,"n":640}`),
		State:    notices.Issued, IssuedAt: exampleTime.AddDate(0, 0, -19), DueOn: "2026-12-01", Version: 1,
	}
	if history {
		n.History = []notices.Change{{At: n.IssuedAt, State: notices.Issued, Actor: "scorecard"}}
	}
	return n
}
