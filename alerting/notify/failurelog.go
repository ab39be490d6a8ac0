package notify

import (
	"log/slog"
	"sync"
	"time"
)

// failureLog writes the first failure of each kind in a while, with how many
// were left out: what is away fails again and again.
type failureLog struct {
	logger *slog.Logger
	now    func() time.Time

	mu   sync.Mutex // guards last and skip; their keys are those of channels, and few more
	last map[string]time.Time
	skip map[string]int
}

// failureEvery is how often failures of one key are logged.
const failureEvery = 10 * time.Second

func newFailureLog(logger *slog.Logger, now func() time.Time) *failureLog {
	return &failureLog{logger: logger, now: now, last: map[string]time.Time{}, skip: map[string]int{}}
}

func (l *failureLog) warn(key string, write func(unreported int)) {
	l.mu.Lock()
	now := l.now()
	quiet := now.Sub(l.last[key]) < failureEvery
	skipped := l.skip[key]
	if quiet {
		l.skip[key]++
	} else {
		l.last[key], l.skip[key] = now, 0
	}
	l.mu.Unlock()
	if !quiet {
		write(skipped)
	}
}

func (l *failureLog) outbox(err error) {
	l.warn("outbox", func(unreported int) {
		l.logger.Error("outbox does not answer", "error", err, "unreported", unreported)
	})
}

func (l *failureLog) channel(name string, err error) {
	l.warn("channel "+name, func(unreported int) {
		l.logger.Warn("channel failed", "channel", name, "error", err, "unreported", unreported)
	})
}

func (l *failureLog) gaveUp(key string, err error) {
	l.warn("given up", func(unreported int) {
		l.logger.Error("notice reached nobody", "notice", key, "error", err, "unreported", unreported)
	})
}
