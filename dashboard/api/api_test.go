package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/identity"
	"steward/internal/registry"
)

func TestErrorsHaveOneForm(t *testing.T) {
	w := newWorld(t)
	engineer := somebody(authz.Engineer, harbour)
	meter := "/devices/zqnorth/zqharbour/meter/m-zqharbour"
	for name, c := range map[string]struct {
		who    authz.Principal
		call   call
		status int
		code   string
		field  string // that an error names
	}{
		"nobody":                    {call: get("/regions"), status: 401, code: CodeNotSignedIn},
		"nobody, with a bad query":  {call: get("/regions?x=1"), status: 401, code: CodeNotSignedIn},
		"no role for it":            {somebody(authz.Viewer, authz.HQ), post("/devices", fields{}), 403, CodeNotAllowed, ""},
		"not at headquarters":       {somebody(authz.Administrator, harbour), get("/ledger"), 403, CodeNotAllowed, ""},
		"no role for it, bad body":  {somebody(authz.Viewer, authz.HQ), post("/devices", "{"), 403, CodeNotAllowed, ""},
		"no such path":              {engineer, get("/nothing"), 404, CodeNotFound, ""},
		"no such object":            {engineer, get("/devices/zqnorth/zqharbour/meter/m9"), 404, CodeNotFound, ""},
		"unclean path":              {engineer, get("/regions/../regions"), 404, CodeNotFound, ""},
		"encoded slash":             {engineer, get("/regions/zqnorth%2Fzqharbour"), 422, CodeInvalid, "region"},
		"encoded NUL":               {engineer, get("/regions/zq%00"), 404, CodeNotFound, ""},
		"wrong method":              {engineer, del("/regions"), 405, "method_not_allowed", ""},
		"unknown parameter":         {engineer, get("/regions?colour=red"), 422, CodeInvalid, "colour"},
		"parameter twice":           {engineer, get("/regions?limit=1&limit=2"), 422, CodeInvalid, "limit"},
		"limit too large":           {engineer, get("/regions?limit=1001"), 422, CodeInvalid, "limit"},
		"limit not a number":        {engineer, get("/regions?limit=many"), 422, CodeInvalid, "limit"},
		"NUL in a parameter":        {engineer, get("/regions?search=%00"), 422, CodeInvalid, "search"},
		"bytes that are not UTF-8":  {engineer, get("/regions?search=%ff"), 422, CodeInvalid, "search"},
		"broken query":              {engineer, get("/regions?search=%zz"), 400, "malformed", ""},
		"no sort by that":           {engineer, get("/devices?sort=colour"), 422, CodeInvalid, "sort"},
		"cursor of nothing":         {engineer, get("/devices?cursor=AAAA"), 422, CodeInvalid, "cursor"},
		"broken body":               {engineer, post("/devices", "{"), 400, "malformed", "body"},
		"no body":                   {engineer, post("/devices", nil), 400, "malformed", ""},
		"NUL in the body":           {engineer, post("/devices", `{"id":"a\u0000"}`), 400, "malformed", "body"},
		"unknown field":             {engineer, post("/devices", fields{"colour": "red"}), 422, CodeInvalid, "colour"},
		"wrong type of a field":     {engineer, post("/devices", fields{"name": 7}), 422, CodeInvalid, "name"},
		"field that cannot be":      {engineer, post("/devices", fields{"region": "zqnorth", "project": "zqharbour", "class": "meter", "id": "m2", "installed_on": "yesterday"}), 422, CodeInvalid, "installed_on"},
		"body too large":            {engineer, post("/devices", `{"name":"`+strings.Repeat("x", defaultMaxBody)+`"}`), 413, CodeTooLarge, ""},
		"other type of body":        {engineer, post("/devices", "<device/>").with("Content-Type", "application/xml"), 415, "unsupported_media_type", "body"},
		"exists":                    {engineer, post("/devices", fields{"region": "zqnorth", "project": "zqharbour", "class": "meter", "id": "m-zqharbour"}), 409, CodeExists, ""},
		"no If-Match":               {engineer, put(meter, fields{}), 428, CodeNeedsIfMatch, ""},
		"If-Match of something":     {engineer, put(meter, fields{}).with("If-Match", "*"), 422, CodeInvalid, "If-Match"},
		"older version":             {engineer, put(meter, fields{}).match(99), 412, CodeChanged, ""},
		"another identity":          {engineer, put(meter, fields{"id": "m2"}).match(1), 422, CodeInvalid, "id"},
		"unknown field of a patch":  {engineer, patchOf(meter, fields{"colour": "red"}).match(1), 422, CodeInvalid, "colour"},
		"wrong type in a patch":     {engineer, patchOf(meter, fields{"name": []int{1}}).match(1), 422, CodeInvalid, "name"},
		"neither refs nor a filter": {engineer, post("/devices/bulk", fields{"set": fields{"note": "x"}}), 422, CodeInvalid, "devices"},
		"time backwards":            {engineer, get("/readings?from=2026-11-02T00:00:00Z&to=2026-11-01T00:00:00Z"), 422, CodeInvalid, "from"},
		"time out of reach":         {engineer, get("/events?from=0001-01-02T00:00:00Z"), 422, CodeInvalid, "from"},
		"not a time":                {engineer, get("/events?from=yesterday"), 422, CodeInvalid, "from"},
		"no time":                   {engineer, get("/readings"), 422, CodeInvalid, "from"},
		"project without region":    {engineer, get("/readings?from=2026-11-01T00:00:00Z&project=zqharbour"), 422, CodeInvalid, "project"},
		"no device's name":          {engineer, get("/readings?from=2026-11-01T00:00:00Z&devices=m1"), 422, CodeInvalid, "devices[0]"},
		"not a pseudonym":           {somebody(authz.Administrator, authz.HQ), del("/privacy/persons/li.wei"), 422, CodeInvalid, "person"},
	} {
		t.Run(name, func(t *testing.T) {
			rec := w.do(c.who, c.call)
			if rec.Code != c.status {
				t.Fatalf("status %d, want %d: %s", rec.Code, c.status, rec.Body)
			}
			p := problemIn(t, rec)
			if p.Code != c.code {
				t.Errorf("code %q, want %q", p.Code, c.code)
			}
			if c.field != "" && (len(p.Errors) == 0 || p.Errors[0].Field != c.field || p.Errors[0].Problem == "") {
				t.Errorf("errors %+v do not begin with %s", p.Errors, c.field)
			}
			if rec.Header().Get("Cache-Control") != "no-store" {
				t.Errorf("may be kept: %v", rec.Header())
			}
		})
	}
}

func TestMethodsThatAreThereAreNamed(t *testing.T) {
	w := newWorld(t)
	rec := w.do(root, del("/devices"))
	if allow := rec.Header().Get("Allow"); !strings.Contains(allow, "GET") || !strings.Contains(allow, "POST") {
		t.Errorf("Allow: %q", allow)
	}
}

// What goes wrong inside is logged and not told.
func TestInsideStaysInside(t *testing.T) {
	const inside = "secret of the house"
	for name, fail := range map[string]func() error{
		"error": func() error { return errors.New(inside) },
		"panic": func() error { panic(inside) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.api.Data = failing{err: fail}
			rec := w.do(root, get("/events?from=2026-11-01T00:00:00Z"))
			p := problemIn(t, rec)
			if p.Status != 500 || p.Code != CodeInternal || strings.Contains(rec.Body.String(), inside) {
				t.Errorf("%s", rec.Body)
			}
		})
	}
}

func TestStoreThatIsAwayMayBeTriedAgain(t *testing.T) {
	w := newWorld(t)
	for _, is := range []error{clickhouse.ErrBusy, clickhouse.ErrUnreachable} {
		w.api.Data = failing{err: func() error { return fmt.Errorf("query: %w", is) }}
		rec := w.do(root, get("/readings?from=2026-11-01T00:00:00Z"))
		if p := problemIn(t, rec); p.Status != 503 || p.Code != CodeUnavailable || rec.Header().Get("Retry-After") == "" {
			t.Errorf("%v: %v %s", is, rec.Header(), rec.Body)
		}
	}
	w.api.Data = failing{err: func() error { return fmt.Errorf("%w: %w", clickhouse.ErrTooLarge, clickhouse.ErrBusy) }}
	if p := problemIn(t, w.do(root, get("/readings?from=2026-11-01T00:00:00Z"))); p.Status != 422 || p.Code != CodeQueryTooLarge {
		t.Errorf("%+v", p)
	}
}

// A process without a role says so.
func TestWhatIsElsewhere(t *testing.T) {
	w := newWorld(t)
	w.api.Data, w.api.Live, w.api.Replay, w.api.Ledger, w.api.Health, w.api.VerifyAudit = nil, nil, nil, nil, nil, nil
	for _, c := range []call{
		get("/readings?from=2026-11-01T00:00:00Z"), get("/latest"), get("/ledger"), get("/health"), get("/audit/verify"), get("/export/events.csv?from=2026-11-01T00:00:00Z"),
		post("/dead-letters/replay", fields{"all": true}), get("/dead-letters"),
	} {
		if p := problemIn(t, w.do(root, c)); p.Status != 503 || p.Code != CodeNotHere {
			t.Errorf("%s: %+v", c.path, p)
		}
	}
}

// Of two editors the second is told.
func TestTwoEditors(t *testing.T) {
	w := newWorld(t)
	engineer := somebody(authz.Engineer, harbour)
	const meter = "/devices/zqnorth/zqharbour/meter/m-zqharbour"
	first := w.do(engineer, get(meter))
	tag := first.Header().Get("ETag")
	device := answerIn[registry.Device](t, first, 200)

	if rec := w.do(engineer, get(meter).with("If-None-Match", tag)); rec.Code != 304 || rec.Body.Len() != 0 {
		t.Errorf("the same object again: %d %s", rec.Code, rec.Body)
	}
	device.Location = "roof"
	mine := w.do(engineer, put(meter, device).with("If-Match", tag))
	if got := answerIn[registry.Device](t, mine, 200); got.Location != "roof" || mine.Header().Get("ETag") == tag {
		t.Errorf("changed to %+v, ETag %s", got, mine.Header().Get("ETag"))
	}
	if p := problemIn(t, w.do(engineer, patchOf(meter, fields{"location": "cellar"}).with("If-Match", tag))); p.Code != CodeChanged {
		t.Errorf("the second editor is told %+v", p)
	}
	if rec := w.do(engineer, get(meter).with("If-None-Match", tag)); rec.Code != 200 {
		t.Errorf("a changed object: %d", rec.Code)
	}
	// A proxy that compresses makes the tag a weak one.
	patched := w.do(engineer, patchOf(meter, fields{"location": "cellar", "externals": fields{"modbus": "7"}, "note": nil}).with("If-Match", "W/"+mine.Header().Get("ETag")))
	got := answerIn[registry.Device](t, patched, 200)
	if got.Location != "cellar" || got.Note != "" || got.Externals["modbus"] != "7" || got.Externals["dl645"] != "ext-zqharbour" || got.Name != device.Name {
		t.Errorf("patched to %+v", got)
	}
}

func TestPagesFollowOneAnother(t *testing.T) {
	w := newWorld(t)
	engineer := somebody(authz.Engineer, harbour)
	for i := range 7 {
		rec := w.do(engineer, post("/devices", fields{"region": "zqnorth", "project": "zqharbour", "class": "fire", "id": fmt.Sprintf("f%d", i)}))
		if rec.Code != 201 || rec.Header().Get("Location") != fmt.Sprintf("/api/v1/devices/zqnorth/zqharbour/fire/f%d", i) {
			t.Fatalf("%d %v %s", rec.Code, rec.Header(), rec.Body)
		}
	}
	seen := map[string]bool{}
	path := "/devices?class=fire&limit=3&sort=-id&total=true"
	for pages := 1; ; pages++ {
		rec := w.do(engineer, get(path))
		page := answerIn[listBody[registry.Device]](t, rec, 200)
		if page.Total == nil || *page.Total != 7 {
			t.Fatalf("total %v", page.Total)
		}
		for _, d := range page.Items {
			seen[d.ID] = true
		}
		link := rec.Header().Get("Link")
		if page.Next == "" {
			if link != "" || pages != 3 || len(seen) != 7 {
				t.Fatalf("last page %d with link %q, %d devices", pages, link, len(seen))
			}
			break
		}
		next, ok := strings.CutSuffix(link, `>; rel="next"`)
		if !ok {
			t.Fatalf("link %q", link)
		}
		path = strings.TrimPrefix(next, "<"+Prefix)
	}
}

// Whoever got a password from somebody else chooses one before anything.
func TestPasswordFirst(t *testing.T) {
	w := newWorld(t)
	ctx := WithRequest(authz.WithPrincipal(t.Context(), somebody(authz.Engineer, harbour)), Request{Session: identity.Session{ID: "s", MustChangePassword: true}})
	rec := httptest.NewRecorder()
	w.api.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, Prefix+"/devices", nil).WithContext(ctx))
	if p := problemIn(t, rec); p.Status != 403 || p.Code != CodeChangePassword {
		t.Errorf("%+v", p)
	}
}

// A caller's own script must not take everybody's place.
func TestHeavyQueriesOfOneCaller(t *testing.T) {
	w := newWorld(t)
	w.api.heavy.patience = 0
	started, release := make(chan struct{}), make(chan struct{})
	w.api.Data = failing{err: func() error {
		started <- struct{}{}
		<-release
		return clickhouse.ErrBusy
	}}
	engineer, other := somebody(authz.Engineer, harbour), somebody(authz.Engineer, hill)
	heavy := get("/readings?from=2026-11-01T00:00:00Z")
	answered := make(chan int)
	ask := func(who authz.Principal) {
		go func() { answered <- w.do(who, heavy).Code }()
		<-started
	}
	for range maxHeavy {
		ask(engineer)
	}
	rec := w.do(engineer, heavy)
	if p := problemIn(t, rec); p.Status != 429 || p.Code != CodeTooMany || rec.Header().Get("Retry-After") == "" {
		t.Errorf("%+v", p)
	}
	ask(other)
	close(release)
	for range maxHeavy + 1 {
		if code := <-answered; code != 503 {
			t.Errorf("status %d", code)
		}
	}
	go func() { <-started }()
	if rec := w.do(engineer, heavy); rec.Code != 503 {
		t.Errorf("after they ended: status %d", rec.Code)
	}
}

func TestVersionAndMetricsCatalog(t *testing.T) {
	w := newWorld(t)
	viewer := somebody(authz.Viewer, harbour)
	if v := answerIn[map[string]string](t, w.do(viewer, get("/version")), 200); v["version"] != "test" {
		t.Errorf("%v", v)
	}
	catalog := answerIn[struct{ Items []metricInfo }](t, w.do(viewer, get("/metrics-catalog")), 200)
	units := map[string]string{}
	for _, m := range catalog.Items {
		units[string(m.Class)+"/"+m.Name] = m.Unit
	}
	if units["meter/energy_kwh"] != "kWh" || units["fire/water_pressure_mpa"] != "MPa" || len(units) != 30 {
		t.Errorf("%d metrics: %v", len(units), units)
	}
}

func TestErasureIsNotedWithoutThePerson(t *testing.T) {
	w := newWorld(t)
	hq := somebody(authz.Administrator, authz.HQ)
	who := passer(harbour)
	rec := w.do(hq, get("/privacy/persons/"+who))
	if rec.Code != 200 || !strings.Contains(rec.Body.String(), "zqharbour") || strings.Contains(rec.Body.String(), "zqhill") {
		t.Fatalf("%d: %.300s", rec.Code, rec.Body)
	}
	counts := answerIn[erased](t, w.do(hq, del("/privacy/persons/"+who)), 200)
	if counts.Events != 20 {
		t.Errorf("erased %+v", counts)
	}
	events := w.do(hq, get("/events?limit=100&region=zqnorth&project=zqharbour&from=2000-01-01T00:00:00Z"))
	if list := answerIn[listBody[eventItem]](t, events, 200); len(list.Items) != 20 || strings.Contains(events.Body.String(), who) {
		t.Errorf("%d events after the erasure: %.300s", len(list.Items), events.Body)
	}
	audit := w.do(hq, get("/audit?kind=person"))
	if !strings.Contains(audit.Body.String(), "person.erase") || strings.Contains(audit.Body.String(), who) {
		t.Errorf("noted as %.400s", audit.Body)
	}
	w.api.Audit = func(context.Context, authz.Principal, Deed) error { return errors.New("disk full") }
	if rec := w.do(hq, del("/privacy/persons/"+passer(hill))); rec.Code != 500 {
		t.Errorf("erased without a note: %d", rec.Code)
	}
}

func TestAuditProof(t *testing.T) {
	w := newWorld(t)
	proof := answerIn[AuditProof](t, w.do(root, get("/audit/verify")), 200)
	if !proof.Intact || proof.Seq == 0 || len(proof.Hash) != 64 {
		t.Errorf("%+v", proof)
	}
}

// Letters can be mended, and not sent somewhere else.
func TestReplayStaysInItsPlace(t *testing.T) {
	w := newWorld(t)
	engineer := somebody(authz.Engineer, harbour)
	path := "/dead-letters/" + letterOfPlace(harbour) + "/replay"
	for topic, want := range map[string]int{
		"property/zqnorth/zqharbour/meter/m2/telemetry":  200,
		"property/zqnorth/zqhill/meter/m2/telemetry":     422,
		"property/zqeast/zqpark/meter/m2/telemetry":      422,
		"steward/anything":                               422,
		"property/zqnorth/zqharbour/../zqhill/telemetry": 422,
	} {
		w.replays.topics = nil
		rec := w.do(engineer, post(path, fields{"topic": topic}))
		if rec.Code != want || (want == 200) != (len(w.replays.topics) == 1) {
			t.Errorf("%s: status %d, replayed %v", topic, rec.Code, w.replays.topics)
		}
	}
	if rec := w.do(engineer, post("/dead-letters/replay", fields{})); rec.Code != 422 {
		t.Errorf("replay of nothing in particular: %d", rec.Code)
	}
}

// failing is a store of measurements that does what a test wants of it.
type failing struct {
	Data
	err func() error
}

func (f failing) Readings(context.Context, authz.Scope, clickhouse.ReadingsQuery) (clickhouse.ReadingsPage, error) {
	return clickhouse.ReadingsPage{}, f.err()
}

func (f failing) Events(context.Context, authz.Scope, clickhouse.EventsQuery) (clickhouse.EventsPage, error) {
	return clickhouse.EventsPage{}, f.err()
}
