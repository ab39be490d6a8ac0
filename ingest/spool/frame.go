package spool

import (
	"encoding/binary"
	"hash/crc32"
)

// frameHeader is the size of what precedes a record: checksum, length and
// sequence number.
const frameHeader = 4 + 4 + 8

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checksum continues the CRC-32C seed over b.
func checksum(seed uint32, b []byte) uint32 { return crc32.Update(seed, castagnoli, b) }

// appendFrame appends the record made of parts to dst, framed as seq.
func appendFrame(dst []byte, seed uint32, seq uint64, parts [][]byte, size int) []byte {
	start := len(dst)
	var head [frameHeader]byte
	binary.LittleEndian.PutUint32(head[4:], uint32(size))
	binary.LittleEndian.PutUint64(head[8:], seq)
	dst = append(dst, head[:]...)
	for _, p := range parts {
		dst = append(dst, p...)
	}
	binary.LittleEndian.PutUint32(dst[start:], checksum(seed, dst[start+4:]))
	return dst
}

// frameLen and frameSeq read the fields of a frame that starts at b[0].
func frameLen(b []byte) uint32 { return binary.LittleEndian.Uint32(b[4:]) }
func frameSeq(b []byte) uint64 { return binary.LittleEndian.Uint64(b[8:]) }

// frameIntact checks the frame that is exactly b against its checksum.
func frameIntact(seed uint32, b []byte) bool {
	return checksum(seed, b[4:]) == binary.LittleEndian.Uint32(b)
}
