// Package clickhousetest gives tests a real ClickHouse: one embedded engine a
// test binary, and a database of its own for each test.
//
// A package that uses it has
//
//	func TestMain(m *testing.M) { clickhousetest.Main(m) }
//
// because the engine runs in a child process of the test binary itself. When
// the engine's library is missing tests fail, and say how to get it.
package clickhousetest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"steward/internal/clickhouse"
	"steward/internal/clickhouse/embedded"
)

// engine is the one of this test binary, started by the first test that needs
// it.
var engine struct {
	once sync.Once
	dir  string
	is   *embedded.Engine
	err  error
}

// Main is the body of TestMain; m is the *testing.M, or what wraps it. It does
// not return.
func Main(m interface{ Run() int }) {
	if len(os.Args) > 1 && os.Args[1] == embedded.ChildCommand {
		os.Exit(embedded.ChildMain(os.Args[2:]))
	}
	code := m.Run()
	if err := stopEngine(); err != nil {
		fmt.Fprintln(os.Stderr, "clickhousetest:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// Options are how to reach the engine, with a database for this test, which is
// not made yet and is removed at the test's end.
func Options(t testing.TB) clickhouse.Options {
	t.Helper()
	engine.once.Do(startEngine)
	if engine.err != nil {
		t.Fatal(engine.err)
	}
	opts := engine.is.Options()
	opts.Database = databaseName(t.Name())
	t.Cleanup(func() { drop(t, opts) })
	return opts
}

// Start gives a store with all tables, empty, for this test.
func Start(t testing.TB) *clickhouse.Store {
	t.Helper()
	db, err := clickhouse.Open(Options(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := db.Migrate(t.Context(), clickhouse.Retention{}); err != nil {
		t.Fatal(err)
	}
	return db
}

// Query runs SQL in the test's database and gives the result as tab-separated
// lines without the last line's end.
func Query(t testing.TB, db *clickhouse.Store, sql string) string {
	t.Helper()
	var out strings.Builder
	if err := db.Query(t.Context(), &out, clickhouse.QueryOptions{SQL: sql, Format: "TSVRaw"}); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(out.String(), "\n")
}

func startEngine() {
	engine.dir, engine.err = os.MkdirTemp(tempRoot(), "steward-engine-*")
	if engine.err != nil {
		return
	}
	// The context bounds the start; the engine serves all tests of the binary.
	engine.is, engine.err = embedded.Start(context.Background(), embedded.Options{
		DataDir: filepath.Join(engine.dir, "engine"), MemoryBytes: 2 << 30,
		Logger: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
}

// tempRoot prefers a file system in memory: engines make many small files, and
// what a test writes need not outlive the machine.
func tempRoot() string {
	const shm, enough = "/dev/shm", 2 << 30
	var fs unix.Statfs_t
	if err := unix.Statfs(shm, &fs); err != nil || fs.Bavail < enough/uint64(fs.Bsize) {
		return os.TempDir()
	}
	return shm
}

func stopEngine() error {
	if engine.dir == "" {
		return nil
	}
	var err error
	if engine.is != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		err = engine.is.Stop(ctx)
	}
	return errors.Join(err, os.RemoveAll(engine.dir))
}

var (
	notName  = regexp.MustCompile(`[^A-Za-z0-9]+`)
	sequence atomic.Int64
)

func databaseName(test string) string {
	name := notName.ReplaceAllString(test, "_")
	return fmt.Sprintf("t%d_%s", sequence.Add(1), name[:min(len(name), 40)])
}

func drop(t testing.TB, opts clickhouse.Options) {
	// The test's own context has ended.
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	name := opts.Database
	opts.Database = "default"
	db, err := clickhouse.Open(opts)
	if err != nil {
		t.Error(err)
		return
	}
	defer func() { _ = db.Close() }()
	var out strings.Builder
	err = db.Query(ctx, &out, clickhouse.QueryOptions{SQL: "DROP DATABASE IF EXISTS {name:Identifier} SYNC", Params: map[string]string{"name": name}})
	if err != nil {
		t.Errorf("drop the test's database: %v", err)
	}
}
