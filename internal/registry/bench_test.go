package registry

import (
	"context"
	"fmt"
	"testing"
	"time"

	"steward/internal/authz"
	"steward/internal/controldb"
	"steward/internal/controldb/controldbtest"
	"steward/internal/telemetry"
)

// The house of the benchmarks: 200 projects in 10 regions, 100,000 devices.
const (
	benchProjects = 200
	benchDevices  = 100_000
)

func benchRows() Rows {
	rows := Rows{Header: []string{"region", "project", "class", "id", "name", "model", "vendor", "serial", "location", "installed_on", "verification_due_on", "parent_meter", "externals"}}
	for i := range benchDevices {
		project := i % benchProjects
		class, parent, address := telemetry.Classes()[i/benchProjects%4], "", ""
		if class == telemetry.Meter && i >= benchProjects {
			parent, address = fmt.Sprintf("d%06d", project), fmt.Sprintf("dl645=%012d", i)
		}
		rows.Rows = append(rows.Rows, Row{i + 2, []string{
			fmt.Sprintf("region-%d", project%10), fmt.Sprintf("project-%03d", project), string(class), fmt.Sprintf("d%06d", i),
			fmt.Sprintf("%d 号楼 %d 单元 %s", i%40, i%6, class), fmt.Sprintf("DTSD-%d", i%300), fmt.Sprintf("厂家 %d", i%25), fmt.Sprintf("SN%09d", i*7919%1_000_000_000),
			fmt.Sprintf("%d 层", i%33), fmt.Sprintf("20%02d-%02d-%02d", 10+i%15, 1+i%12, 1+i%28), fmt.Sprintf("20%02d-%02d-%02d", 26+i%6, 1+i%12, 1+i%28), parent, address,
		}})
	}
	return rows
}

func benchHouse(b *testing.B, db *controldb.DB) *Store {
	b.Helper()
	s := New(db, Options{})
	hq := s.As(person("administrator", "hq"))
	ctx := context.Background()
	regions, projects := Rows{Header: []string{"id"}}, Rows{Header: []string{"region", "id"}}
	for i := range 10 {
		regions.Rows = append(regions.Rows, Row{i + 2, []string{fmt.Sprintf("region-%d", i)}})
	}
	for i := range benchProjects {
		projects.Rows = append(projects.Rows, Row{i + 2, []string{fmt.Sprintf("region-%d", i%10), fmt.Sprintf("project-%03d", i)}})
	}
	for _, step := range []struct {
		kind string
		rows Rows
	}{{KindRegion, regions}, {KindProject, projects}, {KindDevice, benchRows()}} {
		begun := time.Now()
		report, err := hq.Import(ctx, step.kind, step.rows, ImportOptions{})
		if err != nil || len(report.Problems) > 0 || report.Created != len(step.rows.Rows) {
			b.Fatal(err, report)
		}
		b.Logf("import of %d %ss: %.1f s", report.Created, step.kind, time.Since(begun).Seconds())
	}
	return s
}

// BenchmarkRegistry measures what people wait for.
func BenchmarkRegistry(b *testing.B) {
	for name, open := range map[string]func(testing.TB) *controldb.DB{"sqlite": controldbtest.SQLite, "postgres": controldbtest.Postgres} {
		b.Run(name, func(b *testing.B) { benchQueries(b, benchHouse(b, open(b))) })
	}
}

func benchQueries(b *testing.B, s *Store) {
	ctx := context.Background()
	for who, p := range map[string]authz.Principal{"hq": person("viewer", "hq"), "region": person("viewer", "region-3"), "project": person("viewer", "region-3/project-123")} {
		v := s.As(p)
		page := func(b *testing.B, f DeviceFilter, p Page) {
			b.Helper()
			for b.Loop() {
				if list, err := v.Devices(ctx, f, p); err != nil || len(list.Items) == 0 {
					b.Fatal(err, len(list.Items))
				}
			}
		}
		total, err := v.CountDevices(ctx, DeviceFilter{})
		if err != nil {
			b.Fatal(err)
		}
		// deep is the cursor in the middle of the list.
		deep := func(sort string) (cursor string) {
			for n := 0; n < total/2; n += 1000 {
				list, err := v.Devices(ctx, DeviceFilter{}, Page{Limit: min(1000, total/2), Sort: sort, Cursor: cursor})
				if err != nil {
					b.Fatal(err)
				}
				cursor = list.Next
			}
			return cursor
		}
		for _, sort := range []string{"id", "name", "-updated_at"} {
			b.Run(who+"/first/"+sort, func(b *testing.B) { page(b, DeviceFilter{}, Page{Sort: sort}) })
			cursor := deep(sort)
			b.Run(who+"/deep/"+sort, func(b *testing.B) { page(b, DeviceFilter{}, Page{Sort: sort, Cursor: cursor}) })
		}
		b.Run(who+"/search", func(b *testing.B) { page(b, DeviceFilter{Search: "dtsd-123"}, Page{}) })
		b.Run(who+"/filter", func(b *testing.B) { page(b, DeviceFilter{Model: "DTSD-123", Class: "meter"}, Page{}) })
		b.Run(who+"/due", func(b *testing.B) {
			page(b, DeviceFilter{VerificationDueBefore: "2032-01-01"}, Page{Sort: "verification_due_on"})
		})
		for name, f := range map[string]DeviceFilter{"count": {}, "count-search": {Search: "sn00012"}} {
			b.Run(who+"/"+name, func(b *testing.B) {
				for b.Loop() {
					if _, err := v.CountDevices(ctx, f); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
	one := telemetry.Device{Region: "region-3", Project: "project-123", Class: telemetry.Meter, ID: "d000123"}
	b.Run("get", func(b *testing.B) {
		for b.Loop() {
			if _, err := s.As(person("viewer", "region-3")).Device(ctx, one); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("update", func(b *testing.B) {
		v := s.As(person("engineer", "region-3"))
		d, err := v.Device(ctx, one)
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			d.Note = fmt.Sprint(d.Version)
			if d, err = v.UpdateDevice(ctx, d); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("known", func(b *testing.B) {
		for b.Loop() {
			if err := s.Known(ctx, func(telemetry.Device, State) error { return nil }); err != nil {
				b.Fatal(err)
			}
		}
	})
}
