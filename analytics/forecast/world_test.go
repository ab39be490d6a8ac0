package forecast

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/telemetry"
)

// truePart is how a part of a simulated model lives, in hours as the simulator's
// catalogue has it.
type truePart struct {
	code         string
	shape, scale float64
}

// Lives of the catalogue of internal/simulate.
var (
	liftVX    = []truePart{{"E21", 1.3, 11000}, {"E35", 2.2, 26000}, {"E02", 0.9, 30000}, {"E41", 2.8, 40000}, {"E10", 1, 20000}}
	liftHL    = []truePart{{"E21", 1.3, 3200}, {"E35", 2.2, 26000}, {"E02", 0.9, 30000}, {"E41", 2.8, 40000}, {"E10", 1, 20000}}
	gate      = []truePart{{"A15", 1.6, 16000}, {"A03", 1, 28000}}
	meterPart = []truePart{{"M12", 1, 70000}, {"M03", 2.5, 140000}}
)

// sampled is a fleet drawn from the truth: devices of an age of up to 12 years when
// watching begins, whose parts have been renewed ever since.
type sampled struct {
	rng    *rand.Rand
	from   telemetry.Millis
	to     telemetry.Millis
	fleet  *fleet
	driver func(d int) float64 // multiplies hazards of a device
}

func sample(seed uint64, watchedYears float64) *sampled {
	from := telemetry.MillisOf(time.Date(2022, 1, 1, 0, 0, 0, 0, time.UTC))
	s := &sampled{rng: rand.New(rand.NewPCG(seed, 1)), from: from, to: from + telemetry.Millis(watchedYears*float64(year))}
	s.fleet = &fleet{period: span{s.from, s.to}}
	return s
}

func (s *sampled) add(model, class string, n int, parts []truePart) {
	for i := range n {
		age := telemetry.Millis((120 + s.rng.Float64()*4280) * float64(day))
		born := (s.from - age) / day
		factor := 1.0
		if s.driver != nil {
			factor = s.driver(i)
		}
		rec := newRecorder()
		for _, e := range s.events(parts, born*day, factor) {
			rec.take(e.Kind, e.Code, e.At)
		}
		days := int32(born)
		s.fleet.devices = append(s.fleet.devices, newDevice(authz.Place{Region: "r", Project: "p"}, clickhouse.LifetimeDevice{
			Class: class, ID: fmt.Sprint(model, "-", i), State: "active", Vendor: "V", Model: model, CommissionedOn: &days,
			FirstReading: s.from - day, LastReading: s.to,
		}, rec.end(s.to), s.fleet.period, time.UTC))
	}
}

func (s *sampled) events(parts []truePart, born telemetry.Millis, factor float64) []clickhouse.ReliabilityEvent {
	var list []clickhouse.ReliabilityEvent
	for _, p := range parts {
		for t := born; ; {
			t += telemetry.Millis(p.scale * math.Pow(s.rng.ExpFloat64()/factor, 1/p.shape) * float64(hour))
			if t >= s.to {
				break
			}
			back := t + telemetry.Millis(4*math.Exp(0.6*s.rng.NormFloat64())*float64(hour))
			if t >= s.from {
				list = append(list, clickhouse.ReliabilityEvent{Kind: telemetry.Fault, Code: p.code, At: t})
				if back < s.to {
					list = append(list, clickhouse.ReliabilityEvent{Kind: telemetry.FaultCleared, Code: p.code, At: back})
				}
			}
			t = back
		}
	}
	return list
}
