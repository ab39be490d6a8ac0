package spool

import (
	"errors"
	"fmt"
	"io"
	"slices"
)

// scanBlock is how much a scanner reads at a time.
const scanBlock = 256 << 10

// scanner walks the frames of a segment. Bytes that are no frame are skipped
// until one fits again: damage costs the records it touches and no others. The
// caller sees a loss as a jump of the sequence number.
type scanner struct {
	src   io.ReaderAt
	seed  uint32
	end   int64  // the frames end here
	want  uint64 // sequence number of the next frame, had nothing been lost
	limit uint64 // no frame before end has this number or a higher one

	buf     []byte // the bytes of src from base on
	base    int64
	next    int   // the next byte to look at is buf[next]
	skipped int64 // bytes that are no frame, since the last that is one
}

// reset starts over behind the header of a segment whose first record is first.
// It keeps the buffer.
func (s *scanner) reset(src io.ReaderAt, first uint64) {
	s.src, s.want, s.limit, s.end = src, first, first, segmentHeader
	s.buf, s.base, s.next, s.skipped = s.buf[:0], segmentHeader, 0, 0
}

// extend lets the scanner see the frames up to end, whose sequence numbers are
// all below limit.
func (s *scanner) extend(end int64, limit uint64) { s.end, s.limit = end, limit }

// offset is the position behind the last byte that was consumed.
func (s *scanner) offset() int64 { return s.base + int64(s.next) }

// scan returns the next intact frame, io.EOF when there is none before end, or
// an error of the disk. The record is valid until the next call.
func (s *scanner) scan() (seq uint64, rec []byte, err error) {
	for {
		left := s.end - s.offset()
		if left < frameHeader {
			return 0, nil, io.EOF
		}
		head, err := s.peek(frameHeader)
		if err != nil {
			return 0, nil, err
		}
		seq, size := frameSeq(head), int64(frameLen(head))
		if s.plausible(seq, size, left) {
			frame, err := s.peek(frameHeader + int(size))
			if err != nil {
				return 0, nil, err
			}
			if frameIntact(s.seed, frame) {
				s.next += len(frame)
				s.want, s.skipped = seq+1, 0
				return seq, frame[frameHeader:len(frame):len(frame)], nil
			}
		}
		s.next++
		s.skipped++
	}
}

// plausible rejects most of what is not a frame before a checksum is computed
// over it. Without damage only the very next number will do; behind damage, at
// most as many as could have been in the bytes that were skipped.
func (s *scanner) plausible(seq uint64, size, left int64) bool {
	return size <= maxRecordLimit && frameHeader+size <= left &&
		seq >= s.want && seq < s.limit && seq-s.want <= uint64(s.skipped/frameHeader)
}

// peek returns the next n bytes, which must lie before end.
func (s *scanner) peek(n int) ([]byte, error) {
	if len(s.buf)-s.next < n {
		if err := s.fill(n); err != nil {
			return nil, err
		}
	}
	return s.buf[s.next : s.next+n], nil
}

// fill reads ahead until at least n bytes are buffered.
func (s *scanner) fill(n int) error {
	rest := copy(s.buf, s.buf[s.next:])
	s.buf, s.base, s.next = s.buf[:rest], s.offset(), 0
	want := max(n, int(min(scanBlock, s.end-s.base)))
	s.buf = slices.Grow(s.buf, want-rest)[:want]
	read, err := s.src.ReadAt(s.buf[rest:], s.base+int64(rest))
	s.buf = s.buf[:rest+read]
	switch {
	case len(s.buf) >= n:
		return nil
	case errors.Is(err, io.EOF):
		return io.EOF // the file is shorter than it was: what is missing is lost
	}
	return fmt.Errorf("read at offset %d: %w", s.base+int64(rest+read), err)
}
