package api

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// What a page asks for at once is answered one after another; a script that asks for
// more is sent away, and whoever has gone does not hold a place.
func TestTurnstile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := newTurnstile()
		ctx, gone := context.WithCancel(t.Context())
		results := make(chan bool, maxHeavy+maxLine)
		for range maxHeavy + maxLine {
			go func() { results <- gate.enter(ctx, "a") }()
		}
		synctest.Wait()
		if len(results) != maxHeavy {
			t.Fatalf("%d are inside, want %d", len(results), maxHeavy)
		}
		if gate.enter(ctx, "a") {
			t.Error("the line is full, and one more was let in")
		}
		if !gate.enter(ctx, "b") {
			t.Error("somebody else has to wait")
		}
		gate.leave("b")

		gate.leave("a")
		synctest.Wait()
		if len(results) != maxHeavy+1 {
			t.Errorf("one left, and %d are inside or were", len(results))
		}
		gone() // all who wait hang up
		synctest.Wait()
		if len(results) != maxHeavy+maxLine {
			t.Errorf("%d of those who hung up wait on", maxHeavy+maxLine-len(results))
		}
		entered := 0
		for range maxHeavy + maxLine {
			if <-results {
				entered++
			}
		}
		if entered != maxHeavy+1 {
			t.Errorf("%d got in, want %d", entered, maxHeavy+1)
		}
		begin := time.Now()
		if gate.enter(t.Context(), "a") || time.Since(begin) != maxWait {
			t.Errorf("the wait ended after %s", time.Since(begin))
		}
		for range maxHeavy {
			gate.leave("a")
		}
		if len(gate.gates) != 0 {
			t.Errorf("%d callers are remembered who are gone", len(gate.gates))
		}
	})
}
