package ingest

import (
	"net/netip"
	"sync"
	"time"
)

// attempts bounds how often an address may try to sign in with what is wrong.
// Each failure takes from the address's allowance, which grows back; when it is
// used up, nothing is checked until some of it is there again. A device with an
// old password that tries every few seconds never uses it up, so that others
// behind the same address are not locked out by it.
type attempts struct {
	now func() time.Time

	mu        sync.Mutex // guards what follows
	addresses map[netip.Addr]allowance
	swept     time.Time // when those were last forgotten that have everything back
}

type allowance struct {
	left float64
	at   time.Time
}

const (
	attemptsMost      = 30     // failures at once
	attemptsPerSecond = 0.5    // that come back
	attemptsAddresses = 10_000 // remembered
	attemptsIPv6      = 64     // bits of an address that one customer has
)

func newAttempts(now func() time.Time) *attempts {
	return &attempts{now: now, addresses: make(map[netip.Addr]allowance)}
}

// client is the part of an address that stands for one client.
func (a *attempts) client(remote string) netip.Addr {
	addr, err := netip.ParseAddr(remote)
	if err != nil {
		return netip.Addr{}
	}
	addr = addr.Unmap().WithZone("")
	if addr.Is6() {
		if p, err := addr.Prefix(attemptsIPv6); err == nil {
			return p.Addr()
		}
	}
	return addr
}

// allowed reports whether an address may try.
func (a *attempts) allowed(remote string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.current(a.client(remote)).left >= 1
}

// failed takes one failure from the allowance of an address.
func (a *attempts) failed(remote string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	c := a.client(remote)
	al := a.current(c)
	al.left = max(0, al.left-1)
	if _, known := a.addresses[c]; !known && len(a.addresses) >= attemptsAddresses {
		a.makeRoom()
	}
	a.addresses[c] = al
}

func (a *attempts) current(c netip.Addr) allowance {
	now := a.now()
	al, known := a.addresses[c]
	if !known {
		return allowance{attemptsMost, now}
	}
	al.left = min(attemptsMost, al.left+now.Sub(al.at).Seconds()*attemptsPerSecond)
	al.at = now
	return al
}

// makeRoom forgets the addresses that have their whole allowance back, now and
// then, or else any one: a flood from everywhere must not cost a look at all.
func (a *attempts) makeRoom() {
	const sweepEvery = time.Second
	if now := a.now(); now.Sub(a.swept) >= sweepEvery {
		a.swept = now
		for c := range a.addresses {
			if a.current(c).left >= attemptsMost {
				delete(a.addresses, c)
			}
		}
	}
	for c := range a.addresses {
		if len(a.addresses) < attemptsAddresses {
			return
		}
		delete(a.addresses, c)
	}
}
