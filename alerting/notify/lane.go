package notify

import (
	"slices"
	"time"

	"steward/internal/incident"
	"steward/internal/telemetry"
)

// lane is what waits for one channel. Notices about life safety wait by
// themselves, and so never behind others.
type lane struct {
	*opened
	budget *budget

	urgent, calm []*held // claimed and not sent yet, at most maxQueue of each
	urgentBusy   int     // messages that are being sent now
	calmBusy     bool
	alone        time.Time // until then the channel is left alone, but for life safety
}

// held is a notice that was claimed.
type held struct {
	notice  incident.Notice
	lease   time.Time // until then it is ours
	sending bool
	// next is the same notice, claimed again while it was being sent: its attempt
	// was noted and the outbox gave it out before the sender had said that it is
	// through.
	next *held
}

const (
	// maxQueue of a lane is more than it sends within a lease. What is over it is
	// not held: its lease ends, and it is claimed again.
	maxQueue = 200
	// urgentAtOnce: a message that hangs does not hold the next one about life
	// safety. Others are sent one at a time.
	urgentAtOnce = 4
	maxBatch     = 100 // notices of one digest
)

// put adds a notice to the queue and reports whether there was room.
func (l *lane) put(h *held) bool {
	queue := &l.calm
	if h.notice.Severity == telemetry.LifeSafety {
		queue = &l.urgent
	}
	if len(*queue) >= maxQueue {
		return false
	}
	*queue = append(*queue, h)
	return true
}

// expired takes out what cannot be sent within its lease any more: somebody else
// may be given it at any moment.
func (l *lane) expired(now time.Time) (gone []*held) {
	late := func(h *held) bool {
		// It is read, sent, and its outcome noted.
		if h.lease.Sub(now) > l.timeout+2*finishTimeout {
			return false
		}
		gone = append(gone, h)
		return true
	}
	l.urgent = slices.DeleteFunc(l.urgent, late)
	l.calm = slices.DeleteFunc(l.calm, late)
	return gone
}

// batch chooses what goes as the next message: the gravest that has waited
// longest, and with it those of its group for the same receiver; when many wait
// for that receiver, all of them.
func (l *lane) batch() []*held {
	first := l.calm[0]
	for _, h := range l.calm[1:] {
		if gravity(h.notice.Severity) < gravity(first.notice.Severity) {
			first = h
		}
	}
	same := func(h *held) bool {
		return h.notice.Receiver == first.notice.Receiver && h.notice.Lang == first.notice.Lang
	}
	waiting := 0
	for _, h := range l.calm {
		if same(h) {
			waiting++
		}
	}
	digest := waiting > l.digestAfter
	out := []*held{first}
	for _, h := range l.calm {
		together := digest || first.notice.Group != "" && h.notice.Group == first.notice.Group
		if h != first && same(h) && together && len(out) < maxBatch {
			out = append(out, h)
		}
	}
	return out
}

// take removes from the queue what is sent now.
func (l *lane) take(batch []*held) {
	for _, h := range batch {
		h.sending = true
	}
	l.calm = slices.DeleteFunc(l.calm, func(h *held) bool { return h.sending })
}
