package main

import (
	"syscall"
	"testing"
	"time"
)

// TestStoreAway takes ClickHouse away: it is killed whenever it has come back,
// and then it hangs. Nobody who publishes or looks at a screen may notice.
func TestStoreAway(t *testing.T) {
	besides(t)
	away := inSoak(8*time.Second, time.Minute)
	s := newServer(t, nil)
	s.start()
	screen := s.openScreen()
	c := newCampaign(t, s.setting("embedded_broker.listen"), manyLanes, everyday)
	stopWatching := s.watch()
	c.begin(publishRate())

	t.Log("killed again and again")
	end, kills := time.Now().Add(away), 0
	for pid := 0; time.Now().Before(end); {
		if next, err := s.enginePID(); err == nil && next != pid {
			pid = s.signalEngine(syscall.SIGKILL)
			kills++
		}
		c.acknowledgesMore()
		screen.shows(c.newestDated(), 5*time.Second)
	}
	if kills == 0 {
		t.Error("the engine was never there to be killed")
	}
	s.awaitReady()

	t.Log("hanging")
	pid := s.signalEngine(syscall.SIGSTOP)
	end = time.Now().Add(away)
	for time.Now().Before(end) {
		c.acknowledgesMore()
		screen.shows(c.newestDated(), 5*time.Second)
	}
	// A probe of readiness says what is missing.
	until(t, 15*time.Second, "/readyz to name clickhouse", func() error { return s.misses("clickhouse") })
	if err := syscall.Kill(pid, syscall.SIGCONT); err != nil {
		t.Logf("the hanging engine was replaced: %v", err)
	}
	s.awaitReady()

	c.finish()
	s.settle(c)
	stopWatching()
	s.verify(c)
}
