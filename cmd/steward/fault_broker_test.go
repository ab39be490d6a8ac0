package main

import (
	"testing"
	"time"

	"steward/internal/mqtttest"
)

// startMosquitto starts a broker that keeps its sessions on disk and has no more
// messages on their way to steward than there are packet ids: without a limit
// Mosquitto gives an id to several messages at once, and by nothing else can a
// message without a time of its own be known when it is delivered again.
func startMosquitto(t *testing.T) *mqtttest.Mosquitto {
	t.Helper()
	return mqtttest.Start(t, mqtttest.Options{Persistence: true, ExtraConf: "max_inflight_messages 20000"})
}

// TestBrokerRestarted restarts the broker while messages pass through it.
func TestBrokerRestarted(t *testing.T) {
	besides(t)
	m := startMosquitto(t)
	s := newServer(t, map[string]string{"mqtt.broker": m.URL()})
	s.start()
	c := newCampaign(t, m.Addr(), 1, everyday)
	stopWatching := s.watch()
	c.begin(publishRate())
	for range inSoak(3, 10) {
		c.acknowledgesMore()
		s.awaitReady()
		c.brokerRestarts(func() {
			if err := m.Restart(t.Context()); err != nil {
				t.Fatal(err)
			}
		})
	}
	c.finish()
	s.settle(c)
	stopWatching()
	s.verify(c)
}

// TestBrokerUnreachable takes the broker away for longer, and looks at what is
// said meanwhile.
func TestBrokerUnreachable(t *testing.T) {
	besides(t)
	m := startMosquitto(t)
	s := newServer(t, map[string]string{"mqtt.broker": m.URL()})
	s.start()
	stopWatching := s.watch()
	if err := m.Stop(); err != nil {
		t.Fatal(err)
	}
	until(t, 10*time.Second, "/readyz to name the broker", func() error { return s.misses("broker") })
	until(t, 10*time.Second, "a line in the log", func() error { return s.logged("broker connection ended", m.URL()) })
	if err := m.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	until(t, 45*time.Second, "steward to find the broker again", s.ready)
	c := newCampaign(t, m.Addr(), 1, everyday)
	c.begin(publishRate())
	c.acknowledgesMore()
	c.finish()
	s.settle(c)
	stopWatching()
	s.verify(c)
}

// TestBacklog lets the broker collect messages while steward is stopped, and
// hand them over in one go: the answers to what steward asks meanwhile come
// behind them all, and that is no reason to hang up.
func TestBacklog(t *testing.T) {
	besides(t)
	m := startMosquitto(t)
	s := newServer(t, map[string]string{"mqtt.broker": m.URL()})
	s.start()
	if code := s.stop(); code != exitDone {
		t.Errorf("steward ended with exit code %d", code)
	}
	c := newCampaign(t, m.Addr(), 1, everyday)
	c.send(50_000, uint64(inSoak(50_000, 1_000_000)))
	c.complete()
	s.start()
	stopWatching := s.watch()
	s.settle(c)
	families, err := s.scrape()
	if err != nil {
		t.Fatal(err)
	}
	if n, err := total(families, "steward_mqtt_reconnects_total"); err != nil || n != 0 {
		t.Errorf("%v reconnects, %v", n, err)
	}
	stopWatching()
	s.verify(c)
}
