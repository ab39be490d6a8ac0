package main

import (
	"fmt"
	"maps"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"steward/internal/mqtttest"
)

// TestSpoolFull lets the spool fill up while the store hangs: up to a small
// bound, and on a small disk. Then nothing more is acknowledged, everything else
// goes on, and when the store is back all of it arrives.
func TestSpoolFull(t *testing.T) {
	besides(t)
	t.Run("bound", func(t *testing.T) {
		besides(t)
		s := newServer(t, smallSpool(map[string]string{"spool.max_bytes": "4MiB", "spool.reserve_bytes": "1MiB"}))
		s.start()
		c := newCampaign(t, s.setting("embedded_broker.listen"), manyLanes, everyday)
		watched := s.watch()
		pid := s.fill(c, 4*publishRate())
		c.acknowledgesNoMore()
		// An entrapment still gets in.
		events := newCampaign(t, s.setting("embedded_broker.listen"), 1, func(uint64) writer { return bareEvent })
		events.from = 1 << 40
		events.send(100, 150)
		events.complete()
		s.emptied(pid, watched, c, events)
	})
	t.Run("disk", func(t *testing.T) {
		besides(t)
		s := newServer(t, smallSpool(map[string]string{"spool.dir": smallDisk(t)}))
		s.start()
		c := newCampaign(t, s.setting("embedded_broker.listen"), manyLanes, everyday)
		watched := s.watch()
		pid := s.fill(c, 4*publishRate())
		c.acknowledgesNoMore()
		s.emptied(pid, watched, c)
	})
	t.Run("disk behind a broker", func(t *testing.T) {
		besides(t)
		// Without a limit on what is on its way, so that ids are given out twice:
		// nothing may be acknowledged that was not taken.
		m := mqtttest.Start(t, mqtttest.Options{})
		s := newServer(t, smallSpool(map[string]string{"mqtt.broker": m.URL(), "spool.dir": smallDisk(t)}))
		s.start()
		c := newCampaign(t, m.Addr(), 1, everyday)
		watched := s.watch()
		pid := s.fill(c, publishRate()) // a broker takes whatever comes until Steward notices
		until(t, time.Minute, "messages to stay with the broker", func() error { return s.logged("spool is full: messages stay with the broker") })
		// Of the broker, which keeps them: in the long version more than there are
		// packet ids.
		for c.acknowledgesMore(); c.acknowledged() < uint64(inSoak(0, 400_000)); {
			c.acknowledgesMore()
		}
		s.emptied(pid, watched, c)
	})
}

func smallSpool(settings map[string]string) map[string]string {
	maps.Copy(settings, map[string]string{"spool.segment_bytes": "1MiB", "ingest.max_payload": "64KiB"})
	return settings
}

// smallDisk is a folder for a spool on a disk of 6 MB.
func smallDisk(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	unmount, err := mountTmpfs(dir, "6m")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unmount(); err != nil {
			t.Error(err)
		}
	})
	return filepath.Join(dir, "spool")
}

// fill stops the engine and publishes so many messages a second until the spool is full.
func (s *server) fill(c *campaign, rate int) (engine int) {
	s.t.Helper()
	engine = s.signalEngine(syscall.SIGSTOP)
	c.begin(rate)
	// A busy machine takes in a few hundred messages a second, of which it takes tens of thousands.
	until(s.t, startLimit, "/readyz to name the spool", func() error { return s.misses("spool") })
	until(s.t, 10*time.Second, "steward_spool_full", func() error {
		families, err := s.scrape()
		if err != nil {
			return err
		}
		full, err := total(families, "steward_spool_full")
		if err == nil && full != 1 {
			err = fmt.Errorf("it is %v", full)
		}
		return err
	})
	return engine
}

// emptied lets the engine go on and wants everything to arrive.
func (s *server) emptied(engine int, stopWatching func(), campaigns ...*campaign) {
	s.t.Helper()
	if err := syscall.Kill(engine, syscall.SIGCONT); err != nil {
		s.t.Fatal(err)
	}
	campaigns[0].acknowledgesMore()
	// Before Steward is ready again, which it is when the spool has room: a broker
	// takes meanwhile whatever is published.
	campaigns[0].finish()
	s.awaitReady()
	s.settle(campaigns...)
	stopWatching()
	s.verify(campaigns...)
}
