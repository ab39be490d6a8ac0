package live

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"steward/internal/authz"
	"steward/internal/telemetry"
)

// follower does what a browser does: it applies snapshots and frames, and knows
// nothing else of the board.
type follower struct {
	seq       uint64
	devices   map[string]DeviceState
	values    map[string]map[string]Value
	dangers   map[string]Danger
	groups    map[telemetry.Device]Group
	totals    Totals
	events    events
	rejected  []*Rejected
	limit     int
	snapshots int
	missed    uint64
}

func (f *follower) apply(u Update) error {
	if s := u.Snapshot; s != nil {
		if s.Seq < f.seq {
			return fmt.Errorf("snapshot %d after %d", s.Seq, f.seq)
		}
		*f = follower{
			seq: s.Seq, devices: map[string]DeviceState{}, values: map[string]map[string]Value{},
			dangers: map[string]Danger{}, groups: map[telemetry.Device]Group{}, totals: s.Totals,
			events: newEvents(s.MaxEvents), limit: s.MaxRejected, rejected: slices.Clone(s.Rejected),
			snapshots: f.snapshots + 1, missed: f.missed + u.Missed,
		}
		for i := range s.Devices {
			f.device(&s.Devices[i])
		}
		f.danger(s.Dangers)
		f.group(s.Groups)
		for _, e := range s.Events {
			f.events.insert(e)
		}
		return nil
	}
	p := u.Frame
	if p.Seq != f.seq+1 {
		return fmt.Errorf("frame %d after %d", p.Seq, f.seq)
	}
	f.seq = p.Seq
	for _, d := range p.Devices {
		f.device(d)
	}
	for _, d := range p.Gone {
		if _, there := f.devices[d.String()]; !there {
			return fmt.Errorf("%s is gone and was not there", d)
		}
		delete(f.devices, d.String())
		delete(f.values, d.String())
	}
	f.danger(p.Dangers)
	for _, d := range p.Ended {
		if _, open := f.dangers[d.String()]; !open {
			return fmt.Errorf("the end of no danger at %s", d)
		}
		delete(f.dangers, d.String())
	}
	f.group(p.Groups)
	if p.Totals != nil {
		f.totals = *p.Totals
	}
	for _, e := range p.Events {
		// It may be too old for the list by now, if much happened within a tick.
		if _, known := f.events.insert(e); known {
			return fmt.Errorf("event %s twice", e.ID)
		}
	}
	for _, r := range p.Rejected {
		if slices.ContainsFunc(f.rejected, func(o *Rejected) bool { return o.ID == r.ID }) {
			return fmt.Errorf("rejected message %s twice", r.ID)
		}
		f.rejected = append(f.rejected, r)
	}
	if over := len(f.rejected) - f.limit; over > 0 {
		f.rejected = f.rejected[over:]
	}
	return nil
}

func (f *follower) device(d *DeviceState) {
	path := d.Device.String()
	if f.values[path] == nil {
		f.values[path] = map[string]Value{}
	}
	head := *d
	head.Values = nil
	f.devices[path] = head
	for _, v := range d.Values {
		v.First = false
		f.values[path][v.Metric] = v
	}
}

func (f *follower) danger(list []Danger) {
	for _, d := range list {
		f.dangers[d.First.Device.String()] = d
	}
}

func (f *follower) group(list []Group) {
	for _, g := range list {
		id := telemetry.Device{Region: g.Region, Project: g.Project, Class: g.Class}
		if f.groups[id] = g; g.Devices == 0 {
			delete(f.groups, id)
		}
	}
}

// same compares what was followed with the truth.
func (f *follower) same(s *Snapshot) error {
	var truth follower
	if err := truth.apply(Update{Snapshot: s}); err != nil {
		return err
	}
	for _, part := range []struct {
		name      string
		got, want any
	}{
		{"devices", f.devices, truth.devices}, {"values", f.values, truth.values}, {"dangers", f.dangers, truth.dangers},
		{"groups", f.groups, truth.groups}, {"totals", f.totals, truth.totals},
	} {
		if !reflect.DeepEqual(part.got, part.want) {
			return fmt.Errorf("%s differ:\n got %v\nwant %v", part.name, part.got, part.want)
		}
	}
	// A scope's follower may remember events and rejected messages that the
	// board's lists, which serve all scopes, have dropped since; what the board
	// has it must have.
	if n := len(truth.rejected); n > len(f.rejected) || !slices.Equal(f.rejected[len(f.rejected)-n:], truth.rejected) {
		return fmt.Errorf("rejected messages differ:\n got %v\nwant %v", f.rejected, truth.rejected)
	}
	for i, list := range truth.events.lists {
		have := map[*telemetry.Event]bool{}
		for _, e := range f.events.lists[i] {
			have[e] = true
		}
		for _, e := range list {
			if !have[e] {
				return fmt.Errorf("event %s at %s is missing", e.ID, e.Device)
			}
		}
		if !slices.IsSortedFunc(f.events.lists[i], func(a, b *telemetry.Event) int { return cmp.Compare(a.TS, b.TS) }) {
			return fmt.Errorf("events are out of order")
		}
	}
	return nil
}

// world makes random traffic: few devices and times, so that ties, late values,
// repetitions and clearances meet often.
type world struct {
	*rand.Rand
	devices []*telemetry.Device
	sent    int
}

func newWorld(seed uint64) *world {
	w := &world{Rand: rand.New(rand.NewPCG(seed, 1))}
	for _, place := range []struct{ region, project string }{{"north", "harbour"}, {"north", "garden"}, {"south", "hill"}} {
		for _, c := range telemetry.Classes() {
			for i := range 3 {
				w.devices = append(w.devices, &telemetry.Device{Region: place.region, Project: place.project, Class: c, ID: fmt.Sprint("d", i)})
			}
		}
	}
	return w
}

func (w *world) step(b *Board) {
	w.sent++
	d := w.devices[w.IntN(len(w.devices))]
	received := telemetry.Millis(w.sent)
	ts := received - telemetry.Millis(w.IntN(40))
	switch w.IntN(20) {
	case 0:
		b.Status(telemetry.Status{Device: d, Online: w.IntN(2) == 0, Received: received})
	case 1:
		b.State(telemetry.State{Device: d, Metric: "mode", TS: ts, Received: received, Value: fmt.Sprint(w.IntN(3))})
	case 2:
		b.Rejected(telemetry.DeadLetter{ID: fmt.Sprint(w.sent), Topic: d.Topic(telemetry.StreamEvent), Payload: []byte("?"), Received: received})
	case 3, 4, 5:
		kinds := map[telemetry.Class][]string{
			telemetry.Elevator: {telemetry.Entrapment, telemetry.Entrapment, telemetry.Released, telemetry.Arrived},
			telemetry.Fire:     {telemetry.Alarm, telemetry.AlarmCleared, "supervisory"},
			telemetry.Meter:    {"battery_low", "tamper"},
			telemetry.Access:   {"granted", "denied"},
		}[d.Class]
		e := event(d, kinds[w.IntN(len(kinds))], ts)
		e.Received = received
		b.Event(e)
	case 6:
		if w.IntN(2) == 0 {
			b.Expect(*d)
		} else {
			b.Dismiss(*d, *w.devices[w.IntN(len(w.devices))])
		}
	default:
		b.Reading(telemetry.Reading{Device: d, Metric: fmt.Sprint("m", w.IntN(6)), TS: ts, Received: received, Value: w.Float64()})
	}
}

// A follower that applies a snapshot and the frames after it ends equal to the
// board, whatever arrived meanwhile, and however slow it was.
func TestFollowersEndEqualToTheBoard(t *testing.T) {
	scopes := []Scope{
		{Allowed: hq},
		{Allowed: hq, Detail: Filter{Region: "north"}},
		{Allowed: hq, Detail: Filter{Region: "north"}, Overview: Filter{Region: "north"}},
		{Allowed: hq, Detail: Filter{Project: "hill", Class: telemetry.Fire}},
		{Allowed: hq, Detail: Filter{Device: "d1"}},
		{Allowed: hq, Detail: Filter{Region: "north", Project: "garden", Class: telemetry.Elevator, Device: "d2"}},
	}
	for _, places := range [][]authz.Place{{{Region: "north"}}, {{Region: "north", Project: "garden"}, {Region: "south"}}, {{Region: "west"}}} {
		scopes = append(scopes, Scope{Allowed: scopeAt(places...)}, Scope{Allowed: scopeAt(places...), Detail: Filter{Project: "garden"}})
	}
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			b := newBoard(t, Options{MaxEvents: 30, MaxRejected: 10, Tick: time.Millisecond, MaxBacklog: 2000})
			ctx, stop := context.WithCancel(t.Context())
			var running, following sync.WaitGroup
			running.Go(func() { _ = b.Run(ctx) })
			over, settled := make(chan struct{}), make(chan struct{}) // no more traffic; no more frames

			type result struct {
				scope Scope
				follower
				err error
			}
			results := make([]result, 0, 4*len(scopes))
			var mu sync.Mutex
			for i := range cap(results) {
				scope := scopes[i%len(scopes)]
				slow := i >= 2*len(scopes)
				following.Go(func() {
					r := result{scope: scope}
					sub := b.Subscribe(scope)
					defer sub.Close()
					for r.err == nil {
						ended := isClosed(settled) // asked first: what was published before is still read below
						u, more, ok := sub.Next()
						if !ok {
							if ended {
								break
							}
							select {
							case <-more:
							case <-settled:
							}
							continue
						}
						r.err = r.apply(u)
						if slow { // one frame, then nothing until the end of all traffic
							<-over
						}
					}
					mu.Lock()
					defer mu.Unlock()
					results = append(results, r)
				})
			}

			w := newWorld(seed)
			for range 30_000 {
				w.step(b)
				if w.IntN(100) == 0 {
					b.flush() // ticks at any moment
				}
			}
			b.mu.Lock()
			b.groups.at = time.Time{} // the last counts
			b.mu.Unlock()
			b.flush()
			close(over)
			stop()
			running.Wait()
			close(settled)
			following.Wait()

			if len(results) != cap(results) {
				t.Fatalf("%d followers came back, want %d", len(results), cap(results))
			}
			missed := 0
			for _, r := range results {
				if r.err != nil {
					t.Fatalf("%+v: %v", r.scope, r.err)
				}
				if err := r.same(b.Snapshot(r.scope)); err != nil {
					t.Errorf("%+v after %d snapshots: %v", r.scope, r.snapshots, err)
				}
				if r.missed > 0 {
					missed++
				}
			}
			if missed == 0 {
				t.Error("no slow follower missed anything: the test does not reach its restart")
			}
		})
	}
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// The lists of events that frames leave behind are those of the board, for who
// follows everything.
func TestFollowerOfEverythingHasTheSameEvents(t *testing.T) {
	b := newBoard(t, Options{MaxEvents: 7})
	sub := b.Subscribe(Scope{Allowed: hq})
	defer sub.Close()
	var f follower
	w := newWorld(99)
	for range 3000 {
		for range 5 {
			w.step(b)
		}
		b.flush()
		for {
			u, _, ok := sub.Next()
			if !ok {
				break
			}
			if err := f.apply(u); err != nil {
				t.Fatal(err)
			}
		}
		if !maps.EqualFunc(listed(&f.events), listed(&b.events), slices.Equal) {
			t.Fatalf("after %d steps the lists differ:\n got %v\nwant %v", w.sent, f.events.lists, b.events.lists)
		}
	}
}

func listed(l *events) map[int][]*telemetry.Event {
	m := map[int][]*telemetry.Event{}
	for i, list := range l.lists {
		m[i] = list
	}
	return m
}
