package controldb

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"syscall"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// Files are only ever added: one that was applied somewhere may not change.
// Statements must mean the same to SQLite and to PostgreSQL.
//
//go:embed migrations/*.sql
var migrationFiles embed.FS

// ErrNewer means that the database was made by a newer program.
var ErrNewer = errors.New("the control database was made by a newer version: update this program")

// migrate brings the tables up to date. It may run in several processes at once.
func (db *DB) migrate(ctx context.Context, dsn string, logger *slog.Logger) (err error) {
	files, err := fs.Sub(migrationFiles, "migrations")
	if err != nil {
		return err
	}
	options := []goose.ProviderOption{
		goose.WithDisableGlobalRegistry(true), goose.WithTableName("schema_migrations"),
	}
	dialect := goose.DialectSQLite3
	if db.postgres {
		dialect = goose.DialectPostgres
		locker, err := lock.NewPostgresSessionLocker()
		if err != nil {
			return err
		}
		options = append(options, goose.WithSessionLocker(locker))
	} else {
		unlock, err := lockFile(strings.TrimPrefix(dsn, "sqlite:") + ".lock")
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, unlock()) }()
	}
	provider, err := goose.NewProvider(dialect, db.write.DB, files, options...)
	if err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	has, known, err := provider.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("read the version: %w", err)
	}
	if has > known {
		return fmt.Errorf("%w (it is at %d, this one knows %d)", ErrNewer, has, known)
	}
	applied, err := provider.Up(ctx)
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	if len(applied) > 0 && has > 0 { // a new database is no news
		logger.Info("control database migrated", "from", has, "to", known)
	}
	return nil
}

// lockFile keeps two processes from migrating one SQLite file at the same time:
// the second would find tables that are half made.
func lockFile(path string) (unlock func() error, err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), file.Close())
	}
	return file.Close, nil
}
