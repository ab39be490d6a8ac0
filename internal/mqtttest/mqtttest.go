// Package mqtttest is what tests and benchmarks need of a real MQTT broker.
//
// StartMosquitto runs Debian's Mosquitto on a loopback port, with settings that
// lose nothing, and can stop, kill and start it again on the same port and
// data. NewPublisher sends MQTT 3.1.1 messages with QoS 1 and knows of each
// whether the broker has acknowledged it; NewSubscriber takes messages,
// acknowledges and counts them. Both speak the protocol straight over TCP, so
// that they cost a small part of what a broker costs and a measurement shows
// the thing measured.
//
// Everything here works without a *testing.T; Start is the one short way in for
// tests.
package mqtttest

import (
	"context"
	"testing"
	"time"
)

// Start runs a Mosquitto for the length of a test.
func Start(t testing.TB, opts Options) *Mosquitto {
	t.Helper()
	if opts.Dir == "" {
		opts.Dir = t.TempDir()
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	m, err := StartMosquitto(ctx, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return m
}
