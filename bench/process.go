package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// process is one whose use of the machine is measured.
type process struct {
	Name string
	PID  int
}

// usage is what a process took during a run.
type usage struct {
	Process    string  `json:"process"`
	CPUSeconds float64 `json:"cpu_seconds"`
	PeakBytes  uint64  `json:"peak_bytes"` // since its start
	HalfBytes  uint64  `json:"half_bytes"` // resident at half of the run and at its end:
	EndBytes   uint64  `json:"end_bytes"`  // memory that grows with time shows here
}

// meter measures processes from its start on.
type meter struct {
	processes []process
	usages    []usage
}

func startMeter(processes []process) (*meter, error) {
	m := &meter{processes: processes, usages: make([]usage, len(processes))}
	for i, p := range processes {
		now, err := usageOf(p.PID)
		if err != nil {
			return nil, fmt.Errorf("measure %s: %w", p.Name, err)
		}
		m.usages[i] = usage{Process: p.Name, CPUSeconds: -now.cpu.Seconds()}
	}
	return m, nil
}

// half notes what is in use at half time.
func (m *meter) half() error {
	for i, p := range m.processes {
		now, err := usageOf(p.PID)
		if err != nil {
			return fmt.Errorf("measure %s: %w", p.Name, err)
		}
		m.usages[i].HalfBytes = now.resident
	}
	return nil
}

// end gives the differences since the start.
func (m *meter) end() ([]usage, error) {
	for i, p := range m.processes {
		now, err := usageOf(p.PID)
		if err != nil {
			return nil, fmt.Errorf("measure %s: %w", p.Name, err)
		}
		u := &m.usages[i]
		u.CPUSeconds += now.cpu.Seconds()
		u.PeakBytes, u.EndBytes = now.peak, now.resident
	}
	return m.usages, nil
}

// moment is what a process has used so far.
type moment struct {
	cpu            time.Duration
	peak, resident uint64 // bytes
}

// program is a child process whose output goes to a file.
type program struct {
	cmd     *exec.Cmd
	logFile string
	ended   chan struct{} // closed when it has ended
}

// launch starts a program that the kernel ends with this one. It must be called
// from the main goroutine.
func launch(cmd *exec.Cmd, logFile string) (*program, error) {
	log, err := os.OpenFile(logFile, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close() // the child has its own
	cmd.Stdout, cmd.Stderr = log, log
	tie(cmd)
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &program{cmd: cmd, logFile: logFile, ended: make(chan struct{})}
	go func() {
		defer close(p.ended)
		_ = cmd.Wait() // how it ended is in its ProcessState
	}()
	return p, nil
}

func (p *program) pid() int { return p.cmd.Process.Pid }

// alive is an error with the end of its output when the program has ended.
func (p *program) alive() error {
	select {
	case <-p.ended:
		return fmt.Errorf("%s ended by itself (%s):\n%s", p.cmd.Path, p.cmd.ProcessState, p.lastWords())
	default:
		return nil
	}
}

func (p *program) lastWords() string {
	text, err := os.ReadFile(p.logFile)
	if err != nil {
		return err.Error()
	}
	const enough = 4 << 10
	return string(text[max(0, len(text)-enough):])
}

// stop asks the program to end and waits for it.
func (p *program) stop() error {
	if err := p.alive(); err != nil {
		return err
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	const limit = time.Minute
	select {
	case <-p.ended:
	case <-time.After(limit):
		err := fmt.Errorf("%s did not stop within %s and was killed:\n%s", p.cmd.Path, limit, p.lastWords())
		return errors.Join(err, p.kill())
	}
	if code := p.cmd.ProcessState.ExitCode(); code != 0 {
		return fmt.Errorf("%s stopped with exit code %d:\n%s", p.cmd.Path, code, p.lastWords())
	}
	return nil
}

func (p *program) kill() error {
	if err := p.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	<-p.ended
	return nil
}
