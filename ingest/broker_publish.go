package ingest

import (
	"context"
	"errors"
	"strings"
	"time"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"

	"steward/ingest/pseudonym"
	"steward/ingest/spool"
	"steward/internal/telemetry"
)

// OnACLCheck is asked for a publish by its topic, for a subscription by its
// filter, and for each message to be delivered by its topic.
func (h *brokerHook) OnACLCheck(cl *mochi.Client, topic string, write bool) bool {
	s := h.seat(cl)
	if s == nil {
		return false
	}
	if !write {
		return s.access.Load().mayRead(topic)
	}
	if s.mayPublish(topic) {
		return true
	}
	h.refused.note(refusedPublish, s.user, s.remote, topic)
	if cl.Properties.ProtocolVersion < 5 {
		// MQTT 3.1.1 has no other way to say so (section 3.3.5.2). The broker
		// notices the end, and sends the last will.
		_ = cl.Net.Conn.Close()
	}
	return false
}

func (s *seat) mayPublish(topic string) bool {
	if s.revoked.Load() {
		return false
	}
	if _, ok := s.allowed[topic]; ok {
		return true
	}
	if !s.access.Load().mayPublish(topic) {
		return false
	}
	if len(s.allowed) < maxAllowed {
		s.allowed[strings.Clone(topic)] = struct{}{}
	}
	return true
}

// OnSubscribed counts what the answer to a subscription refuses.
func (h *brokerHook) OnSubscribed(cl *mochi.Client, pk packets.Packet, codes []byte) {
	s := h.seat(cl)
	if s == nil {
		return
	}
	for i, code := range codes {
		if code >= packets.ErrUnspecifiedError.Code && i < len(pk.Filters) {
			h.refused.note(refusedSubscribe, s.user, s.remote, pk.Filters[i].Filter)
		}
	}
}

// OnPublish runs in the goroutine of the publishing client. The broker sends
// the acknowledgement after it returns, and on ErrRejectPacket sends none. What
// it returns is what subscribers get.
func (h *brokerHook) OnPublish(cl *mochi.Client, pk packets.Packet) (packets.Packet, error) {
	if cl.Net.Inline {
		return pk, nil // Steward's own
	}
	msg := Message{
		Topic: pk.TopicName, Payload: pk.Payload, Client: cl.ID,
		PacketID: pk.PacketID, Dup: pk.FixedHeader.Dup,
	}
	seq, err := h.acceptWhenRoom(cl, &msg)
	if err == nil && pk.FixedHeader.Qos > 0 {
		err = h.intake.spool.WaitDurable(h.ctx, seq)
	}
	if err != nil {
		if h.ctx.Err() == nil && !cl.Closed() {
			h.logger.Error("publish not acknowledged", "error", err)
		}
		return pk, packets.ErrRejectPacket
	}
	if msg.refused {
		return pk, packets.CodeSuccessIgnore // it goes to quarantine, not to subscribers
	}
	pk.Payload = msg.Payload
	if h.intake.opts.Privacy != nil && pseudonym.Concerns(pk.TopicName) {
		// Nobody looks into these for names.
		pk.Properties.User, pk.Properties.CorrelationData = nil, nil
		pk.Properties.ResponseTopic, pk.Properties.ContentType = "", ""
	}
	return pk, nil
}

// acceptWhenRoom waits while the spool is full: the policy is to stop
// acknowledging, and the publisher keeps what it has not been acknowledged. It
// looks up now and then whether the publisher is still there.
func (h *brokerHook) acceptWhenRoom(cl *mochi.Client, msg *Message) (uint64, error) {
	for {
		seq, err := h.intake.acceptSoon(h.ctx, msg)
		if !errors.Is(err, spool.ErrFull) || cl.Closed() {
			return seq, err
		}
		ctx, cancel := context.WithTimeout(h.ctx, time.Second)
		err = h.intake.waitRoom(ctx, msg)
		cancel()
		if err != nil && !errors.Is(err, context.DeadlineExceeded) {
			return 0, err
		}
	}
}

// OnWill looks at a last will before it is published. Its topic was allowed when
// the client came; of a client whose access was revoked since, only that it is
// gone is told.
func (h *brokerHook) OnWill(cl *mochi.Client, will mochi.Will) (mochi.Will, error) {
	s := h.seat(cl)
	if s == nil || s.revoked.Load() && !s.status {
		return mochi.Will{}, nil
	}
	msg := Message{Topic: will.TopicName, Payload: will.Payload, Client: cl.ID}
	h.intake.admit(&msg)
	if msg.refused {
		h.keepWill(&msg)
		return mochi.Will{}, nil
	}
	if h.intake.opts.Privacy != nil && pseudonym.Concerns(will.TopicName) {
		will.Payload, will.User = msg.Payload, nil
	}
	return will, nil
}

// OnWillSent takes a last will, which the broker publishes in the client's name
// without asking OnPublish: it is how a device that vanished becomes offline.
func (h *brokerHook) OnWillSent(cl *mochi.Client, pk packets.Packet) {
	if pk.TopicName != "" { // OnWill let it be sent
		h.keepWill(&Message{Topic: pk.TopicName, Payload: pk.Payload, Client: cl.ID})
	}
}

func (h *brokerHook) keepWill(msg *Message) {
	if _, err := h.intake.acceptSoon(h.ctx, msg); err != nil {
		h.logger.Error("last will not kept", "error", err)
	}
}

func isStatus(topic string) bool {
	return strings.HasSuffix(topic, "/"+string(telemetry.StreamStatus))
}
