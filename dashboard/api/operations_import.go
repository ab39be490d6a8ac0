package api

import (
	"context"
	"net/http"
	"time"

	"steward/internal/authz"
	"steward/internal/operations"
	"steward/internal/registry"
)

type operationsImportOut struct{ Body operations.TableReport }

func (a *API) registerOperationImport(k *operations.Kind, needs authz.Permission) {
	register(a, needs, operation{
		ID: "import-" + k.Path, Method: http.MethodPost, Path: "/import/" + k.Path, Tag: "Operations", Summary: "Import " + k.Path + " from CSV or Excel",
		Description: "The first row holds the names of the fields, or what they are called in Chinese. Times without a zone are those of the project. " +
			"Nothing is written when any row has a problem. At most 32 MiB, as the body itself or as the file of a form.",
		Upload: true, MaxBody: maxImport, Timeout: 5 * time.Minute, Heavy: true,
		Consumes: map[string]any{typeCSV: "region,project,id," + k.Sort + "," + k.Time + "\nnorth,harbour,2026-11-3,fire,2026-11-20\n", typeXLSX: nil},
		Answer: operations.TableReport{DryRun: true, Rows: 2, Stored: 0, Problems: []operations.TableProblem{
			{Row: 3, Problem: operations.Problem{Field: k.Time, Value: "31.11.2026", Problem: "is not a time, such as 2026-11-22 08:30"}},
		}},
	}, func(ctx context.Context, c caller, in *importIn) (*operationsImportOut, error) {
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
		report, records, err := k.ReadTable(tableOf(rows), func(given []operations.Given) ([]operations.Record, []operations.Fault, error) {
			return a.readOperations(ctx, c, k, given, operations.CSV)
		})
		if err != nil {
			return nil, err
		}
		if report.DryRun = in.DryRun; !in.DryRun && len(report.Problems) == 0 {
			if err := a.storeOperations(ctx, c, k, records); err != nil {
				return nil, err
			}
			report.Stored = len(records)
		}
		return &operationsImportOut{report}, nil
	})
}

// tableOf is a file's table as the package operations reads it.
func tableOf(rows registry.Rows) operations.Table {
	t := operations.Table{Header: rows.Header}
	for _, r := range rows.Rows {
		t.Rows = append(t.Rows, operations.Row{Number: r.Number, Cells: r.Cells})
	}
	return t
}
