package identity

import (
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"steward/internal/authz"
	"steward/internal/controldb"
	"steward/internal/controldb/controldbtest"
)

func TestSignIn(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		li := h.person("li.wei", grant(authz.Engineer, "north/harbour"))
		s, err := h.SignIn(t.Context(), Attempt{Login: " Li.Wei ", Password: goodPassword, Remote: "192.0.2.7", UserAgent: "Firefox\n\x00"})
		if err != nil {
			t.Fatal(err)
		}
		p := s.Principal
		if p.Kind != authz.Person || p.ID != li.ID || p.Name != "li.wei" || p.Remote != "192.0.2.7" || !p.May(authz.Configure, at("north/harbour")) || p.May(authz.Read, at("north")) {
			t.Errorf("principal %+v", p)
		}
		if s.Secret == "" || s.CSRF == "" || s.CSRF == s.Secret || s.MustChangePassword || !s.ExpiresAt.Equal(h.clock.Now().Add(7*24*time.Hour)) {
			t.Errorf("session %+v", s)
		}
		again := h.resume(s.Secret)
		if again.ID != s.ID || again.Secret != "" || again.CSRF != s.CSRF || again.Principal.ID != li.ID {
			t.Errorf("resumed %+v", again)
		}
		list, err := h.Sessions(t.Context(), p)
		if err != nil || len(list) != 1 || list[0].UserAgent != "Firefox" || list[0].Remote != "192.0.2.7" || list[0].Via != "password" {
			t.Errorf("sessions %+v, %v", list, err)
		}
		if got := h.entries("person.sign_in"); len(got) != 1 || got[0].Key != li.ID || got[0].Actor.Remote != "192.0.2.7" || got[0].Place != at("north/harbour") {
			t.Errorf("audit %+v", got)
		}
		if shown, err := h.As(system).Person(t.Context(), li.ID); err != nil || !shown.LastSignIn.Equal(h.clock.Now()) {
			t.Errorf("person %+v, %v", shown, err)
		}
		if h.metric("steward_sessions", nil) != 1 || h.metric("steward_sign_ins_total", prometheus.Labels{"outcome": "ok"}) != 1 {
			t.Error("metrics do not count the session")
		}
	})
}

// Nothing tells a wrong password from a name that nobody has.
func TestBadCredentials(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		h.person("li")
		gone := h.person("gone")
		if _, err := h.As(system).DisablePerson(t.Context(), gone.ID); err != nil {
			t.Fatal(err)
		}
		for name, a := range map[string]Attempt{
			"wrong password":  {Login: "li", Password: "umbrella seven orbi"},
			"empty":           {},
			"no such name":    {Login: "wang", Password: goodPassword},
			"disabled":        {Login: "gone", Password: goodPassword},
			"too long":        {Login: "li", Password: goodPassword + strings.Repeat("x", maxPassword)},
			"no name at all":  {Login: "li' OR 1=1 --", Password: goodPassword},
			"name not UTF-8":  {Login: "li\xff", Password: goodPassword},
			"with a NUL":      {Login: "li", Password: goodPassword + "\x00"},
			"NUL in name":     {Login: "li\x00", Password: goodPassword},
			"a pattern":       {Login: "l%", Password: goodPassword},
			"in another case": {Login: "li", Password: strings.ToUpper(goodPassword)},
		} {
			s, err := h.SignIn(t.Context(), a)
			if s.Secret != "" || err == nil || err.Error() != ErrBadCredentials.Error() {
				t.Errorf("%s: %v", name, err)
			}
		}
		if n := h.count(`SELECT COUNT(*) FROM sessions`); n != 0 {
			t.Errorf("%d sessions", n)
		}
		for _, e := range h.entries("person.sign_in_failed") {
			if text := string(e.Before) + string(e.After) + e.Key; strings.Contains(text, "wang") || strings.Contains(text, "OR") {
				t.Errorf("what was typed is in the audit log: %s", text)
			}
		}
	})
}

// The same steps are taken for a name that nobody has: as many computations, and
// as many changes of the database.
func TestUnknownNamesTakeTheSameSteps(t *testing.T) {
	h := newHouse(t, controldbtest.SQLite(t))
	h.person("li")
	steps := func(login string) (entries, lockouts int) {
		a, l := h.count(`SELECT COUNT(*) FROM audit`), h.count(`SELECT COUNT(*) FROM lockouts`)
		if _, err := h.SignIn(t.Context(), Attempt{Login: login, Password: "something else entirely"}); !errors.Is(err, ErrBadCredentials) {
			t.Fatal(err)
		}
		return h.count(`SELECT COUNT(*) FROM audit`) - a, h.count(`SELECT COUNT(*) FROM lockouts`) - l
	}
	e1, l1 := steps("li")
	e2, l2 := steps("wang")
	if e1 != 1 || l1 != 1 || e1 != e2 || l1 != l2 {
		t.Errorf("known: %d entries, %d lockouts; unknown: %d, %d", e1, l1, e2, l2)
	}
	for _, phc := range []string{"", h.hasher.dummy} {
		if ok, _, err := h.hasher.verify(phc, "x"); ok || err != nil {
			t.Errorf("verify against %q: %v, %v", phc, ok, err)
		}
	}
}

func TestLockOut(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		for _, login := range []string{"li", "nobody.knows"} {
			if login == "li" {
				h.person(login)
			}
			try := func(password string) error {
				h.limits = newLimiter(1000, time.Second, h.clock.Now) // this is about the account
				_, err := h.SignIn(t.Context(), Attempt{Login: login, Password: password, Remote: "192.0.2.9"})
				return err
			}
			for range 4 {
				want(t, try("wrong wrong wrong"), ErrBadCredentials)
			}
			for _, wait := range []time.Duration{30 * time.Second, time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 16 * time.Minute, 32 * time.Minute, time.Hour, time.Hour} {
				want(t, try("wrong wrong wrong"), ErrBadCredentials)
				// Neither right nor wrong passwords are looked at, and none extends it.
				for _, password := range []string{goodPassword, "wrong wrong wrong", goodPassword} {
					if l := locked(t, try(password)); l.Address || l.RetryAfter > wait || l.RetryAfter < wait-time.Second {
						t.Fatalf("%s: locked for %v, want %v", login, l.RetryAfter, wait)
					}
				}
				h.clock.Pass(wait)
			}
		}
		h.signInAs("li")
		if _, err := h.SignIn(t.Context(), Attempt{Login: "li", Password: "wrong wrong wrong"}); !errors.Is(err, ErrBadCredentials) {
			t.Errorf("after a success counting begins anew: %v", err)
		}
		h.signInAs("li")
	})
}

func TestALockSurvivesARestartAndCanBeLifted(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		li := h.person("li", grant(authz.Viewer, "north/harbour"))
		boss := h.person("boss", grant(authz.Manager, "north"))
		session := h.signInAs("li")
		for range 5 {
			_, err := h.SignIn(t.Context(), Attempt{Login: "li", Password: "wrong wrong wrong"})
			want(t, err, ErrBadCredentials)
		}
		other := newHouse(t, h.db)
		other.clock = h.clock
		_, err := other.SignIn(t.Context(), Attempt{Login: "li", Password: goodPassword})
		wantLocked(t, err)

		// Whoever is signed in stays so, and can still change the password.
		p := h.resume(session.Secret).Principal
		if _, err := h.ChangePassword(t.Context(), p, PasswordChange{Old: goodPassword, New: "another one entirely"}); err != nil {
			t.Errorf("change the password while locked out: %v", err)
		}
		if _, err := h.SignIn(t.Context(), Attempt{Login: "li", Password: "another one entirely"}); err != nil {
			t.Errorf("a changed password unlocks: %v", err)
		}

		for range 5 {
			_, _ = h.SignIn(t.Context(), Attempt{Login: "li", Password: "wrong wrong wrong"})
		}
		if shown, err := h.as(boss).Person(t.Context(), li.ID); err != nil || shown.LockedUntil.IsZero() {
			t.Errorf("person %+v, %v", shown, err)
		}
		if shown, err := h.as(boss).Unlock(t.Context(), li.ID); err != nil || !shown.LockedUntil.IsZero() {
			t.Errorf("unlocked %+v, %v", shown, err)
		}
		if _, err := h.SignIn(t.Context(), Attempt{Login: "li", Password: "another one entirely"}); err != nil {
			t.Error(err)
		}
	})
}

// Guesses at the same time count as those one after another.
func TestParallelGuessesAreCounted(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		h.person("li")
		h.limits = newLimiter(1000, time.Second, h.clock.Now)
		var looked, refused atomic.Int64
		var group sync.WaitGroup
		for range 40 {
			group.Go(func() {
				_, err := h.SignIn(t.Context(), Attempt{Login: "li", Password: "wrong wrong wrong"})
				var l *LockedError
				switch {
				case errors.Is(err, ErrBadCredentials):
					looked.Add(1)
				case errors.As(err, &l):
					refused.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		group.Wait()
		if looked.Load() != 5 || refused.Load() != 35 {
			t.Errorf("%d passwords were looked at, %d refused", looked.Load(), refused.Load())
		}
	})
}

func TestAddressLimit(t *testing.T) {
	h := newHouse(t, controldbtest.SQLite(t))
	h.person("li")
	try := func(remote, login string) error {
		_, err := h.SignIn(t.Context(), Attempt{Login: login, Password: "wrong wrong wrong", Remote: remote})
		return err
	}
	for i := range 20 {
		want(t, try("2001:db8::1", "nobody"+string(rune('a'+i))), ErrBadCredentials)
	}
	for _, same := range []string{"2001:db8::1", "2001:db8::ffff"} {
		if l := locked(t, try(same, "li")); !l.Address || l.RetryAfter != 6*time.Second {
			t.Errorf("%s: %+v", same, l)
		}
	}
	want(t, try("2001:db8:0:1::1", "li"), ErrBadCredentials)
	h.clock.Pass(6 * time.Second)
	want(t, try("2001:db8::1", "li"), ErrBadCredentials)
	wantLocked(t, try("2001:db8::1", "li"))
	// Who signs in with the right password does not use it up.
	for range 25 {
		h.signInAs("li")
	}
}

// A flood of failures must not fill the disk.
func TestFloodsAreBounded(t *testing.T) {
	h := newHouse(t, controldbtest.SQLite(t))
	h.limits = newLimiter(1_000_000, time.Second, h.clock.Now)
	h.person("li")
	before := h.count(`SELECT COUNT(*) FROM audit`)
	for i := range 100 {
		_, _ = h.SignIn(t.Context(), Attempt{Login: "x" + strings.Repeat("y", i%60) + string(rune('a'+i%26)), Password: "wrong"})
		_, _ = h.SignIn(t.Context(), Attempt{Login: "li", Password: "wrong wrong wrong"})
	}
	if n := h.count(`SELECT COUNT(*) FROM audit`) - before; n > unknownAuditBurst+5 {
		t.Errorf("200 failures made %d entries", n)
	}
	h.clock.Pass(forgetFailures + time.Hour)
	if err := h.db.Write(t.Context(), h.pruneLockouts); err != nil {
		t.Fatal(err)
	}
	if n := h.count(`SELECT COUNT(*) FROM lockouts`); n != 0 {
		t.Errorf("%d failures are still remembered", n)
	}
}

func TestHashesFollowThePolicy(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		h.person("li")
		stored := func() (s string) {
			err := h.db.Read(t.Context(), func(tx *controldb.Tx) error { return tx.Get(&s, `SELECT password FROM people`) })
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		if !strings.HasPrefix(stored(), "$argon2id$v=19$m=64,t=1,p=1$") {
			t.Errorf("stored %s", stored())
		}
		stronger := newHouse(t, h.db, func(o *Options) { o.Policy.Hashing = Hashing{MemoryKiB: 128, Passes: 2} })
		stronger.signInAs("li")
		if !strings.HasPrefix(stored(), "$argon2id$v=19$m=128,t=2,p=1$") {
			t.Errorf("after a sign-in %s", stored())
		}
		h.signInAs("li")
	})
}

func TestDefaultCostsAreThoseOfOWASP(t *testing.T) {
	p, err := Policy{}.withDefaults()
	if err != nil || p.Hashing.MemoryKiB < 19*1024 || p.Hashing.Passes < 2 {
		t.Fatalf("%+v, %v", p, err)
	}
	h, err := newHasher(p.Hashing)
	if err != nil {
		t.Fatal(err)
	}
	phc := h.hash(goodPassword)
	if ok, outdated, err := h.verify(phc, goodPassword); !ok || outdated || err != nil || phc == h.hash(goodPassword) {
		t.Errorf("%s: %v, %v, %v", phc, ok, outdated, err)
	}
}

func TestHashingIsBounded(t *testing.T) {
	h, err := newHasher(Hashing{MemoryKiB: 64, Passes: 1, Concurrency: 1})
	if err != nil {
		t.Fatal(err)
	}
	first, err := h.enter(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	const tooMany = 10
	var group sync.WaitGroup
	var busy atomic.Int64
	for range maxWaiting + tooMany {
		group.Go(func() {
			leave, err := h.enter(t.Context())
			switch {
			case errors.Is(err, ErrBusy):
				if busy.Add(1) == tooMany {
					first() // all others wait by now
				}
			case err != nil:
				t.Error(err)
			default:
				leave()
			}
		})
	}
	group.Wait()
	if busy.Load() != tooMany {
		t.Errorf("%d were sent away, want %d", busy.Load(), tooMany)
	}
}

func TestForgedHashesAreRefused(t *testing.T) {
	h, err := newHasher(quick)
	if err != nil {
		t.Fatal(err)
	}
	for _, phc := range []string{
		"x", "$argon2id$", "$argon2i$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$c2FsdHNhbHRzYWx0c2FsdA", "$argon2id$v=19$m=4294967295,t=1,p=1$c2FsdHNhbHQ$c2FsdHNhbHRzYWx0c2FsdA",
		"$argon2id$v=19$m=64,t=0,p=1$c2FsdHNhbHQ$c2FsdHNhbHRzYWx0c2FsdA", "$argon2id$v=16$m=64,t=1,p=1$c2FsdHNhbHQ$c2FsdHNhbHRzYWx0c2FsdA",
		"$argon2id$v=19$m=64,t=1,p=0$c2FsdHNhbHQ$c2FsdHNhbHRzYWx0c2FsdA", "$argon2id$v=19$m=64,t=1,p=1$$", "$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$",
	} {
		if ok, _, err := h.verify(phc, "x"); ok || err == nil {
			t.Errorf("%s: %v, %v", phc, ok, err)
		}
	}
}

func TestPasswordRules(t *testing.T) {
	h := newHouse(t, controldbtest.SQLite(t))
	for _, good := range []string{goodPassword, "correct horse battery staple", "电梯在三楼停了一下午", newPassword(), "kX9#vT2$mQ", "8f3kd02jfm"} {
		if err := h.checkPassword(good, "li.wei"); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for _, bad := range []string{
		"", "short", "123456789", "1234567890", "password12", "Password123!", "P@ssw0rd2026", "qwertyuiop", "aaaaaaaaaaaa", "abababababab", "steward2026", "woaini1314520",
		"li.wei is my name", "administrator", "admin admin 1", "ＬＩ.ＷＥＩ umbrella", "iloveyou 2024", "\xff\xfe long enough \xff", strings.Repeat("abcdefghij", 200),
	} {
		err := h.checkPassword(bad, "li.wei")
		wantField(t, err, "password")
		if err != nil && len(bad) > 3 && strings.Contains(err.Error(), bad) {
			t.Errorf("the error shows the password: %v", err)
		}
	}
}

func TestPolicyIsChecked(t *testing.T) {
	for name, p := range map[string]Policy{
		"length": {MinPasswordLength: 4}, "negative": {SessionIdle: -1}, "sessions": {MaxSessions: -1}, "idle": {SessionIdle: time.Second}, "memory": {Hashing: Hashing{MemoryKiB: 1 << 30}},
	} {
		db := controldbtest.SQLite(t)
		if _, err := New(t.Context(), Options{DB: db, Policy: p, Logger: slog.New(slog.DiscardHandler)}); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if _, err := New(t.Context(), Options{}); err == nil {
		t.Error("without a database")
	}
}
