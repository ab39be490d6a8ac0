package spool

import (
	"encoding/binary"
	"errors"
)

// A cursor's file has two slots of one page each, written in turn. A crash can
// spoil only the slot that is being written; the other has the state before.
//
//	slot = crc32c u32 | data length u32 | generation u64 | position u64 | keep u64 | data
const (
	slotSize   = 4096
	slotHeader = 4 + 4 + 8 + 8 + 8

	// MaxCursorData is the largest State.Data in bytes.
	MaxCursorData = 3 << 10
)

var errSlots = errors.New("neither of its two slots is intact")

// encodeSlot lays out a state as the given generation, which is not 0.
func encodeSlot(dst []byte, generation uint64, st State) []byte {
	start := len(dst)
	dst = append(dst, 0, 0, 0, 0)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(st.Data)))
	dst = binary.LittleEndian.AppendUint64(dst, generation)
	dst = binary.LittleEndian.AppendUint64(dst, st.Position)
	dst = binary.LittleEndian.AppendUint64(dst, st.Keep)
	dst = append(dst, st.Data...)
	binary.LittleEndian.PutUint32(dst[start:], checksum(0, dst[start+4:]))
	return dst
}

// decodeSlot reads one slot. Data is a copy.
func decodeSlot(b []byte) (generation uint64, st State, ok bool) {
	if len(b) < slotHeader {
		return 0, State{}, false
	}
	size := binary.LittleEndian.Uint32(b[4:])
	if size > MaxCursorData || int(size) > len(b)-slotHeader {
		return 0, State{}, false
	}
	b = b[:slotHeader+int(size)]
	if checksum(0, b[4:]) != binary.LittleEndian.Uint32(b) {
		return 0, State{}, false
	}
	generation = binary.LittleEndian.Uint64(b[8:])
	st = State{Position: binary.LittleEndian.Uint64(b[16:]), Keep: binary.LittleEndian.Uint64(b[24:])}
	if size > 0 {
		st.Data = append([]byte(nil), b[slotHeader:]...)
	}
	return generation, st, generation > 0 && st.Keep <= st.Position
}

// decodeCursor returns the newest state in a cursor's file.
func decodeCursor(file []byte) (generation uint64, st State, err error) {
	for start := 0; start < 2*slotSize && start < len(file); start += slotSize {
		g, s, ok := decodeSlot(file[start:min(start+slotSize, len(file))])
		if ok && g > generation {
			generation, st = g, s
		}
	}
	if generation == 0 {
		return 0, State{}, errSlots
	}
	return generation, st, nil
}

// slotOffset is where in the file a generation goes: never over its predecessor.
func slotOffset(generation uint64) int64 { return int64(generation%2) * slotSize }
