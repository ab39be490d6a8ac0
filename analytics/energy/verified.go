package energy

import (
	"cmp"
	"context"
	"slices"
	"time"

	"steward/internal/authz"
	"steward/internal/findings"
	"steward/internal/incident"
)

// Verified is the document "verified" of a project: what was mended, and whether use
// fell, as it was known when the run ended. Sums of a project, without what two
// findings see of the same energy, are its numbers saved_a_year.
type Verified struct {
	At       string            `json:"at"` // RFC 3339
	Findings []VerifiedFinding `json:"findings"`
	LeftOut  int               `json:"left_out"` // that were mended longer ago than the last of these
}

// VerifiedFinding is a finding that is fixed or verified, or that is open again since use
// did not fall. Of one that no run has looked at since the fix the verdict is
// insufficient.
type VerifiedFinding struct {
	ID       string          `json:"id"`
	Region   string          `json:"region"`
	Project  string          `json:"project"`
	Building string          `json:"building,omitempty"`
	Kind     string          `json:"kind"`
	Subject  string          `json:"subject"`
	Medium   string          `json:"medium"`
	Title    incident.Text   `json:"title"`
	State    findings.State  `json:"state"`
	Since    time.Time       `json:"since"`
	FixedAt  time.Time       `json:"fixed_at,omitzero"`
	Rate     findings.Amount `json:"a_year"` // as it was seen last, by what was used before it was mended
	RateCNY  findings.Amount `json:"a_year_cny"`
	findings.Verification
}

// maxVerified bounds the document: those that were mended last.
const maxVerified = 1000

// verified writes what was mended.
func (v *visit) verified(ctx context.Context) error {
	doc := Verified{At: v.job.Now.UTC().Format(time.RFC3339), Findings: []VerifiedFinding{}}
	for i := range v.known {
		if f := &v.known[i]; wasMended(f) {
			doc.Findings = append(doc.Findings, verifiedOf(f))
		}
	}
	slices.SortStableFunc(doc.Findings, func(a, b VerifiedFinding) int {
		return cmp.Or(b.FixedAt.Compare(a.FixedAt), cmp.Compare(a.ID, b.ID))
	})
	if n := len(doc.Findings); n > maxVerified {
		doc.Findings, doc.LeftOut = doc.Findings[:maxVerified], n-maxVerified
	}
	return v.job.Note(ctx, "verified", v.at.Region, v.at.Project, "", doc)
}

// wasMended reports whether somebody said that a finding is fixed, and nobody has taken
// it back but a run that saw no less use.
func wasMended(f *findings.Finding) bool {
	switch f.State {
	case findings.Fixed, findings.Verified:
		return true
	case findings.Open, findings.Confirmed:
		return f.Checked != nil && f.Checked.Verdict == findings.DidNotFall
	}
	return false
}

func verifiedOf(f *findings.Finding) VerifiedFinding {
	out := VerifiedFinding{
		ID: f.ID, Region: f.Region, Project: f.Project, Building: f.Building, Kind: f.Kind, Subject: f.Subject, Medium: f.Medium, Title: f.Title,
		State: f.State, Since: f.Since, FixedAt: f.FixedAt, Rate: f.Rate, RateCNY: f.RateCNY, Verification: insufficient("no run has looked at it yet"),
	}
	if f.Checked != nil {
		out.Verification = *f.Checked
	}
	if out.FixedAt.IsZero() {
		out.FixedAt = out.Verification.FixedAt
	}
	return out
}

// saved adds up what was mended and verified as waste is added up: what two findings saw
// of the same energy was saved once.
func (v *visit) saved(places []authz.Place) {
	var seen []findings.Seen
	for i := range v.known {
		f := &v.known[i]
		if f.State != findings.Verified || f.Checked == nil || f.Checked.Verdict != findings.Fell {
			continue
		}
		s := f.Seen
		s.Rate, s.RateCNY = f.Checked.Saved, f.Checked.SavedCNY
		seen = append(seen, s)
	}
	sums := newLedger(seen).byMedium(v.estate, v.buildings)
	for _, medium := range sortedKeys(sums) {
		w := sums[medium]
		for _, place := range places {
			t := v.total.at(place)
			m := t.of(medium)
			m.saved, t.saved = m.saved.plus(w), t.saved.plus(w)
		}
	}
}
