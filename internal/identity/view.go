package identity

import "steward/internal/authz"

// View is people, tokens and credentials as one caller may see and change them:
// those at the places that he manages. What he may not see is ErrNotFound, what
// he sees and may not change ErrForbidden.
type View struct {
	s     *Service
	p     authz.Principal
	scope authz.Scope // where p manages
}

// As is the View of a caller.
func (s *Service) As(p authz.Principal) *View {
	return &View{s: s, p: p, scope: p.Scope(authz.Manage)}
}
