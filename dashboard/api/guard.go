package api

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"runtime/debug"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"steward/internal/authz"
)

// visit is one request on its way through an operation.
type visit struct {
	id     string
	url    *url.URL
	caller caller
	writer *writer
	cause  error // of a problem whose reason the caller is not told
}

type visitKey struct{}

func visitFrom(ctx context.Context) *visit {
	v, _ := ctx.Value(visitKey{}).(*visit)
	return v
}

// requestID names a request in the log and in problems; empty outside of one.
func requestID(ctx context.Context) string {
	if v := visitFrom(ctx); v != nil {
		return v.id
	}
	return ""
}

func newRequestID() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // does not fail
	return hex.EncodeToString(b[:])
}

// ServeHTTP answers everything below Prefix.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// The mux would send a browser from an unclean path to the clean one.
	if clean := path.Clean(r.URL.Path); clean != r.URL.Path {
		a.nowhere(w, r)
		return
	}
	handler, pattern := a.mux.Handler(r)
	if pattern != "" {
		a.mux.ServeHTTP(w, r) // which also sets the path's values
		return
	}
	if allow := allowed(handler, r); allow != "" {
		problem(http.StatusMethodNotAllowed, "method_not_allowed", "%s is not possible here, only %s", shorten(r.Method), allow).
			with("Allow", allow).Write(w, r)
		return
	}
	a.nowhere(w, r)
}

func (a *API) nowhere(w http.ResponseWriter, r *http.Request) {
	problem(http.StatusNotFound, CodeNotFound, "there is no operation at %s; all are described at %s/openapi.json", shorten(r.URL.Path), Prefix).Write(w, r)
}

// allowed asks the mux's own answer to a path without this method for the
// methods that the path has; empty when there is no such path.
func allowed(handler http.Handler, r *http.Request) string {
	w := &discard{header: http.Header{}}
	handler.ServeHTTP(w, r)
	return w.header.Get("Allow")
}

type discard struct{ header http.Header }

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(b []byte) (int, error) { return len(b), nil }
func (d *discard) WriteHeader(int)             {}

// guard is the first thing that an operation's request meets.
func (a *API) guard(op *operation) func(huma.Context, func(huma.Context)) {
	return func(hc huma.Context, next func(huma.Context)) {
		r, original := humago.Unwrap(hc)
		w := &writer{ResponseWriter: original}
		v := &visit{id: newRequestID(), url: r.URL, writer: w}
		ctx, cancel := context.WithTimeout(context.WithValue(r.Context(), visitKey{}, v), op.Timeout)
		defer cancel()
		r = r.WithContext(ctx)
		began := a.Now()
		defer func() { a.leave(op, v, began, r, recover()) }()

		h := w.Header()
		h.Set("X-Request-Id", v.id)
		h.Set("Cache-Control", "no-store") // what people may see is theirs
		a.bound(w, op)

		var p *Problem
		if v.caller, p = op.admit(ctx, authz.From(ctx)); p == nil {
			p = plain(r)
		}
		if p == nil && op.Heavy {
			var leave func()
			if leave, p = a.standInLine(ctx, v.caller); p == nil {
				defer leave()
			}
		}
		if p != nil {
			p.Write(w, r)
			return
		}
		r = r.WithContext(context.WithValue(ctx, callerKey{}, v.caller))
		r.Body = http.MaxBytesReader(w, r.Body, op.MaxBody)
		next(humago.NewContext(hc.Operation(), r, w))
	}
}

// standInLine waits for the caller's turn for a heavy query, which he gives back by leave.
func (a *API) standInLine(ctx context.Context, c caller) (leave func(), p *Problem) {
	who := string(c.Principal.Kind) + ":" + c.Principal.ID
	if !a.heavy.enter(ctx, who) {
		return nil, problem(http.StatusTooManyRequests, CodeTooMany, "you have %d heavy queries running; wait for one to end", maxHeavy).later(5 * time.Second)
	}
	return func() { a.heavy.leave(who) }, nil
}

// bound gives slow clients an end. The time to read ends with the operation's:
// a connection whose time to read is over counts as closed.
func (a *API) bound(w http.ResponseWriter, op *operation) {
	control := http.NewResponseController(w)
	// Recorders in tests have no deadlines to set.
	_ = control.SetReadDeadline(time.Now().Add(op.Timeout))
	_ = control.SetWriteDeadline(time.Now().Add(op.Timeout + chunkTime))
}

// leave ends a visit, also one that panicked.
func (a *API) leave(op *operation, v *visit, began time.Time, r *http.Request, panicked any) {
	abort := false
	if panicked != nil {
		err, _ := panicked.(error)
		// A broken connection is the one way to say that an answer is not whole.
		abort = errors.Is(err, http.ErrAbortHandler) || v.writer.status != 0
		if !errors.Is(err, http.ErrAbortHandler) {
			v.cause = fmt.Errorf("panic: %v\n%s", panicked, debug.Stack())
		}
		if !abort {
			problemOf(r.Context(), v.cause).Write(v.writer, r)
		}
	}
	status := v.writer.status
	if status == 0 {
		status = http.StatusOK
	}
	a.metrics.done(op.ID, status, a.Now().Sub(began))
	if v.cause != nil && !errors.Is(r.Context().Err(), context.Canceled) { // whoever went away misses nothing
		a.Logger.Error("api request failed", "operation", op.ID, "status", status, "request_id", v.id, "error", v.cause)
	}
	if abort {
		panic(http.ErrAbortHandler)
	}
}

// plain refuses requests whose address holds what no name or text holds, before
// it reaches a database: bytes that are not UTF-8 and control characters, of
// which PostgreSQL takes no NUL. A parameter that is given twice means that
// somebody and Steward would read it differently.
func plain(r *http.Request) *Problem {
	if !printable(r.URL.Path) {
		return problem(http.StatusNotFound, CodeNotFound, "there is nothing with this name")
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return problem(http.StatusBadRequest, "malformed", "the query is not of the form name=value&name=value")
	}
	for name, values := range query {
		switch {
		case len(values) > 1:
			return invalid(shorten(name), values[1], "is given more than once; lists are separated by commas")
		case !printable(values[0]):
			return invalid(shorten(name), "", "holds characters that do not print")
		}
	}
	return nil
}

func printable(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(c rune) bool { return c < ' ' || c == 0x7f })
}

// writer knows what was written.
type writer struct {
	http.ResponseWriter
	status int // 0 before the header is out
	keep   *keeper
}

// Unwrap is for http.ResponseController.
func (w *writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *writer) WriteHeader(status int) {
	if w.status == 0 && status >= http.StatusOK {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *writer) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	if w.keep != nil {
		w.keep.write(b)
	}
	return w.ResponseWriter.Write(b)
}

// keeper holds an answer that is to be given again, up to a size.
type keeper struct {
	body     []byte
	most     int
	overflow bool
}

func (k *keeper) write(b []byte) {
	if len(k.body)+len(b) > k.most {
		k.overflow, k.body = true, nil
	}
	if !k.overflow {
		k.body = append(k.body, b...)
	}
}

var _ io.Writer = (*writer)(nil)
