package ingest

import (
	"crypto/tls"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/listeners"
	"github.com/mochi-mqtt/server/v2/packets"
)

const (
	// connectTime is how long a connection may take to introduce itself,
	// handshake included.
	connectTime = 10 * time.Second

	// maxConnect bounds the CONNECT packet, in bytes: before it nobody has shown
	// a password, and the broker makes room for what a packet says it will be.
	maxConnect = 64 << 10

	// strangers is how many connections there may be beyond the clients: those
	// that have not introduced themselves.
	strangers = 512
)

// door is the listener of the embedded broker. It bounds what those may cost
// who have not shown who they are.
type door struct {
	net.Listener
	tls     *tls.Config // nil: plain
	most    int64       // connections
	open    atomic.Int64
	refused func(r refusal, remote string)
}

// Accept gives the next connection. It ends only when the listener is closed:
// when there are no more file descriptors, there will be some later.
func (d *door) Accept() (net.Conn, error) {
	for {
		conn, err := d.Listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil, err
		}
		if err != nil {
			time.Sleep(50 * time.Millisecond)
			continue
		}
		if d.open.Add(1) > d.most {
			d.open.Add(-1)
			d.refused(refusedBusy, hostOf(conn.RemoteAddr().String()))
			_ = conn.Close()
			continue
		}
		// The broker sets a deadline of its own with the client's CONNECT.
		_ = conn.SetDeadline(time.Now().Add(connectTime))
		if d.tls != nil {
			conn = tls.Server(conn, d.tls)
		}
		return &stranger{Conn: conn, door: d}, nil
	}
}

// stranger is a connection of which the first bytes have to be the head of a
// CONNECT packet of a sensible size.
type stranger struct {
	net.Conn
	door  *door
	once  sync.Once // closes
	known bool      // the head was as it should be
	head  []byte
}

var errNoConnect = errors.New("the first packet is not a CONNECT, or too large")

func (s *stranger) Read(p []byte) (int, error) {
	n, err := s.Conn.Read(p)
	if !s.known && n > 0 && !s.introduced(p[:n]) {
		s.door.refused(refusedNotMQTT, hostOf(s.RemoteAddr().String()))
		return 0, errNoConnect
	}
	return n, err
}

// introduced takes the next bytes and reports whether all may still be well.
func (s *stranger) introduced(b []byte) bool {
	const maxHead = 5 // the type, and a length of up to 4 bytes (section 2.2.3)
	s.head = append(s.head, b[:min(len(b), maxHead-len(s.head))]...)
	const connect = 0x10
	if s.head[0] != connect {
		return false
	}
	length := 0
	for i, c := range s.head[1:] {
		length |= int(c&0x7f) << (7 * i)
		if c&0x80 == 0 {
			s.known, s.head = true, nil
			return length <= maxConnect
		}
	}
	return len(s.head) < maxHead
}

func (s *stranger) Close() error {
	s.once.Do(func() { s.door.open.Add(-1) })
	return s.Conn.Close()
}

// exit is the door as the broker closes it. What the library hands to Close takes
// the lock on its clients twice, and waits for ever when one of them leaves between
// the two.
type exit struct {
	*listeners.Net
	server *mochi.Server
}

// Close disconnects the clients.
func (e *exit) Close(listeners.CloseFn) {
	e.Net.Close(func(id string) {
		for _, cl := range e.server.Clients.GetAll() {
			if cl.Net.Listener == id && !cl.Closed() {
				_ = e.server.DisconnectClient(cl, packets.ErrServerShuttingDown)
			}
		}
	})
}

// hostOf is an address without its port.
func hostOf(addr string) string {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return addr
	}
	return host
}
