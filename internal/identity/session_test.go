package identity

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"steward/internal/authz"
	"steward/internal/controldb/controldbtest"
)

func TestSessionsEnd(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		h.person("li")
		idle := h.signInAs("li")
		h.clock.Pass(12*time.Hour - time.Second)
		h.resume(idle.Secret)
		h.clock.Pass(12*time.Hour + time.Second)
		h.gone(idle.Secret)
		if list, err := h.Sessions(t.Context(), idle.Principal); err != nil || len(list) != 0 {
			t.Errorf("listed %+v, %v", list, err)
		}

		// A session that is used all the time ends as well, under whatever secret.
		busy := h.signInAs("li")
		secret := busy.Secret
		for range 4*7 - 1 {
			h.clock.Pass(6 * time.Hour)
			if s := h.resume(secret); s.Secret != "" {
				secret = s.Secret
			}
		}
		h.clock.Pass(6 * time.Hour)
		h.gone(secret)
	})
}

// The browser gets a new secret from time to time, whatever answers are lost.
func TestRotation(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		h.person("li")
		first := h.signInAs("li")
		h.clock.Pass(15 * time.Minute)
		second := h.resume(first.Secret)
		if second.Secret == "" || second.Secret == first.Secret || second.CSRF != first.CSRF || second.ID != first.ID {
			t.Fatalf("not rotated: %+v", second)
		}
		// The answer was lost: the old one stays good, and the same new one comes
		// with every answer, from every replica.
		h.clock.Pass(10 * time.Minute)
		replica := newHouse(t, h.db)
		replica.clock = h.clock
		replica.now, replica.sessions = h.clock.Now, newCache[sessionRow](h.clock.Now)
		for _, r := range []*house{h, replica, h} {
			if again := r.resume(first.Secret); again.Secret != second.Secret {
				t.Fatalf("another secret %q, not %q", again.Secret, second.Secret)
			}
		}
		// The new one is used; requests under way still carry the old one.
		if s := h.resume(second.Secret); s.Secret != "" || s.ID != first.ID || s.CSRF != first.CSRF {
			t.Errorf("with the new secret: %+v", s)
		}
		h.clock.Pass(grace - time.Second)
		h.resume(first.Secret)
		h.resume(second.Secret)
		h.clock.Pass(15 * time.Minute)
		third := h.resume(second.Secret)
		if third.Secret == "" {
			t.Fatal("not rotated again")
		}
		h.resume(third.Secret)
	})
}

// Whoever shows an old copy of a secret is a thief, or was robbed.
func TestAnOldCopyEndsTheSession(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		h.person("li")
		first := h.signInAs("li")
		h.clock.Pass(15 * time.Minute)
		second := h.resume(first.Secret)
		h.resume(second.Secret)
		h.clock.Pass(grace + time.Second)
		h.gone(first.Secret)
		h.gone(second.Secret)
		if n := len(h.entries("person.session_replayed")); n != 1 || h.metric("steward_sessions_replayed_total", nil) != 1 {
			t.Errorf("%d entries", n)
		}
	})
}

func TestParallelRequestsRotateOnce(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		h.person("li")
		first := h.signInAs("li")
		for range 3 {
			h.clock.Pass(15 * time.Minute)
			var mu sync.Mutex
			given := map[string]bool{}
			var group sync.WaitGroup
			for range 16 {
				group.Go(func() {
					s, err := h.Resume(t.Context(), first.Secret, "192.0.2.1")
					if err != nil {
						t.Error(err)
					}
					mu.Lock()
					defer mu.Unlock()
					if s.Secret != "" {
						given[s.Secret] = true
					}
				})
			}
			group.Wait()
			if len(given) != 1 {
				t.Fatalf("%d secrets were given out", len(given))
			}
			for secret := range given {
				for range 8 {
					group.Go(func() {
						if _, err := h.Resume(t.Context(), secret, "192.0.2.1"); err != nil {
							t.Error(err)
						}
					})
				}
				group.Wait()
				first.Secret = secret
			}
		}
	})
}

func TestNoSecretsAreKept(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		h.person("li", administrator)
		s := h.signInAs("li")
		h.clock.Pass(time.Hour)
		next := h.resume(s.Secret)
		_, token, err := h.As(system).CreateToken(t.Context(), Token{Name: "grafana", Grants: []authz.Grant{administrator}})
		if err != nil {
			t.Fatal(err)
		}
		_, password, err := h.As(system).CreateCredential(t.Context(), Credential{Kind: ProjectCredential, Region: "north", Project: "harbour"})
		if err != nil {
			t.Fatal(err)
		}
		_, oneTime, err := h.As(system).CreatePerson(t.Context(), Person{Login: "wang"}, "")
		if err != nil {
			t.Fatal(err)
		}
		secrets := []string{s.Secret, next.Secret, s.CSRF, token, token[len(tokenPrefix)+6:], password, oneTime, goodPassword}
		tables := map[string]string{
			"people": "password || search || name", "sessions": "secret || next_secret || salt || previous", "tokens": "prefix || secret",
			"mqtt_credentials": "hash || note", "audit": "before_json || after_json || object || actor_id", "lockouts": "account",
		}
		for table, columns := range tables {
			for _, secret := range secrets {
				if h.count(`SELECT COUNT(*) FROM `+table+` WHERE `+columns+` LIKE ?`, "%"+secret+"%") > 0 {
					t.Errorf("%s holds a secret", table)
				}
			}
		}
		if h.count(`SELECT COUNT(*) FROM audit WHERE before_json || after_json LIKE ?`, "%argon2%")+h.count(`SELECT COUNT(*) FROM audit WHERE before_json || after_json LIKE ?`, "%$7$%") > 0 {
			t.Error("the audit log holds a hash")
		}
	})
}

func TestSignOut(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		li := h.person("li")
		a, b, c := h.signInAs("li"), h.signInAs("li"), h.signInAs("li")
		if err := h.SignOut(t.Context(), a.Secret); err != nil {
			t.Fatal(err)
		}
		h.gone(a.Secret)
		h.resume(b.Secret)
		for _, nonsense := range []string{"", a.Secret, "x", newSessionSecret(), strings.Repeat("x", 100_000)} {
			if err := h.SignOut(t.Context(), nonsense); err != nil {
				t.Errorf("sign out of nothing: %v", err)
			}
		}
		if err := h.EndSession(t.Context(), c.Principal, b.ID); err != nil {
			t.Fatal(err)
		}
		h.gone(b.Secret)
		want(t, h.EndSession(t.Context(), c.Principal, b.ID), ErrNotFound)
		h.person("wang")
		wang := h.signInAs("wang")
		want(t, h.EndSession(t.Context(), wang.Principal, c.ID), ErrNotFound)
		h.resume(c.Secret)
		d := h.signInAs("li")
		if err := h.SignOutEverywhere(t.Context(), d.Principal, li.ID); err != nil {
			t.Fatal(err)
		}
		h.gone(c.Secret)
		h.gone(d.Secret)
		h.resume(wang.Secret)
		want(t, h.SignOutEverywhere(t.Context(), wang.Principal, li.ID), ErrNotFound)
		if n := len(h.entries("person.sign_out")); n != 2 {
			t.Errorf("%d entries of sign-outs", n)
		}
		if n := len(h.entries("person.sign_out_everywhere")); n != 1 {
			t.Errorf("%d entries of sign-outs everywhere", n)
		}
	})
}

// The session of a secret that is being changed is found under both.
func TestSignOutDuringRotation(t *testing.T) {
	h := newHouse(t, controldbtest.SQLite(t))
	h.person("li")
	first := h.signInAs("li")
	h.clock.Pass(time.Hour)
	second := h.resume(first.Secret)
	if err := h.SignOut(t.Context(), second.Secret); err != nil {
		t.Fatal(err)
	}
	h.gone(first.Secret)
	h.gone(second.Secret)
}

func TestAnotherReplicaLearnsOfASignOut(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		h.person("li")
		replica := newHouse(t, h.db)
		s := h.signInAs("li")
		replica.resume(s.Secret)
		if err := h.SignOut(t.Context(), s.Secret); err != nil {
			t.Fatal(err)
		}
		replica.clock.Pass(cacheLife)
		replica.gone(s.Secret)
	})
}

func TestMaxSessions(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		h.person("li")
		first := h.signInAs("li")
		for range 19 {
			h.clock.Pass(time.Second)
			h.signInAs("li")
		}
		h.resume(first.Secret)
		h.clock.Pass(time.Minute)
		last := h.signInAs("li")
		h.clock.Pass(cacheLife)
		h.gone(first.Secret)
		h.resume(last.Secret)
		if n := h.count(`SELECT COUNT(*) FROM sessions`); n != 20 {
			t.Errorf("%d sessions", n)
		}
	})
}

// What a person may do is asked anew, also for connections that stay open.
func TestGrantsOfNow(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		li := h.person("li", grant(authz.Viewer, "north"))
		s := h.signInAs("li")
		li.Grants = []authz.Grant{grant(authz.Operator, "east/park")}
		li, err := h.As(system).UpdatePerson(t.Context(), li)
		if err != nil {
			t.Fatal(err)
		}
		for name, p := range map[string]authz.Principal{"resume": h.resume(s.Secret).Principal, "still": still(t, h, s)} {
			if p.May(authz.Read, at("north")) || !p.May(authz.Act, at("east/park")) || p.Remote != "192.0.2.1" {
				t.Errorf("%s: %+v", name, p)
			}
		}
		if _, err := h.As(system).DisablePerson(t.Context(), li.ID); err != nil {
			t.Fatal(err)
		}
		h.gone(s.Secret)
		if p, ok := h.Still(t.Context(), s.Principal, s.ID); ok || !p.Nobody() {
			t.Error("a disabled person's connection stays")
		}
		if _, err := h.As(system).EnablePerson(t.Context(), li.ID); err != nil {
			t.Fatal(err)
		}
		h.gone(s.Secret)
		h.signInAs("li")
	})
}

func still(t *testing.T, h *house, s Session) authz.Principal {
	t.Helper()
	p, ok := h.Still(t.Context(), s.Principal, s.ID)
	if !ok {
		t.Error("the session is not good any more")
	}
	return p
}

// A wall screen is used without a request; the absolute limit ends it.
func TestStill(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		li := h.person("li", grant(authz.Viewer, "north"))
		s := h.signInAs("li")
		for range 7*4 - 1 {
			h.clock.Pass(6 * time.Hour)
			still(t, h, s)
		}
		h.resume(s.Secret)
		h.clock.Pass(6 * time.Hour)
		if _, ok := h.Still(t.Context(), s.Principal, s.ID); ok {
			t.Error("beyond the absolute limit")
		}
		s = h.signInAs("li")
		h.person("wang")
		wang := h.signInAs("wang")
		for name, c := range map[string]struct {
			p  authz.Principal
			id string
		}{
			"another's session": {wang.Principal, s.ID}, "no session": {s.Principal, ""}, "nobody": {authz.Principal{}, s.ID},
			"no such token": {authz.Principal{Kind: authz.Machine, ID: li.ID}, ""},
		} {
			if p, ok := h.Still(t.Context(), c.p, c.id); ok || !p.Nobody() {
				t.Errorf("%s is still good", name)
			}
		}
		if _, ok := h.Still(t.Context(), system, ""); !ok {
			t.Error("the system is gone")
		}
	})
}

func TestAnUnreachableDatabaseDoesNotDarkenScreens(t *testing.T) {
	h := newHouse(t, controldbtest.SQLite(t))
	h.person("li")
	s := h.signInAs("li")
	still(t, h, s)
	if err := h.db.Close(); err != nil {
		t.Fatal(err)
	}
	h.clock.Pass(trustWithout - time.Second)
	still(t, h, s)
	h.clock.Pass(time.Second)
	if _, ok := h.Still(t.Context(), s.Principal, s.ID); ok {
		t.Error("good for ever")
	}
	if _, err := h.Resume(t.Context(), s.Secret, ""); err == nil || errors.Is(err, ErrNoSession) {
		t.Errorf("a request while the database is away: %v", err)
	}
}

func TestMustChangePassword(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		p, oneTime, err := h.As(system).CreatePerson(t.Context(), Person{Login: "li", Grants: []authz.Grant{administrator}}, "")
		if err != nil || !p.MustChangePassword || oneTime == "" {
			t.Fatalf("%+v, %q, %v", p, oneTime, err)
		}
		s, err := h.SignIn(t.Context(), Attempt{Login: "li", Password: oneTime})
		if err != nil || !s.MustChangePassword || len(s.Principal.Grants) != 0 {
			t.Fatalf("%+v, %v", s, err)
		}
		if s := h.resume(s.Secret); !s.MustChangePassword || !s.Principal.Scope(authz.Read).Empty() {
			t.Errorf("resumed %+v", s)
		}
		if p, ok := h.Still(t.Context(), s.Principal, s.ID); !ok || len(p.Grants) != 0 {
			t.Errorf("still %+v", p)
		}
		other, err := h.SignIn(t.Context(), Attempt{Login: "li", Password: oneTime})
		if err != nil {
			t.Fatal(err)
		}
		_, err = h.ChangePassword(t.Context(), s.Principal, PasswordChange{Old: "not it at all", New: goodPassword})
		want(t, err, ErrBadCredentials)
		_, err = h.ChangePassword(t.Context(), s.Principal, PasswordChange{Old: oneTime, New: "short"})
		wantField(t, err, "password")
		_, err = h.ChangePassword(t.Context(), s.Principal, PasswordChange{Old: oneTime, New: oneTime})
		wantField(t, err, "password")
		now, err := h.ChangePassword(t.Context(), s.Principal, PasswordChange{Old: oneTime, New: goodPassword})
		if err != nil || now.MustChangePassword || now.Secret == "" || now.Secret == s.Secret || now.ID == s.ID || !now.Principal.May(authz.Administer, authz.HQ) {
			t.Fatalf("%+v, %v", now, err)
		}
		h.gone(s.Secret)
		h.gone(other.Secret)
		h.resume(now.Secret)
		_, err = h.SignIn(t.Context(), Attempt{Login: "li", Password: oneTime})
		want(t, err, ErrBadCredentials)
		h.signInAs("li")
		_, err = h.ChangePassword(t.Context(), system, PasswordChange{Old: goodPassword, New: "something else again"})
		want(t, err, ErrForbidden)
	})
}

// An open session found by somebody else does not let him guess the password.
func TestGuessingTheOldPasswordIsLimited(t *testing.T) {
	h := newHouse(t, controldbtest.SQLite(t))
	h.person("li")
	s := h.signInAs("li")
	for range 20 {
		_, err := h.ChangePassword(t.Context(), s.Principal, PasswordChange{Old: "wrong wrong wrong", New: "something else again"})
		want(t, err, ErrBadCredentials)
	}
	_, err := h.ChangePassword(t.Context(), s.Principal, PasswordChange{Old: goodPassword, New: "something else again"})
	wantLocked(t, err)
}

func TestReplicasShareTheKeys(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		h.person("li")
		s := h.signInAs("li")
		if other := newHouse(t, h.db).resume(s.Secret); other.CSRF != s.CSRF {
			t.Error("another replica has another CSRF token")
		}
		h.exec(`UPDATE identity_keys SET secret = 'x'`)
		if _, err := loadKeys(t.Context(), h.db); err == nil {
			t.Error("a damaged key is taken")
		}
	})
}

func TestBootstrap(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		var group sync.WaitGroup
		made := make(chan string, 4)
		for range 4 {
			group.Go(func() {
				password, created, err := h.Bootstrap(t.Context(), "Admin")
				if err != nil || created != (password != "") {
					t.Error(password, created, err)
				}
				if created {
					made <- password
				}
			})
		}
		group.Wait()
		close(made)
		if len(made) != 1 {
			t.Fatalf("%d administrators", len(made))
		}
		s, err := h.SignIn(t.Context(), Attempt{Login: "admin", Password: <-made})
		if err != nil || s.MustChangePassword || !s.Principal.May(authz.Administer, authz.HQ) {
			t.Errorf("%+v, %v", s, err)
		}
		if _, _, err := h.Bootstrap(t.Context(), "no good"); err == nil {
			t.Error("a bad login name")
		}
		if head, err := h.db.VerifyAudit(t.Context()); err != nil || head.Seq == 0 {
			t.Errorf("audit %v, %v", head, err)
		}
	})
}
