package spool

import (
	"cmp"
	"slices"
)

// Stats is the state of a Spool at one moment.
type Stats struct {
	First   uint64 // oldest record that is kept
	Next    uint64 // number of the next record, and of all ever appended
	Durable uint64 // see Spool.Durable

	Segments     int
	Bytes        int64 // of the segment files
	PendingBytes int64 // appended and not yet on disk
	MaxBytes     int64 // bound of Bytes and PendingBytes together

	Full    bool // see Spool.Full
	Stalled bool // the disk is full: the spool waits for room

	// Since Open:
	Commits          uint64 // writes with a sync
	Refused          uint64 // records that Append did not take
	DroppedTailBytes int64  // unfinished writes that Open cut off

	Cursors []CursorStats // by name
}

// CursorStats is the progress of one cursor.
type CursorStats struct {
	Name       string
	Position   uint64
	Keep       uint64
	LagRecords uint64 // durable records from Position on
	LagBytes   int64  // their size, exact but for the segment of Position, where it is in proportion
}

// Stats returns the state of the spool.
func (s *Spool) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := Stats{
		First:            s.segments[0].first,
		Next:             s.pending.next,
		Durable:          s.durable.Load(),
		Segments:         len(s.segments),
		Bytes:            s.disk,
		PendingBytes:     s.used - s.disk,
		MaxBytes:         s.opts.MaxBytes,
		Full:             s.refusing || s.stalled,
		Stalled:          s.stalled,
		Commits:          s.counts.commits,
		Refused:          s.counts.refused,
		DroppedTailBytes: s.counts.droppedTail,
	}
	for _, c := range s.cursors {
		st.Cursors = append(st.Cursors, CursorStats{
			Name: c.name, Position: c.saved.Position, Keep: c.saved.Keep,
			LagRecords: st.Durable - c.saved.Position, LagBytes: s.bytesFrom(c.saved.Position),
		})
	}
	slices.SortFunc(st.Cursors, func(a, b CursorStats) int { return cmp.Compare(a.Name, b.Name) })
	return st
}

// bytesFrom estimates the durable bytes from record seq on. The caller holds mu.
func (s *Spool) bytesFrom(seq uint64) int64 {
	i := s.segmentOf(seq)
	var bytes int64
	for _, g := range s.segments[i+1:] {
		bytes += g.size
	}
	g, end := s.segments[i], s.durable.Load()
	if i+1 < len(s.segments) {
		end = s.segments[i+1].first
	}
	switch {
	case seq >= end:
		return bytes
	case seq <= g.first:
		return bytes + g.size
	}
	return bytes + int64(float64(g.size)*float64(end-seq)/float64(end-g.first))
}
