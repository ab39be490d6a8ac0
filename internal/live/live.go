// Package live keeps the latest state of every device in memory and fans its
// changes out to any number of subscribers inside one process.
//
// The ingest goroutine tells a [Board] what arrived (Reading, State, Event,
// Status, Rejected); these calls only append to an inbox and return. [Board.Run]
// merges the inbox into the state every tick and publishes what changed as
// frames, one stream of frames for each distinct [Scope]. [Board.Subscribe]
// gives a snapshot and then the frames that follow it.
//
// Promises:
//   - Event time is the truth: a late value never becomes the latest, a late
//     event is listed in its place, a late clearance ends only what began
//     before it.
//   - Nobody is shown a place that his Scope does not allow: not its devices,
//     events, dangers or rejected messages, not by its counts, and not by how
//     much he missed.
//   - A snapshot and the frames after it have neither a gap nor a double
//     between them.
//   - What is in service is shown, also when it is silent; what is not, is shown
//     when it speaks.
//   - A subscriber costs nothing while it is slow: frames are kept once for a
//     scope, in a bounded backlog. Who falls behind it is told how many updates
//     were lost and starts again from a snapshot.
//   - Everything is bounded: devices, metrics of a device, events, backlogs.
//     What is refused is counted.
//
// Locks, in the order in which they may be taken: Board.mu, then inbox.mu or
// feed.mu. Ingest takes inbox.mu alone, unless the inbox is full.
package live

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"time"

	"steward/internal/telemetry"
)

// Options bounds a Board. A zero field means its default.
type Options struct {
	// MaxDevices is how many devices are kept (200,000). A tenth more is held in
	// reserve for devices that report a danger to life.
	MaxDevices int
	// MaxMetrics is how many metrics of one device are kept (256).
	MaxMetrics int
	// MaxEvents is how many recent events are kept for each severity (500), so
	// that a flood of passages through a gate never pushes out an entrapment.
	MaxEvents int
	// MaxRejected is how many rejected messages are kept (100).
	MaxRejected int
	// MaxDetail is how many devices a scope may hold before its snapshot and its
	// frames leave out single devices (20,000): no screen shows more, and the
	// work of a tick stays bounded. Dangers, events and counts are always sent.
	MaxDetail int
	// MaxBacklog is how many updates a scope keeps for its slower subscribers
	// (100,000), besides a limit of 64 frames.
	MaxBacklog int
	// Tick is how long changes are gathered before they are published (50 ms).
	// Dangers and other grave events do not wait for it.
	Tick time.Duration
}

// withDefaults fills what is zero and refuses what makes no sense.
func (o Options) withDefaults() (Options, error) {
	o.MaxDevices = cmp.Or(o.MaxDevices, 200_000)
	o.MaxMetrics = cmp.Or(o.MaxMetrics, 256)
	o.MaxEvents = cmp.Or(o.MaxEvents, 500)
	o.MaxRejected = cmp.Or(o.MaxRejected, 100)
	o.MaxDetail = cmp.Or(o.MaxDetail, 20_000)
	o.MaxBacklog = cmp.Or(o.MaxBacklog, 100_000)
	o.Tick = cmp.Or(o.Tick, 50*time.Millisecond)
	for _, limit := range []struct {
		name  string
		value int
	}{
		{"MaxDevices", o.MaxDevices}, {"MaxMetrics", o.MaxMetrics}, {"MaxEvents", o.MaxEvents},
		{"MaxRejected", o.MaxRejected}, {"MaxDetail", o.MaxDetail}, {"MaxBacklog", o.MaxBacklog},
	} {
		if limit.value < 1 {
			return o, fmt.Errorf("live board: %s is %d, want at least 1", limit.name, limit.value)
		}
	}
	if o.Tick < time.Millisecond || o.Tick > time.Second {
		return o, fmt.Errorf("live board: Tick is %s, want 1ms to 1s", o.Tick)
	}
	return o, nil
}

const (
	// countEvery is how often counts and rates are published: a rate is messages
	// in a second, and nobody reads faster.
	countEvery = time.Second
	// urgentGap is the least time between two publications that grave events ask
	// for, so that a storm of alarms is still gathered.
	urgentGap = 5 * time.Millisecond
)

// Board is the latest state of everything. Its methods may be called from
// several goroutines.
type Board struct {
	opts Options
	in   inbox
	wake chan struct{} // asks Run to publish before the next tick

	mu      sync.Mutex // guards everything below
	devices map[telemetry.Device]*device
	// dismissed are out of service; those that speak are among devices all the same.
	dismissed map[telemetry.Device]struct{}
	last      *device // what the previous sample resolved to: messages carry several
	dirty     []*device
	changed   int // values to publish, in the devices of dirty
	groups    groups
	tallies   tallies
	events    events
	dangers   dangers
	letters   letters
	feeds     feeds
	stats     Stats
}

// Stats counts what a Board holds and what it refused since it was made.
type Stats struct {
	Devices        int
	Subscribers    int
	Late           uint64 // values older than the one that is kept
	RefusedDevices uint64 // messages' values and events of devices over MaxDevices
	RefusedMetrics uint64 // values of metrics over MaxMetrics
}

// New makes an empty board.
func New(o Options) (*Board, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	return &Board{
		opts:    o,
		wake:    make(chan struct{}, 1),
		devices: map[telemetry.Device]*device{}, dismissed: map[telemetry.Device]struct{}{},
		groups:  newGroups(),
		tallies: newTallies(maxTallies),
		events:  newEvents(o.MaxEvents),
		dangers: newDangers(),
		letters: letters{limit: o.MaxRejected},
		feeds:   newFeeds(o.MaxBacklog),
	}, nil
}

// Run publishes changes until ctx ends. Without it nothing that is applied
// becomes visible. It returns nil.
func (b *Board) Run(ctx context.Context) error {
	tick := time.NewTicker(b.opts.Tick)
	defer tick.Stop()
	urgent := time.NewTimer(0)
	defer urgent.Stop()
	<-urgent.C
	var published time.Time
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-b.wake:
			if wait := urgentGap - time.Since(published); wait > 0 {
				urgent.Reset(wait)
				continue
			}
		case <-urgent.C:
		case <-tick.C:
		}
		b.flush()
		published = time.Now()
	}
}

// Stats returns the present counts.
func (b *Board) Stats() Stats {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.stats
	s.Devices = len(b.devices)
	s.Subscribers = b.feeds.subscribers
	return s
}

// flush merges what arrived and publishes what it changed. Both happen under
// one hold of the lock, so that no snapshot can see a state between them.
func (b *Board) flush() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.flushLocked()
}

func (b *Board) flushLocked() {
	now := time.Now()
	in := b.in.take()
	b.merge(in, telemetry.MillisOf(now))
	b.in.giveBack(in)
	b.publish(now)
}

// merge brings the inbox into the state.
func (b *Board) merge(in *batch, now telemetry.Millis) {
	for i := range in.samples {
		s := &in.samples[i]
		if d := b.deviceFor(s.dev, b.opts.MaxDevices); d != nil {
			d.group.lag = max(d.group.lag, now-s.received)
			b.countMessage(d, s.received)
			b.mergeSample(d, s)
		}
	}
	for i := range in.statuses {
		s := &in.statuses[i]
		if !s.Online && b.unwanted(s.Device) {
			continue // a meter that was exchanged and then unplugged
		}
		if d := b.deviceFor(s.Device, b.opts.MaxDevices); d != nil {
			d.group.messages++
			b.mergeStatus(d, s)
		}
	}
	for _, e := range in.events {
		b.mergeEvent(e, now)
	}
	b.letters.merge(in)
	b.tallies.reject(in)
}
