package simulate

import (
	"cmp"
	"slices"

	"steward/internal/telemetry"
)

// plantDefects lets known things go wrong in the window of the configuration.
// Each device gets one defect at most, so that each can be told from the
// others.
func (b *builder) plantDefects() {
	p := planter{builder: b, taken: make(map[*device]bool)}
	water := p.choose(Water)
	for _, m := range p.take(water, max(2, len(water)/25)) {
		p.leak(m)
	}
	for _, m := range p.take(p.shuffled(b.plant), max(2, len(b.plant)/10)) {
		p.leaveOn(m)
	}
	exchanged := max(1, len(b.meters)/150)
	for _, m := range p.take(p.choose(Electricity), exchanged) {
		p.swap(m)
	}
	for _, m := range p.take(p.choose(Water), exchanged) {
		p.swap(m)
	}
	for _, m := range p.take(p.choose(Electricity), exchanged) {
		p.rollOver(m)
	}
	for i, d := range p.takeDevices(telemetry.Meter, min(2, len(b.devices)/20)) {
		p.misset(d, []telemetry.Millis{150 * second, -35 * minute}[i])
	}
	for _, class := range []telemetry.Class{telemetry.Meter, telemetry.Fire, telemetry.Access} {
		for _, d := range p.takeDevices(class, (len(b.devices)+280)/300) {
			p.cutOff(d)
		}
	}
}

type planter struct {
	*builder
	taken map[*device]bool
}

// shuffled orders meters by chance that depends on each alone.
func (p *planter) shuffled(list []*meter) []*meter {
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b *meter) int { return cmp.Compare(mix(a.id), mix(b.id)) })
	return list
}

func (p *planter) choose(medium string) []*meter {
	return p.shuffled(slices.DeleteFunc(slices.Clone(p.meters), func(m *meter) bool { return m.info.Medium != medium }))
}

// take gives the first n that have no defect yet; there may be fewer.
func (p *planter) take(list []*meter, n int) []*meter {
	var got []*meter
	for _, m := range list {
		if len(got) < n && !p.taken[m.device] {
			p.taken[m.device] = true
			got = append(got, m)
		}
	}
	return got
}

func (p *planter) takeDevices(class telemetry.Class, n int) []*device {
	list := slices.DeleteFunc(slices.Clone(p.devices), func(d *device) bool {
		return d.info.Device.Class != class || p.taken[d]
	})
	slices.SortFunc(list, func(a, b *device) int { return cmp.Compare(mix(a.id+1), mix(b.id+1)) })
	list = list[:min(n, len(list))]
	for _, d := range list {
		p.taken[d] = true
	}
	return list
}

// within is a time at the given part of the window, which is 0 at its start
// and 1 at its end.
func (p *planter) within(part float64) telemetry.Millis {
	start, end := telemetry.MillisOf(p.cfg.Start), telemetry.MillisOf(p.cfg.End)
	return start + telemetry.Millis(float64(end-start)*part)
}

// leak begins a flow that never stops again.
func (p *planter) leak(m *meter) {
	from := cellOf(p.within(0.3 + 0.4*uniform(m.id, 10))).start()
	flow := round(0.25+0.95*uniform(m.id, 11), 3)
	m.load.spells = append(m.load.spells, spell{from: from, add: flow})
	p.truth.Leaks = append(p.truth.Leaks, Excess{Device: m.info.Path, From: from.Time(), Amount: flow})
}

// leaveOn keeps plant at its daytime power, day and night, for a fifth of the
// window.
func (p *planter) leaveOn(m *meter) {
	from := cellOf(p.within(0.4 + 0.2*uniform(m.id, 10))).start()
	to := cellOf(from + p.within(0.2) - p.within(0)).start()
	power := round(1.1*m.load.base, 2)
	m.load.spells = append(m.load.spells, spell{from: from, to: to, least: power})
	p.truth.StuckOn = append(p.truth.StuckOn, Excess{Device: m.info.Path, From: from.Time(), To: to.Time(), Amount: power})
}

func (p *planter) swap(m *meter) { m.swapAt = cellOf(p.within(0.35+0.5*uniform(m.id, 10))) + 1 }

// rollOver gives the meter a register of five digits and sets it so that it is
// full in the middle of the window.
func (p *planter) rollOver(m *meter) {
	m.counter.capacity = 1e5
	used := m.load.between(cellOf(p.within(0)), cellOf(p.within(0.35+0.3*uniform(m.id, 10))))
	m.counter.start = round(m.counter.capacity-used, 2)
}

func (p *planter) misset(d *device, offset telemetry.Millis) {
	d.clockOffset = offset
	p.truth.ClockOffsets = append(p.truth.ClockOffsets,
		ClockOffset{Device: d.info.Path, Seconds: float64(offset) / float64(second)})
}

// cutOff makes the device silent for some hours.
func (p *planter) cutOff(d *device) {
	from := p.within(0.2 + 0.6*uniform(d.id, 10))
	w := window{from, from + hours(3+9*uniform(d.id, 11))}
	d.silences = append(d.silences, w)
	p.truth.Silences = append(p.truth.Silences, Window{Device: d.info.Path, From: w.from.Time(), To: w.to.Time()})
}
