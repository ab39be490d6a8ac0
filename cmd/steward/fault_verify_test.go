package main

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"steward/internal/clickhouse"
	"steward/internal/clickhouse/embedded"
)

// sightings ask the store for every row of a table: which cell it is (message
// number * parts + part, and what is no message's gets a number that no message
// has), how many rows there are of it, and one of their details.
var sightings = [tables]string{
	readings: `
		SELECT toUInt64(value * 4), count(), any(device), min(toUnixTimestamp64Milli(ts)), min(toUnixTimestamp64Milli(received)), any(metric)
		FROM readings GROUP BY 1`,
	states: `
		SELECT toUInt64OrDefault(substring(value, 2), toUInt64(1152921504606846976)) * 4, count(), any(device), min(toUnixTimestamp64Milli(ts)), min(toUnixTimestamp64Milli(received)), any(metric)
		FROM states GROUP BY 1`,
	events: `
		SELECT if(kind = 'online', toUInt64(substring(device, 2)), JSONExtractUInt(attrs, 'n')) * 4, count(), any(device), min(toUnixTimestamp64Milli(ts)), min(toUnixTimestamp64Milli(received)), any(kind)
		FROM events GROUP BY 1`,
	letters: `
		SELECT toUInt64OrDefault(extract(concat(topic, ' ', payload), 'mk-(\\d+)-'), toUInt64(1152921504606846976)) * 4, count(), '', 0, min(toUnixTimestamp64Milli(received)), any(reason)
		FROM dead_letters GROUP BY 1`,
}

// sighting is what the store has of one cell.
type sighting struct {
	rows         uint64
	device       string
	ts, received int64
	detail       string // metric, kind or reason
}

// inspect reads every row of the tables, by message and part.
func inspect(t *testing.T, db *clickhouse.Store) [tables]map[uint64]sighting {
	t.Helper()
	var found [tables]map[uint64]sighting
	for table, sql := range sightings {
		found[table] = make(map[uint64]sighting)
		for _, row := range query(t, db, sql) {
			s := sighting{rows: number(t, row[1]), device: row[2], detail: row[5]}
			s.ts, s.received = int64(number(t, row[3])), int64(number(t, row[4]))
			found[table][number(t, row[0])] = s
		}
	}
	return found
}

// verify compares the store with what was published: every acknowledged message
// exactly once, each of its rows where and as it should be, and nothing else.
func (s *server) verify(campaigns ...*campaign) {
	s.t.Helper()
	db := s.store()
	found := inspect(s.t, db)
	faults := &tallyOfFaults{t: s.t}
	messages, acked := 0, 0
	for _, c := range campaigns {
		for n := range c.published() {
			messages++
			atLeast, atMost := uint64(0), uint64(1)
			if c.acked(n) {
				acked++
				atLeast = 1
			}
			m := c.author.compose(n)
			for _, want := range m.want {
				if want.table == letters || !m.hasTime() {
					atMost = c.copies(n)
				}
				key := n*parts + want.part
				got := found[want.table][key]
				delete(found[want.table], key)
				switch err := got.check(m, want); {
				case got.rows < atLeast:
					faults.add("lost", "message %d is not in %s: %s %.80s", n, want.table, m.topic, m.payload)
				case got.rows > atMost:
					faults.add("doubled", "message %d is %d times in %s: %s %.80s", n, got.rows, want.table, m.topic, m.payload)
				case got.rows > 0 && err != nil:
					faults.add("altered", "message %d in %s: %v: %s %.80s", n, want.table, err, m.topic, m.payload)
				}
			}
		}
	}
	for t, rest := range found {
		for key, got := range rest {
			faults.add("unasked for", "%s has %d rows of cell %d.%d, %+v", place(t), got.rows, key/parts, key%parts, got)
		}
	}
	faults.report()
	s.verifyRollups(db)
	s.t.Logf("%d messages published, %d acknowledged, compared with the store", messages, acked)
}

// check compares the details of a row with the message it came from.
func (s sighting) check(m message, want cell) error {
	if want.table == letters {
		if s.detail != string(want.reason) {
			return fmt.Errorf("reason %s, not %s", s.detail, want.reason)
		}
		return nil
	}
	if !strings.Contains(m.topic, "/"+s.device+"/") {
		return fmt.Errorf("device %s", s.device)
	}
	switch {
	case !m.hasTime() && s.ts != s.received:
		return fmt.Errorf("time %d is not that of the receipt, %d", s.ts, s.received)
	case m.hasTime() && want.part == 0 && !bytes.Contains(m.payload, fmt.Appendf(nil, `"ts":%d,`, s.ts)):
		return fmt.Errorf("time %d is not that of the message", s.ts)
	}
	return nil
}

// verifyRollups checks that the aggregates have seen each reading once: they are
// filled by views, which a retried insert passes through again.
func (s *server) verifyRollups(db *clickhouse.Store) {
	s.t.Helper()
	all := query(s.t, db, "SELECT count(), toInt64(sum(value)) FROM readings")[0]
	for _, rollup := range []string{"readings_5m", "readings_1h", "readings_1d"} {
		got := query(s.t, db, "SELECT sum(count), toInt64(sum(sum)) FROM "+rollup)[0]
		if got[0] != all[0] || got[1] != all[1] {
			s.t.Errorf("%s has seen %s readings with the sum %s; the table has %s with %s", rollup, got[0], got[1], all[0], all[1])
		}
	}
}

// tallyOfFaults prints a few examples of each kind of fault, and how many there
// were.
type tallyOfFaults struct {
	t     *testing.T
	kinds map[string]int
}

func (f *tallyOfFaults) add(kind, format string, args ...any) {
	f.t.Helper()
	if f.kinds == nil {
		f.kinds = map[string]int{}
	}
	if f.kinds[kind]++; f.kinds[kind] <= 5 {
		f.t.Errorf(kind+": "+format, args...)
	}
}

func (f *tallyOfFaults) report() {
	f.t.Helper()
	for kind, n := range f.kinds {
		f.t.Errorf("%d rows or messages %s", n, kind)
	}
}

// store connects to the embedded engine of a running server.
func (s *server) store() *clickhouse.Store {
	s.t.Helper()
	opts, err := embedded.Running(filepath.Join(s.dir, "clickhouse"))
	if err != nil {
		s.t.Fatal(err)
	}
	db, err := clickhouse.Open(opts)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = db.Close() }) // the engine may be gone by then
	return db
}

// query returns the rows of a query as texts.
func query(t *testing.T, db *clickhouse.Store, sql string) [][]string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var out bytes.Buffer
	if err := db.Query(ctx, &out, clickhouse.QueryOptions{SQL: sql, Format: "TabSeparated", ReadOnly: true}); err != nil {
		t.Fatalf("%v in %s", err, sql)
	}
	var rows [][]string
	for line := range strings.Lines(out.String()) {
		rows = append(rows, strings.Split(strings.TrimSuffix(line, "\n"), "\t"))
	}
	return rows
}

func number(t *testing.T, s string) uint64 {
	t.Helper()
	v, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
