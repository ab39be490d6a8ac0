package api

import (
	"context"
	"net/http"

	"steward/internal/authz"
	"steward/internal/telemetry"
)

// Ledger is the account of every message that was received, since the spool
// began: received = stored + duplicate + rejected + in flight, at any moment.
type Ledger struct {
	Received  uint64                      `json:"received" doc:"Messages that were acknowledged."`
	Stored    uint64                      `json:"stored" doc:"Messages that are in the store."`
	Duplicate uint64                      `json:"duplicate" doc:"Messages that were there before."`
	Rejected  map[telemetry.Reason]uint64 `json:"rejected" doc:"Messages in quarantine, by reason."`
	InFlight  uint64                      `json:"in_flight" doc:"Messages that are on disk and not yet in the store."`
}

type ledgerOut struct{ Body Ledger }

func (a *API) registerLedger() {
	register(a, authz.Read, operation{
		ID: "ledger", Method: http.MethodGet, Path: "/ledger", Tag: "Installation", Summary: "Read the account of every message",
		Description: "received = stored + duplicate + rejected + in_flight, at any moment.", Everywhere: true,
		Answer: Ledger{Received: 1204331, Stored: 1204100, Duplicate: 120, Rejected: map[telemetry.Reason]uint64{telemetry.BadSyntax: 11}, InFlight: 100},
	}, func(ctx context.Context, _ caller, _ *struct{}) (*ledgerOut, error) {
		if a.Ledger == nil {
			return nil, notHere("the ingest")
		}
		l, err := a.Ledger(ctx)
		if l.Rejected == nil {
			l.Rejected = map[telemetry.Reason]uint64{}
		}
		return &ledgerOut{l}, err
	})
}
