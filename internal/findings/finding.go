// Package findings keeps what analyses found wasted, and what became of it.
//
// [Store] is for the jobs that find: [Store.Sync] tells what a run saw and where it
// looked, [Store.Fixed] gives what waits to be verified, [Store.Verify] tells whether
// use fell, and [Store.Known] what became of all that was found. [Store.As]
// gives a [View], the findings as one caller may see and change them.
//
// Promises: a place has one finding of a kind about a subject, whatever is done and
// whatever runs; what a run tells twice changes nothing the second time; what somebody
// said of a finding is not taken back by a run, except where it says why; each step is
// in the history of its finding, in the same transaction.
package findings

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
	InvalidError = controldb.InvalidError
	Page         = controldb.Page
	List[T any]  = controldb.List[T]
)

// State is where a finding is in its life.
type State string

// The states. A job opens; people confirm, dismiss and say that it is fixed; the
// job then looks whether use fell, and verifies or opens again.
const (
	Open      State = "open"      // an analysis found it
	Confirmed State = "confirmed" // somebody looked, and it is so
	Dismissed State = "dismissed" // somebody looked, and it is not waste; it stays so unless it grows by half
	Fixed     State = "fixed"     // somebody did something about it; not yet verified
	Verified  State = "verified"  // use fell after the fix
	Cleared   State = "cleared"   // it went away by itself
)

// States lists the states in the order of a finding's life.
func States() []State { return []State{Open, Confirmed, Dismissed, Fixed, Verified, Cleared} }

// Standing reports whether something is still to be done or to be kept in mind.
func (s State) Standing() bool { return s != Verified && s != Cleared }

// Amount is a quantity with its interval, and the same in yuan.
type Amount struct {
	Value *float64 `json:"value"`
	Low   *float64 `json:"low"`
	High  *float64 `json:"high"`
	Unit  string   `json:"unit"` // kWh, m3, GJ or CNY
	Why   string   `json:"why,omitempty"`
}

// Seen is what a run of an analysis found.
type Seen struct {
	Place    authz.Place     `json:"-"`
	Building string          `json:"building,omitempty"`
	Kind     string          `json:"kind"`    // night_base, out_of_hours, holiday, stuck_on, excess, peak_demand, low_load_factor, power_factor, balance_loss, balance_theft, missing_meter, water_leak, anomaly
	Subject  string          `json:"subject"` // device:meter/m-1, building:b1, point:…: kind and subject name a finding within its place
	Medium   string          `json:"medium"`
	Title    incident.Text   `json:"title"`  // what is wrong, in one line
	Advice   incident.Text   `json:"advice"` // what to do
	Since    time.Time       `json:"since"`
	AtLeast  bool            `json:"since_at_least,omitempty"` // Since is where what was looked at begins: it may have begun before
	Until    time.Time       `json:"until"`                    // to where the data go that it is made from
	Rate     Amount          `json:"a_year"`                   // if it goes on
	RateCNY  Amount          `json:"a_year_cny"`
	Sofar    Amount          `json:"so_far"` // since Since
	SofarCNY Amount          `json:"so_far_cny"`
	Score    float64         `json:"confidence"` // 0 to 1: how sure
	N        float64         `json:"n"`          // days, nights or hours
	Coverage float64         `json:"coverage"`
	Evidence json.RawMessage `json:"evidence,omitempty"` // what it was judged by, for a chart: at most 64 KiB
}

// The verdicts of a Verification.
const (
	Fell         = "fell"
	DidNotFall   = "did_not_fall"
	Insufficient = "insufficient" // too little is known yet: it is looked at again
)

// Verification says whether use fell after a fix.
type Verification struct {
	Verdict  string    `json:"verdict"` // fell, did_not_fall, insufficient
	Why      string    `json:"why,omitempty"`
	Days     float64   `json:"days"` // after the fix that are known
	Saved    Amount    `json:"saved_a_year"`
	SavedCNY Amount    `json:"saved_a_year_cny"`
	FixedAt  time.Time `json:"fixed_at,omitzero"` // of the fix that was looked at
	At       time.Time `json:"at"`
	Run      string    `json:"run"`
}

// Finding is a finding with its life.
type Finding struct {
	ID      string `json:"id"`
	Region  string `json:"region"`
	Project string `json:"project"`
	Seen
	State    State         `json:"state"`
	Run      string        `json:"run"`       // that saw it last
	OpenedAt time.Time     `json:"opened_at"` // the last time that it was not there before
	SeenAt   time.Time     `json:"seen_at"`
	FixedAt  time.Time     `json:"fixed_at,omitzero"` // while it is fixed or verified
	Checked  *Verification `json:"verification,omitempty"`
	Version  int64         `json:"version"`
	History  []Step        `json:"history,omitempty"` // of one that is read by itself
}

// Step is one in the life of a finding.
type Step struct {
	At    time.Time  `json:"at"`
	State State      `json:"state"`
	Kind  authz.Kind `json:"actor_kind"` // system for the analyses
	Actor string     `json:"actor"`      // a person's name, or the job
	Note  string     `json:"note,omitempty"`
}
