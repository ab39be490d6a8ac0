package api

import (
	"context"
	"io"
	"net/http"
	"time"

	"steward/internal/authz"
	"steward/internal/registry"
)

// maxImport is the largest file that can be imported, in bytes.
const maxImport = 32 << 20

// maxImports is how many imports are read at a time: each holds its whole table.
const maxImports = 2

const (
	typeCSV  = "text/csv"
	typeXLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
)

// tables are the kinds of object that files hold.
var tables = []struct{ plural, kind string }{
	{"regions", registry.KindRegion}, {"projects", registry.KindProject}, {"buildings", registry.KindBuilding}, {"devices", registry.KindDevice},
}

type importIn struct {
	Upload
	DryRun bool `query:"dry_run" doc:"Only check the file."`
}

type importOut struct{ Body registry.ImportReport }

type LanguageIn struct {
	Lang string `query:"lang" enum:"en,zh" default:"en" doc:"Language of the headings: en are the names of the fields."`
}

type placesOut struct {
	LanguageIn
	Region  string `query:"region" maxLength:"64" doc:"Only those of this region."`
	Project string `query:"project" maxLength:"64" doc:"Only those of this project; with region."`
}

type devicesTable struct {
	LanguageIn
	DeviceFilter
}

func (a *API) registerTables() {
	for _, t := range tables {
		a.registerImport(t.plural, t.kind)
		for _, format := range []string{"csv", "xlsx"} {
			op := operation{
				ID: "export-" + t.plural + "-" + format, Method: http.MethodGet, Path: "/export/" + t.plural + "." + format, Tag: "Tables",
				Summary:     "Export " + t.plural + " as " + map[string]string{"csv": "CSV", "xlsx": "Excel"}[format],
				Description: "The file can be changed and imported again.", Heavy: true, Timeout: streamTimeout,
				Produces: map[string]any{typeOf(format): nil},
			}
			if format == "csv" {
				op.Produces[typeCSV] = "region,id,name\nnorth,harbour,滨海花园\n"
			}
			if t.kind == registry.KindDevice {
				register(a, authz.Read, op, func(_ context.Context, c caller, in *devicesTable) (*streamOut, error) {
					return a.exportTable(c, t.plural, t.kind, format, in.Lang, in.registry()), nil
				})
				continue
			}
			register(a, authz.Read, op, func(_ context.Context, c caller, in *placesOut) (*streamOut, error) {
				return a.exportTable(c, t.plural, t.kind, format, in.Lang, registry.DeviceFilter{Region: in.Region, Project: in.Project}), nil
			})
		}
	}
}

func (a *API) registerImport(plural, kind string) {
	register(a, authz.Configure, operation{
		ID: "import-" + plural, Method: http.MethodPost, Path: "/import/" + plural, Tag: "Tables", Summary: "Import " + plural + " from CSV or Excel",
		Description: "The first row holds the names of the fields, or the Chinese headings of an export. Rows of objects that exist change them; " +
			"columns that are missing change nothing. Nothing is written when any row has a problem. At most 32 MiB, as the body itself or as the file of a form.",
		Upload: true, MaxBody: maxImport, Timeout: 5 * time.Minute, Heavy: true,
		Consumes: map[string]any{typeCSV: "region,project,class,id,name\nnorth,harbour,meter,m1,3 号楼总表\n", typeXLSX: nil},
		Answer: registry.ImportReport{DryRun: true, Rows: 2, Created: 1, Problems: []registry.RowProblem{
			{Row: 3, Field: "class", Value: "metre", Problem: "is not one of meter, elevator, fire, access"},
		}, Changes: []registry.RowChange{{Row: 2, Key: "north/harbour/meter/m1", New: true, Fields: []string{"name"}}}},
	}, func(ctx context.Context, c caller, in *importIn) (*importOut, error) {
		select {
		case a.imports <- struct{}{}:
			defer func() { <-a.imports }()
		case <-ctx.Done():
			return nil, problem(http.StatusServiceUnavailable, CodeUnavailable, "other imports are running; try again later").later(30 * time.Second)
		}
		rows, err := in.rows()
		if err != nil {
			return nil, err
		}
		report, err := a.as(c).Import(ctx, kind, rows, registry.ImportOptions{DryRun: in.DryRun})
		if report.Problems == nil {
			report.Problems = []registry.RowProblem{}
		}
		return &importOut{report}, err
	})
}

func (a *API) exportTable(c caller, plural, kind, format, lang string, f registry.DeviceFilter) *streamOut {
	return stream(typeOf(format), plural+"."+format, func(ctx context.Context, w io.Writer) error {
		rows := registry.NewCSVWriter
		if format == "xlsx" {
			rows = registry.NewXLSXWriter
		}
		table := rows(w)
		if err := a.as(c).Export(ctx, kind, registry.ExportOptions{Filter: f, Chinese: lang == "zh"}, table); err != nil {
			return err
		}
		return table.Close()
	})
}

func typeOf(format string) string {
	if format == "xlsx" {
		return typeXLSX
	}
	return typeCSV
}
