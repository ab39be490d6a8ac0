package mqtttest

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"sync"
)

// SubscriberOptions describe a subscriber. Addr and Filter are required.
type SubscriberOptions struct {
	Addr           string // the broker's host:port
	Filter         string // of topics, such as property/#
	ClientID       string // of a session that the broker keeps; "" for a session that ends with the connection
	User, Password string

	// OnMessage is given each message before it is acknowledged, from the
	// subscriber's own goroutine. Topic and payload are valid during the call.
	OnMessage func(topic, payload []byte)
}

// Subscriber takes messages with QoS 1, acknowledges and counts them: the least
// that a subscriber can do. Its methods are safe for concurrent use.
type Subscriber struct {
	opts SubscriberOptions
	conn net.Conn
	done chan struct{} // closed when run has ended

	mu       sync.Mutex // guards what follows
	changed  sync.Cond
	received uint64
	closed   bool  // by Close
	err      error // why the connection ended, when not by Close
}

// NewSubscriber connects and subscribes; it returns when the broker has
// confirmed that. The context bounds the start alone.
func NewSubscriber(ctx context.Context, opts SubscriberOptions) (*Subscriber, error) {
	s := session{addr: opts.Addr, clientID: opts.ClientID, user: opts.User, password: opts.Password}
	if s.clientID == "" {
		s.clientID, s.clean = "subscriber-"+rand.Text(), true
	}
	conn, r, err := dial(ctx, s)
	if err != nil {
		return nil, err
	}
	sub := &Subscriber{opts: opts, conn: conn, done: make(chan struct{})}
	sub.changed.L = &sub.mu
	confirmed := make(chan error, 1)
	go sub.run(r, confirmed)
	select {
	case err = <-confirmed:
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("mqtt subscribe to %q at %s: %w", opts.Filter, opts.Addr, err), sub.Close())
	}
	return sub, nil
}

// Received is the number of messages taken, repeated deliveries included.
func (s *Subscriber) Received() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.received
}

// Wait returns when n messages have been taken since the start, and with an
// error when that can no longer happen.
func (s *Subscriber) Wait(ctx context.Context, n uint64) error {
	release := context.AfterFunc(ctx, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.changed.Broadcast()
	})
	defer release()
	s.mu.Lock()
	defer s.mu.Unlock()
	for ; s.received < n; s.changed.Wait() {
		cause := s.err
		if s.closed {
			cause = errors.New("closed")
		} else if ctx.Err() != nil {
			cause = context.Cause(ctx)
		}
		if cause != nil {
			return fmt.Errorf("mqtt subscriber: %d of %d messages received: %w", s.received, n, cause)
		}
	}
	return nil
}

// Close ends the connection. A session with a ClientID stays at the broker,
// which goes on to collect messages in it.
func (s *Subscriber) Close() error {
	s.mu.Lock()
	s.closed = true
	s.changed.Broadcast()
	s.mu.Unlock()
	_, _ = s.conn.Write([]byte{typeDisconnect, 0}) // out of politeness
	_ = s.conn.Close()
	<-s.done
	return nil
}

// maxBatch is how many acknowledgements are handled together at most.
const maxBatch = 1024

// run reads until the connection ends. What came with one read is counted and
// acknowledged together.
func (s *Subscriber) run(r *bufio.Reader, confirmed chan<- error) {
	defer close(s.done)
	if _, err := s.conn.Write(appendSubscribe(nil, 1, s.opts.Filter)); err != nil {
		confirmed <- err
		return
	}
	err := s.take(r, confirmed)
	s.mu.Lock()
	s.err = err
	s.changed.Broadcast()
	s.mu.Unlock()
	select {
	case confirmed <- err: // nobody listens any more when it was confirmed
	default:
	}
}

func (s *Subscriber) take(r *bufio.Reader, confirmed chan<- error) error {
	var acks []byte
	var taken uint64
	for {
		first, body, err := readPacket(r)
		if err != nil {
			return err
		}
		switch first & 0xf0 {
		case typeSuback:
			if len(body) != 3 || body[2] != 1 {
				return fmt.Errorf("the broker refused the subscription: %x", body)
			}
			confirmed <- nil
		case typePublish:
			topic, id, payload, err := splitPublish(first, body)
			if err != nil {
				return err
			}
			if s.opts.OnMessage != nil {
				s.opts.OnMessage(topic, payload)
			}
			if id != 0 {
				acks = appendPuback(acks, id)
			}
			taken++
		}
		// When half a packet is left in the buffer its rest is on the way.
		if taken > 0 && (r.Buffered() == 0 || taken >= maxBatch) {
			if _, err := s.conn.Write(acks); err != nil {
				return err
			}
			s.mu.Lock()
			s.received += taken
			s.changed.Broadcast()
			s.mu.Unlock()
			acks, taken = acks[:0], 0
		}
	}
}
