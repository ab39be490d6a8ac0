package spool

import (
	"errors"
	"runtime"
	"testing"
)

// benchRecord is a telemetry message with its topic.
var benchRecord = make([]byte, 200)

func benchSpool(b *testing.B) *Spool {
	return mustOpen(b, Options{Dir: b.TempDir(), MaxBytes: 1 << 40})
}

// appendOrWait appends, and waits where the disk is slower.
func appendOrWait(b *testing.B, s *Spool) uint64 {
	for {
		seq, err := s.Append(false, benchRecord[:40], benchRecord[40:])
		if err == nil {
			return seq
		}
		if !errors.Is(err, ErrBusy) {
			b.Fatal(err)
		}
		if err := s.WaitRoom(b.Context(), len(benchRecord), false); err != nil {
			b.Fatal(err)
		}
	}
}

// consumed keeps the files of a long benchmark few.
func consumed(b *testing.B, s *Spool) func() {
	c := mustCursor(b, s, "bench")
	return func() { mustSave(b, c, State{Position: s.Durable(), Keep: s.Durable()}) }
}

// BenchmarkAppend is one goroutine that does not wait for the disk, until all is
// durable.
func BenchmarkAppend(b *testing.B) {
	s := benchSpool(b)
	consume := consumed(b, s)
	b.ReportAllocs()
	b.SetBytes(int64(len(benchRecord)))
	var last uint64
	for i := 0; b.Loop(); i++ {
		last = appendOrWait(b, s)
		if i%(1<<20) == 1<<20-1 {
			consume()
		}
	}
	if err := s.WaitDurable(b.Context(), last); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "records/s")
}

// BenchmarkAppendWait is 64 goroutines that each wait for their record to be on
// disk, as publishers of an embedded broker do.
func BenchmarkAppendWait(b *testing.B) {
	s := benchSpool(b)
	b.ReportAllocs()
	b.SetParallelism(64 / runtime.GOMAXPROCS(0))
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := s.WaitDurable(b.Context(), appendOrWait(b, s)); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "records/s")
	b.ReportMetric(float64(b.N)/float64(s.Stats().Commits), "records/commit")
}

// BenchmarkRead reads a spool of a million records again and again.
func BenchmarkRead(b *testing.B) {
	s := benchSpool(b)
	var last uint64
	for range 1_000_000 {
		last = appendOrWait(b, s)
	}
	if err := s.WaitDurable(b.Context(), last); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.SetBytes(int64(len(benchRecord)))
	r := s.Reader(0)
	for b.Loop() {
		_, _, ok, err := r.TryNext()
		if err != nil {
			b.Fatal(err)
		}
		if !ok {
			r.Close()
			r = s.Reader(0)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "records/s")
}

func BenchmarkCursorSave(b *testing.B) {
	s := benchSpool(b)
	c := mustCursor(b, s, "bench")
	b.ReportAllocs()
	for b.Loop() {
		mustSave(b, c, State{Data: benchRecord})
	}
}
