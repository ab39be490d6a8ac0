package mqtttest

import (
	"os/exec"
	"runtime"
	"sync"
	"syscall"
)

// StartTied starts a process that the kernel kills when this one dies, however
// it dies. Linux ties a child to the thread that started it, so one thread does
// all the starting and lives as long as the program.
func StartTied(cmd *exec.Cmd) error {
	starterOnce.Do(func() {
		go func() {
			runtime.LockOSThread()
			for start := range starter {
				start()
			}
		}()
	})
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	result := make(chan error)
	starter <- func() { result <- cmd.Start() }
	return <-result
}

var (
	starterOnce sync.Once
	starter     = make(chan func())
)
