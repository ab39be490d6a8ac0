package ingest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"

	mqtt "github.com/eclipse/paho.mqtt.golang"
)

// Publish hands a message of Steward's own to who has subscribed to its topic.
func (b *Broker) Publish(_ context.Context, topic string, payload []byte, retain bool) error {
	if err := b.server.Publish(topic, payload, retain, 1); err != nil {
		return fmt.Errorf("publish on %s: %w", topic, err)
	}
	return nil
}

// Publisher publishes Steward's own messages at a broker of the house. It connects
// when there is something to publish, and again after a failure. It is safe for
// concurrent use.
type Publisher struct {
	opts SubscriberOptions

	mu     sync.Mutex // guards client, and keeps messages in order
	client mqtt.Client
}

// NewPublisher publishes at the broker that a subscriber with these options reads.
func NewPublisher(opts SubscriberOptions) *Publisher {
	opts.setDefaults()
	return &Publisher{opts: opts}
}

// Publish returns when the broker has acknowledged the message. After an error the
// message may have been published all the same.
func (p *Publisher) Publish(ctx context.Context, topic string, payload []byte, retain bool) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.client == nil || !p.client.IsConnectionOpen() {
		if err := p.open(); err != nil {
			return fmt.Errorf("publish on %s: %w", topic, err)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, p.opts.ConnectTimeout)
	defer cancel()
	token := p.client.Publish(topic, 1, retain, payload)
	select {
	case <-token.Done():
		if err := token.Error(); err != nil {
			p.drop()
			return fmt.Errorf("publish on %s: %w", topic, err)
		}
		return nil
	case <-ctx.Done():
		p.drop() // what it still holds must not come after what is published next
		return fmt.Errorf("publish on %s: %w", topic, errors.Join(errors.New("not acknowledged by the broker"), ctx.Err()))
	}
}

func (p *Publisher) open() error {
	p.drop()
	o := baseOptions(p.opts)
	o.SetClientID(fmt.Sprintf("%s-out-%08x", p.opts.ClientID, rand.Uint32()))
	o.SetCleanSession(true)
	client := mqtt.NewClient(o)
	if _, err := connect(client, p.opts.ConnectTimeout); err != nil {
		return err
	}
	p.client = client
	return nil
}

func (p *Publisher) drop() {
	if p.client != nil {
		p.client.Disconnect(250) // ms to hand over what is on its way
		p.client = nil
	}
}

// Close disconnects.
func (p *Publisher) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.drop()
	return nil
}
