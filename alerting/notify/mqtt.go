package notify

import (
	"context"
	"fmt"

	"steward/internal/incident"
)

// MQTTConfig publishes incidents to the broker that Steward is connected to.
type MQTTConfig struct {
	Retain *bool `yaml:"retain"` // keep open ones at the broker for who subscribes later; true
	Line   int   `yaml:"-"`
}

func (*MQTTConfig) kind() string { return "mqtt" }

func (*MQTTConfig) check(*checker) {}

// Publish sends one message to the broker with QoS 1. It returns when the broker
// has taken it or ctx ends.
type Publish func(ctx context.Context, topic string, payload []byte, retain bool) error

// mqtt publishes an incident as JSON on steward/incidents/{region}/{project}/{id},
// with - for a region or project that it has not.
//
// While it is open its newest state is retained, so that who subscribes later
// has all open incidents at once. At its end its last state is published without
// being retained, and then an empty message that clears the topic: the broker
// keeps what is open, and does not grow with the years. The same version may
// come twice; "version" says which is newer.
type mqtt struct {
	publish Publish
	retain  bool

	// turn holds a token while nobody publishes: an older state must not come
	// after a newer one. Who has taken it may use young and old.
	turn       chan struct{}
	young, old map[string]int64 // by incident: the version published last; at most twice maxVersions
}

// maxVersions is more than are open at once; one that is forgotten is published
// again.
const maxVersions = 10_000

func newMQTT(conf *MQTTConfig, publish Publish) *mqtt {
	m := &mqtt{publish: publish, retain: conf.Retain == nil || *conf.Retain, turn: make(chan struct{}, 1), young: map[string]int64{}}
	m.turn <- struct{}{}
	return m
}

// Send implements Channel.
func (q *mqtt) Send(ctx context.Context, m Message) error {
	for i := range m.Items {
		if err := q.put(ctx, &m.Items[i].Incident, q.retain && !m.Test, true); err != nil {
			return err
		}
	}
	return nil
}

// Sync publishes the open incidents that have changed since they were published,
// and after a start all of them: the broker may have lost what it retained.
func (q *mqtt) Sync(ctx context.Context, open []incident.Incident) error {
	for i := range open {
		if err := q.put(ctx, &open[i], q.retain, false); err != nil {
			return err
		}
	}
	return nil
}

// Changed publishes what an incident has become.
func (q *mqtt) Changed(ctx context.Context, inc incident.Incident) error {
	return q.put(ctx, &inc, q.retain, false)
}

// put publishes an incident unless a newer state of it was published; the same
// one only with again.
func (q *mqtt) put(ctx context.Context, inc *incident.Incident, retain, again bool) error {
	if inc.Shadow {
		return nil // on trial: nobody is told
	}
	select {
	case <-q.turn:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { q.turn <- struct{}{} }()
	if known, ok := q.version(inc.ID); ok && (known > inc.Version || known == inc.Version && !again) {
		return nil
	}
	body, err := encode(shown(*inc))
	if err != nil {
		return refused("%v", err)
	}
	topic := incidentTopic(inc)
	if err := q.publish(ctx, topic, body, retain && inc.Open()); err != nil {
		return fmt.Errorf("publish on %s: %w", topic, err)
	}
	if retain && !inc.Open() {
		if err := q.publish(ctx, topic, nil, true); err != nil {
			return fmt.Errorf("clear %s: %w", topic, err)
		}
	}
	q.remember(inc.ID, inc.Version)
	return nil
}

func incidentTopic(inc *incident.Incident) string {
	level := func(s string) string {
		if s == "" {
			return "-"
		}
		return s
	}
	return "steward/incidents/" + level(inc.Region) + "/" + level(inc.Project) + "/" + inc.ID
}

func (q *mqtt) version(id string) (int64, bool) {
	if v, ok := q.young[id]; ok {
		return v, true
	}
	v, ok := q.old[id]
	return v, ok
}

func (q *mqtt) remember(id string, version int64) {
	if len(q.young) >= maxVersions {
		q.young, q.old = map[string]int64{}, q.young
	}
	q.young[id] = version
}
