// Package api is the REST interface under /api/v1: what people and machines read
// and change of the registry, the measurements, the events, the incidents and
// the installation. Its OpenAPI document is made from the code.
//
// [New] makes the handler. Each operation is added by register, which takes the
// permission that it needs: the only way to one, so that none can be open by
// mistake.
//
// Promises: whoever lacks the permission is told so before a byte of the body is
// read; what lies outside the caller's scope does not exist for the caller; every
// error is a [Problem] with a code that stays the same, and says nothing of the
// inside; bodies, lists, times and concurrent heavy queries are bounded.
package api

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/prometheus/client_golang/prometheus"

	"steward/internal/authz"
	"steward/internal/findings"
	"steward/internal/identity"
	"steward/internal/incident"
	"steward/internal/notices"
	"steward/internal/registry"
	"steward/internal/runs"
)

// Prefix is the path below which New's handler answers.
const Prefix = "/api/v1"

// Options are what the operations stand on. Registry, Identity and Answers are
// needed. What else is nil is not part of this process: its operations are
// documented, and answer that they are elsewhere.
type Options struct {
	Registry *registry.Store
	Identity *identity.Service
	Data     Data
	Live     Live
	Replay   Replayer
	Answers  *registry.Answers // to requests with an Idempotency-Key

	Incidents *incident.Store
	Desk      Desk
	Rules     Rules
	OnCall    OnCall
	Channels  Channels

	Configured Configured // what the files say

	Analytics Analytics
	Runs      *runs.Store
	Results   AnalyticsResults
	Reports   Reports

	Operations Operations
	Pseudonym  func(name string) string // makes a keyed hash of somebody's name; without it names are not kept

	Energy EnergyStore
	Prices Prices // without them nothing has a cost

	Findings    *findings.Store
	Corrections MeterCorrections
	Notices     *notices.Store

	Ledger      func(context.Context) (Ledger, error)
	Health      func(context.Context) (Health, error)
	VerifyAudit func(context.Context) (AuditProof, error)
	// Audit notes in the audit log what was done by way of the API to something
	// that is not in the registry.
	Audit func(context.Context, authz.Principal, Deed) error

	Logger     *slog.Logger          // nothing is logged when nil
	Registerer prometheus.Registerer // metrics; none when nil
	Version    string                // of the program
	Zone       *time.Location        // whose days the company's months are of; UTC when nil
	Now        func() time.Time      // time.Now when nil
}

// Deed is what is noted in the audit log.
type Deed struct {
	Action string // object.verb
	Kind   string // of the object
	Key    string // of the object
	Place  authz.Place
	After  any // what is worth knowing of it, made into JSON; nil for nothing
}

// API holds what the operations share.
type API struct {
	Options
	mux          *http.ServeMux
	huma         huma.API
	metrics      *metrics
	heavy        *turnstile
	imports      chan struct{} // one for each that runs
	operations   []*operation
	document     []byte // in OpenAPI
	documentETag string
}

// New makes the handler of everything under Prefix. It takes the caller from the
// context (authz.From), where the door in front of it puts him.
func New(o Options) (http.Handler, error) { return build(o) }

func build(o Options) (*API, error) {
	if o.Registry == nil || o.Identity == nil || o.Answers == nil {
		return nil, errors.New("api: needs the registry, its answers and an identity service")
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	a := &API{Options: o, mux: http.NewServeMux(), metrics: newMetrics(o.Registerer), heavy: newTurnstile(), imports: make(chan struct{}, maxImports)}
	a.huma = humago.NewWithPrefix(a.mux, Prefix, configuration(o.Version))
	a.registerAll()
	if err := a.publish(); err != nil {
		return nil, err
	}
	return a, nil
}

// registerAll adds the operations in the order in which the document shows them.
func (a *API) registerAll() {
	a.registerSession()
	a.registerPeople()
	a.registerRoles()
	a.registerTokens()
	a.registerCredentials()
	a.registerRegions()
	a.registerProjects()
	a.registerBuildings()
	a.registerDevices()
	a.registerCorrections()
	a.registerApproval()
	a.registerTables()
	a.registerReadings()
	a.registerDeviceMetrics()
	a.registerEvents()
	a.registerLatest()
	a.registerCoverage()
	a.registerConsumption()
	a.registerConsumptionWeeks()
	a.registerExports()
	a.registerLetters()
	a.registerLetterCounts()
	a.registerSources()
	a.registerConfigured()
	a.registerIncidents()
	a.registerAlertmanager()
	a.registerAlertRules()
	a.registerSilences()
	a.registerOnCall()
	a.registerResponders()
	a.registerChannels()
	a.registerAnalytics()
	a.registerFindings()
	a.registerEnergy()
	a.registerOperations()
	a.registerNotices()
	a.registerReports()
	a.registerLedger()
	a.registerHealth()
	a.registerAudit()
	a.registerPrivacy()
	a.registerCatalog()
}

// as is the registry as the caller may see and change it.
func (a *API) as(c caller) *registry.View { return a.Registry.As(c.Principal) }
