package api

import (
	"context"
	"errors"
	"io"
	"net/http"

	"steward/internal/authz"
)

type personPath struct {
	Person string `path:"person" pattern:"^psn_[0-9a-f]{32}$" example:"psn_5f1d7e60c8a94b2f9d3c0b7e6a1f4d28" doc:"The pseudonym under which the person's card, face or plate is kept."`
}

type erasedOut struct{ Body erased }

type erased struct {
	Events      int `json:"events" doc:"Events in which the person was named."`
	States      int `json:"states" doc:"Reported texts in which the person was named."`
	Inspections int `json:"inspections" doc:"Inspections that the person carried out."`
	Letters     int `json:"letters" doc:"Messages in quarantine in which the person was named."`
	Live        int `json:"live" doc:"Records of the live board in which the person was named."`
}

func (a *API) registerPrivacy() {
	register(a, authz.Administer, operation{
		ID: "export-person", Method: http.MethodGet, Path: "/privacy/persons/{person}", Tag: "Installation", Summary: "Export what is known of one person",
		Description: "Every event and state of access gates in which the person is named, what the person inspected and what is in quarantine, one JSON object a line. It is noted in the audit log.",
		Everywhere:  true, Heavy: true, Timeout: streamTimeout,
		Produces: map[string]any{"application/x-ndjson": `{"ts":"2026-11-20T06:00:00.000Z","region":"north","project":"harbour","class":"access","device":"g1","kind":"granted"}` + "\n"},
	}, func(ctx context.Context, c caller, in *personPath) (*streamOut, error) {
		data, err := a.data()
		if err != nil {
			return nil, err
		}
		if err := a.notePerson(ctx, c, "person.export", in.Person); err != nil {
			return nil, err
		}
		return stream("application/x-ndjson", "person.ndjson", func(ctx context.Context, w io.Writer) error {
			return data.PersonEvents(ctx, c.Scope(), in.Person, w)
		}), nil
	})
	register(a, authz.Administer, operation{
		ID: "erase-person", Method: http.MethodDelete, Path: "/privacy/persons/{person}", Tag: "Installation", Summary: "Erase one person",
		Description: "The pseudonym is replaced by erased wherever it stands; the rows and their counts stay. It cannot be undone, and is noted in the audit log.",
		Everywhere:  true, Heavy: true, Timeout: replayTimeout, Status: http.StatusOK,
		Answer: erased{Events: 214, States: 0, Inspections: 12, Letters: 1, Live: 2},
	}, func(ctx context.Context, c caller, in *personPath) (*erasedOut, error) {
		data, err := a.data()
		if err != nil {
			return nil, err
		}
		if err := a.notePerson(ctx, c, "person.erase", in.Person); err != nil {
			return nil, err
		}
		out := &erasedOut{}
		// The board first: what it still had could be seen while the store works.
		if a.Live != nil {
			out.Body.Live = a.Live.Forget(in.Person)
		}
		stored, err := data.ErasePerson(ctx, c.Scope(), in.Person)
		out.Body.Events, out.Body.States, out.Body.Inspections, out.Body.Letters = stored.Events, stored.States, stored.Inspections, stored.Letters
		return out, err
	})
}

// notePerson names the person by the beginning of the pseudonym: the log cannot
// forget, and must not be where the erased can be found.
func (a *API) notePerson(ctx context.Context, c caller, action, person string) error {
	const shown = len("psn_") + 6
	return a.note(ctx, c, Deed{Action: action, Kind: "person", Key: person[:shown] + "…"})
}

// note puts a deed into the audit log before it is done: what cannot be noted is
// not done.
func (a *API) note(ctx context.Context, c caller, d Deed) error {
	if a.Audit == nil {
		return errors.New("api: no audit log")
	}
	return a.Audit(ctx, c.Principal, d)
}
