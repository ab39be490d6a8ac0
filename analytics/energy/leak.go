package energy

import (
	"fmt"
	"math"
	"time"

	"steward/analytics/nightflow"
	"steward/internal/incident"
)

// NightFlow is the document "night_flow" of a water meter: what its nights tell, and the
// last of them.
type NightFlow struct {
	Unit   string              `json:"unit"`
	Nights int                 `json:"nights"` // of which something is known
	Why    string              `json:"why,omitempty"`
	Base   *nightflow.Estimate `json:"base"`
	Leak   *NightLeak          `json:"leak"`    // that runs at the end
	Ended  []NightLeak         `json:"history"` // that were mended
	Price  *float64            `json:"price"`   // yuan per m³; null: the project has none, and leaks have no yuan
	Levels []nightflow.Level   `json:"levels"`
	Minima []nightflow.Night   `json:"minima"`
}

// NightLeak is a leak with what it costs by the project's price; null without one.
type NightLeak struct {
	nightflow.Leak
	Yuan     *nightflow.Estimate `json:"yuan"`
	YuanYear *nightflow.Estimate `json:"yuan_year"`
}

func nightLeak(l nightflow.Leak, priced bool) NightLeak {
	n := NightLeak{Leak: l}
	if priced {
		n.Yuan, n.YuanYear = &l.Yuan, &l.YuanYear
	}
	return n
}

// shownNights is how many nights of a meter are in its document.
const shownNights = 180

// nights writes what the nights tell. The price that package nightflow takes where none
// is given is that of some other town: without one of the project there is no money.
func (e *exam) nights(r *nightflow.Result, price float64) {
	priced := price > 0
	flow := NightFlow{
		Unit: "m3/h", Nights: r.Nights, Why: r.Why, Base: r.Base, Ended: []NightLeak{}, Levels: r.Levels, Minima: r.Minima[max(0, len(r.Minima)-shownNights):],
	}
	if priced {
		flow.Price = &price
	}
	if r.Leak != nil {
		l := nightLeak(*r.Leak, priced)
		flow.Leak = &l
	}
	for _, l := range r.History {
		flow.Ended = append(flow.Ended, nightLeak(l, priced))
	}
	e.notes = append(e.notes, note{"night_flow", e.name, flow})
}

// leak looks at the minimum night flow.
func (e *exam) leak() {
	price := e.priceIn(nil) // of the finding, too
	o := nightflow.Options{Zone: e.zone, Price: price}
	b := nightflow.NewBuilder(o)
	for i := range e.hours.value {
		if v := e.hours.sure(i); !math.IsNaN(v) {
			b.Add(e.at0(i), v) // m³ of an hour are its mean flow
		}
	}
	r := b.Result()
	coverage := e.hours.coverage(0, e.hours.hours())
	e.nights(r, price)
	if r.Base == nil {
		e.putEstimate("night_flow_m3h", "m3/h", unknown, float64(r.Nights), coverage, r.Why)
		return
	}
	e.putEstimate("night_flow_m3h", "m3/h", fromFlow(*r.Base), float64(r.Nights), coverage, "")
	e.look("water_leak")
	l := r.Leak
	if l == nil {
		return
	}
	since, began := e.begin, incident.Text{} // it leaked before
	if l.Since != nil {
		since = *l.Since
		day := since.In(e.zone).Format(time.DateOnly)
		began = incident.Text{ZH: "，自 " + day + " 起", EN: " since " + day}
	}
	c := &chart{Unit: "m3/h", Step: "night", Level: short(r.Base.Value)}
	for _, n := range r.Minima[max(0, len(r.Minima)-shownNights):] {
		c.add(n.Date, n.Flow)
	}
	e.see(claim{
		kind: "water_leak", since: since, atLeast: l.Since == nil, rate: fromFlow(l.M3Year), sofar: fromFlow(l.M3), unit: e.unit, price: price, why: e.money().why,
		n: float64(l.Nights), coverage: coverage, pattern: 1, chart: c,
		title: incident.Text{
			ZH: fmt.Sprintf("%s 疑似漏水%s，约 %.3g m³/h", e.label, began.ZH, l.Rate.Value),
			EN: fmt.Sprintf("%s: a leak of about %.3g m³/h%s", e.label, l.Rate.Value, began.EN),
		},
		how: incident.Text{
			ZH: "夜间 2 至 4 点逐段关阀并观察水表，听漏或用相关仪定位；先查马桶、浮球阀、水箱溢流和绿化管网。",
			EN: "Between two and four at night close valves one by one and watch the meter; listen or correlate to find the place. Look at flushes, float valves, tank overflows and irrigation first.",
		},
	})
}
