package embedded

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

const (
	// stopPatience is how long an engine may take to end by itself; it takes
	// one or two seconds.
	stopPatience = 10 * time.Second

	// killPatience is how long the kernel may take to end it.
	killPatience = 5 * time.Second

	// A dead engine is started again at once-ish, and ever more slowly while
	// it keeps dying.
	firstPause   = 200 * time.Millisecond
	longestPause = 30 * time.Second

	// An engine that lived so long did not die of how it starts.
	stableAfter = time.Minute
)

// supervise keeps an engine running until Stop. It owns the child, the lock and
// the runtime file from here on.
func (e *Engine) supervise(c *child) {
	defer close(e.done)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() { // a start that is under way when Stop is called is given up
		select {
		case <-e.stop:
			cancel()
		case <-e.done:
		}
	}()

	pause, born := firstPause, time.Now()
	for c != nil {
		select {
		case <-e.stop:
			c.shutdown(stopPatience, e.hurry)
			c = nil
		case <-c.exited:
			e.metrics.up.Set(0)
			e.setErr(e.describeDeath(c))
			e.opts.Logger.Error("engine died and is started again", "lived", time.Since(born).Round(time.Millisecond), "error", e.Err())
			if time.Since(born) > stableAfter {
				pause = firstPause
			}
			c, pause = e.restart(ctx, pause)
			born = time.Now()
		}
	}
	e.metrics.up.Set(0)
	e.setErr(nil)
	if err := errors.Join(e.place.unpublish(), e.lock.release()); err != nil {
		e.opts.Logger.Warn("engine stopped, but left something behind", "error", err)
		return
	}
	e.opts.Logger.Info("engine stopped", "data_dir", e.opts.DataDir)
}

// restart tries until an engine is up, or until ctx ends, when there is none.
func (e *Engine) restart(ctx context.Context, pause time.Duration) (*child, time.Duration) {
	for {
		select {
		case <-ctx.Done():
			return nil, pause
		case <-time.After(pause/2 + rand.N(pause/2+1)):
		}
		pause = min(2*pause, longestPause)
		e.metrics.restarts.Inc()
		e.mu.Lock()
		e.restarts++
		e.mu.Unlock()
		c, err := e.startChild(ctx)
		if err == nil {
			e.setErr(nil)
			e.metrics.up.Set(1)
			e.opts.Logger.Info("engine is up again", "pid", c.pid(), "restarts", e.Restarts())
			return c, pause
		}
		if ctx.Err() != nil {
			return nil, pause
		}
		e.setErr(err)
		e.opts.Logger.Error("engine did not start and will be tried again", "pause", pause, "error", err)
	}
}
