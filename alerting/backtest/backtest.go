// Package backtest runs a rule over stored history: how often it would have
// fired, where, and for how long. It evaluates with the same engine as the
// stream, as if every message had come when its device says that it was made.
package backtest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"steward/alerting/engine"
	"steward/alerting/estate"
	"steward/alerting/rule"
	"steward/internal/authz"
	"steward/internal/telemetry"
)

// Options say what is to be tried.
type Options struct {
	Rules  *rule.Set // the rule and, for a combination, the one it counts
	Rule   string    // which of them is asked about
	Estate *estate.Estate
	From   time.Time
	To     time.Time
	// Read hands over the history of the period in the order of event time.
	Read func(ctx context.Context, each func(*engine.Input) error) error
	// Query runs the query of a rule of that kind.
	Query func(ctx context.Context, query string, from, to time.Time) ([]engine.Row, error)
	// Progress is told now and then how far it has come; may be nil.
	Progress func(at time.Time, messages int)
}

// Interval is one time in which the rule would have fired.
type Interval struct {
	authz.Place
	Building string          `json:"building,omitempty"`
	Class    telemetry.Class `json:"class,omitempty"`
	Device   string          `json:"device,omitempty"`
	From     time.Time       `json:"from"`
	To       *time.Time      `json:"to,omitempty"` // nil when it fires still at the end
	Value    *float64        `json:"value,omitempty"`
	Times    int             `json:"times"` // how often the condition came in it
}

// Total counts for one device, or for one project.
type Total struct {
	authz.Place
	Class  telemetry.Class `json:"class,omitempty"`
	Device string          `json:"device,omitempty"`
	Fired  int             `json:"fired"`
	Held   float64         `json:"held_seconds"` // for how long altogether
}

// String is the path of the device or project.
func (t *Total) String() string {
	if t.Device == "" {
		return t.Place.String()
	}
	return t.Place.String() + "/" + string(t.Class) + "/" + t.Device
}

// Result is what came of it.
type Result struct {
	Rule      string     `json:"rule"`
	From      time.Time  `json:"from"`
	To        time.Time  `json:"to"`
	Fired     int        `json:"fired"`
	Held      float64    `json:"held_seconds"` // for how long altogether
	Firing    int        `json:"firing"`       // at the end
	Intervals []Interval `json:"intervals"`    // the first MaxIntervals
	Cut       bool       `json:"cut"`          // there are more
	Projects  []Total    `json:"projects"`     // the most frequent first, at most MaxTotals
	Devices   []Total    `json:"devices"`
	Messages  int        `json:"messages"` // that were read
	Took      float64    `json:"took_seconds"`
}

// Bounds of a Result.
const (
	MaxIntervals = 1000
	MaxTotals    = 100
	// maxRuns bounds how often a query is run.
	maxRuns = 5000
	// progressEvery is how many messages lie between two reports.
	progressEvery = 100_000
)

// trial is a run under way.
type trial struct {
	Options
	result   Result
	open     map[string]*Interval // by fingerprint
	projects map[string]*Total
	devices  map[string]*Total
}

// Run tries a rule. It ends with ctx.
func Run(ctx context.Context, o Options) (*Result, error) {
	began := time.Now()
	t := &trial{
		Options: o, open: map[string]*Interval{}, projects: map[string]*Total{}, devices: map[string]*Total{},
		result: Result{Rule: o.Rule, From: o.From, To: o.To, Intervals: []Interval{}},
	}
	e := engine.New(engine.Options{Estate: o.Estate})
	t.take(e.SetRules(o.Rules, telemetry.MillisOf(o.From)))
	// Of a history nobody knows when it was not listened to: silence is the device's.
	e.Listening(telemetry.MillisOf(o.From), telemetry.MillisOf(o.To))
	var err error
	if r := o.Rules.ByName[o.Rule]; r.Kind == rule.SQL {
		err = t.queries(ctx, e, r)
	} else {
		err = t.stream(ctx, e)
	}
	if err != nil {
		return nil, err
	}
	t.take(e.Advance(telemetry.MillisOf(o.To)))
	t.end()
	t.result.Took = time.Since(began).Seconds()
	return &t.result, nil
}

func (t *trial) stream(ctx context.Context, e *engine.Engine) error {
	return t.Read(ctx, func(in *engine.Input) error {
		in.Seq = uint64(t.result.Messages)
		t.result.Messages++
		t.take(e.Process(in))
		if t.Progress != nil && t.result.Messages%progressEvery == 0 {
			t.Progress(in.Received.Time(), t.result.Messages)
		}
		return nil
	})
}

func (t *trial) queries(ctx context.Context, e *engine.Engine, r *rule.Rule) error {
	every := max(r.Every, t.To.Sub(t.From)/maxRuns)
	for at := t.From.Add(every); !at.After(t.To); at = at.Add(every) {
		rows, err := t.Query(ctx, r.Query, at.Add(-r.Every), at)
		if err != nil {
			return err
		}
		t.result.Messages++
		t.take(e.Result(r.Name, rows, telemetry.MillisOf(at)))
		if t.Progress != nil {
			t.Progress(at, t.result.Messages)
		}
	}
	return nil
}

func (t *trial) take(signals []engine.Signal) {
	for i := range signals {
		s := &signals[i]
		if s.Rule == nil || s.Rule.Name != t.Rule {
			continue
		}
		switch s.Kind {
		case engine.Fire:
			if now := t.open[s.Fingerprint]; now != nil {
				now.Times++
				continue
			}
			t.open[s.Fingerprint] = intervalOf(s)
		case engine.Correct:
			if now := t.open[s.Fingerprint]; now != nil && s.At.Time().Before(now.From) {
				now.From = s.At.Time()
			}
		case engine.Clear, engine.Drop:
			if now := t.open[s.Fingerprint]; now != nil {
				delete(t.open, s.Fingerprint)
				t.close(now, s.At.Time(), true)
			}
		case engine.Past:
			t.close(intervalOf(s), s.Until.Time(), true)
		}
	}
}

func intervalOf(s *engine.Signal) *Interval {
	return &Interval{
		Place: s.Place, Building: s.Building, Class: s.Device.Class, Device: s.Device.ID, From: s.At.Time(), Value: s.Value, Times: 1,
	}
}

func (t *trial) close(i *Interval, at time.Time, ended bool) {
	if ended {
		i.To = &at
	}
	long := max(0, at.Sub(i.From).Seconds())
	t.result.Fired++
	t.result.Held += long
	if len(t.result.Intervals) < MaxIntervals {
		t.result.Intervals = append(t.result.Intervals, *i)
	} else {
		t.result.Cut = true
	}
	add(t.projects, Total{Place: i.Place}, long)
	if i.Device != "" {
		add(t.devices, Total{Place: i.Place, Class: i.Class, Device: i.Device}, long)
	}
}

func add(totals map[string]*Total, of Total, held float64) {
	name := of.String()
	if totals[name] == nil {
		totals[name] = &of
	}
	totals[name].Fired++
	totals[name].Held += held
}

// end closes what fires still, and puts everything in order.
func (t *trial) end() {
	t.result.Firing = len(t.open)
	for _, i := range t.open {
		t.close(i, t.To, false)
	}
	slices.SortFunc(t.result.Intervals, func(a, b Interval) int {
		return cmp.Or(a.From.Compare(b.From), cmp.Compare(fmt.Sprint(a.Place), fmt.Sprint(b.Place)), cmp.Compare(a.Device, b.Device))
	})
	t.result.Projects, t.result.Devices = top(t.projects), top(t.devices)
}

func top(totals map[string]*Total) []Total {
	all := make([]Total, 0, len(totals))
	for _, v := range totals {
		all = append(all, *v)
	}
	slices.SortFunc(all, func(a, b Total) int {
		return cmp.Or(cmp.Compare(b.Fired, a.Fired), cmp.Compare(b.Held, a.Held), cmp.Compare(a.String(), b.String()))
	})
	return all[:min(len(all), MaxTotals)]
}
