package registry

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"steward/internal/authz"
	"steward/internal/controldb"
	"steward/internal/registry/scoped"
)

// Options of a Store.
type Options struct {
	Now        func() time.Time      // the present; time.Now when nil
	Logger     *slog.Logger          // what Register does; nothing is logged when nil
	Registerer prometheus.Registerer // metrics; none when nil

	// MaxPending is how many devices may wait for approval at one time: whoever
	// may publish can make up names, and must not be able to fill the registry.
	// 0 means 10,000.
	MaxPending int

	// CheckRule says what is wrong with the text of an alerting rule, as an
	// *InvalidError, and whether the rule reads more than what is at its place: it
	// is then for administrators of the headquarters. Nothing is checked when nil.
	CheckRule func(AlertRule) (wide bool, err error)
}

const defaultMaxPending = 10_000

// Store is the registry. It is safe for concurrent use.
type Store struct {
	db         *scoped.DB
	now        func() time.Time
	logger     *slog.Logger
	metrics    *metrics
	maxPending int
	checkRule  func(AlertRule) (bool, error)
}

// New is the registry in db, which it does not close.
func New(db *controldb.DB, o Options) *Store {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.MaxPending <= 0 {
		o.MaxPending = defaultMaxPending
	}
	if o.CheckRule == nil {
		o.CheckRule = func(AlertRule) (bool, error) { return false, nil }
	}
	return &Store{
		db: scoped.New(db), now: o.Now, logger: o.Logger,
		metrics: newMetrics(o.Registerer), maxPending: o.MaxPending, checkRule: o.CheckRule,
	}
}

// As is the registry as p may see and change it. What p may not read does not
// exist for p: ErrNotFound. What p may read and not change is ErrForbidden.
func (s *Store) As(p authz.Principal) *View { return &View{store: s, caller: p} }

// View is the registry of one caller. It is cheap, and made for each request.
type View struct {
	store  *Store
	caller authz.Principal
}

func (v *View) read(ctx context.Context, do func(*scoped.Tx) error) error {
	return v.store.db.Read(ctx, v.caller, do)
}

func (v *View) write(ctx context.Context, do func(*scoped.Tx) error) error {
	return v.store.db.Write(ctx, v.caller, v.store.now(), do)
}
