package registry

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"steward/internal/authz"
	"steward/internal/controldb"
	"steward/internal/controldb/controldbtest"
	"steward/internal/incident"
	"steward/internal/registry/scoped"
	"steward/internal/telemetry"
)

// planted gives every place a device, a building and a rule that tell where they
// are from.
func (h *house) planted() {
	h.t.Helper()
	ctx := h.t.Context()
	for _, at := range []string{"north/harbour", "north/hill", "east/park"} {
		region, project, _ := strings.Cut(at, "/")
		must(h.hq().CreateBuilding(ctx, Building{Region: region, Project: project, ID: "b-" + project, Name: "marker-" + project}))(h.t)
		d := device(at + "/meter/m-" + project)
		d.Name, d.Building, d.Serial = "marker-"+project, "b-"+project, "marker-"+project
		h.add(d)
		must(h.hq().CreateApprovalRule(ctx, ApprovalRule{Region: region, Project: project, Pattern: "marker-" + project}))(h.t)
	}
	must(h.hq().CreateAlertRule(ctx, AlertRule{Name: "house", Text: "marker-house"}))(h.t)
	h.plantAlerting("north", "harbour")
	h.plantAlerting("east", "park")
	must(h.hq().CreateApprovalRule(ctx, ApprovalRule{Region: "north", Pattern: "marker-region"}))(h.t)
	must(h.hq().CreateApprovalRule(ctx, ApprovalRule{Pattern: "marker-house"}))(h.t)
}

// plantAlerting gives a project one of everything that is said of alerting there.
func (h *house) plantAlerting(region, project string) {
	h.t.Helper()
	ctx, name := h.t.Context(), "marker-"+project
	must(h.hq().CreateAlertRule(ctx, AlertRule{Region: region, Project: project, Name: name, Text: name}))(h.t)
	must(h.hq().CreateSilence(ctx, Silence{Silence: silenceAt(region, project, name)}))(h.t)
	must(h.hq().CreateOverride(ctx, Override{Region: region, Project: project, Schedule: "duty", Contact: name, From: h.now, Until: h.now.Add(time.Hour)}))(h.t)
	must(h.hq().CreateResponder(ctx, Responder{Region: region, Project: project, Name: name, Card: cardOf(project)}))(h.t)
}

func silenceAt(region, project, reason string) incident.Silence {
	return incident.Silence{Place: authz.Place{Region: region, Project: project}, From: start, Until: start.Add(time.Hour), Reason: reason}
}

func cardOf(name string) string { return fmt.Sprintf("psn_%x", sha256.Sum256([]byte(name)))[:36] }

type rowBuffer struct{ strings.Builder }

func (b *rowBuffer) Write(cells ...any) error {
	_, err := fmt.Fprintln(&b.Builder, cells...)
	return err
}
func (b *rowBuffer) Close() error { return nil }

// call calls a method of a View in a way that would succeed for an administrator
// of the house, on what was planted at north/harbour, and returns what came back
// as text. A method that it does not know ends the test.
func call(t *testing.T, v *View, name string) (string, error) {
	t.Helper()
	ctx := t.Context()
	at, m := ref("north/harbour/meter/m-harbour"), map[string]json.RawMessage{"vendor": json.RawMessage(`"V"`)}
	show := func(x any, err error) (string, error) {
		b, e := json.Marshal(x)
		return string(b), errors.Join(err, e)
	}
	rows := Rows{Header: []string{"region", "project", "class", "id", "name"}, Rows: []Row{{2, []string{"north", "harbour", "meter", "m-harbour", "改"}}}}
	switch name {
	case "Regions":
		return show(v.Regions(ctx, RegionFilter{Retired: true}, Page{}))
	case "Region":
		return show(v.Region(ctx, "north"))
	case "CreateRegion":
		return show(v.CreateRegion(ctx, Region{ID: "south"}))
	case "UpdateRegion":
		return show(v.UpdateRegion(ctx, Region{ID: "north", Name: "改", Meta: Meta{Version: 1}}))
	case "RetireRegion":
		return show(v.RetireRegion(ctx, "south", 1))
	case "Projects":
		return show(v.Projects(ctx, ProjectFilter{Retired: true}, Page{}))
	case "Project":
		return show(v.Project(ctx, "north", "harbour"))
	case "ProjectZone":
		zone, known, err := v.ProjectZone(ctx, "north", "harbour")
		return show(map[bool]*time.Location{true: zone}[known], err)
	case "CreateProject":
		return show(v.CreateProject(ctx, Project{Region: "north", ID: "lake"}))
	case "UpdateProject":
		return show(v.UpdateProject(ctx, Project{Region: "north", ID: "harbour", Name: "改", Meta: Meta{Version: 1}}))
	case "RetireProject":
		return show(v.RetireProject(ctx, "north", "lake", 1))
	case "Buildings":
		return show(v.Buildings(ctx, BuildingFilter{Retired: true}, Page{}))
	case "Building":
		return show(v.Building(ctx, "north", "harbour", "b-harbour"))
	case "CreateBuilding":
		return show(v.CreateBuilding(ctx, Building{Region: "north", Project: "harbour", ID: "b2"}))
	case "UpdateBuilding":
		return show(v.UpdateBuilding(ctx, Building{Region: "north", Project: "harbour", ID: "b-harbour", Name: "改", Meta: Meta{Version: 1}}))
	case "RetireBuilding":
		return show(v.RetireBuilding(ctx, "north", "harbour", "b2", 1))
	case "Devices":
		return show(v.Devices(ctx, DeviceFilter{Search: "marker"}, Page{Sort: "-name"}))
	case "CountDevices":
		return show(v.CountDevices(ctx, DeviceFilter{}))
	case "DeviceFacets":
		return show(v.DeviceFacets(ctx, DeviceFilter{}))
	case "EachDevice":
		var list []Device
		err := v.EachDevice(ctx, DeviceFilter{}, func(d Device) error { list = append(list, d); return nil })
		return show(list, err)
	case "Device":
		return show(v.Device(ctx, at))
	case "CreateDevice":
		return show(v.CreateDevice(ctx, device("north/harbour/fire/f1")))
	case "UpdateDevice":
		d, err := v.store.As(authz.SystemPrincipal("test")).Device(ctx, at)
		if err != nil {
			t.Fatal(err)
		}
		d.Vendor = "新"
		return show(v.UpdateDevice(ctx, d))
	case "EditDevices":
		return show(v.EditDevices(ctx, BulkEdit{Refs: []telemetry.Device{at}, Set: m}))
	case "ApproveDevices":
		return show(v.ApproveDevices(ctx, []telemetry.Device{at}))
	case "RefuseDevices":
		return show(v.RefuseDevices(ctx, []telemetry.Device{ref("north/harbour/meter/waiting")}))
	case "Import":
		return show(v.Import(ctx, KindDevice, rows, ImportOptions{}))
	case "Export":
		var b rowBuffer
		err := v.Export(ctx, KindDevice, ExportOptions{}, &b)
		return b.String(), err
	case "ReplaceDevice":
		now, err := v.store.As(authz.SystemPrincipal("test")).Device(ctx, at)
		if err != nil {
			t.Fatal(err)
		}
		was, is, err := v.ReplaceDevice(ctx, at, now.Version, Device{ID: "m-next"}, "")
		if err != nil {
			return "", err
		}
		return show([]Device{was, is}, err)
	case "RetireDevice":
		return show(v.RetireDevice(ctx, ref("north/harbour/fire/f1"), 1, "", ""))
	case "AlertRules":
		return show(v.AlertRules(ctx, Page{}))
	case "AlertRule":
		return show(v.AlertRule(ctx, "marker-harbour"))
	case "CreateAlertRule":
		return show(v.CreateAlertRule(ctx, AlertRule{Region: "north", Project: "harbour", Name: "next", Text: "x"}))
	case "UpdateAlertRule":
		return show(v.UpdateAlertRule(ctx, AlertRule{Region: "north", Project: "harbour", Name: "marker-harbour", Text: "y", Meta: Meta{Version: 1}}))
	case "DeleteAlertRule":
		return "", v.DeleteAlertRule(ctx, "next", 1)
	case "Silences":
		return show(v.Silences(ctx, SilenceFilter{Ended: true}, Page{Sort: "-until"}))
	case "Silence":
		return show(v.Silence(ctx, plantedID(t, v, silences, "harbour")))
	case "CreateSilence":
		return show(v.CreateSilence(ctx, Silence{Silence: silenceAt("north", "harbour", "works")}))
	case "UpdateSilence":
		s, err := v.store.As(authz.SystemPrincipal("test")).Silence(ctx, plantedID(t, v, silences, "harbour"))
		if err != nil {
			t.Fatal(err)
		}
		s.Reason += "!"
		return show(v.UpdateSilence(ctx, s))
	case "EndSilence":
		return show(v.EndSilence(ctx, plantedID(t, v, silences, "harbour")))
	case "Overrides":
		return show(v.Overrides(ctx, OverrideFilter{Ended: true}, Page{Sort: "from"}))
	case "Override":
		return show(v.Override(ctx, plantedID(t, v, overrides, "harbour")))
	case "CreateOverride":
		return show(v.CreateOverride(ctx, Override{Region: "north", Project: "harbour", Schedule: "duty", Contact: "li", From: start, Until: start.Add(time.Hour)}))
	case "EndOverride":
		return show(v.EndOverride(ctx, plantedID(t, v, overrides, "harbour")))
	case "Responders":
		return show(v.Responders(ctx, ResponderFilter{Ended: true}, Page{Sort: "name"}))
	case "Responder":
		return show(v.Responder(ctx, plantedID(t, v, responders, "harbour")))
	case "CreateResponder":
		return show(v.CreateResponder(ctx, Responder{Region: "north", Project: "harbour", Name: "li", Card: cardOf("li")}))
	case "EndResponder":
		return show(v.EndResponder(ctx, plantedID(t, v, responders, "harbour")))
	case "History":
		return show(v.History(ctx, KindDevice, at.String(), Page{}))
	case "Audit":
		return show(v.Audit(ctx, AuditFilter{}, Page{}))
	case "ApprovalRules":
		return show(v.ApprovalRules(ctx, Page{}))
	case "CreateApprovalRule":
		return show(v.CreateApprovalRule(ctx, ApprovalRule{Region: "north", Project: "harbour", Pattern: "x-*"}))
	case "DeleteApprovalRule":
		list, err := v.store.As(authz.SystemPrincipal("test")).ApprovalRules(ctx, Page{})
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(list.Items, func(r ApprovalRule) bool { return r.Pattern == "marker-harbour" })
		return "", v.DeleteApprovalRule(ctx, list.Items[i].ID)
	}
	t.Fatalf("the walk does not know the method %s: teach it", name)
	return "", nil
}

// plantedID is the id of the last of a kind at a project of the north.
func plantedID[T any](t *testing.T, v *View, k *kind[T], project string) string {
	t.Helper()
	var all []T
	err := v.store.As(authz.SystemPrincipal("test")).read(t.Context(), func(tx *scoped.Tx) (err error) {
		all, err = k.Within(tx, authz.Read, authz.Place{Region: "north", Project: project}).All()
		return err
	})
	if err != nil || len(all) == 0 {
		t.Fatal(len(all), err)
	}
	return k.Path(&all[len(all)-1])
}

func methods() []string {
	var names []string
	for m := range reflect.TypeFor[*View]().Methods() {
		names = append(names, m.Name)
	}
	return names
}

// state is all that the registry holds, so that a change of anything shows.
func (h *house) state() string {
	h.t.Helper()
	var b strings.Builder
	for _, table := range []string{"regions", "projects", "buildings", "devices", "device_links", "device_externals", "approval_rules",
		"alert_rules", "silences", "oncall_overrides", "responders", "audit", "registry_revision"} {
		err := h.db.Read(context.Background(), func(tx *controldb.Tx) error {
			var n, sum int64
			if err := tx.Get(&n, "SELECT count(*) FROM "+table); err != nil {
				return err
			}
			if table == "registry_revision" {
				if err := tx.Get(&sum, "SELECT value FROM "+table); err != nil {
					return err
				}
			}
			fmt.Fprintln(&b, table, n, sum)
			return nil
		})
		if err != nil {
			h.t.Fatal(err)
		}
	}
	return b.String()
}

// Whoever may nothing, and whoever may everything elsewhere, sees nothing of a
// place and changes nothing of it, whatever is called.
func TestWall(t *testing.T) {
	outsiders := map[string]authz.Principal{
		"nobody":           {},
		"without grants":   person(),
		"unknown role":     {Kind: authz.Person, ID: "x", Grants: []authz.Grant{{Role: "boss"}}},
		"other region":     person("administrator", "east"),
		"other project":    person("administrator", "north/hill"),
		"similar names":    person("administrator", "north/harbour2", "administrator", "nort", "administrator", "northern"),
		"region not there": person("administrator", "west"),
	}
	each(t, func(t *testing.T, h *house) {
		h.planted()
		must(h.Register(t.Context(), []telemetry.Device{ref("north/harbour/meter/waiting")}))(t)
		before := h.state()
		for who, p := range outsiders {
			for _, name := range methods() {
				got, err := call(t, h.As(p), name)
				hidden := "harbour"
				if name == "Import" {
					hidden = "marker-harbour" // the report names the caller's own rows
				}
				if strings.Contains(got, hidden) || strings.Contains(got, "marker-house") {
					t.Errorf("%s learns from %s: %s", who, name, got)
				}
				if len(p.Grants) == 0 && strings.Contains(got, "marker") {
					t.Errorf("%s learns from %s: %s", who, name, got)
				}
				if err != nil && !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrForbidden) {
					t.Errorf("%s gets %v from %s", who, err, name)
				}
			}
			if h.state() != before {
				t.Fatalf("%s changed something:\n%s\n%s", who, before, h.state())
			}
		}
		// The same calls succeed for those who may: the walk above is not blind.
		for _, name := range methods() {
			switch name {
			case "RetireRegion", "RetireProject", "RetireBuilding", "RetireDevice", "DeleteAlertRule", "EndSilence", "EndOverride", "EndResponder":
				continue // of what the others create: below
			}
			if got, err := call(t, h.hq(), name); err != nil || strings.Contains(got, `"problem":`) {
				t.Errorf("%s fails for an administrator: %v %s", name, err, got)
			}
		}
		for _, name := range []string{"DeleteAlertRule", "EndSilence", "EndOverride", "EndResponder", "RetireDevice", "RetireBuilding", "RetireProject", "RetireRegion"} {
			if _, err := call(t, h.hq(), name); err != nil {
				t.Errorf("%s fails for an administrator: %v", name, err)
			}
		}
	})
}

// What each role may, from a table of its own.
func TestRoles(t *testing.T) {
	needs := map[string]authz.Permission{
		"CreateRegion": "hq", "RetireRegion": "hq",
		"UpdateRegion": "region", "CreateProject": "region", "RetireProject": "region",
		"UpdateProject": authz.Manage, "Audit": authz.Manage,
		"CreateBuilding": authz.Configure, "UpdateBuilding": authz.Configure, "RetireBuilding": authz.Configure,
		"CreateDevice": authz.Configure, "UpdateDevice": authz.Configure, "EditDevices": authz.Configure, "ApproveDevices": authz.Configure,
		"RefuseDevices": authz.Configure, "Import": authz.Configure, "ReplaceDevice": authz.Configure, "RetireDevice": authz.Configure,
		"CreateApprovalRule": authz.Configure, "DeleteApprovalRule": authz.Configure,
		"CreateAlertRule": authz.Configure, "UpdateAlertRule": authz.Configure, "DeleteAlertRule": authz.Configure,
		"CreateSilence": authz.Configure, "UpdateSilence": authz.Configure, "EndSilence": authz.Configure,
		"CreateOverride": authz.Configure, "EndOverride": authz.Configure,
		"CreateResponder": authz.Manage, "EndResponder": authz.Manage, "Responders": authz.Manage, "Responder": authz.Manage,
	}
	allowed := map[authz.Permission][]string{
		authz.Configure: {"engineer north/harbour", "manager north/harbour", "engineer north", "administrator hq"},
		authz.Manage:    {"manager north/harbour", "manager north", "administrator north/harbour", "administrator hq"},
		"region":        {"manager north", "administrator north", "administrator hq"},
		"hq":            {"administrator hq"},
	}
	refused := map[authz.Permission][]string{
		authz.Configure: {"viewer north/harbour", "operator north/harbour", "viewer hq", "operator north"},
		authz.Manage:    {"engineer north/harbour", "engineer hq", "viewer north"},
		"region":        {"administrator north/harbour", "engineer north", "engineer hq"},
		"hq":            {"administrator north", "manager hq"},
	}
	each(t, func(t *testing.T, h *house) {
		h.planted()
		// What would be retired or refused.
		must(h.Register(t.Context(), []telemetry.Device{ref("north/harbour/meter/waiting")}))(t)
		for _, name := range []string{"CreateRegion", "CreateProject", "CreateBuilding", "CreateDevice", "CreateAlertRule"} {
			if _, err := call(t, h.hq(), name); err != nil {
				t.Fatal(err)
			}
		}
		for _, name := range methods() {
			need, writes := needs[name]
			for _, who := range refused[need] {
				if !writes {
					break
				}
				role, at, _ := strings.Cut(who, " ")
				_, err := call(t, h.as(role, at), name)
				// What was made for this belongs to another region or project.
				hidden := name == "RetireRegion" && at != "hq" || name == "RetireProject" && at == "north/harbour"
				if !errors.Is(err, ErrForbidden) && (!hidden || !errors.Is(err, ErrNotFound)) {
					t.Errorf("%s may %s: %v", who, name, err)
				}
			}
			if !writes {
				if _, err := call(t, h.as("viewer", "north/harbour"), name); err != nil {
					t.Errorf("a viewer may not %s: %v", name, err)
				}
			}
		}
	})
	// Each who is allowed starts from a fresh house.
	for need, names := range allowed {
		for _, who := range names {
			t.Run(who, func(t *testing.T) {
				h := newHouse(t, controldbtest.SQLite(t))
				h.planted()
				role, at, _ := strings.Cut(who, " ")
				for _, name := range []string{"CreateRegion", "CreateProject", "CreateBuilding", "CreateDevice", "UpdateRegion", "UpdateProject", "UpdateBuilding", "UpdateDevice", "EditDevices", "CreateApprovalRule", "DeleteApprovalRule", "Audit", "Import", "ReplaceDevice",
					"CreateAlertRule", "UpdateAlertRule", "DeleteAlertRule", "UpdateSilence", "CreateSilence", "EndSilence", "CreateOverride", "EndOverride",
					"Responders", "Responder", "CreateResponder", "EndResponder"} {
					if needs[name] != need {
						continue
					}
					if _, err := call(t, h.as(role, at), name); err != nil {
						t.Errorf("%s may not %s: %v", who, name, err)
					}
				}
			})
		}
	}
}

// A list never has more than the places of the caller, for every filter, sort
// and search, and counts agree with it.
func TestListsStayInside(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.planted()
		views := map[string][]string{
			"north/harbour": {"north/harbour"}, "north": {"north/harbour", "north/hill"}, "east": {"east/park"},
			"hq": {"north/harbour", "north/hill", "east/park"},
		}
		for at, want := range views {
			v := h.as("viewer", at)
			for _, f := range []DeviceFilter{
				{}, {Search: "MARKER"}, {Region: "north"}, {Region: "north", Project: "hill"}, {Project: "park"}, {Building: "b-hill"},
				{Search: "marker-park"}, {Class: telemetry.Meter}, {States: []State{Active}}, {Search: "%"}, {Search: "_"}, {Search: `\`},
				{Model: "' OR 1=1 --"}, {Vendor: "\x00"}, {Gateway: "\xff"}, {States: []State{"x') OR ('1'='1"}},
			} {
				var expect []string
				for _, p := range want {
					region, project, _ := strings.Cut(p, "/")
					if f.Region != "" && f.Region != region || f.Project != "" && f.Project != project || f.Building != "" && f.Building != "b-"+project ||
						f.Search != "" && !strings.Contains("marker-"+project, strings.ToLower(f.Search)) || f.Model+f.Vendor+f.Gateway != "" || len(f.States) > 0 && f.States[0] != Active {
						continue
					}
					expect = append(expect, p+"/meter/m-"+project)
				}
				slices.Sort(expect)
				for _, sort := range devices.Sorts {
					list := must(v.Devices(t.Context(), f, Page{Sort: sort}))(t)
					got := paths(list.Items)
					slices.Sort(got)
					if !slices.Equal(got, expect) && len(got)+len(expect) > 0 {
						t.Errorf("%s sees %v of %+v by %s, want %v", at, got, f, sort, expect)
					}
				}
				if n := must(v.CountDevices(t.Context(), f))(t); n != len(expect) {
					t.Errorf("%s counts %d of %+v, want %d", at, n, f, len(expect))
				}
			}
			rules := must(v.ApprovalRules(t.Context(), Page{}))(t)
			wantRules := len(want)
			switch at {
			case "north":
				wantRules++ // that of the region
			case "hq":
				wantRules += 2
			}
			if len(rules.Items) != wantRules {
				t.Errorf("%s sees the rules %+v", at, rules.Items)
			}
		}
		regions := must(h.as("viewer", "north/harbour").Regions(t.Context(), RegionFilter{}, Page{}))(t)
		if len(regions.Items) != 1 || regions.Items[0].ID != "north" {
			t.Errorf("a viewer of a project sees the regions %+v", regions.Items)
		}
		for _, e := range must(h.as("manager", "north/harbour").Audit(t.Context(), AuditFilter{}, Page{}))(t).Items {
			if e.Place != (authz.Place{Region: "north", Project: "harbour"}) {
				t.Errorf("a manager of a project sees the entry %+v", e)
			}
		}
	})
}
