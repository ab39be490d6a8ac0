package api

import (
	"context"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"steward/internal/authz"
	"steward/internal/registry"
)

func device(id string) fields {
	return fields{"region": "zqnorth", "project": "zqharbour", "class": "fire", "id": id}
}

// Who repeats a request gets its answer, and it is carried out once.
func TestRepeatedRequest(t *testing.T) {
	w := newWorld(t)
	engineer := somebody(authz.Engineer, harbour)
	create := post("/devices", device("f1")).with(idempotencyHeader, "key-1")
	first := w.do(engineer, create)
	again := w.do(engineer, create)
	if first.Code != 201 || again.Code != 201 || again.Body.String() != first.Body.String() {
		t.Fatalf("%d %s\n%d %s", first.Code, first.Body, again.Code, again.Body)
	}
	for _, name := range keptHeaders {
		if first.Header().Get(name) != again.Header().Get(name) {
			t.Errorf("%s: %q, and again %q", name, first.Header().Get(name), again.Header().Get(name))
		}
	}
	if first.Header().Get("Idempotent-Replayed") != "" || again.Header().Get("Idempotent-Replayed") != "true" {
		t.Errorf("%v, and again %v", first.Header(), again.Header())
	}
	history := answerIn[listBody[auditEntry]](t, w.do(engineer, get("/devices/zqnorth/zqharbour/fire/f1/history")), 200)
	if len(history.Items) != 1 {
		t.Errorf("carried out %d times", len(history.Items))
	}
	if p := problemIn(t, w.do(engineer, post("/devices", device("f2")).with(idempotencyHeader, "key-1"))); p.Status != 422 || p.Code != CodeKeyReused {
		t.Errorf("the key of another request: %+v", p)
	}
	if p := problemIn(t, w.do(engineer, post("/buildings", device("f1")).with(idempotencyHeader, "key-1"))); p.Code != CodeKeyReused {
		t.Errorf("the key on another path: %+v", p)
	}
	// Keys are of their callers.
	if p := problemIn(t, w.do(somebody(authz.Engineer, authz.Place{Region: "zqnorth"}), create)); p.Code != CodeExists {
		t.Errorf("somebody else with the same key: %+v", p)
	}
	// And nobody gets an answer that he may not have any more.
	if p := problemIn(t, w.do(somebody(authz.Viewer, harbour), create)); p.Status != 403 {
		t.Errorf("without the permission: %+v", p)
	}
}

// What failed changed nothing, and may be tried again.
func TestFailureIsNotKept(t *testing.T) {
	w := newWorld(t)
	engineer := somebody(authz.Engineer, harbour)
	bad := device("f1")
	bad["building"] = "b-later"
	create := post("/devices", bad).with(idempotencyHeader, "key-1")
	if rec := w.do(engineer, create); rec.Code != 422 {
		t.Fatalf("%d %s", rec.Code, rec.Body)
	}
	if rec := w.do(engineer, post("/buildings", fields{"region": "zqnorth", "project": "zqharbour", "id": "b-later", "name": "later"})); rec.Code != 201 {
		t.Fatalf("%d %s", rec.Code, rec.Body)
	}
	if rec := w.do(engineer, create); rec.Code != 201 {
		t.Errorf("tried again: %d %s", rec.Code, rec.Body)
	}
}

// The second of two that come at once is told to wait.
func TestRepeatedWhileItRuns(t *testing.T) {
	w := newWorld(t)
	started, release := make(chan struct{}), make(chan struct{})
	w.api.Replay = slowReplay{started, release}
	engineer := somebody(authz.Engineer, harbour)
	replay := post("/dead-letters/replay", fields{"all": true}).with(idempotencyHeader, "key-1")
	first := make(chan *httptest.ResponseRecorder)
	go func() { first <- w.do(engineer, replay) }()
	<-started
	if p := problemIn(t, w.do(engineer, replay)); p.Status != 409 || p.Code != CodeInProgress {
		t.Errorf("%+v", p)
	}
	close(release)
	if rec := <-first; rec.Code != 200 {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
	if rec := w.do(engineer, replay); rec.Code != 200 || rec.Header().Get("Idempotent-Replayed") != "true" {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
}

type slowReplay struct{ started, release chan struct{} }

func (slowReplay) Try(string, []byte) Trial { return Trial{} }

func (s slowReplay) Replay(context.Context, authz.Scope, ReplayFilter) (ReplayResult, error) {
	s.started <- struct{}{}
	<-s.release
	return ReplayResult{}, nil
}

func (s slowReplay) ReplayOne(context.Context, authz.Scope, string, *string, []byte) (ReplayResult, error) {
	return ReplayResult{}, nil
}

// An answer with a secret is given once, and kept nowhere.
func TestSecretIsGivenOnce(t *testing.T) {
	w := newWorld(t)
	create := post("/tokens", fields{"name": "reader", "grants": grantAt(harbour)}).with(idempotencyHeader, "key-1")
	first := answerIn[newToken](t, w.do(root, create), 201)
	if p := problemIn(t, w.do(root, create)); p.Status != 409 || p.Code != CodeAlreadyDone {
		t.Errorf("%+v", p)
	}
	secret := strings.TrimPrefix(first.Secret, "stw_")
	for _, table := range []string{"answers", "audit"} {
		if text := w.dump(t, table); strings.Contains(text, secret) {
			t.Errorf("the table %s holds the secret", table)
		}
	}
}

func TestKeysAreNames(t *testing.T) {
	w := newWorld(t)
	for _, key := range []string{"two words", "é", strings.Repeat("x", 129)} {
		if p := problemIn(t, w.do(root, post("/devices", device("f1")).with(idempotencyHeader, key))); p.Status != 422 {
			t.Errorf("%q: %+v", key, p)
		}
	}
}

// An answer that is too large is not kept, and not given as another.
func TestLargeAnswerIsNotKept(t *testing.T) {
	w := newWorld(t)
	var names []string
	view := w.registry.As(root)
	for i := range 40 {
		_, err := view.CreateDevice(t.Context(), registry.Device{Region: "zqnorth", Project: "zqharbour", Class: "fire", ID: fmt.Sprintf("f%d", i), Note: strings.Repeat("注", 500)})
		w.must(err)
		names = append(names, fmt.Sprintf("zqnorth/zqharbour/fire/f%d", i))
	}
	refuse := post("/devices/approve", fields{"devices": names}).with(idempotencyHeader, "key-1")
	if rec := w.do(root, refuse); rec.Code != 200 || rec.Body.Len() < mostKept {
		t.Fatalf("%d, %d bytes: %.300s", rec.Code, rec.Body.Len(), rec.Body)
	}
	if p := problemIn(t, w.do(root, refuse)); p.Code != CodeAlreadyDone {
		t.Errorf("%+v", p)
	}
}
