// Package desk decides what becomes of incidents: what the evaluation signals,
// what people do, and what time brings about is turned into changes of state,
// clocks, timeline entries and notices.
//
// Its methods work within a transaction of the incident store, so that what was
// decided and the place in the stream that it was decided for are kept together
// or not at all. Given the same signals in the same order it decides the same:
// "now" is when Steward learned of a signal, and never the wall clock.
//
// Danger to life is never held back: no silence (but an administrator's own, which
// is recorded), no cause, no flapping, no grouping and no quiet hours delay it.
package desk

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"steward/alerting/estate"
	"steward/alerting/route"
	"steward/alerting/standard"
	"steward/internal/authz"
	"steward/internal/calendar"
	"steward/internal/incident"
)

// Options are the customs of the house. A zero field means its default.
type Options struct {
	// GroupWait is how long a notice that is not about life safety waits for
	// others of its group (15 s).
	GroupWait time.Duration
	// LateAfter is how old a signal may be, by the device's clock, before it is
	// taken to be about the past (5 min), and Settle how long such a one then
	// waits, unless it is about life safety, for newer data to end it (30 s).
	LateAfter, Settle time.Duration
	// FlapWindow is how far back the comings of an incident are counted (30 min):
	// FlapCount of them (4) and it flaps, until it has been quiet for Steady (15 min).
	FlapWindow time.Duration
	FlapCount  int
	Steady     time.Duration
	// Reopen is how long after its end an incident that comes again is the same
	// one (10 min).
	Reopen time.Duration
	// Again is how long after a danger to life was last taken up another report of it
	// is taken for another danger (30 min).
	Again time.Duration
	// CauseWindow is how long before its cause an incident may have come and be
	// explained by it all the same (10 min): power fails, and the meter says so last.
	CauseWindow time.Duration
}

func (o *Options) setDefaults() {
	for _, d := range []struct {
		field *time.Duration
		value time.Duration
	}{
		{&o.GroupWait, 15 * time.Second}, {&o.LateAfter, 5 * time.Minute}, {&o.Settle, 30 * time.Second},
		{&o.FlapWindow, 30 * time.Minute}, {&o.Steady, 15 * time.Minute}, {&o.Reopen, 10 * time.Minute},
		{&o.CauseWindow, 10 * time.Minute}, {&o.Again, 30 * time.Minute},
	} {
		if *d.field == 0 {
			*d.field = d.value
		}
	}
	if o.FlapCount == 0 {
		o.FlapCount = 4
	}
}

// Setup is what people have configured, as of one moment. It must not be modified.
type Setup struct {
	Standards  *standard.Set
	Calendars  *calendar.Set
	Plan       *route.Plan
	Silences   []incident.Silence
	Overrides  []route.Override
	Responders []Responder
}

// Responder is a person whose card at a gate of the place says that help is there.
type Responder struct {
	ID    string // by which timelines name him: whose card is whose is for managers
	Name  string
	Place authz.Place
	Card  string // the pseudonym of the card, as the door makes it
}

// Desk decides. Its methods may be called by several goroutines, each with a
// transaction of its own.
type Desk struct {
	opts   Options
	estate *estate.Estate
	setup  atomic.Pointer[Setup]
}

// New is a desk with a setup, which Configure replaces.
func New(e *estate.Estate, s *Setup, o Options) *Desk {
	o.setDefaults()
	d := &Desk{opts: o, estate: e}
	d.Configure(s)
	return d
}

// Configure replaces what people have configured.
func (d *Desk) Configure(s *Setup) { d.setup.Store(s) }

// Setup is what people have configured.
func (d *Desk) Setup() *Setup { return d.setup.Load() }

// Tx is the transaction of the incident store, as far as the desk needs it.
type Tx interface {
	Open(fingerprint string) (*incident.Incident, error)   // the open one; incident.ErrNotFound
	Newest(fingerprint string) (*incident.Incident, error) // whatever its state
	Get(id string) (*incident.Incident, error)
	OpenAt(place authz.Place) ([]*incident.Incident, error) // all open ones at and below
	Children(parent string) ([]*incident.Incident, error)   // the open ones that it explains
	Save(inc *incident.Incident, entries ...incident.Entry) error
	Enqueue(n incident.Notice) (fresh bool, err error)
}

// work is one incident on the desk: what is done to it is gathered, and kept
// together by save.
type work struct {
	*Desk
	tx      Tx
	setup   *Setup
	now     time.Time // when Steward learned of what is being done
	inc     *incident.Incident
	entries []incident.Entry
	notices []incident.Notice
}

func (d *Desk) work(tx Tx, inc *incident.Incident, now time.Time) *work {
	return &work{Desk: d, tx: tx, setup: d.Setup(), now: now, inc: inc}
}

// add appends an entry to the timeline; at is by the clock of whoever said it.
func (w *work) add(kind incident.EntryKind, at time.Time, by incident.Actor, note string, data any) {
	e := incident.Entry{
		Kind: kind, At: at, Received: w.now, State: w.inc.State, Actor: by, Note: note,
	}
	if data != nil {
		text, err := json.Marshal(data)
		if err != nil {
			text = fmt.Appendf(nil, "{\"error\":%q}", err) // an alarm goes before its evidence
		}
		e.Data = text
	}
	w.entries = append(w.entries, e)
}

// save keeps the incident with what was gathered.
func (w *work) save() error {
	if err := w.tx.Save(w.inc, w.entries...); err != nil {
		return err
	}
	for _, n := range w.notices {
		if _, err := w.tx.Enqueue(n); err != nil {
			return err
		}
	}
	w.entries, w.notices = nil, nil
	return nil
}

// zone is that of the incident's project.
func (w *work) zone() *time.Location { return w.estate.Project(w.inc.Place).Zone }

// find is ErrNotFound as nil.
func find(inc *incident.Incident, err error) (*incident.Incident, error) {
	if errors.Is(err, incident.ErrNotFound) {
		return nil, nil
	}
	return inc, err
}
