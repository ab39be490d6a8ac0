package ingest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"github.com/eclipse/paho.mqtt.golang/packets"

	"steward/ingest/spool"
)

// session is what lives as long as one connection to the broker: messages come
// in through handle, and their acknowledgements leave on the same connection
// once the spool has them on disk.
type session struct {
	ctx    context.Context         // ends with the connection
	cancel context.CancelCauseFunc // ends it
	intake *Intake
	logger *slog.Logger

	client string // the MQTT client id, part of a delivery's identity
	conn   *bufferedConn
	heard  atomic.Int64 // when something came from the broker last, Unix nanoseconds
	// skipped is set once a message was neither stored nor acknowledged because
	// the spool is full: the broker has it, and delivers it on the next
	// connection.
	skipped atomic.Bool
	left    packetIDs // of what was skipped; only handle uses it

	mu      sync.Mutex // guards pending
	pending []pendingAck
}

// pendingAck is a delivery that may be acknowledged when seq is on disk.
type pendingAck struct {
	seq      uint64
	packetID uint16
}

func newSession(ctx context.Context, cancel context.CancelCauseFunc, in *Intake, client string, logger *slog.Logger) *session {
	return &session{ctx: ctx, cancel: cancel, intake: in, client: client, logger: logger}
}

// attach takes the connection on which this session will be delivered.
func (s *session) attach(conn net.Conn) net.Conn {
	s.heard.Store(time.Now().UnixNano())
	s.conn = &bufferedConn{Conn: conn, r: bufio.NewReaderSize(hearing{conn, &s.heard}, 64<<10)}
	return s.conn
}

// handle takes one message. It runs in paho's receiving goroutine, in order,
// and waits for nothing but the disk: a handler that waited for a consumer
// would keep paho from seeing the answers to its own packets.
func (s *session) handle(_ mqtt.Client, m mqtt.Message) {
	msg := Message{
		Topic: m.Topic(), Payload: m.Payload(), Client: s.client,
		PacketID: m.MessageID(), Dup: m.Duplicate(), Retained: m.Retained(),
	}
	if m.Qos() > 0 && s.mustSkip(&msg) {
		return
	}
	seq, err := s.intake.acceptSoon(s.ctx, &msg)
	switch {
	case err == nil:
		if m.Qos() > 0 {
			s.mu.Lock()
			s.pending = append(s.pending, pendingAck{seq: seq, packetID: m.MessageID()})
			s.mu.Unlock()
		}
	case errors.Is(err, spool.ErrFull):
		s.left.add(m.MessageID())
		if s.skipped.CompareAndSwap(false, true) {
			s.logger.Warn("spool is full: messages stay with the broker, unacknowledged", "remedy", "bring ClickHouse back, or raise spool.max_bytes")
		}
	default:
		s.cancel(fmt.Errorf("append to the spool: %w", err))
	}
}

// mustSkip reports, and notes, that a message stays with the broker because
// others did. Once one has been skipped only events are taken on this
// connection: the broker will deliver everything from the oldest on again, and
// what was taken out of turn might not be recognised by then. And nothing is
// acknowledged under a packet id that was skipped: a broker without a limit of
// messages in flight gives out ids again when they run out, and would take the
// acknowledgement for that of the older message.
func (s *session) mustSkip(m *Message) bool {
	if !s.skipped.Load() || isEvent(m.Topic) && !s.left.has(m.PacketID) {
		return false
	}
	s.left.add(m.PacketID)
	return true
}

// packetIDs is a set of MQTT packet ids.
type packetIDs [1 << 16 / 64]uint64

func (p *packetIDs) add(id uint16)      { p[id/64] |= 1 << (id % 64) }
func (p *packetIDs) has(id uint16) bool { return p[id/64]&(1<<(id%64)) != 0 }

// acknowledge sends the PUBACKs of everything that has reached the disk, many
// in one write. It bypasses paho on purpose: paho's path costs a channel
// hand-over and a system call for each, and acknowledges on whatever connection
// is current. A write on a net.Conn is atomic against paho's own writes.
func (s *session) acknowledge() {
	var buf []byte
	var durable uint64
	for {
		var err error
		if durable, err = s.intake.spool.AwaitDurable(s.ctx, durable); err != nil {
			s.cancel(fmt.Errorf("spool: %w", err))
			return
		}
		buf = s.takeAcks(buf[:0], durable)
		if len(buf) == 0 {
			continue
		}
		if err := s.conn.SetWriteDeadline(time.Now().Add(ackTimeout)); err != nil {
			s.cancel(fmt.Errorf("acknowledge: %w", err))
			return
		}
		if _, err := s.conn.Write(buf); err != nil {
			s.cancel(fmt.Errorf("acknowledge: %w", err))
			return
		}
	}
}

// ackTimeout ends a connection to a broker that takes no acknowledgements.
const ackTimeout = 30 * time.Second

// takeAcks appends the PUBACK packets of all deliveries below durable.
func (s *session) takeAcks(buf []byte, durable uint64) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for n < len(s.pending) && s.pending[n].seq < durable {
		id := s.pending[n].packetID
		buf = append(buf, packets.Puback<<4, 2, byte(id>>8), byte(id))
		n++
	}
	s.pending = append(s.pending[:0], s.pending[n:]...)
	return buf
}

// await waits for the answer to a packet. It comes behind everything that the
// broker has in the pipe, so that only silence for longer than limit is a
// reason to give up.
func (s *session) await(t mqtt.Token, limit time.Duration) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-t.Done():
			return t.Error()
		case <-s.ctx.Done():
			return context.Cause(s.ctx)
		case <-tick.C:
			if s.silence() > limit {
				return fmt.Errorf("no answer within %s", limit)
			}
		}
	}
}

// watch returns when the session ends. It ends it after a silence longer than
// limit, in which at least a ping would have been answered. A connection on
// which messages were skipped it ends once there is room again: only a new one
// brings them back.
func (s *session) watch(limit time.Duration) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-tick.C:
		}
		if quiet := s.silence(); quiet > limit {
			s.cancel(fmt.Errorf("the broker has said nothing for %s", quiet.Round(time.Second)))
		}
		if s.skipped.Load() && !s.intake.spool.Full() {
			s.cancel(errors.New("the spool has room again: reconnecting for what the broker kept"))
		}
	}
}

func (s *session) silence() time.Duration {
	return time.Since(time.Unix(0, s.heard.Load()))
}

// hearing notes when something was read from a connection.
type hearing struct {
	net.Conn
	last *atomic.Int64
}

func (h hearing) Read(p []byte) (int, error) {
	n, err := h.Conn.Read(p)
	if n > 0 {
		h.last.Store(time.Now().UnixNano())
	}
	return n, err
}

// bufferedConn reads ahead: paho reads a packet in four small pieces, and each
// would be a system call.
type bufferedConn struct {
	net.Conn
	r *bufio.Reader
}

func (c *bufferedConn) Read(p []byte) (int, error) { return c.r.Read(p) }
