package spool

import (
	"bytes"
	"errors"
	"io"
	"math"
	"testing"
)

const testSeed = 0x5eed

// frames lays out records from sequence number 0 on, behind a header that a
// scanner does not look at, and returns where each frame starts.
func frames(records ...[]byte) (file []byte, starts []int) {
	file = make([]byte, segmentHeader)
	for i, rec := range records {
		starts = append(starts, len(file))
		file = appendFrame(file, testSeed, uint64(i), [][]byte{rec}, len(rec))
	}
	return file, starts
}

// scanAll returns what a scanner finds, by sequence number.
func scanAll(t testing.TB, file []byte) map[uint64][]byte {
	t.Helper()
	s := scanner{seed: testSeed}
	s.reset(bytes.NewReader(file), 0)
	s.extend(int64(len(file)), math.MaxUint64)
	found := map[uint64][]byte{}
	next := uint64(0)
	for {
		seq, rec, err := s.scan()
		if errors.Is(err, io.EOF) {
			return found
		}
		if err != nil {
			t.Fatal(err)
		}
		if seq < next {
			t.Fatalf("frame %d after %d", seq, next)
		}
		start := s.offset() - int64(len(rec)) - frameHeader
		if again := appendFrame(nil, testSeed, seq, [][]byte{rec}, len(rec)); !bytes.Equal(again, file[start:s.offset()]) {
			t.Fatalf("frame %d does not stand at offset %d", seq, start)
		}
		next = seq + 1
		found[seq] = bytes.Clone(rec)
	}
}

func TestScan(t *testing.T) {
	big := bytes.Repeat([]byte("x"), 3*scanBlock)
	records := [][]byte{[]byte("first"), {}, big, []byte("third"), {0}, []byte("last")}
	whole, starts := frames(records...)
	end := len(whole)
	edit := func(f func(b []byte) []byte) []byte { return f(bytes.Clone(whole)) }

	for _, tc := range []struct {
		name string
		file []byte
		lost []uint64
	}{
		{"intact", whole, nil},
		{"nothing", whole[:segmentHeader], []uint64{0, 1, 2, 3, 4, 5}},
		{"length too long", edit(func(b []byte) []byte { b[starts[1]+6] = 0xff; return b }), []uint64{1}},
		{"length shorter", edit(func(b []byte) []byte { b[starts[0]+4] = 1; return b }), []uint64{0}},
		{"sequence number", edit(func(b []byte) []byte { b[starts[3]+8]++; return b }), []uint64{3}},
		{"checksum", edit(func(b []byte) []byte { b[starts[5]] ^= 1; return b }), []uint64{5}},
		{"content across read blocks", edit(func(b []byte) []byte { b[starts[2]+2*scanBlock] ^= 1; return b }), []uint64{2}},
		{"two in a row", edit(func(b []byte) []byte { clear(b[starts[3]:starts[5]]); return b }), []uint64{3, 4}},
		{"the beginning", edit(func(b []byte) []byte { clear(b[:starts[1]]); return b }), []uint64{0}},
		{"torn", whole[:end-1], []uint64{5}},
		{"zeros behind", edit(func(b []byte) []byte { return append(b, make([]byte, 9000)...) }), nil},
		// A record may contain what looks like a frame of another spool.
		{"foreign frame", edit(func(b []byte) []byte { return appendFrame(b, testSeed+1, 6, nil, 0) }), nil},
		// The numbers behind a frame only go up by what fits in between.
		{"impossible jump", edit(func(b []byte) []byte { return appendFrame(append(b, 1, 2, 3), testSeed, 8, nil, 0) }), nil},
		{"old frame again", edit(func(b []byte) []byte { return append(b, b[starts[0]:starts[2]]...) }), nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			found := scanAll(t, tc.file)
			for _, seq := range tc.lost {
				if _, ok := found[seq]; ok {
					t.Errorf("record %d was found", seq)
				}
			}
			if len(found) != len(records)-len(tc.lost) {
				t.Errorf("found %d records, want %d", len(found), len(records)-len(tc.lost))
			}
			for seq, rec := range found {
				if !bytes.Equal(rec, records[seq]) {
					t.Errorf("record %d differs", seq)
				}
			}
		})
	}
}

// TestScanStaysBelowTheLimit does not take a frame for one of this part of the
// log when its number belongs behind it.
func TestScanStaysBelowTheLimit(t *testing.T) {
	file, starts := frames([]byte("kept"), []byte("damaged"), []byte("stale"))
	file[starts[1]]++
	s := scanner{seed: testSeed}
	s.reset(bytes.NewReader(file), 0)
	s.extend(int64(len(file)), 2)
	if seq, _, err := s.scan(); seq != 0 || err != nil {
		t.Fatalf("scan gives %d, %v", seq, err)
	}
	if seq, _, err := s.scan(); !errors.Is(err, io.EOF) {
		t.Errorf("scan gives %d, %v; want the end", seq, err)
	}
}

// failingReader is a disk with an unreadable sector.
type failingReader struct{ err error }

func (r failingReader) ReadAt([]byte, int64) (int, error) { return 0, r.err }

func TestScanReportsDiskErrors(t *testing.T) {
	bad := errors.New("input/output error")
	s := scanner{seed: testSeed}
	s.reset(failingReader{bad}, 0)
	s.extend(1000, math.MaxUint64)
	if _, _, err := s.scan(); !errors.Is(err, bad) {
		t.Errorf("scan gives %v, want the error of the disk", err)
	}
}

// FuzzScan feeds anything: whatever is found must stand there as a whole frame.
func FuzzScan(f *testing.F) {
	whole, starts := frames([]byte("one"), nil, []byte("three"))
	f.Add(whole)
	f.Add(whole[:starts[2]+5])
	f.Add(append(bytes.Clone(whole), whole...))
	f.Add(make([]byte, 200))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, file []byte) { scanAll(t, file) })
}

// FuzzScanDamage changes bytes within one record of a sound segment: all others
// must still be found.
func FuzzScanDamage(f *testing.F) {
	f.Add([]byte("a record\x00another one, longer\x00\x00last"), uint8(1), uint16(3), []byte{0xff})
	f.Add([]byte("\x00\x00\x00"), uint8(0), uint16(4), []byte{1, 0, 0, 0})
	f.Add([]byte("x"), uint8(0), uint16(0), []byte{0})
	f.Fuzz(func(t *testing.T, data []byte, which uint8, at uint16, damage []byte) {
		records := bytes.Split(data, []byte{0})
		file, starts := frames(records...)
		hit := int(which) % len(records)
		frame := file[starts[hit] : starts[hit]+frameHeader+len(records[hit])]
		before := bytes.Clone(frame)
		copy(frame[int(at)%len(frame):], damage)

		found := scanAll(t, file)
		for i, rec := range records {
			got, ok := found[uint64(i)]
			if i == hit && !bytes.Equal(before, frame) {
				if ok && !bytes.Equal(got, rec) {
					t.Fatalf("damaged record %d is returned as %q", i, got)
				}
				continue
			}
			if !ok || !bytes.Equal(got, rec) {
				t.Fatalf("record %d is lost by damage in %d", i, hit)
			}
		}
	})
}
