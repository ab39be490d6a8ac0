package app

import (
	"context"
	"sync"

	"steward/dashboard"
)

// health collects what must hold for Steward to be ready. Parts add their
// checks as they start; until the last has, the start itself is what is missing.
type health struct {
	mu     sync.Mutex // guards the rest
	phase  string     // what the start is at; "" when it is done
	checks []healthCheck
}

type healthCheck struct {
	name  string
	check func(ctx context.Context) error
}

func (h *health) starting(phase string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.phase = phase
}

func (h *health) add(name string, check func(ctx context.Context) error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.checks = append(h.checks, healthCheck{name, check})
}

// notReady names what is not ready and why.
func (h *health) notReady(ctx context.Context) []dashboard.NotReady {
	h.mu.Lock()
	phase, checks := h.phase, h.checks
	h.mu.Unlock()
	var out []dashboard.NotReady
	if phase != "" {
		out = append(out, dashboard.NotReady{Name: "start", Reason: phase})
	}
	for _, c := range checks {
		if err := c.check(ctx); err != nil {
			out = append(out, dashboard.NotReady{Name: c.name, Reason: err.Error()})
		}
	}
	return out
}
