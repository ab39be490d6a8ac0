package authz

import (
	"slices"
	"testing"
)

func place(s string) Place {
	p, err := ParsePlace(s)
	if err != nil {
		panic(err)
	}
	return p
}

func places(list ...string) []Place {
	var out []Place
	for _, s := range list {
		out = append(out, place(s))
	}
	return out
}

func TestRolesAreNested(t *testing.T) {
	want := map[Role][]Permission{
		Viewer:        {Read},
		Operator:      {Read, Act},
		Engineer:      {Read, Act, Configure},
		Manager:       {Read, Act, Configure, Manage},
		Administrator: {Read, Act, Configure, Manage, Administer},
		"boss":        nil,
		"":            nil,
	}
	for role, allowed := range want {
		for _, p := range append(Permissions(), "fly", "") {
			if got := role.Allows(p); got != slices.Contains(allowed, p) {
				t.Errorf("%q allows %q: %v", role, p, got)
			}
		}
	}
}

func TestScopeOfGrants(t *testing.T) {
	p := Principal{Kind: Person, Grants: []Grant{
		{Viewer, place("north")}, {Engineer, place("north/harbour")}, {Operator, place("east/park")}, {Viewer, place("northern/annex")},
	}}
	for _, c := range []struct {
		perm      Permission
		at        string
		in, touch bool
	}{
		{Read, "north", true, true},
		{Read, "north/hill", true, true},
		{Read, "northern", false, true},
		{Read, "northern/annex", true, true},
		{Read, "northern/annex2", false, false},
		{Read, "nor", false, false},
		{Read, "east", false, true},
		{Read, "east/park", true, true},
		{Read, "east/par", false, false},
		{Read, "hq", false, true},
		{Configure, "north", false, true},
		{Configure, "north/harbour", true, true},
		{Configure, "north/hill", false, false},
		{Act, "east/park", true, true},
		{Manage, "north/harbour", false, false},
		{Manage, "hq", false, false},
	} {
		s := p.Scope(c.perm)
		if s.Covers(place(c.at)) != c.in || s.Touches(place(c.at)) != c.touch || p.May(c.perm, place(c.at)) != c.in {
			t.Errorf("%s at %s: covers %v, touches %v", c.perm, c.at, s.Covers(place(c.at)), s.Touches(place(c.at)))
		}
	}
}

func TestZeroScopeReachesNothing(t *testing.T) {
	var s Scope
	var nobody Principal
	for _, at := range []string{"hq", "north", "north/harbour"} {
		if s.Covers(place(at)) || s.Touches(place(at)) || nobody.May(Read, place(at)) {
			t.Errorf("the zero scope reaches %s", at)
		}
	}
	if !s.Empty() || s.All() || len(s.Places()) != 0 || !nobody.Nobody() || s.String() != "nothing" {
		t.Errorf("the zero scope is %v", s)
	}
}

func TestEqualScopesAreEqual(t *testing.T) {
	a := scopeOf(places("east/park", "north", "north/harbour"))
	b := scopeOf(places("north/hill", "north", "east/park", "east/park"))
	if a != b {
		t.Errorf("%v and %v differ", a, b)
	}
	if got := a.Places(); !slices.Equal(got, places("east/park", "north")) {
		t.Errorf("places %v", got)
	}
	if !slices.Equal(a.Regions(), []string{"north"}) || !slices.Equal(a.Projects(), places("east/park")) {
		t.Errorf("regions %v, projects %v", a.Regions(), a.Projects())
	}
	if s := scopeOf(places("hq", "north")); s != Everything() || !s.Covers(HQ) {
		t.Errorf("headquarters give %v", s)
	}
}

// A region's name that begins another's must not hide its projects.
func TestNeighbouringNames(t *testing.T) {
	s := scopeOf(places("a", "a-b/c", "a/x", "a0/c"))
	if got := s.Places(); !slices.Equal(got, places("a-b/c", "a", "a0/c")) {
		t.Errorf("places %v", got)
	}
}

func TestWithin(t *testing.T) {
	s := scopeOf(places("north", "east/park", "east/lake"))
	for at, want := range map[string][]Place{
		"hq":         places("east/lake", "east/park", "north"),
		"east":       places("east/lake", "east/park"),
		"east/park":  places("east/park"),
		"east/hill":  nil,
		"north/hill": places("north/hill"),
		"west":       nil,
	} {
		if got := s.Within(place(at)).Places(); !slices.Equal(got, want) {
			t.Errorf("within %s: %v, want %v", at, got, want)
		}
	}
	if got := Everything().Within(place("east")).Places(); !slices.Equal(got, places("east")) {
		t.Errorf("everything within east: %v", got)
	}
}

func TestMayGrant(t *testing.T) {
	manager := Principal{Grants: []Grant{{Manager, place("north")}, {Administrator, place("east/park")}, {Engineer, HQ}}}
	for _, c := range []struct {
		role Role
		at   string
		want bool
	}{
		{Manager, "north", true},
		{Viewer, "north/hill", true},
		{Administrator, "north/hill", false},
		{Viewer, "hq", false},
		{Viewer, "east", false},
		{Administrator, "east/park", true},
		{"boss", "north", false},
	} {
		if got := manager.MayGrant(Grant{c.role, place(c.at)}); got != c.want {
			t.Errorf("%s at %s: %v", c.role, c.at, got)
		}
	}
}

func TestParsePlace(t *testing.T) {
	for _, good := range []string{"hq", "north", "north/harbour"} {
		if p, err := ParsePlace(good); err != nil || p.String() != good {
			t.Errorf("%s: %v, %v", good, p, err)
		}
	}
	for _, bad := range []string{"", "/", "north/", "/harbour", "North", "north/har bour", "a/b/c", "hq/x/", "*"} {
		if p, err := ParsePlace(bad); err == nil {
			t.Errorf("%q is %v", bad, p)
		}
	}
}

func FuzzScope(f *testing.F) {
	f.Add("north", "east/park", "north/harbour")
	f.Add("a", "a-b/c", "a/x")
	f.Fuzz(func(t *testing.T, a, b, at string) {
		p, err1 := ParsePlace(a)
		q, err2 := ParsePlace(b)
		r, err3 := ParsePlace(at)
		if err1 != nil || err2 != nil || err3 != nil {
			return
		}
		s := scopeOf([]Place{p, q})
		if got, want := s.Covers(r), p.Contains(r) || q.Contains(r); got != want {
			t.Errorf("%v covers %v: %v", s, r, got)
		}
		if got, want := s.Touches(r), p.Contains(r) || q.Contains(r) || r.Contains(p) || r.Contains(q); got != want {
			t.Errorf("%v touches %v: %v", s, r, got)
		}
	})
}
