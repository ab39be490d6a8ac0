package api

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"steward/internal/authz"
	"steward/internal/controldb"
	"steward/internal/identity"
)

// What each role is for, written down a second time.
var mayDo = map[authz.Role][]authz.Permission{
	authz.Viewer:        {authz.Read},
	authz.Operator:      {authz.Read, authz.Act},
	authz.Engineer:      {authz.Read, authz.Act, authz.Configure},
	authz.Manager:       {authz.Read, authz.Act, authz.Configure, authz.Manage},
	authz.Administrator: {authz.Read, authz.Act, authz.Configure, authz.Manage, authz.Administer},
}

// walker is one of those who walk through the whole interface.
type walker struct {
	name string
	who  authz.Principal
}

// has says whether a walker has a permission at a place and all below it.
func (k walker) has(needs authz.Permission, at authz.Place) bool {
	for _, g := range k.who.Grants {
		within := g.Place == authz.Place{} || g.Place == at || g.Place.Project == "" && g.Place.Region == at.Region && at.Region != ""
		if within && slices.Contains(mayDo[g.Role], needs) {
			return true
		}
	}
	return false
}

func (k walker) hasSomewhere(needs authz.Permission) bool {
	return slices.ContainsFunc(k.who.Grants, func(g authz.Grant) bool { return slices.Contains(mayDo[g.Role], needs) })
}

// sees says whether a walker may know that a region is there.
func (k walker) sees(region string) bool {
	return slices.ContainsFunc(k.who.Grants, func(g authz.Grant) bool { return g.Place.Region == "" || g.Place.Region == region })
}

func (k walker) may(r recipe, at authz.Place) bool {
	switch {
	case r.needs == Public:
		return true
	case k.who.Nobody():
		return false
	case r.needs == SignedIn:
		return true
	}
	switch r.where {
	case anywhere:
		return k.hasSomewhere(r.needs)
	case atHQ:
		return k.has(r.needs, authz.HQ)
	case atRegion:
		return k.has(r.needs, authz.Place{Region: at.Region})
	case touchRegion:
		return k.sees(at.Region)
	}
	return k.has(r.needs, at)
}

// walkers are real people and machines: each role at headquarters, at a region,
// at one estate and at another region; a machine of a project; somebody with two
// roles at two places; and nobody.
func (w *world) walkers() []walker {
	w.t.Helper()
	list := []walker{{"nobody", authz.Principal{}}}
	people := w.identity.As(root)
	add := func(name string, grants ...authz.Grant) {
		const password = "five words nobody has guessed"
		login := fmt.Sprintf("walker%d", len(list))
		_, _, err := people.CreatePerson(w.t.Context(), identity.Person{Login: login, Name: "walker", Grants: grants}, password)
		w.must(err)
		s, err := w.identity.SignIn(w.t.Context(), identity.Attempt{Login: login, Password: password, Remote: "192.0.2.1"})
		w.must(err)
		list = append(list, walker{name, s.Principal})
	}
	for _, role := range authz.Roles() {
		for _, at := range []authz.Place{authz.HQ, {Region: "zqnorth"}, harbour, {Region: "zqeast"}} {
			add(string(role)+" at "+at.String(), authz.Grant{Role: role, Place: at})
		}
	}
	add("viewer at zqnorth and engineer at zqpark", authz.Grant{Role: authz.Viewer, Place: authz.Place{Region: "zqnorth"}}, authz.Grant{Role: authz.Engineer, Place: park})
	for _, g := range []authz.Grant{{Role: authz.Manager, Place: harbour}, {Role: authz.Viewer, Place: authz.HQ}} {
		_, secret, err := people.CreateToken(w.t.Context(), identity.Token{Name: "walker " + string(g.Role), Grants: []authz.Grant{g}})
		w.must(err)
		machine, err := w.identity.Bearer(w.t.Context(), secret)
		w.must(err)
		list = append(list, walker{"machine, " + string(g.Role) + " at " + g.Place.String(), machine})
	}
	return list
}

// TestWallOfTheAPI walks through every operation of the document as everybody, aimed at
// one's own estate, its neighbour and one of another region, and finds out that
// nothing outside can be read or changed; that what is outside looks like what
// does not exist; and that what is allowed works.
func TestWallOfTheAPI(t *testing.T) {
	w := newWorld(t)
	for _, at := range estates() {
		w.counted(at, w.now.Truncate(time.Hour).Add(-2*time.Hour), 2, "electricity", "energy_kwh", 4, "used-"+at.Project)
	}
	known := recipes()
	for _, op := range w.api.operations {
		if _, ok := known[op.ID]; !ok {
			t.Errorf("operation %s (%s %s) is not walked: give it a recipe that says who may call it", op.ID, op.Method, op.Path)
		}
		delete(known, op.ID)
	}
	for id := range known {
		t.Errorf("recipe %s is of no operation", id)
	}
	if t.Failed() {
		t.FailNow()
	}
	for _, k := range w.walkers() {
		t.Run(k.name, func(t *testing.T) {
			for _, op := range w.api.operations {
				for _, at := range []authz.Place{harbour, hill, park} {
					w.walk(t, k, op.ID, recipes()[op.ID], at)
				}
			}
		})
	}
}

func (w *world) walk(t *testing.T, k walker, id string, r recipe, at authz.Place) {
	t.Helper()
	allowed := k.may(r, at)
	a := w.aimAt(t, at, r.spends && allowed)
	what := fmt.Sprintf("%s at %s", id, at)
	before := w.head(t)
	w.replays.scopes, w.rules.scopes = nil, nil
	rec := w.do(k.who, r.call(a))
	body := plainText(t, rec)
	w.noLeak(t, k, what, at, rec, body)

	if allowed {
		if !r.accepts(rec.Code) {
			t.Errorf("%s: is allowed, and answered with %d: %.600s", what, rec.Code, body)
		}
		for _, scope := range w.replays.scopes {
			if scope != k.who.Scope(authz.Configure) {
				t.Errorf("%s: replays in %s", what, scope)
			}
		}
		for _, scope := range w.rules.scopes {
			if scope != k.who.Scope(authz.Configure) {
				t.Errorf("%s: tries a rule in %s", what, scope)
			}
		}
	} else {
		w.refused(t, k, what, id, r, rec, body)
		if after := w.head(t); after != before {
			t.Errorf("%s: is not allowed, and changed something", what)
		}
		if len(w.replays.scopes) > 0 {
			t.Errorf("%s: is not allowed, and replayed", what)
		}
		if len(w.rules.scopes) > 0 {
			t.Errorf("%s: is not allowed, and tried a rule", what)
		}
	}
	if r.needs != Public && !k.has(authz.Read, at) && (!allowed || r.where == anywhere) {
		w.likeVoid(t, k, what, r, a, rec, body)
	}
	if allowed && r.lists {
		w.wholeList(t, k, id, r, a)
	}
}

func (r recipe) accepts(status int) bool {
	if r.answers == nil {
		return status >= 200 && status < 300
	}
	return slices.Contains(r.answers, status)
}

// refused is a call that is not allowed.
func (w *world) refused(t *testing.T, k walker, what, id string, r recipe, rec *httptest.ResponseRecorder, body string) {
	t.Helper()
	if r.reports && rec.Code == http.StatusOK {
		if strings.Contains(body, `"problems":[]`) {
			t.Errorf("%s: is not allowed, and was done: %.600s", what, body)
		}
		return
	}
	want := []int{http.StatusForbidden, http.StatusNotFound, http.StatusUnprocessableEntity}
	if k.who.Nobody() {
		want = []int{http.StatusUnauthorized}
	}
	if !slices.Contains(want, rec.Code) {
		t.Errorf("%s: is not allowed, and answered with %d: %.600s", what, rec.Code, body)
		return
	}
	problemIn(t, rec)
}

// noLeak looks for what the caller may not know.
func (w *world) noLeak(t *testing.T, k walker, what string, at authz.Place, rec *httptest.ResponseRecorder, body string) {
	t.Helper()
	if rec.Code >= 500 {
		t.Errorf("%s: status %d: %.600s", what, rec.Code, body)
	}
	text := fmt.Sprint(rec.Header()) + body
	for _, e := range estates() {
		if e != at && !k.has(authz.Read, e) && strings.Contains(text, e.Project) {
			t.Errorf("%s: the answer speaks of %s: %.600s", what, e, text)
		}
		if e.Region != at.Region && !k.sees(e.Region) && strings.Contains(text, e.Region) {
			t.Errorf("%s: the answer speaks of %s: %.600s", what, e.Region, text)
		}
	}
}

// likeVoid makes the same call at an estate that does not exist.
func (w *world) likeVoid(t *testing.T, k walker, what string, r recipe, a aim, rec *httptest.ResponseRecorder, body string) {
	t.Helper()
	nowhere := w.aimAt(t, void(a.at, k.sees(a.at.Region) && r.where != touchRegion), false)
	nowhere.serial = a.serial
	other := w.do(k.who, r.call(nowhere))
	if other.Code != rec.Code {
		t.Errorf("%s: status %d, and %d for what does not exist: %.600s", what, rec.Code, other.Code, body)
		return
	}
	is, would := nameless(body, a, rec), nameless(plainText(t, other), nowhere, other)
	if is != would {
		t.Errorf("%s: does not look like what does not exist:\n%.600s\n%.600s", what, is, would)
	}
}

// nameless is an answer without what differs for two calls of one kind.
func nameless(body string, a aim, rec *httptest.ResponseRecorder) string {
	return strings.NewReplacer(
		rec.Header().Get("X-Request-Id"), "", a.at.Project, "PROJECT", a.at.Region, "REGION", url.PathEscape(a.passer), "PASSER",
	).Replace(body)
}

// wholeList calls a list without naming an estate: it holds something of each
// that the caller may see.
func (w *world) wholeList(t *testing.T, k walker, id string, r recipe, a aim) {
	t.Helper()
	c := r.call(a)
	path, query, _ := strings.Cut(c.path, "?")
	values, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"region", "project", "search"} {
		values.Del(name)
	}
	if !strings.HasPrefix(path, "/export/") && !r.whole {
		values.Set("limit", "1000")
	}
	c.path = path + "?" + values.Encode()
	rec := w.do(k.who, c)
	body := plainText(t, rec)
	if rec.Code != http.StatusOK {
		t.Errorf("%s of all: status %d: %.600s", id, rec.Code, body)
	}
	w.noLeak(t, k, id+" of all", authz.Place{Region: "-", Project: "-"}, rec, body)
	for _, e := range estates() {
		name, visible := e.Project, k.has(r.needs, e)
		if strings.Contains(id, "regions") {
			name, visible = e.Region, k.sees(e.Region)
		}
		if id == "list-audit" {
			continue // the newest thousand entries may be of one estate
		}
		if got := strings.Contains(body, name); got != visible {
			t.Errorf("%s of all: speaks of %s: %v, want %v: %.300s", id, name, got, visible, body)
		}
	}
}

// head is where the audit log and the timelines of incidents end: whatever is
// done moves it.
func (w *world) head(t *testing.T) heads {
	t.Helper()
	audit, err := w.db.AuditHead(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	timelines, err := w.incidents.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return heads{audit, timelines}
}

type heads struct {
	audit     controldb.Head
	timelines int64
}
