package registry

import (
	"context"
	"slices"

	"steward/internal/authz"
	"steward/internal/registry/scoped"
	"steward/internal/telemetry"
)

// RegisterResult is what Register found.
type RegisterResult struct {
	States  map[telemetry.Device]State // of those devices that the registry holds now
	Created int
	Dropped int // there was no room for them, or their names cannot be kept
}

// Register is told which devices publish without being known. They become
// pending, or active when a rule approves them, together with their regions and
// projects; MaxPending bounds how many wait. Those that are known already stay
// as they are, so that it can be called again after a failure.
func (s *Store) Register(ctx context.Context, list []telemetry.Device) (RegisterResult, error) {
	caller := authz.SystemPrincipal("ingest")
	result := RegisterResult{States: make(map[telemetry.Device]State, len(list))}
	unknown, err := s.unknown(ctx, caller, list, &result)
	if err != nil || len(unknown) == 0 {
		return result, err
	}
	var outcome map[string]int
	err = s.db.Write(ctx, caller, s.now(), func(tx *scoped.Tx) error {
		outcome = map[string]int{}
		return s.register(tx, unknown, &result, outcome)
	})
	if err != nil {
		return RegisterResult{}, err
	}
	for name, n := range outcome {
		s.metrics.registered.WithLabelValues(name).Add(float64(n))
	}
	result.Created = outcome[outcomePending] + outcome[outcomeApproved]
	result.Dropped = outcome[outcomeDropped]
	s.logger.InfoContext(ctx, "unknown devices registered",
		"pending", outcome[outcomePending], "approved", outcome[outcomeApproved], "dropped", outcome[outcomeDropped])
	return result, nil
}

// unknown are those of a list that are not held, each once and in order.
func (s *Store) unknown(ctx context.Context, caller authz.Principal, list []telemetry.Device, result *RegisterResult) (unknown []telemetry.Device, err error) {
	err = s.db.Read(ctx, caller, func(tx *scoped.Tx) error {
		unknown, err = missing(tx, list, result.States)
		return err
	})
	return unknown, err
}

func missing(tx *scoped.Tx, list []telemetry.Device, states map[telemetry.Device]State) ([]telemetry.Device, error) {
	paths := make([]string, len(list))
	for i, d := range list {
		paths[i] = d.String()
	}
	slices.Sort(paths)
	stored, err := standings.GetAll(tx, slices.Compact(paths))
	if err != nil {
		return nil, err
	}
	for i := range stored {
		states[stored[i].ref()] = stored[i].State
	}
	var unknown []telemetry.Device
	seen := map[telemetry.Device]bool{}
	for _, d := range list {
		if _, known := states[d]; !known && !seen[d] {
			seen[d] = true
			unknown = append(unknown, d)
		}
	}
	return unknown, nil
}

func (s *Store) register(tx *scoped.Tx, list []telemetry.Device, result *RegisterResult, outcome map[string]int) error {
	// Another replica may have been first since they were looked up.
	list, err := missing(tx, list, result.States)
	if err != nil {
		return err
	}
	approving, err := rules.Within(tx, authz.Read, authz.HQ).All()
	if err != nil {
		return err
	}
	waiting, err := devices.Within(tx, authz.Read, authz.HQ, scoped.Is("state", string(Pending))).Count()
	if err != nil {
		return err
	}
	var changes []*change[Device]
	for _, ref := range list {
		d := Device{Region: ref.Region, Project: ref.Project, Class: ref.Class, ID: ref.ID, State: Pending, FirstSeen: tx.Now()}
		approved := slices.ContainsFunc(approving, func(r ApprovalRule) bool { return r.approves(ref) })
		switch {
		case !nameable(ref) || !approved && waiting >= s.maxPending:
			outcome[outcomeDropped]++
			continue
		case approved:
			d.State = Active
			outcome[outcomeApproved]++
		default:
			waiting++
			outcome[outcomePending]++
		}
		tidyDevice(&d)
		changes = append(changes, &change[Device]{after: d, action: "register"})
		result.States[ref] = d.State
	}
	if err := openPlacesOf(tx, changes); err != nil {
		return err
	}
	return devices.save(tx, changes...)
}

// nameable reports whether a device can be kept under its name. Ingest has
// checked topics, but a region may still be called as the headquarters are.
func nameable(d telemetry.Device) bool {
	_, err := telemetry.ParseClass(string(d.Class))
	at := authz.Place{Region: d.Region, Project: d.Project}
	return err == nil && at.Project != "" && at.Validate() == nil && telemetry.CheckSegment(d.ID) == nil
}

// openPlacesOf makes the regions and projects of devices where they are missing,
// named by their ids until somebody gives them a name.
func openPlacesOf(tx *scoped.Tx, changes []*change[Device]) error {
	known := map[authz.Place]bool{}
	for _, c := range changes {
		at := c.after.place()
		if known[at] {
			continue
		}
		known[at] = true
		if err := ensure(tx, regions, Region{ID: at.Region, Name: at.Region}); err != nil {
			return err
		}
		if err := ensure(tx, projects, Project{Region: at.Region, ID: at.Project, Name: at.Project}); err != nil {
			return err
		}
	}
	return nil
}

func ensure[T any](tx *scoped.Tx, k *kind[T], o T) error {
	stored, err := k.GetAll(tx, []string{k.Path(&o)})
	if err != nil || len(stored) > 0 {
		return err
	}
	c := &change[T]{after: o, action: "register"}
	if err := k.prepare(tx, c); err != nil {
		return err
	}
	return k.save(tx, c)
}
