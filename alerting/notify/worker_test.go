package notify

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"steward/internal/incident"
	"steward/internal/telemetry"
)

// outboxFake keeps notices in memory, as the store of incidents does.
type outboxFake struct {
	mu        sync.Mutex // guards all below
	order     []string
	notices   map[string]*incident.Notice
	lease     map[string]time.Time
	attempts  map[string][]incident.Attempt
	incidents map[string]incident.Incident
	news      chan struct{}
	finishErr error
	claims    int
}

func newOutbox() *outboxFake {
	return &outboxFake{
		notices: map[string]*incident.Notice{}, lease: map[string]time.Time{}, attempts: map[string][]incident.Attempt{},
		incidents: map[string]incident.Incident{}, news: make(chan struct{}),
	}
}

// add puts a notice about inc into the outbox, made now.
func (o *outboxFake) add(inc incident.Incident, what, receiver string, channels ...string) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	n := noticeOf(&inc, what, receiver, channels...)
	n.CreatedAt = time.Now()
	n.NextAt = n.CreatedAt
	n.NotBefore = n.CreatedAt
	if !inc.LifeSafety() {
		n.Group = what + "/" + inc.Group
	}
	o.incidents[inc.ID], o.notices[n.Key] = inc, &n
	o.order = append(o.order, n.Key)
	o.ring()
	return n.Key
}

// ring wakes who waits for news; mu is held.
func (o *outboxFake) ring() {
	close(o.news)
	o.news = make(chan struct{})
}

func (o *outboxFake) changed() <-chan struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.news
}

func (o *outboxFake) Claim(_ context.Context, now time.Time, limit int, lease time.Duration) (out []incident.Notice, _ error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.claims++
	for _, urgent := range []bool{true, false} {
		for _, key := range o.order {
			n := o.notices[key]
			if (n.Severity == telemetry.LifeSafety) == urgent && n.State == incident.NoticeWaiting && !n.NextAt.After(now) && !o.lease[key].After(now) && len(out) < limit {
				o.lease[key] = now.Add(lease)
				out = append(out, *n)
			}
		}
	}
	return out, nil
}

func (o *outboxFake) Incident(_ context.Context, id string) (incident.Incident, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	inc, ok := o.incidents[id]
	if !ok {
		return inc, incident.ErrNotFound
	}
	return inc, nil
}

func (o *outboxFake) Finish(_ context.Context, key string, a incident.Attempt, next incident.Notice) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.finishErr != nil {
		return o.finishErr
	}
	o.attempts[key] = append(o.attempts[key], a)
	*o.notices[key] = next
	delete(o.lease, key)
	o.ring()
	return nil
}

func (o *outboxFake) fail(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.finishErr = err
}

// tried are the channels of a notice's attempts and how they ended.
func (o *outboxFake) tried(key string) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	var out []string
	for _, a := range o.attempts[key] {
		out = append(out, fmt.Sprintf("%s:%v", a.Channel, a.OK))
	}
	return strings.Join(out, " ")
}

func (o *outboxFake) state(key string) incident.NoticeState {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.notices[key].State
}

// channelFake notes what is sent and when, and does what do says.
type channelFake struct {
	mu   sync.Mutex // guards sent
	sent []sentMessage
	do   func(ctx context.Context, m Message) error
}

type sentMessage struct {
	at time.Time
	Message
}

func (c *channelFake) Send(ctx context.Context, m Message) error {
	c.mu.Lock()
	c.sent = append(c.sent, sentMessage{time.Now(), m})
	c.mu.Unlock()
	if c.do == nil {
		return nil
	}
	return c.do(ctx, m)
}

func (c *channelFake) messages() []sentMessage {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.sent)
}

// house is a worker with fake channels around it.
type house struct {
	*outboxFake
	*Worker
	began time.Time
	reg   *prometheus.Registry
	log   *logBuffer
	stop  func()
}

// logBuffer keeps what is logged.
type logBuffer struct {
	mu   sync.Mutex // guards text
	text bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// run starts a worker; conf may change a channel's customs.
func run(t *testing.T, channels map[string]*channelFake, box *outboxFake, conf ...func(*ChannelConfig)) *house {
	t.Helper()
	all := &Channels{byName: map[string]*opened{}, publicURL: "https://steward.example.com"}
	for name, ch := range channels {
		c := &ChannelConfig{Name: name, Kind: "webhook"}
		for _, change := range conf {
			change(c)
		}
		all.byName[name] = &opened{ch, name, "webhook", cmp.Or(c.Timeout.Std(), defaultTimeout), c.budget, c.digestAfter()}
	}
	h := &house{outboxFake: box, began: time.Now(), reg: prometheus.NewRegistry(), log: &logBuffer{}}
	w, err := NewWorker(Options{
		Channels: all, Outbox: box, Changed: box.changed, Registerer: h.reg, Logger: slog.New(slog.NewTextHandler(h.log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	h.Worker = w
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		w.Run(ctx)
		close(ended)
	}()
	h.stop = sync.OnceFunc(func() {
		cancel()
		<-ended
	})
	t.Cleanup(h.stop)
	return h
}

func TestSendsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mail := &channelFake{}
		h := run(t, map[string]*channelFake{"mail": mail}, newOutbox())
		time.Sleep(10*time.Second + 300*time.Millisecond) // between two polls
		key := h.add(entrapment(), whatOpened, "duty", "mail")
		added := time.Now()
		time.Sleep(time.Second)
		got := mail.messages()
		if len(got) != 1 || got[0].at.Sub(added) > claimEvery || got[0].Key != key || !strings.Contains(got[0].Subject, "电梯困人") {
			t.Fatalf("sent %+v", got)
		}
		if h.tried(key) != "mail:true" || h.state(key) != incident.NoticeSent {
			t.Errorf("tried %s, %s", h.tried(key), h.state(key))
		}
		time.Sleep(time.Hour)
		if n := len(mail.messages()); n != 1 {
			t.Errorf("sent %d times", n)
		}
		want := `# HELP steward_notices_sent_total Notices that a channel took, by its kind.
# TYPE steward_notices_sent_total counter
`
		for _, kind := range slices.Sorted(slices.Values(channelKinds)) {
			n := 0
			if kind == "webhook" {
				n = 1
			}
			want += fmt.Sprintf("steward_notices_sent_total{kind=%q} %d\n", kind, n)
		}
		if err := testutil.GatherAndCompare(h.reg, strings.NewReader(want), "steward_notices_sent_total"); err != nil {
			t.Error(err)
		}
		h.stop()
	})
}

func TestRetriesThenNextChannel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		down := &channelFake{do: func(context.Context, Message) error { return errors.New("connection refused") }}
		gone := &channelFake{do: func(context.Context, Message) error { return refused("no such robot") }}
		good := &channelFake{}
		h := run(t, map[string]*channelFake{"down": down, "gone": gone, "good": good}, newOutbox())
		urgent := h.add(entrapment(), whatOpened, "duty", "gone", "down", "good")
		calm := h.add(lowPressure("20260305-a"), whatOpened, "duty", "down", "nobody", "good")
		lost := h.add(lowPressure("20260305-b"), whatOpened, "ops", "gone")
		time.Sleep(10 * time.Second)
		if got := h.tried(urgent); got != "gone:false down:false down:false down:false down:false good:true" {
			t.Errorf("life safety tried %s", got)
		}
		if h.state(lost) != incident.NoticeFailed || h.tried(lost) != "gone:false" || !strings.Contains(h.log.String(), "notice reached nobody") {
			t.Errorf("lost: %s, tried %s; log %s", h.state(lost), h.tried(lost), h.log)
		}
		time.Sleep(20 * time.Minute)
		if got := h.tried(calm); got != strings.Repeat("down:false ", 6)+"nobody:false good:true" {
			t.Errorf("calm tried %s", got)
		}
		var waits []time.Duration
		var last time.Time
		for _, m := range down.messages() {
			if m.Severity == telemetry.Warning {
				if !last.IsZero() {
					waits = append(waits, m.at.Sub(last))
				}
				last = m.at
			}
		}
		for i, pause := range calmPauses {
			if i >= len(waits) || waits[i] < pause || waits[i] > pause*6/5+2*pollEvery {
				t.Errorf("pauses %v, want about %v", waits, calmPauses)
				break
			}
		}
		h.stop()
	})
}

// An outage of everything: danger to life is tried again round by round.
func TestLifeSafetyGoesRound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		outage := func(context.Context, Message) error {
			if time.Since(began) < 12*time.Minute {
				return refused("out of order")
			}
			return nil
		}
		h := run(t, map[string]*channelFake{"a": {do: outage}, "b": {do: outage}}, newOutbox())
		key := h.add(entrapment(), whatOpened, "duty", "a", "b")
		time.Sleep(20 * time.Minute)
		if n := len(strings.Fields(h.tried(key))); h.state(key) != incident.NoticeSent || n < 10 || n > 40 {
			t.Errorf("%s after %d attempts: %s", h.state(key), n, h.tried(key))
		}
		h.stop()
	})
}

func TestRetryAfterHonoured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := true
		var mu sync.Mutex
		ch := &channelFake{do: func(context.Context, Message) error {
			mu.Lock()
			defer mu.Unlock()
			if first {
				first = false
				return &LaterError{After: 90 * time.Second, Err: errors.New("429")}
			}
			return nil
		}}
		h := run(t, map[string]*channelFake{"robot": ch}, newOutbox())
		h.add(lowPressure("20260305-a"), whatOpened, "duty", "robot")
		time.Sleep(10 * time.Second)
		h.add(lowPressure("20260305-b"), whatOpened, "other", "robot") // the whole channel is left alone
		time.Sleep(10 * time.Second)
		urgent := h.add(entrapment(), whatOpened, "duty", "robot") // but for danger to life
		time.Sleep(3 * time.Minute)
		got := ch.messages()
		if len(got) != 4 || got[1].Key != urgent || got[1].at.Sub(h.began) > 21*time.Second {
			t.Fatalf("sent %d messages, the second is %s after %v", len(got), got[1].Key, got[1].at.Sub(h.began))
		}
		for _, m := range got[2:] {
			if after := m.at.Sub(h.began); after < 90*time.Second || after > 93*time.Second {
				t.Errorf("%s came after %v, want 90s", m.Key, after)
			}
		}
		h.stop()
	})
}

// A storm goes as few messages, within the rate, each notice once; and danger to
// life passes it all.
func TestStorm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ch := &channelFake{do: func(context.Context, Message) error {
			time.Sleep(200 * time.Millisecond)
			return nil
		}}
		h := run(t, map[string]*channelFake{"robot": ch}, newOutbox(), func(c *ChannelConfig) { c.PerMinute = new(20) })
		keys := map[string]bool{}
		for i := range 1000 {
			inc := lowPressure(fmt.Sprintf("20260305-%04d", i))
			inc.Group = fmt.Sprintf("group-%d", i)
			keys[h.add(inc, whatOpened, "duty", "robot")] = true
		}
		var urgent []string
		for i := range 6 {
			time.Sleep(3 * time.Second)
			inc := entrapment()
			inc.ID = fmt.Sprintf("20260305-lift%d", i)
			urgent = append(urgent, h.add(inc, whatOpened, "duty", "robot"))
			time.Sleep(300 * time.Millisecond)
			if h.state(urgent[i]) != incident.NoticeSent {
				t.Errorf("entrapment %d waits: %s", i, h.tried(urgent[i]))
			}
		}
		time.Sleep(10 * time.Minute)
		digests := 0
		seen := map[string]int{}
		got := ch.messages()
		for _, m := range got {
			if len(m.Items) > 1 {
				digests++
			}
			for _, it := range m.Items {
				seen[it.Notice.Key]++
				if len(m.Items) > 1 && it.Notice.Severity == telemetry.LifeSafety {
					t.Errorf("%s is in a digest", it.Notice.Key)
				}
			}
		}
		for key := range keys {
			if seen[key] != 1 || h.state(key) != incident.NoticeSent {
				t.Fatalf("%s was sent %d times, %s", key, seen[key], h.state(key))
			}
		}
		if len(got) > 40 || digests < 10 {
			t.Errorf("%d messages, %d digests", len(got), digests)
		}
		for i := 20; i < len(got); i++ {
			if span := got[i].at.Sub(got[i-20].at); span < time.Minute {
				t.Fatalf("21 messages within %v", span)
			}
		}
		h.stop()
	})
}

// Few that wait together go by group; those of other receivers by themselves.
func TestGroups(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		block := make(chan struct{})
		ch := &channelFake{do: func(context.Context, Message) error { <-block; return nil }}
		h := run(t, map[string]*channelFake{"mail": ch}, newOutbox())
		h.add(lowPressure("20260305-first"), whatOpened, "duty", "mail")
		time.Sleep(time.Second) // it is being sent: the others wait
		for i, group := range []string{"a", "b", "a", "", ""} {
			inc := lowPressure(fmt.Sprintf("20260305-%d", i))
			inc.Group = group
			key := h.add(inc, whatOpened, "duty", "mail")
			if group == "" {
				h.mu.Lock()
				h.notices[key].Group = ""
				h.mu.Unlock()
			}
		}
		other := lowPressure("20260305-other")
		other.Group = "a"
		h.add(other, whatOpened, "ops", "mail")
		grave := lowPressure("20260305-grave")
		grave.Severity, grave.Group = telemetry.Critical, "c"
		h.add(grave, whatOpened, "ops", "mail")
		time.Sleep(2 * time.Second)
		close(block)
		time.Sleep(5 * time.Second)
		var got []string
		for _, m := range ch.messages() {
			var ids []string
			for _, it := range m.Items {
				ids = append(ids, strings.TrimPrefix(it.Notice.Incident, "20260305-"))
			}
			got = append(got, strings.Join(ids, "+"))
		}
		if want := []string{"first", "grave", "0+2", "1", "3", "4", "other"}; !reflect.DeepEqual(got, want) {
			t.Errorf("messages %v, want %v", got, want)
		}
		h.stop()
	})
}

// A channel that hangs holds up no other, and not its own messages about life
// safety.
func TestSlowChannel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := &channelFake{do: func(ctx context.Context, m Message) error {
			if m.Severity == telemetry.LifeSafety && strings.Contains(m.Key, "good") {
				return nil
			}
			<-ctx.Done()
			return ctx.Err()
		}}
		quick := &channelFake{}
		h := run(t, map[string]*channelFake{"slow": slow, "quick": quick}, newOutbox())
		for i := range 5 {
			h.add(lowPressure(fmt.Sprintf("20260305-%d", i)), whatOpened, fmt.Sprint(i), "slow", "quick")
		}
		hangs, good := entrapment(), entrapment()
		hangs.ID, good.ID = "20260305-hangs", "20260305-good"
		h.add(hangs, whatOpened, "duty", "slow", "quick")
		goodKey := h.add(good, whatOpened, "duty", "slow")
		quickKey := h.add(lowPressure("20260305-quick"), whatOpened, "duty", "quick")
		time.Sleep(time.Second)
		if h.state(goodKey) != incident.NoticeSent || h.state(quickKey) != incident.NoticeSent {
			t.Errorf("life safety is %s, the other channel %s", h.state(goodKey), h.state(quickKey))
		}
		// Of what can wait, one at a time.
		if n := len(slow.messages()); n != 3 {
			t.Errorf("%d messages are at the slow channel, want 3", n)
		}
		h.stop()
	})
}

// The rate is used up by danger to life: the next one takes the next channel.
func TestLifeSafetyOverTheRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		robot, mail := &channelFake{}, &channelFake{}
		h := run(t, map[string]*channelFake{"robot": robot, "mail": mail}, newOutbox(), func(c *ChannelConfig) { c.PerMinute = new(3) })
		var keys []string
		for i := range 5 {
			inc := entrapment()
			inc.ID = fmt.Sprintf("20260305-lift%d", i)
			keys = append(keys, h.add(inc, whatOpened, "duty", "robot", "mail"))
		}
		alone := entrapment()
		alone.ID = "20260305-alone"
		last := h.add(alone, whatOpened, "duty", "robot") // has no other way, and waits for room
		time.Sleep(2 * time.Second)
		if len(robot.messages()) != 3 || len(mail.messages()) != 2 || h.tried(keys[4]) != "robot:false mail:true" {
			t.Errorf("robot %d, mail %d; the last tried %s", len(robot.messages()), len(mail.messages()), h.tried(keys[4]))
		}
		time.Sleep(2 * time.Minute)
		if h.tried(last) != "robot:true" {
			t.Errorf("without another channel tried %s", h.tried(last))
		}
		h.stop()
	})
}

// What a crash leaves claimed comes again when its lease ends, under its key.
func TestCrash(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box := newOutbox()
		key := box.add(entrapment(), whatOpened, "duty", "mail")
		if claimed, _ := box.Claim(t.Context(), time.Now(), 10, lease); len(claimed) != 1 {
			t.Fatal("nothing to claim") // by a process that died then
		}
		mail := &channelFake{}
		h := run(t, map[string]*channelFake{"mail": mail}, box)
		time.Sleep(lease - time.Second)
		if len(mail.messages()) != 0 {
			t.Error("it was sent while another may be sending it")
		}
		time.Sleep(3 * time.Second)
		if got := mail.messages(); len(got) != 1 || got[0].Key != key {
			t.Errorf("sent %+v", got)
		}
		h.stop()
	})
}

// What was sent and cannot be noted is noted later, and not sent again at once.
func TestOutboxAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mail := &channelFake{}
		h := run(t, map[string]*channelFake{"mail": mail}, newOutbox())
		h.fail(errors.New("database is locked"))
		key := h.add(entrapment(), whatOpened, "duty", "mail")
		time.Sleep(5 * time.Second)
		h.fail(nil)
		time.Sleep(time.Minute)
		if h.state(key) != incident.NoticeSent || len(mail.messages()) != 1 {
			t.Errorf("%s, sent %d times", h.state(key), len(mail.messages()))
		}
		if n := strings.Count(h.log.String(), "outbox does not answer"); n != 1 {
			t.Errorf("logged %d times:\n%s", n, h.log)
		}
		h.stop()
	})
}

// At the end what is being sent may be finished; what hangs is cut off and comes
// again.
func TestStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		brief := &channelFake{do: func(context.Context, Message) error { time.Sleep(2 * time.Second); return nil }}
		hangs := &channelFake{do: func(ctx context.Context, _ Message) error { <-ctx.Done(); return ctx.Err() }}
		h := run(t, map[string]*channelFake{"brief": brief, "hangs": hangs}, newOutbox())
		a := h.add(entrapment(), whatOpened, "duty", "brief")
		other := entrapment()
		other.ID = "20260305-other"
		b := h.add(other, whatOpened, "duty", "hangs")
		time.Sleep(time.Second)
		began := time.Now()
		h.stop()
		if took := time.Since(began); took != shutdownGrace {
			t.Errorf("the end took %v, want %v", took, shutdownGrace)
		}
		if h.state(a) != incident.NoticeSent || h.state(b) != incident.NoticeWaiting || h.tried(b) != "" {
			t.Errorf("%s and %s, tried %q", h.state(a), h.state(b), h.tried(b))
		}
	})
}

func TestIncidentGoneAndPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mad := &channelFake{do: func(context.Context, Message) error { panic("mad") }}
		good := &channelFake{}
		h := run(t, map[string]*channelFake{"mad": mad, "good": good}, newOutbox())
		gone := h.add(lowPressure("20260305-gone"), whatOpened, "duty", "good")
		h.mu.Lock()
		delete(h.incidents, "20260305-gone")
		h.mu.Unlock()
		saved := h.add(entrapment(), whatOpened, "duty", "mad", "good")
		time.Sleep(time.Second)
		if h.state(gone) != incident.NoticeFailed || h.tried(saved) != "mad:false good:true" {
			t.Errorf("gone is %s; after a panic tried %s", h.state(gone), h.tried(saved))
		}
		h.stop()
	})
}

// syncFake is a channel that wants to hear of what is open.
type syncFake struct {
	channelFake
	synced []int // how many were open, minute by minute
}

func (s *syncFake) Sync(_ context.Context, open []incident.Incident) error {
	s.synced = append(s.synced, len(open))
	return nil
}

func TestSyncAndBacklog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ch := &syncFake{}
		reg := prometheus.NewRegistry()
		oldest := time.Now().Add(-time.Hour)
		w, err := NewWorker(Options{
			Channels: &Channels{byName: map[string]*opened{"am": {ch, "am", "alertmanager", defaultTimeout, (&ChannelConfig{Kind: "alertmanager"}).budget, 5}}},
			Outbox:   newOutbox(), Logger: silent, Registerer: reg,
			Open: func(context.Context) ([]incident.Incident, int64, error) {
				return []incident.Incident{entrapment(), lowPressure("20260305-a")}, 7, nil
			},
			Backlog: func(context.Context) (incident.Backlog, error) {
				return incident.Backlog{Waiting: 3, Oldest: oldest}, nil
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 150*time.Second)
		defer cancel()
		w.Run(ctx)
		if !reflect.DeepEqual(ch.synced, []int{2, 2, 2}) {
			t.Errorf("synced %v", ch.synced)
		}
		want := `# HELP steward_notices_oldest_age_seconds Age of the oldest notice that is not sent yet, with those held until later; 0 when there is none.
# TYPE steward_notices_oldest_age_seconds gauge
steward_notices_oldest_age_seconds 3750
# HELP steward_notices_waiting Notices in the outbox that are not sent yet, with those held until later.
# TYPE steward_notices_waiting gauge
steward_notices_waiting 3
`
		if err := testutil.GatherAndCompare(reg, strings.NewReader(want), "steward_notices_oldest_age_seconds", "steward_notices_waiting"); err != nil {
			t.Error(err)
		}
		if problems, err := testutil.GatherAndLint(reg); err != nil || len(problems) != 0 {
			t.Errorf("%v %v", problems, err)
		}
	})
}

func TestChannelsTest(t *testing.T) {
	s, got := receiver(t, answering(200, ""))
	cfg, err := Parse("c", []byte("channels: [{name: hook, webhook: {url: '"+s.URL+"'}}, {name: bus, mqtt: {}}]"), nil)
	if err != nil {
		t.Fatal(err)
	}
	b := &brokerFake{}
	channels, err := Open(cfg, b.publish)
	if err != nil {
		t.Fatal(err)
	}
	if err := channels.Test(t.Context(), "hook"); err != nil {
		t.Fatal(err)
	}
	body := decode(t, (<-got).body)
	if body["what"] != "test" || !strings.Contains(body["subject"].(string), "【测试】") || !strings.Contains(body["text"].(string), "This is a test") {
		t.Errorf("got %v", body)
	}
	if err := channels.Test(t.Context(), "bus"); err != nil {
		t.Fatal(err)
	}
	if len(b.got) != 1 || !strings.HasSuffix(b.got[0], "retain=false") {
		t.Errorf("published %v", b.got)
	}
	if err := channels.Test(t.Context(), "nope"); err == nil || err.Error() != `no channel has the name "nope"; there are: bus, hook` {
		t.Errorf("%v", err)
	}
	followers := channels.Followers()
	if follow := followers["bus"]; len(followers) != 1 || follow == nil {
		t.Errorf("%d channels follow every change, want bus alone", len(followers))
	} else if err := follow(t.Context(), entrapment()); err != nil || len(b.got) != 2 {
		t.Errorf("%v, published %v", err, b.got)
	}
	if _, err := Open(cfg, nil); err == nil || !strings.Contains(err.Error(), `channel "bus": mqtt: there is no broker`) {
		t.Errorf("%v", err)
	}
}
