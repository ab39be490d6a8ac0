package notify

import "time"

// budget is how many messages a channel may send: each of its limits holds over
// any span of its length. Chat robots that get more are locked for minutes. It
// is not safe for concurrent use.
type budget struct {
	limits []*limit
}

// limit allows n messages in any span of per; keep of them for life safety alone.
type limit struct {
	n, keep int
	per     time.Duration
	sent    []time.Time // within the last per, at most n
}

// take uses one message of the budget, when wait is 0; else there will be room
// after that time.
func (b *budget) take(now time.Time, lifeSafety bool) (wait time.Duration) {
	for _, l := range b.limits {
		wait = max(wait, l.wait(now, lifeSafety))
	}
	if wait > 0 {
		return wait
	}
	for _, l := range b.limits {
		l.sent = append(l.sent, now)
	}
	return 0
}

func (l *limit) wait(now time.Time, lifeSafety bool) time.Duration {
	old := 0
	for old < len(l.sent) && now.Sub(l.sent[old]) >= l.per {
		old++
	}
	l.sent = append(l.sent[:0], l.sent[old:]...)
	room := l.n
	if !lifeSafety {
		room -= l.keep
	}
	if len(l.sent) < room {
		return 0
	}
	return l.sent[len(l.sent)-room].Add(l.per).Sub(now)
}
