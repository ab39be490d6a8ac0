package simulate

import (
	"fmt"
	"strconv"
	"sync"
	"time"

	"steward/internal/telemetry"
)

// Fleet is a running world of devices. Its methods are safe for concurrent
// use, but time only moves forward: what one caller has run, another cannot
// see again.
type Fleet struct {
	cfg     Config
	devices []*device // sorted by region, project, class; immutable

	mu      sync.Mutex // guards the worlds of the devices, truth and through
	truth   *Truth
	through telemetry.Millis
}

// NewFleet makes the fleet of a configuration, standing at its Start. The
// error names the field that makes no sense.
func NewFleet(cfg Config) (*Fleet, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	b := &builder{cfg: cfg, truth: &Truth{Seed: cfg.Seed, Start: cfg.Start, End: cfg.End}}
	projects := layProjects(cfg)
	for i := range projects {
		b.layDevices(&projects[i], i)
	}
	b.plantDefects()
	start := telemetry.MillisOf(cfg.Start)
	for _, d := range b.devices {
		d.begin(cellOf(start))
	}
	return &Fleet{cfg: cfg, devices: b.devices, truth: b.truth, through: start}, nil
}

// Config is the fleet's configuration with the defaults filled in.
func (f *Fleet) Config() Config { return f.cfg }

// Devices describes all devices, sorted by region, project and class. A
// meter's serial number is that of the meter installed now.
func (f *Fleet) Devices() []Info {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := make([]Info, len(f.devices))
	for i, d := range f.devices {
		all[i] = d.info
	}
	return all
}

// Advance runs the world to t without reporting anything, as a process does
// that continues a fleet whose history is stored already. An earlier t does
// nothing.
func (f *Fleet) Advance(t time.Time) {
	for _, d := range f.devices {
		f.mu.Lock()
		// Nobody listens, so nothing can fail.
		_ = d.advance(telemetry.MillisOf(t), nil)
		f.mu.Unlock()
	}
	f.reached(telemetry.MillisOf(t))
}

func (f *Fleet) reached(t telemetry.Millis) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.through = max(f.through, t)
}

// models lists the models in use, in order of first use; f.mu is held.
func (f *Fleet) models() []Model {
	var used []Model
	seen := make(map[string]bool)
	for _, d := range f.devices {
		if seen[d.info.Model] {
			continue
		}
		seen[d.info.Model] = true
		for _, m := range models[d.info.Kind] {
			if m.Name == d.info.Model {
				used = append(used, m)
			}
		}
	}
	return used
}

// builder is a fleet under construction.
type builder struct {
	cfg     Config
	truth   *Truth
	devices []*device
	meters  []*meter
	plant   []*meter
}

// device makes a device that has lived until the start of the simulation; its
// world is still to be added.
func (b *builder) device(p *project, house, kind, id string) *device {
	ref := telemetry.Device{Region: p.region, Project: p.slug, Class: classOf(kind), ID: id}
	d := &device{id: identity(b.cfg.Seed, ref.String()), truth: b.truth, batch: 1}
	d.rng = stream(d.id)
	choice := models[kind]
	u := d.rng.Float64()
	m := choice[int(u*u*float64(len(choice)))]
	start := telemetry.MillisOf(b.cfg.Start)
	installed := dayStart(start - telemetry.Millis(between(d.rng, 120, 4400))*day)
	d.info = Info{
		Device: ref, Path: ref.String(), Building: house, Kind: kind,
		Vendor: m.Vendor, Model: m.Name, Serial: fmt.Sprintf("%010s", strconv.FormatUint(d.id%1e10, 10)),
		Installed: installed.Time(),
	}
	d.newWear(m.Parts, installed, start)
	return d
}

func (b *builder) add(d *device, m model) {
	d.model = m
	b.devices = append(b.devices, d)
}
