package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"steward/internal/authz"
	"steward/internal/operations"
	"steward/internal/telemetry"
)

// maxOperations is the largest request of operations.MaxRecords records, in bytes:
// each has texts of a few thousand.
const maxOperations = 4 << 20

type operationsPut[K kindOf] struct {
	Body struct {
		Records []GivenRecord[K] `json:"records" required:"true" doc:"At most 1000."`
	}
}

type operationsPutOut struct {
	Body operationsStored `nameHint:"OperationsStored"`
}

type operationsStored struct {
	Stored int `json:"stored" example:"1"`
}

func registerPutOperations[K kindOf](a *API, k *operations.Kind, needs authz.Permission, example any) {
	description := "All of them, or none when anything is wrong with one: every problem is listed, by its place in the list and its field. " +
		"A record is told as a whole, and replaces the one with its id unless that was updated later."
	if k == operations.Inspections() {
		description += " Inspections of the level region are for those who may configure the region, those of hq for headquarters."
	}
	register(a, needs, operation{
		ID: "put-" + k.Path, Method: http.MethodPost, Path: "/operations/" + k.Path, Tag: "Operations", Summary: "Tell of " + k.Path, Description: description,
		MaxBody: maxOperations, Unchecked: true, Request: map[string]any{"records": []any{asSent(k, example)}}, Answer: operationsStored{Stored: 1},
	}, func(ctx context.Context, c caller, in *operationsPut[K]) (*operationsPutOut, error) {
		n := len(in.Body.Records)
		if n == 0 || n > operations.MaxRecords {
			return nil, invalid("records", "", "has %d records, not from 1 to %d", n, operations.MaxRecords)
		}
		given := make([]operations.Given, n)
		for i, r := range in.Body.Records {
			given[i] = r.given
		}
		records, faults, err := a.readOperations(ctx, c, k, given, operations.API)
		if err != nil {
			return nil, err
		}
		if len(faults) > 0 {
			return nil, faultsOf(faults)
		}
		if err := a.storeOperations(ctx, c, k, records); err != nil {
			return nil, err
		}
		return &operationsPutOut{operationsStored{n}}, nil
	})
}

// asSent is a record as somebody sends it, for the document.
func asSent(k *operations.Kind, example any) map[string]any {
	text, err := json.Marshal(example)
	if err != nil {
		panic(err) // our own examples only
	}
	var all map[string]any
	if err := json.Unmarshal(text, &all); err != nil {
		panic(err)
	}
	for _, name := range []string{"received", "source", "updated", "inspector_key"} {
		delete(all, name)
	}
	return all
}

// faultsOf is a Problem of everything that is wrong with records.
func faultsOf(faults []operations.Fault) *Problem {
	fields := make([]FieldProblem, len(faults))
	for i, f := range faults {
		fields[i] = FieldProblem{fmt.Sprintf("records[%d].%s", f.Index, f.Field), f.Value, f.Problem.Problem}
	}
	p := invalidFields(fields)
	p.Detail += "; nothing was stored"
	return p
}

// readOperations checks records with what the caller may tell of.
func (a *API) readOperations(ctx context.Context, c caller, k *operations.Kind, given []operations.Given, source operations.Source) ([]operations.Record, []operations.Fault, error) {
	arrival := operations.Arrival{Received: a.Now(), Source: source, Ahead: telemetry.DefaultClockPolicy().MaxAhead, Pseudonym: a.Pseudonym}
	return k.ReadAll(ctx, given, arrival, operations.Teller{
		Local: source == operations.CSV,
		Project: func(ctx context.Context, at authz.Place) (*time.Location, bool, error) {
			if !c.Scope().Covers(at) {
				return nil, false, nil
			}
			return a.as(c).ProjectZone(ctx, at.Region, at.Project)
		},
		Level: c.mayInspect,
	})
}

// mayInspect reports whether the caller may tell of inspections of a level.
func (c caller) mayInspect(level string, at authz.Place) bool {
	switch level {
	case operations.LevelHQ:
		return c.Scope().All()
	case operations.LevelRegion:
		return c.Scope().Covers(authz.Place{Region: at.Region})
	}
	return c.Scope().Covers(at)
}

// storeOperations notes records in the audit log, by their projects, and keeps them.
func (a *API) storeOperations(ctx context.Context, c caller, k *operations.Kind, records []operations.Record) error {
	store, err := a.operationsStore()
	if err != nil {
		return err
	}
	var order []authz.Place
	count := map[authz.Place]int{}
	for _, r := range records {
		at := r.Of().Place
		if count[at]++; count[at] == 1 {
			order = append(order, at)
		}
	}
	for _, at := range order {
		if err := a.note(ctx, c, Deed{Action: k.Name + ".put", Kind: k.Name, Key: at.String(), Place: at, After: map[string]int{"records": count[at]}}); err != nil {
			return err
		}
	}
	return store.PutOperations(ctx, records)
}

func (a *API) withdrawOperation(ctx context.Context, c caller, k *operations.Kind, key operations.Key) error {
	store, err := a.operationsStore()
	if err != nil {
		return err
	}
	r, err := store.Operation(ctx, c.Scope(), k, key)
	if err != nil {
		return err
	}
	h := r.Of()
	if k == operations.Inspections() && !c.mayInspect(operations.LevelOfID(h.ID), h.Place) {
		return problem(http.StatusForbidden, CodeNotAllowed, "this inspection is of the level %s: only those who keep the whole of it may withdraw it", operations.LevelOfID(h.ID))
	}
	if h.Withdrawn {
		return nil
	}
	// Clocks differ: it must be newer than what it replaces.
	h.Received = a.Now().UTC().Truncate(time.Millisecond)
	if h.Updated = h.Updated.Add(time.Millisecond); h.Updated.Before(h.Received) {
		h.Updated = h.Received
	}
	h.Source, h.Withdrawn = operations.API, true
	if err := a.note(ctx, c, Deed{Action: k.Name + ".withdraw", Kind: k.Name, Key: h.ID, Place: h.Place}); err != nil {
		return err
	}
	return store.PutOperations(ctx, []operations.Record{r})
}
