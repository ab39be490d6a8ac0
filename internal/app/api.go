package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"steward/dashboard/api"
	"steward/ingest"
	"steward/internal/authz"
	"steward/internal/controldb"
	"steward/internal/registry"
	"steward/internal/telemetry"
)

// startAPI puts the REST interface behind the page's door, when everything that
// it asks is there.
func (a *App) startAPI(version string) error {
	reports, err := newReports(a.cfg, a.runs, a.db, a.control.Registry)
	if err != nil {
		return err
	}
	zone, err := time.LoadLocation(a.cfg.Analytics.TimeZone)
	if err != nil {
		return fmt.Errorf("analytics.time_zone: %w", err) // it was checked
	}
	handler, err := api.New(api.Options{
		Registry: a.control.Registry, Identity: a.control.Identity, Data: a.db, Live: a.board,
		Replay: replayer{a}, Answers: registry.NewAnswers(a.control.db, time.Now),
		Incidents: a.incidents, Desk: deskDoor{a}, Rules: rulesInForce{a}, OnCall: onCall{a}, Channels: channelList{a}, Configured: configured{a},
		Analytics: analyses{a.analytics}, Runs: a.runs, Results: a.db, Reports: reportDoor{reports, time.Now}, Notices: a.notices, Findings: a.findings, Corrections: a.db,
		Energy: a.db, Prices: energyPrices{a.analyticsFiles.Tariffs},
		Operations: a.db, Pseudonym: a.privacy.Of,
		Ledger: a.ledger, Health: a.howItDoes, VerifyAudit: a.verifyAudit, Audit: a.control.note,
		Logger: a.logger, Registerer: a.registry, Version: version, Zone: zone,
	})
	if err != nil {
		return err
	}
	a.api.set(handler)
	return nil
}

func (a *App) ledger(context.Context) (api.Ledger, error) {
	l := a.store.Ledger()
	return api.Ledger{Received: l.Received, Stored: l.Stored, Duplicate: l.Duplicate, Rejected: l.Rejected, InFlight: l.InFlight}, nil
}

// verifyAudit proves the log, and the timelines of incidents, against what was
// noted of them in ClickHouse. That they were tampered with is an answer and no
// error.
func (a *App) verifyAudit(ctx context.Context) (api.AuditProof, error) {
	noted, err := Anchors(ctx, a.db)
	if err != nil {
		return api.AuditProof{}, err
	}
	head, err := a.control.VerifyAudit(ctx, noted...)
	_, timelines := VerifyIncidents(ctx, a.incidents, a.db)
	err = errors.Join(err, timelines)
	proof := api.AuditProof{Intact: err == nil, Seq: head.Seq, Hash: head.Hash}
	if errors.Is(err, controldb.ErrTampered) {
		proof.Problem, err = err.Error(), nil
	}
	return proof, err
}

// note puts a deed of the API into the audit log.
func (c *Control) note(ctx context.Context, who authz.Principal, d api.Deed) error {
	e := controldb.Entry{Actor: controldb.ActorOf(who), Action: d.Action, Kind: d.Kind, Key: d.Key, Place: d.Place}
	if d.After != nil {
		after, err := json.Marshal(d.After)
		if err != nil {
			return fmt.Errorf("audit %s: %w", d.Action, err)
		}
		e.After = after
	}
	return c.db.Write(ctx, func(tx *controldb.Tx) error {
		_, err := tx.Audit(e)
		return err
	})
}

// replayer lets the API look at quarantined messages again.
type replayer struct{ app *App }

func (r replayer) options() ingest.ReplayOptions {
	return ingest.ReplayOptions{Clock: r.app.cfg.ClockPolicy(), Privacy: r.app.privacy, Devices: r.app.devices}
}

func (r replayer) Try(topic string, payload []byte) api.Trial {
	return trialOf(ingest.Try(topic, payload, telemetry.MillisOf(time.Now()), r.options()))
}

func (r replayer) Replay(ctx context.Context, scope authz.Scope, f api.ReplayFilter) (api.ReplayResult, error) {
	o := r.options()
	o.IDs, o.Reason = f.IDs, f.Reason
	result, err := ingest.Replay(ctx, r.app.db, scope, o)
	return api.ReplayResult{Replayed: result.Replayed, Refused: result.Refused}, err
}

func (r replayer) ReplayOne(ctx context.Context, scope authz.Scope, id string, topic *string, payload []byte) (api.ReplayResult, error) {
	found, err := r.app.db.DeadLetter(ctx, scope, id)
	if err != nil {
		return api.ReplayResult{}, err
	}
	letter := ingest.Letter{DeadLetter: found.DeadLetter, Replayed: found.Replayed}
	trial, err := ingest.ReplayOne(ctx, r.app.db, scope, letter, ingest.Edit{Topic: topic, Payload: payload}, r.options())
	switch {
	case errors.Is(err, ingest.ErrOutOfScope):
		return api.ReplayResult{}, registry.ErrNotFound
	case errors.Is(err, ingest.ErrNotAdmitted), errors.Is(err, ingest.ErrReplayed):
		return api.ReplayResult{}, controldb.Invalid("letter", id, "%s", err)
	case err != nil:
		return api.ReplayResult{}, err
	case trial.Accepted():
		return api.ReplayResult{Replayed: 1}, nil
	}
	return api.ReplayResult{Refused: 1}, nil
}

// trialOf is a trial in the API's form.
func trialOf(t ingest.Trial) api.Trial {
	out := api.Trial{Accepted: t.Accepted()}
	if len(t.Problems) > 0 {
		out.Reason, out.Error = t.Problems[0].Reason, t.Problems[0].Error
	}
	for _, v := range t.Readings {
		out.Readings = append(out.Readings, api.TrialReading{Metric: v.Metric, TS: v.TS.Time(), Value: v.Value})
	}
	for _, v := range t.States {
		out.States = append(out.States, api.TrialState{Metric: v.Metric, TS: v.TS.Time(), Value: v.Value})
	}
	for _, v := range t.Events {
		out.Events = append(out.Events, api.TrialEvent{Kind: v.Kind, ID: v.ID, Severity: v.Severity, TS: v.TS.Time(), Attrs: json.RawMessage(v.Attrs)})
	}
	return out
}

// ReplayOptions are how a command replays: whoever has its files has decided
// about the devices.
func ReplayOptions(cfg Config) (ingest.ReplayOptions, error) {
	privacy, err := cfg.pseudonymizer()
	return ingest.ReplayOptions{Clock: cfg.ClockPolicy(), Privacy: privacy}, err
}
