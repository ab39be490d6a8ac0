package ingest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"github.com/prometheus/client_golang/prometheus"

	"steward/ingest/spool"
	"steward/internal/mqtttest"
)

// people is an Authenticator of a few accounts, each with its name as password.
// It stands for the registry's credentials.
type people struct {
	mu       sync.Mutex
	accounts map[string]account
	down     error
	asked    int
}

// account may publish and read below the prefixes.
type account struct {
	publish, read []string
	nothing       bool // it reads nothing, and says so
	gone          bool
}

func (p *people) Authenticate(_ context.Context, user string, password []byte, _ string) (Access, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked++
	a, ok := p.accounts[user]
	switch {
	case p.down != nil:
		return Access{}, p.down
	case !ok || string(password) != user:
		return Access{}, ErrBadCredentials
	}
	access := Access{
		Name:       user,
		MayPublish: func(topic string) bool { return below(a.publish, topic) },
		Gone: func() bool {
			p.mu.Lock()
			defer p.mu.Unlock()
			return p.accounts[user].gone
		},
	}
	if !a.nothing {
		access.MaySubscribe = func(filter string) bool { return below(a.read, filter) }
	}
	return access, nil
}

func (p *people) set(user string, a account) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.accounts[user] = a
}

func below(prefixes []string, s string) bool {
	return slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(s, prefix) })
}

const (
	liftTopic  = "property/north/harbour/elevator/e1/"
	otherTopic = "property/north/hill/elevator/e9/"
)

func newPeople() *people {
	return &people{accounts: map[string]account{
		"lift":    {publish: []string{liftTopic}, nothing: true},
		"other":   {publish: []string{otherTopic}},
		"harbour": {read: []string{"property/north/harbour/"}},
		// It may subscribe to everything and read one project: no real access is
		// like that. It shows that each message is looked at again.
		"odd": {read: []string{"property/#", "$share/g/property/#", "property/north/harbour/"}},
	}}
}

// guarded starts a broker with accounts, and a spool behind it.
func guarded(t *testing.T, p *people, opts BrokerOptions) (*Broker, *spool.Spool, *prometheus.Registry) {
	t.Helper()
	sp := openTestSpool(t, t.TempDir())
	reg := prometheus.NewRegistry()
	opts.Auth, opts.User, opts.Password = p, "service", "secret"
	return startTestBroker(t, opts, NewIntake(sp, IntakeOptions{MaxPayload: 1 << 20, Metrics: NewMetrics(reg)})), sp, reg
}

// counted is the value of a counter: of the one with a label of that value, or
// of the only one.
func counted(t *testing.T, reg *prometheus.Registry, name, label string) float64 {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == name && (label == "" || m.GetLabel()[0].GetValue() == label) {
				return m.GetCounter().GetValue()
			}
		}
	}
	t.Fatalf("there is no metric %s", name)
	return 0
}

func dialAs(t *testing.T, b *Broker, user string, o mqtttest.RawOptions) (*mqtttest.Raw, error) {
	t.Helper()
	o.Addr, o.User, o.Password = b.Addr(), user, user
	if user == "service" {
		o.Password = "secret"
	}
	c, err := mqtttest.DialRaw(t.Context(), o)
	if err == nil {
		t.Cleanup(func() { _ = c.Close() })
	}
	return c, err
}

func mustDial(t *testing.T, b *Broker, user string, o mqtttest.RawOptions) *mqtttest.Raw {
	t.Helper()
	c, err := dialAs(t, b, user, o)
	if err != nil {
		t.Fatalf("%s: %v", user, err)
	}
	return c
}

func mustSubscribe(t *testing.T, c *mqtttest.Raw, filter string) {
	t.Helper()
	if err := c.Subscribe(filter); err != nil {
		t.Fatalf("subscribe to %s: %v", filter, err)
	}
}

func mustPublish(t *testing.T, c *mqtttest.Raw, topic, payload string, retain bool) {
	t.Helper()
	if err := c.Publish(topic, payload, 1, retain); err != nil {
		t.Fatalf("publish on %s: %v", topic, err)
	}
}

// receive takes messages until one with the payload last has come, and lists
// all, sorted.
func receive(t *testing.T, c *mqtttest.Raw, last string) []string {
	t.Helper()
	return receiveAll(t, c, last, 1)
}

// receiveAll is receive for at least n different messages: what is retained may
// come after what is live.
func receiveAll(t *testing.T, c *mqtttest.Raw, last string, n int) []string {
	t.Helper()
	var all []string
	eventually(t, last, func() bool {
		some, err := c.Messages()
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range some {
			all = append(all, m.Topic+" "+m.Payload)
		}
		slices.Sort(all)
		return slices.ContainsFunc(all, func(m string) bool { return strings.HasSuffix(m, " "+last) }) &&
			len(slices.Compact(slices.Clone(all))) >= n
	})
	return all
}

func refusedWith(err error, code byte) bool {
	var r mqtttest.RefusedError
	return errors.As(err, &r) && r.Code == code
}

func TestDevicePublishesUnderItsOwnTopicsAlone(t *testing.T) {
	foreign := []string{
		otherTopic + "telemetry", "property/north/harbour/elevator/e10/telemetry", "property/north/harbour/elevator/e1", "steward/incidents/north/harbour/1",
		"other", "/" + liftTopic + "event",
	}
	for _, version := range []byte{4, 5} {
		t.Run(fmt.Sprint("version ", version), func(t *testing.T) {
			b, sp, reg := guarded(t, newPeople(), BrokerOptions{})
			reader := mustDial(t, b, "service", mqtttest.RawOptions{Version: version})
			mustSubscribe(t, reader, "#")
			o := mqtttest.RawOptions{Version: version, ClientID: "lift"}
			lift := mustDial(t, b, "lift", o)
			for _, topic := range foreign {
				for qos := range byte(3) {
					err := lift.Publish(topic, "stolen", qos, true)
					switch {
					case version == 5 && qos == 0: // nothing can be said
					case version == 5 && refusedWith(err, 0x87):
					case version == 4 && (errors.Is(err, mqtttest.ErrHungUp) || qos == 0):
						if code, err := lift.Closed(); err != nil || code != 0 {
							t.Errorf("%s: closed with %#x, %v", topic, code, err)
						}
						lift = mustDial(t, b, "lift", o)
					default:
						t.Errorf("%s with QoS %d: %v", topic, qos, err)
					}
				}
			}
			mustPublish(t, lift, liftTopic+"event", "mine", false)
			if got := receive(t, reader, "mine"); len(got) != 1 {
				t.Errorf("the reader got %q", got)
			}
			if got := contents(t, sp); len(got) != 1 {
				t.Errorf("in the spool is %q", got)
			}
			late := mustDial(t, b, "service", mqtttest.RawOptions{Version: version})
			mustSubscribe(t, late, "#")
			mustPublish(t, lift, liftTopic+"event", "again", false)
			if got := receive(t, late, "again"); len(got) != 1 {
				t.Errorf("retained is %q", got)
			}
			if n := counted(t, reg, "steward_mqtt_refused_total", string(refusedPublish)); n != float64(3*len(foreign)) {
				t.Errorf("%v publishes were counted as refused, not %d", n, 3*len(foreign))
			}
		})
	}
}

// Nobody writes where Steward itself does.
func TestReservedTopicsAreNobodys(t *testing.T) {
	b, sp, _ := guarded(t, newPeople(), BrokerOptions{Anonymous: true})
	for _, user := range []string{"service", ""} {
		c := mustDial(t, b, user, mqtttest.RawOptions{Version: 5})
		if err := c.Publish("steward/incidents/north/harbour/1", "false", 1, false); !refusedWith(err, 0x87) {
			t.Errorf("%q: %v", user, err)
		}
		mustPublish(t, c, liftTopic+"event", "true", false)
		_, err := dialAs(t, b, user, mqtttest.RawOptions{Version: 5, Will: &mqtttest.Will{Topic: "steward/x", Payload: "false"}})
		if !refusedWith(err, 0x87) {
			t.Errorf("%q with a last will: %v", user, err)
		}
	}
	if got := contents(t, sp); len(got) != 2 {
		t.Errorf("in the spool is %q", got)
	}
}

func TestSubscriptionsAreRefused(t *testing.T) {
	for version, code := range map[byte]byte{4: 0x80, 5: 0x87} {
		b, _, reg := guarded(t, newPeople(), BrokerOptions{})
		refused := 0
		for user, filters := range map[string][]string{
			"lift":    {"#", "+/#", liftTopic + "event", liftTopic + "#", "$share/g/" + liftTopic + "#", "$SYS/#", "steward/#"},
			"harbour": {"#", "property/#", "+/north/harbour/#", "property/north/+/#", "property/north/hill/#", "$share/g/#", "$SHARE/g/property/#", "$share/g/property/north/hill/#", "$SYS/#", "$share/g/$SYS/#", "steward/#"},
		} {
			c := mustDial(t, b, user, mqtttest.RawOptions{Version: version})
			for _, filter := range filters {
				if err := c.Subscribe(filter); !refusedWith(err, code) {
					t.Errorf("version %d: %s subscribes to %s: %v", version, user, filter, err)
				}
				refused++
			}
		}
		if n := counted(t, reg, "steward_mqtt_refused_total", string(refusedSubscribe)); n != float64(refused) {
			t.Errorf("%v subscriptions were counted as refused, not %d", n, refused)
		}
	}
}

// What a reader gets is what it may read: live, retained, by wildcards and in a
// shared subscription.
func TestReadersGetWhatTheyMayRead(t *testing.T) {
	for _, version := range []byte{4, 5} {
		b, _, _ := guarded(t, newPeople(), BrokerOptions{})
		lift, other := mustDial(t, b, "lift", mqtttest.RawOptions{}), mustDial(t, b, "other", mqtttest.RawOptions{})
		mustPublish(t, lift, liftTopic+"status", "online", true)
		mustPublish(t, other, otherTopic+"status", "online", true)

		open := map[string]*mqtttest.Raw{}
		for user, filter := range map[string]string{"harbour": "property/north/harbour/#", "odd": "property/#"} {
			open[user] = mustDial(t, b, user, mqtttest.RawOptions{Version: version})
			mustSubscribe(t, open[user], filter)
		}
		shared := mustDial(t, b, "odd", mqtttest.RawOptions{Version: version})
		mustSubscribe(t, shared, "$share/g/property/#")

		mustPublish(t, other, otherTopic+"event", "theirs", false)
		mustPublish(t, lift, liftTopic+"event", "ours", false)
		for user, c := range open {
			want := []string{liftTopic + "event ours", liftTopic + "status online"}
			// Who subscribes while a retained message is on its way may get it twice.
			if got := slices.Compact(receiveAll(t, c, "ours", len(want))); !slices.Equal(got, want) {
				t.Errorf("version %d: %s got %q", version, user, got)
			}
		}
		// It may come while the retained message is still on its way to those who
		// were there.
		got := slices.DeleteFunc(receive(t, shared, "ours"), func(m string) bool { return m == liftTopic+"status online" })
		if !slices.Equal(got, []string{liftTopic + "event ours"}) {
			t.Errorf("version %d: the shared subscription got %q", version, got)
		}
	}
}

func TestForeignLastWillIsRefused(t *testing.T) {
	b, sp, _ := guarded(t, newPeople(), BrokerOptions{})
	for version, code := range map[byte]byte{4: 5, 5: 0x87} {
		for _, topic := range []string{otherTopic + "status", "steward/x", "property/#", ""} {
			_, err := dialAs(t, b, "lift", mqtttest.RawOptions{Version: version, Will: &mqtttest.Will{Topic: topic, Payload: "offline"}})
			if !refusedWith(err, code) && topic != "" || err == nil {
				t.Errorf("version %d, will on %q: %v", version, topic, err)
			}
		}
	}
	_ = mustDial(t, b, "lift", mqtttest.RawOptions{Will: &mqtttest.Will{Topic: liftTopic + "status", Payload: "offline", Retain: true}}).Close()
	eventually(t, "the last will", func() bool { return sp.Durable() == 1 })
	if got := contents(t, sp); got[0] != liftTopic+"status offline" {
		t.Errorf("got %q", got)
	}
}

// Two names cannot share a session: what waits in one is for its owner, and
// nobody is thrown out by another's choice of a client identifier.
func TestSessionsBelongToTheirOwner(t *testing.T) {
	b, _, _ := guarded(t, newPeople(), BrokerOptions{})
	o := mqtttest.RawOptions{ClientID: "same", Keep: true}
	reader := mustDial(t, b, "harbour", o)
	mustSubscribe(t, reader, "property/north/harbour/#")
	lift := mustDial(t, b, "lift", mqtttest.RawOptions{})
	thief := mustDial(t, b, "other", o)
	mustPublish(t, lift, liftTopic+"event", "first", false)
	if got := receive(t, reader, "first"); len(got) != 1 {
		t.Errorf("the owner got %q", got)
	}
	if err := reader.Close(); err != nil {
		t.Fatal(err)
	}
	mustPublish(t, lift, liftTopic+"event", "second", false)
	again := mustDial(t, b, "other", o)
	if got, err := again.Messages(); err != nil || len(got) > 0 {
		t.Errorf("another name got %v, %v", got, err)
	}
	if _, err := thief.Messages(); !errors.Is(err, mqtttest.ErrHungUp) {
		t.Errorf("its own session was not taken over: %v", err)
	}
	if got := receive(t, mustDial(t, b, "harbour", o), "second"); len(got) != 1 {
		t.Errorf("the owner got %q", got)
	}
}

// Who may read less than before does not get what was collected meanwhile.
func TestNarrowedAccessDoesNotGetWhatWaits(t *testing.T) {
	p := newPeople()
	p.set("reader", account{read: []string{"property/north/"}})
	b, _, _ := guarded(t, p, BrokerOptions{})
	o := mqtttest.RawOptions{ClientID: "r", Keep: true}
	reader := mustDial(t, b, "reader", o)
	mustSubscribe(t, reader, "property/north/#")
	if err := reader.Close(); err != nil {
		t.Fatal(err)
	}
	lift, other := mustDial(t, b, "lift", mqtttest.RawOptions{}), mustDial(t, b, "other", mqtttest.RawOptions{})
	mustPublish(t, other, otherTopic+"event", "theirs", false)
	mustPublish(t, lift, liftTopic+"event", "ours", false)
	p.set("reader", account{read: []string{"property/north/harbour/"}})
	reader = mustDial(t, b, "reader", o)
	mustPublish(t, other, otherTopic+"event", "theirs too", false)
	mustPublish(t, lift, liftTopic+"event", "last", false)
	if got := receive(t, reader, "last"); !slices.Equal(got, []string{liftTopic + "event last", liftTopic + "event ours"}) {
		t.Errorf("got %q", got)
	}
}

// An access that is gone ends the connection soon; of the device nothing more is
// taken but that it is offline.
func TestRevokedAccess(t *testing.T) {
	p := newPeople()
	b, sp, reg := guarded(t, p, BrokerOptions{})
	will := &mqtttest.Will{Topic: liftTopic + "status", Payload: "offline"}
	four := mustDial(t, b, "lift", mqtttest.RawOptions{ClientID: "4", Will: will})
	five := mustDial(t, b, "lift", mqtttest.RawOptions{ClientID: "5", Version: 5, Will: &mqtttest.Will{Topic: liftTopic + "event", Payload: "false alarm"}})
	stays := mustDial(t, b, "other", mqtttest.RawOptions{})
	p.set("lift", account{gone: true})
	started := time.Now()
	for c, want := range map[*mqtttest.Raw]byte{four: 0, five: 0x87} {
		if code, err := c.Closed(); err != nil || code != want {
			t.Errorf("closed with %#x, %v; want %#x", code, err, want)
		}
	}
	if took := time.Since(started); took > 15*time.Second {
		t.Errorf("it took %s", took)
	}
	eventually(t, "the last will", func() bool { return sp.Durable() == 1 })
	mustPublish(t, stays, otherTopic+"event", "here", false)
	if got := contents(t, sp); !slices.Equal(got, []string{liftTopic + "status offline", otherTopic + "event here"}) {
		t.Errorf("in the spool is %q", got)
	}
	if n := counted(t, reg, "steward_mqtt_refused_total", string(refusedRevoked)); n != 2 {
		t.Errorf("%v were counted as revoked", n)
	}
}

func TestSignIn(t *testing.T) {
	p := newPeople()
	b, _, reg := guarded(t, p, BrokerOptions{})
	try := func(version byte, user, password string) error {
		c, err := mqtttest.DialRaw(t.Context(), mqtttest.RawOptions{Addr: b.Addr(), Version: version, User: user, Password: password})
		if err == nil {
			_ = c.Close()
		}
		return err
	}
	for _, who := range [][2]string{{"lift", "wrong"}, {"nobody", "nobody"}, {"service", "wrong"}, {"", ""}} {
		if err := try(4, who[0], who[1]); !refusedWith(err, 5) {
			t.Errorf("%q: %v", who, err)
		}
		if err := try(5, who[0], who[1]); !refusedWith(err, 0x86) {
			t.Errorf("%q: %v", who, err)
		}
	}
	// A failure that is not the client's is not held against it, and tells it to
	// come again.
	p.mu.Lock()
	p.down = errors.New("database is away")
	p.mu.Unlock()
	for range attemptsMost {
		if err := try(4, "lift", "lift"); !refusedWith(err, 3) {
			t.Errorf("while nobody could say: %v", err)
		}
	}
	if err := try(5, "lift", "lift"); !refusedWith(err, 0x88) {
		t.Errorf("while nobody could say: %v", err)
	}
	p.mu.Lock()
	p.down = nil
	p.mu.Unlock()
	if err := try(5, "lift", "lift"); err != nil {
		t.Error(err)
	}
	// After too many failures nothing is checked for a while.
	for range attemptsMost {
		_ = try(4, "lift", "wrong")
	}
	p.mu.Lock()
	asked := p.asked
	p.mu.Unlock()
	if err := try(5, "lift", "lift"); !refusedWith(err, 0x9f) {
		t.Errorf("after too many failures: %v", err)
	}
	if p.mu.Lock(); p.asked != asked {
		t.Error("the password was checked all the same")
	}
	p.mu.Unlock()
	if n := counted(t, reg, "steward_mqtt_refused_total", string(refusedRate)); n < 1 {
		t.Errorf("%v were counted as too many attempts", n)
	}
}

func TestWithoutAnonymousNobodyGetsInWithoutCredentials(t *testing.T) {
	b := startTestBroker(t, BrokerOptions{}, NewIntake(openTestSpool(t, t.TempDir()), IntakeOptions{MaxPayload: 1 << 10}))
	for _, user := range []string{"", "service", "lift"} {
		if _, err := dialAs(t, b, user, mqtttest.RawOptions{}); !refusedWith(err, 5) {
			t.Errorf("%q: %v", user, err)
		}
	}
}

// A common client meets the same.
func TestPahoUnderItsOwnTopics(t *testing.T) {
	b, sp, _ := guarded(t, newPeople(), BrokerOptions{})
	lost := make(chan error, 1)
	o := mqtt.NewClientOptions().AddBroker("tcp://" + b.Addr()).SetUsername("lift").SetPassword("lift").SetAutoReconnect(false)
	o.SetConnectionLostHandler(func(_ mqtt.Client, err error) { lost <- err })
	c := mqtt.NewClient(o)
	wait := func(token mqtt.Token) mqtt.Token {
		if !token.WaitTimeout(20 * time.Second) {
			t.Fatal("no answer")
		}
		return token
	}
	if err := wait(c.Connect()).Error(); err != nil {
		t.Fatal(err)
	}
	if err := wait(c.Publish(liftTopic+"event", 1, false, "mine")).Error(); err != nil {
		t.Error(err)
	}
	sub := wait(c.Subscribe("property/#", 1, nil))
	if code := sub.(*mqtt.SubscribeToken).Result()["property/#"]; code != 0x80 {
		t.Errorf("subscribed with %#x", code)
	}
	c.Publish(otherTopic+"event", 1, false, "stolen")
	select {
	case err := <-lost:
		t.Logf("lost: %v", err)
	case <-time.After(20 * time.Second):
		t.Error("the connection stays")
	}
	if got := contents(t, sp); !slices.Equal(got, []string{liftTopic + "event mine"}) {
		t.Errorf("in the spool is %q", got)
	}
}
