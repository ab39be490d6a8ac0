package embedded

import "syscall"

// procAttr gives the child a process group of its own, so that Ctrl-C in a
// terminal reaches the parent alone and the engine outlives the last flush.
func procAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
