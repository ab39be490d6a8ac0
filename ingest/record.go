package ingest

import (
	"encoding/binary"
	"errors"

	"github.com/cespare/xxhash/v2"

	"steward/internal/telemetry"
)

// Message is one MQTT publish as it was received, before anybody looked inside.
type Message struct {
	Topic    string
	Payload  []byte
	Received telemetry.Millis
	Client   string // who delivered it: the session that could deliver it again
	PacketID uint16 // of the delivery; 0 at QoS 0
	Dup      bool   // the sender says it may have delivered it before
	Retained bool   // the broker's copy of an old publish, sent on subscribing

	// What the intake found out.
	admitted bool // what follows is set, and nobody is left in Payload
	refused  bool // its device is not one whose messages are taken
	room     int  // bytes of Payload that are kept
}

// A spool record is a message in an envelope of fixed fields, the topic and the
// payload:
//
//	version u8 | flags u8 | packet id u16 | topic length u16 | payload size u32 |
//	received i64 | client hash u64 | topic | payload
//
// little endian. The payload size is that of the message as received: it is
// larger than what follows where the payload was over the limit and only its
// head was kept.
const (
	recordVersion = 1
	envelopeSize  = 1 + 1 + 2 + 2 + 4 + 8 + 8

	flagDup      = 1 << 0
	flagRetained = 1 << 1
	flagRefused  = 1 << 2 // goes to quarantine: the device is unknown or refused
)

// maxTopic is MQTT's own limit.
const maxTopic = 1<<16 - 1

// MaxEnvelope is what a spool record needs at most beside the payload, in bytes.
const MaxEnvelope = envelopeSize + maxTopic

var errRecord = errors.New("spool record is not of a known form")

// appendEnvelope appends everything of m that goes before the payload.
func appendEnvelope(dst []byte, m *Message) []byte {
	var flags byte
	if m.Dup {
		flags |= flagDup
	}
	if m.Retained {
		flags |= flagRetained
	}
	if m.refused {
		flags |= flagRefused
	}
	topic := m.Topic[:min(len(m.Topic), maxTopic)]
	dst = append(dst, recordVersion, flags)
	dst = binary.LittleEndian.AppendUint16(dst, m.PacketID)
	dst = binary.LittleEndian.AppendUint16(dst, uint16(len(topic)))
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(m.Payload)))
	dst = binary.LittleEndian.AppendUint64(dst, uint64(m.Received))
	dst = binary.LittleEndian.AppendUint64(dst, xxhash.Sum64String(m.Client))
	return append(dst, topic...)
}

// record is a message read back from the spool. Its slices point into the
// reader's buffer and live until the next read.
type record struct {
	topic     []byte
	payload   []byte
	size      uint32 // of the payload as received
	received  telemetry.Millis
	client    uint64
	packetID  uint16
	dup       bool
	retained  bool
	refused   bool // for its device
	truncated bool
}

func parseRecord(b []byte) (record, error) {
	if len(b) < envelopeSize || b[0] != recordVersion {
		return record{}, errRecord
	}
	topicEnd := envelopeSize + int(binary.LittleEndian.Uint16(b[4:]))
	if len(b) < topicEnd {
		return record{}, errRecord
	}
	r := record{
		topic:    b[envelopeSize:topicEnd],
		payload:  b[topicEnd:],
		size:     binary.LittleEndian.Uint32(b[6:]),
		received: telemetry.Millis(binary.LittleEndian.Uint64(b[10:])),
		client:   binary.LittleEndian.Uint64(b[18:]),
		packetID: binary.LittleEndian.Uint16(b[2:]),
		dup:      b[1]&flagDup != 0,
		retained: b[1]&flagRetained != 0,
		refused:  b[1]&flagRefused != 0,
	}
	if int64(r.size) < int64(len(r.payload)) {
		return record{}, errRecord
	}
	r.truncated = int64(r.size) > int64(len(r.payload))
	return r, nil
}

// delivery is the key under which a repeated delivery of the same publish is
// recognised: a sender that repeats one uses the same session, packet id, topic
// and payload, and sets the DUP flag.
func (r *record) delivery() uint64 {
	h := mix(r.client, uint64(r.packetID))
	h = mix(h, xxhash.Sum64(r.topic))
	return mix(h, xxhash.Sum64(r.payload))
}
