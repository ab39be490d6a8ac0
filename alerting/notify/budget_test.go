package notify

import (
	"testing"
	"time"
)

func TestBudget(t *testing.T) {
	b := &budget{limits: []*limit{{n: 20, keep: 6, per: time.Minute}}}
	now := theTime
	for i := range 14 {
		if wait := b.take(now, false); wait != 0 {
			t.Fatalf("message %d waits %v", i, wait)
		}
	}
	now = now.Add(20 * time.Second)
	if wait := b.take(now, false); wait != 40*time.Second {
		t.Errorf("the 15th waits %v, want 40s", wait)
	}
	for i := range 6 {
		if wait := b.take(now, true); wait != 0 {
			t.Fatalf("life safety %d waits %v", i, wait)
		}
	}
	if wait := b.take(now, true); wait != 40*time.Second {
		t.Errorf("life safety over the whole limit waits %v, want 40s", wait)
	}
}

// Over any span of its length no limit is exceeded, however the messages come.
func TestBudgetHoldsOverAnySpan(t *testing.T) {
	b := &budget{limits: []*limit{{n: 100, keep: 30, per: time.Minute}, {n: 5, keep: 2, per: time.Second}}}
	var sent []time.Time
	now := theTime
	for i := 0; len(sent) < 500; i++ {
		wait := b.take(now, i%3 == 0)
		if wait == 0 {
			sent = append(sent, now)
			continue
		}
		now = now.Add(min(wait, 137*time.Millisecond))
	}
	for i, at := range sent {
		if i >= 5 && at.Sub(sent[i-5]) < time.Second {
			t.Fatalf("6 messages within %v", at.Sub(sent[i-5]))
		}
		if i >= 100 && at.Sub(sent[i-100]) < time.Minute {
			t.Fatalf("101 messages within %v", at.Sub(sent[i-100]))
		}
	}
}
