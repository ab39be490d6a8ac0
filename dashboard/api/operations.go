package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/operations"
)

// Operations is where records of operations are: clickhouse.Store.
type Operations interface {
	PutOperations(context.Context, []operations.Record) error
	Operations(context.Context, authz.Scope, clickhouse.OperationsQuery) (clickhouse.OperationsPage, error)
	Operation(context.Context, authz.Scope, *operations.Kind, operations.Key) (operations.Record, error)
}

var _ Operations = (*clickhouse.Store)(nil)

func (a *API) operationsStore() (Operations, error) {
	if a.Operations == nil {
		return nil, notHere("the store of operations")
	}
	return a.Operations, nil
}

// OperationsIn is which records are wanted.
type OperationsIn struct {
	Region  string    `query:"region" maxLength:"64" doc:"Only those of this region." example:"north"`
	Project string    `query:"project" maxLength:"64" doc:"Only those of this project; with region." example:"harbour"`
	Sort    []string  `query:"sort" maxItems:"50" doc:"Only those of these kinds or types, such as fire or noise."`
	State   string    `query:"state" enum:"open,closed" doc:"Only those that are not done, closed or paid; or only those that are."`
	From    time.Time `query:"from" doc:"Not before; by what the list is ordered by." example:"2026-11-01T00:00:00Z"`
	To      time.Time `query:"to" doc:"Before; no end when absent, since plans lie ahead." example:"2026-12-01T00:00:00Z"`
}

type operationsList struct {
	OperationsIn
	PageIn
	OldestFirst bool `query:"oldest_first" doc:"The latest come first otherwise."`
	Withdrawn   bool `query:"withdrawn" doc:"Also those that were withdrawn."`
}

func (in *OperationsIn) query(k *operations.Kind) (q clickhouse.OperationsQuery, err error) {
	for _, at := range []time.Time{in.From, in.To} {
		if !at.IsZero() && !within(at) {
			return q, invalid("from", at.Format(time.RFC3339), "the time is not between 1970 and 2200")
		}
	}
	return clickhouse.OperationsQuery{Kind: k, Region: in.Region, Project: in.Project, Sorts: in.Sort, State: in.State, From: in.From, To: in.To}, nil
}

type operationPath struct {
	Region  string `path:"region" maxLength:"64" example:"north" doc:"The region."`
	Project string `path:"project" maxLength:"64" example:"harbour" doc:"The project."`
	ID      string `path:"id" maxLength:"64" example:"2026-11-fire-3" doc:"The record's id in the project."`
}

func (p *operationPath) key() operations.Key {
	return operations.Key{Place: authz.Place{Region: p.Region, Project: p.Project}, ID: p.ID}
}

type operationOut[T any] struct{ Body T }

// registerOperations adds what is done with the records of each kind. Orders and
// complaints are the daily work of whoever is on duty; what is due and what was
// found on an inspection is kept by those who keep the project.
func (a *API) registerOperations() {
	score, cost, satisfied := 92.5, 860.0, uint8(4)
	done := exampleTime.Add(2 * time.Hour)
	head := func(id string) operations.Head {
		return operations.Head{Place: authz.Place{Region: "north", Project: "harbour"}, ID: id, Updated: done, Received: done, Source: operations.API}
	}
	registerOperation[operations.Inspection, ofInspections](a, authz.Configure, operations.Inspection{
		Head: head("2026-11-fire-3"), Level: operations.LevelProject, Sort: "fire", Planned: exampleTime, Done: &done, Score: &score, Building: "b3",
	})
	registerOperation[operations.Complaint, ofComplaints](a, authz.Act, operations.Complaint{
		Head: head("c-20261120-7"), Type: "noise", Created: exampleTime, Answered: &done, Closed: &done, Satisfied: &satisfied,
	})
	registerOperation[operations.Fee, ofFees](a, authz.Configure, operations.Fee{
		Head: head("2026-10-b3"), Sort: "property", Month: "2026-10-01", Due: 18240, Paid: 17410.5, PaidOn: "2026-11-12",
	})
	registerOperation[operations.RepairOrder, ofRepairOrders](a, authz.Act, operations.RepairOrder{
		Head: head("r-20261120-4"), Type: "elevator", Priority: operations.Urgent, DeviceClass: "elevator", Device: "e2", Building: "b3", Contractor: "通力维保",
		Created: exampleTime, Dispatched: &exampleTime, Arrived: &done, Done: &done, Cost: &cost, FaultCode: "E42",
	})
}

// The kinds as types, so that each has a schema of its own in the document.
type (
	kindOf interface{ kind() *operations.Kind }

	ofInspections  struct{}
	ofComplaints   struct{}
	ofFees         struct{}
	ofRepairOrders struct{}
)

func (ofInspections) kind() *operations.Kind  { return operations.Inspections() }
func (ofComplaints) kind() *operations.Kind   { return operations.Complaints() }
func (ofFees) kind() *operations.Kind         { return operations.Fees() }
func (ofRepairOrders) kind() *operations.Kind { return operations.RepairOrders() }

// recordPtr is a pointer to a T, which is a record.
type recordPtr[T any] interface {
	*T
	operations.Record
}

func registerOperation[T any, K kindOf, P recordPtr[T]](a *API, needs authz.Permission, example T) {
	var of K
	k := of.kind()
	path := "/operations/" + k.Path
	one := path + "/{region}/{project}/{id}"
	register(a, authz.Read, operation{
		ID: "list-" + k.Path, Method: http.MethodGet, Path: path, Tag: "Operations", Summary: "List " + k.Path,
		Description: fmt.Sprintf("As they are now, by %s.", k.Time), Heavy: true, Answer: listBody[T]{Items: []T{example}},
	}, func(ctx context.Context, c caller, in *operationsList) (*listOut[T], error) {
		store, err := a.operationsStore()
		if err != nil {
			return nil, err
		}
		q, err := in.query(k)
		if err != nil {
			return nil, err
		}
		q.Withdrawn, q.OldestFirst, q.Limit, q.Cursor = in.Withdrawn, in.OldestFirst, in.Limit, in.Cursor
		page, err := store.Operations(ctx, c.Scope(), q)
		if err != nil {
			return nil, err
		}
		items := make([]T, len(page.Records))
		for i, r := range page.Records {
			items[i] = *r.(P)
		}
		return list(ctx, items, page.Next), nil
	})
	registerPutOperations[K](a, k, needs, example)
	register(a, authz.Read, operation{
		ID: "get-" + k.Topic, Method: http.MethodGet, Path: one, Tag: "Operations", Summary: "Read one of the " + k.Path,
		Description: "Also when it was withdrawn.", Answer: example,
	}, func(ctx context.Context, c caller, in *operationPath) (*operationOut[T], error) {
		store, err := a.operationsStore()
		if err != nil {
			return nil, err
		}
		r, err := store.Operation(ctx, c.Scope(), k, in.key())
		if err != nil {
			return nil, err
		}
		return &operationOut[T]{*r.(P)}, nil
	})
	register(a, needs, operation{
		ID: "withdraw-" + k.Topic, Method: http.MethodDelete, Path: one, Tag: "Operations", Summary: "Withdraw one of the " + k.Path,
		Description: "It never was, and no number counts it. It can be told of again.",
	}, func(ctx context.Context, c caller, in *operationPath) (*struct{}, error) {
		return nil, a.withdrawOperation(ctx, c, k, in.key())
	})
	a.registerOperationExports(k)
	a.registerOperationImport(k, needs)
}

// registerOperationExports adds the records as files.
func (a *API) registerOperationExports(k *operations.Kind) {
	for _, f := range formats {
		register(a, authz.Read, operation{
			ID: "export-" + k.Path + "-" + f.ending, Method: http.MethodGet, Path: "/export/" + k.Path + "." + f.ending, Tag: "Operations",
			Summary: "Export " + k.Path + " as " + f.name, Description: "Those that were not withdrawn, in order of time. The file can be changed and imported again as CSV.",
			Heavy: true, Timeout: streamTimeout, Produces: map[string]any{f.mediaType: nil},
		}, func(_ context.Context, c caller, in *OperationsIn) (*streamOut, error) {
			q, err := in.query(k)
			if err != nil {
				return nil, err
			}
			return a.export(c, k.Path+"."+f.ending, f.mediaType, clickhouse.ExportQuery{
				Table: k.Name, Format: f.ending, Filter: clickhouse.Filter{Region: q.Region, Project: q.Project}, Kinds: q.Sorts, State: q.State, From: q.From, To: q.To,
			})
		})
	}
}

// GivenRecord is a record as somebody sends it. The package operations says what is
// wrong with it, here as for what comes by MQTT or in a file.
type GivenRecord[K kindOf] struct{ given operations.Given }

// UnmarshalJSON takes an object.
func (g *GivenRecord[K]) UnmarshalJSON(text []byte) (err error) {
	g.given, err = operations.ParseOne(text)
	return err
}

// MarshalJSON is for examples.
func (g GivenRecord[K]) MarshalJSON() ([]byte, error) { return json.Marshal(g.given) }

// Schema describes the fields of the kind.
func (g GivenRecord[K]) Schema(huma.Registry) *huma.Schema {
	var of K
	s := &huma.Schema{Type: huma.TypeObject, Properties: map[string]*huma.Schema{}}
	for _, f := range slices.Concat(operations.HeadFields(), of.kind().Fields) {
		p := &huma.Schema{Type: huma.TypeString, Description: f.About}
		switch f.Type {
		case operations.Moment:
			p.Format = "date-time"
		case operations.Day, operations.Month:
			p.Format = "date"
		case operations.Number:
			p.Type = huma.TypeNumber
		case operations.Count:
			p.Type = huma.TypeInteger
		}
		if f.Name == "withdrawn" {
			p.Type = huma.TypeBoolean
		}
		for _, word := range f.Words {
			p.Enum = append(p.Enum, word)
		}
		s.Properties[f.Name] = p
		if f.Required || f.Name == "region" || f.Name == "project" {
			s.Required = append(s.Required, f.Name)
		}
	}
	return s
}
