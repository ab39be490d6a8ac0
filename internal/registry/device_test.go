package registry

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"steward/internal/telemetry"
)

func TestDeviceLife(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		engineer := h.as("engineer", "north/harbour")
		must(engineer.CreateBuilding(ctx, Building{Region: "north", Project: "harbour", ID: "b1", Name: "一号楼", Floors: 30}))(t)
		h.add(device("north/harbour/meter/main"))
		d := device("north/harbour/meter/m1")
		d.Name, d.Building, d.Medium, d.ParentMeter = " 总表 ", "b1", "electricity", "main"
		d.InstalledOn, d.Multiplier, d.Externals = "2020/3/1", 40, Externals{"dl645": "000012345678"}
		d.FedBy = Refs{"meter/main"}
		made := must(engineer.CreateDevice(ctx, d))(t)
		if made.State != Active || made.Version != 1 || made.Name != "总表" || made.InstalledOn != "2020-03-01" || !made.CreatedAt.Equal(start) {
			t.Errorf("made %+v", made)
		}
		read := must(engineer.Device(ctx, d.Ref()))(t)
		if read.Externals["dl645"] != "000012345678" || !slices.Equal(read.FedBy, Refs{"meter/main"}) || read.Multiplier != 40 || !read.CreatedAt.Equal(start) {
			t.Errorf("read %+v", read)
		}
		if main := h.get("north/harbour/meter/main"); !slices.Equal(main.Feeds, Refs{"meter/m1"}) || main.Multiplier != 1 {
			t.Errorf("main %+v", main)
		}

		h.now = start.Add(time.Hour)
		read.Location = "地下一层"
		updated := must(engineer.UpdateDevice(ctx, read))(t)
		if updated.Version != 2 || updated.Location != "地下一层" || !updated.UpdatedAt.Equal(h.now) || !updated.CreatedAt.Equal(start) {
			t.Errorf("updated %+v", updated)
		}
		if again := must(engineer.UpdateDevice(ctx, updated))(t); again.Version != 2 {
			t.Errorf("nothing changed, and the version is %d", again.Version)
		}

		retired := must(engineer.RetireDevice(ctx, d.Ref(), 2, "", "烧毁"))(t)
		if retired.State != Retired || !retired.Retired || retired.RetiredOn != "2026-11-23" || retired.Note != "烧毁" {
			t.Errorf("retired %+v", retired)
		}
		_, err := engineer.RetireDevice(ctx, d.Ref(), 3, "", "")
		wantField(t, err, "state")
		if main := h.get("north/harbour/meter/main"); len(main.Feeds) != 0 {
			t.Errorf("a retired device is still fed: %v", main.Feeds)
		}
		_, err = engineer.CreateDevice(ctx, d)
		wantErr(t, err, ErrExists)
	})
}

// Of two who edit the same version one is told, also when they do it at the same
// moment.
func TestTwoEditors(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		d := h.add(device("north/harbour/meter/m1"))
		var wg sync.WaitGroup
		results := make([]error, 8)
		for i := range results {
			wg.Go(func() {
				mine := d
				mine.Name = strings.Repeat("甲", i+1)
				_, results[i] = h.hq().UpdateDevice(t.Context(), mine)
			})
		}
		wg.Wait()
		won := 0
		for _, err := range results {
			if err == nil {
				won++
			} else if !errors.Is(err, ErrConflict) {
				t.Error(err)
			}
		}
		if now := h.get("north/harbour/meter/m1"); won != 1 || now.Version != 2 {
			t.Errorf("%d of the editors won, version %d", won, now.Version)
		}
		_, err := h.hq().RetireDevice(t.Context(), d.Ref(), 1, "", "")
		wantErr(t, err, ErrConflict)
		_, err = h.hq().UpdateProject(t.Context(), Project{Region: "north", ID: "harbour", Meta: Meta{Version: 9}})
		wantErr(t, err, ErrConflict)
	})
}

func TestDeviceIsChecked(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		owner := device("north/harbour/meter/owner")
		owner.Externals = Externals{"dl645": "1"}
		h.add(owner)
		h.add(device("north/hill/meter/elsewhere"))
		must(h.hq().CreateBuilding(ctx, Building{Region: "north", Project: "hill", ID: "far"}))(t)
		n := 0
		for name, c := range map[string]struct {
			set    func(d *Device)
			fields []string
		}{
			"fine":             {func(*Device) {}, nil},
			"id":               {func(d *Device) { d.ID = "M 1" }, []string{"id"}},
			"class":            {func(d *Device) { d.Class = "boiler" }, []string{"class"}},
			"state":            {func(d *Device) { d.State = "sleeping" }, []string{"state"}},
			"replaced":         {func(d *Device) { d.State = Replaced }, []string{"replaced_by"}},
			"medium":           {func(d *Device) { d.Medium = "steam" }, []string{"medium"}},
			"medium of a lift": {func(d *Device) { d.Class, d.Medium = telemetry.Elevator, "water" }, []string{"medium"}},
			"long name":        {func(d *Device) { d.Name = strings.Repeat("表", 201) }, []string{"name"}},
			"longest name":     {func(d *Device) { d.Name = strings.Repeat("表", 200) }, nil},
			"nul":              {func(d *Device) { d.Serial = "a\x00b" }, []string{"serial"}},
			"not utf-8":        {func(d *Device) { d.Vendor = "\xff" }, []string{"vendor"}},
			"lines in a note":  {func(d *Device) { d.Note = "一\n二" }, nil},
			"lines in a name":  {func(d *Device) { d.Name = "一\n二" }, []string{"name"}},
			"date":             {func(d *Device) { d.InstalledOn = "2026-02-30" }, []string{"installed_on"}},
			"far date":         {func(d *Device) { d.VerificationDue = "9999-01-01" }, []string{"verification_due_on"}},
			"cost":             {func(d *Device) { d.ReplacementCost = -1 }, []string{"replacement_cost_cny"}},
			"life":             {func(d *Device) { d.ExpectedLife = 201 }, []string{"expected_life_years"}},
			"multiplier":       {func(d *Device) { d.Multiplier = -40 }, []string{"multiplier"}},
			"building":         {func(d *Device) { d.Building = "b9" }, []string{"building"}},
			"building of hill": {func(d *Device) { d.Building = "far" }, []string{"building"}},
			"parent":           {func(d *Device) { d.ParentMeter = "none" }, []string{"parent_meter"}},
			"parent of hill":   {func(d *Device) { d.ParentMeter = "elsewhere" }, []string{"parent_meter"}},
			"parent by path":   {func(d *Device) { d.ParentMeter = "../hill/meter/elsewhere" }, []string{"parent_meter"}},
			"itself":           {func(d *Device) { d.ParentMeter = d.ID }, []string{"parent_meter"}},
			"fed by itself":    {func(d *Device) { d.FedBy = Refs{d.ref()} }, []string{"fed_by"}},
			"fed by nobody":    {func(d *Device) { d.FedBy = Refs{"meter/none", "owner"} }, []string{"fed_by", "fed_by"}},
			"fed by too many":  {func(d *Device) { d.FedBy = slices.Collect(maps.Keys(many(65))) }, append(slices.Repeat([]string{"fed_by"}, 65), "fed_by")},
			"identity taken":   {func(d *Device) { d.Externals = Externals{"dl645": "1"} }, []string{"externals"}},
			"identity":         {func(d *Device) { d.Externals = Externals{"DL/T 645": "x", "modbus": "", "bus": "a;b"} }, []string{"externals", "externals", "externals"}},
			"identities":       {func(d *Device) { d.Externals = Externals(many(33)) }, []string{"externals"}},
			"project":          {func(d *Device) { d.Project = "lake" }, []string{"project"}},
			"several":          {func(d *Device) { d.Multiplier, d.Medium, d.Name = -1, "x", "\t\x01" }, []string{"multiplier", "medium", "name"}},
		} {
			n++
			d := device(fmt.Sprint("north/harbour/meter/m", n))
			c.set(&d)
			_, err := h.hq().CreateDevice(ctx, d)
			switch {
			case c.fields == nil && err != nil:
				t.Errorf("%s: %v", name, err)
			case c.fields == nil:
				// Out of the way of the others.
				if _, err := h.hq().RetireDevice(ctx, d.Ref(), 1, "", ""); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			default:
				t.Run(name, func(t *testing.T) { wantField(t, err, c.fields...) })
			}
		}
	})
}

func many(n int) map[string]string {
	m := map[string]string{}
	for i := range n {
		m["s"+strings.Repeat("x", i%60)+string(rune('a'+i/60))] = "v"
	}
	return m
}

// What points to a device elsewhere is told what what points to none is told.
func TestNothingIsLearntFromReferences(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.add(device("north/hill/meter/secret"))
		engineer := h.as("engineer", "north/harbour")
		try := func(parent, feed, building string) string {
			d := device("north/harbour/meter/m1")
			d.ParentMeter, d.FedBy, d.Building = parent, Refs{feed}, building
			_, err := engineer.CreateDevice(t.Context(), d)
			return strings.NewReplacer("secret", "X", "nosuch", "X").Replace(err.Error())
		}
		if a, b := try("secret", "meter/secret", "secret"), try("nosuch", "meter/nosuch", "nosuch"); a != b {
			t.Errorf("%s\n%s", a, b)
		}
	})
}

func TestNoCircles(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		for _, id := range []string{"a", "b", "c", "d"} {
			d := device("north/harbour/meter/" + id)
			if id != "a" {
				d.ParentMeter = string(id[0] - 1)
				d.FedBy = Refs{"meter/" + string(id[0]-1)}
			}
			h.add(d)
		}
		a := h.get("north/harbour/meter/a")
		a.ParentMeter = "d"
		_, err := h.hq().UpdateDevice(t.Context(), a)
		wantField(t, err, "parent_meter")
		a.ParentMeter, a.FedBy = "", Refs{"meter/c"}
		_, err = h.hq().UpdateDevice(t.Context(), a)
		if e := wantField(t, err, "fed_by"); len(e) > 0 && !strings.Contains(e[0].Problem, "meter/c ← meter/b ← meter/a") {
			t.Error(e)
		}
		// Two devices may be exchanged in one go, though not one after the other.
		rows := Rows{Header: []string{"region", "project", "class", "id", "parent_meter", "fed_by"}, Rows: []Row{
			{2, []string{"north", "harbour", "meter", "a", "d", "meter/d"}},
			{3, []string{"north", "harbour", "meter", "b", "", ""}},
		}}
		if r := must(h.hq().Import(t.Context(), KindDevice, rows, ImportOptions{}))(t); len(r.Problems) > 0 || r.Updated != 2 {
			t.Errorf("%+v", r)
		}
	})
}

func TestReplace(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		must(h.hq().CreateBuilding(ctx, Building{Region: "north", Project: "harbour", ID: "b1"}))(t)
		h.add(device("north/harbour/meter/main"))
		old := device("north/harbour/meter/old")
		old.ParentMeter, old.Building, old.Name, old.FedBy = "main", "b1", "一单元总表", Refs{"meter/main"}
		old.Externals, old.Multiplier, old.Contractor = Externals{"dl645": "7"}, 60, "恒信维保"
		old = h.add(old)
		child := device("north/harbour/meter/child")
		child.ParentMeter = "old"
		h.add(child)
		lift := device("north/harbour/elevator/lift")
		lift.FedBy = Refs{"meter/old"}
		h.add(lift)

		engineer := h.as("engineer", "north/harbour")
		_, _, err := engineer.ReplaceDevice(ctx, old.Ref(), old.Version, device("north/hill/meter/new"), "")
		wantField(t, err, "id")
		_, _, err = engineer.ReplaceDevice(ctx, old.Ref(), old.Version, device("north/harbour/fire/new"), "")
		wantField(t, err, "id")

		// A slip in the id is said of the id, and not of what follows from it.
		for _, slip := range []string{"B01 新表", "", "main"} {
			_, _, err = engineer.ReplaceDevice(ctx, old.Ref(), old.Version, Device{ID: slip}, "")
			wantField(t, err, "id")
		}

		// The new one publishes already, with the address of the old one.
		must(h.Register(ctx, []telemetry.Device{ref("north/harbour/meter/new")}))(t)
		by := Device{ID: "new", Serial: "SN-2", Externals: Externals{"dl645": "7"}}
		was, is, err := engineer.ReplaceDevice(ctx, old.Ref(), old.Version, by, "2026-11-20")
		if err != nil {
			t.Fatal(err)
		}
		if was.State != Replaced || was.ReplacedBy != "meter/new" || was.RetiredOn != "2026-11-20" || !was.Retired {
			t.Errorf("was %+v", was)
		}
		if is.State != Active || is.Replaces != "meter/old" || is.ParentMeter != "main" || is.Building != "b1" || is.Name != "一单元总表" ||
			is.Multiplier != 60 || is.Contractor != "恒信维保" || is.Serial != "SN-2" || is.InstalledOn != "2026-11-20" || !slices.Equal(is.FedBy, Refs{"meter/main"}) || !slices.Equal(is.Feeds, Refs{"elevator/lift"}) {
			t.Errorf("is %+v", is)
		}
		if c := h.get("north/harbour/meter/child"); c.ParentMeter != "new" || c.Version != 2 {
			t.Errorf("child %+v", c)
		}
		if l := h.get("north/harbour/elevator/lift"); !slices.Equal(l.FedBy, Refs{"meter/new"}) {
			t.Errorf("lift %+v", l)
		}
		if main := h.get("north/harbour/meter/main"); !slices.Equal(main.Feeds, Refs{"meter/new"}) {
			t.Errorf("main feeds %v", main.Feeds)
		}
		_, err = engineer.ApproveDevices(ctx, []telemetry.Device{old.Ref()})
		wantField(t, err, "state")
	})
}

func TestApproveAndRefuse(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		refs := []telemetry.Device{ref("north/harbour/meter/m1"), ref("north/harbour/fire/f1"), ref("north/hill/meter/m1")}
		must(h.Register(ctx, refs))(t)
		engineer := h.as("engineer", "north/harbour", "viewer", "north/hill")

		_, err := engineer.ApproveDevices(ctx, refs)
		wantErr(t, err, ErrForbidden)
		_, err = h.as("engineer", "north/harbour").ApproveDevices(ctx, refs)
		wantErr(t, err, ErrNotFound)
		if d := h.get("north/harbour/meter/m1"); d.State != Pending {
			t.Errorf("part of a list was approved: %+v", d)
		}
		list := must(engineer.ApproveDevices(ctx, append(refs[:1:1], refs[0])))(t)
		if len(list) != 1 || list[0].State != Active || list[0].Version != 2 {
			t.Errorf("approved %+v", list)
		}
		if again := must(engineer.ApproveDevices(ctx, refs[:1]))(t); again[0].Version != 2 {
			t.Error("approved twice")
		}
		if list = must(engineer.RefuseDevices(ctx, refs[1:2]))(t); list[0].State != Refused {
			t.Errorf("refused %+v", list)
		}
		_, err = engineer.RefuseDevices(ctx, refs[:1])
		wantField(t, err, "state")
		if list = must(engineer.ApproveDevices(ctx, refs[1:2]))(t); list[0].State != Active {
			t.Errorf("approved after all %+v", list)
		}
	})
}
