package notify

import (
	"context"
	"sync"
	"testing"
	"time"

	"steward/internal/authz"
	"steward/internal/controldb"
	"steward/internal/controldb/controldbtest"
	"steward/internal/incident"
)

// The worker over the real store of incidents: told at once, a failed attempt
// and a good one are kept, and the incident's timeline has both.
func TestWithStore(t *testing.T) {
	store := incident.NewStore(controldbtest.SQLiteIncidents(t), incident.Options{})
	robot, mail := &channelFake{do: func(context.Context, Message) error { return refused("no such robot") }}, &channelFake{}
	channels := &Channels{byName: map[string]*opened{}}
	for name, ch := range map[string]*channelFake{"robot": robot, "mail": mail} {
		c := &ChannelConfig{Kind: "webhook"}
		channels.byName[name] = &opened{ch, name, c.Kind, defaultTimeout, c.budget, c.digestAfter()}
	}
	w, err := NewWorker(Options{
		Channels: channels, Outbox: store, Changed: store.Changed, Open: store.Open, Backlog: store.Backlog, Logger: silent,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { w.Run(ctx) })
	defer running.Wait()
	defer cancel()

	inc := entrapment()
	inc.Version, inc.Told = 0, []incident.Told{}
	n := noticeOf(&inc, whatOpened, "王工", "robot", "mail")
	err = store.Update(t.Context(), func(tx *incident.Tx) error {
		if err := tx.Save(&inc, incident.Entry{Kind: incident.EntryOpened, At: inc.StartedAt, Received: inc.Received, State: inc.State, Actor: incident.System}); err != nil {
			return err
		}
		_, err := tx.Enqueue(n)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the second channel has sent it, and nothing waits", func() bool {
		b, err := store.Backlog(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return len(mail.messages()) == 1 && b.Waiting == 0
	})
	if got := mail.messages()[0]; got.Key != n.Key || got.Items[0].Incident.ID != inc.ID {
		t.Errorf("sent %+v", got)
	}
	list, err := store.As(authz.SystemPrincipal("test")).Timeline(t.Context(), inc.ID, controldb.Page{})
	if err != nil {
		t.Fatal(err)
	}
	delivered := 0
	for _, e := range list.Items {
		if e.Kind == incident.EntryDelivered {
			delivered++
		}
	}
	if delivered != 2 {
		t.Errorf("%d attempts are in the timeline, want 2", delivered)
	}
	if again, err := store.Claim(t.Context(), time.Now().Add(time.Hour), 10, lease); err != nil || len(again) != 0 {
		t.Errorf("%+v waits still, %v", again, err)
	}
}
