package main

import (
	"bytes"
	"context"
	"errors"
	"math"
	"strings"
	"testing"
)

// A result is written whole or not at all, and holds nothing that is no number.
func TestWriteResult(t *testing.T) {
	type result struct {
		Name  string   `json:"name"`
		Value *float64 `json:"value"`
	}
	f := func(v float64, want string) {
		t.Helper()
		var out bytes.Buffer
		err := writeResult(&out, []result{{Name: "a<b"}, {"c", &v}})
		if want != "" && (err != nil || out.String() != want) {
			t.Errorf("of %g got %s and %v, want %s", v, out.String(), err, want)
		}
		if want == "" && (err == nil || out.Len() > 0 || !strings.Contains(err.Error(), "not finite")) {
			t.Errorf("of %g got %s and %v", v, out.String(), err)
		}
	}
	f(1e-12, `[{"name":"a<b","value":null},{"name":"c","value":1e-12}]`+"\n")
	f(math.NaN(), "")
	f(math.Inf(1), "")
	f(math.Inf(-1), "")
}

// Nobody has to wait for mathematics that he does not want any more.
func TestAnalysisIsStopped(t *testing.T) {
	stopped := errors.New("stopped")
	ctx, cancel := context.WithCancelCause(t.Context())
	computes, end := make(chan struct{}), make(chan struct{})
	defer close(end)
	go func() { <-computes; cancel(stopped) }()
	_, err := unlessStopped(ctx, func() (any, error) { close(computes); <-end; return 1, nil })
	if !errors.Is(err, stopped) {
		t.Errorf("got %v", err)
	}
	if result, err := unlessStopped(t.Context(), func() (any, error) { return 1, nil }); result != 1 || err != nil {
		t.Errorf("got %v, %v", result, err)
	}
}
