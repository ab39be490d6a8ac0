package identity

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"steward/internal/authz"
	"steward/internal/controldb"
)

// maxGrants of one person or token are more than a company has regions and big
// estates; whoever needs more is to be granted the region.
const maxGrants = 200

type grantRow struct {
	Holder  string `db:"holder"`
	Role    string `db:"role"`
	Region  string `db:"region"`
	Project string `db:"project"`
}

// grantsOf reads the grants of people and tokens, by holder.
func grantsOf(tx *controldb.Tx, holders ...string) (map[string][]authz.Grant, error) {
	if len(holders) == 0 {
		return nil, nil
	}
	args := make([]any, len(holders))
	for i, h := range holders {
		args[i] = h
	}
	var rows []grantRow
	err := tx.Select(&rows, `SELECT holder, role, region, project FROM grants
		WHERE holder IN (?`+strings.Repeat(", ?", len(holders)-1)+`) ORDER BY holder, region, project, role`, args...)
	if err != nil {
		return nil, err
	}
	out := make(map[string][]authz.Grant, len(holders))
	for _, r := range rows {
		out[r.Holder] = append(out[r.Holder], authz.Grant{Role: authz.Role(r.Role), Place: authz.Place{Region: r.Region, Project: r.Project}})
	}
	return out, nil
}

// setGrants replaces the grants of a holder.
func setGrants(tx *controldb.Tx, holder string, grants []authz.Grant) error {
	if _, err := tx.Exec(`DELETE FROM grants WHERE holder = ?`, holder); err != nil {
		return err
	}
	for _, g := range grants {
		_, err := tx.NamedExec(`INSERT INTO grants (holder, role, region, project) VALUES (:holder, :role, :region, :project)`,
			grantRow{holder, string(g.Role), g.Place.Region, g.Place.Project})
		if err != nil {
			return err
		}
	}
	return nil
}

// checkGrants brings grants into order, without repetitions.
func checkGrants(grants []authz.Grant) ([]authz.Grant, error) {
	if len(grants) > maxGrants {
		return nil, controldb.Invalid("grants", fmt.Sprint(len(grants)), "are more than %d: grant the region instead", maxGrants)
	}
	for i, g := range grants {
		if err := g.Validate(); err != nil {
			return nil, controldb.Invalid(fmt.Sprintf("grants[%d]", i), string(g.Role)+" at "+g.Place.String(), "%v", err)
		}
	}
	sorted := slices.Clone(grants)
	slices.SortFunc(sorted, func(a, b authz.Grant) int {
		return cmp.Or(cmp.Compare(a.Place.String(), b.Place.String()), cmp.Compare(a.Role, b.Role))
	})
	return slices.Compact(sorted), nil
}

// without is the grants of a that b does not have.
func without(a, b []authz.Grant) []authz.Grant {
	return slices.DeleteFunc(slices.Clone(a), func(g authz.Grant) bool { return slices.Contains(b, g) })
}

// placeOf is the smallest place that holds all grants: whoever manages it may
// read in the audit log what was done with them. Of none it is the headquarters.
func placeOf(lists ...[]authz.Grant) authz.Place {
	all := slices.Concat(lists...)
	if len(all) == 0 {
		return authz.HQ
	}
	at := all[0].Place
	for _, g := range all[1:] {
		for !at.Contains(g.Place) {
			if at.Project != "" {
				at.Project = ""
			} else {
				at = authz.HQ
			}
		}
	}
	return at
}

// mayGive is ErrForbidden unless p may give all grants. The error names one that
// the caller asked for.
func mayGive(p authz.Principal, grants []authz.Grant) error {
	for _, g := range grants {
		if !p.MayGrant(g) {
			return fmt.Errorf("%w: %s at %s is more than you may give", ErrForbidden, g.Role, g.Place)
		}
	}
	return nil
}

// mayChange is ErrForbidden unless p may give all that a holder has: whoever
// could change somebody greater could become him. The error names no grant, for
// the caller may not know of it.
func mayChange(p authz.Principal, grants []authz.Grant) error {
	for _, g := range grants {
		if !p.MayGrant(g) {
			return fmt.Errorf("%w: has roles that you cannot give", ErrForbidden)
		}
	}
	return nil
}

// managed is the condition that a row of grants, under the name g, is at a place
// that the caller manages.
func (v *View) managed() (condition string, args []any) { return within("g", v.scope) }

// within is the condition that the columns region and project of a table are
// within a scope.
func within(table string, scope authz.Scope) (condition string, args []any) {
	if scope.All() {
		return "TRUE", nil
	}
	parts := []string{"FALSE"}
	for _, region := range scope.Regions() {
		parts = append(parts, table+".region = ?")
		args = append(args, region)
	}
	for _, p := range scope.Projects() {
		parts = append(parts, "("+table+".region = ? AND "+table+".project = ?)")
		args = append(args, p.Region, p.Project)
	}
	return "(" + strings.Join(parts, " OR ") + ")", args
}

// holds is the condition that a person or token has a grant which the caller
// manages, at a place or below, of a role; what is empty does not narrow. holder
// is the column of its ID.
func (v *View) holds(holder string, at authz.Place, role authz.Role) (condition string, args []any) {
	if v.scope.All() && at == authz.HQ && role == "" {
		return "TRUE", nil
	}
	condition, args = v.managed()
	condition = "EXISTS (SELECT 1 FROM grants g WHERE g.holder = " + holder + " AND " + condition
	if at.Region != "" {
		condition += " AND g.region = ?"
		args = append(args, at.Region)
	}
	if at.Project != "" {
		condition += " AND g.project = ?"
		args = append(args, at.Project)
	}
	if role != "" {
		condition += " AND g.role = ?"
		args = append(args, string(role))
	}
	return condition + ")", args
}

// visible is the part of somebody's grants that the caller may see, and whether
// there are others.
func (v *View) visible(grants []authz.Grant) (seen []authz.Grant, elsewhere bool) {
	seen = []authz.Grant{}
	for _, g := range grants {
		if v.scope.Covers(g.Place) {
			seen = append(seen, g)
		}
	}
	return seen, len(seen) < len(grants)
}

// maySee reports whether the caller manages any of the grants. What has none is
// the headquarters' business.
func (v *View) maySee(grants []authz.Grant) bool {
	seen, _ := v.visible(grants)
	return len(seen) > 0 || v.scope.All()
}
