package energy

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"steward/analytics/job"
	"steward/analytics/tariff"
	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/findings"
)

const (
	// workers examine subjects while the next are read. More would take the processors
	// that ingest needs.
	workers = 2
	// chunk is how many metering points one query reads: the server sorts their hours.
	chunk = 50
	// maxDetailed is how many meters of a project have their curves as documents, those
	// that use most; and how many buildings, and parents of a balance.
	maxDetailed = 20
	maxDocs     = 100
	// maxFixed bounds the mended findings of a project that a run looks at.
	maxFixed = 200

	batchNumbers = 1000
)

// runner is one run of the job.
type runner struct {
	Options
	settings
	job     *job.Run
	regions map[weatherKey]*weather
	file    map[authz.Place]map[int64]meanTemp
	total   totals
	numbers []job.Number
}

func (r *runner) zoneOf(at authz.Place) *time.Location {
	if r.Zone != nil {
		if z := r.Zone(at); z != nil {
			return z
		}
	}
	return time.UTC
}

func (r *runner) run(ctx context.Context) error {
	if _, err := periodOf(r.job.From, r.job.To, time.UTC); err != nil {
		return err
	}
	r.regions, r.total = map[weatherKey]*weather{}, totals{}
	places, err := r.Store.MeasuredPlaces(ctx, r.job.From.AddDate(-1, 0, 0), r.job.To)
	if err != nil {
		return err
	}
	region := ""
	for i, p := range places {
		r.job.Progress(int64(i), int64(len(places)), p.Region+"/"+p.Project)
		if p.Region != region { // of one region at a time
			region = p.Region
			clear(r.regions)
		}
		if err := r.project(ctx, p.Place); err != nil {
			return fmt.Errorf("energy of %s/%s: %w", p.Region, p.Project, err)
		}
	}
	r.job.Progress(int64(len(places)), int64(len(places)), "")
	r.cover()
	if err := r.write(ctx, r.total.numbers()); err != nil {
		return err
	}
	return r.flush(ctx)
}

// cover is the share of hours of the reporting period that were measured, of what the
// suppliers bill.
func (r *runner) cover() {
	if s := r.total[authz.Place{}]; s != nil && s.share.n > 0 {
		r.job.Cover(s.share.sum / s.share.n)
	}
}

func (r *runner) write(ctx context.Context, numbers []job.Number) error {
	if r.numbers = append(r.numbers, numbers...); len(r.numbers) < batchNumbers {
		return nil
	}
	return r.flush(ctx)
}

func (r *runner) flush(ctx context.Context) error {
	if len(r.numbers) == 0 {
		return nil
	}
	err := r.job.Write(ctx, r.numbers)
	r.numbers = nil
	return err
}

// project examines all of a project.
func (r *runner) project(ctx context.Context, at authz.Place) error {
	zone := r.zoneOf(at)
	p, err := periodOf(r.job.From, r.job.To, zone)
	if err != nil {
		return err
	}
	var rows []clickhouse.EnergyMeter
	err = r.Store.EnergyMeters(ctx, at, p.end.Add(-yearHours*time.Hour), p.end, func(m clickhouse.EnergyMeter) error {
		rows = append(rows, m)
		return nil
	})
	if err != nil {
		return err
	}
	v := &visit{runner: r, estate: newEstate(rows), keep: kept{}, fixed: map[string]*subject{}}
	if v.mended, err = r.mended(ctx, at); err != nil {
		return err
	}
	for i := range v.mended {
		v.fixed[v.mended[i].Subject] = nil
		p.reach(&v.mended[i])
	}
	if len(v.estate.counting()) == 0 {
		return nil
	}
	v.ground = newGround(r, at, p, zone)
	if v.weather, err = r.weatherOf(ctx, at, p); err != nil {
		return err
	}
	if err := v.prepare(ctx); err != nil {
		return err
	}
	if err := v.examine(ctx); err != nil {
		return err
	}
	return v.report(ctx)
}

// visit is what a run gathers of a project.
type visit struct {
	*runner
	*ground
	estate    *estate
	detailed  map[*point]bool
	demands   map[string]clickhouse.EnergyDemand
	buildings map[string]*subject // by name
	keep      kept
	known     []findings.Finding // in whatever state, as of the last look
	mended    []findings.Finding
	fixed     map[string]*subject // that mended findings are about, with their hours

	mu      sync.Mutex
	results []result
}

// prepare reads what has to be known before the hours.
func (v *visit) prepare(ctx context.Context) error {
	points := v.estate.counting()
	byUse := slices.Clone(points)
	slices.SortStableFunc(byUse, func(a, b *point) int { return cmp.Compare(b.used, a.used) })
	v.detailed = map[*point]bool{}
	for _, p := range byUse[:min(len(byUse), maxDetailed)] {
		v.detailed[p] = true
	}
	v.buildings, v.demands = map[string]*subject{}, map[string]clickhouse.EnergyDemand{}
	var devices []string
	for _, p := range points {
		if p.metric == media["electricity"].metric && p.supplies() {
			devices = append(devices, p.device)
		}
	}
	for part := range slices.Chunk(devices, clickhouse.MaxSeries) {
		list, err := v.Store.EnergyDemands(ctx, v.at, part, v.from, v.to)
		if err != nil {
			return err
		}
		for _, d := range list {
			v.demands[d.Device] = d
		}
	}
	return nil
}

// mended are the findings of a project that a run looks at after their fixes.
func (r *runner) mended(ctx context.Context, at authz.Place) ([]findings.Finding, error) {
	if r.Sink == nil || !r.isCurrent() {
		return nil, nil
	}
	all, err := r.Sink.Fixed(ctx, at)
	if err != nil {
		return nil, err
	}
	// Those that were looked at longest ago come first, so that none waits for ever on
	// others of which too little is known.
	slices.SortStableFunc(all, func(a, b findings.Finding) int { return lookedAt(&a).Compare(lookedAt(&b)) })
	return all[:min(len(all), maxFixed)], nil
}

// lookedAt is when a run looked last whether a fix helped; zero if none did.
func lookedAt(f *findings.Finding) time.Time {
	if f.Checked == nil {
		return time.Time{}
	}
	return f.Checked.At
}

// isCurrent reports whether the run is about today: only then findings open and clear.
func (r *runner) isCurrent() bool { return r.job.Now.Sub(r.job.To) <= current }

// examine reads the hours and examines subjects beside it.
func (v *visit) examine(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	tasks := make(chan func() result)
	var done sync.WaitGroup
	for range workers {
		done.Go(func() {
			for task := range tasks {
				if ctx.Err() != nil {
					continue
				}
				res := task()
				v.mu.Lock()
				v.results = append(v.results, res)
				v.mu.Unlock()
			}
		})
	}
	hand := func(task func() result) error {
		select {
		case tasks <- task:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	err := v.points(ctx, hand)
	if err == nil {
		err = v.sums(hand)
	}
	if err == nil {
		err = v.balances(hand)
	}
	close(tasks)
	done.Wait()
	return err
}

// points reads the metering points, some at a time.
func (v *visit) points(ctx context.Context, hand func(func() result) error) error {
	points := slices.DeleteFunc(v.estate.counting(), func(p *point) bool { return p.medium == "" })
	for part := range slices.Chunk(points, chunk) {
		// A meter may have stood elsewhere once: its hours there are another query's.
		var devices []string
		wanted := map[string]*point{}
		for _, p := range part {
			devices = append(devices, p.devices...)
			wanted[p.id] = p
		}
		id := ""
		var of *point
		var s *subject
		var into *fold
		metric := ""
		finish := func() error {
			if s == nil {
				return nil
			}
			v.take(of, s)
			task := s
			s = nil
			return hand(func() result { return v.ground.examine(task) })
		}
		err := v.Store.EnergyHours(ctx, v.at, devices, v.begin, v.end, func(name, counter string, h clickhouse.EnergyHour) error {
			if id != name {
				if err := finish(); err != nil {
					return err
				}
				id, of, metric = name, wanted[name], ""
				if of == nil {
					return nil
				}
				s = v.subject(of)
			}
			if of == nil {
				return nil
			}
			if counter != metric {
				metric, into = counter, nil
				switch counter {
				case of.metric:
					into = &fold{s: s.hours}
				case "reactive_kvarh":
					s.reactive = newSeries(v.period)
					into = &fold{s: s.reactive}
				}
			}
			if into != nil {
				into.add(h.Hour, h.Value, h.Covered, h.Measured)
			}
			return nil
		})
		if err == nil {
			err = finish()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// subject is a metering point as it is examined.
func (v *visit) subject(p *point) *subject {
	s := &subject{
		name: "point:" + p.id, label: p.device, building: p.building, medium: p.medium, unit: media[p.medium].unit,
		supply: p.supplies(), detailed: v.detailed[p], hours: newSeries(v.period),
	}
	if d, ok := v.demands[p.device]; ok {
		s.demand = &d
	}
	if v.Capacity != nil && s.supply && !p.retired && s.medium == tariff.Electricity && v.supplies(tariff.Electricity) == 1 {
		if kva := v.Capacity(v.at); kva > 0 {
			s.kva = &kva
		}
	}
	return s
}

// supplies counts the meters that the supplier bills. What the registry says of a
// project is of one of them only where there are no others.
func (v *visit) supplies(medium string) int {
	n := 0
	for _, p := range v.estate.counting() {
		if p.medium == medium && p.supplies() && !p.retired {
			n++
		}
	}
	return n
}

// take adds a point to what it is part of, and keeps of it what is needed later.
func (v *visit) take(p *point, s *subject) {
	if p.topOf() {
		name := "building:" + p.building + "/" + p.medium
		if b := v.buildings[name]; b != nil {
			b.hours.plus(s.hours)
		} else {
			v.buildings[name] = &subject{
				name: name, label: p.building, building: p.building, medium: p.medium, unit: s.unit, whole: true, hours: s.hours.clone(),
			}
		}
	}
	if p.balanced() {
		v.keep[p] = s.hours.tail(v.back(recentDays))
	}
	if _, ok := v.fixed[s.name]; ok {
		v.fixed[s.name] = s
	}
}

// sums hands in the buildings.
func (v *visit) sums(hand func(func() result) error) error {
	names := sortedKeys(v.buildings)
	for i, name := range names {
		b := v.buildings[name]
		b.detailed = i < maxDocs
		if _, ok := v.fixed[name]; ok {
			v.fixed[name] = b
		}
		if err := hand(func() result { return v.ground.examine(b) }); err != nil {
			return err
		}
	}
	return nil
}

// balances hands in the meters that have others behind them.
func (v *visit) balances(hand func(func() result) error) error {
	n := 0
	for _, p := range v.estate.counting() {
		s := v.keep[p]
		if s == nil || len(p.below()) == 0 {
			continue
		}
		n++
		whole := v.subject(p)
		_, mended := v.fixed[whole.name] // whose balance says whether it helped
		noted := n <= maxDocs || mended
		for i, from := 0, v.back(recentDays); i < len(s.value); i++ {
			whole.hours.value[from+i], whole.hours.measured[from+i] = s.value[i], s.measured[i]
		}
		err := hand(func() result {
			e := v.exam(whole)
			e.balance(p, v.keep)
			if !noted {
				e.notes = nil
			}
			return e.result
		})
		if err != nil {
			return err
		}
	}
	return nil
}
