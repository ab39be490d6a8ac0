package ingest

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"steward/internal/authz"
	"steward/internal/telemetry"
)

// Standing is what the registry thinks of a device.
type Standing uint8

// The standings. A device that was retired or replaced and still publishes is
// Known: what it says is true, and somebody should wonder.
const (
	Unknown Standing = iota // nobody has heard of it
	Pending                 // registered, and waiting for somebody to approve it
	Known                   // approved, now or once
	Refused                 // by a person
)

// UnknownPolicy says what becomes of messages of devices that nobody has
// approved.
type UnknownPolicy string

const (
	// KeepUnknown stores and shows them, while the device waits to be approved.
	KeepUnknown UnknownPolicy = "pending"

	// RefuseUnknown quarantines them, but for events: a lost alarm is a person in
	// a lift. Only a device that a person refused cannot raise one.
	RefuseUnknown UnknownPolicy = "refuse"
)

// Registrar is told which unknown devices publish, and Puts the standing of those
// that it took. Whom it has no room for it is told of again a while later;
// telling it twice of the same changes nothing.
type Registrar interface {
	Register(ctx context.Context, devices []telemetry.Device) error
}

// Directory knows the standing of every device, in memory, for the door. Its
// owner keeps it up to date with Set and Put; Run tells the registry of unknown
// devices. It is safe for concurrent use.
type Directory struct {
	policy  UnknownPolicy
	metrics *Metrics
	logger  *slog.Logger

	// generation changes with every standing, so that whoever remembers one
	// knows when to ask again. It is at least 1.
	generation atomic.Uint64

	mu       sync.RWMutex // guards what follows
	standing map[telemetry.Device]Standing
	waiting  map[telemetry.Device]struct{} // unknown, to be registered
	wake     chan struct{}                 // holds one token when somebody waits
}

const (
	// maxWaiting bounds the unknown devices that wait to be registered. One that
	// finds no room is seen again when it publishes again.
	maxWaiting = 10_000

	registerBatch   = 500                    // devices told at once at most
	registerGather  = 200 * time.Millisecond // how long the first waits for others
	registerTimeout = 30 * time.Second
	registerRetry   = time.Second // the first wait after a failure, doubled with each
	registerRetries = time.Minute // the longest wait
)

// NewDirectory makes a directory in which no device is known yet: Set it before
// the door opens.
func NewDirectory(policy UnknownPolicy, m *Metrics, logger *slog.Logger) *Directory {
	d := &Directory{
		policy: policy, metrics: m, logger: logger,
		standing: make(map[telemetry.Device]Standing), waiting: make(map[telemetry.Device]struct{}),
		wake: make(chan struct{}, 1),
	}
	d.generation.Store(1)
	return d
}

// Set replaces everything that is known. The map is the directory's from now on.
func (d *Directory) Set(all map[telemetry.Device]Standing) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.standing = all
	d.generation.Add(1)
}

// Put changes the standing of one device, from its next message on.
func (d *Directory) Put(device telemetry.Device, s Standing) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.standing[device] == s {
		return
	}
	d.standing[device] = s
	delete(d.waiting, device)
	d.generation.Add(1)
}

// Status is the standing of a device.
func (d *Directory) Status(device telemetry.Device) Standing {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.standing[device]
}

// Admits reports whether messages of a stream of a device with this standing
// are taken, or quarantined.
func (d *Directory) Admits(s Standing, stream telemetry.Stream) bool {
	switch s {
	case Known:
		return true
	case Refused:
		return false
	}
	return d.policy == KeepUnknown || stream == telemetry.StreamEvent
}

// Seen notes that an unknown device publishes. It waits for nothing.
func (d *Directory) Seen(device telemetry.Device) {
	place := authz.Place{Region: device.Region, Project: device.Project}
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, ok := d.waiting[device]; ok || d.standing[device] != Unknown {
		return
	}
	// A region by the name of the headquarters could never be registered.
	if len(d.waiting) >= maxWaiting || place.Validate() != nil {
		d.metrics.unknownDropped.Inc()
		return
	}
	d.metrics.unknown.Inc()
	d.waiting[device] = struct{}{}
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// Run tells the registrar of unknown devices until ctx ends, again and again
// until it takes them. What is left then is seen again after the next start.
func (d *Directory) Run(ctx context.Context, r Registrar) error {
	failures := 0
	for {
		if failures == 0 {
			select {
			case <-ctx.Done():
				return nil
			case <-d.wake:
			}
		}
		if !pause(ctx, d.pauseAfter(failures)) {
			return nil
		}
		if err := d.register(ctx, r); err != nil && ctx.Err() == nil {
			if failures&(failures+1) == 0 {
				d.logger.Warn("unknown devices not registered yet", "error", err, "failures", failures+1,
					"remedy", "see that the registry's database is reachable; messages are handled as before meanwhile")
			}
			failures++
			continue
		}
		failures = 0
	}
}

func (d *Directory) pauseAfter(failures int) time.Duration {
	if failures == 0 {
		return registerGather
	}
	wait := min(registerRetry<<min(failures-1, 10), registerRetries)
	return wait/2 + rand.N(wait/2+1)
}

func pause(ctx context.Context, wait time.Duration) bool {
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// register tells of one batch. Whoever is in it stays among the waiting until
// it is taken, so that it is not told twice at a time.
func (d *Directory) register(ctx context.Context, r Registrar) error {
	batch := d.batch()
	if len(batch) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, registerTimeout)
	defer cancel()
	if err := r.Register(ctx, batch); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, device := range batch {
		delete(d.waiting, device)
	}
	if len(d.waiting) > 0 {
		select {
		case d.wake <- struct{}{}:
		default:
		}
	}
	return nil
}

func (d *Directory) batch() []telemetry.Device {
	d.mu.RLock()
	defer d.mu.RUnlock()
	batch := make([]telemetry.Device, 0, min(len(d.waiting), registerBatch))
	for device := range d.waiting {
		if len(batch) == registerBatch {
			break
		}
		batch = append(batch, device)
	}
	return batch
}
