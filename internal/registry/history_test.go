package registry

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"steward/internal/controldb"
	"steward/internal/telemetry"
)

// replay is an object as its history tells it.
func replay[T any](t *testing.T, entries []controldb.Entry) T {
	t.Helper()
	var object T
	known := map[string]json.RawMessage{}
	for i := len(entries) - 1; i >= 0; i-- { // the oldest first
		var before, after map[string]json.RawMessage
		if len(entries[i].Before) > 0 {
			if err := json.Unmarshal(entries[i].Before, &before); err != nil {
				t.Fatal(err)
			}
		}
		if err := json.Unmarshal(entries[i].After, &after); err != nil {
			t.Fatal(err)
		}
		for name, value := range before {
			if string(known[name]) != string(value) {
				t.Fatalf("entry %d says that %s was %s, and it was %s", entries[i].Seq, name, value, known[name])
			}
		}
		for name, value := range after {
			known[name] = value
		}
	}
	whole, err := json.Marshal(known)
	if err == nil {
		err = json.Unmarshal(whole, &object)
	}
	if err != nil {
		t.Fatal(err)
	}
	return object
}

// Whatever is done to devices, in whatever order: the history of each tells its
// present state, and the log is whole.
func TestHistoryTellsThePresent(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		random := rand.New(rand.NewPCG(1, 2))
		refs := []telemetry.Device{}
		for i := range 8 {
			refs = append(refs, ref(fmt.Sprint("north/harbour/meter/m", i)))
		}
		must(h.Register(ctx, refs[:4]))(t)
		done := map[string]int{}
		for step := range 150 {
			h.now = start.Add(time.Duration(step) * time.Minute)
			r := refs[random.IntN(len(refs))]
			d, err := h.hq().Device(ctx, r)
			what := ""
			switch n := random.IntN(8); {
			case errors.Is(err, ErrNotFound):
				what = "create"
				d = device(r.String())
				d.Name = fmt.Sprint("表 ", step)
				_, err = h.hq().CreateDevice(ctx, d)
			case err != nil:
			case n < 3:
				what = "update"
				d.Name, d.FailureCost = fmt.Sprint("表 ", step%5), float64(step%3)
				d.Externals = Externals{"bus": fmt.Sprint(random.IntN(20))}
				d.FedBy = Refs{fmt.Sprint("meter/m", random.IntN(8))}
				_, err = h.hq().UpdateDevice(ctx, d)
			case n == 3:
				what = "approve"
				_, err = h.hq().ApproveDevices(ctx, []telemetry.Device{r})
			case n == 4:
				what = "refuse"
				_, err = h.hq().RefuseDevices(ctx, []telemetry.Device{r})
			case n == 5 && step%2 == 0:
				what = "retire"
				_, err = h.hq().RetireDevice(ctx, r, d.Version, "", "alt")
			case n == 6 && step%3 == 0:
				what = "replace"
				by := fmt.Sprint("n", step)
				if _, _, err = h.hq().ReplaceDevice(ctx, r, d.Version, Device{ID: by}, ""); err == nil {
					refs = append(refs, ref("north/harbour/meter/"+by))
				}
			default:
				what = "bulk"
				_, err = h.hq().EditDevices(ctx, BulkEdit{Filter: &DeviceFilter{Class: telemetry.Meter}, Set: map[string]json.RawMessage{"vendor": []byte(fmt.Sprintf(`"v%d"`, step%4))}})
			}
			var invalid *InvalidError
			switch {
			case err == nil:
				done[what]++
			case !errors.As(err, &invalid):
				t.Fatal(what, err)
			}
		}
		for _, what := range []string{"create", "update", "approve", "refuse", "retire", "replace", "bulk"} {
			if done[what] == 0 {
				t.Errorf("%s was never done", what)
			}
		}
		for _, d := range must(h.hq().Devices(ctx, DeviceFilter{}, Page{Limit: 1000}))(t).Items {
			entries := all(t, Page{Limit: 7}, func(p Page) (List[controldb.Entry], error) {
				return h.hq().History(ctx, KindDevice, d.path(), p)
			})
			told := replay[Device](t, entries)
			told.UpdatedAt, told.Feeds = entries[0].At, d.Feeds
			if !reflect.DeepEqual(told, d) {
				t.Errorf("%s:\ntold %+v\nis   %+v", d.path(), told, d)
			}
			if int64(len(entries)) != d.Version {
				t.Errorf("%s has %d entries and the version %d", d.path(), len(entries), d.Version)
			}
		}
		if head, err := h.db.VerifyAudit(ctx); err != nil || head.Seq == 0 {
			t.Errorf("%v, %v", head, err)
		}
	})
}

func TestHistoryAndAudit(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		engineer := h.as("engineer", "north/harbour")
		d := must(engineer.CreateDevice(ctx, device("north/harbour/meter/m1")))(t)
		h.now = start.Add(time.Hour)
		d.Name = "新"
		must(engineer.UpdateDevice(ctx, d))(t)
		list := must(engineer.History(ctx, KindDevice, "north/harbour/meter/m1", Page{}))(t)
		if len(list.Items) != 2 || list.Items[0].Action != "device.update" || list.Items[1].Action != "device.create" {
			t.Fatalf("%+v", list.Items)
		}
		e := list.Items[0]
		if string(e.Before) != `{"name":"","version":1}` || string(e.After) != `{"name":"新","version":2}` || e.Actor.Name != "li" || !e.At.Equal(h.now) {
			t.Errorf("%+v %s %s", e, e.Before, e.After)
		}
		if e.Actor.Remote != "" {
			t.Error("an engineer sees from where")
		}
		manager := h.as("manager", "north/harbour")
		if list = must(manager.History(ctx, KindDevice, "north/harbour/meter/m1", Page{}))(t); list.Items[0].Actor.Remote != "192.0.2.7" {
			t.Error("a manager does not see from where")
		}
		for kind, key := range map[string]string{KindRegion: "north", KindProject: "north/harbour"} {
			if list := must(engineer.History(ctx, kind, key, Page{}))(t); len(list.Items) != 1 {
				t.Errorf("%s: %+v", key, list.Items)
			}
		}
		_, err := engineer.History(ctx, KindDevice, "north/hill/meter/m1", Page{})
		wantErr(t, err, ErrNotFound)
		_, err = engineer.History(ctx, "person", "x", Page{})
		wantField(t, err, "kind")

		_, err = engineer.Audit(ctx, AuditFilter{}, Page{})
		wantErr(t, err, ErrForbidden)
		whole := must(h.hq().Audit(ctx, AuditFilter{}, Page{}))(t).Items
		for name, c := range map[string]struct {
			f    AuditFilter
			want int
		}{
			"kind":    {AuditFilter{Kind: KindDevice}, 2},
			"key":     {AuditFilter{Key: "north/harbour/meter/m1", Action: "device.update"}, 1},
			"seq":     {AuditFilter{Seq: whole[1].Seq}, 1},
			"actor":   {AuditFilter{Actor: "p-li"}, len(whole)},
			"nobody":  {AuditFilter{Actor: "x\x00"}, 0},
			"region":  {AuditFilter{Region: "east"}, 2},
			"project": {AuditFilter{Region: "north", Project: "harbour"}, 3},
			"from":    {AuditFilter{From: h.now}, 1},
			"to":      {AuditFilter{To: h.now}, len(whole) - 1},
		} {
			if got := must(h.hq().Audit(ctx, c.f, Page{}))(t).Items; len(got) != c.want {
				t.Errorf("%s: %d entries, want %d", name, len(got), c.want)
			}
		}
		paged := all(t, Page{Limit: 2}, func(p Page) (List[controldb.Entry], error) { return h.hq().Audit(ctx, AuditFilter{}, p) })
		if !reflect.DeepEqual(paged, whole) {
			t.Errorf("in pages %d entries, at once %d", len(paged), len(whole))
		}
		first := must(h.hq().Audit(ctx, AuditFilter{}, Page{Limit: 2}))(t)
		_, err = manager.Audit(ctx, AuditFilter{}, Page{Cursor: first.Next})
		wantField(t, err, "cursor")
	})
}

func TestBulkEdit(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		h.fill(60)
		engineer := h.as("engineer", "north/harbour", "viewer", "north/hill")
		set := map[string]json.RawMessage{"vendor": []byte(`"华立"`), "expected_life_years": []byte(`10`), "name": []byte(`null`)}
		edit := BulkEdit{Filter: &DeviceFilter{Class: telemetry.Meter}, Set: set, DryRun: true}
		meters := must(h.as("viewer", "north/harbour").CountDevices(ctx, *edit.Filter))(t)
		before := h.state()
		dry := must(engineer.EditDevices(ctx, edit))(t)
		if dry.Matched != meters || dry.Changed != meters || meters == 0 || h.state() != before {
			t.Errorf("dry run %+v, %d meters", dry, meters)
		}
		edit.DryRun = false
		if did := must(engineer.EditDevices(ctx, edit))(t); !reflect.DeepEqual(did, dry) {
			t.Errorf("did %+v, and said %+v", did, dry)
		}
		if again := must(engineer.EditDevices(ctx, edit))(t); again.Changed != 0 || again.Matched != meters {
			t.Errorf("again %+v", again)
		}
		for _, d := range must(h.hq().Devices(ctx, DeviceFilter{}, Page{}))(t).Items {
			if edited := d.Vendor == "华立" && d.Name == "" && d.ExpectedLife == 10; edited != (d.Project == "harbour" && d.Class == telemetry.Meter) {
				t.Errorf("%+v", d)
			}
		}
		// All or none.
		refs := []telemetry.Device{ref("north/harbour/meter/d0"), ref("north/harbour/fire/d6")}
		medium := BulkEdit{Refs: refs, Set: map[string]json.RawMessage{"medium": []byte(`"water"`)}}
		before = h.state()
		result := must(engineer.EditDevices(ctx, medium))(t)
		if len(result.Problems) != 1 || result.Problems[0].Key != "north/harbour/fire/d6" || result.Problems[0].Field != "medium" || h.state() != before {
			t.Errorf("%+v", result)
		}
		for name, c := range map[string]struct {
			e     BulkEdit
			field string
		}{
			"state":    {BulkEdit{Refs: refs, Set: map[string]json.RawMessage{"state": []byte(`"active"`)}}, "state"},
			"id":       {BulkEdit{Refs: refs, Set: map[string]json.RawMessage{"id": []byte(`"x"`)}}, "id"},
			"unknown":  {BulkEdit{Refs: refs, Set: map[string]json.RawMessage{"colour": []byte(`1`)}}, "colour"},
			"chinese":  {BulkEdit{Refs: refs, Set: map[string]json.RawMessage{"名称": []byte(`"x"`)}}, "名称"},
			"type":     {BulkEdit{Refs: refs, Set: map[string]json.RawMessage{"multiplier": []byte(`"x"`)}}, "multiplier"},
			"nothing":  {BulkEdit{Refs: refs}, "set"},
			"nobody":   {BulkEdit{Set: set}, "devices"},
			"both":     {BulkEdit{Refs: refs, Filter: &DeviceFilter{}, Set: set}, "devices"},
			"too many": {BulkEdit{Refs: slices.Repeat(refs, 5001), Set: set}, "devices"},
		} {
			_, err := engineer.EditDevices(ctx, c.e)
			t.Run(name, func(t *testing.T) { wantField(t, err, c.field) })
		}
		_, err := engineer.EditDevices(ctx, BulkEdit{Refs: []telemetry.Device{ref("north/hill/elevator/d1")}, Set: set})
		wantErr(t, err, ErrForbidden)
		_, err = engineer.EditDevices(ctx, BulkEdit{Refs: []telemetry.Device{ref("east/park/fire/d2")}, Set: set})
		wantErr(t, err, ErrNotFound)
	})
}

func TestPlaces(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		p := must(h.hq().Project(ctx, "north", "harbour"))(t)
		if p.TimeZone != "Asia/Shanghai" || p.Calendar != "cn" {
			t.Errorf("%+v", p)
		}
		manager := h.as("manager", "north/harbour")
		p.TimeZone, p.OccupiedOn, p.FloorAreaM2, p.Households = "Mars/Olympus", "x", -1, -1
		_, err := manager.UpdateProject(ctx, p)
		wantField(t, err, "time_zone", "occupied_on", "floor_area_m2", "households")
		p.TimeZone, p.OccupiedOn, p.FloorAreaM2, p.Households, p.Address = "Asia/Urumqi", "2018-06-30", 81234.5, 1200, "滨江路 1 号"
		if p = must(manager.UpdateProject(ctx, p))(t); p.Version != 2 || p.Households != 1200 {
			t.Errorf("%+v", p)
		}
		if list := must(manager.Projects(ctx, ProjectFilter{Search: "滨江"}, Page{}))(t); len(list.Items) != 1 {
			t.Errorf("%+v", list)
		}
		for name, r := range map[string]Region{"hq": {ID: "hq"}, "case": {ID: "North"}, "slash": {ID: "a/b"}} {
			_, err := h.hq().CreateRegion(ctx, r)
			t.Run(name, func(t *testing.T) { wantField(t, err, "id") })
		}
		_, err = h.hq().CreateProject(ctx, Project{Region: "west", ID: "a"})
		wantField(t, err, "region")
		_, err = h.hq().CreateRegion(ctx, Region{ID: "north"})
		wantErr(t, err, ErrExists)

		// Nothing is retired under what is in service.
		b := must(h.hq().CreateBuilding(ctx, Building{Region: "north", Project: "harbour", ID: "b1"}))(t)
		d := device("north/harbour/meter/m1")
		d.Building = "b1"
		d = h.add(d)
		_, err = h.hq().RetireBuilding(ctx, "north", "harbour", "b1", b.Version)
		wantField(t, err, "retired")
		_, err = h.hq().RetireProject(ctx, "north", "harbour", 2)
		wantField(t, err, "retired")
		_, err = h.hq().RetireRegion(ctx, "north", 1)
		wantField(t, err, "retired")
		must(h.hq().RetireDevice(ctx, d.Ref(), 1, "", ""))(t)
		must(h.hq().RetireBuilding(ctx, "north", "harbour", "b1", b.Version))(t)
		must(h.hq().RetireProject(ctx, "north", "harbour", 2))(t)
		_, err = h.hq().CreateDevice(ctx, device("north/harbour/meter/m2"))
		if e := wantField(t, err, "project"); len(e) > 0 && !strings.Contains(e[0].Problem, "retired") {
			t.Error(e)
		}
		if list := must(h.hq().Projects(ctx, ProjectFilter{Region: "north"}, Page{}))(t); len(list.Items) != 1 {
			t.Errorf("%+v", list.Items)
		}
		if list := must(h.hq().Projects(ctx, ProjectFilter{Region: "north", Retired: true}, Page{}))(t); len(list.Items) != 2 {
			t.Errorf("%+v", list.Items)
		}
	})
}
