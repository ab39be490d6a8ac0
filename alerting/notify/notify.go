// Package notify brings notices to people and machines: one file a channel, and
// a worker that empties the outbox.
//
// A channel knows how to send one message and how to tell a failure that time
// may mend from one that it will not; when, how often and where else to try is
// the worker's.
//
// [Parse] reads channels.yaml, [Open] makes the channels of it, a [Worker] empties
// the outbox through them, and [Receive] reads what Alertmanager sends to us.
//
// Promises: a notice is sent at least once, each time under the same key, over
// any crash; danger to life waits behind nothing else, and a part of each
// channel's rate is kept for it; no error, log or attempt holds a secret.
package notify

import (
	"context"
	"errors"
	"time"

	"steward/internal/incident"
	"steward/internal/telemetry"
)

// Message is what one channel is to send to one receiver: one notice, or several
// that go together.
type Message struct {
	// Key is the idempotency key: the same message sent again has the same one.
	Key      string
	Lang     string // zh or en
	Severity telemetry.Severity
	Subject  string // one line
	Text     string // plain
	HTML     string // for mail
	Markdown string // for chat robots; without the subject
	Link     string // of the page; empty when nobody said where that is
	Items    []Item // what it is about, the gravest first
	Test     bool
}

// urgent reports whether people are to be called by name: somebody may be in
// danger, and it is not over.
func (m *Message) urgent() bool {
	for i := range m.Items {
		n := &m.Items[i].Notice
		if n.Severity == telemetry.LifeSafety && n.What != whatCleared && n.What != whatResolved {
			return true
		}
	}
	return false
}

// Item is one notice with its incident as it is now.
type Item struct {
	Notice   incident.Notice
	Incident incident.Incident
}

// Channel sends messages. Send must return when ctx ends. An error that wraps
// ErrPermanent is not tried again at this channel; one that is a *LaterError says
// when to try again. No error holds a secret.
type Channel interface {
	Send(ctx context.Context, m Message) error
}

// ErrPermanent says that trying again would fail in the same way.
var ErrPermanent = errors.New("refused")

// LaterError says that the other side wants to be left alone for a while.
type LaterError struct {
	After time.Duration
	Err   error
}

func (e *LaterError) Error() string { return e.Err.Error() }

// Unwrap gives the cause.
func (e *LaterError) Unwrap() error { return e.Err }
