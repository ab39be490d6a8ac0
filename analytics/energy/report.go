package energy

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"steward/analytics/job"
	"steward/analytics/tariff"
	"steward/internal/authz"
	"steward/internal/findings"
)

// List is the document "findings" of a project: what this run saw, the costliest first,
// and after them what somebody dismissed and what was mended, as far as it is seen yet.
type List struct {
	At       time.Time `json:"at"`
	From     time.Time `json:"from"` // the reporting period of baselines
	To       time.Time `json:"to"`
	Until    time.Time `json:"until"` // to where the data go
	Findings []Listed  `json:"findings"`
	LeftOut  int       `json:"left_out"` // that cost less than the last of these
	Weather  string    `json:"weather,omitempty"`
}

// Listed is a finding with its place, and with its state as of the run. Of one that is
// not kept, for there is no room or nobody keeps any, the state is "".
type Listed struct {
	Region  string         `json:"region"`
	Project string         `json:"project"`
	ID      string         `json:"id,omitempty"`
	State   findings.State `json:"state,omitempty"`
	findings.Seen
}

// withEvidence is how many findings of the document have what they were judged by; that
// of the others is with the findings themselves.
const withEvidence = 10

// report writes all of a project, hands findings over and looks after what was mended.
func (v *visit) report(ctx context.Context) error {
	slices.SortStableFunc(v.results, func(a, b result) int { return cmp.Compare(a.of.name, b.of.name) })
	var all []findings.Seen
	var looked []string
	hours := v.to.Sub(v.from).Hours()
	noted := nightsKept(v.results)
	places := above(v.at)
	for i := range v.results {
		r := &v.results[i]
		all, looked = append(all, r.seen...), append(looked, r.looked...)
		if err := v.write(ctx, r.numbers); err != nil {
			return err
		}
		for _, n := range r.notes {
			if n.kind == "night_flow" && !noted[n.subject] {
				continue
			}
			if err := v.job.Note(ctx, n.kind, v.at.Region, v.at.Project, n.subject, n.body); err != nil {
				return err
			}
		}
		for _, place := range places {
			switch t := v.total.at(place); {
			case len(r.numbers) == 0 || r.numbers[0].Kind != "use":
			case r.of.whole:
				t.building(r)
			case r.of.supply:
				t.meter(r, hours)
			}
		}
	}
	v.density()
	slices.Sort(looked)
	looked = slices.Compact(looked)
	if err := v.recall(ctx); err != nil {
		return err
	}
	// What is settled takes no room from what is not.
	seen := told(all, v.estate)
	open, settled := split(seen, v.settled())
	kept, judged, left := costliest(open, looked, v.ground.most)
	old, judged, _ := costliest(settled, judged, v.ground.most)
	kept = slices.Concat(kept, old)
	for _, place := range places {
		v.total.at(place).left += left
	}
	if v.Sink != nil && v.isCurrent() {
		// With too many that stand already the rest is kept all the same.
		if err := v.Sink.Sync(ctx, v.job.ID, v.at, v.job.Now, kept, judged); err != nil && !errors.Is(err, findings.ErrFull) {
			return fmt.Errorf("keep findings: %w", err)
		}
		if err := v.verify(ctx); err != nil {
			return err
		}
		if err := v.recall(ctx); err != nil {
			return err
		}
	}
	v.waste(standing(all, seen, v.settled(), v.estate), looked, places)
	if err := v.list(ctx, kept, left); err != nil {
		return err
	}
	if v.Sink == nil {
		return nil
	}
	v.saved(places)
	return v.verified(ctx)
}

// nightsKept are the water meters whose nights are kept as documents: all that leak,
// since somebody will want to see how, and of the others as many as there is room for,
// first those that have leaked, then those that use most.
func nightsKept(results []result) map[string]bool {
	type one struct {
		subject string
		ended   int
		used    float64
	}
	kept := map[string]bool{}
	var rest []one
	for i := range results {
		for _, n := range results[i].notes {
			switch flow, is := n.body.(NightFlow); {
			case !is:
			case flow.Leak != nil:
				kept[n.subject] = true
			default:
				rest = append(rest, one{n.subject, min(len(flow.Ended), 1), results[i].year})
			}
		}
	}
	slices.SortStableFunc(rest, func(a, b one) int { return cmp.Or(cmp.Compare(b.ended, a.ended), cmp.Compare(b.used, a.used)) })
	for _, n := range rest[:min(len(rest), max(maxDocs-len(kept), 0))] {
		kept[n.subject] = true
	}
	return kept
}

func (v *visit) list(ctx context.Context, kept []findings.Seen, left int) error {
	l := List{At: v.job.Now, From: v.from, To: v.to, Until: v.end, Findings: []Listed{}, LeftOut: left, Weather: v.weather.why}
	known := map[string]*findings.Finding{}
	for i := range v.known {
		known[identity(&v.known[i].Seen)] = &v.known[i]
	}
	for i, s := range kept {
		if i >= withEvidence {
			s.Evidence = nil
		}
		one := Listed{Region: v.at.Region, Project: v.at.Project, Seen: s}
		if f := known[identity(&s)]; f != nil {
			one.ID, one.State = f.ID, f.State
		}
		l.Findings = append(l.Findings, one)
	}
	return v.job.Note(ctx, "findings", v.at.Region, v.at.Project, "", l)
}

// waste writes what findings come to. Of meters of which nothing could be judged nobody
// knows what they waste: that is not nothing.
func (v *visit) waste(all []findings.Seen, looked []string, places []authz.Place) {
	l, judged := newLedger(all), map[string]bool{}
	for _, k := range looked {
		_, subject, _ := strings.Cut(k, " ")
		judged[subject] = true
	}
	for _, p := range v.estate.counting() {
		known := judged["point:"+p.id]
		if known && len(l.bySubject["point:"+p.id]) > 0 {
			v.numbers = append(v.numbers, v.wasteNumber("point:"+p.id, p.building, p.medium, l.below(p))...)
		}
		for _, place := range places {
			m := v.total.at(place).of(p.medium)
			if m.all++; known {
				m.judged++
			}
		}
	}
	tops := v.estate.tops()
	for _, name := range sortedKeys(v.buildings) {
		b := v.buildings[name]
		known := judged[name]
		for _, p := range tops[name] {
			known = known || judged["point:"+p.id]
		}
		if known {
			v.numbers = append(v.numbers, v.wasteNumber(name, b.building, b.medium, l.building(name, tops[name]))...)
		}
	}
	sums := l.byMedium(v.estate, v.buildings)
	for _, medium := range sortedKeys(sums) {
		w := sums[medium]
		for _, place := range places {
			t := v.total.at(place)
			m := t.of(medium)
			m.waste, t.yuan = m.waste.plus(w), t.yuan.plus(w)
		}
	}
}

func (v *visit) wasteNumber(subject, building, medium string, w waste) []job.Number {
	n := job.Number{
		Kind: "waste_a_year", Region: v.at.Region, Project: v.at.Project, Building: building, Subject: subject, Unit: media[medium].unit,
		N: float64(w.n), Coverage: v.coverageOf(subject), Why: w.why(),
	}
	cny := n
	cny.Kind, cny.Unit = "waste_a_year_cny", "CNY"
	return []job.Number{sound(estimated(n, w.use)), sound(pricedWaste(cny, w))}
}

// why is what to know of a sum of waste.
func (w waste) why() string {
	if w.projected > 0 {
		return fmt.Sprintf("%d of %d findings are projections of a month or two to a year; %s", w.projected, w.n, sumWhy)
	}
	return sumWhy
}

// pricedWaste is waste in yuan; there is none when no finding has a price.
func pricedWaste(n job.Number, w waste) job.Number {
	switch {
	case w.unpriced > 0 && w.unpriced == w.n:
		n.Why = "insufficient data: no finding has a price"
		return n
	case w.unpriced > 0:
		n.Why = job.Counted(w.unpriced, "%d finding has no price and is not in it", "%d findings have no price and are not in it") + "; " + n.Why
	}
	return estimated(n, w.yuan)
}

func (v *visit) coverageOf(subject string) float64 {
	i, found := slices.BinarySearchFunc(v.results, subject, func(r result, name string) int { return cmp.Compare(r.of.name, name) })
	if !found {
		return 0
	}
	// A parent has two results; that of its balance has no share of its own.
	return max(v.results[i].share, v.results[min(i+1, len(v.results)-1)].shareOf(subject))
}

func (r *result) shareOf(subject string) float64 {
	if r.of.name != subject {
		return 0
	}
	return r.share
}

// density is what a square metre takes of electricity a year.
func (v *visit) density() {
	area := 0.
	if v.Area != nil {
		area = v.Area(v.at)
	}
	if !(area > 0) {
		return
	}
	used := 0.
	for i := range v.results {
		r := &v.results[i]
		if r.of.supply && r.of.medium == tariff.Electricity && !r.of.whole && len(r.numbers) > 0 && r.numbers[0].Kind == "use" {
			used += r.year
		}
	}
	for _, place := range above(v.at) {
		m := v.total.at(place).of(tariff.Electricity)
		m.perArea, m.area = m.perArea+used, m.area+area
	}
}
