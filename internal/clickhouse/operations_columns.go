package clickhouse

import (
	"time"

	"github.com/ClickHouse/ch-go/proto"

	"steward/internal/operations"
	"steward/internal/telemetry"
)

// operationsAtOnce bounds the records of one insert: each has texts of some hundred
// bytes.
const operationsAtOnce = 50_000

// operationBytes is about what a record takes in memory.
const operationBytes = 512

// operationInserts cuts records into inserts, kind by kind and in their order.
func operationInserts(records []operations.Record) []insert {
	var all []insert
	for _, k := range operations.Kinds() {
		var of []operations.Record
		for _, r := range records {
			if r.Kind() == k {
				of = append(of, r)
			}
		}
		for begin := 0; begin < len(of); begin += operationsAtOnce {
			all = append(all, insert{k.Name, operationColumns(k, of[begin:min(len(of), begin+operationsAtOnce)])})
		}
	}
	return all
}

// operationColumns are the columns of records of one kind.
func operationColumns(k *operations.Kind, records []operations.Record) proto.Input {
	region, project, source := new(keyColumn), new(keyColumn), new(keyColumn)
	id, withdrawn := new(proto.ColStr), new(proto.ColBool)
	updated, received := newTimes(), newTimes()
	own := make([]operationColumn, len(k.Fields))
	for i, f := range k.Fields {
		own[i] = newOperationColumn(f, k.New().Values()[i])
	}
	for _, r := range records {
		h := r.Of()
		region.add(h.Region)
		project.add(h.Project)
		source.add(string(h.Source))
		id.Append(h.ID)
		updated.Append(h.Updated)
		received.Append(h.Received)
		withdrawn.Append(h.Withdrawn)
		for i, v := range r.Values() {
			own[i].add(v)
		}
	}
	input := proto.Input{
		region.column("region", nil), project.column("project", nil), {Name: "id", Data: id},
		{Name: "updated", Data: updated}, {Name: "received", Data: received}, source.column("source", nil), {Name: "withdrawn", Data: withdrawn},
	}
	for i, f := range k.Fields {
		input = append(input, proto.InputColumn{Name: f.Column(), Data: own[i].data()})
	}
	return input
}

// operationColumn gathers one field of records.
type operationColumn struct {
	add  func(value any) // as Values points to it
	data func() proto.ColInput
}

func newTimes() *proto.ColDateTime64 {
	return (&proto.ColDateTime64{Location: time.UTC}).WithPrecision(proto.PrecisionMilli)
}

func newOperationColumn(f operations.Field, like any) operationColumn {
	switch like.(type) {
	case *time.Time:
		c := newTimes()
		return operationColumn{func(v any) { c.Append(storableTime(*v.(*time.Time))) }, func() proto.ColInput { return c }}
	case **time.Time:
		c := proto.NewColNullable[time.Time](newTimes())
		return operationColumn{func(v any) { c.Append(nullable(*v.(**time.Time))) }, func() proto.ColInput { return c }}
	case *float64:
		c := new(proto.ColFloat64)
		return operationColumn{func(v any) { c.Append(*v.(*float64)) }, func() proto.ColInput { return c }}
	case **float64:
		c := proto.NewColNullable[float64](new(proto.ColFloat64))
		return operationColumn{func(v any) { c.Append(nullable(*v.(**float64))) }, func() proto.ColInput { return c }}
	case **uint8:
		c := proto.NewColNullable[uint8](new(proto.ColUInt8))
		return operationColumn{func(v any) { c.Append(nullable(*v.(**uint8))) }, func() proto.ColInput { return c }}
	}
	return newOperationText(f)
}

func newOperationText(f operations.Field) operationColumn {
	switch {
	case f.Type == operations.Day:
		c := proto.NewColNullable[time.Time](new(proto.ColDate))
		return operationColumn{func(v any) { c.Append(dayOf(*v.(*string))) }, func() proto.ColInput { return c }}
	case f.Type == operations.Month:
		c := new(proto.ColDate)
		return operationColumn{func(v any) { c.Append(dayOf(*v.(*string)).Or(time.Unix(0, 0).UTC())) }, func() proto.ColInput { return c }}
	case f.Few():
		c := new(keyColumn)
		return operationColumn{func(v any) { c.add(*v.(*string)) }, func() proto.ColInput { return c.column("", nil).Data }}
	}
	c := new(proto.ColStr)
	return operationColumn{func(v any) { c.Append(*v.(*string)) }, func() proto.ColInput { return c }}
}

func nullable[T any](v *T) proto.Nullable[T] {
	if v == nil {
		return proto.Null[T]()
	}
	return proto.NewNullable(*v)
}

// dayOf reads a day that was checked.
func dayOf(text string) proto.Nullable[time.Time] {
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return proto.Null[time.Time]()
	}
	return proto.NewNullable(day)
}

// storableTime is what a column holds of a time that a withdrawn record need not have.
func storableTime(t time.Time) time.Time {
	if t.IsZero() {
		return telemetry.Millis(0).Time()
	}
	return t
}
