package registry

import (
	"fmt"
	"slices"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"steward/internal/telemetry"
)

func TestRegister(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		must(h.hq().CreateApprovalRule(ctx, ApprovalRule{Region: "north", Class: telemetry.Meter, Pattern: "hz-??-*", Note: "惯例"}))(t)
		h.add(device("north/harbour/meter/known"))
		list := []telemetry.Device{
			ref("north/harbour/meter/known"), ref("north/harbour/meter/hz-01-7"), ref("north/harbour/fire/hz-01-7"), ref("east/park/meter/hz-01-7"),
			ref("west/lake/meter/m1"), ref("west/lake/meter/m1"), {Region: "hq", Project: "p", Class: telemetry.Meter, ID: "m"},
		}
		result := must(h.Register(ctx, list))(t)
		if result.Created != 4 || result.Dropped != 1 {
			t.Errorf("%+v", result)
		}
		for path, want := range map[string]State{
			"north/harbour/meter/known": Active, "north/harbour/meter/hz-01-7": Active, "north/harbour/fire/hz-01-7": Pending,
			"east/park/meter/hz-01-7": Pending, "west/lake/meter/m1": Pending,
		} {
			d := h.get(path)
			if d.State != want || result.States[ref(path)] != want || (path != "north/harbour/meter/known") != d.FirstSeen.Equal(start) {
				t.Errorf("%s: %+v", path, d)
			}
		}
		if p := must(h.hq().Project(ctx, "west", "lake"))(t); p.Name != "lake" || p.TimeZone != "Asia/Shanghai" {
			t.Errorf("%+v", p)
		}
		before := h.state()
		if again := must(h.Register(ctx, list[:6]))(t); again.Created != 0 || len(again.States) != 5 || h.state() != before {
			t.Errorf("%+v", again)
		}

		// Five may wait; three do.
		var flood []telemetry.Device
		for i := range 100 {
			flood = append(flood, ref(fmt.Sprint("flood/p", i, "/meter/m", i)))
		}
		if result := must(h.Register(ctx, flood))(t); result.Created != 2 || result.Dropped != 98 {
			t.Errorf("flood: %+v", result)
		}
		if list := must(h.hq().Projects(ctx, ProjectFilter{Region: "flood"}, Page{}))(t); len(list.Items) != 2 {
			t.Errorf("%d projects were made", len(list.Items))
		}
		if result := must(h.Register(ctx, []telemetry.Device{ref("north/hill/meter/hz-99-x")}))(t); result.Created != 1 {
			t.Error("a rule's device found no room")
		}
		entries := must(h.hq().History(ctx, KindDevice, "west/lake/meter/m1", Page{}))(t).Items
		if len(entries) != 1 || entries[0].Action != "device.register" || entries[0].Actor.ID != "ingest" {
			t.Errorf("%+v", entries)
		}
	})
}

func TestRules(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		must(h.Register(ctx, []telemetry.Device{ref("north/harbour/meter/a1"), ref("north/harbour/meter/b1"), ref("north/hill/meter/a1")}))(t)
		engineer := h.as("engineer", "north/harbour")
		r := must(engineer.CreateApprovalRule(ctx, ApprovalRule{Region: "north", Project: "harbour", Pattern: "a*"}))(t)
		for path, want := range map[string]State{"north/harbour/meter/a1": Active, "north/harbour/meter/b1": Pending, "north/hill/meter/a1": Pending} {
			if d := h.get(path); d.State != want {
				t.Errorf("%s is %s", path, d.State)
			}
		}
		for name, c := range map[string]struct {
			rule   ApprovalRule
			fields []string
		}{
			"pattern": {ApprovalRule{Region: "north", Project: "harbour", Pattern: "[a"}, []string{"pattern"}},
			"empty":   {ApprovalRule{Region: "north", Project: "harbour"}, []string{"pattern"}},
			"class":   {ApprovalRule{Region: "north", Project: "harbour", Pattern: "*", Class: "boiler"}, []string{"class"}},
		} {
			_, err := engineer.CreateApprovalRule(ctx, c.rule)
			t.Run(name, func(t *testing.T) { wantField(t, err, c.fields...) })
		}
		_, err := engineer.CreateApprovalRule(ctx, ApprovalRule{Region: "north", Pattern: "*"})
		wantErr(t, err, ErrForbidden)
		_, err = engineer.CreateApprovalRule(ctx, ApprovalRule{Pattern: "*"})
		wantErr(t, err, ErrForbidden)
		_, err = h.hq().CreateApprovalRule(ctx, ApprovalRule{Project: "harbour", Pattern: "*"})
		wantField(t, err, "project")
		_, err = h.hq().CreateApprovalRule(ctx, ApprovalRule{Region: "nosuch", Pattern: "*"})
		wantField(t, err, "region")

		if err := engineer.DeleteApprovalRule(ctx, r.ID); err != nil {
			t.Fatal(err)
		}
		wantErr(t, engineer.DeleteApprovalRule(ctx, r.ID), ErrNotFound)
		must(h.Register(ctx, []telemetry.Device{ref("north/harbour/meter/a2")}))(t)
		if d := h.get("north/harbour/meter/a2"); d.State != Pending {
			t.Error("a deleted rule approves")
		}
		if list := must(h.hq().Audit(ctx, AuditFilter{Kind: KindRule}, Page{}))(t).Items; len(list) != 2 || list[0].Action != "approval_rule.delete" {
			t.Errorf("%+v", list)
		}
	})
}

// The mirror that follows in small steps has what the registry has, and what it
// is given comes in the order of the changes.
func TestChanges(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		mirror, projects := map[string]Device{}, map[string]Project{}
		var at int64
		follow := func() (steps int) {
			for {
				ds, ps, next, err := h.Changes(ctx, at, 7)
				if err != nil {
					t.Fatal(err)
				}
				if len(ds)+len(ps) == 0 {
					if next != at {
						t.Fatalf("nothing new at %d, and next is %d", at, next)
					}
					return steps
				}
				if next <= at || len(ds)+len(ps) > 7 {
					t.Fatalf("from %d to %d with %d", at, next, len(ds)+len(ps))
				}
				for _, d := range ds {
					mirror[d.path()] = d
				}
				for _, p := range ps {
					projects[p.place().String()] = p
				}
				at, steps = next, steps+len(ds)+len(ps)
			}
		}
		h.fill(50)
		if n := follow(); n != 53 || len(mirror) != 50 || len(projects) != 3 {
			t.Errorf("%d changes, %d devices, %d projects", n, len(mirror), len(projects))
		}
		must(h.hq().RetireDevice(ctx, ref("north/harbour/meter/d0"), 1, "", ""))(t)
		p := projects["east/park"]
		p.Name = "公园"
		must(h.hq().UpdateProject(ctx, p))(t)
		must(h.hq().CreateBuilding(ctx, Building{Region: "east", Project: "park", ID: "b"}))(t)
		if n := follow(); n != 2 || mirror["north/harbour/meter/d0"].State != Retired || projects["east/park"].Name != "公园" {
			t.Errorf("%d changes", n)
		}
		var known []string
		err := h.Known(ctx, func(d telemetry.Device, s State) error {
			if mirror[d.String()].State != s {
				t.Errorf("%s is %s", d, s)
			}
			known = append(known, d.String())
			return nil
		})
		if err != nil || len(known) != 50 || !slices.IsSorted(known) {
			t.Errorf("%d known, %v", len(known), err)
		}
	})
}

func TestMetrics(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r := prometheus.NewRegistry()
		s := New(h.db, Options{Registerer: r, MaxPending: 1})
		must(s.Register(t.Context(), []telemetry.Device{ref("a/b/meter/m1"), ref("a/b/meter/m2")}))(t)
		for outcome, want := range map[string]float64{outcomePending: 1, outcomeDropped: 1, outcomeApproved: 0} {
			if got := testutil.ToFloat64(s.metrics.registered.WithLabelValues(outcome)); got != want {
				t.Errorf("%s: %v", outcome, got)
			}
		}
		if problems, err := testutil.GatherAndLint(r); err != nil || len(problems) > 0 {
			t.Error(problems, err)
		}
	})
}
