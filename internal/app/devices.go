package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"steward/ingest"
	"steward/internal/identity"
	"steward/internal/live"
	"steward/internal/registry"
	"steward/internal/telemetry"
)

// openDirectory gives the door and the live board what the registry knows of each
// device, keeps them up to date, and tells the registry who else is knocking.
func (a *App) openDirectory(ctx context.Context) error {
	a.devices = ingest.NewDirectory(ingest.UnknownPolicy(a.cfg.Registry.UnknownDevices), a.ingestMetrics, a.logger)
	all := map[telemetry.Device]ingest.Standing{}
	var told serving
	err := a.control.Registry.Known(ctx, func(d telemetry.Device, s registry.State) error {
		all[d] = standing(s)
		told.add(d, s)
		return nil
	})
	if err != nil {
		return fmt.Errorf("registry: %w", err)
	}
	a.devices.Set(all)
	told.show(a.board)
	a.life.run("device directory", 5*time.Second, func(ctx context.Context) error {
		return a.devices.Run(ctx, registrar{a.control.Registry, a.devices})
	})
	a.life.run("registry to the door", 5*time.Second, func(ctx context.Context) error {
		return a.follow(ctx, "the door", 0, func(_ context.Context, devices []registry.Device, _ []registry.Project) error {
			var told serving
			for _, d := range devices {
				a.devices.Put(d.Ref(), standing(d.State))
				told.add(d.Ref(), d.State)
			}
			told.show(a.board)
			return nil
		})
	})
	return nil
}

func standing(s registry.State) ingest.Standing {
	switch s {
	case registry.Pending:
		return ingest.Pending
	case registry.Refused:
		return ingest.Refused
	}
	return ingest.Known
}

// serving is what the live board is told of the registry: which devices are in
// service, and which are not. Those that wait to be approved show themselves.
type serving struct{ in, out []telemetry.Device }

func (s *serving) add(d telemetry.Device, state registry.State) {
	switch state {
	case registry.Active:
		s.in = append(s.in, d)
	case registry.Refused, registry.Retired, registry.Replaced:
		s.out = append(s.out, d)
	}
}

func (s *serving) show(b *live.Board) {
	b.Dismiss(s.out...) // first: what takes a place needs it
	b.Expect(s.in...)
}

// registrar registers unknown devices, and lets those that a rule approved in at
// once.
type registrar struct {
	registry *registry.Store
	devices  *ingest.Directory
}

func (r registrar) Register(ctx context.Context, devices []telemetry.Device) error {
	result, err := r.registry.Register(ctx, devices)
	for d, s := range result.States {
		r.devices.Put(d, standing(s))
	}
	return err
}

// newIntake is the door of all messages.
func (a *App) newIntake() *ingest.Intake {
	return ingest.NewIntake(a.spool, ingest.IntakeOptions{
		MaxPayload: int(a.cfg.Ingest.MaxPayload), Devices: a.devices, Privacy: a.privacy, Metrics: a.ingestMetrics,
	})
}

// brokerAuth lets in at the embedded broker whom the registry knows.
type brokerAuth struct{ identity *identity.Service }

func (b brokerAuth) Authenticate(ctx context.Context, user string, password []byte, _ string) (ingest.Access, error) {
	client, err := b.identity.MQTT(ctx, user, password)
	if errors.Is(err, identity.ErrBadCredentials) {
		return ingest.Access{}, ingest.ErrBadCredentials
	}
	if err != nil {
		return ingest.Access{}, err
	}
	access := ingest.Access{
		Name:       client.Principal.ID,
		MayPublish: client.MayPublish,
		Gone: func() bool {
			// What changed begins with the next connection.
			now, still := b.identity.StillMQTT(context.Background(), client)
			return !still || !slices.Equal(now.Publish, client.Publish) || !slices.Equal(now.Subscribe, client.Subscribe)
		},
	}
	if len(client.Subscribe) > 0 {
		access.MaySubscribe = client.MaySubscribe
	}
	return access, nil
}
