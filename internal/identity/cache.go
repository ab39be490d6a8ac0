package identity

import (
	"sync"
	"time"
)

// cache keeps what was read for cacheLife, so that a busy browser or machine
// does not ask the database for each request.
type cache[T any] struct {
	now func() time.Time

	mu      sync.Mutex // guards all below
	entries map[string]cached[T]
	epoch   int64 // one more whenever something is forgotten
}

type cached[T any] struct {
	value T
	until time.Time
}

const (
	cacheLife = 5 * time.Second // how late a replica may learn of a revocation
	maxCached = 4096
)

func newCache[T any](now func() time.Time) *cache[T] {
	return &cache[T]{now: now, entries: map[string]cached[T]{}}
}

// get returns what is known of a key. The epoch is for put.
func (c *cache[T]) get(key string) (value T, ok bool, epoch int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.entries[key]
	if !ok || !c.now().Before(e.until) {
		return value, false, c.epoch
	}
	return e.value, true, c.epoch
}

// put keeps what was read after a get. It is dropped when something was
// forgotten since: what was read may be just that.
func (c *cache[T]) put(key string, value T, epoch int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if epoch != c.epoch {
		return
	}
	if len(c.entries) >= maxCached {
		clear(c.entries)
	}
	c.entries[key] = cached[T]{value, c.now().Add(cacheLife)}
}

// replace changes a value that is kept, for as long as it would have been.
func (c *cache[T]) replace(key string, change func(*T)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.entries[key]; ok {
		change(&e.value)
		c.entries[key] = e
	}
}

// drop forgets a key.
func (c *cache[T]) drop(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.entries, key)
	c.epoch++
}

// clear forgets everything.
func (c *cache[T]) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.entries)
	c.epoch++
}
