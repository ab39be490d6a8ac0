package embedded

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"

	"steward/internal/clickhouse"
)

// child is one life of the engine.
type child struct {
	cmd    *exec.Cmd
	parent *os.File // our end of the pipe that tells the child that we live
	said   *tail
	exited chan struct{}
	err    error // how it ended; read it after exited
}

var errPortTaken = errors.New("its port was taken")

// startChild starts the engine and waits until it answers a query. On an error
// there is no child.
func (e *Engine) startChild(ctx context.Context) (*child, error) {
	c, err := e.spawn()
	if err != nil {
		return nil, fmt.Errorf("embedded engine: start: %w", err)
	}
	if err := e.awaitReady(ctx, c); err != nil {
		c.kill()
		return nil, err
	}
	return c, nil
}

func (e *Engine) spawn() (*child, error) {
	theirs, ours, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer theirs.Close()
	c := &child{parent: ours, said: &tail{limit: 4 << 10}, exited: make(chan struct{})}
	c.cmd = exec.Command(e.self, ChildCommand, "-library", e.opts.Library, "-config", e.place.configFile(), "-store", e.place.storeDir())
	c.cmd.Stdout, c.cmd.Stderr = c.said, c.said
	c.cmd.Dir = string(e.place)
	c.cmd.SysProcAttr = procAttr()
	c.cmd.WaitDelay = time.Second
	c.cmd.ExtraFiles = make([]*os.File, heldLock-2)
	c.cmd.ExtraFiles[parentPipe-3], c.cmd.ExtraFiles[heldLock-3] = theirs, e.lock.file

	started := make(chan error, 1)
	go func() {
		// See procAttr: this thread must outlive the child.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := c.cmd.Start()
		started <- err
		if err == nil {
			c.err = c.cmd.Wait()
			ours.Close()
			close(c.exited)
		}
	}()
	if err := <-started; err != nil {
		ours.Close()
		return nil, err
	}
	return c, nil
}

// awaitReady asks until the engine answers, ends, or has had its time.
func (e *Engine) awaitReady(ctx context.Context, c *child) error {
	ctx, cancel := context.WithTimeout(ctx, e.opts.StartTimeout)
	defer cancel()
	opts := e.addr.options("default") // the application's database may not exist yet
	opts.DialTimeout = 5 * time.Second
	db, err := clickhouse.Open(opts)
	if err != nil {
		return fmt.Errorf("embedded engine: %w", err)
	}
	defer func() { _ = db.Close() }()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		err := db.Ping(ctx)
		if err == nil {
			return nil
		}
		if errors.Is(err, clickhouse.ErrAuth) {
			// Something else listens there: our engine knows this password.
			return fmt.Errorf("embedded engine: %w: %w", errPortTaken, err)
		}
		select {
		case <-c.exited:
			return e.describeDeath(c)
		case <-ctx.Done():
			return fmt.Errorf("embedded engine: it did not answer within %s: %w%s", e.opts.StartTimeout, err, e.lastWords(c))
		case <-tick.C:
		}
	}
}

// describeDeath says how an engine ended that was not asked to.
func (e *Engine) describeDeath(c *child) error {
	words := e.lastWords(c)
	how := errors.New("it ended by itself")
	if c.err != nil {
		how = c.err
	}
	if strings.Contains(words, "Address already in use") {
		return fmt.Errorf("embedded engine: %w: %w%s", errPortTaken, how, words)
	}
	return fmt.Errorf("embedded engine on %s: %w%s", e.opts.DataDir, how, words)
}

// lastWords is the end of what the engine printed and logged.
func (e *Engine) lastWords(c *child) string {
	words := c.said.String()
	if logged := lastLines(e.place.logFile(), 2<<10); logged != "" {
		words += "\n" + logged
	}
	if words = strings.TrimSpace(words); words == "" {
		return "; it said nothing"
	}
	return "; it said:\n" + words
}

func (c *child) pid() int { return c.cmd.Process.Pid }

// kill ends the child at once and waits for it.
func (c *child) kill() {
	_ = c.cmd.Process.Kill() // it may be gone already
	<-c.exited
}

// shutdown asks the child to end, and kills it when that takes too long.
func (c *child) shutdown(patience time.Duration, hurry <-chan struct{}) {
	_ = c.cmd.Process.Signal(syscall.SIGTERM) // it may be gone already
	select {
	case <-c.exited:
	case <-hurry:
		c.kill()
	case <-time.After(patience):
		c.kill()
	}
}
