package simulate

import (
	"math"
	"strconv"

	"steward/internal/telemetry"
)

// A meter integrates a load. Within a cell the load is a straight line, so
// that the counter between two samples is exactly what the gauge promised.
type meter struct {
	*device
	load *load

	first, last float64 // load at the two ends of the cell
	total       float64 // integral of the load since the start of the simulation, up to the cell
	counter     register
	reactive    register // of electricity

	phases      float64
	powerFactor float64
	tangent     float64 // reactive over active power

	swapAt   cell // when the meter is replaced; 0 is never
	replaced int
}

// metersPause is the natural cadence of meters and sensors.
const metersPause = minute

func newMeter(d *device, l *load) *meter {
	m := &meter{device: d, load: l, phases: 1}
	m.counter = register{capacity: 1e8, decimals: 2}
	switch d.info.Medium {
	case Electricity:
		if l.base+l.standby > 12 || len(l.children) > 0 {
			m.phases = 3
		}
		m.powerFactor = round(between(d.rng, 0.86, 0.97), 3)
		m.tangent = math.Tan(math.Acos(m.powerFactor))
	case Water, Heat:
		m.counter = register{capacity: 1e6, decimals: 3}
	}
	years := float64(telemetry.MillisOf(d.truth.Start)-telemetry.MillisOf(d.info.Installed)) / float64(365*day)
	m.counter.start = round(between(d.rng, 300, 900)*years, 2)
	m.reactive = register{start: round(m.counter.start*m.tangent, 2), capacity: 1e8, decimals: 2}
	return m
}

func (m *meter) enter(c cell) {
	if c == cellOf(telemetry.MillisOf(m.truth.Start)) {
		m.first = m.load.at(c)
	} else {
		m.total += m.volume(1)
		m.first = m.last
	}
	m.last = m.load.at(c + 1)
	if c == m.swapAt && m.swapAt != 0 {
		m.replace(c.start())
	}
	m.noteRollover(c, &m.counter, 1, m.counterMetric())
	if m.info.Medium == Electricity {
		m.noteRollover(c, &m.reactive, m.tangent, "reactive_kvarh")
	}
	m.breakDown(c)
}

// flow is the load in the cell at a fraction x of it, volume its integral from
// the beginning of the cell.
func (m *meter) flow(x float64) float64 { return m.first + (m.last-m.first)*x }

func (m *meter) volume(x float64) float64 {
	v := (m.first*x + (m.last-m.first)*x*x/2) * cellHours
	if m.info.Medium == Heat {
		return v * gigajoulesPerKWh
	}
	return v
}

// gigajoulesPerKWh: one kWh is 3.6 MJ.
const gigajoulesPerKWh = 0.0036

func (m *meter) counterMetric() string {
	switch m.info.Medium {
	case Electricity:
		return "energy_kwh"
	case Heat:
		return "heat_gj"
	}
	return "volume_m3"
}

// replace puts a new meter in place of the old one.
func (m *meter) replace(t telemetry.Millis) {
	m.replaced++
	s := Swap{
		Device: m.info.Path, At: t.Time(),
		OldSerial: m.info.Serial, NewSerial: m.info.Serial + "-" + strconv.Itoa(m.replaced),
		OldFinal: m.counter.read(m.total), NewStart: 0,
	}
	m.counter.restart(m.total, s.NewStart)
	m.reactive.restart(m.total*m.tangent, s.NewStart)
	m.info.Serial = s.NewSerial
	m.truth.Swaps = append(m.truth.Swaps, s)
	m.happen(t, "replaced", "", attrs(nil).
		text("old_serial", s.OldSerial).text("new_serial", s.NewSerial).
		number("old_reading", s.OldFinal).number("new_reading", s.NewStart))
}

// noteRollover records when a register passes its highest value in the cell;
// scale is how much of the load it counts.
func (m *meter) noteRollover(c cell, r *register, scale float64, metric string) {
	turns := r.turns(m.total * scale)
	if r.turns((m.total+m.volume(1))*scale) == turns {
		return
	}
	low, high := telemetry.Millis(0), cellLength
	for high-low > 1 { // the first millisecond after the turn
		middle := (low + high) / 2
		if r.turns((m.total+m.volume(float64(middle)/float64(cellLength)))*scale) > turns {
			high = middle
		} else {
			low = middle
		}
	}
	m.truth.Rollovers = append(m.truth.Rollovers, Rollover{
		Device: m.info.Path, Metric: metric, At: (c.start() + high).Time(), Capacity: r.capacity,
	})
}

func (m *meter) sample(t telemetry.Millis, out *sample) {
	x := float64(t-m.cell.start()) / float64(cellLength)
	flow, total := m.flow(x), m.total+m.volume(x)
	jitter := func(n uint64) float64 { return bell(m.id+n, uint64(t)) }
	switch m.info.Medium {
	case Electricity:
		power := round(flow*(1+0.002*jitter(2)), 3)
		voltage := round(m.supplyVoltage(t)+0.25*jitter(3), 1)
		factor := m.powerFactor
		out.add("energy_kwh", m.counter.read(total))
		out.add("power_kw", power)
		out.add("reactive_kvarh", m.reactive.read(total*m.tangent))
		out.add("voltage_v", voltage)
		out.add("current_a", round(power*1000/(m.phases*voltage*factor), 2))
		out.add("power_factor", factor)
	case Water:
		out.add("volume_m3", m.counter.read(total))
		out.add("flow_m3h", round(flow, 3))
		// Pressure falls with the square of the flow in the riser.
		out.add("pressure_kpa", round(330-25*min(flow*flow/9, 4)+1.5*jitter(2), 1))
	case Gas:
		out.add("volume_m3", m.counter.read(total))
		out.add("flow_m3h", round(flow, 3))
		out.add("pressure_kpa", round(2.6-0.05*min(flow, 8)+0.01*jitter(2), 2))
	case Heat:
		m.sampleHeat(flow, total, t, out)
	}
}

// supplyVoltage falls a little when the whole neighbourhood draws.
func (m *meter) supplyVoltage(t telemetry.Millis) float64 {
	return 227 - 7*residentialPower(momentOf(t))
}

// sampleHeat derives flow and return temperature from the power and the supply
// temperature, so that the two measure the same heat.
func (m *meter) sampleHeat(power, total float64, t telemetry.Millis, out *sample) {
	outside := m.load.climate.temperature(t, momentOf(t))
	supply, spread, flow := 22.0, 0.0, 0.0
	if power > 0 {
		supply = round(52+0.9*max(0, 12-outside), 1)
		spread = round(7+0.25*max(0, 12-outside), 1)
		flow = power / (kilowattsPerM3hK * spread)
	}
	out.add("heat_gj", m.counter.read(total))
	out.add("power_kw", round(power, 3))
	out.add("flow_m3h", round(flow, 3))
	out.add("supply_c", supply)
	out.add("return_c", round(supply-spread, 1))
}

// kilowattsPerM3hK is the heat that one m³/h of water carries for each °C.
const kilowattsPerM3hK = 1.163

func (m *meter) pause(telemetry.Millis) telemetry.Millis { return metersPause }

// stage: nothing that people watch live happens at a meter.
func (m *meter) stage(act, telemetry.Millis) bool { return false }
