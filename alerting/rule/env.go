package rule

import (
	"encoding/json"
	"math"
	"strconv"
	"time"

	"github.com/expr-lang/expr/vm"

	"steward/internal/telemetry"
)

// Env is what an expression sees. Whoever evaluates fills the fields that the
// kind of rule has and calls [Program.Bool]; all else may stay empty. An Env
// belongs to one goroutine, and is best kept and filled again: what did not
// change since the last expression costs nothing.
type Env struct {
	// Value is the reading's value; of a rate the change per Rule.Per, of an increase
	// the growth over the window.
	Value  float64
	Metric string
	Unit   string
	Time   time.Time        // when it was measured or happened, in the project's zone
	Event  *telemetry.Event // of an event rule
	Device *Device
	// Project is the name that people gave it.
	Project string
	// Last answers latest() and state(); only programs that name metrics ask it.
	Last Last

	view    view
	clock   time.Time // for which the view's hour, minute and so on are
	attrs   string    // of which the view's attributes were read
	machine vm.VM
}

// Last knows what a device reported last.
type Last interface {
	Latest(metric string) float64 // NaN when unknown
	State(metric string) string   // empty when unknown
}

// Device is what expressions may ask of a device.
type Device struct {
	Region     string  `expr:"region"`
	Project    string  `expr:"project"`
	Class      string  `expr:"class"`
	ID         string  `expr:"id"`
	Name       string  `expr:"name"`
	Building   string  `expr:"building"`
	Location   string  `expr:"location"`
	Medium     string  `expr:"medium"`
	Model      string  `expr:"model"`
	Vendor     string  `expr:"vendor"`
	Multiplier float64 `expr:"multiplier"`
}

// layout is what expressions are typed against. The names of the last two cannot
// be written in an expression: calls of latest() and state() become places in
// them.
type layout struct {
	Value   float64 `expr:"value"`
	Metric  string  `expr:"metric"`
	Unit    string  `expr:"unit"`
	Hour    int     `expr:"hour"`
	Minute  int     `expr:"minute"`
	Weekday int     `expr:"weekday"` // 0 is Sunday
	Day     int     `expr:"day"`     // of the month
	Month   int     `expr:"month"`
	Event   struct {
		Kind     string         `expr:"kind"`
		Severity string         `expr:"severity"`
		ID       string         `expr:"id"`
		Attrs    map[string]any `expr:"attrs"`
	} `expr:"event"`
	Device  *Device `expr:"device"`
	Project struct {
		Name string `expr:"name"`
	} `expr:"project"`
	Latest []float64 `expr:"latest[]"`
	States []string  `expr:"state[]"`
}

// view is what they run over: field by field the same as layout, with values in
// interfaces. The machine works on interfaces, and would otherwise make a new one
// for each look at a field; so it is made once for each reading, not once for
// each of the rules that look at it.
type view struct {
	Value                             any
	Metric, Unit                      any
	Hour, Minute, Weekday, Day, Month any
	Event                             struct {
		Kind, Severity, ID any
		Attrs              map[string]any
	}
	Device  *Device
	Project struct{ Name any }
	Latest  any // []any
	States  any // []any
}

// hold puts v into a place of the view unless it is there already.
func hold[T comparable](place *any, v T) {
	if old, ok := (*place).(T); !ok || old != v {
		*place = v
	}
}

// show brings the parts of the view that p looks at up to date.
func (e *Env) show(p *Program) {
	v := &e.view
	if p.uses&usesReading != 0 {
		hold(&v.Value, e.Value)
		hold(&v.Metric, e.Metric)
		hold(&v.Unit, e.Unit)
	}
	if p.uses&usesClock != 0 && (e.clock != e.Time || v.Hour == nil) {
		e.clock = e.Time
		v.Hour, v.Minute, v.Weekday = e.Time.Hour(), e.Time.Minute(), int(e.Time.Weekday())
		v.Day, v.Month = e.Time.Day(), int(e.Time.Month())
	}
	if p.uses&usesEvent != 0 && e.Event != nil {
		hold(&v.Event.Kind, e.Event.Kind)
		hold(&v.Event.Severity, string(e.Event.Severity))
		hold(&v.Event.ID, e.Event.ID)
	}
	if p.uses&usesAttrs != 0 && e.Event != nil && (e.attrs != e.Event.Attrs || v.Event.Attrs == nil) {
		e.attrs = e.Event.Attrs
		v.Event.Attrs = readAttrs(e.attrs)
	}
	v.Device = e.Device
	if p.uses&usesProject != 0 {
		hold(&v.Project.Name, e.Project)
	}
	for i, metric := range p.Latest {
		hold(slot(&v.Latest, i), e.Last.Latest(metric))
	}
	for i, metric := range p.States {
		hold(slot(&v.States, i), e.Last.State(metric))
	}
}

// slot is the i-th place of a list in the view.
func slot(list *any, i int) *any {
	places, _ := (*list).([]any)
	if i >= len(places) {
		places = append(places, make([]any, i+1-len(places))...)
		*list = places
	}
	return &places[i]
}

// readAttrs reads an event's attributes. What is no object has none: the codec
// lets nothing else through.
func readAttrs(text string) map[string]any {
	attrs := map[string]any{}
	if json.Unmarshal([]byte(text), &attrs) != nil || attrs == nil {
		return map[string]any{}
	}
	return attrs
}

// number is num(): an attribute as a number, true and false as 1 and 0, a text
// that is one read as such; NaN, which is neither more nor less than anything,
// for all else and for an attribute that is missing.
func number(args ...any) (any, error) {
	switch v := args[0].(type) {
	case float64:
		return v, nil
	case bool:
		if v {
			return 1.0, nil
		}
		return 0.0, nil
	case string:
		if n, err := strconv.ParseFloat(v, 64); err == nil {
			return n, nil
		}
	}
	return math.NaN(), nil
}

// word is text(): an attribute as a text; empty when it is missing, or a list or
// an object.
func word(args ...any) (any, error) {
	switch v := args[0].(type) {
	case string:
		return v, nil
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), nil
	case bool:
		return strconv.FormatBool(v), nil
	}
	return "", nil
}
