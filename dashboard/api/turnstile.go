package api

import "sync"

// maxHeavy is how many heavy queries one caller may run at a time: a script with
// an error must not take the place of the people who look at their estates.
const maxHeavy = 4

// turnstile counts what each caller has under way.
type turnstile struct {
	most int

	mu     sync.Mutex // guards inside
	inside map[string]int
}

func newTurnstile(most int) *turnstile { return &turnstile{most: most, inside: map[string]int{}} }

func (t *turnstile) enter(who string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.inside[who] >= t.most {
		return false
	}
	t.inside[who]++
	return true
}

func (t *turnstile) leave(who string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.inside[who]--; t.inside[who] == 0 {
		delete(t.inside, who)
	}
}
