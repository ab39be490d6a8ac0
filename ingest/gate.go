package ingest

import (
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"steward/internal/telemetry"
)

// gates judges messages by their topic: are they of a device whose messages are
// taken? The judgement is remembered until some standing changes, so that a
// message costs one look-up.
type gates struct {
	devices *Directory

	mu      sync.RWMutex // guards byTopic
	byTopic map[string]*gate
}

// gate is a topic of a device.
type gate struct {
	device telemetry.Device
	stream telemetry.Stream
	// verdict is the generation of the directory in which it was made, above the
	// bits of what was found.
	verdict atomic.Uint64
	// told is when an unknown device was last told of, in Unix milliseconds.
	told atomic.Int64
}

// The bits of a verdict.
const (
	verdictRefused = 1 << iota
	verdictUnknown
	verdictBits = iota
)

// unknownAgain is how often an unknown device that goes on publishing is told
// of: the one time before may have found no room.
const unknownAgain = time.Minute

func newGates(d *Directory) *gates {
	return &gates{devices: d, byTopic: make(map[string]*gate)}
}

// refuses reports whether a message on a topic goes to quarantine for its
// device. A malformed topic is somebody else's business.
func (g *gates) refuses(topic string, clock func() time.Time) bool {
	t := g.gate(topic)
	if t == nil {
		return false
	}
	generation := g.devices.generation.Load() // before the standing: it may only be too old
	verdict := t.verdict.Load()
	if verdict>>verdictBits != generation {
		verdict = generation<<verdictBits | g.judge(t)
		t.verdict.Store(verdict)
	}
	if verdict&verdictUnknown != 0 {
		now, last := clock().UnixMilli(), t.told.Load()
		if now-last >= unknownAgain.Milliseconds() && t.told.CompareAndSwap(last, now) {
			g.devices.Seen(t.device)
		}
	}
	return verdict&verdictRefused != 0
}

func (g *gates) judge(t *gate) (verdict uint64) {
	s := g.devices.Status(t.device)
	if !g.devices.Admits(s, t.stream) {
		verdict |= verdictRefused
	}
	if s == Unknown {
		verdict |= verdictUnknown
	}
	return verdict
}

// gate finds or makes the gate of a topic; nil for a malformed one.
func (g *gates) gate(topic string) *gate {
	g.mu.RLock()
	t := g.byTopic[topic]
	g.mu.RUnlock()
	if t != nil {
		return t
	}
	topic = strings.Clone(topic) // it is a part of a packet, which is not to be kept whole
	device, stream, err := telemetry.ParseTopic(topic)
	if err != nil {
		return nil
	}
	t = &gate{device: device, stream: stream}
	g.mu.Lock()
	defer g.mu.Unlock()
	if other := g.byTopic[topic]; other != nil {
		return other
	}
	if len(g.byTopic) < maxDevices {
		g.byTopic[topic] = t
	}
	return t
}
