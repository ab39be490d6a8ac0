package spool

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
)

// restore brings the spool to where its directory says it was. Only the head
// can have been written to at the moment of a crash: every other segment was
// synced before its successor was made.
func (s *Spool) restore() error {
	if err := removeTemporary(s.opts.Dir); err != nil {
		return fmt.Errorf("open spool: %w", err)
	}
	segments, err := listSegments(s.opts.Dir)
	if err != nil {
		return fmt.Errorf("open spool: %w", err)
	}
	if s.id, err = loadIdentity(s.opts.Dir, segments); err != nil {
		return err
	}
	s.seed = s.id.seed()
	if err := s.checkOwners(segments); err != nil {
		return err
	}
	if err := s.loadCursors(); err != nil {
		return err
	}
	next, err := s.recoverHead(segments)
	if err != nil {
		return err
	}
	// A killed process may have made files and not synced their names.
	if err := syncDir(s.opts.Dir); err != nil {
		return fmt.Errorf("open spool: %w", err)
	}
	s.setHead(segments, next)
	if s.file != nil {
		return nil
	}
	err = s.createHead()
	switch {
	case err == nil:
		s.used, s.tail = s.disk, segmentHeader
	case noRoom(err):
		// The committer makes the file when there is room. Until then what is
		// here can be read, which is how room is made.
		s.logger.Warn("spool starts on a full disk", "dir", s.opts.Dir, "error", err)
	default:
		return err
	}
	return nil
}

// checkOwners refuses a directory with segments that this spool did not write.
// Their frames would look like damage, and be cut off.
func (s *Spool) checkOwners(segments []*segment) error {
	for _, g := range segments {
		owner, err := g.owner()
		switch {
		case errors.Is(err, errHeader):
			if g != segments[len(segments)-1] {
				s.logger.Warn("spool segment header is damaged, its records are read without it", "segment", g.path)
			}
		case err != nil:
			return fmt.Errorf("open spool segment %s: %w", g.path, err)
		case owner != s.id:
			return fmt.Errorf("spool segment %s belongs to spool %s, this is %s: move it away", g.path, owner, s.id)
		}
	}
	return nil
}

// recoverHead cuts what is not a whole record off the end of the last segment,
// syncs the rest and returns the next sequence number.
func (s *Spool) recoverHead(segments []*segment) (next uint64, err error) {
	if len(segments) == 0 {
		return 0, nil
	}
	g := segments[len(segments)-1]
	f, err := os.OpenFile(g.path, os.O_RDWR, 0)
	if err != nil {
		return 0, fmt.Errorf("open spool: %w", err)
	}
	s.file = f
	end, next, err := lastFrame(f, g, s.seed)
	if err != nil {
		return 0, fmt.Errorf("recover spool segment %s: %w", g.path, err)
	}
	if end == segmentHeader {
		if _, err := g.owner(); err != nil {
			end = 0 // its creation was interrupted; it is created again
		}
	}
	if cut := g.size - end; cut > 0 {
		s.counts.droppedTail = cut
		s.logger.Warn("spool ended with an unfinished write, which is cut off", "segment", g.path, "bytes", cut, "next_seq", next)
		if err := f.Truncate(end); err != nil {
			return 0, fmt.Errorf("recover spool segment %s: %w", g.path, err)
		}
	}
	g.size = end
	// What a killed process had written may still be in memory only, and is
	// about to be called durable.
	if err := f.Sync(); err != nil {
		return 0, fmt.Errorf("recover spool segment %s: %w", g.path, err)
	}
	return next, nil
}

// lastFrame returns where the last intact frame of a segment ends, and the
// sequence number after it.
func lastFrame(src io.ReaderAt, g *segment, seed uint32) (end int64, next uint64, err error) {
	scan := scanner{seed: seed}
	scan.reset(src, g.first)
	scan.extend(g.size, math.MaxUint64)
	end, next = segmentHeader, g.first
	for {
		seq, _, err := scan.scan()
		if errors.Is(err, io.EOF) {
			return end, next, nil
		}
		if err != nil {
			return 0, 0, err
		}
		end, next = scan.offset(), seq+1
	}
}

// setHead settles where the next record goes: into the last segment, or into a
// new one if that is full or lacks records which a cursor has seen. Their
// numbers are spent even though the disk lost them.
func (s *Spool) setHead(segments []*segment, next uint64) {
	seen := next
	for _, c := range s.cursors {
		seen = max(seen, c.saved.Position)
	}
	if seen > next {
		s.logger.Error("spool lost records that were read before", "from", next, "to", seen-1)
	}
	for _, g := range segments {
		s.disk += g.size
	}
	last := len(segments) - 1
	if last < 0 || seen > next || segments[last].size >= s.opts.SegmentBytes {
		if s.file != nil {
			_ = s.file.Close() // synced, and not written since
			s.file = nil
		}
		segments = append(segments, newSegment(s.opts.Dir, seen))
	}
	head := segments[len(segments)-1]
	if head.size == 0 && s.file != nil {
		_ = s.file.Close() // an empty file, about to be created again
		s.file = nil
	}
	s.segments = segments
	s.used, s.tail = s.disk, head.size
	s.pending.restart(seen)
	s.inflight.restart(seen)
	s.durable.Store(seen)
}
