// Package dashboard is what people and machines see of Steward over HTTP: the
// browser application, the live websocket, health, readiness and metrics.
//
// [New] makes a [Server]; [Server.Serve] runs it until its context ends and then
// stops it in order: websocket clients are told to come back elsewhere before
// the connections go. Every request, message, client and time is bounded.
//
// # Who asks
//
// Pages, health and readiness are open to all; /metrics is unless MetricsToken
// is set. Under /api/v1/ each request has a principal in its context: that of
// its token (Authorization: Bearer stw_…), else that of the session whose secret
// is in the cookie, else nobody; what nobody may do is for the API to say. A
// browser's request that changes something must come from a page of this origin
// and repeat the session's CSRF token in X-Steward-CSRF. Requests under a name
// that is not the server's are answered with 421.
//
// # The live websocket
//
// GET /api/v1/live upgrades to a websocket of JSON text messages. It needs a
// session's cookie or a token, and shows the places where its principal may
// read, whatever is asked for. The query parameters region, project, class and
// device choose the devices whose values, events and rejected messages are sent;
// none means all. Dangers, incidents and counts are of all places that may be
// seen unless overview=scope limits them too (to the region, project and class).
// A client changes its scope with a message of the same fields:
//
//	{"subscribe":{"region":"north","project":"harbour"}}
//
// It may send 40 messages in ten seconds, of at most 4 KiB; more is closed with
// 1008 or 1009. It must answer pings, as every websocket library does by itself.
//
// The server sends, each with its type and, where it has a time, with "now" in
// Unix milliseconds like all times:
//
//	{"type":"snapshot","seq":7,"now":…,"scope":{…},"omitted":false,
//	 "limits":{"events":500,"rejected":100},
//	 "metrics":{"power_kw":{"unit":"kW","kind":"gauge"}},
//	 "devices":[{"device":"north/harbour/meter/m-1","connection":"online","since":…,"seen":…,
//	             "values":{"power_kw":[3.2,TS,RECEIVED]}}],
//	 "dangers":[{"event":EVENT,"latest":…,"reports":1,"arrived":0}],
//	 "events":[EVENT],
//	 "rejected":[{"id":"…","received":…,"topic":"…","preview":"…","size":9,"codec":"json","reason":"bad_syntax","error":"…"}],
//	 "groups":[{"region":"north","project":"harbour","class":"meter","devices":50,"online":48,"offline":1,"rate":12.5}],
//	 "totals":{"devices":600,"online":590,"offline":4,"rate":120.5,"lag_ms":12,"rejected":3,"refused":0}}
//
// where EVENT is
//
//	{"device":"…","kind":"entrapment","id":"…","severity":"life_safety","ts":…,"received":…,"attrs":{…}}
//
// A snapshot is everything; the client forgets what it had. When omitted is
// true the scope has too many devices for one message and neither it nor the
// deltas have single devices. Of events, the client keeps limits.events for each
// severity, and drops the oldest.
//
//	{"type":"delta","seq":8,"now":…, …}
//
// has the same fields as far as something changed, "gone", the devices that are
// shown no longer, and "ended", those whose danger is over. Its seq is one more
// than that of the message before. Of a device it has the values that changed.
// Events may be older than those before: they belong where their ts is.
//
// Incidents have messages of their own:
//
//	{"type":"incidents","cursor":812,"view":"k3j9x0aa","now":…,"reset":true,"partial":false,
//	 "incidents":[INCIDENT]}
//
// comes first, and again when what the client may see changes: with reset the
// incidents are all that are open, and the client forgets those it had. Then
//
//	{"type":"incidents","cursor":815,"view":"k3j9x0aa","now":…,"reset":false,"partial":false,
//	 "incidents":[INCIDENT],
//	 "entries":[{"seq":814,"incident":"…","n":3,"kind":"acknowledged","at":"…","received_at":"…",
//	             "state":"acknowledged","actor":{"kind":"person","id":"…","name":"…"},"note":"…"}]}
//
// tells within a moment what was committed: the incidents that changed, as they
// are now, and what was added to their timelines, in order. INCIDENT is what GET
// /api/v1/incidents/{id} answers, its times in RFC 3339; of two with the same id
// the one with the greater version holds. A client that was away gives its last
// cursor and view when it connects, as the query parameters after=815 and
// view=k3j9x0aa, and gets what it missed in one message without reset, also when
// that is nothing; when it missed too much, or the view is another by now, it
// gets one with reset. With partial, more incidents are open than
// are sent: the list is in the API. Acting on incidents is the API's. A process
// without incidents sends none of this.
//
//	{"type":"missed","updates":1234}
//
// says that the client was too slow and how many updates it lost; a snapshot
// follows. Who cannot keep up for longer is closed with 1013.
//
//	{"type":"ping","now":…}
//
// comes when there is nothing else for five seconds: after twelve without a
// message the connection is dead, whatever the operating system says.
//
//	{"type":"error","code":"not_found","detail":"…"}
//
// answers a message of the client that could not be followed: "invalid", or
// "not_found" for a place that is not among those it may see. When these change
// a snapshot follows; when the session or token ends, the connection is closed
// with 1008 and the reason "signed out".
package dashboard

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"steward/internal/live"
	"steward/internal/live/calls"
)

// Options is what a Server needs. Board, Identity, Gatherer, Registerer, Ready
// and Logger are required.
type Options struct {
	Board    *live.Board
	Calls    *calls.Board // open incidents; nil when this process has none
	Identity Identity
	// API answers under /api/v1/, save for the live websocket; without one there
	// is nothing. It finds authz.From and api.RequestFrom in its contexts.
	API        http.Handler
	Gatherer   prometheus.Gatherer // what /metrics shows
	Registerer prometheus.Registerer
	// Ready names what does not work, empty when all does. It is asked for each
	// request of /readyz and must return when its context ends.
	Ready  func(context.Context) []NotReady
	Logger *slog.Logger
	// Version is shown to people.
	Version string
	// AllowedOrigins are web origins (https://host[:port]) besides the server's
	// own whose pages may open the live websocket.
	AllowedOrigins []string
	// Listen is the address of the listener that Serve will get, as configured;
	// empty means a loopback address.
	Listen string
	// Hosts are the names under which the server may be asked, besides localhost
	// and the addresses of the machine; "*" allows all. Empty allows the host of
	// Listen, and all when that is every address.
	Hosts []string
	// TrustedProxies are the addresses from which X-Forwarded-For and
	// X-Forwarded-Proto are believed.
	TrustedProxies []netip.Prefix
	// TLS is for Serve to speak; nil means plain HTTP.
	TLS *tls.Config
	// MetricsToken lets only those read /metrics who may read everything.
	MetricsToken bool
	// MaxClients is how many websocket clients are served at a time; 0 means 5,000.
	MaxClients int
}

const (
	// maxHeader bounds a request's headers, in bytes.
	maxHeader = 32 << 10
	// maxBody bounds a request's body, in bytes.
	maxBody = 64 << 10
	// maxAPIBody bounds that of any operation of the API, which sets the limits
	// of its routes: an import is the largest, 32 MiB and what wraps it.
	maxAPIBody = 33 << 20
	// pathLive is the websocket.
	pathLive = "/api/v1/live"
	// stopWithin bounds a graceful stop.
	stopWithin = 10 * time.Second
)

// Server serves the dashboard.
type Server struct {
	opts    Options
	metrics *metrics
	hosts   hosts
	door    *door
	hub     *hub
	static  *static
	handler http.Handler
	pace    serverPace
}

// serverPace is how patient the server is with its clients. Operations that
// stream set deadlines of their own.
type serverPace struct {
	header time.Duration // for the head of a request
	read   time.Duration // for all of it
	write  time.Duration // from its head to the end of the answer
	idle   time.Duration // between two requests of a connection
}

// New makes a server and registers its metrics.
func New(o Options) (*Server, error) {
	switch {
	case o.Board == nil, o.Identity == nil, o.Gatherer == nil, o.Registerer == nil, o.Ready == nil, o.Logger == nil:
		return nil, errors.New("dashboard: Board, Identity, Gatherer, Registerer, Ready and Logger are required")
	case o.MaxClients < 0:
		return nil, fmt.Errorf("dashboard: MaxClients is %d, want 0 or more", o.MaxClients)
	}
	origins, err := parseOrigins(o.AllowedOrigins)
	if err != nil {
		return nil, err
	}
	static, err := newStatic(webDist())
	if err != nil {
		return nil, fmt.Errorf("dashboard: read the embedded application: %w", err)
	}
	hosts, err := newHosts(o.Listen, o.Hosts)
	if err != nil {
		return nil, fmt.Errorf("dashboard: %w", err)
	}
	m := newMetrics(o.Registerer, o.Board, o.Calls)
	s := &Server{
		opts:    o,
		metrics: m,
		hosts:   hosts,
		door:    newDoor(o, m),
		hub:     newHub(o, m, origins),
		static:  static,
		pace:    serverPace{header: 5 * time.Second, read: 15 * time.Second, write: 30 * time.Second, idle: 2 * time.Minute},
	}
	routes, err := s.routes()
	if err != nil {
		return nil, fmt.Errorf("dashboard: %w", err)
	}
	s.handler = secured(o.TrustedProxies, routes)
	return s, nil
}

func (s *Server) routes() (http.Handler, error) {
	mux := http.NewServeMux()
	handle := func(pattern, route string, limit int64, h http.Handler) {
		mux.Handle(pattern, s.metrics.timed(route, http.MaxBytesHandler(h, limit)))
	}
	named := func(h http.Handler) http.Handler { return s.hosts.only(s.metrics, h) }

	// Probes come by whatever name or address the machine has at the moment.
	handle("GET /healthz", "/healthz", maxBody, http.HandlerFunc(s.health))
	handle("GET /readyz", "/readyz", maxBody, http.HandlerFunc(s.ready))
	scrape := promhttp.HandlerFor(s.opts.Gatherer, promhttp.HandlerOpts{
		ErrorLog: slog.NewLogLogger(s.opts.Logger.Handler(), slog.LevelWarn),
		// A scrape is work; more than a few at a time is a mistake somewhere.
		MaxRequestsInFlight: 8,
		Timeout:             20 * time.Second,
		EnableOpenMetrics:   true,
	})
	if s.opts.MetricsToken {
		scrape = s.door.needsHQ(scrape)
	}
	handle("GET /metrics", "/metrics", maxBody, named(scrape))
	// The websocket is not timed: its duration says how long people look.
	mux.Handle("GET "+pathLive, named(s.door.guard(s.hub)))
	var operations http.Handler = http.HandlerFunc(notFound)
	if s.opts.API != nil {
		zipped, err := compressed(s.opts.API)
		if err != nil {
			return nil, fmt.Errorf("compress answers: %w", err)
		}
		operations = zipped
	}
	handle("/api/v1/", "/api/v1/", maxAPIBody, named(s.door.guard(operations)))
	handle("/", "/", maxBody, named(s.static))
	return mux, nil
}

// Handler is the server's whole surface, for tests and for embedding.
func (s *Server) Handler() http.Handler { return s.handler }

// Serve answers on l until ctx ends, then stops within ten seconds: it closes
// websocket clients with 1001 and takes no more of them, then closes l and lets
// the requests that run finish. It returns nil after an orderly stop.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	srv := &http.Server{
		Handler:           s.handler,
		TLSConfig:         s.opts.TLS,
		ReadHeaderTimeout: s.pace.header,
		ReadTimeout:       s.pace.read,
		WriteTimeout:      s.pace.write,
		IdleTimeout:       s.pace.idle,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(s.opts.Logger.Handler(), slog.LevelWarn),
	}
	served := make(chan error, 1)
	go func() {
		if srv.TLSConfig != nil {
			served <- srv.ServeTLS(l, "", "")
			return
		}
		served <- srv.Serve(l)
	}()
	select {
	case err := <-served:
		s.hub.stop(ctx)
		return fmt.Errorf("serve http on %s: %w", l.Addr(), err)
	case <-ctx.Done():
	}

	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
	defer cancel()
	// Clients first: Shutdown knows nothing of connections that became
	// websockets, and the process would end under them without a word.
	s.hub.stop(stopping)
	err := srv.Shutdown(stopping)
	if err != nil {
		s.opts.Logger.Warn("http requests cut off at stop", "error", err)
		err = srv.Close()
	}
	if end := <-served; err == nil && !errors.Is(end, http.ErrServerClosed) {
		err = end
	}
	if err != nil {
		return fmt.Errorf("stop http on %s: %w", l.Addr(), err)
	}
	return nil
}
