package api

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"steward/internal/notices"
)

const introduction = `What Steward knows of a property company's estates, for people and machines.

**Who.** Sign in with ` + "`POST /session`" + ` (browsers), or send a token as ` + "`Authorization: Bearer stw_…`" + ` (machines). Requests of a browser that change something carry the session's ` + "`X-Steward-CSRF`" + `.

**Where.** Each role is bound to headquarters, a region or a project. What lies outside does not exist for the caller: 404, and absent from lists.

**Lists** are read page by page: pass ` + "`next`" + ` as ` + "`cursor`" + ` until there is none, or follow the Link header.

**Changes** of an object carry its ETag as ` + "`If-Match`" + `: of two who change it the second is told (412). A POST may carry an ` + "`Idempotency-Key`" + `: sent again within a day it is not carried out again, and gets the same answer.

**Errors** are problem+json (RFC 9457). Go by ` + "`code`" + `; ` + "`detail`" + ` is for people.

**Times** are RFC 3339, answers in UTC with milliseconds; **days** are 2024-12-31; **identifiers** are the segments of the MQTT topics.`

// chapters are the tags, in order.
var chapters = []*huma.Tag{
	{Name: "Session", Description: "Signing in and out."},
	{Name: "People", Description: "Who may do what, where."},
	{Name: "Tokens", Description: "Machines that use this interface."},
	{Name: "MQTT credentials", Description: "Devices and gateways at the broker."},
	{Name: "Places", Description: "Regions, projects and buildings."},
	{Name: "Devices", Description: "Devices, from their approval to their replacement."},
	{Name: "Tables", Description: "Import and export of the registry as CSV and Excel."},
	{Name: "Measurements", Description: "Readings, events, the latest state, and how complete they are."},
	{Name: "Exports", Description: "Readings and events as streams, for analysis elsewhere."},
	{Name: "Dead letters", Description: "Messages that could not be accepted."},
	{Name: "Incidents", Description: "What people are called for, with its clocks, its timeline and its proof."},
	{Name: "Alert rules", Description: "What raises incidents, and what is silenced."},
	{Name: "On call", Description: "Who is called, by what, and whose card says that help is there."},
	{Name: "Analytics", Description: "What was found out of the measurements: runs of analyses and their results."},
	{Name: "Operations", Description: "Inspections, complaints, fees and repair orders of projects."},
	{Name: "Notices", Description: "What projects have to put right, by when, and whether it was found done."},
	{Name: "Reports", Description: "Reports for people and spreadsheets, made of stored results."},
	{Name: "Installation", Description: "The ledger, the audit log, privacy."},
}

func configuration(version string) huma.Config {
	config := huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info:    &huma.Info{Title: "Steward", Version: version, Description: introduction},
			Tags:    chapters,
			Components: &huma.Components{
				Schemas: huma.NewMapRegistry("#/components/schemas/", schemaName),
				SecuritySchemes: map[string]*huma.SecurityScheme{
					"session":    {Type: "apiKey", In: "cookie", Name: cookiePlain, Description: "The session of a browser; named " + cookieTLS + " over TLS."},
					"session_ok": {Type: "apiKey", In: "header", Name: CSRFHeader, Description: "The csrf of GET /session, with every request of a session that is not GET."},
					"token":      {Type: "http", Scheme: "bearer", Description: "A token, stw_…"},
				},
			},
		},
		Formats: map[string]huma.Format{
			"application/json": {Marshal: marshalJSON, Unmarshal: unmarshalJSON},
			"json":             {Marshal: marshalJSON, Unmarshal: unmarshalJSON},
		},
		DefaultFormat:                "application/json",
		RejectUnknownQueryParameters: true,
	}
	// Clients send what they know; what must not be missing the registry says,
	// or a field's own tag.
	config.FieldsOptionalByDefault = true
	return config
}

// huma is the operation as that package wants it.
func (op *operation) huma() huma.Operation {
	h := huma.Operation{
		OperationID: op.ID, Method: op.Method, Path: op.Path, Tags: []string{op.Tag},
		Summary: op.Summary, Description: op.describe(), DefaultStatus: op.Status,
		MaxBodyBytes: op.MaxBody + 1, // guard has the limit itself
		// The guard's own limit stands.
		BodyReadTimeout: op.Timeout,
		Errors:          op.errors(),
		Responses:       map[string]*huma.Response{},
		Parameters:      slices.Clone(op.Params),
		Security:        []map[string][]string{},
		Extensions:      map[string]any{"x-permission": string(op.permission)},
	}
	h.SkipValidateBody = op.Unchecked
	if op.permission != Public {
		h.Security = []map[string][]string{{"session": {}, "session_ok": {}}, {"token": {}}}
		if op.Method == http.MethodGet {
			h.Security[0] = map[string][]string{"session": {}}
		}
	}
	if op.Method == http.MethodPost && op.permission != Public && !op.Upload {
		longest := 128
		h.Parameters = append(h.Parameters, &huma.Param{
			Name: idempotencyHeader, In: "header", Schema: &huma.Schema{Type: "string", MaxLength: &longest},
			Description: "A new name for this request, such as a UUID: sent again within a day, it is not carried out again.",
			Example:     "8e03978e-40d5-43e8-bc93-6894a57f9324",
		})
	}
	if op.Produces != nil {
		h.Responses["200"] = &huma.Response{Description: "OK", Content: binary(op.Produces)}
	}
	if op.Consumes != nil {
		h.RequestBody = &huma.RequestBody{Required: true, Content: binary(op.Consumes)}
	}
	return h
}

func binary(types map[string]any) map[string]*huma.MediaType {
	content := map[string]*huma.MediaType{}
	for name, example := range types {
		schema := &huma.Schema{Type: "string", Format: "binary"}
		if name == "application/json" { // one of several forms of the same
			schema = &huma.Schema{Type: "object", AdditionalProperties: true}
		}
		content[name] = &huma.MediaType{Schema: schema, Example: example}
	}
	return content
}

func (op *operation) describe() string {
	who := ""
	switch {
	case op.permission == Public:
		who = "Open to everybody."
	case op.permission == SignedIn:
		who = "For whoever is signed in."
	case op.Everywhere:
		who = fmt.Sprintf("Needs the permission to **%s** at headquarters.", op.permission)
	default:
		who = fmt.Sprintf("Needs the permission to **%s** at the place concerned.", op.permission)
	}
	if op.Description == "" {
		return who
	}
	return op.Description + "\n\n" + who
}

// errors are the statuses of the problems that an operation may answer with.
func (op *operation) errors() []int {
	list := []int{http.StatusInternalServerError, http.StatusServiceUnavailable, http.StatusGatewayTimeout, http.StatusUnprocessableEntity}
	if op.permission != Public {
		list = append(list, http.StatusUnauthorized, http.StatusForbidden)
	}
	if strings.Contains(op.Path, "{") {
		list = append(list, http.StatusNotFound)
	}
	switch op.Method {
	case http.MethodPost:
		list = append(list, http.StatusConflict, http.StatusRequestEntityTooLarge)
	case http.MethodPut, http.MethodPatch:
		list = append(list, http.StatusRequestEntityTooLarge)
	}
	if op.Heavy {
		list = append(list, http.StatusTooManyRequests)
	}
	slices.Sort(list)
	return list
}

// publish finishes the document and adds it as the one path that is no operation
// of its own.
func (a *API) publish() error {
	doc := a.huma.OpenAPI()
	for _, op := range a.operations {
		if err := op.illustrate(doc); err != nil {
			return err
		}
	}
	explain(doc.Components.Schemas.Map())
	body, err := json.MarshalIndent(doc, "", " ")
	if err != nil {
		return fmt.Errorf("api: the OpenAPI document: %w", err)
	}
	sum := sha256.Sum256(body)
	a.document, a.documentETag = append(body, '\n'), `"`+hex.EncodeToString(sum[:8])+`"`
	a.mux.HandleFunc("GET "+Prefix+"/openapi.json", a.serveDocument)
	return nil
}

func (a *API) serveDocument(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-cache") // it changes with the program
	h.Set("ETag", a.documentETag)
	if r.Header.Get("If-None-Match") == a.documentETag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	_, _ = w.Write(a.document) // who asked may be gone
}

// illustrate puts the operation's examples into the document.
func (op *operation) illustrate(doc *huma.OpenAPI) error {
	item := doc.Paths[op.Path]
	described := map[string]*huma.Operation{
		http.MethodGet: item.Get, http.MethodPost: item.Post, http.MethodPut: item.Put,
		http.MethodPatch: item.Patch, http.MethodDelete: item.Delete,
	}[op.Method]
	if described == nil {
		return fmt.Errorf("api: operation %s is not in its own document", op.ID)
	}
	if op.Request != nil {
		if described.RequestBody == nil {
			return fmt.Errorf("api: operation %s has an example of a body and no body", op.ID)
		}
		for _, media := range described.RequestBody.Content {
			media.Example = op.Request
		}
	}
	if slices.ContainsFunc(described.Parameters, func(p *huma.Param) bool { return p.Name == "If-Match" }) {
		for _, status := range []int{http.StatusPreconditionFailed, http.StatusPreconditionRequired} {
			described.Responses[strconv.Itoa(status)] = &huma.Response{
				Description: http.StatusText(status), Content: described.Responses["422"].Content,
			}
		}
	}
	success := strconv.Itoa(op.status(described))
	if r := described.Responses[success]; r != nil && op.Answer != nil {
		for _, media := range r.Content {
			media.Example = op.Answer
		}
	}
	if op.Method == http.MethodGet && described.Responses["200"] != nil && described.Responses["200"].Headers["ETag"] != nil {
		described.Responses["304"] = &huma.Response{Description: "The caller has it already."}
	}
	return nil
}

func (op *operation) status(described *huma.Operation) int {
	switch {
	case op.Status != 0:
		return op.Status
	case described.Responses["200"] != nil:
		return http.StatusOK
	}
	return http.StatusNoContent
}

// schemaName is the name of a type in the document. Rectification notices have names
// of their own: incidents have notices too, and findings changes.
func schemaName(t reflect.Type, hint string) string {
	name := huma.DefaultSchemaNamer(t, hint)
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.PkgPath() == reflect.TypeFor[notices.Notice]().PkgPath() {
		return "Rectification" + name
	}
	return name
}
