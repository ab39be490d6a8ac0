package controldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jmoiron/sqlx"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Tx is a transaction. It lives as long as the function that was given it, and
// holds that call's context.
type Tx struct {
	ctx     context.Context
	tx      *sqlx.Tx
	set     *tables
	audited Head // the last entry of this transaction; zero before the first
}

// Get reads one row into dest, a struct with db tags or a single value.
// ErrNotFound says that there is none.
func (tx *Tx) Get(dest any, query string, args ...any) error {
	return tx.classify(tx.tx.GetContext(tx.ctx, dest, tx.tx.Rebind(query), normal(args)...))
}

// Select reads all rows into dest, a pointer to a slice.
func (tx *Tx) Select(dest any, query string, args ...any) error {
	return tx.classify(tx.tx.SelectContext(tx.ctx, dest, tx.tx.Rebind(query), normal(args)...))
}

// Each hands rows to scan one at a time, for results that are too large to be
// held at once. scan reads the present row with rows.Scan or rows.StructScan.
func (tx *Tx) Each(scan func(rows *sqlx.Rows) error, query string, args ...any) error {
	rows, err := tx.tx.QueryxContext(tx.ctx, tx.tx.Rebind(query), normal(args)...)
	if err != nil {
		return tx.classify(err)
	}
	defer func() { _ = rows.Close() }() // its error is rows.Err's
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return tx.classify(rows.Err())
}

// Exec runs a statement and returns how many rows it changed. ErrExists says
// that a row with the same key is there.
func (tx *Tx) Exec(query string, args ...any) (int64, error) {
	result, err := tx.tx.ExecContext(tx.ctx, tx.tx.Rebind(query), normal(args)...)
	if err != nil {
		return 0, tx.classify(err)
	}
	return result.RowsAffected()
}

// NamedExec is Exec with :name for the fields of a struct with db tags.
func (tx *Tx) NamedExec(query string, arg any) (int64, error) {
	positional, args, err := sqlx.Named(query, arg)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", tx.set.name, err)
	}
	return tx.Exec(positional, args...)
}

// normal brings times into the one form in which both databases keep them.
func normal(args []any) []any {
	for i, a := range args {
		switch t := a.(type) {
		case time.Time:
			args[i] = Stored(t)
		case *time.Time:
			if t != nil {
				args[i] = Stored(*t)
			}
		}
	}
	return args
}

// Stored is a time as the database keeps it: UTC, whole milliseconds.
func Stored(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// Errors of both databases, for errors.Is. They are the registry's too.
var (
	ErrNotFound  = errors.New("not found")                // or not for this caller
	ErrForbidden = errors.New("not allowed")              // seen, but not to be changed by this caller
	ErrConflict  = errors.New("changed by somebody else") // the version is not the present one
	ErrExists    = errors.New("exists already")
)

// uniqueViolation is PostgreSQL's SQLSTATE.
const uniqueViolation = "23505"

func (tx *Tx) classify(err error) error {
	var postgres *pgconn.PgError
	var lite *sqlite.Error
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sql.ErrNoRows):
		return ErrNotFound
	case errors.As(err, &postgres) && postgres.Code == uniqueViolation,
		errors.As(err, &lite) && (lite.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY || lite.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE):
		return fmt.Errorf("%w: %w", ErrExists, err)
	}
	return fmt.Errorf("%s: %w", tx.set.name, err)
}
