package main

import (
	"math/rand/v2"
	"testing"
	"time"
)

// publishRate is how many messages a second are published while the faults
// happen.
func publishRate() int { return inSoak(1500, 5000) }

// slowSync makes the wait for the disk long enough that a kill hits it: what is
// acknowledged too early is then lost.
const slowSync = "20ms"

// TestKilled kills steward, engine and all, again and again while messages are
// published, now at work, now in the middle of its start.
func TestKilled(t *testing.T) {
	besides(t)
	t.Run("behind a broker", func(t *testing.T) {
		besides(t)
		m := startMosquitto(t)
		s := newServer(t, map[string]string{"mqtt.broker": m.URL(), "spool.sync_interval": slowSync})
		s.start() // now the broker keeps what comes while it is away
		killAgainAndAgain(t, s, newCampaign(t, m.Addr(), 1, everyday))
	})
	t.Run("as the broker", func(t *testing.T) {
		besides(t)
		s := newServer(t, map[string]string{"spool.sync_interval": slowSync})
		s.start()
		// Each connection waits for acknowledgements of its own.
		killAgainAndAgain(t, s, newCampaign(t, s.setting("embedded_broker.listen"), manyLanes, everyday))
	})
}

func killAgainAndAgain(t *testing.T, s *server, c *campaign) {
	stopWatching := s.watch()
	c.begin(publishRate())
	for round := range inSoak(3, 20) {
		longest := 3 * time.Second
		if round%2 == 0 {
			s.awaitReady()
		} else {
			longest = 6 * time.Second // the start and a little more
		}
		delay := rand.N(longest)
		time.Sleep(delay) // the random moment is the test
		t.Logf("round %d: killed %s after its start", round, delay.Round(time.Millisecond))
		s.kill()
		s.launch()
	}
	s.awaitReady()
	c.finish()
	s.settle(c)
	stopWatching()
	s.verify(c)
	if code := s.stop(); code != exitDone {
		t.Errorf("steward ended with exit code %d", code)
	}
}
