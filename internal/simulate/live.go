package simulate

import (
	"context"
	"fmt"
	"time"

	"steward/internal/telemetry"
)

// LiveConfig says how a fleet speaks from now on.
type LiveConfig struct {
	// Start is when the first message is due, usually now. What happened between
	// where the fleet stands and Start is sent first, late, as devices do that
	// were cut off; Fleet.Advance skips it.
	Start time.Time
	// Rate is the number of telemetry and event messages a second over the whole
	// fleet; 0 is what the devices send by themselves. At a given rate they keep
	// their proportions, and every message is exactly 1/Rate after the last.
	Rate float64
	// Cadence multiplies the devices' own intervals when Rate is 0: 0.1 is ten
	// times as often. The default is 1.
	Cadence float64
	// Drama is how many acts a minute are staged: entrapments, alarms, faults,
	// forced doors, each with its end. 0 stages none.
	Drama float64
}

// maxRatePerDevice bounds Rate: device clocks tell milliseconds apart, and
// lifts speak more often than the average.
const maxRatePerDevice = 50

// maxDrama acts a minute; more would keep every elevator out of order.
const maxDrama = 600

// A Message is one publication of a device. Payload is the receiver's to keep.
type Message struct {
	At      time.Time // when it is due
	Device  int       // index in Fleet.Devices
	Stream  telemetry.Stream
	Topic   string
	Payload []byte
	QoS     byte
	Retain  bool
}

// Live is the message stream of a running fleet. Next and Skip must not be
// called at the same time by two goroutines.
type Live struct {
	fleet *Fleet
	cfg   LiveConfig
	drama *drama // nil without

	speakers []speaker
	wakes    *timetable // when a device's world needs attention
	samples  *timetable // when a device reports, on a clock that Skip can stop
	shift    telemetry.Millis

	base    time.Time // at a fixed rate: message n is due n/Rate after base
	sent    int64
	mute    int       // devices in a row that were cut off
	pending []Message // due already, oldest first
	taken   int       // of pending
	look    sample
}

// speaker is what one device needs to speak.
type speaker struct {
	topics  [3]string // telemetry, event, status
	seq     uint64
	last    telemetry.Millis // of the last sample
	batch   []byte           // samples waiting to be sent together
	batched int
}

// Live begins the message stream. Each device first says that it is online.
func (f *Fleet) Live(cfg LiveConfig) (*Live, error) {
	if cfg.Cadence == 0 {
		cfg.Cadence = 1
	}
	start := telemetry.MillisOf(cfg.Start)
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case start < f.through:
		return nil, fmt.Errorf("live fleet: it starts at %s, but the fleet has been run to %s already", start, f.through)
	case cfg.Rate < 0 || cfg.Rate > maxRatePerDevice*float64(len(f.devices)):
		return nil, fmt.Errorf("live fleet: rate %g is not from 0 to %d messages a second for each of %d devices",
			cfg.Rate, maxRatePerDevice, len(f.devices))
	case cfg.Cadence < 0.001 || cfg.Cadence > 1000:
		return nil, fmt.Errorf("live fleet: cadence %g is not from 0.001 to 1000", cfg.Cadence)
	case cfg.Drama < 0 || cfg.Drama > maxDrama:
		return nil, fmt.Errorf("live fleet: drama %g is not from 0 to %d acts a minute", cfg.Drama, maxDrama)
	}
	l := &Live{fleet: f, cfg: cfg, base: cfg.Start, speakers: make([]speaker, len(f.devices))}
	if cfg.Drama > 0 {
		l.drama = newDrama(f.cfg.Seed, start, cfg.Drama)
	}
	wakes, samples := make([]telemetry.Millis, len(f.devices)), make([]telemetry.Millis, len(f.devices))
	for i, d := range f.devices {
		ref := d.info.Device
		l.speakers[i].topics = [3]string{
			ref.Topic(telemetry.StreamTelemetry), ref.Topic(telemetry.StreamEvent), ref.Topic(telemetry.StreamStatus),
		}
		wakes[i] = d.wake()
		samples[i] = start + d.phase(telemetry.Millis(float64(metersPause)*cfg.Cadence))
		l.pending = append(l.pending, l.status(i, cfg.Start, !d.silent(start)))
	}
	l.wakes, l.samples = newTimetable(wakes), newTimetable(samples)
	return l, nil
}

// Next is the next message. Its due time is never before that of the one
// before; Next does not wait for it, and runs the world up to it.
func (l *Live) Next() Message {
	l.fleet.mu.Lock()
	defer l.fleet.mu.Unlock()
	for l.taken == len(l.pending) {
		l.pending, l.taken = l.pending[:0], 0
		l.step()
	}
	m := l.pending[l.taken]
	l.pending[l.taken] = Message{} // the payload is the receiver's now
	l.taken++
	l.fleet.through = max(l.fleet.through, telemetry.MillisOf(m.At))
	return m
}

// step does what is due next and leaves its messages, if any, in pending.
func (l *Live) step() {
	speaker, at := l.samples.first()
	at += l.shift
	if l.cfg.Rate > 0 {
		at = telemetry.MillisOf(l.slot())
	}
	waker, wake := l.wakes.first()
	switch {
	case l.drama != nil && l.drama.due <= min(at, wake):
		t := max(l.drama.due, l.start())
		if i := l.drama.perform(t, l.fleet.devices); i >= 0 {
			l.attend(i, t)
		}
	case wake <= at:
		l.attend(waker, wake)
	default:
		l.report(speaker, at)
	}
}

func (l *Live) start() telemetry.Millis { return telemetry.MillisOf(l.cfg.Start) }

// attend runs a device's world to t and sends what happened.
func (l *Live) attend(i int, t telemetry.Millis) {
	d := l.fleet.devices[i]
	// The sink is a slice and cannot fail.
	_ = d.advance(t, func(h *happening) error {
		at := l.due(max(h.sent, l.start()).Time())
		if h.kind == "" {
			l.pending = append(l.pending, l.status(i, at, h.online))
			return nil
		}
		l.pending = append(l.pending, Message{
			At: at, Device: i, Stream: telemetry.StreamEvent, Topic: l.speakers[i].topics[1], QoS: 1,
			Payload: appendEvent(make([]byte, 0, 64+len(h.attrs)+64), d, h),
		})
		l.sent++
		return nil
	})
	l.wakes.set(i, d.wake())
}

// report samples a device and sends the sample, or keeps it for a batch.
func (l *Live) report(i int, t telemetry.Millis) {
	d, s := l.fleet.devices[i], &l.speakers[i]
	virtual := l.samples.due[i]
	// Two reports within a millisecond would be one and the same reading.
	at := max(t, s.last+1)
	s.last = at
	l.attend(i, at)
	if d.silent(at) {
		l.samples.set(i, virtual+telemetry.Millis(float64(metersPause)*l.cfg.Cadence))
		if l.mute++; l.mute > len(l.speakers) { // nobody can speak: let the slot pass
			l.sent++
			l.mute = 0
		}
		return
	}
	l.mute = 0
	l.look.reset()
	d.model.sample(at, &l.look)
	s.seq++
	pause := max(1, telemetry.Millis(float64(d.model.pause(at))*l.cfg.Cadence))
	l.samples.set(i, virtual+pause)

	if d.batch == 1 {
		l.send(i, t, appendTelemetry(make([]byte, 0, 256), at+d.clockOffset, &l.look, s.seq))
		return
	}
	mark := byte('[')
	if s.batched > 0 {
		mark = ','
	}
	s.batch = appendTelemetry(append(s.batch, mark), at+d.clockOffset, &l.look, s.seq)
	if s.batched++; s.batched == d.batch {
		l.send(i, t, append(s.batch, ']'))
		s.batch, s.batched = nil, 0
	}
}

func (l *Live) send(i int, t telemetry.Millis, payload []byte) {
	l.pending = append(l.pending, Message{
		At: l.due(t.Time()), Device: i, Stream: telemetry.StreamTelemetry, Topic: l.speakers[i].topics[0], QoS: 1,
		Payload: payload,
	})
	l.sent++
}

func (l *Live) status(i int, at time.Time, online bool) Message {
	m := Message{
		At: at, Device: i, Stream: telemetry.StreamStatus, Topic: l.speakers[i].topics[2], QoS: 1, Retain: true,
		Payload: payloadOnline,
	}
	if !online {
		m.Payload = payloadOffline
	}
	return m
}

// due is when a message goes out that is ready at t: at a fixed rate, in the
// next slot.
func (l *Live) due(t time.Time) time.Time {
	if l.cfg.Rate > 0 {
		return l.slot()
	}
	return t
}

// slot is the time of the next message at a fixed rate. It is counted from the
// base, so that rounding does not add up.
func (l *Live) slot() time.Time {
	return l.base.Add(time.Duration(float64(l.sent) / l.cfg.Rate * float64(time.Second)))
}

// Skip lets the messages pass by that are overdue at now and returns for how
// long: samples that nobody could take are not made up for, events are sent
// late. The world goes on without interruption.
func (l *Live) Skip(now time.Time) time.Duration {
	l.fleet.mu.Lock()
	defer l.fleet.mu.Unlock()
	if l.cfg.Rate > 0 {
		late := max(0, now.Sub(l.slot()))
		l.base, l.sent = now, 0
		return late
	}
	_, at := l.samples.first()
	late := max(0, telemetry.MillisOf(now)-at-l.shift)
	l.shift += late
	return time.Duration(late) * time.Millisecond
}

// maxLag is how far Run falls behind before it skips.
const maxLag = 2 * time.Second

// Run delivers each message when it is due, until ctx ends, which is no error,
// or deliver returns one. When deliver is too slow, samples are skipped and
// onSkip, unless nil, is told how much time.
func (l *Live) Run(ctx context.Context, deliver func(Message) error, onSkip func(time.Duration)) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		m := l.Next()
		if wait := time.Until(m.At); wait > 0 {
			timer.Reset(wait)
			select {
			case <-timer.C:
			case <-ctx.Done():
				return nil
			}
		} else if ctx.Err() != nil {
			return nil
		} else if -wait > maxLag {
			if skipped := l.Skip(time.Now()); skipped > 0 && onSkip != nil {
				onSkip(skipped)
			}
		}
		if err := deliver(m); err != nil {
			return fmt.Errorf("deliver to %s: %w", m.Topic, err)
		}
	}
}
