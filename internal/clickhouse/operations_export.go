package clickhouse

import (
	"fmt"
	"time"

	"steward/internal/operations"
)

// operations plans the export of the records of a kind that stand, as they are now,
// in order of time.
func (plan *exportPlan) operations(k *operations.Kind, q ExportQuery) error {
	if len(q.Metrics) > 0 || len(q.Devices) > 0 || len(q.Severities) > 0 || q.Class != "" || q.Device != "" || q.Resolution != Automatic && q.Resolution != Raw {
		return &ArgumentError{"metrics", fmt.Sprint(q.Metrics, q.Devices, q.Severities, q.Resolution), "are of readings and events, not of operations: so are a class and a device"}
	}
	own := OperationsQuery{Kind: k, Region: q.Region, Project: q.Project, Sorts: q.Kinds, State: q.State, From: q.From, To: q.To, OldestFirst: true}
	var err error
	if plan.period, err = own.check(); err != nil {
		return err
	}
	plan.query, plan.table, plan.whole, plan.columns = k.Name, k.Name, true, operationExport(k)
	plan.bind = func(args arguments) {
		for name, value := range own.arguments(plan.period) {
			args[name] = value
		}
	}
	return nil
}

// operationExport are the columns of a file of records: those that it may be
// imported with again, and where each came from.
func operationExport(k *operations.Kind) []exportColumn {
	columns := []exportColumn{
		{"region", "region", textColumn, false}, {"project", "project", textColumn, false}, {"id", "id", textColumn, false},
	}
	like := k.New().Values()
	for i, f := range k.Fields {
		c := exportColumn{f.Column(), f.Column(), textColumn, false}
		switch like[i].(type) {
		case *time.Time:
			c.from, c.kind = f.Column()+"_out", zonedColumn
		case **time.Time:
			c.from, c.kind, c.nullable = f.Column()+"_out", zonedColumn, true
		case *float64:
			c.kind = numberColumn
		case **float64:
			c.kind, c.nullable = numberColumn, true
		case **uint8:
			c.from, c.kind, c.nullable = f.Column()+"_out", countColumn, true
		case *string:
			if f.Type == operations.Day || f.Type == operations.Month {
				c.from = f.Column() + "_out"
			}
		}
		columns = append(columns, c)
	}
	return append(columns,
		exportColumn{"updated", "updated_out", zonedColumn, false},
		exportColumn{"received", "received_out", zonedColumn, false},
		exportColumn{"source", "source", textColumn, false},
	)
}
