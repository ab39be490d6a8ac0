package authz

import "context"

// Kind says what a Principal is.
type Kind string

// The kinds of principal.
const (
	Person  Kind = "person"
	Machine Kind = "machine" // a token
	System  Kind = "system"  // Steward itself, or whoever has its files
)

// Principal is who asks. The zero Principal is nobody and may do nothing.
type Principal struct {
	Kind   Kind
	ID     string // of the person or token; for the system the part that acts
	Name   string // to be shown: the login name, the name of the token
	Grants []Grant
	Remote string // the address from which the request came; empty inside the process
}

// SystemPrincipal is a part of Steward itself, or the operator at its command
// line. It may do everything, under its own name.
func SystemPrincipal(part string) Principal {
	return Principal{Kind: System, ID: part, Name: part, Grants: []Grant{{Administrator, HQ}}}
}

// Nobody reports whether p is the zero Principal's equal: not signed in.
func (p Principal) Nobody() bool { return p.Kind == "" }

// Scope is where p has a permission.
func (p Principal) Scope(perm Permission) Scope {
	var places []Place
	for _, g := range p.Grants {
		if g.Role.Allows(perm) {
			places = append(places, g.Place)
		}
	}
	return scopeOf(places)
}

// May reports whether p has a permission at a place and everything below it.
func (p Principal) May(perm Permission, at Place) bool { return p.Scope(perm).Covers(at) }

// MayGrant reports whether p may give g to others: a manager of the place, no
// more than its own role there, and an administrator's role only as one.
func (p Principal) MayGrant(g Grant) bool {
	for _, own := range p.Grants {
		if own.Role.Allows(Manage) && own.Place.Contains(g.Place) && g.Role.AtMost(own.Role) {
			return true
		}
	}
	return false
}

type contextKey struct{}

// WithPrincipal returns a context of a request that p makes.
func WithPrincipal(ctx context.Context, p Principal) context.Context {
	return context.WithValue(ctx, contextKey{}, p)
}

// From returns who makes the request of ctx; nobody when that was never said.
func From(ctx context.Context) Principal {
	p, _ := ctx.Value(contextKey{}).(Principal)
	return p
}
