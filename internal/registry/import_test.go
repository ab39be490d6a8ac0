package registry

import (
	"bytes"
	"io"
	"reflect"
	"strings"
	"testing"

	"steward/internal/controldb"
	"steward/internal/controldb/controldbtest"
)

func csvOf(t *testing.T, text string) Rows {
	t.Helper()
	return must(ReadCSV(strings.NewReader(text)))(t)
}

func TestImport(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		engineer := h.as("engineer", "north/harbour", "viewer", "north/hill")
		must(engineer.Import(ctx, KindBuilding, csvOf(t, "region,project,id,name,floors,completed_on\nnorth,harbour,b1,一号楼,33,2019/5/1\n"), ImportOptions{}))(t)
		if b := must(engineer.Building(ctx, "north", "harbour", "b1"))(t); b.Floors != 33 || b.CompletedOn != "2019-05-01" {
			t.Errorf("building %+v", b)
		}

		file := "区域,项目,类别,设备编号,名称,上级表,楼栋,外部标识,供给来源,安装日期,倍率\n" +
			"north,harbour,meter,m1,总表,,b1,dl645=0001;modbus=3,,43831,40\n" + // a spreadsheet's day
			"north,harbour,meter,m2,分表,m1,b1,,meter/m1，elevator/e1,2020年1月2日,\n" + // needs rows before and after it
			"north,harbour,elevator,e1,一梯,m1,,,,,\n"
		dry := must(engineer.Import(ctx, KindDevice, csvOf(t, file), ImportOptions{DryRun: true}))(t)
		if !reflect.DeepEqual(dry, ImportReport{DryRun: true, Rows: 3, Created: 3, Problems: []RowProblem{}, Changes: []RowChange{
			{Row: 2, Key: "north/harbour/meter/m1", New: true, Fields: []string{"name", "building", "externals", "installed_on", "multiplier"}},
			{Row: 3, Key: "north/harbour/meter/m2", New: true, Fields: []string{"name", "parent_meter", "building", "fed_by", "installed_on", "multiplier"}},
			{Row: 4, Key: "north/harbour/elevator/e1", New: true, Fields: []string{"name", "parent_meter", "multiplier"}},
		}}) {
			t.Errorf("dry run %+v", dry)
		}
		if n := must(engineer.CountDevices(ctx, DeviceFilter{}))(t); n != 0 {
			t.Fatalf("a dry run wrote %d devices", n)
		}
		report := must(engineer.Import(ctx, KindDevice, csvOf(t, file), ImportOptions{}))(t)
		if report.Created != 3 || len(report.Problems) != 0 {
			t.Fatalf("%+v", report)
		}
		m1, m2 := h.get("north/harbour/meter/m1"), h.get("north/harbour/meter/m2")
		if m1.InstalledOn != "2020-01-01" || m1.Externals["modbus"] != "3" || m1.Multiplier != 40 || m1.Name != "总表" {
			t.Errorf("m1 %+v", m1)
		}
		if m2.InstalledOn != "2020-01-02" || m2.ParentMeter != "m1" || !reflect.DeepEqual(m2.FedBy, Refs{"elevator/e1", "meter/m1"}) || m2.Multiplier != 1 {
			t.Errorf("m2 %+v", m2)
		}

		// Only what the file has is touched.
		part := csvOf(t, "region,project,class,id,building\nnorth,harbour,meter,m1,\nnorth,harbour,meter,m2,b1\n")
		dry = must(engineer.Import(ctx, KindDevice, part, ImportOptions{DryRun: true}))(t)
		if !reflect.DeepEqual(dry.Changes, []RowChange{{Row: 2, Key: "north/harbour/meter/m1", Fields: []string{"building"}}}) {
			t.Errorf("dry run of a part %+v", dry)
		}
		report = must(engineer.Import(ctx, KindDevice, part, ImportOptions{}))(t)
		if report.Updated != 1 || report.Unchanged != 1 {
			t.Errorf("%+v", report)
		}
		if d := h.get("north/harbour/meter/m1"); d.Building != "" || d.Name != "总表" || d.Version != 2 {
			t.Errorf("m1 %+v", d)
		}
	})
}

// Every problem of every row is told at once, and nothing is written.
func TestImportProblems(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		owner := device("north/harbour/meter/owner")
		owner.Externals = Externals{"dl645": "9"}
		h.add(owner)
		h.add(device("north/hill/meter/hidden"))
		before := h.state()
		engineer := h.as("engineer", "north/harbour")
		file := `region,project,class,id,medium,multiplier,installed_on,externals,state,version,parent_meter
north,harbour,meter,ok,water,1,2020-01-01,,,,
north,harbour,boiler,x1,,,,,,,

north,harbour,meter,x2,steam,many,2020-13-01,,,,
north,harbour,meter,x3,,,,dl645=9,,,hidden
north,harbour,meter,x4,,,,dl645=10,,,nosuch
north,harbour,meter,x5,,,,dl645=10,,,
north,hill,meter,hidden,,,,,,,
north,nosuch,meter,m,,,,,,,
north,harbour,meter,ok,,,,,,,
north,harbour,meter,owner,,,,dl645=9,retired,7,
`
		want := []string{
			"3 class boiler", "5 installed_on 2020-13-01", "5 medium steam", "5 multiplier many",
			"6 externals dl645=9", "6 parent_meter hidden", "7 externals dl645=10", "7 parent_meter nosuch", "8 externals dl645=10",
			"9 project north/hill", "10 project north/nosuch", "11 id north/harbour/meter/ok", "12 externals dl645=9", "12 state retired", "12 version 7",
		}
		for _, o := range []ImportOptions{{DryRun: true}, {}} {
			report := must(engineer.Import(ctx, KindDevice, csvOf(t, file), o))(t)
			got := map[string]string{}
			for _, p := range report.Problems {
				got[strings.Join([]string{cellText(p.Row), p.Field, p.Value}, " ")] = p.Problem
			}
			for _, w := range want {
				if got[w] == "" {
					t.Errorf("missing: %s", w)
				}
			}
			if len(got) != len(want) {
				t.Errorf("problems %v", got)
			}
			if got["6 parent_meter hidden"] != got["7 parent_meter nosuch"] || got["9 project north/hill"] != got["10 project north/nosuch"] {
				t.Error("what is hidden is told from what is not there")
			}
			if h.state() != before {
				t.Fatal("something was written")
			}
		}
		for name, c := range map[string]struct{ header, field string }{
			"unknown": {"region,project,class,id,colour", "colour"}, "missing": {"region,project,id", "class"}, "twice": {"region,project,class,id,项目", "project"},
		} {
			report := must(engineer.Import(ctx, KindDevice, csvOf(t, c.header+"\n"), ImportOptions{}))(t)
			if len(report.Problems) != 1 || report.Problems[0].Field != c.field || report.Problems[0].Row != 1 {
				t.Errorf("%s: %+v", name, report.Problems)
			}
		}
		_, err := engineer.Import(ctx, "people", csvOf(t, "id\n"), ImportOptions{})
		wantField(t, err, "kind")
	})
}

// An export brings the same registry about elsewhere, and changes nothing where
// it comes from.
func TestExportComesBack(t *testing.T) {
	type format struct {
		writer func(io.Writer) RowWriter
		read   func(io.Reader) (Rows, error)
	}
	controldbtest.Each(t, func(t *testing.T, db *controldb.DB) {
		ctx := t.Context()
		h := newHouse(t, db)
		h.planted()
		d := h.get("north/harbour/meter/m-harbour")
		d.Name, d.Note, d.FailureCost, d.Location, d.VerificationDue = "=HYPERLINK(\"x\")", "一\n二; 三", 1234.5, "-1层", "2027-01-31"
		d.Externals, d.Serial, d.ExpectedLife = Externals{"dl645": "000012345678", "bus": "a=b"}, "00012", 12.5
		must(h.hq().UpdateDevice(ctx, d))(t)
		lift := device("north/harbour/elevator/lift")
		lift.FedBy = Refs{"meter/m-harbour"}
		h.add(lift)
		if _, _, err := h.hq().ReplaceDevice(ctx, d.Ref(), 2, Device{ID: "m-next"}, "2026-11-01"); err != nil {
			t.Fatal(err)
		}
		kinds := []string{KindRegion, KindProject, KindBuilding, KindDevice}
		for name, f := range map[string]format{"csv": {NewCSVWriter, ReadCSV}, "xlsx": {NewXLSXWriter, ReadXLSX}} {
			other := New(controldbtest.SQLite(t), Options{})
			for _, kind := range kinds {
				var b bytes.Buffer
				w := f.writer(&b)
				if err := h.hq().Export(ctx, kind, ExportOptions{Chinese: name == "xlsx"}, w); err != nil {
					t.Fatal(err)
				}
				if err := w.Close(); err != nil {
					t.Fatal(err)
				}
				rows := must(f.read(&b))(t)
				same := must(h.hq().Import(ctx, kind, rows, ImportOptions{}))(t)
				if same.Unchanged != same.Rows || same.Rows == 0 || len(same.Problems) > 0 {
					t.Errorf("%s %s at home: %+v", name, kind, same)
				}
				fresh := must(other.As(person("administrator", "hq")).Import(ctx, kind, rows, ImportOptions{}))(t)
				if fresh.Created != fresh.Rows || len(fresh.Problems) > 0 {
					t.Errorf("%s %s elsewhere: %+v", name, kind, fresh)
				}
			}
			here := must(h.hq().Devices(ctx, DeviceFilter{}, Page{}))(t).Items
			there := must(other.As(person("viewer", "hq")).Devices(ctx, DeviceFilter{}, Page{}))(t).Items
			if len(here) != 5 || len(there) != 5 {
				t.Fatalf("%d and %d devices", len(here), len(there))
			}
			for i := range here {
				here[i].Meta, there[i].Meta = Meta{Retired: here[i].Retired}, Meta{Retired: there[i].Retired}
				if !reflect.DeepEqual(here[i], there[i]) {
					t.Errorf("%s:\n%+v\n%+v", name, here[i], there[i])
				}
			}
		}
	})
}

func TestExportStaysInside(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.planted()
		for _, kind := range []string{KindRegion, KindProject, KindBuilding, KindDevice} {
			var b bytes.Buffer
			w := NewCSVWriter(&b)
			if err := h.as("viewer", "north/harbour").Export(t.Context(), kind, ExportOptions{}, w); err != nil {
				t.Fatal(err)
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			if out := b.String(); strings.Contains(out, "hill") || strings.Contains(out, "park") || strings.Count(out, "\n") != 2 {
				t.Errorf("%s: %s", kind, out)
			}
		}
	})
}
