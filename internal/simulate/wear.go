package simulate

import "steward/internal/telemetry"

// wear is the life of a device's parts: each fails, is repaired, and begins
// anew.
type wear struct{ parts []worn }

type worn struct {
	part *Part
	born telemetry.Millis // when its present life began
	due  telemetry.Millis // when it will end
}

// newWear lives the parts from the installation to the start of the
// simulation and records the failures of that time, which no event reports.
func (d *device) newWear(parts []Part, installed, start telemetry.Millis) {
	for i := range parts {
		w := worn{part: &parts[i], born: installed}
		w.due = w.born + d.life(w.part)
		for w.due < start {
			cleared := w.due + d.repair(w.part)
			d.recordFailure(&w, w.due, cleared, false)
			w.born, w.due = cleared, cleared+d.life(w.part)
		}
		d.wear.parts = append(d.wear.parts, w)
	}
}

func (d *device) life(p *Part) telemetry.Millis {
	return hours(weibull(d.rng, p.Shape, p.ScaleHours))
}

func (d *device) repair(p *Part) telemetry.Millis {
	return max(10*minute, hours(lognormal(d.rng, p.RepairHours, 0.6)))
}

// nextToFail is the part whose life ends first.
func (w *wear) nextToFail() *worn {
	first := &w.parts[0]
	for i := range w.parts {
		if w.parts[i].due < first.due {
			first = &w.parts[i]
		}
	}
	return first
}

// breakDown lets the first part whose life ends in the cell fail, with its
// fault and its repair. It suits devices that go on reporting while at fault.
func (d *device) breakDown(c cell) {
	w := d.wear.nextToFail()
	if w.due >= c.end() {
		return
	}
	at := max(w.due, c.start())
	d.fail(w, at, at+d.repair(w.part))
}

// fail announces that a part failed at the given time and when it will be
// repaired, and begins its next life.
func (d *device) fail(w *worn, at, cleared telemetry.Millis) {
	d.recordFailure(w, at, cleared, false)
	d.announceFault(w.part, at, cleared)
	w.born, w.due = cleared, cleared+d.life(w.part)
}

func (d *device) announceFault(p *Part, at, cleared telemetry.Millis) {
	ref := d.happen(at, telemetry.Fault, "", attrs(nil).text("code", p.Code).text("part", p.Name))
	d.happen(cleared, telemetry.FaultCleared, "", attrs(nil).text("code", p.Code).text("ref", ref))
}

func (d *device) recordFailure(w *worn, at, cleared telemetry.Millis, staged bool) {
	f := Failure{
		Device: d.info.Path, Model: d.info.Model, Part: w.part.Name, Code: w.part.Code,
		At: at.Time(), ClearedAt: cleared.Time(), Staged: staged,
	}
	if !staged {
		f.LifeHours = round(float64(at-w.born)/float64(hour), 3)
	}
	d.truth.Failures = append(d.truth.Failures, f)
}
