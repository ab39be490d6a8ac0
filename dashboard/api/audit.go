package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"steward/internal/authz"
	"steward/internal/registry"
)

// AuditProof is the result of a check of the whole audit log.
type AuditProof struct {
	Intact  bool   `json:"intact" doc:"No entry was changed, removed or put in between."`
	Seq     int64  `json:"seq" doc:"The last entry."`
	Hash    string `json:"hash" doc:"Its hash. Kept elsewhere, it proves later that nothing up to it was changed."`
	Problem string `json:"problem,omitempty" doc:"The first entry that is wrong, and how."`
}

// auditEntry is one thing that somebody did.
type auditEntry struct {
	Seq    int64       `json:"seq" doc:"1 for the first, without gaps."`
	At     time.Time   `json:"at"`
	Actor  auditActor  `json:"actor"`
	Action string      `json:"action" example:"device.update" doc:"object.verb"`
	Kind   string      `json:"kind" example:"device" doc:"Of the object."`
	Key    string      `json:"key" example:"north/harbour/meter/m1" doc:"Of the object."`
	Place  authz.Place `json:"place" doc:"Of the object; empty for headquarters."`
	Before any         `json:"before,omitempty" doc:"What was changed, as it was."`
	After  any         `json:"after,omitempty" doc:"What was changed, as it became; all of a new object."`
	Hash   string      `json:"hash" doc:"SHA-256 over all of this and the hash before."`
}

type auditActor struct {
	Kind   authz.Kind `json:"kind" example:"person" doc:"person, machine or system."`
	ID     string     `json:"id"`
	Name   string     `json:"name"`
	Remote string     `json:"remote,omitempty" doc:"The address from which it was asked; shown to managers."`
}

type auditIn struct {
	PageIn
	Kind    string    `query:"kind" maxLength:"64" doc:"Only what was done to objects of this kind." example:"device"`
	Key     string    `query:"key" maxLength:"300" doc:"Only what was done to this object." example:"north/harbour/meter/m1"`
	Action  string    `query:"action" maxLength:"64" doc:"Only this." example:"device.update"`
	Actor   string    `query:"actor" maxLength:"64" doc:"Only what this person or token did, by ID."`
	Seq     int64     `query:"seq" minimum:"1" doc:"Only this entry." example:"4711"`
	Region  string    `query:"region" maxLength:"64" doc:"Only at places of this region."`
	Project string    `query:"project" maxLength:"64" doc:"Only in this project; with region."`
	From    time.Time `query:"from" doc:"Not before." example:"2026-11-01T00:00:00Z"`
	To      time.Time `query:"to" doc:"Before." example:"2026-12-01T00:00:00Z"`
}

type proofOut struct{ Body AuditProof }

const newestFirst = "The newest entries come first. From where something was done is shown to managers alone."

var exampleEntries = listBody[auditEntry]{Items: []auditEntry{{
	Seq: 4711, At: exampleTime, Actor: auditActor{Kind: authz.Person, ID: "p7", Name: "li.wei", Remote: "10.2.0.17"}, Action: "device.update", Kind: "device",
	Key: "north/harbour/meter/m1", Place: authz.Place{Region: "north", Project: "harbour"}, Before: map[string]any{"location": "B1"}, After: map[string]any{"location": "B2"},
	Hash: "9f2c0f0e5a7f6b0c1d2e3f4a5b6c7d8e9f0a1b2c3d4e5f60718293a4b5c6d7e8",
}}}

func (a *API) registerAudit() {
	register(a, authz.Manage, operation{
		ID: "list-audit", Method: http.MethodGet, Path: "/audit", Tag: "Installation", Summary: "Read the audit log",
		Description: newestFirst + " Entries without a place are for those who manage everything.", Answer: exampleEntries,
	}, func(ctx context.Context, c caller, in *auditIn) (*listOut[auditEntry], error) {
		f := registry.AuditFilter{
			Kind: in.Kind, Key: in.Key, Action: in.Action, Actor: in.Actor, Seq: in.Seq, Region: in.Region, Project: in.Project, From: in.From, To: in.To,
		}
		l, err := a.as(c).Audit(ctx, f, in.page())
		if err != nil {
			return nil, err
		}
		return list(ctx, entriesOf(l.Items), l.Next), nil
	})
	register(a, authz.Administer, operation{
		ID: "verify-audit", Method: http.MethodGet, Path: "/audit/verify", Tag: "Installation", Summary: "Prove that the audit log was not tampered with",
		Description: "Reads the whole log.", Everywhere: true, Heavy: true, Timeout: 5 * time.Minute,
		Answer: AuditProof{Intact: true, Seq: 4711, Hash: exampleEntries.Items[0].Hash},
	}, func(ctx context.Context, _ caller, _ *struct{}) (*proofOut, error) {
		if a.VerifyAudit == nil {
			return nil, notHere("the check of the audit log")
		}
		proof, err := a.VerifyAudit(ctx)
		return &proofOut{proof}, err
	})
}

// history is what was changed of one object, for whoever may see it.
func (a *API) history(ctx context.Context, c caller, kind, key string, p PageIn) (*listOut[auditEntry], error) {
	l, err := a.as(c).History(ctx, kind, key, p.page())
	if err != nil {
		return nil, err
	}
	return list(ctx, entriesOf(l.Items), l.Next), nil
}

func entriesOf(entries []registry.Entry) []auditEntry {
	out := make([]auditEntry, len(entries))
	for i, e := range entries {
		out[i] = auditEntry{
			Seq: e.Seq, At: e.At, Actor: auditActor{Kind: e.Actor.Kind, ID: e.Actor.ID, Name: e.Actor.Name, Remote: e.Actor.Remote},
			Action: e.Action, Kind: e.Kind, Key: e.Key, Place: e.Place, Before: asAny(e.Before), After: asAny(e.After), Hash: e.Hash,
		}
	}
	return out
}

// asAny is JSON as part of an answer; nil for none.
func asAny(text json.RawMessage) any {
	if len(text) == 0 {
		return nil
	}
	return text
}
