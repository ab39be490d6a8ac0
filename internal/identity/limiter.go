package identity

import (
	"net/netip"
	"sync"
	"time"
)

// limiter allows a burst of events for each key, and then one in a while. It
// remembers the keys that were used last, at most twice maxKeys of them: a key
// that is forgotten has its burst again.
type limiter struct {
	burst int
	every time.Duration
	now   func() time.Time

	mu         sync.Mutex // guards all below
	young, old map[string]time.Time
}

// maxKeys addresses are more than an installation has people, and take less than
// a megabyte.
const maxKeys = 8192

func newLimiter(burst int, every time.Duration, now func() time.Time) *limiter {
	return &limiter{burst: burst, every: every, now: now, young: map[string]time.Time{}}
}

// take counts an event. A wait above zero says that it is one too many, and when
// the next is allowed.
func (l *limiter) take(key string) (wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	// One time says it all: when the key has its whole burst again.
	full := l.get(key)
	if full.Before(now) {
		full = now
	}
	full = full.Add(l.every)
	if wait := full.Sub(now) - time.Duration(l.burst)*l.every; wait > 0 {
		return wait
	}
	l.put(key, full)
	return 0
}

// giveBack undoes a take.
func (l *limiter) giveBack(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if full := l.get(key); full.After(l.now()) {
		l.put(key, full.Add(-l.every))
	}
}

func (l *limiter) get(key string) time.Time {
	if t, ok := l.young[key]; ok {
		return t
	}
	return l.old[key]
}

func (l *limiter) put(key string, full time.Time) {
	if len(l.young) >= maxKeys {
		l.young, l.old = map[string]time.Time{}, l.young
	}
	l.young[key] = full
}

// addressKey is what counts as one caller: an IPv4 address, or the /64 that an
// IPv6 subscriber gets. What is no address is one caller by its text.
func addressKey(remote string) string {
	addr, err := netip.ParseAddr(remote)
	if err != nil {
		port, err := netip.ParseAddrPort(remote)
		if err != nil {
			return remote
		}
		addr = port.Addr()
	}
	addr = addr.Unmap().WithZone("")
	if addr.Is4() {
		return addr.String()
	}
	prefix, err := addr.Prefix(64)
	if err != nil {
		return addr.String()
	}
	return prefix.String()
}
