package clickhouse

import (
	"context"

	driver "github.com/ClickHouse/clickhouse-go/v2"

	"steward/internal/telemetry"
)

// importPosition is how far the import of a file came.
type importPosition struct {
	target   string // the table
	hash     string // SHA-256 of the file, hexadecimal
	name     string // of the file when it was imported first
	started  telemetry.Millis
	chunks   int64 // that are stored; the next has this number
	rows     int64 // of the file that are in them: stored and bad ones
	stored   int64
	bad      int64
	finished bool
}

// importedSoFar reads how far the file of p came, and leaves p as it is when
// nothing of it was ever imported.
func (s *Store) importedSoFar(ctx context.Context, p *importPosition) error {
	params := arguments{}
	params.text("target", p.target)
	params.text("hash", p.hash)
	return s.each(ctx, "imported", driver.Parameters(params), func(scan func(...any) error) error {
		var started int64
		if err := scan(&p.name, &started, &p.chunks, &p.rows, &p.stored, &p.bad, &p.finished); err != nil {
			return err
		}
		p.started = telemetry.Millis(started)
		return nil
	})
}

func (s *Store) noteImport(ctx context.Context, p importPosition) error {
	params := arguments{}
	params.text("target", p.target)
	params.text("hash", p.hash)
	params.text("name", p.name)
	params.number("started", int64(p.started))
	params.number("chunks", p.chunks)
	params.number("rows", p.rows)
	params.number("stored", p.stored)
	params.number("bad", p.bad)
	params["finished"] = "0"
	if p.finished {
		params["finished"] = "1"
	}
	err := s.conn.Exec(driver.Context(ctx, driver.WithParameters(driver.Parameters(params))), queryText("note_import"))
	return s.wrap("note how far the import came", err)
}
