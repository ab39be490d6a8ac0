package notify

import (
	"errors"
	"math/rand/v2"
	"time"

	"steward/internal/incident"
	"steward/internal/telemetry"
)

// The pauses before a channel is tried again; after the last one it is the next
// channel's turn. About life safety nobody waits long for a channel that fails.
var (
	calmPauses   = []time.Duration{time.Second, 5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute}
	urgentPauses = []time.Duration{500 * time.Millisecond, time.Second, 2 * time.Second}
)

const (
	// urgentPatience is how long a channel may want to be left alone before a
	// notice about life safety takes the next one instead, or, when there is none,
	// tries all the same.
	urgentPatience = 15 * time.Second
	// urgentRounds is for how long a notice about life safety that has gone through
	// all of its channels begins again; the escalation has reached others by then.
	urgentRounds  = 30 * time.Minute
	minRound      = 10 * time.Second
	maxRoundPause = 5 * time.Minute
)

// advance is what becomes of a notice after an attempt that ended with err.
func advance(n incident.Notice, err error, now time.Time) incident.Notice {
	if err == nil {
		n.State, n.SentAt = incident.NoticeSent, &now
		return n
	}
	urgent := n.Severity == telemetry.LifeSafety
	pauses := calmPauses
	if urgent {
		pauses = urgentPauses
	}
	var later *LaterError
	errors.As(err, &later)
	switch {
	case errors.Is(err, ErrPermanent), n.Tries >= len(pauses),
		urgent && later != nil && later.After > urgentPatience && len(n.Channels) > 1:
		return nextChannel(n, urgent, now)
	}
	pause := jitter(pauses[n.Tries])
	if later != nil {
		after := later.After
		if urgent {
			after = min(after, urgentPatience)
		}
		pause = max(pause, after)
	}
	n.Tries++
	n.NextAt = now.Add(pause)
	return n
}

func nextChannel(n incident.Notice, urgent bool, now time.Time) incident.Notice {
	age := now.Sub(n.CreatedAt)
	switch {
	case n.Channel+1 < len(n.Channels):
		n.Channel, n.Tries, n.NextAt = n.Channel+1, 0, now
	case urgent && age < urgentRounds && len(n.Channels) > 0:
		n.Channel, n.Tries, n.NextAt = 0, 0, now.Add(jitter(min(max(age/2, minRound), maxRoundPause)))
	default:
		n.State = incident.NoticeFailed
	}
	return n
}

// jitter is d and up to a fifth more, so that what failed together does not come
// again together.
func jitter(d time.Duration) time.Duration {
	return d + rand.N(d/5+1)
}
