package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"steward/alerting"
	"steward/alerting/estate"
	"steward/alerting/notify"
	"steward/analytics"
	"steward/dashboard"
	"steward/ingest"
	"steward/ingest/pseudonym"
	"steward/ingest/spool"
	"steward/internal/clickhouse"
	"steward/internal/clickhouse/embedded"
	"steward/internal/findings"
	"steward/internal/incident"
	"steward/internal/live"
	"steward/internal/live/calls"
	"steward/internal/notices"
	"steward/internal/runs"
	"steward/internal/telemetry"
)

// App is a running Steward: all roles in one process.
type App struct {
	cfg      Config
	logger   *slog.Logger
	registry *prometheus.Registry
	life     *lifecycle
	health   health

	spool          *spool.Spool
	control        *Control
	db             *clickhouse.Store
	board          *live.Board
	api            lateHandler
	store          *ingest.Store
	devices        *ingest.Directory
	incidents      *incident.Store
	calls          *calls.Board
	estate         *estate.Estate
	alertingFiles  *AlertingFiles
	analyticsFiles *AnalyticsFiles
	people         *alertingPeople
	alerting       *alerting.Service
	channels       *notify.Channels
	runs           *runs.Store
	findings       *findings.Store
	notices        *notices.Store
	analytics      *analytics.Service
	privacy        *pseudonym.Pseudonymizer
	ingestMetrics  *ingest.Metrics

	httpAddr   string
	brokerAddr string

	// Set when the door opens, which comes last.
	door      chan struct{}                // closed then
	connected atomic.Pointer[func() error] // why no messages come; nil when they do
	publisher notify.Publish               // to be read after that alone
}

// Start brings everything up, or nothing: on an error what was started is
// stopped again. The version is what people are shown.
func Start(ctx context.Context, cfg Config, version string, logger *slog.Logger) (*App, error) {
	a := &App{cfg: cfg, logger: logger, registry: prometheus.NewRegistry(), life: newLifecycle(logger), door: make(chan struct{})}
	a.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	if err := a.start(ctx, version); err != nil {
		return nil, errors.Join(err, a.life.stop())
	}
	return a, nil
}

// start is the order of things. The page comes early, so that it can say what
// is still missing; messages are let in last, when there is a way for them.
func (a *App) start(ctx context.Context, version string) error {
	a.health.starting("opening the spool")
	for _, step := range []struct {
		phase string
		do    func(ctx context.Context) error
	}{
		{"opening the spool", a.openSpool},
		{"reading the alerting files", func(context.Context) (err error) { a.alertingFiles, err = LoadAlerting(a.cfg); return err }},
		{"reading the analytics files", func(context.Context) (err error) { a.analyticsFiles, err = LoadAnalytics(a.cfg); return err }},
		{"opening the registry", a.openControl},
		{"opening the incidents", a.openIncidents},
		{"opening the runs of analyses", a.openRuns},
		{"listening", func(context.Context) error { return a.serveHTTP(version) }},
		{"connecting to ClickHouse", a.openStore},
		{"restoring the live state", a.restoreBoard},
		{"starting the ingest", a.startIngest},
		{"starting the alerting", a.startAlerting},
		{"starting the analytics", func(ctx context.Context) error { return a.startAnalytics(ctx, version) }},
		{"starting the API", func(context.Context) error { return a.startAPI(version) }},
		{"connecting to the broker", a.openDoor},
	} {
		a.health.starting(step.phase)
		if err := step.do(ctx); err != nil {
			return err
		}
	}
	a.health.starting("")
	return nil
}

// HTTPAddr is where the page is served.
func (a *App) HTTPAddr() string { return a.httpAddr }

// BrokerAddr is where the embedded broker listens; empty with another broker.
func (a *App) BrokerAddr() string { return a.brokerAddr }

// DB is the store, for a demonstration that fills it with a history.
func (a *App) DB() *clickhouse.Store { return a.db }

// Wait returns when ctx ends, or with the error of a part that could not go on.
func (a *App) Wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case err := <-a.life.failed:
		return err
	}
}

// Stop stops everything: intake, drain, screens, store, spool.
func (a *App) Stop() error {
	a.logger.Info("stopping")
	return a.life.stop()
}

func (a *App) openSpool(context.Context) error {
	if err := makeDataDir(a.cfg.DataDir); err != nil {
		return err
	}
	sp, err := spool.Open(spool.Options{
		Dir:          a.cfg.spoolDir(),
		MaxBytes:     int64(a.cfg.Spool.MaxBytes),
		ReserveBytes: int64(a.cfg.Spool.ReserveBytes),
		SegmentBytes: int64(a.cfg.Spool.SegmentBytes),
		MaxRecord:    int(a.cfg.Ingest.MaxPayload) + ingest.MaxEnvelope,
		SyncInterval: a.cfg.Spool.SyncInterval.Std(),
		Logger:       a.logger,
		Registerer:   a.registry,
	})
	if errors.Is(err, spool.ErrLocked) {
		return fmt.Errorf("%w: stop the other steward, or give this one a data_dir of its own", err)
	}
	if err != nil {
		return withDiskRemedy(err)
	}
	a.spool = sp
	a.life.onStop("spool", 10*time.Second, func(context.Context) error { return sp.Close() })
	a.health.add("spool", func(context.Context) error {
		if err := sp.Err(); err != nil {
			return err
		}
		if sp.Full() {
			return errors.New("full: messages are not acknowledged; bring ClickHouse back, or raise spool.max_bytes")
		}
		return nil
	})
	return nil
}

func makeDataDir(dir string) error {
	err := os.MkdirAll(dir, 0o700)
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("data_dir: %w: give a folder that this user may write", err)
	}
	if err != nil {
		return fmt.Errorf("data_dir: %w", withDiskRemedy(err))
	}
	return nil
}

func withDiskRemedy(err error) error {
	if errors.Is(err, syscall.ENOSPC) {
		return fmt.Errorf("%w: make room on the disk, or give another data_dir", err)
	}
	return err
}

func (a *App) serveHTTP(version string) error {
	board, err := live.New(live.Options{})
	if err != nil {
		return err
	}
	a.board = board
	a.life.run("live board", 5*time.Second, board.Run)

	if _, _, err := net.SplitHostPort(a.cfg.HTTP.Listen); err != nil {
		return fmt.Errorf("http.listen: %w", err)
	}
	opts, err := a.cfg.dashboardOptions(a.logger)
	if err != nil {
		return err
	}
	opts.Board, opts.Calls, opts.Identity, opts.API = board, a.calls, a.control.Identity, &a.api
	opts.Gatherer, opts.Registerer, opts.Ready, opts.Version = a.registry, a.registry, a.health.notReady, version
	server, err := dashboard.New(opts)
	if err != nil {
		return err
	}
	ln, err := net.Listen("tcp", a.cfg.HTTP.Listen)
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("http.listen: port in use: %w: stop what listens there, or choose another address", err)
	}
	if err != nil {
		return fmt.Errorf("http.listen: %w", err)
	}
	a.httpAddr = ln.Addr().String()
	a.life.run("http server", 10*time.Second, func(ctx context.Context) error { return server.Serve(ctx, ln) })
	return nil
}

// openStore connects to ClickHouse, waits for it for a while, and brings the
// tables up to date.
func (a *App) openStore(ctx context.Context) error {
	opts, err := a.cfg.clickHouseOptions()
	if err != nil {
		return err
	}
	if a.cfg.embeddedEngine() {
		if opts, err = a.startEngine(ctx); err != nil {
			return err
		}
	}
	db, err := clickhouse.Open(opts)
	if err != nil {
		return fmt.Errorf("clickhouse: %w", err)
	}
	a.db = db
	a.life.onStop("clickhouse connection", 5*time.Second, func(context.Context) error { return db.Close() })
	if err := waitFor(ctx, a.cfg.StartupWait.Std(), db.Ping, clickhouse.ErrAuth); err != nil {
		return clickHouseRemedy(a.cfg, err)
	}
	if err := db.Migrate(ctx, a.cfg.retention()); err != nil {
		return fmt.Errorf("clickhouse tables: %w", err)
	}
	a.health.add("clickhouse", db.Ping)
	return nil
}

func (a *App) startEngine(ctx context.Context) (clickhouse.Options, error) {
	engine, err := embedded.Start(ctx, a.cfg.engineOptions(a.logger, a.registry))
	if err != nil {
		return clickhouse.Options{}, err
	}
	a.life.onStop("clickhouse engine", 30*time.Second, engine.Stop)
	return engine.Options(), nil
}

// restoreBoard shows what was last known before the first message arrives: who
// is in danger above all.
func (a *App) restoreBoard(ctx context.Context) error {
	since := time.Now().Add(-restoreWindow)
	err := errors.Join(
		a.restoreEvents(a.db.DangerEvents(ctx, since)),
		a.restoreEvents(a.db.RecentEvents(ctx, restoreEvents, since)),
		a.db.Latest(ctx, since, func(r telemetry.Reading) error { a.board.Reading(r); return nil }),
		a.db.LatestStates(ctx, since, func(s telemetry.State) error { a.board.State(s); return nil }),
	)
	statuses, statusErr := a.db.LatestStatuses(ctx, time.Now().Add(-statusWindow))
	for _, s := range statuses {
		a.board.Status(s)
	}
	if err := errors.Join(err, statusErr); err != nil {
		return fmt.Errorf("restore the live state: %w", err)
	}
	return nil
}

func (a *App) restoreEvents(events []telemetry.Event, err error) error {
	for _, e := range events {
		a.board.Event(e)
	}
	return err
}

const (
	// restoreWindow is how old a last value may be to be shown after a restart.
	restoreWindow = 7 * 24 * time.Hour
	// statusWindow is how long ago a device may have fallen silent for its being
	// offline to be remembered.
	statusWindow = 90 * 24 * time.Hour
	// restoreEvents is how many events are shown again, besides those of dangers.
	restoreEvents = 500
)

func (a *App) startIngest(ctx context.Context) error {
	a.ingestMetrics = ingest.NewMetrics(a.registry)
	if err := a.openDirectory(ctx); err != nil {
		return err
	}
	var err error
	if a.privacy, err = a.cfg.pseudonymizer(); err != nil {
		return err
	}
	store, err := ingest.OpenStore(a.spool, a.db, ingest.StoreOptions{
		Clock:         a.cfg.ClockPolicy(),
		FlushRows:     a.cfg.Ingest.FlushRows,
		FlushInterval: a.cfg.Ingest.FlushInterval.Std(),
		DedupWindow:   a.cfg.Ingest.DedupWindow,
	}, a.ingestMetrics, a.registry, a.logger)
	if err != nil {
		return err
	}
	a.store = store
	a.life.run("live feed", 5*time.Second, ingest.NewFollower(store, a.board).Run)
	a.life.run("store", 20*time.Second, store.Run)
	a.life.run("registry mirror", 5*time.Second, a.mirror)
	a.life.run("audit anchors", 5*time.Second, a.anchor)
	return nil
}

// openDoor lets messages in, from the broker of the house or the embedded one.
func (a *App) openDoor(ctx context.Context) error {
	intake := a.newIntake()
	if a.cfg.embeddedBroker() {
		opts, err := a.brokerOptions()
		if err != nil {
			return err
		}
		broker, err := ingest.StartBroker(opts, intake, a.ingestMetrics, a.logger)
		if errors.Is(err, syscall.EADDRINUSE) {
			return fmt.Errorf("%w: stop what listens there, or choose another embedded_broker.listen", err)
		}
		if err != nil {
			return err
		}
		a.brokerAddr = broker.Addr()
		a.opened(func() error { return nil }, broker.Publish)
		a.life.onStop("embedded broker", 10*time.Second, func(context.Context) error { return broker.Close() })
		return nil
	}
	opts, err := a.cfg.subscriberOptions(a.spool.ID())
	if err != nil {
		return err
	}
	check := func(context.Context) error { return ingest.CheckBroker(opts) }
	if err := waitFor(ctx, a.cfg.StartupWait.Std(), check, ingest.ErrBrokerAuth); err != nil {
		return brokerRemedy(a.cfg, err)
	}
	sub := ingest.NewSubscriber(opts, intake, a.ingestMetrics, a.logger)
	a.life.run("broker subscription", 15*time.Second, sub.Run)
	a.health.add("broker", func(context.Context) error { return sub.Connected() })
	out := ingest.NewPublisher(opts)
	a.life.onStop("broker publisher", 5*time.Second, func(context.Context) error { return out.Close() })
	a.opened(sub.Connected, out.Publish)
	return nil
}

// opened notes that messages come in, and that Steward's own can go out.
func (a *App) opened(connected func() error, publish notify.Publish) {
	a.connected.Store(&connected)
	a.publisher = publish
	close(a.door)
}

// waitFor tries until it succeeds, fails for good, or has waited long enough.
func waitFor(ctx context.Context, limit time.Duration, try func(context.Context) error, final error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for {
		err := try(ctx)
		if err == nil || errors.Is(err, final) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(500 * time.Millisecond):
		}
	}
}
