// Package callstest is a store of incidents in memory, for tests of what follows
// one.
package callstest

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"sync"
	"time"

	"steward/internal/incident"
)

// Shelf keeps incidents as calls.Store wants them. What it says of people and
// messages holds the words secret, hash and 192.0.2.7, which no screen shows.
type Shelf struct {
	mu      sync.Mutex // guards what follows
	entries []incident.Entry
	now     map[string]incident.Incident
	broken  error
	asked   int
	changed chan struct{}
}

// New makes an empty shelf.
func New() *Shelf {
	return &Shelf{now: map[string]incident.Incident{}, changed: make(chan struct{})}
}

// Open is that of calls.Store.
func (s *Shelf) Open(context.Context) ([]incident.Incident, int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var open []incident.Incident
	for _, in := range s.now {
		if in.Open() {
			open = append(open, in)
		}
	}
	return open, int64(len(s.entries)), s.broken
}

// After is that of calls.Store.
func (s *Shelf) After(_ context.Context, seq int64, limit int) ([]incident.Entry, []incident.Incident, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	if s.broken != nil {
		return nil, nil, s.broken
	}
	entries := s.entries[min(seq, int64(len(s.entries))):]
	entries = entries[:min(limit, len(entries))]
	of := map[string]incident.Incident{}
	for _, e := range entries {
		of[e.Incident] = s.now[e.Incident]
	}
	var incidents []incident.Incident
	for _, id := range slices.Sorted(maps.Keys(of)) {
		incidents = append(incidents, of[id])
	}
	return slices.Clone(entries), incidents, nil
}

// Changed is that of calls.Store.
func (s *Shelf) Changed() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}

// Save commits an incident with one more entry, as another process would:
// nobody is woken.
func (s *Shelf) Save(in incident.Incident, kind incident.EntryKind) {
	s.mu.Lock()
	defer s.mu.Unlock()
	in.Seq, in.Version = int64(len(s.entries)+1), s.now[in.ID].Version+1
	s.now[in.ID] = in
	s.entries = append(s.entries, incident.Entry{
		Seq: in.Seq, Incident: in.ID, N: int(in.Version), Kind: kind, At: time.Now(), State: in.State, Place: in.Place,
		Actor: incident.Actor{Kind: "person", ID: "ann", Name: "Ann", Remote: "192.0.2.7"}, Data: json.RawMessage(`{"raw":"secret"}`), Hash: "hash",
	})
}

// Wake says that something was committed.
func (s *Shelf) Wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.changed)
	s.changed = make(chan struct{})
}

// Break makes every answer an error, nil none again.
func (s *Shelf) Break(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken = err
}

// Asked is how often After was called.
func (s *Shelf) Asked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}
