package authz

import (
	"slices"
	"strings"
)

// Scope is a set of places: where somebody may do one kind of thing. The zero
// Scope is empty. A Scope is immutable and comparable: two that reach the same
// places are equal.
type Scope struct {
	// places in order, none within another, each as "\nregion/project" with an
	// empty project for a whole region, and an end: names hold neither byte. A
	// scope of everything is "*". One string keeps the type comparable.
	places string
}

const everything = "*"

// Everything is the scope of Steward's own work, which no caller asked for. For
// callers a scope comes from Principal.Scope alone.
func Everything() Scope { return Scope{everything} }

// scopeOf is the scope of some places. What is within another is left out.
func scopeOf(places []Place) Scope {
	places = slices.Clone(places)
	if slices.Contains(places, HQ) {
		return Everything()
	}
	slices.SortFunc(places, func(a, b Place) int { return strings.Compare(key(a), key(b)) })
	var b strings.Builder
	last := Place{Region: "/"} // contains nothing
	for _, p := range places {
		if last.Contains(p) {
			continue
		}
		b.WriteString(key(p))
		last = p
	}
	if b.Len() == 0 {
		return Scope{}
	}
	b.WriteByte('\n')
	return Scope{b.String()}
}

func key(p Place) string { return "\n" + p.Region + "/" + p.Project }

// All reports whether s reaches everything, also what has no place.
func (s Scope) All() bool { return s.places == everything }

// Empty reports whether s reaches nothing.
func (s Scope) Empty() bool { return s.places == "" }

// Covers reports whether s reaches a place with everything below it.
func (s Scope) Covers(p Place) bool {
	switch {
	case s.All():
		return true
	case s.Empty() || p.Region == "":
		return false
	case p.Project != "" && strings.Contains(s.places, key(p)+"\n"):
		return true
	}
	return strings.Contains(s.places, key(Place{Region: p.Region})+"\n")
}

// Touches reports whether s reaches a place or anything below it: whoever may
// see one project may know the name of its region.
func (s Scope) Touches(p Place) bool {
	switch {
	case s.Empty():
		return false
	case s.All() || p == HQ || s.Covers(p):
		return true
	}
	return p.Project == "" && strings.Contains(s.places, "\n"+p.Region+"/")
}

// Places lists the places of s, none within another, in order; HQ alone for
// everything.
func (s Scope) Places() []Place {
	switch {
	case s.Empty():
		return nil
	case s.All():
		return []Place{HQ}
	}
	var out []Place
	for line := range strings.SplitSeq(strings.Trim(s.places, "\n"), "\n") {
		region, project, _ := strings.Cut(line, "/")
		out = append(out, Place{region, project})
	}
	return out
}

// Regions are the regions that s reaches as a whole; Projects the single
// projects besides. Both are empty for everything, which All tells.
func (s Scope) Regions() []string {
	out := []string{}
	for _, p := range s.Places() {
		if p.Region != "" && p.Project == "" {
			out = append(out, p.Region)
		}
	}
	return out
}

// Projects are the single projects of s, besides those of its Regions.
func (s Scope) Projects() []Place {
	out := []Place{}
	for _, p := range s.Places() {
		if p.Project != "" {
			out = append(out, p)
		}
	}
	return out
}

// Within is the part of s at a place and below.
func (s Scope) Within(p Place) Scope {
	if s.Covers(p) {
		return scopeOf([]Place{p})
	}
	var below []Place
	for _, q := range s.Places() {
		if p.Contains(q) {
			below = append(below, q)
		}
	}
	return scopeOf(below)
}

// String is for logs and audit.
func (s Scope) String() string {
	var names []string
	for _, p := range s.Places() {
		names = append(names, p.String())
	}
	if len(names) == 0 {
		return "nothing"
	}
	return strings.Join(names, ",")
}
