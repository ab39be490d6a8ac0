package api

import (
	"context"
	"errors"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"steward/internal/authz"
	"steward/internal/controldb/controldbtest"
	"steward/internal/identity"
	"steward/internal/incident"
	"steward/internal/registry"
	"steward/internal/telemetry"
)

// small is a world without measurements: an API over the registry and the
// incidents, with one estate.
type small struct {
	*world
}

func newSmall(t *testing.T) *small {
	t.Helper()
	db := controldbtest.SQLite(t)
	w := &world{t: t, db: db, now: time.Date(2026, 11, 20, 6, 0, 0, 0, time.UTC)}
	now := func() time.Time { return w.now }
	w.registry = registry.New(db, registry.Options{Now: now})
	w.incidents, w.rules = incident.NewStore(controldbtest.SQLiteIncidents(t), incident.Options{Now: now}), &rulesStandIn{registry: w.registry}
	service, err := identity.New(t.Context(), identity.Options{DB: db, Policy: identity.Policy{Hashing: identity.Hashing{MemoryKiB: 64, Passes: 1}}})
	w.must(err)
	w.identity = service
	w.api, err = build(Options{
		Registry: w.registry, Identity: service, Answers: registry.NewAnswers(db, nil), Now: now, Version: "test",
		Incidents: w.incidents, Desk: deskStandIn{w.incidents, now}, Rules: w.rules, OnCall: onCallStandIn{}, Channels: channelsStandIn{},
		Audit: func(context.Context, authz.Principal, Deed) error { return nil },
	})
	w.must(err)
	view := w.registry.As(root)
	_, err = view.CreateRegion(t.Context(), registry.Region{ID: "zqnorth", Name: "北区"})
	w.must(err)
	_, err = view.CreateProject(t.Context(), registry.Project{Region: "zqnorth", ID: "zqharbour", Name: "海港花园", TimeZone: "Asia/Shanghai"})
	w.must(err)
	_, err = view.CreateDevice(t.Context(), registry.Device{Region: "zqnorth", Project: "zqharbour", Class: telemetry.Elevator, ID: "e2", Name: "2 号梯", Location: "A 座"})
	w.must(err)
	return &small{w}
}

// enter makes an incident that began some minutes ago.
func (s *small) enter(kind string, severity telemetry.Severity, ago time.Duration) incident.Incident {
	s.t.Helper()
	i, _, err := s.api.Desk.Enter(s.t.Context(), root, incident.New{
		Kind: kind, Title: incident.Text{ZH: "困人", EN: "Entrapment"}, Severity: severity, Place: harbour, Class: telemetry.Elevator, Device: "e2",
		At: s.now.Add(-ago), Reference: fmt.Sprint(s.next()),
	})
	s.must(err)
	return i
}

func TestIncidentsAreFiltered(t *testing.T) {
	w := newSmall(t)
	viewer := somebody(authz.Viewer, harbour)
	lift := w.enter("entrapment", telemetry.LifeSafety, 30*time.Minute)
	w.enter("repair", telemetry.Warning, 20*time.Minute)
	over := w.enter("complaint", telemetry.Info, 10*time.Minute)
	if rec := w.do(root, post("/incidents/"+over.ID+"/actions", fields{"deed": "resolve"})); rec.Code != 200 {
		t.Fatal(rec.Code, rec.Body)
	}
	f := func(query string, want ...string) {
		t.Helper()
		page := answerIn[listBody[incident.Incident]](t, w.do(viewer, get("/incidents"+query)), 200)
		var got []string
		for i := range page.Items {
			got = append(got, page.Items[i].Kind)
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: %v, want %v", query, got, want)
		}
	}
	f("", "complaint", "repair", "entrapment")
	f("?open=true", "entrapment", "repair")
	f("?sort=-severity", "entrapment", "repair", "complaint")
	f("?state=firing,resolved&severity=info,life_safety", "complaint", "entrapment")
	f("?state=resolved", "complaint")
	f("?kind=repair", "repair")
	f("?region=zqnorth&project=zqharbour&class=elevator&device=e2", "complaint", "repair", "entrapment")
	f("?class=meter")
	f("?building=b1&region=zqnorth&project=zqharbour")
	f("?shadow=true")
	f("?from=2026-11-20T05:35:00Z&to=2026-11-20T05:45:00Z", "repair")
	for _, query := range []string{
		"?project=zqharbour", "?building=b1", "?state=open", "?severity=grave", "?kind=%20", "?from=2026-11-21T00:00:00Z&to=2026-11-20T00:00:00Z",
		"?from=0001-01-02T00:00:00Z", "?sort=version", "?cursor=x", "?unknown=1",
	} {
		if p := problemIn(t, w.do(viewer, get("/incidents"+query))); p.Code != CodeInvalid {
			t.Errorf("%s: %+v", query, p)
		}
	}

	rec := w.do(viewer, get("/incidents/"+lift.ID))
	if got := answerIn[incident.Incident](t, rec, 200); got.Plan != nil || got.Comings != nil || rec.Header().Get("ETag") != `"1"` {
		t.Errorf("%+v, ETag %s", got, rec.Header().Get("ETag"))
	}
	if again := w.do(viewer, get("/incidents/"+lift.ID).with("If-None-Match", `"1"`)); again.Code != http.StatusNotModified {
		t.Errorf("the same again: %d", again.Code)
	}
	counts := answerIn[struct{ Items []incident.Count }](t, w.do(viewer, get("/incidents/counts")), 200)
	if len(counts.Items) != 2 || counts.Items[0].Severity != telemetry.LifeSafety || counts.Items[0].Open != 1 || counts.Items[0].Place != harbour {
		t.Errorf("%+v", counts)
	}
	if p := problemIn(t, w.do(viewer, get("/incidents/20260101-aaaaaaaaaaaaaaaa"))); p.Code != CodeNotFound {
		t.Errorf("%+v", p)
	}
}

// Of two who act on what they saw the second is told, and everything that was
// done is in the timeline.
func TestActions(t *testing.T) {
	w := newSmall(t)
	operator := somebody(authz.Operator, harbour)
	i := w.enter("entrapment", telemetry.LifeSafety, 5*time.Minute)
	act := func(body fields) *httptest.ResponseRecorder {
		return w.do(operator, post("/incidents/"+i.ID+"/actions", body))
	}
	first := act(fields{"deed": "acknowledge", "note": "已与乘客通话", "version": 1})
	got := answerIn[incident.Incident](t, first, 200)
	if got.State != incident.Acknowledged || len(got.Stages) != 1 || got.Stages[0].By.ID != operator.ID || got.Stages[0].By.Remote != "" || first.Header().Get("ETag") != `"2"` {
		t.Errorf("%+v, ETag %s", got, first.Header().Get("ETag"))
	}
	for _, body := range []fields{{"deed": "dispatch", "version": 1}, {"deed": "acknowledge"}} {
		if p := problemIn(t, act(body)); p.Status != http.StatusConflict || p.Code != CodeChanged {
			t.Errorf("%v: %+v", body, p)
		}
	}
	for _, body := range []fields{
		{"deed": "applaud"}, {}, {"deed": "note"}, {"deed": "arrive", "at": "2026-11-20T07:00:00Z"}, {"deed": "arrive", "at": "2026-11-20T05:00:00Z"},
		{"deed": "note", "note": strings.Repeat("字", 2001)}, {"deed": "note", "note": "x", "version": -1},
	} {
		if p := problemIn(t, act(body)); p.Code != CodeInvalid {
			t.Errorf("%v: %+v", body, p)
		}
	}
	answerIn[incident.Incident](t, act(fields{"deed": "arrive", "at": "2026-11-20T05:58:00Z"}), 200)
	timeline := answerIn[listBody[incident.Entry]](t, w.do(operator, get("/incidents/"+i.ID+"/timeline?limit=2")), 200)
	if len(timeline.Items) != 2 || timeline.Items[1].Kind != incident.EntryAcknowledged || timeline.Items[1].Actor.Remote != "" || timeline.Next == "" {
		t.Fatalf("%+v", timeline)
	}
	timeline = answerIn[listBody[incident.Entry]](t, w.do(somebody(authz.Manager, harbour), get("/incidents/"+i.ID+"/timeline?limit=2&cursor="+timeline.Next)), 200)
	if len(timeline.Items) != 1 || timeline.Items[0].Kind != incident.EntryArrived || timeline.Items[0].Actor.Remote != operator.Remote || timeline.Next != "" {
		t.Errorf("%+v", timeline)
	}
	if p := problemIn(t, w.do(somebody(authz.Viewer, harbour), post("/incidents/"+i.ID+"/actions", fields{"deed": "resolve"}))); p.Code != CodeNotAllowed {
		t.Errorf("a viewer: %+v", p)
	}
	// Who acts elsewhere and sees this here is told that he may not.
	both := somebody(authz.Viewer, harbour)
	both.Grants = append(both.Grants, authz.Grant{Role: authz.Operator, Place: park})
	if p := problemIn(t, w.do(both, post("/incidents/"+i.ID+"/actions", fields{"deed": "resolve"}))); p.Code != CodeNotAllowed {
		t.Errorf("an operator elsewhere: %+v", p)
	}
}

func TestEnterIncident(t *testing.T) {
	w := newSmall(t)
	operator := somebody(authz.Operator, harbour)
	body := func(more fields) fields {
		b := fields{"kind": "complaint", "title": fields{"zh": "电梯异响"}, "region": "zqnorth", "project": "zqharbour", "reference": "WO-1"}
		for name, value := range more {
			b[name] = value
		}
		return b
	}
	first := w.do(operator, post("/incidents", body(nil)))
	i := answerIn[incident.Incident](t, first, http.StatusCreated)
	if i.Severity != telemetry.Warning || !i.StartedAt.Equal(w.now) || first.Header().Get("Location") != Prefix+"/incidents/"+i.ID {
		t.Errorf("%+v at %s", i, first.Header().Get("Location"))
	}
	if again := answerIn[incident.Incident](t, w.do(operator, post("/incidents", body(nil))), http.StatusOK); again.ID != i.ID {
		t.Errorf("the same reference is %s and %s", i.ID, again.ID)
	}
	for field, more := range map[string]fields{
		"kind": {"kind": "A B"}, "title": {"title": fields{}}, "severity": {"severity": "grave"}, "project": {"project": "zqhill"}, "building": {"building": "b9"},
		"class": {"class": "elevator"}, "device": {"class": "elevator", "device": "e9"}, "at": {"at": "2026-11-21T00:00:00Z"},
	} {
		p := problemIn(t, w.do(operator, post("/incidents", body(more))))
		if p.Code != CodeInvalid || !strings.Contains(p.Errors[0].Field, field) {
			t.Errorf("%v: %+v", more, p)
		}
	}
}

// A page to print: both languages, times of the estate with the receipt beside
// them, nothing that runs or loads, whatever a text holds.
func TestEvidencePage(t *testing.T) {
	w := newSmall(t)
	i := w.enter("entrapment", telemetry.LifeSafety, 5*time.Minute)
	warn, limit := i.StartedAt.Add(7*time.Minute), i.StartedAt.Add(10*time.Minute)
	w.must(w.incidents.Update(t.Context(), func(tx *incident.Tx) error {
		known, err := tx.Get(i.ID)
		if err != nil {
			return err
		}
		known.Clocks = []incident.Clock{{
			Standard: "entrapment-on-site", Title: incident.Text{ZH: "救援到场", EN: "Rescue on site"}, State: incident.Running, Limit: 600,
			StartedAt: &i.StartedAt, StartedRec: &w.now, WarnAt: &warn, Deadline: &limit,
		}}
		_, err = tx.Enqueue(incident.Notice{Key: i.ID + "/opened", Incident: i.ID, What: "opened", Severity: i.Severity, Place: harbour, Receiver: "duty", Lang: "zh", Channels: []string{"duty-room"}})
		return errors.Join(err, tx.Save(known, incident.Entry{
			Kind: incident.EntryEvent, At: i.StartedAt, Actor: incident.Actor{Kind: "device", ID: "e2", Name: "e2"}, Note: `<script>alert(1)</script>`,
			Data: []byte(`{"message":{"payload":{"event":"</pre><img src=x onerror=alert(1)>"}}}`),
		}))
	}))
	for lang, words := range map[string][]string{
		"zh": {"事件记录", "危及人身", "海港花园 (zqnorth/zqharbour)", "2 号梯 (elevator/e2) · A 座", "Asia/Shanghai", "2026-11-20 13:55:00.000", "(+5m)", "救援到场", "10m<", "哈希链完整", "告警中"},
		"en": {"Record of an incident", "danger to life", "Entrapment", "2026-11-20 13:55:00.000", "Rescue on site", "running", "The chain of hashes is whole"},
	} {
		rec := w.do(somebody(authz.Viewer, harbour), get("/incidents/"+i.ID+"/evidence.html?lang="+lang))
		page := html.UnescapeString(rec.Body.String())
		if rec.Code != 200 || rec.Header().Get("Content-Type") != typeHTML {
			t.Fatalf("%d %s", rec.Code, page)
		}
		for _, word := range words {
			if !strings.Contains(page, word) {
				t.Errorf("%s: does not say %q: %s", lang, word, page)
			}
		}
		for _, bad := range []string{"<script", "<img", "<link", "http://", "https://", "ZgotmplZ"} {
			if strings.Contains(rec.Body.String(), bad) {
				t.Errorf("%s: holds %s", lang, bad)
			}
		}
		if policy := rec.Header().Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
			t.Errorf("policy %q", policy)
		}
	}
	evidence := answerIn[incident.Evidence](t, w.do(somebody(authz.Viewer, harbour), get("/incidents/"+i.ID+"/evidence")), 200)
	if len(evidence.Entries) != 2 || len(evidence.Notices) != 1 || !evidence.Proof.Intact || evidence.Proof.Hash != evidence.Entries[1].Hash {
		t.Errorf("%+v", evidence)
	}
}

// Every word of the page is in both languages.
func TestEvidenceWords(t *testing.T) {
	for rest := evidenceHTML; ; {
		_, after, found := strings.Cut(rest, `{{say "`)
		if !found {
			break
		}
		word, end, _ := strings.Cut(after, `"`)
		if evidenceWords[word].zh == "" {
			t.Errorf("%q has no Chinese", word)
		}
		rest = end
	}
	codes := []string{"pending", "opened", "repeated", "cleared", "reopened", "note", "event", "corrected", "clock_started", "clock_warned", "clock_breached", "clock_stopped", "clock_paused", "clock_resumed", "escalated", "notice", "delivered", "withheld", "silenced", "explained", "flapping", "waiting", "sent", "failed", "person", "machine", "device", "card", "system", "life_safety", "critical", "warning", "info"}
	for _, s := range incident.States() {
		codes = append(codes, string(s))
	}
	for _, s := range []incident.ClockState{incident.Waiting, incident.Running, incident.Paused, incident.Met, incident.Breached, incident.Void} {
		codes = append(codes, string(s))
	}
	for _, code := range codes {
		if evidenceWords[code].zh == "" {
			t.Errorf("%q has no Chinese", code)
		}
	}
}

func TestSkewAndSpan(t *testing.T) {
	at := time.Date(2026, 11, 20, 6, 0, 0, 0, time.UTC)
	f := func(late time.Duration, want string) {
		t.Helper()
		if got := skew(at, at.Add(late)); got != want {
			t.Errorf("%s: %q, want %q", late, got, want)
		}
	}
	f(0, "")
	f(999*time.Millisecond, "")
	f(time.Second, "+1s")
	f(-90*time.Second, "−1m30s")
	seconds := 630.0
	for _, v := range []any{seconds, &seconds} {
		if got := span(v); got != "10m30s" {
			t.Errorf("%q", got)
		}
	}
	for d, want := range map[time.Duration]string{0: "0s", 10 * time.Minute: "10m", 2 * time.Hour: "2h", 2*time.Hour + 5*time.Minute: "2h5m", 100 * time.Second: "1m40s"} {
		if got := lasting(d); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if got := span(1e300); got != "–" {
		t.Errorf("%q", got)
	}
}

func TestAlertmanager(t *testing.T) {
	w := newSmall(t)
	machine := somebody(authz.Operator, harbour)
	alert := func(status string, labels fields, more ...any) fields {
		all := fields{"alertname": "DiskFull", "region": "zqnorth", "project": "zqharbour"}
		for name, value := range labels {
			all[name] = value
		}
		a := fields{"status": status, "labels": all, "annotations": fields{"description": "the disk is full"}, "startsAt": "2026-11-20T05:00:00Z", "endsAt": "0001-01-01T00:00:00Z", "fingerprint": "f1", "generatorURL": "http://p:9090", "later": true}
		if status == "resolved" {
			a["endsAt"] = "2026-11-20T05:30:00Z"
		}
		for n := 0; n < len(more); n += 2 {
			a[more[n].(string)] = more[n+1]
		}
		return a
	}
	send := func(alerts ...fields) *httptest.ResponseRecorder {
		if alerts == nil {
			alerts = []fields{}
		}
		return w.do(machine, post("/alertmanager", fields{"version": "4", "status": "firing", "groupKey": "g", "truncatedAlerts": 0, "alerts": alerts}))
	}
	f := func(want ExternalResult, alerts ...fields) {
		t.Helper()
		if got := answerIn[ExternalResult](t, send(alerts...), 200); got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
	f(ExternalResult{Opened: 1}, alert("firing", fields{"severity": "page", "class": "elevator", "device": "e2"}))
	page := answerIn[listBody[incident.Incident]](t, w.do(machine, get("/incidents")), 200)
	if i := page.Items[0]; i.Severity != telemetry.Warning || i.Device != "e2" || i.Summary.EN != "the disk is full" || i.Labels["alertname"] != "DiskFull" {
		t.Errorf("%+v", i)
	}
	f(ExternalResult{Unchanged: 1}, alert("firing", nil))
	f(ExternalResult{Resolved: 1, Opened: 1}, alert("resolved", nil), alert("firing", nil, "fingerprint", "f2"))
	f(ExternalResult{Unchanged: 1}, alert("resolved", nil))
	f(ExternalResult{})
	for name, bad := range map[string]fields{
		"place of another": alert("firing", fields{"project": "zqhill"}), "no alertname": alert("firing", fields{"alertname": ""}),
		"state": alert("shouting", nil), "ends before it starts": alert("resolved", nil, "endsAt", "2026-11-20T04:00:00Z"), "no time": alert("firing", nil, "startsAt", "0001-01-01T00:00:00Z"),
		"no fingerprint": alert("firing", nil, "fingerprint", ""), "long": alert("firing", fields{"text": strings.Repeat("x", longestLabel+1)}),
		"project without region": alert("firing", fields{"region": ""}),
	} {
		before := w.head(t)
		if p := problemIn(t, send(alert("firing", nil, "fingerprint", "f3"), bad)); p.Code != CodeInvalid || w.head(t) != before {
			t.Errorf("%s: %+v", name, p)
		}
	}
	// What names no place is of headquarters.
	if p := problemIn(t, send(alert("firing", fields{"region": "", "project": ""}))); p.Code != CodeNotAllowed {
		t.Errorf("%+v", p)
	}
	if p := problemIn(t, w.do(machine, post("/alertmanager", fields{"version": "3", "alerts": []fields{}}))); p.Code != CodeInvalid {
		t.Errorf("%+v", p)
	}
}

func TestAlertRules(t *testing.T) {
	w := newSmall(t)
	engineer := somebody(authz.Engineer, harbour)
	made := w.do(engineer, post("/alert-rules", fields{"text": ruleOf("mine", harbour)}))
	if r := answerIn[RuleInfo](t, made, 201); r.Name != "mine" || r.Place != harbour || r.Source != ruleSourceAPI || made.Header().Get("Location") != Prefix+"/alert-rules/mine" {
		t.Errorf("%+v", r)
	}
	tag := made.Header().Get("ETag")
	list := answerIn[listBody[RuleInfo]](t, w.do(engineer, get("/alert-rules?limit=1")), 200)
	if len(list.Items) != 1 || list.Items[0].Name != "mine" || list.Items[0].Text != "" || list.Next != "mine" {
		t.Fatalf("%+v", list)
	}
	list = answerIn[listBody[RuleInfo]](t, w.do(engineer, get("/alert-rules?limit=1&cursor="+list.Next)), 200)
	if len(list.Items) != 1 || list.Items[0].Name != "overload" || list.Next != "" {
		t.Fatalf("%+v", list)
	}
	if list = answerIn[listBody[RuleInfo]](t, w.do(engineer, get("/alert-rules?search=OVERLOAD&mode=enabled")), 200); len(list.Items) != 2 {
		t.Errorf("%+v", list)
	}
	change := func(tag, name, text string) *httptest.ResponseRecorder {
		return w.do(engineer, put("/alert-rules/"+name, fields{"text": text}).with("If-Match", tag))
	}
	if rec := change(tag, "mine", "name: mine\nplace: zqnorth/zqharbour\n"); rec.Code != 200 {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
	if p := problemIn(t, change(tag, "mine", ruleOf("mine", harbour))); p.Code != CodeChanged {
		t.Errorf("%+v", p)
	}
	for what, c := range map[string]struct {
		rec  *httptest.ResponseRecorder
		code string
	}{
		"of no rule":             {change(tag, "none", ruleOf("none", harbour)), CodeNotFound},
		"of a file":              {change(tag, "overload", ruleOf("overload", harbour)), CodeNotFound},
		"another name":           {change(tag, "mine", ruleOf("yours", harbour)), CodeInvalid},
		"of nobody's place":      {w.do(engineer, post("/alert-rules", fields{"text": ruleOf("x", hill)})), CodeInvalid},
		"of everything":          {w.do(engineer, post("/alert-rules", fields{"text": ruleOf("x", authz.HQ)})), CodeNotAllowed},
		"instead of a file's":    {w.do(engineer, post("/alert-rules", fields{"text": ruleOf("overload", harbour)})), CodeExists},
		"the same name again":    {w.do(engineer, post("/alert-rules", fields{"text": ruleOf("mine", harbour)})), CodeExists},
		"somebody else's to see": {w.do(engineer, get("/alert-rules/park-own")), CodeNotFound},
	} {
		if p := problemIn(t, c.rec); p.Code != c.code {
			t.Errorf("%s: %+v", what, p)
		}
	}
	p := problemIn(t, w.do(engineer, post("/alert-rules", fields{"text": "name: a b\nwhen: power > 4\n"})))
	if len(p.Errors) != 2 || p.Errors[1].Field != "text" || p.Errors[1].Problem != "line 2, column 7: when: unknown name power" {
		t.Errorf("%+v", p)
	}
	check := answerIn[struct {
		Rule     *RuleInfo
		Problems []RuleProblem
	}](t, w.do(engineer, post("/alert-rules/check", fields{"text": "name: x\nwhen: power > 4\n"})), 200)
	if check.Rule != nil || len(check.Problems) != 1 || check.Problems[0].Line != 2 {
		t.Errorf("%+v", check)
	}
	// What was deleted is gone at once, also where it is in force for a moment yet; one of
	// a place above is not the caller's to know so.
	w.api.Rules.(*rulesStandIn).lasting = []RuleInfo{
		{Name: "gone", Source: ruleSourceAPI, Place: harbour, Text: "x"}, {Name: "above", Source: ruleSourceAPI, Place: authz.Place{Region: harbour.Region}, Text: "x"},
	}
	if p := problemIn(t, w.do(engineer, get("/alert-rules/gone"))); p.Code != CodeNotFound {
		t.Errorf("%+v", p)
	}
	if r := answerIn[RuleInfo](t, w.do(engineer, get("/alert-rules/above")), 200); r.Name != "above" || r.Text != "" {
		t.Errorf("%+v", r)
	}
	// Headquarters may replace a file's rule.
	if rec := w.do(root, post("/alert-rules", fields{"text": ruleOf("overload", authz.HQ)})); rec.Code != 201 {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
}

func TestBacktestIsBounded(t *testing.T) {
	w := newSmall(t)
	engineer := somebody(authz.Engineer, harbour)
	try := func(body fields) *httptest.ResponseRecorder {
		return w.do(engineer, post("/alert-rules/backtest", body))
	}
	for what, body := range map[string]fields{
		"no rule": {"from": "2026-11-01T00:00:00Z"}, "two rules": {"name": "overload", "text": "name: x", "from": "2026-11-01T00:00:00Z"}, "no time": {"name": "overload"},
		"backwards": {"name": "overload", "from": "2026-11-02T00:00:00Z", "to": "2026-11-01T00:00:00Z"}, "too long": {"name": "overload", "from": "2024-11-02T00:00:00Z"},
		"wrong text": {"text": "name: a b\n", "from": "2026-11-01T00:00:00Z"}, "too many": {"name": "overload", "from": "2026-11-01T00:00:00Z", "limit": 10_001},
	} {
		if p := problemIn(t, try(body)); p.Code != CodeInvalid {
			t.Errorf("%s: %+v", what, p)
		}
	}
	if p := problemIn(t, try(fields{"name": "park-own", "from": "2026-11-01T00:00:00Z"})); p.Code != CodeNotFound {
		t.Errorf("a rule that he does not see: %+v", p)
	}
	if p := problemIn(t, try(fields{"text": "name: x\nkind: sql\n", "from": "2026-11-01T00:00:00Z"})); p.Code != CodeNotAllowed {
		t.Errorf("a query that reads everything: %+v", p)
	}
	got := answerIn[BacktestResult](t, try(fields{"name": "overload", "from": "2026-11-01T00:00:00Z"}), 200)
	if got.Fired != 1 || len(got.Intervals) != 1 || got.Intervals[0].Place != harbour || got.Devices == nil {
		t.Errorf("%+v", got)
	}
	many := BacktestResult{Intervals: make([]BacktestInterval, 20), Devices: make([]BacktestTotal, 2000)}
	if many.complete(10); len(many.Intervals) != 10 || len(many.Devices) != 1000 || many.Projects == nil {
		t.Errorf("%d intervals, %d devices", len(many.Intervals), len(many.Devices))
	}
}

func TestChannelsAndOnCall(t *testing.T) {
	w := newSmall(t)
	admin := somebody(authz.Administrator, authz.HQ)
	test := func(name string) *httptest.ResponseRecorder {
		return w.do(admin, post("/channels/"+name+"/test", nil))
	}
	if got := answerIn[channelTest](t, test("duty-room"), 200); !got.Delivered || got.Error != "" {
		t.Errorf("%+v", got)
	}
	if got := answerIn[channelTest](t, test("broken"), 200); got.Delivered || got.Error != "the other side answered with 500" {
		t.Errorf("%+v", got)
	}
	if p := problemIn(t, test("none")); p.Code != CodeNotFound {
		t.Errorf("%+v", p)
	}
	shifts := answerIn[struct{ Items []Schedule }](t, w.do(somebody(authz.Viewer, harbour), get("/on-call")), 200)
	if len(shifts.Items) != 2 || shifts.Items[0].Name != "duty" || shifts.Items[1].Name != "duty-zqharbour" || shifts.Items[1].Shifts == nil {
		t.Errorf("%+v", shifts)
	}
	for _, query := range []string{"?from=2026-11-20T00:00:00Z&to=2027-11-20T00:00:00Z", "?from=2026-11-20T00:00:00Z&to=2026-11-19T00:00:00Z"} {
		if p := problemIn(t, w.do(admin, get("/on-call"+query))); p.Code != CodeInvalid {
			t.Errorf("%s: %+v", query, p)
		}
	}
}

// A silence of danger to life is an administrator's.
func TestSilenceOfLifeSafety(t *testing.T) {
	w := newSmall(t)
	body := fields{"region": "zqnorth", "project": "zqharbour", "from": "2026-11-20T06:00:00Z", "until": "2026-11-20T08:00:00Z", "reason": "test of the lift", "life_safety": true}
	if rec := w.do(somebody(authz.Manager, harbour), post("/silences", body)); rec.Code != 403 && rec.Code != 422 {
		t.Errorf("a manager: %d %s", rec.Code, rec.Body)
	}
	s := answerIn[registry.Silence](t, w.do(somebody(authz.Administrator, harbour), post("/silences", body)), 201)
	if !s.LifeSafety || s.ID == "" {
		t.Errorf("%+v", s)
	}
	if rec := w.do(somebody(authz.Engineer, harbour), post("/silences/"+s.ID+"/end", nil)); rec.Code != 200 {
		t.Errorf("ending it: %d %s", rec.Code, rec.Body)
	}
}

// Lists of what is not over yet go on where they were, also a while later.
func TestPagesOfWhatIsNotOver(t *testing.T) {
	w := newSmall(t)
	engineer := somebody(authz.Engineer, harbour)
	until := w.now.Add(time.Hour).Format(time.RFC3339)
	for _, path := range []string{"/silences", "/on-call/overrides"} {
		for range 3 {
			body := fields{"region": "zqnorth", "project": "zqharbour", "from": w.now.Format(time.RFC3339), "until": until}
			if path == "/silences" {
				body["reason"] = "test"
			} else {
				body["schedule"], body["contact"] = "duty", "li.wei"
			}
			if rec := w.do(engineer, post(path, body)); rec.Code != 201 {
				t.Fatal(rec.Code, rec.Body)
			}
		}
		seen := map[string]bool{}
		for cursor := "?limit=1"; cursor != ""; {
			page := answerIn[listBody[struct{ ID string }]](t, w.do(engineer, get(path+cursor)), 200)
			seen[page.Items[0].ID] = true
			if cursor = ""; page.Next != "" {
				cursor = "?limit=1&cursor=" + page.Next
			}
			w.now = w.now.Add(time.Second)
		}
		if len(seen) != 3 {
			t.Errorf("%s: %d of 3", path, len(seen))
		}
	}
}

// What is not part of the process says so.
func TestAlertingIsElsewhere(t *testing.T) {
	w := newSmall(t)
	i := w.enter("entrapment", telemetry.LifeSafety, 0)
	w.api.Desk, w.api.Rules, w.api.OnCall, w.api.Channels = nil, nil, nil, nil
	calls := []call{
		get("/incidents/pending"), post("/incidents/"+i.ID+"/actions", fields{"deed": "resolve"}), post("/alertmanager", fields{"version": "4", "alerts": []fields{}}),
		get("/alert-rules"), post("/alert-rules/check", fields{"text": "x"}), get("/on-call"), get("/channels"), post("/channels/x/test", nil),
	}
	for _, c := range calls {
		if p := problemIn(t, w.do(root, c)); p.Code != CodeNotHere {
			t.Errorf("%s: %+v", c.path, p)
		}
	}
	w.api.Incidents = nil
	if p := problemIn(t, w.do(root, get("/incidents"))); p.Code != CodeNotHere {
		t.Errorf("%+v", p)
	}
}
