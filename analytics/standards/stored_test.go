package standards

import (
	"fmt"
	"testing"
	"time"

	"steward/internal/authz"
	"steward/internal/controldb/controldbtest"
	"steward/internal/incident"
	"steward/internal/telemetry"
)

// TestStored: over several pages of the real store each incident is read once.
func TestStored(t *testing.T) {
	store := incident.NewStore(controldbtest.SQLiteIncidents(t), incident.Options{Now: func() time.Time { return now }})
	const inside = 1100 // more than a page
	want := map[string]bool{}
	err := store.Update(t.Context(), func(tx *incident.Tx) error {
		save := func(name string, began time.Time, state incident.State, shadow bool) error {
			var w world
			i := w.add("north/harbour", "e1", began, "on_site", 600, 10)
			i.Fingerprint = name
			i.ID, i.Severity, i.Received, i.Count = incident.NewID(name, began), telemetry.LifeSafety, began, 1
			i.State, i.Shadow = state, shadow
			if name[0] == '+' {
				want[i.ID] = true
			}
			return tx.Save(i, incident.Entry{Kind: incident.EntryOpened, At: began, Actor: incident.System})
		}
		for n := range inside {
			// Several at the same time lie on both sides of a page's end.
			if err := save(fmt.Sprint("+", n), from.Add(time.Duration(n/7)*time.Minute), incident.Resolved, false); err != nil {
				return err
			}
		}
		for _, one := range []struct {
			name   string
			began  time.Time
			state  incident.State
			shadow bool
		}{
			{"+open inside", from, incident.Arrived, false},
			{"+open before", from.Add(-time.Hour), incident.Firing, false},
			{"-over before", from.Add(-time.Hour), incident.Resolved, false},
			{"-after", to, incident.Firing, false},
			{"-on trial", from, incident.Firing, true},
		} {
			if err := save(one.name, one.began, one.state, one.shadow); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	stored := Stored(store.As(authz.SystemPrincipal("analytics")))
	seen := map[string]bool{}
	err = stored.Each(t.Context(), from, to, func(i *incident.Incident) error {
		if seen[i.ID] || !want[i.ID] {
			t.Errorf("%s of %s: read twice, or not wanted", i.ID, i.StartedAt)
		}
		seen[i.ID] = true
		return nil
	})
	if err != nil || len(seen) != len(want) {
		t.Errorf("read %d incidents, want %d: %v", len(seen), len(want), err)
	}
	r := run(t, Options{Incidents: stored})
	r.is("clocks north/harbour clock:on_site", inside+1, inside+1)
	r.is("response_seconds_p95 hq clock:on_site", 10, inside+1)
}
