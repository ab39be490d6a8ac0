//go:build !linux

package spool

import "os"

// datasync returns when the content of f is on disk. Sync is more than it needs,
// and on macOS the only call that reaches the disk itself.
func datasync(f *os.File) error { return f.Sync() }
