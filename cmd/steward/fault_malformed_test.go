package main

import (
	"testing"
	"time"
)

// TestMalformed mixes a flood of garbage with good messages. Each good one is
// stored, each bad one is in quarantine with its reason, and nothing stops.
func TestMalformed(t *testing.T) {
	besides(t)
	messages := uint64(inSoak(10_000, 100_000))
	t.Run("behind a broker", func(t *testing.T) {
		besides(t)
		m := startMosquitto(t)
		s := newServer(t, map[string]string{"mqtt.broker": m.URL()})
		s.start()
		flood(s, newCampaign(t, m.Addr(), 1, mostlyGarbage), messages)
	})
	t.Run("as the broker", func(t *testing.T) {
		besides(t)
		s := newServer(t, nil)
		s.start()
		flood(s, newCampaign(t, s.setting("embedded_broker.listen"), manyLanes, mostlyGarbage), messages)
	})
}

func flood(s *server, c *campaign, messages uint64) {
	s.t.Helper()
	screen := s.openScreen()
	stopWatching := s.watch()
	c.send(10_000, messages) // faster than it can go
	c.complete()
	s.settle(c)
	// What came last is good, and everybody still sees it.
	screen.shows(lastDated(messages), 10*time.Second)
	stopWatching()
	s.verify(c)
}

// lastDated is the number of the last dated message among so many of
// mostlyGarbage.
func lastDated(messages uint64) uint64 {
	const every = 16 // one in four is good, and one in four of these is dated
	return (messages - 1) / every * every
}
