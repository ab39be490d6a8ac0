// Package controldb is the database of what people keep: SQLite in a file of the
// house, or PostgreSQL when several replicas share it. It knows how to open,
// migrate, read and write, and keeps the audit log; what the tables mean is
// known by the packages above it, internal/registry, internal/identity and
// internal/incident, which alone may use it.
//
// [Open] connects and migrates one [Set] of tables. [DB.Read] and [DB.Write] each
// run one transaction. SQL is the same for both databases, with ? for parameters.
//
// Promises: a write and its audit entries are one transaction; writes to a set
// come one after another, also over several replicas, so that what they log has
// one order, and wait for no writer of another set; times are kept as UTC with
// milliseconds; passwords of a DSN show up in no error.
package controldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"
)

// Options say where the database is.
type Options struct {
	// DSN is sqlite:PATH or postgres://user:password@host/database?…
	DSN string
	// Set is which tables it holds. Each set has a file of its own with SQLite;
	// with PostgreSQL they may share a database.
	Set    Set
	Logger *slog.Logger
}

// DB is an open database. It is safe for concurrent use.
type DB struct {
	set      *tables
	postgres bool
	read     *sqlx.DB
	write    *sqlx.DB // the same as read with PostgreSQL
}

// Open connects and brings the tables up to date.
func Open(ctx context.Context, o Options) (*DB, error) {
	set := o.Set.tables()
	db, err := connect(o.DSN)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", set.name, err)
	}
	db.set = set
	if err := db.migrate(ctx, o.DSN, o.Logger); err != nil {
		return nil, fmt.Errorf("%s: %w", set.name, errors.Join(err, db.Close()))
	}
	return db, nil
}

func connect(dsn string) (*DB, error) {
	switch scheme, rest, _ := strings.Cut(dsn, ":"); scheme {
	case "sqlite":
		return connectSQLite(rest)
	case "postgres", "postgresql":
		return connectPostgres(dsn)
	}
	return nil, errors.New("the DSN is neither sqlite:PATH nor postgres://user:password@host/database")
}

// The pragmas of every SQLite connection. WAL lets readers and a writer work at
// the same time; FULL makes a committed change survive a power cut.
var pragmas = []string{"journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)", "busy_timeout(15000)", "temp_store(MEMORY)"}

func connectSQLite(path string) (*DB, error) {
	if path == "" {
		return nil, errors.New("sqlite: without a path")
	}
	// The file holds the hashes of passwords, or who was called when: SQLite would
	// make it readable for all.
	file, err := os.OpenFile(filepath.Clean(path), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("sqlite: %w", err)
	}
	if err := file.Close(); err != nil {
		return nil, fmt.Errorf("sqlite: %w", err)
	}
	open := func(extra url.Values, connections int) (*sqlx.DB, error) {
		q := url.Values{"_pragma": pragmas, "_time_integer_format": {"unix_milli"}, "_inttotime": {"1"}}
		for k, v := range extra {
			q[k] = append(q[k], v...)
		}
		db, err := sqlx.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?"+q.Encode())
		if err != nil {
			return nil, fmt.Errorf("sqlite %s: %w", path, err)
		}
		db.SetMaxOpenConns(connections)
		db.SetMaxIdleConns(connections)
		return db, nil
	}
	// One writer: SQLite has no more, and a transaction that begins as a writer
	// cannot fail half way because another came first.
	write, err := open(url.Values{"_txlock": {"immediate"}}, 1)
	if err != nil {
		return nil, err
	}
	read, err := open(url.Values{"_pragma": {"query_only(1)"}}, 8)
	if err != nil {
		return nil, errors.Join(err, write.Close())
	}
	return &DB{read: read, write: write}, nil
}

func connectPostgres(dsn string) (*DB, error) {
	db, err := sqlx.Open("pgx", dsn)
	if err != nil {
		return nil, errors.New("postgres: the DSN is not of the form postgres://user:password@host:5432/database?sslmode=…")
	}
	db.SetMaxOpenConns(16)
	db.SetMaxIdleConns(4)
	db.SetConnMaxLifetime(time.Hour)
	return &DB{postgres: true, read: db, write: db}, nil
}

// Ping makes sure that the database answers.
func (db *DB) Ping(ctx context.Context) error {
	if err := db.read.PingContext(ctx); err != nil {
		return fmt.Errorf("%s: %w", db.set.name, err)
	}
	return nil
}

// Close ends all connections. Transactions that are under way fail.
func (db *DB) Close() error {
	if db.read == db.write {
		return db.read.Close()
	}
	return errors.Join(db.read.Close(), db.write.Close())
}

// Read runs do in one transaction that sees one state of the database and can
// change nothing.
func (db *DB) Read(ctx context.Context, do func(*Tx) error) error {
	opts := &sql.TxOptions{}
	if db.postgres {
		opts = &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}
	}
	return db.transact(ctx, db.read, opts, do)
}

// Write runs do in one transaction: all of it is kept when do returns nil, and
// nothing of it otherwise. It must not be called within itself. PostgreSQL's
// writers take an advisory lock, one after another: they are few and quick, and
// what they log needs one order.
func (db *DB) Write(ctx context.Context, do func(*Tx) error) error {
	return db.transact(ctx, db.write, nil, func(tx *Tx) error {
		if db.postgres {
			if _, err := tx.Exec(`SELECT pg_advisory_xact_lock(?)`, db.set.writers); err != nil {
				return err
			}
		}
		return do(tx)
	})
}

func (db *DB) transact(ctx context.Context, pool *sqlx.DB, opts *sql.TxOptions, do func(*Tx) error) error {
	tx, err := pool.BeginTxx(ctx, opts)
	if err != nil {
		return fmt.Errorf("%s: begin: %w", db.set.name, err)
	}
	defer func() { _ = tx.Rollback() }() // does nothing after a commit
	if err := do(&Tx{ctx: ctx, tx: tx, set: db.set}); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("%s: commit: %w", db.set.name, err)
	}
	return nil
}
