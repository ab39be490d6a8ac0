package incident

import (
	"encoding/json"
	"time"

	"steward/internal/authz"
	"steward/internal/telemetry"
)

// Notice is one message that one receiver is to get because of one incident: a
// row of the outbox.
type Notice struct {
	// Key names the notice for ever: the same one made again after a crash has the
	// same key and is kept once, and receivers drop what they know.
	Key      string             `json:"key"`
	Incident string             `json:"incident"`
	What     string             `json:"what"` // opened, warned, breached, escalated, cleared, resolved, test
	Severity telemetry.Severity `json:"severity"`
	authz.Place
	Receiver string   `json:"receiver"` // the contact's name
	Lang     string   `json:"lang"`     // zh or en
	Channels []string `json:"channels"` // names, in the order in which they are tried
	Group    string   `json:"group"`    // notices of one group that wait for one channel go as one message
	// Data is what templates need besides the incident: the clock, the step.
	Data json.RawMessage `json:"data,omitempty"`

	CreatedAt time.Time `json:"created_at"`
	NotBefore time.Time `json:"not_before"` // grouping, quiet hours

	// How far it has come.
	State   NoticeState `json:"state"`
	Channel int         `json:"channel"` // index into Channels of the next attempt
	Tries   int         `json:"tries"`   // at that channel
	NextAt  time.Time   `json:"next_at"` // of the next attempt
	SentAt  *time.Time  `json:"sent_at,omitempty"`
}

// NoticeState is where a notice stands.
type NoticeState string

// The states of a notice.
const (
	NoticeWaiting NoticeState = "waiting"
	NoticeSent    NoticeState = "sent"
	NoticeFailed  NoticeState = "failed" // every channel was tried as often as it may be
)

// Attempt is one try to deliver a notice. Every one is kept.
type Attempt struct {
	Notice  string    `json:"notice"`
	N       int       `json:"n"`
	At      time.Time `json:"at"`
	Channel string    `json:"channel"`
	OK      bool      `json:"ok"`
	Error   string    `json:"error,omitempty"` // without secrets
	Took    float64   `json:"took_seconds"`
}
