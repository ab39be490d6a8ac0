package clickhouse

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	driver "github.com/ClickHouse/clickhouse-go/v2"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// migration is one file, migrations/NNNN_name.sql. Files are only ever added:
// one that was applied somewhere may not change.
type migration struct {
	version    uint32
	name       string // the file's name without the ending
	checksum   string // SHA-256 of the file, hexadecimal
	statements []string
}

// ErrSchema means that the database is not what this program can migrate: made
// by a newer one, or by one with other migrations.
var ErrSchema = errors.New("the database does not fit this program")

// Migrate creates the database and its tables, or brings them up to date, and
// sets how long data is kept. It may run in several processes at once: every
// statement is idempotent, and what one process finds half done by another it
// does again.
func (s *Store) Migrate(ctx context.Context, keep Retention) error {
	if err := keep.validate(); err != nil {
		return err
	}
	files, err := loadMigrations(migrationFiles)
	if err != nil {
		return err
	}
	if err := s.CreateDatabase(ctx); err != nil {
		return err
	}
	if err := s.settle(ctx, createLedger); err != nil {
		return s.wrap("create schema_migrations", err)
	}
	done, err := s.applied(ctx)
	if err != nil {
		return err
	}
	if err := checkApplied(files, done); err != nil {
		return err
	}
	for _, m := range files {
		if _, ok := done[m.version]; ok {
			continue
		}
		if err := s.apply(ctx, m); err != nil {
			return err
		}
	}
	// Somebody else's program may have recorded other files meanwhile.
	if done, err = s.applied(ctx); err != nil {
		return err
	}
	if err := checkApplied(files, done); err != nil {
		return err
	}
	if err := s.createDictionary(ctx); err != nil {
		return err
	}
	return s.applyRetention(ctx, keep)
}

// CreateDatabase makes the database if there is none. It connects outside of
// it, since it may not exist.
func (s *Store) CreateDatabase(ctx context.Context) error {
	conn, err := driver.Open(s.opts.native("default"))
	if err != nil {
		return fmt.Errorf("clickhouse: %w", err)
	}
	defer func() { _ = conn.Close() }()
	ctx = driver.Context(ctx, driver.WithParameters(driver.Parameters{"database": s.opts.Database}))
	if err := conn.Exec(ctx, "CREATE DATABASE IF NOT EXISTS {database:Identifier}"); err != nil {
		return s.wrap("create the database "+s.opts.Database, err)
	}
	return nil
}

const createLedger = `
CREATE TABLE IF NOT EXISTS schema_migrations
(
    version    UInt32,
    name       String,
    checksum   String,
    applied_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree
ORDER BY version`

// apply runs one file and records it.
func (s *Store) apply(ctx context.Context, m migration) error {
	for i, statement := range m.statements {
		if err := s.settle(ctx, statement); err != nil {
			return s.wrap(fmt.Sprintf("migration %s, statement %d", m.name, i+1), err)
		}
	}
	record := driver.Context(ctx, driver.WithParameters(driver.Parameters{
		"version": strconv.FormatUint(uint64(m.version), 10), "name": m.name, "checksum": m.checksum,
	}))
	err := s.conn.Exec(record, `INSERT INTO schema_migrations (version, name, checksum)
		SELECT {version:UInt32}, {name:String}, {checksum:String} SETTINGS async_insert = 0`)
	if err != nil {
		return s.wrap("record migration "+m.name, err)
	}
	return nil
}

// settle runs an idempotent statement, again when another process is at the
// same one: without a coordinator ClickHouse may refuse the loser, of whom the
// next try finds everything done.
func (s *Store) settle(ctx context.Context, statement string) error {
	const tries = 8
	for try := 1; ; try++ {
		err := s.conn.Exec(ctx, statement)
		if err == nil || try == tries || !isRace(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(time.Duration(try)*20*time.Millisecond + rand.N(50*time.Millisecond)):
		}
	}
}

// isRace recognises what ClickHouse says when two create or alter the same
// thing.
func isRace(err error) bool {
	code, _, ok := exception(err)
	return ok && slices.Contains([]int32{
		57,  // TABLE_ALREADY_EXISTS
		60,  // UNKNOWN_TABLE: just being made
		82,  // DATABASE_ALREADY_EXISTS
		225, // NO_ZOOKEEPER: the same race on a table being attached
		473, // DEADLOCK_AVOIDED
		517, // CANNOT_ASSIGN_ALTER
		521, // DIRECTORY_ALREADY_EXISTS
	}, code)
}

// applied reads what was applied: version to name and checksum.
func (s *Store) applied(ctx context.Context) (map[uint32]migration, error) {
	rows, err := s.conn.Query(ctx, "SELECT version, name, checksum FROM schema_migrations ORDER BY version, applied_at")
	if err != nil {
		return nil, s.wrap("read schema_migrations", err)
	}
	defer func() { _ = rows.Close() }()
	done := map[uint32]migration{}
	for rows.Next() {
		var m migration
		if err := rows.Scan(&m.version, &m.name, &m.checksum); err != nil {
			return nil, s.wrap("read schema_migrations", err)
		}
		if before, twice := done[m.version]; twice && before.checksum != m.checksum {
			return nil, fmt.Errorf("%w: migration %s was applied by two programs with different contents", ErrSchema, m.name)
		}
		done[m.version] = m
	}
	if err := rows.Err(); err != nil {
		return nil, s.wrap("read schema_migrations", err)
	}
	return done, nil
}

// checkApplied refuses a database that was made by other files than ours.
func checkApplied(files []migration, done map[uint32]migration) error {
	known := map[uint32]migration{}
	for _, m := range files {
		known[m.version] = m
	}
	for version, was := range done {
		is, ok := known[version]
		switch {
		case !ok:
			return fmt.Errorf("%w: it has migration %s, which this program does not know: use the newer program that made it", ErrSchema, was.name)
		case is.checksum != was.checksum:
			return fmt.Errorf("%w: migration %s was applied with checksum %.12s, the file of this program has %.12s: use the program that made it, or another database",
				ErrSchema, was.name, was.checksum, is.checksum)
		}
	}
	return nil
}

// loadMigrations reads and orders the files of a folder named migrations.
func loadMigrations(files fs.FS) ([]migration, error) {
	entries, err := fs.ReadDir(files, "migrations")
	if err != nil {
		return nil, fmt.Errorf("clickhouse: read the migrations: %w", err)
	}
	var all []migration
	for _, e := range entries { // sorted by name
		text, err := fs.ReadFile(files, path.Join("migrations", e.Name()))
		if err != nil {
			return nil, fmt.Errorf("clickhouse: read the migrations: %w", err)
		}
		name := strings.TrimSuffix(e.Name(), ".sql")
		number, _, _ := strings.Cut(name, "_")
		version, err := strconv.ParseUint(number, 10, 32)
		if err != nil || len(number) != 4 || int(version) != len(all)+1 {
			return nil, fmt.Errorf("clickhouse: migration %s should be named %04d_something.sql", e.Name(), len(all)+1)
		}
		sum := sha256.Sum256(text)
		all = append(all, migration{uint32(version), name, hex.EncodeToString(sum[:]), splitStatements(string(text))})
	}
	return all, nil
}
