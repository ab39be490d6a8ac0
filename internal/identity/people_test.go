package identity

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"steward/internal/authz"
	"steward/internal/controldb/controldbtest"
)

func TestManagersSeeTheirOwnPeople(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		h.person("hq", administrator)
		h.person("nobody")
		h.person("everywhere", grant(authz.Viewer, "hq"))
		north := h.person("north", grant(authz.Manager, "north"))
		harbour := h.person("harbour", grant(authz.Engineer, "north/harbour"))
		both := h.person("both", grant(authz.Engineer, "north/harbour"), grant(authz.Manager, "east/park"))
		h.person("northern", grant(authz.Viewer, "northern/harbour"))
		viewer := h.person("viewer", grant(authz.Viewer, "north"))

		for _, c := range []struct {
			by   authz.Principal
			want string
		}{
			{system, "[both everywhere harbour hq nobody north northern viewer]"},
			{principalOf(north), "[both harbour north viewer]"},
			{principalOf(both), "[both]"}, // as the manager of east/park
			{principalOf(viewer), "[]"},
			{authz.Principal{}, "[]"},
		} {
			list, err := h.As(c.by).People(t.Context(), PersonFilter{}, Page{})
			if err != nil || logins(list.Items) != c.want {
				t.Errorf("%s sees %s, %v, want %s", c.by.Name, logins(list.Items), err, c.want)
			}
		}
		seen, err := h.as(north).Person(t.Context(), both.ID)
		if err != nil || !reflect.DeepEqual(seen.Grants, []authz.Grant{grant(authz.Engineer, "north/harbour")}) || !seen.Elsewhere {
			t.Errorf("the grants of elsewhere show: %+v, %v", seen, err)
		}
		if own, err := h.as(harbour).Person(t.Context(), harbour.ID); err != nil || len(own.Grants) != 1 || own.Elsewhere {
			t.Errorf("oneself: %+v, %v", own, err)
		}
		_, err = h.as(harbour).Person(t.Context(), north.ID)
		want(t, err, ErrNotFound)
		// A machine's token is nobody's self, whatever its ID.
		_, err = h.As(authz.Principal{Kind: authz.Machine, ID: harbour.ID}).Person(t.Context(), harbour.ID)
		want(t, err, ErrNotFound)

		for name, c := range map[string]struct {
			f    PersonFilter
			want string
		}{
			"at":           {PersonFilter{At: at("north/harbour")}, "[both harbour]"},
			"at a region":  {PersonFilter{At: at("north")}, "[both harbour north viewer]"},
			"elsewhere":    {PersonFilter{At: at("east/park")}, "[]"},
			"role":         {PersonFilter{Role: authz.Engineer}, "[both harbour]"},
			"hidden role":  {PersonFilter{Role: authz.Manager}, "[north]"},
			"search":       {PersonFilter{Search: "HARB"}, "[harbour]"},
			"wild search":  {PersonFilter{Search: "%"}, "[]"},
			"under":        {PersonFilter{Search: "_"}, "[]"},
			"exclamation":  {PersonFilter{Search: "!"}, "[]"},
			"SQL":          {PersonFilter{Search: "' OR 1=1 --"}, "[]"},
			"disabled":     {PersonFilter{Disabled: new(bool)}, "[both harbour north viewer]"},
			"unknown role": {PersonFilter{Role: "' OR 1=1 --"}, "[]"},
		} {
			list, err := h.as(north).People(t.Context(), c.f, Page{})
			if err != nil || logins(list.Items) != c.want {
				t.Errorf("%s: %s, %v, want %s", name, logins(list.Items), err, c.want)
			}
		}
	})
}

func TestPages(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		for i := range 7 {
			p := h.person(fmt.Sprintf("p%d", i), grant(authz.Viewer, "north"))
			p.Name = fmt.Sprintf("name %d", 9-i/2) // some the same
			if _, err := h.As(system).UpdatePerson(t.Context(), p); err != nil {
				t.Fatal(err)
			}
		}
		for sort, want := range map[string]string{"": "p0p1p2p3p4p5p6", "-login": "p6p5p4p3p2p1p0", "name": "", "-name": ""} {
			got, page := "", Page{Limit: 2, Sort: sort}
			for range 4 {
				list, err := h.As(system).People(t.Context(), PersonFilter{}, page)
				if err != nil {
					t.Fatal(err)
				}
				for _, p := range list.Items {
					got += p.Login
				}
				page.Cursor = list.Next
			}
			if page.Cursor != "" || want != "" && got != want || len(got) != 14 {
				t.Errorf("sort %q: %s, cursor %q", sort, got, page.Cursor)
			}
		}
		list, err := h.As(system).People(t.Context(), PersonFilter{}, Page{Limit: 2})
		if err != nil {
			t.Fatal(err)
		}
		north := authz.Principal{Kind: authz.Person, ID: "x", Grants: []authz.Grant{grant(authz.Manager, "north")}}
		for name, f := range map[string]func() error{
			"of another order": func() error {
				_, err := h.As(system).People(t.Context(), PersonFilter{}, Page{Cursor: list.Next, Sort: "name"})
				return err
			},
			"of another filter": func() error {
				_, err := h.As(system).People(t.Context(), PersonFilter{Search: "p"}, Page{Cursor: list.Next})
				return err
			},
			"of another caller": func() error {
				_, err := h.As(north).People(t.Context(), PersonFilter{}, Page{Cursor: list.Next})
				return err
			},
			"nonsense": func() error {
				_, err := h.As(system).People(t.Context(), PersonFilter{}, Page{Cursor: "x"})
				return err
			},
			"not JSON": func() error {
				_, err := h.As(system).People(t.Context(), PersonFilter{}, Page{Cursor: "eA"})
				return err
			},
		} {
			t.Run(name, func(t *testing.T) { wantField(t, f(), "cursor") })
		}
		_, err = h.As(system).People(t.Context(), PersonFilter{}, Page{Sort: "password"})
		wantField(t, err, "sort")
	})
}

func TestNobodyGivesMoreThanHeHas(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		manager := h.person("manager", grant(authz.Manager, "north"), grant(authz.Engineer, "hq"))
		v := h.as(manager)
		for _, g := range []authz.Grant{
			grant(authz.Administrator, "north"), grant(authz.Manager, "hq"), grant(authz.Viewer, "hq"), grant(authz.Viewer, "east"), grant(authz.Viewer, "northern"),
		} {
			_, _, err := v.CreatePerson(t.Context(), Person{Login: "new", Grants: []authz.Grant{g}}, goodPassword)
			want(t, err, ErrForbidden)
			_, _, err = v.CreateToken(t.Context(), Token{Name: "new", Grants: []authz.Grant{g}})
			want(t, err, ErrForbidden)
		}
		made, _, err := v.CreatePerson(t.Context(), Person{Login: "new", Grants: []authz.Grant{grant(authz.Manager, "north/harbour"), grant(authz.Manager, "north/harbour")}}, goodPassword)
		if err != nil || len(made.Grants) != 1 {
			t.Fatalf("%+v, %v", made, err)
		}
		made.Grants = append(made.Grants, grant(authz.Viewer, "east"))
		_, err = v.UpdatePerson(t.Context(), made)
		want(t, err, ErrForbidden)
		_, _, err = v.CreatePerson(t.Context(), Person{Login: "without"}, goodPassword)
		wantField(t, err, "grants")

		// Nor does he reach up, by whatever way.
		for _, greater := range []Person{
			h.person("admin", grant(authz.Administrator, "north/harbour")),
			h.person("wider", grant(authz.Viewer, "north/harbour"), grant(authz.Viewer, "east")),
			h.person("higher", grant(authz.Viewer, "north/harbour"), grant(authz.Viewer, "hq")),
		} {
			for name, do := range changes(h, v, greater) {
				if err := do(); !errors.Is(err, ErrForbidden) || strings.Contains(err.Error(), "east") {
					t.Errorf("%s of %s: %v", name, greater.Login, err)
				}
			}
		}
		// Whom he does not see, he does not reach at all.
		for _, hidden := range []Person{h.person("hidden", grant(authz.Viewer, "east")), h.person("bare"), {ID: "p_nobody"}} {
			for name, do := range changes(h, v, hidden) {
				if err := do(); !errors.Is(err, ErrNotFound) {
					t.Errorf("%s of %s: %v", name, hidden.Login, err)
				}
			}
		}
		// And an engineer reaches nobody.
		engineer := h.as(h.person("engineer", grant(authz.Engineer, "north")))
		for name, do := range changes(h, engineer, made) {
			if err := do(); !errors.Is(err, ErrNotFound) {
				t.Errorf("an engineer: %s: %v", name, err)
			}
		}
		if n := h.count(`SELECT COUNT(*) FROM people WHERE disabled OR name = 'x'`); n != 0 {
			t.Errorf("%d people were changed", n)
		}
	})
}

// changes are all the ways to change a person.
func changes(h *house, v *View, p Person) map[string]func() error {
	ctx := h.t.Context()
	renamed := p
	renamed.Name, renamed.Login = "x", "x"
	if p.Login != "" {
		renamed.Login = p.Login
	}
	return map[string]func() error{
		"update":   func() error { _, err := v.UpdatePerson(ctx, renamed); return err },
		"disable":  func() error { _, err := v.DisablePerson(ctx, p.ID); return err },
		"enable":   func() error { _, err := v.EnablePerson(ctx, p.ID); return err },
		"unlock":   func() error { _, err := v.Unlock(ctx, p.ID); return err },
		"reset":    func() error { _, err := v.ResetPassword(ctx, p.ID); return err },
		"sign out": func() error { return h.SignOutEverywhere(ctx, v.p, p.ID) },
	}
}

func TestNobodyChangesHisOwnRights(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		h.person("other", administrator)
		admin := h.person("admin", administrator)
		v := h.as(admin)
		admin.Name, admin.Email = "管理员", "Admin@Example.com"
		admin, err := v.UpdatePerson(t.Context(), admin)
		if err != nil || admin.Name != "管理员" || admin.Email != "admin@example.com" || admin.Version != 2 {
			t.Fatalf("own name: %+v, %v", admin, err)
		}
		for _, grants := range [][]authz.Grant{nil, {grant(authz.Viewer, "hq")}, {administrator, grant(authz.Viewer, "north")}} {
			changed := admin
			changed.Grants = grants
			_, err := v.UpdatePerson(t.Context(), changed)
			want(t, err, ErrForbidden)
		}
		_, err = v.DisablePerson(t.Context(), admin.ID)
		want(t, err, ErrForbidden)
		_, err = v.ResetPassword(t.Context(), admin.ID)
		want(t, err, ErrForbidden)
	})
}

func TestTheLastAdministratorStays(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		h.person("regional", grant(authz.Administrator, "north"))
		a := h.person("a", administrator)
		v := h.As(system)
		take := func(p Person) error {
			p.Grants = []authz.Grant{grant(authz.Viewer, "hq")}
			_, err := v.UpdatePerson(t.Context(), p)
			return err
		}
		want(t, take(a), ErrLastAdministrator)
		_, err := v.DisablePerson(t.Context(), a.ID)
		want(t, err, ErrLastAdministrator)
		want(t, err, ErrForbidden)
		b := h.person("b", administrator)
		if a, err = v.DisablePerson(t.Context(), a.ID); err != nil {
			t.Fatal(err)
		}
		want(t, take(b), ErrLastAdministrator)
		if err := take(a); err != nil {
			t.Errorf("one who is disabled already: %v", err)
		}
	})
}

func TestTwoEditors(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		p := h.person("li", grant(authz.Viewer, "north"))
		first, second := p, p
		first.Name, second.Name = "one", "two"
		changed, err := h.As(system).UpdatePerson(t.Context(), first)
		if err != nil || changed.Name != "one" || changed.Version != 2 {
			t.Fatalf("%+v, %v", changed, err)
		}
		_, err = h.As(system).UpdatePerson(t.Context(), second)
		want(t, err, ErrConflict)
		entries := h.entries("person.update")
		if len(entries) != 1 || string(entries[0].Before) != `{"name":"li"}` || string(entries[0].After) != `{"name":"one"}` || entries[0].Place != at("north") {
			t.Errorf("audit %+v", entries)
		}
		same, err := h.As(system).UpdatePerson(t.Context(), changed)
		if err != nil || same.Version != 2 || len(h.entries("person.update")) != 1 {
			t.Errorf("an update that changes nothing: %+v, %v", same, err)
		}
	})
}

func TestPeopleAreChecked(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		h.person("taken")
		v := h.As(system)
		for field, p := range map[string]Person{
			"login":     {Login: "李伟"},
			"name":      {Login: "a", Name: "a\nb"},
			"email":     {Login: "a", Email: "not one"},
			"grants[0]": {Login: "a", Grants: []authz.Grant{{Role: "boss"}}},
			"grants":    {Login: "a", Grants: make([]authz.Grant, maxGrants+1)},
		} {
			_, _, err := v.CreatePerson(t.Context(), p, goodPassword)
			wantField(t, err, field)
		}
		for _, login := range []string{"", ".a", "-a", "a b", "a/b", "a'b", strings.Repeat("a", 65), "a\x00"} {
			_, _, err := v.CreatePerson(t.Context(), Person{Login: login}, goodPassword)
			wantField(t, err, "login")
		}
		_, _, err := v.CreatePerson(t.Context(), Person{Login: "Taken"}, goodPassword)
		want(t, err, ErrExists)
		_, _, err = v.CreatePerson(t.Context(), Person{Login: "new"}, "password12")
		wantField(t, err, "password")
		var invalid *InvalidError
		_, _, err = v.CreatePerson(t.Context(), Person{Login: "李", Name: "\n", Email: "x"}, "")
		if !errors.As(err, &invalid) || len(invalid.Fields) != 3 {
			t.Errorf("not all that is wrong is said: %v", err)
		}
		p := h.person("li")
		p.Login = "wang"
		_, err = v.UpdatePerson(t.Context(), p)
		wantField(t, err, "login")
	})
}

func TestResetPassword(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		li := h.person("li", grant(authz.Viewer, "north/harbour"))
		boss := h.person("boss", grant(authz.Manager, "north/harbour"))
		s := h.signInAs("li")
		oneTime, err := h.as(boss).ResetPassword(t.Context(), li.ID)
		if err != nil {
			t.Fatal(err)
		}
		h.gone(s.Secret)
		_, err = h.SignIn(t.Context(), Attempt{Login: "li", Password: goodPassword})
		want(t, err, ErrBadCredentials)
		if s, err := h.SignIn(t.Context(), Attempt{Login: "li", Password: oneTime}); err != nil || !s.MustChangePassword {
			t.Errorf("%+v, %v", s, err)
		}
	})
}

// A View of a principal without a scope shows and changes nothing, in whatever
// method.
func TestEveryMethodNeedsAScope(t *testing.T) {
	h := newHouse(t, controldbtest.SQLite(t))
	p := h.person("li", grant(authz.Viewer, "north/harbour"))
	tok, _, err := h.As(system).CreateToken(t.Context(), Token{Name: "t", Grants: []authz.Grant{grant(authz.Viewer, "north/harbour")}})
	if err != nil {
		t.Fatal(err)
	}
	cred, _, err := h.As(system).CreateCredential(t.Context(), Credential{Kind: ProjectCredential, Region: "north", Project: "harbour"})
	if err != nil {
		t.Fatal(err)
	}
	head, err := h.db.AuditHead(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	arguments := map[reflect.Type][]reflect.Value{
		reflect.TypeFor[string]():           {reflect.ValueOf(p.ID), reflect.ValueOf(tok.ID), reflect.ValueOf(cred.ID)},
		reflect.TypeFor[Person]():           {reflect.ValueOf(p)},
		reflect.TypeFor[Token]():            {reflect.ValueOf(Token{Name: "x", Grants: tok.Grants})},
		reflect.TypeFor[Credential]():       {reflect.ValueOf(cred), reflect.ValueOf(Credential{Kind: GatewayCredential, Name: "north.harbour.g", Region: "north", Project: "harbour", Children: []string{"meter/m1"}})},
		reflect.TypeFor[PersonFilter]():     {reflect.ValueOf(PersonFilter{})},
		reflect.TypeFor[TokenFilter]():      {reflect.ValueOf(TokenFilter{Ended: true})},
		reflect.TypeFor[CredentialFilter](): {reflect.ValueOf(CredentialFilter{Revoked: true})},
		reflect.TypeFor[Page]():             {reflect.ValueOf(Page{})},
	}
	for _, nobody := range []authz.Principal{{}, {Kind: authz.Machine, ID: "t_x", Grants: []authz.Grant{grant(authz.Engineer, "hq")}}, {Kind: authz.Person, ID: "p_x", Grants: []authz.Grant{grant(authz.Manager, "north/hill")}}} {
		v := reflect.ValueOf(h.As(nobody))
		for i := range v.NumMethod() {
			name, method := v.Type().Method(i).Name, v.Method(i)
			for choice := range 3 {
				in := []reflect.Value{reflect.ValueOf(t.Context())}
				for j := 1; j < method.Type().NumIn(); j++ {
					values := arguments[method.Type().In(j)]
					if len(values) == 0 {
						t.Fatalf("%s takes a %v, which this test does not know", name, method.Type().In(j))
					}
					in = append(in, values[choice%len(values)])
				}
				out := method.Call(in)
				err, _ := out[len(out)-1].Interface().(error)
				first := out[0]
				if first.Kind() == reflect.Struct && first.FieldByName("Items").IsValid() {
					if first.FieldByName("Items").Len() != 0 {
						t.Errorf("%s shows %v", name, first)
					}
				} else if err == nil || !first.IsZero() && !isEmptyObject(first) {
					t.Errorf("%s gives %+v, %v", name, first, err)
				}
			}
		}
	}
	if now, err := h.db.AuditHead(t.Context()); err != nil || now != head {
		t.Errorf("something was changed: %v, %v", now, err)
	}
}

// isEmptyObject is what a View returns beside an error: no field but empty lists.
func isEmptyObject(v reflect.Value) bool {
	if v.Kind() != reflect.Struct {
		return false
	}
	for i := range v.NumField() {
		if f := v.Field(i); !f.IsZero() && (f.Kind() != reflect.Slice || f.Len() > 0) {
			return false
		}
	}
	return true
}

func FuzzCursor(f *testing.F) {
	f.Add("")
	f.Add("eyJxIjoiIiwidiI6IiIsImkiOiIifQ")
	f.Fuzz(func(t *testing.T, s string) {
		p, err := readCursor(s)
		if err != nil {
			return
		}
		again, err := writeCursor(p)
		if err != nil {
			t.Fatal(err)
		}
		if q, err := readCursor(again); err != nil || q != p {
			t.Errorf("%q: %+v, %+v, %v", s, p, q, err)
		}
	})
}

func TestLimiterIsBounded(t *testing.T) {
	c := newClock()
	l := newLimiter(3, time.Second, c.Now)
	for i := range 5 * maxKeys {
		l.take(fmt.Sprint(i))
	}
	if n := len(l.young) + len(l.old); n > 2*maxKeys {
		t.Errorf("%d keys", n)
	}
	for key, want := range map[string]string{
		"192.0.2.1": "192.0.2.1", "192.0.2.1:80": "192.0.2.1", "::ffff:192.0.2.1": "192.0.2.1", "2001:db8::1": "2001:db8::/64", "[2001:db8::1%eth0]:80": "2001:db8::/64", "pipe": "pipe", "": "",
	} {
		if got := addressKey(key); got != want {
			t.Errorf("%s: %s, want %s", key, got, want)
		}
	}
}
