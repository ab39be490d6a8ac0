package mqtttest

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"time"
)

// RawOptions describe a connection on which a test says exactly what it wants.
// Only Addr is required.
type RawOptions struct {
	Addr           string
	Version        byte // 4 (MQTT 3.1.1, the default) or 5
	ClientID       string
	User, Password string
	Keep           bool // the broker keeps the session when the connection ends
	Will           *Will
	TLS            *tls.Config // nil: plain
}

// Will is a last will, with QoS 1.
type Will struct {
	Topic, Payload string
	Retain         bool
}

// Raw is a connection that does one thing at a time, for tests of what a broker
// allows. Every wait is bounded; it is not safe for concurrent use.
type Raw struct {
	conn    net.Conn
	r       *bufio.Reader
	version byte
	nextID  uint16
	queue   []RawMessage // came while something else was waited for
}

// RawMessage is what a broker delivered.
type RawMessage struct {
	Topic, Payload string
	Retain         bool
}

// RefusedError is the code with which a broker refused something: the return
// code of MQTT 3.1.1 or the reason code of MQTT 5.
type RefusedError struct{ Code byte }

func (e RefusedError) Error() string { return fmt.Sprintf("refused with code %#x", e.Code) }

// ErrHungUp says that the broker ended the connection without a word.
var ErrHungUp = errors.New("the broker ended the connection")

// rawLimit bounds every wait of a Raw.
const rawLimit = 20 * time.Second

// DialRaw connects. A refusal is a RefusedError.
func DialRaw(ctx context.Context, o RawOptions) (*Raw, error) {
	if o.Version == 0 {
		o.Version = 4
	}
	d := &net.Dialer{Timeout: rawLimit}
	conn, err := d.DialContext(ctx, "tcp", o.Addr)
	if err != nil {
		return nil, err
	}
	if o.TLS != nil {
		conn = tls.Client(conn, o.TLS)
	}
	c := &Raw{conn: conn, r: bufio.NewReader(conn), version: o.Version}
	if err := c.introduce(o); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return c, nil
}

func (c *Raw) introduce(o RawOptions) error {
	if err := c.write(appendRawConnect(nil, o)); err != nil {
		return err
	}
	first, body, err := c.read()
	if err != nil {
		return err
	}
	if first != typeConnack || len(body) < 2 {
		return fmt.Errorf("the answer is a packet %#x, not a CONNACK", first)
	}
	if body[1] != 0 {
		return RefusedError{body[1]}
	}
	return nil
}

func appendRawConnect(b []byte, o RawOptions) []byte {
	var flags byte
	if !o.Keep {
		flags |= 0x02
	}
	body := appendString(nil, "MQTT")
	body = append(body, o.Version, 0, 0, 0)
	if o.Version == 5 {
		if o.Keep {
			body = append(body, 5, 0x11, 0, 0, 0x0e, 0x10) // session expiry: an hour
		} else {
			body = append(body, 0)
		}
	}
	body = appendString(body, o.ClientID)
	if o.Will != nil {
		flags |= 0x04 | 0x08
		if o.Will.Retain {
			flags |= 0x20
		}
		if o.Version == 5 {
			body = append(body, 0)
		}
		body = appendString(appendString(body, o.Will.Topic), o.Will.Payload)
	}
	if o.User != "" {
		flags |= 0xc0
		body = appendString(appendString(body, o.User), o.Password)
	}
	body[7] = flags
	return append(appendHeader(b, typeConnect, len(body)), body...)
}

// Publish sends a message and returns when the broker has answered: nil when it
// took it, a RefusedError, or ErrHungUp. With QoS 0 there is no answer.
func (c *Raw) Publish(topic, payload string, qos byte, retain bool) error {
	first := byte(typePublish) | qos<<1
	if retain {
		first |= 1
	}
	body := appendString(nil, topic)
	id := c.id()
	if qos > 0 {
		body = binary.BigEndian.AppendUint16(body, id)
	}
	if c.version == 5 {
		body = append(body, 0)
	}
	body = append(body, payload...)
	if err := c.write(append(appendHeader(nil, first, len(body)), body...)); err != nil {
		return err
	}
	if qos == 0 {
		return nil
	}
	const pubrec = 0x50
	answer, err := c.await(typePuback, pubrec)
	if err != nil {
		return err
	}
	if len(answer) > 2 && answer[2] >= 0x80 {
		return RefusedError{answer[2]}
	}
	return nil
}

// Subscribe asks for a filter with QoS 1. A refusal is a RefusedError.
func (c *Raw) Subscribe(filter string) error {
	body := binary.BigEndian.AppendUint16(nil, c.id())
	if c.version == 5 {
		body = append(body, 0)
	}
	body = append(appendString(body, filter), 1)
	if err := c.write(append(appendHeader(nil, typeSubscribe, len(body)), body...)); err != nil {
		return err
	}
	answer, err := c.await(typeSuback)
	if err != nil {
		return err
	}
	if code := answer[len(answer)-1]; code >= 0x80 {
		return RefusedError{code}
	}
	return nil
}

// Messages gives everything that was delivered before the broker answered a
// ping that this call sends. A broker delivers what a publish caused before it
// answers what came later on the subscriber's connection, or not much after:
// ask until what is expected is there.
func (c *Raw) Messages() ([]RawMessage, error) {
	const pingreq, pingresp = 0xc0, 0xd0
	if err := c.write([]byte{pingreq, 0}); err != nil {
		return nil, err
	}
	_, err := c.await(pingresp)
	all := c.queue
	c.queue = nil
	return all, err
}

// Closed waits until the broker ends the connection and gives the reason code of
// its DISCONNECT, 0 where it said nothing.
func (c *Raw) Closed() (byte, error) {
	_, err := c.await(0xff)
	var refused RefusedError
	switch {
	case errors.Is(err, ErrHungUp):
		return 0, nil
	case errors.As(err, &refused):
		return refused.Code, nil
	}
	return 0, err
}

// Close ends the connection without a DISCONNECT, as a device that vanishes: its
// last will is sent.
func (c *Raw) Close() error { return c.conn.Close() }

func (c *Raw) id() uint16 {
	c.nextID++
	return c.nextID
}

func (c *Raw) write(b []byte) error {
	_ = c.conn.SetDeadline(time.Now().Add(rawLimit))
	if _, err := c.conn.Write(b); err != nil {
		return fmt.Errorf("%w: %w", ErrHungUp, err)
	}
	return nil
}

func (c *Raw) read() (first byte, body []byte, err error) {
	_ = c.conn.SetDeadline(time.Now().Add(rawLimit))
	first, body, err = readPacket(c.r)
	var timeout net.Error
	if err != nil && (!errors.As(err, &timeout) || !timeout.Timeout()) {
		err = fmt.Errorf("%w: %w", ErrHungUp, err)
	}
	return first, append([]byte(nil), body...), err
}

// await reads until a packet of one of the types, and keeps the messages that
// come before it. A DISCONNECT is a RefusedError.
func (c *Raw) await(types ...byte) ([]byte, error) {
	for {
		first, body, err := c.read()
		if err != nil {
			return nil, err
		}
		for _, t := range types {
			if first == t {
				return body, nil
			}
		}
		switch first & 0xf0 {
		case typeDisconnect:
			if len(body) > 0 {
				return nil, RefusedError{body[0]}
			}
			return nil, ErrHungUp
		case typePublish:
			if err := c.deliver(first, body); err != nil {
				return nil, err
			}
		}
	}
}

func (c *Raw) deliver(first byte, body []byte) error {
	topic, id, payload, err := splitPublish(first, body)
	if err != nil {
		return err
	}
	if c.version == 5 {
		length, n := binary.Uvarint(payload)
		if n <= 0 || uint64(len(payload)-n) < length {
			return errors.New("a PUBLISH with half its properties")
		}
		payload = payload[n+int(length):]
	}
	c.queue = append(c.queue, RawMessage{Topic: string(topic), Payload: string(payload), Retain: first&1 != 0})
	if id == 0 {
		return nil
	}
	return c.write(appendPuback(nil, id))
}
