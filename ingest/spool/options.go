package spool

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Defaults and limits of Options.
const (
	defaultMaxBytes     = 16 << 30 // some hours of 5,000 messages of 200 B a second
	defaultSegmentBytes = 64 << 20 // the unit of deletion; scanned once at start
	defaultPendingBytes = 8 << 20  // what a disk of 100 MB/s takes in 80 ms
	defaultMaxRecord    = 2 << 20
	defaultSyncInterval = 2 * time.Millisecond

	// maxRecordLimit bounds what a reader allocates for a length that it finds
	// on disk.
	maxRecordLimit  = 16 << 20
	minSegmentBytes = 1 << 10
)

// Options configure a Spool. The zero value of everything but Dir is a default
// that suits the other values.
type Options struct {
	// Dir is created when missing. It belongs to one process at a time.
	Dir string
	// MaxBytes bounds the segment files, written and waiting, with those that
	// are kept only for a cursor. 16 GiB.
	MaxBytes int64
	// ReserveBytes is the part of MaxBytes that only priority records may use.
	ReserveBytes int64
	// SegmentBytes is the largest size of a file. 64 MiB, or a quarter of
	// MaxBytes-ReserveBytes when that is less; at most half of it, so that there
	// is always something that can be deleted.
	SegmentBytes int64
	// PendingBytes bounds what waits in memory for the disk. It is allocated
	// twice. 8 MiB.
	PendingBytes int
	// MaxRecord is the largest record in bytes, 2 MiB or what fits in a segment;
	// never over 16 MiB.
	MaxRecord int
	// SyncInterval is the shortest time from one sync to the next, 2 ms. A spool
	// that was idle for that long commits at once.
	SyncInterval time.Duration

	Logger     *slog.Logger          // nil discards
	Registerer prometheus.Registerer // nil keeps the metrics unpublished
}

// normalize fills in the defaults and checks that the sizes fit each other.
func (o *Options) normalize() error {
	if o.Dir == "" {
		return errors.New("spool directory is not set")
	}
	if o.MaxBytes < 0 || o.ReserveBytes < 0 || o.SegmentBytes < 0 || o.PendingBytes < 0 || o.MaxRecord < 0 || o.SyncInterval < 0 {
		return errors.New("spool sizes and intervals must not be negative")
	}
	setDefault(&o.MaxBytes, defaultMaxBytes)
	open := o.MaxBytes - o.ReserveBytes // to records without priority
	setDefault(&o.SegmentBytes, max(minSegmentBytes, min(defaultSegmentBytes, open/4)))
	setDefault(&o.PendingBytes, defaultPendingBytes)
	setDefault(&o.MaxRecord, max(1, min(defaultMaxRecord, int(o.SegmentBytes)-segmentHeader-frameHeader, o.PendingBytes-frameHeader)))
	setDefault(&o.SyncInterval, defaultSyncInterval)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	frame := int64(frameHeader) + int64(o.MaxRecord)
	switch {
	case o.SegmentBytes < minSegmentBytes:
		return fmt.Errorf("spool segment size %d is less than %d", o.SegmentBytes, minSegmentBytes)
	case o.SegmentBytes > open/2:
		return fmt.Errorf("spool segment size %d is more than half of the maximum %d less the reserve %d: raise the maximum or lower the others", o.SegmentBytes, o.MaxBytes, o.ReserveBytes)
	case o.MaxRecord > maxRecordLimit:
		return fmt.Errorf("spool record size %d is more than %d", o.MaxRecord, maxRecordLimit)
	case frame > o.SegmentBytes-segmentHeader:
		return fmt.Errorf("spool record size %d does not fit in a segment of %d", o.MaxRecord, o.SegmentBytes)
	case frame > int64(o.PendingBytes):
		return fmt.Errorf("spool record size %d does not fit in the pending buffer of %d", o.MaxRecord, o.PendingBytes)
	}
	return nil
}

func setDefault[T int | int64 | time.Duration](v *T, d T) {
	if *v == 0 {
		*v = d
	}
}
