package spool

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sort"
)

// Reader walks the durable records of a Spool in order. Each Reader is
// independent of all others and used by one goroutine at a time.
type Reader struct {
	spool *Spool
	pos   uint64 // the next record to return

	seg  *segment // nil before the first record and after an error
	file *os.File // of seg
	scan scanner

	// held is a frame that was found behind a gap: the gap is reported first.
	held    bool
	heldSeq uint64
	heldRec []byte
}

// Reader returns a reader whose first record is from, which need not exist yet.
// Where it does not exist any more, the first call of Next returns a
// TrimmedError and the reader goes on with the oldest record. The caller must
// Close it.
func (s *Spool) Reader(from uint64) *Reader {
	return &Reader{spool: s, pos: from, scan: scanner{seed: s.seed}}
}

// Position is the sequence number of the record that comes next.
func (r *Reader) Position() uint64 { return r.pos }

// Next returns the next record, and waits until it is durable. The record is
// valid until the next call. It ends with ctx when it has to wait, and with
// ErrClosed or ErrFailed.
//
// A CorruptError or TrimmedError tells of records that will not come; the
// reader is already behind them and the caller goes on. After any other error
// the same record is tried again.
func (r *Reader) Next(ctx context.Context) (seq uint64, rec []byte, err error) {
	for {
		seq, rec, ok, err := r.TryNext()
		if ok || err != nil {
			return seq, rec, err
		}
		progress, err := r.spool.waitChannel(r.pos)
		if err != nil {
			return 0, nil, err
		}
		select {
		case <-progress:
		case <-ctx.Done():
			return 0, nil, ctx.Err()
		}
	}
}

// TryNext is Next without waiting: ok is false when every durable record has
// been read, or there is an error.
func (r *Reader) TryNext() (seq uint64, rec []byte, ok bool, err error) {
	for {
		if r.held {
			r.held = false
			r.pos = r.heldSeq + 1
			return r.heldSeq, r.heldRec, true, nil
		}
		if r.seg != nil {
			seq, rec, err := r.scan.scan()
			switch {
			case err == nil && seq < r.pos: // before where the reader was to start
				continue
			case err == nil && seq == r.pos:
				r.pos++
				return seq, rec, true, nil
			case err == nil:
				lost := &CorruptError{From: r.pos, To: seq}
				r.held, r.heldSeq, r.heldRec = true, seq, rec
				r.pos = seq
				return 0, nil, false, lost
			case !errors.Is(err, io.EOF):
				return 0, nil, false, fmt.Errorf("spool segment %s: %w", r.seg.path, err)
			}
		}
		if more, err := r.advance(); err != nil || !more {
			return 0, nil, false, err
		}
	}
}

// advance finds out what there is behind the last frame that the scanner could
// see. It reports false when that is nothing.
func (r *Reader) advance() (more bool, err error) {
	v, err := r.spool.view(r.pos)
	switch {
	case err != nil:
		return false, err
	case r.pos < v.oldest:
		trimmed := &TrimmedError{From: r.pos, To: v.oldest}
		r.pos = v.oldest
		return false, trimmed
	case r.pos >= v.limit:
		return false, nil
	case v.seg != r.seg:
		err := r.open(v)
		if errors.Is(err, fs.ErrNotExist) && !r.spool.has(v.seg) {
			return true, nil // deleted in this moment: look again
		}
		if errors.Is(err, fs.ErrNotExist) {
			return false, r.lose(v.limit)
		}
		return err == nil, err
	case v.end > r.scan.end:
		r.scan.extend(v.end, v.limit)
		return true, nil
	}
	// The segment should hold more records and has no more frames.
	return false, r.lose(v.limit)
}

// lose skips the records before to and returns the error that says so.
func (r *Reader) lose(to uint64) error {
	lost := &CorruptError{From: r.pos, To: to}
	r.pos = to
	return lost
}

// open turns to another segment.
func (r *Reader) open(v view) error {
	r.Close()
	f, err := os.Open(v.seg.path)
	if err != nil {
		return fmt.Errorf("read spool: %w", err)
	}
	r.seg, r.file = v.seg, f
	r.scan.reset(f, v.seg.first)
	r.scan.extend(v.end, v.limit)
	return nil
}

// Close releases the open file. The Reader may be used again and then goes on
// where it was.
func (r *Reader) Close() {
	if r.file == nil {
		return
	}
	_ = r.file.Close() // only read from: nothing can be lost
	r.seg, r.file, r.held = nil, nil, false
}

// view is where in the files a record is to be found, as of one moment.
type view struct {
	oldest uint64   // the oldest record that is kept
	seg    *segment // the segment that has the record, or will have
	end    int64    // durable bytes of seg
	limit  uint64   // all durable records of seg are below it
}

// view looks up the segment of record seq.
func (s *Spool) view(seq uint64) (view, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return view{}, s.err
	}
	v := view{oldest: s.segments[0].first, limit: s.durable.Load()}
	i := s.segmentOf(seq)
	v.seg, v.end = s.segments[i], s.segments[i].size
	if i+1 < len(s.segments) {
		v.limit = s.segments[i+1].first
	}
	return v, nil
}

// has reports whether a segment still belongs to the spool.
func (s *Spool) has(seg *segment) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.segments[s.segmentOf(seg.first)] == seg
}

// segmentOf returns the index of the segment of record seq: the oldest for a
// record that is deleted, the head for one to come. The caller holds mu.
func (s *Spool) segmentOf(seq uint64) int {
	i := sort.Search(len(s.segments), func(i int) bool { return s.segments[i].first > seq })
	return max(i-1, 0)
}
