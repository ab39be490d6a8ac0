// Package notices keeps rectification notices (整改通知): what a project has to put
// right, by when, who answers for it, and whether a re-inspection found it done.
//
// [Store] is for Steward's own work: [Store.Issue] by the scorecard, [Store.Escalate]
// for what is overdue. [Store.As] gives a [View], the notices as one caller may see
// and change them.
//
// Promises: a project has one live notice for a component of its scorecard, and a
// month is found fault with once, however often it is computed; those whom a notice
// concerns never close it themselves: that takes a manager above the project who has
// not submitted it; nobody's change is overwritten unseen; who was told that one is
// overdue is told also that it is over, or has a new due day, after which it begins anew.
package notices

import (
	"encoding/json"
	"time"

	"steward/internal/authz"
	"steward/internal/controldb"
	"steward/internal/incident"
)

// Errors, for errors.Is.
var (
	ErrNotFound  = controldb.ErrNotFound
	ErrForbidden = controldb.ErrForbidden
	ErrConflict  = controldb.ErrConflict
)

// What the control database's packages share.
type (
	Page        = controldb.Page
	List[T any] = controldb.List[T]
)

// InvalidError says what is wrong with a notice.
type InvalidError = controldb.InvalidError

// State is where a rectification notice (整改通知) is in its life.
type State string

// The states.
const (
	Issued    State = "issued"    // the project was told
	Accepted  State = "accepted"  // an owner has taken it
	Submitted State = "submitted" // the project says that it is done: to be inspected again
	Rejected  State = "rejected"  // the re-inspection found that it is not
	Closed    State = "closed"    // the re-inspection found that it is
	Withdrawn State = "withdrawn" // it was issued in error
)

// States lists every state, in the order of a notice's life.
func States() []State { return []State{Issued, Accepted, Submitted, Rejected, Closed, Withdrawn} }

// Live reports whether something is still to be done.
func (s State) Live() bool { return s != Closed && s != Withdrawn }

// Manual is the kind of a notice that somebody wrote.
const Manual = "manual"

// Who is told that a notice is overdue.
const (
	LevelRegion = "region"
	LevelHQ     = "hq"
)

// Notice is a rectification notice.
type Notice struct {
	ID       string          `json:"id"`
	Region   string          `json:"region"`
	Project  string          `json:"project"`
	Kind     string          `json:"kind"`            // the component of the scorecard that is outside its limit, or "manual"
	Month    string          `json:"month,omitempty"` // of the scorecard, 2026-10
	Finding  incident.Text   `json:"finding"`
	Required incident.Text   `json:"required"`           // what has to be done
	Evidence json.RawMessage `json:"evidence,omitempty"` // numbers of the scorecard with their run
	State    State           `json:"state"`
	Owner    string          `json:"owner,omitempty"` // user id of whoever answers for it
	IssuedAt time.Time       `json:"issued_at"`
	DueOn    string          `json:"due_on"`                 // day of the project's calendar
	Overdue  bool            `json:"overdue"`                // the day is over, and the project has not said that it is done
	Level    string          `json:"escalated_to,omitempty"` // region or hq once overdue
	ClosedAt time.Time       `json:"closed_at,omitzero"`     // also of one that was withdrawn
	Version  int64           `json:"version"`
	History  []Change        `json:"history,omitempty"` // of one that is read by itself, in order

	OwnerName string    `json:"owner_name,omitempty"` // how people call the owner: of one that the API reads by itself
	DueAt     time.Time `json:"-"`                    // the end of DueOn by the project's clocks
}

// Place is the project.
func (n *Notice) Place() authz.Place { return authz.Place{Region: n.Region, Project: n.Project} }

// Change is a step in the life of a notice.
type Change struct {
	At       time.Time `json:"at"`
	State    State     `json:"state"`
	Actor    string    `json:"actor"`
	Note     string    `json:"note,omitempty"`
	Evidence []string  `json:"evidence,omitempty"` // of what was done: addresses of pictures, numbers of orders
}
