package calls

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"steward/internal/authz"
	"steward/internal/incident"
	"steward/internal/live"
	"steward/internal/live/calls/callstest"
	"steward/internal/telemetry"
)

// at is an incident of a place, region/project.
func at(id, place string, state incident.State) incident.Incident {
	region, project, _ := strings.Cut(place, "/")
	return incident.Incident{
		ID: id, Place: authz.Place{Region: region, Project: project}, Class: telemetry.Elevator, State: state, Severity: telemetry.Critical,
		Plan: []incident.Due{{What: "escalate"}}, Comings: []time.Time{time.Now()},
		Stages: []incident.Stage{{State: incident.Firing, By: incident.Actor{Name: "Ann", Remote: "192.0.2.7"}}},
	}
}

// everybody sees everything.
var everybody = Scope{Allowed: authz.Everything()}

// running is a board over a shelf; it must be called within a synctest bubble.
func running(t *testing.T, s *callstest.Shelf, o Options) *Board {
	t.Helper()
	o.Store, o.Logger = s, slog.New(slog.DiscardHandler)
	b, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var run sync.WaitGroup
	run.Go(func() { _ = b.Run(ctx) })
	t.Cleanup(func() { cancel(); run.Wait() })
	synctest.Wait()
	return b
}

// told is an update in short: R for a reset, then ids with states and kinds of
// entries, sorted where their order means nothing; "-" for none.
func told(t *testing.T, sub *Subscription) string {
	t.Helper()
	u, _, ok := sub.Next(t.Context())
	if !ok {
		return "-"
	}
	var incidents, entries []string
	for _, text := range u.Incidents {
		var in incident.Incident
		if err := json.Unmarshal(text, &in); err != nil {
			t.Fatal(err)
		}
		incidents = append(incidents, in.ID+" "+string(in.State))
	}
	slices.Sort(incidents)
	for _, text := range u.Entries {
		var e incident.Entry
		if err := json.Unmarshal(text, &e); err != nil {
			t.Fatal(err)
		}
		entries = append(entries, fmt.Sprint(e.Incident, ":", e.Kind))
	}
	out := fmt.Sprintf("%d [%s] [%s]", u.Cursor, strings.Join(incidents, ", "), strings.Join(entries, ", "))
	if u.Partial {
		out = "partial " + out
	}
	if u.Reset {
		out = "reset " + out
	}
	return out
}

func expect(t *testing.T, sub *Subscription, want string) {
	t.Helper()
	if got := told(t, sub); got != want {
		t.Errorf("told %s\nwant %s", got, want)
	}
}

func TestEverythingOpenThenEachChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := callstest.New()
		s.Save(at("a", "north/harbour", incident.Firing), incident.EntryOpened)
		s.Save(at("old", "north/harbour", incident.Firing), incident.EntryOpened)
		s.Save(at("old", "north/harbour", incident.Resolved), incident.EntryResolved)
		b := running(t, s, Options{})
		sub := b.Subscribe(everybody, -1)
		expect(t, sub, "reset 3 [a firing] []")
		expect(t, sub, "-")

		_, more, _ := sub.Next(t.Context())
		s.Save(at("a", "north/harbour", incident.Acknowledged), incident.EntryAcknowledged)
		began := time.Now()
		s.Wake()
		<-more
		if took := time.Since(began); took != 0 {
			t.Errorf("a change came after %s, want at once", took)
		}
		expect(t, sub, "4 [a acknowledged] [a:acknowledged]")

		// One that nobody wakes us for is another process's.
		s.Save(at("a", "north/harbour", incident.Resolved), incident.EntryResolved)
		s.Save(at("b", "south/garden", incident.Firing), incident.EntryOpened)
		_, more, _ = sub.Next(t.Context())
		began = time.Now()
		<-more
		if took := time.Since(began); took > time.Second {
			t.Errorf("another process's change came after %s", took)
		}
		expect(t, sub, "6 [a resolved, b firing] [a:resolved, b:opened]")
		expect(t, b.Subscribe(everybody, -1), "reset 6 [b firing] []")
		if got := b.Stats(); got != (Stats{Open: 1, Entries: 6}) {
			t.Errorf("stats %+v", got)
		}
	})
}

// A slow subscriber gets what it missed in one update, each incident once.
func TestMissedComesInOneUpdate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := callstest.New()
		b := running(t, s, Options{})
		slow := b.Subscribe(everybody, -1)
		expect(t, slow, "reset 0 [] []")
		for _, state := range []incident.State{incident.Firing, incident.Acknowledged, incident.Arrived} {
			s.Save(at("a", "north/harbour", state), incident.EntryKind(state))
			s.Wake()
			synctest.Wait()
		}
		expect(t, slow, "3 [a arrived] [a:firing, a:acknowledged, a:arrived]")
		expect(t, slow, "-")
	})
}

func TestReplayByCursor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := callstest.New()
		for i := range 20 {
			s.Save(at(fmt.Sprint("i", i%4), "north/harbour", incident.Firing), incident.EntryKind(fmt.Sprint("k", i+1)))
		}
		b := running(t, s, Options{MaxEntries: 5, MaxReplay: 10})
		f := func(after int64, want string, reads bool) {
			t.Helper()
			asked := s.Asked()
			expect(t, b.Subscribe(everybody, after), want)
			if (s.Asked() > asked) != reads {
				t.Errorf("after %d the store was asked %d times", after, s.Asked()-asked)
			}
		}
		const all = "reset 20 [i0 firing, i1 firing, i2 firing, i3 firing] []"
		f(-1, all, false)
		f(20, "20 [] []", false) // nothing was missed, and that is said
		f(19, "20 [i3 firing] [i3:k20]", false)
		f(15, "20 [i0 firing, i1 firing, i2 firing, i3 firing] [i3:k16, i0:k17, i1:k18, i2:k19, i3:k20]", false)
		f(14, "20 [i0 firing, i1 firing, i2 firing, i3 firing] [i2:k15, i3:k16, i0:k17, i1:k18, i2:k19, i3:k20]", true)
		f(10, "20 [i0 firing, i1 firing, i2 firing, i3 firing] [i2:k11, i3:k12, i0:k13, i1:k14, i2:k15, i3:k16, i0:k17, i1:k18, i2:k19, i3:k20]", true)
		f(9, all, false)  // too much
		f(21, all, false) // of another store

		// The store does not answer: what is known is enough for a new start.
		s.Break(errors.New("away"))
		f(14, all, true)
		// Nor when everybody else asks it.
		s.Break(nil)
		for range replays {
			b.replays <- struct{}{}
		}
		f(14, all, false)
		for range replays {
			<-b.replays
		}
		f(14, "20 [i0 firing, i1 firing, i2 firing, i3 firing] [i2:k15, i3:k16, i0:k17, i1:k18, i2:k19, i3:k20]", true)
	})
}

// What each scope is told is of its places alone, in resets, changes and replays
// from memory and store.
func TestNobodyIsToldOfOtherPlaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := callstest.New()
		places := []string{"north/harbour", "north/hill", "south/garden", "south/harbour", "north/", "/"}
		round := func(state incident.State) {
			for _, place := range places {
				s.Save(at("in-"+place, place, state), incident.EntryOpened)
			}
		}
		round(incident.Firing)
		b := running(t, s, Options{MaxEntries: 3})
		of := func(grants ...authz.Place) authz.Scope {
			p := authz.Principal{Kind: authz.Person, ID: "ann"}
			for _, at := range grants {
				p.Grants = append(p.Grants, authz.Grant{Role: authz.Viewer, Place: at})
			}
			return p.Scope(authz.Read)
		}
		type watcher struct {
			scope Scope
			want  []string
			sub   *Subscription
		}
		north, harbour := authz.Place{Region: "north"}, authz.Place{Region: "north", Project: "harbour"}
		watchers := []*watcher{
			{scope: Scope{Allowed: authz.Everything()}, want: places},
			{scope: Scope{Allowed: of(north)}, want: []string{"north/harbour", "north/hill", "north/"}},
			{scope: Scope{Allowed: of(harbour)}, want: []string{"north/harbour"}},
			{scope: Scope{Allowed: of(harbour, authz.Place{Region: "south", Project: "garden"})}, want: []string{"north/harbour", "south/garden"}},
			{scope: Scope{Allowed: of(north), Filter: live.Filter{Region: "south"}}},
			{scope: Scope{Allowed: of(north), Filter: live.Filter{Project: "harbour"}}, want: []string{"north/harbour"}},
			{scope: Scope{Allowed: of(north), Filter: live.Filter{Class: telemetry.Fire}}},
			{scope: Scope{Allowed: of(north), Filter: live.Filter{Class: telemetry.Elevator, Device: "e1"}}, want: []string{"north/harbour", "north/hill", "north/"}},
			{},
		}
		check := func(w *watcher, sub *Subscription, how string) {
			t.Helper()
			var want []string
			for _, place := range w.want {
				want = append(want, "in-"+place)
			}
			u, _, ok := sub.Next(t.Context())
			if !ok {
				if len(want) > 0 {
					t.Errorf("%s %+v: told nothing, want %v", how, w.scope, want)
				}
				return
			}
			var got []string
			for _, text := range u.Incidents {
				var in incident.Incident
				if err := json.Unmarshal(text, &in); err != nil {
					t.Fatal(err)
				}
				got = append(got, in.ID)
			}
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("%s %+v: told of %v, want %v", how, w.scope, got, want)
			}
			for _, text := range u.Entries {
				var e incident.Entry
				if err := json.Unmarshal(text, &e); err != nil || !slices.Contains(want, e.Incident) {
					t.Errorf("%s %+v: told %s: %v", how, w.scope, text, err)
				}
			}
		}
		for _, w := range watchers {
			w.sub = b.Subscribe(w.scope, -1)
			check(w, w.sub, "reset")
		}
		round(incident.Acknowledged)
		s.Wake()
		synctest.Wait()
		for _, w := range watchers {
			// The ring holds three of six: these come from the store.
			check(w, w.sub, "change")
			check(w, b.Subscribe(w.scope, 6), "replay")
		}
	})
}

func TestTrialsAndSecretsAreNotShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := callstest.New()
		trial := at("trial", "north/harbour", incident.Firing)
		trial.Shadow = true
		s.Save(trial, incident.EntryOpened)
		b := running(t, s, Options{})
		sub := b.Subscribe(everybody, -1)
		expect(t, sub, "reset 1 [] []")
		s.Save(trial, incident.EntryNote)
		s.Wake()
		synctest.Wait()
		expect(t, sub, "-")
		s.Save(at("a", "north/harbour", incident.Firing), incident.EntryOpened)
		s.Wake()
		synctest.Wait()
		u, _, _ := sub.Next(t.Context())
		said := string(u.Incidents[0]) + string(u.Entries[0])
		for _, hidden := range []string{"secret", "hash", "192.0.2.7", "escalate", "comings"} {
			if strings.Contains(said, hidden) {
				t.Errorf("%s is in %s", hidden, said)
			}
		}
		if !strings.Contains(said, `"name":"Ann"`) {
			t.Errorf("who acted is not in %s", said)
		}
	})
}

// A store that is away changes nothing, and when it is back nothing is missing.
func TestStoreAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := callstest.New()
		s.Break(errors.New("away"))
		s.Save(at("a", "north/harbour", incident.Firing), incident.EntryOpened)
		b := running(t, s, Options{})
		sub := b.Subscribe(everybody, -1)
		early := b.Subscribe(everybody, 0)
		expect(t, sub, "-") // not "nothing is open"
		expect(t, early, "-")
		_, more, _ := sub.Next(t.Context())
		s.Break(nil)
		<-more
		expect(t, sub, "reset 1 [a firing] []")
		expect(t, early, "1 [a firing] [a:opened]")

		s.Break(errors.New("away again"))
		s.Save(at("a", "north/harbour", incident.Resolved), incident.EntryResolved)
		s.Wake()
		synctest.Wait()
		expect(t, sub, "-")
		expect(t, b.Subscribe(everybody, -1), "reset 1 [a firing] []")
		s.Break(nil)
		time.Sleep(time.Second)
		synctest.Wait()
		expect(t, sub, "2 [a resolved] [a:resolved]")
	})
}

// Beyond what the board holds, danger to life comes first, who sees less is told
// so, and when there is room again everything is there.
func TestMoreThanCanBeHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := callstest.New()
		b := running(t, s, Options{MaxOpen: 4})
		north, garden := b.Subscribe(Scope{Allowed: authz.Everything(), Filter: live.Filter{Region: "north"}}, -1),
			b.Subscribe(Scope{Allowed: authz.Everything(), Filter: live.Filter{Region: "south"}}, -1)
		expect(t, north, "reset 0 [] []")
		expect(t, garden, "reset 0 [] []")
		for i := range 5 {
			s.Save(at(fmt.Sprint("m", i), "north/harbour", incident.Firing), incident.EntryOpened)
		}
		grave := at("stuck", "south/garden", incident.Firing)
		grave.Severity = telemetry.LifeSafety
		s.Save(grave, incident.EntryOpened)
		s.Wake()
		synctest.Wait()
		expect(t, north, "partial 6 [m0 firing, m1 firing, m2 firing, m3 firing] [m0:opened, m1:opened, m2:opened, m3:opened]")
		expect(t, garden, "6 [stuck firing] [stuck:opened]")
		if !b.Stats().Partial {
			t.Error("the board does not know that it is partial")
		}
		s.Save(at("m0", "north/harbour", incident.Resolved), incident.EntryResolved)
		s.Save(at("m1", "north/harbour", incident.Resolved), incident.EntryResolved)
		s.Wake()
		synctest.Wait()
		time.Sleep(time.Second)
		synctest.Wait()
		expect(t, north, "reset 8 [m2 firing, m3 firing, m4 firing] []")
		expect(t, garden, "reset 8 [stuck firing] []")
	})
}

// What is over and told is forgotten.
func TestMemoryIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := callstest.New()
		b := running(t, s, Options{MaxEntries: 10})
		for i := range 500 {
			id := fmt.Sprint("i", i)
			s.Save(at(id, "north/harbour", incident.Firing), incident.EntryOpened)
			s.Save(at(id, "north/harbour", incident.Resolved), incident.EntryResolved)
			if i%7 == 0 {
				s.Wake()
				synctest.Wait()
			}
			b.Subscribe(everybody, int64(i)).Next(t.Context())
		}
		s.Wake()
		synctest.Wait()
		b.mu.Lock()
		defer b.mu.Unlock()
		if len(b.now.ring) != 10 || len(b.now.calls) > 10 || b.now.open != 0 || len(b.shared) > maxShared {
			t.Errorf("the board holds %d entries, %d incidents, %d open, %d updates", len(b.now.ring), len(b.now.calls), b.now.open, len(b.shared))
		}
	})
}

// Those who are in step share one update.
func TestUpdatesAreShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := callstest.New()
		s.Save(at("a", "north/harbour", incident.Firing), incident.EntryOpened)
		b := running(t, s, Options{})
		x, y := b.Subscribe(everybody, -1), b.Subscribe(everybody, -1)
		first, _, _ := x.Next(t.Context())
		second, _, _ := y.Next(t.Context())
		if first != second {
			t.Error("two resets were made")
		}
		time.Sleep(2 * time.Second) // its time is no longer the present
		if late, _, _ := b.Subscribe(everybody, -1).Next(t.Context()); late == first {
			t.Error("a reset with an old time was handed out")
		}
		built := 0
		for range 3 {
			first.Shared(func(*Update) any { built++; return built })
		}
		if built != 1 {
			t.Errorf("built %d times", built)
		}
	})
}

func TestScopesHaveNames(t *testing.T) {
	names := map[string]Scope{}
	north := live.Filter{Region: "north"}
	for _, s := range []Scope{{}, everybody, {Filter: north, Allowed: authz.Everything()}, {Filter: north}, {Filter: live.Filter{Project: "north"}}} {
		if other, taken := names[s.Name()]; taken {
			t.Errorf("%+v and %+v have one name", s, other)
		}
		names[s.Name()] = s
	}
	if (Scope{Filter: north}).Name() != (Scope{Filter: live.Filter{Region: "north", Device: "e1"}}).Name() {
		t.Error("a device makes another scope")
	}
}

func TestOptions(t *testing.T) {
	f := func(o Options, want string) {
		t.Helper()
		if _, err := New(o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("New says %v, want a word of %q", err, want)
		}
	}
	log := slog.New(slog.DiscardHandler)
	f(Options{Logger: log}, "Store")
	f(Options{Store: callstest.New()}, "Logger")
	f(Options{Store: callstest.New(), Logger: log, MaxOpen: -1}, "MaxOpen is -1")
	f(Options{Store: callstest.New(), Logger: log, MaxEntries: -1}, "MaxEntries is -1")
	f(Options{Store: callstest.New(), Logger: log, MaxReplay: -1}, "MaxReplay is -1")
	f(Options{Store: callstest.New(), Logger: log, Poll: 1}, "Poll is 1ns")
}

func BenchmarkChangeToThousandSubscribers(b *testing.B) {
	s := callstest.New()
	board, err := New(Options{Store: s, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	for i := range 1000 {
		s.Save(at(fmt.Sprint("i", i), "north/harbour", incident.Firing), incident.EntryOpened)
	}
	if err := board.follow(b.Context()); err != nil {
		b.Fatal(err)
	}
	subs := make([]*Subscription, 1000)
	for i := range subs {
		subs[i] = board.Subscribe(everybody, -1)
		subs[i].Next(b.Context())
	}
	b.ReportAllocs()
	for b.Loop() {
		s.Save(at("i7", "north/harbour", incident.Acknowledged), incident.EntryNote)
		if err := board.follow(b.Context()); err != nil {
			b.Fatal(err)
		}
		for _, sub := range subs {
			if _, _, ok := sub.Next(b.Context()); !ok {
				b.Fatal("nothing came")
			}
		}
	}
}
