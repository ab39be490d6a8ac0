package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"steward/internal/authz"
	"steward/internal/incident"
)

// brokerFake notes what is published.
type brokerFake struct {
	mu   sync.Mutex // guards what follows
	got  []string
	fail error
}

func (b *brokerFake) publish(_ context.Context, topic string, payload []byte, retain bool) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fail != nil {
		return b.fail
	}
	what := "empty"
	if len(payload) > 0 {
		var inc incident.Incident
		if err := json.Unmarshal(payload, &inc); err != nil {
			return err
		}
		what = fmt.Sprintf("%s v%d", inc.State, inc.Version)
	}
	b.got = append(b.got, fmt.Sprintf("%s %s retain=%v", topic, what, retain))
	return nil
}

func (b *brokerFake) took(t *testing.T, want ...string) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.got)+len(want) > 0 && !reflect.DeepEqual(b.got, want) {
		t.Errorf("published\n%s\nwant\n%s", strings.Join(b.got, "\n"), strings.Join(want, "\n"))
	}
	b.got = nil
}

func TestMQTT(t *testing.T) {
	b := &brokerFake{}
	q := newMQTT(&MQTTConfig{}, b.publish)
	const topic = "steward/incidents/north/gardens/20260305-abcdefgh"
	inc := entrapment()
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(q.Changed(ctx, inc))
	must(q.Changed(ctx, inc))
	must(q.Sync(ctx, []incident.Incident{inc}))
	b.took(t, topic+" firing v3 retain=true")

	inc.State, inc.Version = incident.Acknowledged, 4
	must(q.Sync(ctx, []incident.Incident{inc}))
	b.took(t, topic+" acknowledged v4 retain=true")

	// A notice that was late brings no older state back.
	old := entrapment()
	must(q.Send(ctx, Message{Items: []Item{{noticeOf(&old, whatOpened, "x"), old}}}))
	b.took(t)

	inc.State, inc.Version, inc.ResolvedAt = incident.Resolved, 5, new(theTime.Add(time.Hour))
	must(q.Changed(ctx, inc))
	b.took(t, topic+" resolved v5 retain=false", topic+" empty retain=true")

	hq := lowPressure("20260305-hq")
	hq.Place, hq.Shadow = authz.HQ, false
	shadow := lowPressure("20260305-shadow")
	shadow.Shadow = true
	must(q.Sync(ctx, []incident.Incident{hq, shadow}))
	b.took(t, "steward/incidents/-/-/20260305-hq firing v3 retain=true")

	// What could not be published is not taken for done.
	b.fail = errors.New("not connected")
	hq.Version++
	if err := q.Changed(ctx, hq); err == nil || !strings.Contains(err.Error(), "not connected") {
		t.Errorf("%v", err)
	}
	b.fail = nil
	must(q.Changed(ctx, hq))
	b.took(t, "steward/incidents/-/-/20260305-hq firing v4 retain=true")

	q = newMQTT(&MQTTConfig{Retain: new(false)}, b.publish)
	must(q.Changed(ctx, entrapment()))
	must(q.Changed(ctx, inc))
	b.took(t, topic+" firing v3 retain=false", topic+" resolved v5 retain=false")
}

func TestMQTTRemembersBoundedly(t *testing.T) {
	q := newMQTT(&MQTTConfig{}, publishNothing)
	for i := range 3 * maxVersions {
		q.remember(fmt.Sprint(i), 1)
	}
	if n := len(q.young) + len(q.old); n > 2*maxVersions {
		t.Errorf("%d versions are remembered", n)
	}
}
