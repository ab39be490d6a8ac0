package ingest

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// model is the window as one would write it without caring for speed.
type model struct {
	n    int
	keys []uint64
}

func (m *model) add(key uint64) bool {
	if slices.Contains(m.keys, key) {
		return false
	}
	m.keys = append(m.keys, key)
	if len(m.keys) > m.n {
		m.keys = m.keys[1:]
	}
	return true
}

func TestWindowAgainstModel(t *testing.T) {
	for _, n := range []int{1, 2, 7, 8, 100} {
		rng := rand.New(rand.NewPCG(1, uint64(n)))
		w, m := newWindow(n), &model{n: n}
		for i := range 20_000 {
			// Few distinct low bits make long probe runs that wrap around.
			key := 1 + uint64(rng.IntN(3*n)) + uint64(rng.IntN(2))<<40
			if got, want := w.add(key), m.add(key); got != want {
				t.Fatalf("window of %d, step %d: add(%d) = %t, want %t", n, i, key, got, want)
			}
		}
	}
}

func FuzzWindow(f *testing.F) {
	f.Add(uint8(3), []byte{1, 2, 3, 1, 4, 1, 16, 32, 15})
	f.Fuzz(func(t *testing.T, n uint8, keys []byte) {
		size := 1 + int(n%20)
		w, m := newWindow(size), &model{n: size}
		for i, k := range keys {
			key := 1 + uint64(k)
			if got, want := w.add(key), m.add(key); got != want {
				t.Fatalf("step %d: add(%d) = %t, want %t", i, key, got, want)
			}
		}
	})
}

func BenchmarkWindow(b *testing.B) {
	w := newWindow(1_000_000)
	b.ReportAllocs()
	var h uint64
	for i := 0; b.Loop(); i++ {
		h = mix(h, uint64(i))
		w.add(h)
	}
}
