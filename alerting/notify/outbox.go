package notify

import (
	"context"
	"time"

	"steward/internal/incident"
)

// Outbox is where notices wait: the store of incidents.
type Outbox interface {
	// Claim takes notices that are due, life safety first, which nobody else is
	// given before lease has passed.
	Claim(ctx context.Context, now time.Time, limit int, lease time.Duration) ([]incident.Notice, error)
	Incident(ctx context.Context, id string) (incident.Incident, error)
	// Finish notes an attempt and moves the notice on as next says; one that is to
	// be tried again is free again.
	Finish(ctx context.Context, key string, a incident.Attempt, next incident.Notice) error
}
