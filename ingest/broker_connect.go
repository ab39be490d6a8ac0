package ingest

import (
	"context"
	"crypto/subtle"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"
)

// brokerHook is where the broker asks and tells us.
type brokerHook struct {
	mochi.HookBase
	ctx      context.Context // ends with the broker
	server   *mochi.Server
	intake   *Intake
	opts     BrokerOptions
	logger   *slog.Logger
	refused  *refusalLog
	attempts *attempts
	seats    sync.Map // *mochi.Client -> *seat: who is let in, until the session is over
}

// seat is what a client that was let in may do.
type seat struct {
	// access of a kept session is replaced by that of whoever takes it over.
	access  atomic.Pointer[Access]
	user    string // for the log
	remote  string
	status  bool // its last will is a status
	revoked atomic.Bool
	// allowed are topics on which it may publish, asked once. Only the goroutine
	// that reads from the client uses it.
	allowed map[string]struct{}
}

// maxAllowed bounds the remembered topics of one client.
const maxAllowed = 4096

func (h *brokerHook) ID() string { return "steward" }

func (h *brokerHook) Provides(b byte) bool {
	switch b {
	case mochi.OnConnect, mochi.OnConnectAuthenticate, mochi.OnSessionEstablish, mochi.OnDisconnect,
		mochi.OnACLCheck, mochi.OnSubscribed, mochi.OnPublish, mochi.OnWill, mochi.OnWillSent:
		return true
	}
	return false
}

// authTimeout bounds the look-up of credentials.
const authTimeout = 5 * time.Second

// OnConnect decides about a client. It answers itself when it refuses, with the
// reason that fits: a device that is told that its password is wrong, when only
// the database was away, may never come back.
func (h *brokerHook) OnConnect(cl *mochi.Client, pk packets.Packet) error {
	remote := hostOf(cl.Net.Remote)
	reason, about := h.admit(cl, pk, remote)
	if reason == "" {
		return nil
	}
	// Not the name: people type passwords into the wrong field.
	h.refused.note(reason, "", remote, about)
	code := reason.code(cl.Properties.ProtocolVersion)
	_ = h.server.SendConnack(cl, code, false, nil) // the connection ends either way
	return code
}

// admit gives a client its seat, or says why not.
func (h *brokerHook) admit(cl *mochi.Client, pk packets.Packet, remote string) (refusal, string) {
	if !h.attempts.allowed(remote) {
		return refusedRate, ""
	}
	kind, access, err := h.authenticate(pk, remote)
	if errors.Is(err, ErrBadCredentials) {
		h.attempts.failed(remote)
		return refusedCredentials, "client " + cl.ID
	}
	if err != nil {
		return refusedUnavailable, err.Error()
	}
	if pk.Connect.WillFlag && !access.mayPublish(pk.Connect.WillTopic) {
		return refusedWill, pk.Connect.WillTopic
	}
	// From here on the session is one of this name: nobody else can take it
	// over, with what it has subscribed to and what waits in it.
	cl.ID = sessionID(kind, &access, cl.ID)
	if _, kept := h.server.Clients.Get(cl.ID); !kept && h.server.Clients.Len() >= 2*h.opts.MaxClients {
		return refusedBusy, "too many sessions"
	}
	if access.MaySubscribe == nil {
		// Nothing can wait in its session, so that it need not be kept. Its will
		// comes with its end.
		cl.Properties.Clean = true
		cl.Properties.Props.SessionExpiryInterval = 0
		cl.Properties.Will.WillDelayInterval = 0
	}
	// The broker keeps messages that are on their way under their alias alone,
	// which means nothing on the next connection.
	cl.Properties.Props.TopicAliasMaximum = 0

	s := &seat{user: access.Name, remote: remote, allowed: map[string]struct{}{}, status: isStatus(pk.Connect.WillTopic)}
	s.access.Store(&access)
	h.seats.Store(cl, s)
	return "", ""
}

// The ways in. Their names keep the sessions of one apart from those of others.
const (
	kindAnonymous  = "anonymous"
	kindService    = "service"
	kindCredential = "credential"
)

func (h *brokerHook) authenticate(pk packets.Packet, remote string) (kind string, a Access, err error) {
	name, password := pk.Connect.Username, pk.Connect.Password
	if h.opts.Anonymous && len(name) == 0 {
		return kindAnonymous, everybody(), nil
	}
	if h.opts.User != "" && h.opts.Password != "" {
		// Both are compared, and in constant time: the time taken tells nothing.
		sameUser := subtle.ConstantTimeCompare(name, []byte(h.opts.User))
		samePassword := subtle.ConstantTimeCompare(password, []byte(h.opts.Password))
		if sameUser&samePassword == 1 {
			return kindService, everybody(), nil
		}
	}
	if h.opts.Auth == nil || len(name) == 0 {
		return "", Access{}, ErrBadCredentials
	}
	ctx, cancel := context.WithTimeout(h.ctx, authTimeout)
	defer cancel()
	a, err = h.opts.Auth.Authenticate(ctx, string(name), password, remote)
	return kindCredential, a, err
}

// OnConnectAuthenticate lets in who has a seat.
func (h *brokerHook) OnConnectAuthenticate(cl *mochi.Client, _ packets.Packet) bool {
	_, ok := h.seats.Load(cl)
	return ok
}

func (h *brokerHook) seat(cl *mochi.Client) *seat {
	s, ok := h.seats.Load(cl)
	if !ok {
		return nil
	}
	return s.(*seat)
}

// OnSessionEstablish runs before a kept session is handed over. What the client
// may read may be less than when the session was left: what waits in it beyond
// that is taken out.
func (h *brokerHook) OnSessionEstablish(cl *mochi.Client, _ packets.Packet) {
	s := h.seat(cl)
	old, kept := h.server.Clients.Get(cl.ID)
	if s == nil || !kept || old == cl {
		return
	}
	access := s.access.Load()
	if was := h.seat(old); was != nil {
		was.access.Store(access) // nothing more comes in that would have to be taken out
	}
	for _, waiting := range old.State.Inflight.GetAll(false) {
		if waiting.FixedHeader.Type == packets.Publish && !access.mayRead(waiting.TopicName) {
			old.State.Inflight.Delete(waiting.PacketID)
		}
	}
}

// OnDisconnect forgets a client whose session is over.
func (h *brokerHook) OnDisconnect(cl *mochi.Client, _ error, expire bool) {
	if expire {
		h.seats.Delete(cl)
	}
}

// watchEvery is how often it is asked whether an access is still good.
const watchEvery = 5 * time.Second

// watch ends the connections and sessions of accesses that are gone.
func (h *brokerHook) watch(ctx context.Context) {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			h.sweep()
		}
	}
}

func (h *brokerHook) sweep() {
	h.seats.Range(func(key, value any) bool {
		cl, s := key.(*mochi.Client), value.(*seat)
		current, kept := h.server.Clients.Get(cl.ID)
		switch a := s.access.Load(); {
		case cl.Closed() && (!kept || current != cl):
			h.seats.Delete(cl) // its session is over, or another's
		case s.revoked.Load() || a.Gone != nil && a.Gone():
			h.revoke(cl, s)
		}
		return h.ctx.Err() == nil
	})
}

// revoke ends a client whose access is gone, and then its session.
func (h *brokerHook) revoke(cl *mochi.Client, s *seat) {
	if s.revoked.CompareAndSwap(false, true) {
		s.access.Store(&Access{Name: s.access.Load().Name})
		h.refused.note(refusedRevoked, s.user, s.remote, "")
	}
	if !cl.Closed() {
		h.hangUp(cl)
		return
	}
	h.server.UnsubscribeClient(cl)
	cl.ClearInflights()
	h.server.Clients.Delete(cl.ID)
	h.seats.Delete(cl)
}

// hangUp closes a connection, for which MQTT 5 has a word. The broker's own way
// of doing so may forget the last will.
func (h *brokerHook) hangUp(cl *mochi.Client) {
	if cl.Properties.ProtocolVersion >= 5 {
		// A client that takes nothing must not hold up the others.
		_ = cl.Net.Conn.SetWriteDeadline(time.Now().Add(time.Second))
		_ = cl.WritePacket(packets.Packet{
			FixedHeader: packets.FixedHeader{Type: packets.Disconnect}, ReasonCode: packets.ErrNotAuthorized.Code,
		})
	}
	_ = cl.Net.Conn.Close()
}
