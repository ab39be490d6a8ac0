package spool

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// datasync returns when the content of f, and its size, are on disk. It spares
// the write of the inode's times that fsync makes.
func datasync(f *os.File) error {
	for {
		err := unix.Fdatasync(int(f.Fd()))
		if !errors.Is(err, unix.EINTR) {
			return os.NewSyscallError("fdatasync", err)
		}
	}
}
