package spool

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

func TestAppendAndRead(t *testing.T) {
	s := mustOpen(t, small(t.TempDir()))
	records := [][]byte{
		nil,
		[]byte("x"),
		bytes.Repeat([]byte("y"), s.opts.MaxRecord),
		[]byte("z"),
		{},
	}
	for i, rec := range records {
		seq, err := s.Append(false, rec[:len(rec)/2], nil, rec[len(rec)/2:])
		if err != nil || seq != uint64(i) {
			t.Fatalf("append %d gives %d, %v", i, seq, err)
		}
	}
	if _, err := s.Append(true, make([]byte, s.opts.MaxRecord+1)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("a record over the maximum gives %v", err)
	}
	r := s.Reader(0)
	defer r.Close()
	for i, rec := range records {
		seq, got, err := r.Next(waitContext(t))
		if err != nil || seq != uint64(i) || !bytes.Equal(got, rec) {
			t.Fatalf("read %d gives %d, %d bytes, %v", i, seq, len(got), err)
		}
	}
	if _, _, ok, err := r.TryNext(); ok || err != nil || r.Position() != 5 {
		t.Errorf("behind the last record: %v, %v, position %d", ok, err, r.Position())
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, err := r.Next(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Next behind the last record, cancelled, gives %v", err)
	}
	if len(s.ID()) != 16 {
		t.Errorf("ID %q has not 16 digits", s.ID())
	}
}

// TestSegmentBounds puts records of one size into segments of 1024 bytes: 32 for
// the header, 16 around each record.
func TestSegmentBounds(t *testing.T) {
	for _, tc := range []struct {
		size, n int
		want    []int64
	}{
		{size: 0, n: 62, want: []int64{1024}},
		{size: 0, n: 63, want: []int64{1024, 48}},
		{size: 480, n: 2, want: []int64{1024}},
		{size: 480, n: 3, want: []int64{1024, 528}},
		{size: 481, n: 3, want: []int64{529, 529, 529}},
		{size: 479, n: 4, want: []int64{1022, 1022}},
		{size: 976, n: 2, want: []int64{1024, 1024}},
	} {
		t.Run(fmt.Sprintf("%dx%d", tc.n, tc.size), func(t *testing.T) {
			dir := t.TempDir()
			for _, together := range []bool{true, false} {
				o := small(filepath.Join(dir, fmt.Sprint(together)))
				s := mustOpen(t, o)
				for i := range tc.n {
					seq := mustAppend(t, s, make([]byte, tc.size))
					if !together || i == tc.n-1 {
						if err := s.WaitDurable(waitContext(t), seq); err != nil {
							t.Fatal(err)
						}
					}
				}
				st := s.Stats()
				mustClose(t, s)
				var sizes []int64
				for _, f := range segmentFiles(t, o.Dir) {
					info, err := os.Stat(f)
					if err != nil {
						t.Fatal(err)
					}
					sizes = append(sizes, info.Size())
				}
				if fmt.Sprint(sizes) != fmt.Sprint(tc.want) {
					t.Errorf("committed together %v: segments of %v, want %v", together, sizes, tc.want)
				}
				if st.Bytes != segmentBytes(t, o.Dir) || st.PendingBytes != 0 || st.Segments != len(sizes) {
					t.Errorf("stats say %+v", st)
				}
			}
		})
	}
}

func TestSizeBound(t *testing.T) {
	o := small(t.TempDir())
	o.MaxBytes, o.ReserveBytes = 8<<10, 3<<10
	s := mustOpen(t, o)
	rec := make([]byte, 100)
	appendUntilFull := func(priority bool) (n int) {
		for ; ; n++ {
			seq, err := s.Append(priority, rec)
			if errors.Is(err, ErrFull) && !errors.Is(err, ErrBusy) {
				return n
			}
			if err != nil {
				t.Fatal(err)
			}
			if err := s.WaitDurable(waitContext(t), seq); err != nil {
				t.Fatal(err)
			}
			if s.Full() {
				t.Fatal("the spool took a record and says that it is full")
			}
		}
	}
	check := func(limit int64) {
		t.Helper()
		// One more record, with a segment of its own, would have been over.
		if size := segmentBytes(t, o.Dir); size > limit || size+segmentHeader+frameHeader+100 <= limit {
			t.Errorf("files have %d bytes, want as much as fits in %d", size, limit)
		}
	}
	ordinary := appendUntilFull(false)
	check(5 << 10)
	if !s.Full() {
		t.Error("a spool that refuses records does not say that it is full")
	}
	if err := s.WaitDisk(waitContext(t), len(rec), false); !errors.Is(err, ErrFull) || errors.Is(err, ErrBusy) {
		t.Errorf("a wait that no disk can end gives %v", err)
	}
	urgent, err := s.Append(true, rec)
	if err != nil {
		t.Fatalf("the reserve does not take a priority record: %v", err)
	}
	if err := s.WaitDurable(waitContext(t), urgent); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Append(false, rec); !errors.Is(err, ErrFull) {
		t.Errorf("the reserve takes an ordinary record: %v", err)
	}
	for {
		if _, err := s.Append(true, rec); err != nil {
			break
		}
	}
	c := mustCursor(t, s, "consumer")
	eventually(t, "all durable", func() bool { return s.Durable() == s.Stats().Next })
	check(8 << 10)

	// Somebody waits for room, and gets it when the consumer has caught up.
	room := make(chan error, 1)
	go func() { room <- s.WaitRoom(waitContext(t), len(rec), false) }()
	mustSave(t, c, State{Position: s.Durable(), Keep: s.Durable()})
	if err := <-room; err != nil {
		t.Fatal(err)
	}
	if s.Full() {
		t.Error("a spool with room says that it is full")
	}
	if n := appendUntilFull(false); n < ordinary/2 {
		t.Errorf("only %d records fit again, %d at first", n, ordinary)
	}
}

func TestOneProcessADirectory(t *testing.T) {
	o := small(t.TempDir())
	s := mustOpen(t, o)
	_, err := Open(o)
	if !errors.Is(err, ErrLocked) {
		t.Fatalf("a second Open gives %v", err)
	}
	for _, part := range []string{o.Dir, fmt.Sprint(os.Getpid())} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q does not name %s", err, part)
		}
	}
	mustClose(t, s)
	mustClose(t, mustOpen(t, o))
}

func TestOptions(t *testing.T) {
	for _, tc := range []struct {
		name string
		o    Options
	}{
		{"no directory", Options{}},
		{"negative", Options{Dir: "x", MaxBytes: -1}},
		{"reserve over maximum", Options{Dir: "x", MaxBytes: 1 << 20, ReserveBytes: 2 << 20}},
		{"segment over half", Options{Dir: "x", MaxBytes: 1 << 20, SegmentBytes: 600 << 10}},
		{"segment tiny", Options{Dir: "x", SegmentBytes: 100}},
		{"record over segment", Options{Dir: "x", SegmentBytes: 1 << 20, MaxRecord: 1 << 20}},
		{"record over buffer", Options{Dir: "x", PendingBytes: 1 << 10, MaxRecord: 1 << 10}},
		{"record over everything", Options{Dir: "x", MaxRecord: maxRecordLimit + 1}},
	} {
		if err := tc.o.normalize(); err == nil {
			t.Errorf("%s is accepted as %+v", tc.name, tc.o)
		}
	}
	for _, o := range []Options{
		{Dir: "x"},
		{Dir: "x", MaxBytes: 10 << 20, ReserveBytes: 1 << 20},
		{Dir: "x", MaxBytes: 4 << 10},
		{Dir: "x", SegmentBytes: 1 << 10},
		{Dir: "x", PendingBytes: 1 << 10},
	} {
		if err := o.normalize(); err != nil {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

func TestMetrics(t *testing.T) {
	registry := prometheus.NewRegistry()
	o := small(t.TempDir())
	o.Registerer = registry
	s := mustOpen(t, o)
	fill(t, s, 20)
	c := mustCursor(t, s, "store")
	mustSave(t, c, State{Position: 5})
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, f := range families {
		m := f.GetMetric()[0]
		got[f.GetName()] = m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
	}
	st := s.Stats()
	for name, want := range map[string]float64{
		"steward_spool_records_total":         20,
		"steward_spool_durable_records_total": 20,
		"steward_spool_cursor_lag_records":    15,
		"steward_spool_size_bytes":            float64(segmentBytes(t, o.Dir)),
		"steward_spool_max_bytes":             1 << 20,
		"steward_spool_segments":              float64(st.Segments),
		"steward_spool_commits_total":         float64(st.Commits),
		"steward_spool_full":                  0,
	} {
		if got[name] != want {
			t.Errorf("%s is %v, want %v", name, got[name], want)
		}
	}
	if got["steward_spool_commit_duration_seconds"] == 0 || got["steward_spool_cursor_lag_bytes"] == 0 {
		t.Errorf("no commit duration or lag: %v", got)
	}
	mustClose(t, s)
	mustClose(t, mustOpen(t, o)) // the same registry serves the next one
}
