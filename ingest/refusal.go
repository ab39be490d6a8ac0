package ingest

import (
	"log/slog"
	"sync"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"
)

// refusal is a reason for which the embedded broker refuses something. The set
// is closed: it labels a metric.
type refusal string

const (
	refusedCredentials refusal = "bad_credentials"
	refusedRate        refusal = "too_many_attempts"
	refusedBusy        refusal = "too_many_connections"
	refusedUnavailable refusal = "not_checked" // nobody could say whether the credentials are good
	refusedWill        refusal = "last_will"
	refusedPublish     refusal = "publish"
	refusedSubscribe   refusal = "subscribe"
	refusedRevoked     refusal = "revoked"
	refusedNotMQTT     refusal = "no_connect" // what came first was no CONNECT, or far too large
)

var refusals = []refusal{
	refusedCredentials, refusedRate, refusedBusy, refusedUnavailable, refusedWill, refusedPublish, refusedSubscribe, refusedRevoked, refusedNotMQTT,
}

// code is the answer to a CONNECT that is refused. MQTT 3.1.1 has fewer of them
// (section 3.2.2.3).
func (r refusal) code(version byte) packets.Code {
	v5, v3 := packets.ErrServerUnavailable, packets.Err3ServerUnavailable
	switch r {
	case refusedCredentials:
		v5, v3 = packets.ErrBadUsernameOrPassword, packets.Err3NotAuthorized
	case refusedWill:
		v5, v3 = packets.ErrNotAuthorized, packets.Err3NotAuthorized
	case refusedRate:
		v5 = packets.ErrConnectionRateExceeded
	case refusedBusy:
		v5 = packets.ErrServerBusy
	}
	if version < 5 {
		return v3
	}
	return v5
}

// refusalLog counts refusals and writes the first of each kind in a while to the
// log, with how many were left out: a device that is set up wrongly says the
// same ten times a second.
type refusalLog struct {
	logger  *slog.Logger
	metrics *Metrics
	now     func() time.Time

	mu   sync.Mutex // guards last and skipped
	last map[refusal]time.Time
	skip map[refusal]int
}

// refusalEvery is how often a kind of refusal is logged.
const refusalEvery = 10 * time.Second

func newRefusalLog(logger *slog.Logger, m *Metrics, now func() time.Time) *refusalLog {
	return &refusalLog{logger: logger, metrics: m, now: now, last: map[refusal]time.Time{}, skip: map[refusal]int{}}
}

// note counts and perhaps logs one refusal. About holds a topic, a filter or an
// error, never a payload or a password.
func (l *refusalLog) note(r refusal, user, remote, about string) {
	l.metrics.mqttRefused.WithLabelValues(string(r)).Inc()
	l.mu.Lock()
	now := l.now()
	quiet := now.Sub(l.last[r]) < refusalEvery
	skipped := l.skip[r]
	if quiet {
		l.skip[r]++
	} else {
		l.last[r], l.skip[r] = now, 0
	}
	l.mu.Unlock()
	if !quiet {
		l.logger.Warn("embedded broker refused a client", "reason", string(r), "user", shorten(user), "remote", remote, "about", shorten(about), "unreported", skipped)
	}
}

// shorten bounds what comes from the wire.
func shorten(s string) string {
	const most = 200
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}
