// Package simulate is a seeded fleet of property equipment with known ground
// truth: meters, elevators, fire sensors and access gates of several estates,
// which behave with physical sense and on which known things go wrong.
//
// NewFleet makes the fleet. Fleet.History streams its past in bulk,
// Fleet.Live continues it as MQTT messages from where the history ended, and
// Publisher sends those to a broker. Fleet.Truth says what really happened:
// lifetimes, entrapments, alarms, leaks, plant left running, meter swaps.
//
// The world is a function of Config and time alone. It runs on a fixed grid of
// five minutes and sampling only looks at it, so that a history of 15 minutes
// and a live stream of 5 seconds read the same counters, and a restarted
// process finds the world where time has taken it. Each device draws from its
// own random streams, made of the seed and its identity: how far or in which
// order the others were run never changes it. Equal configurations give
// byte-identical output on one processor architecture.
package simulate

import (
	"errors"
	"fmt"
	"time"

	"steward/internal/telemetry"
)

// Config describes a fleet. The zero values of all fields but Start have
// defaults; equal configurations make equal fleets.
type Config struct {
	Seed     uint64
	Regions  int // 3 by default
	Projects int // estates over all regions; 12 by default
	Devices  int // over all projects; 600 by default

	// Start is when the simulated counters begin to move; it is truncated to
	// five minutes. A later process that is to continue this fleet must be given
	// the same Start.
	Start time.Time
	// End bounds the window in which the planted defects (leaks, swaps, …)
	// begin; Start plus 30 days by default. The world itself has no end.
	End time.Time
}

// maxDevices bounds the memory of a mistyped configuration: a device takes
// a few kilobytes.
const maxDevices = 1_000_000

// withDefaults fills the zero fields and checks the rest.
func (c Config) withDefaults() (Config, error) {
	c.Regions = orDefault(c.Regions, 3)
	c.Projects = orDefault(c.Projects, 12)
	c.Devices = orDefault(c.Devices, 600)
	if c.Start.IsZero() {
		return c, errors.New("simulated fleet: Start is not set")
	}
	c.Start = cellOf(telemetry.MillisOf(c.Start)).start().Time()
	if c.End.IsZero() {
		c.End = c.Start.AddDate(0, 0, 30)
	}
	c.End = telemetry.MillisOf(c.End).Time()
	switch {
	case c.Regions < 1 || c.Projects < 1 || c.Devices < 1:
		return c, fmt.Errorf("simulated fleet: %d regions, %d projects, %d devices: none may be negative", c.Regions, c.Projects, c.Devices)
	case c.Devices > maxDevices:
		return c, fmt.Errorf("simulated fleet: %d devices are more than %d", c.Devices, maxDevices)
	case !c.End.After(c.Start):
		return c, fmt.Errorf("simulated fleet: End %s is not after Start %s", c.End, c.Start)
	}
	// A project without a device, or a region without a project, would exist
	// in no topic.
	c.Projects = min(c.Projects, c.Devices)
	c.Regions = min(c.Regions, c.Projects)
	return c, nil
}

func orDefault(v, def int) int {
	if v == 0 {
		return def
	}
	return v
}
