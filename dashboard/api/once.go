package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"steward/internal/registry"
)

// idempotencyHeader names a request, so that a client that got no answer may send
// it again without fear.
const idempotencyHeader = "Idempotency-Key"

// mostKept is the largest answer that is kept, in bytes.
const mostKept = 16 << 10

// keptHeaders are the headers of an answer that are given again with it.
var keptHeaders = []string{"Content-Type", "ETag", "Location", "Link"}

// onceOnly carries a request with an idempotency key out once, and answers its
// repetitions with what was answered then. Only success is kept: what failed
// changed nothing and may be tried again.
func (a *API) onceOnly(op *operation) func(huma.Context, func(huma.Context)) {
	return func(hc huma.Context, next func(huma.Context)) {
		r, raw := humago.Unwrap(hc)
		key := r.Header.Get(idempotencyHeader)
		if key == "" {
			next(hc)
			return
		}
		w, ok := raw.(*writer)
		if !ok {
			panic("api: onceOnly without guard")
		}
		ctx := r.Context()
		k, p := answerKey(op, r, key)
		if p != nil {
			p.Write(w, r)
			return
		}
		given, err := a.Answers.Begin(ctx, k, op.Timeout+time.Minute)
		if err != nil {
			problemOf(ctx, onceProblem(err)).Write(w, r)
			return
		}
		if given != nil {
			repeat(w, r, given)
			return
		}
		w.keep = &keeper{most: mostKept}
		defer a.settle(ctx, op, k, w)
		next(hc)
	}
}

// settle keeps what was answered, or gives the key back.
func (a *API) settle(ctx context.Context, op *operation, k registry.AnswerKey, w *writer) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	var err error
	if w.status >= 200 && w.status < 300 {
		given := registry.Answer{Status: w.status, Header: map[string]string{}, Body: w.keep.body, Gone: op.Secret || w.keep.overflow}
		for _, name := range keptHeaders {
			if value := w.Header().Get(name); value != "" {
				given.Header[name] = value
			}
		}
		err = a.Answers.Finish(ctx, k, given)
	} else {
		err = a.Answers.Abandon(ctx, k)
	}
	if err != nil {
		a.Logger.Error("idempotency key not settled", "operation", op.ID, "request_id", requestID(ctx), "error", err)
	}
}

// answerKey is of the caller, the key, and all that the request asks; but the
// body of an operation with secrets is left out, since whoever got hold of its
// digest could guess a password against it.
func answerKey(op *operation, r *http.Request, key string) (registry.AnswerKey, *Problem) {
	if len(key) > 128 || strings.ContainsFunc(key, func(c rune) bool { return c <= ' ' || c > '~' }) {
		return registry.AnswerKey{}, invalid(idempotencyHeader, "", "is not of 1 to 128 printable ASCII characters")
	}
	body, err := io.ReadAll(r.Body) // bounded by guard
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return registry.AnswerKey{}, tooLarge(large.Limit)
	case err != nil:
		return registry.AnswerKey{}, problem(http.StatusBadRequest, "malformed", "the body broke off")
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	h := sha256.New()
	for _, part := range []string{r.Method, r.URL.EscapedPath(), r.URL.RawQuery, r.Header.Get("Content-Type"), r.Header.Get("If-Match")} {
		_, _ = io.WriteString(h, part+"\n") // a hash does not fail
	}
	if !op.Secret {
		_, _ = h.Write(body)
	}
	p := callerFrom(r.Context()).Principal
	return registry.AnswerKey{Principal: string(p.Kind) + ":" + p.ID, Request: key, Digest: hex.EncodeToString(h.Sum(nil))}, nil
}

func onceProblem(err error) error {
	switch {
	case errors.Is(err, registry.ErrOtherRequest):
		return problem(http.StatusUnprocessableEntity, CodeKeyReused, "this %s was sent before with another request; choose a new one", idempotencyHeader)
	case errors.Is(err, registry.ErrStillRunning):
		return problem(http.StatusConflict, CodeInProgress, "the request with this %s is still being carried out", idempotencyHeader).later(2 * time.Second)
	case errors.Is(err, registry.ErrTooManyAnswers):
		return problem(http.StatusTooManyRequests, CodeTooMany, "too many requests with an %s within a day; send them without", idempotencyHeader).later(time.Hour)
	}
	return err
}

// repeat gives an answer again.
func repeat(w http.ResponseWriter, r *http.Request, given *registry.Answer) {
	w.Header().Set("Idempotent-Replayed", "true")
	if given.Gone {
		problem(http.StatusConflict, CodeAlreadyDone, "this was done already; its answer held a secret or was too large, and was not kept").Write(w, r)
		return
	}
	for name, value := range given.Header {
		w.Header().Set(name, value)
	}
	w.WriteHeader(given.Status)
	_, _ = w.Write(given.Body) // who asked may be gone
}
