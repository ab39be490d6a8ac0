package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// lifecycle starts parts one after another and stops them in the opposite
// order: what takes messages in stops first, what they were put into last.
type lifecycle struct {
	logger *slog.Logger
	parts  []part
	failed chan error // the first part that ended on its own
}

// part is something that was started and how to stop it.
type part struct {
	name   string
	within time.Duration
	stop   func(ctx context.Context) error
}

func newLifecycle(logger *slog.Logger) *lifecycle {
	return &lifecycle{logger: logger, failed: make(chan error, 1)}
}

// onStop registers how to stop a part. One that is not done within its time is
// left behind: a process that does not end loses more.
func (l *lifecycle) onStop(name string, within time.Duration, stop func(ctx context.Context) error) {
	l.parts = append(l.parts, part{name, within, stop})
}

// run starts a part that works until its context ends. If it ends before, the
// whole process ends.
func (l *lifecycle) run(name string, within time.Duration, work func(ctx context.Context) error) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		err := work(ctx)
		if ctx.Err() == nil {
			if err == nil {
				err = errors.New("ended unexpectedly")
			}
			l.fail(fmt.Errorf("%s: %w", name, err))
			err = nil // it is reported once
		}
		done <- err
	}()
	l.onStop(name, within, func(wait context.Context) error {
		cancel()
		select {
		case err := <-done:
			return err
		case <-wait.Done():
			return wait.Err()
		}
	})
}

func (l *lifecycle) fail(err error) {
	select {
	case l.failed <- err:
	default: // the first failure is the one to tell of
	}
}

// stop stops everything that was started, last in, first out.
func (l *lifecycle) stop() error {
	var errs []error
	for i := len(l.parts) - 1; i >= 0; i-- {
		p := l.parts[i]
		ctx, cancel := context.WithTimeout(context.Background(), p.within)
		if err := p.stop(ctx); err != nil {
			errs = append(errs, fmt.Errorf("stop %s: %w", p.name, err))
		}
		cancel()
		l.logger.Debug("stopped", "part", p.name)
	}
	l.parts = nil
	return errors.Join(errs...)
}
