package mqtttest

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// The control packets of MQTT 3.1.1 that QoS 1 needs, as first bytes with their
// fixed flags (section 2.2).
const (
	typeConnect    = 0x10
	typeConnack    = 0x20
	typePublish    = 0x30
	typePuback     = 0x40
	typeSubscribe  = 0x82
	typeSuback     = 0x90
	typeDisconnect = 0xe0

	flagQoS1 = 0x02
	flagDUP  = 0x08
)

// maxPacket is the largest remaining length that the protocol can say.
const maxPacket = 268_435_455

// session is how a client introduces itself.
type session struct {
	addr           string
	clientID       string
	clean          bool // the broker keeps nothing for it
	user, password string
}

// dialLimit bounds the way from nothing to the broker's answer, so that a
// broker that accepts and says nothing is tried again.
const dialLimit = 10 * time.Second

// dial connects and introduces the client. The reader holds what may have come
// with the answer.
func dial(ctx context.Context, s session) (net.Conn, *bufio.Reader, error) {
	ctx, cancel := context.WithTimeout(ctx, dialLimit)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", s.addr)
	if err != nil {
		return nil, nil, err
	}
	release := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer release()
	r := bufio.NewReaderSize(conn, readBuffer)
	if err = greet(conn, r, s); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("mqtt connect to %s: %w", s.addr, err), conn.Close())
	}
	return conn, r, nil
}

// readBuffer holds a few hundred messages, so that one system call fetches as
// many; writeBuffer is when to hand what has been gathered to the kernel.
const (
	readBuffer  = 256 << 10
	writeBuffer = 64 << 10
)

func greet(conn net.Conn, r *bufio.Reader, s session) error {
	if _, err := conn.Write(appendConnect(nil, s)); err != nil {
		return err
	}
	head, body, err := readPacket(r)
	if err != nil {
		return err
	}
	if head != typeConnack || len(body) != 2 {
		return fmt.Errorf("the answer is a packet %#x of %d bytes, not a CONNACK", head, len(body))
	}
	if code := body[1]; code != 0 {
		return fmt.Errorf("refused: %w", refusal(code))
	}
	return nil
}

// refusal is the return code of a CONNACK (section 3.2.2.3).
type refusal byte

// ErrAuth is the refusal of a user or password.
var ErrAuth error = refusal(5)

func (c refusal) Error() string {
	names := [...]string{"accepted", "protocol version", "client identifier", "server unavailable", "bad user name or password", "not authorized"}
	if int(c) < len(names) {
		return names[c]
	}
	return fmt.Sprintf("return code %d", byte(c))
}

// Is makes both ways in which brokers refuse credentials the same.
func (c refusal) Is(target error) bool { return target == ErrAuth && (c == 4 || c == 5) }

func appendConnect(b []byte, s session) []byte {
	var flags byte
	if s.clean {
		flags |= 0x02
	}
	body := appendString(nil, s.clientID)
	if s.user != "" {
		flags |= 0xc0
		body = appendString(appendString(body, s.user), s.password)
	}
	const keepAlive = 0 // the connection may be silent for ever
	head := append(appendString(nil, "MQTT"), 4, flags, 0, keepAlive)
	b = appendHeader(b, typeConnect, len(head)+len(body))
	return append(append(b, head...), body...)
}

func appendSubscribe(b []byte, id uint16, filter string) []byte {
	b = appendHeader(b, typeSubscribe, 2+2+len(filter)+1)
	b = binary.BigEndian.AppendUint16(b, id)
	return append(appendString(b, filter), 1)
}

func appendPublish(b []byte, id uint16, topic string, payload []byte) []byte {
	b = appendHeader(b, typePublish|flagQoS1, 2+len(topic)+2+len(payload))
	b = binary.BigEndian.AppendUint16(appendString(b, topic), id)
	return append(b, payload...)
}

func appendPuback(b []byte, id uint16) []byte {
	return append(b, typePuback, 2, byte(id>>8), byte(id))
}

func appendHeader(b []byte, first byte, length int) []byte {
	return binary.AppendUvarint(append(b, first), uint64(length))
}

func appendString(b []byte, s string) []byte {
	return append(binary.BigEndian.AppendUint16(b, uint16(len(s))), s...)
}

// readPacket reads one packet: its first byte and what follows its length. The
// body lies in the reader's buffer when it fits there, and is valid until the
// next read.
func readPacket(r *bufio.Reader) (first byte, body []byte, err error) {
	if first, err = r.ReadByte(); err != nil {
		return 0, nil, err
	}
	length, err := binary.ReadUvarint(r) // the same encoding, up to 4 bytes
	if err != nil {
		return 0, nil, err
	}
	if length > maxPacket {
		return 0, nil, fmt.Errorf("a packet of %d bytes is longer than the protocol allows", length)
	}
	if int(length) > r.Size() {
		body = make([]byte, length)
		_, err = io.ReadFull(r, body)
		return first, body, err
	}
	if body, err = r.Peek(int(length)); err != nil {
		return 0, nil, err
	}
	_, err = r.Discard(int(length))
	return first, body, err
}

// splitPublish gives the parts of a PUBLISH. The packet id is 0 with QoS 0.
func splitPublish(first byte, body []byte) (topic []byte, id uint16, payload []byte, err error) {
	if len(body) < 2 {
		return nil, 0, nil, errors.New("a PUBLISH without a topic")
	}
	rest := body[2:]
	n := int(binary.BigEndian.Uint16(body))
	if len(rest) < n {
		return nil, 0, nil, errors.New("a PUBLISH with half a topic")
	}
	topic, rest = rest[:n], rest[n:]
	if first&0x06 == 0 {
		return topic, 0, rest, nil
	}
	if len(rest) < 2 {
		return nil, 0, nil, errors.New("a PUBLISH without a packet id")
	}
	return topic, binary.BigEndian.Uint16(rest), rest[2:], nil
}
