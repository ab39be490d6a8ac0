package main

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"strconv"
	"sync"

	"steward/internal/mqtttest"
)

const ceilingName = "broker alone, raw subscriber"

func (b *bench) ceiling(ctx context.Context) error {
	return b.throughput(ctx, ceilingName, &rawSubscriber{seen: make([]uint64, 2*b.settings.Messages/64+1)})
}

// rawSubscriber acknowledges and notes which messages came: the most that the
// broker can do.
type rawSubscriber struct {
	connecting chan struct{} // closed when the fields below are set
	sub        *mqtttest.Subscriber
	err        error

	mu       sync.Mutex // guards what follows
	seen     []uint64   // a bit a message
	count    uint64     // of different messages
	repeated uint64
	unknown  uint64
}

// launch does not wait for the subscription: the broker confirms that of a
// session with a backlog after the backlog.
func (r *rawSubscriber) launch(ctx context.Context, broker *mqtttest.Mosquitto) error {
	r.connecting = make(chan struct{})
	go func() {
		defer close(r.connecting)
		r.sub, r.err = mqtttest.NewSubscriber(ctx, mqtttest.SubscriberOptions{
			Addr: broker.Addr(), Filter: "property/#", ClientID: clientID, OnMessage: r.take,
		})
	}()
	return nil
}

func (r *rawSubscriber) take(_, payload []byte) {
	n := numberOf(payload)
	r.mu.Lock()
	defer r.mu.Unlock()
	switch word, bit := n/64, uint64(1)<<(n%64); {
	case word >= uint64(len(r.seen)):
		r.unknown++
	case r.seen[word]&bit != 0:
		r.repeated++
	default:
		r.seen[word] |= bit
		r.count++
	}
}

// numberOf reads the number that compose wrote.
func numberOf(payload []byte) uint64 {
	_, after, _ := bytes.Cut(payload, []byte(`"seq":`))
	digits, _, _ := bytes.Cut(after, []byte(","))
	n, err := strconv.ParseUint(string(digits), 10, 64)
	if err != nil {
		return math.MaxUint64
	}
	return n
}

func (r *rawSubscriber) alive() error {
	select {
	case <-r.connecting:
		return r.err
	default:
		return nil
	}
}

func (r *rawSubscriber) taken(context.Context) (uint64, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.count, nil
}

func (r *rawSubscriber) check(_ context.Context, n uint64) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.count != n || r.repeated > 0 || r.unknown > 0 {
		return fmt.Errorf("%d of %d messages came, %d again, %d unknown ones", r.count, n, r.repeated, r.unknown)
	}
	return nil
}

func (r *rawSubscriber) processes() ([]process, error) { return nil, nil }

func (r *rawSubscriber) stop() error {
	<-r.connecting
	if r.err != nil {
		return r.err
	}
	return r.sub.Close()
}
