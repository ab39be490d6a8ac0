package controldb

import (
	"context"
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

// ErrNewer means that the database was made by a newer program.
var ErrNewer = errors.New("the database was made by a newer version: update this program")

// migrate brings the tables up to date. It may run in several processes at once.
func (db *DB) migrate(ctx context.Context, dsn string, logger *slog.Logger) (err error) {
	files, err := fs.Sub(migrationFiles, db.set.folder)
	if err != nil {
		return err
	}
	options := []goose.ProviderOption{
		goose.WithDisableGlobalRegistry(true), goose.WithTableName(db.set.versions),
	}
	dialect := goose.DialectSQLite3
	if db.postgres {
		dialect = goose.DialectPostgres
		// Of several that start together, those that wait look again each second.
		locker, err := lock.NewPostgresSessionLocker(lock.WithLockID(db.set.migrators), lock.WithLockTimeout(1, 300))
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
		logger.Info("database migrated", "database", db.set.name, "from", has, "to", known)
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
