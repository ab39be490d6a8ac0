package api

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"steward/internal/authz"
	"steward/internal/identity"
	"steward/internal/registry"
	"steward/internal/telemetry"
)

// reach says where a permission is needed for a call at an estate.
type reach int

const (
	atProject   reach = iota // the estate
	atRegion                 // its whole region
	atHQ                     // everywhere
	anywhere                 // any place: the answer holds what the caller may see
	touchRegion              // anything of its region
)

// recipe is how the walk calls an operation, and who may. It is written from
// what the roles are for, and not from the operation.
type recipe struct {
	needs authz.Permission // or SignedIn, Public
	where reach
	// call makes the call at an estate. The things of the aim are the estate's.
	call func(aim) call
	// spends says that a call uses its aim up: each that is allowed needs new things.
	spends bool
	// answers are the statuses of a call that is allowed; any 2xx when nil.
	answers []int
	// lists says that the answer holds all that the caller may see, where none is named.
	lists bool
	// whole says that such an answer comes in one, not page by page.
	whole bool
	// reports says that a call that is not allowed may be answered with a list of problems.
	reports bool
}

// aim is what a call is aimed at: the things of one estate.
type aim struct {
	at                            authz.Place
	meter, waiting                string
	building, rule                string
	person, token, credential     string
	letter, passer                string
	incident, alertRule, silence  string
	override, responder           string
	run, against                  string // two runs of an analysis, which are of all estates
	forecasts                     string // a run that forecasts failures
	finding                       string
	notice, today                 string
	serial                        int
	vMeter, vBuilding, vProject   int64
	vRegion, vPerson, vCredential int64
	vAlertRule                    int64
	from, to                      string
}

func (a aim) project() string { return a.at.Region + "/" + a.at.Project }
func (a aim) device() string  { return "/devices/" + a.project() + "/meter/" + a.meter }
func (a aim) query(more ...string) string {
	q := url.Values{"region": {a.at.Region}, "project": {a.at.Project}}
	for i := 0; i < len(more); i += 2 {
		q.Set(more[i], more[i+1])
	}
	return "?" + q.Encode()
}

func get(path string) call              { return call{method: http.MethodGet, path: path} }
func post(path string, body any) call   { return call{method: http.MethodPost, path: path, body: body} }
func put(path string, body any) call    { return call{method: http.MethodPut, path: path, body: body} }
func patchOf(path string, b any) call   { return call{method: http.MethodPatch, path: path, body: b} }
func del(path string) call              { return call{method: http.MethodDelete, path: path} }
func (c call) match(version int64) call { return c.with("If-Match", fmt.Sprintf(`"%d"`, version)) }
func (c call) csv() call                { return c.with("Content-Type", "text/csv") }

type fields = map[string]any

func grantAt(at authz.Place) []authz.Grant { return []authz.Grant{{Role: authz.Viewer, Place: at}} }

// recipes are by the operation's ID.
func recipes() map[string]recipe {
	r := map[string]recipe{
		// Session
		"get-session":         {needs: Public, where: anywhere, call: func(aim) call { return get("/session") }},
		"sign-in":             {needs: Public, where: anywhere, answers: []int{401, 429}, call: func(aim) call { return post("/session", fields{"login": "nobody-at-all", "password": "wrong"}) }},
		"sign-out":            {needs: Public, where: anywhere, call: func(aim) call { return del("/session") }},
		"list-sessions":       {needs: SignedIn, where: anywhere, call: func(aim) call { return get("/sessions") }},
		"end-session":         {needs: SignedIn, where: anywhere, answers: []int{204, 404}, call: func(aim) call { return del("/sessions/s_none") }},
		"sign-out-everywhere": {needs: SignedIn, where: anywhere, call: func(aim) call { return del("/sessions") }},
		"change-password":     {needs: SignedIn, where: anywhere, answers: []int{401, 403, 404, 429}, call: func(aim) call { return post("/password", fields{"old": "wrong", "new": "another password of mine"}) }},
		"start-oidc":          {needs: Public, where: anywhere, answers: []int{404}, call: func(aim) call { return get("/oidc/start") }},
		"finish-oidc":         {needs: Public, where: anywhere, answers: []int{302}, call: func(aim) call { return get("/oidc/callback?state=x&code=y") }},

		// People
		"list-people": {needs: authz.Manage, where: anywhere, lists: true, call: func(a aim) call { return get("/people" + a.query()) }},
		"create-person": {needs: authz.Manage, call: func(a aim) call {
			return post("/people", fields{"login": fmt.Sprintf("new-%d", a.serial), "name": "new", "grants": grantAt(a.at)})
		}},
		"get-person": {needs: authz.Manage, call: func(a aim) call { return get("/people/" + a.person) }},
		"replace-person": {needs: authz.Manage, call: func(a aim) call {
			return put("/people/"+a.person, fields{"name": "renamed", "grants": grantAt(a.at)}).match(a.vPerson)
		}},
		"update-person":       {needs: authz.Manage, call: func(a aim) call { return patchOf("/people/"+a.person, fields{"name": "renamed"}).match(a.vPerson) }},
		"disable-person":      {needs: authz.Manage, spends: true, call: func(a aim) call { return post("/people/"+a.person+"/disable", nil) }},
		"enable-person":       {needs: authz.Manage, call: func(a aim) call { return post("/people/"+a.person+"/enable", nil) }},
		"unlock-person":       {needs: authz.Manage, call: func(a aim) call { return post("/people/"+a.person+"/unlock", nil) }},
		"reset-password":      {needs: authz.Manage, call: func(a aim) call { return post("/people/"+a.person+"/reset-password", nil) }},
		"end-person-sessions": {needs: authz.Manage, call: func(a aim) call { return del("/people/" + a.person + "/sessions") }},

		"list-roles": {needs: SignedIn, where: anywhere, call: func(aim) call { return get("/roles") }},

		// Tokens
		"list-tokens": {needs: authz.Manage, where: anywhere, lists: true, call: func(a aim) call { return get("/tokens" + a.query()) }},
		"create-token": {needs: authz.Manage, call: func(a aim) call {
			return post("/tokens", fields{"name": fmt.Sprintf("new-%d", a.serial), "grants": grantAt(a.at)})
		}},
		"get-token":    {needs: authz.Manage, call: func(a aim) call { return get("/tokens/" + a.token) }},
		"revoke-token": {needs: authz.Manage, spends: true, call: func(a aim) call { return post("/tokens/"+a.token+"/revoke", nil) }},

		// MQTT credentials
		"list-mqtt-credentials": {needs: authz.Manage, where: anywhere, lists: true, call: func(a aim) call { return get("/mqtt-credentials" + a.query()) }},
		"create-mqtt-credential": {needs: authz.Manage, call: func(a aim) call {
			return post("/mqtt-credentials", fields{"kind": "device", "region": a.at.Region, "project": a.at.Project, "class": "meter", "device": fmt.Sprintf("c%d", a.serial)})
		}},
		"get-mqtt-credential": {needs: authz.Manage, call: func(a aim) call { return get("/mqtt-credentials/" + a.credential) }},
		"replace-mqtt-credential": {needs: authz.Manage, call: func(a aim) call {
			return put("/mqtt-credentials/"+a.credential, fields{"note": "changed"}).match(a.vCredential)
		}},
		"rotate-mqtt-credential": {needs: authz.Manage, call: func(a aim) call { return post("/mqtt-credentials/"+a.credential+"/rotate", nil) }},
		"revoke-mqtt-credential": {needs: authz.Manage, spends: true, call: func(a aim) call { return post("/mqtt-credentials/"+a.credential+"/revoke", nil) }},

		// Places
		"list-regions":   {needs: authz.Read, where: anywhere, lists: true, call: func(a aim) call { return get("/regions?search=" + a.at.Region) }},
		"create-region":  {needs: authz.Administer, where: atHQ, call: func(a aim) call { return post("/regions", fields{"id": fmt.Sprintf("r%d", a.serial), "name": "new"}) }},
		"get-region":     {needs: authz.Read, where: touchRegion, call: func(a aim) call { return get("/regions/" + a.at.Region) }},
		"replace-region": {needs: authz.Manage, where: atRegion, call: func(a aim) call { return put("/regions/"+a.at.Region, fields{"name": "renamed"}).match(a.vRegion) }},
		"update-region":  {needs: authz.Manage, where: atRegion, call: func(a aim) call { return patchOf("/regions/"+a.at.Region, fields{"name": "renamed"}).match(a.vRegion) }},
		"retire-region":  {needs: authz.Administer, where: atHQ, answers: []int{200, 422}, call: func(a aim) call { return post("/regions/"+a.at.Region+"/retire", nil).match(a.vRegion) }},
		"region-history": {needs: authz.Read, where: touchRegion, call: func(a aim) call { return get("/regions/" + a.at.Region + "/history") }},

		"list-projects": {needs: authz.Read, where: anywhere, lists: true, call: func(a aim) call { return get("/projects?search=" + a.at.Project) }},
		"create-project": {needs: authz.Manage, where: atRegion, call: func(a aim) call {
			return post("/projects", fields{"region": a.at.Region, "id": fmt.Sprintf("p%d", a.serial), "name": "new"})
		}},
		"get-project": {needs: authz.Read, call: func(a aim) call { return get("/projects/" + a.project()) }},
		"replace-project": {needs: authz.Manage, call: func(a aim) call {
			return put("/projects/"+a.project(), fields{"name": "estate " + a.at.Project}).match(a.vProject)
		}},
		"update-project":  {needs: authz.Manage, call: func(a aim) call { return patchOf("/projects/"+a.project(), fields{"households": 7}).match(a.vProject) }},
		"retire-project":  {needs: authz.Manage, where: atRegion, answers: []int{200, 422}, call: func(a aim) call { return post("/projects/"+a.project()+"/retire", nil).match(a.vProject) }},
		"project-history": {needs: authz.Read, call: func(a aim) call { return get("/projects/" + a.project() + "/history") }},

		"list-buildings": {needs: authz.Read, where: anywhere, lists: true, call: func(a aim) call { return get("/buildings" + a.query()) }},
		"create-building": {needs: authz.Configure, call: func(a aim) call {
			return post("/buildings", fields{"region": a.at.Region, "project": a.at.Project, "id": fmt.Sprintf("b%d", a.serial), "name": "new"})
		}},
		"get-building": {needs: authz.Read, call: func(a aim) call { return get("/buildings/" + a.project() + "/" + a.building) }},
		"replace-building": {needs: authz.Configure, call: func(a aim) call {
			return put("/buildings/"+a.project()+"/"+a.building, fields{"name": "again"}).match(a.vBuilding)
		}},
		"update-building": {needs: authz.Configure, call: func(a aim) call {
			return patchOf("/buildings/"+a.project()+"/"+a.building, fields{"floors": 3}).match(a.vBuilding)
		}},
		"retire-building": {needs: authz.Configure, answers: []int{200, 422}, call: func(a aim) call {
			return post("/buildings/"+a.project()+"/"+a.building+"/retire", nil).match(a.vBuilding)
		}},
		"building-history": {needs: authz.Read, call: func(a aim) call { return get("/buildings/" + a.project() + "/" + a.building + "/history") }},

		// Devices
		"device-facets": {needs: authz.Read, where: anywhere, call: func(a aim) call { return get("/devices/facets" + a.query("class", "meter")) }},
		"list-devices":  {needs: authz.Read, where: anywhere, lists: true, call: func(a aim) call { return get("/devices" + a.query("total", "true")) }},
		"create-device": {needs: authz.Configure, call: func(a aim) call {
			return post("/devices", fields{"region": a.at.Region, "project": a.at.Project, "class": "fire", "id": fmt.Sprintf("f%d", a.serial), "name": "new", "building": a.building})
		}},
		"get-device": {needs: authz.Read, call: func(a aim) call { return get(a.device()) }},
		"replace-device-fields": {needs: authz.Configure, call: func(a aim) call {
			return put(a.device(), fields{"name": "meter " + a.at.Project, "medium": "electricity"}).match(a.vMeter)
		}},
		"update-device": {needs: authz.Configure, call: func(a aim) call { return patchOf(a.device(), fields{"location": "roof"}).match(a.vMeter) }},
		"retire-device": {needs: authz.Configure, spends: true, call: func(a aim) call { return post(a.device()+"/retire", fields{"note": "old"}).match(a.vMeter) }},
		"replace-device": {needs: authz.Configure, spends: true, call: func(a aim) call {
			return post(a.device()+"/replace", fields{"by": fields{"id": fmt.Sprintf("n%d", a.serial), "medium": "electricity"}}).match(a.vMeter)
		}},
		"device-history": {needs: authz.Read, call: func(a aim) call { return get(a.device() + "/history") }},
		"approve-devices": {needs: authz.Configure, spends: true, call: func(a aim) call {
			return post("/devices/approve", fields{"devices": []string{a.project() + "/access/" + a.waiting}})
		}},
		"refuse-devices": {needs: authz.Configure, spends: true, call: func(a aim) call {
			return post("/devices/refuse", fields{"devices": []string{a.project() + "/access/" + a.waiting}})
		}},
		"edit-devices": {needs: authz.Configure, reports: true, call: func(a aim) call {
			return post("/devices/bulk", fields{"devices": []string{a.project() + "/meter/" + a.meter}, "set": fields{"note": fmt.Sprint("bulk ", a.serial)}})
		}},
		"list-approval-rules": {needs: authz.Read, where: anywhere, lists: true, call: func(aim) call { return get("/approval-rules") }},
		"create-approval-rule": {needs: authz.Configure, call: func(a aim) call {
			return post("/approval-rules", fields{"region": a.at.Region, "project": a.at.Project, "class": "elevator", "pattern": fmt.Sprintf("x%d*", a.serial)})
		}},
		"delete-approval-rule": {needs: authz.Configure, spends: true, call: func(a aim) call { return del("/approval-rules/" + a.rule) }},

		// Tables
		"import-regions": {needs: authz.Administer, where: atHQ, reports: true, call: func(a aim) call { return post("/import/regions", fmt.Sprintf("id,name\ni%d,new\n", a.serial)).csv() }},
		"import-projects": {needs: authz.Manage, reports: true, call: func(a aim) call {
			return post("/import/projects", fmt.Sprintf("region,id,households\n%s,%s,%d\n", a.at.Region, a.at.Project, a.serial)).csv()
		}},
		"import-buildings": {needs: authz.Configure, reports: true, call: func(a aim) call {
			return post("/import/buildings", fmt.Sprintf("region,project,id,name\n%s,%s,i%d,new\n", a.at.Region, a.at.Project, a.serial)).csv()
		}},
		"import-devices": {needs: authz.Configure, reports: true, call: func(a aim) call {
			return post("/import/devices", fmt.Sprintf("region,project,class,id,name\n%s,%s,fire,i%d,new\n%s,%s,meter,%s,renamed %d\n",
				a.at.Region, a.at.Project, a.serial, a.at.Region, a.at.Project, a.meter, a.serial)).csv()
		}},

		// Measurements
		"readings":            {needs: authz.Read, where: anywhere, lists: true, call: func(a aim) call { return get("/readings" + a.query("from", a.from, "resolution", "raw")) }},
		"events":              {needs: authz.Read, where: anywhere, lists: true, call: func(a aim) call { return get("/events" + a.query("from", a.from)) }},
		"latest":              {needs: authz.Read, where: anywhere, lists: true, call: func(a aim) call { return get("/latest" + a.query()) }},
		"list-device-metrics": {needs: authz.Read, call: func(a aim) call { return get(a.device() + "/metrics") }},
		"coverage":            {needs: authz.Read, where: anywhere, lists: true, call: func(a aim) call { return get("/coverage" + a.query("from", a.from, "to", a.to)) }},
		"consumption":         {needs: authz.Read, where: anywhere, lists: true, call: func(a aim) call { return get("/consumption" + a.query("from", a.from, "to", a.to, "by", "hour")) }},
		"consumption-weeks": {needs: authz.Read, where: anywhere, call: func(a aim) call {
			return get("/consumption/weeks?" + url.Values{"from": {a.from}, "to": {a.to}, "devices": {a.project() + "/meter/" + a.meter}}.Encode())
		}},
		"metrics-catalog": {needs: SignedIn, where: anywhere, call: func(aim) call { return get("/metrics-catalog") }},
		"version":         {needs: SignedIn, where: anywhere, call: func(aim) call { return get("/version") }},

		// Dead letters
		"list-dead-letters":  {needs: authz.Configure, where: anywhere, lists: true, call: func(a aim) call { return get("/dead-letters" + a.query()) }},
		"count-dead-letters": {needs: authz.Configure, where: anywhere, call: func(a aim) call { return get("/dead-letters/counts" + a.query("from", a.from)) }},
		"list-sources":       {needs: authz.Read, where: anywhere, lists: true, whole: true, call: func(a aim) call { return get("/sources" + a.query()) }},
		"list-standards":     {needs: authz.Read, where: anywhere, call: func(aim) call { return get("/standards") }},
		"list-tariffs":       {needs: authz.Read, where: anywhere, call: func(aim) call { return get("/tariffs") }},
		"get-dead-letter":    {needs: authz.Configure, call: func(a aim) call { return get("/dead-letters/" + a.letter) }},
		"try-message": {needs: authz.Configure, where: anywhere, call: func(a aim) call {
			return post("/dead-letters/try", fields{"topic": "property/x/y/meter/m/telemetry", "payload": "{}"})
		}},
		"replay-dead-letters": {needs: authz.Configure, where: anywhere, call: func(a aim) call { return post("/dead-letters/replay", fields{"ids": []string{a.letter}}) }},
		"replay-dead-letter": {needs: authz.Configure, call: func(a aim) call {
			return post("/dead-letters/"+a.letter+"/replay", fields{"payload": `{"power_kw":3}`})
		}},

		// Installation
		"ledger":        {needs: authz.Read, where: atHQ, call: func(aim) call { return get("/ledger") }},
		"read-health":   {needs: authz.Read, where: atHQ, call: func(aim) call { return get("/health") }},
		"list-audit":    {needs: authz.Manage, where: anywhere, lists: true, call: func(a aim) call { return get("/audit" + a.query("limit", "1000")) }},
		"verify-audit":  {needs: authz.Administer, where: atHQ, call: func(aim) call { return get("/audit/verify") }},
		"export-person": {needs: authz.Administer, where: atHQ, call: func(a aim) call { return get("/privacy/persons/" + a.passer) }},
		"erase-person":  {needs: authz.Administer, where: atHQ, call: func(aim) call { return del("/privacy/persons/psn_00000000000000000000000000000000") }},
	}
	maps.Copy(r, alertingRecipes())
	maps.Copy(r, analyticsRecipes())
	maps.Copy(r, operationsRecipes())
	maps.Copy(r, findingsRecipes())
	maps.Copy(r, correctionsRecipes())
	maps.Copy(r, noticesRecipes())
	maps.Copy(r, reportsRecipes())
	for _, table := range []string{"regions", "projects", "buildings", "devices"} {
		for _, format := range []string{"csv", "xlsx"} {
			r["export-"+table+"-"+format] = recipe{needs: authz.Read, where: anywhere, lists: true, call: func(a aim) call { return get("/export/" + table + "." + format + a.query()) }}
		}
	}
	for _, table := range []string{"readings", "events"} {
		for _, format := range []string{"arrow", "parquet", "csv"} {
			r["export-"+table+"-"+format] = recipe{needs: authz.Read, where: anywhere, lists: true, call: func(a aim) call { return get("/export/" + table + "." + format + a.query("from", a.from)) }}
		}
	}
	return r
}

// things are what an estate has that is found by an ID that the server makes.
type things struct {
	rule, person, token, credential                   string
	incident, alertRule, silence, override, responder string
	notice                                            string
	finding                                           string
}

// void is an estate that does not exist, beside one that does: what a caller may
// not see must look like it.
func void(at authz.Place, seesRegion bool) authz.Place {
	if seesRegion {
		return authz.Place{Region: at.Region, Project: "zqvoid"}
	}
	return authz.Place{Region: "zqnowhere", Project: "zqvoid"}
}

// plantThings makes what is found by ID.
func (w *world) plantThings(at authz.Place) things {
	w.t.Helper()
	ctx, n := w.t.Context(), w.next()
	people := w.identity.As(root)
	rule, err := w.registry.As(root).CreateApprovalRule(ctx, registry.ApprovalRule{Region: at.Region, Project: at.Project, Class: telemetry.Fire, Pattern: fmt.Sprintf("%s%d*", at.Project, n)})
	w.must(err)
	p, _, err := people.CreatePerson(ctx, identity.Person{Login: fmt.Sprintf("%s-%d", at.Project, n), Name: "person " + at.Project, Grants: grantAt(at)}, "")
	w.must(err)
	token, _, err := people.CreateToken(ctx, identity.Token{Name: fmt.Sprintf("token %s %d", at.Project, n), Grants: grantAt(at)})
	w.must(err)
	credential, _, err := people.CreateCredential(ctx, identity.Credential{Kind: identity.DeviceCredential, Region: at.Region, Project: at.Project, Class: telemetry.Meter, Device: fmt.Sprintf("d%d", n)})
	w.must(err)
	out := things{rule: rule.ID, person: p.ID, token: token.ID, credential: credential.ID}
	out.notice = w.plantNotice(at)
	out.finding = w.plantFinding(at)
	w.plantAlerting(at, n, &out)
	return out
}

// aimAt is the aim at an estate: at what was planted, or at new things.
func (w *world) aimAt(t testing.TB, at authz.Place, fresh bool) aim {
	t.Helper()
	ctx := t.Context()
	view := w.registry.As(root)
	a := aim{
		to: w.now.Truncate(time.Hour).Format(time.RFC3339), // the store widens it to whole hours, and to the present at most
		at: at, meter: "m-" + at.Project, waiting: "w-" + at.Project, building: "b-" + at.Project, letter: letterOfPlace(at), passer: passer(at),
		run: w.run, against: w.against, forecasts: w.forecasts, serial: w.next(), from: w.now.Add(-2 * time.Hour).Format(time.RFC3339), vMeter: 1, vBuilding: 1, vProject: 1, vRegion: 1, vPerson: 1, vCredential: 1,
	}
	a.today = w.now.Format(time.DateOnly)
	if strings.HasSuffix(at.Project, "void") {
		a.notice = "20260101-aaaaaaaaaaaaaaaa"
		a.finding = "20260101-aaaaaaaaaaaaaaaa"
		a.rule, a.person, a.token, a.credential = "none", "none", "none", "none"
		a.incident, a.alertRule, a.silence, a.override, a.responder, a.vAlertRule = "20260101-aaaaaaaaaaaaaaaa", "none", "none", "none", "none", 1
		return a
	}
	ids := w.planted[at]
	if fresh {
		ids = w.plantThings(at)
		a.meter, a.waiting = fmt.Sprintf("m%d", a.serial), fmt.Sprintf("w%d", a.serial)
		_, err := view.CreateDevice(ctx, registry.Device{Region: at.Region, Project: at.Project, Class: telemetry.Meter, ID: a.meter, Medium: "electricity"})
		w.must(err)
		_, err = w.registry.Register(ctx, []telemetry.Device{{Region: at.Region, Project: at.Project, Class: telemetry.Access, ID: a.waiting}})
		w.must(err)
	}
	a.rule, a.person, a.token, a.credential = ids.rule, ids.person, ids.token, ids.credential
	a.notice = ids.notice
	a.finding = ids.finding
	a.incident, a.alertRule, a.silence, a.override, a.responder = ids.incident, ids.alertRule, ids.silence, ids.override, ids.responder
	alertRule, err := view.AlertRule(ctx, a.alertRule)
	w.must(err)
	a.vAlertRule = alertRule.Version
	device, err := view.Device(ctx, telemetry.Device{Region: at.Region, Project: at.Project, Class: telemetry.Meter, ID: a.meter})
	w.must(err)
	building, err := view.Building(ctx, at.Region, at.Project, a.building)
	w.must(err)
	project, err := view.Project(ctx, at.Region, at.Project)
	w.must(err)
	region, err := view.Region(ctx, at.Region)
	w.must(err)
	p, err := w.identity.As(root).Person(ctx, a.person)
	w.must(err)
	c, err := w.identity.As(root).Credential(ctx, a.credential)
	w.must(err)
	a.vMeter, a.vBuilding, a.vProject, a.vRegion, a.vPerson, a.vCredential = device.Version, building.Version, project.Version, region.Version, p.Version, c.Version
	return a
}
