package clickhouse

import (
	"context"
	"fmt"
	"time"
)

// gate bounds how many do something at the same time. Who finds no room waits a
// little and is then told that there is none.
type gate struct {
	what     string
	patience time.Duration
	room     chan struct{}
}

func newGate(what string, size int, patience time.Duration) *gate {
	return &gate{what: what, patience: patience, room: make(chan struct{}, size)}
}

// enter waits for room. Whoever got it calls leave.
func (g *gate) enter(ctx context.Context) (leave func(), err error) {
	leave = func() { <-g.room }
	select {
	case g.room <- struct{}{}:
		return leave, nil
	default:
	}
	timer := time.NewTimer(g.patience)
	defer timer.Stop()
	select {
	case g.room <- struct{}{}:
		return leave, nil
	case <-timer.C:
		return nil, fmt.Errorf("%w: %d %s are under way", ErrBusy, cap(g.room), g.what)
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}
