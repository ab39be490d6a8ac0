package embedded

import "syscall"

// procAttr gives the child a process group of its own, so that Ctrl-C in a
// terminal reaches the parent alone and the engine outlives the last flush. The
// kernel kills the child when the thread that started it ends, which is why
// that thread is kept until then.
func procAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
