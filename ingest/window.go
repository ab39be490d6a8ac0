package ingest

import "math/bits"

// window remembers the last n keys it was given, in order of arrival: adding
// one to a full window forgets the oldest. Membership is exact for the keys
// themselves, and strictly first in, first out, so that the same sequence of
// keys always gives the same answers: a replay judges duplicates as the first
// run did.
//
// The keys are hashes. With a million in the window the chance that a new one
// is taken for a duplicate by accident is about one in 10^13.
type window struct {
	ring []uint64 // arrival order; a circle once it is full
	next int      // where in the ring the next key goes
	full bool
	set  []uint64 // open addressing, linear probing; 0 is a free slot
	mask uint64

	added uint64 // keys ever added
}

func newWindow(n int) *window {
	size := 16
	for size < 2*n { // at most half full, so that probes stay short
		size *= 2
	}
	return &window{ring: make([]uint64, n), set: make([]uint64, size), mask: uint64(size - 1)}
}

// add reports whether the key is new to the window, and if so remembers it.
func (w *window) add(key uint64) bool {
	if w.has(key) {
		return false
	}
	w.added++
	key = nonZero(key)
	if w.full {
		w.remove(w.ring[w.next])
	}
	w.ring[w.next] = key
	if w.next++; w.next == len(w.ring) {
		w.next, w.full = 0, true
	}
	i := key & w.mask
	for w.set[i] != 0 {
		i = (i + 1) & w.mask
	}
	w.set[i] = key
	return true
}

func (w *window) has(key uint64) bool {
	key = nonZero(key)
	for i := key & w.mask; w.set[i] != 0; i = (i + 1) & w.mask {
		if w.set[i] == key {
			return true
		}
	}
	return false
}

// remove takes a key out and closes the gap: every later key of the same run
// that could stand there moves back, so that no probe ends early.
func (w *window) remove(key uint64) {
	i := key & w.mask
	for w.set[i] != key {
		i = (i + 1) & w.mask
	}
	for j := i; ; {
		j = (j + 1) & w.mask
		if w.set[j] == 0 {
			break
		}
		home := w.set[j] & w.mask
		// The key at j may move to i unless its home lies in (i, j].
		if (j-home)&w.mask >= (j-i)&w.mask {
			w.set[i] = w.set[j]
			i = j
		}
	}
	w.set[i] = 0
}

func nonZero(key uint64) uint64 {
	if key == 0 {
		return 1
	}
	return key
}

// mix folds v into the hash h; both sides of the 128-bit product are used, so
// that every bit of either reaches every bit of the result.
func mix(h, v uint64) uint64 {
	const k = 0x9e3779b97f4a7c15 // 2^64 / golden ratio: bits spread evenly
	hi, lo := bits.Mul64(h^k, v^0xd6e8feb86659fd93)
	return hi ^ lo ^ h<<1
}
