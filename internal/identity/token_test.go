package identity

import (
	"strings"
	"testing"
	"time"

	"steward/internal/authz"
)

func (h *house) token(by *View, name string, grants ...authz.Grant) (Token, string) {
	h.t.Helper()
	t, secret, err := by.CreateToken(h.t.Context(), Token{Name: name, Grants: grants})
	if err != nil {
		h.t.Fatal(err)
	}
	return t, secret
}

func TestTokens(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		manager := h.person("manager", grant(authz.Manager, "north"))
		made, secret := h.token(h.as(manager), "grafana", grant(authz.Viewer, "north/harbour"))
		if !strings.HasPrefix(secret, made.Prefix) || made.Prefix == secret || made.CreatedBy != "manager" || !made.ExpiresAt.Equal(h.clock.Now().Add(365*24*time.Hour)) {
			t.Errorf("made %+v", made)
		}
		for range 3 {
			p, err := h.Bearer(t.Context(), secret)
			if err != nil || p.Kind != authz.Machine || p.ID != made.ID || p.Name != "grafana" || !p.May(authz.Read, at("north/harbour")) || p.May(authz.Act, at("north/harbour")) {
				t.Fatalf("%+v, %v", p, err)
			}
		}
		if shown, err := h.as(manager).Token(t.Context(), made.ID); err != nil || !shown.LastUsedAt.Equal(h.clock.Now()) {
			t.Errorf("used %+v, %v", shown, err)
		}
		p, err := h.Bearer(t.Context(), secret)
		if err != nil {
			t.Fatal(err)
		}
		p.Remote = "192.0.2.3"
		if now, ok := h.Still(t.Context(), p, ""); !ok || now.Remote != p.Remote || len(now.Grants) != 1 {
			t.Errorf("still %+v", now)
		}
		if _, err := h.as(manager).RevokeToken(t.Context(), made.ID); err != nil {
			t.Fatal(err)
		}
		_, err = h.Bearer(t.Context(), secret)
		want(t, err, ErrNoToken)
		if _, ok := h.Still(t.Context(), p, ""); ok {
			t.Error("a revoked token's connection stays")
		}
		if again, err := h.as(manager).RevokeToken(t.Context(), made.ID); err != nil || again.RevokedAt.IsZero() || len(h.entries("token.revoke")) != 1 {
			t.Errorf("revoked twice: %+v, %v", again, err)
		}

		short, secret, err := h.As(system).CreateToken(t.Context(), Token{Name: "short", Grants: []authz.Grant{administrator}, ExpiresAt: h.clock.Now().Add(time.Hour)})
		if err != nil {
			t.Fatal(err)
		}
		h.clock.Pass(time.Hour - time.Millisecond)
		if _, err := h.Bearer(t.Context(), secret); err != nil {
			t.Error(err)
		}
		h.clock.Pass(time.Millisecond)
		_, err = h.Bearer(t.Context(), secret)
		want(t, err, ErrNoToken)
		list, err := h.As(system).Tokens(t.Context(), TokenFilter{}, Page{})
		if err != nil || len(list.Items) != 0 {
			t.Errorf("of use: %+v, %v", list, err)
		}
		list, err = h.As(system).Tokens(t.Context(), TokenFilter{Ended: true}, Page{})
		if err != nil || names(list.Items, func(t Token) string { return t.Name }) != "[grafana short]" {
			t.Errorf("all: %+v, %v", list, err)
		}
		_ = short
	})
}

func TestTokensOfOthers(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		north := h.as(h.person("north", grant(authz.Manager, "north")))
		east, _ := h.token(h.As(system), "east", grant(authz.Viewer, "east"))
		both, _ := h.token(h.As(system), "both", grant(authz.Viewer, "east"), grant(authz.Viewer, "north/harbour"))
		admin, _ := h.token(h.As(system), "admin", grant(authz.Administrator, "north"))
		_, err := north.Token(t.Context(), east.ID)
		want(t, err, ErrNotFound)
		_, err = north.RevokeToken(t.Context(), east.ID)
		want(t, err, ErrNotFound)
		for _, greater := range []Token{both, admin} {
			_, err = north.RevokeToken(t.Context(), greater.ID)
			want(t, err, ErrForbidden)
		}
		list, err := north.Tokens(t.Context(), TokenFilter{}, Page{})
		if err != nil || len(list.Items) != 2 || !list.Items[1].Elsewhere || len(list.Items[1].Grants) != 1 {
			t.Errorf("%+v, %v", list, err)
		}
	})
}

func TestTokensAreChecked(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		g := []authz.Grant{grant(authz.Viewer, "north")}
		for field, tok := range map[string]Token{
			"name": {Grants: g}, "grants": {Name: "x"}, "expires_at": {Name: "x", Grants: g, ExpiresAt: h.clock.Now()},
		} {
			_, _, err := h.As(system).CreateToken(t.Context(), tok)
			wantField(t, err, field)
		}
		_, _, err := h.As(system).CreateToken(t.Context(), Token{Name: "x", Grants: g, ExpiresAt: h.clock.Now().AddDate(20, 0, 0)})
		wantField(t, err, "expires_at")
	})
}

func TestTokenSecrets(t *testing.T) {
	seen := map[string]bool{}
	for range 200 {
		s := newTokenSecret()
		if len(s) != len(tokenPrefix)+tokenRandom+tokenChecksum || !wellFormedToken(s) || seen[s] {
			t.Fatalf("secret %q", s)
		}
		seen[s] = true
		for i := range len(s) { // each character mistyped
			c := byte('0')
			if s[i] == c {
				c = '1'
			}
			if wellFormedToken(s[:i] + string(c) + s[i+1:]) {
				t.Errorf("%q with another character at %d passes", s, i)
			}
		}
	}
	for _, bad := range []string{"", "stw_", strings.Repeat("x", 1000), "Bearer x"} {
		if wellFormedToken(bad) {
			t.Errorf("%q passes", bad)
		}
	}
}
