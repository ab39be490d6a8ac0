package authz

import (
	"errors"
	"fmt"
	"strings"

	"steward/internal/telemetry"
)

// Place is a node of the hierarchy: headquarters (the zero Place), a region, or
// a project of a region.
type Place struct {
	Region  string `json:"region,omitempty"`
	Project string `json:"project,omitempty"`
}

// HQ is the root of the hierarchy.
var HQ = Place{}

// String is "hq", "region" or "region/project".
func (p Place) String() string {
	switch {
	case p.Region == "":
		return "hq"
	case p.Project == "":
		return p.Region
	}
	return p.Region + "/" + p.Project
}

// ParsePlace reads what String writes.
func ParsePlace(s string) (Place, error) {
	if s == "hq" {
		return HQ, nil
	}
	var p Place
	p.Region, p.Project, _ = strings.Cut(s, "/")
	if err := p.Validate(); err != nil || s != p.String() {
		return Place{}, fmt.Errorf("place %q is not hq, a region, or region/project", s)
	}
	return p, nil
}

// Validate accepts names that a topic could carry.
func (p Place) Validate() error {
	if p == HQ {
		return nil
	}
	if p.Region == "" {
		return errors.New("project without its region")
	}
	if err := telemetry.CheckSegment(p.Region); err != nil {
		return fmt.Errorf("region %w", err)
	}
	if p.Region == HQ.String() {
		return fmt.Errorf("region %q has the name of the headquarters", p.Region)
	}
	if p.Project != "" {
		if err := telemetry.CheckSegment(p.Project); err != nil {
			return fmt.Errorf("project %w", err)
		}
	}
	return nil
}

// Contains reports whether q is p or below it.
func (p Place) Contains(q Place) bool {
	switch {
	case p.Region == "":
		return true
	case p.Region != q.Region:
		return false
	}
	return p.Project == "" || p.Project == q.Project
}

// Grant is a role at a place, and everything below.
type Grant struct {
	Role  Role  `json:"role"`
	Place Place `json:"place"`
}

// Validate accepts known roles at well-formed places.
func (g Grant) Validate() error {
	if _, err := ParseRole(string(g.Role)); err != nil {
		return err
	}
	return g.Place.Validate()
}
