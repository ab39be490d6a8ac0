package spool

import (
	"math"
	"slices"
)

// trim deletes the segments that no cursor keeps. The head always stays: its
// name carries the sequence number over a restart.
func (s *Spool) trim() {
	s.trimming.Lock()
	defer s.trimming.Unlock()
	dead := s.detach()
	if len(dead) == 0 {
		return
	}
	var freed int64
	for _, g := range dead {
		// Oldest first, so that what a crash leaves is without holes. A file that
		// cannot be deleted is still on the disk and still counts; the next start
		// tries again.
		if err := removeFile(g.path); err != nil {
			s.logger.Error("delete spool segment", "segment", g.path, "error", err)
			continue
		}
		freed += g.size
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.disk -= freed
	s.used -= freed
	if freed > 0 {
		s.refusing = false
		s.signalRoom()
		notify(s.freed)
	}
}

// detach takes the segments to be deleted off the list, so that no reader looks
// for them any more. Their size does not change: they are not the head.
func (s *Spool) detach() []*segment {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.cursors) == 0 {
		return nil
	}
	keep := uint64(math.MaxUint64)
	for _, c := range s.cursors {
		keep = min(keep, c.saved.Keep)
	}
	n := 0
	for n+1 < len(s.segments) && s.segments[n+1].first <= keep {
		n++
	}
	dead := slices.Clone(s.segments[:n])
	s.segments = slices.Delete(s.segments, 0, n)
	return dead
}
