package energy

import (
	"strings"
	"testing"
	"time"

	"steward/internal/authz"
	"steward/internal/calendar"
	"steward/internal/clickhouse"
	"steward/internal/findings"
	"steward/internal/simulate"
	"steward/internal/telemetry"
)

const officeHours = `
default: office
calendars:
  - name: office
    week:
      - { days: [mon, tue, wed, thu, fri], hours: ["08:30-12:00", "13:30-18:00"] }
`

// past turns the counters of a fleet into what was used by the hour, as the job
// consumption would.
type past struct {
	*fake
	last map[string]telemetry.Reading
}

func (p *past) State(telemetry.State) error { return nil }
func (p *past) Event(telemetry.Event) error { return nil }

func (p *past) Reading(r telemetry.Reading) error {
	if r.Device.Class != telemetry.Meter || mediumOf[r.Metric] == "" {
		return nil
	}
	id := r.Device.Project + "." + r.Device.ID
	was, ok := p.last[id+r.Metric]
	p.last[id+r.Metric] = r
	used := r.Value - was.Value
	if !ok || r.TS-was.TS > 3_700_000 || used < 0 {
		return nil
	}
	if p.hours[id] == nil {
		p.hours[id] = map[string][]clickhouse.EnergyHour{}
	}
	h := int64(was.TS) / 3_600_000 * 3600
	if list := p.hours[id][r.Metric]; len(list) > 0 && list[len(list)-1].Hour == h {
		return nil
	}
	p.hours[id][r.Metric] = append(p.hours[id][r.Metric], clickhouse.EnergyHour{Hour: h, Value: used, Covered: 1, Measured: true})
	return nil
}

func pastOf(t testing.TB, cfg simulate.Config) (*fake, simulate.Truth) {
	t.Helper()
	fleet, err := simulate.NewFleet(cfg)
	if err != nil {
		t.Fatal(err)
	}
	p := &past{fake: &fake{hours: map[string]map[string][]clickhouse.EnergyHour{}}, last: map[string]telemetry.Reading{}}
	if err := fleet.History(cfg.Start, cfg.End, time.Hour, p); err != nil {
		t.Fatal(err)
	}
	for _, d := range fleet.Devices() {
		if d.Device.Class != telemetry.Meter {
			continue
		}
		id := d.Device.Project + "." + d.Device.ID
		m := clickhouse.EnergyMeter{Device: id, Point: id, Metric: media[d.Medium].metric, State: "active", Medium: d.Medium, Building: d.Device.Project + "-" + d.Building}
		if d.Parent != "" {
			m.Parent = d.Device.Project + "." + d.Parent
		}
		p.meters = append(p.meters, m)
	}
	return p.fake, fleet.Truth()
}

// tally counts what was found of what is true.
type tally struct{ found, missed, late, wrong int }

func (c tally) precision() float64 { return float64(c.found) / float64(max(c.found+c.wrong, 1)) }
func (c tally) recall() float64    { return float64(c.found) / float64(max(c.found+c.missed, 1)) }

// judge holds findings of a kind against what is true at a time. What began within the
// week before is not missed yet. One that is told of a meter before the one that leaks is
// not wrong, but neither is the meter found.
func (c *tally) judge(t *testing.T, kind string, seen []findings.Seen, truth []simulate.Excess, f *fake, now time.Time) {
	t.Helper()
	running := map[string]simulate.Excess{}
	parents := map[string]bool{}
	parent := map[string]string{}
	for _, m := range f.meters {
		parent[m.Device] = m.Parent
	}
	for _, e := range truth {
		parts := strings.Split(e.Device, "/")
		id := parts[1] + "." + parts[3]
		if e.From.Before(now) && (e.To.IsZero() || e.To.After(now)) {
			running[id] = e
			parents[parent[id]] = true
		}
	}
	told := map[string]bool{}
	for _, s := range seen {
		if s.Kind != kind {
			continue
		}
		id := strings.TrimPrefix(s.Subject, "point:")
		e, ok := running[id]
		switch {
		case !ok && parents[id]:
			t.Logf("%s of %s is told of its parent", kind, s.Subject)
		case !ok:
			c.wrong++
			t.Logf("%s of %s since %s, %v is wrong", kind, s.Subject, s.Since, *s.Rate.Value)
		default:
			c.found++
			told[id] = true
			if s.Since.Sub(e.From).Abs() > 3*24*time.Hour {
				c.late++
			}
		}
	}
	for id, e := range running {
		if !told[id] && now.Sub(e.From) >= 7*24*time.Hour {
			c.missed++
			t.Logf("%s of %s since %s, %v is missed", kind, id, e.From, e.Amount)
		}
	}
}

// Leaks and plant left on that the simulator injects are found, and little else.
func TestInjectedWasteIsFound(t *testing.T) {
	var leaks, stuck tally
	others, meters := map[string]int{}, 0
	for seed := range uint64(3) {
		start := time.Date(2025, 2, 28, 16, 0, 0, 0, time.UTC)
		cfg := simulate.Config{Seed: seed + 1, Regions: 1, Projects: 4, Devices: 100, Start: start, End: start.AddDate(0, 0, 130)}
		f, truth := pastOf(t, cfg)
		for _, part := range []float64{0.6, 1} {
			to := start.AddDate(0, 0, int(130*part))
			b := &board{}
			o := options(t, f, b)
			o.Calendar = func(at authz.Place) *calendar.Calendar { return nil }
			runJob(t, o, to.AddDate(0, 0, -30), to, to, map[string]string{mostParam: "1000", floorParam: "100"})
			for _, s := range b.seen {
				others[s.Kind]++
			}
			meters += len(f.meters)
			leaks.judge(t, "water_leak", b.seen, truth.Leaks, f, to)
			if part < 1 {
				stuck.judge(t, "stuck_on", b.seen, truth.StuckOn, f, to)
			} else {
				stuck.judge(t, "stuck_on", b.seen, nil, f, to)
			}
		}
	}
	if leaks.found < 6 || leaks.precision() < 0.85 || leaks.recall() < 0.85 || stuck.found < 4 || stuck.precision() < 0.75 || stuck.recall() < 0.75 {
		t.Errorf("leaks %+v, stuck on %+v", leaks, stuck)
	}
	t.Logf("leaks: %+v, precision %.2f, recall %.2f", leaks, leaks.precision(), leaks.recall())
	t.Logf("of %d meters and runs: %v", meters, others)
	t.Logf("stuck on: %+v, precision %.2f, recall %.2f", stuck, stuck.precision(), stuck.recall())
}
