package incident

import (
	"time"

	"steward/internal/authz"
	"steward/internal/telemetry"
)

// Deed is what people and machines do to an incident.
type Deed string

// The deeds.
const (
	Acknowledge Deed = "acknowledge"
	Dispatch    Deed = "dispatch"
	Arrive      Deed = "arrive"
	Resolve     Deed = "resolve"
	AddNote     Deed = "note"
	PauseClock  Deed = "pause" // clocks that may be paused, for a reason of theirs
	ResumeClock Deed = "resume"
)

// Deeds lists the deeds.
func Deeds() []Deed {
	return []Deed{Acknowledge, Dispatch, Arrive, Resolve, AddNote, PauseClock, ResumeClock}
}

// Action is one deed of a caller.
type Action struct {
	Deed Deed
	Note string // at most MaxNote bytes; needed for AddNote, and the reason of PauseClock
	// At is when it was done, when that was earlier than now: an arrival that is
	// entered afterwards. The zero time is now; later than now is refused, and
	// earlier than the incident too.
	At time.Time
	// Version is the one that the caller has seen; 0 does not care.
	Version int64
}

// New is an incident that people enter: a complaint, a repair.
type New struct {
	Kind     string
	Title    Text
	Severity telemetry.Severity
	authz.Place
	Building string
	Class    telemetry.Class
	Device   string
	Note     string
	At       time.Time // when it began; the zero time is now
	// Reference is the caller's own number: the same one entered twice is one
	// incident.
	Reference string
}
