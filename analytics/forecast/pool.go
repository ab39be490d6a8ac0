package forecast

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"steward/analytics/lifetime"
	"steward/internal/telemetry"
)

const (
	// wholeDevice is the part of what a failure ends.
	wholeDevice = "device"
	// maxParts bounds the parts of a pool, those that fail most: what has more codes
	// than that numbers its messages.
	maxParts = 100
	// fewOfPool are too few failures of a model to forecast from them alone; with
	// fewer than fewFailures in all of its class nothing can be said.
	fewOfPool  = 10
	maxSubject = 200 // bytes of a subject; results take 256
)

// pool is devices that are taken for alike.
type pool struct {
	name, class, model, vendor string
	devices                    []*device
}

// pools are those of a fleet: of each model and of each class.
func pools(devices []*device) map[string]*pool {
	all := map[string]*pool{}
	join := func(p pool, d *device) {
		have := all[p.name]
		if have == nil {
			have = &p
			all[p.name] = have
		}
		if have.class == p.class && have.model == p.model && have.vendor == p.vendor {
			have.devices = append(have.devices, d)
		} // else what is called alike and is not goes by its class
	}
	for _, d := range devices {
		join(pool{name: "class:" + d.Class, class: d.Class}, d)
		if d.Model != "" {
			join(pool{name: modelPool(d), class: d.Class, model: d.Model, vendor: d.Vendor}, d)
		}
	}
	return all
}

func modelPool(d *device) string {
	name := "model:" + d.Model
	if d.Vendor != "" {
		name = "model:" + d.Vendor + "/" + d.Model
	}
	if len(name) > maxSubject {
		name = strings.ToValidUTF8(name[:maxSubject], "")
	}
	return name
}

// lived is a pool with the laws of its parts, by what was known at a time.
type lived struct {
	*pool
	repaired bool
	failures float64
	parts    []*fitted
}

// ends tells whether a failure ends the devices of a pool, as was known at a time. What
// had happened decides, and only where nothing had the kind: meters and smoke detectors
// are exchanged and not repaired.
func (p *pool) ends(at telemetry.Millis) bool {
	restored, ended, detectors := 0, 0, 0
	for _, d := range p.devices {
		r, e := d.ends(at)
		restored, ended = restored+r, ended+e
		if d.Senses == smoke {
			detectors++
		}
	}
	if restored+ended == 0 {
		return p.class == string(telemetry.Meter) || 2*detectors > len(p.devices)
	}
	return ended > restored
}

// evidence is that of each part of a pool as it was known at a time.
func (p *pool) evidence(at telemetry.Millis) map[string]*evidence {
	failed := map[string]int{}
	ends := p.ends(at)
	if ends {
		failed[wholeDevice] = 0
	} else {
		for _, d := range p.devices {
			for code, list := range d.parts {
				failed[code] += failures(list, span{0, at})
			}
		}
	}
	codes := slices.SortedFunc(maps.Keys(failed), func(a, b string) int {
		return cmp.Or(-cmp.Compare(failed[a], failed[b]), cmp.Compare(a, b))
	})
	parts := map[string]*evidence{}
	for i, code := range codes {
		if i == maxParts || failed[code] == 0 && !ends {
			break
		}
		e := newEvidence()
		for _, d := range p.devices {
			for _, s := range d.spells(code) {
				if s, is := s.until(at); is {
					e.add(s)
				}
			}
		}
		parts[code] = e
	}
	return parts
}

// live fits all pools of a fleet by what was known at a time. Evidence of one class at
// a time is in memory.
func live(ctx context.Context, all map[string]*pool, at telemetry.Millis, horizons ...float64) (map[string]*lived, error) {
	out := map[string]*lived{}
	classes := map[string][]*pool{}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		classes[all[name].class] = append(classes[all[name].class], all[name])
	}
	for _, class := range slices.Sorted(maps.Keys(classes)) {
		if err := liveClass(ctx, classes[class], at, out, horizons); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func liveClass(ctx context.Context, list []*pool, at telemetry.Millis, out map[string]*lived, horizons []float64) error {
	parts := make([]map[string]*evidence, len(list))
	groups := map[string][]lifetime.Group{} // by code, of models
	for i, p := range list {
		parts[i] = p.evidence(at)
		if p.model == "" {
			continue
		}
		for code, e := range parts[i] {
			groups[code] = append(groups[code], lifetime.Group{Name: p.name, Data: e.data()})
		}
	}
	lent := map[[2]string]*lifetime.Fit{}
	for code, g := range groups {
		few := slices.ContainsFunc(g, func(g lifetime.Group) bool { return g.Data.Failures() > 0 && g.Data.Failures() < fewFailures })
		if len(g) < 2 || !few {
			continue
		}
		pooled, err := lifetime.Pool(g, lifetime.PoolOptions{Level: level, FewFailures: fewFailures})
		if err != nil && !errors.Is(err, lifetime.ErrInsufficient) {
			return err
		}
		if pooled == nil {
			continue
		}
		for _, g := range pooled.Groups {
			if g.Pooled {
				lent[[2]string{g.Name, code}] = g.Fit
			}
		}
	}
	for i, p := range list {
		l := &lived{pool: p, repaired: !p.ends(at)}
		for _, code := range slices.Sorted(maps.Keys(parts[i])) {
			if err := ctx.Err(); err != nil {
				return err
			}
			e := parts[i][code]
			f, err := fit(code, e, lent[[2]string{p.name, code}])
			if err != nil {
				return fmt.Errorf("lives of %s, %s: %w", p.name, code, err)
			}
			if f.law != nil {
				f.tables = newTables(f.law, l.repaired, e.oldest, e.lived, horizons...)
			}
			l.failures += f.failures
			l.parts = append(l.parts, f)
		}
		out[p.name] = l
	}
	return nil
}

// chosen is the pool by which a device is forecast: its model where enough have
// failed, else its class. Nil where that has too few.
func chosen(d *device, by map[string]*lived) (l *lived, why string) {
	if d.Model != "" {
		if l = by[modelPool(d)]; l != nil && l.failures >= fewOfPool && l.class == d.Class && l.model == d.Model && l.vendor == d.Vendor {
			return l, ""
		}
	}
	l = by["class:"+d.Class]
	switch {
	case l == nil:
		return nil, insufficient("no device of the class was watched")
	case l.failures < fewFailures:
		return nil, insufficient(fmt.Sprintf("%.0f failures in all of the class, at least %d are needed", l.failures, fewFailures))
	}
	return l, ""
}

// expect is the risk of a device at a time over a horizon.
func (l *lived) expect(d *device, at telemetry.Millis, h float64, by factor) total {
	var t total
	for _, f := range l.parts {
		if f.tables != nil {
			t.add(f.tables.risk(stands(d.spells(f.Code), at), h))
		}
	}
	t.multiply(by)
	return t
}

// fresh is the risk of a new device of the pool.
func (l *lived) fresh(h float64) total {
	var t total
	for _, f := range l.parts {
		if f.tables != nil {
			t.add(f.tables.fresh[h])
		}
	}
	return t
}

// life is the document of the pool.
func (l *lived) life() Life {
	out := Life{Pool: l.name, Class: l.class, Model: l.model, Vendor: l.vendor, Devices: len(l.devices), Parts: []Part{}, Repaired: l.repaired, Coverage: finite(l.coverage())}
	for _, f := range l.parts {
		out.Parts = append(out.Parts, f.Part)
	}
	return out
}

// coverage is the share of the messages of its devices that came; NaN when nobody
// counted.
func (p *pool) coverage() float64 {
	s := sum{}
	for _, d := range p.devices {
		s.expected, s.came = s.expected+d.Expected, s.came+d.Came
	}
	return s.coverage()
}

// extrapolates tells whether a forecast goes beyond all ages that were seen.
func (l *lived) extrapolates(d *device, at telemetry.Millis, h float64) bool {
	for _, f := range l.parts {
		if f.tables == nil || f.law.family == lifetime.Exponential {
			continue
		}
		s := stands(d.spells(f.Code), at)
		if !math.IsNaN(s.age) && s.age+h > f.longest {
			return true
		}
	}
	return false
}
