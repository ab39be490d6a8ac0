package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"steward/internal/clickhouse"
	"steward/internal/registry"
)

// Problem is an error as RFC 9457 has it, with a code for programs and a
// sentence for people.
type Problem struct {
	Type      string         `json:"type" example:"about:blank" doc:"Always about:blank: the code says which problem it is."`
	Title     string         `json:"title" example:"Unprocessable Entity" doc:"The name of the HTTP status."`
	Status    int            `json:"status" example:"422" doc:"The HTTP status."`
	Code      string         `json:"code" example:"invalid" doc:"Which problem it is. Codes stay the same."`
	Detail    string         `json:"detail" example:"1 field is not right" doc:"What is wrong and what to do, for people."`
	RequestID string         `json:"request_id,omitempty" example:"6c1f0a55d2f0c9b1" doc:"Names this request in Steward's log."`
	Errors    []FieldProblem `json:"errors,omitempty" doc:"What is wrong with which field, for the code invalid."`

	header http.Header
	cause  error // for the log; never told to the caller
}

// FieldProblem is one thing wrong with one field.
type FieldProblem struct {
	Field   string `json:"field" example:"installed_on" doc:"The field as in the request: a parameter, or the path within the body."`
	Value   string `json:"value" example:"2024-13-01" doc:"As it was given, shortened; empty for secrets."`
	Problem string `json:"problem" example:"is not a date of the form 2024-12-31" doc:"What is wrong and what would be right."`
}

// The codes of problems that more than one operation has.
const (
	CodeInvalid        = "invalid"
	CodeNotSignedIn    = "not_signed_in"
	CodeNotAllowed     = "not_allowed"
	CodeNotFound       = "not_found"
	CodeExists         = "exists"
	CodeChanged        = "changed_meanwhile"
	CodeNeedsIfMatch   = "precondition_required"
	CodeTooLarge       = "too_large"
	CodeQueryTooLarge  = "query_too_large"
	CodeTooMany        = "too_many_at_once"
	CodeUnavailable    = "unavailable"
	CodeNotHere        = "not_here"
	CodeTimeout        = "timeout"
	CodeInternal       = "internal"
	CodeKeyReused      = "idempotency_key_reused"
	CodeInProgress     = "in_progress"
	CodeAlreadyDone    = "already_done"
	CodeChangePassword = "password_change_required"
)

// NewProblem is a Problem for those in front of the API, so that all errors of a
// server have one shape.
func NewProblem(status int, code, detail string) *Problem {
	return problem(status, code, "%s", detail)
}

// problem makes a Problem. detail is for the person who reads it.
func problem(status int, code, detail string, args ...any) *Problem {
	return &Problem{
		Type: "about:blank", Title: http.StatusText(status), Status: status, Code: code,
		Detail: fmt.Sprintf(detail, args...),
	}
}

// invalid is a Problem of one field.
func invalid(field, value, what string, args ...any) *Problem {
	return invalidFields([]FieldProblem{{field, shorten(value), fmt.Sprintf(what, args...)}})
}

func invalidFields(fields []FieldProblem) *Problem {
	p := problem(http.StatusUnprocessableEntity, CodeInvalid, "%d fields are not right", len(fields))
	if len(fields) == 1 {
		p.Detail = fields[0].Field + " " + fields[0].Problem
	}
	p.Errors = fields
	return p
}

// later says when a caller may try again.
func (p *Problem) later(after time.Duration) *Problem {
	return p.with("Retry-After", strconv.Itoa(max(1, int(after.Seconds()))))
}

func (p *Problem) with(header, value string) *Problem {
	if p.header == nil {
		p.header = http.Header{}
	}
	p.header.Set(header, value)
	return p
}

func (p *Problem) because(err error) *Problem {
	p.cause = err
	return p
}

// Error is the detail.
func (p *Problem) Error() string { return p.Detail }

// Unwrap is the cause, which the caller is not told.
func (p *Problem) Unwrap() error { return p.cause }

// GetStatus is the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders are headers that belong to the problem.
func (p *Problem) GetHeaders() http.Header { return p.header }

// ContentType is RFC 9457's, whatever was negotiated.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// Write answers a request with the problem.
func (p *Problem) Write(w http.ResponseWriter, r *http.Request) {
	answer := *p
	if answer.RequestID = requestID(r.Context()); answer.RequestID == "" { // of no operation
		answer.RequestID = newRequestID()
		w.Header().Set("X-Request-Id", answer.RequestID)
	}
	body, err := json.Marshal(answer)
	if err != nil {
		panic("api: a problem that is not JSON: " + err.Error()) // our own type only
	}
	h := w.Header()
	for name, values := range p.header {
		h[name] = values
	}
	h.Set("Content-Type", p.ContentType(""))
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(p.Status)
	_, _ = w.Write(append(body, '\n')) // who asked may be gone
}

// problemOf is the one place where errors of the packages below become what a
// caller is told.
func problemOf(ctx context.Context, err error) *Problem {
	p := translate(ctx, err)
	if v := visitFrom(ctx); v != nil && p.cause != nil {
		v.cause = p.cause
	}
	if p.RequestID == "" {
		told := *p // a Problem may be a shared value
		told.RequestID = requestID(ctx)
		p = &told
	}
	return p
}

func translate(ctx context.Context, err error) *Problem {
	var known *Problem
	var wrong *registry.InvalidError
	var unaskable *clickhouse.ArgumentError
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &wrong):
		fields := make([]FieldProblem, len(wrong.Fields))
		for i, f := range wrong.Fields {
			fields[i] = FieldProblem{f.Field, redact(f.Field, f.Value), f.Problem}
		}
		return invalidFields(fields)
	case errors.As(err, &unaskable):
		return invalid(unaskable.Field, unaskable.Value, "%s", unaskable.Problem)
	case errors.Is(err, registry.ErrNotFound), errors.Is(err, clickhouse.ErrNotFound):
		return problem(http.StatusNotFound, CodeNotFound, "there is nothing with this name that you may see")
	case errors.Is(err, registry.ErrForbidden):
		return problem(http.StatusForbidden, CodeNotAllowed, "your role does not allow this here")
	case errors.Is(err, registry.ErrConflict):
		return problem(http.StatusPreconditionFailed, CodeChanged, "somebody else changed it after you read it: read it again and repeat your change")
	case errors.Is(err, registry.ErrExists):
		return problem(http.StatusConflict, CodeExists, "there is one with this name already")
	case errors.Is(err, clickhouse.ErrTooLarge): // before ErrBusy, with which it comes
		return problem(http.StatusUnprocessableEntity, CodeQueryTooLarge, "this reads more than one query may: narrow the places, devices or times").because(err)
	case errors.Is(err, clickhouse.ErrBusy):
		return problem(http.StatusServiceUnavailable, CodeUnavailable, "too many queries are running; try again in a few seconds").later(5 * time.Second).because(err)
	case errors.Is(err, clickhouse.ErrUnreachable):
		return problem(http.StatusServiceUnavailable, CodeUnavailable, "the store of measurements does not answer; try again").later(10 * time.Second).because(err)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(ctx.Err(), context.DeadlineExceeded):
		return problem(http.StatusGatewayTimeout, CodeTimeout, "this took too long and was stopped; ask for less").because(err)
	case errors.Is(err, context.Canceled):
		return problem(http.StatusServiceUnavailable, CodeUnavailable, "the request was stopped").because(err)
	}
	return problem(http.StatusInternalServerError, CodeInternal, "something went wrong inside Steward; its log says more under this request's id").because(err)
}

// codes of what huma finds wrong with a request before its handler.
var codes = map[int]string{
	http.StatusBadRequest:            "malformed",
	http.StatusNotFound:              CodeNotFound,
	http.StatusMethodNotAllowed:      "method_not_allowed",
	http.StatusNotAcceptable:         "not_acceptable",
	http.StatusRequestTimeout:        CodeTimeout,
	http.StatusRequestEntityTooLarge: CodeTooLarge,
	http.StatusUnsupportedMediaType:  "unsupported_media_type",
	http.StatusUnprocessableEntity:   CodeInvalid,
}

// huma asks these two for its own errors. They are variables of its package, and
// no other part of Steward uses it.
func init() {
	huma.NewError = func(status int, msg string, errs ...error) huma.StatusError {
		return ofHuma(context.Background(), status, msg, errs)
	}
	huma.NewErrorWithContext = func(ctx huma.Context, status int, msg string, errs ...error) huma.StatusError {
		return ofHuma(ctx.Context(), status, msg, errs)
	}
}

func ofHuma(ctx context.Context, status int, msg string, errs []error) *Problem {
	for _, err := range errs {
		var large *http.MaxBytesError
		if errors.As(err, &large) { // huma calls it an error of its own
			return problemOf(ctx, tooLarge(large.Limit))
		}
	}
	code, known := codes[status]
	if status >= http.StatusInternalServerError || (!known && status != 0) {
		return problemOf(ctx, errors.Join(append(errs, errors.New(msg))...))
	}
	p := problem(status, code, "%s", msg)
	if fields := fieldsOf(errs); len(fields) > 0 {
		p = invalidFields(fields)
		p.Status, p.Title, p.Code = status, http.StatusText(status), code
	}
	return problemOf(ctx, p)
}

func tooLarge(limit int64) *Problem {
	return problem(http.StatusRequestEntityTooLarge, CodeTooLarge, "the body is larger than %d bytes, the most that is taken here", limit)
}

func fieldsOf(errs []error) []FieldProblem {
	var fields []FieldProblem
	for _, err := range errs {
		var detailed huma.ErrorDetailer
		if !errors.As(err, &detailed) {
			continue
		}
		d := detailed.ErrorDetail()
		_, field, within := strings.Cut(d.Location, ".")
		if !within {
			field = d.Location
		}
		value := ""
		switch v := d.Value.(type) {
		case string:
			value = v
		case float64, bool, int, int64, json.Number:
			value = fmt.Sprint(v)
		}
		if field == "body" {
			value = "" // all of it: nobody needs it back
		}
		fields = append(fields, FieldProblem{field, redact(field, value), d.Message})
	}
	return fields
}

// redact keeps secrets that were sent out of answers, which end up in logs of
// browsers and proxies.
func redact(field, value string) string {
	field = strings.ToLower(field)
	if field == "old" || field == "new" || strings.Contains(field, "password") || strings.Contains(field, "secret") {
		return ""
	}
	return shorten(value)
}

// shorten bounds what is given back of a value, in runes.
func shorten(s string) string {
	const most = 80
	s = strings.ToValidUTF8(s, "\uFFFD")
	n := 0
	for i := range s {
		if n++; n > most {
			return s[:i] + "…"
		}
	}
	return s
}
