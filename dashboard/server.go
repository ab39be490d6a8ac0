// Package dashboard is what people and machines see of Steward over HTTP: the
// browser application, the live websocket, health, readiness and metrics.
//
// [New] makes a [Server]; [Server.Serve] runs it until its context ends and then
// stops it in order: websocket clients are told to come back elsewhere before
// the connections go. Every request, message, client and time is bounded.
//
// # The live websocket
//
// GET /api/v1/live upgrades to a websocket of JSON text messages. The query
// parameters region, project, class and device choose the devices whose values,
// events and rejected messages are sent; none means all. Dangers and counts are
// of everything unless overview=scope limits them too (to the region, project
// and class). A client changes its scope with a message of the same fields:
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
// has the same fields as far as something changed, and "ended", the devices
// whose danger is over. Its seq is one more than that of the message before. Of
// a device it has the values that changed. Events may be older than those
// before: they belong where their ts is.
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
//	{"type":"error","detail":"…"}
//
// answers a message of the client that could not be followed.
package dashboard

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"steward/internal/live"
)

// Options is what a Server needs. Board, Gatherer, Registerer, Ready and Logger
// are required.
type Options struct {
	Board      *live.Board
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
	// MaxClients is how many websocket clients are served at a time; 0 means 5,000.
	MaxClients int
}

const (
	// maxHeader bounds a request's headers, in bytes.
	maxHeader = 32 << 10
	// maxBody bounds a request's body, in bytes.
	maxBody = 64 << 10
	// stopWithin bounds a graceful stop.
	stopWithin = 10 * time.Second
)

// Server serves the dashboard.
type Server struct {
	opts    Options
	metrics *metrics
	hub     *hub
	static  *static
	handler http.Handler
}

// New makes a server and registers its metrics.
func New(o Options) (*Server, error) {
	switch {
	case o.Board == nil, o.Gatherer == nil, o.Registerer == nil, o.Ready == nil, o.Logger == nil:
		return nil, errors.New("dashboard: Board, Gatherer, Registerer, Ready and Logger are required")
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
	m := newMetrics(o.Registerer, o.Board)
	s := &Server{
		opts:    o,
		metrics: m,
		hub:     newHub(o.Board, m, o.Logger, origins, o.MaxClients),
		static:  static,
	}
	s.handler = http.MaxBytesHandler(secured(s.routes()), maxBody)
	return s, nil
}

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	handle := func(pattern, route string, h http.Handler) {
		mux.Handle(pattern, s.metrics.timed(route, h))
	}
	handle("GET /healthz", "/healthz", http.HandlerFunc(s.health))
	handle("GET /readyz", "/readyz", http.HandlerFunc(s.ready))
	handle("GET /metrics", "/metrics", promhttp.HandlerFor(s.opts.Gatherer, promhttp.HandlerOpts{
		ErrorLog: slog.NewLogLogger(s.opts.Logger.Handler(), slog.LevelWarn),
		// A scrape is work; more than a few at a time is a mistake somewhere.
		MaxRequestsInFlight: 8,
		Timeout:             20 * time.Second,
		EnableOpenMetrics:   true,
	}))
	// The websocket is not timed: its duration says how long people look.
	mux.Handle("GET /api/v1/live", s.hub)
	handle("/api/", "/api/", http.HandlerFunc(notFound))
	handle("/", "/", s.static)
	return mux
}

// Handler is the server's whole surface, for tests and for embedding.
func (s *Server) Handler() http.Handler { return s.handler }

// Serve answers on l until ctx ends, then stops within ten seconds: it closes
// websocket clients with 1001 and takes no more of them, then closes l and lets
// the requests that run finish. It returns nil after an orderly stop.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	srv := &http.Server{
		Handler:           s.handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(s.opts.Logger.Handler(), slog.LevelWarn),
	}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }()
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
