package clickhouse

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"steward/internal/telemetry"
)

// RuleRow is one row of what an alerting rule's own SQL answers: something is the
// case at a device, or in a project when class and device are empty.
type RuleRow struct {
	Region, Project string
	Class           telemetry.Class
	Device          string
	Value           *float64 // nil for NULL and for what is not finite
	Text            string   // of the column text, if there is one
}

// MaxRuleRows bounds the rows of one answer, and maxRuleBytes their size.
const (
	MaxRuleRows  = 10_000
	maxRuleBytes = 16 << 20
)

// ruleSeconds bounds one query of a rule on the server.
const ruleSeconds = 30

// RuleQuery runs the SQL of an alerting rule, which can neither change anything nor
// lift the bounds within which it runs. It answers the columns region, project,
// class, device and value, and may answer text. {from:DateTime64(3)} and
// {to:DateTime64(3)} in it are the period that is asked about; times without a zone
// are UTC.
//
// The SQL may read everything that is stored: it must come from somebody who may,
// and what it answers is to be held against the rule's place.
func (s *Store) RuleQuery(ctx context.Context, sql string, from, to time.Time) ([]RuleRow, error) {
	leave, err := s.queries.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	ctx, cancel := context.WithTimeout(ctx, 2*ruleSeconds*time.Second)
	defer cancel()
	var answer capped
	err = s.Query(ctx, &answer, QueryOptions{
		SQL: sql, Format: "JSONCompactEachRowWithNames", ReadOnly: true, settings: ruleSettings,
		args: arguments{"from": moment3(from), "to": moment3(to)},
	})
	if err != nil {
		return nil, fmt.Errorf("query of a rule: %w", err)
	}
	rows, err := readRuleRows(&answer.Buffer)
	if err != nil {
		return nil, fmt.Errorf("answer to the query of a rule: %w", err)
	}
	return rows, nil
}

// moment3 is a time as a parameter of the type DateTime64(3).
func moment3(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05.000") }

var ruleSettings = map[string]string{
	"max_execution_time": strconv.Itoa(ruleSeconds), "timeout_overflow_mode": "throw",
	"max_memory_usage": strconv.Itoa(callerMemory), "max_threads": strconv.Itoa(callerThreads),
	"max_result_rows": strconv.Itoa(MaxRuleRows), "max_result_bytes": strconv.Itoa(maxRuleBytes), "result_overflow_mode": "throw",
	"session_timezone":                        "UTC",
	"output_format_json_quote_64bit_integers": "0", "output_format_json_quote_decimals": "0", "output_format_json_quote_denormals": "0",
}

// capped is a buffer of twice maxRuleBytes: JSON is longer than what it says.
type capped struct{ bytes.Buffer }

func (c *capped) Write(p []byte) (int, error) {
	if c.Len()+len(p) > 2*maxRuleBytes {
		return 0, fmt.Errorf("more than %d bytes: answer fewer rows or shorter texts", 2*maxRuleBytes)
	}
	return c.Buffer.Write(p)
}

// ruleColumns are those that an answer must have.
var ruleColumns = []string{"region", "project", "class", "device", "value"}

func readRuleRows(r io.Reader) ([]RuleRow, error) {
	lines := json.NewDecoder(r)
	var names []string
	if err := lines.Decode(&names); err != nil {
		return nil, fmt.Errorf("it is not in the form that was asked for: leave FORMAT out of the query")
	}
	at, err := ruleColumnsAt(names)
	if err != nil {
		return nil, err
	}
	rows := []RuleRow{}
	for {
		var cells []json.RawMessage
		switch err := lines.Decode(&cells); {
		case errors.Is(err, io.EOF):
			return rows, nil
		case err != nil || len(cells) != len(names):
			return nil, fmt.Errorf("row %d is not in the form that was asked for: leave FORMAT out of the query", len(rows)+1)
		case len(rows) == MaxRuleRows:
			return nil, fmt.Errorf("it has more than %d rows: narrow the query", MaxRuleRows)
		}
		row, err := readRuleRow(at, cells)
		if err != nil {
			return nil, fmt.Errorf("row %d: %w", len(rows)+1, err)
		}
		rows = append(rows, row)
	}
}

// ruleColumnsAt finds the columns by their names.
func ruleColumnsAt(names []string) (map[string]int, error) {
	at := map[string]int{}
	for i, name := range names {
		at[name] = i
	}
	var missing []string
	for _, name := range ruleColumns {
		if _, ok := at[name]; !ok {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		return nil, fmt.Errorf("it lacks the column %s: select region, project, class, device and value, and text if you like; it has %s",
			strings.Join(missing, ", "), strings.Join(names, ", "))
	}
	return at, nil
}

func readRuleRow(at map[string]int, cells []json.RawMessage) (RuleRow, error) {
	var row RuleRow
	for name, to := range map[string]*string{
		"region": &row.Region, "project": &row.Project, "class": (*string)(&row.Class), "device": &row.Device, "text": &row.Text,
	} {
		i, ok := at[name]
		if !ok {
			continue
		}
		if err := json.Unmarshal(cells[i], to); err != nil {
			return row, fmt.Errorf("column %s is %.80s, not a text", name, cells[i])
		}
	}
	var value *float64
	if err := json.Unmarshal(cells[at["value"]], &value); err != nil {
		return row, fmt.Errorf("column value is %.80s, not a number", cells[at["value"]])
	}
	if value != nil && !math.IsInf(*value, 0) {
		row.Value = value
	}
	return row, row.check()
}

// check makes sure that a row says where.
func (r *RuleRow) check() error {
	f := Filter{Region: r.Region, Project: r.Project, Class: r.Class, Device: r.Device}
	if err := f.validate(); err != nil {
		return err
	}
	for _, need := range []struct {
		column string
		empty  bool
	}{{"region", r.Region == ""}, {"project", r.Project == ""}, {"class", r.Class == "" && r.Device != ""}} {
		if need.empty {
			return fmt.Errorf("column %s is empty: every row is of a project, and a device of a class", need.column)
		}
	}
	return nil
}
