package engine

import (
	"slices"

	"steward/alerting/rule"
	"steward/internal/telemetry"
)

// index finds the rules that a message may concern.
type index struct {
	all     []*compiled // by name
	byName  map[string]*compiled
	classes map[telemetry.Class]*class
}

// class is the rules of a class of devices.
type class struct {
	rules   []*compiled       // that watch devices; an admission has a bit for each
	metrics map[string]*watch // numbers that some rule looks at
	texts   map[string]*watch // texts that some rule asks for
	events  map[string][]*compiled
	others  []*compiled            // event rules that may look at any kind
	marks   map[string][]*compiled // rules of other kinds, by the kinds of event that they only mark
	absence []*compiled
}

// watch is a metric that is looked at.
type watch struct {
	slot  int         // in device.latest or device.texts
	own   []*compiled // rules about it
	asked []*compiled // value rules that also ask for it
}

// compiled is a rule in force.
type compiled struct {
	rule                        *rule.Rule
	class                       *class // nil for a combination, and for sql without a class
	bit                         int    // in an admission
	asks                        bool   // it looks at several metrics
	holdFor, keepFor, over, per telemetry.Millis
	combinations                []*compiled // that count its instances
	of                          *compiled   // Combination
	moment                      uint64      // the newest one for which it was evaluated
}

func newIndex(set *rule.Set) *index {
	x := &index{byName: map[string]*compiled{}, classes: map[telemetry.Class]*class{}}
	if set == nil {
		return x
	}
	for _, r := range set.Rules {
		if r.Mode == rule.Disabled {
			continue
		}
		c := &compiled{
			rule: r, holdFor: telemetry.Millis(r.For.Milliseconds()), keepFor: telemetry.Millis(r.Keep.Milliseconds()),
			over: telemetry.Millis(r.Over.Milliseconds()), per: telemetry.Millis(r.Per.Milliseconds()),
		}
		x.all = append(x.all, c)
		x.byName[r.Name] = c
		if r.Class != "" && r.Kind != rule.Combination {
			x.class(r.Class).add(c)
		}
	}
	for _, c := range x.all {
		if c.rule.Kind != rule.Combination {
			continue
		}
		if of := x.byName[c.rule.Combine.Of]; of != nil {
			c.of = of
			of.combinations = append(of.combinations, c)
		}
	}
	return x
}

func (x *index) class(name telemetry.Class) *class {
	c := x.classes[name]
	if c == nil {
		c = &class{metrics: map[string]*watch{}, texts: map[string]*watch{}, events: map[string][]*compiled{}, marks: map[string][]*compiled{}}
		x.classes[name] = c
	}
	return c
}

func (c *class) add(one *compiled) {
	one.class, one.bit = c, len(c.rules)
	c.rules = append(c.rules, one)
	r := one.rule
	for _, p := range []*rule.Program{r.When, r.Until} {
		if p == nil {
			continue
		}
		for _, metric := range p.Latest {
			c.ask(c.metrics, metric, one)
		}
		for _, metric := range p.States {
			c.ask(c.texts, metric, one)
		}
	}
	switch r.Kind {
	case rule.Value, rule.Rate, rule.Increase:
		w := watchOf(c.metrics, r.Metric)
		w.own = append(w.own, one)
	case rule.Event:
		c.addEvent(one)
	case rule.Absence:
		c.absence = append(c.absence, one)
	}
	if r.Kind != rule.Event {
		for kind := range r.Marks {
			c.marks[kind] = append(c.marks[kind], one)
		}
	}
}

// ask notes that a rule asks for a metric. A value rule is evaluated again when
// it comes; the others only want it to be known.
func (c *class) ask(of map[string]*watch, metric string, one *compiled) {
	w := watchOf(of, metric)
	if one.rule.Kind == rule.Value && !slices.Contains(w.asked, one) {
		w.asked = append(w.asked, one)
		one.asks = true
	}
}

func watchOf(of map[string]*watch, metric string) *watch {
	w := of[metric]
	if w == nil {
		w = &watch{slot: len(of)}
		of[metric] = w
	}
	return w
}

// addEvent files an event rule under the kinds of event that can concern it.
func (c *class) addEvent(one *compiled) {
	r := one.rule
	all, ok := kindsOf(r.When)
	if ok && r.Until != nil {
		var more []string
		more, ok = kindsOf(r.Until)
		all = append(all, more...)
	}
	if !ok {
		c.others = append(c.others, one)
		return
	}
	for kind := range r.Marks {
		all = append(all, kind)
	}
	slices.Sort(all)
	for _, kind := range slices.Compact(all) {
		c.events[kind] = append(c.events[kind], one)
	}
}
