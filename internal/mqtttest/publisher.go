package mqtttest

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// PublisherOptions describe a publisher. Only Addr is required.
type PublisherOptions struct {
	Addr           string // the broker's host:port
	ClientID       string // "" for one at random
	User, Password string
	Window         int     // messages that may be unacknowledged, 1 to 65535; 2000 when zero
	Rate           float64 // messages a second, evenly; 0 for as fast as the window allows

	// Acked is told the number of each message that the broker acknowledges,
	// once, in the order in which the acknowledgements come. It is called from
	// the publisher's own goroutine, never at the same time, possibly before
	// the message's Publish has returned, and must not call the publisher.
	Acked func(seq uint64)
}

// Publisher sends messages with QoS 1 over one connection. When that breaks it
// makes another and sends again what is not acknowledged, marked as duplicate
// and with the same packet ids. Its methods are safe for concurrent use.
type Publisher struct {
	opts   PublisherOptions
	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	done   chan struct{} // closed when run has ended

	mu     sync.Mutex // guards what follows
	room   sync.Cond  // the window moved, or the publisher was closed
	work   sync.Cond  // there is something to write, or the connection broke
	slots  []slot     // message seq is in slot seq % len, with that + 1 as packet id
	tail   uint64     // the oldest message in the window
	wire   uint64     // the next to write on this connection
	next   uint64     // the next to be published
	broken bool       // the connection is of no use any more
	pace   pacer
	stats  PublisherStats
}

// slot is a message in the window, encoded once for all of its journeys.
type slot struct {
	packet  []byte
	written bool // at least once, on any connection
	acked   bool
}

// PublisherStats count what a publisher did.
type PublisherStats struct {
	Published   uint64 // messages taken by Publish
	Acked       uint64 // of these, acknowledged by the broker
	Resent      uint64 // messages written again after a connection broke
	Connections uint64 // made, the first included
}

// ErrClosed is what Publish returns after Close.
var ErrClosed = errors.New("mqtt publisher: closed")

// NewPublisher connects; the context bounds that alone.
func NewPublisher(ctx context.Context, opts PublisherOptions) (*Publisher, error) {
	if opts.Window == 0 {
		opts.Window = 2000
	}
	if opts.Window < 1 || opts.Window > 65535 {
		return nil, fmt.Errorf("mqtt publisher: window of %d is not 1 to 65535", opts.Window)
	}
	if opts.ClientID == "" {
		opts.ClientID = "publisher-" + rand.Text()
	}
	p := &Publisher{opts: opts, done: make(chan struct{}), slots: make([]slot, opts.Window), pace: pacer{rate: opts.Rate}}
	p.room.L, p.work.L = &p.mu, &p.mu
	conn, r, err := dial(ctx, p.session())
	if err != nil {
		return nil, err
	}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	go p.run(conn, r)
	return p, nil
}

// session is not a clean one: section 4.4 asks only those to send again.
func (p *Publisher) session() session {
	return session{addr: p.opts.Addr, clientID: p.opts.ClientID, user: p.opts.User, password: p.opts.Password}
}

// Publish takes a message, which it copies, and gives its number: messages are
// numbered from 0 in the order of the calls. It waits for room in the window
// and for the message's turn by the rate, not for the acknowledgement. The only
// error is ErrClosed.
func (p *Publisher) Publish(topic string, payload []byte) (seq uint64, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.awaitTurn(); err != nil {
		return 0, err
	}
	seq = p.next
	i := seq % uint64(len(p.slots))
	p.slots[i] = slot{packet: appendPublish(p.slots[i].packet[:0], uint16(i+1), topic, payload)}
	p.next++
	p.stats.Published++
	if p.wire == seq { // otherwise the writer is busy, and will come to it
		p.work.Signal()
	}
	return seq, nil
}

// Ready waits until a Publish would not, so that the only caller can put the
// time of sending into its message.
func (p *Publisher) Ready() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.awaitTurn()
}

// awaitTurn returns, with p.mu held as before, when the window has room and the
// next message is due.
func (p *Publisher) awaitTurn() error {
	for {
		if p.ctx.Err() != nil {
			return ErrClosed
		}
		if p.next-p.tail == uint64(len(p.slots)) {
			p.room.Wait()
			continue
		}
		wait := p.pace.wait(p.next)
		if wait == 0 {
			return nil
		}
		p.mu.Unlock()
		select {
		case <-time.After(wait):
		case <-p.ctx.Done():
		}
		p.mu.Lock()
	}
}

// Acked is the number of messages that the broker has acknowledged.
func (p *Publisher) Acked() uint64 { return p.Stats().Acked }

// Stats is what has been done so far.
func (p *Publisher) Stats() PublisherStats {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stats
}

// Flush waits until the broker has acknowledged, and Acked has been told of,
// everything that was published before the call.
func (p *Publisher) Flush(ctx context.Context) error {
	release := context.AfterFunc(ctx, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.room.Broadcast()
	})
	defer release()
	p.mu.Lock()
	defer p.mu.Unlock()
	for all := p.next; p.tail < all; p.room.Wait() {
		switch {
		case p.ctx.Err() != nil:
			return fmt.Errorf("%w, with %d messages not acknowledged", ErrClosed, all-p.tail)
		case ctx.Err() != nil:
			return fmt.Errorf("mqtt publisher: %d messages are not acknowledged: %w", all-p.tail, context.Cause(ctx))
		}
	}
	return nil
}

// Close ends the connection without waiting for acknowledgements: see Flush.
// When it returns, Acked is not called any more.
func (p *Publisher) Close() error {
	p.cancel()
	p.mu.Lock()
	p.room.Broadcast()
	p.work.Broadcast()
	p.mu.Unlock()
	<-p.done
	return nil
}

// run keeps a connection until Close.
func (p *Publisher) run(conn net.Conn, r *bufio.Reader) {
	defer close(p.done)
	for conn != nil {
		p.serve(conn, r)
		conn, r = p.reconnect()
	}
}

// reconnect tries until it succeeds; nil means that the publisher was closed.
func (p *Publisher) reconnect() (net.Conn, *bufio.Reader) {
	const longest = 500 * time.Millisecond // a broker that is back should not wait for us
	for pause := 10 * time.Millisecond; p.ctx.Err() == nil; pause = min(2*pause, longest) {
		if conn, r, err := dial(p.ctx, p.session()); err == nil {
			return conn, r
		}
		select {
		case <-p.ctx.Done():
		case <-time.After(pause):
		}
	}
	return nil, nil
}

// serve uses a connection until it breaks or the publisher is closed. Errors
// have no other consequence than another connection.
func (p *Publisher) serve(conn net.Conn, r *bufio.Reader) {
	p.mu.Lock()
	p.broken, p.wire = false, p.tail
	p.stats.Connections++
	p.mu.Unlock()
	// A write that the broker does not take must not hold up Close.
	release := context.AfterFunc(p.ctx, func() { _ = conn.SetWriteDeadline(time.Now().Add(time.Second)) })
	defer release()
	reading := make(chan struct{})
	go func() {
		defer close(reading)
		p.readAcks(r)
		p.mu.Lock()
		p.broken = true
		p.work.Broadcast()
		p.mu.Unlock()
	}()
	p.write(conn)
	_ = conn.Close()
	<-reading
}

// write sends what is published until the connection breaks or the publisher is
// closed.
func (p *Publisher) write(conn net.Conn) {
	var out []byte
	for {
		out = p.gather(out[:0])
		if len(out) == 0 {
			_, _ = conn.Write([]byte{typeDisconnect, 0}) // out of politeness
			return
		}
		if _, err := conn.Write(out); err != nil {
			return
		}
	}
}

// gather waits for messages and appends their packets up to a good size for a
// write. None means that there is nothing more to write.
func (p *Publisher) gather(out []byte) []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.wire == p.next && !p.broken && p.ctx.Err() == nil {
		p.work.Wait()
	}
	if p.broken || p.ctx.Err() != nil {
		return nil
	}
	for ; p.wire < p.next && len(out) < writeBuffer; p.wire++ {
		s := &p.slots[p.wire%uint64(len(p.slots))]
		if s.acked {
			continue
		}
		if s.written {
			s.packet[0] |= flagDUP
			p.stats.Resent++
		}
		s.written = true
		out = append(out, s.packet...)
	}
	return out
}
