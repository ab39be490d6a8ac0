package incident

import (
	"regexp"
	"time"

	"steward/internal/controldb"
	"steward/internal/telemetry"
)

// Errors of the store and of deeds, for errors.Is.
var (
	ErrNotFound  = controldb.ErrNotFound
	ErrForbidden = controldb.ErrForbidden
	ErrConflict  = controldb.ErrConflict
)

// Invalid is an error of one field.
func Invalid(field, value, problem string, args ...any) error {
	return controldb.Invalid(field, value, problem, args...)
}

// kindForm is the form of an incident's kind: it stands in standards and URLs.
var kindForm = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)

// CheckKind accepts [a-z][a-z0-9_]{0,63}.
func CheckKind(s string) error {
	if !kindForm.MatchString(s) {
		return Invalid("kind", s, "want a name such as complaint or urgent_repair: small letters, digits and _")
	}
	return nil
}

const (
	maxTitle     = 200 // bytes of a title in one language
	maxReference = 100
)

// Check says what is wrong with an incident that somebody enters.
func (n *New) Check(now time.Time) error {
	if err := CheckKind(n.Kind); err != nil {
		return err
	}
	if _, err := telemetry.ParseSeverity(string(n.Severity)); err != nil {
		return Invalid("severity", string(n.Severity), "want one of life_safety, critical, warning, info")
	}
	if at := n.Place; at.Validate() != nil {
		return Invalid("project", at.String(), "%v", at.Validate())
	}
	switch {
	case n.Region == "" || n.Project == "":
		return Invalid("project", n.Project, "say where it is: region and project")
	case n.Title.In("zh") == "":
		return Invalid("title", "", "say what it is")
	case len(n.Title.ZH) > maxTitle, len(n.Title.EN) > maxTitle:
		return Invalid("title", "", "is longer than %d bytes", maxTitle)
	case len(n.Note) > MaxNote:
		return Invalid("note", "", "is longer than %d bytes", MaxNote)
	case len(n.Reference) > maxReference:
		return Invalid("reference", n.Reference, "is longer than %d bytes", maxReference)
	case n.At.After(now.Add(time.Minute)):
		return Invalid("at", n.At.Format(time.RFC3339), "lies in the future: leave it empty for now")
	}
	for _, f := range []struct{ name, value string }{{"building", n.Building}, {"device", n.Device}} {
		if f.value == "" {
			continue
		}
		if err := telemetry.CheckSegment(f.value); err != nil {
			return Invalid(f.name, f.value, "%v", err)
		}
	}
	if n.Class != "" {
		if _, err := telemetry.ParseClass(string(n.Class)); err != nil {
			return Invalid("class", string(n.Class), "want one of meter, elevator, fire, access")
		}
	}
	return nil
}
