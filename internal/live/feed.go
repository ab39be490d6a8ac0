package live

import (
	"slices"
	"sync"

	"steward/internal/authz"
	"steward/internal/telemetry"
)

// maxFrames is how many frames a scope keeps for its slower subscribers: three
// seconds of ticks.
const maxFrames = 64

// Frame is what changed in a scope since the frame before. It is shared by all
// subscribers of the scope and must not be modified.
type Frame struct {
	Seq      uint64 // one more than that of the frame or snapshot before
	At       telemetry.Millis
	Devices  []*DeviceState      // with the values that changed
	Gone     []*telemetry.Device // after Devices: out of service, and shown no longer
	Dangers  []Danger            // begun or changed
	Ended    []*telemetry.Device
	Events   []*telemetry.Event // in order of arrival
	Rejected []*Rejected        // in order of arrival
	Groups   []Group            // those whose counts changed
	Totals   *Totals            // once a second, else nil
	Updates  int                // how many updates this is; what a slow subscriber misses is counted in them

	shared shared
}

// Shared returns what build makes of f. It is built once, by whoever asks
// first, so that the subscribers of a scope share one encoding.
func (f *Frame) Shared(build func(*Frame) any) any {
	return f.shared.get(func() any { return build(f) })
}

// shared is a value that is built once.
type shared struct {
	once  sync.Once
	value any
}

func (s *shared) get(build func() any) any {
	s.once.Do(func() { s.value = build() })
	return s.value
}

// feed is the stream of frames of one scope.
type feed struct {
	scope   Scope
	who     *audience
	refs    int
	pending *Frame    // in the making, during a publication
	snap    *Snapshot // the newest that was made; good while no frame follows it
	wide    bool      // more devices than Options.MaxDetail: single devices are left out

	mu      sync.Mutex    // guards what follows; only a publication writes it
	frames  []*Frame      // the newest, in order, without gaps
	head    uint64        // Seq of the newest frame ever
	reset   uint64        // who has seen less than this starts again from a snapshot
	updates uint64        // published ever
	backlog int           // updates in frames
	wake    chan struct{} // closed when something is published
}

// feeds are the scopes that somebody watches. They are found by their Detail
// filter, so that the work of a publication does not grow with their number.
type feeds struct {
	byScope     map[Scope]*feed
	byDetail    map[Filter][]*feed
	audiences   map[authz.Scope]*audience // of the feeds
	inUse       [masks]int                // how many filters of each mask are in byDetail
	gen         uint64                    // changes when the set does
	pending     []*feed
	maxBacklog  int
	subscribers int
}

func newFeeds(maxBacklog int) feeds {
	return feeds{
		byScope: map[Scope]*feed{}, byDetail: map[Filter][]*feed{}, audiences: map[authz.Scope]*audience{}, maxBacklog: maxBacklog,
	}
}

// acquire is the feed of a scope whose audience is who.
func (l *feeds) acquire(s Scope, who *audience) *feed {
	f := l.byScope[s]
	if f == nil {
		f = &feed{scope: s, who: who, wake: make(chan struct{})}
		l.byScope[s] = f
		l.audiences[s.Allowed] = who
		who.feeds++
		if len(l.byDetail[s.Detail]) == 0 {
			l.inUse[s.Detail.mask()]++
		}
		l.byDetail[s.Detail] = append(l.byDetail[s.Detail], f)
		l.gen++
	}
	f.refs++
	l.subscribers++
	return f
}

func (l *feeds) release(f *feed) {
	l.subscribers--
	if f.refs--; f.refs > 0 {
		return
	}
	delete(l.byScope, f.scope)
	if f.who.feeds--; f.who.feeds == 0 {
		delete(l.audiences, f.scope.Allowed)
	}
	detail := f.scope.Detail
	var rest []*feed
	for _, other := range l.byDetail[detail] {
		if other != f {
			rest = append(rest, other)
		}
	}
	l.byDetail[detail] = rest
	if len(rest) == 0 {
		delete(l.byDetail, detail)
		l.inUse[detail.mask()]--
	}
	l.gen++
	// Devices remember their feeds until they speak again: what they remember
	// must be small.
	f.snap = nil
	f.mu.Lock()
	defer f.mu.Unlock()
	f.frames, f.backlog = nil, 0
}

// matching appends the feeds whose Detail selects d, also those that may not
// see it.
func (l *feeds) matching(d *telemetry.Device, to []*feed) []*feed {
	for m, n := range l.inUse {
		if n == 0 {
			continue
		}
		// A sender that is known in part only has empty fields: it is found by
		// the filters of what is known.
		if f := filterOf(d, uint8(m)); f.mask() == uint8(m) {
			to = append(to, l.byDetail[f]...)
		}
	}
	return to
}

// of is matching for a device of the board, remembered while the set of feeds
// stays as it is.
func (l *feeds) of(d *device) []*feed {
	if d.gen != l.gen {
		d.feeds, d.gen = l.matching(&d.id, d.feeds[:0]), l.gen
		d.feeds = slices.DeleteFunc(d.feeds, func(f *feed) bool { return !f.who.may(d.group) })
	}
	return d.feeds
}

// frame is the frame that f is about to publish.
func (l *feeds) frame(f *feed) *Frame {
	if f.pending == nil {
		f.pending = new(Frame)
		l.pending = append(l.pending, f)
	}
	return f.pending
}

// event hands e to those who may see its device, which is of group g, nil when
// that was never admitted.
func (l *feeds) event(e *telemetry.Event, g *group) {
	for _, f := range l.matching(e.Device, nil) {
		if !f.who.maySee(e.Device, g) {
			continue
		}
		p := l.frame(f)
		p.Events = append(p.Events, e)
		p.Updates++
	}
}

func (l *feeds) rejected(r *Rejected) {
	sender, place := r.sender(), placeOfTopic(r.Topic)
	for _, f := range l.matching(&sender, nil) {
		if !f.who.allowed.Covers(place) {
			continue
		}
		p := l.frame(f)
		p.Rejected = append(p.Rejected, r)
		p.Updates++
	}
}

func (l *feeds) danger(g *danger) {
	for _, f := range l.byScope {
		if !f.who.may(g.device.group) || !f.scope.Overview.Matches(&g.device.id) {
			continue
		}
		p := l.frame(f)
		p.Updates++
		if len(g.reports) == 0 {
			p.Ended = append(p.Ended, &g.device.id)
		} else {
			p.Dangers = append(p.Dangers, g.state())
		}
	}
}

// counts hands the groups that changed to those who may see them, and the
// audience's totals to everybody.
func (l *feeds) counts(changed []*group) {
	for _, f := range l.byScope {
		p := l.frame(f)
		totals := f.who.totals
		p.Totals = &totals
		for _, g := range changed {
			if f.who.may(g) && f.scope.Overview.matchesGroup(&g.id) {
				p.Groups = append(p.Groups, g.published)
				p.Updates++
			}
		}
	}
}

// publish sends what is pending on its way.
func (l *feeds) publish(now telemetry.Millis) {
	for i, f := range l.pending {
		f.publish(now, l.maxBacklog)
		l.pending[i] = nil
	}
	l.pending = l.pending[:0]
}

func (f *feed) publish(now telemetry.Millis, maxBacklog int) {
	p := f.pending
	f.pending, f.snap = nil, nil

	f.mu.Lock()
	defer f.mu.Unlock()
	f.head++
	p.Seq, p.At = f.head, now
	f.updates += uint64(p.Updates)
	f.frames = append(f.frames, p)
	f.backlog += p.Updates
	drop := 0
	for len(f.frames)-drop > maxFrames || f.backlog > maxBacklog && len(f.frames)-drop > 1 {
		f.backlog -= f.frames[drop].Updates
		drop++
	}
	if drop > 0 {
		n := copy(f.frames, f.frames[drop:])
		clear(f.frames[n:])
		f.frames = f.frames[:n]
	}
	close(f.wake)
	f.wake = make(chan struct{})
}

// restart makes every subscriber of f start again from a snapshot.
func (f *feed) restart() {
	f.snap = nil
	f.mu.Lock()
	defer f.mu.Unlock()
	f.head++ // no frame has this number: what follows cannot follow what was before
	f.reset = f.head
	f.frames, f.backlog = nil, 0
	close(f.wake)
	f.wake = make(chan struct{})
}
