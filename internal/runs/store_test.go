package runs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"steward/internal/authz"
)

func TestARunFromBeginToEnd(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		n := yesterday("reliability", 0)
		n.Params, n.Regular = map[string]string{"level": "0.9"}, false
		r := h.enqueue(n)
		if r.State != Queued || r.Params["level"] != "0.9" || !r.From.Equal(n.From) || !r.To.Equal(n.To) || r.By != scheme || r.Attempt != 1 {
			t.Errorf("queued: %+v", r)
		}
		h.now = h.now.Add(time.Second)
		if r = h.claim(r.ID, "a"); r.State != Running || r.Version != "v1" || !r.StartedAt.Equal(h.now) {
			t.Errorf("running: %+v", r)
		}
		cancel, err := h.Renew(t.Context(), r.ID, "a", lease, Progress{3, 10, "reading \x00" + strings.Repeat("水", 100)})
		if err != nil || cancel {
			t.Errorf("renew: %v %v", cancel, err)
		}
		if p := h.get(r.ID).Progress; p.Done != 3 || p.Total != 10 || !strings.HasPrefix(p.What, "reading 水") || len(p.What) > maxWhat+3 {
			t.Errorf("progress %+v", p)
		}
		h.now = h.now.Add(time.Second)
		coverage := 0.75
		h.finish(r.ID, "a", Outcome{State: Done, Progress: Progress{10, 10, ""}, Coverage: &coverage, Numbers: 7, Documents: 1})
		if r = h.get(r.ID); r.State != Done || *r.Coverage != 0.75 || r.Numbers != 7 || r.Documents != 1 || !r.FinishedAt.Equal(h.now) || r.Successor != "" {
			t.Errorf("done: %+v", r)
		}
		_, err = h.Renew(t.Context(), r.ID, "a", lease, Progress{})
		wantErr(t, err, ErrLost)
		_, err = h.Finish(t.Context(), r.ID, "a", Outcome{State: Failed})
		wantErr(t, err, ErrLost)
		_, err = h.Get(t.Context(), "none")
		wantErr(t, err, ErrNotFound)
	})
}

// A turn of the schedule is taken once, however many find that it has come; and so
// is one question.
func TestEachTurnOnce(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		n := yesterday("consumption", 0)
		n.Slot = "consumption@2026-11-22T01:00:00Z"
		var mu sync.Mutex
		ids, fresh, started := map[string]bool{}, 0, 0
		var group sync.WaitGroup
		for i := range 8 {
			group.Go(func() {
				r, isFresh, err := h.Enqueue(context.WithoutCancel(t.Context()), n)
				if err != nil {
					t.Error(err)
					return
				}
				_, err = h.Claim(context.WithoutCancel(t.Context()), r.ID, fmt.Sprint("p", i), "v1", lease)
				mu.Lock()
				defer mu.Unlock()
				ids[r.ID] = true
				if isFresh {
					fresh++
				}
				switch {
				case err == nil:
					started++
				case !errors.Is(err, ErrTaken):
					t.Error(err)
				}
			})
		}
		group.Wait()
		if len(ids) != 1 || fresh != 1 || started != 1 {
			t.Errorf("%d runs, %d of them fresh, %d started", len(ids), fresh, started)
		}
	})
}

func TestTheSameQuestionIsOneRun(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		byHand := yesterday("consumption", 0)
		byHand.Foreground = true
		first := h.enqueue(byHand)
		if again := h.enqueue(byHand); again.ID != first.ID {
			t.Error("the same question is asked twice")
		}
		turn := byHand
		turn.Slot, turn.Foreground = "consumption@now", false
		if r := h.enqueue(turn); r.ID != first.ID || r.Slot != turn.Slot {
			t.Errorf("what somebody asked for is not the turn: %+v", r)
		}
		other := byHand
		other.Params = map[string]string{"x": "1"}
		second := h.enqueue(other)
		if second.ID == first.ID {
			t.Error("another question is the same run")
		}
		h.claim(first.ID, "a")
		_, err := h.Claim(t.Context(), second.ID, "b", "v1", lease)
		wantErr(t, err, ErrTaken) // a job runs once at a time
		if ready, err := h.Ready(t.Context()); err != nil || len(ready) != 0 {
			t.Errorf("ready: %v, %v", ready, err)
		}
		h.finish(first.ID, "a", Outcome{State: Done})
		if ready, err := h.Ready(t.Context()); err != nil || len(ready) != 1 || ready[0].ID != second.ID {
			t.Errorf("ready: %v, %v", ready, err)
		}
		if r := h.enqueue(turn); r.ID != first.ID {
			t.Error("a turn that is done comes again")
		}
		if r := h.enqueue(byHand); r.ID == first.ID {
			t.Error("what was asked and answered cannot be asked again")
		}
	})
}

func TestTheQueueIsBounded(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		for i := range maxQueued {
			h.enqueue(yesterday("consumption", -i))
		}
		_, _, err := h.Enqueue(t.Context(), yesterday("consumption", 1))
		var invalid *InvalidError
		if !errors.As(err, &invalid) {
			t.Errorf("error %v", err)
		}
	})
}

func TestAFailedRunIsTriedAgain(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		n := yesterday("consumption", 0)
		n.Slot = "consumption@now"
		id := h.enqueue(n).ID
		for attempt := 1; ; attempt++ {
			h.claim(id, "a")
			r := h.finish(id, "a", Outcome{State: Failed, Error: strings.Repeat("错", 2000)})
			if r.Attempt != attempt || len(r.Error) > maxError+3 {
				t.Errorf("attempt %d, error of %d bytes", r.Attempt, len(r.Error))
			}
			if attempt == MaxAttempts {
				if r.Successor != "" {
					t.Error("it is tried for ever")
				}
				break
			}
			next := h.get(r.Successor)
			if next.State != Queued || next.Slot != n.Slot || next.Job != n.Job || !next.Regular || !next.From.Equal(n.From) {
				t.Fatalf("next attempt %+v", next)
			}
			if ready, err := h.Ready(t.Context()); err != nil || len(ready) != 0 {
				t.Errorf("it is tried again at once: %v %v", ready, err)
			}
			h.now = next.ReadyAt
			if turn, err := h.Turn(t.Context(), n.Slot); err != nil || turn.ID != next.ID {
				t.Errorf("turn %+v, %v", turn, err)
			}
			id = next.ID
		}
		if r := h.enqueue(n); r.State != Failed || r.Attempt != MaxAttempts {
			t.Errorf("a turn that failed for good comes again: %+v", r)
		}

		waited := yesterday("coverage", 0)
		waited.Foreground = true
		r := h.enqueue(waited)
		h.claim(r.ID, "a")
		if r = h.finish(r.ID, "a", Outcome{State: Failed}); r.Successor != "" {
			t.Error("a run for which somebody waits is tried again behind his back")
		}
		stopped := h.enqueue(yesterday("response", 0))
		h.claim(stopped.ID, "a")
		if stopped = h.finish(stopped.ID, "a", Outcome{State: Failed, Interrupted: true}); !h.get(stopped.Successor).ReadyAt.Equal(h.now) {
			t.Error("what was interrupted has to wait")
		}
	})
}

// The process dies; another one finds out when the lease has ended, and what the
// first one, which was only slow, writes later is no result.
func TestALostRunIsTakenOver(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		n := yesterday("consumption", 0)
		n.Slot = "consumption@now"
		r := h.enqueue(n)
		h.claim(r.ID, "dead")
		h.now = h.now.Add(lease - time.Millisecond)
		if ended, err := h.Expired(t.Context()); err != nil || len(ended) != 0 {
			t.Fatalf("too early: %v %v", ended, err)
		}
		h.now = h.now.Add(time.Millisecond)
		var mu sync.Mutex
		taken := 0
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() {
				ended, err := h.Expired(context.WithoutCancel(t.Context()))
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				taken += len(ended)
			})
		}
		group.Wait()
		was := h.get(r.ID)
		if taken != 1 || was.State != Failed || was.Error == "" || was.Successor == "" {
			t.Fatalf("ended %d times: %+v", taken, was)
		}
		next := h.claim(was.Successor, "b")
		if next.Attempt != 2 || next.Slot != n.Slot {
			t.Errorf("taken over as %+v", next)
		}
		_, err := h.Renew(t.Context(), r.ID, "dead", lease, Progress{})
		wantErr(t, err, ErrLost)
		_, err = h.Finish(t.Context(), r.ID, "dead", Outcome{State: Done})
		wantErr(t, err, ErrLost)
		_, err = h.Renew(t.Context(), next.ID, "dead", lease, Progress{})
		wantErr(t, err, ErrLost)
		h.finish(next.ID, "b", Outcome{State: Done})
		if latest, err := h.Latest(t.Context(), n.Job, Of{}); err != nil || latest.ID != next.ID {
			t.Errorf("latest %+v, %v", latest, err)
		}
	})
}

func TestLatest(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		f := func(of Of, want string) {
			t.Helper()
			r, err := h.Latest(t.Context(), "response", of)
			if want == "" {
				wantErr(t, err, ErrNotFound)
			} else if err != nil || r.ID != want {
				t.Errorf("%+v: %+v %v, want %s", of, r, err, want)
			}
		}
		f(Of{}, "")
		special := yesterday("response", 0)
		special.Regular, special.From = false, special.From.AddDate(-1, 0, 0)
		year := h.done(special)
		f(Of{}, year.ID) // better than none
		first := h.done(yesterday("response", -1))
		f(Of{}, first.ID)
		second := h.done(yesterday("response", 0))
		f(Of{}, second.ID)
		other := special
		other.Params = map[string]string{"level": "0.9"}
		h.done(other)
		h.done(special)
		f(Of{}, second.ID)
		again := h.done(yesterday("response", -1)) // late data, computed anew
		f(Of{}, second.ID)
		period := Of{From: again.From, To: again.To}
		f(period, again.ID)
		period.AsOf = again.FinishedAt.Add(-time.Millisecond)
		f(period, first.ID)
		f(Of{AsOf: *first.FinishedAt}, first.ID)
		f(Of{AsOf: start}, "")
		bad := h.enqueue(yesterday("response", 1))
		h.claim(bad.ID, "a")
		f(Of{}, second.ID)
		h.now = h.now.Add(time.Second)
		h.finish(bad.ID, "a", Outcome{State: Failed})
		f(Of{}, second.ID)
		if r, err := h.Standing(t.Context(), "response"); err != nil || r.ID != again.ID {
			t.Errorf("a failure that is tried again counts: %+v, %v", r, err)
		}
		for range MaxAttempts - 1 {
			bad = h.get(h.get(bad.ID).Successor)
			h.claim(bad.ID, "a")
			h.now = h.now.Add(time.Second)
			h.finish(bad.ID, "a", Outcome{State: Failed})
		}
		if r, err := h.Standing(t.Context(), "response"); err != nil || r.ID != bad.ID {
			t.Errorf("standing %+v, %v", r, err)
		}
		if r, err := h.LastDone(t.Context(), "response"); err != nil || r.ID != again.ID {
			t.Errorf("last done %+v, %v", r, err)
		}
	})
}

func TestSweep(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		old := h.done(yesterday("response", -9))
		pinned := h.done(yesterday("response", -8))
		h.must(h.As(root).Pin(t.Context(), pinned.ID, "report:2026-10"))
		present := h.done(yesterday("response", -7))
		failed := h.enqueue(yesterday("response", -6))
		h.claim(failed.ID, "a")
		h.now = h.now.Add(time.Second)
		failed = h.finish(failed.ID, "a", Outcome{State: Failed})
		only := h.done(yesterday("coverage", -9))
		h.now = h.now.Add(30 * day)
		waiting := h.enqueue(yesterday("response", 0))

		var dropped []string
		fail := errors.New("clickhouse is away")
		drop := func(_ context.Context, ids []string) error {
			if fail != nil {
				return fail
			}
			dropped = append(dropped, ids...)
			return nil
		}
		_, err := h.Sweep(t.Context(), h.now.Add(-10*day), drop)
		wantErr(t, err, fail)
		_, err = h.As(root).Result(t.Context(), old.ID)
		wantErr(t, err, ErrNotFound) // half removed is not shown
		wantErr(t, h.As(root).Pin(t.Context(), old.ID, "late"), ErrNotFound)
		fail = nil
		n, err := h.Sweep(t.Context(), h.now.Add(-10*day), drop)
		slices.Sort(dropped)
		want := []string{old.ID, failed.ID}
		slices.Sort(want)
		if err != nil || n != 1 || !slices.Equal(dropped, want) {
			t.Errorf("forgot %d, dropped %v, want %v, %v", n, dropped, want, err)
		}
		for _, stays := range []Run{pinned, present, failed, only, waiting} { // the failed one is the last that ended
			h.get(stays.ID)
		}
		_, err = h.Get(t.Context(), old.ID)
		wantErr(t, err, ErrNotFound)
		h.must(h.As(root).Unpin(t.Context(), pinned.ID, "report:2026-10"))
		if n, err := h.Sweep(t.Context(), h.now.Add(-10*day), drop); err != nil || n != 1 {
			t.Errorf("unpinned: forgot %d, %v", n, err)
		}
		if n, err := h.Sweep(t.Context(), h.now.Add(-10*day), drop); err != nil || n != 0 {
			t.Errorf("again: forgot %d, %v", n, err)
		}
	})
}

func TestNotedOnce(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		a, b := h.done(yesterday("response", 0)), h.done(yesterday("coverage", 0))
		open := h.enqueue(yesterday("response", 1))
		h.claim(open.ID, "a")
		all, err := h.Unnoted(t.Context())
		if err != nil || len(all) != 2 || all[0].ID != a.ID || all[1].ID != b.ID {
			t.Fatalf("unnoted %+v, %v", all, err)
		}
		h.must(h.Noted(t.Context(), all))
		h.must(h.Noted(t.Context(), nil))
		if all, err := h.Unnoted(t.Context()); err != nil || len(all) != 0 {
			t.Errorf("unnoted %+v, %v", all, err)
		}
	})
}

func TestView(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		n := yesterday("response", 0)
		n.Params, n.Regular = map[string]string{"project": "harbour"}, false
		secret := h.enqueue(n)
		h.claim(secret.ID, "a")
		_, err := h.Renew(t.Context(), secret.ID, "a", lease, Progress{1, 2, "at harbour"})
		h.must(err)
		h.finish(secret.ID, "a", Outcome{State: Failed, Error: "harbour is broken", Progress: Progress{1, 2, "at harbour"}})
		h.now = h.now.Add(time.Second)
		good := h.done(yesterday("response", 1))

		for who, all := range map[*authz.Principal]bool{&root: true, &manager: false} {
			r, err := h.As(*who).Get(t.Context(), secret.ID)
			if told := r.Error != "" || r.Params != nil || r.Progress.What != "" || r.By.Name != ""; err != nil || told != all {
				t.Errorf("%s: %+v, %v", who.Name, r, err)
			}
			list, err := h.As(*who).List(t.Context(), Filter{States: []State{Failed, Done}}, Page{})
			if err != nil || len(list.Items) != 2 || list.Items[0].ID != good.ID || (list.Items[1].Error != "") != all {
				t.Errorf("%s: %+v, %v", who.Name, list, err)
			}
			_, err = h.As(*who).Result(t.Context(), secret.ID)
			wantErr(t, err, ErrNotFound)
			if r, err := h.As(*who).Latest(t.Context(), "response", Of{}); err != nil || r.ID != good.ID {
				t.Errorf("%s: latest %+v, %v", who.Name, r, err)
			}
		}
		nobody := h.As(authz.Principal{Kind: authz.Person, ID: "x"})
		_, err = nobody.Get(t.Context(), good.ID)
		wantErr(t, err, ErrNotFound)
		_, err = nobody.Latest(t.Context(), "response", Of{})
		wantErr(t, err, ErrNotFound)
		if list, err := nobody.List(t.Context(), Filter{}, Page{}); err != nil || len(list.Items) != 0 {
			t.Errorf("nobody sees %+v, %v", list, err)
		}
		_, err = h.As(root).Get(t.Context(), "\x00")
		wantErr(t, err, ErrNotFound)

		northern := h.As(manager)
		_, err = northern.Cancel(t.Context(), good.ID)
		wantErr(t, err, ErrForbidden)
		wantErr(t, northern.Pin(t.Context(), good.ID, "x"), ErrForbidden)
		wantErr(t, northern.Unpin(t.Context(), good.ID, "x"), ErrForbidden)
		wantErr(t, nobody.Pin(t.Context(), good.ID, "x"), ErrNotFound)
		h.must(h.As(root).Pin(t.Context(), good.ID, "x"))
		h.must(h.As(root).Pin(t.Context(), good.ID, "x"))
		if r, err := h.As(root).Get(t.Context(), good.ID); err != nil || !slices.Equal(r.Pins, []string{"x"}) {
			t.Errorf("pins %v, %v", r.Pins, err)
		}
		wantErr(t, h.As(root).Pin(t.Context(), secret.ID, "x"), ErrNotFound)
		var invalid *InvalidError
		if err := h.As(root).Pin(t.Context(), good.ID, "\x00"); !errors.As(err, &invalid) {
			t.Errorf("a pin without a name: %v", err)
		}
	})
}

func TestCancel(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		cancel := func(id string) Run {
			t.Helper()
			r, err := h.As(root).Cancel(t.Context(), id)
			h.must(err)
			return r
		}
		waiting := h.enqueue(yesterday("response", 0))
		if r := cancel(waiting.ID); r.State != Cancelled || r.Successor != "" {
			t.Errorf("waiting: %+v", r)
		}
		running := h.enqueue(yesterday("response", 0))
		h.claim(running.ID, "a")
		if r := cancel(running.ID); r.State != Running || !r.Cancelled {
			t.Errorf("running: %+v", r)
		}
		if stop, err := h.Renew(t.Context(), running.ID, "a", lease, Progress{}); err != nil || !stop {
			t.Errorf("its process is not told: %v %v", stop, err)
		}
		if r := h.finish(running.ID, "a", Outcome{State: Failed}); r.Successor != "" {
			t.Error("what somebody cancelled is tried again")
		}
		if r := cancel(running.ID); r.State != Failed {
			t.Errorf("ended: %+v", r)
		}
		dead := h.enqueue(yesterday("response", 0))
		h.claim(dead.ID, "a")
		cancel(dead.ID)
		h.now = h.now.Add(lease)
		if ended, err := h.Expired(t.Context()); err != nil || len(ended) != 1 || ended[0].State != Cancelled || ended[0].Successor != "" {
			t.Errorf("dead: %+v %v", ended, err)
		}
	})
}

func TestListPages(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		for i := range 7 {
			h.now = h.now.Add(time.Duration(i%2) * time.Second) // some at the same time
			h.enqueue(yesterday("response", -i))
		}
		h.enqueue(yesterday("coverage", 0))
		var got []string
		for page := (Page{Limit: 2}); ; {
			list, err := h.As(root).List(t.Context(), Filter{Job: "response", Regular: true}, page)
			h.must(err)
			for _, r := range list.Items {
				got = append(got, r.QueuedAt.Format(time.TimeOnly)+r.ID)
			}
			if page.Cursor = list.Next; page.Cursor == "" {
				break
			}
		}
		back := slices.Clone(got)
		slices.Sort(back)
		slices.Reverse(back)
		if len(slices.Compact(back)) != 7 || !slices.Equal(got, back) {
			t.Errorf("pages: %v", got)
		}
		var invalid *InvalidError
		for _, p := range []Page{{Cursor: "x"}, {Sort: "job"}} {
			if _, err := h.As(root).List(t.Context(), Filter{}, p); !errors.As(err, &invalid) {
				t.Errorf("%+v: %v", p, err)
			}
		}
	})
}
