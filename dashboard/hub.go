package dashboard

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"steward/dashboard/api"
	"steward/internal/authz"
	"steward/internal/live"
	"steward/internal/live/calls"
	"steward/internal/telemetry"
)

// pace is how patient the hub is with its clients.
type pace struct {
	write     time.Duration // for one message to be taken
	ping      time.Duration // between two pings
	silence   time.Duration // without any sign of life
	heartbeat time.Duration // between two messages when there is nothing to say
	slow      time.Duration // for a client that keeps missing updates
	goodbye   time.Duration // for the answer to a close
	still     time.Duration // between two questions whether the client may still look
}

func defaultPace() pace {
	return pace{
		write:     10 * time.Second,
		ping:      15 * time.Second,
		silence:   40 * time.Second,
		heartbeat: 5 * time.Second,
		slow:      15 * time.Second,
		goodbye:   time.Second,
		still:     10 * time.Second,
	}
}

const (
	defaultMaxClients = 5000
	// sendBuffer bounds what the kernel holds for one client, in bytes: more
	// would only be older data, and hide that the client is slow.
	sendBuffer = 256 << 10
	// retryAfter is what a refused client is told to wait.
	retryAfter = 10 * time.Second
)

// hub lets websocket clients in and knows how many there are. It does not hold
// them: each client's goroutines follow the board by themselves and share what
// is encoded.
type hub struct {
	board    *live.Board
	calls    *calls.Board // nil when this process has no incidents
	identity Identity
	metrics  *metrics
	log      *slog.Logger
	origins  origins
	pace     pace
	max      int
	upgrader websocket.Upgrader

	running context.Context // ends when the server stops
	cancel  context.CancelFunc

	mu      sync.Mutex // guards what follows
	clients int
	closed  bool
	idle    chan struct{} // closed when the last client is gone after a stop
}

func newHub(o Options, m *metrics, from origins) *hub {
	running, cancel := context.WithCancel(context.Background())
	return &hub{
		board:    o.Board,
		calls:    o.Calls,
		identity: o.Identity,
		metrics:  m,
		log:      o.Logger,
		origins:  from,
		pace:     defaultPace(),
		max:      cmp.Or(o.MaxClients, defaultMaxClients),
		upgrader: websocket.Upgrader{
			ReadBufferSize:   1 << 10,
			WriteBufferSize:  4 << 10,
			WriteBufferPool:  new(sync.Pool),
			HandshakeTimeout: 10 * time.Second,
			// Values repeat their names: frames shrink to a sixth, and are
			// compressed once for all clients of a scope.
			EnableCompression: true,
			CheckOrigin:       func(*http.Request) bool { return true }, // checked before, with a better answer
			Error: func(w http.ResponseWriter, _ *http.Request, status int, reason error) {
				fail(w, status, "not_a_websocket", reason.Error())
			},
		},
		running: running,
		cancel:  cancel,
		idle:    make(chan struct{}),
	}
}

// ServeHTTP serves one websocket client until it leaves.
func (h *hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !h.origins.allow(r) {
		h.log.Warn("websocket refused to a page of another origin", "origin", r.Header.Get("Origin"), "host", r.Host)
		fail(w, http.StatusForbidden, "cross_origin", "pages of another origin may not connect; add it to the allowed origins in the configuration")
		return
	}
	p := authz.From(r.Context())
	allowed := p.Scope(authz.Read)
	if p.Nobody() {
		failNobody(w)
		return
	}
	if allowed.Empty() {
		fail(w, http.StatusForbidden, "not_allowed", "you may see no place; ask your manager for a role")
		return
	}
	scope, err := parseScope(r.URL.Query())
	if err != nil {
		fail(w, http.StatusBadRequest, "invalid", err.Error())
		return
	}
	after, err := parseAfter(r.URL.Query())
	if err != nil {
		fail(w, http.StatusBadRequest, "invalid", err.Error())
		return
	}
	if !reaches(allowed, scope.Detail) {
		fail(w, http.StatusNotFound, errElsewhere.code, errElsewhere.detail)
		return
	}
	scope.Allowed = allowed
	if !h.enter(w) {
		return
	}
	defer h.leave()
	// The library takes no headers of w, and the session may have been rotated.
	conn, err := h.upgrader.Upgrade(w, r, http.Header{"Set-Cookie": w.Header().Values("Set-Cookie")})
	if err != nil {
		return // the upgrader has answered
	}
	if tcp, ok := conn.NetConn().(interface{ SetWriteBuffer(int) error }); ok {
		if err := tcp.SetWriteBuffer(sendBuffer); err != nil {
			h.log.Debug("websocket keeps its send buffer", "error", err)
		}
	}
	who := visitor{p, api.RequestFrom(r.Context()).Session.ID}
	newClient(h, conn, scope, r.URL.Query().Get("overview") == "scope", after, who).run()
}

// enter counts a client in, or answers why not.
func (h *hub) enter(w http.ResponseWriter) bool {
	h.mu.Lock()
	closed, full := h.closed, h.clients >= h.max
	if !closed && !full {
		h.clients++
		h.metrics.clients.Set(float64(h.clients))
	}
	h.mu.Unlock()
	switch {
	case closed:
		failLater(w, http.StatusServiceUnavailable, retryAfter, "stopping", "the server is stopping")
	case full:
		h.metrics.refused.Inc()
		failLater(w, http.StatusServiceUnavailable, retryAfter, "too_many_clients", "too many live clients are connected; try again later")
	}
	return !closed && !full
}

func (h *hub) leave() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.clients--
	h.metrics.clients.Set(float64(h.clients))
	if h.closed && h.clients == 0 {
		close(h.idle)
	}
}

// stop closes all clients and waits until they are gone, or ctx ends.
func (h *hub) stop(ctx context.Context) {
	h.mu.Lock()
	if !h.closed && h.clients == 0 {
		close(h.idle)
	}
	h.closed = true
	h.mu.Unlock()
	h.cancel()
	select {
	case <-h.idle:
	case <-ctx.Done():
	}
}

// parseScope reads the scope from a request's query.
func parseScope(q url.Values) (live.Scope, error) {
	detail := live.Filter{
		Region:  q.Get("region"),
		Project: q.Get("project"),
		Class:   telemetry.Class(q.Get("class")),
		Device:  q.Get("device"),
	}
	if err := detail.Validate(); err != nil {
		return live.Scope{}, err
	}
	switch o := q.Get("overview"); o {
	case "", "all":
		return scopeOf(detail, false), nil
	case "scope":
		return scopeOf(detail, true), nil
	default:
		return live.Scope{}, fmt.Errorf("overview %.64q is not one of all, scope", o)
	}
}

// parseAfter reads the cursor of incidents that a client had.
func parseAfter(q url.Values) (cursor, error) {
	text := q.Get("after")
	if text == "" {
		return cursor{seq: -1}, nil
	}
	seq, err := strconv.ParseInt(text, 10, 64)
	if err != nil || seq < 0 {
		return cursor{}, fmt.Errorf("after %.64q is not a cursor: want the number of a message of incidents", text)
	}
	return cursor{seq, q.Get("view")}, nil
}

// reaches reports whether some of what f selects may be seen. A project without
// its region may be of any: there the audience alone decides.
func reaches(allowed authz.Scope, f live.Filter) bool {
	return f.Region == "" || allowed.Touches(authz.Place{Region: f.Region, Project: f.Project})
}

// scopeOf is the scope of a client that looks at detail.
func scopeOf(detail live.Filter, overview bool) live.Scope {
	s := live.Scope{Detail: detail}
	if overview {
		s.Overview = detail
		s.Overview.Device = ""
	}
	return s
}
