package dashboard

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/gorilla/websocket"

	"steward/internal/live"
	"steward/internal/telemetry"
)

const (
	// maxMessage bounds what a client may send at once, in bytes.
	maxMessage = 4 << 10
	// maxMessages is how many messages a client may send in messageWindow: each
	// may cost a snapshot.
	maxMessages   = 40
	messageWindow = 10 * time.Second
)

// read hears the client until the connection ends. Reading is also what answers
// its pings and notes its pongs.
func (c *client) read() {
	defer close(c.gone)
	c.conn.SetReadLimit(maxMessage)
	alive := func() error { return c.conn.SetReadDeadline(time.Now().Add(c.hub.pace.silence)) }
	c.conn.SetPongHandler(func(string) error { return alive() })
	if err := alive(); err != nil {
		return
	}
	var window time.Time
	n := 0
	for {
		_, r, err := c.conn.NextReader()
		if err != nil {
			c.cause = causeOf(err)
			return
		}
		// The limit of the connection is for what is sent; inflated it may be a
		// thousand times as much.
		data, err := io.ReadAll(io.LimitReader(r, maxMessage+1))
		if err != nil {
			c.cause = causeOf(err)
			return
		}
		if err := alive(); err != nil {
			return
		}
		if now := time.Now(); now.Sub(window) > messageWindow {
			window, n = now, 0
		}
		if n++; n > maxMessages || len(data) > maxMessage {
			c.abuse <- "too many or too large messages"
			c.drain()
			return
		}
		c.obey(data)
	}
}

// drain reads what still comes until the client has read its close frame: to
// close a connection with unread data would take the frame away from it.
func (c *client) drain() {
	if err := c.conn.SetReadDeadline(time.Now().Add(c.hub.pace.goodbye)); err != nil {
		return
	}
	for {
		if _, _, err := c.conn.NextReader(); err != nil {
			return
		}
	}
}

// causeOf is why reading ended, nil when the client left.
func causeOf(err error) *ended {
	var timeout net.Error
	switch {
	case errors.Is(err, websocket.ErrReadLimit):
		return &ended{reason: dropAbuse, text: "too large a message"} // the library has sent 1009
	case errors.As(err, &timeout) && timeout.Timeout():
		return &ended{reason: dropSilent, text: "no answer to pings"}
	}
	return nil
}

// obey does what a message of the client says.
func (c *client) obey(data []byte) {
	detail, err := parseSubscribe(data)
	if err != nil {
		newest(c.replies, &wrong{"invalid", err.Error()})
		return
	}
	newest(c.wishes, detail)
}

// newest puts v into a channel of one place, instead of what waits there. Only
// one goroutine may send on ch.
func newest[T any](ch chan T, v T) {
	select {
	case <-ch:
	default:
	}
	ch <- v
}

// parseSubscribe reads {"subscribe":{"region":…,"project":…,"class":…,"device":…}}.
func parseSubscribe(data []byte) (live.Filter, error) {
	var m struct {
		Subscribe *struct {
			Region  string          `json:"region"`
			Project string          `json:"project"`
			Class   telemetry.Class `json:"class"`
			Device  string          `json:"device"`
		} `json:"subscribe"`
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&m); err != nil {
		return live.Filter{}, fmt.Errorf("message is not {\"subscribe\":{…}}: %w", err)
	}
	if m.Subscribe == nil {
		return live.Filter{}, errors.New(`message has no "subscribe"`)
	}
	f := live.Filter{Region: m.Subscribe.Region, Project: m.Subscribe.Project, Class: m.Subscribe.Class, Device: m.Subscribe.Device}
	if err := f.Validate(); err != nil {
		return live.Filter{}, fmt.Errorf("subscribe: %w", err)
	}
	return f, nil
}
