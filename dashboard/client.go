package dashboard

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/gorilla/websocket"

	"steward/internal/authz"
	"steward/internal/live"
	"steward/internal/live/calls"
	"steward/internal/telemetry"
)

// compressFrom is the size from which a message is worth compressing, in bytes.
const compressFrom = 512

// client is one websocket connection. Its writer runs in the goroutine of the
// request; its reader in one of its own, which ends when the connection does.
type client struct {
	hub      *hub
	conn     *websocket.Conn
	overview bool // dangers, incidents and counts follow the scope
	scope    live.Scope
	after    cursor              // of the incidents that it came with
	calls    *calls.Subscription // nil when this process has no incidents
	who      visitor

	wishes  chan live.Filter // what the client asks to see; the newest only
	replies chan *wrong      // why a message could not be followed; the newest only
	abuse   chan string      // why the reader gave up
	gone    chan struct{}    // closed when nothing can be read any more
	cause   *ended           // why that is, nil when the client left; read after gone

	sent  time.Time // when the last message went out
	grace grace
}

// cursor is up to where a client knows the incidents of a view.
type cursor struct {
	seq  int64 // -1 for none
	view string
}

// visitor is who looks, as of the last time it was asked.
type visitor struct {
	principal authz.Principal
	session   string // its ID; empty for tokens
}

// wrong is why a client does not get what it asked for.
type wrong struct{ code, detail string }

var errElsewhere = &wrong{"not_found", "there is no such place, or it is not among yours"}

func newClient(h *hub, conn *websocket.Conn, s live.Scope, overview bool, after cursor, who visitor) *client {
	return &client{
		hub:      h,
		conn:     conn,
		overview: overview,
		scope:    s,
		after:    after,
		who:      who,
		wishes:   make(chan live.Filter, 1),
		replies:  make(chan *wrong, 1),
		abuse:    make(chan string, 1),
		gone:     make(chan struct{}),
		grace:    grace{limit: h.pace.slow},
	}
}

// ended is why a connection ends by the server's wish.
type ended struct {
	reason dropReason
	code   int // of the close frame; 0 when none can be sent any more
	text   string
}

func (e *ended) Error() string { return string(e.reason) + ": " + e.text }

// errLeft is why a connection ends by the client's wish, or by nobody's.
var errLeft = errors.New("the client left")

// run serves the client until it or the server ends the connection.
func (c *client) run() {
	go c.read()
	// A write that is stuck must not hold up a stop for all of its deadline.
	release := context.AfterFunc(c.hub.running, func() {
		_ = c.conn.NetConn().SetWriteDeadline(time.Now().Add(c.hub.pace.goodbye))
	})
	err := c.write()
	release()
	if end := (*ended)(nil); errors.As(err, &end) {
		c.hub.metrics.dropped.WithLabelValues(string(end.reason)).Inc()
		if end.code != 0 {
			c.goodbye(end)
		}
	}
	_ = c.conn.Close() // whatever it says, this connection is over
	<-c.gone
}

// goodbye sends the close frame and gives the other side a moment to answer, so
// that it reads the reason and not a broken connection.
func (c *client) goodbye(end *ended) {
	deadline := time.Now().Add(c.hub.pace.goodbye)
	message := websocket.FormatCloseMessage(end.code, end.text)
	if err := c.conn.WriteControl(websocket.CloseMessage, message, deadline); err != nil {
		return
	}
	patience := time.NewTimer(time.Until(deadline))
	defer patience.Stop()
	select {
	case <-c.gone:
	case <-patience.C:
	}
}

// write follows the boards until the connection ends, and says why it did.
func (c *client) write() error {
	sub := c.hub.board.Subscribe(c.scope)
	defer func() { sub.Close() }()
	ping := time.NewTicker(c.hub.pace.ping)
	defer ping.Stop()
	heartbeat := time.NewTicker(c.hub.pace.heartbeat)
	defer heartbeat.Stop()
	still := time.NewTicker(c.hub.pace.still)
	defer still.Stop()

	now := make(chan struct{})
	close(now)
	more := (<-chan struct{})(now) // closed when something may be waiting
	called := c.call(c.after)      // the same of incidents
	for {
		var err error
		// With several cases ready Go picks one at random, so a client that is
		// always behind is still pinged, stopped and heard.
		select {
		case <-c.hub.running.Done():
			return &ended{dropStopping, websocket.CloseGoingAway, "the server is stopping"}
		case <-c.gone:
			return c.left()
		case why := <-c.abuse:
			return &ended{dropAbuse, websocket.ClosePolicyViolation, why}
		case detail := <-c.wishes:
			if !reaches(c.scope.Allowed, detail) {
				err = c.send(encodeError(errElsewhere))
				break
			}
			allowed := c.scope.Allowed
			c.scope = scopeOf(detail, c.overview)
			c.scope.Allowed = allowed
			sub.Close()
			sub = c.hub.board.Subscribe(c.scope)
			more = now
			if c.overview {
				called = c.call(cursor{seq: -1})
			}
		case reply := <-c.replies:
			err = c.send(encodeError(reply))
		case <-still.C:
			var changed bool
			if changed, err = c.stillAllowed(); changed {
				sub.Close()
				sub = c.hub.board.Subscribe(c.scope)
				more = now
				called = c.call(cursor{seq: -1})
			}
		case <-ping.C:
			// When the connection is full it fails by its own deadline, and send
			// will see why.
			_ = c.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(time.Second))
		case <-heartbeat.C:
			if time.Since(c.sent) >= c.hub.pace.heartbeat {
				err = c.send(encodePing(telemetry.MillisOf(time.Now())))
			}
		case <-more:
			update, next, ok := sub.Next()
			if !ok {
				more = next
				continue
			}
			more = now
			err = c.update(update)
		case <-called:
			update, next, ok := c.calls.Next(c.hub.running)
			if !ok {
				called = next
				continue
			}
			called = now
			c.hub.metrics.frames.Inc()
			err = c.send(c.hub.callsMessage(update))
		}
		if err != nil {
			return err
		}
	}
}

// call follows the incidents that the client may see, after a cursor, and returns
// the channel that is closed when something may be waiting; nil, which never is,
// when this process has no incidents.
func (c *client) call(after cursor) <-chan struct{} {
	if c.hub.calls == nil {
		return nil
	}
	scope := calls.Scope{Filter: c.scope.Overview, Allowed: c.scope.Allowed}
	if after.view != "" && after.view != scope.Name() {
		after.seq = -1 // what the client has is not all that it may see now, or more
	}
	c.calls = c.hub.calls.Subscribe(scope, after.seq)
	now := make(chan struct{})
	close(now)
	return now
}

// stillAllowed asks who the client is now: a connection outlives the request
// that was let in. It reports whether the client sees other places than before.
func (c *client) stillAllowed() (changed bool, err error) {
	ctx, cancel := context.WithTimeout(c.hub.running, c.hub.pace.write)
	defer cancel()
	p, ok := c.hub.identity.Still(ctx, c.who.principal, c.who.session)
	if c.hub.running.Err() != nil {
		return false, nil // the stop has a reason of its own
	}
	allowed := p.Scope(authz.Read)
	if !ok || allowed.Empty() {
		return false, &ended{dropSignedOut, websocket.ClosePolicyViolation, "signed out"}
	}
	c.who.principal = p
	changed = allowed != c.scope.Allowed
	c.scope.Allowed = allowed
	return changed, nil
}

// update sends what the board has, and what the client missed of it.
func (c *client) update(u live.Update) error {
	if u.Missed > 0 {
		if err := c.missed(u.Missed); err != nil {
			return err
		}
	}
	c.hub.metrics.frames.Inc()
	if u.Snapshot != nil {
		return c.send(c.hub.snapshotMessage(u.Snapshot))
	}
	return c.send(c.hub.frameMessage(u.Frame))
}

// missed tells the client what it lost. Who keeps losing for too long is closed:
// a snapshot each few seconds serves nobody and costs everybody.
func (c *client) missed(updates uint64) error {
	c.hub.metrics.missed.Add(float64(updates))
	if c.grace.missed(time.Now()) {
		return &ended{dropSlow, websocket.CloseTryAgainLater, "this connection cannot keep up"}
	}
	return c.send(encodeMissed(updates))
}

// send writes one message within the pace.
func (c *client) send(m message) error {
	c.sent = time.Now()
	if err := c.conn.SetWriteDeadline(c.sent.Add(c.hub.pace.write)); err != nil {
		return c.left()
	}
	c.conn.EnableWriteCompression(m.size >= compressFrom)
	err := c.conn.WritePreparedMessage(m.prepared)
	var timeout net.Error
	switch {
	case err == nil:
		return nil
	case c.hub.running.Err() != nil:
		return &ended{reason: dropStopping, text: "the server is stopping"}
	case errors.As(err, &timeout) && timeout.Timeout():
		// Nothing can follow a message that was sent by half.
		return &ended{reason: dropWrite, text: "the client took nothing"}
	}
	return c.left()
}

// left says why the connection is gone, as far as the reader knows.
func (c *client) left() error {
	select {
	case <-c.gone:
		if c.cause != nil {
			return c.cause
		}
	default:
	}
	return errLeft
}

// grace is how long a client may keep missing updates.
type grace struct {
	limit       time.Duration
	since, last time.Time // the run of misses that goes on
}

// missed notes a miss and reports whether the run has lasted too long. A run
// ends when nothing is missed for as long as it may last.
func (g *grace) missed(now time.Time) (over bool) {
	if g.last.IsZero() || now.Sub(g.last) > g.limit {
		g.since = now
	}
	g.last = now
	return now.Sub(g.since) >= g.limit
}
