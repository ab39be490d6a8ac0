package registry

import (
	"context"
	"encoding/json"
	"maps"
	"slices"

	"steward/internal/authz"
	"steward/internal/controldb"
	"steward/internal/registry/scoped"
	"steward/internal/telemetry"
)

// BulkEdit sets the same fields of many devices: of those in Refs, or else of
// those of Filter that the caller may change.
type BulkEdit struct {
	Refs   []telemetry.Device
	Filter *DeviceFilter
	Set    map[string]json.RawMessage // by the JSON names of Device; null empties a field
	DryRun bool                       // only check
}

// BulkResult is what a bulk edit did, or would do.
type BulkResult struct {
	Matched  int          `json:"matched"`
	Changed  int          `json:"changed"`
	Problems []RowProblem `json:"problems"` // nothing was written when there is any
}

// EditDevices changes many devices in one transaction: all of them, or none when
// there is a problem with any.
func (v *View) EditDevices(ctx context.Context, e BulkEdit) (BulkResult, error) {
	var result BulkResult
	if err := e.validate(); err != nil {
		return result, err
	}
	transact := v.write
	if e.DryRun {
		transact = v.read
	}
	err := transact(ctx, func(tx *scoped.Tx) error {
		result = BulkResult{Problems: []RowProblem{}}
		stored, err := e.devices(tx)
		if err != nil {
			return err
		}
		changes := make([]*change[Device], len(stored))
		for i := range stored {
			c := &change[Device]{before: &stored[i], after: stored[i]}
			for name, raw := range e.Set {
				f, _ := devices.Fields.Lookup(name) // validate has seen it
				if err := devices.Fields.SetJSON(&c.after, f, raw); err != nil {
					return err
				}
			}
			changes[i] = c
		}
		devices.tidyAll(changes)
		if err := devices.check(tx, changes); err != nil {
			return err
		}
		result.Matched = len(changes)
		for _, c := range changes {
			if devices.differs(c) {
				result.Changed++
			}
			result.Problems = c.report(result.Problems, c.after.path())
		}
		if e.DryRun || len(result.Problems) > 0 {
			return nil
		}
		return devices.save(tx, changes...)
	})
	if err != nil {
		return BulkResult{}, err
	}
	return result, nil
}

// validate checks what would be wrong for every device.
func (e *BulkEdit) validate() error {
	var p problems
	is := checker{&p}
	if (len(e.Refs) > 0) == (e.Filter != nil) {
		is.reject("devices", "", "say which devices: a list of them, or a filter")
	}
	if len(e.Set) == 0 {
		is.reject("set", "", "say which fields to set")
	}
	for _, name := range slices.Sorted(maps.Keys(e.Set)) {
		f, ok := devices.Fields.Lookup(name)
		if !ok || !f.Editable || f.Name != name {
			is.reject(shorten(name), "", "not a field of devices that can be edited")
			continue
		}
		if err := devices.Fields.SetJSON(&Device{}, f, e.Set[name]); err != nil {
			is.reject(name, shorten(string(e.Set[name])), "%s", err)
		}
	}
	return p.invalid()
}

// devices are those that are meant.
func (e *BulkEdit) devices(tx *scoped.Tx) ([]Device, error) {
	if e.Filter == nil {
		return chosen(tx, e.Refs)
	}
	if err := tx.Anywhere(authz.Configure); err != nil {
		return nil, err
	}
	rows, err := e.Filter.within(tx, authz.Configure)
	if err != nil {
		return nil, err
	}
	n, err := rows.Count()
	if err != nil {
		return nil, err
	}
	if n > MaxRows {
		return nil, controldb.Invalid("filter", "", "matches %d devices: edit at most %d at a time", n, MaxRows)
	}
	return rows.All()
}

// RowProblem is one thing wrong with one row of a file, or with one device of a
// bulk edit.
type RowProblem struct {
	Row     int    `json:"row,omitempty"` // as in the file, whose header is row 1; 0 when it is of no row
	Key     string `json:"key,omitempty"` // of the object, where it is known
	Field   string `json:"field"`
	Value   string `json:"value"`
	Problem string `json:"problem"`
}

// maxProblems bounds a report: a file in which all is wrong is told so, and not
// a hundred thousand times.
const maxProblems = 10_000

// report adds what is wrong with an object to a list.
func (c *change[T]) report(list []RowProblem, key string) []RowProblem {
	for _, f := range c.problems {
		if len(list) >= maxProblems {
			break
		}
		list = append(list, RowProblem{c.row, key, f.Field, f.Value, f.Problem})
	}
	return list
}
