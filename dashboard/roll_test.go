package dashboard

import (
	"context"
	"sync"

	"steward/internal/authz"
	"steward/internal/identity"
)

// hqToken is the token of who may see everything.
const hqToken = "stw_headquarters"

// roll is an Identity in memory: who is on it is let in.
type roll struct {
	mu       sync.Mutex
	sessions map[string]identity.Session // by secret
	tokens   map[string]authz.Principal  // by secret
	broken   error                       // the answer to everything
	asked    []string                    // addresses that Resume was told
}

func newRoll() *roll {
	hq := authz.Principal{Kind: authz.Machine, ID: "hq", Name: "hq", Grants: []authz.Grant{{Role: authz.Administrator}}}
	return &roll{sessions: map[string]identity.Session{}, tokens: map[string]authz.Principal{hqToken: hq}}
}

func (r *roll) Resume(_ context.Context, secret, remote string) (identity.Session, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked = append(r.asked, remote)
	if r.broken != nil {
		return identity.Session{}, r.broken
	}
	s, ok := r.sessions[secret]
	if !ok {
		return identity.Session{}, identity.ErrNoSession
	}
	return s, nil
}

func (r *roll) Bearer(_ context.Context, secret string) (authz.Principal, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.broken != nil {
		return authz.Principal{}, r.broken
	}
	p, ok := r.tokens[secret]
	if !ok {
		return authz.Principal{}, identity.ErrNoToken
	}
	return p, nil
}

func (r *roll) Still(_ context.Context, p authz.Principal, sessionID string) (authz.Principal, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.sessions {
		if sessionID != "" && s.ID == sessionID {
			return s.Principal, true
		}
	}
	for _, t := range r.tokens {
		if sessionID == "" && t.ID == p.ID {
			return t, true
		}
	}
	return authz.Principal{}, false
}

// signIn puts a person with these grants on the roll. The name is also the
// session's secret, and with "csrf-" before it its CSRF token.
func (r *roll) signIn(name string, grants ...authz.Grant) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sessions[name] = identity.Session{
		ID: "session-" + name, CSRF: "csrf-" + name,
		Principal: authz.Principal{Kind: authz.Person, ID: name, Name: name, Grants: grants},
	}
}

func (r *roll) signOut(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.sessions, name)
}
