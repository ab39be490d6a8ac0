package incident

import "sync"

// bell wakes everybody who waits for it.
type bell struct {
	mu   sync.Mutex    // guards next
	next chan struct{} // closed by the next ring; nil when nobody waits
}

func (b *bell) wait() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.next == nil {
		b.next = make(chan struct{})
	}
	return b.next
}

func (b *bell) ring() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.next != nil {
		close(b.next)
		b.next = nil
	}
}
