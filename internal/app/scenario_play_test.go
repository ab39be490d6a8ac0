package app

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"steward/alerting/desk"
	"steward/alerting/engine"
	"steward/alerting/estate"
	"steward/alerting/route"
	"steward/dashboard/api"
	"steward/ingest"
	"steward/internal/authz"
	"steward/internal/incident"
	"steward/internal/telemetry"
)

// play does what a scenario says, in a bubble, and gives the account of it.
func (s *scenario) play(t *testing.T) (words string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(s.start))
		w := newWorld(t, t.TempDir(), newPeople(t, s.file))
		p := &player{world: w, scenario: s}
		p.settle()
		w.begin()
		for i := range s.lines {
			l := s.lines[i]
			l.args = slices.Clone(l.args)
			time.Sleep(time.Until(s.start.Add(l.at)))
			synctest.Wait()
			if l.what == "end" {
				break
			}
			p.do(&l)
			synctest.Wait()
		}
		words = p.account()
		w.end()
	})
	return words
}

// player does the lines of a scenario.
type player struct {
	*world
	scenario *scenario
	refused  []string // what people were refused
}

// settle enters the estate.
func (p *player) settle() {
	p.t.Helper()
	for _, line := range strings.Split(string(p.scenario.file("estate")), "\n") {
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		l := &scenarioLine{what: fields[0], args: fields[1:]}
		if l.what == "project" {
			place := mustPlace(p.t, l.args[0])
			zone, err := time.LoadLocation(l.option("zone"))
			if err != nil {
				p.t.Fatal(err)
			}
			p.estate.PutProject(estate.Project{Place: place, Name: place.Project, Zone: zone, Calendar: l.option("calendar")})
			continue
		}
		p.estate.PutDevice(p.device(l))
	}
}

func (p *player) device(l *scenarioLine) estate.Device {
	p.t.Helper()
	ref, err := parseDevicePath(l.args[0])
	if err != nil {
		p.t.Fatal(err)
	}
	d := estate.Device{Device: ref, Active: true, Building: l.option("building"), Medium: l.option("medium"), Multiplier: 1}
	near := func(class, id string) telemetry.Device {
		return telemetry.Device{Region: ref.Region, Project: ref.Project, Class: telemetry.Class(class), ID: id}
	}
	if meter := l.option("parent"); meter != "" {
		d.Parent = near(string(telemetry.Meter), meter)
	}
	for _, feeds := range strings.Split(l.option("fed_by"), ",") {
		if class, id, ok := strings.Cut(feeds, "/"); ok {
			d.FedBy = append(d.FedBy, near(class, id))
		}
	}
	return d
}

func (p *player) do(l *scenarioLine) {
	p.t.Helper()
	deeds := map[string]func(*scenarioLine){
		"event": p.send, "read": p.send, "status": p.send,
		"act": p.act, "enter": p.enter, "external": p.external,
		"silence": p.silence, "responder": p.responder, "override": p.override, "rules": p.rules, "answer": p.answer, "retire": p.retire,
		"unsilence": func(*scenarioLine) { p.people.change(func() { p.people.setup.Silences = nil }) },
		"crash":     func(*scenarioLine) { p.crash() },
		"link": func(l *scenarioLine) {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.down = l.args[0] == "down"
		},
	}
	deed := deeds[l.what]
	if deed == nil {
		p.t.Fatalf("%s: line %d: there is no %q", p.scenario.name, l.number, l.what)
	}
	deed(l)
}

func (p *player) send(l *scenarioLine) {
	topic, payload := l.message(p.t, p.scenario.start)
	if err := p.life.door.Accept(context.Background(), ingest.Message{Topic: topic, Payload: []byte(payload), Client: "gateway"}); err != nil {
		p.t.Fatal(err)
	}
}

// somebody is a person who may act at the place.
func somebody(name string, at authz.Place) authz.Principal {
	return authz.Principal{Kind: "person", ID: name, Name: name, Grants: []authz.Grant{{Role: authz.Operator, Place: at}}}
}

func (p *player) act(l *scenarioLine) {
	who, deed := l.args[0], incident.Deed(l.args[1])
	a := incident.Action{Deed: deed, At: l.time(p.t, p.scenario.start, "at")}
	l.args = l.args[2:]
	kind := ""
	if len(l.args) > 0 {
		if k, ok := strings.CutPrefix(l.args[0], "@"); ok {
			kind, l.args = k, l.args[1:]
		}
	}
	a.Note = strings.Join(l.args, " ")
	inc := p.newest(kind)
	if inc == nil {
		p.t.Fatalf("%s: line %d: no incident is open", p.scenario.name, l.number)
	}
	_, err := p.life.desk.Act(context.Background(), somebody(who, inc.Place), inc.ID, a)
	p.note(l, fmt.Sprintf("%s %s", who, deed), err)
}

// note keeps what somebody was refused: that may be what a scenario is about.
func (p *player) note(l *scenarioLine, what string, err error) {
	if err != nil {
		p.refused = append(p.refused, fmt.Sprintf("refused +%s %s: %v", l.at, what, err))
	}
}

// newest is the open incident that Steward learned of last.
func (p *player) newest(kind string) (found *incident.Incident) {
	open, _, err := p.life.incidents.Open(context.Background())
	if err != nil {
		p.t.Fatal(err)
	}
	for i := range open {
		inc := &open[i]
		if (kind == "" || inc.Kind == kind || inc.Rule == kind) && (found == nil || inc.Received.After(found.Received)) {
			found = inc
		}
	}
	return found
}

func (p *player) enter(l *scenarioLine) {
	who, kind, place := l.args[0], l.args[1], mustPlace(p.t, l.args[2])
	n := incident.New{Kind: kind, Place: place, Severity: telemetry.Severity(l.option("severity")), Reference: l.option("reference")}
	if n.Severity == "" {
		n.Severity = telemetry.Warning
	}
	title := strings.Join(l.args[3:], " ")
	n.Title = incident.Text{ZH: title, EN: title}
	_, _, err := p.life.desk.Enter(context.Background(), somebody(who, place), n)
	p.note(l, fmt.Sprintf("%s %s", who, kind), err)
}

func (p *player) external(l *scenarioLine) {
	who, name, place := l.args[0], l.args[1], mustPlace(p.t, l.args[2])
	x := api.External{
		Fingerprint: name, Name: name, Place: place, Severity: telemetry.Severity(l.option("severity")), StartedAt: time.Now(),
	}
	if x.Severity == "" {
		x.Severity = telemetry.Warning
	}
	if class, id, ok := strings.Cut(l.option("device"), "/"); ok {
		x.Class, x.Device = telemetry.Class(class), id
	}
	if l.flag("over") {
		x.EndedAt = time.Now()
	}
	_, err := p.life.desk.External(context.Background(), somebody(who, place), []api.External{x})
	p.note(l, fmt.Sprintf("%s %s", who, name), err)
}

func (p *player) silence(l *scenarioLine) {
	s := incident.Silence{
		ID: fmt.Sprint("silence-", l.number), Place: mustPlace(p.t, l.args[0]), From: time.Now(), Until: l.time(p.t, p.scenario.start, "until"),
		Class: telemetry.Class(l.option("class")), Device: l.option("device"), Building: l.option("building"), Rule: l.option("rule"),
		LifeSafety: l.flag("life_safety"), Start: l.option("start"), End: l.option("end"),
	}
	for _, day := range strings.Split(l.option("days"), ",") {
		if n, err := strconv.Atoi(day); err == nil {
			s.Days = append(s.Days, n)
		}
	}
	if s.Start != "" {
		s.Zone = "Asia/Shanghai"
	}
	s.Reason = strings.Join(l.args[1:], " ")
	if err := s.Check(); err != nil {
		p.t.Fatalf("%s: line %d: %v", p.scenario.name, l.number, err)
	}
	p.people.change(func() { p.people.setup.Silences = append(slices.Clone(p.people.setup.Silences), s) })
}

func (p *player) responder(l *scenarioLine) {
	r := desk.Responder{Name: l.args[0], Place: mustPlace(p.t, l.args[1]), Card: l.args[2]}
	p.people.change(func() { p.people.setup.Responders = append(slices.Clone(p.people.setup.Responders), r) })
}

func (p *player) override(l *scenarioLine) {
	o := route.Override{From: time.Now(), Until: l.time(p.t, p.scenario.start, "until"), Schedule: l.args[0], Contact: l.args[1]}
	p.people.change(func() { p.people.setup.Overrides = append(slices.Clone(p.people.setup.Overrides), o) })
}

func (p *player) rules(l *scenarioLine) {
	set := scenarioRules(p.t, p.scenario.file(l.args[0]))
	p.people.change(func() { p.people.rules = set })
}

// answer says what the query of a rule finds from now on.
func (p *player) answer(l *scenarioLine) {
	r := p.people.rules.ByName[l.args[0]]
	if r == nil {
		p.t.Fatalf("%s: line %d: there is no rule %s", p.scenario.name, l.number, l.args[0])
	}
	rows := []engine.Row{}
	for _, row := range l.args[1:] {
		path, text, _ := strings.Cut(row, "=")
		value, err := strconv.ParseFloat(text, 64)
		if err != nil {
			p.t.Fatalf("%s: line %d: %v", p.scenario.name, l.number, err)
		}
		d, err := parseDevicePath(path)
		if err != nil {
			p.t.Fatalf("%s: line %d: %v", p.scenario.name, l.number, err)
		}
		rows = append(rows, engine.Row{Place: authz.Place{Region: d.Region, Project: d.Project}, Device: d, Value: &value})
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answers[strings.TrimSpace(r.Query)] = rows
}

func (p *player) retire(l *scenarioLine) {
	d := p.device(l)
	d.Active = false
	p.estate.PutDevice(d)
}

// account reads everything that came of it, and looks whether each timeline is
// whole and each clock was in time.
func (p *player) account() string {
	p.t.Helper()
	a := &account{start: p.scenario.start}
	for _, line := range p.refused {
		fmt.Fprintln(&a.Builder, line)
	}
	for _, e := range evidenceOf(p.t, p.life.incidents) {
		if !e.Proof.Intact {
			p.t.Errorf("timeline of %s: %s", e.Incident.ID, e.Proof.Problem)
		}
		checkPunctual(p.t, &e)
		a.incident(&e)
	}
	return a.String()
}

// evidenceOf reads all incidents, those of rules on trial too, in order of their
// beginning.
func evidenceOf(t *testing.T, store *incident.Store) (all []incident.Evidence) {
	t.Helper()
	view := store.As(authz.SystemPrincipal("test"))
	for _, shadow := range []bool{false, true} {
		for page := (incident.Page{Limit: 100}); ; {
			list, err := view.List(context.Background(), incident.Filter{Shadow: shadow}, page)
			if err != nil {
				t.Fatal(err)
			}
			for i := range list.Items {
				e, err := view.Evidence(context.Background(), list.Items[i].ID)
				if err != nil {
					t.Fatal(err)
				}
				all = append(all, e)
			}
			if page.Cursor = list.Next; page.Cursor == "" {
				break
			}
		}
	}
	slices.SortFunc(all, func(a, b incident.Evidence) int {
		x, y := &a.Incident, &b.Incident
		if c := x.StartedAt.Compare(y.StartedAt); c != 0 {
			return c
		}
		return strings.Compare(x.Fingerprint, y.Fingerprint)
	})
	return all
}

// checkPunctual looks whether warnings and breaches came within a second: of
// their time, or of when it was learned that this was their time.
func checkPunctual(t *testing.T, e *incident.Evidence) {
	t.Helper()
	learned := e.Incident.Received
	for _, entry := range e.Entries {
		switch entry.Kind {
		case incident.EntryClockWarned, incident.EntryClockBroken:
			due := entry.At
			if learned.After(due) {
				due = learned
			}
			if late := entry.Received.Sub(due); late < 0 || late > time.Second {
				t.Errorf("%s %s: %s %s came %s after its time", e.Incident.Rule, whereOf(&e.Incident), entry.Kind, entry.Note, late)
			}
		case incident.EntryClockStarted, incident.EntryClockResumed, incident.EntryCorrected, incident.EntryReopened:
			learned = entry.Received
		}
	}
}
