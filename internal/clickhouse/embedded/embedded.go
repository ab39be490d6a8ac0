// Package embedded runs a real ClickHouse engine in a child process of this
// same binary, so that steward needs no server of its own to be installed.
//
// Start brings an engine up and keeps it up; Engine.Options says how to reach
// it; Engine.Stop ends it. Running finds the engine of another process.
// ChildMain is what the child executes: a program that uses this package calls
// it, before anything else, when its first argument is ChildCommand.
//
// Promises: one engine a data directory, ever; the engine dies with its parent,
// also when that is killed; an engine that dies is started again on the same
// ports, so that connection pools find it; it listens on the loopback interface
// alone, with credentials that are made anew at each Start; its memory and its
// log are bounded.
package embedded

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"steward/internal/clickhouse"
)

// Options say where an engine lives and what it may use.
type Options struct {
	DataDir     string                // its tables, log and lock; created when missing
	Library     string                // the engine's library; "" to look for it as FindLibrary does
	MemoryBytes int64                 // the most that queries and caches together may use; 0 for a quarter of the machine
	Database    string                // handed on in Engine.Options; "" for its default
	Logger      *slog.Logger          // nil to be silent
	Registerer  prometheus.Registerer // nil for no metrics

	// StartTimeout bounds the wait for the first answer, at the start and at
	// each restart; 0 for two minutes, since the library is large and a disk
	// may be slow.
	StartTimeout time.Duration
}

func (o *Options) setDefaults() error {
	if o.DataDir == "" {
		return errors.New("embedded engine: no data directory given")
	}
	dir, err := filepath.Abs(o.DataDir)
	if err != nil {
		return fmt.Errorf("embedded engine: %w", err)
	}
	o.DataDir = dir
	if o.MemoryBytes < 0 || o.MemoryBytes > 0 && o.MemoryBytes < minMemory {
		return fmt.Errorf("embedded engine: memory of %d bytes is less than the %d it needs", o.MemoryBytes, int64(minMemory))
	}
	if o.MemoryBytes == 0 {
		total, err := machineMemory()
		if err != nil {
			return fmt.Errorf("embedded engine: find out how much memory the machine has: %w: set the limit in the configuration", err)
		}
		o.MemoryBytes = max(total/4, minMemory)
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.StartTimeout == 0 {
		o.StartTimeout = 2 * time.Minute
	}
	return nil
}

// minMemory is the least with which the engine starts, merges and answers.
const minMemory = 512 << 20

// Engine is a running engine and its supervisor.
type Engine struct {
	opts    Options
	place   place
	addr    address
	self    string // this binary
	lock    *dirLock
	metrics *metrics
	stop    chan struct{} // closed by Stop
	stopped sync.Once
	hurry   chan struct{} // closed by a Stop that may not wait
	hurried sync.Once
	done    chan struct{} // closed when the supervisor has ended

	mu       sync.Mutex // guards what follows
	restarts int
	err      error // why the engine is down; nil while it is up
}

// Start locks the data directory, starts an engine on it and waits until it
// answers a query. The context bounds the start only. When the engine does not
// come up the error says why, with the last lines of its log, and nothing is
// left running.
func Start(ctx context.Context, opts Options) (*Engine, error) {
	if err := opts.setDefaults(); err != nil {
		return nil, err
	}
	library, err := FindLibrary(opts.Library)
	if err != nil {
		return nil, err
	}
	opts.Library = library
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("embedded engine: find this program's own file: %w", err)
	}
	e := &Engine{
		opts: opts, place: place(opts.DataDir), self: self, metrics: newMetrics(),
		stop: make(chan struct{}), hurry: make(chan struct{}), done: make(chan struct{}),
	}
	if err := e.place.create(); err != nil {
		return nil, err
	}
	if e.lock, err = lockDir(ctx, e.place.lockFile()); err != nil {
		return nil, err
	}
	if err := e.start(ctx); err != nil {
		return nil, errors.Join(err, e.lock.release())
	}
	return e, nil
}

// start brings the first child up, on ports that nobody else took meanwhile.
func (e *Engine) start(ctx context.Context) error {
	var first *child
	var err error
	for range 3 { // a port that was free a moment ago may be taken
		if e.addr, err = newAddress(); err != nil {
			return err
		}
		if err = e.place.configure(e.opts, e.addr); err != nil {
			return err
		}
		if first, err = e.startChild(ctx); err == nil || !errors.Is(err, errPortTaken) {
			break
		}
	}
	if err != nil {
		return err
	}
	if err := e.createDatabase(ctx); err != nil {
		first.kill()
		return err
	}
	e.metrics.up.Set(1)
	if err := errors.Join(e.place.publish(e.Options()), e.metrics.register(e.opts.Registerer)); err != nil {
		first.kill()
		return errors.Join(err, e.place.unpublish())
	}
	e.opts.Logger.Info("engine started", "addr", e.addr.native(), "pid", first.pid(), "data_dir", e.opts.DataDir, "memory_bytes", e.opts.MemoryBytes)
	go e.supervise(first) //nolint:gosec // ctx bounds the start; the engine lives until Stop
	return nil
}

// createDatabase makes the application's database before anybody hears of the
// engine: this engine aborts when a client asks for a database that does not
// exist, where a server answers with an error.
func (e *Engine) createDatabase(ctx context.Context) error {
	db, err := clickhouse.Open(e.Options())
	if err != nil {
		return fmt.Errorf("embedded engine: %w", err)
	}
	defer func() { _ = db.Close() }()
	if err := db.CreateDatabase(ctx); err != nil {
		return fmt.Errorf("embedded engine: %w", err)
	}
	return nil
}

// Options are how to reach the engine; they stay the same over its restarts.
func (e *Engine) Options() clickhouse.Options {
	return e.addr.options(e.opts.Database)
}

// Restarts is how often the engine had to be started again.
func (e *Engine) Restarts() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.restarts
}

// Err is why the engine is down at this moment; nil while it is up, and after
// Stop.
func (e *Engine) Err() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.err
}

// Done is closed when the engine has been stopped for good, which only Stop
// does: an engine that dies is started again for as long as it takes.
func (e *Engine) Done() <-chan struct{} { return e.done }

// Stop asks the engine to end and waits for it. When ctx ends first, or after a
// few seconds, it is killed, which costs no data: what was inserted is on disk.
// Further calls wait for the first.
func (e *Engine) Stop(ctx context.Context) error {
	e.stopped.Do(func() { close(e.stop) })
	select {
	case <-e.done:
		return nil
	case <-ctx.Done():
	}
	e.hurried.Do(func() { close(e.hurry) })
	select {
	case <-e.done:
		return nil
	case <-time.After(killPatience):
		return fmt.Errorf("embedded engine: process on %s does not even end when it is killed", e.opts.DataDir)
	}
}

func (e *Engine) setErr(err error) {
	e.mu.Lock()
	e.err = err
	e.mu.Unlock()
}
