package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"steward/alerting"
	"steward/alerting/engine"
	"steward/alerting/notify"
	"steward/ingest"
	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/incident"
	"steward/internal/live/calls"
	"steward/internal/telemetry"
)

// alertingName is the name of alerting's cursor in the spool.
const alertingName = "alerting"

// openIncidents opens the database of incidents, and shows on the page what is
// open in it.
func (a *App) openIncidents(ctx context.Context) error {
	db, err := incidentDB(ctx, a.cfg, a.logger)
	if err != nil {
		return err
	}
	a.life.onStop("incidents", 5*time.Second, func(context.Context) error { return db.Close() })
	a.health.add("incidents", db.Ping)
	a.incidents = incident.NewStore(db, incident.Options{})
	if a.calls, err = calls.New(calls.Options{Store: a.incidents, Logger: a.logger}); err != nil {
		return err
	}
	a.life.run("live incidents", 5*time.Second, a.calls.Run)
	return nil
}

// startAlerting evaluates the stream, and brings what comes of it to people.
func (a *App) startAlerting(ctx context.Context) error {
	if err := a.openEstate(ctx); err != nil {
		return err
	}
	tail, err := ingest.NewTail(a.store, alertingName, ingest.TailOptions{
		Clock: a.cfg.ClockPolicy(), Registerer: a.registry, Lost: func(from, to uint64, err error) {
			a.logger.Error("alerting cannot read messages of the spool", "from", from, "to", to, "error", err)
		},
	})
	if err != nil {
		return err
	}
	a.people = &alertingPeople{files: a.alertingFiles, registry: a.control.Registry, logger: a.logger}
	service, err := alerting.New(ctx, alerting.Options{
		Store: a.incidents, Source: tailSource{tail}, Estate: a.estate, People: a.people, StateFile: a.cfg.alertingState(),
		Query: func(ctx context.Context, query string, from, to time.Time) ([]engine.Row, error) {
			return ruleRows(ctx, a.db, query, from, to)
		},
		Receiving: a.receiving, Alone: strings.HasPrefix(a.cfg.incidentsDSN(), "sqlite:"), Logger: a.logger, Registerer: a.registry,
	})
	if err != nil {
		return err
	}
	a.alerting = service
	if a.channels, err = notify.Open(a.alertingFiles.Channels, a.publish); err != nil {
		return fmt.Errorf("alerting.channels: %w", err)
	}
	worker, err := notify.NewWorker(notify.Options{
		Channels: a.channels, Outbox: a.incidents, Changed: a.incidents.Changed, Open: a.incidents.Open, Backlog: a.incidents.Backlog,
		Estate: a.estate, Registerer: a.registry, Logger: a.logger,
	})
	if err != nil {
		return err
	}
	seq, err := a.restoreRelief(ctx)
	if err != nil {
		return fmt.Errorf("restore the live state: %w", err)
	}
	a.life.run("ended dangers to the live board", 5*time.Second, func(ctx context.Context) error { a.relieve(ctx, seq); return nil })
	a.life.run("incident retention", 5*time.Second, a.pruneIncidents)
	// Stopped in the opposite order: who evaluates first, who is told last.
	a.life.run("incidents to ClickHouse", 5*time.Second, a.follower(mirrorName, a.mirrorIncidents).Run)
	if err := a.followChannels(ctx); err != nil {
		return fmt.Errorf("incidents: %w", err)
	}
	a.life.run("notices", 10*time.Second, func(ctx context.Context) error { worker.Run(ctx); return nil })
	a.life.run("alerting", 10*time.Second, func(ctx context.Context) error {
		defer tail.Close()
		return service.Run(ctx)
	})
	return nil
}

// pruneEvery is how often incidents that are old enough are removed.
const pruneEvery = 6 * time.Hour

func (a *App) pruneIncidents(ctx context.Context) error {
	tick := time.NewTicker(pruneEvery)
	defer tick.Stop()
	for {
		removed, err := a.incidents.Prune(ctx, time.Now().Add(-a.cfg.Retention.Incidents.Std()))
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			a.logger.Error("old incidents not removed", "error", err)
		case removed > 0:
			a.logger.Info("old incidents removed", "incidents", removed)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func (a *App) follower(name string, take func(context.Context, []incident.Entry, []incident.Incident) error) *alerting.Follower {
	return &alerting.Follower{Name: name, Store: a.incidents, Take: take, Logger: a.logger}
}

// receiving reports whether messages would come if there were any.
func (a *App) receiving() bool {
	connected := a.connected.Load()
	return connected != nil && (*connected)() == nil
}

var errNoBroker = errors.New("the connection to the broker is not there yet")

// publish sends a message of Steward's own by the broker. Alerting begins with what is
// open since before, and sooner than the broker is there: that is waited for.
func (a *App) publish(ctx context.Context, topic string, payload []byte, retain bool) error {
	select {
	case <-a.door:
	case <-ctx.Done():
		return errNoBroker
	}
	return a.publisher(ctx, topic, payload, retain)
}

// mirrorIncidents copies timelines to ClickHouse, for analytics and as a witness.
func (a *App) mirrorIncidents(ctx context.Context, entries []incident.Entry, incidents []incident.Incident) error {
	byID := make(map[string]*incident.Incident, len(incidents))
	for i := range incidents {
		byID[incidents[i].ID] = &incidents[i]
	}
	rows := make([]clickhouse.IncidentEvent, 0, len(entries))
	for i := range entries {
		e := &entries[i]
		inc := byID[e.Incident]
		if inc == nil {
			continue // pruned since
		}
		rows = append(rows, clickhouse.IncidentEvent{
			Seq: e.Seq, Incident: e.Incident, N: uint32(e.N), Kind: string(e.Kind), At: e.At, Received: e.Received,
			Place: inc.Place, Building: inc.Building, Class: string(inc.Class), Device: inc.Device, Rule: inc.Rule,
			IncidentKind: inc.Kind, Severity: inc.Severity, State: string(e.State), ActorKind: e.Actor.Kind, ActorID: e.Actor.ID,
			Note: e.Note, Data: string(e.Data), Hash: e.Hash, Shadow: inc.Shadow,
		})
	}
	return a.db.PutIncidentEvents(ctx, rows)
}

// followChannels has the channels that follow every change, MQTT and Alertmanager,
// told what incidents become: each at its own pace, so that none waits for another
// that is away. A channel that is new is told of what happens from now on.
func (a *App) followChannels(ctx context.Context) error {
	head, err := a.incidents.Head(ctx)
	if err != nil {
		return err
	}
	followers := a.channels.Followers()
	names := []string{mirrorName}
	for name := range followers {
		names = append(names, followerName(name))
	}
	if err := a.incidents.KeepFollowers(ctx, names...); err != nil {
		return err
	}
	for name, changed := range followers {
		seq, err := a.incidents.FollowerSeq(ctx, followerName(name))
		if err == nil && seq == 0 && head > 0 {
			err = a.incidents.SetFollowerSeq(ctx, followerName(name), head)
		}
		if err != nil {
			return err
		}
		a.life.run("incidents to channel "+name, 5*time.Second, a.follower(followerName(name), func(ctx context.Context, _ []incident.Entry, incidents []incident.Incident) error {
			for _, inc := range incidents {
				if inc.Shadow {
					continue
				}
				err := changed(ctx, inc)
				if errors.Is(err, notify.ErrPermanent) {
					a.logger.Error("incident not taken by a channel", "channel", name, "incident", inc.ID, "error", err)
					continue
				}
				if err != nil {
					return err
				}
			}
			return nil
		}).Run)
	}
	return nil
}

// mirrorName is the follower that copies timelines to ClickHouse.
const mirrorName = "clickhouse"

func followerName(channel string) string { return "channel:" + channel }

// tailSource is the spool as alerting reads it.
type tailSource struct{ *ingest.Tail }

func (t tailSource) TryNext() (engine.Input, bool, error) {
	d, ok, err := t.Tail.TryNext()
	return inputOf(d), ok, err
}

func (t tailSource) Next(ctx context.Context) (engine.Input, error) {
	d, err := t.Tail.Next(ctx)
	return inputOf(d), err
}

func inputOf(d ingest.Decoded) engine.Input {
	return engine.Input{
		Seq: d.Seq, Received: d.Received, Topic: d.Topic, Payload: d.Payload,
		Readings: d.Readings, States: d.States, Events: d.Events, Statuses: d.Statuses,
	}
}

// ruleRows runs the query of a rule.
func ruleRows(ctx context.Context, db *clickhouse.Store, query string, from, to time.Time) ([]engine.Row, error) {
	found, err := db.RuleQuery(ctx, query, from, to)
	if err != nil {
		return nil, err
	}
	rows := make([]engine.Row, len(found))
	for i, r := range found {
		rows[i] = engine.Row{Place: authz.Place{Region: r.Region, Project: r.Project}, Value: r.Value, Text: r.Text}
		if r.Device != "" {
			rows[i].Device = telemetry.Device{Region: r.Region, Project: r.Project, Class: r.Class, ID: r.Device}
		}
	}
	return rows, nil
}
