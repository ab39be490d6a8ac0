package notify

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"steward/internal/incident"
	"steward/internal/telemetry"
)

func TestAdvance(t *testing.T) {
	later := func(d time.Duration) error { return &LaterError{After: d, Err: errors.New("429")} }
	busy, never := errors.New("busy"), fmt.Errorf("%w: no such robot", ErrPermanent)
	f := func(name string, severity telemetry.Severity, channels, channel, tries int, age time.Duration, err error, want incident.Notice, least, most time.Duration) {
		t.Helper()
		n := incident.Notice{Severity: severity, Channels: make([]string, channels), Channel: channel, Tries: tries, CreatedAt: theTime.Add(-age), State: incident.NoticeWaiting}
		got := advance(n, err, theTime)
		if got.State != want.State || got.Channel != want.Channel || got.Tries != want.Tries {
			t.Errorf("%s: state %s channel %d tries %d, want %s %d %d", name, got.State, got.Channel, got.Tries, want.State, want.Channel, want.Tries)
		}
		if wait := got.NextAt.Sub(theTime); got.State == incident.NoticeWaiting && (wait < least || wait > most) {
			t.Errorf("%s: next after %v, want %v to %v", name, wait, least, most)
		}
		if (got.SentAt != nil) != (err == nil) {
			t.Errorf("%s: sent at %v", name, got.SentAt)
		}
	}
	next := func(channel, tries int) incident.Notice {
		return incident.Notice{State: incident.NoticeWaiting, Channel: channel, Tries: tries}
	}
	failed := func(channel, tries int) incident.Notice {
		return incident.Notice{State: incident.NoticeFailed, Channel: channel, Tries: tries}
	}
	const calm, urgent = telemetry.Warning, telemetry.LifeSafety
	f("sent", calm, 1, 0, 2, 0, nil, incident.Notice{State: incident.NoticeSent, Tries: 2}, 0, 0)
	for i, pause := range calmPauses {
		f("calm again", calm, 2, 0, i, 0, busy, next(0, i+1), pause, pause*6/5)
	}
	f("calm, often enough", calm, 2, 0, len(calmPauses), 0, busy, next(1, 0), 0, 0)
	f("calm, last channel", calm, 2, 1, len(calmPauses), 0, busy, failed(1, len(calmPauses)), 0, 0)
	f("calm, never", calm, 2, 0, 0, 0, never, next(1, 0), 0, 0)
	f("calm, never, last", calm, 1, 0, 0, 0, never, failed(0, 0), 0, 0)
	f("calm, told to wait", calm, 2, 0, 0, 0, later(7*time.Minute), next(0, 1), 7*time.Minute, 7*time.Minute)
	for i, pause := range urgentPauses {
		f("urgent again", urgent, 2, 0, i, 0, busy, next(0, i+1), pause, pause*6/5)
	}
	f("urgent, often enough", urgent, 2, 0, len(urgentPauses), 0, busy, next(1, 0), 0, 0)
	f("urgent, told to wait a little", urgent, 2, 0, 0, 0, later(10*time.Second), next(0, 1), 10*time.Second, 10*time.Second)
	f("urgent, told to wait long", urgent, 2, 0, 0, 0, later(time.Minute), next(1, 0), 0, 0)
	f("urgent, told to wait long, alone", urgent, 1, 0, 0, 0, later(time.Hour), next(0, 1), urgentPatience, urgentPatience)
	f("urgent, all channels", urgent, 2, 1, 0, time.Minute, never, next(0, 0), 30*time.Second, 36*time.Second)
	f("urgent, all channels, at once", urgent, 2, 1, 0, 0, never, next(0, 0), minRound, minRound*6/5)
	f("urgent, all channels, for long", urgent, 2, 1, 0, urgentRounds, never, failed(1, 0), 0, 0)
	f("no channel at all", urgent, 0, 0, 0, 0, never, failed(0, 0), 0, 0)
}
