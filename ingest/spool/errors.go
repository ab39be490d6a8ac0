package spool

import (
	"errors"
	"fmt"
	"syscall"
)

// Errors of a Spool. Test for them with errors.Is.
var (
	// ErrFull refuses a record for lack of room, on the disk or within MaxBytes.
	// Nothing of the record was kept; wait with WaitRoom.
	ErrFull = errors.New("spool is full")
	// ErrBusy is the ErrFull that passes by itself: records come faster than the
	// disk takes them and the buffer between is full. Wait with WaitDisk.
	ErrBusy = fmt.Errorf("%w for a moment: the disk is slower than what comes in", ErrFull)
	// ErrTooLarge refuses a record over MaxRecord.
	ErrTooLarge = errors.New("record is too large for the spool")
	// ErrClosed is what remains after Close.
	ErrClosed = errors.New("spool is closed")
	// ErrFailed ends a spool whose disk did not confirm a write. What was not
	// durable then must not be acknowledged: restart, and let it be sent again.
	ErrFailed = errors.New("spool has failed, restart when the disk is sound")
	// ErrLocked says that another process has the directory.
	ErrLocked = errors.New("spool directory is in use")
	// ErrForgotten is what a Cursor returns after Forget.
	ErrForgotten = errors.New("cursor was forgotten")
)

// CorruptError reports records that the disk did not give back as they were
// written. A Reader returns it once for each such range and then continues with
// To.
type CorruptError struct {
	From, To uint64 // the records From <= seq < To are lost
}

func (e *CorruptError) Error() string {
	return fmt.Sprintf("spool records %d to %d are damaged on disk", e.From, e.To-1)
}

// TrimmedError reports that a Reader was asked for records that are deleted,
// because all cursors had released them. It is returned once; the Reader then
// continues with To, the oldest record.
type TrimmedError struct {
	From, To uint64 // the records From <= seq < To are deleted
}

func (e *TrimmedError) Error() string {
	return fmt.Sprintf("spool records %d to %d are deleted already", e.From, e.To-1)
}

// noRoom reports whether err means that something is exhausted for now: the
// disk, a quota, the largest size of a file, or the number of open files.
func noRoom(err error) bool {
	for _, e := range []error{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG, syscall.EMFILE, syscall.ENFILE} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
