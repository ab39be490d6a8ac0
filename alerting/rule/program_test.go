package rule

import (
	"math"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"steward/internal/telemetry"
)

type last struct {
	numbers map[string]float64
	texts   map[string]string
}

func (l last) Latest(metric string) float64 {
	if v, ok := l.numbers[metric]; ok {
		return v
	}
	return math.NaN()
}

func (l last) State(metric string) string { return l.texts[metric] }

// sample is an environment with everything in it: a Saturday night.
func sample() *Env {
	return &Env{
		Value: 231.5, Metric: "voltage_v", Unit: "V",
		Time:    time.Date(2026, 2, 28, 23, 45, 0, 0, time.FixedZone("CST", 8*3600)),
		Project: "花园小区",
		Device: &Device{
			Region: "south", Project: "garden", Class: "meter", ID: "m1", Name: "总表", Building: "b01",
			Location: "配电房", Medium: "electricity", Model: "DT-862", Vendor: "Linghe", Multiplier: 40,
		},
		Event: &telemetry.Event{
			Kind: "fault", ID: "e1", Severity: telemetry.Critical,
			Attrs: `{"code":"E21","floor":7,"test":true,"text":"12.5","list":[1],"empty":null}`,
		},
		Last: last{map[string]float64{"power_kw": 3.5, "speed_ms": 0}, map[string]string{"mode": "normal"}},
	}
}

func TestExpressionsAnswer(t *testing.T) {
	f := func(kind Kind, text string, want bool) {
		t.Helper()
		p, err := compile(text, scopeOf(kind, "when"))
		if err != nil {
			t.Errorf("%s: %v", text, err)
			return
		}
		got, err := p.Bool(sample())
		if err != nil || got != want {
			t.Errorf("%s is %v, %v; want %v", text, got, err, want)
		}
	}
	f(Value, `value > 230 && value < 231.6`, true)
	f(Value, `value == 231.5 && metric == "voltage_v" && unit == "V"`, true)
	f(Value, `value * 2 - 1 == 462 && -value < 0 && value / 2 > 100 && value + 1 > value`, true)
	f(Value, `not (value > 300) and (value < 0 or true)`, true)
	f(Value, `(device.multiplier > 1 ? value * device.multiplier : value) == 9260`, true)
	f(Value, `abs(-3) == 3 && max(value, 300) == 300 && min(1, 2) == 1 && round(value) == 232 && floor(value) == 231`, true)
	f(Value, `hour == 23 && minute >= 45 && weekday == 6 && day == 28 && month == 2`, true)
	f(Value, `hour >= 22 || hour < 6`, true)
	f(Value, `weekday in [0, 6] && month in [1, 2, 12]`, true)
	f(Value, `hour % 2 == 1`, true)
	f(Value, `device.building in ["b01", "b02"] && device.medium not in ["gas", "water"]`, true)
	f(Value, `device.name contains "总" && device.model startsWith "DT" && lower(device.vendor) endsWith "he"`, true)
	f(Value, `device.model matches "^[A-Z]+-[0-9]+$" && project.name == "花园小区"`, true)
	f(Value, `latest("power_kw") > 3 && latest("power_kw") < latest("power_kw") + 1`, true)
	f(Value, `state("mode") == "normal" && state("mode") != state("unknown") && state("unknown") == ""`, true)
	// What is unknown is neither more nor less than anything, and nothing equals it.
	f(Value, `latest("unknown") > 0 || latest("unknown") <= 0 || latest("unknown") == 0`, false)
	f(Value, `latest("unknown") != 1`, true)

	f(Event, `event.kind == "fault" && event.severity == "critical" && event.id == "e1"`, true)
	f(Event, `text(event.attrs.code) == "E21" && num(event.attrs.floor) == 7 && num(event.attrs["floor"]) > 6`, true)
	f(Event, `num(event.attrs.test) == 1 && text(event.attrs.test) == "true" && num(event.attrs.text) == 12.5`, true)
	f(Event, `text(event.attrs.floor) == "7" && text(event.attrs.list) == "" && text(event.attrs.empty) == ""`, true)
	f(Event, `text(event.attrs.missing) == ""`, true)
	f(Event, `num(event.attrs.missing) > 0 || num(event.attrs.missing) <= 0 || num(event.attrs.code) > 0`, false)
	f(Event, `hour == 23 && device.id == "m1" && latest("speed_ms") == 0`, true)
}

func TestExpressionsAreRefused(t *testing.T) {
	f := func(kind Kind, field, text, want string) {
		t.Helper()
		_, err := compile(text, scopeOf(kind, field))
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
	// Names, by where the expression stands.
	f(Value, "when", `valu > 3`, `column 1: there is no valu; when of a value rule may use value, metric, unit, hour, minute, `)
	f(Value, "when", `value > 3 && event.kind == "x"`, `column 14: event is not known in when of a value rule, which may use value, `)
	f(Event, "until", `value > 3`, `column 1: value is not known in until of an event rule, which may use event, `)
	f(Absence, "where", `hour > 3`, `column 1: hour is not known in where of an absence rule, which may use device, project`)
	f(Value, "where", `latest("power_kw") > 3`, `column 1: latest is not known in where of a value rule, which may use device, project`)
	f(Value, "when", `num(event.attrs.x) > 3`, `column 1: num is not known in when of a value rule`)
	// Fields.
	f(Value, "when", `device.colour == "red"`, `column 8: device has no field colour; it has region, project, class, `)
	f(Value, "when", `device == "m1"`, `column 1: device is nothing by itself; ask for device.region, device.project, `)
	f(Value, "when", `value.x > 3`, `column 7: value has no fields`)
	f(Event, "when", `event.attrs.code == "E21"`, `column 13: an attribute may be anything or missing: write num(event.attrs.code) or text(event.attrs.code)`)
	f(Event, "when", `event.attrs == 1`, `column 7: event.attrs is nothing by itself; ask for num(event.attrs.NAME)`)
	f(Event, "when", `text(event.attrs.a.b) == ""`, `column 1: text takes an attribute of the event, as in text(event.attrs.code)`)
	f(Event, "when", `num(event.kind) == 1`, `column 1: num takes an attribute of the event`)
	// Types.
	f(Value, "when", `value`, `expected bool, but got float64: an expression must be true or false`)
	f(Value, "when", `value > "3"`, `column 7: invalid operation: > (mismatched types float64 and string)`)
	f(Value, "when", `device.name > 3`, `column 13: invalid operation: > (mismatched types string and int)`)
	f(Value, "when", `latest("power_kw") == "3"`, `column 20: invalid operation: == (mismatched types float64 and string)`)
	f(Value, "when", `hour in ["monday"]`, `column 6: cannot use int as type string in array`)
	f(Value, "when", `value % 2 == 1`, `column 7: invalid operation: % (mismatched types float64 and int)`)
	f(Value, "when", `lower(value) == "3"`, `column 7: `)
	f(Value, "when", `device.model matches "("`, `column 14: error parsing regexp: `)
	// latest and state need a name that is known beforehand.
	f(Value, "when", `latest(metric) > 3`, `column 1: latest takes the name of a metric in quotes, as in latest("power_kw")`)
	f(Value, "when", `latest("a", "b") > 3`, `column 1: latest takes one argument`)
	f(Value, "when", `latest("") > 3`, `column 1: latest: name has 0 bytes, not 1 to 128`)
	f(Value, "when", `latest > 3`, `column 1: latest is a function: write latest(…)`)
	f(Value, "when", `value(3) > 3`, `column 1: value is no function`)
	// What loops, allocates, or asks for more than the environment.
	const form = `this form is not available: an expression compares and calculates`
	f(Value, "when", `all(1..1000000, # > 3)`, `column 1: there is no all; when of a value rule may use `)
	f(Value, "when", `hour in 1..5`, `column 6: after in comes a list`)
	f(Value, "when", `[1] == [1]`, `column 1: a list stands only after in`)
	f(Value, "when", `repeat("x", 1000000) == ""`, `column 1: there is no repeat; `)
	f(Value, "when", `now() == now()`, `column 1: there is no now; `)
	f(Value, "when", `let x = 3; value > x`, `column 5: `+form)
	f(Value, "when", `value > 3; true`, `column 7: `+form)
	f(Value, "when", `device.name[1:3] == "x"`, `column 12: `+form)
	f(Value, "when", `{"a": 1}.a == value`, `column 10: only device, event and project have fields`)
	f(Value, "when", `device?.name == "x"`, `column 9: `+form)
	f(Value, "when", `value ** 9 > 3`, `column 7: the operator ** is not available; there are `)
	f(Value, "when", `(value ?? 3) > 3`, `column 8: the operator ?? is not available`)
	f(Value, "when", `device.name matches device.model`, `column 13: after matches comes a pattern in quotes`)
	f(Value, "when", `device.name.Foo() == 1`, `column 13: only functions can be called: latest, state, num, text, abs`)
	f(Value, "when", `value == nil`, `column 10: there is no nil here`)
	f(Value, "when", `$env == 1`, `column 1: there is no $env; `)
	f(Value, "when", `value >`, `column 7: unexpected token EOF`)
	f(Value, "when", "value > 3 &&\n  valu < 5", `line 2, column 3: there is no valu; `)
}

func TestErrorsOfARun(t *testing.T) {
	f := func(kind Kind, text string, change func(*Env), want string) {
		t.Helper()
		p, err := compile(text, scopeOf(kind, "when"))
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		e := sample()
		change(e)
		if _, err := p.Bool(e); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
	f(Value, `device.id == "x"`, func(e *Env) { e.Device = nil }, "expression asks for the device, and there is none")
	f(Event, `num(event.attrs.x) == 1`, func(e *Env) { e.Event = nil }, "expression asks for the event, and there is none")
	f(Value, `latest("x") > 1`, func(e *Env) { e.Last = nil }, "expression asks for latest values, and there are none")
	f(Value, `day % (hour - 23) == 1`, func(*Env) {}, `expression "day % (hour - 23) == 1": column 5: runtime error: integer divide by zero`)
}

// TestViewFollowsTheEnv runs one environment through changes: what is kept from
// one run to the next must not be seen in it.
func TestViewFollowsTheEnv(t *testing.T) {
	e := sample()
	f := func(kind Kind, text string, want bool) {
		t.Helper()
		p, err := compile(text, scopeOf(kind, "when"))
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if got, err := p.Bool(e); err != nil || got != want {
			t.Errorf("%s is %v, %v; want %v", text, got, err, want)
		}
	}
	f(Value, `value > 230 && hour == 23`, true)
	e.Value, e.Time = 0, e.Time.Add(time.Hour)
	f(Value, `value == 0 && hour == 0 && day == 1 && month == 3`, true)
	e.Value = math.NaN()
	f(Value, `value == 0 || value != value`, true)
	f(Value, `latest("power_kw") == 3.5 && latest("speed_ms") == 0`, true)
	f(Value, `latest("speed_ms") == 0 && latest("power_kw") == 3.5`, true) // other places, same view
	f(Event, `text(event.attrs.code) == "E21"`, true)
	e.Event = &telemetry.Event{Kind: "alarm", Attrs: "{}"}
	f(Event, `text(event.attrs.code) == "" && event.kind == "alarm" && event.severity == ""`, true)
	e.Event.Kind, e.Event.Attrs = "fault", `{"code":7}` // the engine fills the same event again
	f(Event, `num(event.attrs.code) == 7 && event.kind == "fault"`, true)
	e.Event.Attrs = `nonsense`
	f(Event, `text(event.attrs.code) == ""`, true)
	e.Device, e.Project = &Device{ID: "m2"}, "other"
	f(Value, `device.id == "m2" && project.name == "other"`, true)
}

func TestProgramIsShared(t *testing.T) {
	p, err := compile(`value > latest("power_kw") && device.id == "m1"`, scopeOf(Value, "when"))
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for n := range 8 {
		wait.Go(func() {
			e := sample()
			for i := range 1000 {
				e.Value = float64(i%2*7 + n%2)
				if got, err := p.Bool(e); err != nil || got != (i%2 == 1) {
					t.Errorf("value %v: %v, %v", e.Value, got, err)
					return
				}
			}
		})
	}
	wait.Wait()
}

// TestLayoutAndViewAgree holds the two structs together: programs are typed
// against one and read the other by the same places.
func TestLayoutAndViewAgree(t *testing.T) {
	var same func(at string, a, b reflect.Type)
	same = func(at string, a, b reflect.Type) {
		if a.NumField() != b.NumField() {
			t.Fatalf("%s: %d fields and %d", at, a.NumField(), b.NumField())
		}
		for i := range a.NumField() {
			x, y := a.Field(i), b.Field(i)
			switch {
			case x.Name != y.Name:
				t.Errorf("%s: field %d is %s and %s", at, i, x.Name, y.Name)
			case x.Type.Kind() == reflect.Struct:
				same(at+"."+x.Name, x.Type, y.Type)
			case y.Type.Kind() != reflect.Interface && x.Type != y.Type:
				t.Errorf("%s.%s is %s and %s", at, x.Name, x.Type, y.Type)
			}
		}
	}
	same("layout", reflect.TypeFor[layout](), reflect.TypeFor[view]())
}

func TestCommonExpressionsAllocateNothing(t *testing.T) {
	f := func(kind Kind, text string) {
		t.Helper()
		p, err := compile(text, scopeOf(kind, "when"))
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		e := sample()
		if n := testing.AllocsPerRun(100, func() {
			if _, err := p.Bool(e); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%s allocates %v times", text, n)
		}
	}
	f(Value, `value > 235.4 && value < 300 || value > 406.6`)
	f(Value, `value > 0.1 && hour >= 2 && hour < 5`)
	f(Value, `value == 1 && latest("speed_ms") == 0 && state("mode") != "maintenance"`)
	f(Event, `event.kind == "entrapment"`)
}

func BenchmarkBool(b *testing.B) {
	f := func(name string, kind Kind, text string) {
		b.Run(name, func(b *testing.B) {
			p, err := compile(text, scopeOf(kind, "when"))
			if err != nil {
				b.Fatal(err)
			}
			e := sample()
			b.ReportAllocs()
			for b.Loop() {
				if _, err := p.Bool(e); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	f("threshold", Value, `value > 235.4`)
	f("bands", Value, `value > 235.4 && value < 300 || value > 406.6`)
	f("latest", Value, `value == 231.5 && latest("speed_ms") == 0 && latest("power_kw") > 3`)
	f("event", Event, `event.kind == "entrapment"`)
	f("list", Event, `event.kind in ["entrapment_cleared", "released"]`)
	f("attribute", Event, `event.kind == "fault" && text(event.attrs.code) == "E21"`)
}

func BenchmarkLoadLibrary(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		library(b)
	}
}

// FuzzCompile: whatever is written, compiling and running it ends without a
// panic, and what compiles answers.
func FuzzCompile(f *testing.F) {
	for _, text := range []string{
		`value > 235.4 && value < 300 || value > 406.6`, `latest("speed_ms") == 0 && not (state("mode") in ["a", "b"])`,
		`event.kind in ["fault"] && num(event.attrs.floor) % 2 == 1`, `text(event.attrs["code"]) matches "^E[0-9]+"`,
		`device.multiplier > 1 ? abs(value) * 2 >= 3 : weekday not in [0, 6]`, `if hour > 3 { true } else { minute == 1 }`,
		`day % (hour - 23) == 1`, `max(1, 2, value) == round(1.5) && lower(device.name) contains "总"`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, kind := range []Kind{Value, Event} {
			p, err := compile(text, scopeOf(kind, "when"))
			if err != nil {
				if strings.Contains(err.Error(), "\n") {
					t.Fatalf("the error has several lines: %q", err)
				}
				continue
			}
			_, _ = p.Bool(sample()) // an error is a division by zero
		}
	})
}
