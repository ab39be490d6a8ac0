package identity

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	"golang.org/x/crypto/argon2"
)

// hasher computes argon2id (RFC 9106). Each computation takes megabytes, so that
// only so many run at a time and only so many wait.
type hasher struct {
	costs   Hashing
	slots   chan struct{}
	waiting atomic.Int64
	dummy   string // checked for those who have no password, at the same cost
}

const (
	saltLength = 16
	hashLength = 32

	// maxWaiting sign-ins wait for a slot, about two seconds' worth; the others
	// are told to come back.
	maxWaiting = 64

	// Costs above these are not of this program: a forged row must not take the
	// machine's memory.
	maxMemoryKiB = 1 << 20
	maxPasses    = 64
)

func newHasher(costs Hashing) (*hasher, error) {
	if costs.MemoryKiB > maxMemoryKiB || costs.Passes > maxPasses {
		return nil, fmt.Errorf("policy: hashing with %d KiB and %d passes is over %d KiB or %d passes", costs.MemoryKiB, costs.Passes, maxMemoryKiB, maxPasses)
	}
	h := &hasher{costs: costs, slots: make(chan struct{}, costs.Concurrency)}
	h.dummy = h.hash(newPassword())
	return h, nil
}

// enter waits for a slot; leave gives it back. ErrBusy says that too many wait.
func (h *hasher) enter(ctx context.Context) (leave func(), err error) {
	if h.waiting.Add(1) > maxWaiting {
		h.waiting.Add(-1)
		return nil, ErrBusy
	}
	defer h.waiting.Add(-1)
	select {
	case h.slots <- struct{}{}:
		return func() { <-h.slots }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// hash makes a PHC string of a normalized password. The caller has a slot.
func (h *hasher) hash(password string) string {
	salt := randomBytes(saltLength)
	sum := argon2.IDKey([]byte(password), salt, h.costs.Passes, h.costs.MemoryKiB, 1, hashLength)
	encode := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=1$%s$%s", argon2.Version, h.costs.MemoryKiB, h.costs.Passes, encode(salt), encode(sum))
}

// verify checks a normalized password against a PHC string, or against nothing
// at the same cost when that is empty. outdated asks for a new hash. The caller
// has a slot.
func (h *hasher) verify(phc, password string) (ok, outdated bool, err error) {
	known := phc != ""
	if !known {
		phc = h.dummy
	}
	stored, err := parsePHC(phc)
	if err != nil {
		return false, false, err
	}
	sum := argon2.IDKey([]byte(password), stored.salt, stored.passes, stored.memoryKiB, stored.threads, uint32(len(stored.sum)))
	ok = subtle.ConstantTimeCompare(sum, stored.sum) == 1 && known
	outdated = stored.memoryKiB != h.costs.MemoryKiB || stored.passes != h.costs.Passes || stored.threads != 1
	return ok, outdated, nil
}

type phc struct {
	memoryKiB, passes uint32
	threads           uint8
	salt, sum         []byte
}

var errPHC = errors.New("a stored password is not an argon2id PHC string: reset it")

func parsePHC(s string) (phc, error) {
	var p phc
	var version int
	part := strings.Split(s, "$")
	if len(part) != 6 || part[0] != "" || part[1] != "argon2id" {
		return phc{}, errPHC
	}
	if _, err := fmt.Sscanf(part[2], "v=%d", &version); err != nil || version != argon2.Version {
		return phc{}, errPHC
	}
	if _, err := fmt.Sscanf(part[3], "m=%d,t=%d,p=%d", &p.memoryKiB, &p.passes, &p.threads); err != nil {
		return phc{}, errPHC
	}
	var err1, err2 error
	p.salt, err1 = base64.RawStdEncoding.DecodeString(part[4])
	p.sum, err2 = base64.RawStdEncoding.DecodeString(part[5])
	switch {
	case err1 != nil, err2 != nil, len(p.salt) < 8, len(p.sum) < 16, len(p.sum) > 64,
		p.memoryKiB < 8, p.memoryKiB > maxMemoryKiB, p.passes < 1, p.passes > maxPasses, p.threads < 1:
		return phc{}, errPHC
	}
	return p, nil
}
