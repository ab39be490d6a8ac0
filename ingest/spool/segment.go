package spool

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// segment is one file of records. The last segment of a spool is its head, into
// which the committer writes.
type segment struct {
	first uint64 // sequence number of its first record; also its name
	path  string
	size  int64 // durable bytes, guarded by Spool.mu; 0 until the header is written
}

const (
	segmentHeader  = 8 + idBytes + 8 + 4 + 4
	segmentMagic   = "stewspl"
	segmentVersion = 1
	segmentSuffix  = ".seg"
)

func newSegment(dir string, first uint64) *segment {
	// Twenty digits hold every uint64, so that names sort as numbers do.
	return &segment{first: first, path: filepath.Join(dir, fmt.Sprintf("%020d", first)+segmentSuffix)}
}

// create makes the file of a segment with its header, so that it survives a
// crash. What was there under its name is overwritten. On failure there is
// no file.
func (g *segment) create(id identity) (_ *os.File, err error) {
	f, err := os.OpenFile(g.path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, fmt.Errorf("create spool segment: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("create spool segment: %w", err), f.Close(), os.Remove(g.path))
		}
	}()
	if _, err := f.Write(appendSegmentHeader(nil, id, g.first)); err != nil {
		return nil, err
	}
	if err := f.Sync(); err != nil {
		return nil, err
	}
	return f, syncDir(filepath.Dir(g.path))
}

func appendSegmentHeader(dst []byte, id identity, first uint64) []byte {
	start := len(dst)
	dst = append(dst, segmentMagic...)
	dst = append(dst, segmentVersion)
	dst = append(dst, id[:]...)
	dst = binary.LittleEndian.AppendUint64(dst, first)
	dst = binary.LittleEndian.AppendUint32(dst, checksum(0, dst[start:]))
	return append(dst, 0, 0, 0, 0)
}

// errHeader says that a header is not there or damaged. The records behind it
// need nothing of it: its only use is to tell a foreign file.
var errHeader = errors.New("segment header is damaged")

// parseSegmentHeader returns whose segment it is and the number of its first
// record.
func parseSegmentHeader(b []byte) (id identity, first uint64, err error) {
	const sum = segmentHeader - 8
	if len(b) < segmentHeader || checksum(0, b[:sum]) != binary.LittleEndian.Uint32(b[sum:]) || string(b[:7]) != segmentMagic {
		return id, 0, errHeader
	}
	if b[7] != segmentVersion {
		return id, 0, fmt.Errorf("segment has format version %d, this program reads %d: use the version that wrote it", b[7], segmentVersion)
	}
	return identity(b[8 : 8+idBytes]), binary.LittleEndian.Uint64(b[8+idBytes:]), nil
}

// owner reads the header of the segment's file.
func (g *segment) owner() (identity, error) {
	f, err := os.Open(g.path)
	if err != nil {
		return identity{}, err
	}
	defer f.Close()
	head := make([]byte, segmentHeader)
	switch _, err := io.ReadFull(f, head); {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return identity{}, errHeader
	case err != nil:
		return identity{}, err
	}
	id, first, err := parseSegmentHeader(head)
	if err == nil && first != g.first {
		return id, fmt.Errorf("segment starts with record %d and not with that of its name: give it its name back", first)
	}
	return id, err
}

// listSegments finds the segments of a directory, oldest first, with the sizes
// that their files have.
func listSegments(dir string) ([]*segment, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var list []*segment
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), segmentSuffix)
		if !ok {
			continue
		}
		first, err := strconv.ParseUint(name, 10, 64)
		g := newSegment(dir, first)
		if err != nil || filepath.Base(g.path) != e.Name() {
			return nil, fmt.Errorf("file %s is not a spool segment: move it away", filepath.Join(dir, e.Name()))
		}
		info, err := e.Info()
		if err != nil {
			return nil, err
		}
		g.size = info.Size()
		list = append(list, g)
	}
	slices.SortFunc(list, func(a, b *segment) int {
		if a.first < b.first {
			return -1
		}
		return 1
	})
	return list, nil
}
