package desk

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"steward/alerting/engine"
	"steward/alerting/rule"
	"steward/internal/incident"
	"steward/internal/telemetry"
)

// Apply takes one signal of the evaluation.
func (d *Desk) Apply(tx Tx, s *engine.Signal) error {
	now := s.Received.Time()
	if s.Value != nil && (math.IsInf(*s.Value, 0) || math.IsNaN(*s.Value)) {
		finite := *s
		finite.Value, s = nil, &finite // JSON has no such number
	}
	inc, err := find(tx.Open(s.Fingerprint))
	if err != nil {
		return err
	}
	switch s.Kind {
	case engine.Fire:
		return d.fire(tx, inc, s, now)
	case engine.Past:
		return d.past(tx, s, now)
	case engine.Clear, engine.Mark, engine.Correct, engine.Drop:
	default:
		return nil
	}
	if inc == nil {
		return d.afterwards(tx, s, now)
	}
	w := d.work(tx, inc, now)
	switch s.Kind {
	case engine.Clear:
		w.clear(s)
	case engine.Mark:
		w.mark(s)
	case engine.Correct:
		w.correct(s)
	case engine.Drop:
		w.drop(s)
	}
	return w.finish()
}

// finish saves, and then looks at those that the incident explained, if it is
// over.
func (w *work) finish() error {
	over := !w.inc.Open()
	if err := w.save(); err != nil || !over || !w.inc.Cause {
		return err
	}
	return w.release()
}

func (d *Desk) fire(tx Tx, inc *incident.Incident, s *engine.Signal, now time.Time) error {
	if inc != nil {
		same := inc.ID == incident.NewID(s.Fingerprint, s.At.Time()) || s.Event == nil && !s.At.Time().After(inc.StartedAt)
		if same && inc.ClearedAt == nil {
			return nil // it is the coming by which it is open
		}
		w := d.work(tx, inc, now)
		w.again(s)
		return w.save()
	}
	last, err := find(tx.Newest(s.Fingerprint))
	if err != nil {
		return err
	}
	at := s.At.Time()
	known, err := find(tx.Get(incident.NewID(s.Fingerprint, at)))
	if err != nil || known != nil {
		return err // the stream is read again, or people closed what the device still says
	}
	shadow := s.Rule.Mode == rule.Shadow
	switch {
	case last == nil || last.ResolvedAt == nil:
	case at.Before(last.StartedAt):
		// From before what came last, and that is over: a gateway sends its memory.
		past := *s
		past.Until = max(telemetry.MillisOf(*last.ResolvedAt), s.At)
		return d.past(tx, &past, now)
	case !last.Late && !last.LifeSafety() && last.Shadow == shadow && last.Severity == s.Rule.Severity && at.Sub(*last.ResolvedAt) < d.opts.Reopen:
		return d.work(tx, last, now).reopen(s)
	}
	w := d.work(tx, d.newIncident(s, now), now)
	w.begin(s)
	return w.start()
}

// start has a fresh or reopened incident explained or told of, and explains others
// by it.
func (w *work) start() error {
	if err := w.explain(); err != nil {
		return err
	}
	w.schedule()
	if err := w.save(); err != nil {
		return err
	}
	if w.inc.Cause {
		return w.explainOthers()
	}
	return nil
}

func (d *Desk) newIncident(s *engine.Signal, now time.Time) *incident.Incident {
	r := s.Rule
	at := s.At.Time()
	inc := &incident.Incident{
		ID: incident.NewID(s.Fingerprint, at), Fingerprint: s.Fingerprint, Rule: r.Name, Kind: r.Incident,
		Title: r.Title, Runbook: r.Runbook, Severity: r.Severity, Labels: r.Labels,
		Place: s.Place, Building: s.Building, Class: s.Device.Class, Device: s.Device.ID,
		State: incident.Firing, Shadow: r.Mode == rule.Shadow, Cause: r.Cause, Responder: r.Responder,
		Group: r.Name + "@" + fmt.Sprint(s.Place) + "/" + s.Building, Count: 1,
		Value: s.Value, Unit: r.Unit, StartedAt: at, Received: now,
		Stages: []incident.Stage{}, Clocks: []incident.Clock{}, Told: []incident.Told{},
		Comings: []time.Time{at},
	}
	if inc.Class == "" {
		inc.Class = r.Class
	}
	inc.Summary = d.summary(s)
	return inc
}

// maxSummary bounds what a query adds to a summary, in bytes.
const maxSummary = 200

// summary is one line: what, where, how much.
func (d *Desk) summary(s *engine.Signal) incident.Text {
	where := fmt.Sprint(s.Place)
	if s.Building != "" {
		where += " " + s.Building
	}
	if s.Device.ID != "" {
		where = s.Device.ID
		if name := d.estate.Device(s.Device).Name; name != "" {
			where = name
		}
	}
	much := ""
	if s.Value != nil {
		much = strconv.FormatFloat(*s.Value, 'g', 6, 64)
		if s.Rule.Unit != "" {
			much += " " + s.Rule.Unit
		}
	}
	if s.Text != "" {
		much += " " + shorten(s.Text, maxSummary)
	}
	line := func(title string) string {
		if much == "" {
			return title + " · " + where
		}
		return title + " · " + where + " · " + much
	}
	return incident.Text{ZH: line(s.Rule.Title.In("zh")), EN: line(s.Rule.Title.In("en"))}
}

// evidence is what an entry keeps of a signal.
type evidence struct {
	Value   *float64    `json:"value,omitempty"`
	Unit    string      `json:"unit,omitempty"`
	Event   *eventData  `json:"event,omitempty"`
	Members []string    `json:"members,omitempty"`
	Text    string      `json:"text,omitempty"`
	Message *engine.Raw `json:"message,omitempty"`
	Skew    float64     `json:"skew_seconds,omitempty"` // receipt behind the device's clock; negative when that runs ahead
}

type eventData struct {
	Kind  string `json:"kind"`
	ID    string `json:"id"`
	Attrs string `json:"attrs,omitempty"`
}

func (w *work) evidence(s *engine.Signal) evidence {
	e := evidence{Value: s.Value, Text: shorten(s.Text, incident.MaxNote), Message: s.Raw, Skew: w.now.Sub(s.At.Time()).Seconds()}
	if s.Value != nil && s.Rule != nil {
		e.Unit = s.Rule.Unit
	}
	if s.Event != nil {
		e.Event = &eventData{Kind: s.Event.Kind, ID: s.Event.ID, Attrs: shorten(s.Event.Attrs, engine.MaxRaw)}
	}
	for _, m := range s.Members {
		e.Members = append(e.Members, m.String())
	}
	return e
}

// shorten is the beginning of a text, at most so many bytes.
func shorten(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "")
}

// source is who says what a signal says.
func source(s *engine.Signal) incident.Actor {
	if s.Device == (telemetry.Device{}) || s.Raw == nil {
		return incident.System
	}
	return incident.Actor{Kind: "device", ID: s.Device.String(), Name: s.Device.ID}
}

// begin writes how it began, and starts the clocks.
func (w *work) begin(s *engine.Signal) {
	opened := s.At.Time()
	if s.Held > s.At {
		w.inc.State = incident.Pending
		w.add(incident.EntryPending, opened, source(s), "", nil)
		w.inc.State = incident.Firing
		opened = s.Held.Time()
	}
	w.add(incident.EntryOpened, opened, source(s), "", w.evidence(s))
	w.startClocks(opened)
}

// repeats are noted each time at first, and then each time that they have doubled:
// a chattering contact must not fill the database.
const repeatsNoted = 20

func worthNoting(count int) bool { return count <= repeatsNoted || count&(count-1) == 0 }

// again is one more coming of what is open.
func (w *work) again(s *engine.Signal) {
	at := s.At.Time()
	w.inc.Count++
	back := w.inc.ClearedAt != nil
	if back { // what only says again that it is there does not come and go
		w.came(at)
	}
	w.inc.ClearedAt = nil
	w.inc.Value = s.Value
	w.inc.Plan = without(w.inc.Plan, whatSteady)
	if back || worthNoting(w.inc.Count) {
		w.add(incident.EntryRepeated, at, source(s), "", w.evidence(s))
	}
	switch {
	case w.follow(s.Rule):
		w.schedule()
	case w.forgotten(at):
		// Somebody came, or was to come, long ago, and the danger is reported again: the
		// end of the one before was lost. It calls people as the first time.
		w.inc.State = incident.Firing
		w.add(incident.EntryReopened, at, source(s), "it is reported again, long after it was taken up", nil)
		if len(w.inc.Clocks) < maxClocks {
			w.startClocks(at)
		}
		w.schedule()
	}
}

// maxClocks bounds the clocks of one incident.
const maxClocks = 40

// follow takes over what the rule has become since the incident began: one on trial
// that is not any more, or a graver one. It reports whether that changed anything.
func (w *work) follow(r *rule.Rule) bool {
	inc := w.inc
	real := inc.Shadow && r.Mode != rule.Shadow
	graver := graverThan(r.Severity, inc.Severity)
	if !real && !graver {
		return false
	}
	if real {
		inc.Shadow = false
	}
	if graver {
		inc.Severity = r.Severity
	}
	w.add(incident.EntryNote, w.now, incident.System, fmt.Sprintf("the rule has changed: it is %s now, and %s", r.Mode, r.Severity), nil)
	return true
}

func graverThan(a, b telemetry.Severity) bool {
	order := []telemetry.Severity{telemetry.LifeSafety, telemetry.Critical, telemetry.Warning, telemetry.Info}
	return slices.Index(order, a) < slices.Index(order, b)
}

// forgotten reports whether a danger to life that is reported at a time was taken up
// so long before that it must be another one.
func (w *work) forgotten(at time.Time) bool {
	inc := w.inc
	if !inc.LifeSafety() || inc.State.Rank() <= incident.Firing.Rank() || len(inc.Stages) == 0 {
		return false
	}
	return at.Sub(inc.Stages[len(inc.Stages)-1].At) > w.opts.Again
}

// came notes a coming, and whether it is one too many in a short time.
func (w *work) came(at time.Time) {
	inc := w.inc
	inc.Comings = append(inc.Comings, at)
	if over := len(inc.Comings) - incident.MaxComings; over > 0 {
		inc.Comings = inc.Comings[over:]
	}
	recent := 0
	for _, t := range inc.Comings {
		if at.Sub(t) <= w.opts.FlapWindow {
			recent++
		}
	}
	if recent >= w.opts.FlapCount && !inc.Flapping && !inc.LifeSafety() {
		inc.Flapping = true
		w.add(incident.EntryFlapping, at, incident.System, fmt.Sprintf("%d times within %s", recent, w.opts.FlapWindow), nil)
	}
}

// reopen goes on with an incident that ended a short while ago. What explained it
// then may be over.
func (w *work) reopen(s *engine.Signal) error {
	inc := w.inc
	inc.State, inc.ResolvedAt, inc.ClearedAt, inc.Parent = incident.Firing, nil, nil, ""
	inc.Count++
	inc.Value = s.Value
	w.add(incident.EntryReopened, s.At.Time(), source(s), "", w.evidence(s))
	w.came(s.At.Time())
	w.resumeClocks()
	return w.start()
}

// clear ends the condition, and with it the incident.
func (w *work) clear(s *engine.Signal) {
	at := s.At.Time()
	inc := w.inc
	inc.ClearedAt = &at
	w.add(incident.EntryCleared, at, source(s), "", w.evidence(s))
	w.stopClocks(at, clearedBy(s)...)
	if inc.Flapping {
		w.plan(w.now.Add(w.opts.Steady), whatSteady, 0)
		return
	}
	w.resolve(at, source(s), "")
}

// mark is an event of the device that belongs to the incident.
func (w *work) mark(s *engine.Signal) {
	at := s.At.Time()
	to := s.Rule.Marks[s.MarkKind]
	if to.Rank() > w.inc.State.Rank() && to.Rank() < incident.Resolved.Rank() {
		w.move(to, at, source(s), "", w.evidence(s))
	} else {
		w.add(incident.EntryEvent, at, source(s), s.MarkKind, w.evidence(s))
	}
	w.stopClocks(at, markedBy(s)...)
	w.startClocksAt(pointEvent+s.MarkKind, at)
}

// clearedBy are the points to which the end of a condition stops clocks.
func clearedBy(s *engine.Signal) []string {
	if s.Event == nil {
		return []string{pointCleared}
	}
	return []string{pointCleared, pointEvent + s.Event.Kind}
}

// markedBy are those of an event that belongs to an incident: whoever has arrived
// has also answered.
func markedBy(s *engine.Signal) []string {
	points := []string{pointEvent + s.MarkKind}
	to := s.Rule.Marks[s.MarkKind]
	for _, state := range incident.States() {
		if state.Rank() > incident.Firing.Rank() && state.Rank() <= to.Rank() {
			points = append(points, string(state))
		}
	}
	return points
}

// afterwards puts what was learned after the end of an incident into its timeline:
// help had come in time, and the gateway told so late. Nobody is told.
func (d *Desk) afterwards(tx Tx, s *engine.Signal, now time.Time) error {
	inc, err := find(tx.Newest(s.Fingerprint))
	if err != nil || inc == nil || inc.ResolvedAt == nil {
		return err
	}
	at := s.At.Time()
	if at.Before(inc.StartedAt) || at.After(*inc.ResolvedAt) {
		return nil
	}
	w := d.work(tx, inc, now)
	switch s.Kind {
	case engine.Mark:
		w.add(incident.EntryEvent, at, source(s), s.MarkKind, w.evidence(s))
		w.stopClocks(at, markedBy(s)...)
	case engine.Clear:
		if inc.ClearedAt != nil && !at.Before(*inc.ClearedAt) {
			return nil // that is known
		}
		inc.ClearedAt = &at
		w.add(incident.EntryCleared, at, source(s), "", w.evidence(s))
		w.stopClocks(at, clearedBy(s)...)
	default:
		return nil
	}
	return w.save()
}

// correct moves the beginning to where late data shows it.
func (w *work) correct(s *engine.Signal) {
	at := s.At.Time()
	if !at.Before(w.inc.StartedAt) {
		return
	}
	was := w.inc.StartedAt
	w.inc.StartedAt = at
	w.add(incident.EntryCorrected, at, source(s), "began earlier than was known: "+was.UTC().Format(time.RFC3339), w.evidence(s))
	w.restartClocks(at.Add(s.Rule.For))
}

// drop ends what nobody watches any more. Danger to life is for people to end.
func (w *work) drop(s *engine.Signal) {
	const why = "the rule was changed or removed, or the device was taken out of service"
	if w.inc.LifeSafety() && !w.inc.Shadow {
		w.add(incident.EntryNote, w.now, incident.System, why+": whether the danger is over is for people to say", nil)
		return
	}
	w.resolve(s.At.Time(), incident.System, why)
}

// past keeps what was over when Steward learned of it.
func (d *Desk) past(tx Tx, s *engine.Signal, now time.Time) error {
	inc := d.newIncident(s, now)
	known, err := find(tx.Get(inc.ID))
	if err != nil || known != nil {
		return err
	}
	w := d.work(tx, inc, now)
	inc.Late = true
	w.add(incident.EntryOpened, inc.StartedAt, source(s), "it was over when this was learned", w.evidence(s))
	w.startClocks(inc.StartedAt)
	until := s.Until.Time()
	inc.ClearedAt = &until
	w.add(incident.EntryCleared, until, source(s), "", nil)
	w.stopClocks(until, pointCleared)
	w.resolve(until, source(s), "")
	return w.save()
}
