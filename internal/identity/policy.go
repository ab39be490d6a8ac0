package identity

import (
	"errors"
	"runtime"
	"time"
)

// Policy says how strict sign-in is. A zero field means its default.
type Policy struct {
	SessionIdle     time.Duration // a session ends after so long without a request; 12 h
	SessionAbsolute time.Duration // and so long after its sign-in at the latest; 7 days
	RotateEvery     time.Duration // the secret of a session is changed so often; 15 min
	MaxSessions     int           // of one person; the one that was used longest ago gives way; 20

	MinPasswordLength int // characters; 10, never below 8

	LockAfter int           // failures in a row, after which an account is locked; 5
	LockFirst time.Duration // for so long, doubled with every further failure; 30 s
	LockMax   time.Duration // and never longer; 1 h

	AddressBurst int           // failures of one address before it has to wait; 20
	AddressEvery time.Duration // and then one is allowed so often; 6 s

	TokenLife time.Duration // of a token without an expiry of its own; 365 days

	Hashing Hashing
}

// Hashing are the costs of a password. What is stored under other costs is
// brought to these at the next sign-in.
type Hashing struct {
	MemoryKiB   uint32 // of one computation; 19 MiB
	Passes      uint32 // over this memory; 2
	Concurrency int    // computations at the same time; the number of processors, at least 2
}

const day = 24 * time.Hour

func (p Policy) withDefaults() (Policy, error) {
	duration := func(d *time.Duration, def time.Duration) {
		if *d == 0 {
			*d = def
		}
	}
	number := func(n *int, def int) {
		if *n == 0 {
			*n = def
		}
	}
	duration(&p.SessionIdle, 12*time.Hour)
	duration(&p.SessionAbsolute, 7*day)
	duration(&p.RotateEvery, 15*time.Minute)
	duration(&p.LockFirst, 30*time.Second)
	duration(&p.LockMax, time.Hour)
	duration(&p.AddressEvery, 6*time.Second)
	duration(&p.TokenLife, 365*day)
	number(&p.MaxSessions, 20)
	number(&p.MinPasswordLength, 10)
	number(&p.LockAfter, 5)
	number(&p.AddressBurst, 20)
	number(&p.Hashing.Concurrency, max(2, runtime.GOMAXPROCS(0)))
	if p.Hashing.MemoryKiB == 0 {
		p.Hashing.MemoryKiB = 19 * 1024
	}
	if p.Hashing.Passes == 0 {
		p.Hashing.Passes = 2
	}
	switch {
	case min(p.SessionIdle, p.SessionAbsolute, p.RotateEvery, p.LockFirst, p.LockMax, p.AddressEvery, p.TokenLife) < 0:
		return Policy{}, errors.New("policy: a negative duration")
	case min(p.MaxSessions, p.LockAfter, p.AddressBurst, p.Hashing.Concurrency) < 0:
		return Policy{}, errors.New("policy: a negative number")
	case p.MinPasswordLength < 8:
		return Policy{}, errors.New("policy: passwords of fewer than 8 characters are guessed: set the minimum length to 8 or more")
	case p.SessionIdle < 2*seenEvery:
		return Policy{}, errors.New("policy: sessions cannot end after less than 2 minutes without a request")
	}
	return p, nil
}
