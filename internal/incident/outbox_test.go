package incident

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"steward/internal/authz"
	"steward/internal/telemetry"
)

// notice is one about i for a receiver, made at start.
func notice(i *Incident, receiver string) Notice {
	return Notice{
		Key: i.ID + "/opened/" + receiver, Incident: i.ID, What: "opened", Severity: i.Severity, Place: i.Place,
		Receiver: receiver, Lang: "zh", Channels: []string{"robot", "mail"}, Group: i.Group, CreatedAt: start,
	}
}

func (h *house) enqueue(notices ...Notice) {
	h.t.Helper()
	h.update(func(tx *Tx) error {
		for _, n := range notices {
			if fresh, err := tx.Enqueue(n); err != nil || !fresh {
				return fmt.Errorf("%s: fresh %v, %w", n.Key, fresh, err)
			}
		}
		return nil
	})
}

// claim names the receivers of what is taken.
func (h *house) claim(at time.Duration, limit int) string {
	h.t.Helper()
	list, err := h.Claim(h.t.Context(), start.Add(at), limit, time.Minute)
	if err != nil {
		h.t.Fatal(err)
	}
	var who []string
	for _, n := range list {
		who = append(who, n.Receiver)
	}
	return strings.Join(who, " ")
}

func TestANoticeIsKeptOnce(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		i := h.save(stuck("north/harbour", "e1"), EntryOpened)
		h.update(func(tx *Tx) error {
			for _, want := range []bool{true, false} {
				if fresh, err := tx.Enqueue(notice(i, "duty")); err != nil || fresh != want {
					t.Errorf("fresh %v, %v, want %v", fresh, err, want)
				}
			}
			for field, n := range map[string]Notice{"key": {Channels: []string{"x"}}, "channels": {Key: "k"}} {
				if _, err := tx.Enqueue(n); err == nil || !strings.Contains(err.Error(), field) {
					t.Errorf("%s: %v", field, err)
				}
			}
			return nil
		})
		list, err := h.Claim(t.Context(), start, 10, time.Minute)
		if err != nil || len(list) != 1 {
			t.Fatal(list, err)
		}
		want := notice(i, "duty")
		want.State = NoticeWaiting
		if fmt.Sprintf("%+v", list[0]) != fmt.Sprintf("%+v", want) {
			t.Errorf("got\n%+v\nwant\n%+v", list[0], want)
		}
	})
}

func TestClaimOrderAndLease(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		i := h.save(stuck("north/harbour", "e1"), EntryOpened)
		add := func(who string, severity telemetry.Severity, made, notBefore time.Duration) {
			n := notice(i, who)
			n.Severity, n.CreatedAt = severity, start.Add(made)
			if notBefore > 0 {
				n.NotBefore = start.Add(notBefore)
			}
			h.enqueue(n)
		}
		add("second", telemetry.Warning, 2*time.Second, 0)
		add("first", telemetry.Critical, time.Second, 0)
		add("life", telemetry.LifeSafety, 3*time.Second, 0)
		add("quiet", telemetry.Warning, 0, time.Hour)
		for _, c := range []struct {
			at    time.Duration
			limit int
			want  string
		}{
			{0, 10, ""},
			{5 * time.Second, 0, ""},
			{5 * time.Second, 2, "life first"},
			{5 * time.Second, 10, "second"},
			{5 * time.Second, 10, ""}, // all are taken
			{65*time.Second - time.Millisecond, 10, ""},
			{65 * time.Second, 10, "life first second"}, // nobody finished them
			{time.Hour, 10, "life first second quiet"},
		} {
			if got := h.claim(c.at, c.limit); got != c.want {
				t.Errorf("at %s, %d: %q, want %q", c.at, c.limit, got, c.want)
			}
		}
	})
}

// Several workers never have the same notice at the same time.
func TestWorkersShare(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		i := h.save(stuck("north/harbour", "e1"), EntryOpened)
		var all []Notice
		for n := range 60 {
			all = append(all, notice(i, fmt.Sprint("r", n)))
		}
		h.enqueue(all...)
		var mu sync.Mutex
		taken := map[string]int{}
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() {
				store := NewStore(h.db, Options{})
				for {
					list, err := store.Claim(t.Context(), start.Add(time.Second), 7, time.Hour)
					if err != nil {
						t.Error(err)
					}
					if len(list) == 0 {
						return
					}
					mu.Lock()
					for _, n := range list {
						taken[n.Key]++
					}
					mu.Unlock()
				}
			})
		}
		group.Wait()
		if len(taken) != len(all) {
			t.Errorf("%d taken", len(taken))
		}
		for key, n := range taken {
			if n != 1 {
				t.Errorf("%s was taken %d times", key, n)
			}
		}
	})
}

func TestFinish(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		i := h.save(stuck("north/harbour", "e1"), EntryOpened)
		n := notice(i, "duty")
		h.enqueue(n)
		finish := func(at time.Duration, ok bool, next Notice) {
			t.Helper()
			a := Attempt{At: start.Add(at), Channel: n.Channels[0], OK: ok, Took: 0.25}
			if !ok {
				a.Error = "connection refused" + strings.Repeat(".", 1000)
			}
			if err := h.Finish(t.Context(), n.Key, a, next); err != nil {
				t.Fatal(err)
			}
		}
		changed := h.Changed()
		h.claim(0, 10)
		n.State, n.Tries, n.NextAt = NoticeWaiting, 1, start.Add(30*time.Second)
		finish(time.Second, false, n)
		<-changed
		for at, want := range map[time.Duration]string{29 * time.Second: "", 30 * time.Second: "duty"} {
			if got := h.claim(at, 10); got != want {
				t.Errorf("at %s: %q, want %q", at, got, want)
			}
		}
		n.State = NoticeSent
		finish(31*time.Second, true, n)
		n.State, n.NextAt = NoticeWaiting, start.Add(40*time.Second) // a worker whose lease had run out comes late
		finish(35*time.Second, false, n)
		if got := h.claim(time.Hour, 10); got != "" {
			t.Errorf("what was sent is taken again by %s", got)
		}

		got := h.get(i.ID)
		if got.Version != 1 || got.Seq != 4 {
			t.Errorf("version %d, seq %d", got.Version, got.Seq)
		}
		notices, attempts, err := h.As(person(authz.Viewer, "north/harbour")).Deliveries(t.Context(), i.ID)
		if err != nil || len(notices) != 1 || notices[0].State != NoticeSent || notices[0].SentAt == nil || !notices[0].SentAt.Equal(start.Add(31*time.Second)) {
			t.Fatalf("%+v, %v", notices, err)
		}
		for k, ok := range []bool{false, true, false} {
			if a := attempts[k]; a.N != k+1 || a.OK != ok || a.Channel != "robot" || a.Took != 0.25 || len(a.Error) > maxReason {
				t.Errorf("attempt %d: %+v", k+1, a)
			}
		}
		list, err := h.As(person(authz.Viewer, "north/harbour")).Timeline(t.Context(), i.ID, Page{Sort: "-n", Limit: 1})
		if err != nil || len(list.Items) != 1 || list.Items[0].Kind != EntryDelivered || list.Items[0].Actor != System ||
			!strings.Contains(string(list.Items[0].Data), `"receiver":"duty"`) || !strings.Contains(string(list.Items[0].Data), `"attempt":3`) {
			t.Errorf("%+v, %v", list, err)
		}
		wantErr(t, h.Finish(t.Context(), "other", Attempt{}, Notice{}), ErrNotFound)
		h.verify()
	})
}

// A notice without an incident, such as a test of a channel, is delivered too.
func TestFinishWithoutIncident(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.enqueue(Notice{Key: "test/1", What: "test", Channels: []string{"mail"}, Receiver: "me"})
		if b, err := h.Backlog(t.Context()); err != nil || b.Waiting != 1 || !b.Oldest.Equal(start) {
			t.Errorf("backlog %+v, %v", b, err)
		}
		if err := h.Finish(t.Context(), "test/1", Attempt{OK: true}, Notice{State: NoticeSent}); err != nil {
			t.Fatal(err)
		}
		if b, err := h.Backlog(t.Context()); err != nil || b.Waiting != 0 || !b.Oldest.IsZero() {
			t.Errorf("backlog %+v, %v", b, err)
		}
	})
}

// A notice whose every channel was tried is never taken again.
func TestFailedIsFailed(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		i := h.save(stuck("north/harbour", "e1"), EntryOpened)
		h.enqueue(notice(i, "duty"))
		if err := h.Finish(t.Context(), notice(i, "duty").Key, Attempt{Error: errors.ErrUnsupported.Error()}, Notice{State: NoticeFailed}); err != nil {
			t.Fatal(err)
		}
		if got := h.claim(time.Hour, 10); got != "" {
			t.Errorf("taken by %s", got)
		}
	})
}
