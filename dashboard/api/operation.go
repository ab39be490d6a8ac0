package api

import (
	"context"
	"fmt"
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"steward/internal/authz"
)

// Besides the permissions of authz an operation may need less.
const (
	// Public operations answer anybody.
	Public authz.Permission = "public"
	// SignedIn operations answer whoever is somebody, about himself.
	SignedIn authz.Permission = "signed_in"
)

// operation describes one operation. Its zero values are the usual ones.
type operation struct {
	ID          string // stable: generated clients are named by it
	Method      string
	Path        string // below Prefix
	Tag         string // the chapter of the document
	Summary     string
	Description string // Markdown
	Status      int    // of success; 200 with an answer, 204 without

	Everywhere bool          // the permission is needed at headquarters
	Secret     bool          // the request or the answer holds a secret: neither is kept, in whatever form
	Heavy      bool          // counts towards the caller's concurrent heavy queries
	ReadOnly   bool          // changes nothing, whatever its method
	Upload     bool          // the handler reads the body itself, as a stream
	Unchecked  bool          // the handler finds out itself what is wrong with the body
	MaxBody    int64         // bytes; 64 KiB when 0
	Timeout    time.Duration // 30 s when 0

	Request  any            // example of the body, of the body's own type
	Answer   any            // example of the answer
	Produces map[string]any // content type to an example, for answers that are not JSON
	Consumes map[string]any // content type to an example, for Upload
	Params   []*huma.Param  // documentation of parameters that the handler reads by itself

	permission authz.Permission
}

const (
	defaultMaxBody = 64 << 10
	defaultTimeout = 30 * time.Second
)

// caller is who makes a request, and where he may do what it asks for.
type caller struct {
	Principal authz.Principal
	scope     authz.Scope
}

// Scope is where the caller has the permission of the operation.
func (c caller) Scope() authz.Scope { return c.scope }

// register adds an operation. It is the only way to one: nobody can forget to say
// which permission is needed. The handler gets a caller who has it somewhere; in
// which places, the caller's Scope says.
func register[I, O any](a *API, needs authz.Permission, op operation, handler func(context.Context, caller, *I) (*O, error)) {
	op.permission = needs
	op.check()
	mustBeSeen(op.ID, reflect.TypeFor[I]())
	mustBeSeen(op.ID, reflect.TypeFor[O]())
	if op.MaxBody == 0 {
		op.MaxBody = defaultMaxBody
	}
	if op.Timeout == 0 {
		op.Timeout = defaultTimeout
	}
	h := op.huma()
	h.Middlewares = huma.Middlewares{a.guard(&op)}
	if op.Method == http.MethodPost && needs != Public && !op.Upload {
		h.Middlewares = append(h.Middlewares, a.onceOnly(&op))
	}
	huma.Register(a.huma, h, func(ctx context.Context, in *I) (*O, error) {
		out, err := handler(ctx, callerFrom(ctx), in)
		if err != nil {
			return nil, problemOf(ctx, err)
		}
		return out, nil
	})
	a.operations = append(a.operations, &op)
}

// check finds mistakes in the program when it starts.
func (op *operation) check() {
	switch {
	case op.permission != Public && op.permission != SignedIn && !authz.Administrator.Allows(op.permission):
		panic(fmt.Sprintf("api: operation %s needs the unknown permission %q", op.ID, op.permission))
	case op.Everywhere && (op.permission == Public || op.permission == SignedIn):
		panic("api: operation " + op.ID + " needs headquarters and no permission")
	case op.ID == "" || op.Method == "" || op.Path == "" || op.Summary == "" || op.Tag == "":
		panic(fmt.Sprintf("api: operation %+v is not described", *op))
	}
}

// mustBeSeen panics over an embedded struct of an unexported type: huma passes it
// by, and a filter or a version would be ignored without a word.
func mustBeSeen(id string, t reflect.Type) {
	for t.Kind() == reflect.Slice || t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || t.PkgPath() == "time" {
		return
	}
	for f := range t.Fields() {
		if f.Anonymous && !f.IsExported() {
			panic(fmt.Sprintf("api: operation %s: %s embeds the unexported %s", id, t, f.Type))
		}
		if f.Anonymous || f.Name == "Body" || f.Name == "Items" {
			mustBeSeen(id, f.Type)
		}
	}
}

// admit finds out whether p may make the request at all.
func (op *operation) admit(ctx context.Context, p authz.Principal) (caller, *Problem) {
	switch {
	case op.permission == Public:
		return caller{Principal: p}, nil
	case p.Nobody():
		return caller{}, problem(http.StatusUnauthorized, CodeNotSignedIn, "sign in, or send a token as Authorization: Bearer stw_…").
			with("WWW-Authenticate", `Bearer realm="steward"`)
	case op.permission == SignedIn:
		return caller{Principal: p}, nil
	case RequestFrom(ctx).Session.MustChangePassword:
		return caller{}, problem(http.StatusForbidden, CodeChangePassword, "choose a password of your own first")
	}
	scope := p.Scope(op.permission)
	if op.Everywhere && !scope.All() {
		return caller{}, problem(http.StatusForbidden, CodeNotAllowed, "this needs the permission to %s at headquarters", op.permission)
	}
	if scope.Empty() {
		return caller{}, problem(http.StatusForbidden, CodeNotAllowed, "your roles do not allow you to %s anything", op.permission)
	}
	return caller{Principal: p, scope: scope}, nil
}

type callerKey struct{}

func callerFrom(ctx context.Context) caller {
	c, _ := ctx.Value(callerKey{}).(caller)
	return c
}
