// Package authz says who may do what, and where. It holds no data and does no
// I/O: stores and doors ask it.
//
// A person or machine is a [Principal] with grants: a [Role] at a [Place]. What
// a role allows is a set of permissions; where it allows them is everything
// below the place. [Principal.Scope] puts the two together into a [Scope], the
// set of projects that one permission reaches, and that is what every query
// takes: the zero Scope reaches nothing, so that a forgotten one shows nothing.
package authz

import (
	"fmt"
	"slices"
)

// Permission is a kind of thing to do. The set is closed.
type Permission string

// The permissions, from the least to the greatest.
const (
	Read       Permission = "read"       // see devices, readings, events, incidents, reports
	Act        Permission = "act"        // acknowledge, dispatch, arrive
	Configure  Permission = "configure"  // devices, rules, silences, dead letters
	Manage     Permission = "manage"     // people, tokens, credentials, standards, audit
	Administer Permission = "administer" // the installation itself, and what is irrevocable
)

// Permissions lists every permission, from the least to the greatest.
func Permissions() []Permission { return []Permission{Read, Act, Configure, Manage, Administer} }

// Role is a named set of permissions: each role may what those before it may.
type Role string

// The roles, from the least to the greatest.
const (
	Viewer        Role = "viewer"
	Operator      Role = "operator"
	Engineer      Role = "engineer"
	Manager       Role = "manager"
	Administrator Role = "administrator"
)

// Roles lists every role, from the least to the greatest.
func Roles() []Role { return []Role{Viewer, Operator, Engineer, Manager, Administrator} }

// ParseRole accepts exactly the names of roles.
func ParseRole(s string) (Role, error) {
	if slices.Contains(Roles(), Role(s)) {
		return Role(s), nil
	}
	return "", fmt.Errorf("role %q is not one of viewer, operator, engineer, manager, administrator", s)
}

// rank is the place of a role in Roles, -1 for what is none.
func (r Role) rank() int { return slices.Index(Roles(), r) }

// Allows reports whether r has a permission. The n-th role has the first n.
func (r Role) Allows(p Permission) bool {
	need := slices.Index(Permissions(), p)
	return need >= 0 && r.rank() >= need
}

// AtMost reports whether r may do no more than other may.
func (r Role) AtMost(other Role) bool { return r.rank() >= 0 && r.rank() <= other.rank() }
